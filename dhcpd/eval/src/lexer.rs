//! Text of an expression as tokens, cut as Kea cuts it: the longest match wins, and words need no space between them.

use crate::ParseError;
use std::net::IpAddr;
use wire::hex;

/// A token and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'a> {
    pub at: usize,
    pub kind: Kind<'a>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind<'a> {
    /// `'text'`, without its quotes.
    Quoted(&'a str),
    /// `0x...`, as bytes.
    Hex(Vec<u8>),
    Integer(i64),
    Address(IpAddr),
    /// Name of an option: stands before a closing bracket.
    Name(&'a str),
    Word(&'static str),
    Sign(char),
    Equal,
    End,
}

impl Kind<'_> {
    /// How an error calls it.
    pub fn describe(&self) -> String {
        match self {
            Self::Quoted(text) => format!("'{text}'"),
            Self::Hex(_) => "a hexadecimal string".into(),
            Self::Integer(number) => number.to_string(),
            Self::Address(address) => address.to_string(),
            Self::Name(word) | Self::Word(word) => format!("\"{word}\""),
            Self::Sign(sign) => format!("\"{sign}\""),
            Self::Equal => "\"==\"".into(),
            Self::End => "the end of the expression".into(),
        }
    }
}

/// Words of the language. Of two that fit, the longer one is meant.
const WORDS: &[&str] = &[
    "addrtotext",
    "all",
    "and",
    "ciaddr",
    "concat",
    "data",
    "dst",
    "enterprise",
    "exists",
    "giaddr",
    "hex",
    "hexstring",
    "hlen",
    "htype",
    "iface",
    "ifelse",
    "int16totext",
    "int32totext",
    "int8totext",
    "known",
    "lcase",
    "len",
    "linkaddr",
    "mac",
    "match",
    "member",
    "msgtype",
    "not",
    "option",
    "or",
    "peeraddr",
    "pkt",
    "pkt4",
    "pkt6",
    "relay4",
    "relay6",
    "sand",
    "siaddr",
    "sifelse",
    "sor",
    "split",
    "src",
    "substring",
    "text",
    "transid",
    "ucase",
    "uint16totext",
    "uint32totext",
    "uint8totext",
    "unknown",
    "vendor",
    "vendor-class",
    "yiaddr",
];

/// Cuts an expression into tokens; the last one is [`Kind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\n']).len();
        let rest = rest.get(blanks..).unwrap_or("");
        at += blanks;
        if rest.is_empty() {
            tokens.push(Token { at, kind: Kind::End });
            return Ok(tokens);
        }
        let (kind, len) = next(rest).map_err(|reason| ParseError { offset: at, reason })?;
        tokens.push(Token { at, kind });
        at += len;
    }
}

/// The token that `rest` begins with, and its length.
fn next(rest: &str) -> Result<(Kind<'_>, usize), String> {
    if let Some(inner) = rest.strip_prefix('\'') {
        let end = inner.find(['\'', '\n']).filter(|end| inner.as_bytes().get(*end) == Some(&b'\''));
        let text = end.and_then(|end| inner.get(..end)).ok_or("the text has no closing quote")?;
        return Ok((Kind::Quoted(text), text.len() + 2));
    }
    if let Some(name) = option_name(rest) {
        return Ok((Kind::Name(name), name.len()));
    }
    if let Some(candidate) = address(rest) {
        let address = candidate.parse().map_err(|_| format!("'{candidate}' is not an IP address"))?;
        return Ok((Kind::Address(address), candidate.len()));
    }
    if let Some(digits) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let digits = leading(digits, |c| c.is_ascii_hexdigit());
        if let Some(bytes) = hex::digits_only(digits).filter(|bytes| !bytes.is_empty()) {
            return Ok((Kind::Hex(bytes), 2 + digits.len()));
        }
    }
    let unsigned = rest.strip_prefix('-').unwrap_or(rest);
    let digits = leading(unsigned, |c| c.is_ascii_digit());
    if !digits.is_empty() {
        let len = rest.len() - unsigned.len() + digits.len();
        let number = rest.get(..len).unwrap_or(digits);
        let value = number.parse().map_err(|_| format!("{number} is too large for an integer"))?;
        return Ok((Kind::Integer(value), len));
    }
    if rest.starts_with("==") {
        return Ok((Kind::Equal, 2));
    }
    if let Some(word) = WORDS.iter().filter(|word| rest.starts_with(**word)).max_by_key(|word| word.len()) {
        return Ok((Kind::Word(word), word.len()));
    }
    match rest.chars().next() {
        Some(sign @ ('(' | ')' | '[' | ']' | ',' | '.' | '*' | '+')) => Ok((Kind::Sign(sign), 1)),
        Some(first) if first.is_ascii_alphabetic() => {
            Err(format!("'{}' is no word of expressions", leading(rest, is_name)))
        }
        Some(other) => Err(format!("'{}' has no meaning here", other.escape_debug())),
        None => Err("there is nothing".into()),
    }
}

/// A name with a closing bracket behind it.
fn option_name(rest: &str) -> Option<&str> {
    let name = leading(rest, is_name);
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let ends = name.ends_with(|c: char| c.is_ascii_alphanumeric());
    let behind = rest.get(name.len()..)?.trim_start_matches([' ', '\t', '\n']);
    (starts && ends && behind.starts_with(']')).then_some(name)
}

/// What looks like an address: three dots between digits, or two colons.
fn address(rest: &str) -> Option<&str> {
    let v6 = leading(rest, |c| c.is_ascii_hexdigit() || c == ':');
    if v6.matches(':').count() >= 2 {
        return Some(leading(rest, |c| c.is_ascii_hexdigit() || c == ':' || c == '.'));
    }
    let v4 = leading(rest, |c| c.is_ascii_digit() || c == '.');
    let mut parts = v4.splitn(4, '.');
    let last = leading(parts.by_ref().nth(3)?, |c| c.is_ascii_digit());
    let len = v4.splitn(4, '.').take(3).map(|part| part.len() + 1).sum::<usize>() + last.len();
    v4.get(..len).filter(|address| address.split('.').all(|part| !part.is_empty()))
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn leading(text: &str, fits: impl Fn(char) -> bool) -> &str {
    text.find(|c| !fits(c)).and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind<'_>> {
        tokens(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn the_longest_match_wins() {
        use Kind::*;
        assert_eq!(kinds("vendor-class"), [Word("vendor-class"), End]);
        assert_eq!(kinds("notmember"), [Word("not"), Word("member"), End]);
        assert_eq!(kinds("[host-name ]"), [Sign('['), Name("host-name"), Sign(']'), End]);
        assert_eq!(kinds("0x5 0X5a7D 0"), [Hex(vec![5]), Hex(vec![0x5a, 0x7d]), Integer(0), End]);
        assert_eq!(
            kinds("10.0.0.1 ::1 abc::"),
            [
                Address("10.0.0.1".parse().unwrap()),
                Address("::1".parse().unwrap()),
                Address("abc::".parse().unwrap()),
                End
            ]
        );
        assert_eq!(kinds("''=='x'"), [Quoted(""), Equal, Quoted("x"), End]);
        assert_eq!(
            kinds("data[-1].exists"),
            [Word("data"), Sign('['), Integer(-1), Sign(']'), Sign('.'), Word("exists"), End]
        );
    }

    #[test]
    fn errors_tell_where() {
        for (text, offset) in [("'open", 0), ("1 == %", 5), ("10.0.0.256", 0), (" foo", 1), ("99999999999999999999", 0)]
        {
            assert_eq!(tokens(text).unwrap_err().offset, offset, "{text}");
        }
    }
}
