//! The client's name: what it sent (options 81 and 12), what is reserved for it, what is made for it (RFC 4702).

use super::client::Client;
use super::messages::*;
use super::query::Query;
use crate::ddns;
use crate::hooks::{Naming, Point};
use dhcpd_config::ddns::{Ddns, ReplaceClientName};
use dhcpd_config::v4::snapshot::Host4;
use log::event;
use smallvec::SmallVec;
use std::fmt;
use std::net::Ipv4Addr;
use wire::v4::code;

/// Flags of option 81 (RFC 4702 §2.1).
mod flag {
    pub const S: u8 = 1;
    pub const O: u8 = 2;
    pub const E: u8 = 4;
    pub const N: u8 = 8;
}
/// Flags and two deprecated result codes. RFC 4702 §2.2 has the server set them to 255; as Kea does, it leaves the client's.
const FQDN_HEAD: usize = 3;

/// What became of the client's name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ClientName {
    /// As the lease keeps it: lower case; with a dot at its end if it came from option 81.
    pub hostname: Box<str>,
    /// The server updates the address record.
    pub forward: bool,
    /// The server updates the PTR record.
    pub reverse: bool,
    /// The option of the answer.
    pub answer: NameOption,
    /// It was made of the address.
    pub generated: bool,
}

/// The name in the answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum NameOption {
    /// The client neither sent one nor gets one.
    #[default]
    None,
    /// Option 12.
    HostName,
    /// Option 81, with these flags and result codes.
    Fqdn([u8; FQDN_HEAD]),
}

impl ClientName {
    /// Decides about the name of a client.
    pub fn new(query: &Query<'_>, policy: &Ddns, host: Option<&Host4>) -> Self {
        let reserved = host.map(|h| &*h.hostname).filter(|name| !name.is_empty());
        let name = match sent_fqdn(query) {
            Ok(Some(fqdn)) => from_fqdn(query, policy, reserved, &fqdn),
            _ => from_hostname(query, policy, reserved),
        };
        match name.answer {
            NameOption::None => {}
            NameOption::HostName => {
                let name = if name.hostname.is_empty() { "." } else { &name.hostname };
                event!(DHCP4_RESPONSE_HOSTNAME_DATA, query = query.label(), name);
            }
            NameOption::Fqdn([flags, ..]) => {
                let option = Shown { flags, name: &name.hostname, full: !name.hostname.is_empty() };
                event!(DHCP4_RESPONSE_FQDN_DATA, query = query.label(), option);
            }
        }
        name
    }

    /// Asks libraries what they make of it.
    pub fn tuned(mut self, client: &Client<'_>, subnet: u32, policy: &Ddns) -> Self {
        let libraries = &client.snapshot.libraries;
        if !libraries.at(Point::Name) {
            return self;
        }
        let mut naming = Naming {
            subnet: Some(subnet),
            hostname: self.hostname.to_string(),
            forward: self.forward,
            reverse: self.reverse,
            trailing_dot: matches!(self.answer, NameOption::Fqdn(_)),
            policy,
        };
        let query = client.query.request(client.classes());
        libraries.of(Point::Name).for_each(|library| library.name(&query, &mut naming));
        let Naming { hostname, forward, reverse, .. } = naming;
        if (&*hostname, forward, reverse) != (&*self.hostname, self.forward, self.reverse) {
            event!(
                DHCP4_HOOK_DDNS_UPDATE,
                old = self.hostname,
                new = hostname,
                old_forward = self.forward,
                new_forward = forward,
                old_reverse = self.reverse,
                new_reverse = reverse,
            );
            // As in Kea, the client is left to itself whatever the library changed.
            if let NameOption::Fqdn([flags, ..]) = &mut self.answer {
                *flags = *flags & !flag::S | flag::N;
            }
            (self.hostname, self.forward, self.reverse) = (hostname.into(), forward, reverse);
        }
        self
    }

