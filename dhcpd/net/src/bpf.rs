//! Classic BPF programs: what a raw socket wants to see, and which worker a client belongs to.
//!
//! A client is told apart by bytes that stand at a fixed place: `chaddr` in DHCPv4; in DHCPv6 the peer-address of a
//! RELAY-FORW or the source address of a direct message. They choose the worker, so a client's packets keep their order.

use libc::sock_filter;
use std::net::Ipv4Addr;

/// One of `count` workers that share an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// 0 to `count - 1`.
    pub worker: u32,
    /// How many workers there are, at least 1.
    pub count: u32,
    /// How many sockets on the same address were there before theirs, and are about to go.
    pub after: u32,
}

impl Share {
    /// The only worker.
    pub const WHOLE: Self = Self { worker: 0, count: 1, after: 0 };

    /// Whether it is with this worker's socket that the kernel hears how to spread clients.
    pub fn spreads(self) -> bool {
        self.worker + 1 == self.count && (self.count > 1 || self.after > 0)
    }
}

/// Offset of the last four of the first six bytes of chaddr in a DHCPv4 message (RFC 2131 §2): what tells clients of one vendor apart.
const CHADDR_TAIL: u32 = 28 + 2;
/// Offset of the last four bytes of the peer-address in a RELAY-FORW (RFC 8415 §9.1).
const PEER_ADDRESS_TAIL: u32 = 2 + 16 + 12;
/// msg-type RELAY-FORW (RFC 8415 §7.3).
const RELAY_FORW: u32 = 12;
/// Offset of the last four bytes of the source address in the IPv6 header (RFC 8200 §3).
const IPV6_SOURCE_TAIL: u32 = 8 + 12;
/// Offset of the destination address there.
const IPV6_DESTINATION: u32 = 8 + 16;
/// Length of a UDP header (RFC 768).
const UDP_HEADER: u32 = 8;
/// Accept the whole packet.
const ACCEPT: u32 = u32::MAX;

/// For SO_ATTACH_REUSEPORT_CBPF on DHCPv4 sockets: returns the index of the socket, in the order in which they were bound; sees the
/// UDP payload.
pub fn pick_v4(count: u32, after: u32) -> Vec<sock_filter> {
    pick(load_v4_client(0).to_vec(), count, after)
}

/// The same on DHCPv6 sockets.
pub fn pick_v6(count: u32, after: u32) -> Vec<sock_filter> {
    pick(load_v6_client(0), count, after)
}

fn pick(mut p: Vec<sock_filter>, count: u32, after: u32) -> Vec<sock_filter> {
    p.extend(hash_modulo(count));
    p.extend([stmt(libc::BPF_ALU | libc::BPF_ADD | libc::BPF_K, after), ret_a()]);
    p
}

/// For SO_ATTACH_FILTER on DHCPv6 sockets: of multicasts, of which the kernel gives each socket a copy, those of this worker's clients;
/// of the rest whatever comes. Sees the UDP header first.
pub fn only_mine_v6(share: Share) -> Vec<sock_filter> {
    let mut p = accept_unicast_v6().to_vec();
    p.extend(load_v6_client(UDP_HEADER));
    p.extend(accept_mine(share));
    p
}

/// Nothing at all.
pub fn nothing() -> Vec<sock_filter> {
    vec![ret(0)]
}

