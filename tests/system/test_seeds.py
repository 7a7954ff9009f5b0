"""Example configurations that name a database work as they stand: servers on their usual ports, empty databases.

They stand in `../shared/corpus` beside the project; where they are not at hand, the test says so.
"""

import json
import unittest
from pathlib import Path

from lab import Kea, Lab
from mysql import Mysql
from postgres import Postgres

SEEDS = Path(__file__).resolve().parents[3] / "shared/corpus/seeds"


@unittest.skipUnless(SEEDS.is_dir(), f"{SEEDS} is not at hand")
class Databases(unittest.TestCase):
    def serves(self, kind, seed, port, administrator, home, *welcome):
        class Usual(kind):
            def _free_port(self):
                return port

        with Lab() as lab:
            lab.namespace("server")
            lab.run("server", "ip", "link", "set", "lo", "up")
            with Usual("server") as database:
                for statement in welcome:
                    database.sql(statement, user=administrator, database=home)
                daemon = Kea(lab, "server", "kea").start("kea-dhcp4", json.loads((SEEDS / seed).read_text()))
                self.assertIn("_INITIALIZE_SCHEMA", daemon.output())
                self.assertEqual(database.sql("SELECT count(*) FROM lease4", user=administrator, database="kea"), [("0",)])

    def test_mysql(self):
        user = "CREATE USER 'kea'@'%' IDENTIFIED BY 'kea_password'"
        self.serves(Mysql, "12-dhcp4.json", 3306, "root", "mysql", "CREATE DATABASE kea", user, "GRANT ALL ON kea.* TO 'kea'@'%'")

    def test_postgresql(self):
        user = "CREATE ROLE kea LOGIN PASSWORD 'kea_password'"
        self.serves(Postgres, "13-dhcp4.json", 5432, "postgres", "postgres", user, "CREATE DATABASE kea OWNER kea")
