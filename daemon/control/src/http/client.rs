//! Calling the commands of a daemon over HTTP and HTTPS.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::LONGEST_BODY;
use crate::Answer;
use crate::client::{self, ClientError};
use crate::messages::{HTTP_BAD_SERVER_RESPONSE_RECEIVED, HTTP_CLIENT_REQUEST_SEND, HTTP_SERVER_RESPONSE_RECEIVED};
use crate::tls;

/// Calls commands of a daemon. Connections are kept and used again; calls at the same time have one each. To be used within
/// one runtime; clones share the connections.
#[derive(Clone, Debug)]
pub struct Client {
    server: Arc<Server>,
    headers: HeaderMap,
    timeout: Duration,
}

/// Where commands go, and the connections that wait for the next one.
#[derive(Debug)]
struct Server {
    url: Url,
    tls: Option<tls::Client>,
    idle: Mutex<Vec<Connection>>,
}

type Connection = SendRequest<Full<Bytes>>;

/// A URL, taken apart.
#[derive(Debug)]
struct Url {
    text: String,
    /// A name or an address, without brackets.
    host: String,
    port: u16,
    /// Host and port, as they are sent.
    authority: HeaderValue,
    path: Uri,
}

/// A response, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code (RFC 9110 §15).
    pub status: u16,
    /// Its phrase.
    pub phrase: String,
    /// The body.
    pub body: String,
}

impl Client {
    /// A client of the daemon at `url`, such as `http://192.0.2.1:8000/`, which gives a request `timeout` of time, connecting included.
    /// With `tls` it speaks HTTPS whatever the URL's scheme, as in Kea; `https` without it is an error.
    pub fn new(url: &str, tls: Option<tls::Client>, timeout: Duration) -> Result<Self, String> {
        let url = Url::read(url, tls.is_some())?;
        let headers = HeaderMap::from_iter([
            (HOST, url.authority.clone()),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ]);
        let server = Server { url, tls, idle: Mutex::default() };
        Ok(Client { server: Arc::new(server), headers, timeout })
    }

    /// Says who it is (RFC 7617).
    pub fn authenticate(self, user: &str, password: &str) -> Result<Self, String> {
        let credential = STANDARD.encode(format!("{user}:{password}"));
        self.header(AUTHORIZATION.as_str(), &format!("Basic {credential}"))
    }

