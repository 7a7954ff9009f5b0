//! One connection, over which one request follows another.

use std::cell::Cell;
use std::future::poll_fn;
use std::net::IpAddr;
use std::rc::Rc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::ext::ReasonPhrase;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
    WWW_AUTHENTICATE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::access::{Access, Unauthorized};
use super::server::{Settings, Shared};
use super::watched::{Phase, Watched};
use super::{LINGER, LONGEST_BODY, LONGEST_HEAD, PATIENCE};
use crate::messages::*;
use crate::request::RequestError;
use crate::table::LIST;
use crate::{Answer, Guard, Sender, Table, tls, to_text};

/// A client, and what it is answered from.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) peer: IpAddr,
    /// Names in the certificate that it showed, if it speaks TLS.
    pub(super) names: Option<Rc<tls::Names>>,
    pub(super) table: Rc<Table>,
    pub(super) settings: Shared,
}

/// A response that goes out in one piece.
type Whole = Response<Full<Bytes>>;

/// The client is gone in the midst of a request.
#[derive(Debug)]
struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the client is gone")
    }
}

impl std::error::Error for Gone {}

impl Connection {
    /// Answers one request after the other.
    pub(super) async fn converse(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let phase = Rc::new(Cell::new(Phase::Idle));
        let io = TokioIo::new(Watched::new(stream, self.peer, phase.clone()));
        let service = service_fn(|request| {
            let (connection, phase) = (self.clone(), phase.clone());
            Box::pin(async move {
                phase.set(Phase::Busy);
                let response = connection.respond(request).await;
                phase.set(Phase::Answered);
                response
            })
        });
        let mut builder = http1::Builder::new();
        // Who has nothing more to ask still gets the answer.
        builder.title_case_headers(true).max_buf_size(LONGEST_HEAD).half_close(true);
        let mut hyper = builder.serve_connection(io, service);
        let end = poll_fn(|context| hyper.poll_without_shutdown(context)).await;
        let mut stream = hyper.into_parts().io.into_inner().stream;
        if let Err(reason) = end
            && let Some(status) = self.judge(&reason, phase.get())
        {
            let _ = timeout(PATIENCE, stream.write_all(self.last_words(status).as_bytes())).await;
        }
        log::event!(HTTP_CONNECTION_STOP, peer = self.peer);
        let _ = timeout(PATIENCE, stream.shutdown()).await;
        // What a client still sends is taken: left in the socket, it would turn the end of the response into an error.
        let rest = async {
            let mut rest = [0; 4096];
            while stream.read(&mut rest).await.is_ok_and(|bytes| bytes > 0) {}
        };
        let _ = timeout(LINGER, rest).await;
    }

    /// What a client is to be told whose connection ends so.
    fn judge(&self, reason: &hyper::Error, phase: Phase) -> Option<StatusCode> {
        match (is_late(reason), phase) {
            (true, Phase::Idle) => {
                log::event!(HTTP_IDLE_CONNECTION_TIMEOUT_OCCURRED, peer = self.peer);
                None
            }
            (true, Phase::Head) => {
                log::event!(HTTP_CLIENT_REQUEST_TIMEOUT_OCCURRED, peer = self.peer);
                Some(StatusCode::REQUEST_TIMEOUT)
            }
            (false, Phase::Idle | Phase::Head) if reason.is_parse() => {
                log::event!(HTTP_BAD_CLIENT_REQUEST_RECEIVED, peer = self.peer, reason);
                Some(StatusCode::BAD_REQUEST)
            }
            _ => None,
        }
    }

    /// The response to what hyper cannot read.
    fn last_words(&self, status: StatusCode) -> String {
        let response = refusal(status);
        self.sending(&response);
        let date = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT");
        let body = reason_of(status);
        let mut text = format!(
            "HTTP/1.0 {} {}\r\nContent-Length: {}\r\nContent-Type: application/json\r\nDate: {date}\r\n",
            status.as_u16(),
            phrase(status),
            body.len()
        );
        for (name, value) in &self.settings.borrow().headers {
            text += &format!("{name}: {value}\r\n");
        }
        text + "\r\n" + &body
    }

