//! Entries of DHCPv4 leases.

use super::messages::*;
use super::{Entry, LegalLog, context, duration, evaluated, identifiers, shown};
use engine::hooks::Point;
use engine::v4::hooks::{Batch, Hooks, Settled};
use eval::{EvalError, Subject4};
use leases::Lease4;
use wire::hex::Colons;
use wire::v4::{Packet, agent, code, sub_options};

impl Hooks for LegalLog {
    fn points(&self) -> &'static [Point] {
        &[Point::Committed, Point::Command]
    }

    fn committed(&self, batch: &mut Batch<'_>) {
        let mut entries = Vec::new();
        for (at, settled) in batch.settled.iter().enumerate() {
            let reply = batch.reply(at);
            // What a client gives back has no answer.
            let given = settled.leases.iter().map(|stored| (&stored.lease, true)).filter(|_| reply.is_some());
            let taken = settled.deleted.iter().map(|lease| (lease, false)).filter(|_| reply.is_some());
            let back = settled.before.iter().map(|lease| (lease, false));
            for (lease, given) in given.chain(taken).chain(back).filter(|(lease, _)| !self.is_silent(lease.subnet_id)) {
                match self.entry4(settled, reply, lease, given) {
                    Ok(text) => entries.push(Entry { address: lease.address.to_string(), text }),
                    Err(reason) => log::event!(LEGAL_LOG_LEASE4_WRITE_ERROR, reason),
                }
            }
        }
        if let Err(reason) = self.write(&entries) {
            log::event!(LEGAL_LOG_LEASE4_WRITE_ERROR, reason);
        }
    }

    fn command(&self, name: &str, arguments: &str, answer: &str) {
        self.log_command(name, arguments, answer);
    }
}

impl LegalLog {
    fn entry4(
        &self,
        settled: &Settled,
        reply: Option<&[u8]>,
        lease: &Lease4,
        given: bool,
    ) -> Result<String, EvalError> {
        let packet = settled.packet();
        let (label, subject) = (settled.label(), settled.subject(&packet));
        let mut custom = None;
        if let Some(expression) = &self.rules.request {
            custom = Some(evaluated(expression, &subject, &settled.classes, &label)?);
        }
        let answer = reply.and_then(|reply| Packet::parse_leniently(reply).ok());
        if let (Some(expression), Some(packet)) = (&self.rules.response, &answer) {
            let subject = Subject4 { packet, remembered: None, ..subject };
            custom.get_or_insert_default().push_str(&evaluated(expression, &subject, &settled.classes, &label)?);
        }
        Ok(custom.unwrap_or_else(|| entry(&packet, lease, given)))
    }
}

fn entry(packet: &Packet<'_>, lease: &Lease4, given: bool) -> String {
    let what = match given {
        true => format!("assigned for {} to", duration(lease.valid_lifetime)),
        false => "released from".to_owned(),
    };
    let device = format!("hwtype=1 {}", Colons(&lease.hw_addr));
    let mut entry = format!("Address: {} has been {what} a device with hardware address: {device}", lease.address);
    if let Some(id) = &lease.client_id {
        entry.push_str(&format!(", client-id: {}", shown(id)));
    }
    if !packet.giaddr().is_unspecified() {
        entry.push_str(&format!(" connected via relay at address: {}", packet.giaddr()));
        let options = packet.option(code::AGENT_OPTIONS).unwrap_or_default();
        let find = |wanted: u8| sub_options(options).find(|(code, _)| *code == wanted).map(|(_, data)| data);
        let named =
            [("circuit-id", agent::CIRCUIT_ID), ("remote-id", agent::REMOTE_ID), ("subscriber-id", SUBSCRIBER_ID)];
        let found = identifiers(named.into_iter().map(|(name, code)| (name, find(code))));
        if !found.is_empty() {
            entry.push_str(&format!(", identified by {found}"));
        }
    }
    entry + &context(lease.user_context.as_deref())
}

/// RFC 3993.
const SUBSCRIBER_ID: u8 = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use leases::LeaseState;
    use wire::v4::{Header, Writer};

    #[test]
    fn entries_are_kea_s() {
        let nowhere = std::net::Ipv4Addr::UNSPECIFIED;
        let header = Header {
            op: 1,
            htype: 1,
            hops: 1,
            xid: 1,
            secs: 0,
            flags: 0,
            ciaddr: nowhere,
            yiaddr: nowhere,
            siaddr: nowhere,
            giaddr: [192, 2, 16, 33].into(),
            hw_addr: &[8, 0, 0x2b, 2, 0x3f, 0x4e],
            sname: b"",
            file: b"",
        };
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, &header);
        writer.option(code::MESSAGE_TYPE, &[3]);
        writer.option(code::AGENT_OPTIONS, b"\x01\x05howdy\x02\x05\x87\xf6\x79\x77\xef");
        writer.finish();
        let lease = Lease4 {
            address: [192, 2, 1, 100].into(),
            hw_addr: header.hw_addr.into(),
            client_id: Some([0x17, 0x34, 0xe2, 0xff, 9, 0x92, 0x54][..].into()),
            valid_lifetime: 6735,
            cltt: 0,
            subnet_id: 1,
            pool_id: 0,
            fqdn_fwd: false,
            fqdn_rev: false,
            hostname: "".into(),
            state: LeaseState::Assigned,
            user_context: None,
        };
        let packet = Packet::parse(&bytes).unwrap();
        let device = "a device with hardware address: hwtype=1 08:00:2b:02:3f:4e, client-id: 17:34:e2:ff:09:92:54 connected \
            via relay at address: 192.2.16.33, identified by circuit-id: 68:6f:77:64:79 (howdy) and remote-id: 87:f6:79:77:ef";
        let given = format!("Address: 192.2.1.100 has been assigned for 1 hrs 52 mins 15 secs to {device}");
        assert_eq!(entry(&packet, &lease, true), given);
        assert_eq!(entry(&packet, &lease, false), format!("Address: 192.2.1.100 has been released from {device}"));
    }
}
