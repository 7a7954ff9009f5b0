//! Servers that answer from a script, and a client that speaks NETCONF over any stream.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use netconf_agent::core::{Core, Limits, Login};
use netconf_agent::daemons::{Channel, Settings};
use netconf_agent::session;
use netconf_agent::transport::framing::{Decoder, Framing, encode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::UnixListener;
use translators::Model;

/// How a server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Says yes.
    Willing,
    /// Says no to config-test, with these words.
    RefusesTest(&'static str),
    /// Answers `config-test` with these faults, each with a path and a reason.
    FindsFaults(&'static [(&'static str, &'static str)]),
    /// Says yes to config-test and no to config-set.
    RefusesSet,
    /// Closes the connection in the middle of config-set, and from then on at once; it has taken the configuration or not.
    DiesInSet { taken: bool },
    /// Closes every connection.
    Dead,
}

/// A server with a control socket.
pub struct FakeServer {
    pub config: RefCell<Value>,
    pub mood: Cell<Mood>,
    /// The commands it got.
    pub commands: RefCell<Vec<String>>,
}

impl FakeServer {
    pub fn start(directory: &Path, name: &str, config: Value) -> Rc<Self> {
        let socket = directory.join(format!("{name}.sock"));
        let server = Rc::new(Self {
            config: RefCell::new(config),
            mood: Cell::new(Mood::Willing),
            commands: RefCell::default(),
        });
        let listener = UnixListener::bind(socket).unwrap();
        let served = Rc::clone(&server);
        tokio::task::spawn_local(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut text = Vec::new();
                let mut buffer = vec![0; 65536];
                let request = loop {
                    let length = stream.read(&mut buffer).await.unwrap();
                    text.extend_from_slice(&buffer[..length]);
                    match serde_json::from_slice::<Value>(&text) {
                        Ok(request) => break request,
                        Err(_) if length == 0 => break Value::Null,
                        Err(_) => {}
                    }
                };
                if let Some(answer) = served.answer(&request) {
                    stream.write_all(answer.to_string().as_bytes()).await.unwrap();
                }
            }
        });
        server
    }

    fn answer(&self, request: &Value) -> Option<Value> {
        let command = request["command"].as_str().unwrap_or_default();
        self.commands.borrow_mut().push(command.to_string());
        let mood = self.mood.get();
        let yes = json!({"result": 0, "text": "done", "arguments": {"hash": self.hash()}});
        match (command, mood) {
            (_, Mood::Dead) => None,
            ("config-get", _) => {
                let mut arguments = self.config.borrow().clone();
                arguments["hash"] = self.hash().into();
                Some(json!({"result": 0, "arguments": arguments}))
            }
            ("config-test", Mood::RefusesTest(reason)) => Some(json!({"result": 1, "text": reason})),
            ("config-test", Mood::FindsFaults(faults)) => {
                let errors: Vec<_> =
                    faults.iter().map(|(path, reason)| json!({"line": 1, "path": path, "reason": reason})).collect();
                Some(json!({"result": 1, "text": "the first of them", "arguments": {"errors": errors}}))
            }
            ("config-set", Mood::RefusesSet) => Some(json!({"result": 1, "text": "cannot open the socket"})),
            ("config-set", Mood::DiesInSet { taken }) => {
                if taken {
                    *self.config.borrow_mut() = request["arguments"].clone();
                }
                self.mood.set(Mood::Dead);
                None
            }
            ("config-set", _) => {
                *self.config.borrow_mut() = request["arguments"].clone();
                Some(json!({"result": 0, "text": "Configuration successful.", "arguments": {"hash": self.hash()}}))
            }
            ("config-test" | "config-hash-get" | "config-write", _) => Some(yes),
            _ => Some(json!({"result": 2, "text": "not supported"})),
        }
    }

    fn hash(&self) -> String {
        format!("{:x}", self.config.borrow().to_string().bytes().fold(7u64, |h, b| h.wrapping_mul(31) + u64::from(b)))
    }

    /// What it was asked since the last time, without the questions for its configuration.
    pub fn asked(&self) -> Vec<String> {
        let commands = std::mem::take(&mut *self.commands.borrow_mut());
        commands.into_iter().filter(|command| !command.ends_with("-get")).collect()
    }
}

/// An agent with three servers.
pub struct House {
    pub directory: TempDir,
    pub core: Rc<Core>,
    pub dhcp4: Rc<FakeServer>,
    pub dhcp6: Rc<FakeServer>,
    pub d2: Rc<FakeServer>,
}

impl House {
    /// Servers that are up, and an agent that has heard of them.
    pub async fn new() -> Self {
        Self::for_sessions(4).await
    }

    /// The same for as many sessions.
    pub async fn for_sessions(sessions: usize) -> Self {
        let house = Self::silent_for(sessions);
        for model in 0..3 {
            house.core.meet(model).await;
        }
        [&house.dhcp4, &house.dhcp6, &house.d2].iter().for_each(|server| server.commands.borrow_mut().clear());
        house
    }

    /// The same, but the agent has not asked the servers yet.
    pub fn silent() -> Self {
        Self::silent_for(4)
    }

    fn silent_for(sessions: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let dhcp4 = FakeServer::start(path, "dhcp4", json!({"Dhcp4": {"valid-lifetime": 4000, "subnet4": []}}));
        let dhcp6 = FakeServer::start(path, "dhcp6", json!({"Dhcp6": {"preferred-lifetime": 3000}}));
        let d2 = FakeServer::start(path, "d2", json!({"DhcpDdns": {"ip-address": "127.0.0.1", "port": 53001}}));
        let core = core_for(path, sessions);
        Self { directory, core, dhcp4, dhcp6, d2 }
    }

