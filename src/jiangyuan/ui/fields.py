"""Form fields made from the parameters of actions: one place where a type becomes a control.

Label and help come from pydantic's `Field(title=…, description=…)`; what pydantic has no word for (unit, group, choices,
control) from `Shown`, both inside `Annotated`.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from pydantic.fields import FieldInfo

from jiangyuan.kernel.errors import Broken
from jiangyuan.ui import identifying, options

Choices = Iterable[tuple[Any, Any]]
MANY = 15
"""From more options than these on, a choice can be searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a parameter stands on a form, as metadata of its type: `Annotated[str, Shown(label=_("用途"))]`.

    `choices`: pairs of (value, label), or a function giving them when the form is made. `hidden`: not asked of a person
    (the page gives it a fixed value). `secret`: never kept while it waits to be sent, as passwords and files are not.
    `check`: the kind of identifier (`identifying`) that is judged as soon as the field is left.
    """

    label: Any = ""
    help: Any = ""
    unit: Any = ""
    group: Any = ""
    control: Literal["", "text", "textarea", "select", "radio", "password", "file"] = ""
    choices: Choices | Callable[[], Choices] | None = None
    hidden: bool = False
    secret: bool = False
    check: str = ""


class Lines(forms.Field):
    """A list of texts, written one a line; blank lines do not count."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> list[str]:
        """Split what was typed into its lines."""
        if isinstance(value, list | tuple):
            return [str(v).strip() for v in value if str(v).strip()]
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        """Give the text that the control shows."""
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value


class Whole(forms.IntegerField):
    """A whole number; thousands separators and full-width digits are understood."""

    def to_python(self, value: Any) -> int | None:
        """Read the number."""
        if isinstance(value, str):
            value = value.replace(",", "").replace("，", "").strip()  # i18n: a separator, not a text
            value = "".join(str(int(c)) if c.isdigit() else c for c in value)
        return super().to_python(value)


def shown(info: FieldInfo) -> Shown:
    """Give the `Shown` of a parameter, completed with pydantic's own title and description."""
    found = next((m for m in info.metadata if isinstance(m, Shown)), Shown())
    return Shown(
        label=found.label or info.title or "",
        help=found.help or info.description or "",
        unit=found.unit,
        group=found.group,
        control=found.control,
        choices=found.choices,
        hidden=found.hidden,
        secret=found.secret,
        check=found.check,
    )


def is_secret(look: Shown) -> bool:
    """Tell whether what is typed into a field is never kept, nor put into a page again."""
    return look.secret or look.control in ("password", "file")


