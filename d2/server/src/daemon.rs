//! The daemon: configuration in two phases, its life, and what joins the parts.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

use control::{Answer, Request, Table};
use d2_config::{D2Config, DhcpDdns};
use process::{Context, Daemon, Event, HttpDefaults, Identity, Reconfigure, Style};
use schema::ConfigError;
use schema::json::{Document, Redacted};
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::dispatcher::{Dispatcher, Drain};
use crate::listener::{self, Listener};
use crate::messages::*;
use crate::statistics::Statistics;

/// kea-dhcp-ddns.
#[derive(Debug)]
pub struct D2 {
    context: Context,
    statistics: Arc<Statistics>,
    /// Absent until the first configuration.
    running: RefCell<Option<Running>>,
    /// The end waits for nothing.
    at_once: Cell<bool>,
}

/// What a configuration set going.
#[derive(Debug)]
struct Running {
    input: DhcpDdns,
    dispatcher: Rc<Dispatcher>,
    /// Absent once the daemon is told to end.
    listener: Option<Listener>,
}

/// A configuration, and its socket if that is not open already.
#[derive(Debug)]
pub struct Prepared {
    input: DhcpDdns,
    config: Arc<D2Config>,
    socket: Option<UdpSocket>,
}

impl Daemon for D2 {
    const IDENTITY: Identity = Identity {
        process: "kea-dhcp-ddns",
        module: "DhcpDdns",
        title: "Kea DHCP-DDNS server",
        options: "vVWdFXct",
        style: Style::Controller,
        parameters: <d2_config::input::File as schema::Scope>::TABLE,
        http: Some(HttpDefaults {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            realm: "kea-dhcp-ddns-server",
            service: "d2",
        }),
    };
    type Prepared = Prepared;

    fn new(context: Context) -> Result<Self, String> {
        let statistics = Arc::new(Statistics::new(context.stats.clone()));
        Ok(Self { context, statistics, running: RefCell::default(), at_once: Cell::new(false) })
    }

    fn prepare(&self, document: &Document) -> Result<Prepared, Vec<ConfigError>> {
        received("update", document);
        let (input, config) = read(document)?;
        let address = config.listen;
        let listening = self.running.borrow().as_ref().and_then(|it| it.listener.as_ref().map(Listener::address));
        let socket = if listening == Some(address) { None } else { Some(listener::bind(address)) };
        let socket = socket.transpose().map_err(|error| {
            let written = input.port.as_ref().map(|port| port.pos).or(input.ip_address.as_ref().map(|ip| ip.pos));
            vec![document.error(written.unwrap_or_default(), format!("cannot listen at {address}: {error}"))]
        })?;
        Ok(Prepared { input, config: Arc::new(config), socket })
    }

    /// Does not open the socket.
    fn check(&self, document: &Document) -> Result<(), Vec<ConfigError>> {
        received("check", document);
        read(document).map(drop)
    }

    fn apply(&self, prepared: Prepared) {
        let Prepared { input, config, socket } = prepared;
        warn(&config);
        let address = config.listen;
        let mut slot = self.running.borrow_mut();
        let (dispatcher, mut listener) = match slot.take() {
            Some(Running { dispatcher, listener, .. }) => {
                dispatcher.configure(config);
                (dispatcher, listener)
            }
            None => (Dispatcher::new(config, self.statistics.clone()), None),
        };
        if let Some(socket) = socket {
            log::event!(DHCP_DDNS_QUEUE_MGR_RECONFIGURING);
            if let Some(before) = listener.take() {
                before.stop("reconfiguration");
            }
            listener = Some(Listener::start(socket, address, dispatcher.clone(), self.statistics.clone()));
        }
        *slot = Some(Running { input, dispatcher, listener });
        let summary = format_args!("listening on {}, port {}, using UDP", address.ip(), address.port());
        log::event!(process::messages::DCTL_CONFIG_COMPLETE, summary);
    }

    fn config(&self) -> Value {
        match &*self.running.borrow() {
            Some(running) => running.input.show(),
            None => DhcpDdns::default().show(),
        }
    }

    /// `shutdown` waits for transactions.
    fn commands(self: &Rc<Self>, table: &mut Table, _: Reconfigure) {
        let daemon = Rc::downgrade(self);
        table.add("shutdown", move |request| match daemon.upgrade() {
            Some(daemon) => daemon.shut_down(&request),
            None => Answer::error("Shutting down."),
        });
    }

    /// Transactions that run are not broken off between their updates.
    async fn finish(&self) {
        if let Some(dispatcher) = self.close()
            && !self.at_once.get()
        {
            dispatcher.drain(Drain::Running).await;
        }
    }

