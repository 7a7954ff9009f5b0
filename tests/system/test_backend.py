"""Configurations that a database completes (`config-control`), in rows as Kea's commands make them."""

import contextlib

from configurations import in_every_database
from lab import BIN, Dhclient, wait_for
from test_clients import merged6

FETCHED = {"result": 0, "text": "On demand configuration update successful."}
# Numbers that Kea's tables have for types and scopes.
INTEGER, BOOLEAN, STRING = 0, 2, 4
GLOBAL, SUBNET = 0, 1
UINT32 = 8


class Backend:
    def control(self, family, wait=0, tag="", **database):
        """The part of a configuration that has it completed."""
        return {"server-tag": tag} | self.completed("subnet_cmds", wait=wait, **database)

    def start(self, family=4, wait=0, kea=None, more=None, **database):
        kea = kea or self.kea
        name, module = f"kea-dhcp{family}", f"Dhcp{family}"
        return kea.start(name, {module: self.common(family) | self.control(family, wait, **database) | (more or {})})

    def change(self, *statements, family=4, tag="all", cascade=True):
        """Changes rows as one revision; `cascade`: options are not told for themselves."""
        revision = self.call(f"createAuditRevisionDHCP{family}(now(), '{tag}', 'test', {cascade})")
        self.sql(";\n".join(["BEGIN", revision, *statements, "COMMIT"]) + ";")

    def subnet(self, id, prefix, pool=None, server=1, family=4, **columns):
        """Statements for a subnet of a server, all servers unless said otherwise."""
        tables, columns = f"dhcp{family}", {"subnet_id": id, "subnet_prefix": prefix} | columns
        yield insert(f"{tables}_subnet", **columns)
        yield insert(f"{tables}_subnet_server", subnet_id=id, server_id=server)
        if pool:
            yield insert(f"{tables}_pool", start_address=Raw(self.written(pool[0])), end_address=Raw(self.written(pool[1])), subnet_id=id)

    def parameter(self, id, name, value, kind=INTEGER, server=1, family=4):
        tables = f"dhcp{family}_global_parameter"
        yield insert(tables, id=id, name=name, value=value, parameter_type=kind)
        yield insert(f"{tables}_server", parameter_id=id, server_id=server)

    def option(self, id, code, value, scope=GLOBAL, server=1, family=4, **columns):
        tables = f"dhcp{family}_options"
        yield insert(tables, option_id=id, code=code, formatted_value=value, space=f"dhcp{family}", scope_id=scope, client_classes="[  ]", **columns)
        yield insert(f"{tables}_server", option_id=id, server_id=server)

    def config(self, family=4, kea=None):
        return (kea or self.kea).command(f"kea-dhcp{family}", "config-get")["arguments"][f"Dhcp{family}"]

    def pull(self, family=4):
        return self.kea.command(f"kea-dhcp{family}", "config-backend-pull")

    def prefixes(self, family=4, kea=None):
        return [subnet["subnet"] for subnet in self.config(family, kea)[f"subnet{family}"]]

    def floor(self):
        """A whole configuration."""
        yield from self.parameter(1, "valid-lifetime", 1234)
        yield from self.parameter(2, "expired-leases-processing.hold-reclaimed-time", 77)
        yield from self.parameter(3, "host-reservation-identifiers", '[ "duid" ]', STRING)
        yield insert("dhcp4_shared_network", id=1, name="floor", renew_timer=100)
        yield insert("dhcp4_shared_network_server", shared_network_id=1, server_id=1)
        yield from self.subnet(7, "192.0.2.0/24", ("192.0.2.10", "192.0.2.20"), shared_network_name="floor")
        yield insert("dhcp4_option_def", id=1, code=222, name="answer", space="dhcp4", type=UINT32, is_array=False, encapsulate="")
        yield insert("dhcp4_option_def_server", option_def_id=1, server_id=1)
        yield from self.option(1, 222, "42")
        yield from self.option(2, 3, "192.0.2.1", SUBNET, dhcp4_subnet_id=7)
        yield insert("dhcp4_client_class", id=1, name="everybody", test="member(''ALL'')")
        yield insert("dhcp4_client_class_server", class_id=1, server_id=1)


class Raw(str):
    """An expression rather than a text."""


def insert(table, **columns):
    def value(given):
        if given is None or isinstance(given, bool):
            return "NULL" if given is None else str(given)
        return given if isinstance(given, Raw) else f"'{given}'"

    columns["modification_ts"] = Raw("now()")
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(map(value, columns.values()))})"


