"""Lease files as they are found at a start."""

import time

from lab import Dhclient
from scene import Scene

COLUMNS = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id"
OLD_COLUMNS = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state"


class LeaseFile(Scene):
    def store(self, text):
        (self.kea.folder / "kea-leases4.csv").write_text(text)

    def row(self, address, subnet, columns=12, mac="02:00:00:00:00:99"):
        row = [address, mac, "", "4000", str(int(time.time()) + 3000), str(subnet), "0", "0", "", "0", "", "0"]
        return ",".join(row[:columns])

    def assigned(self, subnet=1):
        return self.statistic("kea-dhcp4", f"subnet[{subnet}].assigned-addresses")

    def test_leases_of_an_older_kea_are_taken_over(self):
        self.store(f"{OLD_COLUMNS}\n{self.row('192.0.2.100', 1, 10)}\n")
        self.start4()
        self.assertEqual(self.assigned(), 1)
        self.assertEqual(Dhclient(self.lab, "client", "cli0").start().wait("BOUND")["new_ip_address"], "192.0.2.101")

    def test_leases_in_the_wrong_subnet_are_treated_as_told(self):
        for checks, said, assigned in (
            ("warn", "DHCPSRV_LEASE_SANITY_FAIL The lease 192.0.2.150", 0),
            ("fix", "DHCPSRV_LEASE_SANITY_FIXED The lease 192.0.2.150", 1),
            ("del", "DHCPSRV_LEASE_SANITY_FAIL_DISCARD The lease 192.0.2.150", 0),
        ):
            with self.subTest(checks=checks):
                self.store(f"{COLUMNS}\n{self.row('192.0.2.150', 9)}\n")
                server = self.start4(**{"sanity-checks": {"lease-checks": checks}})
                self.assertIn(said, server.output())
                self.assertEqual(self.assigned(), assigned)
                server.stop()

    def test_a_torn_last_row_costs_that_row_only(self):
        self.store(f"{COLUMNS}\n{self.row('192.0.2.100', 1)}\n{self.row('192.0.2.101', 1)[:30]}")
        self.start4()
        self.assertEqual(self.assigned(), 1)
        Dhclient(self.lab, "client", "cli0").start().wait("BOUND")
        self.assertEqual(self.assigned(), 2)

    def test_max_row_errors(self):
        wrong = "192.0.2.100,what\n" * 3
        self.store(f"{COLUMNS}\n{wrong}{self.row('192.0.2.101', 1)}\n")
        for most, served in ((2, False), (3, True), (0, True)):
            with self.subTest(most=most):
                database = self.leases(4) | {"max-row-errors": most}
                server = self.kea.start("kea-dhcp4", {"Dhcp4": self.common(4) | {"subnet4": [{"id": 1, "subnet": "192.0.2.0/24"}], "lease-database": database}}, started="_STARTED|DHCP4_INIT_FAIL")
                self.assertEqual("DHCP4_STARTED" in server.output(), served, server.output())
                if served:
                    self.assertEqual(self.assigned(), 1)
                server.stop()

    def test_max_reclaim_time_ends_a_reclamation_that_takes_long(self):
        rows = "\n".join(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255},02:00:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x},,10,1000,1,0,0,,0,,0" for n in range(20000))
        self.store(f"{COLUMNS}\n{rows}\n")
        loggers = [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99, "output-options": [{"output": "stdout"}]}]
        processing = {"reclaim-timer-wait-time": 1, "max-reclaim-leases": 0, "max-reclaim-time": 1, "unwarned-reclaim-cycles": 1}
        server = self.start4(**{"subnet4": [{"id": 1, "subnet": "10.0.0.0/8"}], "loggers": loggers, "expired-leases-processing": processing})
        server.expect("ALLOC_ENGINE_V4_LEASES_RECLAMATION_TIMEOUT timeout of 1 ms reached")
        server.expect("ALLOC_ENGINE_V4_LEASES_RECLAMATION_SLOW expired leases still exist after 1 reclamations")
