"""Identifiers of `kernel.identifiers` as DuckDB expressions that are true where a value is wrong.

The facts (pattern, alphabets, weights, modulus) are the kernel's own, so that a form and a rule give one verdict. An
expression gives NULL for NULL, true for a malformed value or a wrong check character. Where all places are digits the
arithmetic is over one whole number cut from the text, as one call per place costs several times as much.
"""

from __future__ import annotations

from dataclasses import dataclass

from jiangyuan.kernel.checksums import Checksum
from jiangyuan.kernel.identifiers import DIGITS, KINDS, LUHN_DOUBLED

LONGEST_NUMBER = 18  # decimal places that a 64-bit whole number always holds


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one kind is judged: `number` is an expression worth computing once per row, `wrong` uses its column."""

    scheme: str
    text: str

    @property
    def number(self) -> str:
        """The digits before the check character as a whole number, or nothing where places are not all digits."""
        checksum = KINDS[self.scheme].checksum
        if checksum is None or not _all_digits(checksum):
            return ""
        return f"try_cast(left({self.text}, -1) AS BIGINT)"

    def wrong(self, number: str) -> str:
        """Give the expression that is true where the value breaks its standard; `number` names the column above."""
        kind = KINDS[self.scheme]
        form = f"regexp_full_match({self.text}, '{kind.pattern}')"
        if kind.checksum is None:
            return f"NOT {form}"
        total = _of_digits(kind.checksum, number) if number else _of_characters(kind.checksum, self.text)
        expected = f"substr('{kind.checksum.characters}', ({total}) % {kind.checksum.modulus} + 1, 1)"
        # The form is matched first, because a cast alone would take '1e16' for a number.
        return f"CASE WHEN {form} THEN {expected} <> right({self.text}, 1) ELSE {self.text} IS NOT NULL END"


def _all_digits(checksum: Checksum) -> bool:
    return set(checksum.alphabets) <= {DIGITS, LUHN_DOUBLED} and len(checksum.weights) <= LONGEST_NUMBER


def _of_digits(checksum: Checksum, number: str) -> str:
    terms = []
    for place, (alphabet, weight) in enumerate(zip(checksum.alphabets, checksum.weights, strict=True)):
        digit = f"({number} // {10 ** (len(checksum.weights) - 1 - place)}) % 10"
        if alphabet == LUHN_DOUBLED:
            digit = f"({digit} * 2 - CASE WHEN {digit} > 4 THEN 9 ELSE 0 END)"
        terms.append(f"{digit} * {weight}" if weight != 1 else digit)
    return " + ".join(terms)


def _of_characters(checksum: Checksum, text: str) -> str:
    body = f"left({text}, -1)"
    if checksum.strip:
        body = f"replace({body}, '{checksum.strip}', '')"
    body = f"lpad({body}, {len(checksum.weights)}, '0')"
    return " + ".join(
        f"(instr('{alphabet}', substr({body}, {place + 1}, 1)) - 1) * {weight}"
        for place, (alphabet, weight) in enumerate(zip(checksum.alphabets, checksum.weights, strict=True))
    )
