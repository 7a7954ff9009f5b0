#!/usr/bin/python3
"""Runs the system tests: real clients, servers and daemons, in namespaces of their own, and the scenarios.

usage: run.py [TEST ...]      TEST as unittest names it: test_clients.V4.test_udhcpc, test_scenarios
"""

import sys
import unittest
from pathlib import Path

from lab import inside

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE, HERE.parent / "scenario")

inside()
sys.path.append(str(FOLDERS[1]))
loader = unittest.TestLoader()
names = sys.argv[1:]
found = [loader.loadTestsFromNames(names)] if names else [loader.discover(str(folder), top_level_dir=str(folder)) for folder in FOLDERS]
suite = unittest.TestSuite(found)
result = unittest.TextTestRunner(verbosity=2, failfast=False).run(suite)
failed = len(result.failures) + len(result.errors)
skipped = len(result.skipped)
print(f"{result.testsRun - failed - skipped} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(1 if failed else 0)
