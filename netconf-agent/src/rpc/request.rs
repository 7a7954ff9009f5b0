//! Requests: from the element of an operation to its parameters, strictly. What is not known is an error.

use std::net::Ipv6Addr;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use super::{BASE, DHCPV6_SERVER, Errors, MONITORING, NMDA, NOTIFICATION, PARTIAL_LOCK, RpcError, Tag, WITH_DEFAULTS};
use crate::xml::{Element, Scope};
use crate::yang::{Defaults, View};

/// A configuration datastore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Datastore {
    /// What the daemons run with.
    Running,
    /// What is being prepared.
    Candidate,
    /// What is loaded when the agent starts.
    Startup,
}

impl Datastore {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Running, Self::Candidate, Self::Startup];

    /// The name of its element.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Candidate => "candidate",
            Self::Startup => "startup",
        }
    }
}

/// Where a whole configuration comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A datastore.
    Datastore(Datastore),
    /// `<config>` in the request.
    Inline(Element),
}

/// What happens to elements without an operation of their own (RFC 6241 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultOperation {
    /// They are merged.
    Merge,
    /// The configuration given replaces all there is.
    Replace,
    /// Nothing; they only lead to others.
    None,
}

/// Whether an edit is tested, set, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOption {
    /// Validated first, then set.
    TestThenSet,
    /// Set without validation.
    Set,
    /// Validated only.
    TestOnly,
}

/// What an error within an edit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorOption {
    /// The edit ends.
    Stop,
    /// The rest of the edit is done nevertheless.
    Continue,
    /// The edit ends, and nothing of it stays.
    Rollback,
}

/// Parameters of `<edit-config>`.
#[derive(Clone, Debug)]
pub struct EditConfig {
    /// What is edited.
    pub target: Datastore,
    /// For elements without an operation of their own.
    pub default_operation: DefaultOperation,
    /// As given; without one, see `operations`.
    pub test_option: Option<TestOption>,
    /// What an error does.
    pub error_option: ErrorOption,
    /// `<config>`.
    pub config: Element,
}

/// Which data is wanted.
#[derive(Clone, Debug)]
pub enum Filter {
    /// A subtree filter (RFC 6241 §6): the element that holds it.
    Subtree(Element),
    /// An XPath expression (RFC 6241 §8.9).
    XPath {
        /// As written.
        expression: String,
        /// What its prefixes stand for.
        scope: Rc<Scope>,
    },
}

/// Parameters of `<commit>` (RFC 6241 §8.4.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// It is undone after this time unless another commit follows; none if it stands by itself.
    pub confirmed: Option<Duration>,
    /// The name under which another session may follow.
    pub persist: Option<String>,
    /// The name of the commit that this one follows.
    pub persist_id: Option<String>,
}

/// Parameters of `<create-subscription>` (RFC 5277 §2.1.1).
#[derive(Clone, Debug)]
pub struct Subscribe {
    /// Name of the stream.
    pub stream: String,
    /// Which events.
    pub filter: Option<Filter>,
    /// Since when.
    pub start: Option<DateTime<FixedOffset>>,
    /// Until when.
    pub stop: Option<DateTime<FixedOffset>>,
}

