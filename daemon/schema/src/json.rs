//! The JSON dialect: RFC 8259 and what Kea's configuration files add to it.
//!
//! Comments (`#`, `//`, `/* */`), `<?include "file"?>`, a comma too many (with a warning) and numbers with leading zeros
//! (with a warning). An include splices the other file's text in, so it may hold a value, or a few members of a map. The
//! same key twice in a map is an error. A string holds Unicode; `\u` escapes are code units of UTF-16 as in RFC 8259 §7
//! (Kea takes only up to `\u00ff`).

mod edit;
mod scan;

use crate::{ConfigError, Pos, Problem};
use scan::{Scanner, Token};
use std::collections::HashSet;
use std::fmt;

/// Maps and lists inside each other, at most (Kea: `Element::MAX_NESTING_LEVEL`).
pub const MAX_NESTING: usize = 100;

/// Files including each other, at most, the outermost not counted.
pub const MAX_INCLUDES: usize = 10;

/// A parsed text: the tree, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The outermost value.
    pub root: Node,
    /// Names of the files by [`Pos::file`]; a file included twice stands here twice.
    pub files: Vec<String>,
    /// What was tolerated and should not be.
    pub warnings: Vec<ConfigError>,
}

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The first character of the value.
    pub pos: Pos,
    /// The value.
    pub value: Value,
}

/// A JSON value whose parts know where they stand.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number without fraction and exponent.
    Int(i64),
    /// Any other number; always finite.
    Real(f64),
    /// A string.
    Text(Box<str>),
    /// `[ ]`
    List(Vec<Node>),
    /// `{ }`, in written order; no key twice.
    Map(Vec<Member>),
}

/// A key and its value in a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The key.
    pub key: Box<str>,
    /// Where the key begins.
    pub pos: Pos,
    /// The value.
    pub node: Node,
}

/// Parses a text that is known as `name` in errors. `include` answers with the text of a file by the name that is written
/// in an `<?include?>`, or with the reason why it cannot be read; [`no_includes`] refuses all.
pub fn parse(
    name: &str,
    text: &str,
    include: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Document, ConfigError> {
    let mut parser = Parser { scan: Scanner::new(name, text, include), depth: 0 };
    let parsed = parser.document();
    let Scanner { files, warnings, .. } = parser.scan;
    match parsed {
        Ok(root) => {
            let mut document = Document { root, files, warnings: Vec::new() };
            document.warnings = document.errors(warnings);
            Ok(document)
        }
        Err(problem) => Err(problem.at(&files, String::new())),
    }
}

/// For texts that may not include others, such as the argument of a command.
pub fn no_includes(_file: &str) -> Result<String, String> {
    Err("a file cannot be included here".to_owned())
}

impl Document {
    /// The error at a position of this document: with the file's name and the path of the parameter that stands there.
    pub fn error(&self, pos: Pos, reason: impl Into<String>) -> ConfigError {
        self.errors(vec![Problem { pos, reason: reason.into() }]).remove(0)
    }

    /// The errors for problems found in this document, in the order of their positions.
    pub fn errors(&self, mut problems: Vec<Problem>) -> Vec<ConfigError> {
        if problems.is_empty() {
            return Vec::new();
        }
        problems.sort_by_key(|problem| problem.pos);
        let mut paths = vec![String::new(); problems.len()];
        locate(&self.root, &mut String::new(), &mut |pos, path| {
            let first = problems.partition_point(|problem| problem.pos < pos);
            for (problem, found) in problems[first..].iter().zip(&mut paths[first..]) {
                if problem.pos != pos {
                    break;
                }
                // Where nobody wrote a key, it stands where its value does.
                path.clone_into(found);
            }
        });
        problems.into_iter().zip(paths).map(|(problem, path)| problem.at(&self.files, path)).collect()
    }
}

/// Tells every position under a node with its path.
fn locate(node: &Node, path: &mut String, found: &mut dyn FnMut(Pos, &str)) {
    use std::fmt::Write as _;
    found(node.pos, path);
    let length = path.len();
    match &node.value {
        Value::Map(members) => {
            for member in members {
                if length > 0 {
                    path.push('/');
                }
                path.push_str(&member.key);
                found(member.pos, path);
                locate(&member.node, path, found);
                path.truncate(length);
            }
        }
        Value::List(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                let _ = write!(path, "[{index}]");
                locate(node, path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// What a document says, for messages: without passwords and secrets.
#[derive(Clone, Copy, Debug)]
pub struct Redacted<'a>(pub &'a Document);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut json = self.0.root.to_json();
        redact(&mut json);
        json.fmt(f)
    }
}

fn redact(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Array(list) => list.iter_mut().for_each(redact),
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "password" | "secret" => *value = "*****".into(),
                    // Remarks of the operator are shown as they are.
                    "user-context" => {}
                    _ => redact(value),
                }
            }
        }
        _ => {}
    }
}

