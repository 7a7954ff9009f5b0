"""What an exchange costs as the configuration grows, and as leases stand.

Each row is a server started anew that deals with the same number of exchanges of 256 clients at a time, who come over
relays. The rates are relative to the first row of their kind, in the same round.
"""

from subject import Leases, address, mac, median, rows

EXCHANGES = 150_000
WINDOW = 256
SUBNETS, HOSTS, CLASSES = 10_000, 100_000, 200
#: Clients without a reservation have numbers from here on.
STRANGERS = 1 << 20

WHOLE = {"id": 1, "subnet": "10.0.0.0/8", "pools": [{"pool": "10.64.0.0 - 10.255.255.0"}]}


def one_subnet(**more):
    return {"subnet4": [WHOLE | more]}


def many_subnets(hosts=0):
    """Subnets of 256 addresses; relays have the first address of each."""
    return {"subnet4": [{"id": n + 1, "subnet": f"{address(n << 8)}/24", "pools": [{"pool": f"{address(n << 8 | 10)} - {address(n << 8 | 250)}"}]} | own_hosts(n, hosts) for n in range(SUBNETS)]}


def own_hosts(subnet, count):
    """Reservations in one of many subnets."""
    return {"reservations": [{"hw-address": mac(0x02B2, subnet * count + n), "ip-address": address(subnet << 8 | 10 + n)} for n in range(count)]} if count else {}


def reservations(base):
    return [{"hw-address": mac(0x02B1, n), "ip-address": address(base + n)} for n in range(HOSTS)]


def classes():
    """Every packet is tested for all of them; none has any of these values."""
    tests = (
        "option[60].hex == 'vendor-{0}'",
        "substring(option[60].hex, 0, 9) == 'PXE-{0:05}'",
        "pkt4.mac == 0x0a0b0c0d{0:04x}",
        "relay4[1].hex == 'port-{0}' and option[93].exists",
        "substring(hexstring(pkt4.mac, ''), 6, 4) == '{0:04x}'",
    )
    return [{"name": f"class-{n}", "test": tests[n % len(tests)].format(n)} for n in range(CLASSES)]


def measure(bench):
    folder = bench.lab.folder
    outside, inside = reservations(0x010000), reservations(0x400000)
    # 1,000 addresses of a million are free, and those that are given back come free again.
    pool = Leases(folder, 999_000, 0x400000)
    full = {"subnet4": [WHOLE | {"pools": [{"pool": f"{address(0x400000)} - {address(0x400000 + 999_999)}"}]}]}
    at_once = {"expired-leases-processing": {"hold-reclaimed-time": 0}}
    strangers, back = ("-f", STRANGERS), ("-f", STRANGERS, "-x")
    cases = [
        ("1 subnet", one_subnet(), strangers, None),
        ("10,000 subnets", many_subnets(), (*strangers, "-l", SUBNETS), None),
        ("100,000 reservations, clients that have one", one_subnet(reservations=outside), ("-c", HOSTS), None),
        ("100,000 reservations, clients that have none", one_subnet(reservations=outside), strangers, None),
        ("100,000 reservations in the pool, clients that have none", one_subnet(reservations=inside), strangers, None),
        ("200 classes with expressions", one_subnet() | {"client-classes": classes()}, strangers, None),
        ("1,000 leases in the file", one_subnet(), strangers, Leases(folder, 1000, 0x010000)),
        ("1,000,000 leases in the file", one_subnet(), strangers, Leases(folder, 1_000_000, 0x010000)),
        ("1 subnet, leases are given back", one_subnet() | at_once, back, None),
        ("the same, the pool 99.9 % full", full | at_once, back, pool),
    ]
    got = [[] for _ in cases]
    for _ in range(bench.rounds):
        for results, (_, config, options, leases) in zip(got, cases):
            results.append(once(bench, config, options, leases))
    table, base = [], None
    for (title, *_), results in zip(cases, got):
        base = results if title.startswith("1 subnet") else base
        relative = lambda key: f"{median([{key: r[key] / b[key]} for r, b in zip(results, base)], key):.2f}"
        lost = sum(r["discovers"] - r["done"] for r in results)
        table.append((title, f"{median(results, 'rate'):,.0f}", relative("rate"), f"{median(results, 'cpu_us'):.1f}", relative("cpu_us"), lost))
    return rows(["DHCPv4, 256 in flight", "exchanges/s", "to the first", "CPU µs an exchange", "to the first", "not done"], table)


def once(bench, config, options, leases):
    server = bench.ours.start(4, config, leases)
    load = lambda count: bench.blast("-w", WINDOW, "-n", count, "-t", 60, *(options if "-l" in options else (*options, "-l", 1)), giaddr="10.0.0.1")
    before = server.cpu()
    result = load(EXCHANGES)
    result["cpu_us"] = 1e6 * (server.cpu() - before) / max(result["done"], 1)
    server.stop()
    return result
