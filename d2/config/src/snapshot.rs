//! What D2 runs with: resolved, indexed, immutable; and the rules on the way there.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dns::{Key, Name};
use schema::common::{ControlSocket, SocketType};
use schema::json::Document;
use schema::{At, ConfigError, Given, Pos, Reader};

use crate::input::{DdnsDomain, DhcpDdns, DnsServer, DomainList, NcrProtocol, TsigKey};

/// The configuration of a running D2.
#[derive(Clone, Debug, PartialEq)]
pub struct D2Config {
    /// Where requests are received.
    pub listen: SocketAddr,
    /// How long the answer to an update is waited for.
    pub dns_timeout: Duration,
    /// Zones of names.
    pub forward: Domains,
    /// Zones of addresses.
    pub reverse: Domains,
    /// Names of all keys, for their statistics.
    pub key_names: Vec<Name>,
    /// Secrets that stand in the configuration itself.
    pub clear_secrets: Vec<ClearSecret>,
}

/// Zones in one direction, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Domains {
    by_name: HashMap<Name, Arc<Domain>>,
    /// The zone `*`.
    wildcard: Option<Arc<Domain>>,
}

/// A zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Name of the zone.
    pub zone: Name,
    /// Servers in the order in which they are tried; at least one.
    pub servers: Vec<Server>,
}

/// A DNS server.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Where it takes updates.
    pub address: SocketAddr,
    /// What signs the updates.
    pub key: Option<Arc<Key>>,
}

/// Where a secret stands in clear text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearSecret {
    /// File, line and column, as `FILE:LINE:COLUMN`.
    pub place: String,
}

/// Reads a file that holds a secret, or tells why it cannot.
type ReadFile<'a> = &'a mut dyn FnMut(&str) -> Result<String, String>;

impl D2Config {
    /// Reads and resolves a configuration, or tells everything that is wrong with it. `read_file` reads `secret-file`.
    pub fn read(document: &Document, read_file: ReadFile<'_>) -> Result<(DhcpDdns, Self), Vec<ConfigError>> {
        let input = DhcpDdns::read(document)?;
        let mut reader = Reader::default();
        check_control_sockets(&input, &mut reader);
        let mut config = resolve(&input, &mut reader, read_file);
        let clear = input.tsig_keys.iter().filter_map(|key| key.secret.as_ref()).map(|secret| {
            let error = document.error(secret.pos, "");
            ClearSecret { place: format!("{}:{}:{}", error.file, error.line, error.column) }
        });
        config.clear_secrets = clear.collect();
        if reader.problems.is_empty() { Ok((input, config)) } else { Err(document.errors(reader.problems)) }
    }
}

impl Domains {
    /// The zone for a name: the one that has most of it, or else `*`.
    pub fn find(&self, name: &Name) -> Option<&Arc<Domain>> {
        let mut suffix = Some(name.clone());
        while let Some(name) = suffix {
            if let Some(domain) = self.by_name.get(&name) {
                return Some(domain);
            }
            suffix = name.parent();
        }
        self.wildcard.as_ref()
    }

    /// Is there no zone, which is how updates in this direction are switched off?
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty() && self.wildcard.is_none()
    }
}

/// One UNIX control socket, written in one of the two places or the same in both; and none with headers, which Kea's D2 does not know.
fn check_control_sockets(input: &DhcpDdns, reader: &mut Reader) {
    let older = ControlSocket::only_older(&input.control_sockets, &input.control_socket);
    let sockets = || input.control_sockets.iter().chain(older);
    let unix =
        |socket: &&At<ControlSocket>| matches!(&socket.socket_type, Some(kind) if kind.value == SocketType::Unix);
    if let Some(extra) = sockets().filter(unix).nth(1) {
        reader.problem(extra.pos, "there is a unix control socket already");
    }
    for header in sockets().filter_map(|socket| socket.http_headers.first()) {
        reader.problem(header.pos, "`http-headers` is for kea-dhcp4 and kea-dhcp6 only");
    }
}

fn resolve(input: &DhcpDdns, reader: &mut Reader, read_file: ReadFile<'_>) -> D2Config {
    if let Some(tcp) = input.ncr_protocol.as_ref().filter(|protocol| protocol.value == NcrProtocol::Tcp) {
        reader.problem(tcp.pos, "D2Params: NCR Protocol:TCP is not yet supported");
    }
    let keys = keys(&input.tsig_keys, reader, read_file);
    D2Config {
        listen: SocketAddr::new(input.ip_address(), input.port()),
        dns_timeout: Duration::from_millis(input.dns_server_timeout().into()),
        forward: domains(&input.forward_ddns, &keys, reader),
        reverse: domains(&input.reverse_ddns, &keys, reader),
        key_names: input.tsig_keys.iter().filter_map(|key| Some(key.name.as_ref()?.name.clone())).collect(),
        clear_secrets: Vec::new(),
    }
}

