//! A NETCONF session over any stream of bytes: `<hello>`, then requests until the peer is done (RFC 6241 §8.1, §4).

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::confirm;
use crate::core::{Core, Session};
use crate::events::{Heard, Subscription, Termination};
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
        "urn:ietf:params:netconf:capability:confirmed-commit:1.0",
        "urn:ietf:params:netconf:capability:confirmed-commit:1.1",
        "urn:ietf:params:netconf:capability:rollback-on-error:1.0",
        "urn:ietf:params:netconf:capability:validate:1.1",
        "urn:ietf:params:netconf:capability:startup:1.0",
        "urn:ietf:params:netconf:capability:xpath:1.0",
        "urn:ietf:params:netconf:capability:notification:1.0",
        "urn:ietf:params:netconf:capability:interleave:1.0",
        "urn:ietf:params:netconf:capability:partial-lock:1.0",
        "urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=report-all,report-all-tagged,trim",
        "urn:ietf:params:netconf:capability:with-operational-defaults:1.0?basic-mode=explicit&also-supported=report-all,report-all-tagged,trim",
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
    // Modules of YANG 1 (RFC 6020 §5.6.4).
    for module in core.schema.modules().iter().filter(|module| module.implemented && !module.is_yang_1_1) {
        let mut capability = format!("{}?module={}", module.namespace, module.name);
        if !module.revision.is_empty() {
            capability.push_str(&format!("&revision={}", module.revision));
        }
        if !module.features.is_empty() {
            capability.push_str(&format!("&features={}", module.features.join(",")));
        }
        all.push(capability);
    }
    all
}

const BASE_1_0: &str = "urn:ietf:params:netconf:base:1.0";
const BASE_1_1: &str = "urn:ietf:params:netconf:base:1.1";

/// Why a session ended.
#[derive(Debug)]
struct End {
    how: Termination,
    reason: String,
}

impl End {
    fn new(how: Termination, reason: impl Into<String>) -> Self {
        Self { how, reason: reason.into() }
    }
}

/// Serves a session until it ends. Its locks go with it.
pub async fn serve(session: Session, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let Session { core, entry } = &session;
    let (id, user, peer) = (entry.id, &entry.login.user, &entry.peer);
    log::event!(NETCONF_SESSION_STARTED, id, user, peer);
    let mut wire = Wire { stream, decoder: Decoder::new(core.limits.message), framing: Framing::Mark };
    let killed = entry.kill.notified();
    tokio::pin!(killed);
    let mut life = std::pin::pin!(live(&session, &mut wire));
    let End { how, reason } = tokio::select! {
        end = &mut life => end,
        () = &mut killed => End::new(Termination::Killed(entry.killed_by.get()), "killed"),
    };
    log::event!(NETCONF_SESSION_ENDED, id, user, peer, reason);
    match how {
        Termination::Closed => {}
        Termination::BadHello => count(&core.counters.bad_hellos),
        _ => count(&core.counters.dropped),
    }
    if how != Termination::BadHello {
        core.events.session_ended(entry, how);
    }
    confirm::session_ended(core, entry).await;
}