    async fn respond(self, request: Request<Incoming>) -> Result<Whole, Gone> {
        let settings = self.settings.borrow().clone();
        let mut response = self.answer(request, &settings).await?;
        for (name, value) in &settings.headers {
            // What cannot be sent was refused with the configuration.
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                response.headers_mut().append(name, value);
            }
        }
        self.sending(&response);
        Ok(response)
    }

    async fn answer(&self, request: Request<Incoming>, settings: &Settings) -> Result<Whole, Gone> {
        let length = match length_of(&request) {
            Ok(length) => length,
            Err(reason) => return Ok(self.bad(reason)),
        };
        let mut user = "";
        if let Some(access) = &settings.access {
            match access.judge(field(request.headers(), &header::AUTHORIZATION)).inspect(authorized) {
                Ok(authorized) => user = authorized,
                Err(reason) => {
                    unauthorized(reason);
                    return self.turn_away(request, Some(access)).await;
                }
            }
        }
        let (guard, sender) = (self.table.guard(), self.sender(user));
        if guard.as_ref().is_some_and(|guard| !guard.hears(&sender)) {
            return self.turn_away(request, None).await;
        }
        if length > LONGEST_BODY {
            return Ok(closing(refusal(StatusCode::PAYLOAD_TOO_LARGE)));
        }
        let Some(body) = self.body(request.into_body(), length).await? else {
            return Ok(closing(refusal(StatusCode::REQUEST_TIMEOUT)));
        };
        let answer = match crate::Request::read(&body) {
            Ok(request) => {
                log::event!(HTTP_CLIENT_REQUEST_RECEIVED, peer = self.peer);
                let command = request.command.as_str();
                let unknown = settings.only.is_some_and(|only| !command.is_empty() && !only.contains(&command));
                if unknown || guard.as_ref().is_some_and(|guard| !guard.admits(&sender, command)) {
                    log::event!(COMMAND_HTTP_LISTENER_COMMAND_REJECTED, command, peer = self.peer);
                    return Ok(refusal(StatusCode::FORBIDDEN));
                }
                let lists = command == LIST;
                let mut answer = match other_service(&request, settings.service) {
                    Some(reason) => Answer::error(reason),
                    None => self.table.receive(request).await,
                };
                if let Some(guard) = guard.filter(|_| lists) {
                    name_only_admitted(&mut answer, &*guard, &sender);
                }
                answer
            }
            Err(RequestError::Syntax(reason)) => return Ok(self.bad(&reason)),
            Err(malformed) => self.table.refuse(malformed),
        };
        Ok(response(StatusCode::OK, to_text(&json!([answer.to_json()]))))
    }

    /// The whole body; none if its parts do not come in time.
    async fn body(&self, mut body: Incoming, length: usize) -> Result<Option<Vec<u8>>, Gone> {
        let mut bytes = Vec::with_capacity(length.min(LARGE));
        loop {
            match timeout(PATIENCE, body.frame()).await {
                Ok(Some(Ok(frame))) => bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
                Ok(Some(Err(_))) => return Err(Gone),
                Ok(None) => return Ok(Some(bytes)),
                Err(_) => {
                    log::event!(HTTP_CLIENT_REQUEST_TIMEOUT_OCCURRED, peer = self.peer);
                    return Ok(None);
                }
            }
        }
    }

    /// The client, of whom a user may be known.
    fn sender<'a>(&'a self, user: &'a str) -> Sender<'a> {
        let (subject, issuer) = self.names.as_ref().map_or(("", ""), |names| (&names.subject, &names.issuer));
        Sender { address: self.peer, secure: self.names.is_some(), user, subject, issuer }
    }

    /// Whoever they are, what they send is not kept. With `access` they are asked who they are.
    async fn turn_away(&self, request: Request<Incoming>, access: Option<&Access>) -> Result<Whole, Gone> {
        let mut response = refusal(StatusCode::UNAUTHORIZED);
        if let Some(Ok(challenge)) = access.map(|access| HeaderValue::from_str(&access.challenge())) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        // Who waits for a word before the body shall not send it.
        if request.headers().contains_key(EXPECT) {
            return Ok(closing(response));
        }
        let mut body = request.into_body();
        while let Some(frame) = timeout(PATIENCE, body.frame()).await.map_err(|_| Gone)? {
            frame.map_err(|_| Gone)?;
        }
        Ok(response)
    }

    fn bad(&self, reason: &str) -> Whole {
        log::event!(HTTP_BAD_CLIENT_REQUEST_RECEIVED, peer = self.peer, reason);
        closing(refusal(StatusCode::BAD_REQUEST))
    }

    fn sending(&self, response: &Whole) {
        let (version, code, phrase) = (response.version(), response.status().as_u16(), phrase(response.status()));
        let response = format_args!("{version:?} {code} {phrase}");
        log::event!(HTTP_SERVER_RESPONSE_SEND, response, peer = self.peer);
    }
}

