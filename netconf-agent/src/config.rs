//! The parameters of kea-netconf, each declared once, and the rules between them.
//!
//! `managed-servers` and the switches beside it are Kea's. What is ours is the transport, which Kea leaves to sysrepo and
//! netopeer: `ssh`, and where data and YANG modules lie.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use process::paths;
use russh::keys::ssh_key::PublicKey;
use schema::common::Logger;
use schema::json::Document;
use schema::{Annotations, At, ConfigError, Given, Json, Pos, Reader, Scope, Word};
use serde_json::{Map, Value, json};
use translators::Model;

use crate::core::{Limits, Login};
use crate::daemons::{self, Channel};
use crate::transport::password::{Hash, Password};
use crate::transport::ssh::User;
use crate::transport::tls;

/// A configuration file of kea-netconf.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct File {
    /// The configuration of the agent.
    #[param(key = "Netconf", required)]
    pub netconf: Given<Netconf>,
}

/// The NETCONF agent.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(may_be_empty)]
pub struct Netconf {
    /// Whether startup is loaded into the servers when the agent starts.
    #[param(default = true, inherited)]
    pub boot_update: Given<bool>,
    /// Whether the servers follow changes of running.
    #[param(default = true, inherited)]
    pub subscribe_changes: Given<bool>,
    /// Whether servers are asked by `config-test` to validate, and before a change that concerns several.
    #[param(default = true, inherited)]
    pub validate_changes: Given<bool>,
    /// Whether servers write their configuration files after a change, so that they have it when they are started again.
    #[param(default = true, inherited)]
    pub config_write: Given<bool>,
    /// The servers that are managed.
    #[param(default)]
    pub managed_servers: Given<ManagedServers>,
    /// NETCONF over SSH; without it and `tls` nobody can connect.
    pub ssh: Given<Ssh>,
    /// NETCONF over TLS.
    pub tls: Given<Tls>,
    /// Folder of startup and of the SSH host key; made if it is missing.
    pub datastore_directory: Given<String>,
    /// File of the access control that is configured over NETCONF (RFC 8341); `access-control.json` in the datastore folder.
    pub access_control_file: Given<String>,
    /// Folder of YANG modules that take precedence over those built in.
    pub yang_directory: Given<String>,
    /// Libraries that extend the agent; not supported yet.
    #[param(later)]
    pub hooks_libraries: Vec<At<Json>>,
    /// What is logged, and where to.
    #[param(filled)]
    pub loggers: Vec<At<Logger>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// The servers that are managed.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(may_be_empty)]
pub struct ManagedServers {
    /// kea-dhcp4.
    pub dhcp4: Given<ManagedServer>,
    /// kea-dhcp6.
    pub dhcp6: Given<ManagedServer>,
    /// kea-dhcp-ddns.
    pub d2: Given<ManagedServer>,
}

/// A managed server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct ManagedServer {
    /// Name of the YANG module that describes it: the one in Kea's own terms, or for kea-dhcp6 `ietf-dhcpv6-server`.
    pub model: Given<String>,
    /// Whether startup is loaded into it when the agent starts.
    pub boot_update: Given<bool>,
    /// Whether it follows changes of running.
    pub subscribe_changes: Given<bool>,
    /// Whether it is asked by `config-test` to validate, and before a change that concerns several.
    pub validate_changes: Given<bool>,
    /// Whether it writes its configuration file after a change.
    pub config_write: Given<bool>,
    /// Where it takes commands.
    #[param(required)]
    pub control_socket: Given<ControlSocket>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Where a managed server takes commands.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(rules)]
