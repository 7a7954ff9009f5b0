//! What the library has to say about packets: whose clients sent them, and who has to know of their leases.

use super::balance;
use super::family::{Change, Family, V4, V6, client4};
use super::group::Group;
use super::messages::*;
use super::partner::Seen;
use super::updates::Posts;
use dhcpd_config::classes::ClassId;
use dhcpd_config::parameters::hooks::{HaMode, HaRules};
use engine::hooks::{Next, Point};
use engine::{v4, v6};
use leases::Lease4;
use log::event;
use smallvec::SmallVec;
use stats::Counter;
use std::fmt::Display;
use std::sync::Arc;
use wire::v4::MessageType as Type4;
use wire::v6::MessageType as Type6;

/// The library at work.
#[derive(Debug)]
pub struct HighAvailability<F: Family> {
    rules: Arc<HaRules>,
    groups: Vec<Arc<Group<F>>>,
    /// Counts what is dropped: `pktX-receive-drop`.
    dropped: Arc<Counter>,
    /// Counts what is for others: `pktX-not-for-us`.
    not_for_us: Arc<Counter>,
}

/// A client of whom it is known who serves it.
struct Client<'a, L> {
    /// By what it is known whose it is; empty if there is nothing.
    identifier: &'a [u8],
    /// How long it has been asking, in milliseconds.
    milliseconds: u32,
    /// What it is called in messages.
    label: L,
}

/// Who serves a client.
enum Server {
    /// This server does; the client is in this class.
    This(ClassId),
    /// Another one does.
    Other,
    /// Nobody knows.
    Unknown,
}

impl<F: Family> HighAvailability<F> {
    /// With these groups, in the order of the configuration.
    pub fn new(rules: Arc<HaRules>, groups: Vec<Arc<Group<F>>>, stats: &stats::Registry) -> Self {
        let counter = |name: &str| stats.counter(&format!("pkt{}-{name}", F::NUMBER));
        Self { rules, groups, dropped: counter("receive-drop"), not_for_us: counter("not-for-us") }
    }

    /// The only group. With several, the subnet decides.
    fn only(&self) -> Option<usize> {
        (self.groups.len() == 1).then_some(0)
    }

    /// The group of a subnet.
    fn of_subnet(&self, subnet: Option<u32>) -> Option<&Arc<Group<F>>> {
        let at = self.only().or_else(|| self.rules.subnets.get(&subnet?)?.as_ref().ok().copied());
        self.groups.get(at?)
    }

    /// Who serves a client of a group. What no two servers would both answer with a lease is answered by each.
    fn server(&self, at: usize, identifier: &[u8], leased: bool) -> Server {
        let Some(group) = self.groups.get(at) else { return Server::Unknown };
        let class = |server: usize| self.rules.classes.get(at).and_then(|classes| classes.get(server)).copied();
        let server = match group.rules.mode {
            HaMode::LoadBalancing if leased && identifier.is_empty() => return Server::Unknown,
            HaMode::LoadBalancing if leased => balance::server_of(identifier, 2),
            _ => 0,
        };
        match class(server) {
            Some(class) if !leased || group.serves(server) => Server::This(class),
            Some(_) => Server::Other,
            None => Server::Unknown,
        }
    }

    /// Another server is to serve the client; but does it?
    fn watch(&self, at: usize, client: &[u8], milliseconds: u32) -> Option<(&Group<F>, Seen)> {
        let group = self.groups.get(at).filter(|group| group.is_watching())?;
        Some((group, group.watch(client, milliseconds)))
    }

    fn count_other(&self) -> Next {
        self.not_for_us.add(1);
        self.count_dropped()
    }

    fn count_dropped(&self) -> Next {
        self.dropped.add(1);
        Next::Drop
    }
}

impl HighAvailability<V4> {
    fn client<'a>(query: &v4::hooks::Request<'a>) -> Client<'a, v4::hooks::Label<'a>> {
        let packet = query.packet;
        let client_id = packet.option(wire::v4::code::CLIENT_IDENTIFIER).filter(|id| !id.is_empty());
        // Some clients write the seconds with their bytes swapped.
        let secs = packet.secs();
        let secs = if secs > 255 && secs & 0xff == 0 { secs.swap_bytes() } else { secs };
        Client {
            identifier: client_id.unwrap_or(packet.hw_addr()),
            milliseconds: u32::from(secs) * 1000,
            label: query.label,
        }
    }

    fn decide(
        &self,
        at: usize,
        query: &v4::hooks::Request<'_>,
        classes: &mut SmallVec<[ClassId; 1]>,
        tell: impl FnOnce(&dyn Display),
    ) -> Next {
        let leased = query.packet.message_type().is_some_and(|kind| LEASED4.contains(&kind));
        let Client { identifier, milliseconds, label } = Self::client(query);
        match self.server(at, identifier, leased) {
            Server::This(class) => {
                classes.push(class);
                return Next::Continue;
            }
            Server::Other => {}
            Server::Unknown => {
                let server = self.groups.get(at).map_or("", |group| group.name());
                event!(HA_LOAD_BALANCING_IDENTIFIER_MISSING, server, xid = format_args!("{:#x}", query.packet.xid()));
            }
        }
        let client_id = query.packet.option(wire::v4::code::CLIENT_IDENTIFIER);
        match self.watch(at, &client4(query.packet.hw_addr(), client_id), milliseconds) {
            Some((group, Seen::New)) => {
                event!(HA_COMMUNICATION_INTERRUPTED_CLIENT4, server = group.name(), client = label);
            }
            Some((group, Seen::Unacked(unacked, left))) => {
                let server = group.name();
                event!(HA_COMMUNICATION_INTERRUPTED_CLIENT4_UNACKED, server, client = label, unacked, left);
            }
            Some((_, Seen::Known)) | None => {}
        }
        tell(&label);
        self.count_other()
    }
}

