"""Real DHCP clients, directly and through ISC dhcrelay."""

import json
import os
import shutil
import unittest

from lab import UDHCPC_SCRIPT, Dhclient, wait_for
from scene import SERVER4, SERVER6, Scene

RELAY4, RELAY6 = "203.0.113.1", "2001:db8:2::1"
TRANSIT_SERVER4, TRANSIT_RELAY4 = "198.51.100.1/24", "198.51.100.2/24"
TRANSIT_SERVER6, TRANSIT_RELAY6 = "2001:db8:f::1/64", "2001:db8:f::2/64"


def merged6(client):
    seen = {}
    for event in client.events():
        if event.get("reason") in ("BOUND6", "RENEW6", "REBIND6", "REBOOT6"):
            seen.update(event)
    return seen if "new_ip6_address" in seen and "new_ip6_prefix" in seen else None


class V4(Scene):
    """DHCPv4 on the link."""

    def test_dhclient_gets_keeps_and_gives_back(self):
        self.start4()
        client = Dhclient(self.lab, "client", "cli0").start()
        bound = client.wait("BOUND")
        self.assertEqual(bound["new_ip_address"], "192.0.2.100")
        self.assertEqual(bound["new_routers"], SERVER4)
        self.assertEqual(bound["new_domain_name_servers"], f"{SERVER4} 198.51.100.53")
        self.assertEqual(bound["new_dhcp_lease_time"], "4000")
        client.stop()
        client.start()
        self.assertEqual(client.wait("REBOOT")["new_ip_address"], "192.0.2.100")
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 1)
        client.release()
        wait_for(lambda: self.statistic("kea-dhcp4", "subnet[1].assigned-addresses") == 0, "the release")

    def test_dhclient_renews_by_unicast(self):
        self.start4(**{"valid-lifetime": 4, "renew-timer": 1, "rebind-timer": 3})
        client = Dhclient(self.lab, "client", "cli0").start()
        first = client.wait("BOUND")["new_ip_address"]
        self.assertEqual(client.wait("RENEW")["new_ip_address"], first)

    def test_udhcpc(self):
        self.start4()
        bound = udhcpc(self.lab, "client", "cli0")
        self.assertEqual((bound["reason"], bound["ip"], bound["router"], bound["dns"]), ("bound", "192.0.2.100", SERVER4, f"{SERVER4} 198.51.100.53"))

    def test_dhcpcd(self):
        self.start4()
        process = self.lab.spawn("client", "dhcpcd", *dhcpcd(self.lab), "-4", "cli0")
        process.expect("leased 192.0.2.100 for 4000 seconds", 40)  # it probes the address for five seconds first

    def test_a_reservation_is_kept_for_its_client(self):
        mac = json.loads(self.lab.run("client", "ip", "-j", "link", "show", "cli0"))[0]["address"]
        host = {"hw-address": mac, "ip-address": "192.0.2.7", "hostname": "seven.example.org"}
        subnet = {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100-192.0.2.199"}], "reservations": [host]}
        self.start4(subnet4=[subnet])
        bound = Dhclient(self.lab, "client", "cli0", config="also request host-name;").start().wait("BOUND")
        self.assertEqual(bound["new_ip_address"], "192.0.2.7")
        self.assertEqual(bound["new_host_name"], "seven.example.org")


class V6(Scene):
    """DHCPv6 on the link."""

    def test_dhclient_gets_address_and_prefix_and_gives_both_back(self):
        self.start6()
        client = Dhclient(self.lab, "client", "cli0", 6, options=["-N", "-P"]).start()
        bound = wait_for(lambda: merged6(client), "address and prefix", 15)
        self.assertEqual(bound["new_ip6_prefix"], "2001:db8:8000::/56")
        self.assertTrue(bound["new_ip6_address"].startswith("2001:db8:1::1"))
        self.assertEqual(bound["new_dhcp6_name_servers"], "2001:db8:1::53")
        client.stop()
        client.start()
        again = wait_for(lambda: merged6(client), "the same again", 15)
        self.assertEqual((again["new_ip6_address"], again["new_ip6_prefix"]), (bound["new_ip6_address"], bound["new_ip6_prefix"]))
        self.assertEqual((self.statistic("kea-dhcp6", "subnet[1].assigned-nas"), self.statistic("kea-dhcp6", "subnet[1].assigned-pds")), (1, 1))
        client.release()
        wait_for(lambda: self.statistic("kea-dhcp6", "subnet[1].assigned-nas") == 0, "the release")

    def test_dhcpcd(self):
        self.start6()
        process = self.lab.spawn("client", "dhcpcd", *dhcpcd(self.lab, "ia_na\nia_pd 1/::/56 -\nnoipv6rs\ndhcp6\n"), "-6", "cli0")
        process.expect(r"(adding address|confirming address|add address) .*2001:db8:1::1|REPLY6 received", 20)
        wait_for(lambda: self.statistic("kea-dhcp6", "subnet[1].assigned-nas") == 1, "the lease")

    def test_information_request(self):
        self.start6()
        client = Dhclient(self.lab, "client", "cli0", 6, options=["-S"]).start()
        wait_for(lambda: any(e.get("new_dhcp6_name_servers") == "2001:db8:1::53" for e in client.events()), "name servers", 15)

    def test_rapid_commit(self):
        subnet = {"id": 1, "subnet": "2001:db8:1::/64", "interface": "srv0", "rapid-commit": True, "pools": [{"pool": "2001:db8:1::1000/116"}]}
        self.start6(subnet6=[subnet])
        client = Dhclient(self.lab, "client", "cli0", 6, options=["-N"], config="send dhcp6.rapid-commit;").start()
        client.wait("BOUND6")


class Relayed(Scene):
    """Through ISC dhcrelay: client -- relay -- server."""

    def setUp(self):
        super().setUp()
        self.lab.namespace("relay", "far")
        self.lab.link("server", "srv1", "relay", "up0", [TRANSIT_SERVER4, TRANSIT_SERVER6], [TRANSIT_RELAY4, TRANSIT_RELAY6])
        self.lab.link("relay", "down0", "far", "far0", [f"{RELAY4}/24", f"{RELAY6}/64"])
        self.lab.run("relay", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        self.lab.run("server", "ip", "route", "add", "203.0.113.0/24", "via", TRANSIT_RELAY4.split("/")[0])
        self.lab.run("server", "ip", "-6", "route", "add", "2001:db8:2::/64", "via", TRANSIT_RELAY6.split("/")[0])

    def test_v4(self):
        subnet = {"id": 2, "subnet": "203.0.113.0/24", "pools": [{"pool": "203.0.113.50 - 203.0.113.60"}]}
        config = self.common(4, ["srv1"]) | {"subnet4": [subnet]}
        self.kea.start("kea-dhcp4", {"Dhcp4": config})
        relay = self.lab.spawn("relay", "dhcrelay4", "dhcrelay", "-4", "-d", "-a", "-id", "down0", "-iu", "up0", TRANSIT_SERVER4.split("/")[0])
        relay.expect("Sending on")
        client = Dhclient(self.lab, "far", "far0").start()
        bound = client.wait("BOUND")
        self.assertEqual(bound["new_ip_address"], "203.0.113.50")
        client.release()
        self.assertTrue(udhcpc(self.lab, "far", "far0")["ip"].startswith("203.0.113.5"))
        process = self.lab.spawn("far", "dhcpcd", *dhcpcd(self.lab), "-4", "far0")
        process.expect(r"leased 203\.0\.113\.5\d", 40)

    def test_v6(self):
        subnet = {"id": 2, "subnet": "2001:db8:2::/64", "pools": [{"pool": "2001:db8:2::50 - 2001:db8:2::60"}]}
        config = self.common(6, ["srv1"]) | {"subnet6": [subnet]}
        self.kea.start("kea-dhcp6", {"Dhcp6": config})
        relay = self.lab.spawn("relay", "dhcrelay6", "dhcrelay", "-6", "-d", "-l", "down0", "-u", f"{TRANSIT_SERVER6.split('/')[0]}%up0")
        relay.expect("Sending on")
        client = Dhclient(self.lab, "far", "far0", 6, options=["-N"]).start()
        self.assertEqual(client.wait("BOUND6")["new_ip6_address"], "2001:db8:2::50")
        client.release()
        self.lab.spawn("far", "dhcpcd", *dhcpcd(self.lab, "ia_na\nnoipv6rs\ndhcp6\n"), "-6", "far0")
        wait_for(lambda: self.statistic("kea-dhcp6", "subnet[2].assigned-nas") == 1, "dhcpcd's lease", 20)


def udhcpc(lab, ns, interface):
    """One lease by BusyBox' client: what it was told."""
    events = lab.folder / f"udhcpc-{interface}.events"
    lab.run(ns, "udhcpc", "-i", interface, "-n", "-q", "-s", UDHCPC_SCRIPT, "-x", "hostname:u", env={**os.environ, "EVENTS": str(events)})
    return [json.loads(line) for line in events.read_text().splitlines()][-1]


def dhcpcd(lab, config=""):
    """dhcpcd in the foreground with files of its own, changing nothing but its interface."""
    if not shutil.which("dhcpcd"):
        raise unittest.SkipTest("dhcpcd is not installed")
    path = lab.folder / "dhcpcd.conf"
    path.write_text(f"duid\nnohook resolv.conf, hostname, ntp\nscript /bin/true\n{config}")
    return ["dhcpcd", "-B", "-d", "-f", path]


if __name__ == "__main__":
    unittest.main()
