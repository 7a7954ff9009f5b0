"""Commands of hook libraries, as conversations in text: the files in `libraries`.

A conversation begins with `configuration JSON` (the inside of Dhcp4 or Dhcp6) and `libraries NAME ...`. A line that starts
with none of `=`, `has` and `kea` is a command with its arguments; `= JSON` is the answer expected, `has JSON` a part of it. `kea = JSON` is what Kea 2.2
answers where Kea 3 has changed that, `kea *` stands for an answer that matters to nobody. With TAKAHE_KEA=1 the conversations
are held with Debian's Kea 2.2, which proves them, but for those that say `needs kea 3`. FOLDER is where the daemon keeps its files.
"""

import json
import os
import re
import socket
import time
import unittest
from pathlib import Path

import lab
from lab import Dhclient, Kea, Lab
from scene import Scene

HERE = Path(__file__).resolve().parent / "libraries"
KEA = bool(os.environ.get("TAKAHE_KEA"))
# Kea loads what is there, ours knows a bundled library by its name.
FOLDER = "/usr/lib/x86_64-linux-gnu/kea/hooks" if KEA else "/usr/lib/kea/hooks"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")


def plain(value):
    """An answer without what the clock says: a lease made now began at 0."""
    if isinstance(value, dict):
        shown = {key: plain(part) for key, part in value.items()}
        if abs(shown.get("cltt", 0) - time.time()) < 60:
            shown["cltt"] = 0
        return shown
    if isinstance(value, list):
        return [plain(part) for part in value]
    return "TIME" if isinstance(value, str) and TIMESTAMP.fullmatch(value) else value


def part_of(value, wanted):
    """What of an answer has a place in the one that is wanted."""
    if isinstance(value, dict) and isinstance(wanted, dict):
        return {key: part_of(value[key], wanted[key]) for key in wanted if key in value}
    if isinstance(value, list) and isinstance(wanted, list) and len(value) == len(wanted):
        return [part_of(one, other) for one, other in zip(value, wanted)]
    return value


class Conversation:
    def __init__(self, path):
        self.family = re.search(r"[46]", path.stem)[0]
        self.config, self.libraries, self.turns, self.new = {}, [], [], False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            word, _, rest = line.partition(" ")
            if not line or word == "#":
                continue
            if line == "needs kea 3":
                self.new = True
            elif word == "configuration":
                self.config = json.loads(rest)
            elif word == "libraries":
                self.libraries = rest.split()
            elif word in ("=", "has"):
                self.turns[-1][3] = json.loads(rest)
                self.turns[-1][5] = word == "has"
            elif word == "kea":
                self.turns[-1][4] = rest
            else:
                self.turns.append([number, word, rest, None, None, False])

    def expected(self, turn):
        """The answer that is expected to a turn; None for any."""
        _, _, _, ours, theirs, _ = turn
        if not KEA or theirs is None:
            return ours
        return None if theirs == "*" else json.loads(theirs.removeprefix("= "))


class Libraries(unittest.TestCase):
    maxDiff = None

    def hold(self, name):
        talk = Conversation(HERE / f"{name}.txt")
        if KEA and talk.new:
            self.skipTest("needs Kea 3")
        daemon = f"kea-dhcp{talk.family}"
        with Lab() as laboratory:
            laboratory.namespace("server")
            kea = Kea(laboratory, "server")
            config = {
                "interfaces-config": {"interfaces": []},
                "lease-database": {"type": "memfile", "name": str(kea.folder / "leases.csv"), "lfc-interval": 0},
                "control-socket": {"socket-type": "unix", "socket-name": kea.socket(daemon)},
                "hooks-libraries": [{"library": f"{FOLDER}/libdhcp_{library}.so"} for library in talk.libraries],
                "loggers": [{"name": daemon, "severity": "INFO", "output_options": [{"output": "stdout"}]}],
            }
            program = Path("/usr/sbin") / daemon if KEA else lab.BIN / daemon
            server = kea.start(daemon, {f"Dhcp{talk.family}": config | talk.config}, program=program)
            for library in talk.libraries:
                self.assertIn(f"{library.upper()}_INIT_OK", server.output())
                self.assertIn(f"HOOKS_LIBRARY_LOADED hooks library {FOLDER}/libdhcp_{library}.so successfully loaded", server.output())
            for turn in talk.turns:
                number, command, arguments, *_ = turn
                # The text is sent as it stands: answers tell places in it.
                request = f'{{"command":"{command}","arguments":{arguments}}}' if arguments else f'{{"command":"{command}"}}'
                answer = plain(lab.unix_text(kea.socket(daemon), request))
                answer["text"] = answer.get("text", "").replace(str(kea.folder), "FOLDER")
                expected = talk.expected(turn)
                if expected is not None:
                    if turn[5]:
                        answer = part_of(answer, expected)
                    else:
                        expected.setdefault("text", "")
                    self.assertEqual(answer, expected, f"{name}.txt:{number}: {command} {arguments}")


