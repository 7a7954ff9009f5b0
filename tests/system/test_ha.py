"""Servers that share clients: two of ours, and ours with Kea 2.2 in either role."""

import http.client
import json
import os
import socket
import struct
import unittest
from pathlib import Path

from lab import Kea, Lab, in_namespace, run, wait_for

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
        second = {"load-balancing": "secondary", "hot-standby": "standby", "passive-backup": "backup"}[mode]
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


class Backup4(Pair):
    """Servers that are told of leases and serve nobody until they are told to."""

    def test_a_backup_knows_and_is_silent(self):
        for name in self.servers:
            self.start(name, "passive-backup")
        self.becomes("server1", "passive-backup")
        self.becomes("server2", "backup")
        given = [wait_for(lambda: self.relay.obtain(client), "a lease") for client in range(5)]
        self.assertEqual({server for server, _ in given}, {self.address("server1")})
        wait_for(lambda: self.leases("server1") == self.leases("server2"), "the backup to know")
        self.assertEqual(len(self.leases("server2")), 5)
        self.assertEqual(self.relay.ask(9, DISCOVER, to=[self.address("server2")], seconds=0.5), {})
        address = given[0][1]
        self.relay.ask(0, RELEASE, address, self.address("server1"), seconds=0, answers=0)
        wait_for(lambda: address not in self.leases("server2"), "the backup to know of the release")
        # Nobody waits for it: it may be away.
        self.servers["server2"].processes[self.daemon].kill()
        self.assertEqual(self.relay.obtain(6)[0], self.address("server1"))
        self.assertEqual(self.state("server1"), "passive-backup")

    def test_clients_wait_for_the_backup(self):
        for name in self.servers:
            self.start(name, "passive-backup", **{"wait-backup-ack": True})
        self.becomes("server1", "passive-backup")
        self.becomes("server2", "backup")
        for client in range(5):
            _, address = self.relay.obtain(client)
            self.assertIn(address, self.leases("server2"), "it was told before the client")
        self.servers["server2"].processes[self.daemon].kill()
        self.assertIsNone(self.relay.obtain(9), "what the backup does not know, the client does not get")

    def test_a_third_server_beside_two(self):
        self.lab.namespace("server3")
        self.lab.link("server3", "eth0", "net", "server3", ["192.0.2.3/24"])
        self.lab.run("net", "ip", "link", "set", "server3", "master", "br0")
        self.servers["server3"] = Kea(self.lab, "server3", "server3")
        for name in self.servers:
            group = self.group(name, "hot-standby")
            group["peers"].append({"name": "server3", "url": "http://192.0.2.3:8005/", "role": "backup"})
            self.start(name, None, groups=[group])
        self.becomes("server3", "backup")
        for name in ("server1", "server2"):
            self.becomes(name, "hot-standby")
        given = [wait_for(lambda: self.relay.obtain(client), "a lease") for client in range(5)]
        self.assertEqual({server for server, _ in given}, {self.address("server1")})
        self.assertEqual(self.leases("server1"), self.leases("server2"))
        wait_for(lambda: self.leases("server3") == self.leases("server1"), "the backup to know")
        self.servers["server1"].processes[self.daemon].kill()
        self.becomes("server2", "partner-down")
        self.assertEqual(self.relay.obtain(6)[0], self.address("server2"))
        wait_for(lambda: len(self.leases("server3")) == 6, "the backup to know what the standby gives")


