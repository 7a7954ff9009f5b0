//! Measures a running kea-netconf from a client's side: `latency ADDRESS USER PASSWORD [SUBNETS]`.
//!
//! Adds that many IPv4 subnets (10 otherwise) out of 10.0.0.0/8 to kea-dhcp4, commits, and prints medians
//! of setting up and closing a session, of get-config, and of editing one leaf and committing it. Leaves the
//! configuration as it found it.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use netconf_agent::transport::framing::{Decoder, Framing, encode};
use russh::ChannelStream;
use russh::client::{self, Msg};
use russh::keys::PublicKeyOrCertificate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How often each thing is done.
const TIMES: usize = 200;
/// The same where it takes longer.
const TIMES_LARGE: usize = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (login, subnets) = match arguments.as_slice() {
        [address, user, password] => (Login { address, user, password }, 10),
        [address, user, password, subnets] => (Login { address, user, password }, subnets.parse()?),
        _ => return Err("usage: latency ADDRESS USER PASSWORD [SUBNETS]".into()),
    };
    let times = if subnets > 100 { TIMES_LARGE } else { TIMES };
    let mut client = login.connect().await?;
    client.ok("<discard-changes/>").await?;
    let before = client.rpc(GET_SUBNETS).await?;
    let before = inner(&before).to_string();

    let start = Instant::now();
    client.edit(&many(subnets)).await?;
    println!("edit-config of {subnets} subnets: {}", millis(start.elapsed()));
    let start = Instant::now();
    client.ok("<commit/>").await?;
    println!("commit of {subnets} subnets: {}", millis(start.elapsed()));

    let mut sessions = Vec::new();
    let mut gets = Vec::new();
    let mut edits = Vec::new();
    for round in 0..times {
        let start = Instant::now();
        let mut other = login.connect().await?;
        other.ok("<close-session/>").await?;
        sessions.push(start.elapsed());

        let start = Instant::now();
        client.rpc("<get-config><source><running/></source></get-config>").await?;
        gets.push(start.elapsed());

        let start = Instant::now();
        client.edit(&one_leaf(round)).await?;
        client.ok("<commit/>").await?;
        edits.push(start.elapsed());
    }
    println!("session set-up and close: {}", millis(median(sessions)));
    println!("get-config: {}", millis(median(gets)));
    println!("edit-config and commit of one leaf: {}", millis(median(edits)));

    client
        .edit(&format!("<config xmlns=\"{NS}\" xmlns:nc=\"{BASE}\" nc:operation=\"replace\">{before}</config>"))
        .await?;
    client.ok("<commit/>").await
}

const BASE: &str = "urn:ietf:params:xml:ns:netconf:base:1.0";
const NS: &str = "urn:ietf:params:xml:ns:yang:kea-dhcp4-server";
const GET_SUBNETS: &str = "<get-config><source><running/></source><filter>\
    <config xmlns=\"urn:ietf:params:xml:ns:yang:kea-dhcp4-server\"/></filter></get-config>";

/// Number of the first subnet that is added.
const FIRST: usize = 100_001;

fn many(subnets: usize) -> String {
    let mut config = format!("<config xmlns=\"{NS}\">");
    for at in 0..subnets {
        let (id, high, low) = (FIRST + at, at / 256, at % 256);
        let _ = write!(
            config,
            "<subnet4><id>{id}</id><subnet>10.{high}.{low}.0/24</subnet><valid-lifetime>4000</valid-lifetime>\
             <pool><start-address>10.{high}.{low}.10</start-address><end-address>10.{high}.{low}.200</end-address></pool>\
             <option-data><code>3</code><space>dhcp4</space><data>10.{high}.{low}.1</data></option-data></subnet4>"
        );
    }
    config + "</config>"
}

fn one_leaf(round: usize) -> String {
    let lifetime = 5000 + round;
    format!(
        "<config xmlns=\"{NS}\"><subnet4><id>{FIRST}</id><valid-lifetime>{lifetime}</valid-lifetime></subnet4></config>"
    )
}

/// What is in the `<config>` of a reply.
fn inner(reply: &str) -> &str {
    let start = reply.find("<config ").and_then(|at| reply.get(at..)).unwrap_or_default();
    let start = start.find('>').and_then(|at| start.get(at + 1..)).unwrap_or_default();
    start.find("</config>").and_then(|at| start.get(..at)).unwrap_or_default()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

struct Login<'a> {
    address: &'a str,
    user: &'a str,
    password: &'a str,
}

/// Trusts any server: this only measures.
struct Anyone;

impl client::Handler for Anyone {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

impl Login<'_> {
    async fn connect(&self) -> Outcome<Client> {
        let config = Arc::new(client::Config { nodelay: true, ..Default::default() });
        let mut handle = client::connect(config, self.address, Anyone).await?;
        if !handle.authenticate_password(self.user, self.password).await?.success() {
            return Err("the server does not know this user or password".into());
        }
        let channel = handle.channel_open_session().await?;
        channel.request_subsystem(true, "netconf").await?;
        let stream = channel.into_stream();
        let mut client = Client { stream, decoder: Decoder::new(1 << 30), _handle: handle };
        client.receive().await?;
        let hello = format!(
            "<hello xmlns=\"{BASE}\"><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>"
        );
        client.stream.write_all(&encode(Framing::Mark, &hello)).await?;
        client.decoder.set_framing(Framing::Chunks);
        Ok(client)
    }
}

struct Client {
    stream: ChannelStream<Msg>,
    decoder: Decoder,
    _handle: client::Handle<Anyone>,
}

impl Client {
    async fn receive(&mut self) -> Outcome<String> {
        let mut buffer = vec![0; 65536];
        loop {
            if let Some(message) = self.decoder.next_message()? {
                return Ok(String::from_utf8(message)?);
            }
            match self.stream.read(&mut buffer).await? {
                0 => return Err("the server closed the session".into()),
                length => self.decoder.push(&buffer[..length]),
            }
        }
    }

    async fn rpc(&mut self, operation: &str) -> Outcome<String> {
        let message = format!("<rpc xmlns=\"{BASE}\" message-id=\"1\">{operation}</rpc>");
        self.stream.write_all(&encode(Framing::Chunks, &message)).await?;
        let reply = self.receive().await?;
        if reply.contains("<rpc-error>") { Err(reply.into()) } else { Ok(reply) }
    }

    async fn ok(&mut self, operation: &str) -> Outcome<()> {
        self.rpc(operation).await.map(drop)
    }

    async fn edit(&mut self, config: &str) -> Outcome<()> {
        self.ok(&format!("<edit-config><target><candidate/></target><config>{config}</config></edit-config>")).await
    }
}
