"""Commands about configurations in databases (`libdhcp_cb_cmds.so`), the rows that they write, and what becomes of clients."""

from configurations import in_every_database
from lab import Dhclient

ALL = {"server-tags": ["all"]}


class Remote:
    def start(self, family, interfaces=()):
        self.family = family
        config = self.common(family, interfaces) | self.completed("cb_cmds")
        return self.kea.start(f"kea-dhcp{family}", {f"Dhcp{family}": config})

    def send(self, command, **arguments):
        """A command by its name without `remote-`; `#` stands for the family."""
        arguments = {key.replace("_", "-"): value for key, value in arguments.items()}
        return self.kea.command(f"kea-dhcp{self.family}", "remote-" + command.replace("#", str(self.family)), arguments)

    def done(self, text, command, **arguments):
        """The arguments of an answer that says so."""
        answer = self.send(command, **arguments)
        self.assertEqual((answer["result"], answer["text"]), (0, text), answer)
        return answer.get("arguments")

    def empty(self, text, command, **arguments):
        answer = self.send(command, **arguments)
        self.assertEqual((answer["result"], answer["text"]), (3, text), answer)
        self.assertEqual(answer["arguments"]["count"], 0)

    def refused(self, text, command, **arguments):
        answer = self.send(command, **arguments)
        self.assertEqual(answer["result"], 1, answer)
        self.assertIn(text, answer["text"])

    def row(self, table, columns, where="true"):
        (row,) = self.sql(f"SELECT {columns} FROM dhcp{self.family}_{table} WHERE {where}")
        return row

    def changes(self):
        """Remarks of the revisions, and what happened in each to which table."""
        tables = f"dhcp{self.family}"
        return self.sql(f"SELECT r.log_message, a.object_type, a.modification_type FROM {tables}_audit a JOIN {tables}_audit_revision r ON r.id = a.revision_id ORDER BY a.id")

    def servers(self, *tags):
        for tag in tags:
            self.done(f"DHCPv{self.family} server successfully set.", "server#-set", servers=[{"server-tag": tag, "description": f"the {tag}"}])


class Servers(Remote):
    def test_servers_are_set_shown_and_deleted(self):
        self.start(4)
        self.empty("0 DHCPv4 server(s) found.", "server4-get-all")
        told = self.done("DHCPv4 server successfully set.", "server4-set", servers=[{"server-tag": " Hall ", "description": "old"}])
        self.assertEqual(told, {"servers": [{"server-tag": "hall", "description": "old"}]})
        self.servers("hall", "attic")
        found = self.done("DHCPv4 server hall found.", "server4-get", servers=[{"server-tag": "HALL"}])
        self.assertEqual(found, {"servers": [{"server-tag": "hall", "description": "the hall"}], "count": 1})
        self.assertEqual(self.done("2 DHCPv4 server(s) found.", "server4-get-all")["count"], 2)
        self.empty("DHCPv4 server cellar not found.", "server4-get", servers=[{"server-tag": "cellar"}])
        self.assertEqual(self.done("1 DHCPv4 server(s) deleted.", "server4-del", servers=[{"server-tag": "hall"}]), {"count": 1})
        self.empty("0 DHCPv4 server(s) deleted.", "server4-del", servers=[{"server-tag": "hall"}])
        self.refused("'all' is a name reserved for the server tag", "server4-set", servers=[{"server-tag": "all", "description": ""}])
        self.refused("'any' is reserved", "server4-set", servers=[{"server-tag": "any", "description": ""}])
        self.assertEqual(self.changes()[:2], [("server set", "dhcp4_server", "0"), ("server set", "dhcp4_server", "1")])

    def test_what_only_a_server_had_goes_with_it(self):
        self.start(6)
        self.servers("hall")
        own = {"server_tags": ["hall"]}
        self.send("global-parameter6-set", parameters={"renew-timer": 5}, **own)
        self.send("option-def6-set", option_defs=[{"name": "foo", "code": 1000, "type": "string"}], **own)
        self.send("option6-global-set", options=[{"code": 23, "data": "2001:db8::1"}], **own)
        self.send("network6-set", shared_networks=[{"name": "floor"}], **own)
        self.send("server6-del", servers=[{"server-tag": "hall"}])
        left = self.sql("SELECT (SELECT count(*) FROM dhcp6_global_parameter), (SELECT count(*) FROM dhcp6_option_def), (SELECT count(*) FROM dhcp6_options), (SELECT count(*) FROM dhcp6_shared_network)")
        self.assertEqual(left, [("0", "0", "0", "1")])
        found = self.done("1 IPv6 shared network(s) found.", "network6-list", server_tags=[None])
        self.assertEqual(found["shared-networks"], [{"name": "floor", "metadata": {"server-tags": [None]}}])

    def test_databases_and_tags_that_do_not_fit_are_refused(self):
        self.start(4)
        own = self.database.kind
        foreign = "mysql" if own == "postgresql" else "postgresql"
        self.refused(f"no such database found for selector: type={foreign}", "server4-get-all", remote={"type": foreign})
        self.refused(f"no such database found for selector: type={own},host=elsewhere,port=5", "server4-get-all", remote={"type": own, "host": "elsewhere", "port": 5})
        self.refused("unsupported configuration backend type 'paper'", "server4-get-all", remote={"type": "paper"})
        self.empty("0 DHCPv4 server(s) found.", "server4-get-all", remote={"type": own})
        self.refused("'server-tags' parameter is mandatory", "subnet4-list")
        self.refused("'server-tags' parameter is forbidden", "subnet4-del-by-id", subnets=[{"id": 1}], **{"server-tags": ["all"]})
        self.refused("'server-tags' list must include exactly one element", "option4-global-get-all", server_tags=["a", "b"])
        self.refused("server 'nowhere' does not exist", "network4-set", shared_networks=[{"name": "n"}], server_tags=["nowhere"])
        self.refused("'subnets' list must include exactly one element", "subnet4-del-by-id", subnets=[])
        self.refused("missing 'id' parameter", "subnet4-get-by-id", subnets=[{}])

    def test_a_database_that_was_away_is_asked_again(self):
        self.start(4)
        self.empty("0 DHCPv4 server(s) found.", "server4-get-all")
        self.database.stop()
        self.assertEqual(self.send("server4-get-all")["result"], 1)
        self.database.start()
        self.empty("0 DHCPv4 server(s) found.", "server4-get-all")


