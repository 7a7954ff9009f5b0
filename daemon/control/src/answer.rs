//! What a command answers.

use serde_json::{Map, Value, json};

/// The result of a command, as Kea numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Done.
    Success = 0,
    /// Not done, for the reason in the text.
    Error = 1,
    /// There is no such command.
    Unsupported = 2,
    /// Done, and nothing was found.
    Empty = 3,
    /// Not done since it would be at odds with what is there.
    Conflict = 4,
    /// Not done, and the daemon is not as it was before.
    Fatal = 5,
    /// Not done: a server that shares clients cannot be maintained as it is.
    MaintenanceNotAllowed = 1001,
}

/// Result, text and arguments of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What became of the command.
    pub result: Code,
    /// In words; left out if empty.
    pub text: String,
    /// What was asked for.
    pub arguments: Option<Value>,
}

impl Answer {
    /// Success, in words.
    pub fn done(text: impl Into<String>) -> Self {
        Answer::new(Code::Success, text)
    }

    /// Success, with what was asked for and no words.
    pub fn with(arguments: Value) -> Self {
        Answer::new(Code::Success, "").and(arguments)
    }

    /// An error, with its reason.
    pub fn error(reason: impl Into<String>) -> Self {
        Answer::new(Code::Error, reason)
    }

    /// Any result, in words.
    pub fn new(result: Code, text: impl Into<String>) -> Self {
        Answer { result, text: text.into(), arguments: None }
    }

    /// The same answer with arguments.
    pub fn and(mut self, arguments: Value) -> Self {
        self.arguments = Some(arguments);
        self
    }

    /// `{ "result": 0, "text": "...", "arguments": { } }`
    pub fn to_json(self) -> Value {
        let mut map = Map::new();
        map.insert("result".to_owned(), json!(self.result as u16));
        if !self.text.is_empty() {
            map.insert("text".to_owned(), Value::String(self.text));
        }
        if let Some(arguments) = self.arguments {
            map.insert("arguments".to_owned(), arguments);
        }
        Value::Object(map)
    }

    /// Reads an answer; the reason if it is none.
    pub fn from_json(value: Value) -> Result<Self, String> {
        let Value::Object(mut map) = value else {
            return Err("the answer is not a map".to_owned());
        };
        let result = match map.get("result").and_then(Value::as_u64) {
            Some(0) => Code::Success,
            Some(1) => Code::Error,
            Some(2) => Code::Unsupported,
            Some(3) => Code::Empty,
            Some(4) => Code::Conflict,
            Some(5) => Code::Fatal,
            Some(1001) => Code::MaintenanceNotAllowed,
            _ => return Err("the answer has no result that is known".to_owned()),
        };
        let text = map.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Answer { result, text, arguments: map.remove("arguments") })
    }
}
