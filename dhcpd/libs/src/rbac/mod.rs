//! `libdhcp_rbac.so`: who may give which commands over HTTP.
//!
//! A client's role comes from its address, its certificate or its user, and the role says which commands it may give. What
//! a command does, and whose it is, stand in a file each, which are read when a configuration takes effect.

pub mod messages;

use crate::packets::Unfit;
use control::{Guard, Sender, Table};
use dhcpd_config::parameters::{CommandDescription, Described, Permissions, RbacRules, RoleMethod};
use messages::RBAC_API_FILES_ERROR;
use schema::json::{self, Value};
use schema::{Reader, Scope};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Commands by name.
type Descriptions = BTreeMap<String, Described>;

/// The library at work.
struct Rbac {
    rules: Arc<RbacRules>,
    commands: Descriptions,
}

/// Sets the library to watch over the commands of a table.
pub fn watch(table: &mut Table, rules: &Arc<RbacRules>) {
    let commands = descriptions(rules).unwrap_or_else(|reason| {
        log::event!(RBAC_API_FILES_ERROR, reason);
        rules.commands.clone()
    });
    table.watch(Rbac { rules: rules.clone(), commands });
}

/// Whether the descriptions can be read, and describe all commands that access lists name.
pub(crate) fn check(rules: &RbacRules) -> Result<(), Unfit> {
    let commands = descriptions(rules).map_err(|reason| ("api-files", reason))?;
    match rules.named.iter().find(|name| !commands.contains_key(&name.value)) {
        Some(unknown) => Err(("api-files", format!("there is no description of the command '{}'", unknown.value))),
        None => Ok(()),
    }
}

/// The commands that files and the configuration describe. A command has one description.
fn descriptions(rules: &RbacRules) -> Result<Descriptions, String> {
    let folder = Path::new(&rules.api_files);
    let failed = |path: &Path, reason: &dyn std::fmt::Display| format!("{}: {reason}", path.display());
    let mut commands = rules.commands.clone();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let path = entry.map_err(|error| failed(folder, &error))?.path();
        // Files such as _template.json describe no command.
        let is_template = path.file_stem().is_some_and(|name| name.as_encoded_bytes().starts_with(b"_"));
        if is_template || path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        let (name, described) = description(&text).map_err(|reason| failed(&path, &reason))?;
        if commands.insert(name.clone(), described).is_some() {
            return Err(failed(&path, &format_args!("the command '{name}' is described elsewhere, too")));
        }
    }
    Ok(commands)
}

/// Name and description in a file, which says much more.
fn description(text: &str) -> Result<(String, Described), String> {
    let mut document = json::parse("", text, &mut json::no_includes).map_err(|error| error.to_string())?;
    if let Value::Map(members) = &mut document.root.value {
        members.retain(|member| ["name", "access", "hook"].contains(&&*member.key));
    }
    let mut reader = Reader::default();
    let read = CommandDescription::read(&mut reader, &document.root);
    match (reader.problems.into_iter().next(), read.described()) {
        (None, Some(described)) => Ok(described),
        (problem, _) => Err(problem.map_or_else(|| "no description".to_owned(), |problem| problem.reason)),
    }
}

impl Rbac {
    /// What the sender may.
    fn permissions(&self, sender: &Sender<'_>) -> &Permissions {
        let address;
        let role = match self.rules.method {
            RoleMethod::RemoteAddress => {
                address = sender.address.to_string();
                &address
            }
            RoleMethod::CertSubject => sender.subject,
            RoleMethod::CertIssuer => sender.issuer,
            RoleMethod::BasicAuthentication => sender.user,
            // Refused with the configuration: nobody gives such a role.
            RoleMethod::CustomValue => "",
        };
        match role {
            "" => &self.rules.default_role,
            role => self.rules.roles.get(role).unwrap_or(&self.rules.unknown_role),
        }
    }
}

impl Guard for Rbac {
    fn hears(&self, sender: &Sender<'_>) -> bool {
        sender.secure || !self.rules.require_tls
    }

    fn admits(&self, sender: &Sender<'_>, command: &str) -> bool {
        self.permissions(sender).admit(command, self.commands.get(command))
    }

