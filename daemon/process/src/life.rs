//! The life of a daemon, from its command line to its exit value.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::panic;
use std::process::ExitCode;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use control::Table;
use nix::sys::signal::{SIGINT, SIGTERM, Signal};
use nix::sys::stat::{Mode, umask};
use schema::json::{Document, Value};
use schema::{ConfigError, Problem};
use sd_notify::NotifyState;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;

use crate::common::Common;
use crate::messages::{DCTL_PANIC, DCTL_PID_FILE_ERROR, DCTL_SHUTDOWN_SIGNAL_RECVD};
use crate::options::{self, Checks, Invocation};
use crate::pid::{PidError, PidFile};
use crate::sockets::{self, Serving, Wanted};
use crate::{Context, Daemon, Event, Options, Style, commands, file, hash, paths};

/// The `main` of a daemon.
pub fn run<D: Daemon>() -> ExitCode {
    // No writing by the group, nothing by others; what is stricter already stays so.
    let strict = Mode::S_IWGRP | Mode::S_IRWXO;
    umask(umask(strict) | strict);
    match options::parse(&D::IDENTITY, std::env::args_os().skip(1)) {
        // Whoever reads may have seen enough before the end.
        Invocation::Print(text) => match writeln!(std::io::stdout(), "{text}") {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Invocation::Wrong(reason) => {
            eprint!("{}", options::usage(&D::IDENTITY, &reason));
            ExitCode::FAILURE
        }
        Invocation::Check(options, checks) => enter::<D>(options, async |life, _| life.check(checks)),
        Invocation::Run(options) => enter::<D>(options, Life::live),
    }
}

/// Starts to log and makes the runtime and the daemon in it.
fn enter<D: Daemon>(
    options: Options,
    live: impl AsyncFnOnce(Rc<Life<D>>, UnboundedReceiver<u8>) -> ExitCode,
) -> ExitCode {
    let process = D::IDENTITY.process;
    if options.relaxed {
        paths::relax();
    }
    log_panics();
    let runtime = log::start(process, options.debug)
        .and_then(|()| runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string()));
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(reason) => return fail(process, &reason),
    };
    // What tasks hold that the end finds unfinished may turn to the runtime when it is dropped.
    let _within = runtime.enter();
    LocalSet::new().block_on(&runtime, async {
        let (shutdown, told) = unbounded_channel();
        let context = Context { options, stats: Arc::default(), shutdown };
        match Life::<D>::new(context) {
            Ok(life) => live(life, told).await,
            Err(reason) => fail(process, &reason),
        }
    })
}

/// A bug shall be found in the log, too.
fn log_panics() {
    let to_stderr = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        log::event!(DCTL_PANIC, panic);
        log::flush();
        to_stderr(panic);
    }));
}

fn fail(process: &str, reason: &str) -> ExitCode {
    eprintln!("{process}: Fatal error during start up: {reason}");
    ExitCode::FAILURE
}

/// How long the end waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(1);

/// A daemon and what surrounds it.
pub(crate) struct Life<D: Daemon> {
    pub(crate) daemon: Rc<D>,
    pub(crate) context: Context,
    pub(crate) started: Instant,
    /// When a configuration last took effect.
    pub(crate) configured: Cell<Option<Instant>>,
    /// Hash of the configuration in effect.
    pub(crate) hash: RefCell<String>,
    /// The commands, which know this life: emptied at its end.
    table: Rc<Table>,
    /// This life itself, for its commands.
    me: Weak<Self>,
    sockets: RefCell<Serving>,
}

/// A configuration that is ready to take effect as a whole.
struct Ready<D: Daemon> {
    daemon: D::Prepared,
    outputs: log::Outputs,
    sockets: sockets::Bound,
}

impl<D: Daemon> Life<D> {
    fn new(context: Context) -> Result<Rc<Self>, String> {
        let daemon = Rc::new(D::new(context.clone())?);
        let life = Rc::new_cyclic(|me: &Weak<Self>| Life {
            daemon,
            context,
            started: Instant::now(),
            configured: Cell::new(None),
            hash: RefCell::default(),
            table: Rc::default(),
            me: me.clone(),
            sockets: RefCell::default(),
        });
        life.table.replace(commands::table(&life));
        Ok(life)
    }

    /// `-t` and `-T`.
    fn check(&self, checks: Checks) -> ExitCode {
        let told = |reason: &str| {
            eprintln!("{reason}");
            ExitCode::FAILURE
        };
        let document = match file::read(&self.context.options.config) {
            Ok(document) => document,
            Err(error) => return told(&format!("Syntax check failed with: {error}")),
        };
        D::report(Event::Tolerated(&document.warnings));
        if let Err(errors) = self.check_file(&document) {
            return told(&format!("Error encountered: {}", join(&errors)));
        }
        if self.context.options.debug {
            eprintln!("Syntax check OK");
        }
        let checked = match checks {
            Checks::Plain => self.test(&document),
            Checks::Extra => self.ready(&document).map(drop),
        };
        match checked {
            Ok(()) => ExitCode::SUCCESS,
            Err(errors) => told(&format!("Error encountered: {}", join(&errors))),
        }
    }

