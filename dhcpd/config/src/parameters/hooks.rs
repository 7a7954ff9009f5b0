//! Libraries that extend the server: how they are written, which there are, and what each makes of its parameters.
//!
//! A library's parameters are a scope of its own, read with the positions of the file it stands in. A library that works
//! has a variant of [`Library`] and a row in [`BUNDLED`]; what it does stands elsewhere.

mod bootp;
mod cb_cmds;
mod class_cmds;
mod ddns_tuning;
mod flex_id;
mod flex_option;
mod ha;
mod host_cache;
mod host_cmds;
mod lease_cmds;
mod lease_query;
mod legal_log;
mod limits;
mod mysql;
mod perfmon;
mod pgsql;
mod ping_check;
mod rbac;
mod run_script;
mod stat_cmds;
mod subnet_cmds;
mod user_chk;

pub use bootp::Bootp;
pub use cb_cmds::CbCmds;
pub use class_cmds::ClassCmds;
pub use ddns_tuning::{DdnsTuning, DdnsTuningRules};
pub use flex_id::{FlexId, FlexIdRules};
pub use flex_option::{
    FlexOption, FlexOptionRule, FlexOptionRules, OfClass, OptionChange, Side, SubOptionRule, ValueChange,
};
pub use ha::{
    HaMode, HaPeer, HaRelationship, HaRole, HaRules, HaState, HaTls, HaUrl, HighAvailability, Pause, Relationship,
};
pub use host_cache::{HostCache, HostCacheLimits};
pub use host_cmds::HostCmds;
pub use lease_cmds::{BindingVariable, LeaseCmds};
pub use lease_query::{BulkRules, LeaseQuery, LeaseQueryRules};
pub use legal_log::{LegalLog, LegalLogRules, LegalLogType, LegalLogUnit};
pub use limits::{ClassLimit, Limit, LimitRules, Limits, Rate};
pub use mysql::Mysql;
pub use perfmon::{AlarmRule, DurationKey, Perfmon, PerfmonRules, check_pair, message_name};
pub use pgsql::Pgsql;
pub use ping_check::{PingCheck, PingCheckRules, PingPolicy};
pub use rbac::{Access, CommandAccess, CommandDescription, Described, Permissions, Rbac, RbacRules, RoleMethod};
pub use run_script::{RunScript, RunScriptRules};
pub use stat_cmds::StatCmds;
pub use subnet_cmds::SubnetCmds;
pub use user_chk::UserChk;

use super::{Definitions, Membership};
use crate::classes::Classifier;
use eval::{BoolExpression, ParseError, StringExpression};
use schema::json::{Node, Value};
use schema::table::{Kind, Table};
use schema::{At, Field, Given, Json, Pos, Problem, Reader, Scope};
use std::sync::Arc;
use wire::options::Family;

/// A library that extends the server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct HookLibrary {
    /// File of the library: its name, or a path to it.
    #[param(required)]
    pub library: Given<String>,
    /// Parameters of the library.
    #[param(yang(opaque = "parameters"))]
    pub parameters: Given<Opaque>,
}

impl HookLibrary {
    /// The name of the file alone: by it a bundled library is known, wherever the path points to.
    pub fn file(&self) -> &str {
        self.library.as_ref().and_then(|given| given.rsplit('/').next()).unwrap_or_default()
    }
}

/// A map that its library reads: kept as it was written, with its positions.
#[derive(Clone, Debug)]
pub struct Opaque(Node);

impl Default for Opaque {
    fn default() -> Self {
        Self(Node { pos: Pos::default(), value: Value::Map(Vec::new()) })
    }
}

impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        self.write() == other.write()
    }
}

impl Field for Opaque {
    const KIND: Kind = Kind::Any;

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        match node.value {
            Value::Map(_) => Some(Self(node.clone())),
            _ => {
                reader.expected(node, "a map");
                None
            }
        }
    }

    fn write(&self) -> serde_json::Value {
        self.0.to_json()
    }
}