    fn report(event: Event<'_>) {
        match event {
            // Told where it is applied, with its summary.
            Event::Configured => {}
            Event::Tolerated(warnings) => {
                warnings.iter().for_each(|warning| log::event!(DHCP_DDNS_CONFIG_SYNTAX_WARNING, warning));
            }
            Event::Refused(errors) => errors.iter().for_each(|reason| log::event!(DHCP_DDNS_CONFIG_FAIL, reason)),
            other => process::messages::report(&Self::IDENTITY, other),
        }
        match event {
            Event::Started => log::event!(DHCP_DDNS_STARTED, version = process::VERSION),
            Event::Starting(options) if options.relaxed => log::event!(DHCP_DDNS_SECURITY_CHECKS_DISABLED),
            Event::Stopped => log::event!(DHCP_DDNS_RUN_EXIT),
            _ => {}
        }
    }
}

impl D2 {
    /// Receives no more requests; what is left to be done is the dispatcher's.
    fn close(&self) -> Option<Rc<Dispatcher>> {
        let mut running = self.running.borrow_mut();
        let running = running.as_mut()?;
        if let Some(listener) = running.listener.take() {
            listener.stop("shutdown");
        }
        Some(running.dispatcher.clone())
    }

    /// Begins the end that the command asks for. No more requests are received from now on.
    fn shut_down(&self, request: &Request) -> Answer {
        let arguments = request.arguments();
        let (kind, exit) = match ending(arguments.as_ref()) {
            Ok(ending) => ending,
            Err(reason) => return Answer::error(reason),
        };
        log::event!(
            DHCP_DDNS_SHUTDOWN_COMMAND,
            arguments = arguments.map_or_else(|| "(no arguments)".to_owned(), |arguments| arguments.to_string())
        );
        let dispatcher = self.close();
        self.at_once.set(kind.drain.is_none());
        let shutdown = self.context.shutdown.clone();
        tokio::task::spawn_local(async move {
            if let (Some(dispatcher), Some(drain)) = (dispatcher, kind.drain) {
                dispatcher.drain(drain).await;
            }
            log::event!(DHCP_DDNS_CLEARED_FOR_SHUTDOWN, kind = kind.word);
            // If nobody listens any more, the daemon is ending already.
            let _ = shutdown.send(exit);
        });
        Answer::done(format!("Shutdown initiated, type is: {}", kind.word))
    }
}

/// A way to end.
#[derive(Clone, Copy)]
struct Ending {
    word: &'static str,
    /// What is waited for.
    drain: Option<Drain>,
}

const ENDINGS: [Ending; 3] = [
    Ending { word: "normal", drain: Some(Drain::Running) },
    Ending { word: "drain_first", drain: Some(Drain::Queued) },
    Ending { word: "now", drain: None },
];

/// How the command wants to end, and with which exit value.
fn ending(arguments: Option<&Value>) -> Result<(Ending, u8), String> {
    let nothing = json!({});
    let arguments = arguments.unwrap_or(&nothing);
    if !arguments.is_object() {
        return Err("Argument must be a map".to_owned());
    }
    let exit = match arguments.get("exit-value").map(Value::as_i64) {
        None => 0,
        // The kernel keeps the lowest eight bits of an exit value.
        Some(Some(value)) => u8::try_from(value.rem_euclid(256)).unwrap_or_default(),
        Some(None) => return Err("parameter 'exit-value' is not an integer".to_owned()),
    };
    let word = match arguments.get("type") {
        None => "normal",
        Some(Value::String(word)) => word,
        Some(other) => return Err(format!("Invalid Shutdown type: {other}")),
    };
    let found = ENDINGS.into_iter().find(|ending| ending.word == word);
    found.map(|ending| (ending, exit)).ok_or_else(|| format!("Invalid Shutdown type: {word}"))
}

/// Tells of a configuration that was handed over.
fn received(purpose: &str, document: &Document) {
    log::event!(DHCP_DDNS_CONFIGURE, purpose, configuration = Redacted(document));
    log::event!(process::messages::DCTL_CONFIG_START, configuration = Redacted(document));
}

fn read(document: &Document) -> Result<(DhcpDdns, D2Config), Vec<ConfigError>> {
    D2Config::read(document, &mut |path| std::fs::read_to_string(path).map_err(|error| error.to_string()))
}

/// Says what is permitted, but not wise.
fn warn(config: &D2Config) {
    let address = config.listen.ip();
    if address.is_unspecified() {
        log::event!(DHCP_DDNS_LISTENING_ON_ALL_INTERFACES, address);
    } else if !address.is_loopback() {
        log::event!(DHCP_DDNS_NOT_ON_LOOPBACK, address);
    }
    for secret in &config.clear_secrets {
        log::event!(DHCP_DDNS_TSIG_SECRET_SECURITY_WARNING, place = secret.place);
    }
}