class Globals(Remote):
    def test_a_server_s_own_parameters_come_first(self):
        self.start(4)
        self.servers("hall")
        given = {"boot-file-name": "/dev/null", "renew-timer": 2000, "t1-percent": 0.85, "match-client-id": True, "dhcp-ddns": {"enable-updates": False}}
        told = self.done("5 DHCPv4 global parameter(s) successfully set.", "global-parameter4-set", parameters=given, **ALL)
        self.assertEqual(told, {"parameters": given, "count": 5})
        self.send("global-parameter4-set", parameters={"renew-timer": 30}, server_tags=["hall"])
        rows = self.sql("SELECT name, value, parameter_type FROM dhcp4_global_parameter ORDER BY id")
        self.assertEqual(rows, [("boot-file-name", "/dev/null", "4"), ("renew-timer", "2000", "0"), ("t1-percent", "0.85", "1"), ("match-client-id", "1", "2"), ("dhcp-ddns.enable-updates", "0", "2"), ("renew-timer", "30", "0")])
        ask = lambda tag: self.done("'renew-timer' DHCPv4 global parameter found.", "global-parameter4-get", parameters=["renew-timer"], server_tags=[tag])
        self.assertEqual(ask("hall"), {"parameters": {"renew-timer": 30, "metadata": {"server-tags": ["hall"]}}, "count": 1})
        self.assertEqual(ask("all")["parameters"], {"renew-timer": 2000, "metadata": {"server-tags": ["all"]}})
        everything = self.done("5 DHCPv4 global parameter(s) found.", "global-parameter4-get-all", server_tags=["hall"])["parameters"]
        self.assertIn({"t1-percent": 0.85, "metadata": {"server-tags": ["all"]}}, everything)
        self.assertEqual(self.done("1 DHCPv4 global parameter(s) deleted.", "global-parameter4-del", parameters=["renew-timer"], server_tags=["hall"]), {"count": 1})
        self.assertEqual(ask("hall")["parameters"]["renew-timer"], 2000)
        self.empty("'rebind-timer' DHCPv4 global parameter not found.", "global-parameter4-get", parameters=["rebind-timer"], **ALL)
        self.refused("renew-timer", "global-parameter4-set", parameters={"renew-timer": "soon"}, **ALL)
        self.refused("nothing-known", "global-parameter4-set", parameters={"nothing-known": 1}, **ALL)


