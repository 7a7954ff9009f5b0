//! DHCPv4: what perfdhcp says as the relay of its clients, and how it reads the answers.

use crate::clients::{Client, Clients};
use crate::options::Options;
use crate::protocol::{Again, Protocol, Stage};
use crate::template;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use wire::v4::{Header, MessageType, Packet, Writer, code};

/// Option 55: subnet mask, broadcast address, time offset, routers, domain name, DNS servers, host name.
const REQUESTED: [u8; 7] = [1, 28, 2, 3, 15, 6, 12];
const ETHERNET: u8 = 1;

/// Where fields stand in templates unless the command line says otherwise; as in Kea.
const XID: usize = 4;
const RANDOM: usize = 35;
const SECS: usize = 8;
const SERVER: usize = 54;
const ADDRESS: usize = 240;

/// DHCPv4 of one test.
#[derive(Debug)]
pub(crate) struct V4 {
    local: Ipv4Addr,
    /// Relays to pose as (`-J`).
    relays: Option<Vec<Ipv4Addr>>,
    requested: Vec<u8>,
    extra: Vec<(u8, Vec<u8>)>,
    templates: Vec<Vec<u8>>,
    xid_at: [usize; 2],
    random_at: [usize; 2],
    secs_at: Option<usize>,
    server_at: usize,
    address_at: usize,
    use_first: bool,
    /// Client identifiers are wanted, for the list of leases (`-x l`).
    lists: bool,
    first_server: Option<Ipv4Addr>,
}

/// An OFFER or ACK.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    hw_addr: &'a [u8],
    address: Ipv4Addr,
    relay: Ipv4Addr,
    server: Option<Ipv4Addr>,
    client_id: Option<Vec<u8>>,
}

/// What an ACK promised.
#[derive(Debug)]
pub(crate) struct Lease {
    hw_addr: Box<[u8]>,
    address: Ipv4Addr,
    relay: Ipv4Addr,
    server: Option<Ipv4Addr>,
}

impl V4 {
    pub(crate) fn new(options: &Options, local: Ipv4Addr) -> Result<Self, String> {
        let templates = options.templates.iter().map(|file| template::read(file)).collect::<Result<Vec<_>, _>>()?;
        let (mut requested, mut extra) = (REQUESTED.to_vec(), Vec::new());
        // What messages have anyway; a DISCOVER neither names a server nor, here, an address.
        let mut taken = vec![code::MESSAGE_TYPE, code::CLIENT_IDENTIFIER];
        if !options.half {
            taken.extend([code::SERVER_IDENTIFIER, code::REQUESTED_ADDRESS]);
        }
        for (code, value) in &options.extra {
            let code = u8::try_from(*code).map_err(|_| format!("Option {code} is none of DHCPv4"))?;
            if code == code::PARAMETER_REQUEST_LIST {
                requested.extend(value);
                continue;
            }
            if taken.contains(&code) {
                return Err(format!("Option {code} already present in this message."));
            }
            taken.push(code);
            extra.push((code, value.clone()));
        }
        let offsets = &options.offsets;
        let at = |list: &[usize], default| [0, 1].map(|message| list.get(message).copied().unwrap_or(default));
        let relays = options.relays.as_ref().map(|relays| {
            let v4 = |relay: &IpAddr| if let IpAddr::V4(relay) = relay { Some(*relay) } else { None };
            relays.iter().filter_map(v4).collect()
        });
        Ok(Self {
            local,
            relays,
            requested,
            extra,
            templates,
            xid_at: at(&offsets.xid, XID),
            random_at: at(&offsets.random, RANDOM),
            secs_at: Some(offsets.time.unwrap_or(SECS)).filter(|at| *at != 0),
            server_at: offsets.server.unwrap_or(SERVER),
            address_at: offsets.address.unwrap_or(ADDRESS),
            use_first: options.use_first,
            lists: options.shows('l'),
            first_server: None,
        })
    }

