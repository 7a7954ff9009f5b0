//! What all sessions share: schema, datastores, managed servers, the list of sessions.
//!
//! Everything runs on one thread. Datastores are borrowed for the length of a statement, never across an await; whoever
//! changes a datastore holds the [`Turn`] from the first look at it to the last.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::access::{Policy, Rights};
use crate::commit;
use crate::confirm::Unconfirmed;
use crate::daemons::{Server, Settings, Trouble};
use crate::datastore::{Content, ContentFile, Datastores};
use crate::events::{Events, Subscription};
use crate::messages::*;
use crate::rpc::{Datastore, RpcError, Tag};
use crate::yang::{Schema, Tree};

/// How long the agent waits before it asks a server again that did not answer.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How often servers are looked at that nobody asks about.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Limits on what peers may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sessions at a time.
    pub sessions: usize,
    /// Bytes of a message.
    pub message: usize,
    /// Time from the connection to the `<hello>`.
    pub login: Duration,
}

/// The right to change datastores: one has it at a time.
pub type Turn<'c> = MutexGuard<'c, ()>;

/// The state that all sessions share.
#[derive(Debug)]
pub struct Core {
    /// The schema.
    pub schema: Schema,
    /// The datastores.
    pub stores: RefCell<Datastores>,
    /// The managed servers, each at the index of its model in the schema.
    pub servers: Vec<Rc<Server>>,
    turn: Mutex<()>,
    /// Limits.
    pub limits: Limits,
    /// What happens, for those who listen.
    pub events: Events,
    /// What access control refused.
    pub denied: Denied,
    /// What all sessions together did.
    pub counters: Counters,
    /// A commit that waits for its confirmation.
    pub unconfirmed: RefCell<Option<Unconfirmed>>,
    files: Files,
    /// Whether servers are kept from writing their files.
    holds_files: Cell<bool>,
    /// What is gone back to after an end in the middle of an unconfirmed commit, and how many models still are not.
    recovered: Option<(Content, Cell<usize>)>,
    /// Access control, as running has it.
    policy: RefCell<Option<(Rc<Tree>, Rc<Policy>)>>,
    /// When it began, RFC 3339.
    pub since: String,
    sessions: RefCell<BTreeMap<u32, Rc<Entry>>>,
    last_session: Cell<u32>,
}

/// The files that the agent keeps.
#[derive(Debug)]
struct Files {
    startup: ContentFile,
    /// Running's part of access control, which no server has.
    access: ContentFile,
    /// What running was before a commit that is not confirmed.
    unconfirmed: ContentFile,
}

/// Counters of ietf-netconf-acm.
#[derive(Debug, Default)]
pub struct Denied {
    /// Operations.
    pub operations: Cell<u32>,
    /// Operations that would have changed data.
    pub writes: Cell<u32>,
    /// Notifications.
    pub notifications: Cell<u32>,
}

/// Counters of ietf-netconf-monitoring.
#[derive(Debug, Default)]
pub struct Counters {
    /// Sessions that began.
    pub sessions: Cell<u32>,
    /// Sessions without a proper `<hello>`.
    pub bad_hellos: Cell<u32>,
    /// Sessions whose connection was lost or that were killed.
    pub dropped: Cell<u32>,
    /// Requests that are well-formed.
    pub rpcs: Cell<u32>,
    /// Messages that are no request.
    pub bad_rpcs: Cell<u32>,
    /// Answers with an error.
    pub errors: Cell<u32>,
    /// Notifications that were sent.
    pub notifications: Cell<u32>,
}

/// Who a transport says that a session's user is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// Name.
    pub user: String,
    /// Groups of access control that the agent's own configuration puts the user in.
    pub groups: Vec<String>,
    /// Whether access control does not concern the session (RFC 8341 §3.1.1).
    pub recovery: bool,
    /// Identity of ietf-netconf-monitoring.
    pub transport: &'static str,
}

