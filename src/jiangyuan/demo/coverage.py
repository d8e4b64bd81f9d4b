"""What the departments of the demonstration answer for, how far their catalogues reach, and who is the source of what.

Duties and matters are told in general words; no document or number of one is quoted. Civil affairs stands below 100% with
one duty open, and one repeated collection waits for its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from jiangyuan.catalog.commitments.models import Commitment, ShareBatch
from jiangyuan.catalog.duties import jobs
from jiangyuan.catalog.duties.models import Cover, Excuse, Obligation
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.onesource.models import Designation
from jiangyuan.demo.cast import AUTHORITY, SCENE, Cast
from jiangyuan.kernel.actions import act
from jiangyuan.standards.models import DataElement

DOCUMENT = "本部门职能配置规定（演示）"
MATTERS = "政务服务事项清单（演示）"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One obligation: number, name, what it says, and the tables whose entries cover it (none: it stands open)."""

    kind: str
    code: str
    name: str
    content: str
    tables: tuple[str, ...] = ()
    excuse: str = ""


WANTED: dict[str, tuple[Wanted, ...]] = {
    "civil_affairs": (
        Wanted("duty", "01", "社会救助", "组织实施社会救助，管理救助对象和救助资金发放。", ("social_assistance_case",)),
        Wanted("duty", "02", "养老服务", "推进养老服务体系建设，管理养老机构和老年人补贴。"),
        Wanted(
            "duty", "03", "全国性社会组织业务报送", "向上级业务系统报送社会组织登记情况。",
            excuse="数据由上级统建的业务系统产生和保管，本部门只录入，没有独立的数据库。",
        ),
        Wanted("matter", "DEMO6300MZ01", "最低生活保障对象认定", "受理申请，核对家庭状况，予以认定。", ("social_assistance_case",)),
    ),
    "public_security": (
        Wanted("duty", "01", "户籍管理", "登记和管理常住人口。", ("resident",)),
        Wanted("duty", "02", "死亡登记注销户口", "办理死亡登记和户口注销。", ("death_registration",)),
    ),
    "human_resources": (
        Wanted("duty", "01", "就业创业", "管理就业登记和就业服务。", ("employment",)),
        Wanted("duty", "02", "养老保险", "管理养老保险参保和待遇发放。", ("pension_benefit",)),
    ),
    "medical_insurance": (
        Wanted("duty", "01", "医疗保障", "管理医疗保险参保和费用结算。", ("insured_person", "claim")),
    ),
    "natural_resources": (Wanted("duty", "01", "不动产登记", "办理不动产登记并管理登记资料。", ("real_estate_right",)),),
    "market_regulation": (
        Wanted("duty", "01", "经营主体登记", "办理经营主体登记和信息公示。", ("enterprise_person",)),
        Wanted("duty", "02", "产品质量监督抽查", "组织产品质量监督抽查并公布结果。"),
    ),
}  # fmt: skip
SYSTEMS = {"social_assistance": "civil_affairs.social_assistance_case", "insurance_audit": "medical_insurance.claim"}
SOURCE = ("address", "public_security", "户籍登记时采集并维护住址，是住址信息最完整、最及时的部门。")
BATCH = "2026 年第一批（演示）"
LINES = (
    ("public_security.resident", "常住人口户籍登记信息", 30),
    ("natural_resources.real_estate_right", "不动产权利登记信息", 60),
)


def measure(cast: Cast) -> int:
    """Register what the departments answer for, cover and excuse it, name one source, issue one list; gives the number.

    What an earlier run left is left.
    """
    for body, wanted in WANTED.items():
        for one in wanted:
            _obligation(cast, body, one)
    jobs.turn()
    for code, name in SYSTEMS.items():
        kept = Obligation.objects.filter(system__code=code).first()
        if kept is not None:
            _cover(cast, kept, name)
    _source(cast)
    _list(cast)
    return sum(len(wanted) for wanted in WANTED.values())


def _obligation(cast: Cast, body: str, one: Wanted) -> None:
    place = cast.bodies[body]
    kept = Obligation.objects.filter(body=place, kind=one.kind, code=one.code).first() or act(
        "catalog.obligation.register",
        actor=cast.at(body, "handler"),
        scene=SCENE,
        body=place.pk,
        kind=one.kind,
        code=one.code,
        name=one.name,
        content=one.content,
        source_list="powers" if one.kind == "duty" else "",
        category="主要职责" if one.kind == "duty" else "行政给付",
        document=DOCUMENT if one.kind == "duty" else MATTERS,
    )
    for table in one.tables:
        _cover(cast, kept, f"{body}.{table}")
    if one.excuse and not Excuse.objects.filter(obligation=kept).exists():
        excuse = act(
            "catalog.excuse.propose", actor=cast.at(body, "handler"), scene=SCENE, obligation=kept.pk,
            ground="held_above", reason=one.excuse,
        )  # fmt: skip
        act("catalog.excuse.accept", excuse.pk, actor=cast.actors["bureau.handler"], scene=SCENE, note="情况属实。")


def _entry(name: str) -> Entry | None:
    body, table = name.split(".")
    return Entry.objects.filter(drafted_from__source__alias=f"{body}_front", drafted_from__name=table).first()


def _cover(cast: Cast, obligation: Obligation, name: str) -> None:
    entry = _entry(name)
    if entry is None or Cover.objects.filter(obligation=obligation, entry=entry).exists():
        return
    body = name.split(".")[0]
    act("catalog.obligation.link", obligation.pk, actor=cast.at(body, "handler"), scene=SCENE, entry=entry.pk)


def _source(cast: Cast) -> None:
    code, body, basis = SOURCE
    element = DataElement.objects.filter(code=code).first()
    if element is None or Designation.objects.filter(line__element=element).exists():
        return
    asked = act(
        "catalog.designation.propose", actor=cast.actors["bureau.handler"], scene=SCENE, element=element.pk,
        body=cast.bodies[body].pk, basis=basis,
    )  # fmt: skip
    act("catalog.designation.consent", asked.pk, actor=cast.at(body, "head"), scene=SCENE)
    act("catalog.designation.decide", asked.pk, actor=cast.actors["bureau.head"], scene=SCENE)


def _list(cast: Cast) -> None:
    if ShareBatch.objects.filter(name=BATCH, jurisdiction=cast.bodies[AUTHORITY].jurisdiction).exists():
        return
    bureau, today = cast.actors["bureau.handler"], timezone.localdate()
    batch = act("catalog.share_batch.open", actor=bureau, scene=SCENE, name=BATCH)
    for name, title, days in LINES:
        entry = _entry(name)
        act(
            "catalog.commitment.add", actor=bureau, scene=SCENE, batch=batch.pk,
            body=cast.bodies[name.split(".")[0]].pk, name=title, method="service", deadline=today + timedelta(days=days),
            entry=entry.pk if entry is not None else None, scope="供有关部门依法履职使用",
        )  # fmt: skip
    if Commitment.objects.filter(batch=batch).exists():
        act("catalog.share_batch.issue", batch.pk, actor=cast.actors["bureau.head"], scene=SCENE)
