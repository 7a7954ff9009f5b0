//! `<rpc-error>` (RFC 6241 §4.3 and Appendix A): the one place that turns what went wrong into what the client reads.

use crate::xml;
use crate::yang::Invalid;

/// Layer where the error occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    /// Content of the message as such.
    Rpc,
    /// The operation and its parameters.
    Protocol,
    /// What the operation was applied to.
    Application,
}

impl ErrorType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rpc => "rpc",
            Self::Protocol => "protocol",
            Self::Application => "application",
        }
    }
}

/// What went wrong, in the words of RFC 6241 Appendix A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Needs something that another session holds.
    InUse,
    /// A value that is not allowed.
    InvalidValue,
    /// The request or the answer is too large.
    TooBig,
    /// An attribute is missing.
    MissingAttribute,
    /// An attribute has a wrong value.
    BadAttribute,
    /// An attribute that is not known.
    UnknownAttribute,
    /// An element is missing.
    MissingElement,
    /// An element has a wrong value.
    BadElement,
    /// An element that is not known.
    UnknownElement,
    /// A namespace that is not known.
    UnknownNamespace,
    /// No right to do this.
    AccessDenied,
    /// Another session holds the lock.
    LockDenied,
    /// What was to be created is there.
    DataExists,
    /// What was to be changed or deleted is not there.
    DataMissing,
    /// The server does not do this.
    OperationNotSupported,
    /// Anything else.
    OperationFailed,
    /// Not a message; for base:1.1 only.
    MalformedMessage,
}

impl Tag {
    fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in-use",
            Self::InvalidValue => "invalid-value",
            Self::TooBig => "too-big",
            Self::MissingAttribute => "missing-attribute",
            Self::BadAttribute => "bad-attribute",
            Self::UnknownAttribute => "unknown-attribute",
            Self::MissingElement => "missing-element",
            Self::BadElement => "bad-element",
            Self::UnknownElement => "unknown-element",
            Self::UnknownNamespace => "unknown-namespace",
            Self::AccessDenied => "access-denied",
            Self::LockDenied => "lock-denied",
            Self::DataExists => "data-exists",
            Self::DataMissing => "data-missing",
            Self::OperationNotSupported => "operation-not-supported",
            Self::OperationFailed => "operation-failed",
            Self::MalformedMessage => "malformed-message",
        }
    }
}

/// An instance path as XPath, with the prefixes it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorPath {
    /// `/kea-dhcp4-server:config/kea-dhcp4-server:subnet4[kea-dhcp4-server:id='1']`.
    pub xpath: String,
    /// Prefixes and their namespaces.
    pub namespaces: Vec<(String, String)>,
}

impl ErrorPath {
    /// Writes the declarations of the prefixes, as attributes.
    pub fn write_namespaces(&self, out: &mut String) {
        for (name, namespace) in &self.namespaces {
            out.push_str(" xmlns:");
            out.push_str(name);
            xml::write_value(namespace, out);
        }
    }
}

/// An error as the client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// Layer.
    pub kind: ErrorType,
    /// Tag.
    pub tag: Tag,
    /// What exactly, in the words of a module (RFC 7950 §15).
    pub app_tag: Option<String>,
    /// Where in the data.
    pub path: Option<Box<ErrorPath>>,
    /// For people.
    pub message: String,
    /// `<error-info>`: names and texts (`bad-element`, `session-id`).
    pub info: Vec<(&'static str, String)>,
}

/// All that went wrong with one request.
pub type Errors = Vec<RpcError>;

impl RpcError {
    /// An error of the protocol layer.
    pub fn protocol(tag: Tag, message: impl Into<String>) -> Self {
        Self { kind: ErrorType::Protocol, tag, app_tag: None, path: None, message: message.into(), info: Vec::new() }
    }

    /// An error of the application layer.
    pub fn application(tag: Tag, message: impl Into<String>) -> Self {
        Self { kind: ErrorType::Application, ..Self::protocol(tag, message) }
    }

    /// An element that does not belong where it stands.
    pub fn unknown_element(name: &str, within: &str) -> Self {
        Self::protocol(Tag::UnknownElement, format!("<{within}> has no element <{name}>")).with("bad-element", name)
    }

    /// An element that must be there.
    pub fn missing_element(name: &str, within: &str) -> Self {
        Self::protocol(Tag::MissingElement, format!("<{within}> lacks <{name}>")).with("bad-element", name)
    }

    /// A filter that is none (RFC 6241 §8.9.5.1).
    pub fn bad_filter(invalid: &Invalid) -> Self {
        Self::protocol(Tag::InvalidValue, format!("the filter cannot be used: {}", invalid.reason))
            .with("bad-element", "filter")
    }

    /// Something that access control does not allow.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::application(Tag::AccessDenied, message)
    }

    /// The same error with something in `<error-info>`.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.info.push((name, value.into()));
        self
    }

    /// The same error with an `error-app-tag`.
    pub fn tagged(mut self, app_tag: Option<String>) -> Self {
        self.app_tag = app_tag;
        self
    }

    /// The same error with its place in the data.
    pub fn at(mut self, path: ErrorPath) -> Self {
        self.path = Some(Box::new(path));
        self
    }

    /// Writes `<rpc-error>`; `prefix` is put before every name (`nc:`).
    pub fn write(&self, prefix: &str, out: &mut String) {
        out.push_str(&format!("<{prefix}rpc-error>"));
        xml::write_leaf(&format!("{prefix}error-type"), self.kind.as_str(), out);
        xml::write_leaf(&format!("{prefix}error-tag"), self.tag.as_str(), out);
        xml::write_leaf(&format!("{prefix}error-severity"), "error", out);
        if let Some(app_tag) = &self.app_tag {
            xml::write_leaf(&format!("{prefix}error-app-tag"), app_tag, out);
        }
        if let Some(path) = &self.path {
            out.push_str(&format!("<{prefix}error-path"));
            path.write_namespaces(out);
            out.push('>');
            xml::write_text(&path.xpath, out);
            out.push_str(&format!("</{prefix}error-path>"));
        }
        out.push_str(&format!("<{prefix}error-message xml:lang=\"en\">"));
        xml::write_text(&self.message, out);
        out.push_str(&format!("</{prefix}error-message>"));
        if !self.info.is_empty() {
            out.push_str(&format!("<{prefix}error-info>"));
            for (name, value) in &self.info {
                xml::write_leaf(&format!("{prefix}{name}"), value, out);
            }
            out.push_str(&format!("</{prefix}error-info>"));
        }
        out.push_str(&format!("</{prefix}rpc-error>"));
    }
}

impl From<RpcError> for Errors {
    fn from(error: RpcError) -> Self {
        vec![error]
    }
}
