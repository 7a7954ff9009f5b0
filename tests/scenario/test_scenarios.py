"""The scenarios as unit tests, a class for each protocol: `make test` plays them all."""

import importlib.util
import unittest
from pathlib import Path

from lab import Lab

spec = importlib.util.spec_from_file_location("scenario_run", Path(__file__).with_name("run.py"))
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


class Scenarios(unittest.TestCase):
    """All scenarios of a folder, on one stage."""

    @classmethod
    def setUpClass(cls):
        cls.stage = run.Stage(cls.enterClassContext(Lab()))


def case(folder, name, scenario):
    def test(self):
        how, why = run.outcome(self.stage, folder, scenario)
        if how == "skipped":
            self.skipTest(why)
        if how == "failed":
            raise AssertionError(why) from None

    test.__doc__ = name
    return test


def load_tests(loader, _tests, _pattern):
    kinds = {name: type(name.capitalize(), (Scenarios,), {}) for name in run.FAMILIES}
    for number, (folder, name, scenario) in enumerate(run.scenarios()):
        setattr(kinds[folder.name], f"test_{number:03}", case(folder, name, scenario))
    return unittest.TestSuite(loader.loadTestsFromTestCase(kind) for kind in kinds.values())
