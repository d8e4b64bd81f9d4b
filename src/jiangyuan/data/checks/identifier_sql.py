"""Check digits of Chinese identifiers as DuckDB expressions that are true where a value is wrong.

Each takes a column expression of text, and the name of its number where the scheme has one, and gives NULL for NULL,
true for a malformed value or a wrong digit. The arithmetic is over whole numbers cut from one cast, as one call per
place costs several times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CITIZEN_CHECKS = "10X98765432"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
ORGANIZATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
LUHN_PLACES = 19


def _weighted_digits(number: str, weights: Sequence[int]) -> str:
    places = len(weights)
    return " + ".join(
        f"({number} // {10 ** (places - 1 - place)}) % 10 * {weight}" for place, weight in enumerate(weights)
    )


def _weighted_characters(text: str, alphabet: str, weights: Sequence[int]) -> str:
    return " + ".join(
        f"(instr('{alphabet}', substr({text}, {place + 1}, 1)) - 1) * {weight}" for place, weight in enumerate(weights)
    )


def citizen_id(text: str, number: str) -> str:
    """GB 11643-1999: seventeen digits and a check character, weights 2^(18-i) mod 11."""
    total = _weighted_digits(number, CITIZEN_WEIGHTS)
    right = f"substr('{CITIZEN_CHECKS}', ({total}) % 11 + 1, 1) = substr({text}, 18, 1)"
    # A cast alone would take '1e16' for a number, so the form is matched first.
    return f"CASE WHEN regexp_full_match({text}, '[0-9]{{17}}[0-9X]') THEN NOT ({right}) ELSE {text} IS NOT NULL END"


def uscc(text: str, _number: str) -> str:
    """GB 32100-2015: 31 characters without I, O, S, V, Z; weights 3^(i-1) mod 31."""
    total = _weighted_characters(text, USCC_ALPHABET, USCC_WEIGHTS)
    right = f"substr('{USCC_ALPHABET}', (31 - ({total}) % 31) % 31 + 1, 1) = substr({text}, 18, 1)"
    form = f"regexp_full_match({text}, '[0-9A-HJ-NPQRTUWXY]{{2}}[0-9]{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}')"
    return f"CASE WHEN {form} THEN NOT ({right}) ELSE {text} IS NOT NULL END"


def organization_code(text: str, _number: str) -> str:
    """GB 11714-1997: eight places 0-9A-Z, an optional hyphen, a check character (10 is X, 11 is 0)."""
    total = _weighted_characters(text, ORGANIZATION_ALPHABET, ORGANIZATION_WEIGHTS)
    right = f"substr('0X987654321', ({total}) % 11 + 1, 1) = right({text}, 1)"
    form = f"regexp_full_match({text}, '[0-9A-Z]{{8}}-?[0-9X]')"
    return f"CASE WHEN {form} THEN NOT ({right}) ELSE {text} IS NOT NULL END"


def _luhn(text: str, number: str, shortest: int) -> str:
    # Zeros put before a number add nothing to its sum, so every length is judged as nineteen places.
    digits = [f"({number} // {10**place}) % 10" for place in range(LUHN_PLACES)]
    doubled = [f"({digit} * 2 - CASE WHEN {digit} > 4 THEN 9 ELSE 0 END)" for digit in digits]
    total = " + ".join(doubled[place] if place % 2 else digit for place, digit in enumerate(digits))
    form = f"regexp_full_match({text}, '[0-9]{{{shortest},{LUHN_PLACES}}}')"
    return f"CASE WHEN {form} THEN ({total}) % 10 <> 0 ELSE {text} IS NOT NULL END"


def luhn(text: str, number: str) -> str:
    """ISO/IEC 7812-1: two to nineteen digits whose Luhn sum is a multiple of ten."""
    return _luhn(text, number, 2)


def bank_card(text: str, number: str) -> str:
    """ISO/IEC 7812-1 over 13 to 19 digits. Some domestic cards do not follow it: use as a warning."""
    return _luhn(text, number, 13)


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one identifier is checked: `number` is computed once per row from `{text}`, `wrong` uses it."""

    wrong: Callable[[str, str], str]
    number: str = ""


SCHEMES: dict[str, Scheme] = {
    "citizen_id": Scheme(citizen_id, "try_cast(substr({text}, 1, 17) AS BIGINT)"),
    "uscc": Scheme(uscc),
    "organization_code": Scheme(organization_code),
    "luhn": Scheme(luhn, "try_cast({text} AS UBIGINT)"),
    "bank_card": Scheme(bank_card, "try_cast({text} AS UBIGINT)"),
}
