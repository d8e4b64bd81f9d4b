"""The demonstration's census: three departments at three places on the road, one of which forgot a table.

Civil affairs is still filling in: one table of its database was not reported, and one that is reported is gone. Market
regulation has signed, so that the authority has a report to accept; natural resources has handed in its own, accepted.
Everything is done by the acts of those whose desk it is on; running it again changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from jiangyuan.catalog.census.models import Campaign, Channel, Report
from jiangyuan.demo.cast import AUTHORITY, SCENE, Cast
from jiangyuan.kernel.actions import act
from jiangyuan.sources.models import ScannedTable

TITLE = "2026年度全省数字资源普查"
KINDS = ("system", "application", "interface", "database", "table", "file", "device", "staff", "project")
DAYS = 30
SYSTEMS = {
    "civil_affairs": ("social_assistance", "社会救助信息系统", "最低生活保障、临时救助等审核确认"),
    "market_regulation": ("market_subjects", "市场主体登记系统", "市场主体登记注册和年度报告"),
    "natural_resources": ("real_estate", "不动产登记信息系统", "不动产统一登记"),
}
FORGOTTEN, GONE = "marriage", ("public.disaster_relief_2019", "2019年救灾发放台账")


def take_census(cast: Cast) -> int:
    """Open the campaign and bring three departments on their way; gives how many departments are asked."""
    if Campaign.objects.filter(title=TITLE).exists():
        return Report.objects.filter(campaign__title=TITLE).count()
    authority = cast.at("bureau", "handler")
    made = act(
        "census.campaign.create", actor=authority, scene=SCENE, title=TITLE, kinds=list(KINDS),
        deadline=timezone.localdate() + timedelta(days=DAYS),
        bodies=[body.pk for code, body in cast.bodies.items() if code != AUTHORITY],
        purpose="摸清信息系统、数据库、数据表等数字资源的家底。没有相应资源的，请作零报告，由负责人签发。",
    )  # fmt: skip
    campaign = act("census.campaign.open", made.pk, actor=authority, scene=SCENE)
    reports = {code: _report(cast, campaign, code) for code in SYSTEMS}
    for code, report in reports.items():
        _fill(cast, report, code)
    _forget(cast, reports["civil_affairs"])
    for code in ("market_regulation", "natural_resources"):
        _sign(cast, reports[code], code)
    act("census.report.accept", reports["natural_resources"].pk, actor=authority, scene=SCENE)
    _channel(cast)
    return campaign.reports.count()


def _report(cast: Cast, campaign: Campaign, code: str) -> Report:
    return Report.objects.get(campaign=campaign, body=cast.bodies[code])


def _record(cast: Cast, report: Report, body: str, kind: str, **facts: Any) -> None:
    act(f"census.{kind}.record", report.pk, actor=cast.at(body, "handler"), scene=SCENE, **facts)


def _fill(cast: Cast, report: Report, body: str) -> None:
    """Register the system, its database, and by the check every table that the scan found there."""
    code, name, duty = SYSTEMS[body]
    _record(
        cast,
        report,
        body,
        "system",
        code=code,
        name=name,
        duty=duty,
        status="running",
        network="extranet",
        protection="3",
    )
    _record(cast, report, body, "database", code=f"{body}_front", name=f"{name}前置库", parent=code, engine="postgres",
            source=f"{body}_front")  # fmt: skip
    _record(cast, report, body, "staff", code="data", name="数据管理岗", duty="data", people=3, outsourced=1)
    handler = cast.at(body, "handler")
    act("census.report.check", report.pk, actor=handler, scene=SCENE)
    if ScannedTable.objects.filter(source__alias=f"{body}_front", gone_at__isnull=True).exists():
        act("census.report.mend", report.pk, actor=handler, scene=SCENE)


def _forget(cast: Cast, report: Report) -> None:
    """Leave one table out and keep one that is gone, as happens where a list is copied from last year's."""
    database, body = "civil_affairs_front", "civil_affairs"
    handler = cast.at(body, "handler")
    code = f"public.{FORGOTTEN}"
    act("census.report.remove", report.pk, actor=handler, scene=SCENE, kind="table", code=code, parent=database)
    _record(cast, report, body, "table", code=GONE[0], name=GONE[1], parent=database, columns=12, rows=4300)
    act("census.report.check", report.pk, actor=handler, scene=SCENE)


def _sign(cast: Cast, report: Report, body: str) -> None:
    act("census.report.submit", report.pk, actor=cast.at(body, "handler"), scene=SCENE)
    act("census.report.sign", report.pk, actor=cast.at(body, "chief"), scene=SCENE)


def _channel(cast: Cast) -> None:
    if not Channel.objects.exists():
        act(
            "census.channel.register", actor=cast.at("medical_insurance", "handler"), scene=SCENE,
            body=cast.bodies["medical_insurance"].pk, name="参保状态查询接口", protocol="soap",
            content="按公民身份号码查询参保状态，供社会救助核对家庭经济状况。",
            callers=[cast.bodies["civil_affairs"].pk], monthly_calls=18_000, personal=True,
        )  # fmt: skip
