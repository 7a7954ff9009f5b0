//! Daemons that are called over HTTP.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use daemon_control::http::{Access, Client, Listener, Settings};
use daemon_control::{Answer, ClientError, Code, Guard, Sender, Table, tls};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SECOND: Duration = Duration::from_secs(1);

fn table() -> Rc<Table> {
    let mut table = Table::new();
    table.add("echo", |request| Answer::with(request.arguments().unwrap_or_default()));
    table.add_async("wait", |_| async {
        tokio::time::sleep(60 * SECOND).await;
        Answer::done("waited")
    });
    Rc::new(table)
}

fn run<F: Future<Output = io::Result<()>>>(test: F) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, test)
}

fn free_address() -> io::Result<SocketAddr> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn client(address: SocketAddr) -> Client {
    Client::new(&format!("http://{address}/"), None, 5 * SECOND).unwrap()
}

/// Answers `echo` and `list-commands` for those who are local, and nobody over TLS only.
struct Local {
    secure: bool,
}

impl Guard for Local {
    fn hears(&self, sender: &Sender<'_>) -> bool {
        sender.secure || !self.secure
    }

    fn admits(&self, sender: &Sender<'_>, command: &str) -> bool {
        sender.address.is_loopback() && ["echo", "list-commands"].contains(&command)
    }

    fn names(&self, sender: &Sender<'_>, command: &str) -> bool {
        self.admits(sender, command)
    }
}

#[test]
fn a_guard_decides_who_may_do_what() -> io::Result<()> {
    run(async {
        let address = free_address()?;
        let table = table();
        let guarded = |secure| {
            let mut guarded = Table::new();
            guarded.add("echo", |request| Answer::with(request.arguments().unwrap_or_default()));
            guarded.add("wait", |_| Answer::done("waited"));
            guarded.watch(Local { secure });
            guarded
        };
        table.replace(guarded(false));
        let _server = Listener::bind(address)?.serve(table.clone(), Settings::default());
        let client = client(address);
        assert_eq!(client.call("echo", None).await.unwrap().result, Code::Success);
        let listed = client.call("list-commands", None).await.unwrap();
        assert_eq!(listed.arguments, Some(json!(["echo", "list-commands"])));
        let response = client.post(r#"{ "command": "wait" }"#).await.unwrap();
        assert_eq!((response.status, response.phrase.as_str()), (403, "Forbidden"));
        table.replace(guarded(true));
        let response = client.post(r#"{ "command": "echo" }"#).await.unwrap();
        assert_eq!((response.status, response.phrase.as_str()), (401, "Unauthorized"));
        // Without a guard everybody may.
        table.replace(Table::new());
        assert_eq!(client.call("list-commands", None).await.unwrap().result, Code::Success);
        Ok(())
    })
}

#[test]
fn commands_are_answered() -> io::Result<()> {
    run(async {
        let address = free_address()?;
        let _server = Listener::bind(address)?.serve(table(), Settings::default());
        let client = client(address);
        let arguments = json!({ "a": [1, "ü"] });
        for _ in 0..3 {
            assert_eq!(client.call("echo", Some(&arguments)).await.unwrap(), Answer::with(arguments.clone()));
        }
        assert_eq!(client.call_with_text("nothing", "{}").await.unwrap().result, Code::Unsupported);
        let impatient = Client::new(client.url(), None, SECOND / 20).unwrap();
        assert!(matches!(impatient.call("wait", None).await, Err(ClientError::Timeout)));
        let response = client.post("{ no JSON").await.unwrap();
        assert_eq!((response.status, response.phrase.as_str()), (400, "Bad Request"));
        let nobody = self::client(free_address()?);
        assert!(matches!(nobody.call("echo", None).await, Err(ClientError::Io(_))));
        Ok(())
    })
}

#[test]
fn calls_at_the_same_time_do_not_wait_for_each_other() -> io::Result<()> {
    run(async {
        let address = free_address()?;
        let _server = Listener::bind(address)?.serve(table(), Settings::default());
        let client = client(address);
        let waiting = client.clone();
        let waiting = tokio::spawn(async move { waiting.call("wait", None).await });
        tokio::task::yield_now().await;
        let calls = (0..50).map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.call("echo", Some(&json!({ "n": number }))).await.unwrap() })
        });
        for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
            assert_eq!(call.await?, Answer::with(json!({ "n": number })));
        }
        waiting.abort();
        Ok(())
    })
}

