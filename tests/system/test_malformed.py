"""Malformed packets: daemons built with debug assertions are sent truncations, bad lengths and random mutations of
valid packets, commands and rpcs; they go on serving, and count what they refused."""

import contextlib
import json
import os
import random
import socket
import struct
import unittest
import warnings

warnings.filterwarnings("ignore")  # paramiko announces its future at import
import paramiko  # noqa: E402
from lab import ROOT, Dhclient, wait_for  # noqa: E402
from netconf import PORT as NETCONF_PORT  # noqa: E402
from netconf import Netconf, dhcp4_edit, in_namespace  # noqa: E402
from scene import SERVER4, SERVER6, Scene  # noqa: E402

PACKETS = int(os.environ.get("TAKAHE_MUTATIONS", "100000"))
DEBUG = ROOT / "target" / "debug"


def mutations(samples, count, dice):
    """`count` variations of the samples: cut off, lengthened, bytes and lengths changed, parts repeated."""
    for _ in range(count):
        packet = bytearray(dice.choice(samples))
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(packet)) if packet else 0
            match dice.randrange(6):
                case 0:
                    del packet[at:]
                case 1 if packet:
                    packet[at] = dice.randrange(256)
                case 2 if packet:
                    packet[at] ^= 1 << dice.randrange(8)
                case 3:
                    packet[at:at] = dice.randbytes(dice.randint(1, 40))
                case 4 if packet:
                    packet[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
                case 5:
                    packet += packet[at : at + dice.randint(1, 200)]
        yield bytes(packet[:1400])


def option4(code, data):
    return bytes([code, len(data)]) + data


def message4(kind, giaddr=SERVER4, extra=b""):
    head = struct.pack("!BBBBIHH4s4s4s4s", 1, 1, 6, 1, 0x1234, 0, 0x8000, b"", b"", b"", socket.inet_aton("192.0.2.2"))
    options = option4(53, bytes([kind])) + option4(61, b"\x01\x02\x00\x00\x00\x00\x01") + option4(55, bytes([1, 3, 6, 12, 15, 81, 119]))
    options += option4(12, b"host") + option4(81, b"\x01\x00\x00\x04host\x07example\x03org\x00") + option4(82, b"\x01\x04port\x02\x03abc") + extra
    return head + bytes.fromhex("020000000001").ljust(16, b"\0") + bytes(192) + b"\x63\x82\x53\x63" + options + b"\xff"


def option6(code, data):
    return struct.pack("!HH", code, len(data)) + data


def message6(kind):
    duid = option6(1, bytes.fromhex("0003000102000000000a"))
    ia = option6(3, struct.pack("!III", 1, 0, 0) + option6(5, socket.inet_pton(socket.AF_INET6, "2001:db8:1::1000") + struct.pack("!II", 0, 0)))
    pd = option6(25, struct.pack("!III", 2, 0, 0) + option6(26, struct.pack("!IIB", 0, 0, 56) + socket.inet_pton(socket.AF_INET6, "2001:db8:8000::")))
    rest = option6(6, struct.pack("!HHH", 23, 24, 39)) + option6(39, b"\x01\x04host\x07example\x03org\x00") + option6(8, b"\0\0")
    return bytes([kind]) + b"\x12\x34\x56" + duid + ia + pd + rest


def relayed6(inner, hops=0):
    addresses = socket.inet_pton(socket.AF_INET6, "2001:db8:1::2") + socket.inet_pton(socket.AF_INET6, "fe80::2")
    return bytes([12, hops]) + addresses + option6(18, b"port7") + option6(79, b"\x00\x01\x02\x00\x00\x00\x00\x0a") + option6(9, inner)


class Malformed(Scene):
    def start_debug(self, name, config):
        if not (DEBUG / name).exists():
            self.skipTest(f"{DEBUG / name} is not built")
        self.kea.start(name, config, started="", program=DEBUG / name)
        wait_for(lambda: os.path.exists(self.kea.socket(name)), f"{name} to take commands")

    def bombard(self, source, to, samples, daemon, received):
        seed = random.randrange(1 << 30)
        with in_namespace("client"):
            s = socket.socket(socket.AF_INET6 if ":" in to[0] else socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(source)
        before = received()
        for n, packet in enumerate(mutations(samples, PACKETS, random.Random(seed)), 1):
            s.sendto(packet, to)
            if n % 100 == 0:  # no faster than a debug build reads, so that nothing is dropped unseen by the kernel
                wait_for(lambda: received() >= before + n, f"{daemon} to take {n} packets (seed {seed})", 30)
        self.assertIsNone(self.kea.processes[daemon].popen.poll(), f"{daemon} ended (seed {seed})")
        self.assertNotIn("panicked", self.kea.processes[daemon].output(), f"seed {seed}")

    def test_v4(self):
        subnet = {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}]}
        self.start_debug("kea-dhcp4", {"Dhcp4": self.common(4, severity="FATAL") | {"subnet4": [subnet]}})
        self.lab.run("client", "ip", "address", "add", "192.0.2.2/24", "dev", "cli0")
        request = option4(50, socket.inet_aton("192.0.2.100")) + option4(54, socket.inet_aton(SERVER4))
        samples = [message4(1), message4(3, extra=request), message4(4, extra=request), message4(7, extra=request), message4(8)]
        self.bombard(("192.0.2.2", 67), (SERVER4, 67), samples, "kea-dhcp4", lambda: self.statistic("kea-dhcp4", "pkt4-received"))
        self.assertGreater(self.statistic("kea-dhcp4", "pkt4-parse-failed"), 0)
        self.assertGreater(self.statistic("kea-dhcp4", "pkt4-receive-drop"), 0)
        self.lab.run("client", "ip", "address", "flush", "dev", "cli0", "scope", "global")
        Dhclient(self.lab, "client", "cli0").start().wait("BOUND")

    def test_v6(self):
        subnet = {"id": 1, "subnet": "2001:db8:1::/64", "interface": "srv0", "pools": [{"pool": "2001:db8:1::1000/116"}]}
        subnet["pd-pools"] = [{"prefix": "2001:db8:8000::", "prefix-len": 48, "delegated-len": 56}]
        self.start_debug("kea-dhcp6", {"Dhcp6": self.common(6, severity="FATAL") | {"subnet6": [subnet]}})
        self.lab.run("client", "ip", "address", "add", "2001:db8:1::2/64", "dev", "cli0", "nodad")
        plain = [message6(kind) for kind in (1, 3, 4, 5, 6, 8, 9, 11)]
        samples = plain + [relayed6(m) for m in plain] + [relayed6(relayed6(plain[0]), 1)]
        self.bombard(("2001:db8:1::2", 547), (SERVER6, 547), samples, "kea-dhcp6", lambda: self.statistic("kea-dhcp6", "pkt6-received"))
        self.assertGreater(self.statistic("kea-dhcp6", "pkt6-parse-failed"), 0)
        self.lab.run("client", "ip", "address", "flush", "dev", "cli0", "scope", "global")
        Dhclient(self.lab, "client", "cli0", 6, options=["-N"]).start().wait("BOUND6")

    def test_name_change_requests(self):
        config = {"ip-address": SERVER4, "port": 53001, "control-sockets": [{"socket-type": "unix", "socket-name": self.kea.socket("kea-dhcp-ddns")}]}
        config["loggers"] = [{"name": "kea-dhcp-ddns", "severity": "FATAL"}]
        self.start_debug("kea-dhcp-ddns", {"DhcpDdns": config})
        self.lab.run("client", "ip", "address", "add", "192.0.2.2/24", "dev", "cli0")
        text = (
            '{"change-type":0,"forward-change":true,"reverse-change":true,"fqdn":"a.example.org.","ip-address":"192.0.2.1","dhcid":"010203",'
            '"lease-expires-on":"20261121000000","lease-length":1300,"use-conflict-resolution":true}'
        ).encode()
        samples = [struct.pack("!H", len(text)) + text]
        received = lambda: self.statistic("kea-dhcp-ddns", "ncr-received") + self.statistic("kea-dhcp-ddns", "ncr-invalid")
        self.bombard(("192.0.2.2", 0), (SERVER4, 53001), samples, "kea-dhcp-ddns", received)
        self.assertGreater(self.statistic("kea-dhcp-ddns", "ncr-invalid"), 0)

    def test_commands(self):
        subnet = {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}]}
        self.start_debug("kea-dhcp4", {"Dhcp4": self.common(4, severity="FATAL") | {"subnet4": [subnet]}})
        before = self.kea.command("kea-dhcp4", "config-get")
        valid = [
            {"command": "config-get"},
            {"command": "statistic-get", "arguments": {"name": "pkt4-received"}},
            {"command": "config-test", "arguments": before["arguments"]},
            {"command": "list-commands", "service": ["dhcp4"]},
        ]
        seed = random.randrange(1 << 30)
        for text in mutations([json.dumps(v).encode() for v in valid], PACKETS // 50, random.Random(seed)):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(self.kea.socket("kea-dhcp4"))
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                answer = b""
                while chunk := s.recv(1 << 16):
                    answer += chunk
            self.assertIn("result", json.loads(answer) if answer else {"result": "nothing was sent"}, f"seed {seed}: {text!r}")
        self.assertIsNone(self.kea.processes["kea-dhcp4"].popen.poll(), f"seed {seed}")
        self.assertEqual(self.kea.command("kea-dhcp4", "config-get"), before, f"seed {seed}")

    def test_netconf(self):
        config = {"loggers": [{"name": "kea-netconf", "severity": "FATAL"}], **Netconf.server_config(self.kea.folder)}
        if not (DEBUG / "kea-netconf").exists():
            self.skipTest("kea-netconf is not built")
        self.kea.start("kea-netconf", {"Netconf": config}, started="", program=DEBUG / "kea-netconf")
        Netconf(self.lab, "server", self.kea.folder).close()
        seed = random.randrange(1 << 30)
        dice = random.Random(seed)
        self.strangers(dice)
        self.bad_messages(dice, seed)
        self.assertIsNone(self.kea.processes["kea-netconf"].popen.poll(), f"seed {seed}")
        session = Netconf(self.lab, "server", self.kea.folder)
        self.assertIn(b"data", session.get_config("running"))
        session.close()

    def strangers(self, dice):
        """Bytes that are no SSH."""
        for _ in range(200):
            with in_namespace("server"):
                s = socket.create_connection(("127.0.0.1", NETCONF_PORT), 10)
            with contextlib.suppress(OSError), s:
                s.sendall(dice.choice((b"", b"SSH-2.0-x\r\n")) + dice.randbytes(dice.randint(1, 2000)))

    def bad_messages(self, dice, seed):
        """Mutated rpcs in sessions that began well."""
        base = 'xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"'
        hello = f"<hello {base}><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>"
        edit = dhcp4_edit("192.0.2.0/24", ("192.0.2.10", "192.0.2.20"), SERVER4, SERVER4, "example.org").split(">", 1)[1].rsplit("<", 1)[0]
        rpcs = [
            f'<rpc message-id="1" {base}><get-config><source><running/></source></get-config></rpc>]]>]]>',
            f'<rpc message-id="2" {base}><edit-config><target><candidate/></target><config>{edit}</config></edit-config></rpc>]]>]]>',
            f'<rpc message-id="3" {base}><get><filter type="subtree"><config xmlns="urn:ietf:params:xml:ns:yang:kea-dhcp4-server"/></filter></get></rpc>]]>]]>',
        ]
        todo = list(mutations([r.encode() for r in rpcs], PACKETS // 50, dice))
        while todo:
            with in_namespace("server"):
                s = socket.create_connection(("127.0.0.1", NETCONF_PORT), 10)
            transport = paramiko.Transport(s)
            transport.connect(username=Netconf.USER, password=Netconf.PASSWORD)
            channel = transport.open_session()
            channel.invoke_subsystem("netconf")
            channel.settimeout(10)
            with contextlib.suppress(OSError):
                channel.sendall(hello.encode())
                while todo and not channel.closed:
                    channel.sendall(todo.pop() + b"]]>]]>")
                    if channel.recv_ready():
                        channel.recv(1 << 20)
            transport.close()
            self.assertIsNone(self.kea.processes["kea-netconf"].popen.poll(), f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
