//! Bringing an update to a server and its answer back.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use d2_config::Server;
use dns::{Message, Rcode, Signature};
use tokio::net::UdpSocket;

use crate::statistics::Statistics;

/// What carries updates to servers.
pub trait Exchange {
    /// Sends an update once, and waits for its answer.
    fn exchange(&self, server: &Server, update: &Message) -> impl Future<Output = Result<Rcode, Failure>>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server did not answer in time.
    Timeout,
    /// The server cannot be reached, for this reason.
    Io(String),
    /// The answer cannot be read or trusted, for this reason.
    Invalid(String),
}

/// Updates over UDP (RFC 2136 §6), each from a port of its own.
#[derive(Clone, Debug)]
pub struct Udp {
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// Where updates are counted.
    pub statistics: Arc<Statistics>,
}

/// Greatest answer that is read. One to an update repeats at most the zone and a TSIG.
const ANSWER_MAX: usize = 4096;

impl Exchange for Udp {
    async fn exchange(&self, server: &Server, update: &Message) -> Result<Rcode, Failure> {
        let counted = self.statistics.updates(server.key.as_ref().map(|key| key.name()));
        counted.sent();
        let answer = tokio::time::timeout(self.timeout, converse(server, update));
        let answer = answer.await.unwrap_or(Err(Failure::Timeout));
        match &answer {
            Ok(_) => counted.success(),
            Err(Failure::Timeout) => counted.timeout(),
            Err(Failure::Io(_) | Failure::Invalid(_)) => counted.error(),
        }
        answer
    }
}

async fn converse(server: &Server, update: &Message) -> Result<Rcode, Failure> {
    let mut bytes = update.encode().map_err(invalid)?;
    let signature = server.key.as_ref().map(|key| key.sign(&mut bytes, now())).transpose().map_err(invalid)?;
    let socket = connect(server.address).await.map_err(io)?;
    socket.send(&bytes).await.map_err(io)?;
    let mut buffer = [0; ANSWER_MAX];
    loop {
        let length = socket.recv(&mut buffer).await.map_err(io)?;
        let answer = buffer.get(..length).unwrap_or_default();
        // What does not answer this very update is somebody's guess, or an answer to an earlier one that came too late.
        if answer.get(..2) == Some(&update.id.to_be_bytes()[..]) {
            return read(answer, signature.as_ref());
        }
    }
}

async fn connect(server: SocketAddr) -> io::Result<UdpSocket> {
    let own: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((own, 0)).await?;
    socket.connect(server).await?;
    Ok(socket)
}

fn read(answer: &[u8], signature: Option<&Signature>) -> Result<Rcode, Failure> {
    let message = match signature {
        Some(signature) => signature.verify(answer, now()).map_err(invalid)?,
        None => Message::decode(answer).map_err(invalid)?,
    };
    if message.response { Ok(message.rcode) } else { Err(Failure::Invalid("it is not a response".to_owned())) }
}

/// Seconds since the epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn io(error: io::Error) -> Failure {
    Failure::Io(error.to_string())
}

fn invalid(reason: impl std::fmt::Display) -> Failure {
    Failure::Invalid(reason.to_string())
}
