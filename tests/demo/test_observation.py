"""The departments see the same people, with as many errors as declared, each written down in the truth."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jiangyuan.demo.observation import STORY_HOUSEHOLD, Observation, observe, true_rows
from jiangyuan.demo.population import make_population
from jiangyuan.demo.schemas import DEPARTMENTS
from jiangyuan.demo.spoilage import BLEMISHES, DUPLICATES, how_many
from jiangyuan.demo.story import death_of_elder, expected_answers, expected_figures, expected_warning, pick_family
from jiangyuan.demo.truth import read_lines, read_story, spoiled_cells, write_truth
from jiangyuan.kernel.checksums import normalize
from jiangyuan.kernel.identifiers import CITIZEN_ID, MOBILE


@pytest.fixture(scope="module")
def seen() -> Observation:
    return observe(make_population(people=300))


def test_six_departments_with_commented_tables() -> None:
    assert len(DEPARTMENTS) == 6
    for spec in (table for department in DEPARTMENTS.values() for table in department.tables):
        assert spec.comment and all(column.comment for column in spec.columns)
        assert set(spec.persons) | set(spec.indexes) | set(spec.unique) <= set(spec.names)
        nullable = {column.name for column in spec.columns if not column.required}
        for department in DEPARTMENTS.values():
            if spec in department.tables:
                for blemish in BLEMISHES.get(f"{department.code}.{spec.name}", ()):
                    assert blemish.kind != "missing" or blemish.column in nullable


def test_the_same_population_gives_the_same_view(seen: Observation) -> None:
    again = observe(make_population(people=300))
    assert again.spoiled == seen.spoiled
    assert {name: table.rows for name, table in again.tables.items()} == {
        name: table.rows for name, table in seen.tables.items()
    }


def test_every_cell_is_true_or_listed_as_spoiled(seen: Observation) -> None:
    cells = spoiled_cells(seen.spoiled)
    for name, table in seen.tables.items():
        truth = list(true_rows(seen.population, table=table.spec.name))
        for row, about in zip(table.rows, table.about, strict=True):
            copied = cells.get((name, row[0], ""))
            original: Any = copied.truth if copied else row[0]
            true_about, true_cells = truth[original - 1]
            assert about == true_about
            for column, value, true in zip(table.spec.names[1:-1], row[1:-1], true_cells, strict=True):
                spoiled = cells.get((name, original, column))
                assert value == (spoiled.written if spoiled else true)
                assert not spoiled or (spoiled.truth == true and spoiled.written != true)


def test_the_same_person_is_found_in_every_department_by_the_right_number(seen: Observation) -> None:
    cells = spoiled_cells(seen.spoiled)
    residents = {row[1]: about[0] for row, about in zip(*_table(seen, "public_security.resident"), strict=True)}
    assert len(residents) == 300
    found: Counter[str] = Counter()
    for name, table in seen.tables.items():
        for place, column in enumerate(table.spec.persons):
            index = table.spec.names.index(column)
            for row, about in zip(table.rows, table.about, strict=True):
                if (name, row[0], column) not in cells and (name, row[0], "") not in cells:
                    assert residents[row[index]] == about[place]
                    found[table.department] += 1
    assert set(found) == set(DEPARTMENTS)


def test_references_between_tables_hold(seen: Observation) -> None:
    def column(relation: str, name: str) -> list[object]:
        table = seen.tables[relation]
        return [row[table.spec.names.index(name)] for row in table.rows]

    homes = column("public_security.household", "household_number")
    assert set(column("public_security.resident", "household_number")) == set(homes)
    cases = set(column("civil_affairs.social_assistance_case", "case_number"))
    assert set(column("civil_affairs.case_member", "case_number")) == cases
    known = set(column("medical_insurance.insured_person", "insured_number"))
    assert set(column("medical_insurance.claim", "insured_number")) <= known
    true_codes = {one.uscc for one in seen.population.livelihood.enterprises}
    assert set(column("market_regulation.enterprise_person", "uscc")) == true_codes


@pytest.mark.parametrize("people", [300, 4000])
def test_error_rates_stay_within_their_bounds(people: int) -> None:
    seen = observe(make_population(people=people))
    counted = Counter((one.relation, one.column, one.kind) for one in seen.spoiled)
    story = {one.number for one in seen.population.family(STORY_HOUSEHOLD)}
    for relation, blemishes in BLEMISHES.items():
        table = seen.tables[relation]
        truth = [cells for about, cells in true_rows(seen.population, table=table.spec.name) if story.isdisjoint(about)]
        for blemish in blemishes:
            index = table.spec.names.index(blemish.column) - 1
            most = how_many(share=blemish.share, rows=sum(cells[index] is not None for cells in truth))
            count = counted[relation, blemish.column, blemish.kind]
            assert count <= most
            if blemish.kind in ("check_digit", "name_variant", "missing", "swapped_digits"):
                assert count >= min(most, 1)
    for relation, share in DUPLICATES.items():
        assert counted[relation, "", "duplicate"] == pytest.approx(share * len(seen.tables[relation].rows), abs=1.5)


def test_spoiled_numbers_are_wrong_in_the_way_they_say(seen: Observation) -> None:
    for one in seen.spoiled:
        written, truth = str(one.written), str(one.truth)
        if one.kind in ("check_digit", "swapped_digits"):
            assert not CITIZEN_ID.check(written) and len(written) == 18
        if one.kind in ("fullwidth", "lowercase_x"):
            assert not CITIZEN_ID.check(written) and normalize(written) == truth
        if one.kind == "old_length":
            assert len(written) == 15
        if one.kind == "short_phone":
            assert not MOBILE.check(written)


def test_a_death_that_nobody_noticed() -> None:
    seen = observe(make_population(people=4000))
    unnoticed = [one for one in seen.spoiled if one.kind == "unnoticed_death"]
    assert unnoticed
    for one in unnoticed:
        person = seen.tables[one.relation].about[one.record - 1][0]
        assert seen.population.persons[person].died is not None


@pytest.mark.parametrize("seed", range(12))
def test_the_story_has_its_family_in_all_six_departments(seed: int) -> None:
    population = make_population(people=60, seed=seed)
    family = pick_family(population)
    assert family == pick_family(population)
    assert 4 <= len(family.members) <= 5 and family.elder.age(population.as_of) >= 70
    answers = expected_answers(population)
    assert set(answers) == set(DEPARTMENTS)
    assert all(any(tables.values()) for tables in answers.values())
    figures = expected_figures(population)
    assert figures["public_security"] == {"members": len(family.members), "living": len(family.members), "deaths": 0}
    assert figures["civil_affairs"]["applications"] == 1 and figures["human_resources"]["employed"] == 1
    assert figures["medical_insurance"]["insured"] == len(family.members)
    warning = expected_warning(population)
    assert [one["citizen_id"] for one in warning] == [family.elder.citizen_id]
    assert death_of_elder(population)["citizen_id"] == family.elder.citizen_id


def test_no_error_touches_the_family(seen: Observation) -> None:
    story = {one.number for one in seen.population.family(STORY_HOUSEHOLD)}
    for one in seen.spoiled:
        assert story.isdisjoint(seen.tables[one.relation].about[one.record - 1])


def test_the_truth_is_written_and_read_back(seen: Observation, tmp_path: Path) -> None:
    folder = write_truth(tmp_path, seen=seen)
    persons = list(read_lines(folder, name="persons"))
    assert [one["citizen_id"] for one in persons] == [one.citizen_id for one in seen.population.persons]
    rows = list(read_lines(folder, name="rows"))
    assert len(rows) == sum(len(table.rows) * len(table.spec.persons) for table in seen.tables.values())
    assert len(list(read_lines(folder, name="spoiled"))) == len(seen.spoiled)
    story = read_story(folder)
    assert story["elder"] == pick_family(seen.population).elder.citizen_id
    assert story["figures"]["public_security"]["members"] == 5


def _table(seen: Observation, relation: str) -> tuple[list[list[Any]], list[tuple[int, ...]]]:
    return seen.tables[relation].rows, seen.tables[relation].about
