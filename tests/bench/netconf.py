"""Latencies of kea-netconf in front of kea-dhcp4, by a raw SSH client: medians."""

import re
import sys

from lab import BIN, Kea, wait_for

from subject import rows


def measure(bench):
    latency = BIN / "examples" / "latency"
    if not latency.exists():
        return print(f"{latency} is not built: no NETCONF latencies", file=sys.stderr)
    lab, kea = bench.lab, Kea(bench.lab, "srv", "netconf")
    common = lambda name: {"loggers": [{"name": name, "severity": "WARN", "output-options": [{"output": str(kea.folder / f"{name}.log")}]}]}
    socket_of = lambda name: {"socket-type": "unix", "socket-name": kea.socket(name)}
    dhcp4 = {"interfaces-config": {"interfaces": []}, "control-sockets": [socket_of("kea-dhcp4")], "lease-database": {"type": "memfile", "persist": False}}
    agent = {"managed-servers": {"dhcp4": {"control-socket": socket_of("kea-dhcp4")}}, "datastore-directory": str(kea.folder)}
    agent["ssh"] = {"listen": ["127.0.0.1"], "users": [{"name": "bench", "password": "bench"}]}
    for name, config in (("kea-dhcp4", {"Dhcp4": dhcp4 | common("kea-dhcp4")}), ("kea-netconf", {"Netconf": agent | common("kea-netconf")})):
        kea.start(name, config, started="")
    wait_for(lambda: ":830 " in lab.run("srv", "ss", "-Hltn"), "the NETCONF server")
    sizes = (10, 5000)
    times = [re.findall(r"^(.+): ([\d.]+) ms$", lab.run("srv", latency, "127.0.0.1:830", "bench", "bench", n), re.M) for n in sizes]
    for process in reversed(kea.processes.values()):
        process.stop()
    titles = [title.replace(f"of {sizes[0]} subnets", "of all of them") for title, _ in times[0]]
    table = [(title, *(millis for _, millis in line)) for title, *line in zip(titles, *times)]
    return rows(["ms", *(f"{n:,} subnets" for n in sizes)], table)
