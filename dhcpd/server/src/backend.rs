//! The configuration back end: a configuration as it was written, completed by a database (`config-control`).
//!
//! Whoever brings a configuration (a file, `config-set`) has the database asked for all of its part. Then it is looked at
//! from time to time for what others changed in it; if there is something, all is fetched again and put over what was written,
//! and the whole takes effect as any configuration does. What a command changes (`subnet4-add`) is the configuration as it was
//! completed, so it says which parts of it are the database's (`held`); those go with their rows.

mod polling;

use crate::database::{Kept, Link, Watch};
use crate::messages::*;
use control::{Answer, Code, Table};
use dhcpd_config::common::{Database, DatabaseType, Recovery};
use dhcpd_config::parameters::ConfigControl;
use dhcpd_config::remote::{Origin, Parts, merge};
use polling::Polling;
use process::Reconfigure;
use schema::json::{Document, Value};
use schema::{ConfigError, Given};
use sql::config::follow::{Follower, News};
use sql::config::{Family, Mark};
use std::cell::{Cell, RefCell};
use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

/// Where a configuration is completed from.
pub struct Control {
    /// The database.
    pub database: Database,
    /// How long to wait until it is looked at again; none for never.
    pub wait: Option<Duration>,
    /// The name of this server there; may be empty.
    pub tag: String,
}

impl Control {
    /// What a configuration says of it, if it names a database.
    pub fn of(given: &Given<ConfigControl>, tag: String) -> Option<Self> {
        let (database, wait) = given.as_ref()?.database()?;
        Some(Self { database, wait, tag })
    }
}

/// Finds out whether a configuration is good, and where it is completed from.
pub type Judge = fn(&Document) -> Result<Option<Control>, Vec<ConfigError>>;

/// What completes the configuration of a daemon.
pub struct Backend {
    family: Family,
    judge: Judge,
    /// `-R`: the database is not asked.
    repair: bool,
    current: RefCell<Option<Rc<Source>>>,
    /// Of the configuration that is being prepared.
    next: RefCell<Option<Rc<Source>>>,
    coming: RefCell<Coming>,
    polling: RefCell<Polling>,
    /// The time until the next look begins anew.
    restarted: Notify,
    /// Held by whoever looks.
    looking: Mutex<()>,
    reconfigure: RefCell<Option<Reconfigure>>,
    is_started: Cell<bool>,
    /// Has a connection come back that is lost.
    guard: Guard,
    watch: RefCell<Option<Watch>>,
    /// Told when it is back.
    recovered: Arc<Notify>,
}

/// Watches a connection.
pub type Guard = Box<dyn Fn(Link) -> Watch>;

/// How the next configuration comes.
#[derive(Default)]
enum Coming {
    /// As it was written.
    #[default]
    Written,
    /// The one in effect, changed by a command.
    Edited,
    /// As it was written before, for what is new in the database.
    Again(News),
}

/// A configuration as it was written, and what completes it.
#[derive(Clone)]
struct Source {
    written: Rc<Document>,
    kind: DatabaseType,
    /// The parts of the database that are in what was written already.
    held: Rc<Parts>,
    parts: Rc<Parts>,
    mark: Mark,
    follower: Arc<Follower>,
    /// Told when its connection is lost.
    lost: Arc<Notify>,
    recovery: Recovery,
    origin: Origin,
    wait: Option<Duration>,
}

impl Backend {
    /// One for a daemon that does not know a database yet.
    pub fn new(family: Family, repair: bool, judge: Judge, guard: Guard) -> Self {
        Self {
            family,
            judge,
            repair,
            current: RefCell::default(),
            next: RefCell::default(),
            coming: RefCell::default(),
            polling: RefCell::default(),
            restarted: Notify::new(),
            looking: Mutex::default(),
            reconfigure: RefCell::default(),
            is_started: Cell::default(),
            guard,
            watch: RefCell::default(),
            recovered: Arc::default(),
        }
    }

