"""What a request asks, held against what the entry offers and what the consumer already has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.queries import live
from jiangyuan.data.disclosure import Problem
from jiangyuan.data.relations import Column, columns_of
from jiangyuan.exchange.sharing import rules
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.rules import Offered
from jiangyuan.kernel.errors import NotFound
from jiangyuan.resources.ingestion.models import Mount

LIVE = ("preparing", "active", "suspended")
"""States in which a grant counts as held: suspended ones may come back."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the published version of an entry offers: how it is shared, and its items by column."""

    share_type: str
    share_condition: str
    share_basis: str
    items: Mapping[str, Offered]


def offer_of(entry: Entry) -> Offer:
    """Read the offer of an entry from its last published version, whatever is being revised beside it."""
    content = live(entry)
    if content is None:
        raise NotFound(_("没有找到已发布的目录"), where="entry", mend=_("请从目录检索结果中选择。"))
    elements = {item.column: item.element.code for item in entry.items.select_related("element") if item.element}
    items = {
        item["column"]: Offered(
            column=item["column"],
            name=item["name"],
            type=item["type"],
            element=elements.get(item["column"], item["identifies"]),
            grade=item["grade"],
            personal=item["personal"],
            shareable=item["shareable"],
            mask=item["mask"],
        )
        for item in content["items"]
    }
    return Offer(content["share_type"], content["share_condition"], content["share_basis"], items)


def names_of(entry: Entry) -> dict[str, str]:
    """Give what people call the columns of an entry, as it was last published."""
    content = live(entry)
    return {item["column"]: item["name"] for item in content["items"]} if content is not None else {}


def mount_of(entry: Entry, mount: UUID) -> Mount:
    """Give the active mount of an entry. Raises `NotFound`."""
    found = Mount.objects.filter(pk=mount, entry=entry, state="active").first()
    if found is None:
        raise NotFound(_("没有找到该目录的有效挂载"), where="mount", mend=_("请选择目录下已挂载的数据资源。"))
    return found


def held_columns(*, consumer: UUID, mount: UUID, besides: UUID | None = None) -> list[Sequence[Column]]:
    """Give the columns that a consumer holds on the table of a mount by each of its live grants.

    Whatever system holds them, and under whatever entry: a table may be mounted under several, and its rows are the
    same rows.
    """
    found = Grant.objects.filter(consumer_id=consumer, mount__table__mounts=mount, state__in=LIVE)
    return [columns_of(grant.items) for grant in found.exclude(request_id=besides)]


def require_admissible(request: Request, *, today: date) -> list[Problem]:
    """Hold a request against the entry as it is published now, and against the consumer's other live grants.

    The items take over what the entry says of them now. Returns advice for the approver. Raises the refusals of `rules`, each saying what to choose instead.
    """
    offer = offer_of(request.entry)
    rules.require_shared(offer.share_type, offer.share_basis)
    mount = mount_of(request.entry, request.mount_id)
    request.items = rules.settle_items([(item["column"], item["mask"]) for item in request.items], offer.items)
    rules.require_forms(request.forms, request.items, offer.items, case_bound=request.case_bound, mode=mount.mode)
    rules.require_term(request.until, today)
    held = held_columns(consumer=request.consumer_id, mount=request.mount_id, besides=request.pk)
    return rules.require_masks_hold(columns_of(request.items), held)
