//! kea-dhcp4 and kea-dhcp6 as daemons: from a document to a configuration in effect, its commands, and what the log says of it.

use crate::announce;
use crate::backend::{Backend, Control};
use crate::commands;
use crate::database::Watch;
use crate::family::Family;
use crate::libraries;
use crate::messages::*;
use crate::plane::{Plane, Prepared};
use crate::positions;
use control::{Answer, Table};
use dhcpd_config::parameters::{ConfigControl, HookLibrary};
use libs::{Editor, service};
use process::{Context, Daemon, Event, Identity, Options, Reconfigure, VERSION};
use schema::json::{Document, Redacted};
use schema::{At, ConfigError, Given};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What differs between the daemons beside the [data plane](Family).
pub trait Program: Family {
    /// The parameters of a configuration as they were written.
    type Parameters: 'static;

    /// Names.
    const IDENTITY: Identity;
    /// Port of servers and relays.
    const PORT: u16;
    /// Whose tables a configuration in a database stands in.
    const TABLES: sql::config::Family;

    /// What the command line and the environment say about replies.
    fn settings(options: &Options, port: u16) -> Self::Settings;
    /// Reads a configuration.
    fn load(document: &Document) -> Result<(Self::Parameters, Self::Config), Vec<ConfigError>>;
    /// Says what is remarkable about one that is good.
    fn remark(document: &Document, parameters: &Self::Parameters, config: &Self::Config);
    /// What else a snapshot is made of.
    fn identity(document: &Document, config: &Self::Config) -> Result<Self::Identity, Vec<ConfigError>>;
    /// `hooks-libraries`, `config-control` and `server-tag`.
    fn common(parameters: &Self::Parameters) -> Common<'_>;
    /// The parameters as they were written.
    fn written(parameters: &Self::Parameters) -> Value;
    /// The same with all defaults: `{ "Dhcp4": { } }`.
    fn shown(parameters: &Self::Parameters) -> Value;
    /// Says which subnets there are now.
    fn announce(before: Option<&Self::Config>, config: &Self::Config);
    /// How many subnets there are.
    fn subnets(config: &Self::Config) -> usize;
    /// Adds the commands of this family, and those of its libraries.
    fn add_commands(table: &mut Table, plane: &Plane<Self>, editor: &Editor, databases: &Given<ConfigControl>);
}

/// Parameters that are the same in both families.
pub struct Common<'a> {
    /// `hooks-libraries`.
    pub libraries: &'a [At<HookLibrary>],
    /// `config-control`.
    pub config_control: &'a Given<ConfigControl>,
    /// `server-tag`.
    pub server_tag: String,
}

/// A DHCP server.
pub struct Dhcp<F: Program> {
    plane: Plane<F>,
    parameters: RefCell<Option<Arc<F::Parameters>>>,
    backend: Rc<Backend>,
    /// `-R`: nobody is served.
    repair: bool,
}

/// A configuration that is good and ready.
pub struct Ready<F: Program> {
    parameters: Arc<F::Parameters>,
    summary: String,
    plane: Prepared<F>,
}

impl<F: Program> Daemon for Dhcp<F> {
    const IDENTITY: Identity = F::IDENTITY;
    type Prepared = Ready<F>;

    fn new(context: Context) -> Result<Self, String> {
        let port = context.options.server_port.unwrap_or(F::PORT);
        say!(F: DHCP4_OPEN_SOCKET | DHCP6_OPEN_SOCKET, port = port);
        let settings = F::settings(&context.options, port);
        let repair = context.options.repair;
        if repair {
            say!(F: DHCP4_CB_REPAIR_MODE_ENABLED | DHCP6_CB_REPAIR_MODE_ENABLED);
        }
        let plane = Plane::new(port, settings, context.stats, context.shutdown.clone());
        let (service, shutdown) = (plane.service(), context.shutdown);
        let guard = Box::new(move |link| Watch::start::<F>(link, service.clone(), shutdown.clone()));
        let backend = Rc::new(Backend::new(F::TABLES, repair, judge::<F>, guard));
        Ok(Self { plane, parameters: RefCell::new(None), backend, repair })
    }

