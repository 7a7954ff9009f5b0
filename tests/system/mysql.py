"""A MariaDB or MySQL of the tests' own.

    with Mysql() as mysql:
        mysql.create(script)                        # user, database and password are `keatest`
        mysql.sql("SELECT address, state FROM lease4")

Programs are taken from the folder that the environment variable TAKAHE_MYSQL names, or else from where packages install them;
where there are none, the tests that want them skip.
Nothing is synced to the disk: what was committed outlives the server, not the machine.
"""

import os
import re
import shutil
import signal
import socket
import unittest
from pathlib import Path

from databases import NAME, Server
from lab import Process, run, wait_for

FOLDER = Path(os.environ["TAKAHE_MYSQL"]) if "TAKAHE_MYSQL" in os.environ else None
PLACES = os.pathsep.join([f"{FOLDER}/bin"] if FOLDER else [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
# What MySQL has and MariaDB has not, or the other way round, begins with `loose`.
OPTIONS = """
    --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci --skip-name-resolve --skip-log-bin --performance-schema=OFF
    --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=0 --loose-innodb-use-native-aio=0
    --loose-sync-frm=OFF --loose-innodb-file-per-table=OFF --innodb-buffer-pool-size=64M --innodb-log-file-size=32M
    --loose-auto-generate-certs=OFF --loose-explicit-defaults-for-timestamp
""".split()
ESCAPED = {"\\n": "\n", "\\t": "\t", "\\0": "\0", "\\\\": "\\"}


class Mysql(Server):
    kind = "mysql"
    at_once = signal.SIGKILL

    def prepare(self):
        install = shutil.which("mariadb-install-db", path=PLACES)
        if install:
            run(install, *self._common(), *OPTIONS, "--auth-root-authentication-method=normal", "--skip-test-db")
        else:
            run(_program("mysqld"), *self._common(), *OPTIONS, "--initialize-insecure")

    def start(self):
        """Starts the server, again after a `stop`, and waits until it takes connections."""
        self.socket = self.folder / "mysql.sock"
        self.socket.unlink(missing_ok=True)
        places = [f"--port={self.port}", f"--bind-address={self.host}", f"--socket={self.socket}", f"--pid-file={self.folder}/pid"]
        self.process = Process("mysqld", [*self._there(), _program("mariadbd", "mysqld"), *self._common(), *OPTIONS, *places], self.folder / "log")
        wait_for(lambda: self._ready(), "MySQL to be ready", 60)

    def welcome(self):
        for place in ("%", "localhost"):
            self.sql(f"CREATE USER '{NAME}'@'{place}' IDENTIFIED BY '{NAME}'; GRANT ALL ON `%`.* TO '{NAME}'@'{place}'", user="root", database="mysql")

    def fresh(self, database=NAME):
        """An empty database in place of the one of that name."""
        self.sql(f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}", user="root", database="mysql")
        return database

    def create(self, script, database=NAME):
        """A fresh database in which a script was run, as mysql does."""
        self.sql(Path(script).read_text(), database=self.fresh(database))
        return database

    def by_socket(self, env, database=NAME, **more):
        """The parameters by which daemons with this environment reach it in any network namespace."""
        env["MYSQL_UNIX_PORT"] = str(self.socket)
        return {key: value for key, value in self.parameters(database, host="localhost", **more).items() if key != "port"}

    def sql(self, text, user=NAME, database=NAME):
        """Runs statements; the rows of what they select, as tuples of text (None where there is NULL)."""
        words = [_program("mariadb", "mysql"), "--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4", f"--socket={self.socket}", f"--user={user}"]
        done = run(*words, database, input=text, env=os.environ | {"MYSQL_PWD": "" if user == "root" else self.password})
        rows = done.removesuffix("\n").split("\n") if done else []
        return [tuple(None if value == "NULL" else _plain(value) for value in row.split("\t")) for row in rows]

    def _common(self):
        base = [f"--basedir={FOLDER}"] if FOLDER else []
        return ["--no-defaults", *base, f"--datadir={self.data}", f"--tmpdir={self.folder}", *(["--user=root"] if os.geteuid() == 0 else [])]

    def _ready(self):
        if self.process.popen.poll() is not None:
            raise RuntimeError(f"MySQL ended:\n{self.process.output()}")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
                return probe.recv(1) != b""
            except OSError:
                return False


def _program(*names):
    """The first program there is."""
    found = next((place for name in names if (place := shutil.which(name, path=PLACES))), None)
    if not found:
        raise unittest.SkipTest("there is no MariaDB or MySQL: it is not installed, and TAKAHE_MYSQL does not name the folder of one")
    return found


def _plain(value):
    return re.sub(r"\\.", lambda escaped: ESCAPED.get(escaped[0], escaped[0]), value)
