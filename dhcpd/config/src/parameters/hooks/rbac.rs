//! `libdhcp_rbac.so`: who may give which commands over HTTP.

use super::{Library, Load, Loading};
use schema::json::{Node, Value};
use schema::table::Kind;
use schema::{At, Field, Given, Pos, Problem, Reader, Scope, Word};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parameters of `libdhcp_rbac.so`, which gives a role to each client that sends a command over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Rbac {
    /// What the name of a client's role is.
    #[param(required)]
    pub assign_role_method: Given<RoleMethod>,
    /// The folder of the files that describe commands.
    #[param(required)]
    pub api_files: Given<String>,
    /// Whether commands have to come over TLS; they have to if absent and roles come from certificates.
    pub require_tls: Given<bool>,
    /// Descriptions of further commands.
    pub commands: Vec<At<CommandDescription>>,
    /// Access lists by name, each in a map of its own.
    pub access_control_lists: Given<Vec<At<AccessList>>>,
    /// Roles.
    pub roles: Vec<At<Role>>,
    /// The role of those who have none.
    pub default_role: Given<RolePermissions>,
    /// The role of those whose role is not among the roles.
    pub unknown_role: Given<RolePermissions>,
}

/// What the name of a client's role is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Word)]
pub enum RoleMethod {
    /// Its address.
    #[default]
    RemoteAddress,
    /// The common name of the subject of its certificate.
    CertSubject,
    /// The common name of the issuer of its certificate.
    CertIssuer,
    /// Its user of basic HTTP authentication.
    BasicAuthentication,
    /// What a library of somebody else says.
    #[later]
    CustomValue,
}

/// What a command does to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum CommandAccess {
    /// It asks.
    Read,
    /// It changes something.
    Write,
}

/// A command, as files and configurations describe it.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct CommandDescription {
    /// Its name.
    #[param(required)]
    pub name: Given<String>,
    /// What it does to the server.
    #[param(required)]
    pub access: Given<CommandAccess>,
    /// The library that it belongs to, `lease_cmds`; none if it is the server's own.
    pub hook: Given<String>,
}

/// What becomes of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum Ruling {
    /// It is answered.
    Accept,
    /// It is refused.
    Reject,
}

/// A change of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum ResponseFilter {
    /// `list-commands` names only what the role may.
    ListCommands,
}

/// A role.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Role {
    /// Its name.
    #[param(required)]
    pub name: Given<String>,
    /// What it may.
    #[param(flatten)]
    pub permissions: RolePermissions,
}

/// What a role may.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct RolePermissions {
    /// Commands that it may give.
    pub accept_commands: Given<AccessList>,
    /// Commands that it may not give.
    pub reject_commands: Given<AccessList>,
    /// What becomes of commands in neither list; they are refused if absent.
    pub other_commands: Given<Ruling>,
    /// Which list counts where both have a command; that of what is accepted if absent.
    pub list_match_first: Given<Ruling>,
    /// Changes of responses.
    pub response_filters: Given<Vec<At<ResponseFilter>>>,
}

/// An access list: its name, or a map of one member. Kept as it was written, with its positions.
#[derive(Clone, Debug)]
pub struct AccessList(Node);

impl PartialEq for AccessList {
    fn eq(&self, other: &Self) -> bool {
        self.write() == other.write()
    }
}

impl Field for AccessList {
    const KIND: Kind = Kind::Any;

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        match &node.value {
            Value::Text(_) => Some(Self(node.clone())),
            Value::Map(members) if members.len() == 1 => Some(Self(node.clone())),
            _ => {
                reader.expected(node, "the name of an access list or a map of one entry");
                None
            }
        }
    }

    fn write(&self) -> serde_json::Value {
        self.0.to_json()
    }
}

/// An access list that was resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// Every command, or none.
    Always(bool),
    /// Commands that do this.
    Does(CommandAccess),
    /// Commands of this library; those of the server itself if it is empty.
    Hook(Box<str>),
    /// These commands.
    Commands(Vec<At<String>>),
    /// Commands that are not in the list.
    Not(Box<Access>),
    /// Commands that are in all of the lists.
    And(Vec<Access>),
    /// Commands that are in one of the lists.
    Or(Vec<Access>),
}

