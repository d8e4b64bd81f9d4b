"""The main road as the demonstration walks it: every step an act of the person whose desk it is on.

Each function is idempotent: what an earlier run has done already is found and left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.db import close_old_connections
from django.utils import timezone

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.demo.cast import SCENE, Cast
from jiangyuan.demo.departments import DepartmentDatabase
from jiangyuan.exchange.delivery.models import Delivery
from jiangyuan.exchange.sharing.models import Case, Grant, Request
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Broken
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.quality.models import CheckRun, QualityRule
from jiangyuan.sources.models import ScannedTable, Source

PURPOSE = "social-assistance"
RECEIVING = "civil_affairs_receiving"
DEATHS = "public_security.death_registration"


@dataclass(frozen=True, slots=True)
class Wish:
    """What civil affairs asks of one table: columns with the mask wanted (None: the default), and the forms."""

    summary: str
    columns: Mapping[str, dict[str, Any] | None]
    forms: tuple[str, ...] = ("match",)
    case_bound: bool = True


PLAIN: dict[str, Any] = {"kind": "none"}
WISHES: Mapping[str, Wish] = {
    "public_security.resident": Wish(
        "全省常住人口的户籍登记信息",
        {"name": None, "household_number": PLAIN, "relation_to_head": PLAIN, "life_status": PLAIN},
    ),
    DEATHS: Wish(
        "全省死亡登记信息",
        {"record_id": PLAIN, "citizen_id": PLAIN, "death_date": PLAIN, "registered_on": PLAIN},
        ("match", "table"),
        case_bound=False,
    ),
    "civil_affairs.social_assistance_case": Wish(
        "全省社会救助案件及发放情况",
        {"case_number": PLAIN, "assistance_kind": PLAIN, "monthly_allowance": PLAIN, "status": PLAIN},
    ),
    "market_regulation.enterprise_person": Wish(
        "经营主体的法定代表人、经营者和股东", {"uscc": PLAIN, "role": PLAIN, "contribution": PLAIN}
    ),
    "human_resources.employment": Wish(
        "就业登记和工资信息",
        {"employment_kind": PLAIN, "started_on": PLAIN, "ended_on": PLAIN, "monthly_wage": PLAIN},
    ),
    "human_resources.pension_benefit": Wish(
        "养老待遇发放信息", {"pension_kind": PLAIN, "monthly_amount": PLAIN, "status": PLAIN}
    ),
    "medical_insurance.insured_person": Wish("医疗保险参保信息", {"insured_kind": PLAIN, "status": PLAIN}),
    "medical_insurance.claim": Wish(
        "医疗费用结算信息",
        {"visit_kind": PLAIN, "settled_on": PLAIN, "total_amount": PLAIN, "personal_amount": PLAIN},
    ),
    "natural_resources.real_estate_right": Wish(
        "不动产权利登记信息", {"unit_number": PLAIN, "right_kind": PLAIN, "ownership": PLAIN, "share_percent": PLAIN}
    ),
}


T = TypeVar("T")


def wait_for(what: str, look: Callable[[], T | None], *, seconds: float = 60.0, every: float = 0.05) -> T:
    """Wait until `look` gives something; raises `Broken` naming what did not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        close_old_connections()
        found = look()
        if found is not None:
            return found
        time.sleep(every)
    raise Broken(f"等待超时：{what}", code="demo.timeout", where=what)


def register_sources(cast: Cast, departments: Mapping[str, DepartmentDatabase]) -> dict[str, Source]:
    """Each department registers its front-end database, civil affairs also the one that receives; all are tested."""
    for code, one in departments.items():
        _source(cast, code, code, f"{code}_front", one.database, one.reader.name, one.reader.password, one)
        if one.receiving is not None:
            into = one.receiving
            _source(cast, code, code, RECEIVING, into.database, into.writer.name, into.writer.password, one, True)
    aliases = [f"{code}_front" for code in departments] + [RECEIVING]

    def settled() -> dict[str, Source] | None:
        found = {s.alias: s for s in Source.objects.filter(alias__in=aliases).exclude(state="registered")}
        return found if len(found) == len(aliases) else None

    found = wait_for("数据源连接测试", settled)
    for source in found.values():
        if source.state != "connected":
            raise Broken(f"数据源 {source.name} 连接异常：{source.last_test}", code="demo.source", where=source.alias)
    return found


