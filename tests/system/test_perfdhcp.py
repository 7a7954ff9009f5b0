"""perfdhcp in front of our servers, and beside Debian's of the same name: the same reports, and figures that agree."""

import re
import shutil
import subprocess
import unittest

from lab import BIN, Kea, Lab

THEIRS = shutil.which("perfdhcp")
CONFIG = {
    4: {"subnet4": [{"id": 1, "subnet": "10.0.0.0/8", "pools": [{"pool": "10.1.0.0/16"}], "relay": {"ip-addresses": ["192.0.2.2"]}}]},
    6: {
        "subnet6": [
            {
                "id": 1,
                "subnet": "2001:db8::/64",
                "interface": "srv0",
                "pools": [{"pool": "2001:db8::1:0:0:0/80"}],
                "pd-pools": [{"prefix": "3000::", "prefix-len": 32, "delegated-len": 64}],
            }
        ]
    },
}


class Loads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab().__enter__()
        cls.addClassCleanup(cls.lab.__exit__, None, None, None)
        cls.lab.namespace("srv", "cli")
        cls.lab.link("srv", "srv0", "cli", "cli0", ["192.0.2.1/24", "2001:db8::1/64"], ["192.0.2.2/24", "2001:db8::2/64"])
        kea = Kea(cls.lab, "srv")
        for family, config in CONFIG.items():
            base = {"interfaces-config": {"interfaces": ["srv0"]}, "lease-database": {"type": "memfile", "name": f"{kea.folder}/leases{family}.csv"}}
            kea.start(f"kea-dhcp{family}", {f"Dhcp{family}": {**base, **config}})

    def load(self, family, *options, program=BIN / "perfdhcp", status=0):
        """The report, and its figures: a map of titles to maps."""
        server = ["192.0.2.1"] if family == 4 else []
        words = ["ip", "netns", "exec", "cli", program, f"-{family}", *options, "-l", "cli0", *server]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        sections = re.split(r"^\*\*\*Statistics for: (.*)\*\*\*$", done.stdout, flags=re.M)[1:]
        figures = {title: dict(re.findall(r"^([a-z ]+): (.*)$", text, flags=re.M)) for title, text in zip(sections[::2], sections[1::2])}
        return done.stdout, figures

    def assert_all(self, figures, title, number):
        self.assertEqual([figures[title][key] for key in ("sent packets", "received packets", "drops", "orphans")], [number, number, "0", "0"], figures)

    def test_whole_exchanges(self):
        for family, titles in ((4, ("DISCOVER-OFFER", "REQUEST-ACK")), (6, ("SOLICIT-ADVERTISE", "REQUEST-REPLY"))):
            for mode in ("single", "multi"):
                with self.subTest(family=family, mode=mode):
                    _, figures = self.load(family, "-r", 400, "-R", 1000, "-n", 200, "-W", 2000000, "-u", "-g", mode)
                    for title in titles:
                        self.assert_all(figures, title, "200")
                        self.assertEqual(figures[title]["non unique addresses"], "0")

    def test_halves_and_rapid_commit(self):
        self.assert_all(self.load(4, "-i", "-n", 20, "-r", 200, "-W", 2000000)[1], "DISCOVER-OFFER", "20")
        report, figures = self.load(6, "-i", "-c", "-n", 20, "-r", 200, "-W", 2000000, "-e", "address-and-prefix", "-x", "l")
        self.assert_all(figures, "SOLICIT-ADVERTISE", "20")
        self.assertIn(" Solicit-Reply/second, expected rate: 200\n", report)
        self.assertRegex(report, r"(?m)^client_id,adrress,prefix\n00:01:00:01:[0-9a-f:]+,2001:db8:[0-9a-f:]+,3000:[0-9a-f:]+$")

    def test_renewals_and_releases(self):
        options = ["-r", 200, "-f", 40, "-F", 40, "-R", 1000, "-p", 1, "-W", 2000000]
        _, figures = self.load(6, *options, "-e", "address-and-prefix", "-A", 1, "--or", "38,31323334")
        for title in ("SOLICIT-ADVERTISE", "REQUEST-REPLY", "RENEW-REPLY", "RELEASE-REPLY"):
            self.assert_all(figures, title, figures[title]["sent packets"])
        # Nobody answers a DHCPRELEASE: it counts as lost, and so does the exit code, as in Kea.
        _, figures = self.load(4, *options, status=3)
        self.assert_all(figures, "REQUEST-ACK (renewal)", figures["REQUEST-ACK (renewal)"]["sent packets"])
        self.assertEqual(figures["RELEASE"]["received packets"], "0")
        for kind in ("REQUEST-ACK (renewal)", "RELEASE"):
            self.assertTrue(30 <= int(figures[kind]["sent packets"]) <= 42, figures)

    def test_an_avalanche_ends_when_all_are_served(self):
        report, figures = self.load(4, "--scenario", "avalanche", "-R", 500)
        self.assert_all(figures, "REQUEST-ACK", "500")
        self.assertRegex(report, r"It took 00:00:\d\d\.\d{6} to provision 500 clients\. \nRequests sent \+ resent: \d+\nRequests resent: \d+\nResponses received: 1000\n")

    def test_what_is_lost_is_told(self):
        _, figures = self.load(4, "-N", 9, "-r", 100, "-D", 3, "-d", "0.1", "-x", "e", status=3)
        self.assertEqual(figures["DISCOVER-OFFER"]["received packets"], "0")
        self.assertEqual(figures["DISCOVER-OFFER"]["min delay"], "n/a")
        self.assertEqual(figures["REQUEST-ACK"]["drops ratio"], "-nan %")

    def test_interim_reports(self):
        report, _ = self.load(4, "-r", 100, "-p", 2, "-t", 1, "-C", ",", "-W", 2000000)
        self.assertRegex(report, r"\A(\*|W|\d+,\d+,\d+,\d+,\d+,0,0,0\n)")
        self.assertNotIn("Running", report)

    def test_the_same_report_as_kea(self):
        if not THEIRS:
            self.skipTest("Debian's perfdhcp is not installed")
        # What differs between two runs, or since Kea 2.2: numbers with fractions.
        shape = lambda report: re.sub(r"\d+(\.\d+)? (ms|%|4-way|Solicit|DISC)", r"N \2", re.sub(r"(Short waits for packets|delay): .*", r"\1", report))
        for family in (4, 6):
            options = [family, "-r", 100, "-R", 500, "-p", 2, "-W", 1000000, "-x", "i", "-g", "multi"]
            (ours, our_figures), (theirs, their_figures) = self.load(*options), self.load(*options, program=THEIRS)
            self.assertEqual(re.sub(r"(sent|received) packets: \d+", "", shape(ours)), re.sub(r"(sent|received) packets: \d+", "", shape(theirs)))
            for title, figures in our_figures.items():
                self.assertAlmostEqual(int(figures["received packets"]), int(their_figures[title]["received packets"]), delta=20)


if __name__ == "__main__":
    unittest.main()