/// What is known of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What it does to the server.
    pub access: CommandAccess,
    /// Its library; empty if it is the server's own.
    pub hook: Box<str>,
}

/// What a role may.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Permissions {
    /// Commands that it may give.
    pub accept: Option<Access>,
    /// Commands that it may not give.
    pub reject: Option<Access>,
    /// It may give those in neither list.
    pub others: bool,
    /// The list of what it may not give comes first.
    pub reject_first: bool,
    /// `list-commands` names only what it may.
    pub lists_own: bool,
}

/// What the library works with.
#[derive(Clone, Debug, Default)]
pub struct RbacRules {
    /// What the name of a client's role is.
    pub method: RoleMethod,
    /// The folder of the files that describe commands.
    pub api_files: String,
    /// Commands have to come over TLS.
    pub require_tls: bool,
    /// Commands that the configuration describes.
    pub commands: BTreeMap<String, Described>,
    /// Roles by name.
    pub roles: BTreeMap<String, Permissions>,
    /// The role of those who have none.
    pub default_role: Permissions,
    /// The role of those whose role is not among the roles.
    pub unknown_role: Permissions,
    /// Commands that lists name, where they are written.
    pub named: Vec<At<String>>,
}

impl Access {
    /// Whether a command is in the list; none where that hangs on a description which there is not.
    pub fn has(&self, command: &str, described: Option<&Described>) -> Option<bool> {
        match self {
            Self::Always(every) => Some(*every),
            Self::Does(access) => described.map(|it| it.access == *access),
            Self::Hook(hook) => described.map(|it| it.hook == *hook),
            Self::Commands(names) => Some(names.iter().any(|name| name.value == command)),
            Self::Not(list) => list.has(command, described).map(|has| !has),
            Self::And(lists) => decided(lists, false, command, described),
            Self::Or(lists) => decided(lists, true, command, described),
        }
    }
}

/// What one of the lists decides, or what all of them come to.
fn decided(lists: &[Access], decisive: bool, command: &str, described: Option<&Described>) -> Option<bool> {
    let mut known = true;
    for list in lists {
        match list.has(command, described) {
            Some(has) if has == decisive => return Some(decisive),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!decisive)
}

impl Permissions {
    /// Whether a command may be given. What hangs on a description which there is not is refused.
    pub fn admit(&self, command: &str, described: Option<&Described>) -> bool {
        let accept = (&self.accept, true);
        let reject = (&self.reject, false);
        let lists = if self.reject_first { [reject, accept] } else { [accept, reject] };
        for (list, ruling) in lists {
            match list.as_ref().map(|list| list.has(command, described)) {
                Some(Some(true)) => return ruling,
                Some(None) => return false,
                Some(Some(false)) | None => {}
            }
        }
        self.others
    }
}

impl Load for Rbac {
    const FILE: &'static str = "libdhcp_rbac.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let method = self.assign_role_method.as_ref().map(|given| given.value).unwrap_or_default();
        let by_certificate = matches!(method, RoleMethod::CertSubject | RoleMethod::CertIssuer);
        let mut lists = Lists::default();
        for list in self.access_control_lists.iter().flat_map(|given| &given.value) {
            lists.define(&list.value);
        }
        let mut rules = RbacRules {
            method,
            api_files: self.api_files.as_ref().map(|given| given.value.clone()).unwrap_or_default(),
            require_tls: self.require_tls.as_ref().map_or(by_certificate, |given| given.value),
            commands: self.commands.iter().filter_map(|it| it.described()).collect(),
            default_role: self.default_role.as_ref().map(|it| it.resolve(&mut lists)).unwrap_or_default(),
            unknown_role: self.unknown_role.as_ref().map(|it| it.resolve(&mut lists)).unwrap_or_default(),
            ..RbacRules::default()
        };
        for role in &self.roles {
            let permissions = role.permissions.resolve(&mut lists);
            let Some(name) = &role.name else { continue };
            if name.is_empty() {
                lists.problem(name.pos, "the name of a role must not be empty");
            } else if rules.roles.insert(name.value.clone(), permissions).is_some() {
                lists.problem(name.pos, format!("there is another role '{}'", name.value));
            }
        }
        rules.named = lists.named;
        loading.problems.append(&mut lists.problems);
        Library::Rbac(Arc::new(rules))
    }
}

