"""Check your answers: before an important form is sent, a page shows what will be submitted, each part to be mended.

The page asks for it: its button sends `_check` along. The form is drawn once more as text, with everything that was sent
as hidden fields and with the same submission number; "修改" leads back to the form, "提交" carries it out. Whether an act
is allowed is decided when it is carried out, never here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.texts import listed
from jiangyuan.ui import drafts, options
from jiangyuan.ui.parts import Part

CHECK, EDIT = "_check", "_edit"
FIRST: set[str] = set()
"""Actions whose answers are checked before they are submitted."""
_DROPPED = frozenset({CHECK, EDIT, drafts.MARK, "csrfmiddlewaretoken"})


def check_first(*actions: str) -> None:
    """Have the answers of these actions checked first. Raises `Broken` for one that does not exist."""
    for name in actions:
        if name not in ACTIONS:
            raise Broken(f"no action is named {name}", code="wording", where=name)
        FIRST.add(name)


def may_be_checked(action: str) -> bool:
    """Tell whether the answers of an action are shown before it is carried out: not those that hold a secret."""
    return action in FIRST and not drafts.secret_names(action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer as text; `given` is false when it was left empty."""

    label: Any
    text: str
    given: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers of one section; `anchor` is where its fields begin on the form."""

    title: Any
    rows: tuple[Answer, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Part):
    """What will be submitted: answers by section, what the page knows besides, everything sent as hidden fields."""

    template: ClassVar[str] = "ui/parts/check.html"
    form: Any
    url: str
    sections: tuple[Answers, ...]
    sent: tuple[tuple[str, str], ...]
    facts: Sequence[Part] = ()
    told: Any = ""
    back: str = ""


def _chosen(bound: BoundField, value: Any) -> str:
    labels = {str(code): str(label) for code, label in _flat(getattr(bound.field, "choices", ()))}
    values = value if isinstance(value, list | tuple) else [value]
    return listed([labels.get(str(v), str(v)) for v in values])


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for code, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield code, label


def _answer(bound: BoundField, value: Any) -> Answer:
    if isinstance(bound.field, forms.BooleanField):
        return Answer(label=bound.label, text=_("是") if value else _("否"))
    if value in (None, "", []):
        return Answer(label=bound.label, text=_("未填写"), given=False)
    if isinstance(bound.field, options.Pick):
        return Answer(label=bound.label, text=bound.field.said(value))
    if hasattr(bound.field, "choices"):
        return Answer(label=bound.label, text=_chosen(bound, value))
    text = "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    unit = getattr(bound.field, "unit", "")
    return Answer(label=bound.label, text=_("%(number)s %(unit)s") % {"number": text, "unit": unit} if unit else text)


def check_of(request: HttpRequest, form: Any, *, facts: Sequence[Part] = (), told: Any = "", back: str = "") -> Check:
    """Make the check of a form that is valid. `facts`: what is submitted besides the fields; `told`: what comes next."""
    sections = tuple(
        Answers(
            title=group.title or form.spec.title,
            anchor=group.anchor,
            rows=tuple(_answer(bound, form.cleaned_data.get(bound.name)) for bound in group.fields),
        )
        for group in form.groups
    )
    sent = tuple((name, v) for name in form.data if name not in _DROPPED for v in form.data.getlist(name))
    here = drafts.plain_address(request.get_full_path())
    return Check(form=form, url=here, sections=sections, sent=sent, facts=facts, told=told, back=back)


def is_asked(request: HttpRequest, action: str) -> bool:
    """Tell whether the page asks to see the answers before the action is carried out."""
    return CHECK in request.POST and may_be_checked(action)
