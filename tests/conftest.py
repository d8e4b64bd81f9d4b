"""Fixtures that every test may use."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jiangyuan.supervisor.cluster import FAST_SETTINGS, Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running embedded PostgreSQL, shared by the session; not durable, so fault tests start their own."""
    home = Path(tempfile.mkdtemp(prefix="jiangyuan-test-"))
    # pytest's own temporary folders are closed to the account PostgreSQL runs as under root
    home.chmod(0o711)
    with Cluster(home, options=FAST_SETTINGS) as running:
        yield running
    shutil.rmtree(home, ignore_errors=True)
