//! Message framing: end-of-message marks of base:1.0 and chunks of base:1.1 (RFC 6242 §4).

/// What ends a message of base:1.0.
pub const END_OF_MESSAGE: &[u8] = b"]]>]]>";

/// How messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `]]>]]>` after every message (RFC 6242 §4.3); also for the `<hello>` of every session.
    Mark,
    /// Chunks with their length in front (RFC 6242 §4.2).
    Chunks,
}

/// Why a stream of bytes holds no messages. The session cannot go on (RFC 6242 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramingError {
    /// A chunk does not start as it must.
    BadChunk,
    /// A message is larger than the limit.
    TooLarge,
}

impl std::fmt::Display for FramingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::BadChunk => "the chunked framing is broken",
            Self::TooLarge => "the message is larger than the limit",
        })
    }
}

impl std::error::Error for FramingError {}

/// Takes bytes in as they arrive and gives messages out.
#[derive(Debug)]
pub struct Decoder {
    framing: Framing,
    /// Largest message in bytes.
    limit: usize,
    /// Bytes that arrived and were not consumed.
    input: Vec<u8>,
    /// How much of `input` was consumed, or searched in vain for a mark.
    position: usize,
    /// Chunks of the message so far.
    message: Vec<u8>,
    /// Bytes missing from the present chunk.
    missing: usize,
}

impl Decoder {
    /// A decoder that starts with end-of-message marks, as every session does.
    pub fn new(limit: usize) -> Self {
        Self { framing: Framing::Mark, limit, input: Vec::new(), position: 0, message: Vec::new(), missing: 0 }
    }

    /// Changes the framing, after the `<hello>` (RFC 6242 §4.1).
    pub fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// Takes bytes in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The next whole message, if it has arrived.
    pub fn next_message(&mut self) -> Result<Option<Vec<u8>>, FramingError> {
        match self.framing {
            Framing::Mark => self.next_marked(),
            Framing::Chunks => self.next_chunked(),
        }
    }

    fn next_marked(&mut self) -> Result<Option<Vec<u8>>, FramingError> {
        let unsearched = self.input.get(self.position..).unwrap_or_default();
        match unsearched.windows(END_OF_MESSAGE.len()).position(|window| window == END_OF_MESSAGE) {
            Some(at) => {
                let end = self.position + at;
                let rest = self.input.split_off(end + END_OF_MESSAGE.len());
                let mut message = std::mem::replace(&mut self.input, rest);
                message.truncate(end);
                self.position = 0;
                if message.len() > self.limit { Err(FramingError::TooLarge) } else { Ok(Some(message)) }
            }
            None if self.input.len() > self.limit + END_OF_MESSAGE.len() => Err(FramingError::TooLarge),
            None => {
                self.position = (self.input.len() + 1).saturating_sub(END_OF_MESSAGE.len());
                Ok(None)
            }
        }
    }

    fn next_chunked(&mut self) -> Result<Option<Vec<u8>>, FramingError> {
        loop {
            if self.missing > 0 {
                let available = self.input.get(self.position..).unwrap_or_default();
                let taken = available.get(..self.missing).unwrap_or(available);
                self.message.extend_from_slice(taken);
                self.position += taken.len();
                self.missing -= taken.len();
            }
            if self.missing > 0 {
                self.consume();
                return Ok(None);
            }
            match header(self.input.get(self.position..).unwrap_or_default())? {
                Header::Incomplete => {
                    self.consume();
                    return Ok(None);
                }
                Header::Chunk { length, size } => {
                    if size > self.limit.saturating_sub(self.message.len()) {
                        return Err(FramingError::TooLarge);
                    }
                    self.position += length;
                    self.missing = size;
                }
                // A message has at least one chunk (RFC 6242 §4.2).
                Header::End { .. } if self.message.is_empty() => return Err(FramingError::BadChunk),
                Header::End { length } => {
                    self.position += length;
                    self.consume();
                    return Ok(Some(std::mem::take(&mut self.message)));
                }
            }
        }
    }

    /// Forgets what was consumed.
    fn consume(&mut self) {
        self.input.drain(..self.position.min(self.input.len()));
        self.position = 0;
    }
}

/// What stands between chunks.
enum Header {
    /// More bytes are needed.
    Incomplete,
    /// `LF # size LF`, `length` bytes long.
    Chunk { length: usize, size: usize },
    /// `LF # # LF`.
    End { length: usize },
}

/// Longest chunk size: 4294967295 (RFC 6242 §4.2).
const SIZE_DIGITS: usize = 10;

