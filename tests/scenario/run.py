#!/usr/bin/python3
"""Plays scenarios against our servers, or against Debian's Kea 2.2 to prove the scenarios.

usage: run.py [--kea] [--list] [PART OF A NAME ...]      names look like v4/exchange: four messages

--kea4 and --kea6 have Kea as one of the two servers of DHCPv4-over-DHCPv6, ours as the other.
"""

import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

from lab import BIN, Lab, inside  # noqa: E402
from language import Wrong, read  # noqa: E402
from network import Link, NameChanges  # noqa: E402
from play import Play  # noqa: E402
from queries import SERVER4, SERVER6, SERVER_MACS  # noqa: E402
from server import Clock, Pair, Server  # noqa: E402

KEA_2_2 = Path("/usr/sbin")
FAMILIES = {"v4": 4, "v6": 6, "4o6": "4o6"}


class Stage:
    """What all scenarios share: a server's namespace with two links to clients that exist as frames only."""

    def __init__(self, lab, kea_2_2=()):
        """`kea_2_2`: the families whose servers are Kea's."""
        self.lab, self.kea_2_2 = lab, kea_2_2
        self.links, self.played = {}, 0
        self.programs = {family: KEA_2_2 if family in kea_2_2 else BIN for family in (4, 6)}
        for folder in self.programs.values():
            if not (folder / "kea-dhcp4").exists():
                sys.exit(f"there is no kea-dhcp4 in {folder}")
        self.clock = Clock(lab.folder)
        lab.namespace("server", "hosts")
        self.set_up()
        self.name_changes = NameChanges("server")

    def set_up(self):
        for n in (1, 2):
            self.lab.link("server", f"srv{n - 1}", "hosts", f"cli{n - 1}", [f"{SERVER4[n]}/24", f"{SERVER6[n]}/64"])
            SERVER_MACS[n] = bytes.fromhex(self.lab.run("server", "cat", f"/sys/class/net/srv{n - 1}/address").strip().replace(":", ""))
            self.links[n] = Link("hosts", f"cli{n - 1}")
        # Relays and their clients are beyond the first link, wherever their addresses are.
        self.ip("route", "add", "default", "via", "192.0.2.254", "dev", "srv0")
        self.ip("route", "add", "default", "via", "2001:db8:1::fe", "dev", "srv0")
        self.disordered = False

    def ip(self, *words):
        self.lab.run("server", "ip", *words)

    def play(self, folder, scenario):
        """Plays a scenario from its own start: an empty server at the present time."""
        self.played += 1
        self.clock.set(time.time())
        if self.disordered:
            self.ip("link", "delete", "srv0")
            self.ip("link", "delete", "srv1")
            self.set_up()
        self.ip("neighbour", "flush", "all")
        self.name_changes.forget()
        for link in self.links.values():
            list(link.receive())
            link.macs.clear()
        family, own = FAMILIES[folder.name], f"scenario-{self.played}"
        if family == "4o6":
            server = Pair(self.lab, self.clock, own, self.programs, self.kea_2_2)
        else:
            server = Server(self.lab, self.clock, family, own, self.programs[family] / f"kea-dhcp{family}", family in self.kea_2_2)
        Play(scenario, folder, self, server).run()


def scenarios():
    """All scenarios: folder, whole name, scenario."""
    for folder in (HERE / name for name in FAMILIES):
        for path in sorted(folder.glob("*.scenario")):
            name = f"{folder.name}/{path.name}"
            for scenario in read(path, name):
                yield folder, f"{folder.name}/{path.stem}: {scenario.name}", scenario


def outcome(stage, folder, scenario):
    """How a scenario ends: `ok`, `failed` or `skipped`, and why."""
    if stage.kea_2_2 and scenario.not_for_kea_2_2:
        return "skipped", scenario.not_for_kea_2_2
    try:
        stage.play(folder, scenario)
    except Wrong as wrong:
        pending = scenario.pending and not stage.kea_2_2
        return ("skipped", f"pending: {scenario.pending}") if pending else ("failed", str(wrong))
    if scenario.pending and not stage.kea_2_2:
        return "failed", f"{scenario.place}: passes, but is marked pending: {scenario.pending}"
    return "ok", ""


def main(arguments):
    wanted = [word for word in arguments if not word.startswith("--")]
    chosen = [entry for entry in scenarios() if not wanted or any(word in entry[1] for word in wanted)]
    if "--list" in arguments:
        for _, name, scenario in chosen:
            print(name, f"(pending: {scenario.pending})" if scenario.pending else "")
        return 0
    inside()
    counts = dict.fromkeys(("ok", "failed", "skipped"), 0)
    start = time.monotonic()
    with Lab() as lab:
        stage = Stage(lab, [family for family in (4, 6) if {"--kea", f"--kea{family}"} & set(arguments)])
        for folder, name, scenario in chosen:
            how, why = outcome(stage, folder, scenario)
            counts[how] += 1
            print(f"{name} ... {how}" + (f"\n{why}" if how == "failed" else f" ({why})" if why else ""), flush=True)
    print(f"{counts['ok']} passed, {counts['failed']} failed, {counts['skipped']} skipped, in {time.monotonic() - start:.1f} s")
    return 1 if counts["failed"] or not chosen else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Wrong as wrong:
        sys.exit(str(wrong))
