"""Leases in databases of both kinds: what is promised is there, what others write is heeded, and what is lost comes back."""

import os
import random
import subprocess
import unittest
from pathlib import Path

from databases import shared
from lab import Dhclient, Kea, run, wait_for
from mysql import Mysql
from postgres import Postgres
from scene import SERVER4, Scene
from test_power import BLAST, RELAY

SCRIPTS = Path(__file__).resolve().parent.parent.parent / "dhcpd" / "sql" / "scripts"
ROUNDS = int(os.environ.get("TAKAHE_POWER_ROUNDS", "4"))


def number(address):
    a, b, c, d = map(int, address.split("."))
    return a << 24 | b << 16 | c << 8 | d


class InPostgresql:
    name, short, kind, version = "PostgreSQL", "pgsql", Postgres, "34.0"
    unreachable = "connection to server on socket"
    schemaless = 'relation "schema_version" does not exist'

    def hex(self, column):
        return f"encode({column}, 'hex')"

    def ip(self, column):
        return f"host({column})"

    def bytes(self, digits):
        return f"'\\x{digits}'"

    def narrow(self, table, column, length):
        self.sql(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE VARCHAR({length})")


class InMysql:
    name, short, kind, version = "MySQL", "mysql", Mysql, "35.0"
    unreachable = "Can't connect to "
    schemaless = "unable to prepare MySQL statement"

    def hex(self, column):
        return f"lower(hex({column}))"

    def ip(self, column):
        return f"inet6_ntoa({column})"

    def bytes(self, digits):
        return f"x'{digits}'"

    def narrow(self, table, column, length):
        self.sql(f"ALTER TABLE {table} MODIFY {column} VARCHAR({length})")


class Mirrored(Scene):
    @classmethod
    def setUpClass(cls):
        cls.database = shared(cls.kind, __name__)

    def setUp(self):
        super().setUp()
        if not self.database.process:
            self.database.start()
        self.database.create(SCRIPTS / self.short / f"dhcpdb_create.{self.short}")
        self.more = {}

    def leases(self, family):
        return self.database.by_socket(self.kea.env, **self.more)

    def common(self, family, *given, **more):
        libraries = [{"library": f"libdhcp_{name}.so"} for name in (self.short, "lease_cmds", "stat_cmds")]
        return super().common(family, *given, **more) | {"hooks-libraries": libraries}

    def sql(self, text):
        return self.database.sql(text)

    def insert(self, *addresses):
        """Leases that another server gave out."""
        values = ", ".join(f"({number(address)}, {self.bytes('020000000099')}, 4000, now() + interval '3000' second, 1, false, false, '', 0)" for address in addresses)
        self.sql(f"INSERT INTO lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state) VALUES {values}")

    def client(self, name="dhclient4", **more):
        return Dhclient(self.lab, "client", "cli0", name=name, **more).start()

    def bound(self, name="dhclient4", **more):
        client = self.client(name, **more)
        address = client.wait("BOUND", "REBOOT")["new_ip_address"]
        client.stop()
        return address


class Rows:
    def test_a_lease_is_there_when_the_client_has_it(self):
        self.start4()
        self.assertEqual(self.bound(config='send host-name "guest";'), "192.0.2.100")
        in_time = f"expire BETWEEN now() + interval '3980' second AND now() + interval '4000' second"
        rows = self.sql(f"SELECT address, {self.hex('hwaddr')}, valid_lifetime, subnet_id, hostname, state FROM lease4 WHERE {in_time}")
        mac = self.lab.run("client", "cat", "/sys/class/net/cli0/address").strip().replace(":", "")
        self.assertEqual(rows, [(str(number("192.0.2.100")), mac, "4000", "1", "guest", "0")])
        self.assertEqual(self.sql("SELECT subnet_id, state, leases FROM lease4_stat"), [("1", "0", "1")])

    def test_addresses_and_prefixes_are_there_when_the_client_has_them(self):
        self.start6()
        client = Dhclient(self.lab, "client", "cli0", family=6, options=["-N", "-P"]).start()
        client.wait("BOUND6")
        wait_for(lambda: len(self.sql("SELECT 1 FROM lease6")) == 2, "two leases")
        rows = self.sql(f"SELECT {self.ip('address')}, prefix_len, lease_type, valid_lifetime, pref_lifetime, state FROM lease6 WHERE octet_length(duid) > 3 ORDER BY lease_type")
        self.assertEqual(rows, [("2001:db8:1::1000", "128", "0", "4000", "3000", "0"), ("2001:db8:8000::", "56", "2", "4000", "3000", "0")])
        client.stop()
        self.kea.processes["kea-dhcp6"].stop()
        self.start6()
        self.assertEqual(self.statistic("kea-dhcp6", "subnet[1].assigned-nas"), 1)
        self.assertEqual(self.statistic("kea-dhcp6", "subnet[1].assigned-pds"), 1)
        self.assertEqual(self.kea.command("kea-dhcp6", "lease6-wipe", {"subnet-id": 1})["result"], 0)
        self.assertEqual(self.sql("SELECT 1 FROM lease6"), [])

    def test_a_restart_finds_the_leases(self):
        self.insert("192.0.2.100")
        server = self.start4()
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 1)
        self.assertEqual(self.bound(), "192.0.2.101")
        server.stop()
        self.start4()
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 2)
        self.assertEqual(self.bound(), "192.0.2.101")

    def test_a_row_that_is_no_lease_costs_that_row_only(self):
        self.insert("192.0.2.100", "192.0.2.101")
        self.sql(f"UPDATE lease4 SET expire = NULL WHERE address = {number('192.0.2.100')}")
        server = self.start4()
        server.expect("DATABASE_LEASE_UNFIT a row of the lease database is left out: lease on 192.0.2.100: expire is missing")
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 1)

    def test_commands_about_leases_and_counts(self):
        self.start4()
        do = lambda command, **arguments: self.kea.command("kea-dhcp4", command, arguments)
        self.assertEqual(do("lease4-add", **{"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:01"})["result"], 0)
        self.assertEqual(self.database.value(f"SELECT {self.hex('hwaddr')} FROM lease4"), "020000000001")
        self.assertEqual(do("lease4-update", **{"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:02"})["result"], 0)
        self.assertEqual(self.database.value(f"SELECT {self.hex('hwaddr')} FROM lease4"), "020000000002")
        self.insert("192.0.2.151")
        self.assertEqual(do("lease4-get", **{"ip-address": "192.0.2.151"})["arguments"]["hw-address"], "02:00:00:00:00:99")
        self.insert("192.0.2.152")
        listed = do("lease4-get-all", subnets=[1])["arguments"]["leases"]
        self.assertEqual([lease["ip-address"] for lease in listed], ["192.0.2.150", "192.0.2.151", "192.0.2.152"])
        self.insert("192.0.2.153")
        rows = do("stat-lease4-get")["arguments"]["result-set"]["rows"]
        self.assertEqual([row[3] for row in rows], [4])
        self.sql(f"DELETE FROM lease4 WHERE address = {number('192.0.2.151')}")
        self.assertEqual(do("lease4-get", **{"ip-address": "192.0.2.151"})["result"], 3)
        self.assertEqual(do("lease4-del", **{"ip-address": "192.0.2.150"})["result"], 0)
        self.assertEqual(self.sql("SELECT address FROM lease4 ORDER BY 1"), [(str(number(f"192.0.2.{host}")),) for host in (152, 153)])
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 2)

    def test_leases_that_are_over_are_reclaimed(self):
        self.insert("192.0.2.100", "192.0.2.101")
        self.start4(**{"expired-leases-processing": {"reclaim-timer-wait-time": 1, "hold-reclaimed-time": 3600, "flush-reclaimed-timer-wait-time": 1}})
        self.insert("192.0.2.102")  # whose server is no more
        self.sql(f"UPDATE lease4 SET expire = now() - interval '10' second WHERE address != {number('192.0.2.101')}")
        wait_for(lambda: self.sql("SELECT count(*) FROM lease4 WHERE state = 2") == [("2",)], "two reclaimed leases")
        self.assertEqual(self.sql("SELECT state, leases FROM lease4_stat ORDER BY state"), [("0", "1"), ("2", "2")][: len(self.sql("SELECT 1 FROM lease4_stat"))])
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 1)
        self.sql(f"UPDATE lease4 SET expire = now() - interval '2' hour WHERE state = 2")
        wait_for(lambda: self.sql("SELECT count(*) FROM lease4") == [("1",)], "reclaimed leases to go")

    def test_what_the_database_cannot_take_takes_nothing_with_it(self):
        self.narrow("lease6", "hostname", 3)
        server = self.start6()
        lease = lambda host, name: {"ip-address": f"2001:db8:1::{host}", "duid": "01:02:03:04", "iaid": host, "hostname": name, "subnet-id": 1}
        self.kea.command("kea-dhcp6", "lease6-bulk-apply", {"leases": [lease(1, "one"), lease(2, "another"), lease(3, "two")]})
        self.assertEqual(self.sql(f"SELECT {self.ip('address')} FROM lease6 ORDER BY 1"), [("2001:db8:1::1",), ("2001:db8:1::3",)])
        server.expect("DATABASE_LEASE_REFUSED a lease cannot be written into the database: lease on 2001:db8:1::2: ")
        self.assertEqual(self.statistic("kea-dhcp6", "subnet[1].assigned-nas"), 2)

    def test_the_library_is_wanted(self):
        config = {"Dhcp4": self.common(4) | {"hooks-libraries": []}}
        server = self.kea.start("kea-dhcp4", config, started="DHCP4_INIT_FAIL")
        kind = self.database.kind
        self.assertIn(f"The Kea server has not been compiled with support for lease database type: {kind}. Did you forget to use -D {kind}=enabled during setup or to load libdhcp_{self.short} hook library?", server.output())

    def test_an_empty_database_is_given_a_schema(self):
        self.database.fresh()
        server = self.start4()
        self.assertEqual(self.sql("SELECT count(*) FROM lease4"), [("0",)])
        self.assertRegex(server.output(), rf"DATABASE_{self.short.upper()}_INITIALIZE_SCHEMA .*kea-admin db-init {self.short} --host [^ ]+ --name keatest --user keatest( --port \d+)?\.\n")
        self.assertEqual(self.bound(), "192.0.2.100")

    def test_a_database_that_may_not_be_written_is_given_none(self):
        self.database.fresh()
        config = self.common(4)
        config["lease-database"]["readonly"] = True
        server = self.kea.start("kea-dhcp4", {"Dhcp4": config}, started="DHCP4_INIT_FAIL")
        self.assertIn(f"DATABASE_{self.short.upper()}_NO_INIT_READONLY", server.output())
        self.assertIn(self.schemaless, server.output())

    def test_another_schema_is_refused(self):
        self.sql("UPDATE schema_version SET version = 13")
        server = self.kea.start("kea-dhcp4", {"Dhcp4": self.common(4)}, started="DHCP4_INIT_FAIL")
        self.assertIn(f"Unable to open database: {self.name} schema version mismatch: expected version: {self.version}, found version: 13.0", server.output())
        self.assertNotIn(self.database.password + "'", server.output())


