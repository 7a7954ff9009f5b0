"""Hook libraries that hear of leases: scripts, forensic logs, pings before an offer."""

import json
import os
import re
import subprocess
import unittest

import lab
from lab import Dhclient, wait_for
from mysql import Mysql
from postgres import Postgres
from scene import SERVER4, Scene

KEA = bool(os.environ.get("TAKAHE_KEA"))


class Library(Scene):
    """A server with one library."""

    def start(self, family, name, parameters, **more):
        libraries = [{"library": f"libdhcp_{name}.so", "parameters": parameters}, {"library": "libdhcp_lease_cmds.so"}]
        return (self.start4 if family == 4 else self.start6)(**{"hooks-libraries": libraries} | more)

    def refusal(self, name, parameters):
        """Why a configuration with these parameters is refused."""
        config = {"Dhcp4": self.common(4, interfaces=[]) | {"hooks-libraries": [{"library": f"libdhcp_{name}.so", "parameters": parameters}]}}
        path = self.kea.write("refused", json.dumps(config, indent=2))
        environment = os.environ | self.kea.env
        done = subprocess.run([lab.BIN / "kea-dhcp4", "-t", path], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stdout + done.stderr


class RunScript(Library):
    def setUp(self):
        super().setUp()
        self.kea.env["KEA_HOOK_SCRIPTS_PATH"] = str(self.kea.folder)
        self.told = self.kea.folder / "told"
        self.script = self.kea.folder / "tell.sh"
        # One write a call, so that calls do not mix.
        self.script.write_text(f'#!/bin/sh\nfacts="$(/usr/bin/env)"\necho "CALL=$1\n$facts\n" >> {self.told}\n')
        self.script.chmod(0o755)

    def calls(self, point, count=1):
        """The environments of the calls at a point, when there are so many."""

        def found():
            texts = self.told.read_text().split("\n\n") if self.told.exists() else []
            calls = [dict(line.split("=", 1) for line in text.strip().splitlines() if "=" in line) for text in texts]
            calls = [call for call in calls if call.get("CALL") == point]
            return len(calls) >= count and calls

        return wait_for(found, f"{count} calls of {point}")

    def test_a_script_hears_of_a_client_s_life(self):
        server = self.start(4, "run_script", {"name": "tell.sh", "sync": False}, **{"expired-leases-processing": {"flush-reclaimed-timer-wait-time": 0}})
        server.expect("RUN_SCRIPT_LOAD ")
        client = Dhclient(self.lab, "client", "cli0").start()
        address = client.wait("BOUND")["new_ip_address"]
        hardware = self.lab.run("client", "cat", "/sys/class/net/cli0/address").strip()
        call = self.calls("leases4_committed")[0]
        expected = {
            "QUERY4_TYPE": "DHCPREQUEST", "QUERY4_LOCAL_ADDR": "255.255.255.255", "QUERY4_LOCAL_PORT": "67", "QUERY4_REMOTE_ADDR": "0.0.0.0", "QUERY4_REMOTE_PORT": "68",
            "QUERY4_IFACE_NAME": "srv0", "QUERY4_IFACE_INDEX": self.lab.run("server", "cat", "/sys/class/net/srv0/ifindex").strip(),
            "QUERY4_HWADDR": hardware, "QUERY4_HWADDR_TYPE": "1", "QUERY4_GIADDR": "0.0.0.0", "QUERY4_RELAYED": "false",
            "LEASES4_SIZE": "1", "DELETED_LEASES4_SIZE": "0", "LEASES4_AT0_ADDRESS": address, "LEASES4_AT0_HWADDR": hardware, "LEASES4_AT0_STATE": "default",
            "LEASES4_AT0_SUBNET_ID": "1", "LEASES4_AT0_VALID_LIFETIME": "4000", "LEASES4_AT0_CLIENT_ID": "",
        }
        self.assertEqual({name: call.get(name) for name in expected}, expected)
        client.release()
        released = self.calls("lease4_release")[0]
        self.assertEqual((released["QUERY4_TYPE"], released["LEASE4_ADDRESS"], released["LEASE4_STATE"], released["LEASE4_VALID_LIFETIME"]), ("DHCPRELEASE", address, "default", "4000"))
        call = self.calls("leases4_committed", 2)[1]
        self.assertEqual((call["LEASES4_SIZE"], call["DELETED_LEASES4_SIZE"], call["DELETED_LEASES4_AT0_ADDRESS"]), ("0", "1", address))

    def test_answers_wait_for_a_script_where_that_is_wanted(self):
        go = self.kea.folder / "go"
        wait = f"while [ ! -e {go} ]; do sleep 0.02; done"
        self.script.write_text(f'#!/bin/sh\necho "CALL=$1\n" >> {self.told}\n[ "$1" = leases4_committed ] && {wait}\n')
        self.start(4, "run_script", {"name": str(self.script), "sync": True})
        client = Dhclient(self.lab, "client", "cli0").start()
        self.calls("leases4_committed")
        self.assertNotIn("BOUND", [event["reason"] for event in client.events()])
        go.touch()
        client.wait("BOUND")

    def test_a_script_hears_of_leases_that_are_over(self):
        rows = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n"
        rows += "192.0.2.120,02:00:00:00:00:01,,100,1700000000,1,0,0,,0,,0\n192.0.2.121,,,100,1700000000,1,0,0,,1,,0\n"
        (self.kea.folder / "kea-leases4.csv").write_text(rows)
        self.start(4, "run_script", {"name": "tell.sh"}, **{"expired-leases-processing": {"reclaim-timer-wait-time": 1, "flush-reclaimed-timer-wait-time": 0}})
        over = {call["LEASE4_ADDRESS"]: call for call in self.calls("lease4_expire", 2)}
        self.assertEqual((over["192.0.2.120"]["LEASE4_HWADDR"], over["192.0.2.120"]["REMOVE_LEASE"]), ("02:00:00:00:00:01", "true"))
        self.assertEqual(self.calls("lease4_recover")[0]["LEASE4_ADDRESS"], "192.0.2.121")

    def test_a_script_hears_of_dhcpv6(self):
        self.start(6, "run_script", {"name": "tell.sh"})
        client = Dhclient(self.lab, "client", "cli0", family=6).start()
        address = client.wait("BOUND6")["new_ip6_address"]
        call = self.calls("leases6_committed")[0]
        expected = {"QUERY6_TYPE": "REQUEST", "QUERY6_PROTO": "UDP", "QUERY6_LOCAL_ADDR": "ff02::1:2", "LEASES6_SIZE": "1", "LEASES6_AT0_ADDRESS": address, "LEASES6_AT0_TYPE": "IA_NA", "LEASES6_AT0_PREFIX_LEN": "128"}
        self.assertEqual({name: call.get(name) for name in expected}, expected)
        self.assertEqual(call["QUERY6_CLIENT_ID"], call["LEASES6_AT0_DUID"])
        client.release()
        self.assertEqual(self.calls("lease6_release")[0]["LEASE6_ADDRESS"], address)

    def test_what_is_no_script_is_refused_where_it_stands(self):
        self.assertRegex(self.refusal("run_script", {"name": "/tmp/tell.sh"}), r"refused\.conf:\d+:\d+[\s\S]*invalid path specified: '/tmp', supported path is")
        self.assertIn(f"File not found: {self.kea.folder}/absent.sh", self.refusal("run_script", {"name": "absent.sh"}))
        self.script.chmod(0o644)
        self.assertIn(f"File not executable: {self.script}", self.refusal("run_script", {"name": "tell.sh"}))


class LegalLog(Library):
    def setUp(self):
        super().setUp()
        self.kea.env["KEA_LEGAL_LOG_DIR"] = self.kea.env["KEA_HOOK_SCRIPTS_PATH"] = str(self.kea.folder)

    def lines(self, base="kea-legal"):
        """The lines without their times."""
        texts = [path.read_text() for path in sorted(self.kea.folder.glob(f"{base}.*.txt"))]
        return [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "", line) for line in "".join(texts).splitlines()]

    def test_who_had_which_address(self):
        self.start(4, "legal_log", {})
        client = Dhclient(self.lab, "client", "cli0").start()
        address = client.wait("BOUND")["new_ip_address"]
        hardware = self.lab.run("client", "cat", "/sys/class/net/cli0/address").strip()
        device = f"a device with hardware address: hwtype=1 {hardware}"
        given = f" Address: {address} has been assigned for 1 hrs 6 mins 40 secs to {device}"
        self.assertEqual(self.lines(), [given])
        client.release()
        wait_for(lambda: len(self.lines()) > 1, "a line")
        self.assertEqual(self.lines(), [given, f" Address: {address} has been released from {device}"])

    def test_commands_are_written_down(self):
        self.start(4, "legal_log", {"base-name": "commands"}, **{"subnet4": [{"id": 1, "subnet": "192.0.2.0/24"}, {"id": 2, "subnet": "198.51.100.0/24", "user-context": {"legal-logging": False}}]})
        lease = {"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:01", "client-id": "68:6f:77:64:79", "valid-lft": 90061}
        for command, arguments in [
            ("lease4-add", lease),
            ("lease4-add", lease),  # fails
            ("lease4-update", lease | {"origin": "ha-partner", "user-context": {"a": 1}}),
            ("lease4-del", {"ip-address": "192.0.2.150"}),
            ("lease4-add", {"ip-address": "198.51.100.7", "subnet-id": 2, "hw-address": "02:00:00:00:00:01"}),
        ]:
            self.kea.command("kea-dhcp4", command, arguments)
        device = "192.0.2.150 to a device with hardware address: 02:00:00:00:00:01, client-id: 68:6f:77:64:79 (howdy) for 1 days 1 hrs 1 mins 1 secs"
        expected = [
            f" Administrator added a lease of address: {device}",
            f" HA partner updated information on the lease of address: {device}, context: {{ \"a\": 1 }}",
            " Administrator deleted the lease for address: 192.0.2.150",
        ]
        self.assertEqual(self.lines("commands"), expected)

    def test_lines_are_made_by_expressions(self):
        formats = {"request-parser-format": "'first' + 0x0a + addrtotext(pkt4.ciaddr)", "response-parser-format": "' to ' + addrtotext(pkt4.yiaddr) + 0x0a + 'last'"}
        self.start(4, "legal_log", formats | {"timestamp-format": "%Y"})
        address = Dhclient(self.lab, "client", "cli0").start().wait("BOUND")["new_ip_address"]
        self.assertEqual([line[4:] for line in self.lines()], ["-first", f"-0.0.0.0 to {address}", " last"])

    def test_dhcpv6_and_rotation(self):
        script, told = self.kea.folder / "rotated.sh", self.kea.folder / "told"
        script.write_text(f'#!/bin/sh\necho "$1" >> {told}\n')
        script.chmod(0o755)
        self.start(6, "legal_log", {"time-unit": "second", "count": 1, "postrotate": "rotated.sh"})
        client = Dhclient(self.lab, "client", "cli0", family=6).start()
        address = client.wait("BOUND6")["new_ip6_address"]
        lines = self.lines()
        self.assertRegex(lines[0], f"^ Address: {address} has been assigned for 1 hrs 6 mins 40 secs to a device with DUID: [0-9a-f:]+ and hardware address: hwtype=1 [0-9a-f:]+ \\(from DUID\\)$")
        client.release()
        wait_for(lambda: len(self.lines()) > 1, "a line")
        self.assertIn(f"{address} has been released from a device with DUID", self.lines()[1])
        wait_for(told.exists, "the script")
        self.assertRegex(told.read_text(), r"kea-legal\.T\d{20}\.txt")

    def test_what_does_not_fit_is_refused_where_it_stands(self):
        self.assertRegex(self.refusal("legal_log", {"path": "/tmp"}), r"refused\.conf:\d+:\d+[\s\S]*invalid path specified: '/tmp', supported path is")
        self.assertIn("is no format of a time", self.refusal("legal_log", {"timestamp-format": "%!"}))
        self.assertIn("Invalid 'prerotate' parameter: File not found", self.refusal("legal_log", {"prerotate": "absent.sh"}))
        self.assertIn("or to load libdhcp_mysql hook library?", self.refusal("legal_log", {"type": "mysql"}))
        self.assertIn("not supported yet", self.refusal("legal_log", {"type": "syslog"}))


