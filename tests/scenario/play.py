"""Plays a scenario: carries out its statements, one after the other, and checks what it expects."""

import itertools
import functools
import json
import re
import time
from dataclasses import dataclass, field

import dhcp4
import dhcp4o6
import dhcp6
from language import Words, Wrong, base, configuration
from lab import wait_for
from network import EVERYBODY, wait
from queries import Query4, Query4o6, Query6
from values import octets

ANSWER_TIME = SOON = 2.0
SETTLED = 0.04
UNCOUNTED = 0.3
REPEATING = 5.0
LIMITED_BROADCAST = "255.255.255.255"
FAMILIES = {4: dhcp4, 6: dhcp6, "4o6": dhcp4o6}
QUERIES = {4: Query4, 6: Query6, "4o6": Query4o6}
STATES = ["assigned", "declined", "expired-reclaimed", "released", "registered"]
COLUMNS = {"mac": "hwaddr", "subnet": "subnet_id", "forward": "fqdn_fwd", "reverse": "fqdn_rev", "preferred-lifetime": "pref_lifetime", "context": "user_context"}
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def plain(word):
    """What a word means in JSON: numbers, truths, lists and maps; anything else is text."""
    return json.loads(word) if re.fullmatch(r"\[.*\]|\{.*\}|-?\d+|true|false", word) else word


@dataclass
class Client:
    """A client: what it always says, what it said last, and what came for it."""

    name: str
    mac: bytes
    fields: list
    link: int = 1
    xid: int = 0
    via: object = None
    came: list = field(default_factory=list)


@dataclass
class Relay:
    address: str
    fields: list


