//! The client's name: what it is called, who updates the DNS, and what D2 is told.

use super::counters::place_of;
use super::exchange::Exchange;
use super::messages::*;
use crate::ddns::{self, Named};
use crate::hooks::{Naming, Point};
use crate::shown::Shown;
use dhcpd_config::ddns::{Ddns, ReplaceClientName};
use dhcpd_config::v6::snapshot::Config6;
use leases::{Lease6, LeaseType, Leases6};
use ncr::{ChangeType, Dhcid, NameChangeRequest};
use std::net::Ipv6Addr;
use wire::hex::Colons;
use wire::v6::ClientFqdn;

/// What the client is called in this exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientName {
    /// The option to answer with.
    pub option: Option<ClientFqdn>,
    /// Name in the lease; with a dot at its end if it is fully qualified.
    pub hostname: String,
    /// The server updates the AAAA record.
    pub forward: bool,
    /// The server updates the PTR record.
    pub reverse: bool,
}

impl<L: Leases6> Exchange<'_, '_, L> {
    /// Settles the name by the rules of a scope.
    pub(super) fn settle_name(&mut self, policy: &Ddns) {
        let mut name = self.name_by(policy);
        // Without an option in the answer, there is no way to tell a name.
        if name.option.is_some() && self.snapshot.libraries.at(Point::Name) {
            self.tune(&mut name, policy);
        }
        self.name = Some(name);
    }

    /// Asks libraries what they make of the name.
    fn tune(&self, name: &mut ClientName, policy: &Ddns) {
        let mut naming = Naming {
            subnet: self.subnet().map(|subnet| subnet.id),
            hostname: name.hostname.clone(),
            forward: name.forward,
            reverse: name.reverse,
            trailing_dot: true,
            policy,
        };
        let query = self.query.request(&self.classes);
        self.snapshot.libraries.of(Point::Name).for_each(|library| library.name(&query, &mut naming));
        let Naming { hostname, forward, reverse, .. } = naming;
        if (&hostname, forward, reverse) == (&name.hostname, name.forward, name.reverse) {
            return;
        }
        log::event!(
            DHCP6_HOOK_DDNS_UPDATE,
            old = name.hostname,
            new = hostname,
            old_forward = name.forward,
            new_forward = forward,
            old_reverse = name.reverse,
            new_reverse = reverse,
        );
        if let Some(option) = &mut name.option {
            option.name.clone_from(&hostname);
            if !forward && !reverse {
                (option.server_updates, option.no_updates) = (false, true);
            }
        }
        (name.hostname, name.forward, name.reverse) = (hostname, forward, reverse);
    }

    /// The name by the rules of a scope (RFC 4704 §6).
    fn name_by(&self, policy: &Ddns) -> ClientName {
        let client = self.query.label();
        let reserved = self.subnet.and_then(|at| self.hosts.current(at)).map(|host| host.hostname.to_ascii_lowercase());
        let reserved = reserved.filter(|name| !name.is_empty());
        let mode = policy.replace_client_name;
        let asked = match self.query.fqdn.and_then(|data| ClientFqdn::parse_leniently(data).ok()) {
            Some(asked) => asked,
            None if policy.send_updates
                && matches!(mode, ReplaceClientName::Always | ReplaceClientName::WhenNotPresent) =>
            {
                log::event!(DHCP6_DDNS_GENERATE_FQDN, client);
                ClientFqdn { server_updates: true, ..ClientFqdn::default() }
            }
            None => {
                let hostname = reserved.map(|name| ddns::qualify(&name, policy, false)).unwrap_or_default();
                return ClientName { hostname, ..ClientName::default() };
            }
        };
        log::event!(DHCP6_DDNS_RECEIVE_FQDN, client, option = asked);
        let Some(flags) = ddns::directions(asked.server_updates, asked.no_updates, policy) else {
            return ClientName::default();
        };
        let replaced =
            matches!(mode, ReplaceClientName::Always | ReplaceClientName::WhenPresent) || asked.name.is_empty();
        let hostname = match (reserved, ddns::scrub(&asked.name, policy)) {
            (Some(name), _) => ddns::qualify(&name, policy, true),
            // A name will be made of the address.
            (None, _) if replaced => String::new(),
            (None, Some(name)) if asked.name.ends_with('.') => name,
            (None, Some(name)) => ddns::qualify(&name, policy, true),
            (None, None) => {
                log::event!(DHCP6_CLIENT_FQDN_SCRUBBED_EMPTY, client, name = asked.name);
                return ClientName::default();
            }
        };
        let option = ClientFqdn {
            server_updates: flags.s,
            overridden: flags.s != asked.server_updates,
            no_updates: flags.n,
            name: hostname.clone(),
        };
        log::event!(DHCP6_DDNS_RESPONSE_FQDN_DATA, client, option);
        ClientName { option: Some(option), hostname, forward: flags.s, reverse: !flags.n }
    }

