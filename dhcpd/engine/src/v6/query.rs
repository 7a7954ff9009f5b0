//! A query: a datagram read in one pass, and the checks of RFC 8415 §16.

use super::details::Details;
use super::hooks::{Hooks, Request};
use super::messages::DHCP6_FLEX_ID;
use super::refusal::{Identifiers, Refusal};
use super::{Received, SERVER_PORT};
use crate::hooks::{Identity, Libraries, Point};
use dhcpd_config::classes::{ClassId, ClassSet};
use leases::LeaseType;
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::fmt;
use wire::hex::{Colons, Plain};
use wire::v6::{BadOption, Duid, Ia, IaAddress, IaPrefix, Message, MessageType, Packet, Shape, code};

/// A client's message with the options that decide about it, borrowed from the datagram.
#[derive(Debug)]
pub(super) struct Query<'a> {
    /// As it came in.
    pub received: &'a Received<'a>,
    /// Relays and message.
    pub packet: Packet<'a>,
    /// First client identifier.
    pub sent_client_id: Option<&'a [u8]>,
    /// Who the client is, as libraries see it, once they were asked.
    identity: OnceCell<Identity>,
    /// Classes that it is in whatever tests say.
    pub classes: &'a [ClassId],
    /// First server identifier.
    pub server_id: Option<&'a [u8]>,
    /// Codes asked for, two bytes each.
    oro: &'a [u8],
    /// The client takes a REPLY to its SOLICIT.
    pub rapid_commit: bool,
    /// Payload of the Client FQDN option.
    pub fqdn: Option<&'a [u8]>,
    /// IA_NAs, then IA_PDs, each in the order sent. IA_TAs are not served, as in Kea.
    pub ias: SmallVec<[(LeaseType, Ia<'a>); 2]>,
    /// The option at which reading ended early.
    pub bad_option: Option<BadOption>,
    client_ids: usize,
    server_ids: usize,
    dhcpv4_messages: usize,
}

/// How often an identifier may stand in a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Mandatory,
    Optional,
    Forbidden,
}

impl<'a> Query<'a> {
    /// Reads a datagram. Options behind one that does not fit are left alone; one that cannot be read is a refusal.
    pub(super) fn read(received: &'a Received<'a>, leniently: bool) -> Result<Self, Refusal> {
        let packet = Packet::parse(received.message).map_err(Refusal::Malformed)?;
        let options = packet.message.options;
        let mut query = Self {
            received,
            packet,
            sent_client_id: None,
            identity: OnceCell::new(),
            classes: &[],
            server_id: None,
            oro: &[],
            rapid_commit: false,
            fqdn: None,
            ias: SmallVec::new(),
            bad_option: None,
            client_ids: 0,
            server_ids: 0,
            dhcpv4_messages: 0,
        };
        let mut prefixes: SmallVec<[Ia<'a>; 2]> = SmallVec::new();
        for option in options.iter() {
            let option = match option {
                Ok(option) => option,
                Err(bad) => {
                    query.bad_option = Some(bad);
                    break;
                }
            };
            let unreadable = Refusal::BadOption { code: option.code, offset: option.offset };
            match option.shape(leniently) {
                Shape::Good => {}
                Shape::Ignored => continue,
                Shape::Bad => return Err(unreadable),
            }
            match option.code {
                code::CLIENT_ID => {
                    query.client_ids += 1;
                    query.sent_client_id = query.sent_client_id.or(Some(option.data));
                }
                code::SERVER_ID => {
                    query.server_ids += 1;
                    query.server_id = query.server_id.or(Some(option.data));
                }
                code::IA_NA => {
                    let ia = Ia::parse(&option).filter(addresses_are_whole).ok_or(unreadable)?;
                    query.ias.push((LeaseType::Na, ia));
                }
                code::IA_PD => {
                    prefixes.push(Ia::parse(&option).filter(|ia| prefixes_are_whole(ia, leniently)).ok_or(unreadable)?)
                }
                code::DHCPV4_MSG => query.dhcpv4_messages += 1,
                code::ORO if query.oro.is_empty() => query.oro = option.data,
                code::RAPID_COMMIT => query.rapid_commit = true,
                code::CLIENT_FQDN => query.fqdn = query.fqdn.or(Some(option.data)),
                _ => {}
            }
        }
        query.ias.extend(prefixes.into_iter().map(|ia| (LeaseType::Pd, ia)));
        Ok(query)
    }

    /// Type of the client's message.
    pub(super) fn kind(&self) -> MessageType {
        self.packet.message.kind
    }

    /// Whether the client asks for an option.
    pub(super) fn asks_for(&self, code: u16) -> bool {
        self.oro.chunks_exact(2).any(|asked| asked == code.to_be_bytes())
    }

    /// Whether the message is for this server and came the right way (RFC 8415 §16).
    pub(super) fn check_addressee(&self, server_id: &[u8]) -> Result<(), Refusal> {
        if self.server_id.is_some_and(|id| id != server_id) {
            return Err(Refusal::OtherServer);
        }
        // The Server Unicast option is gone (RFC 9915): a client has no leave to send to an address. For DHCPV4-QUERY the DHCP 4o6
        // Server Address option is the leave (RFC 7341 §9), which Kea 3.3 does not heed.
        if self.kind() != MessageType::DHCPV4_QUERY
            && self.packet.relays.is_empty()
            && !self.received.destination.is_multicast()
        {
            return Err(Refusal::Unicast);
        }
        Ok(())
    }

    /// Whether it is a message that clients send, with the identifiers that it must have and no others.
    pub(super) fn check_identifiers(&self) -> Result<(), Refusal> {
        let (client, server) = match self.kind() {
            MessageType::SOLICIT | MessageType::REBIND | MessageType::CONFIRM | MessageType::ADDR_REG_INFORM => {
                (Need::Mandatory, Need::Forbidden)
            }
            MessageType::REQUEST | MessageType::RENEW | MessageType::RELEASE | MessageType::DECLINE => {
                (Need::Mandatory, Need::Mandatory)
            }
            MessageType::INFORMATION_REQUEST | MessageType::DHCPV4_QUERY => (Need::Optional, Need::Optional),
            _ => return Err(Refusal::UnknownMessage),
        };
        identifier(client, self.client_ids, self.sent_client_id, Identifiers::Client)?;
        identifier(server, self.server_ids, self.server_id, Identifiers::Server)?;
        let messages = self.dhcpv4_messages;
        match self.kind() {
            // RFC 7341 §7.1.
            MessageType::DHCPV4_QUERY if messages != 1 => Err(Refusal::Dhcpv4Messages { count: messages }),
            _ => Ok(()),
        }
    }

    /// Who asks, as messages name it.
    pub(super) fn label(&self) -> Label<'_> {
        Label { duid: self.client_id(), transaction_id: self.packet.message.transaction_id }
    }

