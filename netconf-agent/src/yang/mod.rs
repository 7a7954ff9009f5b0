//! libyang, and all that touches it: schema, data trees, edits, filters.
//!
//! The rest of the agent sees [`Schema`], [`Tree`] and plain JSON and XML text. A [`Tree`] never changes once it is
//! made: an edit makes another. So datastores share trees, and "has this model changed" is a comparison of pointers.

mod diff;
mod document;
mod edit;
mod json;
mod names;
mod path;
mod print;
mod raw;
mod schema;
mod select;
mod touched;
mod tree;
mod xpath;

pub use diff::Difference;
pub use edit::Edit;
pub use print::{Defaults, View};
pub use schema::{ACCESS_CONTROL, Module, Schema};
pub use tree::Tree;

use crate::xml::Element;

/// What a filter selects.
#[derive(Clone, Debug)]
pub enum Selection {
    /// All.
    All,
    /// What a subtree filter (`<filter>`) selects.
    Subtree(Element),
    /// What an XPath expression finds; its names have names of modules as prefixes.
    XPath(String),
}

/// A node of a data tree.
type Node<'a> = yang2::data::DataNodeRef<'a, 'static>;

/// Something that the schema does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Instance path as libyang and the translators write it, `/kea-dhcp4-server:config/subnet4[id='1']`; may be empty.
    pub path: String,
    /// What is wrong.
    pub reason: String,
    /// `error-app-tag` by RFC 7950 §15, or what the module gives itself.
    pub app_tag: Option<String>,
}

impl Invalid {
    /// Something that is wrong as a whole.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { path: String::new(), reason: reason.into(), app_tag: None }
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() { f.write_str(&self.reason) } else { write!(f, "{}: {}", self.path, self.reason) }
    }
}

impl std::error::Error for Invalid {}

impl From<yang2::Error> for Invalid {
    fn from(error: yang2::Error) -> Self {
        let reason = error.msg.unwrap_or_else(|| "not allowed by the schema".to_string());
        Self { path: error.path.unwrap_or_default(), reason, app_tag: error.apptag }
    }
}

#[cfg(test)]
mod tests;
