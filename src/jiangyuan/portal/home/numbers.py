"""My numbers: three to five counts for each role, each with the list that stands behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.delivery.queries import deliveries, warnings
from jiangyuan.exchange.sharing.queries import grants, requests
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Event
from jiangyuan.organization.queries import bodies, people, systems
from jiangyuan.resources.ingestion.models import Ingest
from jiangyuan.sources.models import Source

BOUND = 1000
OPEN_REQUEST = ("draft", "own_head", "provider_handler", "incomplete", "provider_head", "returned")


@dataclass(frozen=True, slots=True)
class Number:
    """A count, bounded, and where its list is. `full`: there are at least as many as are counted."""

    title: Any
    value: int
    url: str

    @property
    def text(self) -> str:
        """Give the count with thousands; a bounded one says that there are more."""
        return f"{self.value:,}" if self.value < BOUND else f"{BOUND:,}+"


@dataclass(frozen=True, slots=True)
class _Counted:
    title: Any
    url: str
    rows: Callable[[Actor], QuerySet[Any]]


def _soon(actor: Actor) -> QuerySet[Any]:
    until = timezone.localdate() + timedelta(days=30)
    return grants(actor=actor).filter(consumer_id=actor.body, state="active", until__lte=until)


_HELD = _Counted(
    _("使用中的授权"),
    "/exchange/grants/?state=active&side=held",
    lambda a: grants(actor=a).filter(consumer_id=a.body, state="active"),
)
_GIVEN = _Counted(
    _("提供出去的授权"),
    "/exchange/grants/?state=active&side=given",
    lambda a: grants(actor=a).filter(provider_id=a.body, state="active"),
)
_ASKED = _Counted(
    _("办理中的申请"),
    "/exchange/requests/?side=made",
    lambda a: requests(actor=a).filter(consumer_id=a.body, state__in=OPEN_REQUEST),
)
_RECEIVED = _Counted(
    _("收到待答复"),
    "/exchange/requests/?side=received",
    lambda a: requests(actor=a).filter(provider_id=a.body, state__in=OPEN_REQUEST),
)
_WARNED = _Counted(_("未处理预警"), "/exchange/warnings/?state=open", lambda a: warnings(actor=a, open_only=True))
_SOON = _Counted(_("30 天内到期"), "/exchange/grants/?state=active&side=held&order=until", _soon)
_OWN_ENTRIES = _Counted(
    _("本部门已发布目录"),
    "/catalog/?state=published",
    lambda a: Entry.visible_to(a).filter(body_id=a.body, state="published"),
)
_STOPPED = _Counted(
    _("归集失败"), "/resources/?ingest__state=failed", lambda a: Ingest.visible_to(a).filter(state="failed")
)
_FAILING = _Counted(_("数据源异常"), "/sources/?state=failing", lambda a: Source.visible_to(a).filter(state="failing"))
_ALL_ENTRIES = _Counted(
    _("已发布目录"), "/catalog/?state=published", lambda a: Entry.visible_to(a).filter(state="published")
)
_TO_PUBLISH = _Counted(
    _("待审核发布"), "/catalog/?state=authority_review", lambda a: Entry.visible_to(a).filter(state="authority_review")
)
_ALL_GRANTS = _Counted(
    _("有效授权"), "/exchange/grants/?state=active", lambda a: grants(actor=a).filter(state="active")
)
_REFUSED = _Counted(
    _("24 小时内未获准"),
    "/trace/person/?type=refused",
    lambda a: Event.objects.filter(type="kernel.act.refused", at__gte=timezone.now() - timedelta(days=1)),
)
_BODIES = _Counted(_("部门"), "/organization/bodies/", lambda a: bodies(actor=a))
_PEOPLE = _Counted(_("人员"), "/organization/people/", lambda a: people(actor=a))
_SYSTEMS = _Counted(_("应用系统"), "/organization/systems/", lambda a: systems(actor=a))
_DELIVERED = _Counted(
    _("交换失败"), "/exchange/deliveries/?state=failed", lambda a: deliveries(actor=a).filter(state="failed")
)

_OFFICE = (_ASKED, _HELD, _SOON, _WARNED)
_SHARING = (_RECEIVED, _GIVEN, _OWN_ENTRIES, _STOPPED, _FAILING)
_AUTHORITY = (_TO_PUBLISH, _ALL_ENTRIES, _ALL_GRANTS)
_ADMIN = (_BODIES, _PEOPLE, _SYSTEMS)
_ROLES: dict[str, tuple[_Counted, ...]] = {
    "business_office": _OFFICE,
    "sharing_handler": _SHARING,
    "sharing_head": (_RECEIVED, _ASKED, _GIVEN, _HELD),
    "department_head": (_OWN_ENTRIES, _GIVEN, _HELD),
    "authority_handler": _AUTHORITY,
    "authority_head": _AUTHORITY,
    "system_admin": _ADMIN,
    "security_admin": _ADMIN,
    "auditor": (_REFUSED, _ALL_ENTRIES, _ALL_GRANTS),
    "operations": (_FAILING, _ALL_ENTRIES),
}


def numbers(actor: Actor) -> list[Number]:
    """Give the numbers of the actor's role, counted to a bound."""
    counted = _ROLES.get(actor.capacity, (_ALL_ENTRIES,) if actor.body else ())
    return [Number(one.title, one.rows(actor)[:BOUND].count(), one.url) for one in counted]
