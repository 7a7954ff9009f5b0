//! Who may do what (RFC 8341), decided by the model ietf-netconf-acm.
//!
//! [`Policy`] is that configuration, [`Rights`] what is left of it for one user. Someone without [`Rights`] is not
//! restricted: access control is off, or the session is one for recovery (§3.1.1).

mod path;

pub use path::Step;

use std::rc::Rc;

use serde_json::Value;

use crate::yang::ACCESS_CONTROL;

/// What someone wants to do with data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Make it.
    Create,
    /// See it.
    Read,
    /// Change it.
    Update,
    /// Take it away.
    Delete,
    /// Call an operation.
    Exec,
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Exec => "exec",
        }
    }
}

/// The configuration of access control.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    enabled: bool,
    external_groups: bool,
    read: bool,
    write: bool,
    exec: bool,
    groups: Vec<(String, Vec<String>)>,
    lists: Vec<(Vec<String>, Vec<Rc<Rule>>)>,
}

/// A rule.
#[derive(Clone, Debug)]
struct Rule {
    /// `*` for any.
    module: String,
    subject: Subject,
    /// None for all.
    acts: Option<Vec<String>>,
    permit: bool,
}

/// What a rule speaks of.
#[derive(Clone, Debug)]
enum Subject {
    All,
    Operation(String),
    Notification(String),
    Data(Vec<Step>),
}

impl Rule {
    fn of(rule: &Value) -> Self {
        let text = |key: &str| rule.get(key).and_then(Value::as_str);
        let subject = match (text("rpc-name"), text("notification-name"), text("path")) {
            (Some(name), _, _) => Subject::Operation(name.to_string()),
            (_, Some(name), _) => Subject::Notification(name.to_string()),
            (_, _, Some(path)) => Subject::Data(path::parse(path)),
            _ => Subject::All,
        };
        let acts = text("access-operations").filter(|acts| *acts != "*");
        Self {
            module: text("module-name").unwrap_or("*").to_string(),
            subject,
            acts: acts.map(|acts| acts.split_whitespace().map(str::to_string).collect()),
            permit: text("action") == Some("permit"),
        }
    }

    /// Whether it is about such an act on something of that module.
    fn concerns(&self, act: Act, module: &str) -> bool {
        let acts = self.acts.as_ref().is_none_or(|acts| acts.iter().any(|known| known == act.name()));
        acts && is_or_any(&self.module, module)
    }
}

impl Policy {
    /// Reads RFC 7951 JSON of the model; what it does not say is as the model has it.
    pub fn of(json: &Value) -> Self {
        let nacm = json.get(format!("{ACCESS_CONTROL}:nacm")).unwrap_or(&Value::Null);
        let text = |key: &str| nacm.get(key).and_then(Value::as_str);
        let flag = |key: &str| nacm.get(key).and_then(Value::as_bool).unwrap_or(true);
        let groups = nacm.get("groups").map(|groups| entries(groups, "group")).unwrap_or_default();
        Self {
            enabled: flag("enable-nacm"),
            external_groups: flag("enable-external-groups"),
            read: text("read-default") != Some("deny"),
            write: text("write-default") == Some("permit"),
            exec: text("exec-default") != Some("deny"),
            groups: groups.iter().map(|group| (name_of(group), strings(group, "user-name"))).collect(),
            lists: entries(nacm, "rule-list")
                .iter()
                .map(|list| {
                    let rules = entries(list, "rule").iter().map(|rule| Rc::new(Rule::of(rule))).collect();
                    (strings(list, "group"), rules)
                })
                .collect(),
        }
    }

    /// What a user may do, who is in these groups by what the transport knows; none if all.
    pub fn rights(&self, user: &str, external: &[String]) -> Option<Rights> {
        if !self.enabled {
            return None;
        }
        let own = self.groups.iter().filter(|(_, users)| users.iter().any(|known| known == user));
        let mut groups: Vec<&str> = own.map(|(name, _)| name.as_str()).collect();
        if self.external_groups {
            groups.extend(external.iter().map(String::as_str));
        }
        // §3.4.4: without a group no rule applies, not even those for all groups.
        let applies =
            |list: &[String]| !groups.is_empty() && list.iter().any(|of| of == "*" || groups.contains(&of.as_str()));
        let lists = self.lists.iter().filter(|(list, _)| applies(list));
        Some(Rights {
            user: user.to_string(),
            rules: lists.flat_map(|(_, rules)| rules.iter().cloned()).collect(),
            read: self.read,
            write: self.write,
            exec: self.exec,
        })
    }
}

fn entries<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    entries(value, key).iter().filter_map(Value::as_str).map(str::to_string).collect()
}

fn name_of(value: &Value) -> String {
    value.get("name").and_then(Value::as_str).unwrap_or_default().to_string()
}

fn is_or_any(pattern: &str, name: &str) -> bool {
    pattern == "*" || pattern == name
}

/// What a user may do.
#[derive(Clone, Debug)]
pub struct Rights {
    user: String,
    rules: Vec<Rc<Rule>>,
    read: bool,
    write: bool,
    exec: bool,
}