class Shared:
    """Two servers on one database."""

    def test_what_another_gave_out_is_not_given_out_again(self):
        self.start4()
        self.insert("192.0.2.100", "192.0.2.101")
        self.assertEqual(self.bound(), "192.0.2.102")
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 3)

    def test_two_servers_give_out_one_pool(self):
        self.lab.namespace("other")
        self.lab.link("other", "srv0", "client", "cli1", [f"{SERVER4}/24"])
        self.start4()
        other = Kea(self.lab, "other", "other")
        other.env = self.kea.env | other.env
        config = (self.kea.folder / "kea-dhcp4.conf").read_text().replace(self.kea.socket("kea-dhcp4"), other.socket("kea-dhcp4"))
        other.start("kea-dhcp4", config)
        mine = {self.bound(f"mine{n}", config=f'send dhcp-client-identifier "mine{n}";') for n in range(3)}
        through_other = lambda n: Dhclient(self.lab, "client", "cli1", name=f"other{n}", config=f'send dhcp-client-identifier "other{n}";').start()
        others = set()
        for n in range(3):
            client = through_other(n)
            others.add(client.wait("BOUND")["new_ip_address"])
            client.stop()
        self.assertEqual(len(mine | others), 6, (mine, others))
        # A client that moves to the other server is known there.
        client = Dhclient(self.lab, "client", "cli1", name="moved", config='send dhcp-client-identifier "mine0";').start()
        self.assertIn(client.wait("BOUND")["new_ip_address"], mine)
        self.assertEqual(self.database.value("SELECT count(*) FROM lease4"), "6")


    def test_two_servers_under_load_promise_no_address_twice(self):
        blast = self.lab.folder / "blast"
        run("cc", "-O2", "-o", blast, BLAST)
        self.lab.namespace("other", "clients")
        self.lab.link("other", "srv0", "clients", "cli0", [f"{SERVER4}/24"])
        loads = []
        for turn, (ns, clients) in enumerate((("server", "client"), ("other", "clients"))):
            kea = self.kea if ns == "server" else Kea(self.lab, ns, ns)
            self.lab.run(clients, "ip", "address", "add", f"{RELAY}/8", "dev", "cli0")
            self.lab.run(ns, "ip", "address", "add", f"{SERVER4}/8", "dev", "srv0")
            config = self.common(4, severity="FATAL") | {"valid-lifetime": 86400, "subnet4": [{"id": 1, "subnet": "192.0.0.0/8", "pools": [{"pool": "192.16.0.0 - 192.255.0.0"}]}]}
            config["control-sockets"][0]["socket-name"] = kea.socket("kea-dhcp4")
            kea.env = self.kea.env | kea.env
            kea.start("kea-dhcp4", {"Dhcp4": config}, started="")
            wait_for(lambda: f"{SERVER4}:67 " in self.lab.run(ns, "ss", "-Hlun"), "the socket")
            loads.append((clients, turn * 1000000, self.lab.folder / f"acked-{turn}"))
        words = lambda clients, first, log: ["ip", "netns", "exec", clients, blast, "-w", "32", "-t", "4", "-f", str(first), "-a", str(log), SERVER4, RELAY]
        running = [subprocess.Popen(words(*load), stdout=subprocess.DEVNULL) for load in loads]
        self.assertEqual([load.wait(30) for load in running], [0, 0])
        promised = [line.split() for *_, log in loads for line in log.read_text().splitlines()]
        self.assertGreater(len(promised), 50)
        self.assertEqual(len({address for _, address in promised}), len(promised))
        held = {tuple(row) for row in self.sql(f"SELECT {self.hex('hwaddr')}, address FROM lease4")}
        self.assertEqual([pair for pair in promised if (pair[0].replace(":", ""), str(number(pair[1]))) not in held], [])


