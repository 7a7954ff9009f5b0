"""The servers that scenarios run against: ours and Debian's Kea 2.2, each with a configuration that it understands."""

import contextlib
import csv
import json
import mmap
import shutil
import struct
import subprocess
from pathlib import Path

from dhcp6 import SERVER_DUID
from lab import Kea, unix_command, wait_for

HERE = Path(__file__).resolve().parent
INTERFACES = {4: ["srv0", "srv1"], 6: ["srv0/2001:db8:1::1", "srv1/2001:db8:2::1", "srv0", "srv1"]}
# What has another name since Kea 2.2.
OLD_NAMES = {
    "evaluate-additional-classes": "require-client-classes",
    "only-in-additional-list": "only-if-required",
    "output-options": "output_options",
}
# What Kea 2.2 always does as Kea 3 does when it is told so.
ALWAYS_SO = {("ddns-conflict-resolution-mode", "check-with-dhcid")}
RELEASED = "3"
# A lease that a server finds in its file, unless it is said otherwise.
FOUND = {
    "hwaddr": "02:00:00:00:00:f0", "duid": "00:03:00:01:02:00:00:00:00:f0", "valid_lifetime": "4000", "pref_lifetime": "3000",
    "subnet_id": "1", "lease_type": "0", "iaid": "1", "prefix_len": "128", "fqdn_fwd": "0", "fqdn_rev": "0", "state": "0",
    "hwtype": "1", "hwaddr_source": "0", "pool_id": "0",
}
IDENTIFIERS = {"hw-address", "client-id", "duid", "circuit-id", "flex-id"}


class Clock:
    """The daemons' clock: it stands still but for what the scenario says."""

    def __init__(self, folder):
        self.library = folder / "clock.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", self.library, HERE / "clock.c"], check=True)
        self.file = folder / "clock"
        self.file.write_bytes(bytes(8))
        with open(self.file, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 8)

    def set(self, now):
        self.now = int(now)
        self.page[:] = struct.pack("=q", self.now)

    def advance(self, seconds):
        self.set(self.now + seconds)