class Subnets(Remote):
    def test_a_dhcpv4_subnet_with_everything(self):
        self.start(4)
        self.servers("hall", "attic")
        self.done("IPv4 shared network successfully set.", "network4-set", shared_networks=[{"name": "level3", "interface": "eth0"}], **ALL)
        subnet = {
            "id": 5, "subnet": "192.0.2.0/24", "shared-network-name": "level3", "valid-lifetime": 400, "min-valid-lifetime": 300, "match-client-id": False,
            "client-classes": ["a"], "evaluate-additional-classes": ["b"], "relay": {"ip-addresses": ["192.0.2.9"]}, "ddns-replace-client-name": "always", "user-context": {"x": 1},
            "pools": [{"pool": "192.0.2.16 - 192.0.2.31", "option-data": [{"name": "domain-name-servers", "data": "192.0.2.2", "always-send": True}]}],
            "option-data": [{"name": "routers", "data": "192.0.2.1", "client-classes": ["gold"]}],
        }
        told = self.done("IPv4 subnet successfully set.", "subnet4-set", subnets=[subnet], server_tags=["hall", "attic"])
        self.assertEqual(told, {"subnets": [{"id": 5, "subnet": "192.0.2.0/24"}]})
        columns = "subnet_prefix, shared_network_name, valid_lifetime, min_valid_lifetime, max_valid_lifetime, match_client_id, client_classes, evaluate_additional_classes, relay, ddns_replace_client_name, interface, " + self.interface_4o6
        self.assertEqual(self.row("subnet", columns), ("192.0.2.0/24", "level3", "400", "300", None, self.no, '[ "a" ]', '[ "b" ]', '[ "192.0.2.9" ]', "1", None, None))
        self.assertEqual(self.row("pool", f"{self.address('start_address')}, {self.address('end_address')}, subnet_id, client_classes"), ("192.0.2.16", "192.0.2.31", "5", "[  ]"))
        columns = "code, value, formatted_value, space, persistent, cancelled, dhcp4_subnet_id, client_classes"
        self.assertEqual(self.row("options", columns, "scope_id = 1"), ("3", None, "192.0.2.1", "dhcp4", self.no, self.no, "5", '[ "gold" ]'))
        self.assertEqual(self.row("options", columns, "scope_id = 5"), ("6", None, "192.0.2.2", "dhcp4", self.yes, self.no, None, "[  ]"))
        for found in (self.done("IPv4 subnet 5 found.", "subnet4-get-by-id", subnets=[{"id": 5}]), self.done("IPv4 subnet 192.0.2.0/24 found.", "subnet4-get-by-prefix", subnets=[{"subnet": "192.0.2.0/24"}])):
            (shown,) = found["subnets"]
            self.assertEqual(shown["metadata"], {"server-tags": ["hall", "attic"]})
            kept = {key: shown[key] for key in subnet if key not in ("pools", "option-data")}
            self.assertEqual(kept, {key: subnet[key] for key in kept})
            self.assertEqual((shown["pools"][0]["pool"], shown["pools"][0]["option-data"][0]["name"], shown["option-data"][0]["data"]), ("192.0.2.16/28", "domain-name-servers", "192.0.2.1"))
        brief = {"id": 5, "subnet": "192.0.2.0/24", "shared-network-name": "level3", "metadata": {"server-tags": ["hall", "attic"]}}
        self.assertEqual(self.done("1 IPv4 subnet(s) found.", "subnet4-list", server_tags=["attic"]), {"subnets": [brief], "count": 1})
        self.empty("0 IPv4 subnet(s) found.", "subnet4-list", **ALL)
        within = self.done("IPv4 shared network 'level3' found.", "network4-get", shared_networks=[{"name": "level3"}], subnets_include="full")
        self.assertEqual([it["id"] for it in within["shared-networks"][0]["subnet4"]], [5])
        # Setting replaces all of it.
        self.done("IPv4 subnet successfully set.", "subnet4-set", subnets=[{"id": 5, "subnet": "192.0.2.0/24", "shared-network-name": None}], **ALL)
        self.assertEqual(self.sql("SELECT (SELECT count(*) FROM dhcp4_pool), (SELECT count(*) FROM dhcp4_options)"), [("0", "0")])
        self.assertEqual(self.row("subnet", "shared_network_name, valid_lifetime, relay"), (None, None, "[  ]"))
        self.assertEqual(self.changes()[-2:], [("subnet set", "dhcp4_subnet", "0"), ("subnet set", "dhcp4_subnet", "1")])
        self.assertEqual(self.done("1 IPv4 subnet(s) deleted.", "subnet4-del-by-prefix", subnets=[{"subnet": "192.0.2.0/24"}]), {"count": 1})
        self.assertEqual(self.changes()[-1], ("subnet deleted", "dhcp4_subnet", "2"))
        self.empty("0 IPv4 subnet(s) deleted.", "subnet4-del-by-id", subnets=[{"id": 5}])
        self.empty("IPv4 subnet 5 not found.", "subnet4-get-by-id", subnets=[{"id": 5}])

    def test_a_dhcpv6_subnet_with_prefixes(self):
        self.start(6)
        subnet = {
            "id": 1, "subnet": "2001:db8::/64", "shared-network-name": None, "interface-id": "ge0", "rapid-commit": True, "preferred-lifetime": 50,
            "pools": [{"pool": "2001:db8::1-2001:db8::9"}],
            "pd-pools": [{"prefix": "3000::", "prefix-len": 48, "delegated-len": 64, "excluded-prefix": "3000::", "excluded-prefix-len": 72}],
        }
        self.done("IPv6 subnet successfully set.", "subnet6-set", subnets=[subnet], **ALL)
        self.assertEqual(self.row("subnet", f"{self.digits('interface_id')}, rapid_commit, preferred_lifetime"), ("676530", self.yes, "50"))
        self.assertEqual(self.row("pd_pool", "prefix, prefix_length, delegated_prefix_length, excluded_prefix, excluded_prefix_length"), ("3000::", "48", "64", "3000::", "72"))
        option = [{"code": 23, "data": "2001:db8::53"}]
        self.done("DHCPv6 option successfully set.", "option6-pd-pool-set", pd_pools=[{"prefix": "3000::", "length": 48}], options=option)
        self.done("DHCPv6 option successfully set.", "option6-pool-set", pools=[{"pool": "2001:db8::1 - 2001:db8::9"}], options=option)
        self.assertEqual(self.sql("SELECT scope_id FROM dhcp6_options ORDER BY 1"), [("5",), ("6",)])
        (shown,) = self.done("IPv6 subnet 1 found.", "subnet6-get-by-id", subnets=[{"id": 1}])["subnets"]
        self.assertEqual((shown["interface-id"], shown["pd-pools"][0]["option-data"][0]["name"], shown["pools"][0]["option-data"][0]["data"]), ("ge0", "dns-servers", "2001:db8::53"))
        self.done("1 DHCPv6 option(s) deleted.", "option6-pd-pool-del", pd_pools=[{"prefix": "3000::", "prefix-len": 48}], options=[{"code": 23, "space": "dhcp6"}])
        self.empty("0 DHCPv6 option(s) deleted.", "option6-pd-pool-del", pd_pools=[{"prefix": "3001::", "prefix-len": 48}], options=[{"code": 23}])
        self.refused("no pool found for range of 2001:db8::1 : 2001:db8::5", "option6-pool-set", pools=[{"pool": "2001:db8::1 - 2001:db8::5"}], options=option)

    def test_what_a_file_may_not_say_does_not_get_in(self):
        self.start(4)
        subnet = {"id": 1, "subnet": "192.0.2.0/24", "shared-network-name": None}
        wrong = lambda text, **more: self.refused(text, "subnet4-set", subnets=[subnet | more], **ALL)
        wrong("pools", pools=[{"pool": "10.0.0.1-10.0.0.9"}])
        wrong("nonsense", nonsense=1)
        wrong("'store-extended-info' is not kept in the configuration database", **{"store-extended-info": True})
        wrong("reservations", reservations=[{"hw-address": "1a:1b:1c:1d:1e:1f", "ip-address": "192.0.2.5"}])
        wrong(self.constraint, **{"shared-network-name": "nowhere"})
        del subnet["shared-network-name"]
        wrong("missing 'shared-network-name' parameter")
        self.refused("'subnet4' parameter is not allowed here", "network4-set", shared_networks=[{"name": "n", "subnet4": []}], **ALL)
        self.assertEqual(self.database.value("SELECT count(*) FROM dhcp4_subnet"), "0")

    def test_a_network_goes_with_or_without_its_subnets(self):
        self.start(4)
        for name, action, left in (("a", "keep", "1"), ("b", "delete", "0")):
            self.done("IPv4 shared network successfully set.", "network4-set", shared_networks=[{"name": name}], **ALL)
            self.done("IPv4 subnet successfully set.", "subnet4-set", subnets=[{"id": 1, "subnet": "192.0.2.0/24", "shared-network-name": name}], **ALL)
            self.done("1 IPv4 shared network(s) deleted.", "network4-del", shared_networks=[{"name": name}], subnets_action=action)
            self.assertEqual(self.database.value("SELECT count(*) FROM dhcp4_subnet"), left)
        self.empty("IPv4 shared network 'a' not found.", "network4-get", shared_networks=[{"name": "a"}])


