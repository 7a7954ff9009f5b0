"""A PostgreSQL of the tests' own.

    with Postgres() as postgres:
        postgres.create(script)                     # role, database and password are `keatest`
        postgres.sql("SELECT address, state FROM lease4")

It runs as an ordinary user, since PostgreSQL refuses root.
"""

import csv
import io
import os
import pwd
import signal
from pathlib import Path

from databases import NAME, Server
from lab import Process, run, wait_for

# Debian keeps the server's programs out of PATH.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
NULL = "\\N"


class Postgres(Server):
    kind = "postgresql"
    at_once = signal.SIGQUIT

    def __init__(self, ns=None):
        super().__init__(ns)
        self.templates = {}

    def prepare(self):
        self._own()
        run(*self._as_user(), self._program("initdb"), "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", cwd=self.folder)

    def start(self):
        """Starts the server, again after a `stop`, and waits until it takes connections."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        options = ["-D", self.data, "-p", self.port, "-k", self.folder, "-c", f"listen_addresses={self.host}"]
        self.process = Process("postgres", [*self._there(), *self._as_user(), self._program("postgres"), *options], self.folder / "log")
        wait_for(lambda: self._ready(), "PostgreSQL to be ready", 30)

    def stop(self, how=signal.SIGINT):
        """Stops it; SIGINT ends connections in an orderly manner, where SIGTERM would wait for them."""
        super().stop(how)

    def welcome(self):
        self.sql(f"CREATE ROLE {NAME} LOGIN PASSWORD '{NAME}'", user="postgres", database="postgres")

    def fresh(self, database=NAME, template="template1"):
        """An empty database of the role's, or a copy of another, in place of the one of that name."""
        for statement in (f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database} OWNER {NAME} TEMPLATE {template}"):
            self.sql(statement, user="postgres", database="postgres")
        return database

    def create(self, script, database=NAME):
        """A fresh database in which a script was run, as psql does; the second time it is a copy of the first."""
        if script not in self.templates:
            template = self.fresh(f"template_{len(self.templates)}")
            run(*self._psql(NAME, template), "-f", script)
            self.templates[script] = template
        return self.fresh(database, self.templates[script])

    def by_socket(self, _env, database=NAME, **more):
        """The parameters by which daemons in any network namespace reach it."""
        return self.parameters(database, host=str(self.folder), **more)

    def sql(self, text, user=NAME, database=NAME):
        """Runs statements; the rows of what they select, as tuples of text (None where there is NULL)."""
        done = run(*self._psql(user, database), "-t", "--csv", "-P", f"null={NULL}", input=text)
        return [tuple(None if value == NULL else value for value in row or [""]) for row in csv.reader(io.StringIO(done))]

    def _psql(self, user, database):
        return ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", self.port, "-U", user, "-d", database]

    def _ready(self):
        if self.process.popen.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended:\n{self.process.output()}")
        # The eighth line is the state of the server.
        pid = self.data / "postmaster.pid"
        return pid.exists() and pid.read_text().splitlines()[7:8] == ["ready   "]

    def _own(self):
        """Gives the folders to whom the server runs as."""
        if not _alone():
            someone = _ordinary()
            for path in (self.folder, self.data):
                os.chown(path, someone.pw_uid, someone.pw_gid)

    @staticmethod
    def _program(name):
        if not PROGRAMS:
            raise RuntimeError("PostgreSQL is not installed (package postgresql)")
        return PROGRAMS[-1] / name

    @staticmethod
    def _as_user():
        """What makes a program run as somebody who is not root."""
        if os.geteuid():
            return []
        someone = _ordinary()
        if _alone():
            return ["unshare", "--user", f"--map-user={someone.pw_uid}", f"--map-group={someone.pw_gid}", "--"]
        return ["setpriv", f"--reuid={someone.pw_uid}", f"--regid={someone.pw_gid}", "--clear-groups", "--"]


def _ordinary():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise RuntimeError("no ordinary user to run PostgreSQL as")


def _alone():
    """Whether this user namespace knows one user only, as those do that are made without being root."""
    return sum(int(line.split()[2]) for line in Path("/proc/self/uid_map").read_text().splitlines()) == 1
