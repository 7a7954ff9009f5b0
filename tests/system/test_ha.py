"""Servers that share clients: two of ours, and ours with Kea 2.2 in either role."""

import json
import os
import socket
import struct
import unittest
from pathlib import Path

from lab import Kea, Lab, in_namespace, wait_for

KEA = {4: Path("/usr/sbin/kea-dhcp4"), 6: Path("/usr/sbin/kea-dhcp6")}
HOOKS = Path("/usr/lib/x86_64-linux-gnu/kea/hooks")
RELAY4, RELAY6 = "192.0.2.10", "2001:db8:1::10"
DISCOVER, OFFER, REQUEST, ACK, RELEASE = 1, 2, 3, 5, 7
SOLICIT, ADVERTISE, REQUEST6, REPLY, RELEASE6, RELAY_FORW = 1, 2, 3, 7, 8, 12


class Relay4:
    """A relay that asks both servers, and hears which of them answer."""

    def __init__(self, servers):
        self.servers = servers
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((RELAY4, 67))

    def close(self):
        self.socket.close()

    def ask(self, client, kind, address=None, server=None, secs=0, to=None, seconds=1.0, answers=1):
        """Answers to a message of client N: by the server's address, its type and the address it gives."""
        xid = os.urandom(4)
        ciaddr = socket.inet_aton(address if kind == RELEASE else "0.0.0.0")
        mac = bytes([2, 0, 0, 0, client >> 8, client & 255])
        packet = struct.pack("!BBBB4sHH", 1, 1, 6, 1, xid, secs, 0) + ciaddr + bytes(8) + socket.inet_aton(RELAY4) + mac.ljust(16, b"\0") + bytes(192)
        packet += b"\x63\x82\x53\x63" + bytes([53, 1, kind])
        if server:
            packet += bytes([54, 4]) + socket.inet_aton(server)
        if address and kind != RELEASE:
            packet += bytes([50, 4]) + socket.inet_aton(address)
        packet += b"\xff"
        for target in to or self.servers:
            self.socket.sendto(packet, (target, 67))
        found = {}
        self.socket.settimeout(seconds)
        try:
            while len(found) < answers:
                data, (source, _) = self.socket.recvfrom(4096)
                if data[4:8] != xid:
                    continue
                at, kind_of = 240, 0
                while at < len(data) and data[at] != 255:
                    if data[at] == 53:
                        kind_of = data[at + 2]
                    at += 1 if data[at] == 0 else 2 + data[at + 1]
                found[source] = (kind_of, socket.inet_ntoa(data[16:20]))
        except TimeoutError:
            pass
        return found

    def obtain(self, client):
        """Who gives client N which address."""
        offers = self.ask(client, DISCOVER)
        if not offers:
            return None
        ((server, (_, address)),) = offers.items()
        acks = self.ask(client, REQUEST, address, server)
        return (server, address) if acks.get(server) == (ACK, address) else None


class Relay6:
    """The same of DHCPv6, with an IA_NA."""

    def __init__(self, servers):
        self.servers = servers
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.bind((RELAY6, 547))

    def close(self):
        self.socket.close()

    @staticmethod
    def option(code, data):
        return struct.pack("!HH", code, len(data)) + data

    @staticmethod
    def options(data):
        found = {}
        while len(data) >= 4:
            code, length = struct.unpack("!HH", data[:4])
            found[code], data = data[4 : 4 + length], data[4 + length :]
        return found

    def ask(self, client, kind, address=None, server_id=None, elapsed=0, seconds=1.0):
        """The first answer to a message of client N: who sent it, its type and its options."""
        xid = os.urandom(3)
        duid = bytes([0, 3, 0, 1, 2, 0, 0, 0, client >> 8, client & 255])
        ia_address = self.option(5, socket.inet_pton(socket.AF_INET6, address) + bytes(8)) if address else b""
        message = bytes([kind]) + xid + self.option(1, duid) + self.option(8, struct.pack("!H", elapsed)) + self.option(3, struct.pack("!III", client, 0, 0) + ia_address)
        if server_id:
            message += self.option(2, server_id)
        peer = socket.inet_pton(socket.AF_INET6, f"fe80::{client + 1:x}")
        packet = bytes([RELAY_FORW, 0]) + socket.inet_pton(socket.AF_INET6, RELAY6) + peer + self.option(9, message)
        for target in self.servers:
            self.socket.sendto(packet, (target, 547))
        self.socket.settimeout(seconds)
        try:
            while True:
                data, (source, *_) = self.socket.recvfrom(4096)
                inner = self.options(data[34:]).get(9, b"")
                if inner[1:4] == xid:
                    return source, inner[0], self.options(inner[4:])
        except TimeoutError:
            return None

    @classmethod
    def address_in(cls, options):
        inside = cls.options(options.get(3, b"")[12:])
        return socket.inet_ntop(socket.AF_INET6, inside[5][:16]) if 5 in inside else None

    def obtain(self, client):
        advertise = self.ask(client, SOLICIT)
        if not advertise:
            return None
        address = self.address_in(advertise[2])
        reply = self.ask(client, REQUEST6, address, advertise[2][2])
        return (reply[0], address) if reply and self.address_in(reply[2]) == address else None