class Ours4(Pair):
    def test_one_stands_by(self):
        self.stand_by()

    def test_two_divide_the_clients(self):
        self.divide()

    def test_maintenance(self):
        for name in self.servers:
            self.start(name, "hot-standby")
        self.both("hot-standby")
        answer = self.command("server2", "ha-maintenance-start")
        self.assertIn("Server is now in the partner-in-maintenance state", answer["text"])
        self.assertEqual((self.state("server1"), self.state("server2")), ("in-maintenance", "partner-in-maintenance"))
        self.assertEqual(self.relay.obtain(1)[0], self.address("server2"))
        self.assertEqual(self.command("server1", "ha-maintenance-start")["result"], 1)
        self.assertEqual(self.command("server2", "ha-maintenance-cancel")["text"], "Server maintenance successfully canceled.")
        self.both("hot-standby")
        self.assertEqual(self.relay.obtain(2)[0], self.address("server1"))
        self.command("server2", "ha-maintenance-start")
        self.servers["server1"].processes[self.daemon].stop()
        self.becomes("server2", "partner-down")

    def test_an_interruption_without_an_outage(self):
        for name in self.servers:
            self.start(name, "load-balancing", **{"max-unacked-clients": 5, "max-response-delay": 60000})
        self.both("load-balancing")
        self.lab.run("net", "ip", "link", "set", "server2", "down")
        # Connections that are open do not notice: a change of a lease does.
        self.becomes("server1", "communication-recovery", seconds=25)
        given = [client for client in range(40) if self.relay.obtain(client)]
        self.assertGreater(len(given), 8)
        self.lab.run("net", "ip", "link", "set", "server2", "up")
        self.both("load-balancing")
        wait_for(lambda: self.leases("server1") == self.leases("server2"), "the servers to agree")
        self.assertEqual(len(self.leases("server2")), len(given))
        self.assertTrue(self.said("server1", "HA_LEASES_BACKLOG_SUCCESS"))

    def test_what_operators_see_and_do(self):
        pause = {"state-machine": {"states": [{"state": "waiting", "pause": "once"}]}}
        self.start("server1", "hot-standby", **pause)
        self.start("server2", "hot-standby")
        self.assertTrue(self.said("server1", "HA_STATE_MACHINE_PAUSED server1: state machine paused in state WAITING"))
        self.assertIsNone(self.relay.obtain(1))
        self.assertEqual(self.command("server1", "ha-continue")["text"], "HA state machine continues.")
        self.assertEqual(self.command("server1", "ha-continue")["text"], "HA state machine is not paused.")
        self.both("hot-standby")
        (status,) = self.command("server1", "status-get")["arguments"]["high-availability"]
        self.assertEqual(status["ha-mode"], "hot-standby")
        local, remote = status["ha-servers"]["local"], status["ha-servers"]["remote"]
        self.assertEqual((local["role"], local["scopes"], local["state"]), ("primary", ["server1"], "hot-standby"))
        self.assertEqual((remote["role"], remote["in-touch"], remote["server-name"]), ("standby", True, "server2"))
        self.assertEqual(self.command("server2", "ha-scopes", scopes=["server1"])["text"], "New HA scopes configured.")
        self.assertEqual(len(self.relay.ask(3, DISCOVER, answers=2)), 2, "both serve, as they were told")
        self.assertEqual(self.command("server2", "ha-scopes", scopes=["x"])["result"], 1)
        self.assertEqual(self.command("server2", "ha-sync", server_name="server2")["text"], "'server2' points to local server but should point to a partner")
        self.assertEqual(self.command("server2", "ha-sync", server_name="server1", max_period=5)["text"], "Lease database synchronization complete.")
        self.assertEqual(self.command("server2", "ha-reset")["text"], "HA state machine reset.")
        self.both("hot-standby")
        with in_namespace("relay"):
            connection = http.client.HTTPConnection("192.0.2.1", 8005, timeout=10)
            connection.connect()
        for command, code in (("config-get", 403), ("ha-heartbeat", 200)):
            connection.request("POST", "/", json.dumps({"command": command}), {"Content-Type": "application/json"})
            response = connection.getresponse()
            self.assertEqual((response.status, response.read() is not None), (code, True))
        connection.close()

    def test_a_configuration_that_leaves_the_relationship_alone(self):
        for name in self.servers:
            self.start(name, "hot-standby")
        self.both("hot-standby")
        config = self.config("server1", [self.group("server1", "hot-standby")], **{"valid-lifetime": 5000})
        self.assertEqual(self.servers["server1"].command(self.daemon, "config-set", config)["result"], 0)
        self.assertEqual(self.state("server1"), "hot-standby")
        self.assertEqual(self.relay.obtain(1)[0], self.address("server1"))
        self.assertEqual(self.leases("server2"), self.leases("server1"))


class Tls4(Pair):
    def group(self, name, mode, **more):
        return super().group(name, mode, **more) | {key: str(self.lab.folder / file) for key, file in (("trust-anchor", "ca.pem"), ("cert-file", f"{name}.pem"), ("key-file", f"{name}.key"))}

    def test_one_stands_by(self):
        def openssl(*argv):
            run("openssl", *argv, cwd=self.lab.folder)

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=authority")
        for name in self.servers:
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", f"{name}.pem")
        self.stand_by()


class HubAndSpoke(Pair):
    """server2 stands by for two others; here one of them is there."""

    def test_a_subnet_is_served_by_its_relationship(self):
        def hub(name, one, other, port):
            group = self.group(name, "hot-standby")
            group["peers"][0] |= {"name": one, "url": f"http://192.0.2.1:{port}/"}
            group["peers"][1] |= {"name": other, "url": f"http://192.0.2.2:{port}/"}
            return group

        def subnet(number, prefix, server):
            return {"id": number, "subnet": f"{prefix}.0/24", "pools": [{"pool": f"{prefix}.100 - {prefix}.199"}], "user-context": {"ha-server-name": server}}

        near, far = subnet(1, "192.0.2", "server1"), subnet(2, "198.51.100", "server3")
        self.start("server1", None, groups=[hub("server1", "server1", "server2", 8005)], subnets=[near])
        self.start("server2", None, groups=[hub("server2", "server1", "server2", 8005), hub("server4", "server3", "server4", 8006)], subnets=[near, far])
        self.both("hot-standby")
        states = lambda: [status["ha-servers"]["local"]["state"] for status in self.command("server2", "status-get")["arguments"]["high-availability"]]
        wait_for(lambda: states() == ["hot-standby", "partner-down"], "the second partner to be down")
        self.assertEqual(self.relay.obtain(1)[0], self.address("server1"))
        self.assertEqual(self.leases("server1"), self.leases("server2"))
        self.servers["server1"].processes[self.daemon].kill()
        wait_for(lambda: states() == ["partner-down", "partner-down"], "the first partner to be down")
        self.assertEqual(self.relay.obtain(2)[0], self.address("server2"))


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