class Options(Remote):
    def test_options_are_known_by_code_space_and_classes(self):
        self.start(4)
        self.servers("hall")
        routers = {"name": "routers", "data": "192.0.2.1"}
        told = self.done("DHCPv4 option successfully set.", "option4-global-set", options=[routers], **ALL)
        self.assertEqual(told, {"options": [{"code": 3, "space": "dhcp4"}]})
        told = self.done("DHCPv4 option successfully set.", "option4-global-set", options=[routers | {"client-classes": ["gold"], "data": "192.0.2.9"}], **ALL)
        self.assertEqual(told, {"options": [{"code": 3, "space": "dhcp4", "client-classes": ["gold"]}]})
        self.send("option4-global-set", options=[routers | {"data": "192.0.2.7"}], server_tags=["hall"])
        self.send("option4-global-set", options=[{"code": 43, "csv-format": False, "data": "0a:ff"}], **ALL)
        self.assertEqual(self.row("options", f"{self.digits('value')}, formatted_value", "code = 43"), ("0aff", ""))
        everything = self.done("3 DHCPv4 option(s) found.", "option4-global-get-all", server_tags=["hall"])["options"]
        self.assertEqual([(it["code"], it["data"], it["metadata"]["server-tags"]) for it in everything], [(3, "192.0.2.7", ["hall"]), (3, "192.0.2.9", ["all"]), (43, "0AFF", ["all"])])
        one = lambda **key: self.done("DHCPv4 option 3 in 'dhcp4' found.", "option4-global-get", options=[{"code": 3, "space": "dhcp4"} | key], **ALL)["options"][0]["data"]
        self.assertEqual((one(**{"client-classes": ["gold"]}), one(**{"client-classes": []})), ("192.0.2.9", "192.0.2.1"))
        self.done("1 DHCPv4 option(s) deleted.", "option4-global-del", options=[{"code": 3, "space": "dhcp4", "client-classes": ["gold"]}], **ALL)
        self.done("1 DHCPv4 option(s) deleted.", "option4-global-del", options=[{"code": 3, "space": "dhcp4"}], **ALL)
        self.empty("DHCPv4 option 3 in 'dhcp4' not found.", "option4-global-get", options=[{"code": 3}], **ALL)
        self.assertEqual(self.changes()[-1], ("global option deleted", "dhcp4_options", "2"))

    def test_definitions_are_relied_on(self):
        self.start(4)
        foo = {"name": "foo", "code": 222, "type": "record", "record-types": "uint8, fqdn"}
        told = self.done("DHCPv4 option definition successfully set.", "option-def4-set", option_defs=[foo], **ALL)
        self.assertEqual(told, {"option-defs": [{"code": 222, "space": "dhcp4"}]})
        self.assertEqual(self.row("option_def", "type, record_types, is_array, encapsulate"), ("254", "[ 6, 16 ]", self.no, ""))
        self.done("DHCPv4 option successfully set.", "option4-global-set", options=[{"code": 222, "data": "1, a.example."}], **ALL)
        self.refused("does not match option definition", "option4-global-set", options=[{"code": 222, "data": "x"}], **ALL)
        (shown,) = self.done("DHCPv4 option definition 222 in 'dhcp4' found.", "option-def4-get", option_defs=[{"code": 222, "space": "dhcp4"}], **ALL)["option-defs"]
        self.assertEqual(shown, foo | {"array": False, "encapsulate": "", "space": "dhcp4", "metadata": {"server-tags": ["all"]}})
        self.refused("option exists for option definition: dhcp4.222", "option-def4-del", option_defs=[{"code": 222, "space": "dhcp4"}], **ALL)
        self.done("1 DHCPv4 option definition(s) deleted.", "option-def4-del", option_defs=[{"code": 222, "space": "dhcp4", "force": True}], **ALL)
        self.empty("0 DHCPv4 option definition(s) found.", "option-def4-get-all", **ALL)

    def test_options_of_subnets_and_networks(self):
        self.start(4)
        self.send("network4-set", shared_networks=[{"name": "n"}], **ALL)
        self.send("subnet4-set", subnets=[{"id": 1, "subnet": "192.0.2.0/24", "shared-network-name": "n"}], **ALL)
        option = [{"name": "routers", "data": "192.0.2.1"}]
        for kind, owner, remark, table in (("network", {"shared_networks": [{"name": "n"}]}, "shared network", "shared_network"), ("subnet", {"subnets": [{"id": 1}]}, "subnet", "subnet")):
            self.done("DHCPv4 option successfully set.", f"option4-{kind}-set", options=option, **owner)
            self.assertEqual(self.changes()[-1], (f"{remark} specific option set", f"dhcp4_{table}", "1"))
            self.refused("'server-tags' parameter is forbidden", f"option4-{kind}-set", options=option, **owner, **ALL)
            self.done("1 DHCPv4 option(s) deleted.", f"option4-{kind}-del", options=[{"code": 3, "space": "dhcp4"}], **owner)
            self.empty("0 DHCPv4 option(s) deleted.", f"option4-{kind}-del", options=[{"code": 3, "space": "dhcp4"}], **owner)