fn header(bytes: &[u8]) -> Result<Header, FramingError> {
    let Some(rest) = expect(bytes, b"\n#")? else { return Ok(Header::Incomplete) };
    match rest.first() {
        None => Ok(Header::Incomplete),
        Some(b'#') => match rest.get(1) {
            None => Ok(Header::Incomplete),
            Some(b'\n') => Ok(Header::End { length: 4 }),
            Some(_) => Err(FramingError::BadChunk),
        },
        // No leading zero, so no empty chunk either.
        Some(b'1'..=b'9') => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits > SIZE_DIGITS {
                return Err(FramingError::BadChunk);
            }
            match rest.get(digits) {
                None => Ok(Header::Incomplete),
                Some(b'\n') => {
                    let text = std::str::from_utf8(rest.get(..digits).unwrap_or_default());
                    let size: u32 = text.ok().and_then(|t| t.parse().ok()).ok_or(FramingError::BadChunk)?;
                    let size = usize::try_from(size).map_err(|_| FramingError::TooLarge)?;
                    Ok(Header::Chunk { length: digits + 3, size })
                }
                Some(_) => Err(FramingError::BadChunk),
            }
        }
        Some(_) => Err(FramingError::BadChunk),
    }
}

/// What follows `wanted`; `None` while it has not arrived whole.
fn expect<'b>(bytes: &'b [u8], wanted: &[u8]) -> Result<Option<&'b [u8]>, FramingError> {
    match bytes.strip_prefix(wanted) {
        Some(rest) => Ok(Some(rest)),
        None if wanted.starts_with(bytes) => Ok(None),
        None => Err(FramingError::BadChunk),
    }
}

/// Frames a message. One chunk holds it whole, for it is in memory anyway.
pub fn encode(framing: Framing, message: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 24);
    match framing {
        Framing::Mark => {
            out.extend_from_slice(message.as_bytes());
            out.extend_from_slice(END_OF_MESSAGE);
        }
        Framing::Chunks => {
            for chunk in message.as_bytes().chunks(u32::MAX as usize) {
                out.extend_from_slice(format!("\n#{}\n", chunk.len()).as_bytes());
                out.extend_from_slice(chunk);
            }
            out.extend_from_slice(b"\n##\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1 << 20;

    fn decode(framing: Framing, bytes: &[u8], step: usize) -> Result<Vec<Vec<u8>>, FramingError> {
        let mut decoder = Decoder::new(LIMIT);
        decoder.set_framing(framing);
        let mut messages = Vec::new();
        for piece in bytes.chunks(step) {
            decoder.push(piece);
            while let Some(message) = decoder.next_message()? {
                messages.push(message);
            }
        }
        Ok(messages)
    }

    #[test]
    fn chunks_of_rfc_6242_section_4_2() {
        let bytes = b"\n#4\n<rpc\n#18\n message-id=\"102\"\n\n#79\n     xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\">\n  <close-session/>\n</rpc>\n##\n";
        let messages = decode(Framing::Chunks, bytes, 7).unwrap();
        assert_eq!(messages.len(), 1);
        assert!(messages[0].ends_with(b"<close-session/>\n</rpc>"));
    }

    #[test]
    fn broken_chunks_end_the_session() {
        for bytes in [
            &b"x"[..],
            b"\nx",
            b"\n#0\n",
            b"\n#01\nx",
            b"\n#4294967296\n",
            b"\n#12345678901\n",
            b"\n##\n",
            b"\n#1\nx\n#x",
            b"\n#1\nxx",
        ] {
            assert!(decode(Framing::Chunks, bytes, 3).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn large_messages_are_refused_before_they_arrive() {
        assert_eq!(decode(Framing::Chunks, b"\n#4294967295\n", 20), Err(FramingError::TooLarge));
        assert_eq!(decode(Framing::Mark, &vec![b'x'; LIMIT + 7], LIMIT + 7), Err(FramingError::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_framed_comes_back(messages in proptest::collection::vec("[^\\]]{1,300}", 1..5), step in 1usize..50) {
            for framing in [Framing::Mark, Framing::Chunks] {
                let bytes: Vec<u8> = messages.iter().flat_map(|m| encode(framing, m)).collect();
                let read = decode(framing, &bytes, step).unwrap();
                prop_assert_eq!(&read, &messages.iter().map(|m| m.clone().into_bytes()).collect::<Vec<_>>());
            }
        }

        #[test]
        fn any_cut_into_chunks_is_the_same_message(message in "[a-z<>\n#]{1,200}", cuts in proptest::collection::vec(1usize..40, 1..10), step in 1usize..50) {
            let (mut bytes, mut rest, mut cuts) = (Vec::new(), message.as_bytes(), cuts.into_iter().cycle());
            while !rest.is_empty() {
                let (chunk, left) = rest.split_at(cuts.next().unwrap().min(rest.len()));
                bytes.extend_from_slice(format!("\n#{}\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                rest = left;
            }
            bytes.extend_from_slice(b"\n##\n");
            prop_assert_eq!(decode(Framing::Chunks, &bytes, step).unwrap(), vec![message.into_bytes()]);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'#'), Just(b'1'), Just(b']'), Just(b'>'), any::<u8>()], 0..300), step in 1usize..40) {
            let _ = decode(Framing::Mark, &bytes, step);
            let _ = decode(Framing::Chunks, &bytes, step);
        }
    }
}
