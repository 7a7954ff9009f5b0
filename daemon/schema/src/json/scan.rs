//! Characters to tokens: positions, comments, strings, numbers, and the stack of included texts.

use super::MAX_INCLUDES;
use crate::{Pos, Problem};
use std::borrow::Cow;
use std::fmt;

/// The smallest parts of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Token {
    /// One of `{ } [ ] , :`.
    Mark(u8),
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(Box<str>),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Mark(mark) => write!(f, "`{}`", *mark as char),
            Token::Null => f.write_str("null"),
            Token::Bool(value) => write!(f, "{value}"),
            Token::Int(value) => write!(f, "{value}"),
            Token::Real(value) => write!(f, "{value}"),
            Token::Text(text) => write!(f, "\"{text}\""),
            Token::End => f.write_str("the end of the text"),
        }
    }
}

/// Reads tokens from a text and from those it includes.
pub(super) struct Scanner<'a> {
    /// The text being read, and those that wait for it to end.
    sources: Vec<Source<'a>>,
    include: &'a mut dyn FnMut(&str) -> Result<String, String>,
    /// Names by [`Pos::file`].
    pub files: Vec<String>,
    /// What was tolerated.
    pub warnings: Vec<Problem>,
}

/// One text and how far it is read.
struct Source<'a> {
    file: u16,
    text: Cow<'a, str>,
    at: usize,
    line: u32,
    /// An offset on this line whose column is known, so that columns are counted once.
    mark: usize,
    column: u32,
}

impl<'a> Scanner<'a> {
    pub fn new(name: &str, text: &'a str, include: &'a mut dyn FnMut(&str) -> Result<String, String>) -> Self {
        let source = Source::new(0, Cow::Borrowed(text));
        Self { sources: vec![source], include, files: vec![name.to_owned()], warnings: Vec::new() }
    }

    /// The next token and where it begins.
    pub fn next(&mut self) -> Result<(Pos, Token), Problem> {
        let Some(first) = self.skip()? else {
            return Ok((self.source().pos(), Token::End));
        };
        let source = self.source();
        let pos = source.pos();
        let token = match first {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => {
                source.at += 1;
                Token::Mark(first)
            }
            b'"' => Token::Text(source.string(pos)?),
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(pos)?,
            _ => source.word(pos)?,
        };
        Ok((pos, token))
    }

    /// Whether the next token is this mark; it is not taken.
    pub fn peek_mark(&mut self, mark: u8) -> Result<bool, Problem> {
        Ok(self.skip()? == Some(mark))
    }

    fn source(&mut self) -> &mut Source<'a> {
        self.sources.last_mut().expect("the outermost text is never taken off")
    }

    /// Passes over space, comments and includes; the byte that follows, or none at the end of everything.
    fn skip(&mut self) -> Result<Option<u8>, Problem> {
        loop {
            let included = self.sources.len() > 1;
            let source = self.source();
            match source.peek(0) {
                None if included => {
                    self.sources.pop();
                }
                None => return Ok(None),
                Some(b'\n') => source.newline(),
                Some(b' ' | b'\t' | b'\r') => source.at += 1,
                Some(b'#') => source.line_comment(),
                Some(b'/') if source.peek(1) == Some(b'/') => source.line_comment(),
                Some(b'/') if source.peek(1) == Some(b'*') => source.block_comment()?,
                Some(b'<') if source.peek(1) == Some(b'?') => self.directive()?,
                byte => return Ok(byte),
            }
        }
    }

    /// `<?include "file"?>`: what follows is read from that file.
    fn directive(&mut self) -> Result<(), Problem> {
        let source = self.source();
        let pos = source.pos();
        let name =
            source.include_name().ok_or_else(|| Problem::new(pos, "expected <?include \"file\"?>".to_owned()))?;
        if self.sources.len() > MAX_INCLUDES {
            return Err(Problem::new(pos, format!("more than {MAX_INCLUDES} files include each other")));
        }
        let file =
            u16::try_from(self.files.len()).map_err(|_| Problem::new(pos, "too many included files".to_owned()))?;
        let text = (self.include)(&name)
            .map_err(|reason| Problem::new(pos, format!("cannot include \"{name}\": {reason}")))?;
        self.files.push(name);
        self.sources.push(Source::new(file, Cow::Owned(text)));
        Ok(())
    }

    fn number(&mut self, pos: Pos) -> Result<Token, Problem> {
        let source = self.source();
        let text = source.take(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        let digits = text.strip_prefix('-').unwrap_or(text);
        let zeros = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        let token = if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().ok().map(Token::Int).ok_or_else(|| format!("{text} does not fit into 64 bits"))
        } else if text.starts_with('+') {
            Err(format!("{text}: a number has no plus sign"))
        } else {
            let real = text.parse().ok().filter(|real: &f64| real.is_finite());
            real.map(Token::Real).ok_or_else(|| format!("{text} is not a number"))
        };
        let token = token.map_err(|reason| Problem::new(pos, reason))?;
        if zeros {
            self.warnings.push(Problem::new(pos, "a number should not begin with a zero".to_owned()));
        }
        Ok(token)
    }
}

