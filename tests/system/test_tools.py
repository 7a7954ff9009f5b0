"""kea-lfc beside Debian's of the same name, and kea-shell in front of servers made here and of a daemon."""

import base64
import csv
import http.server
import random
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from lab import BIN, Kea, Lab

THEIR_LFC = "/usr/sbin/kea-lfc"
HEADER4 = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context"
HEADER6 = "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source"


def row4(dice):
    host = dice.randint(1, 40)
    client, context = dice.choice(("", f"01:02:00:00:00:00:{host:02x}")), dice.choice(("", '{ "comment": "a&#x2cb" }'))
    return f"192.0.2.{host},02:00:00:00:00:{host:02x},{client},{dice.choice((0, 3600))},{dice.randint(1_700_000_000, 1_700_100_000)},{dice.randint(1, 3)},{dice.randint(0, 1)},{dice.randint(0, 1)},host-{host}.example.org.,{dice.randint(0, 2)},{context}"


def row6(dice):
    host, prefix = dice.randint(1, 40), dice.random() < 0.3
    address, kind, length = (f"2001:db8:8000:{host:x}::", 2, 64) if prefix else (f"2001:db8:1::{host:x}", 0, 128)
    lifetime = dice.choice((0, 3600))
    return f"{address},00:03:00:01:02:00:00:00:00:{host:02x},{lifetime},{dice.randint(1_700_000_000, 1_700_100_000)},{dice.randint(1, 3)},{lifetime // 2},{kind},{host},{length},0,1,host-{host}.example.org.,,{dice.randint(0, 2)},,,"


class LeaseFileCleanup(unittest.TestCase):
    def cleaned(self, program, family, previous, copy):
        """What the program makes of two files: rows as maps, in their order; and what it says."""
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "leases.2").write_text(previous)
            (folder / "leases.1").write_text(copy)
            files = {"-x": "leases.2", "-i": "leases.1", "-o": "leases.output", "-f": "leases.completed", "-p": "leases.pid", "-c": "none.conf"}
            options = [word for letter, name in files.items() for word in (letter, str(folder / name))]
            done = subprocess.run([program, f"-{family}", "-d", *options], capture_output=True, text=True, env={"KEA_LOCKFILE_DIR": "none"})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([path.name for path in folder.iterdir()], ["leases.2"], done.stdout)
            with open(folder / "leases.2") as file:
                rows = list(csv.DictReader(file))
        # Debian's Kea 2.2 has no pools yet, and leaves empty what 3.3 writes as 0.
        for row in rows:
            row.pop("pool_id", None)
            row |= {name: row[name] or "0" for name in ("hwtype", "hwaddr_source") if name in row}
        # Kea's console is stdout or stderr, by its version.
        return rows, [line.split("LFC_", 1)[1] for line in (done.stdout + done.stderr).splitlines() if "_STATS" in line]

    def test_the_same_leases_as_kea(self):
        if not Path(THEIR_LFC).exists():
            self.skipTest(f"{THEIR_LFC} is not installed")
        seed = random.randrange(1 << 30)
        dice = random.Random(seed)
        for family, header, row in ((4, HEADER4, row4), (6, HEADER6, row6)):
            for size in (0, 10, 400):
                with self.subTest(family=family, size=size, seed=seed):
                    files = ["\n".join([header, *(row(dice) for _ in range(size))]) + "\n" for _ in range(2)]
                    ours, theirs = (self.cleaned(program, family, *files) for program in (BIN / "kea-lfc", THEIR_LFC))
                    self.assertEqual(ours, theirs)
                    self.assertEqual(bool(ours[0]), size > 0)

    def test_usage(self):
        for arguments in ([], ["-4"], ["-z"], ["-4", "-p"]):
            done = subprocess.run([BIN / "kea-lfc", *arguments], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("Usage error: ", done.stderr)


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers as a daemon does, and remembers what it was asked."""

    def do_POST(self):
        self.server.asked = (self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])).decode())
        body = b'[ { "result": 0, "text": "fine" } ]'
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Shell(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.status = 200
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def shell(self, *arguments, arguments_of_command="", port=None):
        command = [BIN / "kea-shell", "--port", str(port or self.server.server_port), *map(str, arguments)]
        done = subprocess.run(command, input=arguments_of_command, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout, done.stderr

    def test_a_command_without_arguments(self):
        self.assertEqual(self.shell(), (0, '[ { "result": 0, "text": "fine" } ]\n', ""))
        path, headers, body = self.server.asked
        self.assertEqual((path, body), ("/", '{ "command": "list-commands" }'))
        self.assertEqual((headers["Content-Type"], headers["User-Agent"]), ("application/json", "Kea-shell/3.3.1"))
        self.assertNotIn("Authorization", headers)

    def test_arguments_path_and_credential(self):
        with tempfile.NamedTemporaryFile("w") as password:
            password.write("secret\nmore\n")
            password.flush()
            code, _, _ = self.shell(
                "--path", "kea", "--service", "dhcp4", "--auth-user", "foo", "--auth-password-file", password.name, "config-write", arguments_of_command='"filename": "a.conf"\n'
            )
        self.assertEqual(code, 0)
        path, headers, body = self.server.asked
        self.assertEqual((path, body), ("/kea", '{ "command": "config-write", "arguments": { "filename": "a.conf"\n } }'))
        self.assertEqual(headers["Authorization"], "Basic " + base64.b64encode(b"foo:secret").decode())

    def test_failures(self):
        self.server.status = 401
        self.assertEqual(self.shell(), (1, "Failed to run: HTTP Error 401: Unauthorized\n", ""))
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.assertEqual(self.shell(port=closed.getsockname()[1]), (1, "Failed to run: <urlopen error [Errno 111] Connection refused>\n", ""))
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            self.assertEqual(self.shell("--timeout", "1", port=deaf.getsockname()[1]), (1, "Connection timeout\n", ""))
        self.assertEqual(self.shell("--auth-user-file", "/nonexistent"), (1, "Failed to run: [Errno 2] No such file or directory: '/nonexistent'\n", ""))

    def test_usage(self):
        code, out, errors = self.shell("--nothing")
        self.assertEqual((code, out), (2, ""))
        self.assertTrue(errors.startswith("usage: kea-shell "), errors)
        self.assertEqual(self.shell("-v"), (0, "3.3.1\n", ""))
        self.assertEqual(self.shell("--cert", "x"), (1, "--cert and --key must be used together\n", ""))

    def test_a_daemons_unix_socket(self):
        with Lab() as lab:
            lab.namespace("server")
            kea = Kea(lab, "server")
            sockets = [{"socket-type": "unix", "socket-name": kea.socket("kea-dhcp4")}]
            kea.start("kea-dhcp4", {"Dhcp4": {"control-sockets": sockets, "lease-database": {"type": "memfile", "persist": False}}})
            code, out, _ = self.shell("--host", kea.socket("kea-dhcp4"), "config-write", arguments_of_command='"filename": "new.conf"')
            self.assertEqual(code, 0)
            self.assertIn('"result":0', out.replace(" ", ""))
            self.assertTrue((kea.folder / "new.conf").exists())
