//! The answer: fixed fields, options, and where it goes.

use super::client::Client;
use super::commit::Terms;
use super::names::ClientName;
use super::options::{Options, Sets};
use super::query::Query;
use super::{Link, Reply, Server, Snapshot};
use dhcpd_config::lifetime::TeeTimes;
use dhcpd_config::v4::snapshot::{BootFields, Host4, Subnet4};
use leases::HwAddr;
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::v4::{self, Header, MessageType, agent, code};

/// What is to be said.
pub(super) struct Answer<'a> {
    query: &'a Query<'a>,
    terms: Option<Terms>,
    options: Options<'a>,
    boot: Boot<'a>,
}

/// siaddr, sname and file.
#[derive(Default)]
struct Boot<'a> {
    next_server: Option<Ipv4Addr>,
    server_hostname: &'a str,
    file: &'a str,
}

impl<'a> Answer<'a> {
    /// An answer that says nothing yet.
    pub fn new(query: &'a Query<'a>) -> Self {
        Self { query, terms: None, options: Options::new(), boot: Boot::default() }
    }

    /// Adds what every answer carries (RFC 6842, RFC 3011, RFC 3046).
    pub fn echo(&mut self, snapshot: &Snapshot) {
        let Self { query, options, .. } = self;
        if let Some(id) = query.sent_client_id.filter(|_| snapshot.config.echo_client_id) {
            options.add(code::CLIENT_IDENTIFIER, id);
        }
        if let Some(selection) = query.packet.option(code::SUBNET_SELECTION) {
            options.add(code::SUBNET_SELECTION, selection);
        }
        if let Some(agent_options) = query.agent {
            options.add(code::AGENT_OPTIONS, agent_options);
        }
    }

    /// Adds what the client's lease says.
    pub fn lease(&mut self, subnet: &Subnet4, terms: Terms, name: &ClientName) {
        self.terms = Some(terms);
        let mask = u32::MAX.checked_shl(32 - u32::from(subnet.prefix_len)).unwrap_or(0);
        self.options.make(code::SUBNET_MASK, &mask.to_be_bytes());
        self.options.make(code::LEASE_TIME, &terms.lifetime.to_be_bytes());
        let (t1, t2) = tee_times(&subnet.tee, terms.lifetime);
        if let Some(t1) = t1 {
            self.options.make(code::RENEWAL_TIME, &t1.to_be_bytes());
        }
        if let Some(t2) = t2 {
            self.options.make(code::REBINDING_TIME, &t2.to_be_bytes());
        }
        if let Some((code, payload)) = name.option() {
            self.options.make(code, &payload);
        }
    }

    /// Adds what is configured for the client.
    pub fn configured(&mut self, client: &mut Client<'a>) {
        let Some(subnet) = client.subnet_config() else { return };
        let pool = self.terms.and_then(|terms| subnet.pool_of(terms.address)).map(|(_, pool)| pool);
        client.finish_classes(pool);
        let host = client.host();
        let scope = pool.map_or(&subnet.options, |pool| &pool.options);
        let inner = host.map(|host| &host.options).into_iter().chain([&**scope]);
        let classes = client.members.settings().map(|class| &class.options);
        let sets = Sets::new(client.classes(), inner.chain(classes).chain([&*client.config().options]));
        self.options.configured(client.query, &sets);
        self.boot = Boot::new(client, host, &subnet.boot);
    }

    /// Appends it to `out`; where it goes.
    pub fn write(&mut self, message_type: MessageType, server: &Server, out: &mut Vec<u8>) -> Reply {
        let (query, packet) = (self.query, self.query.packet);
        // What a library put in its place is nobody's business: the client hears what it said.
        if let Some(id) = query.sent_client_id.filter(|_| query.replaced_client_id().is_some()) {
            self.options.add(code::CLIENT_IDENTIFIER, id);
        }
        let from = query.server_address();
        let inform = query.message_type == MessageType::INFORM;
        let nak = message_type == MessageType::NAK;
        let yiaddr = self.terms.map_or(Ipv4Addr::UNSPECIFIED, |terms| terms.address);
        let (mut to, link) = self.destination(yiaddr);
        // A relay's broadcast bit makes it broadcast a refusal to a client that may have no address (RFC 2131 §4.1).
        let to_all = query.is_relayed() && link != Link::Passed && (nak || inform && packet.ciaddr().is_unspecified());
        let past_relay = inform && *to.ip() != packet.giaddr();
        if past_relay {
            self.options.remove(code::AGENT_OPTIONS);
        }
        if let Some(port) = server.client_port {
            to.set_port(port);
        }
        self.options.make(code::SERVER_IDENTIFIER, &from.octets());
        let keeps_ciaddr = inform || message_type == MessageType::ACK;
        let header = Header {
            op: 2,
            htype: packet.htype(),
            hops: if past_relay { 0 } else { packet.hops() },
            xid: packet.xid(),
            secs: 0,
            flags: packet.flags() | if to_all { v4::BROADCAST } else { 0 },
            ciaddr: if keeps_ciaddr { packet.ciaddr() } else { Ipv4Addr::UNSPECIFIED },
            yiaddr,
            siaddr: self.boot.next_server.unwrap_or(Ipv4Addr::UNSPECIFIED),
            giaddr: if past_relay { Ipv4Addr::UNSPECIFIED } else { packet.giaddr() },
            hw_addr: packet.hw_addr(),
            sname: self.boot.server_hostname.as_bytes(),
            file: self.boot.file.as_bytes(),
        };
        let max_size = packet.u16_option(code::MAX_MESSAGE_SIZE);
        self.options.write(out, &header, message_type, max_size);
        let promises = message_type == MessageType::ACK && !inform;
        if server.reply_to_source && link != Link::Passed {
            return Reply { from, to: query.received.source, link: Link::Routed, promises };
        }
        Reply { from, to, link, promises }
    }

