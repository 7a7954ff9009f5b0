"""Commands over the control socket while clients are served."""

import time

from lab import Dhclient, wait_for
from scene import Scene


class Commands(Scene):
    def test_a_disabled_service_is_silent_until_its_time_is_over(self):
        self.start4()
        send = lambda command, arguments=None: self.kea.command("kea-dhcp4", command, arguments)
        self.assertEqual(send("dhcp-disable", {"max-period": 3}), {"result": 0, "text": "DHCPv4 service disabled for 3 seconds"})
        self.assertTrue(send("status-get")["arguments"]["dhcp-state"]["disabled-by-user"])
        start = time.monotonic()
        Dhclient(self.lab, "client", "cli0").start().wait("BOUND", seconds=30)
        self.assertGreater(time.monotonic() - start, 2)
        self.assertGreater(self.statistic("kea-dhcp4", "pkt4-service-disabled"), 0)
        self.assertEqual(send("dhcp-disable", {"max-period": 0})["text"], "'max-period' must be positive integer")
        self.assertEqual(send("dhcp-enable"), {"result": 0, "text": "DHCP service successfully enabled"})

    def test_expired_leases_are_reclaimed_at_once(self):
        self.start4(**{"valid-lifetime": 2, "expired-leases-processing": {"reclaim-timer-wait-time": 0}})
        client = Dhclient(self.lab, "client", "cli0").start()
        client.wait("BOUND")
        client.stop()
        assigned = lambda: self.statistic("kea-dhcp4", "subnet[1].assigned-addresses")
        reclaim = lambda remove: self.kea.command("kea-dhcp4", "leases-reclaim", {"remove": remove})
        self.assertEqual(assigned(), 1)
        done = {"result": 0, "text": "Reclamation of expired leases is complete."}
        wait_for(lambda: reclaim(True) == done and assigned() == 0, "the lease to be reclaimed")
        self.assertEqual(self.statistic("kea-dhcp4", "reclaimed-leases"), 1)
        self.assertEqual(reclaim(1)["text"], "'remove' parameter expected to be a boolean.")

    def test_a_link_that_comes_later_is_served_without_a_reload(self):
        self.start4()
        self.lab.run("server", "ip", "link", "set", "srv0", "down")
        sockets = lambda: self.lab.run("server", "ss", "-Hlun")
        wait_for(lambda: ":67 " not in sockets(), "the sockets to close")
        self.lab.run("server", "ip", "link", "set", "srv0", "up")
        wait_for(lambda: ":67 " in sockets(), "the sockets to open")
        Dhclient(self.lab, "client", "cli0").start().wait("BOUND")
        status = self.kea.command("kea-dhcp4", "status-get")["arguments"]
        self.assertEqual(status["sockets"], {"status": "ready"})
        used = {i["name"]: i["in-use"] for i in self.kea.command("kea-dhcp4", "interface-list")["arguments"]["interfaces"]}
        self.assertEqual(used, {"lo": False, "srv0": True})

    def test_reconfiguration_loses_no_packet_and_keeps_leases(self):
        self.start4()
        client = Dhclient(self.lab, "client", "cli0").start()
        address = client.wait("BOUND")["new_ip_address"]
        config = self.kea.command("kea-dhcp4", "config-get")["arguments"]
        config.pop("hash")
        for lifetime in range(5000, 5020):
            config["Dhcp4"]["valid-lifetime"] = lifetime
            config["Dhcp4"]["subnet4"][0].pop("valid-lifetime", None)
            config["Dhcp4"]["subnet4"][0].pop("min-valid-lifetime", None)
            config["Dhcp4"]["subnet4"][0].pop("max-valid-lifetime", None)
            answer = self.kea.command("kea-dhcp4", "config-set", config)
            self.assertEqual(answer["result"], 0, answer)
        client.stop()
        client.start()
        again = client.wait("REBOOT")
        self.assertEqual((again["new_ip_address"], again["new_dhcp_lease_time"]), (address, "5019"))