pub struct ControlSocket {
    /// Kind of the socket.
    #[param(default = "unix")]
    pub socket_type: Given<SocketType>,
    /// Path of the socket, or its name in the folder of sockets.
    pub socket_name: Given<String>,
    /// URL of the server, for commands over HTTP and HTTPS.
    #[param(default = "http://127.0.0.1:8000/")]
    pub socket_url: Given<String>,
    /// User by whom commands come over HTTP.
    pub user: Given<String>,
    /// The user's password.
    #[param(secret)]
    pub password: Given<String>,
    /// File or folder of the authorities whose servers are trusted, for HTTPS.
    pub trust_anchor: Given<String>,
    /// File of the agent's certificate, for HTTPS.
    pub cert_file: Given<String>,
    /// File of the certificate's private key, for HTTPS.
    pub key_file: Given<String>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Kind of a server's control socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum SocketType {
    /// A UNIX domain socket.
    Unix,
    /// HTTP, and HTTPS with `trust-anchor`.
    Http,
    /// None: commands are written to the standard output.
    #[later]
    Stdout,
}

impl ControlSocket {
    fn rules(&self, pos: Pos, reader: &mut Reader) {
        let name = self.socket_name.as_ref();
        if matches!(self.socket_type(), SocketType::Unix) {
            if name.is_none() {
                reader.problem(pos, "`socket-name` is missing");
            }
        } else if let Some(name) = name.filter(|name| !name.value.is_empty()) {
            reader.problem(name.pos, "socket-name is extraneous when socket type is configured to http");
        }
    }

    /// The way to the server.
    fn channel(&self, pos: Pos, reader: &mut Reader) -> Channel {
        let text = |given: &Given<String>| given.as_ref().map(|given| given.value.clone());
        if matches!(self.socket_type(), SocketType::Unix) {
            // A name alone lies where the servers put it; a path is where it says.
            return Channel::unix(paths::SOCKET.folder().join(text(&self.socket_name).unwrap_or_default()));
        }
        let pos = self.socket_url.as_ref().map_or(pos, |url| url.pos);
        let client = self.tls().and_then(|tls| {
            let client = control::http::Client::new(&self.socket_url(), tls, daemons::ANSWER_WITHIN)?;
            match text(&self.user) {
                Some(user) => client.authenticate(&user, &text(&self.password).unwrap_or_default()),
                None => Ok(client),
            }
        });
        client.map(Channel::Http).unwrap_or_else(|reason| {
            reader.problem(pos, reason);
            Channel::unix(PathBuf::new())
        })
    }

    fn tls(&self) -> Result<Option<control::tls::Client>, String> {
        let path = |given: &Given<String>| given.as_ref().map(|given| PathBuf::from(&given.value));
        let identity = match (path(&self.cert_file), path(&self.key_file)) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err("`cert-file` and `key-file` need each other".to_string()),
        };
        match path(&self.trust_anchor) {
            Some(anchor) => {
                let identity = identity.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
                control::tls::Client::new(&anchor, identity, true).map(Some).map_err(|unusable| unusable.reason)
            }
            None if identity.is_some() => Err("`cert-file` needs `trust-anchor`".to_string()),
            None => Ok(None),
        }
    }
}

