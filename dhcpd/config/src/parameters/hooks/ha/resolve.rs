//! The rules between the parameters of `libdhcp_ha.so`, and what it works with.

use super::{HaMode, HaRole, HaState, HighAvailability, Pause, Peer, Relationship};
use crate::classes::ClassId;
use crate::parameters::hooks::{Library, Load, Loading};
use hashbrown::{HashMap, HashSet};
use schema::{At, Given, Pos, Problem};
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Servers in a relationship: scopes are sets of bits.
const MOST_PEERS: usize = 64;

/// Groups of servers that share clients.
#[derive(Clone, Debug)]
pub struct HaRules {
    /// The groups that this server is in, in the order of the configuration.
    pub relationships: Vec<Arc<HaRelationship>>,
    /// The classes of the clients of each server, group by group in the order of its servers.
    pub classes: Vec<Vec<ClassId>>,
    /// By number of the subnet: the group that serves it; by `ha-server-name` in user contexts, its own or its network's.
    pub subnets: HashMap<u32, SubnetGroup>,
}

/// The group that a subnet's user context names, or what is wrong with the name.
pub type SubnetGroup = Result<usize, String>;

/// Servers that share clients, as the daemon runs with them.
#[derive(Clone, Debug, PartialEq)]
pub struct HaRelationship {
    /// How they share the work.
    pub mode: HaMode,
    /// All servers: the primary one, the other active one, the backup servers by name.
    pub peers: Vec<HaPeer>,
    /// Which of them this server is.
    pub this: usize,
    /// Changes of leases are sent.
    pub send_lease_updates: bool,
    /// Leases are fetched before this server serves.
    pub sync_leases: bool,
    /// How long a page may take.
    pub sync_timeout: Duration,
    /// Leases in a page.
    pub sync_page_limit: u32,
    /// Changes that are kept for a partner that cannot be reached.
    pub delayed_updates_limit: u32,
    /// Time between heartbeats; zero: none.
    pub heartbeat_delay: Duration,
    /// Silence after which a partner counts as not reachable.
    pub max_response_delay: Duration,
    /// Milliseconds after which a client counts as not served.
    pub max_ack_delay: u32,
    /// Clients that may be without an answer.
    pub max_unacked_clients: u32,
    /// Clients for whom changes may be refused; 0: any number.
    pub max_rejected_lease_updates: u32,
    /// Clients wait for backup servers.
    pub wait_backup_ack: bool,
    /// Partners' commands come by a listener at the URL of this server.
    pub dedicated_listener: bool,
    /// It takes commands of partners only.
    pub restrict_commands: bool,
    /// States in which the server waits.
    pub pauses: HashMap<HaState, Pause>,
}

/// A server of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct HaPeer {
    /// Its name.
    pub name: Box<str>,
    /// Where it takes commands.
    pub url: HaUrl,
    /// What it does.
    pub role: HaRole,
    /// It takes the place of a partner without being told to.
    pub auto_failover: bool,
    /// User and password.
    pub credentials: Option<(String, String)>,
    /// How connections are made safe, if they are.
    pub tls: Option<HaTls>,
    /// Its listener wants certificates.
    pub require_client_certs: bool,
}

/// Files of TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaTls {
    /// File or folder of authorities.
    pub trust_anchor: At<String>,
    /// File of the certificate.
    pub cert_file: At<String>,
    /// File of its key.
    pub key_file: At<String>,
}

/// A URL whose host is an IP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaUrl {
    /// As it was written.
    pub text: At<String>,
    /// Where that is.
    pub address: SocketAddr,
}

impl HaRelationship {
    /// This server.
    pub fn this_server(&self) -> &HaPeer {
        &self.peers[self.this]
    }

    /// The number of the server in whose place this one serves when it is away; a backup server has none.
    pub fn partner(&self) -> Option<usize> {
        let active = |peer: &HaPeer| peer.role != HaRole::Backup;
        (0..self.peers.len()).find(|&at| at != self.this && active(&self.peers[at]))
    }

    /// The number of the server of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.peers.iter().position(|peer| &*peer.name == name)
    }
}