class Lost:
    """The database goes away."""

    def serve(self, **more):
        self.more = {"max-reconnect-tries": 50, "reconnect-wait-time": 100} | more
        # A look for leases that are over notices within a second that the database is gone.
        return self.start4(**{"expired-leases-processing": {"reclaim-timer-wait-time": 1}})

    def service(self):
        return self.kea.command("kea-dhcp4", "status-get")["arguments"]["dhcp-state"]

    def test_it_comes_back(self):
        server = self.serve()
        self.database.stop()
        server.expect("DHCP4_DB_RECONNECT_LOST_CONNECTION database connection lost: manager ID: 0")
        wait_for(lambda: self.service()["disabled-by-db-connection"], "the service to stop")
        client = self.client()
        self.database.start()
        self.insert("192.0.2.100")
        server.expect("DHCP4_DB_RECONNECT_SUCCEEDED database connection recovered.")
        self.assertFalse(self.service()["disabled-by-db-connection"])
        self.assertEqual(client.wait("BOUND", seconds=60)["new_ip_address"], "192.0.2.101")
        client.stop()
        self.assertEqual(self.statistic("kea-dhcp4", "subnet[1].assigned-addresses"), 2)

    def test_without_tries_the_server_ends(self):
        server = self.serve(**{"max-reconnect-tries": 0})
        self.database.stop()
        self.assertEqual(server.popen.wait(20), 1)
        self.assertIn("DHCP4_FATAL_DB_RECONNECT_DISABLED", server.output())

    def test_when_tries_are_over_the_server_ends(self):
        server = self.serve(**{"max-reconnect-tries": 3, "on-fail": "serve-retry-exit"})
        self.database.stop()
        self.assertEqual(server.popen.wait(20), 1)
        self.assertIn("DHCP4_FATAL_DB_RECONNECT_FAILED maximum number of database reconnect attempts: 3, has been exhausted without success", server.output())
        self.assertEqual(server.output().count(f"{self.short.upper()}_LB_DB_RECONNECT_ATTEMPT_FAILED"), 3)

    def test_a_server_may_go_on(self):
        server = self.serve(**{"max-reconnect-tries": 2, "on-fail": "serve-retry-continue"})
        self.database.stop()
        server.expect("DHCP4_DB_RECONNECT_FAILED maximum number of database reconnect attempts: 2")
        self.assertFalse(self.service()["disabled-by-db-connection"])
        answer = self.kea.command("kea-dhcp4", "lease4-get", {"ip-address": "192.0.2.100"})
        self.assertEqual(answer["result"], 1)

    def test_at_the_start(self):
        self.database.stop()
        server = self.kea.start("kea-dhcp4", {"Dhcp4": self.common(4)}, started="DHCP4_INIT_FAIL")
        self.assertIn(f"Unable to open database: {self.unreachable}", server.output())
        self.more = {"retry-on-startup": True, "max-reconnect-tries": 100, "reconnect-wait-time": 100}
        server = self.start4()
        server.expect("DHCPSRV_LEASE_MGR_DB_OPEN_CONNECTION_WITH_RETRY_FAILED")
        self.database.start()
        server.expect("DHCP4_DB_RECONNECT_SUCCEEDED")
        self.assertEqual(self.bound(), "192.0.2.100")


