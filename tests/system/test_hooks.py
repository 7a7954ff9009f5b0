"""Hook libraries that hear of leases: scripts, forensic logs, pings before an offer."""

import json
import os
import subprocess
import unittest

import lab
from lab import Dhclient, wait_for
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
