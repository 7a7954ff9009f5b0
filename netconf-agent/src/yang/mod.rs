//! libyang, and all that touches it: schema, data trees, edits, filters.
//!
//! The rest of the agent sees [`Schema`], [`Tree`] and plain JSON and XML text. A [`Tree`] never changes once it is
//! made: an edit makes another. So datastores share trees, and "has this model changed" is a comparison of pointers.

mod document;
mod edit;
mod json;
mod path;
mod print;
mod raw;
mod schema;
mod select;
mod tree;

pub use edit::Edit;
pub use schema::{Module, Schema};
pub use tree::{Tree, select_from_xml};

/// A node of a data tree.
type Node<'a> = yang2::data::DataNodeRef<'a, 'static>;

/// Something that the schema does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Instance path as libyang and the translators write it, `/kea-dhcp4-server:config/subnet4[id='1']`; may be empty.
    pub path: String,
    /// What is wrong.
    pub reason: String,
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
        Self { path: error.path.unwrap_or_default(), reason }
    }
}

#[cfg(test)]
mod tests;
