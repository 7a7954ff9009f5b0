//! The packets that the tables describe.

use dhcpd_eval::{Arrival, Subject4, Subject6};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::{v4, v6};

/// The fixed fields of the DHCPv4 packet.
pub fn header() -> v4::Header<'static> {
    v4::Header {
        op: 1,
        htype: 1,
        hops: 1,
        xid: 0x12345678,
        secs: 0,
        flags: 0,
        ciaddr: Ipv4Addr::UNSPECIFIED,
        yiaddr: Ipv4Addr::UNSPECIFIED,
        siaddr: Ipv4Addr::UNSPECIFIED,
        giaddr: Ipv4Addr::new(192, 0, 2, 1),
        hw_addr: &[0, 0x0c, 1, 2, 3, 4],
        sname: b"",
        file: b"",
    }
}

/// The DISCOVER of `dhcpv4.txt`.
pub fn discover() -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = v4::Writer::new(&mut out, &header());
    for (code, payload) in [
        (12, &b"cpe-1\0"[..]),
        (53, &[1]),
        (55, &[1, 3, 6]),
        (60, b"docsis3.0"),
        (61, b"\0foobar"),
        (82, b"\x01\x09port.7..x\x02\x06\x00\x0c\x01\x02\x03\x04\x05\x04\xc0\x00\x02\x00"),
        (116, &[1]),
        (124, b"\x00\x00\x11\x8b\x05modem\x00\x00\x0d\xe9\x07gateway\x00\x00\x11\x8b\x06second"),
        (125, b"\x00\x00\x11\x8b\x07\x02\x03ECM\x05\x00\x00\x00\x0d\xe9\x05\x01\x031.0"),
        (224, b""),
    ] {
        writer.option(code, payload);
    }
    writer.finish();
    out
}

/// How it came.
pub fn subject4<'a, 'p>(packet: &'a v4::Packet<'p>) -> Subject4<'a, 'p> {
    let arrival = Arrival {
        interface: "eth0",
        source: IpAddr::from([192, 0, 2, 1]),
        destination: IpAddr::from([192, 0, 2, 254]),
    };
    Subject4 { packet, arrival, remembered: None }
}

/// The SOLICIT of `dhcpv6.txt`.
pub fn solicit() -> Vec<u8> {
    let mut iaaddr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5).octets().to_vec();
    iaaddr.extend([0; 8]);
    iaaddr.extend(option6(13, b"\0\0fine"));
    let mut ia = vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    ia.extend(option6(5, &iaaddr));
    let mut message = vec![1, 1, 2, 3];
    message.extend(option6(1, b"\x00\x02\xaa\xbb\xcc\xdd\x01\x02"));
    message.extend(option6(3, &ia));
    message.extend(option6(6, &[0, 23, 0, 24]));
    message.extend(option6(16, b"\0\0\0\x09\0\x03one\0\x03two"));
    message.extend(option6(16, b"\0\0\x11\x8b\0\x09docsis3.0"));
    message.extend(option6(17, b"\0\0\0\x09\0\x01\0\x01x"));
    message.extend(option6(17, b"\0\0\x11\x8b\0\x21\0\x02\xde\xad"));
    let near_client = relay(0, "2001:db8:2::", "fe80::2", &[(18, b"eth7"), (37, b"\0\0\0\x09abc")], &message);
    relay(1, "2001:db8:1::", "fe80::1", &[], &near_client)
}

fn relay(hops: u8, link: &str, peer: &str, options: &[(u16, &[u8])], message: &[u8]) -> Vec<u8> {
    let mut out = vec![v6::MessageType::RELAY_FORW.0, hops];
    for address in [link, peer] {
        out.extend(address.parse::<Ipv6Addr>().unwrap().octets());
    }
    options.iter().for_each(|(code, payload)| out.extend(option6(*code, payload)));
    out.extend(option6(9, message));
    out
}

fn option6(code: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = code.to_be_bytes().to_vec();
    out.extend((payload.len() as u16).to_be_bytes());
    out.extend(payload);
    out
}

/// How it came.
pub fn subject6<'a, 'p>(packet: &'a v6::Packet<'p>, length: usize) -> Subject6<'a, 'p> {
    let arrival =
        Arrival { interface: "eth1", source: "fe80::99".parse().unwrap(), destination: "ff02::1:2".parse().unwrap() };
    Subject6 { packet, arrival, length }
}
