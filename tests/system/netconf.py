"""A NETCONF client (ncclient) of kea-netconf, and the edits that the demonstration and the tests make."""

from xml.sax.saxutils import escape

from lab import in_namespace, wait_for
from ncclient import manager
from ncclient.operations import RPCError
from ncclient.transport.errors import SSHError

PORT = 830


class Netconf:
    """A session, opened from within a network namespace."""

    USER, PASSWORD = "admin", "demonstration"

    def __init__(self, lab, ns, folder, port=PORT):
        with in_namespace(ns):
            self.manager = wait_for(lambda: self._connect(port), "the NETCONF server", 15)
        self.manager.raise_mode = 1  # RaiseMode.ERRORS: warnings are no exceptions
        self.session_id = self.manager.session_id

    @classmethod
    def _connect(cls, port):
        try:
            return manager.connect(
                host="127.0.0.1", port=port, username=cls.USER, password=cls.PASSWORD, hostkey_verify=False, look_for_keys=False, allow_agent=False, timeout=60
            )
        except (SSHError, EOFError, OSError):
            return None

    @classmethod
    def server_config(cls, folder):
        """What kea-netconf needs in its JSON file for this client."""
        return {
            "datastore-directory": str(folder),
            "ssh": {"listen": ["127.0.0.1"], "port": PORT, "users": [{"name": cls.USER, "password": cls.PASSWORD}]},
        }

    def base_capabilities(self):
        return sorted(c.split(":")[-1] for c in self.manager.server_capabilities if c.startswith("urn:ietf:params:netconf:base:"))

    def lock(self, datastore):
        self.manager.lock(datastore)

    def unlock(self, datastore):
        self.manager.unlock(datastore)

    def edit(self, config, target="candidate", **more):
        self.manager.edit_config(config, target=target, **more)

    def validate(self, datastore):
        self.manager.validate(datastore)

    def commit(self):
        self.manager.commit()

    def discard(self):
        self.manager.discard_changes()

    def get_config(self, datastore):
        return self.manager.get_config(datastore).data_xml.encode()

    def refusal(self, *edits):
        """The error of edits, validate and commit; None if all went well."""
        try:
            for edit in edits:
                self.edit(edit)
            self.validate("candidate")
            self.commit()
        except RPCError as error:
            return error
        return None

    def close(self):
        self.manager.close_session()


def envelope(module, body):
    return (
        '<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">'
        f'<config xmlns="urn:ietf:params:xml:ns:yang:{module}">{body}</config></config>'
    )


def option(code, space, data):
    return f"<option-data><code>{code}</code><space>{space}</space><data>{escape(data)}</data></option-data>"


def dhcp4_edit(subnet, pool, routers, dns, suffix, subnet_id=1):
    first, last = pool
    return envelope(
        "kea-dhcp4-server",
        f"<subnet4><id>{subnet_id}</id><subnet>{subnet}</subnet>"
        f"<pool><start-address>{first}</start-address><end-address>{last}</end-address></pool>"
        f"{option(3, 'dhcp4', routers)}{option(6, 'dhcp4', dns)}<ddns-qualifying-suffix>{suffix}</ddns-qualifying-suffix></subnet4>",
    )


def dhcp6_edit(subnet, pool, suffix, pd=None, subnet_id=1):
    first, last = pool
    prefixes = f"<pd-pool><prefix>{pd[0]}</prefix><delegated-len>{pd[1]}</delegated-len></pd-pool>" if pd else ""
    return envelope(
        "kea-dhcp6-server",
        f"<subnet6><id>{subnet_id}</id><subnet>{subnet}</subnet><interface>srv0</interface>"
        f"<pool><start-address>{first}</start-address><end-address>{last}</end-address></pool>{prefixes}"
        f"<ddns-qualifying-suffix>{suffix}</ddns-qualifying-suffix></subnet6>",
    )


def ddns_edit(bind, server, forward, reverses):
    def domain(name):
        return (
            f"<ddns-domain><name>{name}.</name><key-name>{bind.KEY}</key-name>"
            f"<dns-servers><server><ip-address>{server}</ip-address></server></dns-servers></ddns-domain>"
        )

    return envelope(
        "kea-dhcp-ddns",
        f"<tsig-keys><key><name>{bind.KEY}</name><algorithm>{bind.ALGORITHM.upper()}</algorithm><secret>{bind.SECRET}</secret></key></tsig-keys>"
        f"<forward-ddns><ddns-domains>{domain(forward)}</ddns-domains></forward-ddns>"
        f"<reverse-ddns><ddns-domains>{''.join(map(domain, reverses))}</ddns-domains></reverse-ddns>",
    )
