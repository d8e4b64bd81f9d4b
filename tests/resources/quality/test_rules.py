"""The score of a run: no dimension at zero drowns among the rows of the others."""

from decimal import Decimal

import pytest

from jiangyuan.resources.quality.rules import total


@pytest.mark.parametrize(
    ("dimensions", "score"),
    [
        ([], None),
        ([(0, 0)], None),
        ([(4, 4), (0, 0)], Decimal("100.00")),
        ([(6000, 6000), (0, 1)], Decimal("50.00")),
        ([(6, 8), (2, 3)], Decimal("70.83")),
        ([(10**9 - 1, 10**9), (1, 1)], Decimal("99.99")),
    ],
)
def test_each_dimension_counts_the_same_and_only_the_flawless_has_a_hundred(dimensions, score) -> None:
    assert total(dimensions) == score
