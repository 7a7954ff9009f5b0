"""A laboratory: network namespaces, daemons, DHCP clients and a DNS server, all its own and gone afterwards.

A script that calls `inside()` first runs itself again in a private mount and network namespace (and, for those who are
not root, a user namespace), so that nothing it makes is seen by the machine, and nothing is left when it ends.
"""

import base64
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BIN = Path(os.environ.get("TAKAHE_BIN", ROOT / "target" / "release"))
DHCLIENT_SCRIPT = HERE / "dhclient-script"
UDHCPC_SCRIPT = HERE / "udhcpc-script"
INSIDE = "TAKAHE_LAB"
PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000


def inside():
    """Runs the script again in namespaces of its own, unless it already does."""
    if os.environ.get(INSIDE):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        os.makedirs("/run/netns")
        # DHCP clients like to write there; the machine's own file is out of their reach.
        shutil.copyfile("/etc/resolv.conf", "/run/resolv.conf")
        subprocess.run(["mount", "--bind", "/run/resolv.conf", "/etc/resolv.conf"], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    os.environ[INSIDE] = str(os.getpid())  # of the process that stays outside of the pid namespace
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    try:
        # Killing the script kills what it started: the pid namespace goes with its first process.
        os.execvp("unshare", ["unshare", *user, "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, *sys.argv])
    except OSError as error:
        sys.exit(f"cannot make namespaces: {error}")


def wait_for(condition, what, seconds=10.0):
    """The first true value of `condition()`; an error that names `what` if there is none in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.01)


class Process:
    """A running program with its output in a file."""

    def __init__(self, name, argv, log, env=None):
        self.name, self.argv, self.log = name, [str(a) for a in argv], log
        self.popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=open(log, "ab"), stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})

    @property
    def pid(self):
        return self.popen.pid

    def output(self):
        return Path(self.log).read_text(errors="replace")

    def expect(self, text, seconds=10.0):
        """Waits until the output holds `text` (a regular expression)."""

        def found():
            match = re.search(text, self.output())
            if not match and self.popen.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.popen.returncode} before it said {text!r}:\n{self.output()[-2000:]}")
            return match

        return wait_for(found, f"{self.name} to say {text!r}", seconds)

    def stop(self, how=signal.SIGTERM, seconds=10.0):
        """Sends a signal and waits for the end; the exit status."""
        if self.popen.poll() is None:
            self.popen.send_signal(how)
        return self.popen.wait(seconds)

    def kill(self):
        return self.stop(signal.SIGKILL)

    def memory_peak(self):
        """Peak resident memory in bytes."""
        return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())[1]) * 1024

    def cpu(self):
        """Processor time used, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Lab:
    """Namespaces and processes; everything ends with the `with` block."""

    def __init__(self, keep=False):
        self.keep, self.processes = keep, []

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="takahe-"))
        os.chmod(self.folder, 0o750)
        return self

    def __exit__(self, kind, *_):
        if self.keep:
            return
        for process in reversed(self.processes):
            with contextlib.suppress(Exception):
                process.stop(signal.SIGTERM, 5)
            if process.popen.poll() is None:
                process.kill()
        for ns in subprocess.run(["ip", "netns"], capture_output=True, text=True).stdout.split("\n"):
            if ns:
                subprocess.run(["ip", "netns", "del", ns.split()[0]])
        if kind is None or not os.environ.get("TAKAHE_KEEP_LOGS"):
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"logs are in {self.folder}", file=sys.stderr)

    def namespace(self, *names):
        for name in names:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")

    def link(self, ns_a, if_a, ns_b, if_b, addresses_a=(), addresses_b=()):
        """A veth pair between two namespaces, up, with addresses that are usable at once."""
        run("ip", "link", "add", if_a, "netns", ns_a, "type", "veth", "peer", "name", if_b, "netns", ns_b)
        for ns, interface, addresses in ((ns_a, if_a, addresses_a), (ns_b, if_b, addresses_b)):
            # Duplicate address detection would hold link-local addresses back for a second or two.
            self.run(ns, "sysctl", "-qw", f"net.ipv6.conf.{interface}.accept_dad=0")
            # A cold start sends router solicitations nobody answers here.
            self.run(ns, "sysctl", "-qw", f"net.ipv6.conf.{interface}.accept_ra=0")
            self.run(ns, "ip", "link", "set", interface, "up")
            for address in addresses:
                nodad = ["nodad"] if ":" in address else []
                self.run(ns, "ip", "address", "add", address, "dev", interface, *nodad)
        for ns, interface in ((ns_a, if_a), (ns_b, if_b)):
            wait_for(lambda: "fe80" in self.run(ns, "ip", "-6", "address", "show", "dev", interface, "scope", "link", "-tentative"), f"link-local address of {interface}")

    def run(self, ns, *argv, check=True, **more):
        """Runs a command in a namespace; its output."""
        return run("ip", "netns", "exec", ns, *argv, check=check, **more)

    def spawn(self, ns, name, *argv, env=None):
        """Starts a program in a namespace."""
        process = Process(name, ["ip", "netns", "exec", ns, *argv], self.folder / f"{name}.log", env)
        self.processes.append(process)
        return process


class in_namespace:
    """The calling thread is in another network namespace within the block; sockets made there stay there."""

    def __init__(self, ns):
        self.ns = ns

    def __enter__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._enter(os.open(f"/run/netns/{self.ns}", os.O_RDONLY))

    def __exit__(self, *_):
        self._enter(self.home)

    @staticmethod
    def _enter(fd):
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)


