"""What clients feel of what a server does beside answering: a new configuration, a cleanup of the lease file, a reclamation.

A steady load while it happens. `gap` is the longest time without any answer, `slowest` the longest that one answer
took; both hold what the generator and the machine add, which the first rows show. A machine that is shared stops for some
milliseconds now and then: what is over soon is measured several times, by turns, and the medians and the worst are told.
"""

import signal
import time
from statistics import median

from lab import wait_for

from cost import SUBNETS, WHOLE, many_subnets
from subject import Leases, rows

RATE = 2000
#: How often what is over soon is measured.
ROUNDS = 5
#: Seconds before and after what is measured.
QUIET = 2
LONGEST = 20
EXPIRED, STANDING = 100_000, 1_000_000


def measure(bench):
    folder = bench.lab.folder
    idle = {"expired-leases-processing": {"reclaim-timer-wait-time": 0, "flush-reclaimed-timer-wait-time": 0}}
    one = {"subnet4": [WHOLE]} | idle
    relays = ("-l", SUBNETS)
    subnets = many_subnets() | idle
    standing = Leases(folder, STANDING, 0x010000)
    expired = Leases(folder, EXPIRED, 0x010000, expired=True)
    cases = [
        (ROUNDS, "nothing, 1 subnet", one, None, (), lambda _: time.sleep(1)),
        (ROUNDS, "nothing, 10,000 subnets", subnets, None, relays, lambda _: time.sleep(1)),
        (ROUNDS, "config-set of 10,000 subnets", subnets, None, relays, config_set),
        (ROUNDS, "the same file read again (SIGHUP)", subnets, None, relays, reload),
        (1, "cleanup of 1,000,000 leases", one | {"lease-database": {"lfc-interval": 3}}, standing, (), cleanup),
        (1, "leases-reclaim of 100,000", one, expired, (), lambda s: s.command("leases-reclaim", {"remove": False})),
    ]
    seen = {(case[1], subject.name): [] for case in cases for subject in bench.daemons}
    for turn in range(ROUNDS):
        for rounds, title, *case in cases:
            for subject in bench.daemons:
                # The other server's pauses are seconds: they are seen at once.
                if turn < (rounds if subject is bench.daemons[0] else 1):
                    seen[title, subject.name].append(meanwhile(bench, subject, *case))
    table, last = [], None
    for (title, name), runs in seen.items():
        took, lost, gaps, slowest, pauses = zip(*runs)
        took = median(took)
        took = f"{took:.2f}" if took < LONGEST else f"over {LONGEST}"
        table.append((title if title != last else "", name, took, sum(lost), *map(both, (gaps, slowest, pauses))))
        last = title
    return rows([f"{RATE:,} exchanges/s, meanwhile", "server", "s", "lost", "gap ms", "slowest ms", "generator's own pause ms"], table)


def meanwhile(bench, subject, config, leases, options, event):
    """Seconds that the event took, exchanges lost, and milliseconds: gap, slowest answer, pause of the generator."""
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
    return took, counted["discovers"] - counted["done"], counted["gap_ms"], counted["slowest_ms"], counted["pause_ms"]


def both(milliseconds):
    """Median and worst, where there are several."""
    worst = max(milliseconds)
    return f"{worst:.1f}" if len(milliseconds) == 1 else f"{median(milliseconds):.1f} (worst {worst:.1f})"


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
