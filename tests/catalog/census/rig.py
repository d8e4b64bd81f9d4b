"""A campaign and the people of a department and of the authority who walk through it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from jiangyuan.catalog.census.models import Campaign, Finding, Report
from jiangyuan.kernel.actions import act
from office import Office, appoint, body

ALL = ("system", "database", "table", "staff")
PEOPLE_AND_VISITS = """
CREATE TABLE people (citizen_id text PRIMARY KEY, name text NOT NULL, income numeric(10,2));
COMMENT ON TABLE people IS '人员信息';
CREATE TABLE visit (id int PRIMARY KEY, citizen_id text REFERENCES people);
COMMENT ON TABLE visit IS '走访记录';
CREATE VIEW names AS SELECT name FROM people;
INSERT INTO people SELECT 'p' || n, '姓名' || n, n FROM generate_series(1, 1000) n;
ANALYZE
"""


def opened(office: Office, *, kinds: Any = ALL, days: int = 30, **given: Any) -> Campaign:
    """Create a campaign by the authority and open it for the office's department."""
    made = act(
        "census.campaign.create",
        actor=office.authority,
        title=given.pop("title", "年度普查"),
        kinds=list(kinds),
        deadline=timezone.localdate() + timedelta(days=days),
        bodies=[office.place.pk],
        **given,
    )
    return act("census.campaign.open", made.pk, actor=office.authority)


def soon(days: int = 30) -> date:
    return timezone.localdate() + timedelta(days=days)


def report_of(office: Office, campaign: Campaign) -> Report:
    return Report.objects.select_related("campaign", "body").get(campaign=campaign, body=office.place)


def record(office: Office, report: Report, kind: str, code: str, *, actor: Any = None, **facts: Any) -> Any:
    return act(f"census.{kind}.record", report.pk, actor=actor or office.business, code=code, **{"name": code, **facts})


def system(office: Office, report: Report, code: str = "sys") -> Any:
    return record(office, report, "system", code, name="救助系统", duty="社会救助", status="running")


def sent(office: Office, report: Report, **given: Any) -> Report:
    """Submit by the business office, sign by the head, accept by the authority."""
    act("census.report.submit", report.pk, actor=office.business, **given)
    act("census.report.sign", report.pk, actor=office.head)
    act("census.report.accept", report.pk, actor=office.authority)
    report.refresh_from_db()
    return report


def findings(report: Report, against: str = "scan") -> set[tuple[str, str]]:
    return set(Finding.objects.filter(report=report, against=against).values_list("code", "thing"))


def stranger() -> Office:
    return Office(body())


__all__ = ["appoint", "findings", "opened", "record", "report_of", "sent", "stranger", "system"]
