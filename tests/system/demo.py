#!/usr/bin/python3
"""The main job, end to end: NETCONF commit -> daemons -> leases -> DNS. Every step says what it did and what came back.

usage: demo.py [--keep]
"""

import argparse
import contextlib
import os
import signal
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")  # ncclient's dependencies announce their future at every import
from lab import HERE, INSIDE, Bind, Dhclient, Kea, Lab, inside, wait_for  # noqa: E402
from netconf import Netconf, ddns_edit, dhcp4_edit, dhcp6_edit  # noqa: E402

SERVER4, SERVER6 = "192.0.2.1", "2001:db8:1::1"
FORWARD, REVERSE4, REVERSE6 = "example.org", "2.0.192.in-addr.arpa", "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
NAME = f"workstation.{FORWARD}"


def step(text):
    step.number += 1
    print(f"\n\033[1m{step.number}. {text}\033[0m" if sys.stdout.isatty() else f"\n{step.number}. {text}", flush=True)


step.number = 0


def say(text):
    print("   " + str(text).replace("\n", "\n   "), flush=True)


def check(holds, what):
    say(("ok   " if holds else "FAIL ") + what)
    if not holds:
        raise AssertionError(what)


def base_configs(kea):
    """What the daemons start with: where they listen and whom they talk to, and not one subnet."""

    def common(name):
        return {
            "control-sockets": [{"socket-type": "unix", "socket-name": kea.socket(name)}],
            "loggers": [{"name": name, "severity": "INFO", "output-options": [{"output": "stdout"}]}],
        }

    leases = lambda family: {"type": "memfile", "name": str(kea.folder / f"kea-leases{family}.csv")}
    dhcp = {"interfaces-config": {"interfaces": ["srv0"]}, "dhcp-ddns": {"enable-updates": True}}
    return {
        "kea-dhcp4": {"Dhcp4": {**dhcp, **common("kea-dhcp4"), "lease-database": leases(4)}},
        "kea-dhcp6": {"Dhcp6": {**dhcp, **common("kea-dhcp6"), "lease-database": leases(6)}},
        "kea-dhcp-ddns": {"DhcpDdns": common("kea-dhcp-ddns")},
        "kea-netconf": {
            "Netconf": {
                "managed-servers": {
                    key: {"control-socket": {"socket-type": "unix", "socket-name": kea.socket(name)}}
                    for key, name in (("dhcp4", "kea-dhcp4"), ("dhcp6", "kea-dhcp6"), ("d2", "kea-dhcp-ddns"))
                },
                "loggers": [{"name": "kea-netconf", "severity": "INFO", "output-options": [{"output": "stdout"}]}],
                **Netconf.server_config(kea.folder),
            }
        },
    }


def start_daemons(kea, names):
    for name in names:
        process = kea.start(name)
        line = next(l for l in reversed(process.output().splitlines()) if "_STARTED" in l)
        say(f"{name}: {line}")


def subnets(kea, daemon, module, key):
    return kea.command(daemon, "config-get")["arguments"][module][key]


def edit_all(nc):
    nc.edit(dhcp4_edit(subnet="192.0.2.0/24", pool=("192.0.2.100", "192.0.2.199"), routers=SERVER4, dns=SERVER4, suffix=FORWARD))
    say("edit-config kea-dhcp4-server: subnet 192.0.2.0/24, pool .100 to .199, routers, domain-name-servers")
    nc.edit(dhcp6_edit(subnet="2001:db8:1::/64", pool=("2001:db8:1::1000", "2001:db8:1::1fff"), pd=("2001:db8:8000::/48", 56), suffix=FORWARD))
    say("edit-config kea-dhcp6-server: subnet 2001:db8:1::/64, address pool, prefixes of 56 bits from 2001:db8:8000::/48")
    nc.edit(ddns_edit(Bind, SERVER4, FORWARD, [REVERSE4, REVERSE6]))
    say(f"edit-config kea-dhcp-ddns: {FORWARD}, both reverse zones, TSIG key {Bind.KEY}")


def dhcid_exists(dns):
    return bool(dns.dig(NAME, "DHCID"))


