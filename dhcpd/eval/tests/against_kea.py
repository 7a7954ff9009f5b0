#!/usr/bin/env python3
"""Asks the installed Kea for the results of dhcpv4.txt: each row becomes a class, a packet is sent, the log is read.

Needs root (network namespaces, made and removed here) and kea-dhcp4; exit 0 if Kea agrees with every row that it knows."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

TABLE = pathlib.Path(__file__).parent / "dhcpv4.txt"
# What Kea 2.2 has not, or knows otherwise for a reason that the table tells.
SKIPPED = ("lcase", "ucase", "match(", "sand", "sor", "sifelse", "known", "int8totext('ab')", "9223372036854775807",
           "member('UNKNOWN')", "relay4[1].option", "option[1].option[2].option", "option[82].option[5].text",
           "vendor", "option[125]", "pkt.len")
OPTIONS = [(12, b"cpe-1\0"), (53, b"\1"), (55, b"\1\3\6"), (60, b"docsis3.0"), (61, b"\0foobar"),
           (82, b"\x01\x09port.7..x\x02\x06\x00\x0c\x01\x02\x03\x04\x05\x04\xc0\x00\x02\x00"), (116, b"\1"), (224, b"")]
SEND = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.1", 67))
s.sendto(bytes.fromhex(sys.argv[1]), ("192.0.2.254", 67))
s.settimeout(5)
s.recv(2000)
"""


def rows():
    for line in TABLE.read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        text, expected = line.rsplit("-> ", 1)
        text = text.strip()
        if any(word in text for word in SKIPPED) or expected.count("'") > 2 or expected == "fails":
            continue
        if expected in ("true", "false"):
            yield text, expected == "true"
        elif expected.startswith(("'", "0x")):
            yield f"({text}) == {expected}", True


def discover():
    packet = bytes([1, 1, 6, 1]) + bytes.fromhex("12345678") + bytes(16) + bytes([192, 0, 2, 1])
    packet += bytes.fromhex("000c01020304") + bytes(10 + 64 + 128) + bytes([99, 130, 83, 99])
    return packet + b"".join(bytes([code, len(data)]) + data for code, data in OPTIONS) + b"\xff"


def ask(folder, tests):
    log = folder / "log"
    classes = [{"name": "gold", "test": "option[61].exists"}]
    classes += [{"name": f"c{n}", "test": test} for n, (test, _) in enumerate(tests)]
    config = {"Dhcp4": {
        "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "udp"},
        "lease-database": {"type": "memfile", "persist": False}, "client-classes": classes,
        "subnet4": [{"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.10-192.0.2.20"}]}],
        "loggers": [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99,
                     "output_options": [{"output": str(log)}]}]}}
    (folder / "kea.json").write_text(json.dumps(config))
    env = dict(os.environ, KEA_PIDFILE_DIR=str(folder), KEA_LOCKFILE_DIR="none")
    kea = subprocess.Popen(["ip", "netns", "exec", "evals", "kea-dhcp4", "-c", str(folder / "kea.json")], env=env,
                           stdout=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 20
        while not (log.exists() and "DHCP4_STARTED" in log.read_text(errors="replace")):
            if kea.poll() is not None or time.monotonic() > give_up:
                sys.exit("Kea did not start")
            time.sleep(0.1)
        subprocess.run(["ip", "netns", "exec", "evalc", sys.executable, "-c", SEND, discover().hex()], check=True)
    finally:
        kea.terminate()
        kea.wait()
    return dict(re.findall(r"EVAL_RESULT.*?xpression (\S+) evaluated to (\S+)", log.read_text(errors="replace")))


def main():
    for command in ("netns add evals", "netns add evalc",
                    "link add eth0 netns evals type veth peer name eth0 netns evalc",
                    "-n evals addr add 192.0.2.254/24 dev eth0", "-n evals link set eth0 up",
                    "-n evalc addr add 192.0.2.1/24 dev eth0", "-n evalc link set eth0 up"):
        subprocess.run(["ip", *command.split()], check=True)
    tests = list(rows())
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = ask(pathlib.Path(folder), tests)
    finally:
        subprocess.run("ip netns del evals; ip netns del evalc", shell=True, check=False)
    wrong = [(test, found.get(f"c{n}")) for n, (test, expected) in enumerate(tests)
             if found.get(f"c{n}") not in (("1", "true") if expected else ("0", "false"))]
    for test, result in wrong:
        print(f"{test}: Kea says {result}")
    print(f"{len(tests) - len(wrong)} of {len(tests)} rows agree with Kea")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
