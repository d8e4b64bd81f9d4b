"""A share is printed in one way everywhere, and never as whole while something is missing."""

from decimal import Decimal
from typing import Any

import pytest

from jiangyuan.catalog.duties import wording
from jiangyuan.resources.quality.tab_pages import share_text
from jiangyuan.ui import shares


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (66.66, "66.7"),
        (100.0, "100"),
        (Decimal("100.00"), "100"),
        (0, "0"),
        (99.99, "99.9"),
        (99.95, "99.9"),
        (0.004, "0.1"),
        (80, "80"),
        (None, ""),
        ("", ""),
    ],
)
def test_a_share_has_at_most_one_decimal_and_is_whole_only_when_it_is(share: Any, said: str) -> None:
    assert shares.figure(share) == said
    assert shares.percent(share) == (f"{said}%" if said else "")


def test_rooms_say_the_same_share_alike() -> None:
    assert wording.share_text(6666) == share_text(10_000, 3334) == "66.7%"
    assert wording.share_text(10_000) == share_text(7, 0) == "100%"
    assert share_text(100_000, 1) == "99.9%"