def demo(lab, keep):
    started = time.monotonic()
    lab.namespace("server", "client")
    lab.link("server", "srv0", "client", "cli0", [f"{SERVER4}/24", f"{SERVER6}/64"])

    step("Four daemons and a DNS server start; no subnet is configured anywhere")
    dns = Bind(lab, "server", SERVER4, [FORWARD, REVERSE4, REVERSE6])
    say(f"BIND serves {FORWARD}, {REVERSE4}, {REVERSE6}; updates need TSIG")
    kea = Kea(lab, "server")
    for name, config in base_configs(kea).items():
        kea.write(name, config)
    daemons = ["kea-dhcp-ddns", "kea-dhcp4", "kea-dhcp6", "kea-netconf"]
    start_daemons(kea, daemons)
    check(subnets(kea, "kea-dhcp4", "Dhcp4", "subnet4") == [] and subnets(kea, "kea-dhcp6", "Dhcp6", "subnet6") == [], "no subnets")

    step("An orchestrator edits the candidate over NETCONF and commits it to all daemons")
    nc = Netconf(lab, "server", kea.folder)
    say(f"session {nc.session_id} over SSH; the agent speaks {', '.join(nc.base_capabilities())}")
    nc.lock("candidate")
    say("lock candidate")
    edit_all(nc)
    nc.validate("candidate")
    say("validate: ok")
    nc.commit()
    nc.unlock("candidate")
    say("commit: ok, unlock")
    check(len(subnets(kea, "kea-dhcp4", "Dhcp4", "subnet4")) == 1, "kea-dhcp4 serves one subnet now, without a restart")
    check(len(subnets(kea, "kea-dhcp6", "Dhcp6", "subnet6")) == 1, "kea-dhcp6 serves one subnet now")
    check(b"192.0.2.0/24" in nc.get_config("running"), "running holds what was committed")

    step("ISC dhclient asks for an IPv4 address, an IPv6 address and a prefix")
    fqdn = f'send fqdn.fqdn "{NAME}."; send fqdn.encoded on; send fqdn.server-update on;\n'
    four = Dhclient(lab, "client", "cli0", 4, options=["-i", "-D", "LL"], config=fqdn + "request subnet-mask, routers, domain-name-servers;")
    six = Dhclient(lab, "client", "cli0", 6, options=["-N", "-P", "-D", "LL"], config=fqdn + "also request dhcp6.fqdn;")
    four.start()
    bound4 = four.wait("BOUND", "REBOOT")
    address4 = bound4["new_ip_address"]
    say(f"IPv4 {address4}, routers {bound4.get('new_routers')}, domain-name-servers {bound4.get('new_domain_name_servers')}, {bound4['new_dhcp_lease_time']} s")
    check(address4.startswith("192.0.2.1") and bound4.get("new_routers") == SERVER4, "the lease is from the pool, with the options of the edit")
    six.start()
    bound6 = wait_for(lambda: merged6(six), "address and prefix")
    address6, prefix6 = bound6["new_ip6_address"], bound6["new_ip6_prefix"]
    say(f"IPv6 {address6}, prefix {prefix6}")
    check(address6.startswith("2001:db8:1::1") and prefix6.startswith("2001:db8:8000:"), "address and prefix are from their pools")

    step("The names resolve at BIND, in both directions")
    wait_for(lambda: dns.dig("-x", address4) and dns.dig("-x", address6), "reverse names")
    for query, expected in (([NAME, "A"], address4), ([NAME, "AAAA"], address6), (["-x", address4], NAME + "."), (["-x", address6], NAME + ".")):
        answer = dns.dig(*query)
        say(f"dig {' '.join(query)}: {' '.join(answer)}")
        check(answer == [expected], f"is {expected}")
    say(f"dig {NAME} DHCID: {' '.join(dns.dig(NAME, 'DHCID'))}")
    check(dhcid_exists(dns), "the DHCID record says whose name it is")

    step("A wrong edit is refused and changes nothing, anywhere")
    before = [kea.command(n, "config-get")["arguments"] for n in daemons[:3]]
    running = nc.get_config("running")
    refused(nc, dhcp4_edit(subnet="192.0.2.0/24", pool=("198.51.100.10", "198.51.100.20"), routers=SERVER4, dns=SERVER4, suffix=FORWARD))
    say("and one that kea-dhcp6 would take, together with one that kea-dhcp4 refuses:")
    refused(
        nc,
        dhcp6_edit(subnet="2001:db8:2::/64", subnet_id=2, pool=("2001:db8:2::10", "2001:db8:2::20"), suffix=FORWARD),
        dhcp4_edit(subnet="192.0.2.128/25", subnet_id=9, pool=("192.0.2.1", "192.0.2.9"), routers=SERVER4, dns=SERVER4, suffix=FORWARD),
    )
    check([kea.command(n, "config-get")["arguments"] for n in daemons[:3]] == before, "every daemon's configuration is what it was")
    check(nc.get_config("running") == running, "so is running")
    nc.close()

    step("Power failure: every daemon is killed with -9 and started again")
    for name in daemons:
        kea.processes[name].kill()
    start_daemons(kea, daemons)
    for client, kind, address in ((four, "IPv4", address4), (six, "IPv6", address6)):
        client.stop()
        client.start()
    again4 = four.wait("REBOOT", "BOUND")["new_ip_address"]
    again6 = wait_for(lambda: merged6(six), "address and prefix again")
    say(f"the client comes back and is told: {again4}, {again6['new_ip6_address']}, {again6['new_ip6_prefix']}")
    check((again4, again6["new_ip6_address"], again6["new_ip6_prefix"]) == (address4, address6, prefix6), "the same addresses, the same prefix")

    step("The client gives its leases back")
    four.release()
    six.release()
    wait_for(lambda: not any(dns.dig(*q) for q in ([NAME, "A"], [NAME, "AAAA"], ["-x", address4], ["-x", address6], [NAME, "DHCID"])), "the names to go")
    check(True, "A, AAAA, PTR and DHCID records are gone")
    print(f"\nAll of it held, in {time.monotonic() - started:.1f} s.")
    if keep:
        look_around(lab, kea)


