//! The managed servers: what the agent knows of each, and how it talks to them.

use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use control::{Answer, ClientError, Code};
use serde_json::Value;
use tokio::time::Instant;
use translators::{Edit, Model};

use crate::messages::*;
use crate::yang::{Schema, Tree};

/// How long a server may take for a command. Tens of thousands of subnets take Kea seconds.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// The servers write their files when there was no commit for this long,
const WRITE_AFTER: Duration = Duration::from_millis(250);

/// but no later than this after one.
const WRITE_WITHIN: Duration = Duration::from_secs(2);

/// How long it may take to say whether its configuration is the one that is known.
const LOOK_WITHIN: Duration = Duration::from_secs(2);

/// What was heard of a server within this time is taken for what is.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// The way to a server's commands.
#[derive(Clone, Debug)]
pub enum Channel {
    /// A UNIX domain socket.
    Unix(control::unix::Client),
    /// HTTP or HTTPS.
    Http(control::http::Client),
}

impl Channel {
    /// By the UNIX domain socket of that path.
    pub fn unix(path: PathBuf) -> Self {
        Self::Unix(control::unix::Client::new(path, ANSWER_WITHIN))
    }

    async fn call(&self, command: &str, arguments: Option<&str>) -> Result<Answer, ClientError> {
        match (self, arguments) {
            (Self::Unix(client), Some(arguments)) => client.call_with_text(command, arguments).await,
            (Self::Unix(client), None) => client.call(command, None).await,
            (Self::Http(client), Some(arguments)) => client.call_with_text(command, arguments).await,
            (Self::Http(client), None) => client.call(command, None).await,
        }
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(client) => client.path().display().fmt(f),
            Self::Http(client) => f.write_str(client.url()),
        }
    }
}

/// How a server is managed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name in the agent's configuration (`dhcp4`).
    pub name: String,
    /// Its model.
    pub model: Model,
    /// The way to its commands.
    pub channel: Channel,
    /// Whether startup is loaded into it when the agent starts.
    pub boot_update: bool,
    /// Whether it follows changes of running.
    pub subscribe_changes: bool,
    /// Whether it is asked by `config-test` before a change.
    pub validate_changes: bool,
    /// Whether it writes its configuration file after a change.
    pub config_write: bool,
}

/// A managed server.
#[derive(Debug)]
pub struct Server {
    /// How it is managed.
    pub settings: Settings,
    known: RefCell<Option<Known>>,
    /// When it shall write its configuration file, which is behind what it runs with.
    to_write: Cell<Option<Instant>>,
    /// When it was last heard or asked.
    looked: Cell<Option<Instant>>,
}

/// What a server runs with, as last heard or set.
#[derive(Debug)]
struct Known {
    config: Value,
    /// As the server computes it, if it does.
    hash: Option<String>,
    /// Whether running shows it; otherwise it was changed behind the agent's back.
    shown: bool,
}

/// Why a server did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be reached, or its answer is none.
    Unreachable(String),
    /// It says no.
    Refused(Refusal),
}

/// How a server says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In words: the first of its reasons.
    pub text: String,
    /// All its reasons, each with the path of a parameter (`Dhcp4/subnet4[0]/pools[1]`) or an empty one. A server other
    /// than ours gives none.
    pub reasons: Vec<(String, String)>,
}

impl Refusal {
    fn of(answer: &Answer) -> Self {
        let errors = answer.arguments.as_ref().and_then(|arguments| arguments.get("errors")?.as_array());
        let text = |error: &Value, key| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let reasons = errors.into_iter().flatten().map(|error| (text(error, "path"), text(error, "reason")));
        Self { text: answer.text.clone(), reasons: reasons.collect() }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(reason) => f.write_str(reason),
            Self::Refused(refusal) => f.write_str(&refusal.text),
        }
    }
}