    /// RFC 2131 §4.1, for DHCPINFORM §4.3.5.
    fn destination(&self, yiaddr: Ipv4Addr) -> (SocketAddrV4, Link) {
        let (query, packet) = (self.query, self.query.packet);
        let client = |address| SocketAddrV4::new(address, v4::CLIENT_PORT);
        if query.received.over_dhcpv6.is_some() {
            return (client(Ipv4Addr::UNSPECIFIED), Link::Passed);
        }
        let source = query.received.source;
        if query.message_type == MessageType::INFORM
            && let Some(ciaddr) = query.ciaddr()
        {
            return (client(ciaddr), Link::Routed);
        }
        if query.is_relayed() {
            // The relay may listen on another port (RFC 8357).
            let other = query.agent_option(agent::RELAY_PORT).map(|_| source.port());
            let relay = SocketAddrV4::new(packet.giaddr(), other.unwrap_or(v4::SERVER_PORT));
            return (relay, Link::Routed);
        }
        if query.message_type == MessageType::INFORM {
            return (client(*source.ip()), Link::Routed);
        }
        if let Some(ciaddr) = query.ciaddr() {
            return (client(ciaddr), Link::Routed);
        }
        let broadcast = packet.flags() & v4::BROADCAST != 0 || packet.hw_addr().is_empty();
        if yiaddr.is_unspecified() || broadcast {
            return (client(Ipv4Addr::BROADCAST), Link::Broadcast);
        }
        (client(yiaddr), Link::Hardware(HwAddr::from_slice(packet.hw_addr())))
    }
}

impl<'a> Boot<'a> {
    /// Each field from the reservation, the first class that has it, or the subnet.
    fn new(client: &Client<'a>, host: Option<&'a Host4>, subnet: &'a BootFields) -> Self {
        let classes = || client.members.settings();
        let first = |own: Option<&'a str>, mut of_classes: &mut dyn Iterator<Item = &'a str>, outer: &'a str| {
            let inner = own.into_iter().chain(&mut of_classes).find(|text| !text.is_empty());
            inner.unwrap_or(outer)
        };
        let next_server = host.and_then(|host| host.next_server);
        let next_server = next_server.or_else(|| classes().find_map(|class| class.next_server));
        let names = &mut classes().map(|class| &*class.server_hostname);
        let files = &mut classes().map(|class| &*class.file);
        Self {
            next_server: next_server.or(Some(subnet.next_server)),
            server_hostname: first(host.map(|host| &*host.server_hostname), names, &subnet.server_hostname),
            file: first(host.map(|host| &*host.file), files, &subnet.file),
        }
    }
}

/// T1 and T2 in seconds, as far as they are to be sent: T1 below T2 below the lifetime (RFC 2131 §4.4.5).
fn tee_times(tee: &TeeTimes, lifetime: u32) -> (Option<u32>, Option<u32>) {
    let calculated = |fraction: f64| tee.calculate.then(|| (fraction * f64::from(lifetime)).round() as u32);
    let below = |limit: u32| move |seconds: &u32| *seconds > 0 && *seconds < limit;
    let t2 = tee.rebind.or_else(|| calculated(tee.t2_fraction)).filter(below(lifetime));
    let t1 = tee.renew.or_else(|| calculated(tee.t1_fraction)).filter(below(t2.unwrap_or(lifetime)));
    (t1, t2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_sent_in_order_or_not_at_all() {
        let tee =
            |renew, rebind, calculate| TeeTimes { renew, rebind, calculate, t1_fraction: 0.5, t2_fraction: 0.875 };
        assert_eq!(tee_times(&tee(None, None, false), 1000), (None, None));
        assert_eq!(tee_times(&tee(None, None, true), 1000), (Some(500), Some(875)));
        assert_eq!(tee_times(&tee(Some(300), Some(600), true), 1000), (Some(300), Some(600)));
        assert_eq!(tee_times(&tee(Some(700), Some(600), false), 1000), (None, Some(600)));
        assert_eq!(tee_times(&tee(Some(700), Some(1000), false), 1000), (Some(700), None));
    }
}