class Server:
    """A daemon with a folder of its own, for one scenario."""

    def __init__(self, lab, clock, family, folder, program, kea_2_2):
        self.family, self.name, self.kea_2_2 = family, f"kea-dhcp{family}", kea_2_2
        self.program, self.clock = program, clock
        self.scope = f"Dhcp{family}"
        self.kea = Kea(lab, "server", folder)
        self.kea.env |= {"SCENARIO_CLOCK": str(clock.file), "LD_PRELOAD": str(clock.library)}
        self.lease_file = self.kea.folder / f"kea-leases{family}.csv"
        self.process, self.starts = None, []

    def arranged(self, config):
        """A scenario's configuration with what the laboratory adds, in the words of the server's version."""
        control = {"socket-type": "unix", "socket-name": self.kea.socket(self.name)}
        whole = {
            "interfaces-config": {"interfaces": INTERFACES[self.family]},
            "lease-database": {"type": "memfile", "name": str(self.lease_file)},
            "multi-threading": {"enable-multi-threading": False},
            "loggers": [{"name": self.name, "severity": "DEBUG", "debuglevel": 55, "output-options": [{"output": "stdout"}]}],
        }
        if self.family == 6:
            whole["server-id"] = {"type": "LL", "htype": 1, "identifier": SERVER_DUID[4:].hex()}
        whole |= {"control-socket": control} if self.kea_2_2 else {"control-sockets": [control]}
        if self.family == 6 and self.kea_2_2:
            whole["data-directory"] = str(self.kea.folder)
        for key, value in config.items():
            whole[key] = whole[key] | value if key in whole and isinstance(value, dict) else value
        return {self.scope: as_kea_2_2(whole) if self.kea_2_2 else whole}

    def reconfigure(self, config):
        """Gives the running server another configuration; its answer."""
        return self.command("config-set", self.arranged(config))

    def start(self, config=None):
        self.process = self.kea.start(self.name, self.arranged(config) if config is not None else None, rf"DHCP{self.family}_STARTED", self.program)
        self.starts.append(self.process)

    def stop(self):
        """Ends it; what it said of a defect, if there was one."""
        if self.process:
            self.process.stop()
            self.kea.lab.processes.remove(self.process)
        panics = [line for line in self.log().splitlines() if "panicked" in line]
        shutil.rmtree(self.kea.folder, ignore_errors=True)
        return panics

    def restart(self, address=None, columns=None):
        """Ends it and starts it again, with one more lease in its file if an address is given."""
        self.process.stop()
        if address:
            with open(self.lease_file, "r+", newline="") as file:
                names = file.readline().strip().split(",")
                row = FOUND | {"address": address, "expire": str(self.clock.now + int(FOUND["valid_lifetime"]))} | columns
                file.seek(0, 2)
                file.write(",".join(row.get(name, "").replace(",", "&#x2c") for name in names) + "\n")
        self.start()

    def log(self):
        return "".join(process.output() for process in self.starts)

    def command(self, name, arguments=None):
        request = {"command": name} | ({"arguments": arguments} if arguments is not None else {})
        return unix_command(self.kea.socket(self.name), request)

    def statistic(self, name):
        """Its value; None if there is none of this name."""
        return next(iter(self.samples(name)), None)

    def samples(self, name):
        """Its values, the latest first."""
        answer = self.command("statistic-get", {"name": name})
        return [value for value, _ in answer.get("arguments", {}).get(name, [])]

    def lease(self, address):
        """The last row of the lease file about an address, as a map of columns; None without one."""
        files = [f"{self.lease_file}.2", f"{self.lease_file}.1", self.lease_file]
        rows = []
        for file in files:
            with contextlib.suppress(FileNotFoundError), open(file, newline="") as text:
                rows += [row for row in csv.DictReader(text) if row["address"] == address]
        rows = [{name: (value or "").replace("&#x2c", ",") for name, value in row.items()} for row in rows]
        # A row without a lifetime says that the lease was removed, unless its client gave it back and it is kept.
        gone = rows and rows[-1]["valid_lifetime"] == "0" and rows[-1]["state"] != RELEASED
        return None if not rows or gone else rows[-1]

    def wait_for_log(self, text, seconds=1.0):
        with contextlib.suppress(TimeoutError):
            return wait_for(lambda: text in self.log(), text, seconds)
        return False


class Pair:
    """The two servers of DHCPv4-over-DHCPv6. Questions are for the DHCPv4 server, but for statistics of the other."""

    family = "4o6"

    def __init__(self, lab, clock, folder, programs, kea_2_2):
        self.four, self.six = (Server(lab, clock, n, f"{folder}-{n}", programs[n] / f"kea-dhcp{n}", n in kea_2_2) for n in (4, 6))
        self.both, self.kea_2_2 = (self.six, self.four), 4 in kea_2_2
        self.command, self.lease = self.four.command, self.four.lease

    def start(self, config):
        for half in self.both:
            half.start(config[half.scope])

    def reconfigure(self, config):
        answers = [half.reconfigure(config[half.scope]) for half in self.both]
        return max(answers, key=lambda answer: answer["result"])

    def stop(self):
        return [panic for half in self.both for panic in half.stop()]

    def restart(self):
        for half in self.both:
            half.restart()

    def log(self):
        return "".join(half.log() for half in self.both)

    def statistic(self, name):
        return (self.six if name.startswith("pkt6") else self.four).statistic(name)

    def wait_for_log(self, text):
        return any(half.wait_for_log(text, 0.5) for half in self.both)


def as_kea_2_2(node):
    """A configuration in the words of Kea 2.2."""
    if isinstance(node, list):
        return [as_kea_2_2(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for key, value in node.items():
        names = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if (key, json.dumps(value).strip('"')) in ALWAYS_SO:
            continue
        if key == "client-classes" and names and not IDENTIFIERS & node.keys():
            found["client-class"] = value[0]
        else:
            found[OLD_NAMES.get(key, key)] = as_kea_2_2(value)
    return found
