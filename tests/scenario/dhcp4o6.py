"""DHCPv4-over-DHCPv6 (RFC 7341): DHCPv4 messages that travel in DHCPv6 ones."""

import dhcp4
import dhcp6
from values import Bad

QUERY, RESPONSE, DHCPV4_MESSAGE = 20, 21, 87
PORTS = dhcp6.PORTS
CONVERSATION, asked, granted, present = dhcp4.CONVERSATION, dhcp4.asked, dhcp4.granted, dhcp4.present


def query(messages):
    """A DHCPV4-QUERY with these DHCPv4 messages."""
    outer = dhcp6.Message(QUERY, 0)
    outer.options = [(DHCPV4_MESSAGE, message) for message in messages]
    return outer.build()


class Message(dhcp4.Message):
    """The message inside of a DHCPV4-RESPONSE, which may have come through relays."""

    @classmethod
    def parse(cls, data):
        outer = dhcp6.Message.parse(data)
        if outer.kind != RESPONSE or [code for code, _ in outer.options] != [DHCPV4_MESSAGE]:
            raise Bad("not a DHCPV4-RESPONSE with a DHCPv4 message and nothing else")
        message = super().parse(outer.find(DHCPV4_MESSAGE))
        message.outer = outer
        return message

    def show(self):
        for link, peer, _ in self.outer.layers:
            yield f"through the relay at {link} for {peer}:"
        yield from super().show()


def differences(message, name, words):
    if name == "relay-option":
        return dhcp6.differences(message.outer, name, words)
    return dhcp4.differences(message, name, words)