class Completed(Backend):
    def test_a_server_that_has_everything_from_the_database(self):
        self.change(*self.floor())
        server = self.start(more={"client-classes": [{"name": "of-the-file"}], "valid-lifetime": 9})
        self.assertRegex(server.output(), r"DHCPSRV_CFGMGR_CONFIG4_MERGED Configuration backend data has been merged\.")
        config = self.config()
        self.assertEqual(config["valid-lifetime"], 1234)
        self.assertEqual(config["expired-leases-processing"]["hold-reclaimed-time"], 77)
        self.assertEqual(config["host-reservation-identifiers"], ["duid"])
        self.assertEqual([it["name"] for it in config["client-classes"]], ["everybody"])
        self.assertEqual([(it["name"], it["code"]) for it in config["option-def"]], [("answer", 222)])
        ((network,),) = (config["shared-networks"],)
        self.assertEqual((network["name"], network["renew-timer"], [it["id"] for it in network["subnet4"]]), ("floor", 100, [7]))
        bound = Dhclient(self.lab, "client", "cli0").start().wait("BOUND")
        self.assertEqual((bound["new_ip_address"], bound["new_dhcp_lease_time"], bound["new_routers"]), ("192.0.2.10", "1234", "192.0.2.1"))

    def test_dhcpv6(self):
        statements = [
            *self.subnet(3, "2001:db8:1::/64", ("2001:db8:1::10", "2001:db8:1::20"), family=6, interface="srv0"),
            insert("dhcp6_pd_pool", prefix="2001:db8:8000::", prefix_length=48, delegated_prefix_length=56, subnet_id=3, excluded_prefix_length=0),
            *self.option(1, 23, "2001:db8:1::53", family=6),
        ]
        self.change(*statements, family=6)
        server = self.start(6)
        server.expect("DHCPSRV_CFGMGR_CONFIG6_MERGED")
        client = Dhclient(self.lab, "client", "cli0", 6, options=["-N", "-P"]).start()
        bound = wait_for(lambda: merged6(client), "address and prefix", 15)
        self.assertEqual((bound["new_ip6_address"], bound["new_ip6_prefix"]), ("2001:db8:1::10", "2001:db8:8000::/56"))
        self.assertEqual(bound["new_dhcp6_name_servers"], "2001:db8:1::53")
        self.change("DELETE FROM dhcp6_options", family=6, cascade=False)
        self.assertEqual(self.pull(6), FETCHED)
        self.assertEqual(self.config(6)["option-data"], [])

    def test_servers_with_different_tags(self):
        self.change(insert("dhcp4_server", id=2, tag="one"), insert("dhcp4_server", id=3, tag="two"))
        self.change(*self.parameter(1, "valid-lifetime", 100), *self.subnet(1, "10.1.0.0/16"))
        self.change(*self.parameter(2, "valid-lifetime", 200, server=2), *self.subnet(2, "10.2.0.0/16", server=2), tag="one")
        self.change(*self.subnet(3, "10.3.0.0/16", server=3), tag="two")
        other = self.other("other")
        self.start(tag="one")
        files = {"interfaces-config": {"interfaces": []}, "lease-database": {"type": "memfile", "name": str(other.folder / "leases.csv")}}
        files["control-sockets"] = [{"socket-type": "unix", "socket-name": other.socket("kea-dhcp4")}]
        self.start(tag="two", kea=other, more=files)
        self.assertEqual((self.prefixes(), self.config()["valid-lifetime"]), (["10.1.0.0/16", "10.2.0.0/16"], 200))
        self.assertEqual((self.prefixes(kea=other), self.config(kea=other)["valid-lifetime"]), (["10.1.0.0/16", "10.3.0.0/16"], 100))

    def test_without_a_database_there_is_nothing_to_pull(self):
        self.start4()
        self.assertEqual(self.pull(), {"result": 3, "text": "No config backend."})


