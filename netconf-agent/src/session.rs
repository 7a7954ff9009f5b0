//! A NETCONF session over any stream of bytes: `<hello>`, then requests until the peer is done (RFC 6241 §8.1, §4).

use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::core::{Core, Session};
use crate::messages::*;
use crate::operations;
use crate::rpc::{self, BASE, Operation, RpcError, Tag};
use crate::transport::framing::{Decoder, Framing, encode};
use crate::xml::{self, Element};

/// The capabilities of this server.
pub fn capabilities(core: &Core) -> Vec<String> {
    let mut all: Vec<String> = [
        BASE_1_0,
        BASE_1_1,
        "urn:ietf:params:netconf:capability:writable-running:1.0",
        "urn:ietf:params:netconf:capability:candidate:1.0",
        "urn:ietf:params:netconf:capability:rollback-on-error:1.0",
        "urn:ietf:params:netconf:capability:validate:1.1",
        "urn:ietf:params:netconf:capability:startup:1.0",
    ]
    .map(str::to_string)
    .into();
    // RFC 8526 §2; RFC 7950 §5.6.4: modules of YANG 1.1 are found there and not in <hello>.
    let revision = core.schema.modules().iter().find(|module| module.name == "ietf-yang-library");
    let revision = revision.map_or("2019-01-04", |module| module.revision.as_str());
    let content_id = core.schema.content_id();
    all.push(format!(
        "urn:ietf:params:netconf:capability:yang-library:1.1?revision={revision}&content-id={content_id}"
    ));
    // RFC 6022: get-schema and the state of sessions; its module is of YANG 1.
    all.extend(
        core.schema
            .modules()
            .iter()
            .filter(|module| module.namespace == rpc::MONITORING)
            .map(|module| format!("{}?module={}&revision={}", module.namespace, module.name, module.revision)),
    );
    all
}

const BASE_1_0: &str = "urn:ietf:params:netconf:base:1.0";
const BASE_1_1: &str = "urn:ietf:params:netconf:base:1.1";

/// Why a session ended.
type End = String;

/// Serves a session until it ends. Its locks go with it.
pub async fn serve(session: Session, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let (id, user, peer) = (session.entry.id, &session.entry.user, &session.entry.peer);
    log::event!(NETCONF_SESSION_STARTED, id, user, peer);
    let mut wire = Wire { stream, decoder: Decoder::new(session.core.limits.message), framing: Framing::Mark };
    let killed = session.entry.kill.notified();
    tokio::pin!(killed);
    let mut life = std::pin::pin!(live(&session, &mut wire));
    let reason = tokio::select! {
        reason = &mut life => reason,
        () = &mut killed => "killed".to_string(),
    };
    log::event!(NETCONF_SESSION_ENDED, id, user, peer, reason);
}

