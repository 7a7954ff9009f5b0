//! The parameters of kea-dhcp-ddns, each declared once.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use dns::{Name, NameError};
use schema::common::{ControlSocket, Logger};
use schema::json::Document;
use schema::{Annotations, At, ConfigError, Given, Json, Scope, Word, fold_comments, text_field};
use serde_json::{Map, Value, json};

/// A configuration file of kea-dhcp-ddns.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct File {
    /// The configuration of the D2 server.
    #[param(key = "DhcpDdns", required)]
    pub dhcp_ddns: Given<DhcpDdns>,
}

/// The D2 server, which carries out the DHCP servers' name change requests at DNS servers.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct DhcpDdns {
    /// Address at which the server listens for requests.
    #[param(default = "127.0.0.1")]
    pub ip_address: Given<IpAddr>,
    /// UDP port at which the server listens for requests.
    #[param(range = 1..=65535, default = 53001)]
    pub port: Given<u16>,
    /// Milliseconds for which the server waits for the answer to an update.
    #[param(range = 1..=2147483647, default = 500)]
    pub dns_server_timeout: Given<u32>,
    /// Protocol over which requests come; as with Kea, there is none but UDP.
    #[param(default = "UDP")]
    pub ncr_protocol: Given<NcrProtocol>,
    /// Format of the requests.
    #[param(default = "JSON")]
    pub ncr_format: Given<NcrFormat>,
    /// Zones of names.
    #[param(default)]
    pub forward_ddns: Given<DomainList>,
    /// Zones of addresses.
    #[param(default)]
    pub reverse_ddns: Given<DomainList>,
    /// Keys that are shared with DNS servers.
    #[param(yang = "tsig-keys/key")]
    pub tsig_keys: Vec<At<TsigKey>>,
    /// Sockets at which the server takes commands.
    pub control_sockets: Vec<At<ControlSocket>>,
    /// The socket at which commands are taken, as it was written before `control-sockets`.
    pub control_socket: Given<ControlSocket>,
    /// Libraries that extend the server; not supported yet.
    #[param(later, yang = "takahe:hook-library")]
    pub hooks_libraries: Vec<At<HookLibrary>>,
    /// What is logged, and where to.
    #[param(filled, yang = "logger")]
    pub loggers: Vec<At<Logger>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A library that extends the server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct HookLibrary {
    /// File of the library: its name, or a path to it.
    #[param(required)]
    pub library: Given<String>,
    /// Parameters of the library.
    #[param(yang(opaque = "parameters"))]
    pub parameters: Given<Json>,
}

/// A catalogue of zones in one direction.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(may_be_empty)]
pub struct DomainList {
    /// Zones; a request is carried out in the one that has most of its name.
    #[param(yang = "ddns-domains/ddns-domain")]
    pub ddns_domains: Vec<At<DdnsDomain>>,
}