/// A session in the list of sessions.
#[derive(Debug)]
pub struct Entry {
    /// Its number.
    pub id: u32,
    /// Its user.
    pub login: Login,
    /// Where it comes from.
    pub peer: String,
    /// When it began, RFC 3339.
    pub since: String,
    /// What it did.
    pub counters: Counters,
    /// Tells the session to end.
    pub kill: Notify,
    /// The session that killed it.
    pub killed_by: Cell<Option<u32>>,
    /// What it begins to listen to.
    pub subscription: RefCell<Option<Subscription>>,
    /// Whether it listens to something.
    pub listens: Cell<bool>,
}

impl Entry {
    /// The address where it comes from.
    pub fn host(&self) -> Option<String> {
        let address = self.peer.parse::<SocketAddr>().ok()?;
        Some(address.ip().to_canonical().to_string())
    }
}

impl Core {
    /// Loads schema, startup and access control, which stands in the file `access`. Knows nothing of the servers yet, see
    /// [`Self::meet`].
    pub fn new(
        yang: Option<&Path>,
        data: &Path,
        access: PathBuf,
        servers: Vec<Settings>,
        limits: Limits,
    ) -> Result<Self, String> {
        let models: Vec<&'static str> = servers.iter().map(|server| server.model.module).collect();
        let schema = Schema::load(yang, &models)?;
        let files = Files {
            startup: ContentFile::at(data.join("startup.json")),
            access: ContentFile::at(access),
            unconfirmed: ContentFile::at(data.join("unconfirmed.json")),
        };
        let startup = files.startup.load(&schema)?.unwrap_or_else(|| Content::empty(&schema));
        let recovered = files.unconfirmed.load(&schema)?;
        let mut stores = Datastores::new(&schema, startup);
        let mut running = Content::empty(&schema);
        let of = |content: &Content| content.tree(schema.access_control()).filter(|tree| !tree.is_empty()).cloned();
        let access = match recovered.as_ref().and_then(of).or_else(|| of(&stores.startup)) {
            Some(access) => access,
            None => match files.access.load(&schema)?.as_ref().and_then(of) {
                Some(access) => access,
                None => Rc::new(Tree::from_json(&schema, &no_access_control()).map_err(|invalid| invalid.to_string())?),
            },
        };
        running.set(schema.access_control(), access);
        stores.set_running(running);
        let left = servers.len();
        Ok(Self {
            schema,
            stores: RefCell::new(stores),
            servers: servers.into_iter().map(|settings| Rc::new(Server::new(settings))).collect(),
            turn: Mutex::new(()),
            limits,
            events: Events::default(),
            denied: Denied::default(),
            counters: Counters::default(),
            unconfirmed: RefCell::default(),
            files,
            holds_files: Cell::new(false),
            recovered: recovered.map(|content| (content, Cell::new(left))),
            policy: RefCell::default(),
            since: now(),
            sessions: RefCell::default(),
            last_session: Cell::new(0),
        })
    }

    /// Asks a server until it answers, then loads startup into it if there is one. Ends when both are done.
    pub async fn meet(self: &Rc<Self>, model: usize) {
        let Some(server) = self.servers.get(model) else { return };
        let mut told = None;
        loop {
            match self.read(model, server).await {
                Ok(()) => break,
                // The same trouble is told once, not every second.
                Err(trouble) if told.as_ref() == Some(&trouble) => {}
                Err(trouble) => {
                    log::event!(NETCONF_GET_CONFIG_FAILED, server = server.settings.name, reason = trouble);
                    told = Some(trouble);
                }
            }
            tokio::time::sleep(ASK_AGAIN_AFTER).await;
        }
        let startup = self.stores.borrow().startup.tree(model).cloned();
        let startup = startup.filter(|_| server.settings.boot_update);
        let before = self.recovered.as_ref().and_then(|(content, _)| content.tree(model).cloned());
        let Some(startup) = before.or(startup).filter(|tree| !tree.is_empty()) else { return self.is_recovered() };
        let turn = self.turn().await;
        let mut wanted = self.running();
        wanted.set(model, startup);
        let applied = commit::apply(self, wanted, None, &turn).await;
        self.is_recovered();
        match applied {
            Ok(()) => log::event!(NETCONF_BOOT_UPDATE_COMPLETED, server = server.settings.name),
            Err(errors) => {
                let reason = errors.first().map(|error| error.message.clone()).unwrap_or_default();
                log::event!(NETCONF_BOOT_UPDATE_FAILED, server = server.settings.name, reason);
            }
        }
    }

