"""The fields of an entry, edited; when somebody else was faster, both sides are merged field by field."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries import class_pages, merge_pages, queries
from jiangyuan.catalog.entries.actions import CLEARABLE
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.wording import field_label, field_value
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import merging, parts, steps
from jiangyuan.ui.forms import BASE, ActionForm, form_for
from jiangyuan.ui.merging import Text
from jiangyuan.ui.objects import find
from jiangyuan.ui.pages import Again
from jiangyuan.ui.session import require_actor

EDIT = "catalog.entry.edit"
CATALOG = parts.Link(title=gettext_lazy("数据目录"), url="/catalog/")
EDITED = (
    *("name", "summary", "classification", "nature", "format", "update_cycle", "share_type", "share_condition"),
    *("share_basis", "share_methods", "open_type", "open_condition", "time_from", "time_to", "space_scope"),
    *("contact", "contact_phone"),
)
TICKS = frozenset({"share_methods"})


def _texts(entry: Entry) -> dict[str, Text]:
    """Give what the fields of the form hold, as they would be sent."""
    values = {name: getattr(entry, name) for name in EDITED}
    return {name: _text(name, v if isinstance(v, list) else [v]) for name, v in values.items()}


def _text(name: str, values: Any) -> Text:
    found = merging.plain(values)
    return tuple(sorted(found)) if name in TICKS else found


def _typed(sent: QueryDict, before: merging.Texts, now: merging.Texts) -> dict[str, Text]:
    typed = merge_pages.side(EDITED, sent, before, now, TICKS.__contains__)
    return {name: _text(name, text) for name, text in typed.items()}


def _said(name: str, text: Text) -> Any:
    return field_value(name, list(text) if name in TICKS else text[0] if text else None)


def _cleared(request: HttpRequest) -> list[str]:
    """Give the fields that stood on the form and were left empty: they are to be emptied, not left as they are."""
    stood = {*request.POST, *(TICKS if BASE in request.POST else ())}  # of boxes, nothing is sent when none is ticked
    return sorted(name for name in CLEARABLE & stood if not any(t.strip() for t in request.POST.getlist(name)))


def asked_to_mend(entry: Entry) -> dict[str, str]:
    """Give what the reviewer who returned the entry said of each field."""
    return {name: _("退回纠正：%(reason)s") % {"reason": text} for name, text in entry.return_reasons.items()}


def edit_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Edit an entry that is being drafted or was returned."""
    actor = require_actor(request)
    entry = find(queries.entries(actor=actor), pk)
    missing = merging.settle(request, TICKS.__contains__) if merging.is_merged(request) else frozenset()
    if missing:
        return _merge(request, entry, actor, missing)

    def merge(form: ActionForm, again: Again) -> HttpResponse:
        entry.refresh_from_db()
        return _merge(request, entry, actor) if EDIT in steps.on_desk(entry, actor) else again(form)

    return steps.step_page(
        request,
        entry,
        "edit",
        allowed=(EDIT,),
        base=f"/catalog/{entry.pk}/",
        crumbs=(CATALOG,),
        initial={name: getattr(entry, name) for name in EDITED},
        fixed={"items": None, "clear": _cleared(request)},
        choices={"classification": class_pages.choices(actor)},
        beside=asked_to_mend(entry),
        opened=merging.seal(entry.version, _texts(entry)),
        merge=merge,
    )


def _merge(request: HttpRequest, entry: Entry, actor: Actor, missing: frozenset[str] = frozenset()) -> HttpResponse:
    now = _texts(entry)
    was = merging.base_of(request)
    choices = {"classification": class_pages.choices(actor)}
    kind = merge_pages.Kind(
        label=field_label,
        said=_said,
        form=lambda sent: form_for(EDIT, initial=_initial(sent), choices=choices, fixed={"items": None, "clear": None}),
        ticks=TICKS.__contains__,
    )
    typed = _typed(request.POST, was.texts, now)
    return merge_pages.merge_page(request, entry, kind, theirs=now, mine=typed, missing=missing)


def _initial(sent: QueryDict) -> dict[str, Any]:
    return {name: sent.getlist(name) if name in TICKS else sent.get(name, "") for name in EDITED}
