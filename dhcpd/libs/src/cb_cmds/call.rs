//! The arguments of the commands: which database, whose elements, and which element.

use super::store::{OptionKey, Selector, Servers};
use crate::arguments::{Arguments, Refusal};
use control::Request;
use schema::json::{Node, Value as Tree};
use serde_json::Value;
use wire::options::Family;

/// A command with its arguments.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub family: Family,
    arguments: Option<&'a Node>,
}

impl<'a> Call<'a> {
    pub fn new(family: Family, request: &'a Request) -> Result<Self, Refusal> {
        let arguments = request.node();
        match arguments.map(|node| &node.value) {
            None | Some(Tree::Map(_)) => Ok(Self { family, arguments }),
            Some(_) => Err("arguments specified for the command are not a map".into()),
        }
    }

    /// The value of an argument.
    pub fn find(&self, key: &str) -> Option<&'a Node> {
        self.arguments?.member(key)
    }

    /// Which database is asked.
    pub fn selector(&self) -> Result<Selector, Refusal> {
        let Some(remote) = self.find("remote") else { return Ok(Selector::default()) };
        if !matches!(remote.value, Tree::Map(_)) {
            return Err("database access information must be a map".into());
        }
        let text = |key: &str| match remote.member(key).map(|node| &node.value) {
            None => Ok(None),
            Some(Tree::Text(text)) => Ok(Some(text.to_string())),
            Some(_) => Err(Refusal::from(format!("'{key}' parameter must be a string"))),
        };
        let kind = text("type")?;
        if let Some(kind) = kind.as_deref().filter(|kind| !matches!(*kind, "mysql" | "postgresql")) {
            return Err(format!("unsupported configuration backend type '{kind}'").into());
        }
        let host = text("host")?.filter(|host| !host.is_empty());
        let port = match remote.member("port").map(|node| &node.value) {
            None => None,
            Some(Tree::Int(port)) => u16::try_from(*port).ok().map(Some).ok_or_else(wrong_port)?,
            Some(_) => return Err(wrong_port()),
        };
        let port = port.filter(|port| *port != 0);
        match (&host, port) {
            (None, Some(_)) => Err("'host' must be specified along with 'port' parameter".into()),
            _ => Ok(Selector { kind, host, port }),
        }
    }

    /// The tags of servers; none among them stands for elements of no server.
    fn tags(&self) -> Result<Vec<Option<String>>, Refusal> {
        let Some(given) = self.find("server-tags") else { return Err("'server-tags' parameter is mandatory".into()) };
        let Tree::List(tags) = &given.value else { return Err("'server-tags' parameter must be a list".into()) };
        let tag = |node: &Node| match &node.value {
            Tree::Null => Ok(None),
            Tree::Text(text) => checked_tag(text).map(Some),
            _ => Err("'server-tags' list must contain strings or null".into()),
        };
        match tags.is_empty() {
            true => Err("'server-tags' list must not be empty".into()),
            false => tags.iter().map(tag).collect(),
        }
    }

    /// The tags of the servers that something is for.
    pub fn some_tags(&self) -> Result<Vec<String>, Refusal> {
        let tags: Option<Vec<_>> = self.tags()?.into_iter().collect();
        tags.ok_or_else(|| "'server-tags' list must not contain null".into())
    }

    /// The tag of the one server that something is for.
    pub fn one_tag(&self) -> Result<String, Refusal> {
        match <[String; 1]>::try_from(self.some_tags()?) {
            Ok([tag]) => Ok(tag),
            Err(_) => Err("'server-tags' list must include exactly one element".into()),
        }
    }

    /// The servers whose elements are shown, or that those of no server are.
    pub fn servers(&self) -> Result<Servers, Refusal> {
        let tags = self.tags()?;
        match tags.as_slice() {
            [None] => Ok(Servers::Unassigned),
            _ => match tags.into_iter().collect() {
                Some(tags) => Ok(Servers::Tags(tags)),
                None => Err("'server-tags' list must contain null alone".into()),
            },
        }
    }

    /// There must be no tags: elements of anybody are meant.
    pub fn no_tags(&self) -> Result<(), Refusal> {
        match self.find("server-tags") {
            None => Ok(()),
            Some(_) => Err("'server-tags' parameter is forbidden".into()),
        }
    }

    /// The one entry of a list.
    pub fn only(&self, key: &str) -> Result<&'a Node, Refusal> {
        match self.find(key).map(|node| &node.value) {
            Some(Tree::List(list)) => match list.as_slice() {
                [one] => Ok(one),
                _ => Err(format!("'{key}' list must include exactly one element").into()),
            },
            _ => Err(format!("'{key}' parameter must be specified and must be a list").into()),
        }
    }

    /// The one entry of a list of maps.
    pub fn only_map(&self, key: &str) -> Result<&'a Node, Refusal> {
        let one = self.only(key)?;
        match one.value {
            Tree::Map(_) => Ok(one),
            _ => Err(format!("'{key}' list must include maps").into()),
        }
    }

    /// The option that is shown or deleted.
    pub fn option_key(&self) -> Result<OptionKey, Refusal> {
        let option = self.only_map("options")?;
        let (code, space) = self.code_and_space(option)?;
        let classes = match option.member("client-classes").map(|node| (&node.value, node.to_json())) {
            None => None,
            Some((Tree::List(_), Value::Array(list))) => Some(list),
            Some(_) => return Err("'client-classes' parameter must be a list".into()),
        };
        Ok(OptionKey { code, space, classes })
    }

    /// What an option or a definition is known by.
    pub fn code_and_space(&self, node: &Node) -> Result<(u16, String), Refusal> {
        let code = required_integer(node, "code")?;
        let code = u16::try_from(code).map_err(|_| format!("'code' parameter is out of range: {code}"))?;
        let space = match node.member("space") {
            None => self.space().to_owned(),
            Some(_) => required_text(node, "space")?.to_owned(),
        };
        Ok((code, space))
    }

    /// The space of the options that stand in the message itself.
    pub fn space(&self) -> &'static str {
        match self.family {
            Family::V4 => "dhcp4",
            Family::V6 => "dhcp6",
        }
    }

    /// A choice between words.
    pub fn choice(&self, key: &str, words: [&str; 2]) -> Result<bool, Refusal> {
        let [no, yes] = words;
        match self.find(key).map(|node| &node.value) {
            None => Ok(false),
            Some(Tree::Text(word)) if **word == *no => Ok(false),
            Some(Tree::Text(word)) if **word == *yes => Ok(true),
            Some(_) => Err(format!("'{key}' parameter must be '{no}' or '{yes}'").into()),
        }
    }
}