/// The operations with `default-deny-all`: of RFC 6241 and RFC 9243.
const DENIED: [&str; 4] = ["delete-config", "kill-session", "delete-address-lease", "delete-prefix-lease"];

impl Rights {
    /// Whether an operation may be called (§3.4.4).
    pub fn may_call(&self, module: &str, operation: &str) -> bool {
        if operation == "close-session" {
            return true;
        }
        let rule = self.rules.iter().filter(|rule| rule.concerns(Act::Exec, module)).find(|rule| match &rule.subject {
            Subject::All => true,
            Subject::Operation(name) => is_or_any(name, operation),
            _ => false,
        });
        rule.map_or(self.exec && !DENIED.contains(&operation), |rule| rule.permit)
    }

    /// Whether notifications of this name are for this user (§3.4.6).
    pub fn may_hear(&self, module: &str, notification: &str) -> bool {
        let rule = self.rules.iter().filter(|rule| rule.concerns(Act::Read, module)).find(|rule| match &rule.subject {
            Subject::All => true,
            Subject::Notification(name) => is_or_any(name, notification),
            _ => false,
        });
        rule.map_or(self.read, |rule| rule.permit)
    }

    /// Whether something may be done with a node (§3.4.5).
    pub fn allows(&self, act: Act, module: &str, node: &[Step]) -> bool {
        let rule = self.rules.iter().filter(|rule| rule.concerns(act, module)).find(|rule| match &rule.subject {
            Subject::All => true,
            Subject::Data(path) => path::leads_to(path, node, &self.user),
            _ => false,
        });
        rule.map_or_else(|| self.otherwise(act, module), |rule| rule.permit)
    }

    /// Whether something may be done with all nodes of a module, whichever they are.
    pub fn allows_all(&self, act: Act, module: &str) -> bool {
        for rule in self.rules.iter().filter(|rule| rule.concerns(act, module)) {
            match &rule.subject {
                Subject::All => return rule.permit,
                Subject::Data(_) if !rule.permit => return false,
                _ => {}
            }
        }
        self.otherwise(act, module)
    }

    /// What holds where no rule does. The model itself is for those alone who are told (its `default-deny-all`).
    fn otherwise(&self, act: Act, module: &str) -> bool {
        module != ACCESS_CONTROL && if act == Act::Read { self.read } else { self.write }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy() -> Policy {
        Policy::of(&json!({"ietf-netconf-acm:nacm": {
            "groups": {"group": [
                {"name": "admin", "user-name": ["anna"]},
                {"name": "guest", "user-name": ["gus"]}]},
            "rule-list": [
                {"name": "admins", "group": ["admin"], "rule": [{"name": "all", "action": "permit"}]},
                {"name": "guests", "group": ["guest"], "rule": [
                    {"name": "no-edit", "rpc-name": "edit-config", "access-operations": "exec", "action": "deny"},
                    {"name": "own", "path": "/m:a/b[id='1']", "access-operations": "read update", "action": "permit"},
                    {"name": "rest", "path": "/m:a/b", "action": "deny"}]},
                {"name": "everyone", "group": ["*"], "rule": [
                    {"name": "quiet", "module-name": "m", "notification-name": "*", "action": "deny"}]}]
        }}))
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let steps = |path: &str| path::parse(path);
        let guest = policy().rights("gus", &[]).unwrap();
        assert!(guest.allows(Act::Update, "m", &steps("/m:a/b[id='1']/c")));
        assert!(!guest.allows(Act::Create, "m", &steps("/m:a/b[id='1']/c")));
        assert!(!guest.allows(Act::Read, "m", &steps("/m:a/b[id='2']")));
        assert!(guest.allows(Act::Read, "m", &steps("/m:a/c")), "by default");
        assert!(!guest.allows(Act::Update, "m", &steps("/m:a/c")), "by default");
        assert!(!guest.allows_all(Act::Read, "m"));
        assert!(guest.may_call("ietf-netconf", "get") && !guest.may_call("ietf-netconf", "edit-config"));
        assert!(!guest.may_hear("m", "n") && guest.may_hear("o", "n"));
    }

    #[test]
    fn what_nobody_was_given_is_refused() {
        let nobody = policy().rights("nobody", &[]).unwrap();
        assert!(nobody.may_hear("m", "n"), "without a group not even rules for all groups apply");
        assert!(!nobody.may_call("ietf-netconf", "kill-session") && !nobody.may_call("ietf-netconf", "delete-config"));
        assert!(nobody.may_call("ietf-netconf", "close-session"));
        assert!(!nobody.allows(Act::Read, ACCESS_CONTROL, &path::parse("/ietf-netconf-acm:nacm")));
        let admin = policy().rights("someone", &["admin".to_string()]).unwrap();
        assert!(admin.may_call("ietf-netconf", "kill-session") && admin.allows_all(Act::Delete, ACCESS_CONTROL));
        assert!(Policy::of(&json!({"ietf-netconf-acm:nacm": {"enable-nacm": false}})).rights("x", &[]).is_none());
    }
}
