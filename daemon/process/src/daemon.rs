//! The trait that a daemon implements.

use std::net::IpAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use control::Table;
use schema::ConfigError;
use schema::json::Document;
use schema::table::Table as Parameters;
use serde_json::{Map, Value};
use tokio::sync::mpsc::UnboundedSender;

use crate::{Options, messages};

/// The version of Kea that this speaks like; what `-v` prints.
pub const VERSION: &str = "3.3.1";

/// What a daemon is called.
#[derive(Debug)]
pub struct Identity {
    /// Name of the process and of its root logger, `kea-dhcp4`.
    pub process: &'static str,
    /// Key of its part of a configuration, `Dhcp4`.
    pub module: &'static str,
    /// What it is, `Kea DHCPv4 server`.
    pub title: &'static str,
    /// The options of the command line that it has of all there are, as letters: `vVWdFRXctTpP`.
    pub options: &'static str,
    /// Whose texts its answers follow.
    pub style: Style,
    /// The parameters of its file.
    pub parameters: &'static Parameters,
    /// Its control sockets over HTTP; none if it has none.
    pub http: Option<HttpDefaults>,
}

/// What holds for a control socket over HTTP where the configuration does not say.
#[derive(Clone, Copy, Debug)]
pub struct HttpDefaults {
    /// Where it is bound.
    pub address: IpAddr,
    /// What a client is told that it authenticates for.
    pub realm: &'static str,
    /// The daemon's name as the `service` of a command.
    pub service: &'static str,
}

/// Kea's DHCP servers and its other daemons answer the same commands in different words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// kea-dhcp4, kea-dhcp6.
    Server,
    /// kea-dhcp-ddns, kea-netconf.
    Controller,
}

/// What a daemon is given at its birth.
#[derive(Clone, Debug)]
pub struct Context {
    /// The command line.
    pub options: Options,
    /// The statistics that the statistic commands answer from.
    pub stats: Arc<stats::Registry>,
    /// Ends the daemon, with this exit value.
    pub shutdown: UnboundedSender<u8>,
}

/// Puts a configuration into effect as `config-set` does; if it is refused, nothing has changed.
pub type Reconfigure = Rc<dyn Fn(&Document) -> Result<(), Vec<ConfigError>>>;

/// A daemon. Its methods are called on one thread, inside the runtime and its `LocalSet`.
pub trait Daemon: Sized + 'static {
    /// Names.
    const IDENTITY: Identity;
    /// A configuration that was found good, with all that it needs, not yet in effect. Dropping it gives everything back.
    type Prepared;

    /// Makes the daemon, not configured yet.
    fn new(context: Context) -> Result<Self, String>;

    /// What the daemon runs with in place of what was written, where that is completed from elsewhere. Asked for a configuration
    /// that shall take effect, and then [`prepare`](Self::prepare) is given the answer.
    fn complete(&self, _written: &Document) -> Result<Option<Document>, Vec<ConfigError>> {
        Ok(None)
    }

    /// Does all that can fail for this configuration (`{ "Dhcp4": { } }`) and changes nothing.
    fn prepare(&self, config: &Document) -> Result<Self::Prepared, Vec<ConfigError>>;

    /// Only finds out whether the configuration is good, as for `-t` and `config-test`; leaves out what needs privileges
    /// or would disturb a running daemon.
    fn check(&self, config: &Document) -> Result<(), Vec<ConfigError>> {
        self.prepare(config).map(drop)
    }

    /// Puts a configuration into effect.
    fn apply(&self, prepared: Self::Prepared);

    /// The configuration in effect, with all its defaults, as `config-get` shows it: `{ "Dhcp4": { } }`.
    fn config(&self) -> Value;

    /// Adds the commands that the daemon itself has with the configuration in effect; one of a name that every daemon has
    /// replaces it. Asked at its birth, and again whenever a configuration took effect. Those that change the configuration
    /// do so by `reconfigure`.
    fn commands(self: &Rc<Self>, _table: &mut Table, _reconfigure: Reconfigure) {}

    /// Asked when a configuration took effect and its commands are in the table: opens channels of the daemon's own for them.
    fn serve(&self, _table: &Rc<Table>) {}

    /// Adds to what `status-get` answers.
    fn status(&self, _status: &mut Map<String, Value>) {}

    /// Logs what happens in the life of the daemon, in its own messages; in those of Kea's D2 unless said otherwise.
    fn report(event: Event<'_>) {
        messages::report(&Self::IDENTITY, event);
    }

    /// Called when the daemon was told to end: lets what is under way come to its end. It is given a second.
    fn finish(&self) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// Called once when the daemon ends, after [`finish`](Self::finish): stops its threads, writes what is left to be written.
    fn stop(&self) {}
}

/// What happens in the life of a daemon.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The process starts.
    Starting(&'a Options),
    /// The same daemon with the same file is running already: where that was seen.
    AlreadyRunning(&'a str),
    /// The configuration in a file cannot be used, for this reason.
    LoadFailed(&'a Path, &'a str),
    /// What is wrong in the configuration in a file and does no harm; there may be nothing.
    Tolerated(&'a [ConfigError]),
    /// A configuration, from a file or a command, is not good, for these reasons; there is at least one.
    Refused(&'a [ConfigError]),
    /// The start failed, for this reason.
    InitFailed(&'a str),
    /// The daemon serves.
    Started,
    /// A new configuration took effect.
    Configured,
    /// The file is read again.
    Reloading(&'a Path),
    /// The file's configuration is in effect.
    Reloaded(&'a Path),
    /// The file's configuration was refused, for this reason, and the one before it stays.
    ReloadFailed(&'a Path, &'a str),
    /// The daemon was told to end.
    Stopping,
    /// The daemon ends.
    Stopped,
}
