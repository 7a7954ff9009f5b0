//! DHCPv6: what perfdhcp says for its clients, as their relay if it is asked to, and how it reads the answers.

use crate::clients::{Client, Clients};
use crate::options::{LeaseType, Options};
use crate::protocol::{Again, Protocol, Stage};
use crate::template;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;
use wire::v6::{Ia, MessageType, Options as WireOptions, Packet, Relay, Writer, code};

/// ORO: DNS servers and domains to search (RFC 3646).
const REQUESTED: [u8; 4] = [0, 23, 0, 24];
/// IAID, T1 and T2 that a client asks for.
const IA: (u32, u32, u32) = (1, 3600, 5400);

/// Where fields stand in templates unless the command line says otherwise; as in Kea.
const XID: usize = 1;
const RANDOM: usize = 21;
const ELAPSED: usize = 84;
const SERVER: usize = 22;
const ADDRESS: usize = 40;

/// DHCPv6 of one test.
#[derive(Debug)]
pub(crate) struct V6 {
    local: Ipv6Addr,
    lease: LeaseType,
    rapid_commit: bool,
    half: bool,
    relayed: bool,
    /// Links to pose as a relay of (`-J`).
    links: Option<Vec<Ipv6Addr>>,
    /// Options of the relay as they are sent.
    relay_options: Vec<u8>,
    extra: Vec<(u16, Vec<u8>)>,
    templates: Vec<Vec<u8>>,
    xid_at: [usize; 2],
    random_at: [usize; 2],
    elapsed_at: Option<usize>,
    server_at: usize,
    address_at: usize,
    use_first: bool,
    first_server: Option<Box<[u8]>>,
}

/// An ADVERTISE or REPLY: its options' payloads.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    client: &'a [u8],
    server: &'a [u8],
    ia_na: Option<&'a [u8]>,
    ia_pd: Option<&'a [u8]>,
    address: Option<Ipv6Addr>,
    prefix: Option<Ipv6Addr>,
    /// Link address of the relay.
    link: Option<Ipv6Addr>,
}

/// What a REPLY promised: the options that speak of it.
#[derive(Debug)]
pub(crate) struct Lease {
    options: Box<[u8]>,
    held: [Option<IpAddr>; 2],
    link: Option<Ipv6Addr>,
}

impl V6 {
    pub(crate) fn new(options: &Options, local: Ipv6Addr) -> Result<Self, String> {
        let templates = options.templates.iter().map(|file| template::read(file)).collect::<Result<Vec<_>, _>>()?;
        let mut relay_options = Vec::new();
        let mut writer = Writer::new(&mut relay_options);
        options.relay_extra.iter().for_each(|(code, value)| writer.option(*code, value));
        writer.finish().map_err(|_| "options of the relay are too long")?;
        let offsets = &options.offsets;
        let at = |list: &[usize], default| [0, 1].map(|message| list.get(message).copied().unwrap_or(default));
        let links = options.relays.as_ref().map(|relays| {
            let v6 = |relay: &IpAddr| if let IpAddr::V6(relay) = relay { Some(*relay) } else { None };
            relays.iter().filter_map(v6).collect()
        });
        Ok(Self {
            local,
            lease: options.lease,
            rapid_commit: options.rapid_commit,
            half: options.half,
            relayed: options.relayed,
            links,
            relay_options,
            extra: options.extra.clone(),
            templates,
            xid_at: at(&offsets.xid, XID),
            random_at: at(&offsets.random, RANDOM),
            elapsed_at: Some(offsets.time.unwrap_or(ELAPSED)).filter(|at| *at != 0),
            server_at: offsets.server.unwrap_or(SERVER),
            address_at: offsets.address.unwrap_or(ADDRESS),
            use_first: options.use_first,
            first_server: None,
        })
    }

    /// A relay's address on the client's link, where there are several to pose as.
    fn any_link(&self, clients: &mut Clients) -> Option<Ipv6Addr> {
        self.links.as_ref().map(|links| clients.any_of(links))
    }

    /// Writes a message, inside of a relay's if that is asked for.
    fn message(
        &self,
        link: Option<Ipv6Addr>,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Writer<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut writer = Writer::new(out);
        if self.relayed {
            let options = WireOptions::new(&self.relay_options, 0);
            let link_address = link.unwrap_or(self.local);
            let relay = Relay { hop_count: 0, link_address, peer_address: self.local, options };
            writer.relays_as(MessageType::RELAY_FORW, &[relay]);
        }
        write(&mut writer)?;
        self.extra.iter().for_each(|(code, value)| writer.option(*code, value));
        writer.finish().map_err(|_| "the message is too long".to_owned())
    }

