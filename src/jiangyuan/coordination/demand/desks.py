"""On whose desk a demand lies, how its forms read, and where it stands in the navigation."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.coordination.demand.models import Demand
from jiangyuan.coordination.demand.states import AUTHORITY, FILERS
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects, states
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say


def _desk(actor: Actor, state: str) -> Q | None:
    if state != "filed" or actor.capacity not in AUTHORITY:
        return None
    return Q(body__jurisdiction__code=actor.jurisdiction) & ~Q(created_by=actor.id)


def _mine(actor: Actor) -> Q | None:
    return Q(body_id=actor.body) if actor.body else None


def register_pages() -> None:
    """Register the kind, the words of its forms, and its place."""
    states.register_tones({"demand.filed": "running", "demand.answered": "good"})
    objects.register(
        objects.Kind(
            model=Demand,
            title=_("数据需求"),
            url=lambda demand: f"/coordination/demands/{demand.pk}/",
            name=lambda demand: demand.name,
            related=("body",),
            waits={"filed": "demand.demand.answer"},
            desk=_desk,
            mine=_mine,
            sender=lambda demand: demand.body_id,
        )
    )
    _say()
    navigation.register(
        navigation.Item(place="coordination", title=_("数据需求"), url="demands", order=60, group="duty"),
        navigation.Item(
            place="find", title=_("我的需求"), url="demands", order=30, visible=navigation.holding(*FILERS)
        ),
    )


def _say() -> None:
    say(
        "demand.demand.file",
        body=Shown(hidden=True),
        name=Shown(label=_("需要什么数据"), help=_("像目录名称一样写，例如：退役军人优待证信息。")),
        matter=Shown(label=_("用在哪里"), help=_("用在哪项业务、哪个环节，没有它会怎样。"), control="textarea"),
        basis=Shown(label=_("使用依据"), help=_("法律、法规或职责的名称和条款。"), control="textarea"),
        holder=Shown(label=_("可能由谁提供"), help=_("知道哪个部门可能有，就写上；不清楚可不填。")),
        searched=Shown(label=_("搜索过的词"), help=_("主管部门据此核对，是没有目录，还是目录难以找到。")),
    )
    say(
        "demand.demand.answer",
        outcome=Shown(label=_("结果"), choices=list(Demand.OUTCOMES), control="radio"),
        code=Shown(label=_("目录代码"), help=_("已有目录可以满足时填写，需求部门可据此申请。")),
        answer=Shown(label=_("答复"), help=_("写明依据和下一步，需求部门会看到。"), control="textarea"),
    )