    async fn read(&self, model: usize, server: &Server) -> Result<(), Trouble> {
        let turn = self.turn().await;
        self.take_over(model, server, &turn).await?;
        log::event!(NETCONF_GET_CONFIG, server = server.settings.name, summary = server.settings.model.module);
        Ok(())
    }

    /// Has running show what a server runs with. True if that is something else.
    async fn take_over(&self, model: usize, server: &Server, _turn: &Turn<'_>) -> Result<bool, Trouble> {
        let tree = Rc::new(server.read(&self.schema).await?);
        let before = self.running().tree(model).cloned();
        // A tree that says the same stays, and what was built on it stands.
        let Some(before) = before.filter(|before| !tree.is_same(before)) else { return Ok(false) };
        self.stores.borrow_mut().follow(model, Rc::clone(&tree));
        self.events.config_changed(self, None, Datastore::Running, &[(before, tree)]);
        Ok(true)
    }

    /// Looks whether a server was changed behind the agent's back, and has running follow. True if running did.
    pub async fn follow(&self, model: usize, server: &Server, turn: &Turn<'_>) -> Result<bool, Trouble> {
        if !server.is_changed().await? {
            return Ok(false);
        }
        log::event!(NETCONF_CONFIG_CHANGED_ELSEWHERE, server = server.settings.name);
        self.take_over(model, server, turn).await
    }

    /// The same for all servers that were not heard of just now. What cannot be reached is as it was last heard.
    pub async fn follow_all(&self) {
        if self.servers.iter().all(|server| server.is_fresh() || !server.is_known()) {
            return;
        }
        let turn = self.turn().await;
        for (model, server) in self.servers.iter().enumerate().filter(|(_, server)| !server.is_fresh()) {
            if let Err(trouble) = self.follow(model, server, &turn).await {
                log::event!(NETCONF_NOT_FOLLOWED, server = server.settings.name, reason = trouble);
            }
        }
    }

