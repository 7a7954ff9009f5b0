"""DHCPv4 messages (RFC 2131, 2132): built from the fields of a scenario, and taken apart into words."""

import ipaddress
import struct

from language import Quoted
from values import Bad, decode, encode, name_from_wire, name_to_wire, octets, table

SERVER_PORT, CLIENT_PORT = 67, 68
PORTS = (SERVER_PORT, CLIENT_PORT)
TYPES = {"DISCOVER": 1, "OFFER": 2, "REQUEST": 3, "DECLINE": 4, "ACK": 5, "NAK": 6, "RELEASE": 7, "INFORM": 8, "LEASEQUERY": 10}
TYPES |= {"LEASEUNASSIGNED": 11, "LEASEUNKNOWN": 12, "LEASEACTIVE": 13}
TYPE_NAMES = {code: name for name, code in TYPES.items()}
COOKIE = b"\x63\x82\x53\x63"
HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
BROADCAST = 0x8000
OVERLOAD, TYPE, AGENT, FQDN = 52, 53, 82, 81
FQDN_FLAGS = {"S": 1, "O": 2, "E": 4, "N": 8}

KINDS, NAMES, CODES = table("""
    1 subnet-mask ip
    2 time-offset i32
    3 routers ip
    4 time-servers ip
    5 name-servers ip
    6 domain-name-servers ip
    7 log-servers ip
    9 lpr-servers ip
    12 host-name text
    13 boot-size u16
    15 domain-name text
    17 root-path text
    19 ip-forwarding bool
    23 default-ip-ttl u8
    26 interface-mtu u16
    28 broadcast-address ip
    33 static-routes ip
    40 nis-domain text
    41 nis-servers ip
    42 ntp-servers ip
    43 vendor-encapsulated-options hex
    44 netbios-name-servers ip
    50 address ip
    51 lease-time u32
    52 option-overload u8
    53 message-type u8
    54 server ip
    55 requests code
    56 message text
    57 max-message-size u16
    58 renewal-time u32
    59 rebinding-time u32
    60 vendor-class text
    61 client-id hex
    66 tftp-server-name text
    67 boot-file-name text
    77 user-class text
    81 fqdn hex
    82 relay-agent-information hex
    91 client-last-transaction-time u32
    92 associated-ip ip
    93 client-system u16
    100 pcode text
    101 tcode text
    108 v6-only-preferred u32
    114 v4-captive-portal text
    116 auto-config u8
    118 subnet-selection ip
    119 domain-search name
    121 classless-static-route route
    124 vivco-suboptions hex
    125 vivso-suboptions hex
    138 capwap-ac-v4 ip
    150 tftp-server-address ip
    162 v4-dnr hex
""")

AGENT_KINDS, AGENT_NAMES, AGENT_CODES = table("""
    1 circuit-id hex
    2 remote-id hex
    5 link-selection ip
    6 subscriber-id text
    11 server-id-override ip
    12 relay-id hex
    19 relay-port empty
    151 vss hex
""")

# Fields of the header: how they are called in a scenario, and in the message.
ADDRESSES = {"ciaddr": "ciaddr", "giaddr": "giaddr", "next-server": "siaddr"}
NUMBERS = {"hops": "hops", "secs": "secs", "htype": "htype", "size": "size"}
TEXTS = {"server-hostname": "sname", "boot-file": "file"}

CONVERSATION = [("DISCOVER", "OFFER", []), ("REQUEST", "ACK", ["$wanted"])]