/// A request.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Running and state (RFC 6241 §7.7).
    Get {
        /// Which of it.
        filter: Option<Filter>,
        /// How.
        view: View,
    },
    /// RFC 6241 §7.1.
    GetConfig {
        /// Which.
        source: Datastore,
        /// Which of it.
        filter: Option<Filter>,
        /// How.
        view: View,
    },
    /// RFC 8526 §3.1.1.
    GetData {
        /// Which; none is the operational datastore.
        datastore: Option<Datastore>,
        /// Which of it.
        filter: Option<Filter>,
        /// How.
        view: View,
    },
    /// RFC 6241 §7.2.
    EditConfig(EditConfig),
    /// RFC 8526 §3.1.2.
    EditData(EditConfig),
    /// RFC 6241 §7.3.
    CopyConfig {
        /// What is overwritten.
        target: Datastore,
        /// With what.
        source: Source,
        /// Whether the schema's values are written out.
        defaults: Defaults,
    },
    /// RFC 6241 §7.4.
    DeleteConfig {
        /// Which.
        target: Datastore,
    },
    /// RFC 6241 §7.5.
    Lock(Datastore),
    /// RFC 6241 §7.6.
    Unlock(Datastore),
    /// RFC 5717 §2.4.1: XPath expressions.
    PartialLock(Vec<Filter>),
    /// RFC 5717 §2.4.2: the number of a lock.
    PartialUnlock(u32),
    /// RFC 6241 §8.6.4.1.
    Validate(Source),
    /// RFC 6241 §8.3.4.1, §8.4.5.
    Commit(Commit),
    /// RFC 6241 §8.4.4.1.
    CancelCommit {
        /// The name of the commit that is undone.
        persist_id: Option<String>,
    },
    /// RFC 6241 §8.3.4.2.
    DiscardChanges,
    /// RFC 6241 §7.8.
    CloseSession,
    /// RFC 6241 §7.9.
    KillSession(u32),
    /// RFC 6022 §3.1.
    GetSchema {
        /// Name of the module.
        identifier: String,
        /// Revision.
        version: Option<String>,
    },
    /// RFC 5277 §2.1.1.
    CreateSubscription(Subscribe),
    /// RFC 9243 §4.1: delete-address-lease and delete-prefix-lease.
    DeleteLease(Lease),
}

/// Whose lease is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// That of an address.
    Address(Ipv6Addr),
    /// That of a prefix, with its length in bits.
    Prefix(Ipv6Addr, u8),
}

impl Operation {
    /// The module that defines the operation, and its name.
    pub fn name(&self) -> (&'static str, &'static str) {
        const NETCONF: &str = "ietf-netconf";
        const DHCPV6: &str = "ietf-dhcpv6-server";
        const PARTS: &str = "ietf-netconf-partial-lock";
        match self {
            Self::Get { .. } => (NETCONF, "get"),
            Self::GetConfig { .. } => (NETCONF, "get-config"),
            Self::GetData { .. } => ("ietf-netconf-nmda", "get-data"),
            Self::EditConfig(_) => (NETCONF, "edit-config"),
            Self::EditData(_) => ("ietf-netconf-nmda", "edit-data"),
            Self::CopyConfig { .. } => (NETCONF, "copy-config"),
            Self::DeleteConfig { .. } => (NETCONF, "delete-config"),
            Self::Lock(_) => (NETCONF, "lock"),
            Self::Unlock(_) => (NETCONF, "unlock"),
            Self::PartialLock(_) => (PARTS, "partial-lock"),
            Self::PartialUnlock(_) => (PARTS, "partial-unlock"),
            Self::Validate(_) => (NETCONF, "validate"),
            Self::Commit(_) => (NETCONF, "commit"),
            Self::CancelCommit { .. } => (NETCONF, "cancel-commit"),
            Self::DiscardChanges => (NETCONF, "discard-changes"),
            Self::CloseSession => (NETCONF, "close-session"),
            Self::KillSession(_) => (NETCONF, "kill-session"),
            Self::GetSchema { .. } => ("ietf-netconf-monitoring", "get-schema"),
            Self::CreateSubscription(_) => ("notifications", "create-subscription"),
            Self::DeleteLease(Lease::Address(_)) => (DHCPV6, "delete-address-lease"),
            Self::DeleteLease(Lease::Prefix(..)) => (DHCPV6, "delete-prefix-lease"),
        }
    }
}