class Play:
    """One run of one scenario."""

    xids = itertools.count(0x10001)

    def __init__(self, scenario, folder, stage, server):
        self.scenario, self.folder, self.stage, self.server = scenario, folder, stage, server
        self.family = server.family
        self.protocol = FAMILIES[self.family]
        self.clients, self.relays = {}, {}
        self.config, self.running, self.logged, self.count = None, False, 0, 0
        self.unanswered = False

    def run(self):
        try:
            for statement in self.scenario.statements:
                try:
                    self.step(statement)
                except ValueError as error:
                    raise Wrong(statement.place, error) from None
                except OSError as error:
                    raise Wrong(statement.place, f"the server is out of reach ({error}); its log ends with\n{self.log_end()}") from None
            if self.unanswered:
                self.settle()
            self.nothing_left(self.scenario.statements[-1].place)
        finally:
            panics = self.server.stop()
        if panics:
            raise Wrong(self.scenario.place, f"the server has a defect: {panics[0]}")

    def step(self, statement):
        blocks = {"configuration": self.configure, "reconfiguration": self.reconfigure}
        first = statement.text.split()[0]
        if first in blocks:
            return blocks[first](statement)
        words = statement.words()
        first = words.next()
        if first in self.clients:
            self.ensure_running(statement.place)
            return self.of_client(self.clients[first], words)
        verb = getattr(self, f"do_{first.lower()}", None)
        if verb is None:
            raise Wrong(statement.place, f"neither a statement nor a client: {first}")
        if first not in ("client", "relay"):
            self.ensure_running(statement.place)
        verb(words)
        words.end()

    # The server

    def configure(self, statement):
        words = statement.words(continued=False)
        words.next()
        if words:
            name = words.next()
            self.config = configuration(statement, base(self.folder, name, statement.place))
        else:
            self.config = configuration(statement, self.config or {})
        words.end()
        self.configured_at = statement.place

    def ensure_running(self, place):
        if self.running:
            return
        if self.config is None:
            raise Wrong(place, "there is no configuration yet")
        try:
            self.server.start(self.config)
        except (RuntimeError, TimeoutError) as error:
            raise Wrong(self.configured_at, f"the server does not start: {reasons(str(error))}") from None
        self.running = True

    def reconfigure(self, statement):
        self.ensure_running(statement.place)
        words = statement.words(continued=False)
        words.next()
        refused = words.next("a text") if words.take("refused") else None
        words.end()
        config = configuration(statement, self.config)
        answer = self.server.reconfigure(config)
        if refused is None:
            self.config = config
        if bool(answer["result"]) != (refused is not None) or (refused or "") not in answer["text"]:
            raise Wrong(statement.place, f"the server says to this: {answer['text']}")

    def do_server(self, words):
        match words.next("restarts or finds"):
            case "restarts":
                self.server.restart()
            case "finds":
                self.server.restart(words.next("an address"), self.columns(words))
            case other:
                self.bad(words, f"restarts or finds: {other}")
        self.count = 0

    def columns(self, words):
        """The columns of a lease that are named, as the lease file has them."""
        found = {}
        while words:
            name = words.next()
            value = words.next(name)
            value = str(STATES.index(value)) if name == "state" else {"yes": "1", "no": "0"}.get(value, value)
            found[COLUMNS.get(name, name.replace("-", "_"))] = value
        return found

    def do_interface(self, words):
        """What happens to an interface of the server's machine; the stage is put in order afterwards."""
        name = words.next("an interface")
        self.stage.disordered, self.logged = True, len(self.server.log())
        match words.next("down, up, gains or loses"):
            case "down" | "up" as state:
                self.stage.ip("link", "set", name, state)
            case "gains":
                self.stage.ip("address", "add", words.next("an address"), "dev", name)
            case "loses":
                self.stage.ip("address", "delete", words.next("an address"), "dev", name)
            case other:
                self.bad(words, f"down, up, gains or loses: {other}")

    def do_command(self, words):
        name = words.next("the command")
        arguments, shown = {}, []
        fails, text = False, None
        while words:
            key = words.next()
            if key == "fails":
                fails = True
            elif key == "answers":
                text = words.next("a text")
            elif key == "shows":
                shown.append((words.next("a path"), words.next("a value")))
            else:
                arguments[key] = plain(words.next(key))
        answer = self.server.command(name, arguments or None)
        if bool(answer["result"]) != fails:
            raise Wrong(words.place, f"{name} is answered with {json.dumps(answer)}")
        if text is not None and answer.get("text") != text:
            raise Wrong(words.place, f"{name} says {answer.get('text')!r}")
        for path, wanted in shown:
            found = functools.reduce(lambda node, key: node.get(key, {}), path.split("."), answer.get("arguments", {}))
            if found != plain(wanted):
                raise Wrong(words.place, f"{path} is {json.dumps(found)}, not {wanted}")

    def do_after(self, words):
        number, unit = int(words.next("a number")), words.next("a unit").rstrip("s")
        if unit not in UNITS:
            self.bad(words, f"a unit of time: {', '.join(UNITS)}")
        self.stage.clock.advance(number * UNITS[unit])

    def do_statistic(self, words):
        name = words.next("the name")
        if words.take("was"):
            wanted = [int(number) for number in words.items("samples")]
            return self.soon(words, lambda: self.server.samples(name), lambda found: found == wanted, lambda found: f"{name} was {found}, not {wanted}")
        words.take("is") or self.bad(words, "`is` and a number")
        wanted = int(words.next("a number"))
        self.soon(words, lambda: self.server.statistic(name), lambda found: found == wanted, lambda found: f"{name} is {found}, not {wanted}")

    def do_log(self, words):
        if words.take("gains"):
            text = words.next("a text")
            return self.soon(words, lambda: self.server.log()[self.logged :], lambda log: text in log, lambda _: f"the log has no new {text}")
        words.take("has") or self.bad(words, "`has` or `gains`")
        absent = words.take("no")
        text = words.next("a text")
        if absent and text in self.server.log():
            raise Wrong(words.place, f"the log has {text}")
        if not absent and not self.server.wait_for_log(text):
            raise Wrong(words.place, f"the log has no {text}")

    def do_no(self, words):
        words.take("lease") or self.bad(words, "`lease`")
        address = words.next("an address")
        self.soon(words, lambda: self.server.lease(address), lambda row: row is None, lambda row: f"there is a lease: {show_lease(row)}")

    def do_lease(self, words):
        address = words.next("an address")
        wanted = self.columns(words)

        def fits(row):
            return row is not None and all(row.get(column) == value for column, value in wanted.items())

        self.soon(words, lambda: self.server.lease(address), fits, lambda row: f"the lease is {show_lease(row)}" if row else "there is no such lease")

    def do_d2(self, words):
        words.take("gets") or self.bad(words, "`gets`")
        kind = words.next("add, remove or nothing")
        if kind == "nothing":
            self.settle()
            request = self.stage.name_changes.next(SETTLED)
            if request:
                raise Wrong(words.place, f"D2 gets {request.decode()}")
            return
        request = self.stage.name_changes.next(ANSWER_TIME)
        if request is None:
            raise Wrong(words.place, "D2 gets nothing")
        change = json.loads(request)
        found = {
            "fqdn": change["fqdn"],
            "address": change["ip-address"],
            "forward": "yes" if change["forward-change"] else "no",
            "reverse": "yes" if change["reverse-change"] else "no",
            "lease-length": str(change["lease-length"]),
            "dhcid": change["dhcid"],
            "conflict-resolution-mode": change.get("conflict-resolution-mode"),
        }
        faults = [f"it is {['add', 'remove'][change['change-type']]}"] if kind != ["add", "remove"][change["change-type"]] else []
        while words:
            name = words.next()
            if name not in found:
                self.bad(words, f"one of {', '.join(found)}: {name}")
            value = words.next(name)
            if found[name] != value:
                faults.append(f"{name} is {found[name]}, not {value}")
        if faults:
            raise Wrong(words.place, f"{'; '.join(faults)}\n  the request that came: {request.decode()}")

    # Clients and relays

    def do_client(self, words):
        name = words.next("a name")
        client = Client(name, bytes.fromhex("0200000000") + bytes([len(self.clients) + 1]), [])
        if words.take("mac"):
            client.mac = octets(words.next("mac"))
        if words.take("link"):
            client.link = int(words.next("link"))
        client.fields, words.rest = words.rest, []
        self.clients[name] = client

    def do_relay(self, words):
        name = words.next("a name")
        self.relays[name] = Relay(words.next("an address"), words.rest)
        words.rest = []

    def of_client(self, client, words):
        match words.next("sends, repeats, gets or obtains"):
            case "sends":
                self.nothing_left(words.place, client)
                self.send(client, words)
            case "repeats":
                self.repeat(client, words)
            case "gets":
                if words.take("nothing"):
                    words.end()
                    self.settle()
                    self.nothing_left(words.place, client)
                else:
                    self.expect(client, words)
            case "obtains":
                self.obtain(client, words)
            case other:
                self.bad(words, f"sends, repeats, gets or obtains: {other}")

    def send(self, client, words):
        client.xid = next(self.xids)
        query = QUERIES[self.family](self, client, words)
        client.via, self.unanswered = query.relay, True
        self.count += 1
        self.stage.links[query.link].send(query.datagram())

    def repeat(self, client, words):
        """As clients do that get no answer; the answer comes to the last of the messages."""
        end = time.monotonic() + REPEATING
        while not client.came and time.monotonic() < end:
            self.send(client, Words(words.place, list(words.rest)))
            again = time.monotonic() + 0.1
            while not client.came and wait(self.stage.links.values(), again - time.monotonic()):
                self.hear()
        words.rest = []

    def expect(self, client, words):
        place, wanted = words.place, words.next("the type of a message")
        datagram, message = self.answer(client, place)
        self.unanswered = False
        faults = [] if message.type == wanted else [f"it is {message.type}, not {wanted}"]
        faults += self.delivered(client, datagram, message)
        try:
            while words:
                faults += self.fault(words, datagram, message)
        except Wrong as wrong:
            raise Wrong(place, f"{str(wrong).split(': ', 1)[1]}{show(datagram, message)}") from None
        if faults:
            raise Wrong(place, f"{'; '.join(faults)}{show(datagram, message)}")
        return message

    def fault(self, words, datagram, message):
        """What is wrong with one piece of an expectation."""
        name = words.next()
        ways = {"from": datagram.source, "to": datagram.target, "port": str(datagram.target_port), "link": str(datagram.link)}
        if name in ways:
            value = words.next(name)
            return [] if ways[name] == value else [f"it went {name} {ways[name]}, not {value}"]
        if name in ("broadcast", "unicast"):
            return [] if (datagram.target == LIMITED_BROADCAST) == (name == "broadcast") else [f"it is not {name}"]
        if name in ("with", "without"):
            faults = []
            for option in words.items(name):
                there = self.protocol.present(message, option)
                if there is None:
                    self.bad(words, f"an option: {option}")
                if there != (name == "with"):
                    faults.append(f"{option} is {'there' if there else 'absent'}")
            return faults
        found = self.protocol.differences(message, name, words)
        if found is None:
            self.bad(words, f"a field: {name}")
        return found

    def delivered(self, client, datagram, message):
        """Every answer is the asker's; a frame for a client without an address goes to its hardware address (RFC 2131 §4.1)."""
        if self.family == 6:
            return []
        # What is told of leases bears the hardware address of whoever has the lease (RFC 4388 §6.4.2).
        own = message.chaddr == client.mac or message.type.startswith("LEASE")
        faults = [] if own and message.op == 2 else ["it is not an answer to this client"]
        everybody = datagram.target == LIMITED_BROADCAST
        # Kea sends what is for everybody in a frame for one.
        if client.via or self.family != 4 or everybody and self.server.kea_2_2 or not everybody and message.ciaddr != "0.0.0.0":
            return faults
        hit = datagram.mac_to == (EVERYBODY if everybody else client.mac)
        return faults + ([] if hit else [f"the frame went to {datagram.mac_to.hex(':')}"])

    def answer(self, client, place):
        """The next answer for a client."""
        end = time.monotonic() + ANSWER_TIME
        while not client.came:
            self.hear()
            if not client.came and not wait(self.stage.links.values(), end - time.monotonic()) and time.monotonic() >= end:
                raise Wrong(place, f"{client.name} gets nothing within {ANSWER_TIME:g} s; the log ends with\n{self.log_end()}")
        return client.came.pop(0)

    def log_end(self):
        return indented(self.server.log().splitlines()[-12:])

    def hear(self):
        """Sorts what came by the clients that it is for."""
        for number, link in self.stage.links.items():
            for datagram in link.receive():
                datagram.link = number
                if datagram.target_port not in self.protocol.PORTS:
                    continue
                message = self.protocol.Message.parse(datagram.payload)
                # A client that was asked last has the most right to an answer with its transaction.
                owner = [c for c in self.clients.values() if c.xid == message.xid]
                for client in owner:
                    client.came.append((datagram, message))

    def settle(self):
        """Waits until the server has dealt with all that was sent."""
        self.unanswered = False
        received = "pkt4-received" if self.family == 4 else "pkt6-received"
        end = time.monotonic() + UNCOUNTED
        while time.monotonic() < end and (self.server.statistic(received) or 0) < self.count:
            time.sleep(0.005)
        # What was counted is being answered.
        end = time.monotonic() + SETTLED
        while wait(self.stage.links.values(), end - time.monotonic()):
            self.hear()

    def nothing_left(self, place, only=None):
        self.hear()
        for client in [only] if only else self.clients.values():
            if client.came:
                datagram, message = client.came.pop(0)
                raise Wrong(place, f"{client.name} got a message that is not expected{show(datagram, message)}")

    def obtain(self, client, words):
        """The whole conversation that gives a client this address."""
        address, place, fields = words.next("an address"), words.place, list(words.rest)
        told = self.protocol.asked(address)
        for ask, get, more in self.protocol.CONVERSATION:
            this = [word for part in more for word in told.get(part, [part])]
            self.send(client, Words(place, [ask, *this, *fields]))
            self.expect(client, Words(place, [get, *self.protocol.granted(address)]))
        words.rest = []

    def soon(self, words, find, fits, fault):
        """An expectation about the server's state, which follows its answers closely."""
        words.end()
        try:
            wait_for(lambda: fits(find()), "", SOON)
        except TimeoutError:
            raise Wrong(words.place, fault(find())) from None

    def bad(self, words, expected):
        raise Wrong(words.place, f"expected {expected}")


def show(datagram, message):
    head = f"from {datagram.source} to {datagram.target} port {datagram.target_port}, in a frame to {datagram.mac_to.hex(':')}"
    return f"\n  the message that came, {head}:\n{indented(message.show())}"


def show_lease(row):
    return "  ".join(f"{name} {value}" for name, value in row.items() if value)


def indented(lines):
    return "\n".join(f"    {line}" for line in lines)


def reasons(text):
    """What a daemon that did not start says about it."""
    errors = [line for line in text.splitlines() if re.search(r"ERROR|FATAL|Error|not within", line)]
    return "\n" + indented(errors or text.splitlines()[-5:])
