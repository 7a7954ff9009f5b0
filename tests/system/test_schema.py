"""The scripts that make a database: what its triggers count, audit and refuse, and what dropping and wiping leave. Each test is
made with every kind of database.
"""

import os
import subprocess
import unittest

from databases import shared
from lab import ROOT
from mysql import PLACES, Mysql
from postgres import Postgres

SCRIPTS = ROOT / "dhcpd" / "sql" / "scripts"
IN_CLASSES = """'{"ISC": {"client-classes": ["a", "b"]}}'"""
LIMITS = """'{"ISC": {"limits": {"client-classes": [{"name": "a", "address-limit": %d}], "subnet": {"id": 1, "address-limit": %d, "prefix-limit": %d}}}}'"""


class PgsqlWords:
    name, kind, version = "pgsql", Postgres, "34.0"
    truth = {"f": False, "t": True}
    disable_audit = "SET kea.disable_audit = 'true'; "

    def call(self, routine, arguments=""):
        return f"SELECT {routine}({arguments}); "

    def rows_of(self, routine):
        return self.sql(f"SELECT * FROM {routine}()")

    def bytes_of(self, address):
        return f"'{address}'"

    def small(self, number):
        return f"{number}::SMALLINT"

    def tables(self):
        return [table for (table,) in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]

    def left(self):
        """All that a database holds."""
        catalogues = (("pg_class", "relnamespace"), ("pg_proc", "pronamespace"), ("pg_type", "typnamespace"))
        return sum((self.sql(f"SELECT * FROM {catalogue} WHERE {namespace} = 'public'::regnamespace") for catalogue, namespace in catalogues), [])

    def wipe(self, version):
        words = [version, "-h", str(self.server.folder), "-p", str(self.server.port)]
        return words, {"PGPASSWORD": self.server.password}


class MysqlWords:
    name, kind, version = "mysql", Mysql, "35.0"
    truth = {"0": False, "1": True}
    disable_audit = "SET @disable_audit = 1; "

    def call(self, routine, arguments=""):
        return f"CALL {routine}({arguments}); "

    def rows_of(self, routine):
        return self.sql(f"CALL {routine}()")

    def bytes_of(self, address):
        return f"INET6_ATON('{address}')"

    def small(self, number):
        return str(number)

    def tables(self):
        return [table for (table,) in self.sql("SHOW TABLES")]

    def left(self):
        """All that a database holds."""
        places = (("tables", "table_schema"), ("routines", "routine_schema"), ("triggers", "trigger_schema"))
        return sum((self.sql(f"SELECT * FROM information_schema.{place} WHERE {schema} = DATABASE()") for place, schema in places), [])

    def wipe(self, version):
        words = [version, f"--socket={self.server.socket}"]
        return words, {"MYSQL_PWD": self.server.password, "PATH": PLACES + os.pathsep + os.environ["PATH"]}


class Schema:
    def setUp(self):
        self.server = shared(self.kind, __name__)
        self.server.create(SCRIPTS / self.name / f"dhcpdb_create.{self.name}")
        self.sql, self.value = self.server.sql, self.server.value

    def refused(self, statement, reason):
        with self.assertRaisesRegex(RuntimeError, reason):
            self.sql(statement)

    def revision(self, family, cascade="false"):
        return self.call(f"createAuditRevisionDHCP{family}", f"'2026-01-01', 'all', 'why', {cascade}")