/// Reads the operation out of an `<rpc>`.
pub fn request(rpc: &mut Element) -> Result<Operation, Errors> {
    let mut operations = std::mem::take(&mut rpc.children).into_iter();
    let Some(mut operation) = operations.next() else {
        return Err(RpcError::missing_element("operation", "rpc").into());
    };
    if let Some(second) = operations.next() {
        return Err(RpcError::unknown_element(&second.name, "rpc").into());
    }
    let parameters = Parameters {
        operation: operation.name.clone(),
        namespace: operation.namespace.to_string(),
        left: std::mem::take(&mut operation.children),
    };
    match (&*operation.namespace, operation.name.as_str()) {
        (BASE, name) => base_operation(name, parameters),
        (MONITORING, "get-schema") => get_schema(parameters),
        (NMDA, "get-data") => get_data(parameters),
        (NMDA, "edit-data") => edit_data(parameters),
        (NOTIFICATION, "create-subscription") => create_subscription(parameters),
        (PARTIAL_LOCK, "partial-lock") => partial_lock(parameters),
        (PARTIAL_LOCK, "partial-unlock") => partial_unlock(parameters),
        (DHCPV6_SERVER, name @ ("delete-address-lease" | "delete-prefix-lease")) => delete_lease(name, parameters),
        _ => Err(not_supported(&operation.name).into()),
    }
}

fn partial_lock(mut parameters: Parameters) -> Result<Operation, Errors> {
    let first = parameters.required("select")?;
    let others = std::iter::from_fn(|| parameters.take("select"));
    let filter = |select: Element| {
        let expression = select.trimmed().to_string();
        Filter::XPath { expression, scope: Rc::clone(&select.scope) }
    };
    let selects = std::iter::once(first).chain(others).map(filter).collect();
    parameters.end()?;
    Ok(Operation::PartialLock(selects))
}

fn partial_unlock(mut parameters: Parameters) -> Result<Operation, Errors> {
    let id = parameters.required("lock-id")?;
    parameters.end()?;
    let id = id.trimmed().parse().map_err(|_| bad_value("lock-id", id.trimmed()))?;
    Ok(Operation::PartialUnlock(id))
}

fn delete_lease(name: &str, mut parameters: Parameters) -> Result<Operation, Errors> {
    let is_address = name == "delete-address-lease";
    let leaf = if is_address { "lease-address-to-delete" } else { "lease-prefix-to-delete" };
    let value = parameters.required(leaf)?.trimmed().to_string();
    parameters.end()?;
    let prefix = || {
        let (address, length) = value.split_once('/')?;
        let length = length.parse().ok().filter(|length| *length <= 128)?;
        Some(Lease::Prefix(address.parse().ok()?, length))
    };
    let lease = if is_address { value.parse().ok().map(Lease::Address) } else { prefix() };
    Ok(Operation::DeleteLease(lease.ok_or_else(|| bad_value(leaf, &value))?))
}

fn base_operation(name: &str, mut parameters: Parameters) -> Result<Operation, Errors> {
    let operation = match name {
        "get" => Operation::Get { filter: parameters.filter()?, view: View::of(parameters.defaults()?) },
        "get-config" => Operation::GetConfig {
            source: parameters.datastore("source")?,
            filter: parameters.filter()?,
            view: View::of(parameters.defaults()?),
        },
        "edit-config" => Operation::EditConfig(edit_config(&mut parameters)?),
        "copy-config" => Operation::CopyConfig {
            target: parameters.datastore("target")?,
            source: parameters.source()?,
            defaults: parameters.defaults()?,
        },
        "delete-config" => Operation::DeleteConfig { target: parameters.datastore("target")? },
        "lock" => Operation::Lock(parameters.datastore("target")?),
        "unlock" => Operation::Unlock(parameters.datastore("target")?),
        "validate" => Operation::Validate(parameters.source()?),
        "commit" => Operation::Commit(commit(&mut parameters)?),
        "cancel-commit" => Operation::CancelCommit { persist_id: parameters.text("persist-id") },
        "discard-changes" => Operation::DiscardChanges,
        "close-session" => Operation::CloseSession,
        "kill-session" => {
            let id = parameters.required("session-id")?;
            let id = id.trimmed().parse().map_err(|_| bad_value("session-id", id.trimmed()))?;
            Operation::KillSession(id)
        }
        other => return Err(not_supported(other).into()),
    };
    parameters.end()?;
    Ok(operation)
}