/// Keys by name; `None` for one that is wrong, so that what refers to it has no error of its own.
type Keys = HashMap<Name, Option<Arc<Key>>>;

fn keys(written: &[At<TsigKey>], reader: &mut Reader, read_file: ReadFile<'_>) -> Keys {
    let mut keys = Keys::new();
    for input in written {
        let Some(name) = &input.name else { continue };
        if keys.contains_key(&name.name) {
            reader.problem(name.pos, format!("Duplicate TSIG key name specified : {}", name.value));
            continue;
        }
        let key = key(input, reader, read_file).map(Arc::new);
        keys.insert(name.name.clone(), key);
    }
    keys
}

fn key(input: &At<TsigKey>, reader: &mut Reader, read_file: ReadFile<'_>) -> Option<Key> {
    let secret = secret(input, reader, read_file)?;
    let (name, algorithm) = (input.name.as_ref()?, input.algorithm.as_ref()?);
    match Key::new(name.name.clone(), algorithm.0, &secret, input.digest_bits()) {
        Ok(key) => Some(key),
        Err(error) => {
            let pos = match error {
                dns::KeyError::EmptySecret => secret_pos(input),
                _ => input.digest_bits.as_ref().map_or(input.pos, |bits| bits.pos),
            };
            reader.problem(pos, error.to_string());
            None
        }
    }
}

fn secret(input: &At<TsigKey>, reader: &mut Reader, read_file: ReadFile<'_>) -> Option<Vec<u8>> {
    let text = match (&input.secret, &input.secret_file) {
        (Some(secret), None) => Ok(secret.value.clone()),
        (None, Some(file)) => {
            read_file(&file.value).map_err(|reason| format!("cannot read the secret in '{}': {reason}", file.value))
        }
        _ => Err("a key has either `secret` or `secret-file`".to_owned()),
    };
    let decoded = text.and_then(|text| {
        STANDARD.decode(text.trim()).map_err(|error| format!("the secret is not valid base64: {error}"))
    });
    decoded.map_err(|reason| reader.problem(secret_pos(input), reason)).ok()
}

fn secret_pos(input: &At<TsigKey>) -> Pos {
    let given: &Given<String> = if input.secret.is_some() { &input.secret } else { &input.secret_file };
    given.as_ref().map_or(input.pos, |secret| secret.pos)
}

fn domains(list: &Given<DomainList>, keys: &Keys, reader: &mut Reader) -> Domains {
    let mut domains = Domains::default();
    let mut seen = HashSet::new();
    for input in list.iter().flat_map(|list| &list.ddns_domains) {
        let Some(name) = &input.name else { continue };
        if !seen.insert(name.name.clone()) {
            reader.problem(name.pos, format!("Duplicate domain specified:{}", name.value));
            continue;
        }
        let domain = Arc::new(domain(&name.name, input, keys, reader));
        if name.to_string() == "*" {
            domains.wildcard = Some(domain);
        } else {
            domains.by_name.insert(name.name.clone(), domain);
        }
    }
    domains
}

fn domain(zone: &Name, input: &At<DdnsDomain>, keys: &Keys, reader: &mut Reader) -> Domain {
    if input.dns_servers.is_empty() {
        reader.problem(input.pos, "DNS server list cannot be empty");
    }
    // Found even where no server needs it: a reference that leads nowhere is a mistake.
    let key = named_key(&input.key_name, keys, "DdnsDomain", reader);
    let servers = input.dns_servers.iter().filter_map(|input| server(input, key.as_ref(), keys, reader));
    Domain { zone: zone.clone(), servers: servers.collect() }
}

fn server(input: &DnsServer, inherited: Option<&Arc<Key>>, keys: &Keys, reader: &mut Reader) -> Option<Server> {
    let own = named_key(&input.key_name, keys, "Dns Server", reader);
    if let Some(hostname) = input.hostname.as_ref().filter(|hostname| !hostname.value.is_empty()) {
        reader.problem(hostname.pos, "Dns Server : hostname is not yet supported");
    }
    let address = SocketAddr::new(input.ip_address.as_ref()?.value, input.port());
    Some(Server { address, key: own.or_else(|| inherited.cloned()) })
}

/// The key of this name; none for an absent or empty name.
fn named_key(name: &Given<String>, keys: &Keys, what: &str, reader: &mut Reader) -> Option<Arc<Key>> {
    let name = name.as_ref().filter(|name| !name.value.is_empty())?;
    match Name::parse(&name.value).ok().and_then(|parsed| keys.get(&parsed)) {
        Some(key) => key.clone(),
        None => {
            reader.problem(name.pos, format!("{what} : specifies an undefined key: {}", name.value));
            None
        }
    }
}

#[cfg(test)]
mod tests;
