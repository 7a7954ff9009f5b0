"""The control channel over HTTP: clients as people have them, and clients as nobody wants them."""

import base64
import http.client
import json
import socket
import subprocess
import unittest

from lab import BIN, Kea, Lab, in_namespace, wait_for

PORTS = {"kea-dhcp4": 8004, "kea-dhcp6": 8006, "kea-dhcp-ddns": 8053}


class Http(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(Lab())
        self.lab.namespace("server")
        self.enterContext(in_namespace("server"))
        self.kea = Kea(self.lab, "server")

    def start(self, daemon="kea-dhcp4", **socket_keys):
        module = {"kea-dhcp4": "Dhcp4", "kea-dhcp6": "Dhcp6", "kea-dhcp-ddns": "DhcpDdns"}[daemon]
        self.config = {module: self.config_of(daemon, **socket_keys)}
        return self.kea.start(daemon, self.config)

    def config_of(self, daemon, **socket_keys):
        sockets = [
            {"socket-type": "unix", "socket-name": self.kea.socket(daemon)},
            {"socket-type": "http", "socket-address": "127.0.0.1", "socket-port": PORTS[daemon]} | socket_keys,
        ]
        loggers = [{"name": daemon, "severity": "DEBUG", "debuglevel": 99, "output-options": [{"output": "stdout"}]}]
        config = {"control-sockets": sockets, "loggers": loggers}
        if daemon != "kea-dhcp-ddns":
            config["lease-database"] = {"type": "memfile", "persist": False}
        if daemon == "kea-dhcp6":
            config["server-id"] = {"type": "EN", "persist": False}
        return config

    def connection(self, daemon="kea-dhcp4"):
        connection = http.client.HTTPConnection("127.0.0.1", PORTS[daemon], timeout=20)
        self.addCleanup(connection.close)
        return connection

    def post(self, connection, command, **headers):
        body = json.dumps(command) if isinstance(command, dict) else command
        connection.request("POST", "/", body, {"Content-Type": "application/json"} | headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read()), response

    def is_refused(self):
        with socket.socket() as stream:
            return stream.connect_ex(("127.0.0.1", PORTS["kea-dhcp4"])) != 0

    def raw(self, text):
        """What a server answers to these bytes until it closes the connection."""
        with socket.create_connection(("127.0.0.1", PORTS["kea-dhcp4"]), timeout=20) as stream:
            stream.sendall(text.encode())
            answer = b""
            while part := stream.recv(65536):
                answer += part
        return answer.decode()

    def test_every_daemon_answers_a_list_of_one(self):
        for daemon, service in [("kea-dhcp4", "dhcp4"), ("kea-dhcp6", "dhcp6"), ("kea-dhcp-ddns", "d2")]:
            with self.subTest(daemon):
                self.start(daemon)
                connection = self.connection(daemon)
                for _ in range(2):  # over one connection
                    status, answer, response = self.post(connection, {"command": "version-get", "service": [service]})
                    self.assertEqual((status, answer[0]["result"], answer[0]["text"]), (200, 0, "3.3.1"))
                    self.assertEqual(response.getheader("Content-Type"), "application/json")
                _, answer, _ = self.post(connection, {"command": "version-get", "service": ["other"]})
                self.assertEqual(answer, [{"result": 1, "text": f"unsupported service 'other', expected '{service}'"}])
                _, answer, _ = self.post(connection, {"command": "nonsense"})
                self.assertEqual(answer, [{"result": 2, "text": "'nonsense' command not supported."}])

    def test_who_may_not_is_turned_away(self):
        (self.kea.folder / "secret").write_text("file password\n")
        (self.kea.folder / "pair").write_text("other:two:colons\n")
        (self.kea.folder / "name").write_text("named\n")
        clients = [
            {"user": "admin", "password": "clear"},
            {"user": "filed", "password-file": "secret"},
            {"password-file": "pair"},
            {"user-file": "name", "password-file": "secret"},
        ]
        authentication = {"type": "basic", "realm": "here", "directory": str(self.kea.folder), "clients": clients}
        headers = [{"name": "Strict-Transport-Security", "value": "max-age=31536000"}]
        kea = self.start(authentication=authentication, **{"http-headers": headers})
        basic = lambda pair: {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        connection = self.connection()
        for pair in ["admin:clear", "filed:file password", "other:two:colons", "named:file password"]:
            status, _, response = self.post(connection, {"command": "list-commands"}, **basic(pair))
            self.assertEqual((status, response.getheader("Strict-Transport-Security")), (200, "max-age=31536000"), pair)
        for headers in [{}, basic("admin:wrong"), {"Authorization": "Bearer admin:clear"}, {"Authorization": "x"}]:
            status, answer, response = self.post(connection, {"command": "shutdown"}, **headers)
            self.assertEqual((status, answer), (401, {"result": 401, "text": "Unauthorized"}))
            self.assertEqual(response.getheader("WWW-Authenticate"), 'Basic realm="here"')
        for message in ["REQUEST_AUTHORIZED", "REQUEST_NO_AUTH_HEADER", "REQUEST_NOT_AUTHORIZED", "REQUEST_BAD_AUTH_HEADER",
                        "PASSWORD_SECURITY_WARNING"]:
            self.assertIn(f"HTTP_CLIENT_{message}", kea.output())
        shell = [BIN / "kea-shell", "--host", "127.0.0.1", "--port", "8004", "--auth-user", "admin", "--auth-password", "clear",
                 "--service", "dhcp4", "version-get"]
        done = subprocess.run(shell, input="", capture_output=True, text=True, timeout=30)
        self.assertIn('"result": 0', done.stdout, done)

    def test_what_is_no_command_is_refused_and_others_are_served(self):
        self.start()
        head = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
        refused = {
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n": "400 Bad Request",
            "nonsense\r\n\r\n": "400 Bad Request",
            head.format(9) + "{ broken }": "400 Bad Request",
            head.format(10**12) + "{": "413 Content Too Large",
            "POST / HTTP/1.1\r\n" + "X: y\r\n" * 5000: "400 Bad Request",
        }
        for text, status in refused.items():
            with self.subTest(text[:60]):
                answer = self.raw(text)
                self.assertEqual(answer.split("\r\n")[0].split(" ", 1)[1], status)
                body = json.loads(answer.split("\r\n\r\n")[1])
                self.assertEqual(body, {"result": int(status[:3]), "text": status[4:]})
        with socket.create_connection(("127.0.0.1", 8004)):  # who says nothing keeps nobody from being served
            self.assertEqual(self.post(self.connection(), {"command": "version-get"})[0], 200)

    def test_reconfiguration_keeps_what_stays_and_closes_what_goes(self):
        self.start()
        connection = self.connection()
        send = lambda config: self.post(connection, {"command": "config-set", "arguments": config})[1][0]
        sockets = self.config["Dhcp4"]["control-sockets"]
        sockets[1]["http-headers"] = [{"name": "X-Added", "value": "yes"}]
        self.assertEqual(send(self.config)["result"], 0)
        self.assertEqual(self.post(connection, {"command": "version-get"})[2].getheader("X-Added"), "yes")
        with socket.create_server(("127.0.0.1", 8999)):
            sockets[1]["socket-port"] = 8999
            answer = send(self.config)
            self.assertEqual(answer["result"], 1)
            self.assertIn("cannot listen at 127.0.0.1:8999: Address already in use", answer["text"])
            self.assertIn("control-sockets[1]", answer["text"])
        self.assertEqual(self.post(self.connection(), {"command": "version-get"})[0], 200)
        del sockets[1]
        self.assertEqual(send(self.config)["result"], 0)
        wait_for(self.is_refused, "the socket to close")

    def test_a_client_that_waits_for_a_word_before_a_large_body(self):
        self.start()
        config = json.loads(json.dumps(self.config))
        config["Dhcp4"]["subnet4"] = [{"id": n + 1, "subnet": f"10.{n >> 8}.{n & 255}.0/24"} for n in range(5000)]
        connection = self.connection()
        body = json.dumps({"command": "config-test", "arguments": config})
        self.assertGreater(len(body), 200_000)
        connection.request("POST", "/", body, {"Content-Type": "application/json", "Expect": "100-continue"})
        response = connection.getresponse()
        self.assertEqual(json.loads(response.read())[0]["result"], 0)


if __name__ == "__main__":
    unittest.main()