    /// A session over a pipe.
    pub async fn client(&self) -> Client<DuplexStream> {
        self.client_of(login("user")).await
    }

    /// A session of that user.
    pub async fn client_of(&self, login: Login) -> Client<DuplexStream> {
        let (near, far) = tokio::io::duplex(1 << 16);
        let session = self.core.open(login, "192.0.2.1:4711").unwrap();
        tokio::task::spawn_local(session::serve(session, far));
        Client::hello(near).await
    }
}

/// A user whom access control concerns.
pub fn login(user: &str) -> Login {
    Login { user: user.to_string(), transport: "netconf-ssh", ..Login::default() }
}

/// An agent for the servers whose sockets are in `directory`.
pub fn core(directory: &Path) -> Rc<Core> {
    core_for(directory, 4)
}

/// The same for as many sessions.
pub fn core_for(directory: &Path, sessions: usize) -> Rc<Core> {
    let settings = |name: &str, model: Model| Settings {
        name: name.to_string(),
        model,
        channel: Channel::unix(directory.join(format!("{name}.sock"))),
        boot_update: true,
        subscribe_changes: true,
        validate_changes: true,
        config_write: true,
    };
    let servers = vec![settings("dhcp4", Model::DHCP4), settings("dhcp6", Model::DHCP6), settings("d2", Model::DDNS)];
    let limits = Limits { sessions, message: 1 << 20, login: Duration::from_secs(5) };
    Rc::new(Core::new(None, directory, directory.join("access-control.json"), servers, limits).unwrap())
}

/// Runs a test on one thread, as the agent runs.
pub fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // SSH channels that are left when a test is over want the runtime once more when they are dropped.
    let _context = runtime.enter();
    tokio::task::LocalSet::new().block_on(&runtime, test)
}

/// Lets all others run until this holds.
pub async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::task::yield_now().await;
    }
}

pub const HELLO: &str = "<hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities>\
    <capability>urn:ietf:params:netconf:base:1.0</capability><capability>urn:ietf:params:netconf:base:1.1</capability>\
    </capabilities></hello>";

/// A NETCONF client.
pub struct Client<S> {
    pub stream: S,
    decoder: Decoder,
    /// What the server said first.
    pub greeting: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Both sides' `<hello>`; chunks from then on.
    pub async fn hello(stream: S) -> Self {
        let mut client = Self { stream, decoder: Decoder::new(1 << 26), greeting: String::new() };
        client.greeting = client.receive().await.unwrap();
        client.stream.write_all(&encode(Framing::Mark, HELLO)).await.unwrap();
        client.decoder.set_framing(Framing::Chunks);
        client
    }

    /// The next message; none when the server closes.
    pub async fn receive(&mut self) -> Option<String> {
        let mut buffer = vec![0; 65536];
        loop {
            if let Some(message) = self.decoder.next_message().unwrap() {
                return Some(String::from_utf8(message).unwrap());
            }
            match self.stream.read(&mut buffer).await {
                Ok(length) if length > 0 => self.decoder.push(&buffer[..length]),
                _ => return None,
            }
        }
    }

    /// Sends a message as it is.
    pub async fn send(&mut self, message: &str) -> Option<String> {
        self.stream.write_all(&encode(Framing::Chunks, message)).await.unwrap();
        self.receive().await
    }

    /// Asks for an operation, and gives what is in the reply.
    pub async fn rpc(&mut self, operation: &str) -> String {
        let head = "xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\" message-id=\"7\"";
        let reply = self.send(&format!("<rpc {head}>{operation}</rpc>")).await.unwrap();
        let inner = reply.strip_prefix(&format!("<rpc-reply {head}>")).and_then(|r| r.strip_suffix("</rpc-reply>"));
        inner.unwrap_or_else(|| panic!("{reply}")).to_string()
    }

    /// The same, which must succeed.
    pub async fn ok(&mut self, operation: &str) {
        let reply = self.rpc(operation).await;
        assert_eq!(reply, "<ok/>", "{operation}");
    }

    /// Edits the candidate.
    pub async fn edit(&mut self, config: &str) {
        self.ok(&edit("candidate", config)).await;
    }
}

pub fn edit(target: &str, config: &str) -> String {
    format!("<edit-config><target><{target}/></target><config>{config}</config></edit-config>")
}

pub const NS4: &str = "urn:ietf:params:xml:ns:yang:kea-dhcp4-server";
pub const NS6: &str = "urn:ietf:params:xml:ns:yang:kea-dhcp6-server";
pub const NSD2: &str = "urn:ietf:params:xml:ns:yang:kea-dhcp-ddns";

/// An IPv4 subnet, an IPv6 subnet and a forward domain.
pub fn everywhere() -> String {
    format!(
        "<config xmlns=\"{NS4}\"><subnet4><id>1</id><subnet>192.0.2.0/24</subnet><pool><start-address>192.0.2.10</start-address>\
         <end-address>192.0.2.20</end-address></pool></subnet4></config>\
         <config xmlns=\"{NS6}\"><subnet6><id>1</id><subnet>2001:db8::/64</subnet></subnet6></config>\
         <config xmlns=\"{NSD2}\"><port>53002</port></config>"
    )
}

/// Text of an element of a reply.
pub fn text<'r>(reply: &'r str, name: &str) -> &'r str {
    let start = reply.find(&format!("<{name}")).unwrap_or_else(|| panic!("no {name} in {reply}"));
    let inner = &reply[start..];
    let inner = &inner[inner.find('>').unwrap() + 1..];
    &inner[..inner.find(&format!("</{name}>")).unwrap()]
}
