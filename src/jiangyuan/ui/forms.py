"""Forms made from actions: what an action asks for is what its form asks for.

A form checks what was typed, then what the action's own parameters say of it; every fault stands at its field and says
how to mend it, and nothing typed is lost. Two hidden fields travel along: the version of the object that was seen, and
the number of this submission, so that a form sent twice acts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.forms.boundfield import BoundField
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from jiangyuan.kernel.actions import ACTIONS, Action
from jiangyuan.kernel.errors import NotFound, Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.parameters import fault_text
from jiangyuan.kernel.texts import cite
from jiangyuan.ui import checking, drafts, fields, merging

VERSION, BASE, KEY = drafts.VERSION, drafts.BASE, "_key"


@dataclass(frozen=True, slots=True)
class Summed:
    """One line of the error summary: the field it leads to (empty: the whole form), its label and the message."""

    anchor: str
    label: Any
    message: str


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together under a heading."""

    title: Any
    fields: tuple[BoundField, ...]
    anchor: str = ""

    @property
    def wrong(self) -> bool:
        """Tell whether a field of the group needs correcting."""
        return any(bound.errors for bound in self.fields)


class ActionForm(forms.Form):
    """The form of one action. Made by `form_for`; drawn by `{% part form %}`."""

    template = "ui/parts/form.html"
    use_required_attribute = False

    def __init__(
        self, spec: Action, *, kept: Mapping[str, forms.Field], fixed: Mapping[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        self.fixed = dict(fixed)
        self.fields.update(kept)
        self.fields[VERSION] = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
        self.fields[KEY] = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)
        if self.initial.get(BASE) or BASE in self.data:
            self.fields[BASE] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.url = ""
        self.submit = spec.title
        self.danger = False
        self.checked_first = checking.may_be_checked(spec.name)
        self.cancel_url = ""
        self.refusal: Refused | None = None
        self.told: list[str] = []
        self.draft: drafts.Offered | None = None
        self.typed: QueryDict | None = None
        self._offered = False

    def offer(self, request: HttpRequest) -> None:
        """Look once whether something was kept of this form; show it in the fields when the page was asked to.

        `typed` is then what was kept, as it was sent, for the controls that a page draws beside the fields.
        """
        if self._offered or self.is_bound:
            return
        self._offered = True
        self.draft, kept = drafts.offer(request, self.spec.name, self.url, self.initial.get(VERSION))
        typed = drafts.typed(kept)
        if typed is not None:
            self.fill(typed)

    def say_beside(self, said: Mapping[str, Any]) -> None:
        """Let fields show what somebody said of them; fields that the form does not have are passed over."""
        for name, text in said.items():
            if name in self.fields:
                self.fields[name].beside = text  # type: ignore[attr-defined]

    def fill(self, typed: QueryDict) -> None:
        """Show what was typed, unchecked and not as something sent: from a draft, or on the way back from a button."""
        self.typed = typed
        for bound in self.visible_fields():
            if not drafts.secret_names(self.spec.name) & {bound.name}:
                widget: Any = bound.field.widget
                self.initial[bound.name] = widget.value_from_datadict(typed, {}, bound.html_name)
        version, base = merging.resumed(typed)
        if base:
            self.initial[VERSION], self.initial[BASE] = version, base
        if typed.get(KEY):
            self.initial[KEY], self._offered = typed[KEY], True
            self.initial[VERSION] = typed.get(VERSION) or self.initial.get(VERSION)

    def clean(self) -> dict[str, Any]:
        """Check the values against the action's parameters; every fault goes to its field."""
        cleaned = super().clean() or {}
        try:
            self.spec.parameters.model_validate(self._given(cleaned))
        except ValidationError as exc:
            for fault in exc.errors(include_url=False):
                name = str(fault["loc"][0]) if fault["loc"] else ""
                if name not in self.errors:
                    self.add_error(name if name in self.fields else None, fault_text(fault))
        return cleaned

    def _given(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        given = dict(self.fixed)
        for name, info in self.spec.parameters.model_fields.items():
            if name in self.fixed or name not in cleaned:
                continue
            value = cleaned[name]
            if value in (None, "", []) and (not info.is_required() or fields.plain_type(info.annotation)[1]):
                if info.is_required():
                    given[name] = None
                continue  # an empty control means the parameter's own default
            given[name] = value
        return given

    @property
    def values(self) -> dict[str, Any]:
        """Give the parameters for `act`, after `is_valid()`."""
        return self._given(self.cleaned_data)

    @property
    def expected_version(self) -> int | None:
        """Give the version of the object that the person saw."""
        return self.cleaned_data.get(VERSION)

    @property
    def idempotency_key(self) -> str | None:
        """Give the number of this submission."""
        return self.cleaned_data.get(KEY) or None

    def refuse(self, refusal: Refused) -> None:
        """Put a refusal of the action onto the form: at the field it names, else above all."""
        self.refusal = refusal
        name = refusal.where.split(".")[0]
        text = str(refusal.message)
        if refusal.article:
            text = str(_("%(message)s（%(article)s）")) % {"message": text, "article": cite(refusal.article)}
        mend = str(refusal.mend or "")
        self.add_error(name if name in self.fields else None, " ".join(t for t in (text, mend) if t))

    @property
    def groups(self) -> list[Group]:
        """Give the visible fields by group, in the order of the parameters."""
        grouped: dict[Any, list[BoundField]] = {}
        for bound in self.visible_fields():
            grouped.setdefault(str(getattr(bound.field, "group", "")), []).append(bound)
        if len(grouped) > 2 and "" in grouped:  # among titled sections the first needs a title too
            grouped = {title or _("基本情况"): found for title, found in grouped.items()}
        named = enumerate(grouped.items(), 1)
        return [Group(title, tuple(found), str(self.auto_id) % f"group{n}") for n, (title, found) in named]

    @property
    def rail(self) -> list[Group]:
        """Give the contents of a long form: its groups, where there are three or more, or two with many fields."""
        titled = [group for group in self.groups if group.title]
        return titled if len(titled) >= 3 or (len(titled) == 2 and len(self.visible_fields()) >= 8) else []

    @property
    def fault_lines(self) -> list[Summed]:
        """Give the error summary: every fault with a link to its field."""
        return list(self._summed())

    def _summed(self) -> Iterator[Summed]:
        for message in (*self.told, *self.non_field_errors()):
            yield Summed("", "", str(message))
        for bound in self:
            for message in bound.errors:
                yield Summed("" if bound.is_hidden else bound.id_for_label or bound.auto_id, bound.label, str(message))


def form_for(
    action: str,
    *,
    data: Mapping[str, Any] | None = None,
    initial: Mapping[str, Any] | None = None,
    choices: Mapping[str, Iterable[tuple[Any, Any]]] | None = None,
    fixed: Mapping[str, Any] | None = None,
    version: int | None = None,
    base: str = "",
    url: str = "",
    prefix: str | None = None,
) -> ActionForm:
    """Make the form of an action.

    `data`: what was sent (None: an empty form); `initial`: what stands in the fields at first; `choices`: what may be
    chosen, by parameter; `fixed`: parameters that the page knows and does not ask; `version`: the object's version that
    the page shows; `base`: what its fields then held, where two people's changes can be merged; `url`: where the form is
    sent (empty: the page itself). Raises `NotFound` for an unknown action, `Broken` for a parameter that no control can
    ask for and the page does not fix.
    """
    spec = ACTIONS.get(action)
    if spec is None:
        raise NotFound(_("没有这项操作"), where=action)
    kept = {
        name: fields.form_field(name, info, choices=(choices or {}).get(name))
        for name, info in spec.parameters.model_fields.items()
        if name not in (fixed or {}) and not fields.shown(info).hidden
    }
    first = {VERSION: version, BASE: base, KEY: str(uuid7()), **(initial or {})}
    first = {k: str(v) if isinstance(v, UUID) else v for k, v in first.items()}
    # Several decisions may stand on one page: the action's name keeps the ids of their fields apart.
    auto_id = f"{action.replace('.', '-')}_%s"
    form = ActionForm(spec, kept=kept, fixed=fixed or {}, data=data, initial=first, prefix=prefix, auto_id=auto_id)
    form.url = url
    return form