class Classes(Remote):
    def test_classes_keep_their_order_and_what_they_rely_on(self):
        self.start(4)
        put = lambda name, test=None, **more: self.done("DHCPv4 client class successfully set.", "class4-set", client_classes=[{"name": name} | ({"test": test} if test else {})], **ALL, **more)
        self.assertEqual(put("first"), {"client-classes": [{"name": "first"}]})
        put("second", "member('first') and member('KNOWN')")
        put("between", follow_class_name="first")
        found = self.done("3 DHCPv4 client class(es) found.", "class4-get-all", **ALL)["client-classes"]
        self.assertEqual([it["name"] for it in found], ["first", "between", "second"])
        self.assertEqual(self.row("client_class", f"test, {self.address('next_server')}, server_hostname, only_in_additional_list, valid_lifetime, min_valid_lifetime, depend_on_known_directly", "name = 'second'"), ("member('first') and member('KNOWN')", "0.0.0.0", "", self.no, None, "0", self.yes))
        self.refused("unmet dependency on client class: nowhere", "class4-set", client_classes=[{"name": "x", "test": "member('nowhere')"}], **ALL)
        self.refused("client_class_dependency", "class4-del", client_classes=[{"name": "first"}])
        self.done("1 DHCPv4 client class(es) deleted.", "class4-del", client_classes=[{"name": "second"}])
        self.done("1 DHCPv4 client class(es) deleted.", "class4-del", client_classes=[{"name": "first"}])
        self.empty("DHCPv4 client class 'first' not found.", "class4-get", client_classes=[{"name": "first"}])

    def test_a_class_brings_options_and_definitions(self):
        self.start(6)
        foo = {
            "name": "foo", "test": "option[16].exists", "preferred-lifetime": 50, "only-in-additional-list": True,
            "option-data": [{"name": "dns-servers", "data": "2001:db8::53"}],
        }
        for _ in range(2):
            self.done("DHCPv6 client class successfully set.", "class6-set", client_classes=[foo], **ALL)
        (shown,) = self.done("DHCPv6 client class 'foo' found.", "class6-get", client_classes=[{"name": "foo"}])["client-classes"]
        self.assertEqual((shown["option-data"][0]["code"], shown["preferred-lifetime"], shown["metadata"]), (23, 50, {"server-tags": ["all"]}))
        self.assertEqual(self.sql("SELECT dhcp_client_class, scope_id FROM dhcp6_options"), [("foo", "2")])