    /// The daemon proper.
    async fn live(self: Rc<Self>, told: UnboundedReceiver<u8>) -> ExitCode {
        let options = &self.context.options;
        D::report(Event::Starting(options));
        let process = D::IDENTITY.process;
        let pid_file = match PidFile::create(&options.config, process) {
            Ok(file) => file,
            Err(PidError::Running(reason)) => {
                eprintln!("{process} already running? {reason}");
                D::report(Event::AlreadyRunning(&reason));
                return ExitCode::FAILURE;
            }
            Err(PidError::Io(reason)) => {
                log::event!(DCTL_PID_FILE_ERROR, module = D::IDENTITY.module, reason);
                return fail(process, &reason);
            }
        };
        let exit = match self.serve(told).await {
            Ok(value) => {
                self.end();
                D::report(Event::Stopped);
                ExitCode::from(value)
            }
            Err(reason) => {
                self.report_failed_start(&reason);
                self.end();
                ExitCode::FAILURE
            }
        };
        drop(pid_file);
        exit
    }

    /// From the first configuration to the order to end; answers with the exit value.
    async fn serve(&self, mut told: UnboundedReceiver<u8>) -> Result<u8, String> {
        let listen = |kind| signal(kind).map_err(|error| error.to_string());
        let mut hangup = listen(SignalKind::hangup())?;
        let mut interrupt = listen(SignalKind::interrupt())?;
        let mut terminate = listen(SignalKind::terminate())?;
        self.load().map_err(|refusal| refusal.all())?;
        D::report(Event::Started);
        notify(&[NotifyState::Ready]);
        let exit = loop {
            tokio::select! {
                Some(value) = told.recv() => break value,
                _ = interrupt.recv() => break stopped_by(SIGINT),
                _ = terminate.recv() => break stopped_by(SIGTERM),
                // Whoever sent the signal finds the outcome in the log.
                _ = hangup.recv() => drop(self.reload()),
            }
        };
        D::report(Event::Stopping);
        notify(&[NotifyState::Stopping]);
        // What takes longer is left undone.
        let _ = tokio::time::timeout(PATIENCE, self.daemon.finish()).await;
        Ok(exit)
    }

    fn end(&self) {
        self.sockets.take();
        self.daemon.stop();
        self.table.replace(Table::default());
    }

    /// A start that failed is told on the console whatever the loggers say, and where they say.
    fn report_failed_start(&self, reason: &str) {
        if !log::on_console() {
            D::report(Event::InitFailed(reason));
            log::Outputs::console(D::IDENTITY.process, self.context.options.debug).apply();
        }
        D::report(Event::InitFailed(reason));
    }

    /// Puts the configuration file into effect; the reasons if that fails.
    pub(crate) fn load(&self) -> Result<(), Refusal> {
        let path = &self.context.options.config;
        let read = file::read(path).map_err(|error| vec![error]).and_then(|document| {
            D::report(Event::Tolerated(&document.warnings));
            self.check_file(&document).map(|()| document)
        });
        let read = read.map_err(|errors| match D::IDENTITY.style {
            Style::Server => Refusal::from(errors),
            Style::Controller => Refusal::from(errors).within("Configuration parsing failed"),
        });
        read.and_then(|document| Ok(self.configure(&document)?)).map_err(|refusal| {
            D::report(Event::LoadFailed(path, &refusal.all()));
            match D::IDENTITY.style {
                Style::Server => refusal.within(&format!("configuration error using file '{}'", path.display())),
                Style::Controller => refusal,
            }
        })
    }