    fn template(&self, number: usize, xid: u32) -> Result<Vec<u8>, String> {
        let mut message = self.templates.get(number).cloned().unwrap_or_default();
        template::put(&mut message, self.xid_at[number], &xid.to_be_bytes()[1..], "transaction id")?;
        Ok(message)
    }

    /// The server that the next message is for, given whom the answer came from.
    fn server<'a>(&'a mut self, answered: &'a [u8]) -> &'a [u8] {
        let first = self.first_server.get_or_insert_with(|| answered.into());
        if self.use_first { first } else { answered }
    }

    fn request_of_template(&mut self, xid: u32, offer: &Answer<'_>) -> Result<Vec<u8>, String> {
        let mut message = self.template(1, xid)?;
        // The option is there in most templates; where its place was not given and something else stands there, it stays.
        if let Some(at) = self.elapsed_at
            && (at != ELAPSED || message.get(at..at + 4) == Some(&[0, 8, 0, 2]))
        {
            template::put(&mut message, at, &[0, 8, 0, 2, 0, 0], "time")?;
        }
        let ia_na = offer.ia_na.ok_or("DHCPv6 IA_NA option not found in received packet")?;
        let (server_at, address_at, client_end) = (self.server_at, self.address_at, self.random_at[1]);
        template::put(&mut message, server_at, &option(code::SERVER_ID, self.server(offer.server)), "server id")?;
        template::put(&mut message, address_at, &option(code::IA_NA, ia_na), "ip address")?;
        template::put_before(&mut message, client_end, &option(code::CLIENT_ID, offer.client), "randomization")?;
        Ok(message)
    }
}

/// An option by itself.
fn option(code: u16, value: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), &(value.len() as u16).to_be_bytes(), value].concat()
}

impl Protocol for V6 {
    const TITLES: [&str; 4] = ["SOLICIT-ADVERTISE", "REQUEST-REPLY", "RENEW-REPLY", "RELEASE-REPLY"];
    const XIDS: u32 = 0x00ff_ffff;
    const ONE_TRANSACTION: bool = false;
    const RELEASE_IS_ANSWERED: bool = true;
    type Answer<'a> = Answer<'a>;
    type Lease = Lease;

    fn begin(
        &mut self,
        xid: u32,
        client: &Client,
        clients: &mut Clients,
        waited: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let link = self.any_link(clients);
        let duid = clients.duid(client);
        if !self.templates.is_empty() {
            let mut message = self.template(0, xid)?;
            let end = duid.get(duid.len() - client.varied..).unwrap_or_default();
            template::put_before(&mut message, self.random_at[0], end, "randomization")?;
            return self.message(link, out, |writer| {
                writer.bytes(&message);
                Ok(())
            });
        }
        self.message(link, out, |writer| {
            writer.message(MessageType::SOLICIT, xid);
            writer.option(code::CLIENT_ID, &duid);
            if self.lease.has_address() {
                let ia = writer.open_ia(code::IA_NA, IA.0, IA.1, IA.2);
                writer.close(ia);
            }
            writer.option(code::ORO, &REQUESTED);
            // Hundredths of a second (RFC 8415 §21.9).
            let elapsed = (waited * 100).min(u16::MAX.into()) as u16;
            writer.option(code::ELAPSED_TIME, &elapsed.to_be_bytes());
            if self.rapid_commit {
                writer.option(code::RAPID_COMMIT, &[]);
            }
            if self.lease.has_prefix() {
                let ia = writer.open_ia(code::IA_PD, IA.0, IA.1, IA.2);
                writer.close(ia);
            }
            Ok(())
        })
    }