    /// The server that the next message is for, given whom the answer before it came from.
    fn server(&mut self, answered: Option<Ipv4Addr>, message: &str) -> Result<Ipv4Addr, String> {
        if self.use_first
            && let Some(first) = self.first_server
        {
            return Ok(first);
        }
        let server = answered.ok_or_else(|| format!("there is no SERVER_IDENTIFIER option in {message} message"))?;
        self.first_server.get_or_insert(server);
        Ok(server)
    }

    fn header<'a>(&self, xid: u32, hw_addr: &'a [u8], relay: Ipv4Addr) -> Header<'a> {
        let none = Ipv4Addr::UNSPECIFIED;
        Header {
            op: 1,
            htype: ETHERNET,
            hops: 1,
            xid,
            secs: 0,
            flags: 0,
            ciaddr: none,
            yiaddr: none,
            siaddr: none,
            giaddr: relay,
            hw_addr,
            sname: &[],
            file: &[],
        }
    }

    /// Begins a message with its type and its client.
    fn message<'b>(&self, kind: MessageType, header: &Header<'_>, out: &'b mut Vec<u8>) -> Writer<'b> {
        let mut writer = Writer::new(out, header);
        writer.option(code::MESSAGE_TYPE, &[kind.0]);
        let mut identifier = [ETHERNET; 17];
        let end = 1 + header.hw_addr.len().min(16);
        identifier[1..end].copy_from_slice(&header.hw_addr[..end - 1]);
        writer.option(code::CLIENT_IDENTIFIER, &identifier[..end]);
        writer
    }

    fn finish(&self, mut writer: Writer<'_>) {
        self.extra.iter().for_each(|(code, value)| writer.option(*code, value));
        writer.finish();
    }

    /// Begins a message out of a template; where it begins in the buffer.
    fn begin_template(&self, number: usize, xid: u32, hw_addr: &[u8], out: &mut Vec<u8>) -> Result<usize, String> {
        let start = out.len();
        out.extend_from_slice(self.templates.get(number).map(Vec::as_slice).unwrap_or_default());
        let message = &mut out[start..];
        template::put(message, self.xid_at[number], &xid.to_be_bytes(), "transaction id")?;
        let mut mac = [0; 6];
        mac.iter_mut().zip(hw_addr).for_each(|(to, from)| *to = *from);
        template::put_before(message, self.random_at[number], &mac, "randomization")?;
        Ok(start)
    }

    /// Puts the options of the command line before the end mark of a message that was a template.
    fn extend(&self, start: usize, out: &mut Vec<u8>) {
        if self.extra.is_empty() {
            return;
        }
        let ended = out.len() > start && out.last() == Some(&code::END);
        if ended {
            out.pop();
        }
        for (code, value) in &self.extra {
            for piece in value.chunks(255) {
                out.extend_from_slice(&[*code, piece.len() as u8]);
                out.extend_from_slice(piece);
            }
        }
        if ended {
            out.push(code::END);
        }
    }
}

