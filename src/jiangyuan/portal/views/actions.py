"""Every write of views: saved, renamed, opened with, removed, restored; and exports, remembered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict
from jiangyuan.portal.views import rules
from jiangyuan.portal.views.models import ListExport, SavedView

Name = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Query = Annotated[str, StringConstraints(max_length=4000)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _kept(person: Any, path: str) -> Any:
    return SavedView.objects.filter(person=person, page=path, removed_at__isnull=True)


def _require_free(person: Any, path: str, name: str) -> None:
    if _kept(person, path).filter(name=name).exists():
        raise Conflict(_("已有同名的视图"), where="name", mend=_("请换一个名称，或先移除原来的视图。"))


@action("views.view.save", on=None, event="views.view.saved", title=_("保存视图"), about=lambda values: {"person": ""})
def save_view(*, page: Path, query: Query, name: Name, actor: Actor, default: bool = False) -> SavedView:
    """Name the state of a list for oneself. Refuses a name that is taken, and an address that is no list."""
    path, kept = rules.require_list(page), rules.canonical(query)
    rules.require_room(_kept(actor.id, path).count())
    _require_free(actor.id, path, name)
    if default:
        _kept(actor.id, path).filter(default=True).update(default=False)
    describe(page=path, default=default)
    return SavedView.objects.create(person=actor.id, page=path, name=name, query=kept, default=default)


@action("views.view.rename", on=SavedView, event="views.view.renamed", title=_("改名"))
def rename_view(view: SavedView, *, name: Name) -> SavedView:
    """Give a view another name. Refuses a name that is taken."""
    if name != view.name:
        _require_free(view.person, view.page, name)
    view.name = name
    return view


@action("views.view.open_with", on=SavedView, event="views.view.made_default", title=_("打开列表时先看它"))
def open_with(view: SavedView) -> SavedView:
    """Let the list open with this view, in place of another."""
    _kept(view.person, view.page).filter(default=True).exclude(pk=view.pk).update(default=False)
    view.default = True
    return view


@action("views.view.open_without", on=SavedView, event="views.view.made_plain", title=_("打开列表时不用它"))
def open_without(view: SavedView) -> SavedView:
    """Let the list open with all its rows again."""
    view.default = False
    return view


@action("views.view.remove", on=SavedView, event="views.view.removed", title=_("移除视图"))
def remove_view(view: SavedView, *, now: datetime) -> SavedView:
    """Take a view away; it can be restored."""
    view.removed_at, view.default = now, False
    return view


@action("views.view.restore", on=SavedView, event="views.view.restored", title=_("恢复视图"))
def restore_view(view: SavedView) -> SavedView:
    """Bring a removed view back. Refuses when its name was given to another by now."""
    rules.require_room(_kept(view.person, view.page).count())
    _require_free(view.person, view.page, view.name)
    view.removed_at = None
    return view


@action(
    "views.export.make", on=None, event="views.export.made", title=_("导出列表"), about=lambda values: {"person": ""}
)
def make_export(
    *,
    page: Path,
    title: Text,
    format: Annotated[str, StringConstraints(pattern="^(csv|xlsx)$")],
    rows: Annotated[int, Field(ge=0)],
    complete: bool,
    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")],
    actor: Actor,
    query: Annotated[str, StringConstraints(max_length=2000)] = "",
    conditions: Annotated[list[list[str]], Field(max_length=60)] | None = None,
) -> ListExport:
    """Remember a list that leaves the platform as a file, before it is given.

    What was searched for stays in the row; the event says which list, how many rows and which file.
    """
    describe(page=page, format=format, rows=rows, complete=complete, digest=digest)
    return ListExport.objects.create(
        person=actor.id,
        body=actor.body,
        page=page,
        title=title,
        query=query,
        conditions=conditions or [],
        format=format,
        rows=rows,
        complete=complete,
        digest=digest,
    )