for path in sorted(HERE.glob("*.txt")):
    setattr(Libraries, f"test_{path.stem}", lambda self, name=path.stem: self.hold(name))


@unittest.skipIf(KEA, "of ours alone")
class Life(Scene):
    """What libraries do beside answering."""

    def start(self, libraries, **more):
        return self.start4(**{"hooks-libraries": [{"library": f"libdhcp_{name}.so"} for name in libraries]}, **more)

    def send(self, command, arguments=None):
        return self.kea.command("kea-dhcp4", command, arguments)

    def test_commands_come_and_go_with_the_configuration(self):
        server = self.start([])
        self.assertEqual(self.send("lease4-get-all"), {"result": 2, "text": "'lease4-get-all' command not supported."})
        config = self.send("config-get")["arguments"]
        config.pop("hash")
        config["Dhcp4"]["hooks-libraries"] = [{"library": "/any/where/libdhcp_lease_cmds.so"}]
        self.assertEqual(self.send("config-set", config)["result"], 0)
        server.expect("LEASE_CMDS_INIT_OK")
        self.assertIn("lease4-get-all", self.send("list-commands")["arguments"])
        self.assertEqual(self.send("lease4-get-all")["result"], 3)
        self.assertEqual(self.send("config-get")["arguments"]["Dhcp4"]["hooks-libraries"], config["Dhcp4"]["hooks-libraries"])
        config["Dhcp4"]["hooks-libraries"] = []
        self.assertEqual(self.send("config-set", config)["result"], 0)
        server.expect("LEASE_CMDS_DEINIT_OK")
        self.assertEqual(self.send("lease4-get-all")["result"], 2)

    def test_a_change_is_durable_and_counted_when_it_is_answered(self):
        server = self.start(["lease_cmds"])
        lease = {"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:01", "expire": 1900000000}
        self.assertEqual(self.send("lease4-add", lease)["result"], 0)
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 1)
        self.assertEqual(self.send("lease4-add", lease | {"ip-address": "192.0.2.151"})["result"], 0)
        self.assertEqual(self.send("lease4-del", {"ip-address": "192.0.2.151"})["result"], 0)
        server.kill()
        self.start(["lease_cmds"])
        self.assertEqual([found["ip-address"] for found in self.send("lease4-get-all")["arguments"]["leases"]], ["192.0.2.150"])
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 1)

    def test_a_lease_file_that_was_lost_is_written_anew(self):
        self.start(["lease_cmds"])
        lease = {"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:01", "expire": 1900000000}
        self.send("lease4-add", lease)
        path = self.kea.folder / "kea-leases4.csv"
        path.unlink()
        text = f"IPv4 lease database into '{path}'."
        self.assertEqual(self.send("lease4-write", {"filename": "kea-leases4.csv"}), {"result": 0, "text": text})
        self.send("lease4-add", lease | {"ip-address": "192.0.2.151"})
        self.assertEqual([row.split(",")[0] for row in path.read_text().splitlines()], ["address", "192.0.2.150", "192.0.2.151"])
        copy = self.kea.folder / "copy.csv"
        self.assertEqual(self.send("lease4-write", {"filename": str(copy)})["result"], 0)
        self.assertEqual(len(copy.read_text().splitlines()), 3)

    def test_d2_hears_of_names_that_are_sent_again_or_removed(self):
        with lab.in_namespace("server"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as d2:
            d2.bind(("127.0.0.1", 53001))
            d2.settimeout(10)
            self.start(["lease_cmds"], **{"dhcp-ddns": {"enable-updates": True}})
            lease = {"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:01", "hostname": "a.example.org.", "fqdn-fwd": True, "expire": 1900000000}
            self.assertEqual(self.send("lease4-add", lease)["result"], 0)
            self.assertEqual(self.send("lease4-resend-ddns", {"ip-address": "192.0.2.150"})["result"], 0)
            added = json.loads(d2.recv(4096)[2:])
            self.assertEqual((added["change-type"], added["fqdn"], added["forward-change"], added["reverse-change"]), (0, "a.example.org.", True, False))
            self.assertEqual(self.send("lease4-del", {"ip-address": "192.0.2.150", "update-ddns": True})["result"], 0)
            removed = json.loads(d2.recv(4096)[2:])
            self.assertEqual((removed["change-type"], removed["ip-address"]), (1, "192.0.2.150"))

    def test_a_subnet_that_is_added_serves_clients_and_the_rest_stays(self):
        self.start(["subnet_cmds", "class_cmds"], **{"subnet4": []})
        before = self.send("config-get")["arguments"]["Dhcp4"]
        subnet = {"id": 7, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}]}
        self.assertEqual(self.send("subnet4-add", {"subnet4": [subnet]})["result"], 0)
        self.assertEqual(Dhclient(self.lab, "client", "cli0").start().wait("BOUND")["new_ip_address"], "192.0.2.100")
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[7].assigned-addresses"), 1)
        self.assertEqual(self.send("subnet4-del", {"id": 7})["result"], 0)
        self.assertEqual(self.send("config-get")["arguments"]["Dhcp4"], before)