impl Node {
    /// The value without positions.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Real(value) => (*value).into(),
            Value::Text(value) => (**value).into(),
            Value::List(nodes) => nodes.iter().map(Node::to_json).collect(),
            Value::Map(members) => {
                members.iter().map(|member| (member.key.to_string(), member.node.to_json())).collect()
            }
        }
    }
}

impl Value {
    /// What this is, for an error message: `a string`.
    pub fn noun(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "a whole number",
            Value::Real(_) => "a number with a fraction",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// Recursive descent over the tokens; the depth is limited.
struct Parser<'a> {
    scan: Scanner<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<Node, Problem> {
        let (pos, token) = self.scan.next()?;
        let root = self.value(pos, token)?;
        match self.scan.next()? {
            (_, Token::End) => Ok(root),
            (pos, token) => Err(Problem::new(pos, format!("the text should end here, found {token}"))),
        }
    }

    fn value(&mut self, pos: Pos, token: Token) -> Result<Node, Problem> {
        let value = match token {
            Token::Null => Value::Null,
            Token::Bool(value) => Value::Bool(value),
            Token::Int(value) => Value::Int(value),
            Token::Real(value) => Value::Real(value),
            Token::Text(value) => Value::Text(value),
            Token::Mark(b'[') => self.nested(pos, Self::list)?,
            Token::Mark(b'{') => self.nested(pos, Self::map)?,
            token => return Err(Problem::new(pos, format!("expected a value, found {token}"))),
        };
        Ok(Node { pos, value })
    }

    fn nested(&mut self, pos: Pos, inside: fn(&mut Self) -> Result<Value, Problem>) -> Result<Value, Problem> {
        if self.depth == MAX_NESTING {
            return Err(Problem::new(pos, format!("more than {MAX_NESTING} maps and lists inside each other")));
        }
        self.depth += 1;
        let value = inside(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, Problem> {
        let mut nodes = Vec::new();
        loop {
            match self.scan.next()? {
                (_, Token::Mark(b']')) => return Ok(Value::List(nodes)),
                (pos, Token::Mark(b',')) if !nodes.is_empty() => {
                    self.extra_comma(pos);
                    continue;
                }
                (pos, token) => nodes.push(self.value(pos, token)?),
            }
            if self.separator(b']')? {
                return Ok(Value::List(nodes));
            }
        }
    }

    fn map(&mut self) -> Result<Value, Problem> {
        let mut members = Members::default();
        loop {
            match self.scan.next()? {
                (_, Token::Mark(b'}')) => return Ok(Value::Map(members.list)),
                (pos, Token::Mark(b',')) if !members.list.is_empty() => {
                    self.extra_comma(pos);
                    continue;
                }
                (pos, Token::Text(key)) => {
                    if members.holds(&key) {
                        return Err(Problem::new(pos, format!("`{key}` stands in this map already")));
                    }
                    match self.scan.next()? {
                        (_, Token::Mark(b':')) => {}
                        (pos, token) => {
                            return Err(Problem::new(pos, format!("expected `:` after the key, found {token}")));
                        }
                    }
                    let (start, token) = self.scan.next()?;
                    let node = self.value(start, token)?;
                    members.push(Member { key, pos, node });
                }
                (pos, token) => {
                    return Err(Problem::new(pos, format!("expected a key in quotes or `}}`, found {token}")));
                }
            }
            if self.separator(b'}')? {
                return Ok(Value::Map(members.list));
            }
        }
    }

    /// After an element: true at the closing mark, false after a comma that another element or the end follows.
    fn separator(&mut self, close: u8) -> Result<bool, Problem> {
        match self.scan.next()? {
            (_, Token::Mark(mark)) if mark == close => Ok(true),
            (comma, Token::Mark(b',')) => {
                if self.scan.peek_mark(close)? {
                    self.extra_comma(comma);
                }
                Ok(false)
            }
            (pos, token @ (Token::Text(_) | Token::Mark(b'{' | b'['))) => Err(Problem::new(
                pos,
                format!("expected `,` or `{}`, found {token}: is a comma missing before it?", close as char),
            )),
            (pos, token) => Err(Problem::new(pos, format!("expected `,` or `{}`, found {token}", close as char))),
        }
    }

    fn extra_comma(&mut self, pos: Pos) {
        self.scan.warnings.push(Problem::new(pos, "a comma too many: was something left out?".to_owned()));
    }
}

/// The members of a map being read; keys are indexed only once they are many.
#[derive(Default)]
struct Members {
    list: Vec<Member>,
    keys: HashSet<Box<str>>,
}

impl Members {
    const FEW: usize = 32;

    fn holds(&self, key: &str) -> bool {
        match self.keys.is_empty() {
            true => self.list.iter().any(|member| &*member.key == key),
            false => self.keys.contains(key),
        }
    }

    fn push(&mut self, member: Member) {
        if !self.keys.is_empty() {
            self.keys.insert(member.key.clone());
        }
        self.list.push(member);
        if self.list.len() == Self::FEW {
            self.keys = self.list.iter().map(|member| member.key.clone()).collect();
        }
    }
}

#[cfg(test)]
mod tests;