def run(*argv, check=True, **more):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, **more)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Kea:
    """A folder for daemons that know only each other: configuration, leases, sockets, PID files, logs."""

    def __init__(self, lab, ns, folder="kea"):
        self.lab, self.ns, self.folder = lab, ns, lab.folder / folder
        self.folder.mkdir(mode=0o750, exist_ok=True)
        self.processes = {}
        self.env = {name: str(self.folder) for name in ("KEA_DHCP_DATA_DIR", "KEA_LOG_FILE_DIR", "KEA_PIDFILE_DIR", "KEA_CONTROL_SOCKET_DIR")}
        self.env["KEA_LOCKFILE_DIR"] = "none"

    def write(self, name, config):
        path = self.folder / f"{name}.conf"
        path.write_text(config if isinstance(config, str) else json.dumps(config, indent=2))
        return path

    def start(self, name, config=None, started=r"_STARTED", program=None):
        """Starts a daemon and waits until it says that it serves."""
        if config is not None:
            self.write(name, config)
        log = f"{self.folder.name}-{name}-{len(self.lab.processes)}"
        process = self.lab.spawn(self.ns, log, program or BIN / name, "-c", self.folder / f"{name}.conf", env=self.env)
        self.processes[name] = process
        process.expect(started)
        return process

    def command(self, name, command, arguments=None):
        """Sends a command to a daemon's unix control socket; the answer."""
        request = {"command": command} | ({"arguments": arguments} if arguments is not None else {})
        return unix_command(self.folder / f"{name}.sock", request)

    def socket(self, name):
        return str(self.folder / f"{name}.sock")


def unix_command(path, request):
    return unix_text(path, json.dumps(request))


def unix_text(path, request):
    """Sends a command as it is written; the answer."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(str(path))
        s.sendall(request.encode())
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := s.recv(1 << 16):
            answer += chunk
    return json.loads(answer)


class Bind:
    """BIND on an address of a namespace, with one TSIG key that may update the zones."""

    KEY = "takahe.key"
    ALGORITHM = "hmac-sha256"
    SECRET = base64.b64encode(b"demonstration only, 32 bytes key").decode()

    def __init__(self, lab, ns, address, zones, port=53):
        self.lab, self.ns, self.address, self.port = lab, ns, address, port
        folder = lab.folder / "bind"
        folder.mkdir()
        os.chmod(folder, 0o755)
        parts = [
            f'key "{self.KEY}" {{ algorithm {self.ALGORITHM}; secret "{self.SECRET}"; }};',
            f'options {{ directory "{folder}"; listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }}; pid-file "{folder}/pid"; session-keyfile "{folder}/session.key";'
            " recursion no; dnssec-validation no; notify no; empty-zones-enable no; };",
            "controls { };",
        ]
        for zone in zones:
            (folder / zone).write_text(f"$TTL 60\n@ IN SOA ns.{zone}. root.{zone}. 1 60 60 60 60\n@ IN NS ns.{zone}.\nns IN A {address}\n")
            parts.append(f'zone "{zone}" {{ type master; file "{zone}"; update-policy {{ grant {self.KEY} zonesub ANY; }}; }};')
        (folder / "named.conf").write_text("\n".join(parts))
        self.process = lab.spawn(ns, "named", "named", "-g", "-c", folder / "named.conf")
        self.process.expect(r"all zones loaded[\s\S]*running")

    def dig(self, *query):
        """Answers of a query, one a line."""
        return self.lab.run(self.ns, "dig", f"@{self.address}", "-p", self.port, "+short", "+time=2", "+tries=2", *query).split()


class Dhclient:
    """ISC dhclient on one interface; its script writes what it was told to a file of events."""

    def __init__(self, lab, ns, interface, family=4, name=None, options=(), config="", servers=None):
        self.lab, self.ns, self.interface, self.family = lab, ns, interface, family
        self.tag = name or f"dhclient{family}-{interface}"
        base = lab.folder / self.tag
        self.events_file, self.leases, self.pid_file, self.config = (Path(f"{base}.{end}") for end in ("events", "leases", "pid", "conf"))
        self.config.write_text(config)
        self.leases.touch()
        self.options = [f"-{family}", "-e", f"EVENTS={self.events_file}", *options, "-cf", self.config, "-lf", self.leases, "-pf", self.pid_file, "-sf", DHCLIENT_SCRIPT]
        self.process = None

    def start(self):
        self.events_file.write_text("")
        self.process = self.lab.spawn(self.ns, f"{self.tag}-{len(self.lab.processes)}", "dhclient", "-d", *self.options, self.interface)
        return self

    def events(self):
        """What happened so far: a list of maps, each with `reason`."""
        return [json.loads(line) for line in self.events_file.read_text().splitlines() if line.endswith("}")]

    def wait(self, *reasons, seconds=20.0):
        """The last event with one of these reasons, as soon as there is one."""

        def found():
            hits = [e for e in self.events() if e.get("reason") in reasons]
            return hits and hits[-1]

        try:
            return wait_for(found, f"{self.tag}: {'/'.join(reasons)}", seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.process.output()[-1500:]}") from None

    def release(self):
        """Gives the lease back and ends."""
        self.lab.run(self.ns, "dhclient", "-r", *self.options, self.interface)
        with contextlib.suppress(Exception):
            self.process.stop()

    def stop(self):
        self.process.kill()


def dies_with_us():
    """For preexec_fn: the child ends when this process does."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