/// A zone that is updated.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct DdnsDomain {
    /// Name of the zone; `*` stands for whatever no other zone has.
    #[param(required)]
    pub name: Given<DomainName>,
    /// Name of the key for servers that have none of their own; empty for unsigned updates.
    pub key_name: Given<String>,
    /// Servers of the zone, tried in this order; at least one.
    #[param(yang = "dns-servers/server")]
    pub dns_servers: Vec<At<DnsServer>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A DNS server of a zone.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct DnsServer {
    /// Name of the server; Kea's D2 knows servers by their addresses only, and so does this one.
    #[param(default = "")]
    pub hostname: Given<String>,
    /// Address of the server.
    #[param(required)]
    pub ip_address: Given<IpAddr>,
    /// Port at which the server takes updates.
    #[param(range = 1..=65535, default = 53)]
    pub port: Given<u16>,
    /// Name of the key for this server; empty for the zone's.
    pub key_name: Given<String>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A key that is shared with DNS servers, for signing updates.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct TsigKey {
    /// Name of the key, the same at the DNS server.
    #[param(required)]
    pub name: Given<DomainName>,
    /// Algorithm of the signature: HMAC-MD5, HMAC-SHA1, HMAC-SHA224, HMAC-SHA256, HMAC-SHA384 or HMAC-SHA512.
    #[param(required)]
    pub algorithm: Given<Algorithm>,
    /// Length in bits to which signatures are cut, and the least that is accepted; 0 for signatures at full length only.
    #[param(range = 0..=65535, default = 0)]
    pub digest_bits: Given<u32>,
    /// The secret in base64.
    #[param(secret, yang(special))]
    pub secret: Given<String>,
    /// File that holds the secret in base64; instead of `secret`.
    #[param(yang(special))]
    pub secret_file: Given<String>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Protocol of name change requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
#[any_case]
pub enum NcrProtocol {
    /// Datagrams.
    #[word("UDP")]
    Udp,
    /// Connections.
    #[word("TCP")]
    Tcp,
}

/// Format of name change requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
#[any_case]
pub enum NcrFormat {
    /// JSON text.
    #[word("JSON")]
    Json,
}

/// A domain name and how it was written. Two are equal when they name the same.
#[derive(Clone, Debug)]
pub struct DomainName {
    written: String,
    /// The name.
    pub name: Name,
}

impl FromStr for DomainName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Ok(Self { written: text.to_owned(), name: Name::parse(text)? })
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for DomainName {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

text_field!(DomainName, "domain-name", "a domain name of labels of at most 63 characters");

/// Algorithm of a key, in a word of any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm(pub dns::Algorithm);

impl FromStr for Algorithm {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        dns::Algorithm::from_word(word).map(Self).ok_or(())
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

text_field!(Algorithm, "tsig-algorithm", "HMAC-MD5, HMAC-SHA1, HMAC-SHA224, HMAC-SHA256, HMAC-SHA384 or HMAC-SHA512");

impl DhcpDdns {
    /// Reads `{ "DhcpDdns": { } }`, or tells everything that is wrong with the single parameters.
    pub fn read(document: &Document) -> Result<Self, Vec<ConfigError>> {
        schema::read::<File>(document).map(|file| file.dhcp_ddns.unwrap_or_default().value)
    }

    /// The configuration with all defaults as `config-get` shows it: zones and keys in the order of their names, comments
    /// in the user contexts.
    pub fn show(&self) -> Value {
        let mut shown = self.clone();
        shown.settle();
        let mut map = Map::new();
        shown.put(&mut map);
        for list in ["tsig-keys", "hooks-libraries"] {
            map.entry(list).or_insert_with(|| json!([]));
        }
        for list in ["forward-ddns", "reverse-ddns"] {
            if let Some(Value::Object(domains)) = map.get_mut(list) {
                domains.entry("ddns-domains").or_insert_with(|| json!([]));
            }
        }
        let mut shown = json!({ "DhcpDdns": map });
        fold_comments(&mut shown, File::TABLE);
        shown
    }

    fn settle(&mut self) {
        Scope::fill(self);
        let older = ControlSocket::only_older(&self.control_sockets, &self.control_socket).cloned();
        self.control_sockets.extend(older);
        self.control_socket = None;
        self.tsig_keys.sort_by_key(|key| key.value.name.as_ref().map(|name| name.to_string()));
        for list in [&mut self.forward_ddns, &mut self.reverse_ddns].into_iter().flatten() {
            list.value.ddns_domains.sort_by_key(|domain| domain.value.name.as_ref().map(|name| name.to_string()));
            for domain in &mut list.value.ddns_domains {
                domain.value.settle();
            }
        }
    }
}

impl DdnsDomain {
    fn settle(&mut self) {
        self.key_name.take_if(|key| key.value.is_empty());
        for server in &mut self.dns_servers {
            server.value.key_name.take_if(|key| key.value.is_empty());
        }
    }
}