async fn live<S: AsyncRead + AsyncWrite + Unpin>(session: &Session, wire: &mut Wire<S>) -> End {
    match talk(session, wire).await {
        Ok(reason) | Err(reason) => {
            // The peer may be gone already.
            let _ = wire.stream.shutdown().await;
            reason
        }
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(session: &Session, wire: &mut Wire<S>) -> Result<End, End> {
    let core = &session.core;
    wire.send(&hello(core, session.entry.id)).await?;
    let answer = tokio::time::timeout(core.limits.login, wire.receive()).await;
    let Some(answer) = answer.map_err(|_| "no <hello> in time")?? else { return Ok("gone before <hello>".into()) };
    wire.framing = framing_of(&answer)?;
    wire.decoder.set_framing(wire.framing);
    while let Some(message) = wire.receive().await? {
        let (reply, goes_on) = answer_to(session, &message, wire.framing).await;
        wire.send(&reply).await?;
        if !goes_on {
            return Ok("closed by the client".into());
        }
    }
    Ok("the connection ended".into())
}

/// The framing that both sides can do (RFC 6242 §4.1), or why the client's `<hello>` is none.
fn framing_of(message: &[u8]) -> Result<Framing, End> {
    let hello = parse(message).map_err(|malformed| format!("malformed <hello>: {malformed}"))?;
    if !hello.is(BASE, "hello") {
        return Err(format!("<{}> instead of <hello>", hello.name));
    }
    // RFC 6241 §8.1: only the server has a session-id to give.
    if hello.child(BASE, "session-id").is_some() {
        return Err("the client's <hello> has a session-id".into());
    }
    let capabilities = hello.child(BASE, "capabilities").map(|list| list.children.as_slice()).unwrap_or_default();
    let has = |wanted: &str| capabilities.iter().any(|capability| capability.trimmed() == wanted);
    match (has(BASE_1_1), has(BASE_1_0)) {
        (true, _) => Ok(Framing::Chunks),
        (false, true) => Ok(Framing::Mark),
        (false, false) => Err("the client speaks no base version of NETCONF".into()),
    }
}

/// The reply, and whether the session goes on.
async fn answer_to(session: &Session, message: &[u8], framing: Framing) -> (String, bool) {
    let mut rpc = match parse(message) {
        Ok(rpc) if rpc.is(BASE, "rpc") => rpc,
        Ok(other) => return (rpc::reply_to_nothing(&RpcError::unknown_element(&other.name, "rpc")), true),
        Err(malformed) => {
            // RFC 6241 Appendix A: malformed-message is not for clients of base:1.0.
            let tag = if framing == Framing::Chunks { Tag::MalformedMessage } else { Tag::OperationFailed };
            let mut error = RpcError::protocol(tag, malformed.to_string());
            error.kind = rpc::ErrorType::Rpc;
            return (rpc::reply_to_nothing(&error), true);
        }
    };
    if rpc.attribute("", "message-id").is_none() {
        let mut error = RpcError::protocol(Tag::MissingAttribute, "<rpc> lacks its message-id")
            .with("bad-attribute", "message-id")
            .with("bad-element", "rpc");
        error.kind = rpc::ErrorType::Rpc;
        return (rpc::reply(&rpc, &Err(error.into())), true);
    }
    let name = rpc.children.first().map(|operation| operation.name.clone()).unwrap_or_default();
    let request = rpc::request(&mut rpc);
    let goes_on = !matches!(request, Ok(Operation::CloseSession));
    let outcome = match request {
        Ok(operation) => {
            // On its own, so that a commit does not stop half way when the session is killed.
            let work = operations::perform(Rc::clone(&session.core), session.entry.id, operation);
            tokio::task::spawn_local(work).await.unwrap_or_else(|failure| {
                Err(RpcError::application(Tag::OperationFailed, format!("internal error: {failure}")).into())
            })
        }
        Err(errors) => Err(errors),
    };
    let told = outcome.as_ref().map_or_else(|e| e.first().map_or("error", |e| e.message.as_str()), |_| "done");
    log::event!(NETCONF_REQUEST, id = session.entry.id, operation = name, outcome = told);
    (rpc::reply(&rpc, &outcome), goes_on)
}

fn parse(message: &[u8]) -> Result<Element, xml::Malformed> {
    let text = std::str::from_utf8(message).map_err(|_| xml::Malformed("the message is not UTF-8".to_string()))?;
    xml::parse(text)
}

fn hello(core: &Core, id: u32) -> String {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hello xmlns=\"{BASE}\"><capabilities>");
    for capability in capabilities(core) {
        xml::write_leaf("capability", &capability, &mut out);
    }
    out.push_str(&format!("</capabilities><session-id>{id}</session-id></hello>"));
    out
}

/// How long a peer may leave an answer unread before the session ends.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// A stream of messages.
struct Wire<S> {
    stream: S,
    decoder: Decoder,
    framing: Framing,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    async fn send(&mut self, message: &str) -> Result<(), End> {
        let bytes = encode(self.framing, message);
        let sent = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(READ_WITHIN, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("cannot send: {error}")),
            Err(_) => Err("the client does not read".into()),
        }
    }

    /// The next message; none when the stream ends.
    async fn receive(&mut self) -> Result<Option<Vec<u8>>, End> {
        let mut buffer = vec![0; 32 * 1024];
        loop {
            if let Some(message) = self.decoder.next_message().map_err(|error| error.to_string())? {
                return Ok(Some(message));
            }
            match self.stream.read(&mut buffer).await {
                Ok(0) => return Ok(None),
                Ok(length) => self.decoder.push(buffer.get(..length).unwrap_or_default()),
                Err(error) => return Err(format!("cannot receive: {error}")),
            }
        }
    }
}
