//! Requests: from the element of an operation to its parameters, strictly. What is not known is an error.

use super::{BASE, Errors, MONITORING, RpcError, Tag};
use crate::xml::Element;

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

/// A request.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Running and state (RFC 6241 §7.7).
    Get {
        /// Subtree filter.
        filter: Option<Element>,
    },
    /// RFC 6241 §7.1.
    GetConfig {
        /// Which.
        source: Datastore,
        /// Subtree filter.
        filter: Option<Element>,
    },
    /// RFC 6241 §7.2.
    EditConfig(EditConfig),
    /// RFC 6241 §7.3.
    CopyConfig {
        /// What is overwritten.
        target: Datastore,
        /// With what.
        source: Source,
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
    /// RFC 6241 §8.6.4.1.
    Validate(Source),
    /// RFC 6241 §8.3.4.1.
    Commit,
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
        _ => Err(not_supported(&operation.name).into()),
    }
}

fn base_operation(name: &str, mut parameters: Parameters) -> Result<Operation, Errors> {
    let operation = match name {
        "get" => Operation::Get { filter: parameters.filter()? },
        "get-config" => Operation::GetConfig { source: parameters.datastore("source")?, filter: parameters.filter()? },
        "edit-config" => Operation::EditConfig(edit_config(&mut parameters)?),
        "copy-config" => {
            Operation::CopyConfig { target: parameters.datastore("target")?, source: parameters.source()? }
        }
        "delete-config" => Operation::DeleteConfig { target: parameters.datastore("target")? },
        "lock" => Operation::Lock(parameters.datastore("target")?),
        "unlock" => Operation::Unlock(parameters.datastore("target")?),
        "validate" => Operation::Validate(parameters.source()?),
        "commit" => Operation::Commit,
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
    let default_operation = parameters.word(
        "default-operation",
        &[("merge", DefaultOperation::Merge), ("replace", DefaultOperation::Replace), ("none", DefaultOperation::None)],
    )?;
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

fn get_schema(mut parameters: Parameters) -> Result<Operation, Errors> {
    let identifier = parameters.required("identifier")?.trimmed().to_string();
    let version = parameters.take("version").map(|v| v.trimmed().to_string()).filter(|v| !v.is_empty());
    if let Some(format) = parameters.take("format") {
        let name = format.trimmed().rsplit(':').next().unwrap_or_default();
        if name != "yang" {
            return Err(bad_value("format", format.trimmed()).into());
        }
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
        let found = Datastore::ALL.into_iter().find(|datastore| element.is(&self.namespace, datastore.name()));
        found.ok_or_else(|| match element.name.as_str() {
            "url" => RpcError::protocol(Tag::OperationNotSupported, "URLs are not supported"),
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

    fn filter(&mut self) -> Result<Option<Element>, RpcError> {
        let Some(filter) = self.take("filter") else { return Ok(None) };
        let kind = filter.attribute(&self.namespace, "type").or_else(|| filter.attribute("", "type"));
        match kind {
            None | Some("subtree") => Ok(Some(filter)),
            Some(other) => {
                let message = format!("filters of type {other:?} are not supported, \"subtree\" is");
                let error = RpcError::protocol(Tag::BadAttribute, message);
                Err(error.with("bad-attribute", "type").with("bad-element", "filter"))
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

fn bad_value(name: &str, value: &str) -> RpcError {
    RpcError::protocol(Tag::InvalidValue, format!("<{name}> cannot be {value:?}")).with("bad-element", name)
}

fn not_supported(name: &str) -> RpcError {
    RpcError::protocol(Tag::OperationNotSupported, format!("operation <{name}> is not supported"))
        .with("bad-element", name)
}