    /// Makes a name of the address for a client that is to have one and has none yet.
    pub fn generated(mut self, query: &Query<'_>, policy: &Ddns, address: Ipv4Addr) -> Self {
        if self.hostname.is_empty() && self.answer != NameOption::None {
            let dot = matches!(self.answer, NameOption::Fqdn(_));
            self.hostname = ddns::generate(address.into(), policy, dot).into();
            self.generated = true;
            event!(DHCP4_RESPONSE_HOSTNAME_GENERATE, query = query.label(), name = self.hostname);
        }
        self
    }

    /// The option for the answer.
    pub fn option(&self) -> Option<(u8, SmallVec<[u8; 64]>)> {
        match self.answer {
            NameOption::None => None,
            NameOption::HostName => Some((code::HOST_NAME, SmallVec::from_slice(self.hostname.as_bytes()))),
            NameOption::Fqdn(head) => {
                let mut payload: SmallVec<[u8; 64]> = SmallVec::from_slice(&head);
                if head[0] & flag::E == 0 {
                    payload.extend_from_slice(self.hostname.as_bytes());
                } else {
                    let mut labels = Vec::with_capacity(self.hostname.len() + 2);
                    wire::names::encode(&self.hostname, true, &mut labels).ok()?;
                    payload.extend_from_slice(&labels);
                }
                Some((code::FQDN, payload))
            }
        }
    }
}

/// Option 81 in messages.
struct Shown<'a> {
    flags: u8,
    name: &'a str,
    full: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [n, e, o, s] = [flag::N, flag::E, flag::O, flag::S].map(|bit| u8::from(self.flags & bit != 0));
        let kind = if self.full { "full" } else { "partial" };
        write!(f, "type=81 (CLIENT_FQDN), flags: (N={n}, E={e}, O={o}, S={s}), domain-name='{}' ({kind})", self.name)
    }
}

/// Option 81 as the client sent it.
struct SentFqdn {
    head: [u8; FQDN_HEAD],
    name: wire::names::Name,
}

impl SentFqdn {
    fn s(&self) -> bool {
        self.head[0] & flag::S != 0
    }

    fn n(&self) -> bool {
        self.head[0] & flag::N != 0
    }

    /// Reads the option: labels, or text as older clients send it.
    fn parse(option: &[u8]) -> Result<Self, String> {
        let (&head, bytes) = option.split_first_chunk().ok_or("the FQDN option is truncated")?;
        let name = if head[0] & flag::E != 0 {
            wire::names::decode(bytes).map_err(|e| e.to_string())?.0
        } else {
            let text = std::str::from_utf8(bytes).map_err(|_| "the name is not ASCII")?.trim_end_matches('\0');
            let absolute = text.ends_with('.');
            let text = text.strip_suffix('.').unwrap_or(text);
            wire::names::encode(text, true, &mut Vec::new()).map_err(|e| e.to_string())?;
            wire::names::Name { text: text.to_owned(), absolute }
        };
        Ok(Self { head, name })
    }
}

/// Option 81, if it is as RFC 4702 wants it. Where bad options are borne, N is ignored beside S, and an option that cannot be
/// read is none.
fn sent_fqdn(query: &Query<'_>) -> Result<Option<SentFqdn>, String> {
    let Some(option) = query.packet.option(code::FQDN) else { return Ok(None) };
    match SentFqdn::parse(option) {
        Ok(mut sent) if sent.s() && sent.n() => match query.lenient {
            true => {
                sent.head[0] &= !flag::N;
                Ok(Some(sent))
            }
            false => Err("the flags N and S of the FQDN option are both set".into()),
        },
        Ok(sent) => Ok(Some(sent)),
        Err(_) if query.lenient => Ok(None),
        Err(reason) => Err(reason),
    }
}

/// Why the name in a query makes it no DHCP message.
pub(super) fn check(query: &Query<'_>) -> Result<(), String> {
    sent_fqdn(query).map(|_| ())
}