fn edit_config(parameters: &mut Parameters) -> Result<EditConfig, RpcError> {
    let target = parameters.datastore("target")?;
    let default_operation = parameters.word("default-operation", DEFAULT_OPERATIONS)?;
    let test_option = parameters.word(
        "test-option",
        &[("test-then-set", TestOption::TestThenSet), ("set", TestOption::Set), ("test-only", TestOption::TestOnly)],
    )?;
    let error_option = parameters.word(
        "error-option",
        &[
            ("stop-on-error", ErrorOption::Stop),
            ("continue-on-error", ErrorOption::Continue),
            ("rollback-on-error", ErrorOption::Rollback),
        ],
    )?;
    Ok(EditConfig {
        target,
        default_operation: default_operation.unwrap_or(DefaultOperation::Merge),
        test_option,
        error_option: error_option.unwrap_or(ErrorOption::Stop),
        config: parameters.required("config")?,
    })
}

const DEFAULT_OPERATIONS: &[(&str, DefaultOperation)] =
    &[("merge", DefaultOperation::Merge), ("replace", DefaultOperation::Replace), ("none", DefaultOperation::None)];

/// How long an unconfirmed commit stands without `<confirm-timeout>` (RFC 6241 §8.4.1).
const CONFIRM_WITHIN: u32 = 600;

fn commit(parameters: &mut Parameters) -> Result<Commit, RpcError> {
    let confirmed = parameters.take("confirmed").is_some();
    let seconds = match parameters.take("confirm-timeout") {
        None => CONFIRM_WITHIN,
        Some(given) => match given.trimmed().parse() {
            Ok(seconds) if seconds > 0 => seconds,
            _ => return Err(bad_value("confirm-timeout", given.trimmed())),
        },
    };
    let confirmed = confirmed.then(|| Duration::from_secs(seconds.into()));
    Ok(Commit { confirmed, persist: parameters.text("persist"), persist_id: parameters.text("persist-id") })
}

fn get_data(mut parameters: Parameters) -> Result<Operation, Errors> {
    let datastore = parameters.nmda_datastore()?;
    let expression = parameters.take("xpath-filter");
    let filter = match (parameters.take("subtree-filter"), expression) {
        (Some(_), Some(_)) => {
            let message = "<subtree-filter> and <xpath-filter> exclude each other";
            return Err(RpcError::protocol(Tag::BadElement, message).with("bad-element", "xpath-filter").into());
        }
        (Some(filter), None) => Some(Filter::Subtree(filter)),
        (None, Some(filter)) => {
            Some(Filter::XPath { expression: filter.trimmed().to_string(), scope: Rc::clone(&filter.scope) })
        }
        (None, None) => None,
    };
    let mut view = View::of(parameters.defaults()?);
    view.config = parameters.word("config-filter", &[("true", true), ("false", false)])?;
    if let Some(depth) = parameters.take("max-depth").filter(|depth| depth.trimmed() != "unbounded") {
        let levels = depth.trimmed().parse().ok().filter(|levels| *levels > 0);
        view.depth = Some(levels.ok_or_else(|| bad_value("max-depth", depth.trimmed()))?);
    }
    origins(&mut parameters, &mut view)?;
    view.with_origin = parameters.take("with-origin").is_some();
    if datastore.is_some() && view.with_origin {
        let message = "only the operational datastore has origins";
        return Err(RpcError::protocol(Tag::InvalidValue, message).with("bad-element", "with-origin").into());
    }
    parameters.end()?;
    Ok(Operation::GetData { datastore, filter, view })
}

/// Configuration has the origins `intended` and `default`; every origin is derived from `origin`.
fn origins(parameters: &mut Parameters, view: &mut View) -> Result<(), RpcError> {
    for (name, wanted) in [("origin-filter", true), ("negated-origin-filter", false)] {
        let mut given = Vec::new();
        while let Some(origin) = parameters.take(name) {
            given.push(local_name(origin.trimmed()).to_string());
        }
        const KNOWN: [&str; 7] = ["origin", "intended", "dynamic", "system", "learned", "default", "unknown"];
        if let Some(unknown) = given.iter().find(|origin| !KNOWN.contains(&origin.as_str())) {
            return Err(bad_value(name, unknown));
        }
        if !given.is_empty() {
            let named = |origin: &str| given.iter().any(|given| given == origin || given == "origin");
            view.intended &= named("intended") == wanted;
            view.default &= named("default") == wanted;
        }
    }
    Ok(())
}

