"""How each department sees the population: its own rows, with its own errors.

`observe` gives, per table, the rows as they go into the department's database, and beside them the truth: whom each row is
about and which cells were spoiled how. Public security holds everybody with right numbers; the others know whom their
business brought to them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from jiangyuan.demo.livelihood import SHOP
from jiangyuan.demo.people import Person, Population
from jiangyuan.demo.schemas import DEPARTMENTS, TableSpec
from jiangyuan.demo.spoilage import BLEMISHES, DUPLICATES, Blemish, Subject, how_many, is_missing, spoil
from jiangyuan.organization.divisions import division

STORY_HOUSEHOLD = 0
"""The household whose rows no error touches."""

Row = tuple[tuple[int, ...], tuple[object, ...]]
"""Whom the row is about (one person per person column), and its cells without key and time."""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One cell that says something else than the truth; for a duplicate row `column` is empty and `truth` its original."""

    relation: str
    record: int
    column: str
    kind: str
    truth: object
    written: object


@dataclass(slots=True)
class SeenTable:
    """A table as its department holds it; `about[i]` are the persons of `rows[i]`, one per person column."""

    department: str
    spec: TableSpec
    rows: list[list[Any]] = field(default_factory=list)
    about: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def relation(self) -> str:
        """The name department.table."""
        return f"{self.department}.{self.spec.name}"


@dataclass(slots=True)
class Observation:
    """All departments' tables by department.table, with every spoiled cell."""

    population: Population
    tables: dict[str, SeenTable]
    spoiled: list[Spoiled]


def observe(population: Population) -> Observation:
    """Make every department's view of the population; the same population gives the same view."""
    rng = random.Random(f"observation/{population.fingerprint}")
    midnight = datetime.combine(population.as_of, time(), UTC)
    seen = Observation(population, {}, [])
    for department in DEPARTMENTS.values():
        for spec in department.tables:
            table = SeenTable(department.code, spec)
            for record, (about, cells) in enumerate(true_rows(population, table=spec.name), start=1):
                changed = midnight - timedelta(seconds=rng.randrange(86_400 * 900))
                table.rows.append([record, *cells, changed])
                table.about.append(about)
            _spoil_table(seen, table, rng)
            seen.tables[table.relation] = table
    return seen


def true_rows(population: Population, *, table: str) -> Iterator[Row]:
    """Yield the rows that a department would hold without any error, in the order of their keys."""
    return getattr(_View, table)(population)


def _spoil_table(seen: Observation, table: SeenTable, rng: random.Random) -> None:
    story = {person.number for person in seen.population.family(STORY_HOUSEHOLD)}
    open_rows = [place for place, about in enumerate(table.about) if story.isdisjoint(about)]
    touched: set[tuple[int, str]] = set()
    for blemish in BLEMISHES.get(table.relation, ()):
        _spoil_column(seen, table, rng, blemish, open_rows, touched)
    share = DUPLICATES.get(table.relation)
    if share is None:
        return
    for place in rng.sample(open_rows, min(len(open_rows), how_many(share=share, rows=len(open_rows)))):
        copy = list(table.rows[place])
        copy[0] = len(table.rows) + 1
        seen.spoiled.append(
            Spoiled(table.relation, len(table.rows) + 1, "", "duplicate", table.rows[place][0], copy[0])
        )
        table.rows.append(copy)
        table.about.append(table.about[place])


def _spoil_column(seen: Observation, table: SeenTable, rng: random.Random, blemish: Blemish,
                  open_rows: list[int], touched: set[tuple[int, str]]) -> None:  # fmt: skip
    column = table.spec.names.index(blemish.column)
    who = _person_column(table.spec, blemish.column)
    filled = [place for place in open_rows if table.rows[place][column] is not None]
    wanted = how_many(share=blemish.share, rows=len(filled))
    for place in rng.sample(filled, len(filled)):
        if not wanted:
            return
        if (place, blemish.column) in touched:
            continue
        row = table.rows[place]
        truth = row[column]
        subject = Subject(seen.population, table.about[place][who])
        written = spoil(rng, kind=blemish.kind, value=truth, subject=subject)
        if written is None and not is_missing(blemish.kind):
            continue
        row[column] = written
        touched.add((place, blemish.column))
        seen.spoiled.append(Spoiled(table.relation, place + 1, blemish.column, blemish.kind, truth, written))
        wanted -= 1


def _person_column(spec: TableSpec, column: str) -> int:
    """Which person of a row a column belongs to: the one whose id or name it holds, else the first."""
    for place, (number, name) in enumerate(spec.persons.items()):
        if column in (number, name):
            return place
    return 0


