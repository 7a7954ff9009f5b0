"""What most system tests start from: a server, a client on its link, and daemons configured from a file."""

import json
import unittest

from lab import Bind, Kea, Lab

SERVER4, SERVER6 = "192.0.2.1", "2001:db8:1::1"


class Scene(unittest.TestCase):
    """A server namespace with srv0 and a client namespace with cli0, one link between them."""

    def setUp(self):
        self.lab = self.enterContext(Lab())
        self.lab.namespace("server", "client")
        self.lab.link("server", "srv0", "client", "cli0", [f"{SERVER4}/24", f"{SERVER6}/64"])
        self.kea = Kea(self.lab, "server")

    def leases(self, family):
        return {"type": "memfile", "name": str(self.kea.folder / f"kea-leases{family}.csv")}

    def common(self, family, interfaces=("srv0",), severity="INFO"):
        name = f"kea-dhcp{family}"
        return {
            "interfaces-config": {"interfaces": list(interfaces)},
            "lease-database": self.leases(family),
            "control-sockets": [{"socket-type": "unix", "socket-name": self.kea.socket(name)}],
            "loggers": [{"name": name, "severity": severity, "output-options": [{"output": "stdout"}]}],
        }

    def start4(self, **more):
        subnet = {
            "id": 1,
            "subnet": "192.0.2.0/24",
            "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}],
            "option-data": [{"name": "routers", "data": SERVER4}, {"name": "domain-name-servers", "data": f"{SERVER4}, 198.51.100.53"}],
        }
        return self.kea.start("kea-dhcp4", {"Dhcp4": self.common(4) | {"valid-lifetime": 4000, "subnet4": [subnet]} | more})

    def start6(self, **more):
        subnet = {
            "id": 1,
            "subnet": "2001:db8:1::/64",
            "interface": "srv0",
            "pools": [{"pool": "2001:db8:1::1000 - 2001:db8:1::1fff"}],
            "pd-pools": [{"prefix": "2001:db8:8000::", "prefix-len": 48, "delegated-len": 56}],
            "option-data": [{"name": "dns-servers", "data": "2001:db8:1::53"}],
        }
        return self.kea.start("kea-dhcp6", {"Dhcp6": self.common(6) | {"valid-lifetime": 4000, "preferred-lifetime": 3000, "subnet6": [subnet]} | more})

    def statistic(self, daemon, name):
        answer = self.kea.command(daemon, "statistic-get", {"name": name})
        self.assertEqual(answer["result"], 0, json.dumps(answer))
        return answer["arguments"].get(name, [[0]])[0][0]


__all__ = ["Bind", "Scene", "SERVER4", "SERVER6"]