impl<'a> Source<'a> {
    fn new(file: u16, text: Cow<'a, str>) -> Self {
        // A byte order mark is no part of the text (RFC 8259 §8.1 lets a reader ignore it).
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { file, text, at, line: 1, mark: at, column: 1 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// Where the reader stands.
    fn pos(&mut self) -> Pos {
        // Every byte but those that continue a character (10xxxxxx) begins one.
        let passed = &self.text.as_bytes()[self.mark..self.at];
        let characters = passed.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        self.column = self.column.saturating_add(characters as u32);
        self.mark = self.at;
        Pos { file: self.file, line: self.line, column: self.column }
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line = self.line.saturating_add(1);
        self.mark = self.at;
        self.column = 1;
    }

    /// Takes bytes while they fit; only for ASCII.
    fn take(&mut self, fits: fn(u8) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| !fits(byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn line_comment(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    }

    fn block_comment(&mut self) -> Result<(), Problem> {
        let start = self.pos();
        self.at += 2;
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => return Err(Problem::new(start, "this comment is not closed".to_owned())),
                (Some(b'*'), Some(b'/')) => break,
                (Some(b'\n'), _) => self.newline(),
                _ => self.at += 1,
            }
        }
        self.at += 2;
        Ok(())
    }

    fn include_name(&mut self) -> Option<String> {
        let rest = self.text[self.at..].strip_prefix("<?include")?.trim_start_matches([' ', '\t']);
        let (name, rest) = rest.strip_prefix('"')?.split_once('"')?;
        let rest = rest.trim_start_matches([' ', '\t']).strip_prefix("?>")?;
        if name.is_empty() || name.contains('\n') {
            return None;
        }
        let name = name.to_owned();
        self.at = self.text.len() - rest.len();
        Some(name)
    }

    fn word(&mut self, pos: Pos) -> Result<Token, Problem> {
        let reason = match self.take(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
            "true" => return Ok(Token::Bool(true)),
            "false" => return Ok(Token::Bool(false)),
            "null" => return Ok(Token::Null),
            word if ["true", "false", "null"].iter().any(|right| word.eq_ignore_ascii_case(right)) => {
                format!("`{word}` must be lower case")
            }
            "" => {
                let found = self.text[self.at..].chars().next().unwrap_or_default();
                format!("`{}` cannot stand here", found.escape_debug())
            }
            word => format!("`{word}` is no JSON; strings need quotes"),
        };
        Err(Problem::new(pos, reason))
    }

    /// A string in quotes; the reader stands at the opening one.
    fn string(&mut self, start: Pos) -> Result<Box<str>, Problem> {
        self.at += 1;
        let mut decoded = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) else {
                return Err(Problem::new(start, "this string is not closed".to_owned()));
            };
            let plain = &rest[..length];
            self.at += length;
            match rest.as_bytes()[length] {
                b'"' => {
                    self.at += 1;
                    return Ok(match decoded.is_empty() {
                        true => plain.into(),
                        false => (decoded + plain).into_boxed_str(),
                    });
                }
                b'\\' => {
                    decoded.push_str(plain);
                    decoded.push(self.escape()?);
                }
                b'\n' => return Err(Problem::new(start, "this string is not closed on its line".to_owned())),
                control => {
                    let reason =
                        format!("a string cannot hold the control character {control:#04x}; write \\u{control:04x}");
                    return Err(Problem::new(self.pos(), reason));
                }
            }
        }
    }

    /// An escape; the reader stands at the backslash.
    fn escape(&mut self) -> Result<char, Problem> {
        let pos = self.pos();
        let kind = self.peek(1);
        self.at += 2;
        let bad = |reason: &str| Problem::new(pos, reason.to_owned());
        match kind {
            Some(plain @ (b'"' | b'\\' | b'/')) => Ok(plain as char),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => {
                let unit = self.hex4().ok_or_else(|| bad("\\u needs four hexadecimal digits"))?;
                let mut units = vec![unit];
                if (0xd800..0xdc00).contains(&unit) && self.peek(0) == Some(b'\\') && self.peek(1) == Some(b'u') {
                    self.at += 2;
                    units.push(self.hex4().ok_or_else(|| bad("\\u needs four hexadecimal digits"))?);
                }
                let mut characters = char::decode_utf16(units);
                match (characters.next(), characters.next()) {
                    (Some(Ok(character)), None) => Ok(character),
                    _ => Err(bad("half of a surrogate pair")),
                }
            }
            _ => Err(bad("no such escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX")),
        }
    }

    fn hex4(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }
}