    /// Gives a client that has none yet a name made of its address.
    pub(super) fn generate_name(&mut self, address: Ipv6Addr, policy: &Ddns) {
        let client = self.query.label();
        let Some(ClientName { option: Some(option), hostname, .. }) = &mut self.name else { return };
        if hostname.is_empty() {
            *hostname = ddns::generate(address.into(), policy, true);
            option.name.clone_from(hostname);
            log::event!(DHCP6_DDNS_FQDN_GENERATED, client, name = hostname);
        }
    }

    /// Tells D2 what changes with a lease that was granted in place of the client's `old` one.
    pub(super) fn names_changed(&mut self, old: Option<&Lease6>, new: &Lease6, policy: &Ddns) {
        if new.lease_type != LeaseType::Na {
            return;
        }
        if let Some(old) = old {
            let same = (old.fqdn_fwd, old.fqdn_rev, &old.hostname) == (new.fqdn_fwd, new.fqdn_rev, &new.hostname);
            if same && !policy.update_on_renew {
                return;
            }
            if !same {
                log::event!(
                    DHCP6_DDNS_REMOVE_OLD_LEASE_FQDN,
                    client = self.query.label(),
                    lease = Shown(old),
                    hostname = new.hostname,
                    reverse = new.fqdn_rev,
                    forward = new.fqdn_fwd,
                );
            }
            queue(&self.snapshot.config, self.name_changes, ChangeType::Remove, old);
        }
        // A client has one name: the first of its addresses gets it.
        if policy.send_updates && !self.name_added && (new.fqdn_fwd || new.fqdn_rev) {
            self.name_added = true;
            if let Some(request) = queue(&self.snapshot.config, self.name_changes, ChangeType::Add, new) {
                log::event!(
                    DHCP6_DDNS_CREATE_ADD_NAME_CHANGE_REQUEST,
                    client = self.query.label(),
                    request = request.fqdn
                );
            }
        }
    }
}

/// Queues a name change for a lease, by the rules of its pool or subnet; nothing if the lease has no name or is a prefix.
pub(super) fn queue<'q>(
    config: &Config6,
    queue: &'q mut Vec<NameChangeRequest>,
    change: ChangeType,
    lease: &Lease6,
) -> Option<&'q NameChangeRequest> {
    if lease.lease_type != LeaseType::Na {
        return None;
    }
    if !config.d2.enable_updates || lease.hostname.is_empty() || !(lease.fqdn_fwd || lease.fqdn_rev) {
        log::event!(DHCPSRV_QUEUE_NCR_SKIP, client = Colons(&lease.duid), address = lease.address);
        return None;
    }
    let named = Named {
        hostname: &lease.hostname,
        forward: lease.fqdn_fwd,
        reverse: lease.fqdn_rev,
        address: lease.address.into(),
        lifetime: lease.valid_lifetime,
    };
    let client = Colons(&lease.duid);
    let word = if change == ChangeType::Add { "add" } else { "remove" };
    match ddns::request(change, named, policy_of(config, lease), |name| Dhcid::from_duid(&lease.duid, name)) {
        Ok(Some(request)) => {
            log::event!(DHCPSRV_QUEUE_NCR, client, change = word, request);
            queue.push(request);
            queue.last()
        }
        Ok(None) => None,
        Err(reason) => {
            log::event!(DHCPSRV_QUEUE_NCR_FAILED, client, change = word, address = lease.address, reason);
            None
        }
    }
}

fn policy_of<'a>(config: &'a Config6, lease: &Lease6) -> &'a Ddns {
    policy_at(config, place_of(config, lease), lease.lease_type)
}

/// The rules of a pool or else a subnet (indexes), or else the global ones.
pub(super) fn policy_at(config: &Config6, place: Option<(usize, Option<usize>)>, kind: LeaseType) -> &Ddns {
    let Some((subnet, pool)) = place.and_then(|(at, pool)| Some((config.subnets.list().get(at)?, pool))) else {
        return &config.ddns;
    };
    let pool = pool.filter(|_| kind == LeaseType::Na).and_then(|pool| subnet.pools.get(pool));
    pool.map_or(&subnet.ddns, |pool| &pool.ddns)
}
