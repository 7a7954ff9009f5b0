"""More packets than are served: what waits is bounded as configured, the rest is dropped and counted."""

import contextlib
import os
import signal
import socket
import struct
import threading
import time
from pathlib import Path

from lab import in_namespace, wait_for
from scene import SERVER4, SERVER6, Scene

QUIET = 0.5


def discover(number, relay):
    head = struct.pack("!BBBBIHH4s4s4s4s", 1, 1, 6, 1, number, 0, 0, b"", b"", b"", socket.inet_aton(relay))
    return head + struct.pack("!HI", 0x0200, number).ljust(16, b"\0") + bytes(192) + b"\x63\x82\x53\x63\x35\x01\x01\xff"


def solicit(number):
    client = struct.pack("!HHHHHI", 1, 10, 3, 1, 0x0200, number)
    return struct.pack("!I", 1 << 24 | number) + client + struct.pack("!HHIII", 3, 12, 1, 0, 0)


class Overload(Scene):
    def flood4(self, count):
        """As a relay: DISCOVERs while the server is held, so that they wait; the transactions that are answered."""
        pid = self.kea.processes["kea-dhcp4"].pid
        self.lab.run("client", "ip", "address", "replace", "192.0.2.2/24", "dev", "cli0")
        with in_namespace("client"):
            relay = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            relay.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            relay.bind(("192.0.2.2", 67))
        with relay:
            self.held(pid, lambda: [relay.sendto(discover(number, "192.0.2.2"), (SERVER4, 67)) for number in range(count)])
            return [struct.unpack_from("!I", answer, 4)[0] for answer in self.answers(relay)]

    def held(self, pid, send):
        os.kill(pid, signal.SIGSTOP)
        stopped = lambda: all(stat.read_text().rsplit(")", 1)[1].split()[0] == "T" for stat in Path(f"/proc/{pid}/task").glob("*/stat"))
        wait_for(stopped, "all threads to stop")
        try:
            send()
        finally:
            os.kill(pid, signal.SIGCONT)

    def answers(self, s):
        s.settimeout(QUIET)
        with contextlib.suppress(TimeoutError):
            while True:
                yield s.recv(2048)

    def workers(self):
        """Threads that say so by their names."""
        threads = Path(f"/proc/{self.kea.processes['kea-dhcp4'].pid}/task").glob("*/comm")
        return sum(name.read_text().startswith("worker-") for name in threads)

    def dropped(self, process, family):
        return self.statistic(process, f"pkt{family}-queue-full")

    def test_a_ring_sheds_the_oldest_packets(self):
        self.start4(**{"multi-threading": {"enable-multi-threading": False}, "dhcp-queue-control": {"enable-queue": True, "capacity": 64}})
        self.assertEqual(self.flood4(100), list(range(36, 100)))
        self.assertEqual(self.dropped("kea-dhcp4", 4), 36)
        self.kea.processes["kea-dhcp4"].expect('DHCP4_CONFIG_PACKET_QUEUE .*"capacity": 64, "queue-type": "kea-ring4"')

    def test_packet_queue_size_bounds_what_waits_and_drops_are_counted(self):
        self.start4(**{"multi-threading": {"enable-multi-threading": True, "thread-pool-size": 1, "packet-queue-size": 1}})
        few = len(self.flood4(2000))
        self.assertLess(few, 1000)
        wait_for(lambda: self.dropped("kea-dhcp4", 4) == 2000 - few, "the drops to be counted")
        self.assertEqual(self.statistic("kea-dhcp4", "pkt4-receive-drop"), 2000 - few)
        self.kea.processes["kea-dhcp4"].expect(f"DHCPSRV_SOCKET_BUFFER_FULL {2000 - few} packets")
        config = self.kea.command("kea-dhcp4", "config-get")["arguments"]
        config.pop("hash")
        config["Dhcp4"]["multi-threading"]["packet-queue-size"] = 64
        self.assertEqual(self.kea.command("kea-dhcp4", "config-set", config)["result"], 0)
        self.assertEqual(len(self.flood4(2000)), 2000)
        status = self.kea.command("kea-dhcp4", "status-get")["arguments"]
        self.assertEqual((status["thread-pool-size"], status["packet-queue-size"]), (1, 64))
        self.assertGreater(status["packet-queue-statistics"][2], 10)

    def test_threads_come_and_go_with_the_configuration(self):
        self.start4(**{"multi-threading": {"enable-multi-threading": False}})
        config = self.kea.command("kea-dhcp4", "config-get")["arguments"]
        config.pop("hash")
        status = lambda: self.kea.command("kea-dhcp4", "status-get")["arguments"]
        self.assertFalse(status()["multi-threading-enabled"])
        for threads in (3, 1, 2):
            config["Dhcp4"]["multi-threading"] = {"enable-multi-threading": True, "thread-pool-size": threads}
            self.assertEqual(self.kea.command("kea-dhcp4", "config-set", config)["result"], 0)
            self.assertEqual(status()["thread-pool-size"], threads)
            wait_for(lambda: self.workers() == threads, f"{threads} workers")
            self.assertEqual(sorted(self.flood4(100)), list(range(100)))

    def change_threads(self, name, module, send, s):
        """Changes the number of threads while datagrams are sent; which numbers were sent, and how often each was answered."""
        config = self.kea.command(name, "config-get")["arguments"]
        config.pop("hash")
        sent, over = [], threading.Event()

        def load():
            while not over.is_set() or len(sent) < 500:
                send(len(sent))
                sent.append(len(sent))
                time.sleep(0.0005)  # the pace of the load; nothing is waited for

        answered = {}

        def count():
            for answer in self.answers(s):
                number = int.from_bytes(answer[4:8] if module == "Dhcp4" else answer[1:4], "big")
                answered[number] = answered.get(number, 0) + 1

        threads = [threading.Thread(target=load), threading.Thread(target=count)]
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        for thread in threads:
            thread.start()
        for pool in (3, 1, 2, 4, 1, 3):
            config[module]["multi-threading"] = {"enable-multi-threading": True, "thread-pool-size": pool}
            self.assertEqual(self.kea.command(name, "config-set", config)["result"], 0)
        over.set()
        for thread in threads:
            thread.join()
        return sent, answered

    def test_no_packet_is_lost_while_threads_come_and_go(self):
        self.start4()
        self.lab.run("client", "ip", "address", "replace", "192.0.2.2/24", "dev", "cli0")
        with in_namespace("client"):
            relay = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            relay.bind(("192.0.2.2", 67))
        with relay:
            send = lambda number: relay.sendto(discover(number, "192.0.2.2"), (SERVER4, 67))
            sent, answered = self.change_threads("kea-dhcp4", "Dhcp4", send, relay)
        self.assertEqual(sorted(answered), sent)
        self.assertEqual(set(answered.values()), {1})

    def test_no_multicast_is_lost_while_threads_come_and_go(self):
        self.start6()
        with in_namespace("client"):
            client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            client.bind(("::", 546))
            link = socket.if_nametoindex("cli0")
        with client:
            send = lambda number: client.sendto(solicit(number), ("ff02::1:2", 547, 0, link))
            sent, answered = self.change_threads("kea-dhcp6", "Dhcp6", send, client)
        self.assertEqual(sorted(answered), sent)
        # For a moment both the old and the new sockets have their copies.
        self.assertLess(sum(count > 1 for count in answered.values()), 6 * 10)

    def test_multicasts_that_a_worker_leaves_to_another_are_no_drops(self):
        self.start6(**{"multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 1}})
        with in_namespace("client"):
            client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            client.bind(("::", 546))
            link = socket.if_nametoindex("cli0")
        send = lambda count: [client.sendto(solicit(number), ("ff02::1:2", 547, 0, link)) for number in range(count)]
        with client:
            send(50)
            self.assertEqual(len(list(self.answers(client))), 50)
            time.sleep(1.2)  # the drops of a second are counted
            self.assertEqual(self.dropped("kea-dhcp6", 6), 0)
            self.held(self.kea.processes["kea-dhcp6"].pid, lambda: send(2000))
            answered = len(list(self.answers(client)))
            self.assertLess(answered, 1500)
            wait_for(lambda: self.dropped("kea-dhcp6", 6) == 2000 - answered, "the drops to be counted")
