"""How long a server takes to start, and what memory it has then: with many leases, and with a large configuration."""

from cost import HOSTS, SUBNETS, WHOLE, many_subnets
from subject import Leases, rows

LEASES = 1_000_000


def measure(bench):
    one = {"subnet4": [WHOLE]}
    cases = [
        ("1 subnet, no lease", one, None, 0, ""),
        ("1,000,000 leases in the file", one, Leases(bench.lab.folder, LEASES, 0x010000), LEASES, "lease"),
        ("10,000 subnets, 100,000 reservations", many_subnets(HOSTS // SUBNETS), None, SUBNETS + HOSTS, "subnet or reservation"),
    ]
    table = []
    for title, config, leases, count, unit in cases:
        for subject in bench.daemons:
            server = subject.start(4, config, leases)
            memory = server.memory()
            if not count:
                subject.empty = memory
            each = f"{(memory - subject.empty) / count:,.0f} bytes a {unit}" if count else ""
            peak = server.memory("VmHWM")
            table.append((title, subject.name, f"{server.started:.2f}", f"{memory / 2**20:.0f}", each, f"{peak / 2**20:.0f}"))
            title = ""
            server.stop()
    return rows(["", "server", "seconds to start", "memory MiB", "that is", "peak MiB"], table)