class Pair(unittest.TestCase):
    """Two servers and a relay on one link; the servers' daemons are ours unless said otherwise."""

    FAMILY = 4

    def setUp(self):
        self.lab = self.enterContext(Lab())
        self.lab.namespace("net", "relay", "server1", "server2")
        self.lab.run("net", "ip", "link", "add", "br0", "type", "bridge")
        self.lab.run("net", "ip", "link", "set", "br0", "up")
        for ns, addresses in (("relay", [f"{RELAY4}/24", f"{RELAY6}/64"]), ("server1", ["192.0.2.1/24", "2001:db8:1::1/64"]), ("server2", ["192.0.2.2/24", "2001:db8:1::2/64"])):
            self.lab.link(ns, "eth0", "net", ns, addresses)
            self.lab.run("net", "ip", "link", "set", ns, "master", "br0")
        self.servers = {name: Kea(self.lab, name, name) for name in ("server1", "server2")}
        with in_namespace("relay"):
            self.relay = Relay4(["192.0.2.1", "192.0.2.2"]) if self.FAMILY == 4 else Relay6(["2001:db8:1::1", "2001:db8:1::2"])
        self.addCleanup(self.relay.close)

    @property
    def daemon(self):
        return f"kea-dhcp{self.FAMILY}"

    def group(self, name, mode, **more):
        second = {"load-balancing": "secondary", "hot-standby": "standby"}[mode]
        return {
            "this-server-name": name,
            "mode": mode,
            "heartbeat-delay": 200,
            "max-response-delay": 1000,
            "max-ack-delay": 1000,
            "max-unacked-clients": 0,
            "multi-threading": {"enable-multi-threading": True, "http-dedicated-listener": True, "http-listener-threads": 2, "http-client-threads": 2},
            "peers": [
                {"name": "server1", "url": "http://192.0.2.1:8005/", "role": "primary"},
                {"name": "server2", "url": "http://192.0.2.2:8005/", "role": second},
            ],
        } | more

    def config(self, name, groups, subnets=None, kea=False, **more):
        folder = self.servers[name].folder
        pools = {4: ("192.0.2.100 - 192.0.2.149", "192.0.2.150 - 192.0.2.199"), 6: ("2001:db8:1::1000 - 2001:db8:1::1fff", "2001:db8:1::2000 - 2001:db8:1::2fff")}[self.FAMILY]
        key = "client-class" if kea else "client-classes"
        pools = [{"pool": pool, key: f"HA_server{n}" if kea else [f"HA_server{n}"]} for n, pool in enumerate(pools, 1)]
        subnet = {"id": 1, "subnet": {4: "192.0.2.0/24", 6: "2001:db8:1::/64"}[self.FAMILY], "pools": pools}
        sockets = {"socket-type": "unix", "socket-name": self.servers[name].socket(self.daemon)}
        libraries = [{"library": str(HOOKS / "libdhcp_lease_cmds.so")}, {"library": str(HOOKS / "libdhcp_ha.so"), "parameters": {"high-availability": groups}}]
        if not kea:
            libraries = [entry | {"library": Path(entry["library"]).name} for entry in libraries]
        if self.FAMILY == 4:
            interfaces = {"interfaces": ["eth0"], "dhcp-socket-type": "udp"}
        else:  # Kea takes messages that are not multicast where it is told to only
            interfaces = {"interfaces": ["eth0"] + [f"eth0/{self.address(name)}"] * kea}
        config = {
            "interfaces-config": interfaces,
            "lease-database": {"type": "memfile", "name": str(folder / f"leases{self.FAMILY}.csv")},
            "valid-lifetime": 4000,
            "hooks-libraries": libraries,
            f"subnet{self.FAMILY}": subnets or [subnet],
            "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 64},
            "loggers": [{"name": self.daemon, "severity": "DEBUG", "debuglevel": 50, "output_options" if kea else "output-options": [{"output": "stdout"}]}],
            ("control-socket" if kea else "control-sockets"): sockets if kea else [sockets],
        }
        return {f"Dhcp{self.FAMILY}": config | more}

    def start(self, name, mode, kea=False, subnets=None, groups=None, **more):
        groups = groups or [self.group(name, mode, **more)]
        program = KEA[self.FAMILY] if kea else None
        return self.servers[name].start(self.daemon, self.config(name, groups, subnets, kea), program=program)

    def command(self, name, command, **arguments):
        return self.servers[name].command(self.daemon, command, {key.replace("_", "-"): value for key, value in arguments.items()} or None)

    def state(self, name):
        return self.command(name, "ha-heartbeat")["arguments"]["state"]

    def becomes(self, name, *states, seconds=15.0):
        try:
            return wait_for(lambda: self.state(name) in states, f"{name} to be {states}", seconds)
        except TimeoutError as error:
            logs = {name: [line for line in kea.processes[self.daemon].output().splitlines() if "HA_" in line][-12:] for name, kea in self.servers.items()}
            raise TimeoutError(f"{error}\n{json.dumps(logs, indent=1)}") from None

    def both(self, state):
        for name in self.servers:
            self.becomes(name, state)

    def leases(self, name):
        answer = self.command(name, f"lease{self.FAMILY}-get-all")
        return {lease["ip-address"] for lease in answer.get("arguments", {}).get("leases", []) if lease["state"] == 0}

    def address(self, name):
        return {4: {"server1": "192.0.2.1", "server2": "192.0.2.2"}, 6: {"server1": "2001:db8:1::1", "server2": "2001:db8:1::2"}}[self.FAMILY][name]

    def said(self, name, text):
        return text in self.servers[name].processes[self.daemon].output()

    # What holds for two of ours holds for one of ours and one of Kea's.

    def stand_by(self, kea=()):
        """One serves; the other does while it is away, and what it gave meanwhile is not forgotten."""
        for name in self.servers:
            self.start(name, "hot-standby", kea=name in kea)
        self.both("hot-standby")
        given = [self.relay.obtain(client) for client in range(5)]
        self.assertEqual({server for server, _ in given}, {self.address("server1")})
        self.assertEqual(self.leases("server1"), self.leases("server2"))
        self.assertEqual(len(self.leases("server2")), 5)

        self.servers["server1"].processes[self.daemon].kill()
        self.becomes("server2", "partner-down")
        more = [self.relay.obtain(client) for client in range(5, 10)]
        self.assertEqual({server for server, _ in more}, {self.address("server2")})

        self.start("server1", "hot-standby", kea="server1" in kea)
        self.both("hot-standby")
        self.assertEqual(len(self.leases("server1")), 10)
        self.assertEqual(self.leases("server1"), self.leases("server2"))
        self.assertTrue(self.said("server1", "HA_SYNC_SUCCESSFUL"))
        self.assertEqual(self.relay.obtain(11)[0], self.address("server1"))

    def divide(self, kea=()):
        """Each serves its own clients, and knows of the other's."""
        for name in self.servers:
            self.start(name, "load-balancing", kea=name in kea)
        self.both("load-balancing")
        given = [self.relay.obtain(client) for client in range(40)]
        self.assertNotIn(None, given)
        for name, last in (("server1", range(100, 150)), ("server2", range(150, 200))):
            own = [address for server, address in given if server == self.address(name)]
            self.assertGreater(len(own), 8)
            if self.FAMILY == 4:
                self.assertTrue(all(int(address.rsplit(".", 1)[1]) in last for address in own), own)
        self.assertEqual(self.leases("server1"), {address for _, address in given})
        self.assertEqual(self.leases("server2"), self.leases("server1"))
        self.servers["server2"].processes[self.daemon].kill()
        self.becomes("server1", "partner-down")
        self.assertEqual({self.relay.obtain(client)[0] for client in range(40, 60)}, {self.address("server1")})
        self.start("server2", "load-balancing", kea="server2" in kea)
        self.both("load-balancing")
        self.assertEqual(self.leases("server2"), self.leases("server1"))
        self.assertEqual(len(self.leases("server2")), 60)


class Ours4(Pair):
    def test_one_stands_by(self):
        self.stand_by()

    def test_two_divide_the_clients(self):
        self.divide()


@unittest.skipUnless(KEA[4].exists(), "Kea 2.2 is not installed")
class WithKea4(Pair):
    def test_kea_stands_by(self):
        self.stand_by(kea=["server2"])

    def test_ours_stands_by(self):
        self.stand_by(kea=["server1"])

    def test_kea_is_secondary(self):
        self.divide(kea=["server2"])

    def test_kea_is_primary(self):
        self.divide(kea=["server1"])


class Ours6(Pair):
    FAMILY = 6

    def test_one_stands_by(self):
        self.stand_by()

    def test_two_divide_the_clients(self):
        self.divide()


@unittest.skipUnless(KEA[6].exists(), "Kea 2.2 is not installed")
class WithKea6(Pair):
    FAMILY = 6

    def test_kea_stands_by(self):
        self.stand_by(kea=["server2"])

    def test_ours_stands_by(self):
        self.stand_by(kea=["server1"])

    def test_kea_is_secondary(self):
        self.divide(kea=["server2"])
