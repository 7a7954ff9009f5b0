"""DHCPv4-over-DHCPv6 (RFC 7341) with both servers and a client of our own, since no common client speaks it. Each half
is played by our server and by Debian's Kea, where that is installed."""

import ipaddress
import json
import os
import socket
import struct
from pathlib import Path

from lab import BIN, in_namespace, unix_command
from scene import SERVER6, Scene

KEA_2_2 = Path("/usr/sbin")
PORT = 6767
QUERY, RESPONSE, DHCPV4_MSG = 20, 21, 87
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
HEADER = "!BBBBIHH4s4s4s4s16s192x4s"


class Client:
    """A host that has IPv6 and wants an IPv4 address."""

    def __init__(self, number, ns="client", interface="cli0"):
        self.mac = bytes([2, 0, 0, 0, number >> 8, number & 255])
        with in_namespace(ns):
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(interface))
            self.socket.bind(("::", 546))
        self.socket.settimeout(5)

    def ask(self, kind, *options, to="ff02::1:2", answers=True):
        xid = int.from_bytes(os.urandom(4), "big")
        head = struct.pack(HEADER, 1, 1, 6, 0, xid, 0, 0, b"", b"", b"", b"", self.mac, b"\x63\x82\x53\x63")
        message = head + bytes([53, 1, kind]) + b"".join(options) + b"\xff"
        self.socket.sendto(struct.pack("!IHH", QUERY << 24, DHCPV4_MSG, len(message)) + message, (to, 547))
        return self.answer(xid) if answers else None

    def answer(self, xid):
        """Type and address of the answer, and the server's identifier."""
        while True:
            data = self.socket.recv(65535)
            outer, code, length = struct.unpack("!IHH", data[:8])
            inner = data[8:]
            if inner[4:8] == struct.pack("!I", xid):
                assert (outer >> 24, code, length) == (RESPONSE, DHCPV4_MSG, len(inner)), data.hex()
                options, at = {}, 240
                while inner[at] != 255:
                    options[inner[at]] = inner[at + 2 : at + 2 + inner[at + 1]]
                    at += 2 + inner[at + 1]
                return options[53][0], str(ipaddress.IPv4Address(inner[16:20])), str(ipaddress.IPv4Address(options[54]))

    def obtain(self, to="ff02::1:2"):
        """The address that four messages bring."""
        kind, address, server = self.ask(DISCOVER, to=to)
        assert kind == OFFER, kind
        kind, granted, _ = self.ask(REQUEST, option(50, address), option(54, server), to=to)
        assert (kind, granted) == (ACK, address), (kind, granted, address)
        return address


def option(code, address):
    return bytes([code, 4]) + ipaddress.IPv4Address(address).packed


class Dhcp4o6(Scene):
    def setUp(self):
        super().setUp()
        self.lab.run("client", "ip", "address", "add", "2001:db8:1::77/64", "dev", "cli0", "nodad")

    def start(self, four=BIN, six=BIN, port=PORT):
        for folder in (four, six):
            if not (folder / "kea-dhcp4").exists():
                self.skipTest(f"there is no kea-dhcp4 in {folder}: Kea is not installed")
        subnet = {"id": 1, "subnet": "192.0.2.0/24", "4o6-interface": "srv0", "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}]}
        six_listens = ["srv0", f"srv0/{SERVER6}"]
        configs = {
            "kea-dhcp6": (six, {"Dhcp6": self.arranged(6, six, six_listens) | {"dhcp4o6-port": port, "subnet6": []}}),
            "kea-dhcp4": (four, {"Dhcp4": self.arranged(4, four, ["srv0"]) | {"dhcp4o6-port": port, "subnet4": [subnet]}}),
        }
        for name, (folder, config) in configs.items():
            self.kea.start(name, config, program=folder / name)

    def arranged(self, family, folder, interfaces):
        config = self.common(family, interfaces)
        if folder == KEA_2_2:
            config["control-socket"] = config.pop("control-sockets")[0]
            config["loggers"][0]["output_options"] = config["loggers"][0].pop("output-options")
            config["multi-threading"] = {"enable-multi-threading": False}
        else:
            config["multi-threading"] = {"enable-multi-threading": True, "thread-pool-size": 3}
        return config

    def exchange(self):
        self.assertEqual(Client(1).obtain(), "192.0.2.100")
        self.assertEqual(Client(2).obtain(to=SERVER6), "192.0.2.101")
        rows = (self.kea.folder / "kea-leases4.csv").read_text()
        self.assertIn("192.0.2.100,02:00:00:00:00:01,", rows)
        self.assertEqual(self.statistic("kea-dhcp6", "pkt6-dhcpv4-response-sent"), 4)
        self.assertEqual(self.statistic("kea-dhcp4", "pkt4-ack-sent"), 2)

    def test_our_two_servers(self):
        self.start()
        self.exchange()

    def test_kea_as_the_dhcpv4_server(self):
        self.start(four=KEA_2_2)
        self.exchange()

    def test_kea_as_the_dhcpv6_server(self):
        self.start(six=KEA_2_2)
        self.exchange()

    def test_many_clients_at_once_get_addresses_of_their_own(self):
        self.start()
        client = Client(0)
        addresses = set()
        for number in range(40):
            client.mac = bytes([2, 0, 0, 0, 1, number])
            addresses.add(client.obtain())
        self.assertEqual(len(addresses), 40)
        self.assertEqual(self.statistic("kea-dhcp4", "assigned-addresses"), 40)

    def test_either_server_may_come_first_and_go_away(self):
        self.start()
        client = Client(1)
        self.assertEqual(client.obtain(), "192.0.2.100")
        self.kea.processes["kea-dhcp4"].stop()
        client.ask(DISCOVER, answers=False)
        self.kea.start("kea-dhcp4")
        self.assertEqual(client.obtain(), "192.0.2.100")
        self.kea.processes["kea-dhcp6"].stop()
        self.kea.start("kea-dhcp6")
        self.assertEqual(client.obtain(), "192.0.2.100")

    def test_a_port_that_is_taken_is_told_with_its_place(self):
        self.start()
        with in_namespace("server"), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as taken:
            taken.bind(("::1", 7000))
            config = json.loads((self.kea.folder / "kea-dhcp6.conf").read_text())
            config["Dhcp6"]["dhcp4o6-port"] = 7000
            answer = unix_command(self.kea.socket("kea-dhcp6"), {"command": "config-set", "arguments": config})
        self.assertEqual(answer["result"], 1)
        self.assertIn("error starting DHCPv4-over-DHCPv6 IPC", answer["text"])
        self.assertIn("dhcp4o6-port", json.dumps(answer))
        self.assertEqual(Client(1).obtain(), "192.0.2.100", "served as before")