fn from_fqdn(query: &Query<'_>, policy: &Ddns, reserved: Option<&str>, fqdn: &SentFqdn) -> ClientName {
    event!(DHCP4_CLIENT_FQDN_PROCESS, query = query.label());
    let option = Shown { flags: fqdn.head[0], name: &fqdn.name.text, full: fqdn.name.absolute };
    event!(DHCP4_CLIENT_FQDN_DATA, query = query.label(), option);
    let Some(server) = ddns::directions(fqdn.s(), fqdn.n(), policy) else { return ClientName::default() };
    let sent = &fqdn.name;
    let replaced = matches!(policy.replace_client_name, ReplaceClientName::Always | ReplaceClientName::WhenPresent);
    let hostname = match reserved {
        Some(name) => ddns::qualify(name, policy, true),
        None if replaced || sent.text.is_empty() => String::new(),
        None => {
            let Some(clean) = ddns::scrub(&sent.text, policy) else {
                event!(DHCP4_CLIENT_FQDN_SCRUBBED_EMPTY, query = query.label(), name = sent.text);
                return ClientName::default();
            };
            if sent.absolute { clean + "." } else { ddns::qualify(&clean, policy, true) }
        }
    };
    let [client, codes @ ..] = fqdn.head;
    let mut flags = client & flag::E;
    flags |= if server.s { flag::S } else { 0 };
    flags |= if server.n { flag::N } else { 0 };
    flags |= if server.s != fqdn.s() { flag::O } else { 0 };
    let hostname = hostname.to_ascii_lowercase().into();
    let answer = NameOption::Fqdn([flags, codes[0], codes[1]]);
    ClientName { hostname, forward: server.s, reverse: !server.n, answer, generated: false }
}

/// Text without the zeros at its end, which some clients send.
fn without_zeros(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// Whether a text is a domain name.
fn check_labels(name: &str) -> Result<(), wire::names::NameError> {
    wire::names::encode(name, true, &mut Vec::with_capacity(name.len() + 2))
}

fn from_hostname(query: &Query<'_>, policy: &Ddns, reserved: Option<&str>) -> ClientName {
    let answer = |hostname: String| {
        let updates = policy.send_updates;
        let hostname = hostname.to_ascii_lowercase().into();
        ClientName { hostname, forward: updates, reverse: updates, answer: NameOption::HostName, generated: false }
    };
    event!(DHCP4_CLIENT_HOSTNAME_PROCESS, query = query.label());
    if let Some(name) = reserved {
        let name = ddns::qualify(name, policy, false);
        event!(DHCP4_RESERVED_HOSTNAME_ASSIGNED, query = query.label(), name);
        return answer(name);
    }
    use ReplaceClientName::{Always, WhenNotPresent, WhenPresent};
    let Some(sent) = query.packet.option(code::HOST_NAME).map(without_zeros).filter(|sent| !sent.is_empty()) else {
        if matches!(policy.replace_client_name, Always | WhenNotPresent) {
            event!(DHCP4_GENERATE_FQDN, query = query.label());
            return answer(String::new());
        }
        return ClientName::default();
    };
    event!(DHCP4_CLIENT_HOSTNAME_DATA, query = query.label(), name = sent.escape_ascii());
    let sent = sent.trim_ascii();
    if sent.is_empty() {
        event!(DHCP4_EMPTY_HOSTNAME, query = query.label());
        return ClientName::default();
    }
    let shape: String = sent.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect();
    if let Err(reason) = check_labels(&shape) {
        event!(DHCP4_CLIENT_HOSTNAME_MALFORMED, query = query.label(), reason);
        return ClientName::default();
    }
    if matches!(policy.replace_client_name, Always | WhenPresent) || sent == b"." {
        return answer(String::new());
    }
    let Some(name) = ddns::scrub_hostname(sent, policy) else {
        event!(DHCP4_CLIENT_HOSTNAME_SCRUBBED_EMPTY, query = query.label(), name = sent.escape_ascii());
        return ClientName::default();
    };
    if let Err(reason) = check_labels(&name) {
        event!(DHCP4_SANITIZED_HOSTNAME_MALFORMED, query = query.label(), reason);
        return ClientName::default();
    }
    // One label is a host's name in our domain; more are taken as they are.
    let labels = name.trim_end_matches('.').split('.').count();
    answer(if labels == 1 { ddns::qualify(&name, policy, false) } else { name })
}
