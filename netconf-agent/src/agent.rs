//! The daemon: configuration in two phases, its life.

use std::cell::RefCell;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::rc::Rc;

use process::{Context, Daemon, Event, Identity, Style};
use schema::json::Document;
use schema::{At, ConfigError};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::config::{Config, Netconf, SshConfig};
use crate::core::Core;
use crate::messages::*;
use crate::pools;
use crate::transport::{connect, ssh, tls};

/// kea-netconf.
#[derive(Debug, Default)]
pub struct Agent {
    running: RefCell<Option<Running>>,
}

/// What a configuration set going.
#[derive(Debug)]
struct Running {
    config: Config,
    core: Rc<Core>,
    /// The sockets, each with the task that serves it.
    served: Vec<(SocketAddr, Rc<TcpListener>, Task)>,
    /// Calls to clients.
    _calls: Vec<Task>,
    /// Asking servers that have not answered yet.
    _meeting: Rc<Vec<Task>>,
}

/// A task that ends when this is dropped.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A configuration, with all that it needs.
#[derive(Debug)]
pub struct Prepared {
    config: Config,
    /// Another state than the present one, if sessions and datastores cannot live on.
    core: Option<Rc<Core>>,
    ssh: Option<ssh::Server>,
    ssh_listeners: Vec<(SocketAddr, Rc<TcpListener>)>,
    tls_listeners: Vec<(SocketAddr, Rc<TcpListener>)>,
}

impl Daemon for Agent {
    const IDENTITY: Identity = Identity {
        process: "kea-netconf",
        module: "Netconf",
        title: "Kea NETCONF agent",
        options: "vVWdct",
        style: Style::Controller,
        parameters: <crate::config::File as schema::Scope>::TABLE,
        http: None,
    };
    type Prepared = Prepared;

    fn new(_context: Context) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn prepare(&self, document: &Document) -> Result<Prepared, Vec<ConfigError>> {
        let config = Config::read(document)?;
        let told = |pos, reason: String| vec![document.error(pos, reason)];
        make_directory(&config.data.value).map_err(|reason| told(config.data.pos, reason))?;
        let running = self.running.borrow();
        let core = if running.as_ref().is_some_and(|running| running.config.shares_state_with(&config)) {
            None
        } else {
            let yang = config.yang.as_ref().map(|yang| yang.value.as_path());
            let core =
                Core::new(yang, &config.data.value, config.access.clone(), config.servers.clone(), config.limits);
            let pos = config.yang.as_ref().map(|yang| yang.pos).unwrap_or(config.data.pos);
            Some(Rc::new(core.map_err(|reason| told(pos, reason))?))
        };
        let listeners = |addresses: &[At<SocketAddr>]| {
            let listener = |address: &At<SocketAddr>| {
                let bound = running.as_ref().and_then(|running| running.listener(address.value));
                let listener = bound.map_or_else(|| bind(address.value), Ok);
                listener.map(|listener| (address.value, listener)).map_err(|reason| told(address.pos, reason))
            };
            addresses.iter().map(listener).collect::<Result<Vec<_>, _>>()
        };
        let (mut ssh, mut ssh_listeners) = (None, Vec::new());
        if let Some(SshConfig { listen, users, host_key, .. }) = &config.ssh {
            let key = ssh::host_key(&host_key.value).map_err(|reason| told(host_key.pos, reason))?;
            ssh = Some(ssh::Server::new(ssh::Settings { users: users.clone(), host_key: key }));
            ssh_listeners = listeners(listen)?;
        }
        let tls_listeners = config.tls.as_ref().map(|tls| listeners(&tls.listen)).transpose()?.unwrap_or_default();
        Ok(Prepared { config, core, ssh, ssh_listeners, tls_listeners })
    }

    /// Opens no socket, and makes no host key.
    fn check(&self, document: &Document) -> Result<(), Vec<ConfigError>> {
        Config::read(document).map(drop)
    }