async fn live<S: AsyncRead + AsyncWrite + Unpin>(session: &Session, wire: &mut Wire<S>) -> End {
    match talk(session, wire).await {
        Ok(end) | Err(end) => {
            // The peer may be gone already.
            let _ = wire.stream.shutdown().await;
            end
        }
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(session: &Session, wire: &mut Wire<S>) -> Result<End, End> {
    let Session { core, entry } = session;
    wire.send(&hello(core, entry.id)).await?;
    let answer = tokio::time::timeout(core.limits.login, wire.receive()).await;
    let answer = answer.map_err(|_| End::new(Termination::BadHello, "no <hello> in time"))??;
    let Some(answer) = answer else { return Ok(End::new(Termination::BadHello, "gone before <hello>")) };
    wire.framing = framing_of(&answer).map_err(|reason| End::new(Termination::BadHello, reason))?;
    wire.decoder.set_framing(wire.framing);
    count(&core.counters.sessions);
    core.events.session_started(entry);
    let mut subscription: Option<Subscription> = None;
    loop {
        let message = tokio::select! {
            message = wire.receive() => message?,
            heard = hear(&mut subscription, session) => {
                let (Heard::Notification(notification) | Heard::Last(notification)) = &heard;
                wire.send(notification).await?;
                count(&core.counters.notifications);
                count(&entry.counters.notifications);
                if matches!(heard, Heard::Last(_)) {
                    subscription = None;
                    entry.listens.set(false);
                }
                continue;
            }
        };
        let Some(message) = message else { return Ok(End::new(Termination::Dropped, "the connection ended")) };
        let (reply, goes_on) = answer_to(session, &message, wire.framing).await;
        wire.send(&reply).await?;
        if !goes_on {
            return Ok(End::new(Termination::Closed, "closed by the client"));
        }
        if let Some(begun) = entry.subscription.take() {
            subscription = Some(begun);
        }
    }
}

/// The next notification; never one without a subscription.
async fn hear(subscription: &mut Option<Subscription>, session: &Session) -> Heard {
    match subscription {
        Some(subscription) => subscription.next(&session.core, &session.entry).await,
        None => std::future::pending().await,
    }
}

fn count(counter: &Cell<u32>) {
    counter.set(counter.get().wrapping_add(1));
}

/// The framing that both sides can do (RFC 6242 §4.1), or why the client's `<hello>` is none.
fn framing_of(message: &[u8]) -> Result<Framing, String> {
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
    let counters = [&session.core.counters, &session.entry.counters];
    let is_bad = || counters.iter().for_each(|counters| count(&counters.bad_rpcs));
    let mut rpc = match parse(message) {
        Ok(rpc) if rpc.is(BASE, "rpc") => rpc,
        Ok(other) => {
            is_bad();
            return (rpc::reply_to_nothing(&RpcError::unknown_element(&other.name, "rpc")), true);
        }
        Err(malformed) => {
            is_bad();
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
        is_bad();
        return (rpc::reply(&rpc, &Err(error.into())), true);
    }
    counters.iter().for_each(|counters| count(&counters.rpcs));
    let name = rpc.children.first().map(|operation| operation.name.clone()).unwrap_or_default();
    let request = rpc::request(&mut rpc);
    let goes_on = !matches!(request, Ok(Operation::CloseSession));
    let outcome = match request {
        Ok(operation) => {
            // On its own, so that a commit does not stop half way when the session is killed.
            let work = operations::perform(Rc::clone(&session.core), Rc::clone(&session.entry), operation);
            tokio::task::spawn_local(work).await.unwrap_or_else(|failure| {
                Err(RpcError::application(Tag::OperationFailed, format!("internal error: {failure}")).into())
            })
        }
        Err(errors) => Err(errors),
    };
    if outcome.is_err() {
        counters.iter().for_each(|counters| count(&counters.errors));
    }
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
            Ok(Err(error)) => Err(End::new(Termination::Dropped, format!("cannot send: {error}"))),
            Err(_) => Err(End::new(Termination::Timeout, "the client does not read")),
        }
    }

    /// The next message; none when the stream ends. Dropping this before it is ready loses nothing.
    async fn receive(&mut self) -> Result<Option<Vec<u8>>, End> {
        let mut buffer = vec![0; 32 * 1024];
        loop {
            let message = self.decoder.next_message();
            if let Some(message) = message.map_err(|error| End::new(Termination::Other, error.to_string()))? {
                return Ok(Some(message));
            }
            match self.stream.read(&mut buffer).await {
                Ok(0) => return Ok(None),
                Ok(length) => self.decoder.push(buffer.get(..length).unwrap_or_default()),
                Err(error) => return Err(End::new(Termination::Dropped, format!("cannot receive: {error}"))),
            }
        }
    }
}
