"""The shapes of the synthetic population: persons, households, marriages, and the whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from jiangyuan.demo.livelihood import Livelihood
from jiangyuan.demo.places import Town

SINGLE, MARRIED, WIDOWED, DIVORCED = "10", "20", "30", "40"
"""Marital status by GB/T 2261.2."""


@dataclass(slots=True)
class Person:
    """One person; `number` is the place in `Population.persons`, and so are `father`, `mother` and `spouse`.

    `relation` is that to the head of the household (户主, 配偶, 子, 女, 父, 母). `died` is None for the living.
    """

    number: int
    name: str
    ethnicity: str
    male: bool
    birth: date
    citizen_id: str
    household: int
    relation: str
    phone: str = ""
    marital: str = SINGLE
    father: int | None = None
    mother: int | None = None
    spouse: int | None = None
    died: date | None = None

    def age(self, day: date) -> int:
        """Return the age in full years on a day."""
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))


@dataclass(slots=True)
class Household:
    """A registered household (户); `former` is where it lived before, for offices that did not notice the move."""

    number: int
    register: str
    town: Town
    address: str
    former: tuple[Town, str]
    established: date
    members: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Marriage:
    """A registered marriage; `divorced` is None while it lasts."""

    husband: int
    wife: int
    registered: date
    divorced: date | None = None


@dataclass(slots=True)
class Population:
    """Everybody, coherent: each reference is a place in one of these lists."""

    people: int
    seed: int
    as_of: date
    province: str
    persons: list[Person]
    households: list[Household]
    marriages: list[Marriage]
    livelihood: Livelihood = field(default_factory=Livelihood)

    @property
    def fingerprint(self) -> str:
        """Tell which population this is, so that loaded databases are recognised."""
        return f"people={self.people} seed={self.seed} as_of={self.as_of} province={self.province} edition=1"

    def living(self) -> list[Person]:
        """Return those who have not died."""
        return [person for person in self.persons if person.died is None]

    def family(self, household: int) -> list[Person]:
        """Return the members of a household, the head first."""
        return [self.persons[number] for number in self.households[household].members]
