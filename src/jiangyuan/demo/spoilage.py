"""Seeded errors, as offices make them: which cells, how often, how.

A `Blemish` says that in one column of one table a share of the filled cells is spoiled in one way. The number of spoiled
cells is fixed by the share, not drawn cell by cell, so that a small population shows each kind too. Rows of the
demonstration family are left alone: the story's figures stay exact.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from jiangyuan.demo import names
from jiangyuan.kernel.identifiers import CITIZEN_ID, USCC, USCC_ALPHABET

if TYPE_CHECKING:
    from jiangyuan.demo.people import Population


@dataclass(frozen=True, slots=True)
class Blemish:
    """`kind` of error in `column` for `share` of the filled cells."""

    column: str
    kind: str
    share: float


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a row is about, for errors that need to know: a place in `Population.persons`."""

    population: Population
    person: int


BLEMISHES: Mapping[str, tuple[Blemish, ...]] = MappingProxyType(
    {
        "public_security.resident": (
            Blemish("phone", "missing", 0.03), Blemish("phone", "short_phone", 0.002), Blemish("marital_status_code", "missing", 0.02),
        ),
        "civil_affairs.social_assistance_case": (
            Blemish("applicant_name", "name_variant", 0.02), Blemish("applicant_phone", "short_phone", 0.01),
            Blemish("residence_address", "stale_address", 0.05), Blemish("monthly_income_per_head", "missing", 0.01),
        ),
        "civil_affairs.case_member": (
            Blemish("citizen_id", "check_digit", 0.008), Blemish("citizen_id", "swapped_digits", 0.008),
            Blemish("citizen_id", "fullwidth", 0.004), Blemish("citizen_id", "missing", 0.006), Blemish("name", "name_variant", 0.03),
        ),
        "civil_affairs.marriage": (
            Blemish("husband_citizen_id", "old_length", 0.01), Blemish("wife_citizen_id", "old_length", 0.01),
            Blemish("wife_name", "name_variant", 0.02),
        ),
        "market_regulation.enterprise": (
            Blemish("uscc", "uscc_check", 0.01), Blemish("address", "missing", 0.02), Blemish("phone", "missing", 0.05),
            Blemish("legal_representative_citizen_id", "check_digit", 0.01),
        ),
        "market_regulation.enterprise_person": (
            Blemish("citizen_id", "swapped_digits", 0.01), Blemish("name", "name_variant", 0.02),
        ),
        "human_resources.employment": (
            Blemish("citizen_id", "lowercase_x", 0.01), Blemish("citizen_id", "swapped_digits", 0.005),
            Blemish("employer_uscc", "uscc_check", 0.01), Blemish("monthly_wage", "missing", 0.02), Blemish("name", "name_variant", 0.02),
        ),
        "human_resources.insurance_contribution": (
            Blemish("citizen_id", "swapped_digits", 0.002), Blemish("contribution_base", "missing", 0.002),
        ),
        "human_resources.pension_benefit": (
            Blemish("citizen_id", "check_digit", 0.005), Blemish("name", "name_variant", 0.03),
            Blemish("status", "unnoticed_death", 0.006),
        ),
        "medical_insurance.insured_person": (
            Blemish("citizen_id", "check_digit", 0.004), Blemish("citizen_id", "missing", 0.004), Blemish("name", "name_variant", 0.03),
            Blemish("sex_code", "wrong_sex", 0.003), Blemish("phone", "missing", 0.1), Blemish("status", "unnoticed_death", 0.002),
        ),
        "medical_insurance.claim": (Blemish("citizen_id", "missing", 0.005), Blemish("illness_code", "missing", 0.01)),
        "natural_resources.real_estate_right": (
            Blemish("holder_citizen_id", "old_length", 0.01), Blemish("holder_citizen_id", "check_digit", 0.006),
            Blemish("holder_name", "name_variant", 0.03), Blemish("location", "stale_address", 0.01),
        ),
    }
)  # fmt: skip

DUPLICATES: Mapping[str, float] = MappingProxyType(
    {
        "civil_affairs.case_member": 0.01,
        "market_regulation.enterprise": 0.005,
        "human_resources.employment": 0.008,
        "medical_insurance.insured_person": 0.006,
        "natural_resources.real_estate_right": 0.005,
    }
)
"""Share of rows entered twice under another key."""


def how_many(*, share: float, rows: int) -> int:
    """Return how many of `rows` are spoiled: the rounded share, at least one from fifty rows on."""
    return max(round(share * rows), 1 if rows >= 50 else 0)


def spoil(rng: random.Random, *, kind: str, value: object, subject: Subject) -> object:
    """Return the spoiled value, always another than the true one; None when this value cannot be spoiled so.

    A missing value is written as None too: see `is_missing`.
    """
    written = _KINDS[kind](rng, str(value), subject)
    return None if written == value else written


def is_missing(kind: str) -> bool:
    """Whether the kind of error leaves the cell empty."""
    return kind == "missing"


def _check_digit(rng: random.Random, text: str, subject: Subject) -> str:
    return text[:-1] + rng.choice([digit for digit in "0123456789X" if digit != text[-1]])


def _swapped_digits(rng: random.Random, text: str, subject: Subject) -> str:
    """Exchange two neighbours of the sequence or birth part, as a hurried typist does."""
    places = [place for place in range(6, 16) if text[place] != text[place + 1]]
    place = rng.choice(places) if places else 0
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return swapped if not CITIZEN_ID.check(swapped) else text


def _fullwidth(rng: random.Random, text: str, subject: Subject) -> str:
    return "".join(chr(ord(one) + 0xFEE0) for one in text)


def _lowercase_x(rng: random.Random, text: str, subject: Subject) -> str:
    return text.lower()


def _old_length(rng: random.Random, text: str, subject: Subject) -> str:
    return text[:6] + text[8:17] if text[6:8] == "19" else text


def _name_variant(rng: random.Random, text: str, subject: Subject) -> str:
    return names.variant(rng, name=text, group=subject.population.persons[subject.person].ethnicity)


def _short_phone(rng: random.Random, text: str, subject: Subject) -> str:
    return text[:-1]


def _stale_address(rng: random.Random, text: str, subject: Subject) -> str:
    household = subject.population.persons[subject.person].household
    return subject.population.households[household].former[1]


def _uscc_check(rng: random.Random, text: str, subject: Subject) -> str:
    place = rng.randrange(9, 17)
    written = text[:place] + rng.choice(USCC_ALPHABET) + text[place + 1 :]
    return written if not USCC.check(written) else text


def _wrong_sex(rng: random.Random, text: str, subject: Subject) -> str:
    return "2" if text == "1" else "1"


def _unnoticed_death(rng: random.Random, text: str, subject: Subject) -> str:
    """Go on paying or insuring somebody whose death another department has registered."""
    return {"停发": "发放", "终止": "正常"}.get(text, text)


def _missing(rng: random.Random, text: str, subject: Subject) -> None:
    return None


_KINDS: Mapping[str, Callable[[random.Random, str, Subject], str | None]] = MappingProxyType(
    {
        "check_digit": _check_digit, "swapped_digits": _swapped_digits, "fullwidth": _fullwidth, "lowercase_x": _lowercase_x,
        "old_length": _old_length, "name_variant": _name_variant, "short_phone": _short_phone, "stale_address": _stale_address,
        "uscc_check": _uscc_check, "wrong_sex": _wrong_sex, "missing": _missing,
        "unnoticed_death": _unnoticed_death,
    }
)  # fmt: skip
