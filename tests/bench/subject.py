"""What is measured: a daemon with a configuration in the namespace `srv`, loads that come from the namespace `cli`."""

import contextlib
import json
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from lab import BIN, Kea, run, unix_command, wait_for

HERE = Path(__file__).resolve().parent
SERVER, CLIENT = "192.168.0.1", "192.168.0.2"
SERVER6, CLIENT6 = "2001:db8::1", "2001:db8::2"
#: The client that finds out whether a server answers.
FIRST_OF_ALL = 1 << 30


class Bench:
    """Two namespaces with a link between them, the tools, the servers to compare."""

    def __init__(self, lab, rounds, seconds, realtime=False):
        self.lab, self.rounds, self.seconds, self.realtime = lab, rounds, seconds, realtime
        lab.namespace("srv", "cli")
        lab.link("srv", "srv0", "cli", "cli0", [f"{SERVER}/24", f"{SERVER6}/64"], [f"{CLIENT}/24", f"{CLIENT6}/64"])
        # Relays with addresses in 10.0.0.0/8 all live in the client's namespace.
        lab.run("srv", "ip", "route", "add", "10.0.0.0/8", "via", CLIENT)
        lab.run("cli", "ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo")
        tools = lab.folder / "tools"
        (tools / "floor").mkdir(parents=True)
        self.blast_tool = tools / "blast"
        run("cc", "-O2", "-o", self.blast_tool, HERE / "blast.c")
        run("cc", "-O2", "-o", tools / "floor" / "kea-dhcp4", HERE / "limit.c")
        self.ours = Subject(self, "ours", BIN)
        self.floor = Subject(self, "floor", tools / "floor")
        kea = shutil.which("kea-dhcp4")
        self.kea = kea and Subject(self, "Kea 2.2", Path(kea).parent)
        if not kea:
            print("Debian's kea-dhcp4-server is not installed: no comparison with Kea", file=sys.stderr)

    @property
    def daemons(self):
        """The DHCP servers to compare."""
        return [self.ours, self.kea] if self.kea else [self.ours]

    def blast(self, *options, giaddr=CLIENT):
        """Runs a load to its end; what it counted."""
        return json.loads(self.lab.run("cli", self.blast_tool, *options, SERVER, giaddr))

    def is_answered(self):
        """Whether a client gets a lease within a moment."""
        return self.blast("-n", 1, "-w", 1, "-o", 100, "-f", FIRST_OF_ALL, "-l", 1, giaddr="10.0.0.1")["done"]

    @contextlib.contextmanager
    def load(self, *options, giaddr=CLIENT):
        """A load that lasts as long as the block. Yields a map that holds what it counted afterwards."""
        # The generator goes before the servers: what it does not send on time, they cannot answer.
        argv = ["ip", "netns", "exec", "cli", "chrt", "-f", "2", self.blast_tool, "-t", "600", *options, SERVER, giaddr]
        process = subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True)
        counted = {}
        try:
            yield counted
            process.send_signal(signal.SIGINT)
            counted.update(json.loads(process.communicate(timeout=120)[0]))
        finally:
            process.kill()
            process.wait()


