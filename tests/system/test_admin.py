"""kea-admin in front of databases: schemas made and upgraded, leases moved, counts put right. Each test is made with every kind."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from databases import shared
from lab import BIN
from mysql import Mysql
from postgres import Postgres

# Debian's Kea 2.2, whose schemas are the oldest that can be upgraded.
THEIR_SCRIPTS = Path("/usr/share/kea/scripts")
HEADER4 = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id"
HEADER6 = "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id"


class Admin:
    def setUp(self):
        self.server = shared(self.kind, __name__)
        self.database = self.id().rsplit(".")[-1][:60]
        self.server.fresh(self.database)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def sql(self, text):
        return self.server.sql(text, database=self.database)

    def admin(self, command, *arguments, backend=None, database=None, password=Postgres.password, env=None):
        """Runs a command; its exit status and what it said."""
        way = ["-h", self.server.host, "-P", str(self.server.port), "-u", self.server.user, "-n", database or self.database]
        words = [BIN / "kea-admin", command, backend or self.name, *way, *(["-p", password] if password else []), *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=os.environ | (env or {}))
        self.said = done.stderr
        return done.returncode, done.stdout

    def rows(self):
        skip = {"dhcp4_server": "id, tag, description", "dhcp6_server": "id, tag, description"}
        return {table: set(self.sql(f"SELECT {skip.get(table, '*')} FROM {table}")) for table in self.tables()}

    def test_a_schema_is_made_once(self):
        code, text = self.admin("db-init")
        self.assertEqual(code, 0, text + self.said)
        self.assertIn("Checking if there is a database initialized already...\n", text)
        self.assertIn("Initializing database using script ", text)
        self.assertIn(f"{self.name}/dhcpdb_create.{self.name}\nSchema version reported after initialization: {self.newest}.0\n", text)
        self.assertEqual(self.admin("db-version"), (0, f"{self.newest}.0\n{self.behind_version}"))
        code, text = self.admin("db-upgrade")
        before, after = text.split("\n", 1)[0], text.splitlines()[-1]
        self.assertEqual((code, before, after), (0, f"Schema version reported before upgrade: {self.newest}.0", f"Schema version reported after upgrade: {self.newest}.0"))
        code, text = self.admin("db-init")
        self.assertEqual(code, self.not_empty)
        self.assertIn(f"ERROR/kea-admin: Expected empty database {self.database}. Aborting, the following tables are present:", text)
        self.assertIn(self.listed, text)

    def test_the_schema_of_kea_2_2_is_upgraded(self):
        self.assertEqual(self.admin("db-init")[0], 0)
        wanted, wanted_rows = self.made(), self.rows()
        self.server.create(THEIR_SCRIPTS / self.name / f"dhcpdb_create.{self.name}", self.database)
        self.sql(self.old_leases)
        self.sql(
            self.disable_audit + "INSERT INTO dhcp4_global_parameter (name, value, parameter_type, modification_ts) VALUES ('ddns-use-conflict-resolution', '0', 2, now()), ('reservation-mode', 'all', 4, now()), ('dhcp-ddns.generated-prefix', 'x', 4, now());"
            "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, client_class, modification_ts) VALUES (1, '192.0.2.0/24', 'guest', now());"
            "INSERT INTO dhcp4_options (code, scope_id) VALUES (6, 0)"
        )
        # What was interrupted goes on: where the last step ended, or from the beginning.
        self.sql("CREATE TABLE flq_pool4 (id INT)")
        code, text = self.admin("db-upgrade")
        self.assertEqual((code, f"{self.oldest}.0\n" in text, "ERROR/kea-admin: Could not execute script: " in text), (self.refused, True, True), text + self.said)
        self.sql("DROP TABLE flq_pool4")
        code, text = self.admin("db-upgrade")
        self.assertEqual(code, 0, text + self.said)
        self.assertIn(f"Schema version reported before upgrade: {self.interrupted}.0\n", text)
        self.assertIn(f"\nSchema version reported after upgrade: {self.newest}.0\n", text)
        self.assertEqual(self.made() ^ wanted, set())
        self.assertEqual(self.sql(f"SELECT {self.text_of_address}, lease_type FROM lease6 ORDER BY address"), [("2001:db8::1", "000000", "0"), ("2001:db8::2", "01", "0")])
        self.assertEqual(self.sql("SELECT * FROM lease6_pool_stat ORDER BY state"), [("1", "0", "0", "1", "1")])
        self.assertEqual(
            self.sql("SELECT name, value, parameter_type FROM dhcp4_global_parameter ORDER BY name"),
            [("ddns-conflict-resolution-mode", "no-check-with-dhcid", "4"), ("reservations-in-subnet", "1", "2")],
        )
        self.assertEqual(self.sql("SELECT client_classes FROM dhcp4_subnet UNION ALL SELECT client_classes FROM dhcp4_options"), [('[ "guest" ]',), ("[  ]",)])
        self.sql(f"DELETE FROM lease6; DELETE FROM lease6_stat; DELETE FROM lease6_pool_stat; {self.disable_audit}DELETE FROM dhcp4_subnet; DELETE FROM dhcp4_options; DELETE FROM dhcp4_global_parameter")
        self.assertEqual(self.rows(), wanted_rows)

    def test_older_schemas_and_newer_ones_are_refused(self):
        self.sql(f"CREATE TABLE schema_version (version INT, minor INT); INSERT INTO schema_version VALUES ({self.oldest - 1}, 0)")
        code, text = self.admin("db-upgrade")
        self.assertEqual((code, f"schema {self.oldest - 1}.0 is too old: upgrade it with the kea-admin of Kea 2.2 first" in text), (1, True))
        self.sql(f"UPDATE schema_version SET version = {self.newest + 1}")
        code, text = self.admin("db-upgrade")
        self.assertEqual((code, f"schema {self.newest + 1}.0 is newer" in text), (1, True))

    def test_leases_go_from_a_file_to_a_database_and_back(self):
        self.admin("db-init")
        row4 = "192.0.2.%d,02:00:00:00:00:01,01:02,3600,1900000000,1,1,0,host&#x2cb,0,{ \"a\": 1&#x2c \"b\": 2 },%d"
        row6 = "2001:db8::%d,00:03:00:01,3600,1900000000,1,1800,0,%d,128,0,1,host.,02:00,0,,1,2,0"
        for family, header, rows in ((4, HEADER4, [row4 % (1, 1), row4 % (2, 0)]), (6, HEADER6, [row6 % (1, 7), row6 % (2, 8)])):
            file, dumped = self.folder / f"{family}.csv", self.folder / f"{family}.out"
            # The first row is history: the second says otherwise.
            file.write_text("\n".join([header, rows[0].replace("3600", "60"), *rows]) + "\n")
            code, text = self.admin("lease-upload", f"-{family}", "-i", file)
            self.assertEqual(code, 0, text + self.said)
            self.assertIn(f"Looking at 4 lines of CSV in {file}...\nINFO/kea-admin: Reduced to 3 lines", text)
            self.assertIn(f"INFO/kea-admin: Successfully updated table lease{family}.\n", text)
            self.assertEqual(self.admin("lease-dump", f"-{family}", "-o", dumped), (0, self.dumped.format(family=family, path=dumped)))
            self.assertEqual(dumped.read_text().splitlines(), [header, *rows])
            self.assertEqual(dumped.stat().st_mode & 0o027, 0)
            # Nothing is overwritten unasked; twice the same address is refused, and with it all others.
            code, text = self.admin("lease-dump", f"-{family}", "-o", dumped)
            self.assertEqual((code, text.splitlines()[-1]), (1, "lease-dump aborted by user."))
            self.assertEqual(self.admin("lease-dump", f"-{family}", "-y", "-o", dumped)[0], 0)
            file.write_text("\n".join([header, rows[0].replace("::1", "::3").replace("2.1,", "2.3,"), rows[0]]) + "\n")
            self.assertEqual(self.admin("lease-upload", f"-{family}", "-i", file)[0], self.refused)
            self.assertEqual(self.sql(f"SELECT sum(leases) FROM lease{family}_stat"), [("2",)])
        self.sql("UPDATE lease4_stat SET leases = 9; DELETE FROM lease6_stat; UPDATE lease6_pool_stat SET leases = 7")
        self.assertEqual(self.admin("stats-recount"), (0, "Recount lease statistics from database\n"))
        counts = [("lease4_stat", ("1", "0", "2")), ("lease6_stat", ("1", "0", "0", "2")), ("lease6_pool_stat", ("1", "0", "0", "0", "2"))]
        for table, row in counts:
            self.assertEqual(self.sql(f"SELECT * FROM {table}"), [row], table)

    def test_wrong_usage(self):
        for command, arguments, reason in (
            ("lease-dump", [], "lease-dump: lease type ( -4 or -6 ) needs to be specified"),
            ("lease-dump", ["-4"], "you must specify an output file for lease-dump"),
            ("lease-upload", ["-6"], "you must specify an input file with -i or --input for lease-upload"),
            ("lease-upload", ["-6", "-i", self.folder / "none"], "cannot read"),
        ):
            code, text = self.admin(command, *arguments)
            self.assertEqual(code, 1)
            self.assertTrue(text.startswith(f"ERROR/kea-admin: {reason}"), text)
        for backend, command, code, said in (
            ("memfile", "db-version", 1, "ERROR/kea-admin: NOT IMPLEMENTED\n"),
            ("memfile", "lease-dump", 1, "ERROR/kea-admin: lease-dump is not supported for memfile\n"),
            ("memfile", "stats-recount", 0, "INFO/kea-admin: memfile does not keep lease statistics\n"),
        ):
            self.assertEqual(self.admin(command, backend=backend), (code, said))


class InPostgresql(Admin, unittest.TestCase):
    name, kind, oldest, newest = "pgsql", Postgres, 13, 34
    interrupted = 13
    behind_version, not_empty, refused = "", 2, 3
    listed = "public|lease4|table|keatest"
    dumped = "lease{family} successfully dumped to {path}\n"
    disable_audit = "SET kea.disable_audit = 'true'; "
    old_leases = "INSERT INTO lease6 (address, duid, subnet_id, lease_type, prefix_len, state) VALUES ('2001:db8::1', '\\x00', 1, 0, 128, 1), ('2001:db8::2', '\\x01', 1, 1, 128, 0)"
    text_of_address = "address, encode(duid, 'hex')"
    # What a database is made of. A default of NULL is none; numbers may be written as text.
    CATALOGUE = """
        SELECT 'column', table_name, ordinal_position::TEXT, column_name, data_type, character_maximum_length::TEXT, is_nullable,
               CASE WHEN column_default !~ '^NULL' THEN regexp_replace(column_default, '^''(\\d+)''::smallint$', '\\1') END
          FROM information_schema.columns WHERE table_schema = 'public'
        UNION SELECT 'constraint', conrelid::REGCLASS::TEXT, conname, pg_get_constraintdef(oid), NULL, NULL, NULL, NULL
          FROM pg_constraint WHERE connamespace = 'public'::REGNAMESPACE
        UNION SELECT 'index', tablename, indexname, indexdef, NULL, NULL, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
        UNION SELECT 'function', oid::REGPROCEDURE::TEXT, pg_get_functiondef(oid), NULL, NULL, NULL, NULL, NULL
          FROM pg_proc WHERE pronamespace = 'public'::REGNAMESPACE
        UNION SELECT 'trigger', tgrelid::REGCLASS::TEXT, pg_get_triggerdef(oid), NULL, NULL, NULL, NULL, NULL
          FROM pg_trigger WHERE NOT tgisinternal"""

    def made(self):
        return set(self.sql(self.CATALOGUE))

    def tables(self):
        return [table for (table,) in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]

    def test_who_may_not_in_is_told(self):
        for env, password, code in (({}, "wrong", 2), ({"PGPASSWORD": "wrong"}, None, 2), ({"KEA_ADMIN_DB_PASSWORD": "wrong"}, None, 2), ({"PGPASSWORD": "keatest"}, None, 1)):
            status, text = self.admin("db-init", password=password, env=env, database="none" if code == 1 else None)
            self.assertEqual(status, 1)
            self.assertIn("ERROR/kea-admin: pgsql_init: table query failed, status code: 2?", text)
            self.assertIn("password authentication failed" if code == 2 else 'database "none" does not exist', self.said)
        code, text = self.admin("db-version", password=None, env={"KEA_ADMIN_DB_PASSWORD": self.server.password, "PGPASSWORD": "wrong"})
        self.assertEqual((code, 'relation "schema_version" does not exist' in self.said), (3, True))
        self.assertEqual(text, "Using the value of KEA_ADMIN_DB_PASSWORD for authentication...\nFailed to get schema version, pgsql status 3\n\n")


class InMysql(Admin, unittest.TestCase):
    name, kind, oldest, newest = "mysql", Mysql, 14, 35
    interrupted = 33
    behind_version, not_empty, refused = "\n", 1, 1
    listed = "\nlease4\n"
    dumped = "INFO/kea-admin: Successfully dumped lease{family} to {path}.\n"
    disable_audit = "SET @disable_audit = 1; "
    old_leases = "INSERT INTO lease6 (address, duid, subnet_id, lease_type, prefix_len, state) VALUES ('2001:db8::1', 0x00, 1, 0, 128, 1), ('2001:db8::2', 0x01, 1, 1, 128, 0)"
    text_of_address = "INET6_NTOA(address), LOWER(HEX(duid))"
    # What a database is made of. How wide numbers are shown is not said any more.
    CATALOGUE = (
        "SELECT table_name, ordinal_position, column_name, column_type, is_nullable, column_default, extra FROM information_schema.columns WHERE table_schema = DATABASE()",
        "SELECT table_name, index_name, seq_in_index, column_name, non_unique FROM information_schema.statistics WHERE table_schema = DATABASE()",
        "SELECT table_name, constraint_name, referenced_table_name, update_rule, delete_rule FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()",
        "SELECT trigger_name, event_manipulation, event_object_table, action_timing, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
        "SELECT routine_type, routine_name, dtd_identifier, routine_definition FROM information_schema.routines WHERE routine_schema = DATABASE()",
    )

    def made(self):
        rows = sum((self.sql(query) for query in self.CATALOGUE), [])
        return {tuple(value and re.sub(r"int\((?!1\))\d+\)", "int", value) for value in row) for row in rows}

    def tables(self):
        return [table for (table,) in self.sql("SHOW TABLES")]

    def test_who_may_not_in_is_told(self):
        code, text = self.admin("db-init", password="wrong")
        self.assertEqual((code, "ERROR/kea-admin: mysql_init table query failed, mysql status = 1" in text), (1, True))
        self.assertIn("ERROR 1045 (28000): Access denied for user 'keatest'@", self.said)
        code, text = self.admin("db-version", password=None, env={"KEA_ADMIN_DB_PASSWORD": self.server.password, "PGPASSWORD": "wrong"})
        self.assertEqual((code, "ERROR 1146 (42S02): Table '" in self.said), (1, True), self.said)
        self.assertEqual(text, "Using the value of KEA_ADMIN_DB_PASSWORD for authentication...\nFailed to get schema version, mysql status  1\n\n")
