"""The population fits together: real places, valid numbers, families whose dates agree, one seed one people."""

import time
from collections import Counter
from datetime import date

import pytest

from jiangyuan.demo.livelihood import OPERATING, SHOP
from jiangyuan.demo.population import ImpossiblePopulation, Population, make_population
from jiangyuan.kernel.identifiers import CITIZEN_ID, USCC, parse_citizen_id
from jiangyuan.organization.divisions import division


@pytest.fixture(scope="module", params=[300, 3000])
def population(request: pytest.FixtureRequest) -> Population:
    return make_population(people=request.param)


def test_exactly_as_many_people_as_asked(population: Population) -> None:
    assert len(population.persons) == population.people
    assert [one.number for one in population.persons] == list(range(population.people))
    assert Counter(number for home in population.households for number in home.members) == Counter(
        range(population.people)
    )


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    first, again, other = (make_population(people=120, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert [one.citizen_id for one in first.persons] != [one.citizen_id for one in other.persons]


def test_citizen_ids_are_valid_unique_and_say_the_same_as_the_person(population: Population) -> None:
    assert len({one.citizen_id for one in population.persons}) == population.people
    for one in population.persons:
        said = parse_citizen_id(one.citizen_id)
        assert (said.birth, said.sex == "male") == (one.birth, one.male)


def test_all_divisions_are_real_and_id_codes_were_in_force(population: Population) -> None:
    for one in population.persons:
        place = division(one.citizen_id[:6])
        assert place.level == "county" and place.scheme == "mca"
        assert place.in_force(year=max(one.birth.year, 1986))
    for home in population.households:
        town = division(home.town.code)
        assert town.level == "township" and town.parent == home.town.county and not division(town.parent).retired
        assert town.name in home.address and home.register.startswith(town.code)
    retired = sum(division(one.citizen_id[:6]).retired for one in population.persons)
    assert retired > population.people * 0.1


def test_families_agree_with_their_dates(population: Population) -> None:
    people = population.persons
    for one in people:
        if one.spouse is not None:
            other = people[one.spouse]
            assert other.spouse == one.number and other.male != one.male and other.household == one.household
        for parent, male in ((one.father, True), (one.mother, False)):
            if parent is not None:
                assert people[parent].male is male
                assert one.birth.year - people[parent].birth.year >= 18
        assert one.died is None or one.birth <= one.died <= population.as_of
        assert one.birth < population.as_of
    for home in population.households:
        head, *others = (people[number] for number in home.members)
        assert head.relation == "户主" and head.died is None and head.age(population.as_of) >= 18
        assert "户主" not in {one.relation for one in others}
        for one in others:
            if one.relation in ("子", "女"):
                assert head.number in (one.father, one.mother)
            if one.relation in ("父", "母"):
                assert one.number in (head.father, head.mother)


def test_marriages_are_of_age_and_unique(population: Population) -> None:
    spouses = [number for one in population.marriages for number in (one.husband, one.wife)]
    assert len(spouses) == len(set(spouses))
    for one in population.marriages:
        husband, wife = population.persons[one.husband], population.persons[one.wife]
        assert husband.male and not wife.male
        assert husband.age(one.registered) >= 22 and wife.age(one.registered) >= 20  # Civil Code, article 1047
        assert one.registered <= (one.divorced or population.as_of) <= population.as_of


def test_livelihood_refers_to_people_of_the_right_age(population: Population) -> None:
    made, people = population.livelihood, population.persons
    assert len({one.uscc for one in made.enterprises}) == len(made.enterprises)
    for one in made.enterprises:
        assert USCC.check(one.uscc) and one.uscc[2:8] == one.town.county
        assert people[one.legal].age(one.established) >= 18
        assert {person for person, _role, _paid, _share in one.stakeholders} <= set(range(population.people))
        shares = [share for _person, role, _paid, share in one.stakeholders if role in ("股东", "经营者")]
        assert sum(shares) == pytest.approx(100)
    for job in made.jobs:
        assert people[job.person].died is None and people[job.person].age(population.as_of) >= 18
        if job.enterprise is not None:
            employer = made.enterprises[job.enterprise]
            assert employer.status == OPERATING and employer.established <= job.started
    for claim in made.claims:
        assert round(claim.fund + claim.personal, 2) == claim.total and claim.admitted <= claim.settled
    for pension in made.pensions:
        assert people[pension.person].age(pension.first_paid) in (55, 60)
    for right in made.properties:
        assert sum(share for _person, share in right.holders) == 100.0 and len(right.unit) == 28
    for case in made.cases:
        assert case.applicant in {number for number, _receives in case.members}


def test_ethnic_names_live_where_they_should() -> None:
    people = make_population(people=4000)
    yushu = [one for one in people.persons if people.households[one.household].town.county.startswith("6327")]
    assert sum(one.ethnicity == "04" for one in yushu) > len(yushu) * 0.8
    assert {one.ethnicity for one in people.persons} == {"01", "02", "03", "04", "30", "35"}
    assert all(2 <= len(one.name) <= 8 for one in people.persons)


def test_shops_have_no_registered_capital(population: Population) -> None:
    assert all(one.capital == 0 for one in population.livelihood.enterprises if one.kind == SHOP)


def test_any_other_province() -> None:
    people = make_population(people=60, province="530000")
    assert all(CITIZEN_ID.check(one.citizen_id) and one.citizen_id.startswith("53") for one in people.persons)


def test_another_day() -> None:
    people = make_population(people=80, as_of=date(2030, 3, 1))
    assert max(one.birth for one in people.persons) < date(2030, 3, 1)


@pytest.mark.parametrize("people", [0, 49, 3_000_000])
def test_impossible_numbers_are_refused(people: int) -> None:
    with pytest.raises(ImpossiblePopulation):
        make_population(people=people)


def test_twenty_thousand_people_in_less_than_ten_seconds() -> None:
    started = time.perf_counter()
    make_population(people=20_000)
    assert time.perf_counter() - started < 10
