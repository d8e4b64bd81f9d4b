"""The embedded engine's signed extensions, loaded from their installed wheels and never from the network."""

from __future__ import annotations

from importlib.resources import files

import duckdb


def load_extension(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load `postgres_scanner` or `sqlite_scanner` into an engine, as built for the version that runs."""
    folder = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
    path = str(folder / f"{name}.duckdb_extension").replace("'", "''")
    engine.execute(f"LOAD '{path}'")