impl CommandDescription {
    /// Name and description; none if a part is missing, which was told.
    pub fn described(&self) -> Option<(String, Described)> {
        let hook = self.hook.as_ref().map(|hook| hook.as_str().into()).unwrap_or_default();
        Some((self.name.as_ref()?.value.clone(), Described { access: self.access.as_ref()?.value, hook }))
    }
}

impl RolePermissions {
    fn resolve(&self, lists: &mut Lists) -> Permissions {
        let is = |given: &Given<Ruling>, ruling| given.as_ref().is_some_and(|given| given.value == ruling);
        Permissions {
            accept: self.accept_commands.as_ref().and_then(|given| lists.read(&given.0)),
            reject: self.reject_commands.as_ref().and_then(|given| lists.read(&given.0)),
            others: is(&self.other_commands, Ruling::Accept),
            reject_first: is(&self.list_match_first, Ruling::Reject),
            lists_own: self.response_filters.as_ref().is_some_and(|filters| !filters.is_empty()),
        }
    }
}

/// Access lists that have names, and what is found in them.
#[derive(Default)]
struct Lists {
    defined: BTreeMap<String, Access>,
    named: Vec<At<String>>,
    problems: Vec<Problem>,
}

impl Lists {
    fn problem(&mut self, pos: Pos, reason: impl Into<String>) {
        self.problems.push(Problem::new(pos, reason));
    }

    /// `{ "name": LIST }`; what is named later may use it.
    fn define(&mut self, list: &AccessList) {
        let Value::Map(members) = &list.0.value else {
            return self.problem(list.0.pos, "must be a map of one entry");
        };
        for member in members {
            if predefined(&member.key).is_some() || self.defined.contains_key(&*member.key) {
                self.problem(member.pos, format!("access list '{}' is already defined", member.key));
            } else if let Some(access) = self.read(&member.node) {
                self.defined.insert(member.key.to_string(), access);
            }
        }
    }

    fn read(&mut self, node: &Node) -> Option<Access> {
        match &node.value {
            Value::Text(name) => {
                let access = predefined(name).or_else(|| self.defined.get(&**name).cloned());
                if access.is_none() {
                    self.problem(node.pos, format!("access list '{name}' is not defined"));
                }
                access
            }
            Value::Map(members) => match &members[..] {
                [member] => self.member(&member.key, member.pos, &member.node),
                _ => {
                    self.problem(node.pos, "an access list must be a map of one entry");
                    None
                }
            },
            _ => {
                self.problem(node.pos, "an access list must be a name or a map of one entry");
                None
            }
        }
    }

    fn member(&mut self, kind: &str, pos: Pos, node: &Node) -> Option<Access> {
        match kind {
            "not" => self.read(node).map(|list| Access::Not(Box::new(list))),
            "and" => self.each(node, Self::read).map(Access::And),
            "or" => self.each(node, Self::read).map(Access::Or),
            "command" | "commands" => {
                let names = self.each(node, |lists, node| lists.text(node).map(|value| At { value, pos: node.pos }))?;
                self.named.extend(names.iter().cloned());
                Some(Access::Commands(names))
            }
            "access" => match self.text(node)?.as_str() {
                "read" => Some(Access::Does(CommandAccess::Read)),
                "write" => Some(Access::Does(CommandAccess::Write)),
                other => {
                    self.problem(node.pos, format!("access right must be 'read' or 'write', not '{other}'"));
                    None
                }
            },
            "hook" => self.text(node).map(|name| Access::Hook(name.into())),
            other => {
                self.problem(pos, format!("unknown access list type '{other}'"));
                None
            }
        }
    }