/// A library that works, with what its parameters resolve to.
#[derive(Clone, Debug)]
pub enum Library {
    /// `libdhcp_bootp.so`: BOOTP clients are served.
    Bootp,
    /// `libdhcp_cb_cmds.so`: commands about configurations in databases.
    CbCmds,
    /// `libdhcp_class_cmds.so`: commands about client classes.
    ClassCmds,
    /// `libdhcp_ddns_tuning.so`: names that expressions make, and clients of whom the DNS does not hear.
    DdnsTuning(DdnsTuningRules),
    /// `libdhcp_flex_id.so`: clients are known by what an expression makes of their packets.
    FlexId(FlexIdRules),
    /// `libdhcp_flex_option.so`: options that expressions make, change and take away.
    FlexOption(FlexOptionRules),
    /// `libdhcp_ha.so`: servers that share clients.
    HighAvailability(Arc<HaRules>),
    /// `libdhcp_host_cache.so`: reservations that commands bring, at most so many; 0: without limit.
    HostCache(usize),
    /// `libdhcp_host_cmds.so`: commands about reservations.
    HostCmds,
    /// `libdhcp_lease_cmds.so`: commands about leases.
    LeaseCmds,
    /// `libdhcp_legal_log.so`: who had which address, in files.
    LegalLog(Box<LegalLogRules>),
    /// `libdhcp_mysql.so`: databases of the type "mysql".
    Mysql,
    /// `libdhcp_pgsql.so`: databases of the type "postgresql".
    Pgsql,
    /// `libdhcp_ping_check.so`: nobody is offered an address that answers a ping.
    PingCheck(PingCheckRules),
    /// `libdhcp_rbac.so`: who may give which commands over HTTP.
    Rbac(Arc<RbacRules>),
    /// `libdhcp_run_script.so`: a script hears of leases.
    RunScript(RunScriptRules),
    /// `libdhcp_lease_query.so`: what others ask about leases.
    LeaseQuery(LeaseQueryRules),
    /// `libdhcp_limits.so`: how many leases clients may hold, and how many packets are answered.
    Limits(LimitRules),
    /// `libdhcp_perfmon.so`: how long queries take.
    Perfmon(PerfmonRules),
    /// `libdhcp_stat_cmds.so`: commands that count leases by subnet.
    StatCmds,
    /// `libdhcp_subnet_cmds.so`: commands about subnets and shared networks.
    SubnetCmds,
    /// `libdhcp_user_chk.so`: clients that are not registered are served from the last subnet.
    UserChk,
}

/// What a library's parameters are resolved with.
pub(crate) struct Loading<'a> {
    /// Whose server it is.
    pub family: Family,
    /// Options that expressions may name.
    pub definitions: &'a Definitions,
    /// Classes that expressions may name.
    pub classes: &'a mut Classifier,
    /// User contexts of classes, and by number of the subnet: some libraries have parameters there.
    pub client_classes: &'a [ClassContext<'a>],
    pub subnets: &'a [(u32, &'a At<Json>)],
    /// User contexts of shared networks, by the numbers of their subnets.
    pub networks: &'a [(u32, &'a At<Json>)],
    /// The libraries: some need others.
    pub libraries: &'a [At<HookLibrary>],
    /// What is wrong is added here.
    pub problems: &'a mut Vec<Problem>,
}

/// The user context of a class.
pub(crate) struct ClassContext<'a> {
    /// Name of the class.
    pub name: &'a str,
    /// It has a `template-test`.
    pub template: bool,
    /// The context.
    pub context: &'a At<Json>,
}

impl<'a> ClassContext<'a> {
    /// That of a class, if it has any.
    pub fn of(membership: &'a Membership, context: &'a Given<Json>) -> Option<Self> {
        let name = &membership.name.as_ref()?.value;
        Some(Self { name, template: membership.template_test.is_some(), context: context.as_ref()? })
    }
}