def merged6(client):
    """dhclient -6 tells of an address and a prefix in two events."""
    seen = {}
    for event in client.events():
        if event.get("reason") in ("BOUND6", "RENEW6", "REBIND6", "REBOOT6"):
            seen.update(event)
    return seen if "new_ip6_address" in seen and "new_ip6_prefix" in seen else None


def refused(nc, *edits):
    nc.lock("candidate")
    try:
        error = nc.refusal(*edits)
    finally:
        nc.discard()
        nc.unlock("candidate")
    check(error is not None, "rpc-error")
    say(f"     path    {error.path}")
    say(f"     message {error.message}")
    check(bool(error.path) and "pool" in error.path, "the path names the pool")


def look_around(lab, kea):
    user = "" if Path("/proc/self/uid_map").read_text().split()[2] == "4294967295" else " --user --preserve-credentials"
    print(f"""
It is left running. To look around:
  nsenter --target {os.environ[INSIDE]} --mount --net{user}     a shell where it runs; there:
    ip netns exec server ssh -p 830 admin@127.0.0.1 -s netconf     NETCONF by hand (password: {Netconf.PASSWORD})
    ip netns exec client dhclient -d -1 -sf {HERE}/dhclient-script -e EVENTS=/dev/stdout cli0     another client
    python3 -c 'import sys; sys.path.insert(0, "{HERE}"); import lab; print(lab.unix_command("{kea.socket('kea-dhcp4')}", {{"command": "config-get"}}))'
  files, leases and logs: {lab.folder}
Ctrl-C here ends it.""", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
    lab.keep = False


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--keep", action="store_true", help="leave it running")
    a = p.parse_args()
    inside()
    with Lab() as lab:
        try:
            demo(lab, a.keep)
        except Exception as error:  # a newcomer needs the reason, not the stack
            print(f"\nThe demonstration failed at step {step.number}: {type(error).__name__}: {error}", file=sys.stderr)
            for process in lab.processes:
                print(f"--- last lines of {process.name}\n{process.output()[-1200:]}", file=sys.stderr)
            return 1
    return 0


sys.exit(main())