impl Protocol for V4 {
    const TITLES: [&str; 4] = ["DISCOVER-OFFER", "REQUEST-ACK", "REQUEST-ACK (renewal)", "RELEASE"];
    const XIDS: u32 = 0;
    const ONE_TRANSACTION: bool = true;
    const RELEASE_IS_ANSWERED: bool = false;
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
        if !self.templates.is_empty() {
            let start = self.begin_template(0, xid, &client.mac, out)?;
            self.extend(start, out);
            return Ok(());
        }
        let relay = self.relays.as_ref().map_or(self.local, |relays| clients.any_of(relays));
        let secs = waited.min(u16::MAX.into()) as u16;
        let header = Header { secs, ..self.header(xid, &client.mac, relay) };
        let mut writer = self.message(MessageType::DISCOVER, &header, out);
        writer.option(code::PARAMETER_REQUEST_LIST, &self.requested);
        self.finish(writer);
        Ok(())
    }

    fn read<'a>(&self, datagram: &'a [u8]) -> Result<Option<(Stage, u32, Answer<'a>)>, String> {
        let packet = Packet::parse_leniently(datagram).map_err(|error| format!("{error:?}"))?;
        let stage = match packet.message_type() {
            Some(MessageType::OFFER) => Stage::First,
            Some(MessageType::ACK) => Stage::Second,
            _ => return Ok(None),
        };
        let answer = Answer {
            hw_addr: packet.hw_addr(),
            address: packet.yiaddr(),
            relay: packet.giaddr(),
            server: packet.address_option(code::SERVER_IDENTIFIER),
            client_id: packet.option(code::CLIENT_IDENTIFIER).filter(|_| self.lists).map(<[u8]>::to_vec),
        };
        Ok(Some((stage, packet.xid(), answer)))
    }

    fn is_granted(&self, _: &Answer<'_>) -> bool {
        true
    }

    fn given(&self, answer: &Answer<'_>) -> [Option<IpAddr>; 2] {
        [Some(answer.address.into()), None]
    }

    fn request(&mut self, xid: u32, offer: &Answer<'_>, after: Duration, out: &mut Vec<u8>) -> Result<(), String> {
        let server = self.server(offer.server, "OFFER")?;
        let secs = after.as_secs().min(u16::MAX.into()) as u16;
        if self.templates.len() > 1 {
            let start = self.begin_template(1, xid, offer.hw_addr, out)?;
            let message = &mut out[start..];
            if let Some(at) = self.secs_at {
                template::put(message, at, &secs.to_be_bytes(), "time")?;
            }
            let option = |code, address: Ipv4Addr| [&[code, 4], &address.octets()[..]].concat();
            template::put(message, self.server_at, &option(code::SERVER_IDENTIFIER, server), "server id")?;
            template::put(message, self.address_at, &option(code::REQUESTED_ADDRESS, offer.address), "ip address")?;
            self.extend(start, out);
            return Ok(());
        }
        let header = Header { secs, ..self.header(xid, offer.hw_addr, offer.relay) };
        let mut writer = self.message(MessageType::REQUEST, &header, out);
        writer.option(code::REQUESTED_ADDRESS, &offer.address.octets());
        writer.option(code::SERVER_IDENTIFIER, &server.octets());
        writer.option(code::PARAMETER_REQUEST_LIST, &self.requested);
        self.finish(writer);
        Ok(())
    }

    fn lease(&self, ack: &Answer<'_>) -> Result<Lease, String> {
        Ok(Lease { hw_addr: ack.hw_addr.into(), address: ack.address, relay: ack.relay, server: ack.server })
    }

    fn again(&mut self, why: Again, xid: u32, lease: &Lease, out: &mut Vec<u8>) -> Result<(), String> {
        let header = Header { ciaddr: lease.address, ..self.header(xid, &lease.hw_addr, lease.relay) };
        let writer = match why {
            Again::Renew => self.message(MessageType::REQUEST, &header, out),
            Again::Release => {
                // RFC 2131, table 5: a release names its server.
                let server = self.server(lease.server, "ACK")?;
                let mut writer = self.message(MessageType::RELEASE, &header, out);
                writer.option(code::SERVER_IDENTIFIER, &server.octets());
                writer
            }
        };
        self.finish(writer);
        Ok(())
    }

    fn held(&self, lease: &Lease) -> [Option<IpAddr>; 2] {
        [Some(lease.address.into()), None]
    }

    fn line(&self, answer: &Answer<'_>) -> String {
        let client = answer.client_id.as_deref().unwrap_or_default();
        format!("{},{},", wire::hex::Plain(client).to_string().to_lowercase(), answer.address)
    }

    fn first_server(&self) -> Option<Vec<u8>> {
        self.first_server.map(|server| server.octets().to_vec())
    }

    fn offsets(&self) -> ([(usize, usize); 2], [usize; 3]) {
        let first = [0, 1].map(|message| (self.xid_at[message], self.random_at[message]));
        (first, [self.server_at, self.secs_at.unwrap_or(SECS), self.address_at])
    }
}

#[cfg(test)]
mod tests;
