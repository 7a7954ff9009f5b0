"""The scripts that make a database: what its triggers count, audit and refuse, and what dropping and wiping leave."""

import os
import subprocess
import unittest

from lab import ROOT
from postgres import Postgres

SCRIPTS = ROOT / "dhcpd" / "sql" / "scripts" / "pgsql"
IN_CLASSES = """'{"ISC": {"client-classes": ["a", "b"]}}'"""
LIMITS = """'{"ISC": {"limits": {"client-classes": [{"name": "a", "address-limit": %d}], "subnet": {"id": 1, "address-limit": %d, "prefix-limit": %d}}}}'"""


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = cls.enterClassContext(Postgres())

    def setUp(self):
        self.postgres.create(SCRIPTS / "dhcpdb_create.pgsql")
        self.sql = self.postgres.sql

    def refused(self, statement, reason):
        with self.assertRaisesRegex(RuntimeError, reason):
            self.sql(statement)


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
            f"INSERT INTO lease6 (address, subnet_id, lease_type, prefix_len, state, user_context) VALUES ('2001:db8::1', 1, 0, 128, 0, {IN_CLASSES}),"
            f"('2001:db8::2', 1, 0, 128, 4, {IN_CLASSES}), ('2001:db8:1::', 1, 2, 64, 0, {IN_CLASSES})"
        )
        self.assertEqual(self.counts("lease6_stat"), {("1", "0", "0"): 1, ("1", "0", "4"): 1, ("1", "2", "0"): 1})
        self.assertEqual(self.counts("lease6_pool_stat"), {("1", "0", "0", "0"): 1, ("1", "0", "2", "0"): 1})
        self.assertEqual(self.counts("lease6_stat_by_client_class"), {(name, kind): 1 for name in "ab" for kind in "02"})
        self.sql("UPDATE lease6 SET state = 3 WHERE lease_type = 2; DELETE FROM lease6 WHERE state = 4")
        self.assertEqual(self.counts("lease6_stat"), {("1", "0", "0"): 1})
        self.assertEqual(self.counts("lease6_stat_by_client_class"), {("a", "0"): 1, ("b", "0"): 1})
        self.refused("INSERT INTO lease6 (address, lease_type) VALUES ('::1', 1)", "fk_lease6_type")

    def test_limits(self):
        def limit4(*numbers):
            return self.postgres.value(f"SELECT checkLease4Limits({LIMITS % numbers})")

        def limit6(*numbers):
            return self.postgres.value(f"SELECT checkLease6Limits({LIMITS % numbers})")

        self.assertEqual(limit4(1, 1, 1), "")
        self.sql(f"INSERT INTO lease4 (address, subnet_id, user_context) VALUES (1, 1, {IN_CLASSES})")
        self.sql(f"INSERT INTO lease6 (address, subnet_id, lease_type, user_context) VALUES ('2001:db8::', 1, 2, {IN_CLASSES})")
        self.assertEqual(limit4(2, 2, 0), "")
        self.assertEqual(limit4(1, 1, 0), 'address limit 1 for client class "a", current lease count 1')
        self.assertEqual(limit4(2, 1, 0), "address limit 1 for subnet ID 1, current lease count 1")
        self.assertEqual(limit6(1, 1, 2), "")
        self.assertEqual(limit6(0, 1, 2), 'address limit 0 for client class "a", current lease count 0')
        self.assertEqual(limit6(1, 1, 1), "prefix limit 1 for subnet ID 1, current lease count 1")
        self.assertEqual(self.postgres.value("SELECT checkLease4Limits('') || checkLease6Limits('{}')"), "")

    def test_rows_of_a_file_and_back(self):
        row4 = ("192.0.2.1", "02:00:00:00:00:01", "01:02", "3600", "1700000000", "1", "1", "0", "a&#x2cb", "0", '{"x":1&#x2c"y":2}', "3")
        row6 = ("2001:db8::1", "00:03", "3600", "1700000000", "1", "1800", "0", "-5", "128", "0", "1", "h", "02:00", "0", "", "1", "2", "4")
        for family, row in ((4, row4), (6, row6)):
            values = ", ".join(value if value.lstrip("-").isdigit() else f"'{value}'" for value in row)
            self.sql(f"SELECT lease{family}Upload({values})")
            self.assertEqual(self.sql(f"SELECT * FROM lease{family}DumpData()"), [row])
            self.assertEqual(len(self.postgres.value(f"SELECT lease{family}DumpHeader()").split(",")), len(row))
        self.assertEqual(self.sql("SELECT hostname, user_context FROM lease4"), [("a,b", '{"x":1,"y":2}')])

    def test_queues_of_free_addresses(self):
        def pick(family, first, last):
            return self.postgres.value(f"SELECT sflqPickFreeLease{family}({first}, {last})")

        self.sql("INSERT INTO lease4 (address, subnet_id, state) VALUES (11, 1, 0), (12, 1, 2); SELECT sflqCreateFlqPool4(10, 13, 1, false)")
        self.assertEqual([pick(4, 10, 13) for _ in range(4)], ["10", "12", "13", "10"])
        self.assertEqual(pick(4, 1, 2), "0")
        self.refused("SELECT sflqCreateFlqPool4(10, 13, 1, false)", "flq_pool4_start_end_address")
        lease = "10, NULL, NULL, 60, '2026-01-01', 1, false, false, '', %d, NULL, NULL, NULL, 0"
        self.assertEqual(self.postgres.value(f"SELECT sflqInsertLease4({lease % 0})"), "1")
        self.assertEqual(pick(4, 10, 13), "12")
        self.assertEqual(self.postgres.value(f"SELECT sflqUpdateLease4({lease % 2}, 10, '2026-01-01')"), "1")
        self.assertEqual(pick(4, 10, 13), "13")
        self.assertEqual(pick(4, 10, 13), "10")
        self.assertEqual(self.postgres.value("SELECT sflqDeleteLease4(11, '2026-01-01')"), "0")

        pool = "'2001:db8::', '2001:db8:0:ffff::'"
        self.sql(f"SELECT sflqCreateFlqPool6({pool}, 2::SMALLINT, 50::SMALLINT, 1, false)")
        self.assertEqual([pick(6, *pool.split(", ")) for _ in range(5)], ["2001:db8::", "2001:db8:0:4000::", "2001:db8:0:8000::", "2001:db8:0:c000::", "2001:db8::"])
        # Another length of prefixes makes another queue; the last prefix there is ends it.
        self.sql(f"SELECT sflqCreateFlqPool6({pool}, 2::SMALLINT, 49::SMALLINT, 1, false)")
        self.assertEqual(self.postgres.value("SELECT count(*) FROM free_lease6"), "2")
        last = "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"
        self.sql(f"SELECT sflqCreateFlqPool6({last}, 0::SMALLINT, 128::SMALLINT, 1, false)")
        self.assertEqual(self.postgres.value("SELECT count(*) FROM free_lease6"), "4")