def _source(
    cast: Cast,
    body: str,
    label: str,
    alias: str,
    database: str,
    user: str,
    password: str,
    one: Any,
    receives: bool = False,
) -> None:
    if Source.objects.filter(alias=alias).exists():
        return
    act(
        "sources.source.register",
        actor=cast.at(body, "handler"),
        scene=SCENE,
        body=cast.bodies[body].pk,
        name=f"{cast.bodies[body].short_name}{'接收库' if receives else '前置库'}",
        alias=alias,
        kind="postgres",
        host=one.host,
        port=one.port,
        database=database,
        username=user,
        password=password,
        receives=receives,
    )


def scan_sources(cast: Cast, sources: Mapping[str, Source]) -> int:
    """Each department has its database scanned; gives how many tables were found."""
    fronts = [s for s in sources.values() if not s.receives]
    for source in fronts:
        if source.last_scanned_at is None:
            act("sources.source.scan", source.pk, actor=cast.at(source.body.alias, "handler"), scene=SCENE)

    def scanned() -> bool | None:
        waiting = Source.objects.filter(pk__in=[s.pk for s in fronts], last_scanned_at__isnull=True)
        return True if not waiting.exists() else None

    wait_for("数据源扫描", scanned)
    return ScannedTable.objects.filter(source__in=fronts, gone_at__isnull=True).count()


def _table(name: str) -> ScannedTable:
    body, table = name.split(".")
    return ScannedTable.objects.get(source__alias=f"{body}_front", name=table)


def publish_entries(cast: Cast) -> list[Entry]:
    """Each department drafts, assesses and submits its entries; its head agrees; the authority publishes."""
    return [
        publish(cast, body=name.split(".")[0], table=_table(name), summary=wish.summary)
        for name, wish in WISHES.items()
    ]


def publish(cast: Cast, *, body: str, table: ScannedTable, summary: str, name: str | None = None) -> Entry:
    """Walk one entry from its table to publication, each step by the person whose desk it is on."""
    entry = Entry.objects.filter(drafted_from=table).first() or act(
        "catalog.entry.draft",
        actor=cast.at(body, "office"),
        scene=SCENE,
        table=table.pk,
        name=name,
        summary=summary,
        share_condition="用于社会救助、民生保障等法定职责，按授权范围使用",
    )
    if entry.state == "published":
        return entry
    act(
        "catalog.entry.assess",
        entry.pk,
        actor=cast.at(body, "handler"),
        scene=SCENE,
        secrecy_result="不涉及国家秘密；与其他数据关联后未见失密风险。",
        privacy_result="含个人信息，处理目的限于法定职责，已采取核验优先、脱敏和留痕措施，影响可控。",
    )
    act("catalog.entry.submit", entry.pk, actor=cast.at(body, "office"), scene=SCENE)
    act("catalog.entry.endorse", entry.pk, actor=cast.at(body, "head"), scene=SCENE)
    act("catalog.entry.approve", entry.pk, actor=cast.at(body, "chief"), scene=SCENE)
    return act("catalog.entry.publish", entry.pk, actor=cast.actors["bureau.handler"], scene=SCENE)


def mount_tables(cast: Cast) -> int:
    """Each department mounts its tables; gives the rows once every copy is complete and follows its source."""
    for name in WISHES:
        table = _table(name)
        if not Mount.objects.filter(table=table).exists():
            entry = Entry.objects.get(drafted_from=table)
            handler = cast.at(name.split(".")[0], "handler")
            act("resources.mount.tie", actor=handler, scene=SCENE, entry=entry.pk, table=table.pk)

    def complete() -> int | None:
        mounts = list(Mount.objects.select_related("ingest").filter(table__source__alias__endswith="_front"))
        failed = next((m for m in mounts if m.ingest.state == "failed"), None)
        if failed is not None:
            raise Broken(f"归集失败：{failed.alias} {failed.ingest.error}", code="demo.ingest", where=failed.alias)
        done = all(m.ingest.state == "current" for m in mounts)
        return sum(m.ingest.rows or 0 for m in mounts) if done and len(mounts) >= len(WISHES) else None

    return wait_for("归集", complete, seconds=180)


def check_quality(cast: Cast) -> list[CheckRun]:
    """Each department has its tables checked by the rules that the data elements propose."""
    runs = []
    for name in WISHES:
        handler = cast.at(name.split(".")[0], "handler")
        mount = Mount.objects.get(table=_table(name))
        if not QualityRule.objects.filter(mount=mount).exists():
            act("quality.rule.propose", actor=handler, scene=SCENE, mount=mount.pk)
        runs.append(act("quality.run.ask", actor=handler, scene=SCENE, mount=mount.pk))

    def finished() -> list[CheckRun] | None:
        found = list(CheckRun.objects.filter(pk__in=[r.pk for r in runs], finished_at__isnull=False))
        return found if len(found) == len(runs) else None

    found = wait_for("质量检查", finished, seconds=180)
    broken = next((run for run in found if run.error), None)
    if broken is not None:
        raise Broken(f"质量检查未能完成：{broken.error}", code="demo.quality")
    return found