def plain_type(annotation: Any) -> tuple[Any, bool]:
    """Take `| None` and `Annotated` off a type; tell whether None was allowed."""
    if hasattr(annotation, "__metadata__"):
        return plain_type(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        optional = len(inner) < len(get_args(annotation))
        return (plain_type(inner[0])[0] if len(inner) == 1 else annotation), optional
    return annotation, False


def _limit(info: FieldInfo, *names: str) -> Any:
    for name in names:
        for meta in info.metadata:
            if getattr(meta, name, None) is not None:
                return getattr(meta, name)
    return None


def _pairs(kind: Any, look: Shown, given: Choices | None) -> list[tuple[Any, Any]] | None:
    choices = given if given is not None else look.choices
    if choices is not None:
        return [(str(v), label) for v, label in (choices() if callable(choices) else choices)]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [(str(member.value), getattr(member, "label", member.name)) for member in kind]
    if get_origin(kind) is Literal:
        return [(str(v), str(v)) for v in get_args(kind)]
    return None


def _words(label: Any) -> dict[str, Any]:
    """Give the messages of a field: each says how to mend it."""
    return {
        "required": _("请填写“%(label)s”。") % {"label": label},
        "invalid": _("“%(label)s”的写法不对，请按说明改正。") % {"label": label},
        "invalid_choice": _("“%(label)s”中没有这一项，请从列出的选项中选择。") % {"label": label},
        "invalid_list": _("请从列出的选项中选择“%(label)s”。") % {"label": label},
        "max_length": _("内容过长：最多 %(limit_value)s 个字，现有 %(show_value)s 个字，请删减。"),
        "min_length": _("内容过短：至少 %(limit_value)s 个字，现有 %(show_value)s 个字，请补充。"),
        "min_value": _("不能小于 %(limit_value)s，请改正。"),
        "max_value": _("不能大于 %(limit_value)s，请改正。"),
    }


_MESSAGES: Mapping[Any, Mapping[str, Any]] = {
    Whole: {"invalid": _("应为整数，请只填数字。")},
    forms.DecimalField: {"invalid": _("应为数字，请只填数字和小数点。")},
    forms.DateField: {"invalid": _("日期的写法不对，请写成 2026-11-22 的形式。")},
    forms.DateTimeField: {"invalid": _("时间的写法不对，请写成 2026-11-22 09:30 的形式。")},
}


def _select(pairs: Sequence[tuple[Any, Any]], control: str, required: bool) -> dict[str, Any]:
    if control == "radio":
        return {"choices": pairs, "widget": forms.RadioSelect}
    return {"choices": [("", _("请选择")), *pairs], "widget": forms.Select}


def _many(
    inner: Any, look: Shown, given: Choices | None, common: dict[str, Any], name: str
) -> tuple[type[forms.Field], dict[str, Any]]:
    kind, _optional = plain_type(inner)
    pairs = _pairs(kind, look, given)
    if pairs is not None:
        return forms.TypedMultipleChoiceField, {"choices": pairs, "widget": forms.CheckboxSelectMultiple, **common}
    if kind in (str, UUID, int):
        return Lines, common
    raise Broken(f"parameter {name}: a list of {kind} has no control", code="form", where=name)


_SIMPLE: Mapping[Any, type[forms.Field]] = {
    str: forms.CharField,
    int: Whole,
    float: forms.FloatField,
    Decimal: forms.DecimalField,
    UUID: forms.UUIDField,
    bool: forms.BooleanField,
    date: forms.DateField,
    datetime: forms.DateTimeField,
}


def _single(
    kind: Any, info: FieldInfo, look: Shown, common: dict[str, Any], name: str
) -> tuple[type[forms.Field], dict[str, Any]]:
    made = _SIMPLE.get(kind)
    if made is None:
        raise Broken(f"parameter {name} of type {kind} has no control", code="form", where=name)
    options = dict(common)
    if kind is bool:
        options["required"] = False  # a box left empty says no
    elif kind is date:
        options["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    elif kind is datetime:
        options["widget"] = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    elif kind in (int, Decimal, float):
        options["min_value"], options["max_value"] = _limit(info, "ge"), _limit(info, "le")
        # A number control drops what it cannot read, and with it what was typed.
        options["widget"] = forms.TextInput(attrs={"inputmode": "numeric" if kind is int else "decimal"})
    elif kind is str:
        options["max_length"], options["min_length"] = _limit(info, "max_length"), _limit(info, "min_length")
        options["widget"] = {"textarea": forms.Textarea(attrs={"rows": 4}), "password": forms.PasswordInput()}.get(
            look.control, forms.TextInput()
        )
    return made, options


def _identified(kind: str, text: Any) -> None:
    """Say of an identifier what the page says while one types."""
    verdict = identifying.judge(kind, str(text))
    if verdict.message:
        raise forms.ValidationError(f"{verdict.message} {verdict.mend}".strip())


_CLASSES: Mapping[Any, str] = {
    forms.Select: "form-select",
    forms.CheckboxInput: "form-check-input",
    forms.RadioSelect: "form-check-input",
    forms.CheckboxSelectMultiple: "form-check-input",
}


def form_field(
    name: str, info: FieldInfo, *, choices: Choices | options.Remote | None = None, label: Any = ""
) -> forms.Field:
    """Make the form field of a parameter. Raises `Broken` for a type that no control can ask for."""
    look = shown(info)
    kind, optional = plain_type(info.annotation)
    label = label or look.label or name.replace("_", " ")
    common: dict[str, Any] = {
        "label": label,
        "help_text": look.help,
        "required": info.is_required() and not optional,
    }
    if isinstance(choices, options.Remote):
        made, given = options.Pick, {**common, "remote": choices}
    elif get_origin(kind) in (list, tuple, set, frozenset, Sequence):
        made, given = _many(get_args(kind)[0], look, choices, common, name)
    elif kind is not bool and (pairs := _pairs(kind, look, choices)) is not None:
        made, given = forms.ChoiceField, {**common, **_select(pairs, look.control, bool(common["required"]))}
    else:
        made, given = _single(kind, info, look, common, name)
    field = made(error_messages={**_words(label), **_MESSAGES.get(made, {})}, **given)
    if info.default is not None and not info.is_required():
        field.initial = info.get_default(call_default_factory=True)
    field.widget.attrs.setdefault("class", _CLASSES.get(type(field.widget), "form-control"))
    if look.check:
        field.widget.attrs["data-check"] = look.check
        field.validators = [*field.validators, partial(_identified, look.check)]
    if isinstance(field, forms.ChoiceField) and type(field.widget) is forms.Select and len(field.choices) > MANY:
        field.widget.attrs["data-picker"] = "1"
    # a browser that cuts off what is pasted loses it silently: the limit is said instead
    field.widget.attrs.pop("maxlength", None)
    field.unit, field.group = look.unit, look.group  # type: ignore[attr-defined]
    return field
