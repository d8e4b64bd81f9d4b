"""The family that the demonstration follows, with the answers each department must give.

A family of four or five, one of them over 70, applies for social assistance. Every answer is computed from the
population, not from a database, so that whatever the platform returns can be held against it. No seeded error touches
this family's rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from jiangyuan.demo.livelihood import CANCELLED, LOW_INCOME, OPERATING, Case
from jiangyuan.demo.observation import STORY_HOUSEHOLD, true_rows
from jiangyuan.demo.people import Person, Population
from jiangyuan.demo.schemas import DEPARTMENTS
from jiangyuan.kernel.errors import Broken

RowDict = dict[str, object]
"""A row by column name, without `record_id` and `updated_at`."""

ELDERLY = 70


class NoStory(Broken):
    """The population holds no family for the story: its making is wrong."""

    default_code = "demo.no_story"


@dataclass(frozen=True, slots=True)
class Family:
    """The family: its members (the applicant first), its application and what is already paid to it.

    `elder` is the member whose death is registered later; `paid` are the cases under which an allowance goes to the elder.
    """

    household: str
    members: tuple[Person, ...]
    application: Case
    elder: Person
    paid: tuple[Case, ...]

    @property
    def applicant(self) -> Person:
        """The member who signs the authorisation."""
        return self.members[0]

    @property
    def citizen_ids(self) -> tuple[str, ...]:
        """The list that civil affairs submits."""
        return tuple(member.citizen_id for member in self.members)


def pick_family(population: Population) -> Family:
    """Return the family of the story, the same for the same population.

    Raises `NoStory` when its household is not as the story needs it: four or five living members, all in one pending
    application, known in every department, an elder who is paid an allowance and a pension.
    """
    members = tuple(population.family(STORY_HOUSEHOLD))
    numbers = {member.number for member in members}
    cases = [case for case in population.livelihood.cases if case.household == STORY_HOUSEHOLD]
    elder = next((one for one in members[1:] if one.age(population.as_of) >= ELDERLY), None)
    pending = next((one for one in cases if one.kind == LOW_INCOME and one.approved is None), None)
    answers = expected_answers(population)
    whole = pending is not None and {number for number, _receives in pending.members} == numbers
    alive = all(member.died is None for member in members)
    known = all(any(tables.values()) for tables in answers.values())
    if elder is None or pending is None or not (whole and alive and known and 4 <= len(members) <= 5):
        raise NoStory(_("演示人口中没有符合演示情节的家庭"), where=f"household {STORY_HOUSEHOLD}")
    paid = tuple(case for case in cases if (elder.number, True) in case.members)
    return Family(population.households[STORY_HOUSEHOLD].register, members, pending, elder, paid)


def expected_answers(population: Population) -> dict[str, dict[str, list[RowDict]]]:
    """Return the family's rows as {department: {table: rows}}, each row without key and time of change."""
    members = {member.number for member in population.family(STORY_HOUSEHOLD)}
    answers: dict[str, dict[str, list[RowDict]]] = {}
    for department in DEPARTMENTS.values():
        tables = answers.setdefault(department.code, {})
        for spec in department.tables:
            names = spec.names[1:-1]
            tables[spec.name] = [
                dict(zip(names, cells, strict=True))
                for about, cells in true_rows(population, table=spec.name)
                if members.intersection(about)
            ]
    return answers


def expected_figures(population: Population) -> dict[str, dict[str, int | Decimal]]:
    """Return the figures of the verification report per department, computed from `expected_answers`.

    Money in yuan; medical costs are those settled in the twelve months before the day of the population.
    """
    answers = expected_answers(population)
    return {code: figures(answers[code], population.as_of) for code, figures in _FIGURES.items()}


def _public_security(tables: dict[str, list[RowDict]], day: date) -> dict[str, int | Decimal]:
    return {
        "members": len(tables["resident"]),
        "living": sum(row["life_status"] == "正常" for row in tables["resident"]),
        "deaths": len(tables["death_registration"]),
    }


def _civil_affairs(tables: dict[str, list[RowDict]], day: date) -> dict[str, int | Decimal]:
    cases = tables["social_assistance_case"]
    return {
        "applications": sum(row["approved_on"] is None for row in cases),
        "cases_paid": sum(row["approved_on"] is not None for row in cases),
        "monthly_allowance": _total(cases, "monthly_allowance"),
        "marriages": sum(row["status"] == "结婚" for row in tables["marriage"]),
    }


def _market_regulation(tables: dict[str, list[RowDict]], day: date) -> dict[str, int | Decimal]:
    states = [row["status"] for row in tables["enterprise"]]
    return {"operating": states.count(OPERATING), "cancelled": states.count(CANCELLED)}


def _human_resources(tables: dict[str, list[RowDict]], day: date) -> dict[str, int | Decimal]:
    return {
        "employed": sum(row["ended_on"] is None for row in tables["employment"]),
        "monthly_wage": _total(tables["employment"], "monthly_wage"),
        "pensions": len(tables["pension_benefit"]),
        "monthly_pension": _total(tables["pension_benefit"], "monthly_amount"),
    }


def _medical_insurance(tables: dict[str, list[RowDict]], day: date) -> dict[str, int | Decimal]:
    start = day - timedelta(days=365)
    recent = [row for row in tables["claim"] if isinstance(row["settled_on"], date) and row["settled_on"] > start]
    return {
        "insured": len(tables["insured_person"]),
        "claims": len(recent),
        "paid_personally": _total(recent, "personal_amount"),
    }


def _natural_resources(tables: dict[str, list[RowDict]], day: date) -> dict[str, int | Decimal]:
    units = {row["unit_number"]: row for row in tables["real_estate_right"]}
    return {"properties": len(units), "area_m2": _total(list(units.values()), "area_m2")}


def _total(rows: list[RowDict], column: str) -> Decimal:
    return sum((value for row in rows if isinstance(value := row[column], Decimal)), Decimal("0.00"))


_FIGURES: Mapping[str, Callable[[dict[str, list[RowDict]], date], dict[str, int | Decimal]]] = MappingProxyType(
    {
        "public_security": _public_security, "civil_affairs": _civil_affairs, "market_regulation": _market_regulation,
        "human_resources": _human_resources, "medical_insurance": _medical_insurance,
        "natural_resources": _natural_resources,
    }
)  # fmt: skip


def death_of_elder(population: Population, *, died: date | None = None) -> RowDict:
    """Return the row that public security adds to `death_registration` when the elder's death is registered.

    With its `record_id`, without `updated_at`. In the same transaction public security sets the resident's `life_status`
    to 死亡注销. By default the elder dies on the day after the population's.
    """
    family = pick_family(population)
    day = died or population.as_of + timedelta(days=1)
    registered = sum(person.died is not None for person in population.persons)
    return {
        "record_id": registered + 1,
        "certificate_number": f"SW{day:%Y%m}{family.elder.number + 1:07d}",
        "citizen_id": family.elder.citizen_id,
        "name": family.elder.name,
        "death_date": day,
        "registered_on": day + timedelta(days=1),
        "township_code": population.households[STORY_HOUSEHOLD].town.code,
    }


def expected_warning(population: Population) -> list[RowDict]:
    """Return the allowances that must be warned of after the elder's death, one per case still paid."""
    family = pick_family(population)
    return [
        {
            "case_number": case.number, "assistance_kind": case.kind, "citizen_id": family.elder.citizen_id,
            "monthly_allowance": Decimal(f"{case.allowance:.2f}"),
        }
        for case in family.paid
    ]  # fmt: skip
