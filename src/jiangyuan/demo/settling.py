"""Gives a finished population its livelihood, so that each reference (an owner, an employer) is one of its persons."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from jiangyuan.demo.livelihood import (
    CANCELLED,
    COMPANY,
    COOPERATIVE,
    LOW_INCOME,
    OLD_AGE,
    OPERATING,
    RESIDENT,
    REVOKED,
    SHOP,
    WORKER,
    Case,
    Claim,
    Contribution,
    Enterprise,
    Insured,
    Job,
    Livelihood,
    Pension,
    Property,
)
from jiangyuan.demo.places import Town, draw_address
from jiangyuan.kernel.identifiers import USCC_ALPHABET, make_organization_code, make_uscc
from jiangyuan.organization.divisions import division

if TYPE_CHECKING:
    from jiangyuan.demo.people import Household, Person, Population


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_TRADES = (
    ("F", "商贸", "日用百货、农副产品销售"), ("H", "餐饮", "餐饮服务"), ("E", "建筑工程", "房屋建筑工程施工"), ("A", "农牧开发", "牛羊养殖及销售"),
    ("C", "食品加工", "牛羊肉、乳制品加工"), ("G", "物流运输", "道路普通货物运输"), ("I", "信息科技", "软件开发、信息技术服务"), ("O", "家政服务", "居民服务"),
    ("D", "光伏能源", "光伏发电项目建设运营"), ("L", "文化旅游", "旅游项目开发"),
)  # fmt: skip
_BRANDS_A = _words(
    "祁连 昆仑 江源 河湟 青湖 雪域 高原 三江 湟水 格桑 金银滩 北山 日月 玉珠 吉祥 恒源 鑫盛 宏达 德隆 瑞丰"
)
_BRANDS_B = _words("兴 盛 源 达 通 泰 和 顺 丰 隆 祥 瑞 华 康 信 旺")
_POSITIONS = _words("普工 销售员 会计 驾驶员 厨师 保安 施工员 护理员 技术员 仓管员 文员 保洁员")
_ILLNESSES = (
    ("I10", "原发性高血压"), ("E11.9", "2型糖尿病"), ("J18.9", "肺炎"), ("K29.5", "慢性胃炎"), ("J44.9", "慢性阻塞性肺疾病"),
    ("I25.1", "冠状动脉粥样硬化性心脏病"), ("M51.2", "腰椎间盘突出"), ("J06.9", "急性上呼吸道感染"), ("T70.2", "高原反应"), ("B67.9", "棘球蚴病"),
)  # fmt: skip


def found_livelihood(population: Population, rng: random.Random) -> Livelihood:
    """Make the livelihood of a population, drawing on from its generator."""
    settler = _Settler(population, rng)
    settler.register_enterprises()
    settler.pay_pensions()
    settler.employ()
    settler.insure()
    settler.house()
    settler.assist()
    return settler.made


class _Settler:
    """Gives everybody a livelihood; household 0 gets the one that the demonstration needs, see `story`."""

    def __init__(self, population: Population, rng: random.Random) -> None:
        self.population, self.rng, self.as_of = population, rng, population.as_of
        self.made = Livelihood()
        self.grown = [one for one in population.living() if one.age(self.as_of) >= 18 and one.household]
        self.months = list(_months_before(self.as_of, 6))
        self._employer: dict[int, int] = {}
        self._codes: set[str] = set()

    def family(self) -> list[Person]:
        return self.population.family(0)

    # enterprises

    def register_enterprises(self) -> None:
        husband = next(one for one in self.family() if one.male and one.spouse is not None)
        shop = self._enterprise(husband, SHOP)
        shop.status, shop.cancelled = CANCELLED, self.as_of - timedelta(days=200)
        for _each in range(max(4, self.population.people // 25)):
            kind = self.rng.choices((COMPANY, SHOP, COOPERATIVE), (40, 52, 8))[0]
            self._enterprise(self.rng.choice(self.grown), kind)

    def _enterprise(self, legal: Person, kind: str) -> Enterprise:
        rng, home = self.rng, self.population.households[legal.household]
        industry, trade, scope = rng.choice(_TRADES)
        brand = rng.choice(_BRANDS_A) + rng.choice(_BRANDS_B)
        place = short_name(division(home.town.county).name)
        ending = {COMPANY: "有限公司", SHOP: "店", COOPERATIVE: "专业合作社"}[kind]
        number = len(self.made.enterprises)
        first_possible = (self.as_of - legal.birth).days - 18 * 366
        one = Enterprise(
            number, self._uscc(kind, home.town.county), f"{place}{brand}{trade}{ending}", kind, home.town,
            draw_address(rng, town=home.town), legal.number, 0 if kind == SHOP else rng.choice((10, 50, 100, 200, 500, 1000)),
            self.as_of - timedelta(days=rng.randint(220, max(240, min(7000, first_possible)))), industry, scope, legal.phone,
        )  # fmt: skip
        if number and rng.random() < 0.14:
            one.status = rng.choice((CANCELLED, CANCELLED, REVOKED))
            one.cancelled = self.as_of - timedelta(days=rng.randint(10, 219))
        one.stakeholders = self._stakeholders(one)
        self.made.enterprises.append(one)
        return one

    def _stakeholders(self, one: Enterprise) -> list[tuple[int, str, float, float]]:
        if one.kind == SHOP:
            return [(one.legal, "经营者", 0.0, 100.0)]
        others = [other.number for other in self.rng.sample(self.grown, self.rng.choice((0, 1, 1, 2)))]
        owners = list(dict.fromkeys((one.legal, *others)))
        share = {1: (100.0,), 2: (60.0, 40.0), 3: (50.0, 30.0, 20.0)}[len(owners)]
        return [(one.legal, "法定代表人", 0.0, 0.0)] + [
            (person, "股东", round(one.capital * part / 100, 2), part)
            for person, part in zip(owners, share, strict=True)
        ]

    def _uscc(self, kind: str, county: str) -> str:
        while True:
            body = "MA" + "".join(self.rng.choices(USCC_ALPHABET, k=6))
            if body not in self._codes:
                self._codes.add(body)
                return make_uscc(
                    authority="9", kind={COMPANY: "1", SHOP: "2", COOPERATIVE: "3"}[kind], division=county,
                    organization_code=make_organization_code(body),
                )  # fmt: skip

    # work and its insurances

    def employ(self) -> None:
        working = [one for one in self.made.enterprises if one.status == OPERATING and one.kind != SHOP]
        working = working or [one for one in self.made.enterprises if one.status == OPERATING]
        retired = {pension.person for pension in self.made.pensions}
        for person in self.population.living():
            age = person.age(self.as_of)
            wife = person.household == 0 and not person.male and person.spouse is not None
            if not 16 <= age < 60 or person.number in retired:
                continue
            if wife or (age >= 18 and person.household and self.rng.random() < 0.62):
                enterprise = None if not wife and self.rng.random() < 0.24 else self.rng.choice(working)
                self._hire(person, enterprise)
            else:
                self._contribute(
                    person, RESIDENT, str(self.as_of.year - 1), 0, float(self.rng.choice((200, 300, 500))), 0.0
                )

    def _hire(self, person: Person, enterprise: Enterprise | None) -> None:
        rng = self.rng
        wage = rng.randrange(2600, 9800, 100) if person.household else 2800
        most = max(40, min(3000, (self.as_of - person.birth).days - 18 * 366))
        if enterprise is not None:
            most = max(31, min(most, (self.as_of - enterprise.established).days))
            self._employer[person.number] = enterprise.number
        started = self.as_of - timedelta(days=rng.randint(30, most))
        position = rng.choice(_POSITIONS)
        self.made.jobs.append(
            Job(person.number, enterprise.number if enterprise else None, position, started, None, wage)
        )
        base = max(4179, wage)
        for month in self.months:
            if enterprise is None:
                self._contribute(person, WORKER, month, base, round(base * 0.2, 2), 0.0)
            else:
                self._contribute(person, WORKER, month, base, round(base * 0.08, 2), round(base * 0.16, 2))

    def _contribute(self, person: Person, identity: str, period: str, base: int, own: float, employer: float) -> None:
        kind = f"{identity}基本养老保险" if identity == RESIDENT else "企业职工基本养老保险"
        self.made.contributions.append(Contribution(person.number, kind, identity, period, base, own, employer))

    def pay_pensions(self) -> None:
        for person in self.population.persons:
            worker = bool(person.household) and self.rng.random() < 0.4
            start = _years_on(person.birth, 55 if worker and not person.male else 60)
            end = person.died or self.as_of
            if start >= end or (person.household and self.rng.random() < 0.05):
                continue
            amount = float(self.rng.randint(2200, 5800)) if worker else 200.0 + self.rng.randint(0, 140)
            kind = "企业职工基本养老金" if worker else "城乡居民基本养老金"
            self.made.pensions.append(Pension(person.number, kind, amount, start, next(_months_before(end, 1))))

    # medical insurance

    def insure(self) -> None:
        living = set()
        for person in self.population.persons:
            if person.household and self.rng.random() < 0.03:
                continue
            employer = self._employer.get(person.number)
            kind = WORKER if employer is not None else RESIDENT
            number = f"63Y{person.number + 1:09d}"
            since = max(person.birth + timedelta(days=30), date(2010, 1, 1))
            self.made.insured.append(Insured(person.number, number, kind, employer, min(since, self.as_of)))
            living.add(person.number)
        for insured in range(len(self.made.insured)):
            self._fall_ill(insured)

    def _fall_ill(self, insured: int) -> None:
        rng, person = self.rng, self.population.persons[self.made.insured[insured].person]
        age = person.age(self.as_of)
        often = (0.25, 0.45, 0.2, 0.1) if age >= 60 else (0.62, 0.26, 0.09, 0.03)
        visits = rng.choices((0, 1, 2, 4), often)[0]
        if person.household == 0 and age >= 60:
            visits = 3
        county = self.population.households[person.household].town.county
        last = ((person.died or self.as_of) - max(person.birth, self.as_of - timedelta(days=1500))).days
        for _each in range(visits if last > 40 else 0):
            admitted = (person.died or self.as_of) - timedelta(days=rng.randint(16, min(last, 720)))
            inpatient = rng.random() < 0.35
            total = round(rng.uniform(2200, 26000) if inpatient else rng.uniform(40, 900), 2)
            fund = round(total * rng.uniform(0.5, 0.85), 2)
            far = rng.random() < 0.25
            hospital = "省级综合医院" if far else f"{division(county).name}人民医院"
            settled = admitted + timedelta(days=rng.randint(4, 15) if inpatient else 0)
            self.made.claims.append(
                Claim(
                    insured, f"JS{settled:%Y%m}{len(self.made.claims) + 1:08d}", "住院" if inpatient else "门诊", hospital,
                    "三级" if far else "二级", rng.choice(_ILLNESSES), admitted, settled, total, fund, round(total - fund, 2),
                )
            )  # fmt: skip

    # property

    def house(self) -> None:
        for household in self.population.households:
            rng = self.rng
            if household.number and rng.random() > 0.58:
                continue
            self._own(household, household.town, household.address)
            if household.number and rng.random() < 0.06:
                self._own(household, household.former[0], household.former[1])

    def _own(self, household: Household, town: Town, location: str) -> None:
        rng = self.rng
        head = self.population.persons[household.members[0]]
        couple = head.spouse is not None and self.population.persons[head.spouse].died is None
        shared = couple and rng.random() < 0.45
        holders = [(head.number, 50.0), (head.spouse or 0, 50.0)] if shared else [(head.number, 100.0)]
        number = len(self.made.properties) + 1
        prefecture = short_name(division(f"{town.county[:4]}00").name)
        registered = self.as_of - timedelta(days=rng.randint(60, 3800))
        right = f"青（{registered.year}）{prefecture}不动产权第{number:07d}号"
        unit = (
            f"{town.county}{rng.randint(1, 99):03d}{rng.randint(1, 99):03d}GB{rng.randint(1, 99999):05d}F{number:08d}"
        )
        usage = "城镇住宅" if town.urban else "农村宅基地"
        area = round(rng.uniform(58, 140) if town.urban else rng.uniform(90, 260), 2)
        mortgaged = town.urban and rng.random() < 0.25
        self.made.properties.append(Property(unit, right, usage, town, location, area, registered, mortgaged, holders))

    # assistance

    def assist(self) -> None:
        family = self.family()
        self._case(self.population.households[0], LOW_INCOME, family[0], family, pending=True)
        for person in self.population.persons:
            if (
                person.age(self.as_of) >= 70
                and person.died is None
                and (not person.household or self.rng.random() < 0.8)
            ):
                self._case(self.population.households[person.household], OLD_AGE, person, [person], pending=False)
        for household in self.population.households[1:]:
            members = [one for one in self.population.family(household.number) if one.died is None]
            if self.rng.random() < 0.05 and members[0].age(self.as_of) >= 18:
                self._case(household, LOW_INCOME, members[0], members, pending=self.rng.random() < 0.15)

    def _case(self, home: Household, kind: str, applicant: Person, members: list[Person], *, pending: bool) -> None:
        rng = self.rng
        number = f"SA{home.town.county}{len(self.made.cases) + 1:07d}"
        low = kind == LOW_INCOME
        income = round(rng.uniform(160, 560), 2) if low else 0.0
        each = rng.randint(180, 520) if low else 100 + 10 * max(0, applicant.age(self.as_of) - 70)
        allowance = 0.0 if pending else float(each * len(members))
        applied = self.as_of - timedelta(days=rng.randint(3, 9) if pending else rng.randint(40, 900))
        approved = None if pending else applied + timedelta(days=rng.randint(10, 32))
        status = "审核中" if pending else "已批准"
        self.made.cases.append(
            Case(number, kind, applicant.number, home.number, income, allowance, status, applied, approved,
                 [(member.number, not pending) for member in members])
        )  # fmt: skip


def short_name(name: str) -> str:
    """Return a division's name as shops write it: 大通回族土族自治县 is 大通, 湟中区 is 湟中."""
    short = re.sub(r"(?:(?:回族|土族|藏族|蒙古族|撒拉族)+)?(?:自治州|自治县)$", "", name)
    return re.sub(r"[市区县]$", "", short) if len(short) > 2 else short


def _months_before(day: date, months: int) -> Iterator[str]:
    year, month = day.year, day.month
    for _each in range(months):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        yield f"{year}{month:02d}"


def _years_on(day: date, years: int) -> date:
    """Return the birthday, which is 1 March in years without a 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
