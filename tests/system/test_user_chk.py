"""libdhcp_user_chk.so: clients that are not registered are served from the last subnet."""

import json

from lab import Dhclient
from scene import Scene

MAC = "02:00:00:00:00:0a"


class UserChk(Scene):
    def setUp(self):
        super().setUp()
        self.lab.run("client", "ip", "link", "set", "cli0", "address", MAC)
        # What is installed for all lies around the scripts.
        self.kea.env["KEA_HOOK_SCRIPTS_PATH"] = str(self.kea.folder / "scripts")
        self.kea.env["KEA_DHCP_DATA_DIR"] = str(self.kea.folder)
        self.registry = self.kea.folder / "user_chk_registry.txt"

    def register(self, *users):
        self.registry.write_text("".join(json.dumps(user) + "\n" for user in users))

    def serve(self):
        subnets = [
            {"id": 1, "subnet": "192.0.2.0/25", "pools": [{"pool": "192.0.2.100 - 192.0.2.110"}]},
            {"id": 2, "subnet": "192.0.2.128/25", "pools": [{"pool": "192.0.2.200 - 192.0.2.210"}]},
        ]
        return self.start4(subnet4=subnets, **{"hooks-libraries": [{"library": "libdhcp_user_chk.so"}]})

    def obtain(self):
        client = Dhclient(self.lab, "client", "cli0", config="request subnet-mask, tftp-server-name, bootfile-name;").start()
        event = client.wait("BOUND")
        client.release()
        return event

    def test_who_is_registered_keeps_the_subnet(self):
        self.register({"type": "HW_ADDR", "id": "0c:0e:0a:01:ff:04"})
        self.serve()
        self.assertTrue(self.obtain()["new_ip_address"].startswith("192.0.2.20"))
        self.register({"type": "HW_ADDR", "id": MAC, "bootfile": "/boot/known", "tftp_server": "tftp.example.com"})
        event = self.obtain()
        self.assertTrue(event["new_ip_address"].startswith("192.0.2.10"), event)
        self.assertEqual(event.get("new_bootfile_name"), "/boot/known")
        self.assertEqual(event.get("new_tftp_server_name"), "tftp.example.com")
        outcome = (self.kea.folder / "user_chk_outcome.txt").read_text()
        self.assertIn(f"id_type=HW_ADDR\nclient=hwtype=1 {MAC}\naddr=192.0.2.20", outcome)
        self.assertIn("registered=no", outcome)
        self.assertIn("registered=yes", outcome)

    def test_a_registry_that_cannot_be_read(self):
        server = self.kea.start(
            "kea-dhcp4",
            {"Dhcp4": self.common(4) | {"hooks-libraries": [{"library": "libdhcp_user_chk.so"}]}},
            started="_STARTED|DHCP4_INIT_FAIL",
        )
        self.assertIn("cannot open file:", server.output())
        self.assertIn("DHCP4_INIT_FAIL", server.output())
