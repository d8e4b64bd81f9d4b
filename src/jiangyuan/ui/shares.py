"""Shares of a hundred, said in one way everywhere: with one decimal where there is one, 66.7 %, 100 %.

What is not whole is never said to be whole, nor what is something nothing: 99.99 is 99.9, and 0.01 is 0.1.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

STEP, WHOLE = Decimal("0.1"), Decimal(100)


def figure(share: Any) -> str:
    """Say a share of a hundred as a number; empty for none."""
    if share is None or share == "":
        return ""
    exact = Decimal(str(share))
    said = exact.quantize(STEP, ROUND_HALF_UP)
    if 0 < exact < WHOLE:
        said = min(max(said, STEP), WHOLE - STEP)
    return f"{said:f}".removesuffix(".0")


def percent(share: Any) -> str:
    """Say a share of a hundred with its sign; empty for none."""
    said = figure(share)
    return f"{said}%" if said else ""
