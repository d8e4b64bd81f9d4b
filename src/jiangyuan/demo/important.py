"""The list of important data of the demonstration: one entry on the list and assessed, one with each desk before it.

Whether real data of this kind is important is for its department to say; here each record gives its own reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.important.models import Important
from jiangyuan.demo.cast import SCENE, Cast
from jiangyuan.kernel.actions import act

STATES = ("identified", "confirmed", "reported")


@dataclass(frozen=True, slots=True)
class Found:
    """One identification: the table of its entry, what would be harmed and how badly, why, and how far it has come."""

    table: str
    harmed: str
    degree: str
    reason: str
    protection: str
    state: str


FOUND = (
    Found(
        "public_security.resident", "social_order", "grave",
        "覆盖全省常住人口的户籍登记信息，汇聚后泄露可被用于大规模诈骗和身份冒用，严重影响社会秩序。",
        "只以核验方式共享；库表交换须部门负责人加签；按户籍乡镇分批，全程留痕。", "reported",
    ),
    Found(
        "medical_insurance.claim", "public_interest", "grave",
        "覆盖全省参保人员的医疗费用结算，可推断群体健康状况和医药使用情况，泄露后严重影响公共利益。",
        "按办件限定人员查询，疾病信息不显示。", "confirmed",
    ),
    Found(
        "natural_resources.real_estate_right", "economy", "grave",
        "覆盖全省不动产权利登记，汇聚后可反映土地和房产交易的整体情况，泄露后严重影响经济运行。",
        "统计使用须先汇总；明细只以核验方式提供。", "identified",
    ),
)  # fmt: skip


def identify(cast: Cast) -> int:
    """Each department identifies; one head confirms and the authority lists; gives how many records there are."""
    for one in FOUND:
        body, table = one.table.split(".")
        entry = Entry.objects.get(drafted_from__source__alias=f"{body}_front", drafted_from__name=table)
        if not Important.objects.filter(entry=entry).exists():
            _walk(cast, body, entry, one)
    return Important.objects.count()


def _walk(cast: Cast, body: str, entry: Entry, one: Found) -> None:
    handler, place = cast.at(body, "handler"), STATES.index(one.state)
    made = act(
        "catalog.important.identify",
        actor=handler,
        scene=SCENE,
        entry=entry.pk,
        harmed=one.harmed,
        degree=one.degree,
        reason=one.reason,
        protection=one.protection,
    )
    if place >= STATES.index("confirmed"):
        act("catalog.important.confirm", made.pk, actor=cast.at(body, "chief"), scene=SCENE)
    if place >= STATES.index("reported"):
        bureau = cast.actors["bureau.handler"]
        act("catalog.important.report", made.pk, actor=bureau, scene=SCENE, document="重要数据目录报送单（演示）")
        told = "已评估：共享以核验为主，未见批量流出；接收方均已签署安全承诺书，访问留痕完整，风险可控。"
        today = timezone.localdate()
        act("catalog.important.assess", made.pk, actor=handler, scene=SCENE, assessed_on=today, assessment=told)