    /// Follows the servers as long as this runs.
    pub async fn watch(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.follow_all().await;
        }
    }

    /// Notes that one more server has what it had before an unconfirmed commit.
    fn is_recovered(&self) {
        if let Some((_, left)) = &self.recovered {
            left.set(left.get().saturating_sub(1));
            if left.get() == 0 && self.unconfirmed.borrow().is_none() {
                self.forget_unconfirmed();
            }
        }
    }

    fn running(&self) -> Content {
        self.stores.borrow().content(Datastore::Running).clone()
    }

    /// Waits for the right to change datastores.
    pub async fn turn(&self) -> Turn<'_> {
        self.turn.lock().await
    }

    /// Asks a server anew after it could not be given its old configuration again.
    pub fn meet_again(self: &Rc<Self>, model: usize) {
        let core = Rc::clone(self);
        tokio::task::spawn_local(async move {
            if let Some(server) = core.servers.get(model) {
                while core.read(model, server).await.is_err() {
                    tokio::time::sleep(ASK_AGAIN_AFTER).await;
                }
            }
        });
    }

    /// Makes a configuration startup, durably.
    pub fn save_startup(&self, content: Content) -> Result<(), RpcError> {
        self.files.startup.save(&content).map_err(|error| cannot_write("startup", &error))?;
        self.stores.borrow_mut().startup = content;
        Ok(())
    }

    /// Keeps what access control will be, durably.
    pub fn save_access_control(&self, content: &Content) -> Result<(), RpcError> {
        let mut alone = Content::empty(&self.schema);
        let model = self.schema.access_control();
        if let Some(tree) = content.tree(model) {
            alone.set(model, Rc::clone(tree));
        }
        self.files.access.save(&alone).map_err(|error| cannot_write("access control", &error))
    }

    /// Keeps what is gone back to unless a commit is confirmed, durably.
    pub fn keep_unconfirmed(&self, before: &Content) -> Result<(), RpcError> {
        self.files.unconfirmed.save(before).map_err(|error| cannot_write("what to go back to", &error))?;
        self.holds_files.set(true);
        Ok(())
    }

    /// Whether what runs may be undone yet.
    pub fn is_unconfirmed(&self) -> bool {
        self.holds_files.get()
    }

    /// There is nothing to go back to any more.
    pub fn forget_unconfirmed(&self) {
        self.holds_files.set(false);
        if let Err(error) = self.files.unconfirmed.remove() {
            log::event!(NETCONF_COMMIT_NOT_UNDONE, reason = error);
        }
    }

    /// What the user of a session may do; none if all.
    pub fn rights(&self, session: &Entry) -> Option<Rights> {
        if session.login.recovery {
            return None;
        }
        let stores = self.stores.borrow();
        let tree = stores.content(Datastore::Running).tree(self.schema.access_control())?;
        let mut policy = self.policy.borrow_mut();
        let known = policy.take().filter(|(of, _)| Rc::ptr_eq(of, tree));
        let (of, known) = known.unwrap_or_else(|| (Rc::clone(tree), Rc::new(Policy::of(&tree.to_json()))));
        let rights = known.rights(&session.login.user, &session.login.groups);
        *policy = Some((of, known));
        rights
    }

    /// Enters a session; none if there are as many as allowed.
    pub fn open(self: &Rc<Self>, login: Login, peer: &str) -> Option<Session> {
        let mut sessions = self.sessions.borrow_mut();
        if sessions.len() >= self.limits.sessions {
            return None;
        }
        // Numbers are not used again before all others were (RFC 6241 §7.9 kills by number).
        let mut id = self.last_session.get();
        loop {
            id = id.checked_add(1).unwrap_or(1);
            if !sessions.contains_key(&id) {
                break;
            }
        }
        self.last_session.set(id);
        let entry = Rc::new(Entry {
            id,
            login,
            peer: peer.to_string(),
            since: now(),
            counters: Counters::default(),
            kill: Notify::new(),
            killed_by: Cell::default(),
            subscription: RefCell::default(),
            listens: Cell::default(),
        });
        sessions.insert(id, Rc::clone(&entry));
        Some(Session { core: Rc::clone(self), entry })
    }

    /// The session of that number.
    pub fn session(&self, id: u32) -> Option<Rc<Entry>> {
        self.sessions.borrow().get(&id).cloned()
    }

    /// Ends all sessions, and has the servers write what they have not written yet.
    pub fn end(&self) {
        self.servers.iter().for_each(|server| server.write_and_leave());
        self.sessions.borrow().values().for_each(|session| session.kill.notify_one());
    }

    /// All sessions.
    pub fn sessions(&self) -> Vec<Rc<Entry>> {
        self.sessions.borrow().values().cloned().collect()
    }
}

/// A session's place in the list. Dropping it gives up its locks.
#[derive(Debug)]
pub struct Session {
    /// What all sessions share.
    pub core: Rc<Core>,
    /// Its entry.
    pub entry: Rc<Entry>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.core.sessions.borrow_mut().remove(&self.entry.id);
        self.core.stores.borrow_mut().release(self.entry.id);
    }
}

fn cannot_write(what: &str, error: &std::io::Error) -> RpcError {
    RpcError::application(Tag::OperationFailed, format!("{what} cannot be written: {error}"))
}

/// Access control as long as nobody has configured any: none. The model's own default would refuse every change.
fn no_access_control() -> Value {
    json!({ "ietf-netconf-acm:nacm": { "enable-nacm": false } })
}

/// The time of day as RFC 3339 has it, in UTC.
pub fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
