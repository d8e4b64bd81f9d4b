"""The list of added signatures on the pages of a request: who has signed, who is missing, what a change has voided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from jiangyuan.catalog.grading.approval import SIGNATORIES
from jiangyuan.exchange.sharing import queries, signatures
from jiangyuan.exchange.sharing.models import Request, Signature
from jiangyuan.exchange.sharing.signatures import Place
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization.models import Person
from jiangyuan.ui import parts

SIGN, WITHHOLD = "sharing.request.sign", "sharing.request.withhold"


def signatures_part(asked: Request, actor: Actor) -> tuple[parts.Part, ...]:
    """Draw the signatures a request asks for, and those that a change has voided; nothing where none is asked for.

    Opinions and names inside the provider are told to the other side once it has decided, like the proposal.
    """
    found = signatures.places(asked)
    standing = {place.signature.pk for place in found if place.signature is not None}
    void = list(asked.signatures.exclude(pk__in=standing).select_related("body").order_by("signed_at"))
    if not found and not void:
        return ()
    people = [p.signature.person for p in found if p.signature is not None] + [one.person for one in void]
    names = dict(Person.objects.filter(pk__in=people).values_list("pk", "name"))
    told = queries.sees_proposal(asked, actor)
    rows = [_place(place, names, told) for place in found]
    rows += [_line(one, _void(), names, told) for one in void]
    table = parts.Table(
        caption=_("加签（按数据级别、使用方式和数据量）"),
        show_caption=True,
        columns=tuple(
            parts.Column(title=title)
            for title in (_("须签署"), _("状态"), _("单位"), _("签署人"), _("时间"), _("意见"))
        ),
        rows=rows,
        empty=parts.Empty(title=_("不需要加签"), why=""),
    )
    return (table,)


def _void() -> parts.Badge:
    return parts.Badge(label=_("内容已变更，作废"), tone="warn")


def _place(place: Place, names: Mapping[UUID, str], told: bool) -> tuple[Any, ...]:
    if place.signature is None:
        return SIGNATORIES[place.signatory], parts.Badge(label=_("待签署"), tone="warn"), "", "", "", ""
    return _line(place.signature, parts.Badge(label=_("已签署"), tone="good"), names, told)


def _line(one: Signature, badge: parts.Badge, names: Mapping[UUID, str], told: bool) -> tuple[Any, ...]:
    who = names.get(one.person, "") if told else ""
    return SIGNATORIES[one.signatory], badge, one.body.name, who, one.signed_at, one.opinion if told else ""


def line_of(asked: Request) -> tuple[str, str]:
    """Give the line of the reviewer's checklist: (verdict, evidence)."""
    found = signatures.places(asked)
    if not found:
        return "good", _("级别、方式和数据量不要求加签")
    absent = [place.signatory for place in found if place.signature is None]
    if absent:
        return "look", _("还须签署：%(who)s") % {"who": signatures.named(absent)}
    return "good", _("已签署：%(who)s") % {"who": signatures.named([place.signatory for place in found])}


def why_no_turn(asked: Request, actor: Actor) -> Refused | None:
    """Say why the actor may not sign now; None when it is his turn."""
    try:
        signatures.require_turn(asked, actor)
    except Refused as refusal:
        return refusal
    return None
