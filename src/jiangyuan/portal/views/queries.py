"""Every read of views and exports."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.http import HttpRequest

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor
from jiangyuan.portal.views.models import ListExport, SavedView
from jiangyuan.ui.keeping import Taken, View
from jiangyuan.ui.session import require_actor, scene_of


def views_of(actor: Actor, path: str) -> Sequence[View]:
    """Give a person's views of one list, in the order they were saved."""
    kept = SavedView.visible_to(actor).filter(page=path, removed_at__isnull=True).order_by("created_at")[:50]
    return [View(id=v.pk, name=v.name, query=v.query, url=f"/views/{v.pk}/", default=v.default) for v in kept]


def views(*, actor: Actor) -> QuerySet[SavedView]:
    """Give a person's views of all lists, those removed among them."""
    return SavedView.visible_to(actor)


def exports(*, actor: Actor) -> QuerySet[ListExport]:
    """Give the exports that the actor may know of."""
    return ListExport.visible_to(actor)


def remember(request: HttpRequest, taken: Taken) -> ListExport:
    """Remember an export by its act. Raises what the act refuses with."""
    return act(
        "views.export.make",
        actor=require_actor(request),
        scene=scene_of(request),
        page=taken.list,
        title=taken.title,
        query=taken.query,
        conditions=[[str(title), str(value)] for title, value in taken.conditions][:60],
        format=taken.format,
        rows=taken.rows,
        complete=taken.complete,
        digest=taken.digest,
    )
