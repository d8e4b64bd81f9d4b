"""The verification report of the story's family: asked of six departments over the gateway, held against the truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx

from jiangyuan.demo.cast import Cast
from jiangyuan.demo.people import Population
from jiangyuan.demo.road import DEATHS, PURPOSE, WISHES
from jiangyuan.demo.story import Family, expected_answers
from jiangyuan.exchange.delivery.client import Occasion, call
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.errors import Broken

OPERATOR = "王敏"


@dataclass(slots=True)
class Report:
    """What the departments answered: rows by table, and what is needed to ask again."""

    cast: Cast
    gateway: str
    case: str
    subject: str
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    grants: dict[str, UUID] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Count the rows of the report."""
        return sum(len(rows) for rows in self.answers.values())

    def ask(self, grant: UUID, subject: str) -> httpx.Response:
        """Ask one department about one person."""
        occasion = Occasion(purpose=PURPOSE, case_number=self.case, operator=OPERATOR)
        return call(
            self.gateway, self.cast.credentials, occasion, path=f"/v1/{grant}/match", content={"subject": subject}
        )

    def ask_outsider(self, population: Population) -> str:
        """Ask about somebody who is not on the list; gives the refusal, raises `Broken` if there is none."""
        outsider = population.persons[-1].citizen_id
        return _must_refuse(self.ask(self.grants["public_security.resident"], outsider), "名单以外的人")

    def ask_again(self, grant: UUID) -> str:
        """Ask under a grant that was just taken away; gives the refusal, raises `Broken` if there is none."""
        return _must_refuse(self.ask(grant, self.subject), "已暂停的授权")


def _must_refuse(answer: httpx.Response, what: str) -> str:
    if answer.status_code < 400 or answer.status_code >= 500:
        raise Broken(f"{what}应被拒绝，实际返回 {answer.status_code}", code="demo.leak")
    return str(answer.json()["message"])


def verify_family(cast: Cast, *, gateway: str, case: str, family: Family) -> Report:
    """Ask every granted table about every member of the family."""
    report = Report(cast, gateway, case, family.members[0].citizen_id)
    grants = Grant.objects.select_related("mount__table__source").filter(system=cast.system, state="active")
    by_table = {f"{g.mount.table.source.body.alias}.{g.mount.table.name}": g.pk for g in grants}
    for name in WISHES:
        if name == DEATHS:
            continue
        report.grants[name] = by_table[name]
        rows = report.answers.setdefault(name, [])
        for subject in family.citizen_ids:
            answer = report.ask(by_table[name], subject)
            if answer.status_code != 200:
                raise Broken(f"核验 {name} 未成功：{answer.text}", code="demo.match", where=name)
            rows += answer.json()["records"]
    return report


def compare(report: Report, population: Population) -> list[str]:
    """Hold the report against the truth: every table must give exactly the family's rows, as far as it is granted."""
    expected = expected_answers(population)
    differences = []
    for name, rows in report.answers.items():
        department, table = name.split(".")
        columns = [c for c, mask in WISHES[name].columns.items() if mask is not None]
        known = Counter(_shown(row, columns) for row in expected[department][table])
        found = Counter(_shown(row, columns) for row in rows)
        if known != found:
            differences.append(f"{name}: 缺 {list((known - found).elements())} 多 {list((found - known).elements())}")
        extra = {key for row in rows for key in row} - set(WISHES[name].columns)
        if extra:
            differences.append(f"{name}: 返回了未授权的字段 {sorted(extra)}")
    return differences


def _shown(row: dict[str, Any], columns: list[str]) -> tuple[str, ...]:
    return tuple(_text(row.get(column)) for column in columns)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(Decimal(str(value)).normalize())
    return str(value)
