//! What a script hears of DHCPv6.

use super::RunScript;
use super::environment::{Environment, OrEmpty, state};
use super::runner::Job;
use engine::hooks::Point;
use engine::v6::hooks::{Batch, Hooks, Settled};
use leases::{Lease6, LeaseState, LeaseType};
use wire::hex::Colons;
use wire::v6::{Ia, MessageType, code};

/// Port of servers and relays (RFC 8415 §7.2).
const SERVER_PORT: u16 = 547;

impl Hooks for RunScript {
    fn points(&self) -> &'static [Point] {
        &[Point::Committed, Point::Over]
    }

    fn committed(&self, batch: &mut Batch<'_>) {
        let all = batch.settled;
        for (at, settled) in all.iter().enumerate() {
            match settled.kind {
                MessageType::RENEW => self.extended("lease6_renew", settled),
                MessageType::REBIND => self.extended("lease6_rebind", settled),
                MessageType::RELEASE => self.given_back("lease6_release", settled),
                MessageType::DECLINE => self.given_back("lease6_decline", settled),
                MessageType::ADDR_REG_INFORM => self.registered(settled),
                _ => {}
            }
            let mut environment = query(settled);
            // Registered addresses are not given.
            let given = || settled.leases.iter().filter(|stored| stored.lease.state != LeaseState::Registered);
            leases(&mut environment, "LEASES6", &given().map(|stored| &stored.lease).collect::<Vec<_>>());
            leases(&mut environment, "DELETED_LEASES6", &settled.deleted.iter().collect::<Vec<_>>());
            let reply = if self.sync { batch.keep(at) } else { None };
            self.runner.run(Job { point: "leases6_committed", environment, reply });
        }
    }

    fn over(&self, over: &[Lease6]) {
        for one in over {
            let mut environment = Environment::default();
            lease(&mut environment, "LEASE6", one);
            if one.state == LeaseState::Declined {
                self.run("lease6_recover", environment.clone());
            }
            environment.set("", "REMOVE_LEASE", self.remove);
            self.run("lease6_expire", environment);
        }
    }
}

impl RunScript {
    fn extended(&self, point: &'static str, settled: &Settled) {
        let packet = settled.packet();
        let extended = settled.leases.iter().filter(|stored| stored.extended).map(|stored| &stored.lease);
        for renewed in extended.chain(&settled.reused) {
            let mut environment = query(settled);
            lease(&mut environment, "LEASE6", renewed);
            let kind = if renewed.lease_type == LeaseType::Na { code::IA_NA } else { code::IA_PD };
            let options = packet.iter().flat_map(|packet| packet.message.options.iter().map_while(Result::ok));
            let mut associations = options.filter(|option| option.code == kind).filter_map(|option| Ia::parse(&option));
            let ia = associations.find(|ia| ia.iaid == renewed.iaid);
            environment.set("PKT6_IA", "IAID", OrEmpty(ia.as_ref().map(|ia| ia.iaid)));
            environment.set("PKT6_IA", "IA_TYPE", OrEmpty(ia.as_ref().map(|_| kind)));
            environment.set("PKT6_IA", "IA_T1", OrEmpty(ia.as_ref().map(|ia| ia.t1)));
            environment.set("PKT6_IA", "IA_T2", OrEmpty(ia.as_ref().map(|ia| ia.t2)));
            self.run(point, environment);
        }
    }

    fn given_back(&self, point: &'static str, settled: &Settled) {
        for before in &settled.before {
            let mut environment = query(settled);
            lease(&mut environment, "LEASE6", before);
            self.run(point, environment);
        }
    }

    fn registered(&self, settled: &Settled) {
        for new in &settled.leases {
            let mut environment = query(settled);
            environment.set("", "ADDRESS6", new.lease.address);
            settled.before.iter().for_each(|old| lease(&mut environment, "OLD_LEASE6", old));
            lease(&mut environment, "NEW_LEASE6", &new.lease);
            self.run("addr6_register", environment);
        }
    }
}

fn query(settled: &Settled) -> Environment {
    const Q: &str = "QUERY6";
    let mut environment = Environment::default();
    let transaction = settled.packet().map(|packet| packet.message.transaction_id);
    environment.set(Q, "TYPE", settled.kind.name());
    environment.set(Q, "TXID", OrEmpty(transaction));
    environment.set(Q, "LOCAL_ADDR", settled.destination);
    environment.set(Q, "LOCAL_PORT", SERVER_PORT);
    environment.set(Q, "REMOTE_ADDR", settled.source.ip());
    environment.set(Q, "REMOTE_PORT", settled.source.port());
    environment.interface(Q, &settled.interface);
    // A UDP socket does not show the frame.
    environment.hw_addr(Q, "REMOTE_HWADDR", None);
    environment.set(Q, "PROTO", "UDP");
    environment.set(Q, "CLIENT_ID", Colons(&settled.duid));
    environment
}

fn leases(environment: &mut Environment, name: &str, all: &[&Lease6]) {
    environment.set(name, "SIZE", all.len());
    for (at, one) in all.iter().enumerate() {
        lease(environment, &format!("{name}_AT{at}"), one);
    }
}

fn lease(environment: &mut Environment, prefix: &str, lease: &Lease6) {
    let kind = if lease.lease_type == LeaseType::Na { "IA_NA" } else { "IA_PD" };
    environment.set(prefix, "ADDRESS", lease.address);
    environment.set(prefix, "CLTT", lease.cltt);
    environment.set(prefix, "HOSTNAME", &lease.hostname);
    environment.hw_addr(prefix, "HWADDR", lease.hw_addr.as_deref().map(|address| (lease.hw_type, address)));
    environment.set(prefix, "STATE", state(lease.state));
    environment.set(prefix, "SUBNET_ID", lease.subnet_id);
    environment.set(prefix, "VALID_LIFETIME", lease.valid_lifetime);
    environment.set(prefix, "DUID", Colons(&lease.duid));
    environment.set(prefix, "IAID", lease.iaid);
    environment.set(prefix, "PREFERRED_LIFETIME", lease.preferred_lifetime);
    environment.set(prefix, "PREFIX_LEN", lease.prefix_len);
    environment.set(prefix, "TYPE", kind);
}