class Changes(Backend):
    def test_what_changes_is_served_after_a_pull(self):
        self.start()
        self.assertEqual(self.prefixes(), [])
        self.change(*self.subnet(1, "192.0.2.0/24", ("192.0.2.10", "192.0.2.20"), valid_lifetime=50))
        self.assertEqual(self.prefixes(), [])
        self.assertEqual(self.pull(), FETCHED)
        before = self.kea.command("kea-dhcp4", "config-hash-get")
        client = Dhclient(self.lab, "client", "cli0").start()
        self.assertEqual(client.wait("BOUND")["new_dhcp_lease_time"], "50")
        self.assertEqual(self.pull(), FETCHED)
        self.assertEqual(self.kea.command("kea-dhcp4", "config-hash-get"), before)
        self.change("UPDATE dhcp4_subnet SET valid_lifetime = 60, modification_ts = now()")
        self.assertEqual(self.pull(), FETCHED)
        self.assertNotEqual(self.kea.command("kea-dhcp4", "config-hash-get"), before)
        client.stop()
        self.assertEqual(client.start().wait("REBOOT")["new_dhcp_lease_time"], "60")
        self.change("DELETE FROM dhcp4_pool", "DELETE FROM dhcp4_subnet WHERE subnet_id = 1")
        self.assertEqual(self.pull(), FETCHED)
        self.assertEqual(self.prefixes(), [])

    def test_what_changes_is_served_after_a_while(self):
        self.start(wait=1)
        self.change(*self.subnet(1, "10.1.0.0/16"))
        wait_for(lambda: self.prefixes() == ["10.1.0.0/16"], "the subnet")
        self.change(*self.subnet(2, "10.2.0.0/16"))
        wait_for(lambda: self.prefixes() == ["10.1.0.0/16", "10.2.0.0/16"], "another subnet")

    def test_who_began_first_may_commit_last(self):
        self.change(*self.subnet(1, "10.1.0.0/16"))
        # As if others had changed something between the beginning of the next change and its end.
        self.sql("UPDATE dhcp4_audit_revision SET id = 500")
        self.start()
        self.change(*self.subnet(2, "10.2.0.0/16"))
        self.sql("UPDATE dhcp4_audit_revision SET modification_ts = '2020-01-01' WHERE id < 500")
        self.assertEqual(self.database.value("SELECT count(*) FROM dhcp4_audit_revision WHERE id < 500"), "1")
        self.assertEqual(self.pull(), FETCHED)
        self.assertEqual(self.prefixes(), ["10.1.0.0/16", "10.2.0.0/16"])

    def test_what_a_row_replaces_is_back_when_the_row_is_gone(self):
        self.start(more={"subnet4": [{"id": 5, "subnet": "10.5.0.0/16"}], "valid-lifetime": 10})
        self.change(*self.subnet(5, "10.55.0.0/16"), *self.parameter(1, "valid-lifetime", 20))
        self.pull()
        self.assertEqual((self.prefixes(), self.config()["valid-lifetime"]), (["10.55.0.0/16"], 20))
        self.change("DELETE FROM dhcp4_subnet", "DELETE FROM dhcp4_global_parameter")
        self.pull()
        self.assertEqual((self.prefixes(), self.config()["valid-lifetime"]), (["10.5.0.0/16"], 10))

    def test_commands_change_what_was_completed(self):
        self.change(*self.subnet(1, "10.1.0.0/16"), *self.subnet(2, "10.2.0.0/16"))
        self.start()
        send = lambda command, **arguments: self.assertEqual(self.kea.command("kea-dhcp4", command, arguments)["result"], 0, command)
        send("subnet4-add", subnet4=[{"id": 9, "subnet": "10.9.0.0/16"}])
        send("subnet4-del", id=1)
        self.assertEqual(self.prefixes(), ["10.2.0.0/16", "10.9.0.0/16"])
        self.assertEqual(self.pull(), FETCHED)
        self.assertEqual(self.prefixes(), ["10.2.0.0/16", "10.9.0.0/16"], "nothing changed in the database")
        self.change("DELETE FROM dhcp4_subnet WHERE subnet_id = 2")
        self.pull()
        self.assertEqual(sorted(self.prefixes()), ["10.1.0.0/16", "10.9.0.0/16"])

    def test_what_cannot_be_used_is_told_and_left_out(self):
        self.change(*self.subnet(1, "10.1.0.0/16", ("10.2.0.1", "10.2.0.9")), *self.subnet(2, "10.2.0.0/16"), *self.option(1, 3, "nowhere"))
        server = self.start()
        self.assertEqual(self.prefixes(), ["10.1.0.0/16", "10.2.0.0/16"])
        subnet = self.config()["subnet4"][0]
        self.assertEqual((subnet["pools"], self.config()["option-data"]), ([], []))
        server.expect(r"DHCPSRV_CFGMGR_CONFIG_ELEMENT_LEFT_OUT .*/dhcp4_subnet:1:\d+: Dhcp4/subnet4\[0\]/pools\[0\]/pool: ")
        server.expect(r"DHCPSRV_CFGMGR_CONFIG_ELEMENT_LEFT_OUT .*/dhcp4_options:1:\d+: Dhcp4/option-data\[0\]/data: ")
        self.change(*self.parameter(1, "valid-lifetime", "x", STRING))
        self.assertEqual(self.pull(), FETCHED)
        server.expect(r"LEFT_OUT .*/dhcp4_global_parameter:1:")

    def test_a_new_configuration_is_completed_anew(self):
        self.change(*self.subnet(1, "10.1.0.0/16"))
        self.start()
        self.change(*self.subnet(2, "10.2.0.0/16"))
        config = {"Dhcp4": self.common(4) | self.control(4) | {"valid-lifetime": 7}}
        self.assertEqual(self.kea.command("kea-dhcp4", "config-set", config)["result"], 0)
        self.assertEqual((self.prefixes(), self.config()["valid-lifetime"]), (["10.1.0.0/16", "10.2.0.0/16"], 7))
        del config["Dhcp4"]["config-control"]
        self.assertEqual(self.kea.command("kea-dhcp4", "config-set", config)["result"], 0)
        self.assertEqual(self.prefixes(), [])
        self.assertEqual(self.pull()["result"], 3)