class Audit(Schema):
    def entries(self, family):
        return self.sql(f"SELECT object_type, object_id, m.modification_type FROM dhcp{family}_audit a JOIN modification m ON m.id = a.modification_type ORDER BY a.id")

    def test_what_changes_leaves_an_entry(self):
        for f in (4, 6):
            with self.subTest(family=f):
                revision = f"SELECT createAuditRevisionDHCP{f}('2026-01-01', 'all', 'why', false); "
                network = f"INSERT INTO dhcp{f}_shared_network (name) VALUES ('n'); INSERT INTO dhcp{f}_subnet (subnet_id, subnet_prefix, shared_network_name) VALUES (5, 'p', 'n'); "
                option = f"INSERT INTO dhcp{f}_options (code, scope_id, dhcp{f}_subnet_id, client_classes) VALUES (6, %s, %s, '[]'); "
                self.sql(revision + network + option % (0, "NULL") + option % (1, "5"))
                # What goes with its owner leaves no entries of its own.
                revision = revision.replace("false", "true")
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
                self.assertEqual(self.postgres.value(f"SELECT count(*) FROM dhcp{f}_options"), "1")

    def test_nothing_is_audited_when_that_is_disabled(self):
        self.sql("SET kea.disable_audit = 'true'; SELECT createAuditRevisionDHCP4('2026-01-01', 'all', 'why', false); INSERT INTO dhcp4_server (tag) VALUES ('x')")
        self.assertEqual(self.entries(4), [])
        self.refused("INSERT INTO dhcp4_server (tag) VALUES ('y')", "fk_dhcp4_audit_revision")

    def test_classes_stand_in_order(self):
        begin = "SELECT createAuditRevisionDHCP4('2026-01-01', 'all', 'why', false); "
        add = "INSERT INTO dhcp4_client_class (name, follow_class_name, depend_on_known_directly) VALUES ('%s', %s, %s); "
        self.sql(begin + add % ("a", "NULL", "true") + add % ("b", "NULL", "false") + add % ("c", "'a'", "false"))
        order = "SELECT name FROM dhcp4_client_class c JOIN dhcp4_client_class_order o ON c.id = o.class_id ORDER BY order_index"
        self.assertEqual(self.sql(order), [("a",), ("c",), ("b",)])
        # b depends on c, which depends on a, which depends on KNOWN.
        depends = "INSERT INTO dhcp4_client_class_dependency VALUES (%d, %d)"
        self.sql(depends % (3, 1))
        self.sql(depends % (2, 3))
        self.assertEqual(self.sql("SELECT depend_on_known_indirectly FROM dhcp4_client_class_order ORDER BY class_id"), [("f",), ("t",), ("t",)])
        self.refused(depends % (1, 2), "must not depend on class defined later")
        self.refused(depends % (1, 1), "must not have dependency on self")
        self.refused(begin + "UPDATE dhcp4_client_class SET follow_class_name = 'b' WHERE name = 'c'", "would break its dependencies")
        check = "SELECT checkDHCPv4ClientClassKnownDependencyChange()"
        self.sql(begin + "UPDATE dhcp4_client_class SET test = 'x' WHERE name = 'a'; " + check)
        self.refused(begin + "BEGIN; UPDATE dhcp4_client_class SET depend_on_known_directly = false WHERE name = 'a'; " + check, "must not change")
        self.refused("DELETE FROM dhcp4_client_class WHERE name = 'a'", "dhcp4_client_class_dependency_id")


