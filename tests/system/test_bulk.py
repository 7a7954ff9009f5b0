"""Lease queries over TCP (RFC 6926, RFC 5460): all leases of a kind, limits of connections, and bytes that make no sense."""

import ipaddress
import random
import socket
import struct
import time
import unittest

from lab import in_namespace
from scene import SERVER4, SERVER6, Scene

LEASES = 1000
COLUMNS4 = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id"
COLUMNS6 = (
    "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,"
    "user_context,hwtype,hwaddr_source,pool_id"
)
# Options of DHCPv4 and messages (RFC 6926), and of DHCPv6 (RFC 5007).
TYPE, AGENT, STATUS, ACTIVE, BULK, DONE = 53, 82, 151, 13, 14, 15
QUERY6, REPLY6, DONE6, DATA6 = 14, 15, 16, 17


def quoted(text):
    """Commas of a column as Kea writes them."""
    return text.replace(",", "&#x2c")


class Bulk(Scene):
    def library(self, requesters, **advanced):
        parameters = {"requesters": requesters, "advanced": {"bulk-query-enabled": True, **advanced}}
        return {"hooks-libraries": [{"library": "libdhcp_lease_query.so", "parameters": parameters}]}

    def connect(self, to, port, source):
        with in_namespace("client"):
            return socket.create_connection((to, port), timeout=10, source_address=(source, 0))

    def receive(self, connection, last):
        """Messages up to the last one, or up to the end of the connection."""
        data, messages = b"", []
        while not (messages and last(messages)):
            piece = connection.recv(65536)
            if not piece:
                return messages
            data += piece
            while len(data) >= 2 and len(data) >= 2 + int.from_bytes(data[:2], "big"):
                length = int.from_bytes(data[:2], "big")
                messages.append(data[2 : 2 + length])
                data = data[2 + length :]
        return messages

    def is_closed(self, connection):
        try:
            return connection.recv(1) == b""
        except ConnectionResetError:
            return True


def framed(message):
    return len(message).to_bytes(2, "big") + message