class Killed:
    def test_acknowledged_leases_survive_sigkill_under_load(self):
        blast = self.lab.folder / "blast"
        run("cc", "-O2", "-o", blast, BLAST)
        self.lab.run("client", "ip", "address", "add", f"{RELAY}/8", "dev", "cli0")
        self.lab.run("server", "ip", "address", "add", f"{SERVER4}/8", "dev", "srv0")
        config = self.common(4, severity="WARN") | {"valid-lifetime": 86400, "subnet4": [{"id": 1, "subnet": "192.0.0.0/8", "pools": [{"pool": "192.16.0.0 - 192.255.0.0"}]}]}
        socket_open = lambda: f"{SERVER4}:67 " in self.lab.run("server", "ss", "-Hlun")
        seed = random.randrange(1 << 30)
        dice, promised, clients = random.Random(seed), {}, 0
        for turn in range(ROUNDS):
            server = self.kea.start("kea-dhcp4", {"Dhcp4": config}, started="")
            wait_for(socket_open, "the socket")
            known = self.sql("SELECT count(*) FROM lease4")
            log = self.lab.folder / f"acked-{turn}"
            load = subprocess.Popen(["ip", "netns", "exec", "client", blast, "-w", "64", "-t", "5", "-o", "200", "-f", str(clients), "-a", str(log), SERVER4, RELAY], stdout=subprocess.PIPE, text=True)
            wait_for(lambda: self.sql("SELECT count(*) FROM lease4") != known, "leases")
            with self.subTest(turn=turn, seed=seed):
                with self.assertRaises(subprocess.TimeoutExpired):
                    server.popen.wait(dice.uniform(0, 1))
                server.kill()
                out, _ = load.communicate(timeout=30)
                clients += int(out.split('"discovers": ')[1].split(",")[0])
                promised.update(line.split() for line in log.read_text().splitlines())
        self.assertGreater(len(promised), ROUNDS * 20)
        held = {tuple(row) for row in self.sql(f"SELECT {self.hex('hwaddr')}, address FROM lease4")}
        lost = {mac: address for mac, address in promised.items() if (mac.replace(":", ""), str(number(address))) not in held}
        self.assertEqual(lost, {}, f"{len(lost)} of {len(promised)} acknowledged leases are not in the database (seed {seed})")
        print(f"{len(promised)} leases acknowledged, {ROUNDS} kills, all kept", end=" ")


