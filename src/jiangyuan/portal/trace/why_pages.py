"""The page that says why somebody may, or may not, and what would have to change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Appointment, Person
from jiangyuan.organization.queries import actor_for
from jiangyuan.portal.trace import queries, why
from jiangyuan.ui import listing, objects, pages, parts
from jiangyuan.ui.session import require_actor

SHOWN = 200
KEEPERS = ("auditor", "security_admin")
"""Who may ask about people of every body."""


def why_page(request: HttpRequest, label: str, pk: UUID) -> HttpResponse:
    """Say why a person (oneself, or one the asker may know of) may carry out an action on a record, or may not."""
    actor = require_actor(request)
    thing = queries.traced(actor, label, pk)
    kind = objects.kind_of(label)
    name = kind.name(thing) if kind else str(thing._meta.verbose_name)
    askable = why.askable(thing)
    held = _appointments(actor)
    people = [(str(one.pk), _("%(name)s：%(held)s") % {"name": one.person.name, "held": one}) for one in held]
    filters = listing.Filters(
        facets=(
            listing.facet(request, "action", _("操作"), askable),
            listing.facet(request, "who", _("人员和身份"), people),
        )
    )
    action, who = (facet.value for facet in filters.facets)
    chosen = next((one for one in held if str(one.pk) == who), None)
    asked = actor_for(chosen.person, chosen) if chosen is not None else actor
    sections: list[Any] = [filters]
    if not askable:
        sections = [parts.Empty(title=_("没有可以询问的操作"), why=_("这类内容没有由人办理的操作。"))]
    elif action:
        title = dict(askable)[action]
        sections += _drawn(why.answer(action, thing, asked), asked, title)
    else:
        sections.append(
            parts.Empty(
                title=_("想问哪一项操作？"),
                why=_("在上方选择操作，再选择人员；不选人员时按您当前的身份回答。"),
                todo=_("只是询问，不会办理，也不改变任何内容。"),
            )
        )
    header = _header(name, kind.url(thing) if kind else "", label, pk)
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _header(name: str, url: str, label: str, pk: UUID) -> parts.Header:
    return parts.Header(
        title=_("为什么可以，为什么不可以"),
        lead=_("按平台真正的规则回答：状态、身份、职责分离和授权。"),
        crumbs=(
            parts.Link(title=name, url=url),
            parts.Link(title=_("留痕"), url=reverse("trace", args=(label, pk))),
            parts.Link(title=_("为什么"), current=True),
        ),
    )


def _appointments(actor: Actor) -> list[Appointment]:
    """Give the appointments in force that the actor may ask about: his own first, then those of his body's people."""
    rows = Appointment.visible_to(actor).select_related("person", "body__jurisdiction")
    if actor.capacity not in KEEPERS:
        rows = rows.filter(body_id=actor.body) if actor.body else rows.none()
    own = list(_in_force(Appointment.visible_to(actor).select_related("person", "body__jurisdiction"), actor.id))
    others = [one for one in rows.order_by("person__name", "capacity")[:SHOWN] if one.person_id != actor.id]
    people = {p.pk: {a.pk for a in p.current_appointments()} for p in _people(others)} if others else {}
    return own + [one for one in others if one.pk in people.get(one.person_id, set())]


def _in_force(rows: Any, person: UUID) -> Any:
    from django.db.models import Q
    from django.utils import timezone

    day = timezone.localdate()
    return rows.filter(Q(until__isnull=True) | Q(until__gte=day), person_id=person, since__lte=day)


def _people(held: list[Appointment]) -> list[Person]:
    return list({one.person_id: one.person for one in held}.values())


def _drawn(found: why.Answer, asked: Actor, title: Any) -> list[Any]:
    if found.allowed:
        verdict = parts.Notice(
            title=_("%(name)s 可以：%(action)s") % {"name": asked.name, "action": title}, tone="good"
        )
    else:
        missing = [str(reason.title) for reason in found.reasons if not reason.met]
        text = _("没有满足：%(reasons)s。") % {"reasons": _("、").join(missing)}
        said = _("%(name)s 现在不可以：%(action)s") % {"name": asked.name, "action": title}
        verdict = parts.Notice(title=said, tone="warn", text=text)
    table = parts.Table(
        caption=_("逐条理由"),
        show_caption=True,
        columns=tuple(
            parts.Column(title=t) for t in (_("条件"), _("结论"), _("现在的情况"), _("要怎样改变"), _("依据"))
        ),
        rows=[
            (
                reason.title,
                parts.Badge(label=_("满足") if reason.met else _("不满足"), tone="good" if reason.met else "warn"),
                reason.text,
                reason.mend,
                reason.article,
            )
            for reason in found.reasons
        ],
        empty=parts.Empty(title="", why=""),
    )
    who = _("、").join(found.who) or _("没有人可以，由平台自动办理。")
    roles = parts.Definitions(rows=(parts.Definition(term=_("哪些身份有这项职责"), value=who),))
    return [verdict, table, roles]