def request_data(cast: Cast) -> list[Request]:
    """Civil affairs' business office applies for its social-assistance system; its own head consents."""
    requests = []
    for name, wish in WISHES.items():
        mount = Mount.objects.select_related("entry").get(table=_table(name))
        held = Request.objects.filter(mount=mount, system=cast.system).exclude(state__in=["cancelled", "refused"])
        request = held.first() or _apply(cast, mount, wish)
        if request.state == "draft":
            act("sharing.request.submit", request.pk, actor=cast.at("civil_affairs", "office"), scene=SCENE)
            act("sharing.request.consent", request.pk, actor=cast.at("civil_affairs", "head"), scene=SCENE)
        requests.append(request)
    return requests


def _apply(cast: Cast, mount: Mount, wish: Wish) -> Request:
    return act(
        "sharing.request.open",
        actor=cast.at("civil_affairs", "office"),
        scene=SCENE,
        system=cast.system.pk,
        entry=mount.entry_id,
        mount=mount.pk,
        items=[{"column": column, **({"mask": mask} if mask else {})} for column, mask in wish.columns.items()],
        forms=list(wish.forms),
        basis="《社会救助暂行办法》第五十八条：经申请人授权，可通过有关部门代为查询、核对其家庭收入和财产状况。",
        purpose=PURPOSE,
        scenario="受理社会救助申请时，凭家庭成员签署的授权，逐件核对家庭经济状况。",
        scope="授权书列明的家庭成员" if wish.case_bound else "全省死亡登记，用于停发已故人员待遇",
        until=timezone.localdate() + timedelta(days=365),
        case_bound=wish.case_bound,
    )


def decide_requests(cast: Cast, requests: list[Request]) -> list[Grant]:
    """Each provider's handler proposes and its head agrees; gives the grants once they are ready to use."""
    for asked in requests:
        request = Request.objects.select_related("provider").get(pk=asked.pk)
        body = request.provider.alias
        if request.state == "provider_handler":
            act(
                "sharing.request.propose",
                request.pk,
                actor=cast.at(body, "handler"),
                scene=SCENE,
                proposal="用途明确、范围最小、逐件授权，建议同意。",
            )
            _sign(cast, request)
            act("sharing.request.agree", request.pk, actor=cast.at(body, "head"), scene=SCENE)

    def ready() -> list[Grant] | None:
        grants = list(Grant.objects.select_related("mount", "provider").filter(request__in=[r.pk for r in requests]))
        return grants if len(grants) == len(requests) and all(g.state == "active" for g in grants) else None

    return wait_for("授权开通", ready, seconds=60)


def _sign(cast: Cast, request: Request) -> None:
    """Whoever the grade, the forms and the volume ask for besides signs, in the order of signing."""
    request.refresh_from_db()
    signers = {"department_head": cast.at(request.provider.alias, "chief"), "authority": cast.actors["bureau.head"]}
    for who in list(request.awaits):
        opinion = "用途法定、范围最小，同意；按协议限期使用。"
        act("sharing.request.sign", request.pk, actor=signers[who], scene=SCENE, opinion=opinion)


def open_delivery(cast: Cast) -> Delivery:
    """Civil affairs has the granted death registrations kept current in its own database."""
    grant = Grant.objects.get(mount__table=_table(DEATHS), system=cast.system, state="active")
    target = Source.objects.get(alias=RECEIVING)
    delivery = Delivery.objects.filter(grant=grant).exclude(state="stopped").first() or act(
        "delivery.delivery.open",
        actor=cast.at("civil_affairs", "handler"),
        scene=SCENE,
        grant=grant.pk,
        target=target.pk,
        target_table="death_registration",
    )

    def current() -> Delivery | None:
        found = Delivery.objects.get(pk=delivery.pk)
        if found.state == "failed":
            raise Broken(f"库表交换失败：{found.error}", code="demo.delivery")
        return found if found.state == "current" else None

    return wait_for("库表首次交换", current, seconds=120)


def open_case(cast: Cast, *, number: str, citizen_ids: tuple[str, ...], authorisation: str) -> Case:
    """Civil affairs registers the case with the persons who signed, and watches it."""
    return act(
        "sharing.case.open",
        actor=cast.at("civil_affairs", "office"),
        scene=SCENE,
        system=cast.system.pk,
        number=number,
        purpose=PURPOSE,
        authorisation_digest=authorisation,
        citizen_ids=list(citizen_ids),
        open_until=timezone.localdate() + timedelta(days=60),
        watched=True,
    )