/// A text that must be there.
pub(super) fn required_text<'a>(node: &'a Node, key: &str) -> Result<&'a str, Refusal> {
    match node.member(key).map(|node| &node.value) {
        None => Err(format!("missing '{key}' parameter").into()),
        Some(Tree::Text(text)) => Ok(text),
        Some(_) => Err(format!("'{key}' parameter is not a string").into()),
    }
}

/// A number that must be there.
pub(super) fn required_integer(node: &Node, key: &str) -> Result<i64, Refusal> {
    match node.member(key).map(|node| &node.value) {
        None => Err(format!("missing '{key}' parameter").into()),
        Some(Tree::Int(number)) => Ok(*number),
        Some(_) => Err(format!("'{key}' parameter is not an integer").into()),
    }
}

/// A tag as servers are known by: without blanks around it, in small letters.
pub(super) fn checked_tag(text: &str) -> Result<String, Refusal> {
    let tag = text.trim().to_lowercase();
    match tag.as_str() {
        "" => Err("server-tag must not be empty".into()),
        "any" => Err("'any' is reserved and must not be used as a server-tag".into()),
        _ if tag.len() > 256 => Err("server-tag must not be longer than 256 characters".into()),
        _ => Ok(tag),
    }
}

/// Whether a flag of a map is set.
pub(super) fn flag(node: &Node, key: &str) -> Result<bool, Refusal> {
    Ok(Arguments::new(node).flag(key)?.unwrap_or(false))
}

fn wrong_port() -> Refusal {
    "'port' parameter must be a number in range from 0 to 65535".into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::json;

    fn with<T>(arguments: &str, ask: impl FnOnce(Call<'_>) -> Result<T, Refusal>) -> Result<T, String> {
        let document = json::parse("<wire>", arguments, &mut json::no_includes).unwrap();
        let request = Request::with("remote-subnet4-list", document);
        Call::new(Family::V4, &request).and_then(ask).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn databases_are_told_apart_by_type_host_and_port() {
        assert_eq!(with("{}", |call| call.selector()), Ok(Selector::default()));
        let found = with(r#"{"remote": {"type": "postgresql", "host": "db", "port": 5}}"#, |call| call.selector());
        assert_eq!(found, Ok(Selector { kind: Some("postgresql".into()), host: Some("db".into()), port: Some(5) }));
        let wrong = |remote: &str| with(&format!(r#"{{"remote": {remote}}}"#), |call| call.selector()).unwrap_err();
        assert_eq!(wrong("5"), "database access information must be a map");
        assert_eq!(wrong(r#"{"type": "x"}"#), "unsupported configuration backend type 'x'");
        assert_eq!(wrong(r#"{"port": 5}"#), "'host' must be specified along with 'port' parameter");
        assert_eq!(wrong(r#"{"port": 70000}"#), "'port' parameter must be a number in range from 0 to 65535");
    }

    #[test]
    fn tags_are_one_or_several_or_none_at_all() {
        assert_eq!(
            with(r#"{"server-tags": [" Server1 ", "all"]}"#, |call| call.some_tags()),
            Ok(vec!["server1".into(), "all".into()])
        );
        assert_eq!(with(r#"{"server-tags": [null]}"#, |call| call.servers()), Ok(Servers::Unassigned));
        assert_eq!(with("{}", |call| call.servers()), Err("'server-tags' parameter is mandatory".into()));
        assert_eq!(
            with(r#"{"server-tags": []}"#, |call| call.no_tags()),
            Err("'server-tags' parameter is forbidden".into())
        );
        for tags in [r#"["a", "b"]"#, "[null]", "[]", r#"["any"]"#, "[5]", r#"[""]"#, "5"] {
            assert!(with(&format!(r#"{{"server-tags": {tags}}}"#), |call| call.one_tag()).is_err(), "{tags}");
        }
        assert!(with(r#"{"server-tags": [null, "a"]}"#, |call| call.servers()).is_err());
    }

    #[test]
    fn there_is_one_entry() {
        let one = |arguments: &str| with(arguments, |call| call.only_map("subnets").map(drop));
        assert_eq!(one(r#"{"subnets": [{}]}"#), Ok(()));
        assert_eq!(one(r#"{"subnets": [{}, {}]}"#), Err("'subnets' list must include exactly one element".into()));
        assert_eq!(one("{}"), Err("'subnets' parameter must be specified and must be a list".into()));
        let key = with(r#"{"options": [{"code": 5, "client-classes": []}]}"#, |call| call.option_key());
        assert_eq!(key, Ok(OptionKey { code: 5, space: "dhcp4".into(), classes: Some(vec![]) }));
        let missing = with(r#"{"options": [{"space": "dhcp4"}]}"#, |call| call.option_key());
        assert_eq!(missing, Err("missing 'code' parameter".into()));
    }
}