/// For packet sockets (SOCK_DGRAM: the IPv4 header comes first): UDP to `port`, not a fragment, not tagged for a VLAN
/// (its own interface sees it), sent to one of `broadcasts`, from this worker's clients.
pub fn broadcast_v4(port: u16, broadcasts: &[Ipv4Addr], share: Share) -> Vec<sock_filter> {
    let mut p = Vec::new();
    let drop_unless_eq = |p: &mut Vec<sock_filter>, k: u32| {
        p.push(jump(libc::BPF_JEQ, k, 1, 0));
        p.push(ret(0));
    };
    p.push(ld_w((libc::SKF_AD_OFF + libc::SKF_AD_VLAN_TAG_PRESENT) as u32));
    drop_unless_eq(&mut p, 0);
    // A frame for a VLAN that has no interface here comes without its tag, as one for another host.
    p.push(ld_w((libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE) as u32));
    p.push(jump(libc::BPF_JEQ, libc::PACKET_OTHERHOST.into(), 0, 1));
    p.push(ret(0));
    p.push(ld_b(9)); // protocol
    drop_unless_eq(&mut p, libc::IPPROTO_UDP as u32);
    p.push(ld_h(6)); // flags and fragment offset: a fragment has MF set or an offset
    p.push(stmt(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 0x3fff));
    drop_unless_eq(&mut p, 0);
    p.push(ld_w(16)); // destination address
    let last = broadcasts.len().saturating_sub(1);
    for (i, address) in broadcasts.iter().enumerate() {
        // A match jumps over the remaining comparisons and the refusal.
        p.push(jump(libc::BPF_JEQ, address.to_bits(), (last - i + 1) as u8, 0));
    }
    p.push(ret(0));
    p.push(stmt(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0)); // X = length of the IPv4 header
    p.push(stmt(libc::BPF_LD | libc::BPF_H | libc::BPF_IND, 2)); // UDP destination port
    drop_unless_eq(&mut p, port.into());
    // Too short for a chaddr: the first worker has it, and counts it as malformed. (A = length - length of the IPv4 header.)
    p.push(ld_len());
    p.push(stmt(libc::BPF_ALU | libc::BPF_SUB | libc::BPF_X, 0));
    p.push(jump(libc::BPF_JGE, UDP_HEADER + CHADDR_TAIL + 4, 2, 0));
    p.push(stmt(libc::BPF_LD | libc::BPF_IMM, 0));
    p.push(stmt(libc::BPF_JMP | libc::BPF_JA, 1));
    p.push(stmt(libc::BPF_LD | libc::BPF_W | libc::BPF_IND, UDP_HEADER + CHADDR_TAIL));
    p.extend(accept_mine(share));
    p
}

/// Loads the bytes that tell a DHCPv4 client apart; 0 for a message too short to have them, since a load behind the end
/// would drop the packet uncounted. `payload` is where the message begins.
fn load_v4_client(payload: u32) -> [sock_filter; 5] {
    [
        ld_len(),
        jump(libc::BPF_JGE, payload + CHADDR_TAIL + 4, 2, 0),
        stmt(libc::BPF_LD | libc::BPF_IMM, 0),
        stmt(libc::BPF_JMP | libc::BPF_JA, 1),
        ld_w(payload + CHADDR_TAIL),
    ]
}

/// Loads the bytes that tell a DHCPv6 client apart: of the source address where the message is too short for others.
fn load_v6_client(payload: u32) -> Vec<sock_filter> {
    vec![
        ld_len(),
        jump(libc::BPF_JGE, payload + PEER_ADDRESS_TAIL + 4, 0, 4),
        ld_b(payload),
        jump(libc::BPF_JEQ, RELAY_FORW, 0, 2),
        ld_w(payload + PEER_ADDRESS_TAIL),
        stmt(libc::BPF_JMP | libc::BPF_JA, 1),
        ld_w((libc::SKF_NET_OFF as u32).wrapping_add(IPV6_SOURCE_TAIL)),
    ]
}

/// Accepts what was not sent to a multicast address (RFC 4291 §2.7).
fn accept_unicast_v6() -> [sock_filter; 3] {
    [ld_b((libc::SKF_NET_OFF as u32).wrapping_add(IPV6_DESTINATION)), jump(libc::BPF_JEQ, 0xff, 1, 0), ret(ACCEPT)]
}

/// A = (A * golden ratio >> 16) mod count: a multiplicative hash, so that consecutive addresses spread.
fn hash_modulo(count: u32) -> [sock_filter; 3] {
    [
        stmt(libc::BPF_ALU | libc::BPF_MUL | libc::BPF_K, 0x9e37_79b1),
        stmt(libc::BPF_ALU | libc::BPF_RSH | libc::BPF_K, 16),
        stmt(libc::BPF_ALU | libc::BPF_MOD | libc::BPF_K, count.max(1)),
    ]
}

fn accept_mine(share: Share) -> Vec<sock_filter> {
    let mut p = hash_modulo(share.count).to_vec();
    p.extend([jump(libc::BPF_JEQ, share.worker, 0, 1), ret(ACCEPT), ret(0)]);
    p
}

fn stmt(code: u32, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

fn jump(test: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: (libc::BPF_JMP | test | libc::BPF_K) as u16, jt, jf, k }
}

fn ld_b(k: u32) -> sock_filter {
    stmt(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, k)
}

fn ld_h(k: u32) -> sock_filter {
    stmt(libc::BPF_LD | libc::BPF_H | libc::BPF_ABS, k)
}

fn ld_w(k: u32) -> sock_filter {
    stmt(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, k)
}

fn ld_len() -> sock_filter {
    stmt(libc::BPF_LD | libc::BPF_W | libc::BPF_LEN, 0)
}

fn ret(k: u32) -> sock_filter {
    stmt(libc::BPF_RET | libc::BPF_K, k)
}

fn ret_a() -> sock_filter {
    stmt(libc::BPF_RET | libc::BPF_A, 0)
}
