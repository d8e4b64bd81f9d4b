"""Related entries on the page of an entry, both ways, and the page that adds one."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries import queries
from jiangyuan.catalog.entries.models import Entry, EntryRelation
from jiangyuan.catalog.entries.wording import RELATIONS
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.ui import measures, options, pages, parts, steps
from jiangyuan.ui.forms import KEY, VERSION
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

SHOWN = 100


class _ByName(options.Source):
    """Entries by name or code; a name that several entries have names none of them."""

    def exactly(self, actor: Actor, text: str) -> list[Any]:
        """Give the entries that a text names."""
        found = super().exactly(actor, text) if len(text) == 36 else []
        return found or list(self.rows(actor).filter(Q(known_name=text) | Q(code=text))[:6])


CHOICES = options.register(
    _ByName(
        name="entries",
        rows=lambda actor: queries.entries(actor=actor).exclude(state="withdrawn").order_by("known_name", "pk"),
        title="known_name",
        names=("known_name", "code"),
    )
)


def related_parts(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    """Show what an entry is related to, from both sides, as far as the actor may know of it."""
    sees = queries.sees_revision(entry, actor)
    rows = EntryRelation.visible_to(actor).filter(Q(entry=entry) | Q(to=entry))
    rows = rows.select_related("entry__body", "to__body").order_by("kind", "created_at")
    may_drop = sees and "catalog.entry.unrelate" in {s.action for s in steps.steps(entry, actor)}
    shown = []
    for relation in rows[:SHOWN]:
        outward = relation.entry_id == entry.pk
        whole = sees if outward else queries.sees_revision(relation.entry, actor)
        if relation.dropped if whole else not relation.known:
            continue
        other = relation.to if outward else relation.entry
        drop = _drop(entry, relation) if outward and may_drop else ""
        shown.append(
            (
                RELATIONS[relation.kind][0 if outward else 1],
                parts.Link(title=other.known_name, url=f"/catalog/{other.pk}/"),
                parts.Code(text=other.code) if other.code else "",
                str(other.body),
                drop,
            )
        )
    if not shown:
        return ()
    columns = (_("关系"), _("目录"), _("代码"), _("部门"), _("操作"))
    return (
        parts.Table(
            caption=_("关联目录"),
            show_caption=True,
            columns=tuple(parts.Column(title=title) for title in columns[: 5 if may_drop else 4]),
            rows=[row if may_drop else row[:4] for row in shown],
            empty=parts.Empty(title=_("还没有关联目录"), why=""),
        ),
    )


def _drop(entry: Entry, relation: EntryRelation) -> measures.Links:
    sent = ((VERSION, str(entry.version)), (KEY, str(uuid7())), ("to", str(relation.to_id)), ("kind", relation.kind))
    button = parts.Button(
        title=_("解除"), url=f"/catalog/{entry.pk}/unrelate/", kind="plain", method="post", fields=sent
    )
    return measures.Links(items=(button,))


def relate_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Add a relation: which entry, and how it is related."""
    actor = require_actor(request)
    entry = find(queries.entries(actor=actor), pk)
    return steps.step_page(
        request,
        entry,
        "relate",
        allowed=("catalog.entry.relate",),
        base=f"/catalog/{entry.pk}/",
        crumbs=(parts.Link(title=_("数据目录"), url="/catalog/"),),
        choices={"to": options.Remote(CHOICES, actor)},  # type: ignore[dict-item]
        lead={"catalog.entry.relate": _("关联随目录一起审核发布；发布后，从两项目录都能看到。")},
        name=entry.name,
    )


def unrelate_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Take a relation away."""
    entry = find(queries.entries(actor=require_actor(request)), pk)
    base = f"/catalog/{entry.pk}/"
    if request.method != "POST":
        return pages.redirect(request, base)
    fixed = {"to": request.POST.get("to", "")[:60], "kind": request.POST.get("kind", "")[:20]}
    return pages.act_from_form(request, "catalog.entry.unrelate", entry.pk, done=base, fixed=fixed)
