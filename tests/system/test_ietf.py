"""kea-dhcp6 managed through ietf-dhcpv6-server (RFC 9243): a client gets what was edited, and its leases are state."""

import unittest

from lab import Dhclient, wait_for
from ncclient.operations import RPCError
from ncclient.xml_ import to_ele
from netconf import Netconf
from scene import SERVER6, Scene
from test_clients import merged6

MODEL = "urn:ietf:params:xml:ns:yang:ietf-dhcpv6-server"
OURS = "urn:takahe:yang:takahe-ietf-dhcpv6-server"
NC = "urn:ietf:params:xml:ns:netconf:base:1.0"


def config(body):
    return f'<config xmlns="{NC}"><dhcpv6-server xmlns="{MODEL}">{body}</dhcpv6-server></config>'


RANGE = f"""
<option-sets><option-set><option-set-id>names</option-set-id>
  <option xmlns="{OURS}"><space>dhcp6</space><code>23</code><data>2001:db8:1::53</data></option>
</option-set></option-sets>
<allocation-ranges>
  <valid-lifetime>5000</valid-lifetime><preferred-lifetime>4000</preferred-lifetime>
  <allocation-range>
    <id>office</id><network-prefix>2001:db8:1::/64</network-prefix><option-set-id>names</option-set-id>
    <interface xmlns="{OURS}">srv0</interface>
    <address-pools><address-pool>
      <pool-id>desks</pool-id><pool-prefix>2001:db8:1::/64</pool-prefix>
      <start-address>2001:db8:1::1000</start-address><end-address>2001:db8:1::1fff</end-address>
    </address-pool></address-pools>
    <prefix-pools><prefix-pool>
      <pool-id>labs</pool-id><pool-prefix>2001:db8:8000::/48</pool-prefix><client-prefix-length>56</client-prefix-length>
    </prefix-pool></prefix-pools>
  </allocation-range>
</allocation-ranges>"""


class Rfc9243(Scene):
    def setUp(self):
        super().setUp()
        self.library = [{"library": "libdhcp_lease_cmds.so"}]

    def manage(self, **more):
        self.kea.start("kea-dhcp6", {"Dhcp6": self.common(6) | more})
        server = {"model": "ietf-dhcpv6-server", "control-socket": {"socket-type": "unix", "socket-name": self.kea.socket("kea-dhcp6")}}
        self.kea.start("kea-netconf", {"Netconf": {"managed-servers": {"dhcp6": server}} | Netconf.server_config(self.kea.folder)})
        self.netconf = Netconf(self.lab, "server", self.kea.folder)
        self.addCleanup(self.netconf.close)
        self.manager = self.netconf.manager
        # Until the server was heard of, its configuration cannot be edited.
        wait_for(lambda: b"dhcpv6-server" in self.netconf.get_config("running"), "the server's configuration")

    def state(self, filter):
        return self.manager.get(("subtree", f'<dhcpv6-server xmlns="{MODEL}">{filter}</dhcpv6-server>')).data_ele

    def texts(self, tree, name):
        return [node.text for node in tree.iter(f"{{{MODEL}}}{name}")]

    def delete(self, kind, leaf, value):
        return self.manager.dispatch(to_ele(f'<{kind} xmlns="{MODEL}"><{leaf}>{value}</{leaf}></{kind}>'))

    def test_a_client_gets_what_was_edited_and_its_leases_are_state(self):
        self.manage(**{"hooks-libraries": self.library})
        self.netconf.edit(config(RANGE))
        self.netconf.validate("candidate")
        self.netconf.commit()
        client = Dhclient(self.lab, "client", "cli0", 6, options=["-N", "-P"]).start()
        bound = wait_for(lambda: merged6(client), "address and prefix", 15)
        self.assertEqual(bound["new_dhcp6_name_servers"], "2001:db8:1::53")
        self.assertEqual((bound["new_max_life"], bound["new_preferred_life"]), ("5000", "4000"))
        address, prefix = bound["new_ip6_address"], bound["new_ip6_prefix"]

        state = self.state("<allocation-ranges/>")
        self.assertEqual(self.texts(state, "leased-address"), [address])
        self.assertEqual(self.texts(state, "leased-prefix"), [prefix])
        self.assertEqual(self.texts(state, "allocated-count"), ["1", "1"])
        self.assertEqual(self.texts(state, "total-count"), ["4096", "256"])
        self.assertGreaterEqual(int(self.texts(state, "solicit-count")[0]), 1)
        self.assertNotIn(b"active-lease", self.netconf.get_config("running"))
        client.stop()

        answer = self.delete("delete-address-lease", "lease-address-to-delete", address)
        self.assertIn("deleted", answer.xml)
        self.delete("delete-prefix-lease", "lease-prefix-to-delete", prefix)
        self.assertEqual(self.texts(self.state("<allocation-ranges/>"), "allocated-count"), ["0", "0"])
        with self.assertRaises(RPCError) as refused:
            self.delete("delete-address-lease", "lease-address-to-delete", address)
        self.assertEqual(refused.exception.tag, "data-missing")

    def test_a_pool_that_fills_up_is_told(self):
        self.manage(**{"hooks-libraries": self.library})
        limited = RANGE.replace("</end-address>", "</end-address><max-address-utilization>10</max-address-utilization>").replace("::1fff", "::1001")
        self.netconf.edit(config(limited))
        self.netconf.commit()
        self.manager.create_subscription()
        for n in range(2):
            lease = {"subnet-id": 1, "ip-address": f"2001:db8:1::100{n}", "duid": f"00:03:00:01:02:03:04:05:06:0{n}", "iaid": n}
            self.assertEqual(self.kea.command("kea-dhcp6", "lease6-add", lease)["result"], 0)
        event = self.manager.take_notification(timeout=30)
        told = [self.texts(event.notification_ele, leaf) for leaf in ("pool-id", "total-pool-addresses", "max-allocated-addresses", "allocated-address-count")]
        self.assertEqual(told, [["desks"], ["2"], ["1"], ["2"]])

    def test_what_the_model_does_not_say_stays(self):
        subnet = {"id": 7, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::10-2001:db8:1::1f", "client-classes": ["KNOWN"]}]}
        self.manage(**{"subnet6": [subnet], "decline-probation-period": 77})
        self.netconf.edit(config("<allocation-ranges><allocation-range><id>7</id><description>lab</description></allocation-range></allocation-ranges>"))
        self.netconf.commit()
        now = self.kea.command("kea-dhcp6", "config-get")["arguments"]["Dhcp6"]
        self.assertEqual((now["decline-probation-period"], now["subnet6"][0]["user-context"]), (77, {"description": "lab"}))
        self.assertEqual(now["subnet6"][0]["pools"][0]["client-classes"], ["KNOWN"])
        with self.assertRaises(RPCError) as refused:
            self.delete("delete-address-lease", "lease-address-to-delete", "2001:db8:1::10")
        self.assertEqual(refused.exception.tag, "operation-not-supported")

    def test_the_server_refuses_at_the_node(self):
        self.manage()
        wrong = RANGE.replace("2001:db8:1::1fff", "2001:db8:1:0:1::")
        outside = wrong.replace("2001:db8:1::/64</network", "2001:db8:2::/64</network")
        error = self.netconf.refusal(config(outside))
        self.assertIn("address-pool[", error.path)
        self.assertIn("pool-id='desks'", error.path)
        self.netconf.discard()
        error = self.netconf.refusal(config("<enabled>false</enabled>"))
        self.assertTrue(error.path.endswith("enabled"), error.path)


if __name__ == "__main__":
    unittest.main()
