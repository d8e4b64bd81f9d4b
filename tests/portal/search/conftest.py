"""An index of its own for every test."""

import shutil
from collections.abc import Iterator

import pytest
from tests.exchange import factories

from jiangyuan.portal.search import index, queries


def put_away() -> None:
    """Take the index away, and what this process kept open of it."""
    shutil.rmtree(index.root(), ignore_errors=True)
    index.reader._open = None
    queries._freshness.generation = ""


@pytest.fixture(autouse=True)
def no_index() -> Iterator[None]:
    """Begin and end without an index."""
    put_away()
    yield
    put_away()


@pytest.fixture
def way(db: None) -> factories.Road:
    """A consumer and a provider with a published, mounted entry between them."""
    return factories.road()