    /// The items of a list; none if one is of no use.
    fn each<T>(&mut self, node: &Node, read: impl Fn(&mut Self, &Node) -> Option<T>) -> Option<Vec<T>> {
        let Value::List(items) = &node.value else {
            self.problem(node.pos, "must be a list");
            return None;
        };
        items.iter().map(|item| read(self, item)).collect()
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        if let Value::Text(text) = &node.value {
            return Some(text.to_string());
        }
        self.problem(node.pos, "must be a string");
        None
    }
}

fn predefined(name: &str) -> Option<Access> {
    match name {
        "ALL" => Some(Access::Always(true)),
        "NONE" => Some(Access::Always(false)),
        "READ" => Some(Access::Does(CommandAccess::Read)),
        "WRITE" => Some(Access::Does(CommandAccess::Write)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::json;

    fn list(text: &str) -> Result<Access, Vec<String>> {
        let document = json::parse("x", text, &mut json::no_includes).unwrap();
        let mut lists = Lists::default();
        lists.defined.insert("mine".to_owned(), Access::Hook("lease_cmds".into()));
        let read = lists.read(&document.root);
        read.ok_or_else(|| lists.problems.into_iter().map(|problem| problem.reason).collect())
    }

    fn described(access: CommandAccess, hook: &str) -> Described {
        Described { access, hook: hook.into() }
    }

    #[test]
    fn lists_are_made_of_lists() {
        let get = described(CommandAccess::Read, "lease_cmds");
        let add = described(CommandAccess::Write, "lease_cmds");
        let own = described(CommandAccess::Read, "");
        for (text, has) in [
            (r#""ALL""#, [true, true, true]),
            (r#""NONE""#, [false, false, false]),
            (r#""READ""#, [true, false, true]),
            (r#"{"access": "write"}"#, [false, true, false]),
            (r#"{"hook": ""}"#, [false, false, true]),
            (r#""mine""#, [true, true, false]),
            (r#"{"and": ["READ", {"not": {"commands": ["own"]}}]}"#, [true, false, false]),
            (r#"{"or": ["WRITE", {"commands": ["own"]}]}"#, [false, true, true]),
        ] {
            let list = list(text).unwrap();
            let got = [("get", &get), ("add", &add), ("own", &own)].map(|(name, it)| list.has(name, Some(it)));
            assert_eq!(got, has.map(Some), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_told() {
        for (text, reason) in [
            (r#""yours""#, "access list 'yours' is not defined"),
            (r#"{"xor": []}"#, "unknown access list type 'xor'"),
            (r#"{"access": "all"}"#, "access right must be 'read' or 'write', not 'all'"),
            (r#"{"and": "READ"}"#, "must be a list"),
            (r#"{"not": {}}"#, "an access list must be a map of one entry"),
            (r#"{"commands": [1]}"#, "must be a string"),
        ] {
            assert_eq!(list(text), Err(vec![reason.to_owned()]), "{text}");
        }
    }

    #[test]
    fn the_first_list_that_has_a_command_counts() {
        let list = |text| list(text).ok();
        let read = described(CommandAccess::Read, "");
        let both = Permissions { accept: list(r#""READ""#), reject: list(r#""ALL""#), ..Permissions::default() };
        assert!(both.admit("config-get", Some(&read)));
        assert!(!Permissions { reject_first: true, ..both.clone() }.admit("config-get", Some(&read)));
        assert!(!both.admit("config-set", Some(&described(CommandAccess::Write, ""))));
        assert!(!Permissions::default().admit("config-get", Some(&read)));
        assert!(Permissions { others: true, ..Permissions::default() }.admit("config-get", Some(&read)));
    }

    #[test]
    fn commands_without_a_description_are_refused_where_it_matters() {
        let list = |text| list(text).ok();
        let unknown = |permissions: Permissions| permissions.admit("mine", None);
        assert!(!unknown(Permissions { reject: list(r#""WRITE""#), others: true, ..Permissions::default() }));
        assert!(!unknown(Permissions { accept: list(r#"{"not": "READ"}"#), ..Permissions::default() }));
        assert!(unknown(Permissions {
            accept: list(r#"{"or": ["READ", {"commands": ["mine"]}]}"#),
            ..Permissions::default()
        }));
        assert!(unknown(Permissions { accept: list(r#""ALL""#), ..Permissions::default() }));
    }
}
