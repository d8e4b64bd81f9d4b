"""The population: persons, households and marriages that fit together, from one seed.

Households are founded one after another: their kind, place and people first, then what a life adds (phones, divorces,
deaths). The first household is always of the shape that the demonstration follows (see `story`): a couple, two
children and the husband's mother. `settling` adds enterprises, work, insurance, property and assistance.

Drawn in plain Python from one `random.Random`: the same people, seed and day give the same population on every machine.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from jiangyuan.demo import names
from jiangyuan.demo.people import DIVORCED, MARRIED, SINGLE, WIDOWED, Household, Marriage, Person, Population
from jiangyuan.demo.places import Places, draw_address, places
from jiangyuan.demo.settling import found_livelihood
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.identifiers import CITIZEN_CHECKSUM
from jiangyuan.organization.divisions import QINGHAI

AS_OF = date(2026, 11, 1)
FEWEST_PEOPLE = 50
MOST_PEOPLE = 2_000_000


_KINDS = {"single": 15, "couple": 16, "nuclear": 38, "three_generations": 19, "one_parent": 7, "elders": 12}


class ImpossiblePopulation(Refused):
    """Raised when a population is asked for that cannot be made."""


def make_population(
    *, people: int = 20_000, seed: int = 20261101, as_of: date = AS_OF, province: str = QINGHAI
) -> Population:
    """Make exactly `people` persons with their households and livelihoods.

    Raises `ImpossiblePopulation` outside 50 to 2,000,000 people.
    """
    if not FEWEST_PEOPLE <= people <= MOST_PEOPLE:
        raise ImpossiblePopulation(
            _("演示人口数须在 %(least)s 至 %(most)s 之间") % {"least": FEWEST_PEOPLE, "most": MOST_PEOPLE},
            where="people",
            mend=_("请改用该范围内的人数"),
        )
    rng = random.Random(f"{seed}/{people}/{as_of}/{province}")
    founder = _Founder(rng, people, as_of, places(province))
    founder.found_everybody()
    population = Population(people, seed, as_of, province, founder.persons, founder.households, founder.marriages)
    population.livelihood = found_livelihood(population, rng)
    return population


class _Founder:
    """Founds household after household until there are enough people."""

    def __init__(self, rng: random.Random, people: int, as_of: date, where: Places) -> None:
        self.rng, self.people, self.as_of, self.places = rng, people, as_of, where
        self.persons: list[Person] = []
        self.households: list[Household] = []
        self.marriages: list[Marriage] = []
        self._ids: set[str] = set()
        self._phones: set[str] = set()

    def found_everybody(self) -> None:
        self._found("demonstration")
        kinds, weights = list(_KINDS), list(_KINDS.values())
        while len(self.persons) < self.people:
            room = self.people - len(self.persons)
            self._found(self.rng.choices(kinds, weights)[0] if room >= 8 else "single")
        self._divorce()
        self._let_die()

    def _found(self, kind: str) -> None:
        rng = self.rng
        town = self.places.draw_town(rng)
        former = self.places.draw_town(rng, county=town.county if rng.random() < 0.7 else None)
        number = len(self.households)
        self.households.append(
            Household(
                number, f"{town.code}{number + 1:06d}", town, draw_address(rng, town=town),
                (former, draw_address(rng, town=former)), self._day(rng.randint(0, 9000)),
            )
        )  # fmt: skip
        getattr(self, f"_{kind}")(names.ethnicity(rng, county=town.county))

    def _single(self, group: str) -> None:
        male = self.rng.random() < 0.56
        self._add("户主", group, male, self.rng.randint(19, 70))

    def _couple(self, group: str) -> None:
        self._wed(group, self.rng.randint(24, 62))

    def _elders(self, group: str) -> None:
        self._wed(group, self.rng.randint(60, 86))

    def _nuclear(self, group: str) -> None:
        father, mother = self._wed(group, self.rng.randint(25, 57))
        self._bear(father, mother, self.rng.choices((1, 2, 3), (50, 40, 10))[0])

    def _one_parent(self, group: str) -> None:
        parent = self._add("户主", group, self.rng.random() < 0.35, self.rng.randint(27, 55))
        parent.marital = self.rng.choice((DIVORCED, DIVORCED, WIDOWED))
        self._bear(parent if parent.male else None, None if parent.male else parent, self.rng.choice((1, 1, 2)))

    def _three_generations(self, group: str) -> None:
        father, mother = self._wed(group, self.rng.randint(27, 54))
        self._bear(father, mother, self.rng.choices((1, 2, 3), (45, 45, 10))[0])
        head = father if father.relation == "户主" else mother
        self._take_in_parents(head, both=self.rng.random() < 0.45, grandmother=self.rng.random() < 0.65)

    def _demonstration(self, group: str) -> None:
        father, mother = self._wed(group, 43, male_head=True)
        self._bear(father, mother, 2)
        self._take_in_parents(father, both=False, grandmother=True, age=76)

    def _take_in_parents(self, head: Person, *, both: bool, grandmother: bool, age: int | None = None) -> None:
        age = age or min(96, head.age(self.as_of) + self.rng.randint(20, 33))
        grandfather_ = self._add("父", head.ethnicity, True, age, kin=head) if both or not grandmother else None
        grandmother_ = self._add("母", head.ethnicity, False, age) if both or grandmother else None
        head.father = grandfather_.number if grandfather_ else None
        head.mother = grandmother_.number if grandmother_ else None
        if grandfather_ and grandmother_:
            self._marry(grandfather_, grandmother_)
        else:
            (grandfather_ or grandmother_ or head).marital = WIDOWED

    def _wed(self, group: str, age: int, *, male_head: bool = False) -> tuple[Person, Person]:
        """Add a couple, one of whom is head of the household; return husband and wife."""
        rng = self.rng
        male_head = male_head or rng.random() < 0.85
        head = self._add("户主", group, male_head, age)
        other = group if rng.random() < 0.93 else names.ethnicity(rng, county=self.households[-1].town.county)
        spouse = self._add("配偶", other, not male_head, max(24, age + rng.randint(-4, 3)))
        husband, wife = (head, spouse) if male_head else (spouse, head)
        self._marry(husband, wife)
        return husband, wife

    def _marry(self, husband: Person, wife: Person) -> None:
        husband.spouse, wife.spouse = wife.number, husband.number
        husband.marital = wife.marital = MARRIED
        grown = max(_years_later(husband.birth, 22), _years_later(wife.birth, 20))
        self.marriages.append(Marriage(husband.number, wife.number, self._between(grown, _years_later(grown, 5))))

    def _bear(self, father: Person | None, mother: Person | None, children: int) -> None:
        parents = [one for one in (father, mother) if one is not None]
        married = self.as_of - self.marriages[-1].registered if father and mother else None
        oldest = married.days // 366 - 1 if married else parents[0].age(self.as_of) - 23
        ages: set[int] = set()
        for _each in range(children):
            # two years apart, so that no brother or sister is born within the same nine months
            free = [age for age in range(min(oldest, 29) + 1) if not ages & {age - 1, age, age + 1}]
            if not free:
                return
            ages.add(self.rng.choice(free))
        for age in sorted(ages, reverse=True):
            male = self.rng.random() < 0.52
            child = self._add("子" if male else "女", parents[0].ethnicity, male, age, kin=parents[0])
            child.father = father.number if father else None
            child.mother = mother.number if mother else None

    def _add(self, relation: str, group: str, male: bool, age: int, *, kin: Person | None = None) -> Person:
        """Add a person to the newest household; `kin` is the relative whose surname is shared."""
        rng, household = self.rng, self.households[-1]
        birth = self._day(age * 365.25 + rng.randint(1, 364))
        person = Person(
            len(self.persons), self._name(group, male, kin), group, male, birth,
            self._citizen_id(household.town.county, birth, male), household.number, relation,
        )  # fmt: skip
        if person.age(self.as_of) >= 14 and rng.random() < 0.94:
            person.phone = self._phone()
        self.persons.append(person)
        household.members.append(person.number)
        return person

    def _name(self, group: str, male: bool, kin: Person | None) -> str:
        shares = kin is not None and kin.ethnicity == group and names.has_surnames(group=group)
        family = _surname_of(kin.name) if kin is not None and shares else names.surname(self.rng, group=group)
        return family + names.given_name(self.rng, group=group, male=male)

    def _citizen_id(self, county: str, birth: date, male: bool) -> str:
        rng = self.rng
        born_in = county if rng.random() < 0.88 else self.places.draw_county(rng)
        place = f"{self.places.id_code(county=born_in, year=birth.year)}{birth:%Y%m%d}"
        while True:
            body = f"{place}{rng.randrange(1 if male else 2, 1000, 2):03d}"
            if body not in self._ids:
                self._ids.add(body)
                return body + CITIZEN_CHECKSUM.character(body)

    def _phone(self) -> str:
        while True:
            phone = f"1{self.rng.choice('35789')}{self.rng.randrange(10**9):09d}"
            if phone not in self._phones:
                self._phones.add(phone)
                return phone

    def _divorce(self) -> None:
        """Find everybody divorced a former spouse of about the same age; who finds none never was married."""
        alone = [
            person
            for person in self.persons
            if person.marital == DIVORCED or (person.relation == "户主" and person.spouse is None
                                              and person.marital == SINGLE and 28 <= person.age(self.as_of) <= 58)
        ]  # fmt: skip
        men = sorted((one for one in alone if one.male), key=lambda one: one.birth)
        women = sorted((one for one in alone if not one.male), key=lambda one: one.birth)
        for husband, wife in zip(men, women, strict=False):
            if DIVORCED not in (husband.marital, wife.marital):
                continue
            grown = max(_years_later(husband.birth, 22), _years_later(wife.birth, 20))
            start = self._between(grown, _years_later(grown, 3))
            self.marriages.append(
                Marriage(husband.number, wife.number, start, self._between(start, self.as_of - timedelta(days=60)))
            )
            husband.marital = wife.marital = DIVORCED
        wed = {number for marriage in self.marriages for number in (marriage.husband, marriage.wife)}
        for person in alone:
            if person.number not in wed:
                person.marital = SINGLE

    def _let_die(self) -> None:
        """Let some members die within the last six years; heads live, so that each household keeps its head."""
        for person in self.persons:
            age = person.age(self.as_of)
            if person.relation == "户主" or person.household == 0:
                continue
            if self.rng.random() < (0.16 if age >= 75 else 0.07 if age >= 60 else 0.004):
                person.died = self._between(max(person.birth, self._day(2190)), self._day(20))
                if person.spouse is not None:
                    self.persons[person.spouse].marital = WIDOWED

    def _day(self, days_ago: float) -> date:
        return self.as_of - timedelta(days=int(days_ago))

    def _between(self, start: date, end: date) -> date:
        """Draw a day from start to end, never after the day of the population."""
        end = min(end, self.as_of)
        return start + timedelta(days=self.rng.randint(0, max(0, (end - start).days)))


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _surname_of(name: str) -> str:
    return name[:2] if name.startswith("欧阳") else name[:1]