impl Display for HaPeer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.url.text.value)
    }
}

impl Load for HighAvailability {
    const FILE: &'static str = "libdhcp_ha.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let given = self.high_availability.as_ref();
        if let Some(list) = given.filter(|list| list.value.is_empty()) {
            loading.problems.push(Problem::new(list.pos, "needs a relationship at least"));
        }
        let written = given.map_or(&[][..], |list| &list.value);
        let mut names = HashSet::new();
        let groups: Vec<_> = written
            .iter()
            .filter_map(|group| {
                let only_hot_standby = written.len() > 1 && group.mode.as_ref()?.value != HaMode::HotStandby;
                if only_hot_standby {
                    let reason = "several relationships work in the mode `hot-standby` only";
                    loading.problems.push(Problem::new(group.mode.as_ref()?.pos, reason));
                }
                group.resolve(&mut names, loading).map(Arc::new)
            })
            .collect();
        let mut class = |peer: &HaPeer| loading.classes.refer(&format!("HA_{}", peer.name));
        let classes = groups.iter().map(|group| group.peers.iter().map(&mut class).collect()).collect();
        // What a subnet says comes before what its shared network says.
        let contexts = loading.networks.iter().chain(loading.subnets);
        let subnets = contexts.filter_map(|(id, context)| Some((*id, group_of(context, &groups)?))).collect();
        Library::HighAvailability(Arc::new(HaRules { relationships: groups, classes, subnets }))
    }
}

/// The group that a user context names, if it names one.
fn group_of(context: &schema::Json, groups: &[Arc<HaRelationship>]) -> Option<SubnetGroup> {
    let name = context.0.get("ha-server-name")?;
    Some(match name.as_str() {
        None => Err("`ha-server-name` must be a string".to_owned()),
        Some("") => return None,
        Some(name) => groups.iter().position(|group| group.find(name).is_some()).ok_or_else(|| name.to_owned()),
    })
}

impl Relationship {
    fn resolve(&self, names: &mut HashSet<Box<str>>, loading: &mut Loading<'_>) -> Option<HaRelationship> {
        let mode = self.mode.as_ref()?.value;
        let mut pauses = HashMap::new();
        for entry in &self.state_machine().states {
            let Some(state) = &entry.state else { continue };
            if pauses.insert(state.value, entry.pause()).is_some() {
                let reason = format!("duplicated configuration for the '{}' state", state.value);
                loading.problems.push(Problem::new(state.pos, reason));
            }
        }
        let written = self.peers.as_ref()?;
        let mut peers: Vec<_> =
            written.value.iter().filter_map(|peer| peer.resolve(peer.pos, self, names, loading)).collect();
        if peers.len() < written.value.len() {
            return None; // the rules below would tell of what has been told
        }
        peers.sort_by(|a, b| (a.role, &a.name).cmp(&(b.role, &b.name)));
        let name = self.this_server_name.as_ref()?;
        let this = peers.iter().position(|peer| *peer.name == *name.trim());
        let mut problem = |pos: Pos, reason: String| loading.problems.push(Problem::new(pos, reason));
        if name.trim().is_empty() {
            problem(name.pos, "'this-server-name' value must not be empty".to_owned());
        } else if this.is_none() {
            problem(name.pos, format!("no peer configuration specified for the '{}'", name.trim()));
        }
        if let Some(reason) = check_roles(mode, &peers) {
            problem(written.pos, reason);
        }
        if peers.len() > MOST_PEERS {
            problem(written.pos, format!("more than {MOST_PEERS} servers"));
        }
        if let Some(wait) = self.wait_backup_ack.as_ref().filter(|wait| wait.value && mode != HaMode::PassiveBackup) {
            let mode = mode_in_words(mode);
            problem(wait.pos, format!("'wait-backup-ack' must be set to false in the {mode} configuration"));
        }
        let threads = self.multi_threading();
        let milliseconds = |number: u32| Duration::from_millis(number.into());
        Some(HaRelationship {
            mode,
            peers,
            this: this?,
            send_lease_updates: self.send_lease_updates(),
            sync_leases: self.sync_leases(),
            sync_timeout: milliseconds(self.sync_timeout()),
            sync_page_limit: self.sync_page_limit(),
            delayed_updates_limit: match (&self.delayed_updates_limit, mode) {
                (_, HaMode::HotStandby | HaMode::PassiveBackup) => 0,
                (Some(limit), HaMode::LoadBalancing) => limit.value,
                (None, HaMode::LoadBalancing) => 100,
            },
            heartbeat_delay: milliseconds(self.heartbeat_delay()),
            max_response_delay: milliseconds(self.max_response_delay()),
            max_ack_delay: self.max_ack_delay(),
            max_unacked_clients: self.max_unacked_clients(),
            max_rejected_lease_updates: self.max_rejected_lease_updates(),
            wait_backup_ack: self.wait_backup_ack(),
            dedicated_listener: threads.enable_multi_threading() && threads.http_dedicated_listener(),
            restrict_commands: self.restrict_commands(),
            pauses,
        })
    }
}