    fn names(&self, sender: &Sender<'_>, command: &str) -> bool {
        !self.permissions(sender).lists_own || self.admits(sender, command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dhcpd_config::parameters::{Access, CommandAccess};

    fn rules(folder: &Path) -> RbacRules {
        let may = |accept| Permissions { accept: Some(accept), ..Permissions::default() };
        let roles = [("admin", may(Access::Always(true))), ("10.0.0.1", may(Access::Does(CommandAccess::Read)))];
        RbacRules {
            api_files: folder.to_str().unwrap().to_owned(),
            roles: roles.into_iter().map(|(name, role)| (name.to_owned(), role)).collect(),
            unknown_role: Permissions { lists_own: true, ..may(Access::Hook("lease_cmds".into())) },
            ..RbacRules::default()
        }
    }

    fn sender<'a>(address: &str, user: &'a str, subject: &'a str) -> Sender<'a> {
        Sender { address: address.parse().unwrap(), secure: !subject.is_empty(), user, subject, issuer: "ca" }
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("status-get.json", r#"{"name": "status-get", "access": "read", "brief": ["x"]}"#),
            ("lease4-add.json", r#"{"name": "lease4-add", "access": "write", "hook": "lease_cmds"}"#),
            ("_template.json", "// no description"),
            ("notes.txt", "none"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn roles_come_from_what_is_known_of_the_sender() {
        let folder = folder();
        let rules = rules(folder.path());
        let commands = descriptions(&rules).unwrap();
        let admitted = |method, sender: Sender<'_>| {
            let rbac = Rbac { rules: Arc::new(RbacRules { method, ..rules.clone() }), commands: commands.clone() };
            ["status-get", "lease4-add"].map(|command| rbac.admits(&sender, command))
        };
        assert_eq!(admitted(RoleMethod::RemoteAddress, sender("10.0.0.1", "admin", "")), [true, false]);
        assert_eq!(admitted(RoleMethod::RemoteAddress, sender("10.0.0.2", "admin", "")), [false, true]);
        assert_eq!(admitted(RoleMethod::BasicAuthentication, sender("10.0.0.1", "admin", "")), [true, true]);
        assert_eq!(admitted(RoleMethod::CertSubject, sender("10.0.0.1", "", "admin")), [true, true]);
        assert_eq!(admitted(RoleMethod::CertSubject, sender("10.0.0.1", "admin", "")), [false, false]);
        assert_eq!(admitted(RoleMethod::CertIssuer, sender("10.0.0.1", "", "admin")), [false, true]);
    }

    #[test]
    fn a_list_names_what_the_role_may_if_it_is_filtered() {
        let folder = folder();
        let rules = rules(folder.path());
        let commands = descriptions(&rules).unwrap();
        let rbac = Rbac { rules: Arc::new(rules), commands };
        assert!(rbac.names(&sender("10.0.0.1", "", ""), "lease4-add"));
        assert!(!rbac.names(&sender("10.0.0.2", "", ""), "status-get"));
        assert!(rbac.names(&sender("10.0.0.2", "", ""), "lease4-add"));
    }

    #[test]
    fn tls_may_be_asked_for() {
        let open = Rbac { rules: Arc::default(), commands: Descriptions::default() };
        assert!(open.hears(&sender("10.0.0.1", "", "")));
        let rules = Arc::new(RbacRules { require_tls: true, ..RbacRules::default() });
        let strict = Rbac { rules, commands: Descriptions::default() };
        assert!(!strict.hears(&sender("10.0.0.1", "", "")) && strict.hears(&sender("10.0.0.1", "", "x")));
    }

    #[test]
    fn descriptions_that_are_missing_or_wrong_are_told() {
        let folder = folder();
        let mut rules = rules(folder.path());
        assert_eq!(check(&rules), Ok(()));
        rules.named = vec![schema::At { value: "config-get".to_owned(), pos: schema::Pos::default() }];
        assert_eq!(check(&rules), Err(("api-files", "there is no description of the command 'config-get'".to_owned())));
        let own = Described { access: CommandAccess::Read, hook: "".into() };
        rules.commands.insert("config-get".to_owned(), own.clone());
        assert_eq!(check(&rules), Ok(()));
        rules.commands.insert("status-get".to_owned(), own);
        assert!(check(&rules).unwrap_err().1.contains("the command 'status-get' is described elsewhere, too"));
        rules.api_files = "/nowhere".to_owned();
        assert!(check(&rules).unwrap_err().1.starts_with("/nowhere: "));
        assert!(description(r#"{"name": "x", "access": "both"}"#).is_err());
        assert!(description("[]").is_err());
    }
}
