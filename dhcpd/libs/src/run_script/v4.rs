//! What a script hears of DHCPv4.

use super::RunScript;
use super::environment::{Environment, OrEmpty, of_interface, state};
use super::runner::Job;
use engine::hooks::Point;
use engine::v4::hooks::{Batch, Hooks, Settled};
use leases::{Lease4, LeaseState};
use wire::hex::{Colons, Plain};
use wire::v4::{MessageType, SERVER_PORT, agent, code, sub_options};

/// Leases carry no hardware type; it is taken to be Ethernet, as in Kea's lease files.
const ETHERNET: u16 = 1;

impl Hooks for RunScript {
    fn points(&self) -> &'static [Point] {
        &[Point::Offered, Point::Committed, Point::Over]
    }

    /// Kea renews a lease even to offer it.
    fn offered(&self, batch: &mut Batch<'_>) {
        batch.settled.iter().for_each(|settled| self.renewed(settled, batch));
    }

    fn committed(&self, batch: &mut Batch<'_>) {
        let all = batch.settled;
        for (at, settled) in all.iter().enumerate() {
            self.renewed(settled, batch);
            if let Some(before) = &settled.before {
                let declined = settled.message_type == MessageType::DECLINE;
                let mut environment = query(settled);
                lease(&mut environment, "LEASE4", before);
                self.run(if declined { "lease4_decline" } else { "lease4_release" }, environment);
            }
            let mut environment = query(settled);
            leases(&mut environment, "LEASES4", settled.leases.iter().map(|stored| &stored.lease));
            leases(&mut environment, "DELETED_LEASES4", settled.deleted.iter());
            let reply = if self.sync { batch.keep(at) } else { None };
            self.runner.run(Job { point: "leases4_committed", environment, reply });
        }
    }

    fn over(&self, over: &[Lease4]) {
        for one in over {
            let mut environment = Environment::default();
            lease(&mut environment, "LEASE4", one);
            if one.state == LeaseState::Declined {
                self.run("lease4_recover", environment.clone());
            }
            environment.set("", "REMOVE_LEASE", self.remove);
            self.run("lease4_expire", environment);
        }
    }
}

impl RunScript {
    fn renewed(&self, settled: &Settled, batch: &Batch<'_>) {
        let extended = settled.leases.iter().filter(|stored| stored.extended).map(|stored| &stored.lease);
        for renewed in extended.chain(&settled.reused) {
            let mut environment = query(settled);
            let subnet = batch.config().subnets.by_id(renewed.subnet_id).map(|(_, subnet)| subnet);
            environment.set("SUBNET4", "ID", OrEmpty(subnet.map(|s| s.id)));
            environment.set("SUBNET4", "NAME", OrEmpty(subnet.map(|s| format!("{}/{}", s.prefix, s.prefix_len))));
            environment.set("SUBNET4", "PREFIX", OrEmpty(subnet.map(|s| s.prefix)));
            environment.set("SUBNET4", "PREFIX_LEN", OrEmpty(subnet.map(|s| s.prefix_len)));
            let packet = settled.packet();
            environment.set("PKT4", "CLIENT_ID", OrEmpty(settled.client_id.as_deref().map(Colons)));
            environment.hw_addr("PKT4", "HWADDR", Some((packet.htype().into(), packet.hw_addr())));
            lease(&mut environment, "LEASE4", renewed);
            self.run("lease4_renew", environment);
        }
    }
}

fn query(settled: &Settled) -> Environment {
    const Q: &str = "QUERY4";
    let (mut environment, packet) = (Environment::default(), settled.packet());
    let hw_addr = (packet.htype().into(), packet.hw_addr());
    let relayed = !packet.giaddr().is_unspecified();
    environment.set(Q, "TYPE", settled.message_type.name());
    environment.set(Q, "TXID", packet.xid());
    environment.set(Q, "LOCAL_ADDR", settled.destination);
    environment.set(Q, "LOCAL_PORT", SERVER_PORT);
    environment.set(Q, "REMOTE_ADDR", settled.source.ip());
    environment.set(Q, "REMOTE_PORT", settled.source.port());
    environment.interface(Q, &settled.interface);
    environment.set(Q, "HOPS", packet.hops());
    environment.set(Q, "SECS", packet.secs());
    environment.set(Q, "FLAGS", packet.flags());
    environment.set(Q, "CIADDR", packet.ciaddr());
    environment.set(Q, "SIADDR", packet.siaddr());
    environment.set(Q, "YIADDR", packet.yiaddr());
    environment.set(Q, "GIADDR", packet.giaddr());
    environment.set(Q, "RELAYED", relayed);
    environment.hw_addr(Q, "HWADDR", Some(hw_addr));
    environment.set(Q, "LOCAL_HWADDR", of_interface(&settled.interface, "address").unwrap_or_default());
    environment.set(Q, "LOCAL_HWADDR_TYPE", of_interface(&settled.interface, "type").unwrap_or_default());
    environment.hw_addr(Q, "REMOTE_HWADDR", (!relayed).then_some(hw_addr));
    if let Some(agent_options) = packet.option(code::AGENT_OPTIONS) {
        let option = |code: u8, data: &[u8]| format!("0x{}{}", Plain(&[code, data.len() as u8]), Plain(data));
        environment.set(Q, "OPTION_82", option(code::AGENT_OPTIONS, agent_options));
        for wanted in [agent::CIRCUIT_ID, agent::REMOTE_ID] {
            if let Some((_, data)) = sub_options(agent_options).find(|(code, _)| *code == wanted) {
                environment.set(Q, &format!("OPTION_82_SUB_OPTION_{wanted}"), option(wanted, data));
            }
        }
    }
    environment
}

fn leases<'a>(environment: &mut Environment, name: &str, all: impl ExactSizeIterator<Item = &'a Lease4>) {
    environment.set(name, "SIZE", all.len());
    for (at, one) in all.enumerate() {
        lease(environment, &format!("{name}_AT{at}"), one);
    }
}

fn lease(environment: &mut Environment, prefix: &str, lease: &Lease4) {
    environment.set(prefix, "ADDRESS", lease.address);
    environment.set(prefix, "CLTT", lease.cltt);
    environment.set(prefix, "HOSTNAME", &lease.hostname);
    environment.hw_addr(prefix, "HWADDR", Some((ETHERNET, &lease.hw_addr)));
    environment.set(prefix, "STATE", state(lease.state));
    environment.set(prefix, "SUBNET_ID", lease.subnet_id);
    environment.set(prefix, "VALID_LIFETIME", lease.valid_lifetime);
    environment.set(prefix, "CLIENT_ID", OrEmpty(lease.client_id.as_deref().map(Colons)));
}
