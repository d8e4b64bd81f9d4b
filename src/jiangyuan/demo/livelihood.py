"""What the people of the demonstration live on: enterprises, work, insurance, property, assistance.

The shapes only; `settling` makes them. Amounts are yuan; registered capital is in 10,000 yuan as the enterprise registers
keep it. References are places in the population's lists or in those of `Livelihood`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from jiangyuan.demo.places import Town

COMPANY, SHOP, COOPERATIVE = "有限责任公司", "个体工商户", "农民专业合作社"
LOW_INCOME, OLD_AGE = "最低生活保障", "高龄津贴"
WORKER, RESIDENT = "城镇职工", "城乡居民"
OPERATING, CANCELLED, REVOKED = "存续", "注销", "吊销"


@dataclass(slots=True)
class Enterprise:
    """A market entity; `stakeholders` are (person, role, contribution in 10,000 yuan, share in percent)."""

    number: int
    uscc: str
    name: str
    kind: str
    town: Town
    address: str
    legal: int
    capital: int
    established: date
    industry: str
    scope: str
    phone: str
    status: str = OPERATING
    cancelled: date | None = None
    stakeholders: list[tuple[int, str, float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Job:
    """An employment; `enterprise` is None for flexible employment, `ended` None while it lasts."""

    person: int
    enterprise: int | None
    position: str
    started: date
    ended: date | None
    wage: int


@dataclass(slots=True)
class Contribution:
    """One payment into one insurance for one period (YYYYMM, or YYYY where it is paid by the year)."""

    person: int
    kind: str
    identity: str
    period: str
    base: int
    personal: float
    employer: float


@dataclass(slots=True)
class Pension:
    """A pension in payment; `paid_through` is the last month paid (YYYYMM)."""

    person: int
    kind: str
    amount: float
    first_paid: date
    paid_through: str


@dataclass(slots=True)
class Insured:
    """A medical insurance; `enterprise` is the employer of workers."""

    person: int
    number: str
    kind: str
    enterprise: int | None
    since: date


@dataclass(slots=True)
class Claim:
    """A settled medical bill: total = fund + personal."""

    insured: int
    number: str
    visit: str
    hospital: str
    level: str
    illness: tuple[str, str]
    admitted: date
    settled: date
    total: float
    fund: float
    personal: float


@dataclass(slots=True)
class Property:
    """A real-estate right; `holders` are (person, share in percent)."""

    unit: str
    certificate: str
    usage: str
    town: Town
    location: str
    area: float
    registered: date
    mortgaged: bool
    holders: list[tuple[int, float]]


@dataclass(slots=True)
class Case:
    """A social-assistance case; `members` are (person, receives the allowance)."""

    number: str
    kind: str
    applicant: int
    household: int
    income: float
    allowance: float
    status: str
    applied: date
    approved: date | None
    members: list[tuple[int, bool]]


@dataclass(slots=True)
class Livelihood:
    """All of it; references are places in the population's lists or in these."""

    enterprises: list[Enterprise] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    pensions: list[Pension] = field(default_factory=list)
    insured: list[Insured] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