    fn apply(&self, prepared: Prepared) {
        let Prepared { config, core, ssh, ssh_listeners, tls_listeners } = prepared;
        let mut running = self.running.borrow_mut();
        let (core, meeting) = match (core, running.take()) {
            (None, Some(Running { core, _meeting, .. })) => (core, _meeting),
            (Some(core), before) => {
                before.iter().for_each(|before| before.core.end());
                let meeting = meet(&core);
                (core, Rc::new(meeting))
            }
            // There is a state to go on with only where there was one before.
            (None, None) => return,
        };
        let (mut served, mut calls) = (Vec::new(), Vec::new());
        if let (Some(server), Some(ssh)) = (ssh, &config.ssh) {
            let core = Rc::clone(&core);
            let serve = move |socket, peer| server.clone().connection(Rc::clone(&core), socket, peer);
            for (address, listener) in ssh_listeners {
                log::event!(NETCONF_LISTENING, address);
                served.push(listening(address, listener, config.limits.sessions, serve.clone()));
            }
            calls.extend(ssh.call_home.iter().map(|client| calling(*client, serve.clone())));
        }
        if let Some(tls) = &config.tls {
            let (core, settings) = (Rc::clone(&core), Rc::new(tls.settings.clone()));
            let serve = move |socket, peer| tls::connection(Rc::clone(&core), Rc::clone(&settings), socket, peer);
            for (address, listener) in tls_listeners {
                log::event!(NETCONF_LISTENING_TLS, address);
                served.push(listening(address, listener, config.limits.sessions, serve.clone()));
            }
            calls.extend(tls.call_home.iter().map(|client| calling(*client, serve.clone())));
        }
        if served.is_empty() && calls.is_empty() {
            log::event!(NETCONF_NO_TRANSPORT);
        }
        *running = Some(Running { config, core, served, _calls: calls, _meeting: meeting });
    }

    fn config(&self) -> Value {
        self.running.borrow().as_ref().map_or_else(|| Netconf::default().show(), |running| running.config.input.show())
    }

    fn report(event: Event<'_>) {
        process::messages::report(&Self::IDENTITY, event);
        match event {
            Event::Tolerated(warnings) => {
                warnings.iter().for_each(|warning| log::event!(NETCONF_CONFIG_SYNTAX_WARNING, warning));
            }
            Event::Started => log::event!(NETCONF_STARTED, version = process::VERSION),
            Event::Stopped => log::event!(NETCONF_RUN_EXIT),
            _ => {}
        }
    }

    fn stop(&self) {
        // Sockets close, and sessions with them.
        if let Some(running) = self.running.borrow_mut().take() {
            running.core.end();
        }
    }
}

impl Running {
    fn listener(&self, wanted: SocketAddr) -> Option<Rc<TcpListener>> {
        self.served.iter().find(|(address, _, _)| *address == wanted).map(|(_, listener, _)| Rc::clone(listener))
    }
}

/// Serves the connections to a listener.
fn listening<F: Future<Output = ()> + 'static>(
    address: SocketAddr,
    listener: Rc<TcpListener>,
    sessions: usize,
    serve: impl Fn(TcpStream, SocketAddr) -> F + 'static,
) -> (SocketAddr, Rc<TcpListener>, Task) {
    let accepted = Rc::clone(&listener);
    let serving = async move { connect::accept(&accepted, sessions, serve).await };
    (address, listener, Task(tokio::task::spawn_local(serving)))
}

/// Calls a client over and over.
fn calling<F: Future<Output = ()> + 'static>(
    client: SocketAddr,
    serve: impl Fn(TcpStream, SocketAddr) -> F + 'static,
) -> Task {
    Task(tokio::task::spawn_local(connect::call_home(client, serve)))
}

/// Begins to ask all servers what they run with, and to look whether that is so still.
fn meet(core: &Rc<Core>) -> Vec<Task> {
    let watching = Rc::clone(core);
    let watching = Task(tokio::task::spawn_local(async move { watching.watch().await }));
    let counting = Task(tokio::task::spawn_local(pools::watch(Rc::clone(core))));
    let meeting = (0..core.servers.len()).map(|model| {
        let core = Rc::clone(core);
        Task(tokio::task::spawn_local(async move { core.meet(model).await }))
    });
    meeting.chain([watching, counting]).collect()
}

fn make_directory(path: &Path) -> Result<(), String> {
    let made = DirBuilder::new().recursive(true).mode(0o750).create(path);
    made.map_err(|error| format!("cannot make folder {}: {error}", path.display()))
}

fn bind(address: SocketAddr) -> Result<Rc<TcpListener>, String> {
    let listener = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    });
    listener.map(Rc::new).map_err(|error| format!("cannot listen at {address}: {error}"))
}
