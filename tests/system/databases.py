"""What servers of databases have in common that tests start for themselves: a temporary folder, a port and a unix socket of their
own, the user and the empty database `keatest`; they stop with the `with` block. Unix sockets do not know network namespaces; for
daemons that want TCP, one that is made with a namespace listens on its loopback.
"""

import functools
import os
import shutil
import signal
import socket
import tempfile
import unittest
from pathlib import Path

from lab import in_namespace

NAME = "keatest"


@functools.cache
def shared(kind, module):
    """A server of a kind for all tests of a module."""
    return unittest.enterModuleContext(kind())


class Server:
    """What does not depend on its kind: `prepare` makes the data and `welcome` the user, `start` and `stop` may be called in between."""

    host, user, password, database = "127.0.0.1", NAME, NAME, NAME
    # What a configuration calls it.
    kind = None

    def __init__(self, ns=None):
        self.ns, self.process = ns, None

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="takahe-db-"))
        try:
            os.chmod(self.folder, 0o755)
            self.data = self.folder / "data"
            self.data.mkdir()
            self.prepare()
            self.port = self._free_port()
            self.start()
            self.welcome()
            self.fresh()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.stop(self.at_once)
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self, how=signal.SIGTERM):
        """Stops it in an orderly manner, or with the signal `at_once`."""
        self.process.stop(how, 30)
        self.process = None

    def value(self, text, **where):
        """The one value that a query selects."""
        ((value,),) = self.sql(text, **where)
        return value

    def parameters(self, database=NAME, **more):
        """What a configuration says to reach it, as in `lease-database`."""
        return {"type": self.kind, "host": self.host, "port": self.port, "name": database, "user": self.user, "password": self.password} | more

    def _there(self):
        """What makes a program run in its namespace."""
        return ["ip", "netns", "exec", self.ns] if self.ns else []

    def _free_port(self):
        def free():
            with socket.socket() as probe:
                probe.bind((self.host, 0))
                return probe.getsockname()[1]

        if not self.ns:
            return free()
        with in_namespace(self.ns):
            return free()