class Leases(Schema):
    def counts(self, table):
        return dict((row[:-1], int(row[-1])) for row in self.sql(f"SELECT * FROM {table}") if row[-1] != "0")

    def test_dhcpv4_leases_are_counted(self):
        self.sql(f"INSERT INTO lease4 (address, subnet_id, pool_id, user_context) VALUES (1, 1, 7, {IN_CLASSES}), (2, 1, 0, NULL), (3, 2, 0, '')")
        self.assertEqual(self.counts("lease4_stat"), {("1", "0"): 2, ("2", "0"): 1})
        self.assertEqual(self.counts("lease4_pool_stat"), {("1", "7", "0"): 1, ("1", "0", "0"): 1, ("2", "0", "0"): 1})
        self.assertEqual(self.counts("lease4_stat_by_client_class"), {("a",): 1, ("b",): 1})
        # Declined, moved to another subnet, into a class, reclaimed, removed.
        self.sql("UPDATE lease4 SET state = 1 WHERE address = 1; UPDATE lease4 SET subnet_id = 2, pool_id = 5 WHERE address = 2")
        self.sql("""UPDATE lease4 SET user_context = '{"ISC": {"client-classes": ["c"]}}' WHERE address = 3""")
        self.assertEqual(self.counts("lease4_stat"), {("1", "1"): 1, ("2", "0"): 2})
        self.assertEqual(self.counts("lease4_pool_stat"), {("1", "7", "1"): 1, ("2", "5", "0"): 1, ("2", "0", "0"): 1})
        self.assertEqual(self.counts("lease4_stat_by_client_class"), {("c",): 1})
        self.sql("UPDATE lease4 SET state = 2 WHERE address = 1; DELETE FROM lease4 WHERE address > 1")
        for table in ("lease4_stat", "lease4_pool_stat", "lease4_stat_by_client_class"):
            self.assertEqual(self.counts(table), {}, table)

    def test_dhcpv6_leases_are_counted_by_type(self):
        self.sql(
            f"INSERT INTO lease6 (address, subnet_id, lease_type, prefix_len, state, user_context) VALUES ({self.bytes_of('2001:db8::1')}, 1, 0, 128, 0, {IN_CLASSES}),"
            f"({self.bytes_of('2001:db8::2')}, 1, 0, 128, 4, {IN_CLASSES}), ({self.bytes_of('2001:db8:1::')}, 1, 2, 64, 0, {IN_CLASSES})"
        )
        self.assertEqual(self.counts("lease6_stat"), {("1", "0", "0"): 1, ("1", "0", "4"): 1, ("1", "2", "0"): 1})
        self.assertEqual(self.counts("lease6_pool_stat"), {("1", "0", "0", "0"): 1, ("1", "0", "2", "0"): 1})
        self.assertEqual(self.counts("lease6_stat_by_client_class"), {(name, kind): 1 for name in "ab" for kind in "02"})
        self.sql("UPDATE lease6 SET state = 3 WHERE lease_type = 2; DELETE FROM lease6 WHERE state = 4")
        self.assertEqual(self.counts("lease6_stat"), {("1", "0", "0"): 1})
        self.assertEqual(self.counts("lease6_stat_by_client_class"), {("a", "0"): 1, ("b", "0"): 1})
        self.refused(f"INSERT INTO lease6 (address, lease_type) VALUES ({self.bytes_of('::1')}, 1)", "fk_lease6_type")

    def test_limits(self):
        def limit4(*numbers):
            return self.value(f"SELECT checkLease4Limits({LIMITS % numbers})")

        def limit6(*numbers):
            return self.value(f"SELECT checkLease6Limits({LIMITS % numbers})")

        self.assertEqual(limit4(1, 1, 1), "")
        self.sql(f"INSERT INTO lease4 (address, subnet_id, user_context) VALUES (1, 1, {IN_CLASSES})")
        self.sql(f"INSERT INTO lease6 (address, subnet_id, lease_type, user_context) VALUES ({self.bytes_of('2001:db8::')}, 1, 2, {IN_CLASSES})")
        self.assertEqual(limit4(2, 2, 0), "")
        self.assertEqual(limit4(1, 1, 0), 'address limit 1 for client class "a", current lease count 1')
        self.assertEqual(limit4(2, 1, 0), "address limit 1 for subnet ID 1, current lease count 1")
        self.assertEqual(limit6(1, 1, 2), "")
        self.assertEqual(limit6(0, 1, 2), 'address limit 0 for client class "a", current lease count 0')
        self.assertEqual(limit6(1, 1, 1), "prefix limit 1 for subnet ID 1, current lease count 1")
        self.assertEqual(self.value("SELECT concat(checkLease4Limits(''), checkLease6Limits('{}'))"), "")

    def test_rows_of_a_file_and_back(self):
        row4 = ("192.0.2.1", "02:00:00:00:00:01", "01:02", "3600", "1700000000", "1", "1", "0", "a&#x2cb", "0", '{"x":1&#x2c"y":2}', "3")
        row6 = ("2001:db8::1", "00:03", "3600", "1700000000", "1", "1800", "0", "5", "128", "0", "1", "h", "02:00", "0", "", "1", "2", "4")
        for family, row in ((4, row4), (6, row6)):
            values = ", ".join(value if value.lstrip("-").isdigit() else f"'{value}'" for value in row)
            self.sql(self.call(f"lease{family}Upload", values))
            self.assertEqual(self.rows_of(f"lease{family}DumpData"), [row])
            ((header,),) = self.rows_of(f"lease{family}DumpHeader")
            self.assertEqual(len(header.split(",")), len(row))
        self.assertEqual(self.sql("SELECT hostname, user_context FROM lease4"), [("a,b", '{"x":1,"y":2}')])

    def test_queues_of_free_addresses(self):
        def pick(family, first, last):
            return self.value(f"SELECT sflqPickFreeLease{family}({first}, {last})")

        self.sql("INSERT INTO lease4 (address, subnet_id, state) VALUES (11, 1, 0), (12, 1, 2)")
        create = self.call("sflqCreateFlqPool4", "10, 13, 1, false")
        self.sql(create)
        self.assertEqual([pick(4, 10, 13) for _ in range(4)], ["10", "12", "13", "10"])
        self.assertEqual(pick(4, 1, 2), "0")
        self.refused(create, "flq_pool4_(start_end_address|address_range)")
        self.refused(self.call("sflqCreateFlqPool4", "0, 13, 1, false"), "Invalid range: 0.0.0.0 - 0.0.0.13")
        lease = "10, NULL, NULL, 60, '2026-01-01', 1, false, false, '', %d, NULL, NULL, NULL, 0"
        self.assertEqual(self.value(f"SELECT sflqInsertLease4({lease % 0})"), "1")
        self.assertEqual(pick(4, 10, 13), "12")
        self.assertEqual(self.value(f"SELECT sflqUpdateLease4({lease % 2}, 10, '2026-01-01')"), "1")
        self.assertEqual(pick(4, 10, 13), "13")
        self.assertEqual(pick(4, 10, 13), "10")
        self.assertEqual(self.value("SELECT sflqDeleteLease4(11, '2026-01-01')"), "0")

        def create6(pool, kind, length):
            self.sql(self.call("sflqCreateFlqPool6", f"{pool}, {self.small(kind)}, {self.small(length)}, 1, false"))

        pool = "'2001:db8::', '2001:db8:0:ffff::'"
        create6(pool, 2, 50)
        self.assertEqual([pick(6, *pool.split(", ")) for _ in range(5)], ["2001:db8::", "2001:db8:0:4000::", "2001:db8:0:8000::", "2001:db8:0:c000::", "2001:db8::"])
        # Another length of prefixes makes another queue; the last prefix there is ends it.
        create6(pool, 2, 49)
        self.assertEqual(self.value("SELECT count(*) FROM free_lease6"), "2")
        create6("'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'", 0, 128)
        self.assertEqual(self.value("SELECT count(*) FROM free_lease6"), "4")
        self.sql(f"INSERT INTO lease6 (address, subnet_id, lease_type) VALUES ({self.bytes_of('2001:db8:1::1')}, 1, 0)")
        create6("'2001:db8:1::1', '2001:db8:1::2'", 0, 128)
        self.assertEqual(pick(6, "'2001:db8:1::1'", "'2001:db8:1::2'"), "2001:db8:1::2")


