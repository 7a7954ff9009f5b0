"""Parameters whose effect is not in the packets that go back to clients."""

import json
import socket

from lab import BIN, Dhclient, in_namespace, run, wait_for
from scene import Scene

COUNT_SYNCS = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/syscall.h>
int fdatasync(int fd) {
    int log = open(getenv("SYNCS"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    write(log, ".", 1);
    close(log);
    return syscall(SYS_fdatasync, fd);
}
"""


class NameChanges(Scene):
    def test_name_changes_go_where_and_come_from_where_they_are_told_to(self):
        self.lab.run("server", "ip", "link", "set", "lo", "up")
        with in_namespace("server"):
            d2 = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            d2.bind(("127.0.0.2", 53010))
            d2.settimeout(10)
        told = {"enable-updates": True, "server-ip": "127.0.0.2", "server-port": 53010, "sender-ip": "127.0.0.3", "sender-port": 53011}
        self.start4(**{"dhcp-ddns": told | {"ncr-protocol": "UDP", "ncr-format": "JSON"}, "ddns-qualifying-suffix": "example.org"})
        Dhclient(self.lab, "client", "cli0", config='send host-name "desk";').start().wait("BOUND")
        request, sender = d2.recvfrom(4096)
        self.assertEqual(sender, ("127.0.0.3", 53011))
        self.assertEqual(json.loads(request[2:])["fqdn"], "desk.example.org.")


class Journal(Scene):
    def syncs(self, **database):
        """How often the disk was waited for while a client got its lease."""
        source, shim, log = (self.lab.folder / name for name in ("syncs.c", "syncs.so", "syncs"))
        source.write_text(COUNT_SYNCS)
        run("cc", "-shared", "-fPIC", "-w", "-o", shim, source)
        self.kea.env |= {"LD_PRELOAD": str(shim), "SYNCS": str(log)}
        server = self.start4(**{"lease-database": self.leases(4) | database})
        log.write_bytes(b"")
        client = Dhclient(self.lab, "client", "cli0").start()
        client.wait("BOUND", "REBOOT")
        client.stop()
        server.stop()
        return log.stat().st_size

    def test_a_lease_waits_for_the_disk_unless_it_need_not(self):
        self.assertGreater(self.syncs(), 0)
        self.assertEqual(self.syncs(sync=False), 0)


class Logs(Scene):
    def test_a_log_of_ones_own_look_is_put_aside_when_it_is_long(self):
        path = self.kea.folder / "daemon.log"
        output = {"output": str(path), "pattern": "%p: %m%n", "maxsize": 204800, "maxver": 2}
        loggers = [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99, "output-options": [output]}]
        with in_namespace("server"):
            self.kea.write("kea-dhcp4", {"Dhcp4": self.common(4) | {"loggers": loggers}})
            self.lab.spawn("server", "dhcp4", BIN / "kea-dhcp4", "-c", self.kea.folder / "kea-dhcp4.conf", env=self.kea.env)
        wait_for(lambda: path.exists() and "DHCP4_STARTED" in path.read_text(), "the start")
        self.assertRegex(path.read_text(), r"(?m)^INFO: DHCP4_STARTED Kea DHCPv4 server")
        older = [path.with_name(f"{path.name}.{n}") for n in (1, 2, 3)]

        def asked_until_two_are_put_aside():
            for _ in range(200):
                self.kea.command("kea-dhcp4", "config-get")
            return older[1].exists()

        wait_for(asked_until_two_are_put_aside, "the second log", seconds=60)
        for _ in range(600):
            self.kea.command("kea-dhcp4", "config-get")
        self.assertFalse(older[2].exists(), "maxver 2 keeps two")
        self.assertLessEqual(older[0].stat().st_size, 204800)