/// What is wrong with the roles of these servers, if anything is.
fn check_roles(mode: HaMode, peers: &[HaPeer]) -> Option<String> {
    use HaRole::{Primary, Secondary, Standby};
    let count = |role: &&HaRole| peers.iter().filter(|peer| peer.role == **role).count();
    let (needed, refused): (&[_], &[_]) = match mode {
        HaMode::LoadBalancing => (&[Secondary, Primary], &[Standby]),
        HaMode::HotStandby => (&[Standby, Primary], &[Secondary]),
        HaMode::PassiveBackup => (&[Primary], &[Secondary, Standby]),
    };
    let words = mode_in_words(mode);
    let several = needed.iter().chain(refused).find(|role| count(role) > 1);
    let wrong = refused.iter().find(|role| count(role) > 0);
    let missing = needed.iter().find(|role| count(role) == 0);
    match (several, wrong, missing) {
        (Some(role), ..) => Some(format!("multiple {role} servers specified")),
        (_, Some(role), _) => Some(format!("{role} servers not allowed in the {words} configuration")),
        (.., Some(role)) => Some(format!("{role} server required in the {words} configuration")),
        (None, None, None) => None,
    }
}

fn mode_in_words(mode: HaMode) -> &'static str {
    match mode {
        HaMode::LoadBalancing => "load balancing",
        HaMode::HotStandby => "hot standby",
        HaMode::PassiveBackup => "passive backup",
    }
}

impl Peer {
    fn resolve(
        &self,
        pos: Pos,
        group: &Relationship,
        names: &mut HashSet<Box<str>>,
        loading: &mut Loading<'_>,
    ) -> Option<HaPeer> {
        let (name, url, role) = (self.name.as_ref()?, self.url.as_ref()?, self.role.as_ref()?);
        let trimmed: Box<str> = name.trim().into();
        let mut problem = |pos: Pos, reason: String| loading.problems.push(Problem::new(pos, reason));
        if trimmed.is_empty() {
            problem(name.pos, "peer name must not be empty".to_owned());
        } else if !names.insert(trimmed.clone()) {
            problem(name.pos, format!("peer with name '{trimmed}' already specified"));
        }
        let tls = self.tls(group).map_err(|reason| problem(pos, reason)).ok()?;
        let read = read_url(url).map_err(|reason| problem(url.pos, reason)).ok()?;
        if tls.is_none() && url.starts_with("https:") {
            problem(
                url.pos,
                format!(
                    "bad url '{}': https scheme is not supported for the {trimmed} server where TLS is disabled",
                    url.value
                ),
            );
        }
        let credentials = self.credentials().map_err(|told| loading.problems.push(told)).ok()?;
        let auto_failover = self.auto_failover();
        let own = self.require_client_certs.as_ref().map(|given| given.value);
        let require_client_certs = own.unwrap_or(group.require_client_certs());
        Some(HaPeer {
            name: trimmed,
            url: read,
            role: role.value,
            auto_failover,
            credentials,
            tls,
            require_client_certs,
        })
    }