class RowsInPostgresql(Rows, InPostgresql, Mirrored):
    pass


class RowsInMysql(Rows, InMysql, Mirrored):
    def test_the_time_of_a_lease_ends_in_2038(self):
        server = self.start4()
        self.kea.command("kea-dhcp4", "lease4-add", {"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:01", "valid-lft": 2000000000})
        server.expect("DATABASE_LEASE_REFUSED a lease cannot be written into the database: lease on 192.0.2.150: Time value is too large: ")
        self.assertEqual(self.sql("SELECT address FROM lease4"), [])
        self.kea.command("kea-dhcp4", "lease4-add", {"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:01", "valid-lft": 4294967295})
        self.assertEqual(self.sql(f"SELECT address FROM lease4 WHERE expire > now() - interval '1' minute"), [(str(number("192.0.2.150")),)])


class SharedInPostgresql(Shared, InPostgresql, Mirrored):
    pass


class SharedInMysql(Shared, InMysql, Mirrored):
    pass


class LostInPostgresql(Lost, InPostgresql, Mirrored):
    pass


class LostInMysql(Lost, InMysql, Mirrored):
    pass


class KilledInPostgresql(Killed, InPostgresql, Mirrored):
    pass


class KilledInMysql(Killed, InMysql, Mirrored):
    pass


if __name__ == "__main__":
    unittest.main()