/// NETCONF over SSH (RFC 6242).
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Ssh {
    /// Addresses to listen at; 127.0.0.1 without any.
    pub listen: Vec<At<IpAddr>>,
    /// TCP port to listen at.
    #[param(range = 1..=65535, default = 830)]
    pub port: Given<u16>,
    /// File of the host key in OpenSSH's format; `ssh_host_ed25519_key` in the datastore folder, made at the first start.
    pub host_key_file: Given<String>,
    /// Who may connect.
    pub users: Vec<At<SshUser>>,
    /// Clients that the agent connects to by itself, at port 4334 unless they say otherwise (RFC 8071).
    pub call_home: Vec<At<CallHome>>,
    /// Sessions at a time.
    #[param(range = 1..=10000, default = 64)]
    pub max_sessions: Given<u32>,
    /// Largest message in bytes.
    #[param(range = 4096..=1073741824, default = 67108864)]
    pub max_message_size: Given<u32>,
    /// Seconds from the connection to the `<hello>`.
    #[param(range = 1..=3600, default = 30)]
    pub login_timeout: Given<u32>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// NETCONF over TLS (RFC 7589). Clients need a certificate.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Tls {
    /// Addresses to listen at; 127.0.0.1 without any.
    pub listen: Vec<At<IpAddr>>,
    /// TCP port to listen at.
    #[param(range = 1..=65535, default = 6513)]
    pub port: Given<u16>,
    /// File or folder of the authorities whose clients are trusted.
    #[param(required)]
    pub trust_anchor: Given<String>,
    /// File of the agent's certificate.
    #[param(required)]
    pub cert_file: Given<String>,
    /// File of the certificate's private key.
    #[param(required)]
    pub key_file: Given<String>,
    /// Who may connect.
    pub users: Vec<At<TlsUser>>,
    /// Clients that the agent connects to by itself, at port 4335 unless they say otherwise (RFC 8071).
    pub call_home: Vec<At<CallHome>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Someone who may connect over TLS.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct TlsUser {
    /// Name.
    #[param(required)]
    pub name: Given<String>,
    /// SHA-256 fingerprint of the certificate, as `openssl x509 -fingerprint -sha256` prints it.
    #[param(required)]
    pub fingerprint: Given<String>,
    /// Groups of access control, beside those that ietf-netconf-acm puts the user in.
    pub groups: Vec<At<String>>,
    /// Whether access control does not concern this user, who can mend it.
    #[param(default = false)]
    pub recovery: Given<bool>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A client that the agent connects to by itself.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct CallHome {
    /// Its address.
    #[param(required)]
    pub address: Given<IpAddr>,
    /// Its TCP port.
    pub port: Given<u16>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Someone who may connect. There must be a password, a hash or a key.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct SshUser {
    /// Name.
    #[param(required)]
    pub name: Given<String>,
    /// Password, as it is.
    #[param(secret)]
    pub password: Given<String>,
    /// Password as a SHA512-crypt hash, as `openssl passwd -6` makes it.
    #[param(secret)]
    pub password_hash: Given<String>,
    /// Public keys as lines of OpenSSH's authorized_keys, without options.
    pub authorized_keys: Vec<At<String>>,
    /// Groups of access control, beside those that ietf-netconf-acm puts the user in.
    pub groups: Vec<At<String>>,
    /// Whether access control does not concern this user, who can mend it.
    #[param(default = false)]
    pub recovery: Given<bool>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A configuration with everything worked out.
#[derive(Clone, Debug)]
pub struct Config {
    /// What was written.
    pub input: Netconf,
    /// The managed servers.
    pub servers: Vec<daemons::Settings>,
    /// Limits on what peers may use.
    pub limits: Limits,
    /// The SSH server, if there is one.
    pub ssh: Option<SshConfig>,
    /// The TLS server, if there is one.
    pub tls: Option<TlsConfig>,
    /// Folder of startup and host key, and where it was written.
    pub data: At<PathBuf>,
    /// File of access control.
    pub access: PathBuf,
    /// Folder of YANG modules, and where it was written.
    pub yang: Given<PathBuf>,
}

/// The SSH server's part.
#[derive(Clone, Debug)]
pub struct SshConfig {
    /// Where to listen.
    pub listen: Vec<At<SocketAddr>>,
    /// Who may connect.
    pub users: Vec<User>,
    /// File of the host key, and where it was written.
    pub host_key: At<PathBuf>,
    /// Clients to call.
    pub call_home: Vec<SocketAddr>,
}

/// The TLS server's part.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// Where to listen.
    pub listen: Vec<At<SocketAddr>>,
    /// Who may connect, and who the server is.
    pub settings: tls::Settings,
    /// Clients to call.
    pub call_home: Vec<SocketAddr>,
}

impl Config {
    /// Reads a configuration, or all that is wrong with it. Opens nothing.
    pub fn read(document: &Document) -> Result<Self, Vec<ConfigError>> {
        let file: File = schema::read(document)?;
        let netconf = file.netconf.map(|netconf| netconf.value).unwrap_or_default();
        let mut reader = Reader::default();
        let data = directory(&netconf);
        let ssh = netconf.ssh.as_ref().map(|ssh| resolve_ssh(&ssh.value, &data.value, &mut reader));
        let tls = netconf.tls.as_ref().and_then(|tls| resolve_tls(&tls.value, tls.pos, &mut reader));
        let servers = resolve_servers(&netconf, &mut reader);
        let limits = limits(&netconf.ssh.as_ref().map(|ssh| ssh.value.clone()).unwrap_or_default());
        let yang = netconf.yang_directory.as_ref().map(|it| At { value: PathBuf::from(&it.value), pos: it.pos });
        let access = netconf.access_control_file.as_ref().map_or("access-control.json", |file| file.value.as_str());
        let access = data.value.join(access);
        match reader.problems.is_empty() {
            true => Ok(Self { servers, limits, ssh, tls, data, access, yang, input: netconf }),
            false => Err(document.errors(reader.problems)),
        }
    }

    /// Whether sessions and datastores can live on under the other configuration.
    pub fn shares_state_with(&self, other: &Self) -> bool {
        // All but the transport's own part, which is changed in place.
        let state = |config: &Self| Netconf { ssh: None, tls: None, loggers: Vec::new(), ..config.input.clone() };
        self.limits == other.limits && state(self) == state(other)
    }
}

impl Netconf {
    /// As `config-get` shows it, with all defaults.
    pub fn show(&self) -> Value {
        let mut shown = self.clone();
        shown.fill();
        let mut map = Map::new();
        shown.put(&mut map);
        let mut shown = json!({ "Netconf": map });
        schema::fold_comments(&mut shown, File::TABLE);
        shown
    }
}

fn directory(netconf: &Netconf) -> At<PathBuf> {
    match &netconf.datastore_directory {
        Some(written) => At { value: PathBuf::from(&written.value), pos: written.pos },
        None => At::unwritten(paths::DATA.folder().join("netconf")),
    }
}

fn resolve_servers(netconf: &Netconf, reader: &mut Reader) -> Vec<daemons::Settings> {
    let Some(servers) = &netconf.managed_servers else { return Vec::new() };
    let servers = &servers.value;
    let named = [
        ("dhcp4", &servers.dhcp4, &[Model::DHCP4][..]),
        ("dhcp6", &servers.dhcp6, &[Model::DHCP6, Model::IETF6]),
        ("d2", &servers.d2, &[Model::DDNS]),
    ];
    let given = named.into_iter().filter_map(|(name, server, models)| Some((name, &server.as_ref()?.value, models)));
    let resolved = given.map(|(name, server, models)| {
        let model = model(server, models, reader)?;
        Some(resolve_server(name, server, model, netconf, reader))
    });
    resolved.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// The model of a server that can have these; the first one unless another is named.
fn model(server: &ManagedServer, models: &[Model], reader: &mut Reader) -> Option<Model> {
    let Some(given) = &server.model else { return models.first().copied() };
    let named = models.iter().find(|model| model.module == given.value).copied();
    if named.is_none() {
        let names: Vec<_> = models.iter().map(|model| format!("`{}`", model.module)).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        let known = names.join(" and ");
        reader.problem(given.pos, format!("model `{}` is not supported, {known} {verb}", given.value));
    }
    named
}

fn resolve_server(
    name: &str,
    server: &ManagedServer,
    model: Model,
    netconf: &Netconf,
    reader: &mut Reader,
) -> daemons::Settings {
    let socket = server.control_socket.as_ref();
    let channel = socket.map(|socket| socket.value.channel(socket.pos, reader));
    let switch = |own: &Given<bool>, global: bool| own.as_ref().map_or(global, |own| own.value);
    daemons::Settings {
        name: name.to_string(),
        model,
        channel: channel.unwrap_or_else(|| Channel::unix(PathBuf::new())),
        boot_update: switch(&server.boot_update, netconf.boot_update()),
        subscribe_changes: switch(&server.subscribe_changes, netconf.subscribe_changes()),
        validate_changes: switch(&server.validate_changes, netconf.validate_changes()),
        config_write: switch(&server.config_write, netconf.config_write()),
    }
}

fn limits(ssh: &Ssh) -> Limits {
    let size = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    Limits {
        sessions: size(ssh.max_sessions()),
        message: size(ssh.max_message_size()),
        login: Duration::from_secs(ssh.login_timeout().into()),
    }
}

/// Addresses to listen at; loopback if there is none, and nobody to call instead.
fn listen(addresses: &[At<IpAddr>], port: &Given<u16>, default: u16, calls: bool) -> Vec<At<SocketAddr>> {
    let number = port.as_ref().map_or(default, |port| port.value);
    let mut listen: Vec<At<SocketAddr>> =
        addresses.iter().map(|at| At { value: SocketAddr::new(at.value, number), pos: at.pos }).collect();
    if listen.is_empty() && (!calls || port.is_some()) {
        let pos = port.as_ref().map(|port| port.pos).unwrap_or_default();
        listen.push(At { value: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), number), pos });
    }
    listen
}

fn call_home(clients: &[At<CallHome>], port: u16) -> Vec<SocketAddr> {
    let address = |client: &At<CallHome>| {
        let port = client.value.port.as_ref().map_or(port, |port| port.value);
        Some(SocketAddr::new(client.value.address.as_ref()?.value, port))
    };
    clients.iter().filter_map(address).collect()
}

fn resolve_tls(written: &Tls, pos: Pos, reader: &mut Reader) -> Option<TlsConfig> {
    let path = |given: &Given<String>| given.as_ref().map(|given| PathBuf::from(&given.value));
    let mut users: Vec<tls::User> = Vec::new();
    for user in &written.users {
        let At { value: user, pos } = user;
        let given = user.fingerprint.as_ref()?;
        match tls::fingerprint(&given.value) {
            Some(known) if users.iter().any(|other| other.fingerprint == known) => {
                reader.problem(given.pos, "two users cannot have one certificate");
            }
            Some(fingerprint) => {
                let login = login(&user.name, &user.groups, user.recovery(), "netconf-tls");
                users.push(tls::User { login, fingerprint });
            }
            None => reader
                .problem(*pos, "must be 32 bytes in hexadecimal, as `openssl x509 -fingerprint -sha256` prints them"),
        }
    }
    let (anchor, certificate, key) =
        (path(&written.trust_anchor)?, path(&written.cert_file)?, path(&written.key_file)?);
    match control::tls::Server::new(&anchor, &certificate, &key, true) {
        Ok(server) => Some(TlsConfig {
            listen: listen(&written.listen, &written.port, written.port(), !written.call_home.is_empty()),
            settings: tls::Settings { users, server },
            call_home: call_home(&written.call_home, 4335),
        }),
        Err(unusable) => {
            reader.problem(pos, unusable.reason);
            None
        }
    }
}

fn login(name: &Given<String>, groups: &[At<String>], recovery: bool, transport: &'static str) -> Login {
    Login {
        user: name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
        groups: groups.iter().map(|group| group.value.clone()).collect(),
        recovery,
        transport,
    }
}

fn resolve_ssh(ssh: &Ssh, data: &Path, reader: &mut Reader) -> SshConfig {
    let listen = listen(&ssh.listen, &ssh.port, ssh.port(), !ssh.call_home.is_empty());
    let host_key = match &ssh.host_key_file {
        Some(file) => At { value: data.join(&file.value), pos: file.pos },
        None => At::unwritten(data.join("ssh_host_ed25519_key")),
    };
    let mut users: Vec<User> = Vec::new();
    for user in &ssh.users {
        let resolved = resolve_user(&user.value, user.pos, reader);
        if users.iter().any(|other| other.login.user == resolved.login.user) {
            reader.problem(user.pos, format!("there are two users `{}`", resolved.login.user));
        }
        users.push(resolved);
    }
    SshConfig { listen, users, host_key, call_home: call_home(&ssh.call_home, 4334) }
}

fn resolve_user(user: &SshUser, pos: Pos, reader: &mut Reader) -> User {
    let password = match (&user.password, &user.password_hash) {
        (Some(_), Some(hash)) => {
            reader.problem(hash.pos, "a user has `password` or `password-hash`, not both");
            None
        }
        (Some(password), None) => Some(Password::Clear(password.value.clone())),
        (None, Some(hash)) => match Hash::parse(&hash.value) {
            Ok(parsed) => Some(Password::Hashed(parsed)),
            Err(reason) => {
                reader.problem(hash.pos, reason);
                None
            }
        },
        (None, None) => None,
    };
    let mut keys = Vec::new();
    for line in &user.authorized_keys {
        match PublicKey::from_openssh(&line.value) {
            Ok(key) => keys.push(key),
            Err(error) => reader.problem(line.pos, format!("must be a public key as OpenSSH writes it: {error}")),
        }
    }
    if user.password.is_none() && user.password_hash.is_none() && user.authorized_keys.is_empty() {
        reader.problem(pos, "a user needs `password`, `password-hash` or `authorized-keys`");
    }
    let login = login(&user.name, &user.groups, user.recovery(), "netconf-ssh");
    User { login, password, keys }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Vec<String>> {
        let text = format!("{{ \"Netconf\": {{ {text} }} }}");
        let document = schema::json::parse("<string>", &text, &mut schema::json::no_includes).unwrap();
        Config::read(&document).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_a_server_does_not_say_the_agent_says() {
        let config = read(
            r#""boot-update": false, "managed-servers": {
                "dhcp4": { "boot-update": true, "control-socket": { "socket-type": "unix", "socket-name": "/x/y" } },
                "d2": { "model": "kea-dhcp-ddns", "control-socket": { "socket-name": "/z" }, "comment": "c" } }"#,
        )
        .unwrap();
        let told: Vec<_> =
            config.servers.iter().map(|s| (s.name.as_str(), s.boot_update, s.validate_changes)).collect();
        assert_eq!(told, [("dhcp4", true, true), ("d2", false, true)]);
        assert_eq!(config.servers[0].channel.to_string(), "/x/y");
        assert!(config.ssh.is_none());
    }

    #[test]
    fn ssh_has_defaults() {
        let config =
            read(r#""datastore-directory": "/d", "ssh": { "users": [ { "name": "a", "password": "b" } ] }"#).unwrap();
        let ssh = config.ssh.unwrap();
        assert_eq!(ssh.listen[0].value.to_string(), "127.0.0.1:830");
        assert_eq!(ssh.host_key.value, PathBuf::from("/d/ssh_host_ed25519_key"));
        assert_eq!(config.limits.sessions, 64);
        let shown = config.input.show();
        assert_eq!(shown["Netconf"]["boot-update"], true);
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        for (text, part) in [
            (r#""hooks-libraries": [ {} ]"#, "hooks-libraries"),
            (
                r#""managed-servers": { "dhcp6": { "model": "ietf-dhcpv6-relay", "control-socket": { "socket-name": "x" } } }"#,
                "ietf-dhcpv6-relay",
            ),
            (
                r#""managed-servers": { "dhcp4": { "control-socket": { "socket-type": "http", "socket-name": "x" } } }"#,
                "http",
            ),
            (r#""managed-servers": { "ca": {} }"#, "ca"),
            (r#""managed-servers": { "dhcp4": {} }"#, "control-socket"),
            (r#""ssh": { "users": [ { "name": "a" } ] }"#, "password"),
            (
                r#""ssh": { "users": [ { "name": "a", "password": "b" }, { "name": "a", "password": "c" } ] }"#,
                "two users",
            ),
            (r#""ssh": { "users": [ { "name": "a", "password-hash": "b" } ] }"#, "SHA512-crypt"),
            (r#""ssh": { "users": [ { "name": "a", "authorized-keys": [ "b" ] } ] }"#, "public key"),
        ] {
            let errors = read(text).unwrap_err();
            assert!(errors[0].contains(part), "{errors:?}");
        }
    }
}
