//! Clients at a control channel: well-behaved ones, many of them, and others.

use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use daemon_control::unix::{Client, Listener};
use daemon_control::{Answer, ClientError, Code, Table};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

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

/// Runs a test against a channel, on a clock that jumps ahead when everyone waits.
fn with_channel<F: Future<Output = io::Result<()>>>(test: impl FnOnce(std::path::PathBuf) -> F) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("socket");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let server = Listener::bind(&path)?.serve(table());
        test(path.clone()).await?;
        drop(server);
        assert!(!path.exists() && !folder.path().join("socket.lock").exists());
        Ok(())
    })
}

async fn raw(path: &Path, parts: &[&[u8]]) -> io::Result<Value> {
    let mut stream = UnixStream::connect(path).await?;
    for part in parts {
        stream.write_all(part).await?;
        tokio::task::yield_now().await;
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(serde_json::from_str(&text)?)
}

#[test]
fn commands_are_answered() -> io::Result<()> {
    with_channel(|path| async move {
        let client = Client::new(&path, SECOND);
        let answer = client.call("echo", Some(&json!({ "a": [1, "ü"] }))).await.map_err(io::Error::other)?;
        assert_eq!(answer, Answer::with(json!({ "a": [1, "ü"] })));
        let answer = client.call("list-commands", None).await.map_err(io::Error::other)?;
        assert_eq!(answer.arguments, Some(json!(["echo", "list-commands", "wait"])));
        let answer = client.call("foo", None).await.map_err(io::Error::other)?;
        assert_eq!(answer, Answer::new(Code::Unsupported, "'foo' command not supported."));
        assert!(matches!(client.call("wait", None).await, Err(ClientError::Timeout)));
        let nobody = Client::new(path.with_extension("none"), SECOND);
        assert!(matches!(nobody.call("echo", None).await, Err(ClientError::Io(_))));
        Ok(())
    })
}

#[test]
fn a_command_may_come_in_any_parts_and_with_more_behind_it() -> io::Result<()> {
    with_channel(|path| async move {
        let command = b"# hello\n{ \"command\": \"echo\", \"arguments\": { \"\\\"}\": 1 }, \"service\": [ ] }";
        let single: Vec<_> = command.chunks(1).collect();
        assert_eq!(raw(&path, &single).await?["arguments"], json!({ "\"}": 1 }));
        assert_eq!(raw(&path, &[&[&command[..], b"\n{ more"].concat()]).await?["result"], 0);
        Ok(())
    })
}

#[test]
fn garbage_is_answered_with_an_error() -> io::Result<()> {
    with_channel(|path| async move {
        for garbage in
            [&b"GET / HTTP/1.0\r\n"[..], b"{ ]", b"{ \"command\": \"\xff\" }", b"[]", b"{}", &[b'['; 5000][..]]
        {
            let mut parts = vec![garbage];
            let closing = vec![b']'; 5000];
            if garbage.len() == 5000 {
                parts.push(&closing);
            }
            assert_eq!(raw(&path, &parts).await?["result"], 1, "{:?}", garbage.escape_ascii().to_string());
        }
        Ok(())
    })
}

#[test]
fn a_client_that_stalls_is_told_so_and_one_that_leaves_is_forgotten() -> io::Result<()> {
    with_channel(|path| async move {
        drop(UnixStream::connect(&path).await?);
        UnixStream::connect(&path).await?.write_all(b"{ \"comm").await?;
        let answer = raw(&path, &[b"{ \"command\": "]).await?;
        let text = "Connection over control channel timed out, discarded partial command of 13 bytes";
        assert_eq!(answer, json!({ "result": 1, "text": text }));
        Ok(())
    })
}

#[test]
fn hundreds_of_clients_are_served_while_some_stall() -> io::Result<()> {
    with_channel(|path| async move {
        let mut stalled = Vec::new();
        for _ in 0..50 {
            let mut stream = UnixStream::connect(&path).await?;
            stream.write_all(b"{").await?;
            stalled.push(stream);
        }
        let calls: Vec<_> = (0..300)
            .map(|n| {
                let client = Client::new(&path, SECOND);
                tokio::task::spawn_local(async move { client.call("echo", Some(&json!(n))).await })
            })
            .collect();
        for (n, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await?.map_err(io::Error::other)?, Answer::with(json!(n)));
        }
        Ok(())
    })
}

#[test]
fn large_commands_take_time_in_proportion() -> io::Result<()> {
    with_channel(|path| async move {
        let list = json!(vec!["0123456789"; 300_000]);
        let client = Client::new(&path, 60 * SECOND);
        let answer = client.call("echo", Some(&list)).await.map_err(io::Error::other)?;
        assert_eq!(answer.arguments, Some(list));
        Ok(())
    })
}

#[test]
fn a_stale_socket_is_replaced_and_a_live_one_is_not() -> io::Result<()> {
    with_channel(|live| async move {
        let refused = Listener::bind(&live).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.starts_with("cannot lock socket lockfile, ") && refused.contains("socket.lock"), "{refused}");
        assert!(Client::new(&live, SECOND).call("echo", None).await.is_ok());
        let stale = live.with_extension("stale");
        drop(std::os::unix::net::UnixListener::bind(&stale)?);
        assert!(stale.exists());
        let listener = Listener::bind(&stale)?;
        drop(listener);
        assert!(!stale.exists());
        std::fs::write(&stale, "precious")?;
        assert!(Listener::bind(&stale).is_err());
        assert_eq!(std::fs::read_to_string(&stale)?, "precious");
        Ok(())
    })
}