/// Takes out of the answer to `list-commands` what the sender is not to see.
fn name_only_admitted(answer: &mut Answer, guard: &dyn Guard, sender: &Sender<'_>) {
    if let Some(serde_json::Value::Array(names)) = &mut answer.arguments {
        names.retain(|name| name.as_str().is_none_or(|name| guard.names(sender, name)));
    }
}

/// Length of the body of a POST of JSON; what else may come is refused for a reason.
fn length_of(request: &Request<Incoming>) -> Result<usize, &'static str> {
    if request.method() != Method::POST {
        return Err("the method is not POST");
    }
    let media_type = field(request.headers(), &CONTENT_TYPE).ok_or("there is no Content-Type")?;
    let media_type = media_type.split(';').next().unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        return Err("Content-Type is not application/json");
    }
    if request.headers().contains_key(TRANSFER_ENCODING) {
        return Err("Transfer-Encoding is not understood");
    }
    let length = field(request.headers(), &CONTENT_LENGTH).ok_or("there is no Content-Length")?;
    length.parse().map_err(|_| "Content-Length is no number")
}

fn field<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a connection ends since its client let too much time pass.
fn is_late(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::TimedOut)
}

fn response(status: StatusCode, body: String) -> Whole {
    let mut response = Response::new(Full::from(body.into_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A response that says no more than its status.
fn refusal(status: StatusCode) -> Whole {
    let mut response = response(status, reason_of(status));
    response.extensions_mut().insert(ReasonPhrase::from_static(phrase(status).as_bytes()));
    response
}

fn reason_of(status: StatusCode) -> String {
    to_text(&json!({ "result": status.as_u16(), "text": phrase(status) }))
}

/// The phrase of a status as RFC 9110 §15 has it.
fn phrase(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
        status => status.canonical_reason().unwrap_or_default(),
    }
}

/// The last response on a connection.
fn closing(mut response: Whole) -> Whole {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn authorized(user: &&str) {
    if !user.is_empty() {
        log::event!(HTTP_CLIENT_REQUEST_AUTHORIZED, user);
    }
}

fn unauthorized(reason: Unauthorized) {
    match reason {
        Unauthorized::Nobody => log::event!(HTTP_CLIENT_REQUEST_NO_AUTH_HEADER),
        Unauthorized::Malformed(reason) => log::event!(HTTP_CLIENT_REQUEST_BAD_AUTH_HEADER, reason),
        Unauthorized::Unknown => log::event!(HTTP_CLIENT_REQUEST_NOT_AUTHORIZED),
    }
}

/// Why a command is for somebody else, in Kea's words.
fn other_service(request: &crate::Request, ours: &str) -> Option<String> {
    use schema::json::Value;
    let services = match request.service()? {
        Value::List(services) => services.as_slice(),
        _ => return Some("service value must be a list".to_owned()),
    };
    match services.iter().map(|it| &it.value).collect::<Vec<_>>().as_slice() {
        [] => None,
        [Value::Text(name)] if name.is_empty() || **name == *ours => None,
        [Value::Text(name)] => Some(format!("unsupported service '{name}', expected '{ours}'")),
        [_] => Some("service name must be a string".to_owned()),
        _ => Some("service value has more than one item".to_owned()),
    }
}

/// No room is made for a longer body before it comes, in bytes.
const LARGE: usize = 1 << 20;
