"""Hosts that exist only as frames: what clients and relays send, and whatever a server sends back to any of them.

Nothing here has an address in the kernel. A packet socket on the clients' end of a link sends frames as any host, hears
all that comes, and answers ARP (RFC 826) and neighbour discovery (RFC 4861) for every address that is asked for.
"""

import contextlib
import ipaddress
import select
import socket
import struct
import time
from dataclasses import dataclass

from lab import in_namespace

ETH_ALL, IPV4, ARP, IPV6 = 3, 0x0800, 0x0806, 0x86DD
UDP, ICMPV6 = 17, 58
OUTGOING = 4
EVERYBODY = b"\xff" * 6
RELAY_MAC = bytes.fromhex("0200000000fe")
NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136


@dataclass
class Datagram:
    """A UDP datagram, as a frame has it."""

    mac_from: bytes
    mac_to: bytes
    source: str
    source_port: int
    target: str
    target_port: int
    payload: bytes
    link: int = 0


class Link:
    """One end of a link, with all hosts that a scenario imagines there."""

    def __init__(self, ns, interface):
        with in_namespace(ns):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_ALL))
            self.socket.bind((interface, ETH_ALL))
        self.macs = {}

    def fileno(self):
        return self.socket.fileno()

    def send(self, datagram):
        self.macs[datagram.source] = datagram.mac_from
        pack = ipv4 if "." in datagram.source else ipv6
        self.socket.send(pack(datagram))

    def receive(self):
        """The UDP datagrams that are there; questions for addresses are answered meanwhile."""
        while select.select([self.socket], [], [], 0)[0]:
            frame, about = self.socket.recvfrom(65535)
            if about[2] == OUTGOING:
                continue
            kind = int.from_bytes(frame[12:14], "big")
            if kind == ARP:
                self.answer_arp(frame)
            elif kind == IPV4 and frame[23] == UDP:
                yield from_ipv4(frame)
            elif kind == IPV6 and frame[20] == ICMPV6 and frame[54] == NEIGHBOUR_SOLICITATION:
                self.answer_neighbour(frame)
            elif kind == IPV6 and frame[20] == UDP:
                yield from_ipv6(frame)

    def answer_arp(self, frame):
        operation, asker, asker_ip, _, wanted = struct.unpack("!6xH6s4s6s4s", frame[14:42])
        if operation == 1:
            mac = self.macs.get(str(ipaddress.IPv4Address(wanted)), RELAY_MAC)
            answer = struct.pack("!HHBBH6s4s6s4s", 1, IPV4, 6, 4, 2, mac, wanted, asker, asker_ip)
            self.socket.send(asker + mac + struct.pack("!H", ARP) + answer)

    def answer_neighbour(self, frame):
        asker, wanted = frame[22:38], frame[62:78]
        mac = self.macs.get(str(ipaddress.IPv6Address(wanted)), RELAY_MAC)
        body = struct.pack("!BBHI16sBB6s", NEIGHBOUR_ADVERTISEMENT, 0, 0, 0x60000000, wanted, 2, 1, mac)
        body = body[:2] + struct.pack("!H", checksum(wanted, asker, ICMPV6, body)) + body[4:]
        head = struct.pack("!IHBB16s16s", 6 << 28, len(body), ICMPV6, 255, wanted, asker)
        self.socket.send(frame[6:12] + mac + struct.pack("!H", IPV6) + head + body)


def wait(links, seconds):
    """Waits until a frame comes; whether one did."""
    return bool(select.select(links, [], [], max(0, seconds))[0])


def ipv4(d):
    udp = struct.pack("!HHHH", d.source_port, d.target_port, 8 + len(d.payload), 0) + d.payload
    source, target = (ipaddress.IPv4Address(a).packed for a in (d.source, d.target))
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0x10, 20 + len(udp), 0, 0, 64, UDP, 0, source, target)
    head = head[:10] + struct.pack("!H", fold(head)) + head[12:]
    return d.mac_to + d.mac_from + struct.pack("!H", IPV4) + head + udp


def ipv6(d):
    udp = struct.pack("!HHHH", d.source_port, d.target_port, 8 + len(d.payload), 0) + d.payload
    source, target = (ipaddress.IPv6Address(a).packed for a in (d.source, d.target))
    udp = udp[:6] + struct.pack("!H", checksum(source, target, UDP, udp) or 0xFFFF) + udp[8:]
    head = struct.pack("!IHBB16s16s", 6 << 28, len(udp), UDP, 64, source, target)
    return d.mac_to + d.mac_from + struct.pack("!H", IPV6) + head + udp


def from_ipv4(frame):
    start = 14 + (frame[14] & 15) * 4
    source, target = (str(ipaddress.IPv4Address(frame[at : at + 4])) for at in (26, 30))
    return from_udp(frame, start, source, target)


def from_ipv6(frame):
    source, target = (str(ipaddress.IPv6Address(frame[at : at + 16])) for at in (22, 38))
    return from_udp(frame, 54, source, target)


def from_udp(frame, start, source, target):
    source_port, target_port, length = struct.unpack("!HHH", frame[start : start + 6])
    return Datagram(frame[6:12], frame[:6], source, source_port, target, target_port, frame[start + 8 : start + length])


def fold(data):
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def checksum(source, target, protocol, data):
    return fold(source + target + struct.pack("!II", len(data), protocol) + data)


def link_local(mac):
    """The link-local address of an interface with this MAC address (RFC 4291 appendix A)."""
    host = bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:6]
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + host))


class NameChanges:
    """The server's D2, as far as it hears: name change requests that came to its port."""

    def __init__(self, ns, port=53001):
        with in_namespace(ns):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.setblocking(False)

    def next(self, seconds):
        """The next request, as bytes without their length; None if none comes in time."""
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(BlockingIOError):
                return self.socket.recv(65535)[2:]
            if not select.select([self.socket], [], [], max(0, end - time.monotonic()))[0]:
                return None

    def forget(self):
        while self.next(0) is not None:
            pass
