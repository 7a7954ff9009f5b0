//! What all sessions share: schema, datastores, managed servers, the list of sessions.
//!
//! Everything runs on one thread. Datastores are borrowed for the length of a statement, never across an await; whoever
//! changes a datastore holds the [`Turn`] from the first look at it to the last.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::commit;
use crate::daemons::{Server, Settings};
use crate::datastore::{Content, Datastores, StartupFile};
use crate::messages::*;
use crate::rpc::{Datastore, RpcError, Tag};
use crate::yang::Schema;

/// How long the agent waits before it asks a server again that did not answer.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

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
    startup: StartupFile,
    sessions: RefCell<BTreeMap<u32, Rc<Entry>>>,
    last_session: Cell<u32>,
}

/// A session in the list of sessions.
#[derive(Debug)]
pub struct Entry {
    /// Its number.
    pub id: u32,
    /// Its user.
    pub user: String,
    /// Where it comes from.
    pub peer: String,
    /// When it began, RFC 3339.
    pub since: String,
    /// Tells the session to end.
    pub kill: Notify,
}

impl Core {
    /// Loads schema and startup. Knows nothing of the servers yet, see [`Self::meet`].
    pub fn new(yang: Option<&Path>, data: &Path, servers: Vec<Settings>, limits: Limits) -> Result<Self, String> {
        let models: Vec<&'static str> = servers.iter().map(|server| server.model.module).collect();
        let schema = Schema::load(yang, &models)?;
        let file = StartupFile::within(data);
        let startup = file.load(&schema)?;
        let stores = RefCell::new(Datastores::new(&schema, startup));
        Ok(Self {
            schema,
            stores,
            servers: servers.into_iter().map(|settings| Rc::new(Server::new(settings))).collect(),
            turn: Mutex::new(()),
            limits,
            startup: file,
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
        let Some(startup) = startup.filter(|tree| server.settings.boot_update && !tree.is_empty()) else { return };
        let turn = self.turn().await;
        let mut wanted = self.running();
        wanted.set(model, startup);
        match commit::apply(self, wanted, &turn).await {
            Ok(()) => log::event!(NETCONF_BOOT_UPDATE_COMPLETED, server = server.settings.name),
            Err(errors) => {
                let reason = errors.first().map(|error| error.message.clone()).unwrap_or_default();
                log::event!(NETCONF_BOOT_UPDATE_FAILED, server = server.settings.name, reason);
            }
        }
    }

    async fn read(&self, model: usize, server: &Server) -> Result<(), crate::daemons::Trouble> {
        let _turn = self.turn().await;
        let tree = server.read(&self.schema).await?;
        let mut running = self.running();
        running.set(model, Rc::new(tree));
        self.stores.borrow_mut().set_running(running);
        log::event!(NETCONF_GET_CONFIG, server = server.settings.name, summary = server.settings.model.module);
        Ok(())
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
        self.startup.save(&content).map_err(|error| {
            RpcError::application(Tag::OperationFailed, format!("startup cannot be written: {error}"))
        })?;
        self.stores.borrow_mut().startup = content;
        Ok(())
    }

    /// Enters a session; none if there are as many as allowed.
    pub fn open(self: &Rc<Self>, user: &str, peer: &str) -> Option<Session> {
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
        let entry =
            Rc::new(Entry { id, user: user.to_string(), peer: peer.to_string(), since: now(), kill: Notify::new() });
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

/// The time of day as RFC 3339 has it, in UTC.
pub fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
