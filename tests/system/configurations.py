"""What tests of configurations in databases have in common, and what differs between the kinds of databases: each test is made with
every kind.
"""

import os

from databases import shared
from lab import ROOT, Kea, run
from mysql import PLACES, Mysql
from postgres import Postgres
from scene import Scene

SCRIPTS = ROOT / "dhcpd/sql/scripts"


class Stored(Scene):
    """A fresh database for configurations."""

    def setUp(self):
        super().setUp()
        self.database = shared(self.kind, self.__module__)
        if not self.database.process:
            self.database.start()
        self.refresh(SCRIPTS / self.name)
        self.sql = self.database.sql
        self.kea.env |= self.environment()

    def completed(self, *libraries, wait=0, **more):
        """The part of a configuration that has it completed."""
        return {
            "hooks-libraries": [{"library": f"libdhcp_{name}.so"} for name in (self.name, *libraries)],
            "config-control": {"config-databases": [self.way(**more)], "config-fetch-wait-time": wait},
        }

    def other(self, folder):
        """Daemons that know nothing of the others but the database."""
        kea = Kea(self.lab, "server", folder)
        kea.env |= self.environment()
        return kea


class InMysql:
    name, kind, word = "mysql", Mysql, "MySQL"
    no, yes = "0", "1"
    interface_4o6 = "4o6_interface"
    constraint = "a foreign key constraint fails"

    def refresh(self, scripts):
        """To wipe a database takes less than to make one."""
        if not hasattr(self.database, "configurations"):
            self.database.configurations = self.database.create(scripts / "dhcpdb_create.mysql")
        env = os.environ | {"MYSQL_PWD": self.database.password, "PATH": PLACES + os.pathsep + os.environ["PATH"]}
        run(scripts / "wipe_data.sh", "35.0", f"--socket={self.database.socket}", env=env)

    def environment(self):
        """By which daemons find the database's unix socket."""
        return {"MYSQL_UNIX_PORT": str(self.database.socket)}

    def way(self, **more):
        """How the database is reached by its unix socket."""
        way = self.database.parameters(host="localhost")
        del way["port"]
        return way | more

    def call(self, routine):
        return f"CALL {routine}"

    def written(self, address):
        """An address as a value of a column."""
        return f"INET_ATON('{address}')" if "." in address else f"'{address}'"

    def address(self, column):
        """The address that a column has."""
        return f"INET_NTOA({column})"

    def digits(self, column):
        """The bytes that a column has."""
        return f"lower(hex({column}))"


class InPostgresql:
    name, kind, word = "pgsql", Postgres, "PostgreSQL"
    no, yes = "f", "t"
    interface_4o6 = "interface_4o6"
    constraint = r"sqlstate: [23503]"

    def refresh(self, scripts):
        self.database.create(scripts / "dhcpdb_create.pgsql")

    def environment(self):
        return {}

    def way(self, **more):
        way = self.database.parameters(host=str(self.database.folder))
        del way["password"]
        return way | more

    def call(self, routine):
        return f"SELECT {routine}"

    def written(self, address):
        return f"'{address}'"

    def address(self, column):
        return f"host({column})"

    def digits(self, column):
        return f"encode({column}, 'hex')"


def in_every_database(module, *tests):
    """Makes test cases of a module: each for each kind."""
    for kind in (InMysql, InPostgresql):
        for test in tests:
            name = test.__name__ + kind.__name__
            module[name] = type(name, (test, kind, Stored), {"__module__": module["__name__"]})
