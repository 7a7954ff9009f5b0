//! A command as it was received.

use schema::json::{Document, Node};

/// A command: its name, and its arguments with their positions in the text of the command.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the command.
    pub command: String,
    /// The text that was received, with the arguments as its root.
    document: Option<Document>,
}

impl Request {
    /// A command without arguments, as a daemon gives one to itself.
    pub fn new(command: &str) -> Self {
        Request { command: command.to_owned(), document: None }
    }

    /// The arguments, for a handler that reports positions.
    pub fn node(&self) -> Option<&Node> {
        self.document.as_ref().map(|document| &document.root)
    }

    /// The arguments as plain JSON.
    pub fn arguments(&self) -> Option<serde_json::Value> {
        self.node().map(Node::to_json)
    }

    /// The arguments as a document of their own: what the handlers of `config-set` and its likes parse.
    pub fn into_document(self) -> Option<Document> {
        self.document
    }
}
