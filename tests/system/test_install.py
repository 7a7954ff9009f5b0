"""`make install`: the tree that Kea's users know, and a life in it with keactrl."""

import os
import platform
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from lab import BIN, ROOT, run, unix_command, wait_for

PREFIX = "/usr/local"
DAEMONS = ["kea-dhcp4", "kea-dhcp6", "kea-dhcp-ddns", "kea-netconf"]
TOOLS = ["keactrl", "kea-admin", "kea-lfc", "kea-shell", "kea-yang", "perfdhcp"]
# As keactrl calls them, their titles there, and their control sockets.
SERVERS = {"dhcp4": ("DHCPv4 server", "kea4-ctrl-socket"), "dhcp6": ("DHCPv6 server", "kea6-ctrl-socket"), "dhcp_ddns": ("DHCP DDNS", "kea-ddns-ctrl-socket")}
CONFIGURATIONS = [f"{name}.conf" for name in DAEMONS]


def expected():
    """All files and links below the prefix."""
    names = {f"sbin/{name}" for name in DAEMONS + TOOLS} | {"bin/kea-shell"}
    names |= {f"etc/kea/{name}" for name in [*CONFIGURATIONS, "keactrl.conf"]}
    names |= {f"share/kea/scripts/{path.parent.name}/{path.name}" for path in (ROOT / "dhcpd" / "sql" / "scripts").glob("*/*")}
    names |= {f"share/kea/yang/modules/{path.name}" for path in (ROOT / "yang").glob("*.yang")}
    names |= {f"share/man/man8/{name}.8" for name in DAEMONS + TOOLS}
    names |= {f"share/doc/takahe/{name}" for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE")}
    names |= {f"share/doc/takahe/{path.name}" for path in [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "reference").glob("*.md")]}
    names |= {f"share/doc/takahe/examples/{name}" for name in CONFIGURATIONS}
    names |= {f"lib/systemd/system/{name}.service" for name in ("kea-dhcp4-server", "kea-dhcp6-server", "kea-dhcp-ddns-server", "kea-netconf")}
    names |= {f"share/kea/api/{line.split()[0]}.json" for line in (ROOT / "packaging" / "api" / "commands.txt").read_text().splitlines()}
    return names | {"share/bash-completion/completions/keactrl"}


class Installed(unittest.TestCase):
    """A tree of its own for each test."""

    def setUp(self):
        folder = tempfile.mkdtemp(prefix="takahe-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.stage, self.tree = Path(folder), Path(folder + PREFIX)
        self.make("install")
        self.state = {
            "KEA_DHCP_DATA_DIR": f"{self.tree}/var/lib/kea",
            "KEA_LOG_FILE_DIR": f"{self.tree}/var/log/kea",
            "KEA_CONTROL_SOCKET_DIR": f"{self.tree}/var/run/kea",
            "KEA_PIDFILE_DIR": f"{self.tree}/var/run/kea",
        }

    def make(self, target):
        # What the make that may run this test hands down is none of this one's business.
        env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        words = ["make", "-C", ROOT, target, f"DESTDIR={self.stage}", f"PREFIX={PREFIX}", f"BIN={BIN.resolve()}"]
        done = subprocess.run(words, capture_output=True, text=True, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)

    def run_installed(self, name, *arguments, env=None):
        words = [self.tree / "sbin" / name, *map(str, arguments)]
        return subprocess.run(words, capture_output=True, text=True, timeout=30, env=os.environ | (self.state if env is None else env))


class Tree(Installed):
    def test_it_is_whole(self):
        files = {str(path.relative_to(self.tree)) for path in self.tree.rglob("*") if not path.is_dir()}
        self.assertEqual(files, expected())
        multiarch = subprocess.run(["dpkg-architecture", "-qDEB_HOST_MULTIARCH"], capture_output=True, text=True).stdout.strip() or f"{platform.machine()}-linux-gnu"
        for folder in ("lib/kea/hooks", f"lib/{multiarch}/kea/hooks"):
            self.assertTrue((self.tree / folder).is_dir(), folder)
        for folder in ("lib", "run", "log"):
            self.assertEqual((self.tree / "var" / folder / "kea").stat().st_mode & 0o777, 0o750)
        for path in (self.tree / "lib/systemd/system").iterdir():
            self.assertIn(f"ExecStart={PREFIX}/sbin/kea-", path.read_text())
        for path in self.tree.rglob("*.conf"):
            self.assertNotIn("@PREFIX@", path.read_text())

    def test_a_changed_configuration_stays(self):
        changed = [self.tree / "etc/kea" / name for name in [*CONFIGURATIONS, "keactrl.conf"]]
        for path in changed:
            path.write_text("// mine\n")
        (self.tree / "sbin/kea-dhcp4").unlink()
        self.make("install")
        self.assertEqual({path.read_text() for path in changed}, {"// mine\n"})
        self.assertTrue((self.tree / "sbin/kea-dhcp4").exists())

    def test_it_can_be_taken_away_but_for_configuration(self):
        self.make("uninstall")
        left = {str(path.relative_to(self.tree)) for path in self.tree.rglob("*") if not path.is_dir()}
        self.assertEqual(left, {name for name in expected() if name.startswith("etc/")})


class CommandLines(Installed):
    def test_configurations_are_good(self):
        for name in DAEMONS:
            done = self.run_installed(name, "-t", self.tree / "etc/kea" / f"{name}.conf")
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)

    def test_a_bad_configuration_is_told(self):
        bad = self.stage / "bad.conf"
        for text in ("{", "{}", '{ "Dhcp4": { "no-such": 1 }, "Dhcp6": { "no-such": 1 }, "DhcpDdns": { "no-such": 1 }, "Netconf": { "no-such": 1 } }'):
            bad.write_text(text)
            for name in DAEMONS:
                done = self.run_installed(name, "-t", bad)
                self.assertEqual(done.returncode, 1, name)
                self.assertRegex(done.stdout + done.stderr, "(?i)error|fail", name)

    def test_versions(self):
        versions = set()
        for name in DAEMONS + TOOLS:
            done = self.run_installed(name, "-v")
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)
            self.assertRegex(done.stdout, r"\A3\.\d+\.\d+\n\Z", name)
            versions.add(done.stdout)
            self.assertIn("Takahe", self.run_installed(name, "-V").stdout)
        self.assertEqual(len(versions), 1, versions)

    def test_wrong_usage(self):
        for name in DAEMONS:
            for arguments in ([], ["-z"], ["-c"], ["-c", "a", "b"]):
                done = self.run_installed(name, *arguments)
                self.assertEqual((done.returncode, done.stdout), (1, ""), (name, arguments))
                self.assertIn("sage", done.stderr, (name, arguments))

    def test_folders_lie_in_the_tree(self):
        # Nothing says where: the lease file is looked for where the program is installed.
        config = self.stage / "bare.conf"
        for folder, code in ((f"{self.tree}/var/lib/kea", 0), ("/var/lib/kea", 1)):
            config.write_text('{ "Dhcp4": { "lease-database": { "type": "memfile", "name": "%s/leases.csv" } } }' % folder)
            done = self.run_installed("kea-dhcp4", "-T", config, env={})
            self.assertEqual(done.returncode, code, done.stderr)


