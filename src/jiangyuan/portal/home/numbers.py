"""My numbers: three to five counts for each role, each with the list that stands behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.queries import entries
from jiangyuan.exchange.delivery.queries import deliveries, warnings
from jiangyuan.exchange.sharing.queries import grants, requests
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Appointment
from jiangyuan.organization.queries import bodies, people, systems
from jiangyuan.resources.ingestion.models import Ingest
from jiangyuan.sources.models import Source

BOUND = 1000
DAYS = 7
OPEN_REQUEST = ("draft", "own_head", "provider_handler", "incomplete", "provider_head", "returned")


@dataclass(frozen=True, slots=True)
class Number:
    """A count, bounded, and where its list is. `days`: how many came on each of the last seven days, the oldest first.

    `urgent`: above nothing it needs a person.
    """

    title: Any
    value: int
    url: str
    days: tuple[int, ...] = ()
    urgent: bool = False

    @property
    def text(self) -> str:
        """Give the count with thousands; a bounded one says that there are more."""
        return f"{self.value:,}" if self.value < BOUND else f"{BOUND:,}+"

    @property
    def trend(self) -> str:
        """Say how many came within the last seven days; empty where that is not counted."""
        if not self.days:
            return ""
        new = sum(self.days)
        return _("近 7 天新增 %(n)s") % {"n": new} if new else _("近 7 天无新增")

    @property
    def points(self) -> str:
        """Give the line of the seven days in a box of 60 by 20; empty when nothing came."""
        top = max(self.days, default=0)
        if not top:
            return ""
        return " ".join(f"{place * 10},{18 - round(16 * n / top)}" for place, n in enumerate(self.days))

    @property
    def alarming(self) -> bool:
        """Tell whether it needs a person now."""
        return self.urgent and self.value > 0


@dataclass(frozen=True, slots=True)
class _Counted:
    title: Any
    url: str
    rows: Callable[[Actor], QuerySet[Any]]
    came: str = "created_at"
    urgent: bool = False


def _soon(actor: Actor) -> QuerySet[Any]:
    until = timezone.localdate() + timedelta(days=30)
    return grants(actor=actor).filter(consumer_id=actor.body, state="active", until__lte=until)


_HELD = _Counted(
    gettext_lazy("使用中的授权"),
    "/exchange/grants/?state=active&side=held",
    lambda a: grants(actor=a).filter(consumer_id=a.body, state="active"),
)
_GIVEN = _Counted(
    gettext_lazy("提供出去的授权"),
    "/exchange/grants/?state=active&side=given",
    lambda a: grants(actor=a).filter(provider_id=a.body, state="active"),
)
_ASKED = _Counted(
    gettext_lazy("办理中的申请"),
    "/exchange/requests/?side=made",
    lambda a: requests(actor=a).filter(consumer_id=a.body, state__in=OPEN_REQUEST),
)
_RECEIVED = _Counted(
    gettext_lazy("收到待答复"),
    "/exchange/requests/?side=received",
    lambda a: requests(actor=a).filter(provider_id=a.body, state__in=OPEN_REQUEST),
    came="received_at",
)
_WARNED = _Counted(
    gettext_lazy("未处理预警"),
    "/exchange/warnings/?state=open",
    lambda a: warnings(actor=a, open_only=True),
    urgent=True,
)
_SOON = _Counted(
    gettext_lazy("30 天内到期的授权"),
    "/exchange/grants/?state=active&side=held&order=until",
    _soon,
    came="",
    urgent=True,
)
_OWN_ENTRIES = _Counted(
    gettext_lazy("本部门已发布目录"),
    "/catalog/?state=published",
    lambda a: Entry.visible_to(a).filter(body_id=a.body, state="published"),
)
_STOPPED = _Counted(
    gettext_lazy("归集失败"),
    "/resources/?ingest__state=failed",
    lambda a: Ingest.visible_to(a).filter(state="failed"),
    came="",
    urgent=True,
)
_FAILING = _Counted(
    gettext_lazy("数据源异常"),
    "/sources/?state=failing",
    lambda a: Source.visible_to(a).filter(state="failing"),
    came="",
    urgent=True,
)
_ALL_ENTRIES = _Counted(
    gettext_lazy("已发布目录"), "/catalog/?state=published", lambda a: entries(actor=a).filter(told_state="published")
)
_TO_PUBLISH = _Counted(
    gettext_lazy("待审核发布"),
    "/catalog/?state=authority_review",
    lambda a: Entry.visible_to(a).filter(state="authority_review"),
)
_ALL_GRANTS = _Counted(
    gettext_lazy("有效授权"), "/exchange/grants/?state=active", lambda a: grants(actor=a).filter(state="active")
)
_REFUSED = _Counted(
    gettext_lazy("24 小时内未获准"),
    "/trace/person/?type=refused",
    lambda a: Event.objects.filter(type="kernel.act.refused", at__gte=timezone.now() - timedelta(days=1)),
    came="",
)
_BODIES = _Counted(gettext_lazy("部门"), "/organization/bodies/", lambda a: bodies(actor=a))
_PEOPLE = _Counted(gettext_lazy("人员"), "/organization/people/", lambda a: people(actor=a))
_SYSTEMS = _Counted(gettext_lazy("应用系统"), "/organization/systems/", lambda a: systems(actor=a))
_DELIVERED = _Counted(
    gettext_lazy("交换失败"),
    "/exchange/deliveries/?state=failed",
    lambda a: deliveries(actor=a).filter(state="failed"),
    came="",
    urgent=True,
)

_UNAPPOINTED = _Counted(
    gettext_lazy("还没有任命的人员"),
    "/organization/people/",
    lambda a: _without_appointment(a),
    came="created_at",
    urgent=True,
)
_ONE_FACTOR = _Counted(
    gettext_lazy("未启用动态码"),
    "/organization/people/",
    lambda a: people(actor=a).filter(active=True, totp_confirmed_at__isnull=True),
    came="",
)
_LOCKED = _Counted(
    gettext_lazy("登录被锁定"),
    "/organization/people/",
    lambda a: people(actor=a).filter(locked_until__gt=timezone.now()),
    came="",
    urgent=True,
)
_INGESTS = _Counted(gettext_lazy("正在归集的表"), "/resources/", lambda a: Ingest.visible_to(a).filter(state="current"))


def _without_appointment(actor: Actor) -> QuerySet[Any]:
    held = Appointment.objects.filter(Q(until__isnull=True) | Q(until__gte=timezone.localdate()))
    return people(actor=actor).filter(active=True).exclude(pk__in=held.values("person_id"))


_OFFICE = (_ASKED, _HELD, _SOON, _WARNED)
_SHARING = (_RECEIVED, _GIVEN, _OWN_ENTRIES, _STOPPED, _FAILING)
_AUTHORITY = (_TO_PUBLISH, _ALL_ENTRIES, _ALL_GRANTS)
_ROLES: dict[str, tuple[_Counted, ...]] = {
    "business_office": _OFFICE,
    "sharing_handler": _SHARING,
    "sharing_head": (_RECEIVED, _ASKED, _GIVEN, _HELD),
    "department_head": (_OWN_ENTRIES, _GIVEN, _HELD),
    "authority_handler": _AUTHORITY,
    "authority_head": _AUTHORITY,
    "township_user": (_HELD, _WARNED),
    "analyst": (_HELD, _ALL_ENTRIES),
    "system_admin": (_PEOPLE, _SYSTEMS, _BODIES, _LOCKED),
    "security_admin": (_UNAPPOINTED, _ONE_FACTOR, _LOCKED, _PEOPLE),
    "auditor": (_REFUSED, _ALL_ENTRIES, _ALL_GRANTS),
    "operations": (_FAILING, _STOPPED, _DELIVERED, _INGESTS),
}


def numbers(actor: Actor) -> list[Number]:
    """Give the numbers of the actor's role, counted to a bound, with what came on each of the last seven days."""
    counted = _ROLES.get(actor.capacity, (_ALL_ENTRIES,) if actor.body else ())
    return [_counted(one, actor) for one in counted]


def _counted(one: _Counted, actor: Actor) -> Number:
    rows = one.rows(actor)
    value = rows[:BOUND].count()
    days = _days(rows, one.came) if one.came and 0 < value < BOUND else ()
    return Number(one.title, value, one.url, days, one.urgent)


def _days(rows: QuerySet[Any], came: str) -> tuple[int, ...]:
    today = timezone.localdate()
    first = timezone.make_aware(datetime.combine(today - timedelta(days=DAYS - 1), time.min))
    moments = rows.order_by().filter(**{f"{came}__gte": first}).values_list(came, flat=True)
    by_day = Counter(timezone.localtime(moment).date() for moment in moments[:BOUND])
    return tuple(by_day[today - timedelta(days=back)] for back in range(DAYS - 1, -1, -1))
