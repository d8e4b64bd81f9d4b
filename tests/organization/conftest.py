"""The road's fixtures for this room."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sys import modules
from typing import Any

import pytest

_file = Path(__file__).parents[1] / "office_fixtures.py"
_spec = spec_from_file_location("office_fixtures", _file)
assert _spec is not None and _spec.loader is not None
if "office_fixtures" not in modules:
    modules["office_fixtures"] = module_from_spec(_spec)
    _spec.loader.exec_module(modules["office_fixtures"])

office = modules["office_fixtures"].office
front = modules["office_fixtures"].front
store = modules["office_fixtures"].store


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    """Static files come from the source here; a folder of collected ones does not exist."""
    settings.STATIC_ROOT = None
