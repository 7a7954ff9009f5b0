"""Values of options in text and on the wire, both directions, by the type that the tables of options name."""

import ipaddress
import re

from language import Quoted

INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "i32": 4}


class Bad(ValueError):
    """A value that is not of its type."""


def octets(item):
    """Bytes: "text", 0x0102, or 01:02."""
    if isinstance(item, Quoted):
        return item.encode()
    digits = item[2:] if item.startswith("0x") else item.replace(":", "")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise Bad(f"`{item}` is neither hexadecimal (0x0102 or 01:02) nor quoted text") from None


def name_to_wire(name):
    """A domain name; it is absolute if it ends with a dot."""
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label)
    return wire + (b"\0" if name.endswith(".") else b"")


def name_from_wire(data, at=0):
    """A domain name at a place, following compression; the name, and where it ends."""
    labels, end, jumps = [], None, 0
    while at < len(data):
        length = data[at]
        if length & 0xC0 and at + 1 < len(data):
            end = end or at + 2
            at, jumps = (length & 0x3F) << 8 | data[at + 1], jumps + 1
            if jumps > 20:
                break
        elif length == 0:
            return ".".join(labels) + ".", end or at + 1
        else:
            labels.append(data[at + 1 : at + 1 + length].decode("latin-1"))
            at += 1 + length
    return ".".join(labels), end or at


def encode(kind, items, codes):
    """The bytes of a value; `codes` maps names of options to codes."""
    if len(items) == 1 and not isinstance(items[0], Quoted) and items[0].startswith("0x"):
        return octets(items[0])
    try:
        return b"".join(encode_one(kind, item, codes) for item in items)
    except (ValueError, OverflowError) as error:
        raise Bad(str(error)) from None


def encode_one(kind, item, codes):
    match kind:
        case "ip" | "ip6":
            return ipaddress.ip_address(item).packed
        case "code" | "code16":
            code = codes.get(item) if not item.isdigit() else int(item)
            if code is None:
                raise Bad(f"there is no option called `{item}`")
            return code.to_bytes(2 if kind == "code16" else 1, "big")
        case "text":
            return item.encode()
        case "name":
            return name_to_wire(item if item.endswith(".") else item + ".")
        case "prefix":
            return ipaddress.ip_network(item).network_address.packed
        case "route":
            network, router = item.split("-")
            network = ipaddress.ip_network(network)
            significant = (network.prefixlen + 7) // 8
            return bytes([network.prefixlen]) + network.network_address.packed[:significant] + ipaddress.ip_address(router).packed
        case "bool":
            return bytes([{"true": 1, "false": 0}[item]])
        case "hex" | "empty":
            return octets(item)
    return int(item, 0).to_bytes(INTEGERS[kind], "big", signed=kind == "i32")


def decode(kind, data, names):
    """A value as text; `names` maps codes of options to names."""
    try:
        return ", ".join(decode_all(kind, data, names))
    except (ValueError, IndexError):
        return f"0x{data.hex()}"


def decode_all(kind, data, names):
    def every(size):
        if not data or len(data) % size:
            raise ValueError
        return [data[at : at + size] for at in range(0, len(data), size)]

    match kind:
        case "ip":
            return [str(ipaddress.IPv4Address(part)) for part in every(4)]
        case "ip6":
            return [str(ipaddress.IPv6Address(part)) for part in every(16)]
        case "code":
            return [names.get(code, str(code)) for code in data]
        case "code16":
            return [names.get(int.from_bytes(part, "big"), part.hex()) for part in every(2)]
        case "text":
            return [f'"{data.decode()}"'] if re.fullmatch(rb"[ -~]*", data) else [f"0x{data.hex()}"]
        case "name":
            found, at = [], 0
            while at < len(data):
                name, at = name_from_wire(data, at)
                found.append(name)
            return found
        case "bool":
            return [str(bool(data[0])).lower()]
        case "route":
            found, at = [], 0
            while at < len(data):
                significant = (data[at] + 7) // 8
                network = data[at + 1 : at + 1 + significant].ljust(4, b"\0")
                router = data[at + 1 + significant : at + 5 + significant]
                found.append(f"{ipaddress.IPv4Address(network)}/{data[at]}-{ipaddress.IPv4Address(router)}")
                at += 5 + significant
            return found
        case "hex" | "empty":
            printable = len(data) > 1 and re.fullmatch(rb"[ -~]+", data)
            return [f'"{data.decode()}"' if printable else data.hex(":")]
    size = INTEGERS[kind]
    return [str(int.from_bytes(part, "big", signed=kind == "i32")) for part in every(size)]


def table(text):
    """A table of options, `CODE NAME TYPE` a line: (type by code, name by code, code by name)."""
    rows = [line.split() for line in text.strip().splitlines()]
    kinds = {int(code): kind for code, _, kind in rows}
    names = {int(code): name for code, name, _ in rows}
    return kinds, names, {name: code for code, name in names.items()}
