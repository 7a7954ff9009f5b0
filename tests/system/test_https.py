"""The control channel over HTTPS: who is trusted, who is not, and what changes while it serves."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import threading
import unittest

from lab import BIN, ROOT, Kea, Lab, in_namespace, wait_for

PORT = 8443
MODULES = {"kea-dhcp4": "Dhcp4", "kea-dhcp6": "Dhcp6", "kea-dhcp-ddns": "DhcpDdns"}


class Https(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(Lab())
        self.lab.namespace("server")
        self.enterContext(in_namespace("server"))
        self.kea = Kea(self.lab, "server")
        self.files = self.lab.folder / "certificates"
        self.files.mkdir()
        subprocess.run(["sh", ROOT / "tests" / "certificates.sh", self.files], check=True, capture_output=True)

    def socket_of(self, **keys):
        files = {"trust-anchor": "ca.crt", "cert-file": "server.crt", "key-file": "server.key"}
        files |= {key: value for key, value in keys.items() if key in files}
        paths = {key: str(self.files / name) for key, name in files.items() if name is not None}
        others = {key: value for key, value in keys.items() if key not in files}
        return {"socket-type": "https", "socket-address": "127.0.0.1", "socket-port": PORT} | paths | others

    def config_of(self, *sockets, daemon="kea-dhcp4"):
        unix = {"socket-type": "unix", "socket-name": self.kea.socket(daemon)}
        loggers = [{"name": daemon, "severity": "DEBUG", "debuglevel": 99, "output-options": [{"output": "stdout"}]}]
        config = {"control-sockets": [unix, *sockets], "loggers": loggers}
        if daemon != "kea-dhcp-ddns":
            config["lease-database"] = {"type": "memfile", "persist": False}
        if daemon == "kea-dhcp6":
            config["server-id"] = {"type": "EN", "persist": False}
        return {MODULES[daemon]: config}

    def start(self, *sockets, daemon="kea-dhcp4"):
        return self.kea.start(daemon, self.config_of(*sockets, daemon=daemon))

    def curl(self, *options, host="127.0.0.1", ca="ca", client="client"):
        """The result of list-commands, or none."""
        identity = ["--cert", self.files / f"{client}.crt", "--key", self.files / f"{client}.key"] if client else []
        command = ["curl", "-s", "--cacert", self.files / f"{ca}.crt", *identity, "-H", "Content-Type: application/json"]
        command += ["-d", '{ "command": "list-commands" }', *options, f"https://{host}:{PORT}/"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        return json.loads(done.stdout)[0]["result"] if done.returncode == 0 else None

    def connection(self, client="client"):
        context = ssl.create_default_context(cafile=self.files / "ca.crt")
        if client:
            context.load_cert_chain(self.files / f"{client}.crt", self.files / f"{client}.key")
        connection = http.client.HTTPSConnection("127.0.0.1", PORT, timeout=20, context=context)
        self.addCleanup(connection.close)
        return connection

    def post(self, connection, command, arguments=None):
        body = json.dumps({"command": command} | ({"arguments": arguments} if arguments else {}))
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())[0]

    def shell(self, *arguments):
        command = [BIN / "kea-shell", "--host", "127.0.0.1", "--port", str(PORT), *map(str, arguments), "version-get"]
        done = subprocess.run(command, input="", capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout

    def test_clients_of_an_authority_are_served_and_others_are_not(self):
        for daemon in MODULES:
            with self.subTest(daemon):
                kea = self.start(self.socket_of(), daemon=daemon)
                self.assertIn(f"started HTTPS service bound to address: 127.0.0.1 port: {PORT}", kea.output())
                for version in (["--tls-max", "1.2"], ["--tlsv1.3"]):
                    for client in ("client", "v1", "authority", "rsa", "chain", "server"):
                        self.assertEqual(self.curl(*version, client=client), 0, f"{version} {client}")
                    for client in (None, "other", "over"):
                        self.assertIsNone(self.curl(*version, client=client), f"{version} {client}")
                self.assertIsNone(self.curl(ca="other"))
                self.assertIsNone(self.curl("--tls-max", "1.1"))
                wait_for(lambda: kea.output().count("HTTP_CONNECTION_HANDSHAKE_FAILED TLS handshake with 127.0.0.1 failed with ") >= 8, "the log")
                self.assertNotIn("SECURITY_WARNING command socket", kea.output())
                kea.stop()

    def test_keys_and_certificates_of_all_kinds(self):
        kinds = [("server", "server-sec1"), ("rsa", "rsa"), ("rsa", "rsa-pkcs1"), ("chain", "chain"), ("v1", "v1")]
        sockets = [
            self.socket_of(**{"cert-file": f"{certificate}.crt", "key-file": f"{key}.key", "socket-port": PORT + 1 + number})
            for number, (certificate, key) in enumerate(kinds)
        ]
        sockets.append(self.socket_of(**{"trust-anchor": "folder"}))
        sockets.append(self.socket_of(**{"socket-address": "::1"}))
        sockets.append({"socket-type": "http", "socket-address": "127.0.0.1", "socket-port": 8000})
        self.start(*sockets)
        self.assertEqual(self.curl(), 0)
        self.assertEqual(self.curl(host="[::1]"), 0)
        for number, kind in enumerate(kinds):
            with socket.create_connection(("127.0.0.1", PORT + 1 + number), timeout=20) as stream:
                context = ssl.create_default_context(cafile=self.files / "ca.crt")
                context.check_hostname = False
                context.load_cert_chain(self.files / "client.crt", self.files / "client.key")
                with context.wrap_socket(stream) as tls:
                    tls.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    self.assertIn(b"400 Bad Request", tls.recv(4096), kind)
        plain = http.client.HTTPConnection("127.0.0.1", 8000, timeout=20)
        self.addCleanup(plain.close)
        self.assertEqual(self.post(plain, "list-commands")["result"], 0)

    def test_what_is_no_tls_disturbs_nobody(self):
        kea = self.start(self.socket_of())
        silent = socket.create_connection(("127.0.0.1", PORT))
        self.addCleanup(silent.close)
        for garbage in (b"POST / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(70000), b"\x15\x03\x03\x00\x02\x02\x28", b"\x00"):
            with socket.create_connection(("127.0.0.1", PORT), timeout=20) as stream:
                try:
                    stream.sendall(garbage)
                    stream.shutdown(socket.SHUT_WR)
                    while stream.recv(4096):
                        pass
                except OSError:
                    pass
            self.assertEqual(self.curl(), 0)
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{PORT}", "-CAfile", self.files / "ca.crt"], input="Q\n", capture_output=True, text=True, timeout=30)
        self.assertIn("Verify return code: 0 (ok)", done.stdout)
        self.assertIn("CN = ca", done.stdout.split("Acceptable client certificate CA names")[1])
        self.assertEqual(self.curl(), 0)
        self.assertIsNone(kea.popen.poll())

    def test_without_certificates_of_clients(self):
        authentication = {"type": "basic", "clients": [{"user": "admin", "password": "1234"}]}
        self.start(self.socket_of(**{"cert-required": False, "authentication": authentication}))
        connection = self.connection(client=None)
        connection.request("POST", "/", "{}", {"Content-Type": "application/json"})
        response = connection.getresponse()
        self.assertEqual((response.status, json.loads(response.read())), (401, {"result": 401, "text": "Unauthorized"}))
        self.assertEqual(self.curl("-u", "admin:1234", client=None), 0)
        code, answer = self.shell("--ca", self.files / "ca.crt", "--auth-user", "admin", "--auth-password", "1234")
        self.assertEqual((code, '"result": 0' in answer), (0, True), answer)

    def test_kea_shell(self):
        self.start(self.socket_of())
        identity = ["--cert", self.files / "client.crt", "--key", self.files / "client.key"]
        for ca in ("ca.crt", "folder"):
            code, answer = self.shell("--ca", self.files / ca, *identity)
            self.assertEqual((code, '"result": 0' in answer), (0, True), answer)
        for wrong in (["--ca", self.files / "ca.crt"], ["--ca", self.files / "other.crt", *identity], ["--ca", "/nonexistent"], []):
            code, answer = self.shell(*wrong)
            self.assertEqual((code, answer.startswith("Failed to run: ")), (1, True), answer)
        code, answer = self.shell("--ca", self.files / "ca.crt", *identity, "--host", "127.0.0.2")
        self.assertEqual(code, 1, answer)

    def test_a_wrong_configuration_is_refused(self):
        (self.files / "garbage").write_text("nothing\n")
        pem = "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n"
        (self.files / "broken").write_text(pem.format("CERTIFICATE", "!!!!"))
        (self.files / "cut").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
        (self.files / "nonsense").write_text(pem.format("CERTIFICATE", "AAAA") + pem.format("PRIVATE KEY", "AAAA"))
        own = {"trust-anchor": None, "cert-file": None, "key-file": None}
        cases = [
            (own, "no TLS setup for a HTTPS control socket"),
            ({"trust-anchor": None}, "trust-anchor parameter is missing or empty: all or none of TLS parameters must be set"),
            ({"cert-file": None}, "cert-file parameter is missing or empty: all or none of TLS parameters must be set"),
            ({"key-file": None, "socket-type": "http"}, "key-file parameter is missing or empty: all or none of TLS parameters must be set"),
            ({"trust-anchor": "no"}, f"/trust-anchor: load of CA file '{self.files}/no' failed: No such file or directory"),
            ({"trust-anchor": "garbage"}, f"load of CA file '{self.files}/garbage' failed: no certificate or crl found"),
            ({"trust-anchor": ""}, f"load of CA directory '{self.files}' failed: no certificate or crl found"),
            ({"cert-file": "no"}, f"/cert-file: load of cert file '{self.files}/no' failed: No such file or directory"),
            ({"cert-file": "garbage"}, f"load of cert file '{self.files}/garbage' failed: no start line"),
            ({"trust-anchor": "nonsense"}, "nonsense' failed: wrong tag"),
            ({"cert-file": "broken"}, "broken' failed: bad base64 decode"),
            ({"cert-file": "cut"}, "cut' failed: bad end line"),
            ({"cert-file": "nonsense"}, "nonsense' failed: wrong tag"),
            ({"key-file": "nonsense"}, "nonsense' failed: unsupported"),
            ({"key-file": "no"}, f"/key-file: load of private key file '{self.files}/no' failed: No such file or directory"),
            ({"key-file": "garbage"}, f"load of private key file '{self.files}/garbage' failed: unsupported"),
            ({"key-file": "client.key"}, f"load of private key file '{self.files}/client.key' failed: key values mismatch"),
        ]
        for keys, reason in cases:
            with self.subTest(keys):
                path = self.kea.write("kea-dhcp4", self.config_of(self.socket_of(**keys)))
                done = subprocess.run([BIN / "kea-dhcp4", "-t", path], capture_output=True, text=True, env=self.kea.env)
                self.assertEqual(done.returncode, 1)
                self.assertIn(reason, done.stdout + done.stderr)
                self.assertRegex(done.stdout + done.stderr, r"control-sockets\[1\]")

    def test_a_new_configuration_is_for_new_connections(self):
        kea = self.start(self.socket_of())
        connection = self.connection()
        self.assertEqual(self.post(connection, "list-commands")["result"], 0)
        subject = lambda: ssl.DER_cert_to_PEM_cert(self.connect_raw())
        first = subject()
        answer = self.post(connection, "config-set", self.config_of(self.socket_of(**{"cert-file": "rsa.crt", "key-file": "rsa.key"})))
        self.assertEqual(answer["result"], 0, answer)
        self.assertIn(f"reused HTTPS service bound to address: 127.0.0.1 port: {PORT} and updated TLS settings", kea.output())
        self.assertEqual(self.post(connection, "list-commands")["result"], 0)  # the connection goes on
        self.assertEqual(subject(), (self.files / "rsa.crt").read_text())
        # Files are read again, and a configuration that cannot read them changes nothing.
        self.assertEqual(self.kea.command("kea-dhcp4", "config-reload")["result"], 0)
        self.assertEqual(subject(), first)
        shutil.copyfile(self.files / "other.crt", self.files / "ca.crt")
        shutil.move(self.files / "server.key", self.files / "moved.key")
        self.assertEqual(self.kea.command("kea-dhcp4", "config-reload")["result"], 1)
        self.assertEqual(self.post(connection, "list-commands")["result"], 0)
        self.assertIsNone(self.curl("-k", client="other"))
        shutil.move(self.files / "moved.key", self.files / "server.key")
        self.assertEqual(self.kea.command("kea-dhcp4", "config-reload")["result"], 0)
        self.assertEqual(self.curl("-k", client="other"), 0)
        self.assertIsNone(self.curl("-k", client="client"))
        answer = self.post(connection, "config-set", self.config_of({"socket-type": "http", "socket-address": "127.0.0.1", "socket-port": PORT}))
        self.assertEqual(answer["result"], 1)
        self.assertIn("Can not switch from HTTPS to HTTP sockets using the same address and port.", answer["text"])
        self.assertEqual(self.post(connection, "list-commands")["result"], 0)

    def test_many_change_the_configuration_at_once(self):
        kea = self.start(self.socket_of())
        names = ["server", "rsa", "chain"]
        results = []

        def change(number):
            context = ssl._create_unverified_context()
            context.load_cert_chain(self.files / "client.crt", self.files / "client.key")
            connection = http.client.HTTPSConnection("127.0.0.1", PORT, timeout=20, context=context)
            self.addCleanup(connection.close)
            for turn in range(4):
                name = names[(number + turn) % len(names)]
                socket_of = self.socket_of(**{"cert-file": f"{name}.crt", "key-file": f"{name}.key"})
                results.append(self.post(connection, "config-set", self.config_of(socket_of))["result"])
                results.append(self.post(connection, "config-get")["result"])

        threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [0] * len(results))
        self.assertEqual(len(results), 48)
        self.assertIsNone(kea.popen.poll())

    def connect_raw(self):
        """The certificate that the server shows."""
        context = ssl._create_unverified_context()
        context.load_cert_chain(self.files / "client.crt", self.files / "client.key")
        with socket.create_connection(("127.0.0.1", PORT), timeout=20) as stream, context.wrap_socket(stream) as tls:
            return tls.getpeercert(binary_form=True)


if __name__ == "__main__":
    unittest.main()
