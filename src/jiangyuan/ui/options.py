"""A choice among very many: what one types is looked for on the platform; the page never holds all there is.

A room registers a `Source`; a page gives `Remote(source, actor)` as the choices of a parameter. The control is a text: with
`picker.js` it offers what is found while one types, without it the text is resolved when it is sent. Only what the actor
may see is found, offered or named in a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound
from jiangyuan.kernel.texts import listed
from jiangyuan.ui.session import require_actor

SHOWN = 20
"""So many are offered at once; typing more words narrows them."""
LONGEST = 120
_NEAR, _COMPARED = 5, 5000


def plain(text: Any) -> str:
    """Give what was typed without what no name holds, and not longer than a name is."""
    kept = "".join(c for c in str(text or "")[: 4 * LONGEST] if c.isprintable() or c.isspace())
    return " ".join(kept.split())[:LONGEST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where options come from. `rows`: those the actor may choose; `title` names one of them and is unique among them;
    `names`: all columns by which people know it, the title first.
    """

    name: str
    rows: Callable[[Actor], QuerySet[Any]]
    title: str
    names: tuple[str, ...]

    def search(self, actor: Actor, words: str) -> list[Any]:
        """Give up to one more than are shown whose names contain every word."""
        rows = self.rows(actor)
        for word in plain(words).split()[:4]:
            rows = rows.filter(_any_of(self.names, "icontains", word))
        return list(rows[: SHOWN + 1])

    def exactly(self, actor: Actor, text: str) -> list[Any]:
        """Give those that a text names: by the title alone if that fits, else by any of its names, or by the id."""
        rows = self.rows(actor)
        try:
            return list(rows.filter(pk=UUID(text)))
        except ValueError:
            pass
        titled = list(rows.filter(**{self.title: text})[:1])
        return titled or list(rows.filter(_any_of(self.names, "iexact", text))[: _NEAR + 1])

    def near(self, actor: Actor, text: str) -> list[str]:
        """Give titles like what was typed: those that contain it, else those spelled almost so."""
        found = [str(getattr(one, self.title)) for one in self.search(actor, text)[:_NEAR]]
        if found:
            return found
        titles = self.rows(actor).values_list(self.title, flat=True)[:_COMPARED]
        return get_close_matches(text, [str(title) for title in titles], n=_NEAR, cutoff=0.5)


def _any_of(names: tuple[str, ...], how: str, text: str) -> Q:
    asked = Q()
    for name in names:
        asked |= Q(**{f"{name}__{how}": text})
    return asked


_SOURCES: dict[str, Source] = {}


def register(source: Source) -> Source:
    """Register where options come from; gives it back."""
    _SOURCES[source.name] = source
    return source


def registered() -> tuple[Source, ...]:
    """Give every source, in the order in which the rooms registered them."""
    return tuple(_SOURCES.values())


@dataclass(frozen=True, slots=True)
class Remote:
    """Choices that are looked for instead of listed."""

    source: Source
    actor: Actor


class Pick(forms.Field):
    """One of very many, typed by name; its value is the id."""

    widget = forms.TextInput

    def __init__(self, *, remote: Remote, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.remote = remote
        self.widget.attrs |= {"data-options": f"/options/{remote.source.name}/", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        """Resolve what was typed. A refusal names what is like it."""
        text = plain(value)
        if not text:
            return None
        source, actor = self.remote.source, self.remote.actor
        found = source.exactly(actor, text)
        if len(found) == 1:
            return found[0].pk
        near = [str(getattr(one, source.title)) for one in found[:_NEAR]] or source.near(actor, text)
        said = {"text": text, "near": listed([_("“%(name)s”") % {"name": name} for name in near])}
        if found:
            raise forms.ValidationError(_("“%(text)s”不止一个，请写全称：%(near)s。") % said)
        if near:
            raise forms.ValidationError(_("没有找到“%(text)s”。相近的有：%(near)s。请改写为其中之一。") % said)
        raise forms.ValidationError(
            _("没有找到“%(text)s”，也没有相近的。请核对名称，可只写其中几个字再从列出的选项中选择。") % said
        )

    def prepare_value(self, value: Any) -> Any:
        """Give the text of the control: the name of what is chosen, or what was typed."""
        return self.said(value)

    def said(self, value: Any) -> str:
        """Give the name of an id; any other text as it is."""
        try:
            found = self.remote.source.rows(self.remote.actor).filter(pk=UUID(str(value))).first()
        except ValueError:
            return "" if value is None else str(value)
        return str(getattr(found, self.remote.source.title)) if found is not None else ""


@require_GET
def options_page(request: HttpRequest, name: str) -> HttpResponse:
    """Give the options whose names contain what is typed, for who may choose them."""
    actor, source = require_actor(request), _SOURCES.get(name)
    if source is None:
        raise NotFound(_("没有这样的选项"))
    found = source.search(actor, request.GET.get("q", ""))
    titles = [str(getattr(one, source.title)) for one in found[:SHOWN]]
    return JsonResponse({"options": titles, "more": len(found) > SHOWN})