/// Messages of DHCPv4 that one of the servers answers.
const LEASED4: [Type4; 5] = [Type4::DISCOVER, Type4::REQUEST, Type4::DECLINE, Type4::RELEASE, Type4::INFORM];

impl v4::hooks::Hooks for HighAvailability<V4> {
    fn points(&self) -> &'static [Point] {
        match self.only() {
            Some(_) => &[Point::Query, Point::Committed, Point::Declined],
            None => &[Point::Subnet, Point::Committed, Point::Declined],
        }
    }

    fn query(&self, query: &v4::hooks::Request<'_>, classes: &mut SmallVec<[ClassId; 1]>) -> Next {
        let tell = |client: &dyn Display| event!(HA_BUFFER4_RECEIVE_NOT_FOR_US, client);
        self.decide(0, query, classes, tell)
    }

    fn subnet(&self, query: &v4::hooks::Request<'_>, selection: &mut v4::hooks::Selection<'_>) -> Next {
        let client = query.label;
        let Some(subnet) = selection.subnet.and_then(|at| selection.config.subnets.list().get(at)) else {
            event!(HA_SUBNET4_SELECT_NO_SUBNET_SELECTED, client);
            return self.count_dropped();
        };
        let name = format_args!("{}/{}", subnet.prefix, subnet.prefix_len);
        match self.rules.subnets.get(&subnet.id) {
            Some(Ok(at)) => {
                let at = *at;
                let of = self.groups.get(at).map_or("", |group| group.name());
                let tell = |client: &dyn Display| event!(HA_SUBNET4_SELECT_NOT_FOR_US, client, name = of);
                return self.decide(at, query, &mut selection.classes, tell);
            }
            None => event!(HA_SUBNET4_SELECT_NO_RELATIONSHIP_SELECTOR_FOR_SUBNET, client, subnet = name),
            Some(Err(reason)) if reason.contains(' ') => {
                event!(HA_SUBNET4_SELECT_INVALID_HA_SERVER_NAME, client, subnet = name);
            }
            Some(Err(unknown)) => event!(HA_SUBNET4_SELECT_NO_RELATIONSHIP_FOR_SUBNET, client, name = unknown),
        }
        self.count_dropped()
    }

    fn committed(&self, batch: &mut v4::hooks::Batch<'_>) {
        let settled = batch.settled;
        for group in self.groups.iter().filter(|group| group.rules.send_lease_updates) {
            let mut posts = Posts::new(&**group);
            for (at, query) in settled.iter().enumerate() {
                let deleted = query.deleted.iter().cloned().map(Change::Delete);
                let put = query.leases.iter().map(|stored| Change::Put(stored.lease.clone()));
                let changes: Vec<_> = deleted.chain(put).collect();
                let subnet = query.leases.first().map(|stored| stored.lease.subnet_id).or(query.subnet);
                let is_of = self.of_subnet(subnet).is_some_and(|of| Arc::ptr_eq(of, group));
                let Some(Change::Put(lease) | Change::Delete(lease)) = changes.last().filter(|_| is_of) else {
                    continue;
                };
                let key = V4::client(lease);
                posts.add(|| query.label().to_string().into(), key, changes, || batch.keep(at));
            }
            posts.post();
        }
    }

    fn declined(&self, lease: &Lease4) {
        if let Some(group) = self.of_subnet(Some(lease.subnet_id)).filter(|group| group.rules.send_lease_updates) {
            let mut posts = Posts::new(&**group);
            let client = || lease.address.to_string().into();
            posts.add(client, V4::client(lease), vec![Change::Put(lease.clone())], || None);
            posts.post();
        }
    }
}

