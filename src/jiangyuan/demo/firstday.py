"""So that no page is empty on the first day: a quality problem with its rows, a source that drifted, a week of work.

The problem and the drift are real: a rule that the department's rows really break, a column and a table that its own
system really added, found by the platform's own check and scan. The week is replayed: the acts of six days are carried
out when the curtain rises, each by the person whose desk it is on, dated to its day and saying so in its purpose
(`REPLAYED`); the order of the log, and the day of its signed heads, show that all of it was written today.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

import psycopg
from django.utils import timezone

from jiangyuan.demo import road
from jiangyuan.demo.cast import SCENE, Cast
from jiangyuan.demo.departments import DepartmentDatabase
from jiangyuan.exchange.sharing.models import Request
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.organization.models import ApplicationSystem
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.quality.models import CheckRun, QualityRule
from jiangyuan.sources.models import Scan, Source

REPLAYED = "演示回放"
"""The purpose under which every act of the replayed week stands in the memory."""
DAYS = 6
RULE = "工资应当填写"
_DRIFT = (
    "ALTER TABLE marriage ADD COLUMN IF NOT EXISTS certificate_state text",
    "COMMENT ON COLUMN marriage.certificate_state IS '证照状态'",
    "CREATE TABLE IF NOT EXISTS temporary_relief (relief_number text PRIMARY KEY, citizen_id text NOT NULL,"
    " amount numeric(10,2), granted_on date, updated_at timestamptz NOT NULL DEFAULT now())",
    "COMMENT ON TABLE temporary_relief IS '临时救助发放'",
)
_WEEK = (
    ("medical_insurance", "civil_affairs.social_assistance_case", ("assistance_kind",)),
    ("human_resources", "medical_insurance.insured_person", ("insured_kind", "status")),
    ("medical_insurance", "natural_resources.real_estate_right", ("right_kind",)),
)
"""Who applied for what, again each day: two of the three, in turn."""


def open_problem(cast: Cast) -> int:
    """Human resources finds that wages are missing, by a rule of its own; gives how many rows its people must mend."""
    handler = cast.at("human_resources", "handler")
    mount = Mount.objects.get(table__source__alias="human_resources_front", table__name="employment")
    if not QualityRule.objects.filter(mount=mount, name=RULE, active=True).exists():
        definition = {"kind": "not_null", "column": "monthly_wage"}
        act("quality.rule.write", actor=handler, scene=SCENE, mount=mount.pk, name=RULE, definition=definition)
    run = act("quality.run.ask", actor=handler, scene=SCENE, mount=mount.pk)

    def finished() -> CheckRun | None:
        return CheckRun.objects.filter(pk=run.pk, finished_at__isnull=False).first()

    done = road.wait_for("质量检查", finished, seconds=120)
    found = done.results.filter(rule__name=RULE).first()
    return found.failed if found is not None else 0


def drift(cast: Cast, departments: Mapping[str, DepartmentDatabase]) -> int:
    """Civil affairs' own system grows a column and a table; the next scan tells. Gives how many things changed."""
    one = departments["civil_affairs"]
    with psycopg.connect(one.dsn(one.owner), autocommit=True) as connection:
        for statement in _DRIFT:
            connection.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]
    source = Source.objects.get(alias="civil_affairs_front")
    if Scan.objects.filter(source=source, finished_at__isnull=False).count() > 1:
        return 0
    scan = act("sources.source.scan", source.pk, actor=cast.at("civil_affairs", "handler"), scene=SCENE)

    def finished() -> Scan | None:
        return Scan.objects.filter(pk=scan.pk, finished_at__isnull=False).first()

    told = road.wait_for("数据源扫描", finished).difference or {}
    return sum(len(names) for names in told.values() if isinstance(names, list))


def replay_week(cast: Cast) -> int:
    """Carry out the applications of the last days, decided as such days go; gives how many there are. Once only."""
    made = Request.objects.filter(scenario__startswith=REPLAYED)
    if made.exists():
        return made.count()
    today = timezone.localdate()
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        for turn, (body, name, columns) in enumerate(_WEEK):
            if (back + turn) % 3:
                morning = timezone.make_aware(datetime.combine(day, time(9, 20 + 7 * turn)))
                _one(cast, body, name, columns, morning, refused=(back + turn) % 2 == 0)
    return made.count()


def _one(cast: Cast, body: str, name: str, columns: tuple[str, ...], begun: datetime, *, refused: bool) -> None:
    """Walk one application to a refusal, or leave it withdrawn: it must give nobody a right that he could use today."""
    provider, table = name.split(".")
    mount = Mount.objects.get(table__source__alias=f"{provider}_front", table__name=table)
    system = ApplicationSystem.objects.filter(body=cast.bodies[body]).order_by("created_at").first()
    if system is None:
        return
    scene = _at(begun)
    asked = act(
        "sharing.request.open",
        actor=cast.at(body, "office"),
        scene=scene,
        system=system.pk,
        entry=mount.entry_id,
        mount=mount.pk,
        items=[{"column": column} for column in columns],
        forms=["query"],
        purpose="daily-duty",
        basis="《政务数据共享条例》第二十条；本部门三定规定确定的法定职责。",
        scenario=f"{REPLAYED}：办理本部门业务时核对申请人情况。",
        until=timezone.localdate() + timedelta(days=90),
    )
    act("sharing.request.submit", asked.pk, actor=cast.at(body, "office"), scene=scene)
    if not refused:
        reason = "情况已由本部门台账核实，不再需要。"
        act("sharing.request.cancel", asked.pk, actor=cast.at(body, "office"), scene=_at(begun, hours=3), reason=reason)
        return
    act("sharing.request.consent", asked.pk, actor=cast.at(body, "head"), scene=_at(begun, hours=1))
    opinion = "申请的用途与已有授权重复，建议不同意，由使用方使用已有授权。"
    handler, head = cast.at(provider, "handler"), cast.at(provider, "head")
    act("sharing.request.propose", asked.pk, actor=handler, scene=_at(begun, hours=3), proposal=opinion)
    act(
        "sharing.request.refuse",
        asked.pk,
        actor=head,
        scene=_at(begun, hours=5),
        reason="用途与已有授权重复，请使用已有授权。",
        article="《政务数据共享条例》第二十一条",
    )


def _at(begun: datetime, *, hours: int = 0) -> Scene:
    return Scene(channel="cli", purpose=REPLAYED, at=begun + timedelta(hours=hours))