class V4(Bulk):
    def setUp(self):
        super().setUp()
        expire = int(time.time()) + 3600
        rows = [COLUMNS4]
        for n in range(LEASES):
            relay = "73776974636837" if n % 2 else "6F74686572"
            context = f'{{ "ISC": {{ "relay-agent-info": {{ "remote-id": "{relay}", "sub-options": "0x0207{relay}" }} }} }}'
            rows.append(f"10.0.{n // 250}.{n % 250 + 1},02:00:00:00:{n >> 8:02x}:{n & 255:02x},,4000,{expire},9,0,0,,0,{quoted(context)},0")
        self.kea.folder.mkdir(parents=True, exist_ok=True)
        (self.kea.folder / "kea-leases4.csv").write_text("\n".join(rows) + "\n")

    def serve(self, **advanced):
        subnet = {"id": 9, "subnet": "10.0.0.0/16"}
        self.start4(subnet4=[subnet], **self.library(["192.0.2.10", "192.0.2.11"], **{"lease-query-ip": SERVER4, "lease-query-tcp-port": 6067} | advanced))
        for host in (10, 11, 12):
            self.lab.run("client", "ip", "addr", "add", f"192.0.2.{host}/24", "dev", "cli0")

    def message(self, xid, options, mac=b""):
        head = struct.pack("!BBBBIHH", 1, 1 if mac else 0, len(mac), 0, xid, 0, 0) + bytes(16) + mac.ljust(16, b"\0") + bytes(192)
        body = b"".join(bytes([code, len(data)]) + data for code, data in options.items())
        return framed(head + b"\x63\x82\x53\x63" + bytes([TYPE, 1, BULK]) + body + b"\xff")

    def options(self, message):
        found, at = {}, 240
        while message[at] != 255:
            found[message[at]] = message[at + 2 : at + 2 + message[at + 1]]
            at += 2 + message[at + 1]
        return found

    def kind(self, message):
        return self.options(message)[TYPE][0]

    def until_done(self, connection, count=1):
        return self.receive(connection, lambda messages: sum(self.kind(m) == DONE for m in messages) == count)

    def test_all_leases_of_a_remote_end(self):
        self.serve()
        with self.connect(SERVER4, 6067, "192.0.2.10") as connection:
            connection.sendall(self.message(7, {AGENT: b"\x02\x07switch7"}))
            *leases, done = self.until_done(connection)
            self.assertEqual([self.kind(lease) for lease in leases], [ACTIVE] * (LEASES // 2))
            addresses = [str(ipaddress.ip_address(lease[12:16])) for lease in leases]
            self.assertEqual(len(set(addresses)), LEASES // 2)
            self.assertEqual(self.options(leases[0])[54], ipaddress.ip_address(SERVER4).packed)
            self.assertNotIn(54, self.options(done))
            self.assertEqual(self.options(leases[0])[AGENT], b"\x02\x07switch7")
            # The connection goes on: by hardware address, and what is refused.
            connection.sendall(self.message(8, {}, mac=bytes.fromhex("020000000003")) + self.message(9, {}))
            answers = self.until_done(connection, 2)
            self.assertEqual([self.kind(m) for m in answers if m[4:8] == bytes([0, 0, 0, 8])], [ACTIVE, DONE])
            refused = next(m for m in answers if m[4:8] == bytes([0, 0, 0, 9]))
            self.assertEqual(self.options(refused)[STATUS], b"\x04query for all configured addresses is not supported")

    def test_queries_wait_for_each_other(self):
        self.serve(**{"max-concurrent-queries": 1, "max-leases-per-fetch": 7})
        with self.connect(SERVER4, 6067, "192.0.2.10") as connection:
            connection.sendall(b"".join(self.message(xid, {AGENT: b"\x02\x07switch7"}) for xid in range(5)))
            answers = self.until_done(connection, 5)
            self.assertEqual([m[7] for m in answers], [xid for xid in range(5) for _ in range(LEASES // 2 + 1)])

    def test_who_may_connect(self):
        self.serve(**{"max-requester-connections": 2})
        with self.connect(SERVER4, 6067, "192.0.2.12") as stranger:
            self.assertTrue(self.is_closed(stranger))
        with self.connect(SERVER4, 6067, "192.0.2.10") as first:
            first.sendall(self.message(1, {}, mac=bytes.fromhex("020000000003")))
            self.until_done(first)
            with self.connect(SERVER4, 6067, "192.0.2.10") as second:
                self.assertTrue(self.is_closed(second), "the last one is for the other requester")
            with self.connect(SERVER4, 6067, "192.0.2.11") as other:
                other.sendall(self.message(1, {}, mac=bytes.fromhex("020000000003")))
                self.assertEqual(len(self.until_done(other)), 2)
                with self.connect(SERVER4, 6067, "192.0.2.11") as third:
                    self.assertTrue(self.is_closed(third))

    def test_an_idle_connection_is_closed(self):
        self.serve(**{"max-requester-idle-time": 1})
        with self.connect(SERVER4, 6067, "192.0.2.10") as connection:
            self.assertTrue(self.is_closed(connection))

    def test_bytes_that_make_no_sense(self):
        self.serve(**{"max-requester-connections": 100})
        chance = random.Random(6926)
        good = self.message(7, {AGENT: b"\x02\x07switch7"})
        for _ in range(200):
            bad = bytearray(good)
            for _ in range(chance.randrange(1, 6)):
                bad[chance.randrange(len(bad))] = chance.randrange(256)
            with self.connect(SERVER4, 6067, "192.0.2.10") as connection:
                connection.sendall(bytes(bad[: chance.randrange(1, len(bad) + 1)]))
        with self.connect(SERVER4, 6067, "192.0.2.10") as connection:
            connection.sendall(good)
            self.assertEqual(len(self.until_done(connection)), LEASES // 2 + 1)
        with self.connect(SERVER4, 6067, "192.0.2.10") as connection:
            connection.sendall(b"\0\0")
            self.assertTrue(self.is_closed(connection))


class V6(Bulk):
    def setUp(self):
        super().setUp()
        expire = int(time.time()) + 3600
        rows = [COLUMNS6]
        for n in range(LEASES):
            relay = "000300010A" if n % 2 else "000300010B"
            info = f'{{ "hop": 0, "link": "2001:db8:9::1", "peer": "fe80::1", "relay-id": "{relay}" }}'
            context = f'{{ "ISC": {{ "relay-info": [ {info} ] }} }}'
            rows.append(f"2001:db8:9::{n + 1:x},00:03:00:01:02:00:00:00:{n >> 8:02x}:{n & 255:02x},4000,{expire},9,3000,0,1,128,0,0,,,0,{quoted(context)},1,0,0")
        self.kea.folder.mkdir(parents=True, exist_ok=True)
        (self.kea.folder / "kea-leases6.csv").write_text("\n".join(rows) + "\n")

    def serve(self, **advanced):
        self.lab.run("client", "ip", "addr", "add", "2001:db8:1::10/64", "dev", "cli0", "nodad")
        subnet = {"id": 9, "subnet": "2001:db8:9::/64"}
        self.start6(subnet6=[subnet], **self.library(["2001:db8:1::/64"], **{"lease-query-ip": SERVER6, "lease-query-tcp-port": 6547} | advanced))

    def message(self, transaction, kind, link="::", options=b""):
        def option(code, data):
            return struct.pack("!HH", code, len(data)) + data

        query = bytes([kind]) + ipaddress.ip_address(link).packed + options
        return framed(struct.pack("!I", QUERY6 << 24 | transaction) + option(1, bytes.fromhex("00030001020000000001")) + option(44, query))

    def until(self, connection, *kinds):
        return self.receive(connection, lambda messages: messages[-1][0] in kinds)

    def test_all_leases_of_a_relay_and_of_a_link(self):
        self.serve()
        with self.connect(SERVER6, 6547, "2001:db8:1::10") as connection:
            relay_id = struct.pack("!HH", 53, 5) + bytes.fromhex("000300010a")
            connection.sendall(self.message(1, 3, options=relay_id))
            messages = self.until(connection, DONE6)
            self.assertEqual([m[0] for m in messages], [REPLY6] + [DATA6] * (LEASES // 2 - 1) + [DONE6])
            connection.sendall(self.message(2, 4, link="2001:db8:9::77"))
            self.assertEqual(len(self.until(connection, DONE6)), LEASES + 1)
            connection.sendall(self.message(3, 4, link="2001:db8:8::77"))
            (reply,) = self.until(connection, REPLY6)
            self.assertIn(b"\0\x09not a configured link", reply)
            connection.sendall(self.message(4, 3, options=struct.pack("!HH", 53, 5) + bytes.fromhex("000300010c")))
            (reply,) = self.until(connection, REPLY6)
            self.assertIn(b"\0\0no active leases", reply)

    def test_tables_that_are_off(self):
        self.serve(**{"extended-info-tables-enabled": False})
        with self.connect(SERVER6, 6547, "2001:db8:1::10") as connection:
            connection.sendall(self.message(2, 4, link="2001:db8:9::77"))
            (reply,) = self.until(connection, REPLY6)
            self.assertIn(b"\0\x0aextended info tables are disabled", reply)

    def test_a_new_configuration_keeps_connections_or_closes_them(self):
        self.serve()
        with self.connect(SERVER6, 6547, "2001:db8:1::10") as connection:
            connection.sendall(self.message(2, 4, link="2001:db8:9::77"))
            self.until(connection, DONE6)
            config = self.kea.command("kea-dhcp6", "config-get")["arguments"]
            config.pop("hash", None)
            self.assertEqual(self.kea.command("kea-dhcp6", "config-set", config)["result"], 0)
            connection.sendall(self.message(3, 4, link="2001:db8:9::77"))
            self.assertEqual(len(self.until(connection, DONE6)), LEASES + 1)
            config["Dhcp6"]["hooks-libraries"] = []
            self.assertEqual(self.kea.command("kea-dhcp6", "config-set", config)["result"], 0)
            self.assertTrue(self.is_closed(connection))


if __name__ == "__main__":
    unittest.main()
