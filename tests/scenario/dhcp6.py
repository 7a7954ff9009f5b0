"""DHCPv6 messages (RFC 8415): built from the fields of a scenario, and taken apart into words.

Fields of an IA follow it: `ia-na 1  address 2001:db8::1  preferred 3000  valid 4000`.
"""

import ipaddress
import struct

from dhcp4 import FQDN_FLAGS, fqdn_flags
from values import Bad, decode, encode, name_from_wire, name_to_wire, table

SERVER_PORT, CLIENT_PORT = 547, 546
PORTS = (SERVER_PORT, CLIENT_PORT)
ALL_SERVERS = "ff02::1:2"
# Type LL, Ethernet (RFC 8415 §11.4).
SERVER_DUID = bytes.fromhex("0003000102005e00530f")
NAMES_OF_TYPES = (
    "SOLICIT ADVERTISE REQUEST CONFIRM RENEW REBIND REPLY RELEASE DECLINE RECONFIGURE INFORMATION-REQUEST RELAY-FORW RELAY-REPL".split()
)
TYPES = {name: code for code, name in enumerate(NAMES_OF_TYPES, 1)} | {"LEASEQUERY": 14, "LEASEQUERY-REPLY": 15, "ADDR-REG-INFORM": 36, "ADDR-REG-REPLY": 37}
TYPE_NAMES = {code: name for name, code in TYPES.items()}
RELAY_REPLY = TYPES["RELAY-REPL"]
STATUSES = ["Success", "UnspecFail", "NoAddrsAvail", "NoBinding", "NotOnLink", "UseMulticast", "NoPrefixAvail"]
STATUSES += ["UnknownQueryType", "MalformedQuery", "NotConfigured", "NotAllowed"]
CLIENT_ID, SERVER_ID, STATUS, RELAY_MESSAGE, FQDN = 1, 2, 13, 9, 39
ADDRESS, PREFIX = 5, 26

KINDS, NAMES, CODES = table("""
    1 client-id hex
    2 server hex
    6 requests code16
    7 preference u8
    8 elapsed-time u16
    12 unicast ip6
    14 rapid-commit empty
    15 user-class hex
    16 vendor-class hex
    17 vendor-opts hex
    18 interface-id hex
    20 reconf-accept empty
    21 sip-server-dns name
    22 sip-server-addr ip6
    23 dns-servers ip6
    24 domain-search name
    27 nis-servers ip6
    31 sntp-servers ip6
    32 information-refresh-time u32
    37 remote-id hex
    38 subscriber-id hex
    39 fqdn hex
    41 new-posix-timezone text
    42 new-tzdb-timezone text
    44 lq-query hex
    45 client-data hex
    46 clt-time u32
    47 lq-relay-data hex
    48 lq-client-link ip6
    56 ntp-server hex
    59 bootfile-url text
    79 client-linklayer-addr hex
    82 sol-max-rt u32
    83 inf-max-rt u32
    103 v6-captive-portal text
""")

# What an option of another message holds before its own options: names of the numbers, and how they are packed.
INSIDE = {3: ("ia-na", "!III"), 4: ("ia-ta", "!I"), 25: ("ia-pd", "!III"), ADDRESS: ("address", "!16sII"), PREFIX: ("prefix", "!IIB16s")}
IAS = {"ia-na": 3, "ia-ta": 4, "ia-pd": 25}

CONVERSATION = [("SOLICIT", "ADVERTISE", ["$asked"]), ("REQUEST", "REPLY", ["server", "ours", "$wanted"])]


class Part:
    """An option that holds options: an IA, an address or a prefix."""

    def __init__(self, code, **numbers):
        self.code, self.options = code, []
        self.iaid, self.t1, self.t2 = 0, 0, 0
        self.value, self.preferred, self.valid = None, 0, 0
        self.__dict__.update(numbers)

    def build(self):
        match self.code:
            case 3 | 25:
                head = struct.pack("!III", self.iaid, self.t1, self.t2)
            case 4:
                head = struct.pack("!I", self.iaid)
            case 5:
                head = struct.pack("!16sII", ipaddress.ip_address(self.value).packed, self.preferred, self.valid)
            case _:
                network, length = self.value.split("/")
                head = struct.pack("!IIB16s", self.preferred, self.valid, int(length), ipaddress.ip_address(network).packed)
        return head + build(self.options)

    @classmethod
    def parse(cls, code, data):
        size = struct.calcsize(INSIDE[code][1])
        numbers = struct.unpack(INSIDE[code][1], data[:size])
        part = cls(code)
        match code:
            case 3 | 25:
                part.iaid, part.t1, part.t2 = numbers
            case 4:
                part.iaid = numbers[0]
            case 5:
                part.value, part.preferred, part.valid = str(ipaddress.IPv6Address(numbers[0])), *numbers[1:]
            case _:
                part.preferred, part.valid, part.value = *numbers[:2], f"{ipaddress.IPv6Address(numbers[3])}/{numbers[2]}"
        part.options = parse(data[size:])
        return part

    def show(self, depth):
        name, pad = INSIDE[self.code][0], "    " * depth
        if self.value is None:
            yield f"{pad}{name} {self.iaid}  t1 {self.t1}  t2 {self.t2}"
        else:
            yield f"{pad}{name} {self.value}  preferred {self.preferred}  valid {self.valid}"
        yield from show(self.options, depth + 1)