    /// What the server runs with in place of what was written. What of the database is of no use is told and left out.
    pub fn complete(&self, written: &Document) -> Result<Option<Document>, Vec<ConfigError>> {
        let coming = mem::take(&mut *self.coming.borrow_mut());
        let current = self.current.borrow().clone();
        let completed = match (coming, current) {
            (Coming::Edited, Some(current)) => {
                let written = Rc::new(written.clone());
                let source = Source { written, held: current.parts.clone(), ..Source::clone(&current) };
                Some((source, None))
            }
            (Coming::Again(news), Some(current)) => {
                let mut source = Source { parts: Rc::new(news.parts), mark: news.mark, ..Source::clone(&current) };
                let merged = self.merged(&mut source)?;
                Some((source, Some(merged)))
            }
            _ => match self.open(written)? {
                None => None,
                Some(mut source) => {
                    let merged = self.merged(&mut source)?;
                    Some((source, Some(merged)))
                }
            },
        };
        let (source, document) = completed.unzip();
        self.next.replace(source.map(Rc::new));
        Ok(document.flatten())
    }

    /// The configuration that was completed last takes effect.
    pub fn apply(self: &Rc<Self>) {
        let source = self.next.take();
        self.polling.replace(Polling::every(source.as_ref().and_then(|source| source.wait)));
        if source.is_some() && !self.is_started.replace(true) {
            let backend = self.clone();
            tokio::task::spawn_local(async move { backend.poll().await });
        }
        self.watch_over(source.as_deref());
        self.current.replace(source);
        self.restarted.notify_one();
    }

    /// Watches over the connection of a source, unless it is the one of before.
    fn watch_over(&self, source: Option<&Source>) {
        let same = match (source, &*self.current.borrow()) {
            (Some(source), Some(current)) => Arc::ptr_eq(&source.follower, &current.follower),
            _ => false,
        };
        if same {
            return;
        }
        drop(self.watch.take());
        self.watch.replace(source.map(|source| {
            let (follower, recovered) = (source.follower.clone(), self.recovered.clone());
            (self.guard)(Link {
                recovery: source.recovery,
                kind: source.kind,
                kept: Kept::Configuration,
                lost: source.lost.clone(),
                reconnect: Arc::new(move || {
                    follower.connect().map_err(|error| error.to_string())?;
                    recovered.notify_one();
                    Ok(())
                }),
            })
        }));
    }

    /// `reconfigure` for commands that change the configuration in effect.
    pub fn editing(self: &Rc<Self>, reconfigure: Reconfigure) -> Reconfigure {
        let backend = self.clone();
        Rc::new(move |edited| {
            backend.coming.replace(Coming::Edited);
            reconfigure(edited)
        })
    }

    /// Adds the command that looks at the database. What is found takes effect by `reconfigure`.
    pub fn add(self: &Rc<Self>, table: &mut Table, reconfigure: Reconfigure) {
        self.reconfigure.replace(Some(reconfigure));
        let backend = self.clone();
        table.add_async("config-backend-pull", move |_| {
            let backend = backend.clone();
            async move { backend.pull().await }
        });
    }