#[test]
fn users_are_told_from_others() -> io::Result<()> {
    run(async {
        let address = free_address()?;
        let access = Access::new("r".to_owned(), [("admin".to_owned(), "1234".to_owned())]);
        let settings = Settings { access: Some(access), ..Settings::default() };
        let _server = Listener::bind(address)?.serve(table(), settings);
        let good = client(address).authenticate("admin", "1234").unwrap();
        assert_eq!(good.call("echo", None).await.unwrap().result, Code::Success);
        for bad in [client(address), client(address).authenticate("admin", "x").unwrap()] {
            let refused = bad.call("echo", None).await;
            assert!(
                matches!(&refused, Err(ClientError::Status(401, phrase)) if phrase == "Unauthorized"),
                "{refused:?}"
            );
        }
        Ok(())
    })
}

/// Answers each request on any connection with the next of these texts, and closes the connection behind those that say so.
async fn server(texts: Vec<&'static str>) -> io::Result<(SocketAddr, tokio::task::JoinHandle<io::Result<usize>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move {
        let (mut texts, mut connections) = (texts.into_iter().peekable(), 0);
        while texts.peek().is_some() {
            let (mut stream, _) = listener.accept().await?;
            connections += 1;
            for text in texts.by_ref() {
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await?;
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                assert!(request.contains("X-Added: yes\r\n"), "{request}");
                stream.write_all(text.as_bytes()).await?;
                if text.contains("close") {
                    break;
                }
            }
        }
        Ok(connections)
    });
    Ok((address, serving))
}

