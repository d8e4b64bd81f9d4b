"""The rig of the gateway's tests."""

from collections.abc import Iterator

import pytest
from tests.exchange.gateway_rig import Rig, rigged


@pytest.fixture
def rig(committed: None, urls: dict[str, str]) -> Iterator[Rig]:
    """A road with rows in the store, a running gateway, and one open case that lists Zhang and Drolma."""
    with rigged(urls) as made:
        yield made
