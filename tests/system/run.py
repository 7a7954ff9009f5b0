#!/usr/bin/python3
"""Runs the system tests: real clients, servers and daemons, in namespaces of their own.

usage: run.py [TEST ...]      TEST as unittest names it: test_clients.V4.test_udhcpc
"""

import sys
import unittest
from pathlib import Path

from lab import inside

inside()
loader = unittest.TestLoader()
names = sys.argv[1:]
suite = loader.loadTestsFromNames(names) if names else loader.discover(str(Path(__file__).parent))
result = unittest.TextTestRunner(verbosity=2, failfast=False).run(suite)
failed = len(result.failures) + len(result.errors)
skipped = len(result.skipped)
print(f"{result.testsRun - failed - skipped} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(1 if failed else 0)