class LegalLogInDatabase:
    @classmethod
    def setUpClass(cls):
        cls.database = cls.enterClassContext(cls.kind())

    def setUp(self):
        super().setUp()
        self.database.create(lab.ROOT / f"dhcpd/sql/scripts/{self.short}/dhcpdb_create.{self.short}")

    def start(self, family, **more):
        parameters = self.database.by_socket(self.kea.env, **{"max-reconnect-tries": 100, "reconnect-wait-time": 100, "on-fail": "serve-retry-continue"})
        libraries = [{"library": f"libdhcp_{self.short}.so"}, {"library": "libdhcp_lease_cmds.so"}, {"library": "libdhcp_legal_log.so", "parameters": parameters}]
        return (self.start4 if family == 4 else self.start6)(**{"hooks-libraries": libraries} | more)

    def rows(self, count):
        """The rows, when there are so many."""
        rows = lambda: self.database.sql(f"SELECT address, log FROM logs ORDER BY {self.order}")
        wait_for(lambda: len(rows()) >= count, f"{count} rows")
        self.assertEqual(self.database.value("SELECT count(*) FROM logs WHERE timestamp BETWEEN now() - interval '1' minute AND now()"), str(count))
        return [tuple(row) for row in rows()]

    def test_who_had_which_address(self):
        self.start(4)
        client = Dhclient(self.lab, "client", "cli0").start()
        address = client.wait("BOUND")["new_ip_address"]
        hardware = self.lab.run("client", "cat", "/sys/class/net/cli0/address").strip()
        device = f"a device with hardware address: hwtype=1 {hardware}"
        given = (address, f"Address: {address} has been assigned for 1 hrs 6 mins 40 secs to {device}")
        self.assertEqual(self.rows(1), [given])
        # What happens while the database is away is written when it is back.
        self.database.stop()
        client.release()
        added = self.kea.command("kea-dhcp4", "lease4-add", {"ip-address": "192.0.2.150", "hw-address": "02:00:00:00:00:01"})
        self.assertEqual(added["result"], 0)
        self.kea.processes["kea-dhcp4"].expect("LEGAL_LOG_ENTRIES_WAIT")
        self.database.start()
        rows = self.rows(3)
        self.assertEqual(rows[:2], [given, (address, f"Address: {address} has been released from {device}")])
        self.assertEqual(rows[2][0], "192.0.2.150")
        self.assertIn("Administrator added a lease of address: 192.0.2.150", rows[2][1])

    def test_addresses_of_dhcpv6(self):
        self.start(6)
        client = Dhclient(self.lab, "client", "cli0", family=6).start()
        address = client.wait("BOUND6")["new_ip6_address"]
        self.assertEqual(self.rows(1)[0][0], address)

    def test_without_its_library_a_database_is_refused(self):
        parameters = self.database.by_socket(self.kea.env)
        self.assertIn(f"libdhcp_{self.short}", self.refusal("legal_log", parameters))