    /// The whole packet for messages.
    pub(super) fn details(&self) -> Details<'a> {
        let local = (self.received.destination, SERVER_PORT).into();
        Details { bytes: self.received.message, local, remote: self.received.source.into() }
    }

    /// What it is called in messages that show the packet, too.
    pub(super) fn who(&self) -> Who<'_> {
        Who(self.label())
    }

    /// Asks libraries who the client is.
    pub(super) fn identify(&self, libraries: &Libraries<dyn Hooks>, classes: &ClassSet) {
        if !libraries.at(Point::Identify) {
            return;
        }
        let mut whole = Identity::default();
        for library in libraries.of(Point::Identify) {
            whole.take(library.identify(&self.request(classes)));
        }
        // It is asked for once.
        let _ = self.identity.set(whole);
        if let Some(id) = self.flex_id() {
            log::event!(DHCP6_FLEX_ID, client = self.label(), id = format_args!("flex-id={}", Plain(id)));
        }
    }

    /// The query as libraries see it.
    pub(super) fn request<'q>(&'q self, classes: &'q ClassSet) -> Request<'q, 'a> {
        Request { packet: &self.packet, received: self.received, classes, label: self.label() }
    }

    /// What counts as the client's identifier: the one it sent, unless a library says otherwise.
    pub(super) fn client_id(&self) -> Option<&[u8]> {
        self.replaced_client_id().or(self.sent_client_id)
    }

    /// What a library put in the place of the client identifier.
    pub(super) fn replaced_client_id(&self) -> Option<&[u8]> {
        self.identity.get().map(|identity| &*identity.client_id).filter(|id| !id.is_empty())
    }

    /// What a library computed for reservations.
    pub(super) fn flex_id(&self) -> Option<&[u8]> {
        self.identity.get().map(|identity| &*identity.flex_id).filter(|id| !id.is_empty())
    }
}

fn identifier(need: Need, count: usize, value: Option<&[u8]>, which: Identifiers) -> Result<(), Refusal> {
    let right = match need {
        Need::Mandatory => count == 1,
        Need::Optional => count <= 1,
        Need::Forbidden => count == 0,
    };
    if !right {
        return Err(Refusal::Identifiers { which, count });
    }
    match value.map(Duid::from_bytes) {
        Some(Err(error)) => Err(Refusal::BadDuid { which, error }),
        // Stands for "no client" in the lease database.
        Some(Ok(duid)) if duid.as_bytes() == [0, 0, 0] => Err(Refusal::EmptyDuid { which }),
        _ => Ok(()),
    }
}

fn addresses_are_whole(ia: &Ia<'_>) -> bool {
    let mut options = ia.options.iter().map_while(Result::ok);
    options.all(|option| option.code != code::IA_ADDR || IaAddress::parse(&option).is_some())
}

fn prefixes_are_whole(ia: &Ia<'_>, leniently: bool) -> bool {
    let mut options = ia.options.iter().map_while(Result::ok);
    let fits = |prefix: IaPrefix<'_>| leniently || prefix.len <= 128;
    options.all(|option| option.code != code::IA_PREFIX || IaPrefix::parse(&option).is_some_and(fits))
}

/// Who asks: `duid=[00:01:...], [no hwaddr info], tid=0x123abc`.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    duid: Option<&'a [u8]>,
    transaction_id: u32,
}

impl<'a> Label<'a> {
    /// For a message of which nothing but this was read.
    pub(crate) fn of(message: &Message<'a>) -> Self {
        Self { duid: message.options.find(code::CLIENT_ID), transaction_id: message.transaction_id }
    }

    /// For a datagram that cannot be read.
    pub(super) const NOBODY: Label<'static> = Label { duid: None, transaction_id: 0 };
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, tid=0x{:x}", Who(*self), self.transaction_id)
    }
}

/// The same without the transaction.
pub(super) struct Who<'a>(Label<'a>);

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("duid=[")?;
        match self.0.duid {
            Some(duid) => Colons(duid).fmt(f)?,
            None => f.write_str("no info")?,
        }
        f.write_str("], [no hwaddr info]")
    }
}