fn edit_data(mut parameters: Parameters) -> Result<Operation, Errors> {
    let target = parameters.nmda_datastore()?.ok_or_else(|| bad_value("datastore", "operational"))?;
    if parameters.take("url").is_some() {
        return Err(no_url().into());
    }
    let default_operation = parameters.word("default-operation", DEFAULT_OPERATIONS)?;
    let edit = EditConfig {
        target,
        default_operation: default_operation.unwrap_or(DefaultOperation::Merge),
        test_option: None,
        error_option: ErrorOption::Rollback,
        config: parameters.required("config")?,
    };
    parameters.end()?;
    Ok(Operation::EditData(edit))
}

fn create_subscription(mut parameters: Parameters) -> Result<Operation, Errors> {
    let stream = parameters.text("stream").unwrap_or_else(|| "NETCONF".to_string());
    let filter = parameters.filter()?;
    let (start, stop) = (parameters.time("startTime")?, parameters.time("stopTime")?);
    parameters.end()?;
    Ok(Operation::CreateSubscription(Subscribe { stream, filter, start, stop }))
}

fn get_schema(mut parameters: Parameters) -> Result<Operation, Errors> {
    let identifier = parameters.required("identifier")?.trimmed().to_string();
    let version = parameters.take("version").map(|v| v.trimmed().to_string()).filter(|v| !v.is_empty());
    let format = parameters.take("format").filter(|format| local_name(format.trimmed()) != "yang");
    if let Some(other) = format {
        return Err(bad_value("format", other.trimmed()).into());
    }
    parameters.end()?;
    Ok(Operation::GetSchema { identifier, version })
}

/// What stands in an operation and was not looked at yet.
struct Parameters {
    operation: String,
    namespace: String,
    left: Vec<Element>,
}

impl Parameters {
    fn take(&mut self, name: &str) -> Option<Element> {
        let at = self.left.iter().position(|child| child.is(&self.namespace, name))?;
        Some(self.left.remove(at))
    }

    fn required(&mut self, name: &str) -> Result<Element, RpcError> {
        self.take(name).ok_or_else(|| RpcError::missing_element(name, &self.operation))
    }

    /// The text of an element.
    fn text(&mut self, name: &str) -> Option<String> {
        self.take(name).map(|element| element.trimmed().to_string())
    }

    /// A date and time.
    fn time(&mut self, name: &str) -> Result<Option<DateTime<FixedOffset>>, RpcError> {
        let Some(given) = self.text(name) else { return Ok(None) };
        let time = DateTime::parse_from_rfc3339(&given);
        time.map(Some).map_err(|_| {
            let message = format!("<{name}> is no date and time");
            RpcError::protocol(Tag::BadElement, message).with("bad-element", name)
        })
    }

    /// `<with-defaults>` (RFC 6243 §4.5); without it what was written is meant.
    fn defaults(&mut self) -> Result<Defaults, RpcError> {
        let of_nmda = self.namespace == NMDA;
        let is_it =
            |child: &Element| child.is(WITH_DEFAULTS, "with-defaults") || of_nmda && child.is(NMDA, "with-defaults");
        let Some(at) = self.left.iter().position(is_it) else { return Ok(Defaults::Explicit) };
        let given = self.left.remove(at);
        let found = Defaults::NAMES.iter().find(|(name, _)| *name == given.trimmed());
        found.map(|(_, defaults)| *defaults).ok_or_else(|| bad_value("with-defaults", given.trimmed()))
    }

    /// `<datastore>` of NMDA's operations; none is the operational one.
    fn nmda_datastore(&mut self) -> Result<Option<Datastore>, RpcError> {
        let given = self.required("datastore")?;
        nmda_datastore(&given)
    }

    /// The one element in `<source>` or `<target>`.
    fn only_child(&mut self, name: &str) -> Result<Element, RpcError> {
        let mut children = self.required(name)?.children.into_iter();
        match (children.next(), children.next()) {
            (Some(child), None) => Ok(child),
            (None, _) => Err(RpcError::missing_element("running, candidate or startup", name)),
            (Some(_), Some(second)) => Err(RpcError::unknown_element(&second.name, name)),
        }
    }