impl Server {
    /// A server that was not heard of yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, known: RefCell::default(), to_write: Cell::default(), looked: Cell::default() }
    }

    /// Whether it is known what it runs with.
    pub fn is_known(&self) -> bool {
        self.known.borrow().is_some()
    }

    /// Looks at what it runs with, and at whether running shows just that; none if it is not known.
    pub fn look<T>(&self, at: impl FnOnce(&Value, bool) -> T) -> Option<T> {
        self.known.borrow().as_ref().map(|known| at(&known.config, known.shown))
    }

    /// Looks at what it would run with after an edit.
    pub fn look_after<T>(&self, edit: &mut Edit, at: impl FnOnce(&Value) -> T) -> Option<T> {
        let mut known = self.known.borrow_mut();
        let config = &mut known.as_mut()?.config;
        edit.swap(config);
        let seen = at(config);
        edit.swap(config);
        Some(seen)
    }

    /// Asks what it runs with, and shows it in its model.
    pub async fn read(&self, schema: &Schema) -> Result<Tree, Trouble> {
        let name = &self.settings.name;
        log::event!(NETCONF_GET_CONFIG_STARTED, server = name);
        let known = Known { shown: true, ..self.fetch().await? };
        let shown = translators::to_yang(&self.settings.model, &known.config).map_err(|errors| {
            let reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Trouble::Unreachable(format!("its configuration cannot be shown: {}", reasons.join("; ")))
        })?;
        for left_out in &shown.left_out {
            log::event!(NETCONF_CONFIG_LEFT_OUT, server = name, path = left_out.path, reason = left_out.reason);
        }
        let tree = Tree::from_json(schema, &shown.yang)
            .map_err(|invalid| Trouble::Unreachable(format!("its configuration does not fit its model: {invalid}")))?;
        *self.known.borrow_mut() = Some(known);
        Ok(tree)
    }

    /// Whether it was heard of just now.
    pub fn is_fresh(&self) -> bool {
        self.looked.get().is_some_and(|looked| looked.elapsed() < FRESH_FOR)
    }

    /// Whether it runs with something else than what is known, which someone changed behind the agent's back.
    pub async fn is_changed(&self) -> Result<bool, Trouble> {
        let hash = self.known.borrow().as_ref().and_then(|known| known.hash.clone());
        let Some(hash) = hash else { return Ok(false) };
        let asked = tokio::time::timeout(LOOK_WITHIN, self.ask("config-hash-get", None)).await;
        self.looked.set(Some(Instant::now()));
        match asked {
            // A server without this command can only be taken at its last word.
            Ok(Err(Trouble::Refused(_))) => Ok(false),
            Ok(answer) => Ok(hash_of(&answer?).is_some_and(|present| present != hash)),
            Err(_) => Err(Trouble::Unreachable(format!("no answer to config-hash-get at {}", self.settings.channel))),
        }
    }

    /// Asks whether it would take a configuration, which is given as text.
    pub async fn test(&self, config: &str) -> Result<(), Trouble> {
        let server = &self.settings.name;
        log::event!(NETCONF_VALIDATE_CONFIG_STARTED, server);
        match self.ask("config-test", Some(config)).await {
            Ok(_) => {
                log::event!(NETCONF_VALIDATE_CONFIG_COMPLETED, server);
                Ok(())
            }
            Err(reason) => {
                log::event!(NETCONF_VALIDATE_CONFIG_REJECTED, server, reason);
                Err(reason)
            }
        }
    }

    /// Has it run with what it runs with after an edit, which is given as text besides. Then the edit is the way back.
    /// After a failure it is not known what it runs with unless it said no.
    pub async fn set(&self, edit: &mut Edit, config: &str) -> Result<(), Trouble> {
        let hash = self.give(config).await?;
        if let Some(known) = self.known.borrow_mut().as_mut() {
            edit.swap(&mut known.config);
            (known.hash, known.shown) = (hash, true);
        }
        Ok(())
    }

    /// Gives it once more what it is known to run with.
    pub async fn set_again(&self) -> Result<(), Trouble> {
        let text = self.look(|config, _| config.to_string()).unwrap_or_default();
        let hash = self.give(&text).await?;
        if let Some(known) = self.known.borrow_mut().as_mut() {
            known.hash = hash;
        }
        Ok(())
    }

    /// Goes back to what was known before an edit.
    pub fn unset(&self, edit: &mut Edit) {
        if let Some(known) = self.known.borrow_mut().as_mut() {
            edit.swap(&mut known.config);
            // Whether running shows just that was known before the edit; to be sure, it is looked at as a whole once.
            known.shown = false;
        }
    }

    /// Gives it a configuration; answers with its hash.
    async fn give(&self, config: &str) -> Result<Option<String>, Trouble> {
        let server = &self.settings.name;
        log::event!(NETCONF_UPDATE_CONFIG_STARTED, server);
        match self.ask("config-set", Some(config)).await {
            Ok(answer) => {
                log::event!(NETCONF_UPDATE_CONFIG_COMPLETED, server);
                Ok(hash_of(&answer))
            }
            Err(reason) => {
                log::event!(NETCONF_UPDATE_CONFIG_FAILED, server, reason);
                Err(reason)
            }
        }
    }

    /// Has it write its configuration file once the commits of a burst are over: to show a large configuration and to make
    /// the file durable takes longer than a commit. A failure is logged; the server runs with the configuration anyway.
    pub fn write_soon(self: &Rc<Self>) {
        if !self.settings.config_write {
            return;
        }
        let now = Instant::now();
        if self.to_write.replace(Some(now + WRITE_AFTER)).is_some() {
            return;
        }
        let server = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let latest = now + WRITE_WITHIN;
            while let Some(time) = server.to_write.get().map(|time| time.min(latest)).filter(|t| *t > Instant::now()) {
                tokio::time::sleep_until(time).await;
            }
            server.write().await;
        });
    }

    /// Has it write its configuration file now if that is still to be done.
    pub async fn write(&self) {
        if self.to_write.take().is_some()
            && let Err(reason) = self.ask("config-write", None).await
        {
            log::event!(NETCONF_CONFIG_WRITE_FAILED, server = self.settings.name, reason);
        }
    }

    /// The same for an agent that ends: sends the command and does not wait for the answer.
    pub fn write_and_leave(&self) {
        if self.to_write.take().is_none() {
            return;
        }
        match &self.settings.channel {
            Channel::Unix(client) => {
                let sent = UnixStream::connect(client.path())
                    .and_then(|mut stream| stream.write_all(b"{ \"command\": \"config-write\" }"));
                if let Err(reason) = sent {
                    log::event!(NETCONF_CONFIG_WRITE_FAILED, server = self.settings.name, reason);
                }
            }
            Channel::Http(client) => {
                let client = client.clone();
                tokio::task::spawn_local(async move { client.call("config-write", None).await });
            }
        }
    }

    /// Asks a command that changes no configuration; whatever the answer is.
    pub async fn query(&self, command: &str, arguments: Option<&str>) -> Result<Answer, Trouble> {
        let answer = self.settings.channel.call(command, arguments).await;
        answer.map_err(|error| self.unreachable(command, &error))
    }

    /// Forgets what it runs with.
    pub fn forget(&self) {
        *self.known.borrow_mut() = None;
    }

    async fn fetch(&self) -> Result<Known, Trouble> {
        let answer = self.ask("config-get", None).await?;
        let hash = hash_of(&answer);
        let root = self.settings.model.root;
        let config = answer.arguments.and_then(|mut arguments| arguments.get_mut(root).map(Value::take));
        let config = config.ok_or_else(|| Trouble::Unreachable(format!("its answer to config-get has no {root}")))?;
        let config = Value::Object([(root.to_string(), config)].into_iter().collect());
        // What subnets take from outside would otherwise be said by each of them for itself from then on.
        let config = translators::without_inherited(&self.settings.model, &config);
        Ok(Known { config, hash, shown: false })
    }

    /// Asks a command, with arguments as text.
    async fn ask(&self, command: &str, arguments: Option<&str>) -> Result<Answer, Trouble> {
        let answer = self.query(command, arguments).await;
        self.looked.set(Some(Instant::now()));
        let answer = answer?;
        match answer.result {
            Code::Success => Ok(answer),
            // It says itself that it is not as it was before.
            Code::Fatal => Err(Trouble::Unreachable(answer.text)),
            _ => Err(Trouble::Refused(Refusal::of(&answer))),
        }
    }

    fn unreachable(&self, command: &str, error: &ClientError) -> Trouble {
        Trouble::Unreachable(format!("no answer to {command} at {}: {error}", self.settings.channel))
    }
}

fn hash_of(answer: &Answer) -> Option<String> {
    answer.arguments.as_ref()?.get("hash")?.as_str().map(str::to_string)
}