class Message:
    """A message, out of the relays' messages that it came in."""

    def __init__(self, kind, xid):
        self.kind, self.xid, self.options = kind, xid, []
        self.layers = []
        self.at = self

    @property
    def type(self):
        return TYPE_NAMES.get(self.kind, f"message of type {self.kind}")

    def build(self):
        return struct.pack("!I", self.kind << 24 | self.xid) + build(self.options)

    @classmethod
    def parse(cls, data):
        layers = []
        while data and data[0] == RELAY_REPLY:
            options = dict(parse(data[34:]))
            layers.append((str(ipaddress.IPv6Address(data[2:18])), str(ipaddress.IPv6Address(data[18:34])), options))
            data = options.pop(RELAY_MESSAGE, b"")
        (head,) = struct.unpack("!I", data[:4])
        message = cls(head >> 24, head & 0xFFFFFF)
        message.options, message.layers = parse(data[4:]), layers
        return message

    def show(self):
        yield self.type
        for link, peer, options in self.layers:
            yield f"through the relay at {link} for {peer}:"
            yield from show(list(options.items()), 1)
        yield from show(self.options, 0)

    def find(self, code):
        return next((value for c, value in self.options if c == code), None)


def build(options):
    pieces = [(code, value.build() if isinstance(value, Part) else value) for code, value in options]
    return b"".join(struct.pack("!HH", code, len(data)) + data for code, data in pieces)


def parse(data):
    found, at = [], 0
    while at < len(data):
        code, length = struct.unpack("!HH", data[at : at + 4])
        value = data[at + 4 : at + 4 + length]
        if len(value) < length:
            raise Bad(f"option {code} is cut off")
        found.append((code, Part.parse(code, value) if code in INSIDE else value))
        at += 4 + length
    return found


def show(options, depth):
    for code, value in options:
        if isinstance(value, Part):
            yield from value.show(depth)
        elif code == STATUS:
            yield f'{"    " * depth}status {status_of(value)}  "{value[2:].decode("latin-1")}"'
        elif code == FQDN:
            yield "{}fqdn {}  fqdn-flags {}".format("    " * depth, *fqdn_of(value))
        else:
            yield f"{'    ' * depth}{NAMES.get(code, f'option {code}')} {decode(KINDS.get(code, 'hex'), value, NAMES)}"


def status_of(data):
    number = int.from_bytes(data[:2], "big")
    return STATUSES[number] if number < len(STATUSES) else str(number)


def fqdn_of(data):
    flags = ",".join(name for name, bit in FQDN_FLAGS.items() if name != "E" and data[0] & wire_flag(bit)) or "none"
    return name_from_wire(data[1:])[0], flags


def wire_flag(bit):
    """RFC 4704 §4.1 has S, O and N where RFC 4702 has S, O, E and N."""
    return 4 if bit == FQDN_FLAGS["N"] else bit


def relay(inner, hops, relayed_by, peer, words):
    """A Relay-forward message around another; the relay's link address is its own."""
    options, link = [], relayed_by.address
    while words:
        name = words.next()
        if name == "link-address":
            link = words.next(name)
        else:
            options.append(option_value(name, words))
    head = bytes([TYPES["RELAY-FORW"], hops]) + ipaddress.ip_address(link).packed + ipaddress.ip_address(peer).packed
    return head + build([*options, (RELAY_MESSAGE, inner)])


def option_value(name, words):
    """An option of a scenario: its code and its bytes."""
    if name == "option":
        code = int(words.next("the code"))
        return code, encode("hex", words.items(f"option {code}"), CODES)
    code = CODES[name]
    if KINDS[code] == "empty":
        return code, b""
    if name == "server" and words.take("ours"):
        return code, SERVER_DUID
    return code, encode(KINDS[code], words.items(name), CODES)