impl Loading<'_> {
    /// An expression whose value is a string; none if it is absent or empty.
    pub fn text(&mut self, given: &Given<String>) -> Option<StringExpression> {
        self.expression(given, StringExpression::parse)
    }

    /// An expression that is true or false; none if it is absent or empty.
    pub fn truth(&mut self, given: &Given<String>) -> Option<BoolExpression> {
        self.expression(given, BoolExpression::parse)
    }

    fn expression<E>(
        &mut self,
        given: &Given<String>,
        parse: impl FnOnce(&str, &mut eval::Scope<'_>) -> Result<E, ParseError>,
    ) -> Option<E> {
        let given = given.as_ref().filter(|text| !text.is_empty())?;
        match self.parse(given, parse) {
            Ok(expression) => Some(expression),
            Err(reason) => {
                self.problems.push(Problem::new(given.pos, reason));
                None
            }
        }
    }

    /// An expression that stands where problems have no position.
    fn parse<E>(
        &mut self,
        text: &str,
        parse: impl FnOnce(&str, &mut eval::Scope<'_>) -> Result<E, ParseError>,
    ) -> Result<E, String> {
        let mut scope = eval::Scope { family: self.family, definitions: self.definitions, classes: self.classes };
        parse(text, &mut scope).map_err(|error| error.to_string())
    }
}

/// The parameters of a library.
pub(crate) trait Load: Scope {
    /// The name of its file.
    const FILE: &'static str;
    /// The servers that it is for.
    const FAMILIES: &'static [Family] = &[Family::V4, Family::V6];

    /// What the library works with.
    fn resolve(&self, loading: &mut Loading<'_>) -> Library;
}

/// A bundled library.
pub struct Bundled {
    /// The name of its file.
    pub file: &'static str,
    /// The table of its parameters; none as long as it is known by name only.
    pub parameters: Option<&'static Table>,
    load: Option<fn(&Node, &mut Loading<'_>) -> Library>,
    families: &'static [Family],
}

impl Bundled {
    const fn works<L: Load>() -> Self {
        Self { file: L::FILE, parameters: Some(L::TABLE), load: Some(load::<L>), families: L::FAMILIES }
    }

    const fn later(file: &'static str) -> Self {
        Self { file, parameters: None, load: None, families: &[] }
    }
}

/// The bundled libraries.
pub const BUNDLED: &[Bundled] = &[
    Bundled::works::<Bootp>(),
    Bundled::works::<CbCmds>(),
    Bundled::works::<ClassCmds>(),
    Bundled::works::<DdnsTuning>(),
    Bundled::works::<FlexId>(),
    Bundled::works::<FlexOption>(),
    Bundled::works::<HighAvailability>(),
    Bundled::works::<HostCache>(),
    Bundled::works::<HostCmds>(),
    Bundled::works::<LeaseCmds>(),
    Bundled::works::<LeaseQuery>(),
    Bundled::works::<LegalLog>(),
    Bundled::works::<Limits>(),
    Bundled::works::<Mysql>(),
    Bundled::works::<Perfmon>(),
    Bundled::works::<Pgsql>(),
    Bundled::works::<PingCheck>(),
    Bundled::later("libdhcp_radius.so"),
    Bundled::works::<Rbac>(),
    Bundled::works::<RunScript>(),
    Bundled::works::<StatCmds>(),
    Bundled::works::<SubnetCmds>(),
    Bundled::works::<UserChk>(),
];

/// The libraries in the order in which they are written. Those that are not bundled are refused, and those that do not
/// work yet.
pub(crate) fn load_libraries(mut loading: Loading<'_>) -> Vec<Library> {
    loading.libraries.iter().filter_map(|entry| load_library(entry, &mut loading)).collect()
}

fn load_library(entry: &HookLibrary, loading: &mut Loading<'_>) -> Option<Library> {
    let given = entry.library.as_ref()?;
    let file = entry.file();
    let bundled = BUNDLED.iter().find(|bundled| bundled.file == file);
    let reason = match bundled.map(|bundled| (bundled, bundled.load)) {
        Some((bundled, Some(_))) if !bundled.families.contains(&loading.family) => {
            format!("{file} is not for this server")
        }
        Some((_, Some(load))) => {
            let parameters = entry.parameters.as_ref().map(|given| given.value.clone()).unwrap_or_default();
            return Some(load(&parameters.0, loading));
        }
        Some((_, None)) => format!("not supported yet: {file}"),
        None if file.is_empty() => "must name the file of a library".to_owned(),
        None => format!("not supported yet: {file} is not among the bundled libraries"),
    };
    loading.problems.push(Problem::new(given.pos, reason));
    None
}

fn load<L: Load>(parameters: &Node, loading: &mut Loading<'_>) -> Library {
    let mut reader = Reader::default();
    let read = L::read(&mut reader, parameters);
    loading.problems.append(&mut reader.problems);
    read.resolve(loading)
}