class Audit(Schema):
    def entries(self, family):
        return self.sql(f"SELECT object_type, object_id, m.modification_type FROM dhcp{family}_audit a JOIN modification m ON m.id = a.modification_type ORDER BY a.id")

    def test_what_changes_leaves_an_entry(self):
        for f in (4, 6):
            with self.subTest(family=f):
                revision = self.revision(f)
                network = f"INSERT INTO dhcp{f}_shared_network (name, modification_ts) VALUES ('n', now()); INSERT INTO dhcp{f}_subnet (subnet_id, subnet_prefix, shared_network_name, modification_ts) VALUES (5, 'p', 'n', now()); "
                option = f"INSERT INTO dhcp{f}_options (code, scope_id, dhcp{f}_subnet_id, client_classes) VALUES (6, %s, %s, '[]'); "
                self.sql(revision + network + option % (0, "NULL") + option % (1, "5"))
                # What goes with its owner leaves no entries of its own.
                revision = self.revision(f, "true")
                self.sql(revision + f"DELETE FROM dhcp{f}_shared_network")
                self.sql(revision + f"DELETE FROM dhcp{f}_subnet")
                network, subnet = f"dhcp{f}_shared_network", f"dhcp{f}_subnet"
                self.assertEqual(
                    self.entries(f),
                    [(network, "1", "create"), (subnet, "5", "create"), (f"dhcp{f}_options", "1", "create"), (subnet, "5", "update")]
                    + [(network, "1", "delete"), (subnet, "5", "update")]
                    + [(subnet, "5", "delete")],
                )
                self.assertEqual(set(self.sql(f"SELECT log_message, server_id FROM dhcp{f}_audit_revision")), {("why", "1")})
                self.assertEqual(self.value(f"SELECT count(*) FROM dhcp{f}_options"), "1")

    def test_nothing_is_audited_when_that_is_disabled(self):
        add = "INSERT INTO dhcp4_server (tag, modification_ts) VALUES ('%s', now())"
        self.sql(self.disable_audit + self.revision(4) + add % "x")
        self.assertEqual(self.entries(4), [])
        self.refused(add % "y", "fk_dhcp4_audit_revision|'revision_id' cannot be null")

    def test_classes_stand_in_order(self):
        begin = self.revision(4)
        add = "INSERT INTO dhcp4_client_class (name, follow_class_name, depend_on_known_directly, modification_ts) VALUES ('%s', %s, %s, now()); "
        self.sql(begin + add % ("a", "NULL", "true") + add % ("b", "NULL", "false") + add % ("c", "'a'", "false"))
        order = "SELECT name FROM dhcp4_client_class c JOIN dhcp4_client_class_order o ON c.id = o.class_id ORDER BY order_index"
        self.assertEqual(self.sql(order), [("a",), ("c",), ("b",)])
        # b depends on c, which depends on a, which depends on KNOWN.
        depends = "INSERT INTO dhcp4_client_class_dependency VALUES (%d, %d)"
        self.sql(depends % (3, 1))
        self.sql(depends % (2, 3))
        knows = self.sql("SELECT depend_on_known_indirectly FROM dhcp4_client_class_order ORDER BY class_id")
        self.assertEqual([self.truth[known] for (known,) in knows], [False, True, True])
        self.refused(depends % (1, 2), "must not depend on class defined later")
        self.refused(depends % (1, 1), "must not have dependency on self")
        self.refused(begin + "UPDATE dhcp4_client_class SET follow_class_name = 'b' WHERE name = 'c'", "would break its dependencies")
        check = self.call("checkDHCPv4ClientClassKnownDependencyChange")
        self.sql(begin + "UPDATE dhcp4_client_class SET test = 'x' WHERE name = 'a'; " + check)
        self.refused(begin + "BEGIN; UPDATE dhcp4_client_class SET depend_on_known_directly = false WHERE name = 'a'; " + check, "must not change")
        self.refused("DELETE FROM dhcp4_client_class WHERE name = 'a'", "dhcp4_client_class_dependency_id")


