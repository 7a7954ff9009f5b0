//! Regular expressions of `match`, which the whole value has to fit.
//!
//! Kea takes them to the C++ library, in the syntax of ECMAScript, and warns of patterns that take forever. Here a match takes time
//! in proportion to the value, whatever the pattern. What cannot be done so is refused where the expression is parsed:
//! references back (`\1`), looks ahead (`(?=x)`, `(?!x)`) and collating elements (`[[.x.]]`, `[[=x=]]`). Patterns work on
//! bytes; classes are those of ASCII.

use regex::bytes::{Regex, RegexBuilder};

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    source: Box<str>,
    whole: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// Compiles a pattern in the syntax of ECMAScript.
    pub(crate) fn new(source: &str) -> Result<Self, String> {
        let whole = from_ecmascript(source).and_then(|text| compile(&format!("^(?:{text})$")));
        let whole = whole.map_err(|reason| format!("invalid regular expression '{source}': {reason}"))?;
        Ok(Self { source: source.into(), whole })
    }

    /// As it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole value fits.
    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        self.whole.is_match(value)
    }
}

/// Compiles an expression in the syntax of the library.
pub(crate) fn compile(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).unicode(false).nest_limit(100).build().map_err(|error| match error {
        // It shows the place in several lines, in a text that was rewritten.
        regex::Error::Syntax(shown) => shown.rsplit("error: ").next().unwrap_or_default().to_owned(),
        regex::Error::CompiledTooBig(most) => format!("it takes more than {most} bytes"),
        other => other.to_string(),
    })
}

/// Writes ECMAScript's syntax in the parser's: inside brackets `[`, `&&`, `--` and `~~` have no meaning of their own, a dot
/// is no end of a line, and `\<` and `\>` are the signs themselves.
fn from_ecmascript(source: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut inside = false;
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(sign @ ('<' | '>')) => out.push(sign),
                Some('/') => out.push('/'),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '[' if !inside => {
                inside = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.peek() == Some(&']') {
                    return Err("its brackets are empty".into());
                }
            }
            '[' if chars.peek() == Some(&':') => {
                // A named class up to its own closing bracket.
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' if matches!(chars.peek(), Some('.' | '=')) => return Err("it has collating elements".into()),
            '[' | '&' | '~' if inside => out.extend(['\\', c]),
            ']' if inside => {
                inside = false;
                out.push(']');
            }
            '-' if inside && chars.peek() == Some(&'-') => out.push_str("\\-"),
            '.' if !inside => out.push_str("[^\\n\\r]"),
            // Nothing else of the kind is known there, `(?i)` for one.
            '(' if !inside && chars.peek() == Some(&'?') && chars.clone().nth(1) != Some(':') => {
                return Err("of what begins with '(?' only groups '(?:' are understood".into());
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_whole_value_fits() {
        for (pattern, fits, does_not) in [
            ("foo.*", &["foo", "foobar"][..], &["xfoo", "fo", "foo\nbar", "foo\r"][..]),
            ("^.*foo.*$", &["is it foo or bar"], &["bar"]),
            ("a|bc|d*", &["a", "bc", "", "ddd"], &["abc", "b"]),
            ("(ab){2,3}", &["abab", "ababab"], &["ab", "abababab"]),
            ("[[:alpha:]]+\\d?", &["abc", "abc1"], &["1", "abc12"]),
            ("[a&&b[~]+", &["a&b[~"], &["c"]),
            ("[^0-9-]", &["x"], &["5", "-", ""]),
            ("(?:a*)*b", &["b", "aaab"], &["aaaa"]),
            ("a\\b.c", &["a-c"], &["abc"]),
            ("\\<x\\>\\/", &["<x>/"], &["x"]),
            ("", &[""], &["a"]),
        ] {
            let compiled = Pattern::new(pattern).unwrap();
            fits.iter().for_each(|value| assert!(compiled.matches(value.as_bytes()), "{pattern} {value}"));
            does_not.iter().for_each(|value| assert!(!compiled.matches(value.as_bytes()), "{pattern} {value}"));
        }
    }

    #[test]
    fn what_would_not_be_linear_or_is_wrong_is_refused() {
        for pattern in
            ["(a)\\1", "a(?=b)", "[[.a.]]", "[[=a=]]", "[]", "[^]", "(", "[", "a{1000}{1000}", "*", "(?u)\\pL"]
        {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn hard_patterns_take_no_time() {
        let pattern = Pattern::new("(a+)+(a|aa)*(a*)*b").unwrap();
        assert!(!pattern.matches(&[b'a'; 20_000]));
    }

    proptest! {
        #[test]
        fn any_pattern_and_value_end(source in ".{0,30}", value in proptest::collection::vec(any::<u8>(), 0..50)) {
            if let Ok(pattern) = Pattern::new(&source) {
                pattern.matches(&value);
            }
        }

        #[test]
        fn a_literal_fits_itself_alone(text in "[a-z]{0,8}", other in "[a-z]{0,8}") {
            prop_assert_eq!(Pattern::new(&text).unwrap().matches(other.as_bytes()), text == other);
        }
    }
}
