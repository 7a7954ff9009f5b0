"""libdhcp_rbac.so: who may give which commands over HTTP and HTTPS, by certificates, users and addresses."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from lab import ROOT, Kea, Lab

DESCRIBED = [line.split() for line in (ROOT / "packaging" / "api" / "commands.txt").read_text().splitlines()]


class Roles(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(Lab())
        self.lab.namespace("server")
        self.kea = Kea(self.lab, "server")
        self.api = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, access, *hook in DESCRIBED:
            (self.api / f"{name}.json").write_text(json.dumps({"name": name, "access": access, "hook": "".join(hook)}))

    def config(self, parameters, daemon="kea-dhcp4", **socket):
        http = {"socket-type": "http", "socket-address": "127.0.0.1", "socket-port": 8000, **socket}
        libraries = [{"library": "libdhcp_lease_cmds.so"}, {"library": "libdhcp_rbac.so", "parameters": {"api-files": str(self.api), **parameters}}]
        sockets = [{"socket-type": "unix", "socket-name": self.kea.socket(daemon)}, http]
        module = {"control-sockets": sockets, "hooks-libraries": libraries, "lease-database": {"type": "memfile", "persist": False}}
        if daemon == "kea-dhcp6":
            module["server-id"] = {"type": "EN", "persist": False}
        return {"Dhcp4" if daemon == "kea-dhcp4" else "Dhcp6": module}

    def send(self, command, *options, scheme="http"):
        """Status and body of the response."""
        words = ["curl", "-s", "-w", "\n%{http_code}", "-H", "Content-Type: application/json", "-d", json.dumps({"command": command}), *options, f"{scheme}://127.0.0.1:8000/"]
        body, status = self.lab.run("server", *words).rsplit("\n", 1)
        return int(status), json.loads(body)

    def secure(self, command, client):
        return self.send(command, "--cacert", self.files / "ca.crt", "--cert", self.files / f"{client}.crt", "--key", self.files / f"{client}.key", scheme="https")

    FORBIDDEN = (403, {"result": 403, "text": "Forbidden"})

    def test_users(self):
        roles = [
            {"name": "reader", "accept-commands": {"and": ["READ", {"not": {"commands": ["config-get"]}}]}, "response-filters": ["list-commands"]},
            {"name": "leases", "accept-commands": "mine", "list-match-first": "reject", "reject-commands": {"commands": ["lease4-wipe", "lease6-wipe"]}},
        ]
        lists = [{"mine": {"hook": "lease_cmds"}}]
        parameters = {"assign-role-method": "basic-authentication", "roles": roles, "access-control-lists": lists, "unknown-role": {"accept-commands": {"commands": ["version-get"]}}}
        users = [{"user": user, "password": "x"} for user in ("reader", "leases", "other")]
        for daemon in ("kea-dhcp4", "kea-dhcp6"):
            with self.subTest(daemon):
                family = daemon[-1]
                process = self.kea.start(daemon, self.config(parameters, daemon, authentication={"type": "basic", "clients": users}))
                ask = lambda user, command: self.send(command.format(family), "-u", f"{user}:x")
                self.assertEqual(ask("reader", "status-get")[1][0]["result"], 0)
                self.assertEqual(ask("reader", "config-get"), self.FORBIDDEN)
                self.assertEqual(ask("reader", "lease{}-add"), self.FORBIDDEN)
                listed = ask("reader", "list-commands")[1][0]["arguments"]
                self.assertIn("status-get", listed)
                self.assertFalse({"config-get", "config-set", f"lease{family}-add"} & set(listed))
                self.assertEqual(ask("leases", "lease{}-get-all")[0], 200)
                self.assertEqual(ask("leases", "lease{}-wipe"), self.FORBIDDEN)
                self.assertEqual(ask("leases", "version-get"), self.FORBIDDEN)
                self.assertEqual(ask("other", "version-get")[1][0]["result"], 0)
                self.assertEqual(self.send("version-get")[0], 401)
                # Who is on the machine may do everything, as ever.
                self.assertIn("config-set", self.kea.command(daemon, "list-commands")["arguments"])
                process.stop()

    def test_certificates(self):
        self.files = self.lab.folder / "certificates"
        self.files.mkdir()
        subprocess.run(["sh", ROOT / "tests" / "certificates.sh", self.files], check=True, capture_output=True)
        files = {"trust-anchor": "ca.crt", "cert-file": "server.crt", "key-file": "server.key"}
        tls = {"socket-type": "https", **{key: str(self.files / name) for key, name in files.items()}}
        parameters = {"assign-role-method": "cert-subject", "roles": [{"name": "client", "accept-commands": "ALL"}], "unknown-role": {"accept-commands": "READ"}}
        self.kea.start("kea-dhcp4", self.config(parameters, **tls))
        self.assertEqual(self.secure("config-write", "client")[0], 200)
        self.assertEqual(self.secure("config-write", "rsa"), self.FORBIDDEN)
        self.assertEqual(self.secure("status-get", "rsa")[0], 200)
        answer = self.kea.command("kea-dhcp4", "config-set", self.config({**parameters, "assign-role-method": "cert-issuer", "roles": [{"name": "ca", "accept-commands": "READ"}], "unknown-role": {}}, **tls))
        self.assertEqual(answer["result"], 0, answer)
        self.assertEqual(self.secure("status-get", "rsa")[0], 200)
        self.assertEqual(self.secure("config-write", "rsa"), self.FORBIDDEN)

    def test_addresses_and_tls(self):
        parameters = {"assign-role-method": "remote-address", "roles": [{"name": "127.0.0.1", "reject-commands": "WRITE", "other-commands": "accept"}]}
        self.kea.start("kea-dhcp4", self.config(parameters))
        self.assertEqual(self.send("status-get")[0], 200)
        self.assertEqual(self.send("config-write"), self.FORBIDDEN)
        self.assertEqual(self.send("no-such-command"), self.FORBIDDEN)
        for changes in ({"require-tls": True}, {"assign-role-method": "cert-subject"}):
            answer = self.kea.command("kea-dhcp4", "config-set", self.config({**parameters, **changes}))
            self.assertEqual(answer["result"], 0, answer)
            self.assertEqual(self.send("status-get"), (401, {"result": 401, "text": "Unauthorized"}))
        # With the library its rules go.
        config = self.config(parameters)
        config["Dhcp4"]["hooks-libraries"].pop()
        self.assertEqual(self.kea.command("kea-dhcp4", "config-set", config)["result"], 0)
        self.assertEqual(self.send("status-get")[0], 200)

    def test_what_is_wrong_is_refused(self):
        self.kea.start("kea-dhcp4", self.config({"assign-role-method": "remote-address"}))
        role = lambda **keys: {"assign-role-method": "remote-address", "roles": [{"name": "x", **keys}]}
        for parameters, reason in (
            ({}, "assign-role-method"),
            ({"assign-role-method": "custom-value"}, "not supported yet"),
            ({"assign-role-method": "remote-address", "api-files": "/nowhere"}, "/nowhere: "),
            (role(**{"accept-commands": "mine"}), "access list 'mine' is not defined"),
            (role(**{"accept-commands": {"commands": ["no-such"]}}), "there is no description of the command 'no-such'"),
            (role(**{"other-commands": "maybe"}), "other-commands"),
        ):
            answer = self.kea.command("kea-dhcp4", "config-set", self.config(parameters))
            self.assertEqual((answer["result"], reason in json.dumps(answer)), (1, True), f"{reason}: {answer}")


if __name__ == "__main__":
    unittest.main()
