"""Power failure: what a client saw acknowledged is served again, whenever the server was killed."""

import os
import random
import socket
import struct
import subprocess
import unittest

from lab import run, wait_for
from netconf import in_namespace
from scene import SERVER4, Scene
from pathlib import Path

BLAST = Path(__file__).resolve().parent.parent / "bench" / "blast.c"
ROUNDS = int(os.environ.get("TAKAHE_POWER_ROUNDS", "20"))
RELAY = "192.0.2.2"


class Power(Scene):
    def test_acknowledged_leases_survive_sigkill_under_load(self):
        blast = self.lab.folder / "blast"
        run("cc", "-O2", "-o", blast, BLAST)
        self.lab.run("client", "ip", "address", "add", f"{RELAY}/8", "dev", "cli0")
        self.lab.run("server", "ip", "address", "add", "192.0.2.1/8", "dev", "srv0")
        config = self.common(4, severity="WARN") | {
            "valid-lifetime": 86400,
            "subnet4": [{"id": 1, "subnet": "192.0.0.0/8", "pools": [{"pool": "192.16.0.0 - 192.255.0.0"}]}],
        }
        seed = random.randrange(1 << 30)
        dice = random.Random(seed)
        promised, clients = {}, 0
        for turn in range(ROUNDS):
            server = self.kea.start("kea-dhcp4", {"Dhcp4": config}, started="")
            wait_for(lambda: f"{SERVER4}:67 " in self.lab.run("server", "ss", "-Hlun"), "the socket")
            log = self.lab.folder / f"acked-{turn}"
            blast_args = ["-w", "64", "-t", "2", "-o", "200", "-f", str(clients), "-a", str(log), SERVER4, RELAY]
            load = subprocess.Popen(["ip", "netns", "exec", "client", blast, *blast_args], stdout=subprocess.PIPE, text=True)
            with self.subTest(turn=turn, seed=seed):
                try:
                    server.popen.wait(dice.uniform(0.1, 1.5))
                    self.fail(f"the server ended by itself: {server.output()[-1000:]}")
                except subprocess.TimeoutExpired:
                    server.kill()
                out, _ = load.communicate(timeout=30)
                clients += int(out.split('"discovers": ')[1].split(",")[0])
                promised.update(line.split() for line in log.read_text().splitlines())
        self.assertGreater(len(promised), ROUNDS * 20)
        self.kea.start("kea-dhcp4", {"Dhcp4": config}, started="")
        wait_for(lambda: f"{SERVER4}:67 " in self.lab.run("server", "ss", "-Hlun"), "the socket")
        lost = self.not_served(promised)
        self.assertEqual(lost, {}, f"{len(lost)} of {len(promised)} acknowledged leases are not served again (seed {seed})")
        print(f"{len(promised)} leases acknowledged, {ROUNDS} kills, all served again", end=" ")

    def not_served(self, promised):
        """Leases that a client in state INIT-REBOOT is not told again."""
        with in_namespace("client"):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((RELAY, 67))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        s.settimeout(1)
        waiting = dict(promised)
        for _ in range(5):
            todo = list(waiting.items())
            for at in range(0, len(todo), 64):
                for mac, address in todo[at : at + 64]:
                    s.sendto(init_reboot(mac, address), (SERVER4, 67))
                for _ in range(len(todo[at : at + 64])):
                    try:
                        answer = s.recv(1500)
                    except TimeoutError:
                        break
                    mac = ":".join(f"{b:02x}" for b in answer[28:34])
                    if b"\x35\x01\x05" in answer[240:] and waiting.get(mac) == socket.inet_ntoa(answer[16:20]):
                        del waiting[mac]
            if not waiting:
                break
        return waiting


def init_reboot(mac, address):
    """A DHCPREQUEST of a client that remembers its address (RFC 2131 §4.3.2), as a relay passes it on."""
    head = struct.pack("!BBBBIHH4s4s4s4s", 1, 1, 6, 1, random.getrandbits(32), 0, 0, b"", b"", b"", socket.inet_aton(RELAY))
    options = b"\x63\x82\x53\x63\x35\x01\x03" + b"\x32\x04" + socket.inet_aton(address) + b"\xff"
    return head + bytes.fromhex(mac.replace(":", "")).ljust(16, b"\0") + bytes(192) + options


if __name__ == "__main__":
    unittest.main()