class _View:
    """One generator per table, named like it: whom each row is about, and its cells in the order of the schema."""

    @staticmethod
    def resident(population: Population) -> Iterator[Row]:
        for one in population.persons:
            home = population.households[one.household]
            yield (one.number,), (
                one.citizen_id, one.name, _sex(one), one.ethnicity, one.birth, home.register, one.relation, home.town.county,
                home.town.code, home.address, one.phone or None, one.marital, "死亡注销" if one.died else "正常",
            )  # fmt: skip

    @staticmethod
    def household(population: Population) -> Iterator[Row]:
        for home in population.households:
            head = population.persons[home.members[0]]
            living = sum(population.persons[number].died is None for number in home.members)
            yield (head.number,), (
                home.register, "家庭户", head.citizen_id, head.name, home.town.code, home.address, living, home.established,
            )  # fmt: skip

    @staticmethod
    def death_registration(population: Population) -> Iterator[Row]:
        for one in population.persons:
            if one.died is not None:
                home = population.households[one.household]
                yield (one.number,), (
                    f"SW{one.died:%Y%m}{one.number + 1:07d}", one.citizen_id, one.name, one.died,
                    min(one.died + timedelta(days=7), population.as_of), home.town.code,
                )  # fmt: skip

    @staticmethod
    def social_assistance_case(population: Population) -> Iterator[Row]:
        for case in population.livelihood.cases:
            who, home = population.persons[case.applicant], population.households[case.household]
            yield (who.number,), (
                case.number, case.kind, who.citizen_id, who.name, who.phone or None, home.town.code, home.address,
                len(case.members), money(case.income), money(case.allowance), case.status, case.applied, case.approved,
            )  # fmt: skip

    @staticmethod
    def case_member(population: Population) -> Iterator[Row]:
        for case in population.livelihood.cases:
            for number, receives in case.members:
                who = population.persons[number]
                relation = "本人" if number == case.applicant else who.relation
                yield (number,), (case.number, who.citizen_id, who.name, relation, receives)

    @staticmethod
    def marriage(population: Population) -> Iterator[Row]:
        for place, one in enumerate(population.marriages, start=1):
            husband, wife = population.persons[one.husband], population.persons[one.wife]
            county = population.households[wife.household].town.county
            yield (husband.number, wife.number), (
                f"J{county}-{one.registered.year}-{place:06d}", husband.citizen_id, husband.name, wife.citizen_id, wife.name,
                one.registered, f"{division(county).name}民政局婚姻登记处", "离婚" if one.divorced else "结婚", one.divorced,
            )  # fmt: skip

    @staticmethod
    def enterprise(population: Population) -> Iterator[Row]:
        for one in population.livelihood.enterprises:
            legal = population.persons[one.legal]
            yield (legal.number,), (
                one.uscc, one.name, one.kind, legal.citizen_id, legal.name, None if one.kind == SHOP else money(one.capital),
                one.established, one.status, one.cancelled, one.industry, one.scope, one.town.county, one.address,
                one.phone or None,
            )  # fmt: skip

    @staticmethod
    def enterprise_person(population: Population) -> Iterator[Row]:
        for one in population.livelihood.enterprises:
            for number, role, contribution, share in one.stakeholders:
                who = population.persons[number]
                yield (number,), (one.uscc, who.citizen_id, who.name, role, money(contribution), money(share))

    @staticmethod
    def employment(population: Population) -> Iterator[Row]:
        for job in population.livelihood.jobs:
            who = population.persons[job.person]
            employer = None if job.enterprise is None else population.livelihood.enterprises[job.enterprise]
            yield (who.number,), (
                who.citizen_id, who.name, "单位就业" if employer else "灵活就业", employer.uscc if employer else None,
                employer.name if employer else None, job.position, job.started, job.ended, money(job.wage),
            )  # fmt: skip

    @staticmethod
    def insurance_contribution(population: Population) -> Iterator[Row]:
        for one in population.livelihood.contributions:
            who = population.persons[one.person]
            yield (who.number,), (
                who.citizen_id, who.name, one.kind, one.identity, one.period, money(one.base) if one.base else None,
                money(one.personal), money(one.employer),
            )  # fmt: skip

    @staticmethod
    def pension_benefit(population: Population) -> Iterator[Row]:
        for one in population.livelihood.pensions:
            who = population.persons[one.person]
            yield (who.number,), (
                who.citizen_id, who.name, one.kind, money(one.amount), one.first_paid, one.paid_through,
                "停发" if who.died else "发放",
            )  # fmt: skip

    @staticmethod
    def insured_person(population: Population) -> Iterator[Row]:
        for one in population.livelihood.insured:
            who = population.persons[one.person]
            employer = None if one.enterprise is None else population.livelihood.enterprises[one.enterprise].name
            yield (who.number,), (
                one.number, who.citizen_id, who.name, _sex(who), one.kind, employer,
                population.households[who.household].town.county, one.since, "终止" if who.died else "正常", who.phone or None,
            )  # fmt: skip

    @staticmethod
    def claim(population: Population) -> Iterator[Row]:
        for one in population.livelihood.claims:
            insured = population.livelihood.insured[one.insured]
            who = population.persons[insured.person]
            yield (who.number,), (
                one.number, insured.number, who.citizen_id, one.visit, one.hospital, one.level, *one.illness, one.admitted,
                one.settled, money(one.total), money(one.fund), money(one.personal),
            )  # fmt: skip

    @staticmethod
    def real_estate_right(population: Population) -> Iterator[Row]:
        for one in population.livelihood.properties:
            for number, share in one.holders:
                who = population.persons[number]
                yield (number,), (
                    one.unit, one.certificate, "国有建设用地使用权/房屋所有权" if one.town.urban else "宅基地使用权/房屋所有权",
                    who.citizen_id, who.name, "单独所有" if len(one.holders) == 1 else "共同共有", money(share), one.usage,
                    one.town.code, one.location, money(one.area), one.registered, one.mortgaged, "现势",
                )  # fmt: skip


def money(amount: float) -> Decimal:
    """Return an amount as the databases hold it, with two decimals."""
    return Decimal(f"{amount:.2f}")


def _sex(person: Person) -> str:
    return "1" if person.male else "2"
