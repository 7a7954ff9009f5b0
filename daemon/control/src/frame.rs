//! Where a command ends in a stream of bytes: JSON with comments has no length in front of it.

/// Follows a text byte by byte, each byte once, until the map or list it begins with is closed.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    state: State,
    depth: usize,
    /// Bytes seen.
    seen: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    Text,
    /// After a backslash in a string.
    Escape,
    /// After a `/` outside of strings.
    Slash,
    /// After `//` or `#`, up to the end of the line.
    Line,
    /// Within `/* */`.
    Block,
    /// After a `*` within `/* */`.
    Star,
}

impl Frame {
    /// Goes on with what was appended to `text` since the last call. Answers with the length of the command once it is
    /// complete, or with the reason why it will never be one.
    pub(crate) fn advance(&mut self, text: &[u8]) -> Result<Option<usize>, String> {
        let next = |frame: &Self| {
            let rest = text.get(frame.seen..)?;
            rest.iter().enumerate().find(|(_, byte)| frame.matters(**byte))
        };
        while let Some((skipped, &byte)) = next(self) {
            self.seen += skipped + 1;
            self.step(byte)?;
            if self.depth == 0 && self.state == State::Between && matches!(byte, b'}' | b']') {
                return Ok(Some(self.seen));
            }
        }
        self.seen = text.len();
        Ok(None)
    }

    /// Whether a byte may change the state; most are within strings and numbers.
    fn matters(&self, byte: u8) -> bool {
        match self.state {
            State::Text => matches!(byte, b'"' | b'\\'),
            State::Between if self.depth > 0 => matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b'/' | b'#'),
            _ => true,
        }
    }

    fn step(&mut self, byte: u8) -> Result<(), String> {
        self.state = match (self.state, byte) {
            (State::Between, b'#') => State::Line,
            (State::Between, b'/') => State::Slash,
            (State::Between, b'{' | b'[') => {
                self.depth += 1;
                State::Between
            }
            (State::Between, _) if self.depth == 0 && !byte.is_ascii_whitespace() => {
                return Err(format!("invalid first character {}", byte.escape_ascii()));
            }
            (State::Between, b'}' | b']') => {
                self.depth -= 1;
                State::Between
            }
            (State::Between, b'"') => State::Text,
            (State::Text, b'"') => State::Between,
            (State::Text, b'\\') => State::Escape,
            (State::Escape, _) => State::Text,
            (State::Slash, b'/') => State::Line,
            (State::Slash, b'*') => State::Block,
            (State::Slash, _) => return Err(format!("invalid characters /{}", byte.escape_ascii())),
            (State::Line, b'\n') => State::Between,
            (State::Block | State::Star, b'*') => State::Star,
            (State::Star, b'/') => State::Between,
            (State::Star, _) => State::Block,
            (state, _) => state,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of the command wherever the text is cut in two.
    fn end(text: &str) -> Result<Option<usize>, String> {
        let whole = Frame::default().advance(text.as_bytes());
        for cut in 0..text.len() {
            let mut frame = Frame::default();
            let first = frame.advance(&text.as_bytes()[..cut]);
            let then = if first == Ok(None) { frame.advance(text.as_bytes()) } else { first };
            assert_eq!(then, whole, "cut at {cut}");
        }
        whole
    }

    #[test]
    fn the_closing_mark_ends_a_command() {
        for command in [
            r#"{ "command": "list-commands" }"#,
            r#" # } comment
               { "a": "}\"]", /* } **/ "b": [ { } // }
               ] }"#,
            "[]",
        ] {
            assert_eq!(end(&format!("{command}\n{{")), Ok(Some(command.len())), "{command}");
        }
    }

    #[test]
    fn a_part_of_a_command_is_not_complete() {
        for part in ["", " ", "{", r#"{ "a": "}"#, "{ /* }", "{ # }", "/"] {
            assert_eq!(end(part), Ok(None), "{part}");
        }
    }

    #[test]
    fn garbage_is_refused_at_once() {
        for garbage in ["GET / HTTP/1.1", "\"text\" {", "}", "/x", "\u{e9}", "{ /x"] {
            assert!(end(garbage).is_err(), "{garbage}");
        }
    }
}