class Ends(Schema):
    def wipe(self, version):
        words = [SCRIPTS / "wipe_data.sh", version, "-h", str(self.postgres.folder), "-p", str(self.postgres.port)]
        return subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PGPASSWORD": self.postgres.password})

    def test_wiping_leaves_an_empty_database(self):
        def rows():
            tables = [table for (table,) in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            return {table: self.sql(f"SELECT * FROM {table}") for table in tables}

        empty = rows()
        self.sql("SELECT createAuditRevisionDHCP4('2026-01-01', 'all', 'why', false); INSERT INTO dhcp4_server (tag) VALUES ('x')")
        self.sql("INSERT INTO lease4 (address, subnet_id) VALUES (1, 1); INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type) VALUES ('', 0)")
        wrong = self.wipe("1.0")
        self.assertEqual((wrong.returncode, wrong.stdout), (1, "Cannot wipe data, wrong schema version. Expected version 1.0, found 34.0.\n"))
        self.assertNotEqual(rows(), empty)
        done = self.wipe("34.0")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(rows(), empty)

    def test_dropping_leaves_nothing(self):
        self.sql((SCRIPTS / "dhcpdb_drop.pgsql").read_text())
        for catalogue, namespace in (("pg_class", "relnamespace"), ("pg_proc", "pronamespace"), ("pg_type", "typnamespace")):
            self.assertEqual(self.sql(f"SELECT * FROM {catalogue} WHERE {namespace} = 'public'::regnamespace"), [])