class LegalLogInPostgresql(LegalLogInDatabase, Library):
    kind, short, order = Postgres, "pgsql", "timestamp"


class LegalLogInMysql(LegalLogInDatabase, Library):
    kind, short, order = Mysql, "mysql", "id"


class PingCheck(Library):
    DEBUG = {"loggers": [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99, "output-options": [{"output": "stdout"}]}]}

    def setUp(self):
        super().setUp()
        # A host that answers to the first address of the pool.
        self.lab.run("client", "ip", "addr", "add", "192.0.2.100/32", "dev", "lo")
        self.lab.run("client", "ip", "route", "add", f"{SERVER4}/32", "dev", "cli0", "src", "192.0.2.100")

    def test_an_address_that_answers_is_declined(self):
        server = self.start(4, "ping_check", {"min-ping-requests": 2, "reply-timeout": 60}, **self.DEBUG)
        address = Dhclient(self.lab, "client", "cli0").start().wait("BOUND")["new_ip_address"]
        self.assertEqual(address, "192.0.2.101")
        server.expect("DHCP4_SERVER_INITIATED_DECLINE")
        server.expect(r"PING_CHECK_CHANNEL_ECHO_REQUEST_SENT to address 192\.0\.2\.100, id \d+, sequence 1")
        server.expect(r"PING_CHECK_MGR_RECEIVED_ECHO_REPLY from 192\.0\.2\.100")
        server.expect(r"PING_CHECK_MGR_REPLY_TIMEOUT_EXPIRED for 192\.0\.2\.101, ECHO REQUEST 2 of 2, reply-timeout 60")
        server.expect(r"PING_CHECK_MGR_LEASE_FREE_TO_USE address 192\.0\.2\.101 is free to use for")
        declined = self.kea.command("kea-dhcp4", "lease4-get", {"ip-address": "192.0.2.100"})["arguments"]
        self.assertEqual((declined["state"], declined["hw-address"]), (1, ""))
        self.assertEqual([self.statistic("kea-dhcp4", f"subnet[1].{name}-addresses") for name in ("declined", "assigned")], [1, 2])

    def test_a_subnet_says_what_it_wants(self):
        subnet = {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}], "user-context": {"ping-check": {"enable-ping-check": False}}}
        self.start(4, "ping_check", {}, **{"subnet4": [subnet]})
        self.assertEqual(Dhclient(self.lab, "client", "cli0").start().wait("BOUND")["new_ip_address"], "192.0.2.100")

    def test_wrong_parameters_are_refused(self):
        self.assertRegex(self.refusal("ping_check", {"reply-timeout": 0}), r"refused\.conf:\d+:\d+[\s\S]*reply-timeout")