class Everything(Remote):
    def test_every_command_of_both_families(self):
        for family, prefix, option, code in ((4, "10.0.%d.0/24", {"name": "log-servers", "data": "10.9.9.9"}, 7), (6, "2001:db8:%d::/64", {"name": "dns-servers", "data": "2001:db8::9"}, 23)):
            with self.subTest(family=family):
                self.every_command(family, prefix, option, {"code": code, "space": f"dhcp{family}"})

    def every_command(self, family, prefix, option, key):
        self.start(family)
        asked = set()

        def done(command, **arguments):
            asked.add("remote-" + command.replace("#", str(family)))
            answer = self.send(command, **arguments)
            self.assertEqual(answer["result"], 0, (command, answer))
            return answer["arguments"]

        done("server#-set", servers=[{"server-tag": "hall", "description": "a hall"}])
        self.assertEqual(done("server#-get", servers=[{"server-tag": "hall"}])["servers"], done("server#-get-all")["servers"])
        parameters = {"valid-lifetime": 60, "t2-percent": 0.75}
        done("global-parameter#-set", parameters=parameters, server_tags=["hall"])
        self.assertEqual(done("global-parameter#-get", parameters=["t2-percent"], server_tags=["hall"])["parameters"]["t2-percent"], 0.75)
        self.assertEqual(done("global-parameter#-get-all", server_tags=["hall"])["count"], 2)
        foo = {"name": "foo", "code": 251, "type": "record", "record-types": "uint16, string", "user-context": {"a": 1}}
        done("option-def#-set", option_defs=[foo], **ALL)
        (shown,) = done("option-def#-get", option_defs=[{"code": 251}], **ALL)["option-defs"]
        self.assertEqual(shown, shown | foo)
        self.assertEqual(done("option-def#-get-all", **ALL)["option-defs"], [shown])
        network = {"name": "floor", "user-context": {"of": ["floor"]}, "calculate-tee-times": True, "t1-percent": 0.35, "ddns-ttl-percent": 0.1, "relay": {"ip-addresses": [(prefix % 1).split("/")[0]]}}
        done("network#-set", shared_networks=[network], **ALL)
        (shown,) = done("network#-get", shared_networks=[{"name": "floor"}])["shared-networks"]
        self.assertEqual(shown, shown | network)
        self.assertEqual(done("network#-list", **ALL)["count"], 1)
        pool = prefix % 1
        subnet = {"id": 7, "subnet": prefix % 1, "shared-network-name": "floor", "reservations-global": True, "cache-threshold": 0.2, "pools": [{"pool": pool, "client-classes": ["gold"]}]}
        subnet |= {"next-server": "10.8.8.8", "4o6-subnet": "2001:db8::/32", "authoritative": False} if family == 4 else {"interface-id": "ge\u00e9", "pd-pools": [{"prefix": "3001::", "prefix-len": 48, "delegated-len": 64}]}
        done("subnet#-set", subnets=[subnet], server_tags=["hall"])
        (shown,) = done("subnet#-get-by-id", subnets=[{"id": 7}])["subnets"]
        self.assertEqual({name: value for name, value in shown.items() if name in subnet and "pools" not in name}, {name: value for name, value in subnet.items() if "pools" not in name})
        self.assertEqual(done("subnet#-get-by-prefix", subnets=[{"subnet": subnet["subnet"]}])["subnets"], [shown])
        self.assertEqual(done("subnet#-list", server_tags=["hall"])["count"], 1)
        klass = {"name": "gold", "test": "member('KNOWN')", "valid-lifetime": 9, "only-in-additional-list": True, "option-data": [option], "user-context": {"b": None}}
        done("class#-set", client_classes=[klass], **ALL)
        (shown,) = done("class#-get", client_classes=[{"name": "gold"}])["client-classes"]
        self.assertEqual(shown | {"option-data": klass["option-data"]}, shown | klass)
        self.assertEqual(done("class#-get-all", **ALL)["client-classes"], [shown])
        # Options, wherever they belong; each is there and then gone.
        done("option#-global-set", options=[option | {"user-context": {"c": "d"}}], **ALL)
        (shown,) = done("option#-global-get", options=[key], **ALL)["options"]
        self.assertEqual((shown["data"], shown["user-context"]), (option["data"], {"c": "d"}))
        self.assertEqual(done("option#-global-get-all", **ALL)["options"], [shown])
        done("option#-global-del", options=[key], **ALL)
        owners = {"network": {"shared_networks": [{"name": "floor"}]}, "subnet": {"subnets": [{"id": 7}]}, "pool": {"pools": [{"pool": pool}]}}
        owners |= {"pd-pool": {"pd_pools": [{"prefix": "3001::", "prefix-len": 48}]}} if family == 6 else {}
        for owner, which in owners.items():
            done(f"option#-{owner}-set", options=[option], **which)
            self.assertEqual(done(f"option#-{owner}-del", options=[key], **which)["count"], 1, owner)
        self.assertEqual(self.kea.command(f"kea-dhcp{family}", "config-backend-pull")["result"], 0)
        config = self.kea.command(f"kea-dhcp{family}", "config-get")["arguments"][f"Dhcp{family}"]
        self.assertEqual(([it["name"] for it in config["client-classes"]], [it["name"] for it in config["option-def"]], config["shared-networks"][0]["name"]), (["gold"], ["foo"], "floor"))
        done("class#-del", client_classes=[{"name": "gold"}])
        done("subnet#-del-by-id", subnets=[{"id": 7}])
        done("subnet#-set", subnets=[subnet], **ALL)
        done("subnet#-del-by-prefix", subnets=[{"subnet": subnet["subnet"]}])
        done("network#-del", shared_networks=[{"name": "floor"}])
        done("option-def#-del", option_defs=[{"code": 251}], **ALL)
        done("global-parameter#-del", parameters=["valid-lifetime"], server_tags=["hall"])
        done("server#-del", servers=[{"server-tag": "hall"}])
        for table in ("client_class", "global_parameter", "option_def", "options", "pool", "shared_network", "subnet"):
            self.assertEqual(self.database.value(f"SELECT count(*) FROM dhcp{family}_{table}"), "0", table)
        known = {name for name in self.kea.command(f"kea-dhcp{family}", "list-commands")["arguments"] if name.startswith("remote-")}
        self.assertEqual(known - asked, set())