class Message:
    """A message: the fields of its header, and its options by code, parts of an option put together."""

    def __init__(self, xid=0):
        self.op, self.htype, self.hops, self.xid, self.secs, self.flags = 1, 1, 0, xid, 0, 0
        self.ciaddr = self.yiaddr = self.siaddr = self.giaddr = "0.0.0.0"
        self.chaddr, self.sname, self.file = b"", b"", b""
        self.size = 0
        self.options = {}
        self.agent = {}

    @property
    def type(self):
        if TYPE not in self.options:
            return "BOOTREPLY" if self.op == 2 else "message without a type"
        return TYPE_NAMES.get(self.options[TYPE][0], "message of an unknown type")

    def build(self):
        ips = [ipaddress.ip_address(a).packed for a in (self.ciaddr, self.yiaddr, self.siaddr, self.giaddr)]
        head = HEADER.pack(self.op, self.htype, len(self.chaddr), self.hops, self.xid, self.secs, self.flags, *ips, self.chaddr, self.sname, self.file)
        options = dict(self.options)
        if self.agent:
            options[AGENT] = b"".join(bytes([code, len(data)]) + data for code, data in self.agent.items())
        return (head + COOKIE + b"".join(option(code, data) for code, data in options.items()) + b"\xff").ljust(300, b"\0")

    @classmethod
    def parse(cls, data):
        message = cls()
        message.size = len(data)
        message.op, message.htype, length, message.hops, message.xid, message.secs, message.flags, *rest = HEADER.unpack(data[: HEADER.size])
        message.ciaddr, message.yiaddr, message.siaddr, message.giaddr = (str(ipaddress.IPv4Address(a)) for a in rest[:4])
        message.chaddr, sname, file = rest[4][:length], rest[5], rest[6]
        if data[HEADER.size : HEADER.size + 4] != COOKIE:
            raise Bad("no magic cookie")
        collect(message.options, data[HEADER.size + 4 :])
        overload = message.options.get(OVERLOAD, b"\0")[0]
        if overload & 1:
            collect(message.options, file)
        if overload & 2:
            collect(message.options, sname)
        message.file = b"" if overload & 1 else file.rstrip(b"\0")
        message.sname = b"" if overload & 2 else sname.rstrip(b"\0")
        message.agent = dict(parts(message.options.get(AGENT, b"")))
        return message

    def show(self):
        """The message in the words of the language, a line a piece."""
        yield f"{self.type}  address {self.yiaddr}  ciaddr {self.ciaddr}  next-server {self.siaddr}  giaddr {self.giaddr}"
        yield f"hops {self.hops}  secs {self.secs}  broadcast-flag {'yes' if self.flags & BROADCAST else 'no'}  mac {self.chaddr.hex(':')}"
        for name, value in (("server-hostname", self.sname), ("boot-file", self.file)):
            if value:
                yield f'{name} "{value.decode("latin-1")}"'
        for code, data in self.options.items():
            if code == AGENT:
                for sub, value in self.agent.items():
                    yield f"{AGENT_NAMES.get(sub, f'agent-option {sub}')} {decode(AGENT_KINDS.get(sub, 'hex'), value, {})}"
            elif code == FQDN:
                yield "fqdn {}  fqdn-flags {}".format(*fqdn_of(data))
            elif code != TYPE:
                yield f"{NAMES.get(code, f'option {code}')} {decode(KINDS.get(code, 'hex'), data, NAMES)}"

    def option(self, code):
        return self.options.get(code)


def option(code, data):
    """An option, in several parts if it is long (RFC 3396)."""
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)] or [b""]
    return b"".join(bytes([code, len(piece)]) + piece for piece in pieces)


def parts(data):
    """The options of a field; a bad length is an error."""
    at = 0
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        if at + 1 >= len(data) or at + 2 + data[at + 1] > len(data):
            raise Bad(f"option {data[at]} is cut off")
        yield data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]


def collect(options, data):
    for code, value in parts(data):
        options[code] = options.get(code, b"") + value


def fqdn_of(data):
    flags = ",".join(name for name, bit in FQDN_FLAGS.items() if data[0] & bit) or "none"
    name = name_from_wire(data[3:])[0] if data[0] & FQDN_FLAGS["E"] else data[3:].decode("latin-1")
    return name or '""', flags


def fqdn_flags(items):
    return sum(FQDN_FLAGS[item] for item in items if item != "none")