class Keactrl(Installed):
    def setUp(self):
        super().setUp()
        # kea-dhcp6 makes its DUID of an interface's address.
        run("ip", "link", "add", "tree0", "type", "veth", "peer", "name", "tree1")
        self.addCleanup(run, "ip", "link", "del", "tree0")
        self.state["KEA_LOGGER_DESTINATION"] = str(self.stage / "console.log")
        self.config = self.tree / "etc/kea/keactrl.conf"
        text = self.config.read_text().replace(f'prefix="{PREFIX}"', f'prefix="{self.tree}"')
        self.config.write_text(re.sub(r"^(dhcp4|dhcp6|dhcp_ddns)=no$", r"\1=yes", text, flags=re.M))
        self.addCleanup(self.keactrl, "stop")

    def keactrl(self, command, *arguments):
        # What it starts holds its output: not a pipe, or this would wait for the daemons.
        with tempfile.TemporaryFile("w+") as out:
            words = [self.tree / "sbin/keactrl", command, "-c", self.config, *arguments]
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=os.environ | self.state, timeout=30)
            out.seek(0)
            return done.returncode, out.read()

    def states(self):
        _, text = self.keactrl("status")
        return {server: re.search(rf"^{title}: (\w+)$", text, re.M)[1] for server, (title, _) in SERVERS.items()}

    def logged(self, what):
        text = "".join(path.read_text() for path in (self.tree / "var/log/kea").glob("*.log"))
        return len(re.findall(what, text))

    def test_a_life(self):
        self.assertEqual(set(self.states().values()), {"inactive"})
        code, text = self.keactrl("start")
        self.assertEqual(code, 0, text)
        sockets = {server: self.tree / "var/run/kea" / socket for server, (_, socket) in SERVERS.items()}
        wait_for(lambda: all(path.exists() for path in sockets.values()), "control sockets")
        self.assertEqual(set(self.states().values()), {"active"})
        for path in sockets.values():
            self.assertEqual(unix_command(path, {"command": "version-get"})["result"], 0)
        # A second start changes nothing.
        self.assertIn("appears to be running", self.keactrl("start", "-s", "dhcp4")[1])

        self.keactrl("reload", "-s", "dhcp4,dhcp6")
        wait_for(lambda: self.logged("DHCP[46]_DYNAMIC_RECONFIGURATION_SUCCESS") == 2, "reloads")

        self.keactrl("stop", "-s", "dhcp4")
        wait_for(lambda: self.states() == {"dhcp4": "inactive", "dhcp6": "active", "dhcp_ddns": "active"}, "kea-dhcp4 to end")
        self.keactrl("stop")
        wait_for(lambda: set(self.states().values()) == {"inactive"}, "all to end")
        self.assertEqual(list((self.tree / "var/run/kea").glob("*.pid")), [])

    def test_versions(self):
        code, text = self.keactrl("version")
        self.assertEqual(code, 0)
        self.assertEqual(re.findall(r"^([\w-]+): 3\.\d+\.\d+$", text, re.M), ["keactrl", *DAEMONS])

    def test_wrong_usage(self):
        for arguments in (["restart"], ["start", "-s", "nobody"]):
            code, text = self.keactrl(*arguments)
            self.assertEqual(code, 1, text)
            self.assertIn("invalid", text)