impl HighAvailability<V6> {
    fn decide(
        &self,
        at: usize,
        query: &v6::hooks::Request<'_, '_>,
        classes: &mut SmallVec<[ClassId; 1]>,
        tell: impl FnOnce(&dyn Display),
    ) -> Next {
        let message = &query.packet.message;
        let identifier = message.options.find(wire::v6::code::CLIENT_ID).unwrap_or_default();
        // In hundredths of a second (RFC 8415 §21.9).
        let elapsed = message.options.find(wire::v6::code::ELAPSED_TIME).and_then(|bytes| bytes.try_into().ok());
        let milliseconds = u32::from(elapsed.map_or(0, u16::from_be_bytes)) * 10;
        match self.server(at, identifier, LEASED6.contains(&message.kind)) {
            Server::This(class) => {
                classes.push(class);
                return Next::Continue;
            }
            Server::Other => {}
            Server::Unknown => {
                let server = self.groups.get(at).map_or("", |group| group.name());
                let xid = format_args!("{:#x}", message.transaction_id);
                event!(HA_LOAD_BALANCING_DUID_MISSING, server, xid);
            }
        }
        let client = query.label;
        match self.watch(at, identifier, milliseconds) {
            Some((group, Seen::New)) => event!(HA_COMMUNICATION_INTERRUPTED_CLIENT6, server = group.name(), client),
            Some((group, Seen::Unacked(unacked, left))) => {
                let server = group.name();
                event!(HA_COMMUNICATION_INTERRUPTED_CLIENT6_UNACKED, server, client, unacked, left);
            }
            Some((_, Seen::Known)) | None => {}
        }
        tell(&client);
        self.count_other()
    }
}

/// Messages of DHCPv6 that one of the servers answers.
const LEASED6: [Type6; 7] =
    [Type6::SOLICIT, Type6::REQUEST, Type6::CONFIRM, Type6::RENEW, Type6::REBIND, Type6::RELEASE, Type6::DECLINE];

impl v6::hooks::Hooks for HighAvailability<V6> {
    fn points(&self) -> &'static [Point] {
        match self.only() {
            Some(_) => &[Point::Query, Point::Committed],
            None => &[Point::Subnet, Point::Committed],
        }
    }

    fn query(&self, query: &v6::hooks::Request<'_, '_>, classes: &mut SmallVec<[ClassId; 1]>) -> Next {
        let tell = |client: &dyn Display| event!(HA_BUFFER6_RECEIVE_NOT_FOR_US, client);
        self.decide(0, query, classes, tell)
    }

    fn subnet(&self, query: &v6::hooks::Request<'_, '_>, selection: &mut v6::hooks::Selection<'_>) -> Next {
        let client = query.label;
        let Some(subnet) = selection.subnet.and_then(|at| selection.config.subnets.list().get(at)) else {
            event!(HA_SUBNET6_SELECT_NO_SUBNET_SELECTED, client);
            return self.count_dropped();
        };
        let name = format_args!("{}/{}", subnet.prefix, subnet.prefix_len);
        match self.rules.subnets.get(&subnet.id) {
            Some(Ok(at)) => {
                let at = *at;
                let of = self.groups.get(at).map_or("", |group| group.name());
                let tell = |client: &dyn Display| event!(HA_SUBNET6_SELECT_NOT_FOR_US, client, name = of);
                return self.decide(at, query, &mut selection.classes, tell);
            }
            None => event!(HA_SUBNET6_SELECT_NO_RELATIONSHIP_SELECTOR_FOR_SUBNET, client, subnet = name),
            Some(Err(reason)) if reason.contains(' ') => {
                event!(HA_SUBNET6_SELECT_INVALID_HA_SERVER_NAME, client, subnet = name);
            }
            Some(Err(unknown)) => event!(HA_SUBNET6_SELECT_NO_RELATIONSHIP_FOR_SUBNET, client, name = unknown),
        }
        self.count_dropped()
    }

    fn committed(&self, batch: &mut v6::hooks::Batch<'_>) {
        let settled = batch.settled;
        for group in self.groups.iter().filter(|group| group.rules.send_lease_updates) {
            let mut posts = Posts::new(&**group);
            for (at, query) in settled.iter().enumerate() {
                let deleted = query.deleted.iter().cloned().map(Change::Delete);
                let put = query.leases.iter().map(|stored| Change::Put(stored.lease.clone()));
                let changes: Vec<_> = deleted.chain(put).collect();
                let subnet = query.leases.first().map(|stored| stored.lease.subnet_id).or(query.subnet);
                let is_of = self.of_subnet(subnet).is_some_and(|of| Arc::ptr_eq(of, group));
                let Some(Change::Put(lease) | Change::Delete(lease)) = changes.last().filter(|_| is_of) else {
                    continue;
                };
                let key = V6::client(lease);
                posts.add(|| query.label().to_string().into(), key, changes, || batch.keep(at));
            }
            posts.post();
        }
    }
}
