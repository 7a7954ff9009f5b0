"""Reservations in databases: clients are served by rows that others write, and commands write rows that others read."""

import json
from pathlib import Path

from lab import Dhclient, wait_for
from mysql import Mysql
from postgres import Postgres
from scene import Scene

SCRIPTS = Path(__file__).resolve().parents[2] / "dhcpd/sql/scripts"
HOSTS = (
    "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp{n}_subnet_id, ipv4_address, hostname, dhcp{n}_client_classes) "
    "VALUES ({identifier}, {kind}, {subnet}, {address}, '{hostname}', '{classes}')"
)


class Hosts:
    """What is to be so whichever the database is: how to reach it, and how it says what it says otherwise than others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(cls.SERVER())

    def setUp(self):
        super().setUp()
        if not self.server.process:
            self.server.start()
        self.server.create(self.CREATE)
        self.sql, self.value = self.server.sql, self.server.value
        self.mac = self.lab.run("client", "cat", "/sys/class/net/cli0/address").strip()
        self.libraries = [{"library": self.LIBRARY}, {"library": "libdhcp_host_cmds.so"}]

    def host(self, n=4, subnet=1, address=0, identifier=None, kind=0, hostname="", classes="", database="keatest"):
        identifier = self.octets((identifier or self.mac).replace(":", ""))
        self.sql(HOSTS.format(**locals()), database=database)
        return self.value("SELECT max(host_id) FROM hosts", database=database)

    def command(self, name, arguments, family=4):
        return self.kea.command(f"kea-dhcp{family}", name, arguments)

    def bound(self, **more):
        client = Dhclient(self.lab, "client", "cli0", **more).start()
        event = client.wait("BOUND")
        client.release()
        return event

    def test_a_client_is_served_by_rows_and_by_what_becomes_of_them(self):
        database = {"hosts-databases": [self.database()], "hooks-libraries": self.libraries}
        classes = [{"name": "vip", "option-data": [{"name": "domain-name", "data": "vip.example.org"}]}]
        number = self.host(address=0xC0000232, hostname="printer", classes="vip")
        self.sql(
            "INSERT INTO dhcp4_options (code, formatted_value, space, host_id, scope_id, client_classes) "
            f"VALUES (6, '192.0.2.53', 'dhcp4', {number}, 3, '[  ]')"
        )
        daemon = self.start4(**database, **{"client-classes": classes})
        event = self.bound(config="also request host-name;")
        self.assertEqual(event["new_ip_address"], "192.0.2.50")
        self.assertEqual((event["new_domain_name"], event["new_domain_name_servers"], event["new_host_name"]), ("vip.example.org", "192.0.2.53", "printer"))
        # Others change rows: within about a second.
        both = f"UPDATE hosts SET ipv4_address = {0xC0000233} WHERE host_id = {number}; UPDATE dhcp4_options SET formatted_value = '192.0.2.54' WHERE host_id = {number}"
        self.sql(f"BEGIN; {both}; COMMIT")
        wait_for(lambda: self.bound()["new_ip_address"] == "192.0.2.51", "the row to count")
        self.assertEqual(self.bound()["new_domain_name_servers"], "192.0.2.54")
        # What is reserved for somebody is nobody else's; what is not any more is anybody's.
        self.sql("DELETE FROM hosts")
        wait_for(lambda: self.bound()["new_ip_address"].startswith("192.0.2.1"), "the row to be gone")
        # A restart reads them anew.
        self.host(address=0xC0000234)
        daemon.stop()
        self.start4(**database)
        self.assertEqual(self.bound()["new_ip_address"], "192.0.2.52")

    def test_addresses_and_prefixes_of_dhcpv6(self):
        duid = "00030001" + self.mac.replace(":", "")
        number = self.host(n=6, identifier=duid, kind=1, hostname="six")
        self.sql(
            "INSERT INTO ipv6_reservations (address, prefix_len, type, host_id) "
            f"VALUES ({self.address('2001:db8:1::50')}, 128, 0, {number}), ({self.address('2001:db8:9000::')}, 56, 2, {number})"
        )
        self.sql(
            "INSERT INTO dhcp6_options (code, value, space, host_id, scope_id, client_classes) "
            f"VALUES (23, {self.octets('20010db8000100000000000000000099')}, 'dhcp6', {number}, 3, '[  ]')"
        )
        self.start6(**{"hosts-databases": [self.database()], "hooks-libraries": self.libraries})
        client = Dhclient(self.lab, "client", "cli0", 6, options=["-N", "-P", "-D", "LL"]).start()
        wait_for(lambda: {"2001:db8:1::50", "2001:db8:9000::/56"} <= {e.get(k) for e in client.events() for k in ("new_ip6_address", "new_ip6_prefix")}, "both")
        self.assertIn("2001:db8:1::99", {e.get("new_dhcp6_name_servers") for e in client.events()})
        client.stop()
        shown = self.command("reservation-get", {"subnet-id": 1, "identifier-type": "duid", "identifier": duid}, 6)["arguments"]
        self.assertEqual((shown["ip-addresses"], shown["prefixes"], shown["hostname"]), (["2001:db8:1::50"], ["2001:db8:9000::/56"], "six"))
        host = {"subnet-id": 1, "duid": "01:02:03", "ip-addresses": ["2001:db8:1::51"], "prefixes": ["2001:db8:9001::/56"], "excluded-prefixes": ["2001:db8:9001:1::/64"]}
        self.assertEqual(self.command("reservation-add", {"reservation": host}, 6), {"result": 0, "text": "Host added."})
        again = host | {"duid": "01:02:04"}
        self.assertEqual(self.command("reservation-add", {"reservation": again}, 6), {"result": 1, "text": "Database duplicate entry error"})
        columns = f"{self.shown('address')}, prefix_len, type, {self.shown('excluded_prefix')}, excluded_prefix_len"
        rows = self.sql(f"SELECT {columns} FROM ipv6_reservations WHERE host_id > {number} ORDER BY reservation_id")
        self.assertEqual(rows, [("2001:db8:1::51", "128", "0", None, "0"), ("2001:db8:9001::", "56", "2", "2001:db8:9001:1::", "64")])

    def test_commands_write_what_kea_would(self):
        self.start4(**{"hosts-databases": [self.database()], "hooks-libraries": self.libraries})
        host = {
            "subnet-id": 1,
            "client-id": "01:0a:0b",
            "ip-address": "192.0.2.60",
            "hostname": "Host.Example",
            "client-classes": ["a", "b"],
            "next-server": "192.0.2.1",
            "server-hostname": "boot",
            "boot-file-name": "file",
            "user-context": {"floor": 2},
            "option-data": [{"name": "domain-name-servers", "data": "192.0.2.2, 192.0.2.3", "always-send": True}, {"code": 224, "space": "dhcp4", "csv-format": False, "data": "0A0B"}],
        }
        add = lambda host, **more: self.command("reservation-add", {"reservation": host} | more)
        self.assertEqual(add(host), {"result": 0, "text": "Host added."})
        (row,) = self.sql(
            f"SELECT {self.digits('dhcp_identifier')}, dhcp_identifier_type, dhcp4_subnet_id, dhcp6_subnet_id, ipv4_address, hostname, dhcp4_client_classes, "
            "dhcp6_client_classes, dhcp4_next_server, dhcp4_server_hostname, dhcp4_boot_file_name, auth_key, user_context FROM hosts"
        )
        self.assertEqual(row[:-1], ("010a0b", "3", "1", None, str(0xC000023C), "Host.Example", "a,b", "", str(0xC0000201), "boot", "file", None))
        self.assertEqual(json.loads(row[-1]), {"floor": 2})
        no, yes = self.BOOL
        options = self.sql(f"SELECT code, {self.digits('value')}, formatted_value, space, persistent, cancelled, scope_id, client_classes FROM dhcp4_options ORDER BY option_id")
        self.assertEqual(options, [("6", None, "192.0.2.2, 192.0.2.3", "dhcp4", yes, no, "3", "[  ]"), ("224", "0a0b", None, "dhcp4", no, no, "3", "[  ]")])
        # The same client or address once more is a duplicate, another subnet must be there.
        self.assertEqual(add(host), {"result": 1, "text": "Database duplicate entry error"})
        self.assertEqual(add({"subnet-id": 1, "hw-address": "02:00:00:00:00:01", "ip-address": "192.0.2.60"}), {"result": 1, "text": "Database duplicate entry error"})
        self.assertEqual(add({"subnet-id": 7, "duid": "01:02:03"})["text"], "IPv4 subnet with ID of '7' is not configured")
        self.assertEqual(add({"subnet-id": 1, "duid": "01:02:03", "ip-address": "198.51.100.1"})["text"], "specified reservation '198.51.100.1' is not matching the IPv4 subnet prefix '192.0.2.0/24'")
        self.assertEqual(add({"duid": "01:02:03", "ip-address": "192.0.2.9"})["text"], "Mandatory 'subnet-id' parameter missing. The address '192.0.2.9' belongs to subnet '192.0.2.0/24' id 1.")
        self.assertEqual(add({"duid": "01:02:03", "hostname": "everywhere"})["text"], "Host added. subnet-id not specified, assumed global (subnet-id 0).")
        # What was added is found in every way.
        get = self.command("reservation-get", {"subnet-id": 1, "identifier-type": "client-id", "identifier": "010A0B"})
        self.assertEqual((get["text"], get["arguments"]["option-data"][0]["data"], get["arguments"]["user-context"]), ("Host found.", "192.0.2.2, 192.0.2.3", {"floor": 2}))
        self.assertEqual(get, self.command("reservation-get", {"subnet-id": 1, "ip-address": "192.0.2.60", "operation-target": "database"}))
        self.assertEqual(self.command("reservation-get", {"subnet-id": 1, "ip-address": "192.0.2.60", "operation-target": "memory"})["result"], 3)
        for name, arguments in (("by-hostname", {"hostname": "host.example"}), ("by-id", {"identifier-type": "client-id", "identifier": "010A0B"}), ("all", {"subnet-id": 1})):
            self.assertEqual(self.command(f"reservation-get-{name}", arguments)["arguments"]["hosts"], [get["arguments"]], name)
        # Changes count at once.
        self.assertEqual(self.command("reservation-update", {"reservation": {"subnet-id": 1, "client-id": "01:0a:0b", "hostname": "new"}}), {"result": 0, "text": "Host updated."})
        self.assertEqual(self.command("reservation-update", {"reservation": {"subnet-id": 1, "client-id": "01:0a:0c"}}), {"result": 1, "text": "Host not updated (not found)."})
        self.assertEqual(self.sql("SELECT hostname, ipv4_address FROM hosts WHERE dhcp4_subnet_id = 1"), [("new", self.NO_ADDRESS)])
        self.assertEqual(self.value("SELECT count(*) FROM dhcp4_options"), "0")
        self.assertEqual(add({"subnet-id": 1, "hw-address": self.mac, "ip-address": "192.0.2.61"})["result"], 0)
        self.assertEqual(self.bound()["new_ip_address"], "192.0.2.61")
        delete = {"subnet-id": 1, "ip-address": "192.0.2.61"}
        self.assertEqual(self.command("reservation-del", delete), {"result": 0, "text": "Host deleted."})
        self.assertEqual(self.command("reservation-del", delete), {"result": 3, "text": "Host not deleted (not found)."})
        self.assertNotEqual(self.bound()["new_ip_address"], "192.0.2.61")

    def test_what_is_in_the_cache_comes_first(self):
        self.host(address=0xC0000232)
        self.start4(**{"hosts-databases": [self.database()], "hooks-libraries": [*self.libraries, {"library": "libdhcp_host_cache.so"}]})
        entry = {"hw-address": self.mac, "subnet-id4": 1}
        self.assertEqual(self.command("cache-insert", entry | {"ip-address": "192.0.2.60"})["result"], 0)
        self.assertEqual(self.bound()["new_ip_address"], "192.0.2.60")
        self.assertEqual(self.command("cache-remove", entry)["text"], "Host removed.")
        self.assertEqual(self.bound()["new_ip_address"], "192.0.2.50")
        self.assertEqual(self.command("cache-size", None)["arguments"], {"size": 0}, "nothing is cached of databases")

    def test_sources_count_in_their_order_and_pages_go_through_all(self):
        self.server.create(self.CREATE, "second")
        written = {"hw-address": "02:00:00:00:00:01", "ip-address": "192.0.2.10", "hostname": "written"}
        self.host(address=0xC000020B, identifier="020000000002", hostname="first")
        for identifier, hostname in (("020000000001", "hidden"), ("020000000002", "hidden"), ("020000000003", "second")):
            self.host(address=0xC000020C, identifier=identifier, hostname=hostname, database="second")
        subnet = {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}], "reservations": [written]}
        databases = [self.database(), self.database("second", readonly=True)]
        self.start4(**{"hosts-databases": databases, "hooks-libraries": self.libraries, "subnet4": [subnet]})
        found = lambda mac: self.command("reservation-get", {"subnet-id": 1, "identifier-type": "hw-address", "identifier": mac})["arguments"]["hostname"]
        self.assertEqual([found(f"02000000000{n}") for n in (1, 2, 3)], ["written", "first", "second"])
        names, place = [], {}
        while (page := self.command("reservation-get-page", {"limit": 2} | place))["result"] == 0:
            names.append([host["hostname"] for host in page["arguments"]["hosts"]])
            place = page["arguments"]["next"]
        self.assertEqual(names, [["written"], ["first"], ["hidden", "hidden"], ["second"]])
        self.assertEqual(place, {"from": 3, "source-index": 2})
        text = f"{self.NAME} host database backend is configured to operate in read only mode"
        self.assertEqual(self.command("reservation-add", {"reservation": {"subnet-id": 1, "hw-address": "02:00:00:00:00:09"}}), {"result": 1, "text": text})

    def test_a_lost_connection_is_opened_again(self):
        again = {"max-reconnect-tries": 100, "reconnect-wait-time": 100, "on-fail": "stop-retry-exit"}
        self.host(address=0xC0000232)
        daemon = self.start4(**{"hosts-databases": [self.database(**again)], "hooks-libraries": self.libraries})
        status = lambda: self.kea.command("kea-dhcp4", "status-get")["arguments"]["dhcp-state"]
        self.server.stop()
        daemon.expect("DHCP4_DB_RECONNECT_LOST_CONNECTION")
        self.assertTrue(status()["globally-disabled"] and status()["disabled-by-db-connection"])
        self.assertEqual(self.command("reservation-get-all", {"subnet-id": 1})["result"], 1)
        self.server.start()
        daemon.expect("DHCP4_DB_RECONNECT_SUCCEEDED database connection recovered.")
        self.assertFalse(status()["globally-disabled"])
        self.assertEqual(self.bound()["new_ip_address"], "192.0.2.50")

    def test_without_tries_the_daemon_ends(self):
        daemon = self.start4(**{"hosts-databases": [self.database()], "hooks-libraries": self.libraries})
        self.server.stop()
        daemon.expect("DHCP4_FATAL_DB_RECONNECT_DISABLED")
        self.assertEqual(daemon.popen.wait(10), 1)

    def test_what_cannot_be_used_is_refused(self):
        self.start4(**{"hooks-libraries": self.libraries})
        config = self.kea.command("kea-dhcp4", "config-get")["arguments"]
        config.pop("hash")
        for databases, libraries, reason in (
            ([self.database()], [], f"The Kea server has not been compiled with support for host database type: {self.server.kind}."),
            ([self.database("absent")], self.libraries, self.ABSENT),
        ):
            config["Dhcp4"] |= {"hosts-databases": databases, "hooks-libraries": libraries}
            self.assertIn(reason, self.kea.command("kea-dhcp4", "config-set", config)["text"])


class Postgresql(Hosts, Scene):
    NAME, SERVER, CREATE, LIBRARY = "PostgreSQL", Postgres, SCRIPTS / "pgsql/dhcpdb_create.pgsql", "libdhcp_pgsql.so"
    BOOL, NO_ADDRESS, ABSENT = ("f", "t"), "0", 'database "absent" does not exist'
    octets, digits = staticmethod("decode('{}', 'hex')".format), staticmethod("encode({}, 'hex')".format)
    address, shown = staticmethod("'{}'".format), staticmethod("host({})".format)

    def database(self, name="keatest", **more):
        return {"type": "postgresql", "host": str(self.server.folder), "port": self.server.port, "name": name, "user": "keatest"} | more


class MySQL(Hosts, Scene):
    NAME, SERVER, CREATE, LIBRARY = "MySQL", Mysql, SCRIPTS / "mysql/dhcpdb_create.mysql", "libdhcp_mysql.so"
    BOOL, NO_ADDRESS, ABSENT = ("0", "1"), None, "Unknown database 'absent'"
    octets, digits = staticmethod("UNHEX('{}')".format), staticmethod("LOWER(HEX({}))".format)
    address, shown = staticmethod("INET6_ATON('{}')".format), staticmethod("INET6_NTOA({})".format)

    def setUp(self):
        super().setUp()
        self.kea.env["MYSQL_UNIX_PORT"] = str(self.server.socket)

    def database(self, name="keatest", **more):
        return {"type": "mysql", "host": "localhost", "name": name, "user": "keatest", "password": "keatest"} | more
