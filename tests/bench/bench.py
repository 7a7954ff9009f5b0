#!/usr/bin/python3
"""Measures kea-dhcp4 and kea-dhcp6 beside Debian's Kea and the floor, in namespaces, in one run.

usage: bench.py [--quick] [--rounds N] [--seconds S] [--workers N]

The same configuration for all (memfile on disk, fresh lease file, one subnet). Ours makes leases durable before it
answers; Kea and the floor do not. Two loads: perfdhcp at a fixed rate, and blast (DHCPv4, poses as a relay) in closed
loop for the highest rate. Prints a table of medians; ratios hold from machine to machine, absolute figures do not.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from lab import BIN, Kea, Lab, inside, run, wait_for  # noqa: E402

HERE = Path(__file__).resolve().parent
RATE = 6000
SERVER4, CLIENT4 = "10.0.0.1", "10.0.0.2"


def config(family, kea, ours):
    common = {
        "interfaces-config": {"interfaces": ["srv0"]},
        "lease-database": {"type": "memfile", "persist": True, "name": str(kea.folder / "leases.csv"), "lfc-interval": 0},
        "valid-lifetime": 4000,
        "renew-timer": 1000,
        "rebind-timer": 2000,
        "loggers": [{"name": f"kea-dhcp{family}", "severity": "WARN", "output-options" if ours else "output_options": [{"output": str(kea.folder / "log")}]}],
    }
    if family == 4:
        return {"Dhcp4": {**common, "subnet4": [{"id": 1, "subnet": "10.0.0.0/8", "interface": "srv0", "pools": [{"pool": "10.1.0.0 - 10.255.255.0"}]}]}}
    return {"Dhcp6": {**common, "preferred-lifetime": 3000, "subnet6": [{"id": 1, "subnet": "2001:db8::/64", "interface": "srv0", "pools": [{"pool": "2001:db8::1:0:0:0/80"}]}]}}


class Subject:
    """A server under measurement."""

    def __init__(self, name, folder, ours):
        self.name, self.folder, self.ours = name, folder, ours

    def serves(self, family):
        return (self.folder / f"kea-dhcp{family}").exists()

    def start(self, lab, family):
        self.runs = getattr(self, "runs", 0) + 1
        kea = Kea(lab, "srv", f"{self.name}-{family}-{self.runs}".replace(" ", "-"))
        if self.name == "floor":
            process = lab.spawn("srv", kea.folder.name, self.folder / "kea-dhcp4")
            time.sleep(0.2)  # it says nothing; a socket is all it has to open
            return process
        path = kea.write(f"kea-dhcp{family}", config(family, kea, self.ours))
        process = lab.spawn("srv", kea.folder.name, self.folder / f"kea-dhcp{family}", "-c", path, env=kea.env)
        # At WARN neither says that it started: the socket shows it.
        port = "67" if family == 4 else "547"
        end = time.monotonic() + 20
        while f":{port} " not in lab.run("srv", "ss", "-Hlun"):
            if process.popen.poll() is not None or time.monotonic() > end:
                sys.exit(f"{self.name} did not start: {process.output()}")
            time.sleep(0.05)
        return process


def blast(lab, tool, in_flight, seconds):
    out = lab.run("cli", tool, SERVER4, CLIENT4, seconds, -in_flight)
    return json.loads(out)


def perfdhcp(lab, family, seconds):
    argv = ["perfdhcp", f"-{family}", "-r", RATE, "-R", 1000000, "-p", seconds, "-W", 1000000, "-l", "cli0"]
    if family == 4:
        argv.append(SERVER4)
    done = subprocess.run(["ip", "netns", "exec", "cli", *map(str, argv)], capture_output=True, text=True).stdout
    sections = re.split(r"\*\*\*Statistics for: ", done)[1:]
    number = lambda text, key: float((re.search(key + r": ([\d.]+)", text) or [0, 0])[1])
    sent, received = number(sections[0], "sent packets"), number(sections[-1], "received packets")
    delay = sum(number(s, "avg delay") for s in sections)
    return {"done": received, "lost": 100 * (1 - received / max(sent, 1)), "delay_ms": delay}


def measure(lab, subject, family, load):
    process = subject.start(lab, family)
    load(1)  # warm
    before = process.cpu()
    result = load(None)
    result["cpu_us"] = 1e6 * (process.cpu() - before) / max(result["done"], 1)
    result["memory_mib"] = process.memory_peak() / 2**20
    process.stop()
    return result


def median(rows, key):
    return statistics.median(r[key] for r in rows)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--quick", action="store_true", help="one short round")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=int, default=8)
    p.add_argument("--in-flight", type=int, nargs="*", default=[256, 16])
    a = p.parse_args()
    if a.quick:
        a.rounds, a.seconds = 1, 3
    inside()
    # Debian's Kea writes its DUID there, and nowhere else.
    run("mount", "-t", "tmpfs", "tmpfs", "/var/lib")
    Path("/var/lib/kea").mkdir()
    with Lab() as lab:
        lab.namespace("srv", "cli")
        lab.link("srv", "srv0", "cli", "cli0", [f"{SERVER4}/8", "2001:db8::1/64"], [f"{CLIENT4}/8", "2001:db8::2/64"])
        tools = lab.folder / "tools"
        (tools / "floor").mkdir(parents=True)
        run("cc", "-O2", "-o", tools / "blast", HERE / "blast.c")
        run("cc", "-O2", "-o", tools / "floor" / "kea-dhcp4", HERE / "limit.c")
        subjects = [Subject("ours", BIN, True), Subject("floor", tools / "floor", False)]
        if shutil.which("kea-dhcp4"):
            subjects.insert(1, Subject("Kea 2.2", Path(shutil.which("kea-dhcp4")).parent, False))
        else:
            print("Debian's kea-dhcp4-server is not installed: no comparison with Kea")
        rows = []
        loads = [(4, f"DHCPv4 closed loop, {n} in flight", lambda s, n=n: blast(lab, tools / "blast", n, s or a.seconds)) for n in a.in_flight]
        if shutil.which("perfdhcp"):
            loads += [(f, f"DHCPv{f} perfdhcp at {RATE}/s", lambda s, f=f: perfdhcp(lab, f, s or a.seconds)) for f in (4, 6)]
        for family, title, load in loads:
            got = {s.name: [] for s in subjects if s.serves(family)}
            for _ in range(a.rounds):
                for subject in (s for s in subjects if s.serves(family)):
                    got[subject.name].append(measure(lab, subject, family, load))
            rows.append((title, got))
        report(rows)
        netconf(lab, a.quick)


def netconf(lab, quick):
    """Latencies of kea-netconf in front of kea-dhcp4, by a raw SSH client: medians."""
    latency = BIN / "examples" / "latency"
    if not latency.exists():
        print(f"\n{latency} is not built: no NETCONF latencies")
        return
    kea = Kea(lab, "srv", "netconf")
    common = lambda name: {"loggers": [{"name": name, "severity": "WARN", "output-options": [{"output": str(kea.folder / f"{name}.log")}]}]}
    socket_of = lambda name: {"socket-type": "unix", "socket-name": kea.socket(name)}
    dhcp4 = {"interfaces-config": {"interfaces": []}, "control-sockets": [socket_of("kea-dhcp4")], "lease-database": {"type": "memfile", "persist": False}}
    agent = {"managed-servers": {"dhcp4": {"control-socket": socket_of("kea-dhcp4")}}, "datastore-directory": str(kea.folder)}
    agent["ssh"] = {"listen": ["127.0.0.1"], "users": [{"name": "bench", "password": "bench"}]}
    for name, config in (("kea-dhcp4", {"Dhcp4": dhcp4 | common("kea-dhcp4")}), ("kea-netconf", {"Netconf": agent | common("kea-netconf")})):
        kea.start(name, config, started="")
    wait_for(lambda: ":830 " in lab.run("srv", "ss", "-Hltn"), "the NETCONF server")
    print("\nNETCONF, raw SSH client (medians)")
    for subnets in (10,) if quick else (10, 5000):
        print(lab.run("srv", latency, "127.0.0.1:830", "bench", "bench", subnets).rstrip())


def report(rows):
    print("| load | server | exchanges/s | lost % | CPU µs an exchange | p50 ms | p99 ms | peak MiB |\n|---|---|---|---|---|---|---|---|")
    for title, got in rows:
        for name, results in got.items():
            r = results[0]
            if "rate" in r:
                lost = 100 * sum(x["lost"] for x in results) / max(sum(x["discovers"] for x in results), 1)
                figures = (f"{median(results, 'rate'):,.0f}", f"{lost:.2f}", f"{median(results, 'cpu_us'):.1f}", f"{median(results, 'p50_ms'):.2f}", f"{median(results, 'p99_ms'):.2f}")
            else:
                figures = ("", f"{median(results, 'lost'):.2f}", f"{median(results, 'cpu_us'):.1f}", f"avg {median(results, 'delay_ms'):.2f}", "")
            print(f"| {title} | {name} | {' | '.join(figures)} | {max(x['memory_mib'] for x in results):.0f} |")
        if "ours" in got and "Kea 2.2" in got:
            ours, kea = got["ours"], got["Kea 2.2"]
            rate = f"{median(ours, 'rate') / max(median(kea, 'rate'), 1):.1f} times the rate, " if "rate" in ours[0] else ""
            print(f"| | ours to Kea 2.2 | {rate}{median(kea, 'cpu_us') / max(median(ours, 'cpu_us'), 0.01):.1f} times less CPU | | | | | |")
        if "ours" in got and "floor" in got:
            print(f"| | ours to the floor | {median(got['ours'], 'cpu_us') / max(median(got['floor'], 'cpu_us'), 0.01):.1f} times its CPU | | | | | |")


main()
