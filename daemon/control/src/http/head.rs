//! What stands in front of the body of a request (RFC 9112 §2 to §6).

use std::fmt;

/// The head of a POST of JSON.
#[derive(Debug, PartialEq)]
pub(super) struct Head {
    pub version: Version,
    /// Length of the body.
    pub length: usize,
    /// The field `Authorization`.
    pub authorization: Option<String>,
    /// Another request may follow on this connection (RFC 9112 §9.3).
    pub persistent: bool,
    /// The client waits for a word before it sends the body (RFC 9110 §10.1.1).
    pub expects_continue: bool,
}

/// A version that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http10,
    Http11,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
        })
    }
}

/// No head is longer, in bytes.
const LONGEST: usize = 16 << 10;

impl Head {
    /// Reads the head at the start of what a client sent, and its length; none if it is not complete yet.
    pub(super) fn read(received: &[u8]) -> Result<Option<(Head, usize)>, &'static str> {
        let length = match end(received) {
            Some(length) if length <= LONGEST => length,
            None if received.len() <= LONGEST => return Ok(None),
            _ => return Err("the head is too long"),
        };
        let text = received.get(..length).and_then(|head| std::str::from_utf8(head).ok());
        // Empty lines in front of a request are skipped (RFC 9112 §2.2).
        let mut lines = text.ok_or("the head is not UTF-8")?.trim_start_matches(['\r', '\n']).lines();
        let version = request_line(lines.next().unwrap_or_default())?;
        let fields = Fields::read(lines)?;
        let connection = fields.connection.unwrap_or_default();
        let persistent = match version {
            Version::Http10 => connection.eq_ignore_ascii_case("keep-alive"),
            Version::Http11 => !connection.eq_ignore_ascii_case("close"),
        };
        let media_type = fields.content_type.ok_or("there is no Content-Type")?.split(';').next().unwrap_or_default();
        if !media_type.trim().eq_ignore_ascii_case("application/json") {
            return Err("Content-Type is not application/json");
        }
        let head = Head {
            version,
            length: fields.content_length.ok_or("there is no Content-Length")?,
            authorization: fields.authorization.map(str::to_owned),
            persistent,
            expects_continue: version == Version::Http11 && fields.expects_continue,
        };
        Ok(Some((head, length)))
    }
}

/// Length of a head: it ends with an empty line.
fn end(received: &[u8]) -> Option<usize> {
    let start = received.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let head = received.get(start..)?;
    let lines = head.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    lines
        .filter_map(|at| match head.get(at..)? {
            [b'\n', ..] => Some(start + at + 1),
            [b'\r', b'\n', ..] => Some(start + at + 2),
            _ => None,
        })
        .next()
}

fn request_line(line: &str) -> Result<Version, &'static str> {
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("the first line is not a method, a target and a version");
    };
    if method != "POST" {
        return Err("the method is not POST");
    }
    if target.is_empty() {
        return Err("there is no target");
    }
    match version {
        "HTTP/1.0" => Ok(Version::Http10),
        "HTTP/1.1" => Ok(Version::Http11),
        _ => Err("the version is neither HTTP/1.0 nor HTTP/1.1"),
    }
}

/// The fields that matter here.
#[derive(Default)]
struct Fields<'a> {
    connection: Option<&'a str>,
    content_type: Option<&'a str>,
    content_length: Option<usize>,
    authorization: Option<&'a str>,
    expects_continue: bool,
}

impl<'a> Fields<'a> {
    fn read(lines: impl Iterator<Item = &'a str>) -> Result<Self, &'static str> {
        let mut fields = Fields::default();
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or("a line of the head has no colon")?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "connection" => fields.connection = Some(value),
                "content-type" => fields.content_type = Some(value),
                "content-length" => {
                    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                    let length = value.parse().ok().filter(|_| digits).ok_or("Content-Length is no number")?;
                    // Two that differ are how requests are smuggled past a proxy (RFC 9112 §6.3).
                    if fields.content_length.is_some_and(|before| before != length) {
                        return Err("there are two values of Content-Length");
                    }
                    fields.content_length = Some(length);
                }
                "transfer-encoding" => return Err("Transfer-Encoding is not understood"),
                "authorization" => fields.authorization = Some(value),
                "expect" => fields.expects_continue = value.eq_ignore_ascii_case("100-continue"),
                _ => {}
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n";

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for length in 0..POST.len() {
            assert_eq!(Head::read(&POST.as_bytes()[..length]), Ok(None), "{length}");
        }
        let (head, length) = Head::read(format!("{POST}{{}}").as_bytes()).unwrap().unwrap();
        assert_eq!(length, POST.len());
        let expected = Head {
            version: Version::Http11,
            length: 2,
            authorization: None,
            persistent: true,
            expects_continue: false,
        };
        assert_eq!(head, expected);
        let bare = format!("\r\n{}", POST.replace('\r', ""));
        assert_eq!(Head::read(bare.as_bytes()), Ok(Some((expected, bare.len()))));
    }

    #[test]
    fn fields_have_their_effect() {
        let read = |from: &str, to: &str| Head::read(POST.replace(from, to).as_bytes()).unwrap().unwrap().0;
        assert_eq!(
            read("Content-T", "AUTHORIZATION:  Basic x \r\nContent-T").authorization.as_deref(),
            Some("Basic x")
        );
        assert!(!read("Content-T", "Connection: Close\r\nContent-T").persistent);
        assert!(!read("1.1", "1.0").persistent);
        assert!(read("1.1\r\n", "1.0\r\nconnection: Keep-Alive\r\n").persistent);
        assert!(read("Content-T", "Expect: 100-continue\r\nContent-T").expects_continue);
        assert_eq!(read("json", "json; charset=utf-8").length, 2);
    }

    #[test]
    fn what_is_no_post_of_json_is_refused() {
        for (from, to, reason) in [
            ("POST", "GET", "the method is not POST"),
            ("1.1", "2.0", "the version is neither HTTP/1.0 nor HTTP/1.1"),
            ("POST / ", "POST  ", "there is no target"),
            ("POST / ", "POST ", "the first line is not a method, a target and a version"),
            ("json", "xml", "Content-Type is not application/json"),
            ("Content-Type", "X", "there is no Content-Type"),
            ("Content-Length", "X", "there is no Content-Length"),
            ("Content-Length: 2", "Content-Length: +2", "Content-Length is no number"),
            ("Content-Length: 2", "Content-Length: 99999999999999999999", "Content-Length is no number"),
            ("Content-Length: 2", "Content-Length: 2\r\nContent-Length: 3", "there are two values of Content-Length"),
            ("Content-Length: 2", "Transfer-Encoding: chunked", "Transfer-Encoding is not understood"),
            (": 2", " 2", "a line of the head has no colon"),
        ] {
            assert_eq!(Head::read(POST.replace(from, to).as_bytes()), Err(reason), "{to}");
        }
        assert_eq!(Head::read(&[b'a'; LONGEST + 1]), Err("the head is too long"));
        assert_eq!(Head::read(b"POST \xff HTTP/1.1\r\n\r\n"), Err("the head is not UTF-8"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_upsets_it(received: Vec<u8>) {
            let _ = Head::read(&received);
        }
    }
}