    /// Sends this header with each request.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, String> {
        let wrong = |error: &dyn fmt::Display| format!("header '{name}': {error}");
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong(&error))?;
        let mut value = HeaderValue::from_str(value).map_err(|error| wrong(&error))?;
        value.set_sensitive(field == AUTHORIZATION);
        self.headers.insert(field, value);
        Ok(self)
    }

    /// Where the daemon listens.
    pub fn url(&self) -> &str {
        &self.server.url.text
    }

    /// Sends a command and waits for its answer. Cancelling the future closes the connection; the daemon may still carry
    /// the command out.
    pub async fn call(&self, command: &str, arguments: Option<&Value>) -> Result<Answer, ClientError> {
        let arguments = arguments.map(Value::to_string);
        self.ask(client::command(command, arguments.as_deref())).await
    }

    /// The same for arguments that are JSON text already, such as a whole configuration.
    pub async fn call_with_text(&self, command: &str, arguments: &str) -> Result<Answer, ClientError> {
        self.ask(client::command(command, Some(arguments))).await
    }

    async fn ask(&self, command: String) -> Result<Answer, ClientError> {
        let response = self.post(command).await?;
        if !(200..300).contains(&response.status) {
            return Err(ClientError::Status(response.status, response.phrase));
        }
        let answer = serde_json::from_str(&response.body).map_err(|error| error.to_string());
        let answer = answer.and_then(|value| match value {
            // Daemons answer with a list of one, as the control agent did who asked several.
            Value::Array(list) => list.into_iter().next().ok_or_else(|| "it is an empty list".to_owned()),
            value => Ok(value),
        });
        answer.and_then(Answer::from_json).map_err(|reason| self.bad(reason))
    }

    /// Sends any text and waits for the response, of whatever status.
    pub async fn post(&self, body: impl Into<Bytes>) -> Result<Response, ClientError> {
        let exchange = tokio::time::timeout(self.timeout, self.exchange(body.into()));
        exchange.await.unwrap_or(Err(ClientError::Timeout))
    }

    async fn exchange(&self, body: Bytes) -> Result<Response, ClientError> {
        log::event!(HTTP_CLIENT_REQUEST_SEND, request = "POST", url = self.url());
        let (mut connection, response) = self.send(body).await?;
        let status = response.status();
        let phrase = response.extensions().get::<hyper::ext::ReasonPhrase>();
        let phrase = phrase.map(|phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned());
        let phrase = phrase.unwrap_or_else(|| status.canonical_reason().unwrap_or_default().to_owned());
        let body = Limited::new(response.into_body(), LONGEST_BODY).collect().await;
        let body = body.map_err(|error| ClientError::Io(io::Error::other(error)))?.to_bytes();
        log::event!(HTTP_SERVER_RESPONSE_RECEIVED, url = self.url());
        let body = String::from_utf8(body.into()).map_err(|_| self.bad("it is not UTF-8".to_owned()))?;
        if connection.ready().await.is_ok() {
            self.idle().push(connection);
        }
        Ok(Response { status: status.as_u16(), phrase, body })
    }

    /// Sends a request over a connection that was kept, or over another if the server has closed it meanwhile.
    async fn send(&self, body: Bytes) -> Result<(Connection, hyper::Response<hyper::body::Incoming>), ClientError> {
        let mut request = Request::post(self.server.url.path.clone()).body(Full::new(body));
        if let Ok(request) = &mut request {
            *request.headers_mut() = self.headers.clone();
        }
        let mut request = request.map_err(|error| ClientError::Io(io::Error::other(error)))?;
        loop {
            let kept = self.idle().pop();
            let fresh = kept.is_none();
            let mut connection = match kept {
                Some(connection) => connection,
                None => self.connect().await.map_err(ClientError::Io)?,
            };
            match connection.try_send_request(request).await {
                Ok(response) => return Ok((connection, response)),
                Err(mut failed) => match failed.take_message() {
                    // Nothing of it was sent.
                    Some(unsent) if !fresh => request = unsent,
                    _ => return Err(self.broken(failed.into_error())),
                },
            }
        }
    }

    async fn connect(&self) -> io::Result<Connection> {
        let Url { host, port, .. } = &self.server.url;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        // A request is one write.
        stream.set_nodelay(true)?;
        match &self.server.tls {
            Some(tls::Client(config)) => {
                let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
                start(TlsConnector::from(config.clone()).connect(name, stream).await?).await
            }
            None => start(stream).await,
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.server.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn broken(&self, error: hyper::Error) -> ClientError {
        match error.is_parse() {
            true => self.bad(error.to_string()),
            false => ClientError::Io(io_error(error)),
        }
    }

    fn bad(&self, reason: String) -> ClientError {
        log::event!(HTTP_BAD_SERVER_RESPONSE_RECEIVED, url = self.url(), reason);
        ClientError::Malformed(reason)
    }
}

/// The error of the connection if there is one behind it.
fn io_error(error: hyper::Error) -> io::Error {
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause {
        Some(cause) => io::Error::new(cause.kind(), cause.to_string()),
        None if error.is_incomplete_message() => io::Error::from(io::ErrorKind::UnexpectedEof),
        None => io::Error::other(error),
    }
}

async fn start(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> io::Result<Connection> {
    let handshake = http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream));
    let (connection, driver) = handshake.await.map_err(io::Error::other)?;
    // It ends with the connection; whoever waits for a response hears of an error.
    tokio::spawn(async move { drop(driver.await) });
    Ok(connection)
}

impl Url {
    fn read(text: &str, tls: bool) -> Result<Self, String> {
        let wrong = |reason: &str| format!("URL '{text}': {reason}");
        let uri: Uri = text.parse().map_err(|error: hyper::http::uri::InvalidUri| wrong(&error.to_string()))?;
        let default = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") if !tls => return Err(wrong("https needs a trust anchor")),
            Some("https") => 443,
            _ => return Err(wrong("the scheme is neither http nor https")),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong("there is no host"))?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let authority = authority.ok_or_else(|| wrong("there must be no user in it"))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Ok(Url {
            text: text.to_owned(),
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(default),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|error| wrong(&error.to_string()))?,
            path: path.parse().map_err(|error: hyper::http::uri::InvalidUri| wrong(&error.to_string()))?,
        })
    }
}