#[test]
fn a_connection_is_used_until_it_is_closed() -> io::Result<()> {
    const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n[ {\"result\": 0} ]";
    const CLOSED: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"result\": 0}";
    run(async {
        let (address, serving) = server(vec![KEPT, KEPT, CLOSED, KEPT]).await?;
        let client = client(address).header("X-Added", "yes").unwrap();
        for _ in 0..4 {
            assert_eq!(client.call("echo", None).await.unwrap().result, Code::Success);
        }
        assert_eq!(serving.await??, 2);
        Ok(())
    })
}

#[test]
fn what_is_no_answer_is_told() -> io::Result<()> {
    run(async {
        for (text, part) in [
            ("SSH-2.0-x close\r\n\r\n", "cannot be read"),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[ ]", "empty list"),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nno", "cannot be read"),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n[", "error"),
            ("HTTP/1.1 404 Gone Fishing\r\nConnection: close\r\n\r\n", "404 Gone Fishing"),
        ] {
            let (address, _serving) = server(vec![text]).await?;
            let error = client(address).header("X-Added", "yes").unwrap().call("echo", None).await.unwrap_err();
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
        Ok(())
    })
}

#[test]
fn urls_are_read() {
    for good in ["http://127.0.0.1:8000", "http://[::1]:8000/", "http://localhost/a?b"] {
        assert!(Client::new(good, None, SECOND).is_ok(), "{good}");
    }
    for (bad, part) in [
        ("https://127.0.0.1:8000/", "trust anchor"),
        ("ftp://127.0.0.1/", "neither http nor https"),
        ("127.0.0.1:8000", ""),
        ("http://a@b/", "no user"),
        ("http:///", ""),
    ] {
        let error = Client::new(bad, None, SECOND).unwrap_err();
        assert!(error.starts_with("URL '") && error.contains(part), "{bad}: {error}");
    }
    let client = Client::new("http://127.0.0.1/", None, SECOND).unwrap();
    assert!(client.clone().header("a b", "c").is_err() && client.header("a", "b\r\nc").is_err());
}

/// What a server says to a client that sends these parts and then waits, each second of which passes at once.
async fn said(parts: &[&str]) -> io::Result<String> {
    let address = free_address()?;
    let headers = vec![("X-Added".to_owned(), "yes".to_owned())];
    let access = Access::new("r".to_owned(), [("admin".to_owned(), "1234".to_owned())]);
    let _server =
        Listener::bind(address)?.serve(table(), Settings { headers, access: Some(access), ..Settings::default() });
    let mut stream = TcpStream::connect(address).await?;
    for part in parts {
        stream.write_all(part.as_bytes()).await?;
        tokio::time::sleep(SECOND / 10).await;
    }
    if parts.last() == Some(&END) {
        stream.shutdown().await?;
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

/// A last part that says that no other follows, ever.
const END: &str = "";

/// A head up to the length of its body.
const HEAD: &str =
    "POST / HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Basic YWRtaW46MTIzNA==\r\nContent-Length: ";

#[test]
fn every_refusal_is_json() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let echo = r#"{ "command": "echo" }"#;
        let good = format!("{HEAD}{}\r\n\r\n{echo}", echo.len());
        let long = format!("POST / HTTP/1.1\r\n{}", "X: y\r\n".repeat(5000));
        for (parts, statuses) in [
            (&["nonsense\r\n\r\n"][..], &["400 Bad Request"][..]),
            (&["GET / HTTP/1.1\r\n\r\n"], &["400 Bad Request"]),
            (&["POST / HTTP/2.0\r\n\r\n"], &["400 Bad Request"]),
            (&[&long], &["400 Bad Request"]),
            (&[&format!("{HEAD}x\r\n\r\n")], &["400 Bad Request"]),
            (&[&format!("{HEAD}2\r\nContent-Length: 3\r\n\r\n{{}}")], &["400 Bad Request"]),
            (&[&format!("{HEAD}2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}")], &["400 Bad Request"]),
            (&[&format!("{HEAD}999999999999\r\n\r\n{{")], &["413 Content Too Large"]),
            (&["POST / HT"], &["408 Request Timeout"]),
            (&[HEAD, "9\r\n\r\n{"], &["408 Request Timeout"]),
            (&[], &[]),
            (&[&good, END], &["200 OK"]),
            (&[HEAD, "9\r\n\r\n{", END], &[]),
            (&["POST", END], &[]),
            // One behind the other, in one piece and in two.
            (&[&good.repeat(3)], &["200 OK", "200 OK", "200 OK"]),
            (&[&good, &good, "nonsense\r\n\r\n"], &["200 OK", "200 OK", "400 Bad Request"]),
            (&[&format!("{good}nonsense\r\n\r\n")], &["200 OK", "400 Bad Request"]),
            (&[&good.replace("MTIz", "xxxx"), &good], &["401 Unauthorized", "200 OK"]),
        ] {
            let text = said(parts).await?;
            let heads: Vec<_> = text.split("HTTP/1.").skip(1).collect();
            assert_eq!(heads.len(), statuses.len(), "{parts:?}: {text}");
            for (head, status) in heads.iter().zip(statuses) {
                assert_eq!(head.lines().next().map(|line| &line[2..]), Some(*status), "{parts:?}: {text}");
                assert!(
                    head.contains("Content-Type: application/json\r\n") && head.contains("X-Added: yes\r\n"),
                    "{text}"
                );
                let body = head.split("\r\n\r\n").nth(1).and_then(|body| serde_json::from_str(body).ok());
                let refusal = json!({ "result": status[..3].parse::<u16>().ok(), "text": &status[4..] });
                let expected = if *status == "200 OK" { json!([{ "result": 0, "arguments": null }]) } else { refusal };
                assert_eq!(body, Some(expected), "{parts:?}: {text}");
            }
        }
        Ok(())
    })
}

/// A folder with the files that `tests/certificates.sh` makes.
fn certificates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/certificates.sh");
    let made = std::process::Command::new("sh").arg(script).arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
}

#[test]
fn commands_go_over_tls() -> io::Result<()> {
    let folder = certificates();
    let file = |name: &str| folder.path().join(name);
    let identity = |name: &str| (file(&format!("{name}.crt")), file(&format!("{name}.key")));
    let server = |name: &str, required: bool| {
        let (certificate, key) = identity(name);
        Some(tls::Server::new(&file("ca.crt"), &certificate, &key, required).unwrap())
    };
    let client = |anchor: &str, name: Option<&str>, names: bool| {
        let identity = name.map(&identity);
        let identity = identity.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        tls::Client::new(&file(anchor), identity, names).unwrap()
    };
    run(async {
        let address = free_address()?;
        let listener = Listener::bind(address)?;
        let serving = listener.serve(table(), Settings { tls: server("server", true), ..Settings::default() });
        let call = async |client| {
            // With files for TLS it is HTTPS, whatever the scheme.
            let client = Client::new(&format!("http://{address}/"), Some(client), 5 * SECOND).unwrap();
            let first = client.call("echo", None).await;
            first.and(client.call("echo", None).await).map(|answer| answer.result)
        };
        for good in [
            client("ca.crt", Some("client"), true),
            client("folder", Some("v1"), false),
            client("ca.crt", Some("authority"), true),
        ] {
            assert_eq!(call(good).await.unwrap(), Code::Success);
        }
        for bad in [
            client("ca.crt", None, true),
            client("ca.crt", Some("over"), true),
            client("ca.crt", Some("other"), true),
            client("other.crt", Some("authority"), true),
            client("other.crt", Some("client"), true),
        ] {
            let refused = call(bad).await;
            assert!(matches!(refused, Err(ClientError::Io(_))), "{refused:?}");
        }
        // Certificates without names, of several kinds, and one that is trusted itself: good for who does not ask for names.
        for name in ["chain", "authority", "v1"] {
            serving.change(Settings { tls: server(name, false), ..Settings::default() });
            assert_eq!(call(client("ca.crt", None, false)).await.unwrap(), Code::Success);
            assert!(call(client("ca.crt", None, true)).await.is_err());
        }
        assert_eq!(call(client("v1.crt", None, false)).await.unwrap(), Code::Success);
        // Without other names the common name is one, of a host.
        let named = format!("https://LOCALHOST:{}/", address.port());
        let named = Client::new(&named, Some(client("ca.crt", None, true)), 5 * SECOND).unwrap();
        assert_eq!(named.call("echo", None).await.unwrap().result, Code::Success);
        serving.change(Settings { tls: server("rsa", false), ..Settings::default() });
        let other = format!("https://localhost:{}/", address.port());
        let other = Client::new(&other, Some(client("ca.crt", None, true)), 5 * SECOND).unwrap();
        assert!(other.call("echo", None).await.is_err());
        serving.change(Settings { tls: server("v1", false), ..Settings::default() });
        assert!(call(client("chain.crt", None, false)).await.is_err());
        Ok(())
    })
}

#[test]
fn a_handshake_that_does_not_come_is_given_up() -> io::Result<()> {
    let folder = certificates();
    let file = |name: &str| folder.path().join(name);
    let tls = tls::Server::new(&file("ca.crt"), &file("server.crt"), &file("server.key"), true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let address = free_address()?;
        let _server = Listener::bind(address)?.serve(table(), Settings { tls: Some(tls), ..Settings::default() });
        for part in [&b""[..], b"\x16\x03\x01\x00\x10"] {
            let before = tokio::time::Instant::now();
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(part).await?;
            assert_eq!(stream.read(&mut [0; 16]).await?, 0);
            assert!((10 * SECOND..11 * SECOND).contains(&before.elapsed()));
        }
        Ok(())
    })
}