    fn read<'a>(&self, datagram: &'a [u8]) -> Result<Option<(Stage, u32, Answer<'a>)>, String> {
        let packet = Packet::parse_reply(datagram).map_err(|error| error.to_string())?;
        let stage = match packet.message.kind {
            MessageType::ADVERTISE => Stage::First,
            // With rapid commit the first answer is the last one.
            MessageType::REPLY if self.half => Stage::First,
            MessageType::REPLY => Stage::Second,
            _ => return Ok(None),
        };
        let mut answer = Answer {
            client: &[],
            server: &[],
            ia_na: None,
            ia_pd: None,
            address: None,
            prefix: None,
            link: packet.first_relay().map(|relay| relay.link_address),
        };
        for option in packet.message.options.iter() {
            let option = option.map_err(|bad| bad.to_string())?;
            match option.code {
                code::CLIENT_ID => answer.client = option.data,
                code::SERVER_ID => answer.server = option.data,
                code::IA_NA if answer.ia_na.is_none() => {
                    answer.ia_na = Some(option.data);
                    let inner = Ia::parse(&option).and_then(|ia| ia.options.find(code::IA_ADDR));
                    answer.address = inner.and_then(|it| it.first_chunk::<16>()).map(|it| Ipv6Addr::from(*it));
                }
                code::IA_PD if answer.ia_pd.is_none() => {
                    answer.ia_pd = Some(option.data);
                    // Two lifetimes and the length are before the prefix (RFC 8415 §21.22).
                    let inner = Ia::parse(&option).and_then(|ia| ia.options.find(code::IA_PREFIX));
                    let prefix = inner.and_then(|it| it.get(9..)).and_then(|it| it.first_chunk::<16>());
                    answer.prefix = prefix.map(|it| Ipv6Addr::from(*it));
                }
                _ => {}
            }
        }
        Ok(Some((stage, packet.message.transaction_id, answer)))
    }

    fn is_granted(&self, answer: &Answer<'_>) -> bool {
        (answer.address.is_some() || !self.lease.has_address()) && (answer.prefix.is_some() || !self.lease.has_prefix())
    }

    fn given(&self, answer: &Answer<'_>) -> [Option<IpAddr>; 2] {
        [answer.address.map(IpAddr::V6), answer.prefix.map(IpAddr::V6)]
    }

    fn request(&mut self, xid: u32, offer: &Answer<'_>, _: Duration, out: &mut Vec<u8>) -> Result<(), String> {
        if offer.client.is_empty() {
            return Err("client id not found in received packet".to_owned());
        }
        if offer.server.is_empty() {
            return Err("server id not found in received packet".to_owned());
        }
        if self.templates.len() > 1 {
            let message = self.request_of_template(xid, offer)?;
            return self.message(offer.link, out, |writer| {
                writer.bytes(&message);
                Ok(())
            });
        }
        let server = self.server(offer.server).to_vec();
        let lease = self.lease;
        self.message(offer.link, out, |writer| {
            writer.message(MessageType::REQUEST, xid);
            writer.option(code::CLIENT_ID, offer.client);
            writer.option(code::SERVER_ID, &server);
            if let Some(ia) = offer.ia_na.filter(|_| lease.has_address()) {
                writer.option(code::IA_NA, ia);
            }
            writer.option(code::ELAPSED_TIME, &[0, 0]);
            if let Some(ia) = offer.ia_pd.filter(|_| lease.has_prefix()) {
                writer.option(code::IA_PD, ia);
            }
            Ok(())
        })
    }

    fn lease(&self, reply: &Answer<'_>) -> Result<Lease, String> {
        let mut options = Vec::new();
        let mut writer = Writer::new(&mut options);
        writer.option(code::CLIENT_ID, reply.client);
        writer.option(code::SERVER_ID, reply.server);
        for (code, ia) in [(code::IA_NA, reply.ia_na), (code::IA_PD, reply.ia_pd)] {
            if let Some(ia) = ia {
                writer.option(code, ia);
            }
        }
        writer.finish().map_err(|_| "the message is too long")?;
        Ok(Lease { options: options.into(), held: self.given(reply), link: reply.link })
    }

    fn again(&mut self, why: Again, xid: u32, lease: &Lease, out: &mut Vec<u8>) -> Result<(), String> {
        let kind = match why {
            Again::Renew => MessageType::RENEW,
            Again::Release => MessageType::RELEASE,
        };
        self.message(lease.link, out, |writer| {
            writer.message(kind, xid);
            writer.bytes(&lease.options);
            Ok(())
        })
    }

    fn held(&self, lease: &Lease) -> [Option<IpAddr>; 2] {
        lease.held
    }

    fn line(&self, answer: &Answer<'_>) -> String {
        let text = |address: Option<Ipv6Addr>| address.map(|it| it.to_string()).unwrap_or_default();
        format!("{},{},{}", wire::hex::Colons(answer.client), text(answer.address), text(answer.prefix))
    }

    fn first_server(&self) -> Option<Vec<u8>> {
        self.first_server.as_deref().map(<[u8]>::to_vec)
    }

    fn offsets(&self) -> ([(usize, usize); 2], [usize; 3]) {
        let first = [0, 1].map(|message| (self.xid_at[message], self.random_at[message]));
        (first, [self.server_at, self.elapsed_at.unwrap_or(ELAPSED), self.address_at])
    }
}

#[cfg(test)]
mod tests;
