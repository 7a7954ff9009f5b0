"""Messages on their way to a server: how a client or a relay puts them on the link."""

import ipaddress

import dhcp4
import dhcp4o6
import dhcp6
from language import Words, Wrong
from network import EVERYBODY, RELAY_MAC, Datagram, link_local
from values import octets

# The server, by number of the link.
SERVER4 = {1: "192.0.2.1", 2: "198.51.100.1"}
SERVER6 = {1: "2001:db8:1::1", 2: "2001:db8:2::1"}
EVERYWHERE = "255.255.255.255"
# MAC addresses of its interfaces: the stage knows them once it stands.
SERVER_MACS = {}


class Query:
    """What messages of both protocols have: a client that sends it, and a way."""

    def __init__(self, client):
        self.client, self.relay, self.relays, self.link = client, None, [], client.link
        self.source = self.target = self.cut = None

    def travels(self, name, words):
        """A field about the way rather than the message; whether it is one."""
        match name:
            case "from":
                self.source = words.next("an address")
            case "to":
                self.target = words.next("an address")
            case "link":
                self.link = int(words.next("link"))
            case "cut":
                self.cut = int(words.next("cut"))
            case _:
                return False
        return True

    def over_ipv6(self, payload):
        """A client's DHCPv6 message as the server gets it, inside of as many relays' messages as it went through."""
        own = link_local(self.client.mac)
        peer, mac, source, port = own, self.client.mac, self.source or own, dhcp6.CLIENT_PORT
        target = self.target or dhcp6.ALL_SERVERS
        for hops, relay in enumerate(self.relays):
            payload = dhcp6.relay(payload, hops, relay, peer, Words("relay", list(relay.fields)))
            peer = relay.address
        if self.relays:
            mac, source, port = RELAY_MAC, self.source or self.relay.address, dhcp6.SERVER_PORT
            target = self.target or SERVER6[self.link]
        multicast = ipaddress.ip_address(target).is_multicast
        mac_to = b"\x33\x33" + ipaddress.ip_address(target).packed[-4:] if multicast else SERVER_MACS[self.link]
        return Datagram(mac, mac_to, source, port, target, dhcp6.SERVER_PORT, payload[: self.cut])

    def through(self, play, words):
        """Relays of DHCPv6, the client's first."""
        for name in words.items("via"):
            self.relays.append(play.relays.get(name) or play.bad(words, "a relay that was declared"))
        self.relay = self.relays[-1]


class Query4(Query):
    """A DHCPv4 message on its way: from a client, or from a relay."""

    def __init__(self, play, client, words):
        super().__init__(client)
        message = self.message = dhcp4.Message(client.xid)
        message.chaddr = client.mac
        kind = words.next("the type of a message")
        if kind in dhcp4.TYPES or kind.isdigit():
            message.options[dhcp4.TYPE] = bytes([dhcp4.TYPES.get(kind) or int(kind)])
        elif kind != "BOOTREQUEST":
            raise Wrong(words.place, f"there is no message type {kind}")
        self.read(play, Words(words.place, list(client.fields)))
        self.read(play, words)

    def read(self, play, words):
        message = self.message
        while words:
            name = words.next()
            if name == "via":
                self.through(play, words)
            elif self.travels(name, words):
                pass
            elif name == "without":
                for option in words.items("without"):
                    message.options.pop(dhcp4.CODES.get(option), None)
                    if option == "mac":
                        message.chaddr = b""
            elif not dhcp4.add(message, name, words):
                raise Wrong(words.place, f"there is no field {name}")

    def through(self, play, words):
        relay = play.relays.get(words.next("a relay")) or play.bad(words, "a relay that was declared")
        self.relay, self.message.giaddr, self.message.hops = relay, relay.address, 1
        self.read(play, Words(words.place, list(relay.fields)))

    def datagram(self):
        mac, port = self.client.mac, dhcp4.CLIENT_PORT
        source, target = self.source or self.message.ciaddr, self.target or EVERYWHERE
        if self.relay:
            mac, port = RELAY_MAC, dhcp4.SERVER_PORT
            source, target = self.source or self.relay.address, self.target or SERVER4[self.link]
        mac_to = EVERYBODY if target == EVERYWHERE else SERVER_MACS[self.link]
        return Datagram(mac, mac_to, source, port, target, dhcp4.SERVER_PORT, self.message.build()[: self.cut])


class Query4o6(Query4):
    """A DHCPv4 message on its way inside of a DHCPv6 one."""

    def __init__(self, play, client, words):
        self.messages, self.bytes = 1, None
        super().__init__(play, client, words)

    def travels(self, name, words):
        if name == "dhcpv4-messages":
            self.messages = int(words.next(name))
            return True
        if name == "dhcpv4-bytes":
            self.bytes = octets(words.next(name))
            return True
        return super().travels(name, words)

    def through(self, play, words):
        Query.through(self, play, words)

    def datagram(self):
        return self.over_ipv6(dhcp4o6.query([self.bytes or self.message.build()] * self.messages))


class Query6(Query):
    """A DHCPv6 message on its way."""

    def __init__(self, play, client, words):
        super().__init__(client)
        kind = words.next("the type of a message")
        if kind not in dhcp6.TYPES and not kind.isdigit():
            raise Wrong(words.place, f"there is no message type {kind}")
        self.message = dhcp6.Message(dhcp6.TYPES.get(kind) or int(kind), client.xid)
        # Unless it says otherwise, a client is known by its hardware address (RFC 8415 §11.4).
        self.message.options.append((dhcp6.CLIENT_ID, b"\0\3\0\1" + client.mac))
        self.read(play, Words(words.place, list(client.fields)))
        self.read(play, words)

    def read(self, play, words):
        scope = None
        while words:
            name = words.next()
            if name == "via":
                self.through(play, words)
            elif self.travels(name, words):
                pass
            elif name == "without":
                for option in words.items("without"):
                    self.message.options = [(c, v) for c, v in self.message.options if c != dhcp6.CODES.get(option)]
            else:
                scope = dhcp6.add(self.message, scope, name, words)

    def datagram(self):
        return self.over_ipv6(self.message.build())
