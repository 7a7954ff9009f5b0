//! A command as it was received.

use schema::ConfigError;
use schema::json::{self, Document, Node, Value};
use std::str::Utf8Error;

/// A command: its name, and its arguments with their positions in the text of the command.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the command.
    pub command: String,
    /// The text that was received, with the arguments as its root.
    document: Option<Document>,
    /// Whom it is for.
    service: Option<Value>,
}

/// Why a text is no command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RequestError {
    /// It is not JSON.
    Syntax(String),
    /// It lacks what a command has, or has what a command lacks.
    Malformed(String),
}

/// What a command may hold beside its name and its arguments. They matter to programs that forward commands.
const ACCEPTED: [&str; 4] = ["command", "arguments", "service", "remote-address"];

impl Request {
    /// A command without arguments, as a daemon gives one to itself.
    pub fn new(command: &str) -> Self {
        Request { command: command.to_owned(), document: None, service: None }
    }

    /// A command whose arguments are this document.
    pub fn with(command: &str, arguments: Document) -> Self {
        Request { command: command.to_owned(), document: Some(arguments), service: None }
    }

    /// The member `service`: whom a command is for that was sent to where there may be several daemons.
    pub(crate) fn service(&self) -> Option<&Value> {
        self.service.as_ref()
    }

    /// Reads a command as it was received.
    pub(crate) fn read(text: &[u8]) -> Result<Self, RequestError> {
        let not_text = |error: Utf8Error| format!("the command is not UTF-8 after {} bytes", error.valid_up_to());
        Self::parse(std::str::from_utf8(text).map_err(|error| RequestError::Syntax(not_text(error)))?)
    }

    /// Reads a command. Positions in errors refer to this text, which is called `<string>` as in Kea.
    fn parse(text: &str) -> Result<Self, RequestError> {
        let malformed = |reason: String| Err(RequestError::Malformed(format!("invalid command: {reason}")));
        let syntax = |error: ConfigError| RequestError::Syntax(error.to_string());
        let mut document = json::parse("<string>", text, &mut json::no_includes).map_err(syntax)?;
        let root = std::mem::replace(&mut document.root.value, Value::Null);
        let Value::Map(members) = root else {
            let kind = kind(&root);
            return malformed(format!("expected toplevel entry to be a map, got {kind} instead"));
        };
        if !members.iter().any(|member| &*member.key == "command") {
            return malformed("does not contain mandatory 'command'".to_owned());
        }
        if let Some(key) = members.iter().map(|it| &*it.key).filter(|key| !ACCEPTED.contains(key)).min() {
            return malformed(format!("unsupported parameter '{key}'"));
        }
        let (mut command, mut arguments, mut service) = (None, None, None);
        for member in members {
            match (&*member.key, member.node) {
                ("command", Node { value: Value::Text(name), .. }) => command = Some(name.into_string()),
                ("arguments", node) => arguments = Some(node),
                ("service", node) => service = Some(node.value),
                _ => {}
            }
        }
        let Some(command) = command else {
            // Kea names the kind of the whole here, not of the value.
            return malformed("expected 'command' to be a string, got map instead".to_owned());
        };
        let document = arguments.map(|root| {
            document.root = root;
            document
        });
        Ok(Request { command, document, service })
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

/// Names of JSON types as Kea writes them.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Real(_) => "real",
        Value::Text(_) => "string",
        Value::List(_) => "list",
        Value::Map(_) => "map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reason(text: &str) -> Option<String> {
        match Request::parse(text) {
            Err(RequestError::Malformed(reason)) => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn arguments_keep_their_positions() {
        let text = "{ \"command\": \"x\", \"service\": [ \"d2\" ], \"remote-address\": \"::1\",\n \"arguments\": { \"a\": 7 } }";
        let request = Request::parse(text);
        let request = request.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!((request.command.as_str(), request.arguments()), ("x", Some(json!({ "a": 7 }))));
        let pos = request.node().and_then(|it| it.member("a")).map(|it| (it.pos.line, it.pos.column));
        assert_eq!(pos, Some((2, 22)));
        let document = request.into_document();
        let error = document.as_ref().and_then(|it| Some(it.error(it.root.member("a")?.pos, "no")));
        assert_eq!(error.map(|it| it.to_string()).as_deref(), Some("<string>:2:22: a: no"));
    }

    #[test]
    fn malformed_commands_are_told_in_keas_words() {
        assert_eq!(
            reason("[ ]").as_deref(),
            Some("invalid command: expected toplevel entry to be a map, got list instead")
        );
        assert_eq!(reason("{ }").as_deref(), Some("invalid command: does not contain mandatory 'command'"));
        assert_eq!(
            reason("{ \"command\": \"a\", \"zz\": 1, \"bogus\": 1 }").as_deref(),
            Some("invalid command: unsupported parameter 'bogus'")
        );
        assert_eq!(
            reason("{ \"command\": 1 }").as_deref(),
            Some("invalid command: expected 'command' to be a string, got map instead")
        );
        assert!(matches!(Request::parse("{ \"command\" }"), Err(RequestError::Syntax(_))));
    }
}