class Ends(Schema):
    def wiped(self, version):
        words, env = self.wipe(version)
        return subprocess.run([SCRIPTS / self.name / "wipe_data.sh", *words], capture_output=True, text=True, env=os.environ | env)

    def test_wiping_leaves_an_empty_database(self):
        def rows():
            return {table: self.sql(f"SELECT * FROM {table}") for table in self.tables()}

        empty = rows()
        self.sql(self.revision(4) + "INSERT INTO dhcp4_server (tag, modification_ts) VALUES ('x', now())")
        self.sql("INSERT INTO lease4 (address, subnet_id) VALUES (1, 1); INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type) VALUES ('', 0)")
        self.sql(self.disable_audit + "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, modification_ts) VALUES (5, 'p', now()); INSERT INTO dhcp4_options (code, scope_id, dhcp4_subnet_id, client_classes) VALUES (6, 1, 5, '[]')")
        wrong = self.wiped("1.0")
        self.assertEqual((wrong.returncode, wrong.stdout), (1, f"Cannot wipe data, wrong schema version. Expected version 1.0, found {self.version}.\n"))
        self.assertNotEqual(rows(), empty)
        done = self.wiped(self.version)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(rows(), empty)

    def test_dropping_leaves_nothing(self):
        self.assertNotEqual(self.left(), [])
        self.sql((SCRIPTS / self.name / f"dhcpdb_drop.{self.name}").read_text())
        self.assertEqual(self.left(), [])


class LeasesInMysql(Leases, MysqlWords, unittest.TestCase):
    pass


class LeasesInPostgresql(Leases, PgsqlWords, unittest.TestCase):
    pass


class AuditInMysql(Audit, MysqlWords, unittest.TestCase):
    pass


class AuditInPostgresql(Audit, PgsqlWords, unittest.TestCase):
    pass


class EndsInMysql(Ends, MysqlWords, unittest.TestCase):
    pass


class EndsInPostgresql(Ends, PgsqlWords, unittest.TestCase):
    pass
