"""A road between two bodies, for what the demonstration does to a platform."""

import pytest
from tests.exchange import factories


@pytest.fixture
def way(db: None) -> factories.Road:
    """A consumer and a provider with a published, mounted entry between them."""
    return factories.road()