    /// Files of the peer, or those of the group; all three or none. An empty name is none.
    fn tls(&self, group: &Relationship) -> Result<Option<HaTls>, String> {
        let pick = |own: &Given<String>, common: &Given<String>| {
            own.as_ref().or(common.as_ref()).filter(|file| !file.is_empty()).cloned()
        };
        let files = [
            pick(&self.trust_anchor, &group.trust_anchor),
            pick(&self.cert_file, &group.cert_file),
            pick(&self.key_file, &group.key_file),
        ];
        match files {
            [None, None, None] => Ok(None),
            [Some(trust_anchor), Some(cert_file), Some(key_file)] => {
                Ok(Some(HaTls { trust_anchor, cert_file, key_file }))
            }
            files => {
                let keys = ["trust-anchor", "cert-file", "key-file"];
                let missing = keys.iter().zip(&files).find(|(_, file)| file.is_none()).map_or("", |(key, _)| key);
                Err(format!("{missing} parameter is missing or empty: all or none of TLS parameters must be set"))
            }
        }
    }

    fn credentials(&self) -> Result<Option<(String, String)>, Problem> {
        let user = one_of(&self.basic_auth_user, &self.basic_auth_user_file, "basic-auth-user")?;
        let password = one_of(&self.basic_auth_password, &self.basic_auth_password_file, "basic-auth-password")?;
        let Some(user) = user.filter(|user| !user.is_empty()) else { return Ok(None) };
        if user.contains(':') {
            let reason = format!("user '{}' must not contain a ':'", user.value);
            return Err(Problem::new(user.pos, reason));
        }
        Ok(Some((user.value, password.map(|password| password.value).unwrap_or_default())))
    }
}

/// A value that may stand in the configuration, or in the first line of a file.
fn one_of(given: &Given<String>, file: &Given<String>, key: &str) -> Result<Option<At<String>>, Problem> {
    let Some(file) = file else { return Ok(given.clone()) };
    if given.is_some() {
        return Err(Problem::new(file.pos, format!("only one of {key} and {key}-file parameter can be configured")));
    }
    let failed = |error: std::io::Error| Problem::new(file.pos, format!("cannot read {}: {error}", file.value));
    let mut line = String::new();
    BufReader::new(File::open(&file.value).map_err(failed)?).read_line(&mut line).map_err(failed)?;
    Ok(Some(At { value: line.trim_end_matches(['\n', '\r']).to_owned(), pos: file.pos }))
}

/// `http://192.0.2.1:8000/`, `https://[2001:db8::1]:8000/`
fn read_url(url: &At<String>) -> Result<HaUrl, String> {
    let (port, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
        (Some(rest), _) => (80, rest),
        (_, Some(rest)) => (443, rest),
        (None, None) => return Err(format!("invalid URL: url {} lacks http or https scheme", url.value)),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, written)) if !written.ends_with(']') => {
            (host, written.parse().map_err(|_| format!("invalid URL: '{written}' is not a port"))?)
        }
        _ => (authority, port),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let address: Result<IpAddr, _> = match bare {
        Some(inside) => inside.parse().map(IpAddr::V6),
        None => host.parse().map(IpAddr::V4),
    };
    match address {
        Ok(address) => Ok(HaUrl { text: url.clone(), address: SocketAddr::new(address, port) }),
        Err(_) => Err(format!("bad url '{}': '{host}' is not a valid IP address", url.value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_urls_are_addresses() {
        let read = |text: &str| read_url(&At::unwritten(text.to_owned())).map(|url| url.address.to_string());
        assert_eq!(read("http://192.0.2.1:8005/").as_deref(), Ok("192.0.2.1:8005"));
        assert_eq!(read("https://[2001:db8::1]:8005").as_deref(), Ok("[2001:db8::1]:8005"));
        assert_eq!(read("https://[::1]/x").as_deref(), Ok("[::1]:443"));
        assert_eq!(read("http://192.0.2.1").as_deref(), Ok("192.0.2.1:80"));
        for wrong in ["http://server1:80/", "192.0.2.1:80", "http://192.0.2.1:x/", "http://::1/", "ftp://192.0.2.1/"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