    /// Reads the configuration file again. If that fails, everything stays as it was.
    pub(crate) fn reload(&self) -> Result<(), Refusal> {
        let path = &self.context.options.config;
        D::report(Event::Reloading(path));
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            notify(&[NotifyState::Reloading, now]);
        }
        let loaded = self.load();
        match &loaded {
            Ok(()) => D::report(Event::Reloaded(path)),
            Err(refusal) => D::report(Event::ReloadFailed(path, &refusal.all())),
        }
        notify(&[NotifyState::Ready]);
        loaded
    }

    /// Puts a configuration into effect; the reasons if that fails, and then nothing has changed.
    pub(crate) fn configure(&self, document: &Document) -> Result<(), Vec<ConfigError>> {
        if self.configured.get().is_none() {
            self.log_early(document);
        }
        match self.ready(document) {
            Ok((ready, hash)) => {
                self.apply(ready);
                self.hash.replace(hash);
                Ok(())
            }
            Err(errors) => {
                D::report(Event::Refused(&errors));
                Err(errors)
            }
        }
    }

    /// Finds out whether a configuration is good, without trying.
    pub(crate) fn test(&self, document: &Document) -> Result<(), Vec<ConfigError>> {
        self.daemon.check(document)?;
        let common = Common::read(document, D::IDENTITY.module);
        Self::wanted(&common).map(drop).map_err(|problem| document.errors(vec![problem]))
    }

    /// Before the first configuration there is no other that its loggers could disturb: what it does while it is prepared
    /// shall be found where it says.
    fn log_early(&self, document: &Document) {
        let common = Common::read(document, D::IDENTITY.module);
        if let Ok(outputs) = common.open_outputs(D::IDENTITY.process, self.context.options.debug) {
            outputs.apply();
        }
    }

    fn wanted(common: &Common) -> Result<Wanted, Problem> {
        Wanted::plan(common.sockets(), D::IDENTITY.http.as_ref())
    }

    /// What was written, completed and prepared, with the hash of what it became.
    fn ready(&self, written: &Document) -> Result<(Ready<D>, String), Vec<ConfigError>> {
        let completed = self.daemon.complete(written)?;
        let document = completed.as_ref().unwrap_or(written);
        Ok((self.prepare(document)?, hash::of(document)))
    }

    fn prepare(&self, document: &Document) -> Result<Ready<D>, Vec<ConfigError>> {
        let daemon = self.daemon.prepare(document)?;
        let common = Common::read(document, D::IDENTITY.module);
        let failed = |problem| document.errors(vec![problem]);
        let outputs = common.open_outputs(D::IDENTITY.process, self.context.options.debug).map_err(failed)?;
        let sockets = self.sockets.borrow().prepare(Self::wanted(&common).map_err(failed)?).map_err(failed)?;
        Ok(Ready { daemon, outputs, sockets })
    }

    fn apply(&self, ready: Ready<D>) {
        ready.outputs.apply();
        self.daemon.apply(ready.daemon);
        if let Some(life) = self.me.upgrade() {
            self.table.replace(commands::table(&life));
        }
        self.sockets.borrow_mut().apply(ready.sockets, &self.table);
        self.daemon.serve(&self.table);
        self.configured.set(Some(Instant::now()));
        D::report(Event::Configured);
    }

    /// What is asked of a file and not of a command.
    fn check_file(&self, document: &Document) -> Result<(), Vec<ConfigError>> {
        self.check_modules(document).map_err(|reason| vec![ConfigError::general(reason)])?;
        schema::check_filled(document, D::IDENTITY.parameters)
    }

    /// A configuration is a map that holds the daemon's part and nothing else.
    pub(crate) fn check_modules(&self, document: &Document) -> Result<(), String> {
        let module = D::IDENTITY.module;
        let Value::Map(members) = &document.root.value else {
            return Err(format!("the configuration must be a map that holds '{module}'"));
        };
        match members.iter().find(|member| &*member.key == module).map(|member| &member.node.value) {
            None => return Err(format!("Missing mandatory '{module}' parameter.")),
            Some(Value::Map(_)) => {}
            Some(_) => return Err(format!("'{module}' parameter expected to be a map.")),
        }
        let others: Vec<_> = members.iter().map(|it| &*it.key).filter(|key| *key != module).collect();
        match others.split_first() {
            None => Ok(()),
            Some((first, more)) => {
                let more: String = more.iter().map(|key| format!(" (and '{key}')")).collect();
                Err(match D::IDENTITY.style {
                    Style::Server => format!("Unsupported '{first}' parameter{more}."),
                    Style::Controller => {
                        format!("'arguments' parameter contains unsupported '{first}' parameter{more}")
                    }
                })
            }
        }
    }
}

/// The exit value of a daemon that a signal stopped.
fn stopped_by(signal: Signal) -> u8 {
    log::event!(DCTL_SHUTDOWN_SIGNAL_RECVD, signal = signal as i32);
    0
}

/// Why a configuration was refused.
pub(crate) struct Refusal {
    /// What was being done, in words that end with a colon and a space; or nothing.
    doing: String,
    /// What is wrong; there is at least one.
    pub errors: Vec<ConfigError>,
}

impl From<Vec<ConfigError>> for Refusal {
    fn from(errors: Vec<ConfigError>) -> Self {
        Self { doing: String::new(), errors }
    }
}

impl Refusal {
    /// The same while something else was being done.
    fn within(self, what: &str) -> Self {
        Self { doing: format!("{what}: {}", self.doing), ..self }
    }

    /// Everything that is wrong.
    pub fn all(&self) -> String {
        format!("{}{}", self.doing, join(&self.errors))
    }

    /// What is wrong first.
    pub fn first(&self) -> String {
        format!("{}{}", self.doing, join(self.errors.get(..1).unwrap_or_default()))
    }
}

/// All errors in one text, in the order of their positions.
fn join(errors: &[ConfigError]) -> String {
    errors.iter().map(ConfigError::to_string).collect::<Vec<_>>().join("; ")
}

/// Tells systemd, if it asked to be told.
fn notify(state: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(state);
}
