#!/usr/bin/python3
"""Measures our daemons beside Debian's Kea and the floor, in namespaces, in one run.

usage: bench.py [--only PART ...] [--quick] [--rounds N] [--seconds S] [--realtime] [--write PAGE]

Every part is a module of that name with a `measure` that gives a table; --write puts the tables into a page where it
says `<!-- PART -->`. Figures are medians over rounds in which all that is compared takes turns; ratios hold from machine
to machine, absolute figures do not.
"""

import argparse
import importlib
import re
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "system"))
from lab import Lab, inside, run  # noqa: E402

from subject import Bench  # noqa: E402

PARTS = ("speed", "cost", "start", "gaps", "netconf")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--only", metavar="PART", nargs="+", choices=PARTS, default=PARTS, help=", ".join(PARTS))
    p.add_argument("--quick", action="store_true", help="one short round")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=int, default=4, help="how long a load of the part speed lasts")
    p.add_argument("--realtime", action="store_true", help="servers go before what else the machine does")
    p.add_argument("--write", metavar="PAGE", type=Path, help="the page to put the tables into")
    a = p.parse_args()
    if a.quick:
        a.rounds, a.seconds = 1, 2
    inside()
    # Debian's Kea writes its DUID there, and nowhere else.
    run("mount", "-t", "tmpfs", "tmpfs", "/var/lib")
    Path("/var/lib/kea").mkdir()
    with Lab() as lab:
        bench = Bench(lab, a.rounds, a.seconds, a.realtime)
        for part in a.only:
            start = time.monotonic()
            table = importlib.import_module(part).measure(bench)
            if not table:
                continue
            print(f"\n{table}\n\n{part}: {time.monotonic() - start:.0f} s", flush=True)
            if a.write:
                put(a.write, part, table)


def put(page, part, table):
    """Replaces the table of a part in a page."""
    place = re.compile(rf"(<!-- {part} -->\n).*?(<!-- /{part} -->)", re.S)
    text, found = place.subn(lambda m: f"{m[1]}{table}\n{m[2]}", page.read_text())
    if not found:
        sys.exit(f"{page} has no place for {part}")
    page.write_text(text)


main()