class Clients(Remote):
    def test_what_commands_set_is_served_after_a_pull(self):
        self.start(4, interfaces=["srv0"])
        pull = lambda: self.assertEqual(self.kea.command("kea-dhcp4", "config-backend-pull")["result"], 0)
        client = Dhclient(self.lab, "client", "cli0")
        subnet = {"id": 1, "subnet": "192.0.2.0/24", "shared-network-name": "floor", "pools": [{"pool": "192.0.2.50-192.0.2.50"}]}
        self.done("IPv4 shared network successfully set.", "network4-set", shared_networks=[{"name": "floor", "valid-lifetime": 100}], **ALL)
        self.done("IPv4 subnet successfully set.", "subnet4-set", subnets=[subnet], **ALL)
        self.done("DHCPv4 option successfully set.", "option4-global-set", options=[{"name": "routers", "data": "192.0.2.1"}], **ALL)
        pull()
        told = lambda bound: (bound["new_ip_address"], bound["new_dhcp_lease_time"], bound["new_routers"])
        self.assertEqual(told(client.start().wait("BOUND")), ("192.0.2.50", "100", "192.0.2.1"))
        self.done("DHCPv4 option successfully set.", "option4-pool-set", pools=[{"pool": "192.0.2.50-192.0.2.50"}], options=[{"name": "routers", "data": "192.0.2.9"}])
        pull()
        client.stop()
        self.assertEqual(client.start().wait("REBOOT")["new_routers"], "192.0.2.9")
        self.done("IPv4 shared network successfully set.", "network4-set", shared_networks=[{"name": "floor", "valid-lifetime": 200}], **ALL)
        self.done("1 DHCPv4 option(s) deleted.", "option4-pool-del", pools=[{"pool": "192.0.2.50-192.0.2.50"}], options=[{"code": 3, "space": "dhcp4"}])
        pull()
        client.stop()
        self.assertEqual(told(client.start().wait("REBOOT")), ("192.0.2.50", "200", "192.0.2.1"))


in_every_database(globals(), Servers, Globals, Subnets, Options, Classes, Everything, Clients)
