//! Extended regular expressions of POSIX, the syntax of `hostname-char-set`, written in the parser's.
//!
//! Between brackets a backslash is a backslash there; elsewhere it takes the meaning from a sign. `\d`, `\w`, `\s` and
//! `\b`, which POSIX leaves undefined, mean what they mean in `match`.

use std::iter::Peekable;
use std::str::Chars;

/// Signs that mean something unless a backslash stands before them.
const SIGNS: &str = ".[\\()*+?{}|^$";
/// What may stand behind a backslash besides.
const CLASSES: &str = "dDwWsSbB";

/// Names of classes between brackets (IEEE 1003.1 §9.3.5).
const NAMED: [&str; 12] =
    ["alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"];

/// The same expression as the parser reads it.
pub(crate) fn from_extended(source: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(sign) if SIGNS.contains(sign) || CLASSES.contains(sign) => out.extend(['\\', sign]),
                Some(other) => return Err(format!("'\\{other}' means nothing")),
                None => return Err("it ends in a backslash".into()),
            },
            '[' => brackets(&mut chars, &mut out)?,
            // No zero is a character (IEEE 1003.1 §9.4.4).
            '.' => out.push_str("[^\\x00]"),
            '(' if chars.peek() == Some(&'?') => return Err("nothing stands before '?'".into()),
            other => out.push(other),
        }
    }
    Ok(out)
}

/// What stands behind `[`, up to the bracket that closes it.
fn brackets(chars: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    const OPEN: &str = "its brackets are not closed";
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        let c = chars.next().ok_or(OPEN)?;
        let mut ahead = chars.clone();
        match (c, ahead.next()) {
            (']', _) if !first => {
                out.push(']');
                return Ok(());
            }
            ('[', Some('.' | '=')) => return Err("it has collating elements".into()),
            ('[', Some(':')) => {
                let name: String = chars.by_ref().skip(1).take_while(|c| *c != ']').collect();
                let known = name.strip_suffix(':').filter(|name| NAMED.contains(name));
                out.push_str(&format!("[:{}:]", known.ok_or_else(|| format!("'[:{name}]' is no class"))?));
            }
            // A range, unless the hyphen stands last.
            (from, Some('-')) if ahead.next().is_some_and(|to| to != ']') => {
                let to = chars.nth(1).ok_or(OPEN)?;
                if from > to || !to.is_ascii() {
                    return Err(format!("'{from}-{to}' is no range"));
                }
                byte(from as u8, out);
                out.push('-');
                byte(to as u8, out);
            }
            (plain, _) => plain.encode_utf8(&mut [0; 4]).bytes().for_each(|plain| byte(plain, out)),
        }
        first = false;
    }
}

fn byte(byte: u8, out: &mut String) {
    out.push_str(&format!("\\x{byte:02x}"));
}
