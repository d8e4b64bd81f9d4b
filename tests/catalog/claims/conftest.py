"""The line that the tests of claims walk."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sys import modules

import pytest


def _claiming():
    if "claiming" not in modules:
        spec = spec_from_file_location("claiming", Path(__file__).with_name("claiming.py"))
        assert spec is not None and spec.loader is not None
        modules["claiming"] = module_from_spec(spec)
        spec.loader.exec_module(modules["claiming"])
    return modules["claiming"]


@pytest.fixture
def line(committed, office):
    return _claiming().make_line(office)
