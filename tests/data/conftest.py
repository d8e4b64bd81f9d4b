"""Fixtures of the data plane."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sys import modules

_spec = spec_from_file_location("granted_store", Path(__file__).parents[1] / "data" / "granted_store.py")
if _spec is None or _spec.loader is None:
    raise ImportError("granted_store")
if "granted_store" not in modules:
    modules["granted_store"] = module_from_spec(_spec)
    _spec.loader.exec_module(modules["granted_store"])

store_database = modules["granted_store"].store_database
store = modules["granted_store"].store