    /// Opens the database that a configuration names, and asks for all of its part.
    fn open(&self, written: &Document) -> Result<Option<Source>, Vec<ConfigError>> {
        if self.repair || !names_database(written, self.module()) {
            return Ok(None);
        }
        // What is wrong in what was written is told before anybody is asked.
        let Some(control) = (self.judge)(written)? else { return Ok(None) };
        let parameters = control.database.parameters();
        log::event!(DCTL_OPEN_CONFIG_DB, parameters);
        let failed = |reason: String| {
            vec![ConfigError::general(format!("during update from config backend database: {reason}"))]
        };
        let (kind, recovery, wait) = (control.database.kind, control.database.recovery, control.wait);
        let origin = Origin { database: place(&control.database), family: wire_family(self.family) };
        let lost = Arc::new(Notify::new());
        let follower = Follower::start(control.database, self.family, control.tag, lost.clone());
        let follower = Arc::new(follower.map_err(|error| failed(error.to_string()))?);
        let news = match follower.connect() {
            Ok(()) => {
                log::event!(DCTL_CONFIG_FETCH);
                follower.fetch().map_err(|error| failed(error.to_string()))?
            }
            Err(error) if error.is_lost() && recovery.at_start => {
                log::event!(DCTL_DB_OPEN_CONNECTION_WITH_RETRY_FAILED, parameters, reason = error);
                lost.notify_one();
                News::default()
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let (written, held, parts) = (Rc::new(written.clone()), Rc::default(), Rc::new(news.parts));
        Ok(Some(Source { written, kind, held, parts, mark: news.mark, follower, lost, recovery, origin, wait }))
    }

    /// What was written with what the database says, but for what makes no good configuration.
    fn merged(&self, source: &mut Source) -> Result<Document, Vec<ConfigError>> {
        loop {
            let (document, mut errors) = merge(&source.written, &source.origin, &source.held, &source.parts);
            errors.extend((self.judge)(&document).err().into_iter().flatten());
            if errors.is_empty() {
                match self.family {
                    Family::V4 => log::event!(DHCPSRV_CFGMGR_CONFIG4_MERGED),
                    Family::V6 => log::event!(DHCPSRV_CFGMGR_CONFIG6_MERGED),
                }
                return Ok(document);
            }
            if !Rc::make_mut(&mut source.parts).leave_out(&source.origin, &errors) {
                return Err(errors);
            }
            for error in &errors {
                log::event!(DHCPSRV_CFGMGR_CONFIG_ELEMENT_LEFT_OUT, error);
            }
        }
    }

    /// Looks at the database at the intervals of the configuration in effect.
    async fn poll(&self) {
        loop {
            let wait = self.polling.borrow().next();
            let pause = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.restarted.notified() => continue,
                () = self.recovered.notified() => {}
                () = pause => {}
            }
            match self.look().await {
                Ok(()) => self.polling.borrow_mut().succeeded(),
                Err(reason) => {
                    match self.family {
                        Family::V4 => log::event!(DHCP4_CB_PERIODIC_FETCH_UPDATES_FAIL, reason),
                        Family::V6 => log::event!(DHCP6_CB_PERIODIC_FETCH_UPDATES_FAIL, reason),
                    }
                    if self.polling.borrow_mut().failed() {
                        match self.family {
                            Family::V4 => log::event!(DHCP4_CB_PERIODIC_FETCH_UPDATES_RETRIES_EXHAUSTED),
                            Family::V6 => log::event!(DHCP6_CB_PERIODIC_FETCH_UPDATES_RETRIES_EXHAUSTED),
                        }
                    }
                }
            }
        }
    }

    /// `config-backend-pull`.
    async fn pull(&self) -> Answer {
        if self.current.borrow().is_none() {
            return Answer::new(Code::Empty, "No config backend.");
        }
        self.polling.borrow_mut().pulled();
        self.restarted.notify_one();
        match self.look().await {
            Ok(()) => Answer::done("On demand configuration update successful."),
            Err(reason) => {
                match self.family {
                    Family::V4 => log::event!(DHCP4_CB_ON_DEMAND_FETCH_UPDATES_FAIL, reason),
                    Family::V6 => log::event!(DHCP6_CB_ON_DEMAND_FETCH_UPDATES_FAIL, reason),
                }
                Answer::error(format!("On demand configuration update failed: {reason}"))
            }
        }
    }

    /// Takes over what changed in the database since it was last asked.
    async fn look(&self) -> Result<(), String> {
        let _alone = self.looking.lock().await;
        let Some(current) = self.current.borrow().clone() else { return Ok(()) };
        log::event!(DCTL_CONFIG_FETCH);
        let news = current.follower.changes(current.mark).await.map_err(|error| error.to_string())?;
        let Some(news) = news else { return Ok(()) };
        // Whatever took effect meanwhile has asked for itself, or was made of what is in effect.
        let Some(current) = self.current.borrow().clone().filter(|now| Arc::ptr_eq(&now.follower, &current.follower))
        else {
            return Ok(());
        };
        let Some(reconfigure) = self.reconfigure.borrow().clone() else { return Ok(()) };
        self.coming.replace(Coming::Again(news));
        reconfigure(&current.written).map_err(|errors| errors.first().map_or_else(String::new, ConfigError::to_string))
    }

    fn module(&self) -> &'static str {
        match self.family {
            Family::V4 => "Dhcp4",
            Family::V6 => "Dhcp6",
        }
    }
}

/// Whether a configuration names databases to complete it.
fn names_database(written: &Document, module: &str) -> bool {
    let control = written.root.member(module).and_then(|module| module.member("config-control"));
    let databases = control.and_then(|control| control.member("config-databases"));
    databases.is_some_and(|databases| !matches!(&databases.value, Value::List(list) if list.is_empty()))
}

/// What stands for a database in positions.
fn place(database: &Database) -> String {
    format!("{}://{}/{}", database.kind.word(), database.host, database.name.as_deref().unwrap_or_default())
}

fn wire_family(family: Family) -> wire::options::Family {
    match family {
        Family::V4 => wire::options::Family::V4,
        Family::V6 => wire::options::Family::V6,
    }
}
