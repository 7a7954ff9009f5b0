"""kea-netconf takes Kea's own examples of DHCPv6 in XML into kea-dhcp6, and refuses those that are bad for what is bad in them.

They stand in `../shared/corpus` beside the project; where they are not at hand, the test says so.
"""

import json
import subprocess
import unittest
from pathlib import Path

from lab import BIN, Kea, Lab
from ncclient.operations import RPCError
from netconf import Netconf

CORPUS = Path(__file__).resolve().parents[3] / "shared/corpus/netconf"
GOOD = {"startup": [1], "twopools": [2], "twosubnets": [1, 1], "logging": [1]}  # pools of each subnet
BAD = {"schema": "subnet4", "translator": "user-context", "config": "2001:db8:1::"}


@unittest.skipUnless(CORPUS.exists(), f"{CORPUS} is not there")
class Examples(unittest.TestCase):
    def setUp(self):
        lab = self.enterContext(Lab())
        lab.namespace("server", "client")
        lab.link("server", "eth1", "client", "cli0", ["2001:db8::1/64"])
        self.kea = Kea(lab, "server")
        self.socket = self.kea.socket("kea-dhcp6")
        self.kea.start("kea-dhcp6", json.loads((CORPUS / "boot.json").read_text().replace("kea6-ctrl-socket", self.socket)))
        agent = json.loads((CORPUS / "netconf.json").read_text().replace("kea6-ctrl-socket", self.socket))
        agent["Netconf"] |= Netconf.server_config(self.kea.folder)
        self.kea.start("kea-netconf", agent)
        self.netconf = Netconf(lab, "server", self.kea.folder)
        self.addCleanup(self.netconf.close)

    def xml(self, name):
        text = (CORPUS / f"{name}.xml").read_text().replace("kea6-ctrl-socket", self.socket)
        return f'<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">{text}</config>'

    def subnets(self):
        return self.kea.command("kea-dhcp6", "config-get")["arguments"]["Dhcp6"]["subnet6"]

    def commit(self, name, **how):
        self.netconf.edit(self.xml(name), **how)
        self.netconf.validate("candidate")
        self.netconf.commit()

    def test_the_good_ones_are_what_the_server_runs_with(self):
        # The first one is added to what the server shows, which is the same control socket under its newer name.
        for name, how in [("startup", {})] + [(name, {"default_operation": "replace"}) for name in GOOD]:
            with self.subTest(name=name, **how):
                self.commit(name, **how)
                self.assertEqual([len(subnet["pools"]) for subnet in self.subnets()], GOOD[name])
        self.assertEqual(self.kea.command("kea-dhcp6", "config-get")["arguments"]["Dhcp6"]["loggers"][0]["debuglevel"], 99)

    def test_the_bad_ones_are_refused_for_what_is_bad_in_them(self):
        self.commit("startup")
        before = self.subnets()
        for name, why in BAD.items():
            with self.subTest(name=name):
                with self.assertRaises(RPCError) as refused:
                    self.commit(f"BAD-{name}", default_operation="replace")
                self.assertIn(why, f"{refused.exception.message} {refused.exception.path} {refused.exception.info}")
                self.assertEqual(self.subnets(), before)
                self.netconf.discard()

    def test_kea_yang_judges_what_it_can_without_a_server(self):
        for name in [*GOOD, *(f"BAD-{name}" for name in BAD)]:
            with self.subTest(name=name):
                judged = subprocess.run([BIN / "kea-yang", "--check", CORPUS / f"{name}.xml"], capture_output=True, text=True)
                # Whether a pool is in its subnet is for the server to say.
                good = name in GOOD or name == "BAD-config"
                self.assertEqual(judged.returncode == 0, good, judged.stderr)


if __name__ == "__main__":
    unittest.main()