class Away(Backend):
    def refused(self, config):
        path = self.kea.write("kea-dhcp4", {"Dhcp4": self.common(4) | config})
        process = self.lab.spawn("server", "refused", BIN / "kea-dhcp4", "-c", path, env=self.kea.env)
        self.assertEqual(process.popen.wait(10), 1)
        return process.output()

    def test_a_database_that_cannot_be_reached_refuses_the_start(self):
        output = self.refused(self.control(4, port=1))
        self.assertIn("during update from config backend database: ", output)
        self.assertIn("DHCP4_INIT_FAIL failed to initialize Kea server: configuration error using file", output)

    def test_the_library_must_be_loaded(self):
        output = self.refused(self.control(4) | {"hooks-libraries": []})
        self.assertIn(f"Did you forget to use -D {self.database.kind}=enabled during setup or to load libdhcp_{self.name} hook library?", output)

    def test_a_start_without_the_database_is_made_good_when_it_is_there(self):
        self.change(*self.subnet(1, "10.1.0.0/16"))
        self.database.stop()
        server = self.start(**{"retry-on-startup": True, "max-reconnect-tries": 100, "reconnect-wait-time": 100, "on-fail": "serve-retry-exit"})
        server.expect("DCTL_DB_OPEN_CONNECTION_WITH_RETRY_FAILED Failed to connect to database: ")
        self.assertEqual(self.prefixes(), [])
        self.database.start()
        server.expect("DHCP4_DB_RECONNECT_SUCCEEDED")
        wait_for(lambda: self.prefixes() == ["10.1.0.0/16"], "the subnet")

    def test_a_connection_that_is_lost_comes_back(self):
        server = self.start(**{"max-reconnect-tries": 100, "reconnect-wait-time": 100})
        disabled = lambda: self.kea.command("kea-dhcp4", "status-get")["arguments"]["dhcp-state"]["globally-disabled"]
        self.database.stop()
        answer = self.pull()
        self.assertEqual((answer["result"], answer["text"].split(": ")[0]), (1, "On demand configuration update failed"))
        server.expect("DHCP4_CB_ON_DEMAND_FETCH_UPDATES_FAIL")
        server.expect("DHCP4_DB_RECONNECT_LOST_CONNECTION")
        self.assertTrue(disabled())
        self.assertEqual(self.pull()["result"], 1)
        self.database.start()
        server.expect("DHCP4_DB_RECONNECT_SUCCEEDED")
        wait_for(lambda: not disabled(), "the service")
        self.change(*self.subnet(1, "10.1.0.0/16"))
        self.assertEqual(self.pull(), FETCHED)
        self.assertEqual(self.prefixes(), ["10.1.0.0/16"])

    def test_without_tries_a_lost_connection_ends_the_server(self):
        server = self.start()
        self.database.stop()
        with contextlib.suppress(ValueError):  # it may end before it answers
            self.pull()
        self.assertEqual(server.popen.wait(10), 1)
        self.assertIn("DHCP4_FATAL_DB_RECONNECT_DISABLED", server.output())


in_every_database(globals(), Completed, Changes, Away)
