"""kea-netconf as orchestrators use it: ncclient over SSH, a client over TLS, a client that is called home, a server behind HTTP."""

import hashlib
import re
import socket
import ssl
import subprocess
import unittest
from pathlib import Path

import paramiko
from lab import Kea, Lab, in_namespace, wait_for
from ncclient import manager
from ncclient.operations import RPCError
from ncclient.xml_ import to_ele
from netconf import PORT, Netconf, envelope

CERTIFICATES = Path(__file__).resolve().parents[1] / "certificates.sh"
HELLO = (
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>'
    "<capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>"
)
NACM = "urn:ietf:params:xml:ns:yang:ietf-netconf-acm"
MONITORING = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
PARTS = "urn:ietf:params:xml:ns:netconf:partial-lock:1.0"


class Clients(unittest.TestCase):
    def setUp(self):
        lab = self.enterContext(Lab())
        lab.namespace("server")
        self.enterContext(in_namespace("server"))
        self.lab, self.kea = lab, Kea(lab, "server")
        subprocess.run(["sh", CERTIFICATES, self.kea.folder], check=True, capture_output=True)
        self.home = socket.create_server(("127.0.0.1", 4334))
        self.addCleanup(self.home.close)
        self.start_server()
        self.start_agent()

    def file(self, name):
        return str(self.kea.folder / name)

    def start_server(self):
        files = {"trust-anchor": self.file("ca.crt"), "cert-file": self.file("server.crt"), "key-file": self.file("server.key")}
        https = {"socket-type": "https", "socket-address": "127.0.0.1", "socket-port": 8004} | files
        unix = {"socket-type": "unix", "socket-name": self.kea.socket("kea-dhcp4")}
        self.kea.start("kea-dhcp4", {"Dhcp4": {"control-sockets": [unix, https], "lease-database": {"type": "memfile", "persist": False}}})

    def start_agent(self):
        channel = {"socket-type": "http", "socket-url": "https://127.0.0.1:8004/", "trust-anchor": self.file("ca.crt")}
        channel |= {"cert-file": self.file("client.crt"), "key-file": self.file("client.key")}
        certificate = ssl.PEM_cert_to_DER_cert(Path(self.file("client.crt")).read_text())
        agent = Netconf.server_config(self.kea.folder)
        agent["ssh"]["users"][0]["recovery"] = True
        agent["ssh"]["users"].append({"name": "guest", "password": "guest"})
        agent["ssh"]["call-home"] = [{"address": "127.0.0.1"}]
        agent["tls"] = {"trust-anchor": self.file("ca.crt"), "cert-file": self.file("server.crt"), "key-file": self.file("server.key"), "listen": ["127.0.0.1"]}
        agent["tls"]["users"] = [{"name": "tess", "fingerprint": hashlib.sha256(certificate).hexdigest()}]
        agent["managed-servers"] = {"dhcp4": {"control-socket": channel}}
        self.kea.start("kea-netconf", {"Netconf": agent})
        self.netconf = Netconf(self.lab, "server", self.kea.folder)
        self.addCleanup(self.netconf.close)
        self.netconf_client = self.netconf.manager

    def session(self, user):
        return manager.connect(host="127.0.0.1", port=PORT, username=user, password=user, hostkey_verify=False, look_for_keys=False, allow_agent=False)

    def lifetime(self):
        return self.kea.command("kea-dhcp4", "config-get")["arguments"]["Dhcp4"]["valid-lifetime"]

    def change(self, value):
        # The agent may not have heard of the server yet.
        def edited():
            try:
                self.netconf.edit(envelope("kea-dhcp4-server", f"<valid-lifetime>{value}</valid-lifetime>"))
                return True
            except RPCError:
                return None

        wait_for(edited, "a server that is known")

    def test_a_commit_over_https_is_confirmed_or_undone(self):
        before = self.lifetime()
        self.change(77)
        self.netconf_client.commit(confirmed=True, timeout="60", persist="x")
        self.assertEqual(self.lifetime(), 77)
        self.netconf_client.cancel_commit(persist_id="x")
        self.assertEqual(self.lifetime(), before)
        self.change(78)
        self.netconf_client.commit(confirmed=True, timeout="60")
        self.netconf_client.commit()
        self.assertEqual(self.lifetime(), 78)

    def test_filters_defaults_and_notifications(self):
        client = self.netconf_client
        client.create_subscription()
        self.change(77)
        client.commit()
        heard = client.take_notification(timeout=20).notification_xml
        self.assertIn("netconf-config-change", heard)
        self.assertIn("valid-lifetime", heard)
        found = client.get_config("running", filter=("xpath", ({"k": "urn:ietf:params:xml:ns:yang:kea-dhcp4-server"}, "/k:config/k:valid-lifetime")))
        self.assertEqual(re.findall(r"<valid-lifetime>(\d+)<", found.data_xml), ["77"])
        shown = client.get(filter=("subtree", f'<nacm xmlns="{NACM}"/>'), with_defaults="report-all")
        self.assertIn("<write-default>deny</write-default>", shown.data_xml)

    def test_a_subscription_with_a_filter(self):
        client = self.netconf_client
        namespace = "urn:ietf:params:xml:ns:yang:ietf-netconf-notifications"
        client.create_subscription(filter=("subtree", f'<netconf-config-change xmlns="{namespace}"><datastore/></netconf-config-change>'), stream_name="NETCONF")
        with self.session("guest"):
            pass
        self.change(77)
        client.commit()
        heard = client.take_notification(timeout=20).notification_xml
        self.assertIn("<datastore>running<", heard)
        self.assertNotIn("changed-by", heard)
        self.assertIsNone(client.take_notification(block=False), "the guest's session is not selected")

    def test_every_schema_is_told(self):
        client = self.netconf_client
        shown = client.get(filter=("subtree", f'<netconf-state xmlns="{MONITORING}"><schemas/><statistics/></netconf-state>')).data_xml
        names = re.findall(r"<identifier>(.*?)</identifier><version>(.*?)</version>", shown)
        self.assertGreater(len(names), 20)
        for name, revision in names:
            self.assertRegex(client.get_schema(name, version=revision).data, rf"^(//.*\n|\s)*(sub)?module {name} ", name)
        self.assertRegex(shown, r"<in-sessions>[1-9]")

    def test_a_part_of_running_is_locked(self):
        client, module = self.netconf_client, "urn:ietf:params:xml:ns:yang:kea-dhcp4-server"
        self.change(77)
        client.commit()
        self.assertIn("urn:ietf:params:netconf:capability:partial-lock:1.0", client.server_capabilities)
        part = f'<select xmlns:k="{module}">/k:config/k:valid-lifetime</select>'
        locked = client.dispatch(to_ele(f'<partial-lock xmlns="{PARTS}">{part}</partial-lock>')).xml
        number = re.search(r"<lock-id[^>]*>(\d+)<", locked)[1]
        change = lambda lifetime: envelope("kea-dhcp4-server", f"<valid-lifetime>{lifetime}</valid-lifetime>")
        with self.session("guest") as guest:
            with self.assertRaises(RPCError) as refused:
                guest.edit_config(change(5), target="running")
            self.assertEqual(refused.exception.tag, "in-use")
            guest.edit_config(envelope("kea-dhcp4-server", "<rebind-timer>60</rebind-timer>"), target="running")
            client.edit_config(change(78), target="running")
            client.dispatch(to_ele(f'<partial-unlock xmlns="{PARTS}"><lock-id>{number}</lock-id></partial-unlock>'))
            guest.edit_config(change(5), target="running")
        self.assertEqual(self.lifetime(), 5)

    def test_guests_may_not_write_when_access_control_is_on(self):
        client = self.netconf_client
        self.netconf.edit(f'<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><nacm xmlns="{NACM}"><enable-nacm>true</enable-nacm></nacm></config>')
        client.commit()
        with self.session("guest") as guest, self.assertRaises(RPCError) as refused:
            guest.edit_config(envelope("kea-dhcp4-server", "<valid-lifetime>5</valid-lifetime>"), target="candidate")
        self.assertEqual(refused.exception.tag, "access-denied")

    def test_a_client_over_tls_is_known_by_its_certificate(self):
        def session(name):
            context = ssl.create_default_context(cafile=self.file("ca.crt"))
            context.load_cert_chain(self.file(f"{name}.crt"), self.file(f"{name}.key"))
            stream = context.wrap_socket(socket.create_connection(("127.0.0.1", 6513), timeout=20), server_hostname="127.0.0.1")
            self.addCleanup(stream.close)
            return stream

        stream = session("client")
        get = '<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><sessions/></netconf-state></filter></get>'
        rpc = f'<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1">{get}</rpc>]]>]]>'
        stream.sendall((HELLO + rpc).encode())
        text = ""
        while text.count("]]>]]>") < 2:
            text += stream.recv(65536).decode()
        self.assertIn(":netconf-tls</transport><username>tess</username><source-host>127.0.0.1<", text)
        # Trusted, and nobody.
        with self.assertRaises(OSError):
            other = session("server")
            if other.recv(1) == b"":
                raise OSError("closed")

    def test_a_client_is_called_home(self):
        stream, _ = self.home.accept()
        transport = paramiko.Transport(stream)
        self.addCleanup(transport.close)
        transport.connect(username=Netconf.USER, password=Netconf.PASSWORD)
        channel = transport.open_session()
        channel.invoke_subsystem("netconf")
        self.assertIn(b"urn:ietf:params:netconf:capability:confirmed-commit:1.1", channel.recv(65536))


if __name__ == "__main__":
    unittest.main()
