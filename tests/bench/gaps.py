"""What clients feel of what a server does beside answering: a new configuration, a cleanup of the lease file, a reclamation.

A steady load while it happens. `gap` is the longest time without any answer, `slowest` the longest that one answer
took; both hold what the generator and the machine add, which the first row shows.
"""

import signal
import time

from lab import wait_for

from cost import SUBNETS, WHOLE, many_subnets
from subject import Leases, rows

RATE = 2000
#: Seconds before and after what is measured.
QUIET = 2
LONGEST = 20
EXPIRED, STANDING = 100_000, 1_000_000


def measure(bench):
    folder = bench.lab.folder
    idle = {"expired-leases-processing": {"reclaim-timer-wait-time": 0, "flush-reclaimed-timer-wait-time": 0}}
    one = {"subnet4": [WHOLE]} | idle
    relays = ("-l", SUBNETS)
    cases = [
        ("nothing, 1 subnet", one, None, (), lambda _: time.sleep(1)),
        ("nothing, 10,000 subnets", many_subnets() | idle, None, relays, lambda _: time.sleep(1)),
        ("config-set of 10,000 subnets", many_subnets() | idle, None, relays, config_set),
        ("the same file read again (SIGHUP)", many_subnets() | idle, None, relays, reload),
        ("cleanup of 1,000,000 leases", one | {"lease-database": {"lfc-interval": 3}}, Leases(folder, STANDING, 0x010000), (), cleanup),
        ("leases-reclaim of 100,000", one, Leases(folder, EXPIRED, 0x010000, expired=True), (), lambda s: s.command("leases-reclaim", {"remove": False})),
    ]
    table = []
    for title, config, leases, options, event in cases:
        for subject in bench.daemons:
            server = subject.start(4, config, leases)
            # Whoever waits longer than that has not been answered at all.
            load = ("-r", RATE, "-o", 30_000, "-f", 1 << 20, *(options or ("-l", 1)))
            with bench.load(*load, giaddr="10.0.0.1") as counted:
                time.sleep(QUIET)
                start = time.monotonic()
                event(server)
                took = time.monotonic() - start
                time.sleep(QUIET)
            server.stop()
            c = counted
            table.append((title, subject.name, f"{took:.2f}" if took < LONGEST else f"over {LONGEST}", c["discovers"] - c["done"], f"{c['gap_ms']:.1f}", f"{c['slowest_ms']:.1f}", f"{c['pause_ms']:.1f}"))
            title = ""
    return rows([f"{RATE:,} exchanges/s, meanwhile", "server", "s", "lost", "gap ms", "slowest ms", "generator's own pause ms"], table)


def config_set(server):
    server.command("config-set", {server.module: server.config | {"valid-lifetime": 4001}})


def reload(server):
    """Over when the server runs with what the file says."""
    age = lambda: server.command("status-get")["arguments"]["reload"]
    before = age()
    server.process.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: age() < before, "the configuration", 60)


def cleanup(server):
    """Over when the result has taken the place of the file; one that takes longer is not waited for."""
    done = server.kea.folder / "leases.csv.2"
    end = time.monotonic() + LONGEST
    while not done.exists() and time.monotonic() < end:
        time.sleep(0.01)