def fqdn_to_wire(name, flags):
    return bytes([flags, 0, 0]) + (name_to_wire(name) if flags & FQDN_FLAGS["E"] else name.encode())


def option_value(name, words):
    """An option of a scenario: its code and its bytes."""
    if name == "option":
        code = int(words.next("the code"))
        return code, encode("hex", words.items(f"option {code}"), CODES)
    code = CODES[name]
    return code, encode(KINDS[code], words.items(name), CODES)


def add(message, name, words):
    """A field of a message that is sent; whether there is one of this name."""
    if name in ADDRESSES:
        setattr(message, ADDRESSES[name], str(ipaddress.IPv4Address(words.next(name))))
    elif name in NUMBERS:
        setattr(message, NUMBERS[name], int(words.next(name)))
    elif name in TEXTS:
        text = words.next(name)
        setattr(message, TEXTS[name], bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode())
    elif name == "broadcast":
        message.flags |= BROADCAST
    elif name == "mac":
        message.chaddr = octets(words.next("mac"))
    elif name == "fqdn":
        text = words.next("fqdn")
        flags = fqdn_flags(words.items("fqdn-flags")) if words.take("fqdn-flags") else FQDN_FLAGS["S"] | FQDN_FLAGS["E"]
        message.options[FQDN] = fqdn_to_wire(text, flags)
    elif name in AGENT_CODES:
        code = AGENT_CODES[name]
        empty = AGENT_KINDS[code] == "empty"
        message.agent[code] = b"" if empty else encode(AGENT_KINDS[code], words.items(name), CODES)
    elif name in CODES or name == "option":
        code, data = option_value(name, words)
        message.options[code] = data
    else:
        return False
    return True


def differences(message, name, words):
    """What is not as a field of an expectation says: a list of sentences; None if there is no such field."""

    def same(found, wanted, show=str):
        return [] if found == wanted else [f"{name} is {show(found)}, not {show(wanted)}"]

    def text(data):
        return "absent" if data is None else f'"{data.decode("latin-1")}"'

    if name == "address":
        return same(message.yiaddr, words.next(name))
    if name == "mac":
        return same(message.chaddr, octets(words.next(name)), bytes.hex)
    if name in ADDRESSES:
        return same(getattr(message, ADDRESSES[name]), words.next(name))
    if name in NUMBERS:
        return same(getattr(message, NUMBERS[name]), int(words.next(name)))
    if name in TEXTS:
        return same(getattr(message, TEXTS[name]), words.next(name).encode(), text)
    if name == "broadcast-flag":
        return same("yes" if message.flags & BROADCAST else "no", words.next(name))
    if name == "fqdn":
        found = message.options.get(FQDN)
        return same(found and Quoted(fqdn_of(found)[0].strip('"')), words.next(name))
    if name == "fqdn-flags":
        found = message.options.get(FQDN)
        return same(found and found[0], fqdn_flags(words.items(name)))
    if name in AGENT_CODES:
        code = AGENT_CODES[name]
        wanted = b"" if AGENT_KINDS[code] == "empty" else encode(AGENT_KINDS[code], words.items(name), CODES)
        return same(message.agent.get(code), wanted, lambda data: shown(AGENT_KINDS[code], data))
    if name in CODES or name == "option":
        code, wanted = option_value(name, words)
        name = NAMES.get(code, f"option {code}")
        return same(message.options.get(code), wanted, lambda data: shown(KINDS.get(code, "hex"), data))
    return None


def shown(kind, data):
    return "absent" if data is None else decode(kind, data, NAMES)


def present(message, name):
    """Whether an option is there, by its name or code; None if there is no such option."""
    if name in AGENT_CODES:
        return AGENT_CODES[name] in message.agent
    code = int(name) if name.isdigit() else CODES.get(name)
    return None if code is None else code in message.options


def asked(address):
    """The words that ask for an address."""
    return {"$wanted": ["address", address, "server", "192.0.2.1"]}


def granted(address):
    return ["address", address]
