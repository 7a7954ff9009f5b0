"""The demonstration holds, for root and for those who are not."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from lab import BIN, HERE, INSIDE

NOBODY = 65534


class Demo(unittest.TestCase):
    def demo(self, script=HERE / "demo.py", **more):
        env = {name: value for name, value in os.environ.items() if name != INSIDE} | more.pop("env", {})
        done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=env, timeout=120, **more)
        self.assertEqual(done.returncode, 0, done.stdout[-1500:] + done.stderr[-3000:])
        self.assertIn("All of it held", done.stdout)

    def test_as_root(self):
        if os.geteuid() != 0:
            self.skipTest("not root")
        self.demo()

    def test_without_root(self):
        if os.geteuid() != 0:
            return self.demo()
        # What nobody may read stands in a folder of nobody's.
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            for name in ("kea-dhcp4", "kea-dhcp6", "kea-dhcp-ddns", "kea-netconf"):
                shutil.copy(BIN / name, folder)
            shutil.copytree(HERE, Path(folder) / "system")
            identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            probe = subprocess.run(["unshare", "--user", "--map-root-user", "true"], **identity)
            if probe.returncode:
                self.skipTest("the kernel lets no user make namespaces")
            self.demo(Path(folder) / "system" / "demo.py", env={"TAKAHE_BIN": folder, "HOME": folder}, cwd=folder, **identity)


if __name__ == "__main__":
    unittest.main()