class Subject:
    """A server under measurement."""

    def __init__(self, bench, name, folder):
        self.bench, self.name, self.folder, self.runs = bench, name, folder, 0

    @property
    def ours(self):
        return self.name == "ours"

    def serves(self, family):
        return (self.folder / f"kea-dhcp{family}").exists()

    def start(self, family, config=None, leases=None):
        """Starts it with parameters of Dhcp4 or Dhcp6 and a lease file, and waits until it answers."""
        self.runs += 1
        kea = Kea(self.bench.lab, "srv", f"{self.name}-{family}-{self.runs}".replace(" ", "-"))
        server = Running(kea, f"kea-dhcp{family}", self.config(kea, family, config or {}))
        argv = [*(["chrt", "-r", "1"] if self.bench.realtime else []), self.folder / server.name]
        if self.name != "floor":
            argv += ["-c", server.write(server.config)]
        if leases:
            shutil.copyfile(leases.file(self.ours), kea.folder / "leases.csv")
        start = time.monotonic()
        process = server.process = self.bench.lab.spawn("srv", kea.folder.name, *argv, env=kea.env)
        # At WARN a server does not say that it started: its socket and an answer show it.
        table, port = (("udp", 67) if family == 4 else ("udp6", 547))
        wait_for(lambda: process.popen.poll() is not None or is_open(process.pid, table, port), f"{self.name} to start", 120)
        if process.popen.poll() is not None:
            sys.exit(f"{self.name} did not start: {process.output()}")
        if family == 4 and self.name != "floor":
            wait_for(self.bench.is_answered, f"an answer of {self.name}", 60)
        server.started = time.monotonic() - start
        return server

    def config(self, kea, family, config):
        """What all configurations have in common."""
        outputs = "output-options" if self.ours else "output_options"
        common = {
            "interfaces-config": {"interfaces": ["srv0"]},
            "control-socket": {"socket-type": "unix", "socket-name": kea.socket(f"kea-dhcp{family}")},
            "lease-database": {"type": "memfile", "persist": True, "name": str(kea.folder / "leases.csv"), "lfc-interval": 0},
            "valid-lifetime": 4000,
            "renew-timer": 1000,
            "rebind-timer": 2000,
            "loggers": [{"name": f"kea-dhcp{family}", "severity": "WARN", outputs: [{"output": str(kea.folder / "log")}]}],
        }
        merged = common | config
        merged["lease-database"] = common["lease-database"] | config.get("lease-database", {})
        return merged


class Running:
    """A server that runs."""

    def __init__(self, kea, name, config):
        #: `config` is what it was started with; `started` seconds passed until it answered.
        self.kea, self.name, self.config, self.process, self.started = kea, name, config, None, None

    @property
    def module(self):
        return self.name.removeprefix("kea-").capitalize()

    def write(self, config):
        """Writes the configuration file."""
        path = self.kea.folder / f"{self.name}.conf"
        path.write_text(json.dumps({self.module: config}))
        return path

    def command(self, command, arguments=None):
        request = {"command": command} | ({"arguments": arguments} if arguments is not None else {})
        answer = unix_command(self.kea.socket(self.name), request)
        if answer["result"] != 0:
            sys.exit(f"{self.name}: {command}: {answer['text'][:500]}")
        return answer

    def cpu(self):
        return self.process.cpu()

    def memory(self, what="VmRSS"):
        """Resident memory in bytes, now or at its peak (`VmHWM`)."""
        return int(re.search(what + r":\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())[1]) * 1024

    def stop(self):
        self.process.stop(seconds=60)
        shutil.rmtree(self.kea.folder, ignore_errors=True)


class Leases:
    """A lease file with `count` leases in one subnet, from the address `first` on, each of a client of its own."""

    def __init__(self, folder, count, first, expired=False):
        self.folder, self.count, self.first, self.expired = folder, count, first, expired

    def file(self, ours):
        """The file, written when it is first asked for. Kea 2.2 has one column less."""
        path = self.folder / f"leases-{self.count}-{self.expired}-{ours}.csv"
        if not path.exists():
            pool = ",0" if ours else ""
            expire = int(time.time()) + (-1000 if self.expired else 4000)
            with path.open("w") as out:
                out.write("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context" + (",pool_id\n" if ours else "\n"))
                for n in range(self.count):
                    out.write(f"{address(self.first + n)},{mac(0x02B0, n)},,4000,{expire + n % 3600 * (not self.expired)},1,0,0,,0,{pool}\n")
        return path


def address(number):
    """An address in 10.0.0.0/8."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def mac(prefix, number):
    """A hardware address; those of the load generator have the prefix 02b1."""
    return ":".join(f"{byte:02x}" for byte in prefix.to_bytes(2, "big") + number.to_bytes(4, "big"))


def is_open(pid, table, port):
    with contextlib.suppress(OSError):
        return f":{port:04X} " in Path(f"/proc/{pid}/net/{table}").read_text()


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def rows(header, rows):
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
