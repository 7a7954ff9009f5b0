"""The rate that a server reaches, and what an exchange costs it, beside Kea and the floor.

Two loads: blast (DHCPv4, poses as a relay) in closed loop for the highest rate, and perfdhcp at a fixed rate.
"""

import re
import shutil
import subprocess

from subject import CLIENT, SERVER, median, rows

RATE = 6000
CONFIG = {
    4: {"subnet4": [{"id": 1, "subnet": "10.0.0.0/8", "pools": [{"pool": "10.1.0.0 - 10.255.255.0"}], "relay": {"ip-addresses": [CLIENT]}}]},
    6: {"preferred-lifetime": 3000, "subnet6": [{"id": 1, "subnet": "2001:db8::/64", "interface": "srv0", "pools": [{"pool": "2001:db8::1:0:0:0/80"}]}]},
}


def measure(bench):
    loads = [(4, f"DHCPv4, closed loop, {n} in flight", lambda s, n=n: bench.blast("-w", n, "-t", s)) for n in (256, 16)]
    if shutil.which("perfdhcp"):
        loads += [(f, f"DHCPv{f}, perfdhcp at {RATE:,}/s", lambda s, f=f: perfdhcp(f, s)) for f in (4, 6)]
    table = []
    for family, title, load in loads:
        subjects = [s for s in (*bench.daemons, bench.floor) if s.serves(family)]
        got = {s.name: [] for s in subjects}
        for _ in range(bench.rounds):
            for subject in subjects:
                got[subject.name].append(once(bench, subject, family, load))
        table += report(title, got)
    return rows(["load", "server", "exchanges/s", "lost %", "CPU µs an exchange", "p50 ms", "p99 ms", "peak MiB"], table)


def once(bench, subject, family, load):
    server = subject.start(family, CONFIG[family])
    load(1)  # warm
    before = server.cpu()
    result = load(bench.seconds)
    result["cpu_us"] = 1e6 * (server.cpu() - before) / max(result["done"], 1)
    result["memory"] = server.memory("VmHWM")
    server.stop()
    return result


def perfdhcp(family, seconds):
    argv = ["ip", "netns", "exec", "cli", "perfdhcp", f"-{family}", "-r", RATE, "-R", 1000000, "-p", seconds, "-W", 1000000, "-l", "cli0"]
    if family == 4:
        argv.append(SERVER)
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True).stdout
    sections = re.split(r"\*\*\*Statistics for: ", done)[1:]
    number = lambda text, key: float((re.search(key + r": ([\d.]+)", text) or [0, 0])[1])
    sent, received = number(sections[0], "sent packets"), number(sections[-1], "received packets")
    return {"done": received, "discovers": sent, "lost": max(sent - received, 0), "delay_ms": sum(number(s, "avg delay") for s in sections)}


def report(title, got):
    for name, results in got.items():
        lost = 100 * sum(r["lost"] for r in results) / max(sum(r["discovers"] for r in results), 1)
        cpu, peak = median(results, "cpu_us"), max(r["memory"] for r in results) / 2**20
        if "rate" in results[0]:
            figures = f"{median(results, 'rate'):,.0f}", f"{lost:.2f}", f"{cpu:.1f}", f"{median(results, 'p50_ms'):.2f}", f"{median(results, 'p99_ms'):.2f}"
        else:
            figures = "", f"{lost:.2f}", f"{cpu:.1f}", f"avg {median(results, 'delay_ms'):.2f}", ""
        yield title, name, *figures, f"{peak:.0f}"
        title = ""
    ours = got["ours"]
    for name in ("Kea 2.2", "floor"):
        if other := got.get(name):
            ratio = lambda key: median(ours, key) / max(median(other, key), 0.01)
            rate = f"{ratio('rate'):.2f} times" if "rate" in ours[0] else ""
            yield "", f"ours to {'the floor' if name == 'floor' else name}", rate, "", f"{ratio('cpu_us'):.2f} times", "", "", ""