    fn complete(&self, written: &Document) -> Result<Option<Document>, Vec<ConfigError>> {
        self.backend.complete(written)
    }

    fn prepare(&self, document: &Document) -> Result<Ready<F>, Vec<ConfigError>> {
        let (parameters, config) = read::<F>(document)?;
        let updates = if F::parts(&config).d2.enable_updates { "enabled" } else { "disabled" };
        let summary = format!("added IPv{} subnets: {}; DDNS: {updates}", F::NUMBER, F::subnets(&config));
        let identity = F::identity(document, &config)?;
        let unfit = |unfit| positions::errors(document, F::IDENTITY.module, unfit);
        let plane = self.plane.prepare(Arc::new(config), identity).map_err(unfit)?;
        Ok(Ready { parameters: Arc::new(parameters), summary, plane })
    }

    fn check(&self, document: &Document) -> Result<(), Vec<ConfigError>> {
        let (_, config) = read::<F>(document)?;
        self.plane.check(&config).map_err(|unfit| positions::errors(document, F::IDENTITY.module, unfit))
    }

    fn apply(&self, ready: Ready<F>) {
        let before = self.plane.run();
        self.plane.apply(ready.plane);
        if let Some(run) = self.plane.run() {
            let config = F::config(&run.snapshot);
            F::announce(before.as_ref().map(|before| F::config(&before.snapshot)), config);
            announce::names(F::parts(config).d2.enable_updates);
            announce::interfaces(F::parts(config).interfaces, F::NUMBER == 6);
        }
        if let Some(before) = before {
            self.plane.retire(before);
        }
        self.backend.apply();
        if self.repair {
            self.plane.service().disable(service::USER);
        }
        say!(F: DHCP4_CONFIG_COMPLETE | DHCP6_CONFIG_COMPLETE, summary = ready.summary);
        let before = self.parameters.borrow_mut().replace(ready.parameters.clone());
        let before = before.as_ref().map_or(&[][..], |before| F::common(before).libraries);
        libraries::report(before, F::common(&ready.parameters).libraries);
    }

    fn config(&self) -> Value {
        let mut config = self.parameters.borrow().as_ref().map_or(Value::Null, |parameters| F::shown(parameters));
        if let Some(shown) = config.get_mut(F::IDENTITY.module) {
            commands::show_limits(shown, self.plane.limits());
        }
        config
    }

    fn report(event: Event<'_>) {
        match event {
            Event::Starting(options) => {
                say!(F: DHCP4_STARTING | DHCP6_STARTING, version = VERSION, product = crate::PRODUCT);
                say!(
                    F: DHCP4_START_INFO | DHCP6_START_INFO,
                    pid = std::process::id(),
                    server_port = options.server_port.unwrap_or(F::PORT),
                    client_port = options.client_port.unwrap_or(0),
                    verbose = options.debug
                );
                if process::is_root() {
                    say!(F: DHCP4_ROOT_USER_SECURITY_WARNING | DHCP6_ROOT_USER_SECURITY_WARNING);
                }
                if options.relaxed {
                    say!(F: DHCP4_SECURITY_CHECKS_DISABLED | DHCP6_SECURITY_CHECKS_DISABLED);
                }
            }
            Event::AlreadyRunning(reason) => {
                say!(F: DHCP4_ALREADY_RUNNING | DHCP6_ALREADY_RUNNING, process = F::IDENTITY.process, reason)
            }
            Event::LoadFailed(file, reason) => {
                say!(F: DHCP4_CONFIG_LOAD_FAIL | DHCP6_CONFIG_LOAD_FAIL, file = file.display(), reason)
            }
            Event::Tolerated(warnings) => {
                warnings
                    .iter()
                    .for_each(|warning| say!(F: DHCP4_CONFIG_SYNTAX_WARNING | DHCP6_CONFIG_SYNTAX_WARNING, warning));
            }
            Event::Refused(errors) => {
                for error in errors {
                    match error.is_placed() {
                        true => {
                            say!(F: DHCP4_PARSER_FAIL | DHCP6_PARSER_FAIL, element = error.path, reason = crate::place(error))
                        }
                        false => say!(F: DHCP4_PARSER_COMMIT_FAIL | DHCP6_PARSER_COMMIT_FAIL, reason = error),
                    }
                }
            }
            Event::InitFailed(reason) => say!(F: DHCP4_INIT_FAIL | DHCP6_INIT_FAIL, reason),
            Event::Started => say!(F: DHCP4_STARTED | DHCP6_STARTED, version = VERSION),
            Event::Configured => {}
            Event::Reloading(file) => {
                say!(F: DHCP4_DYNAMIC_RECONFIGURATION | DHCP6_DYNAMIC_RECONFIGURATION, file = file.display())
            }
            Event::Reloaded(file) => {
                say!(F: DHCP4_DYNAMIC_RECONFIGURATION_SUCCESS | DHCP6_DYNAMIC_RECONFIGURATION_SUCCESS, file = file.display())
            }
            Event::ReloadFailed(file, reason) => {
                say!(F: DHCP4_DYNAMIC_RECONFIGURATION_FAIL | DHCP6_DYNAMIC_RECONFIGURATION_FAIL, file = file.display(), reason)
            }
            Event::Stopping => say!(F: DHCP4_SHUTDOWN_REQUEST | DHCP6_SHUTDOWN_REQUEST),
            Event::Stopped => say!(F: DHCP4_SHUTDOWN | DHCP6_SHUTDOWN),
        }
    }