def number(words, name):
    value = words.next(name)
    return 0xFFFFFFFF if value == "infinity" else int(value)


def add(message, scope, name, words):
    """A field of a message that is sent; the IA, address or prefix that further fields belong to."""
    if name in IAS:
        scope = Part(IAS[name], iaid=int(words.next(name)))
        message.options.append((scope.code, scope))
    elif name in ("address", "prefix"):
        ia = message.ia = scope if scope is None or scope.value is None else message.ia
        if ia is None:
            raise Bad(f"{name} belongs behind an IA")
        scope = Part(ADDRESS if name == "address" else PREFIX, value=words.next(name))
        ia.options.append((scope.code, scope))
    elif name == "registers":
        scope = Part(ADDRESS, value=words.next(name))
        message.options.append((ADDRESS, scope))
    elif name in ("t1", "t2", "preferred", "valid"):
        setattr(scope, name, number(words, name))
    elif name == "fqdn":
        text = words.next("fqdn")
        flags = fqdn_flags(words.items("fqdn-flags")) if words.take("fqdn-flags") else FQDN_FLAGS["S"]
        message.options.append((FQDN, bytes([flags & 3 | (4 if flags & FQDN_FLAGS["N"] else 0)]) + name_to_wire(text)))
    elif name in CODES or name == "option":
        code, data = option_value(name, words)
        message.options = [(c, v) for c, v in message.options if c != code] + [(code, data)]
    else:
        raise Bad(f"there is no field {name}")
    return scope


def differences(message, name, words):
    """What is not as a field of an expectation says: a list of sentences; None if there is no such field."""

    def same(found, wanted):
        return [] if found == wanted else [f"{name} is {found}, not {wanted}"]

    at = message.at
    if name in IAS:
        wanted = int(words.next(name))
        found = next((v for c, v in message.options if c == IAS[name] and v.iaid == wanted), None)
        message.at = message.ia = found or Part(IAS[name])
        return [] if found else [f"there is no {name} {wanted}"]
    if name in ("address", "prefix"):
        wanted = words.next(name)
        parts = [v for c, v in message.ia.options if c == (ADDRESS if name == "address" else PREFIX)]
        message.at = next((part for part in parts if part.value == wanted), Part(ADDRESS))
        return [] if message.at.value else [f"{name} is {', '.join(p.value for p in parts) or 'absent'}, not {wanted}"]
    if name == "registers":
        wanted, found = words.next(name), message.find(ADDRESS)
        message.at = found or Part(ADDRESS)
        return same(message.at.value, wanted)
    if name in ("t1", "t2", "preferred", "valid"):
        return same(getattr(at, name), number(words, name))
    if name == "status":
        found = next((v for c, v in at.options if c == STATUS), None)
        return same(status_of(found) if found else "absent", words.next(name))
    if name == "fqdn":
        found = message.find(FQDN)
        return same(found and fqdn_of(found)[0], words.next(name))
    if name == "fqdn-flags":
        found = message.find(FQDN)
        return same(found and fqdn_of(found)[1], ",".join(words.items(name)))
    if name == "relay-option":
        code, wanted = option_value(words.next(name), words)
        found = [options.get(code) for _, _, options in message.layers]
        return [] if wanted in found else [f"no relay's message has {NAMES[code]} {decode(KINDS[code], wanted, NAMES)}"]
    if name in CODES or name == "option":
        code, wanted = option_value(name, words)
        found = message.find(code)
        shown = [("absent" if data is None else decode(KINDS.get(code, "hex"), data, NAMES)) for data in (found, wanted)]
        return [] if found == wanted else [f"{NAMES.get(code, f'option {code}')} is {shown[0]}, not {shown[1]}"]
    return None


def present(message, name):
    """Whether an option is there, by its name or code; None if there is no such option."""
    inside = {"address": ADDRESS, "prefix": PREFIX, "status": STATUS}
    if name in inside:
        return any(c == inside[name] for c, _ in message.at.options)
    code = int(name) if name.isdigit() else CODES.get(name) or IAS.get(name)
    return None if code is None else any(c == code for c, _ in message.options)


def asked(address):
    """The words that ask for an address or a prefix, and those that name it."""
    kind = ["ia-pd", "1"] if "/" in address else ["ia-na", "1"]
    return {"$asked": kind, "$wanted": granted(address)}


def granted(address):
    return ["ia-pd", "1", "prefix", address] if "/" in address else ["ia-na", "1", "address", address]