    fn datastore(&mut self, name: &str) -> Result<Datastore, RpcError> {
        let child = self.only_child(name)?;
        self.named(&child, name)
    }

    fn named(&self, element: &Element, within: &str) -> Result<Datastore, RpcError> {
        if element.is(NMDA, "datastore") {
            // RFC 8526 §3.2: configuration datastores only.
            return nmda_datastore(element)?.ok_or_else(|| bad_value("datastore", "operational"));
        }
        let found = Datastore::ALL.into_iter().find(|datastore| element.is(&self.namespace, datastore.name()));
        found.ok_or_else(|| match element.name.as_str() {
            "url" => no_url(),
            other => RpcError::unknown_element(other, within),
        })
    }

    fn source(&mut self) -> Result<Source, RpcError> {
        let child = self.only_child("source")?;
        if child.is(&self.namespace, "config") {
            return Ok(Source::Inline(child));
        }
        self.named(&child, "source").map(Source::Datastore)
    }

    fn filter(&mut self) -> Result<Option<Filter>, RpcError> {
        // ncclient puts the filter of a subscription into the namespace of the protocol.
        let is_it = |child: &Element| child.is(&self.namespace, "filter") || child.is(BASE, "filter");
        let Some(at) = self.left.iter().position(is_it) else { return Ok(None) };
        let filter = self.left.remove(at);
        let attribute = |name: &str| {
            filter
                .attribute(&self.namespace, name)
                .or_else(|| filter.attribute(BASE, name))
                .or_else(|| filter.attribute("", name))
        };
        let wrong = |tag: Tag, attribute: &str, message: String| {
            RpcError::protocol(tag, message).with("bad-attribute", attribute).with("bad-element", "filter")
        };
        match (attribute("type"), attribute("select")) {
            (None | Some("subtree"), _) => Ok(Some(Filter::Subtree(filter))),
            (Some("xpath"), Some(select)) => {
                let expression = select.trim().to_string();
                Ok(Some(Filter::XPath { expression, scope: Rc::clone(&filter.scope) }))
            }
            (Some("xpath"), None) => {
                Err(wrong(Tag::MissingAttribute, "select", "an XPath filter has its expression in select".into()))
            }
            (Some(other), _) => {
                let message = format!("filters are of type \"subtree\" or \"xpath\", not {other:?}");
                Err(wrong(Tag::BadAttribute, "type", message))
            }
        }
    }

    fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, RpcError> {
        let Some(element) = self.take(name) else { return Ok(None) };
        let given = element.trimmed();
        let found = words.iter().find(|(word, _)| *word == given);
        found.map(|(_, value)| Some(*value)).ok_or_else(|| bad_value(name, given))
    }

    fn end(self) -> Result<(), RpcError> {
        match self.left.first() {
            None => Ok(()),
            Some(unknown) => Err(RpcError::unknown_element(&unknown.name, &self.operation)),
        }
    }
}

fn nmda_datastore(element: &Element) -> Result<Option<Datastore>, RpcError> {
    let name = local_name(element.trimmed());
    let found = Datastore::ALL.into_iter().find(|datastore| datastore.name() == name);
    match found {
        // Nothing is between running and intended (RFC 8342 §5.1.4), which is not served by itself.
        None if name != "operational" => Err(bad_value("datastore", element.trimmed())),
        found => Ok(found),
    }
}

/// The name of an identity without its prefix.
fn local_name(identity: &str) -> &str {
    identity.rsplit(':').next().unwrap_or_default()
}

fn no_url() -> RpcError {
    RpcError::protocol(Tag::OperationNotSupported, "URLs are not supported").with("bad-element", "url")
}

fn bad_value(name: &str, value: &str) -> RpcError {
    RpcError::protocol(Tag::InvalidValue, format!("<{name}> cannot be {value:?}")).with("bad-element", name)
}

fn not_supported(name: &str) -> RpcError {
    RpcError::protocol(Tag::OperationNotSupported, format!("operation <{name}> is not supported"))
        .with("bad-element", name)
}
