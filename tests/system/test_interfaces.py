"""Interfaces as machines have them: VLANs, bridges, links that come later, ports that others hold."""

import socket
import struct
import subprocess
import sys

from lab import BIN, ROOT, Dhclient, in_namespace, wait_for
from scene import Scene
from test_overload import discover

sys.path.append(str(ROOT / "tests" / "scenario"))
from network import EVERYBODY, Datagram, ipv4  # noqa: E402

NETWORKS = {1: "192.0.2.0/24", 2: "198.51.100.0/24", 3: "203.0.113.0/24"}


class Interfaces(Scene):
    def start(self, **more):
        subnets = [{"id": n, "subnet": net, "pools": [{"pool": net.replace(".0/24", ".100") + "-" + net.replace(".0/24", ".199")}]} for n, net in NETWORKS.items()]
        config = self.common(4) | {"valid-lifetime": 4000, "subnet4": subnets}
        config["interfaces-config"] |= more
        return self.kea.start("kea-dhcp4", {"Dhcp4": config})

    def bound(self, interface):
        """The address that a client gets there."""
        client = Dhclient(self.lab, "client", interface).start()
        return client.wait("BOUND")["new_ip_address"]

    def ip(self, ns, *words):
        self.lab.run(ns, "ip", *words)

    def vlan(self, ns, parent, number, address=None):
        self.ip(ns, "link", "add", "link", parent, "name", f"{parent}.{number}", "type", "vlan", "id", number)
        self.ip(ns, "link", "set", f"{parent}.{number}", "up")
        if address:
            self.ip(ns, "address", "add", address, "dev", f"{parent}.{number}")

    def served_once(self, conversations):
        """Each message was received, and answered, once."""
        for name in ("discover-received", "offer-sent", "request-received", "ack-sent"):
            self.assertEqual(self.statistic("kea-dhcp4", f"pkt4-{name}"), conversations, name)

    def test_a_vlan_and_its_parent_are_links_of_their_own(self):
        if subprocess.run(["ip", "link", "add", "link", "lo", "name", "lo.1", "type", "vlan", "id", "1"], capture_output=True).returncode:
            self.skipTest("this kernel has no VLAN devices")
        self.vlan("server", "srv0", 7, "198.51.100.1/24")
        self.vlan("client", "cli0", 7)
        self.start(interfaces=["*"])
        self.assertTrue(self.bound("cli0.7").startswith("198.51.100."))
        self.served_once(1)
        self.assertTrue(self.bound("cli0").startswith("192.0.2."))
        self.served_once(2)

    def test_frames_for_a_vlan_are_not_answered_by_its_parent(self):
        self.start(interfaces=["srv0"])
        with in_namespace("client"):
            link = self.enterContext(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)))
        link.bind(("cli0", 0x0800))
        frame = ipv4(Datagram(b"\2" * 6, EVERYBODY, "0.0.0.0", 68, "255.255.255.255", 67, discover(1, "0.0.0.0")))
        link.send(frame[:12] + struct.pack("!HH", 0x8100, 7) + frame[12:])
        link.send(frame)
        wait_for(lambda: self.statistic("kea-dhcp4", "pkt4-offer-sent"), "an answer")
        self.assertEqual(self.statistic("kea-dhcp4", "pkt4-received"), 1)

    def test_a_bridge_answers_once_whichever_port_is_asked(self):
        self.ip("server", "address", "flush", "dev", "srv0")
        self.ip("server", "link", "add", "br0", "type", "bridge")
        self.ip("server", "link", "set", "srv0", "master", "br0")
        self.ip("server", "link", "set", "br0", "up")
        self.ip("server", "address", "add", "192.0.2.1/24", "dev", "br0")
        self.start(interfaces=["*"])
        self.assertTrue(self.bound("cli0").startswith("192.0.2."))
        self.served_once(1)

    def test_an_interface_that_appears_is_served(self):
        self.start(interfaces=["*"])
        self.lab.link("server", "srv1", "client", "cli1", ["203.0.113.1/24"])
        self.assertTrue(self.bound("cli1").startswith("203.0.113."))
        self.ip("server", "link", "delete", "srv1")
        self.assertTrue(self.bound("cli0").startswith("192.0.2."))

    def held_port(self):
        """Another program has the server's port, and shares it with nobody."""
        with in_namespace("server"):
            holder = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            holder.bind(("192.0.2.1", 67))
        return holder

    def sockets(self):
        return self.kea.command("kea-dhcp4", "status-get")["arguments"]["sockets"]

    def test_a_socket_that_cannot_be_opened_is_tried_again(self):
        holder = self.held_port()
        kea = self.start(**{"service-sockets-max-retries": 1000, "service-sockets-retry-wait-time": 20})
        self.assertEqual(self.sockets()["status"], "retrying")
        kea.expect("DHCPSRV_OPEN_SOCKET_FAIL")
        holder.close()
        wait_for(lambda: self.sockets() == {"status": "ready"}, "the socket to open")
        self.assertTrue(self.bound("cli0").startswith("192.0.2."))

    def test_tries_come_to_an_end(self):
        self.held_port()
        kea = self.start(**{"service-sockets-max-retries": 2, "service-sockets-retry-wait-time": 10})
        kea.expect("DHCP4_OPEN_SOCKETS_FAILED maximum number of open service sockets attempts: 2, ")
        self.assertEqual(self.sockets()["status"], "failed")
        self.assertEqual(kea.stop(), 0)

    def test_a_server_that_needs_all_its_sockets_ends_without_them(self):
        self.held_port()
        kea = self.start(**{"service-sockets-max-retries": 2, "service-sockets-retry-wait-time": 10, "service-sockets-require-all": True})
        kea.expect("DHCP4_FATAL_OPEN_SOCKETS_FAILED")
        self.assertEqual(kea.popen.wait(10), 1)

    def test_a_server_that_needs_all_its_sockets_at_once_does_not_start(self):
        self.held_port()
        config = self.common(4)
        config["interfaces-config"]["service-sockets-require-all"] = True
        self.kea.write("kea-dhcp4", {"Dhcp4": config})
        kea = self.lab.spawn("server", "refused", BIN / "kea-dhcp4", "-c", self.kea.folder / "kea-dhcp4.conf", env=self.kea.env)
        self.assertEqual(kea.popen.wait(10), 1)
        self.assertIn("Address already in use", kea.output())