    fn commands(self: &Rc<Self>, table: &mut Table, reconfigure: Reconfigure) {
        commands::add(table, &self.plane);
        let (written, shown) = (self.clone(), self.clone());
        let editor = Editor {
            module: F::IDENTITY.module,
            written: Rc::new(move || written.parameters.borrow().as_ref().map_or(Value::Null, |p| F::written(p))),
            shown: Rc::new(move || shown.config()),
            configure: self.backend.editing(reconfigure.clone()),
        };
        commands::add_editing(table, &editor);
        self.backend.add(table, reconfigure);
        let parameters = self.parameters.borrow();
        let databases = parameters.as_ref().and_then(|parameters| F::common(parameters).config_control.clone());
        F::add_commands(table, &self.plane, &editor, &databases);
        let daemon = self.clone();
        table.add("server-tag-get", move |_| {
            let parameters = daemon.parameters.borrow();
            let tag = parameters.as_ref().map(|parameters| F::common(parameters).server_tag).unwrap_or_default();
            Answer::with(json!({ "server-tag": tag }))
        });
    }

    fn status(&self, status: &mut Map<String, Value>) {
        commands::status(&self.plane, status);
    }

    fn serve(&self, table: &Rc<Table>) {
        self.plane.serve(table);
    }

    fn stop(&self) {
        self.plane.stop();
    }
}

/// Reads a configuration, and says what is remarkable about it.
fn read<F: Program>(document: &Document) -> Result<(F::Parameters, F::Config), Vec<ConfigError>> {
    say!(F: DHCP4_CONFIG_RECEIVED | DHCP6_CONFIG_RECEIVED, configuration = Redacted(document));
    say!(F: DHCP4_CONFIG_START | DHCP6_CONFIG_START, configuration = Redacted(document));
    announce::warn(document);
    let (parameters, config) = F::load(document)?;
    positions::check_links(document, F::IDENTITY.module)?;
    let lookup_first = [F::IDENTITY.module, "reservations-lookup-first"];
    if F::parts(&config).threads.is_some() && announce::is_written(document, &lookup_first) {
        say!(F: DHCP4_RESERVATIONS_LOOKUP_FIRST_ENABLED | DHCP6_RESERVATIONS_LOOKUP_FIRST_ENABLED);
    }
    F::remark(document, &parameters, &config);
    Ok((parameters, config))
}

/// Whether a configuration is good, and where it is completed from.
fn judge<F: Program>(document: &Document) -> Result<Option<Control>, Vec<ConfigError>> {
    let (parameters, _) = F::load(document)?;
    positions::check_links(document, F::IDENTITY.module)?;
    let Common { config_control, server_tag, .. } = F::common(&parameters);
    Ok(Control::of(config_control, server_tag))
}
