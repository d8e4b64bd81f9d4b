"""The parameters of an action: a model made from the body's signature, and what is said when an input does not fit it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, get_type_hints

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from jiangyuan.kernel.errors import Broken, Refused

_FAULTS: Mapping[str, Any] = {
    "missing": _("请填写这一项。"),
    "string_too_short": _("内容过短：至少 %(min_length)s 个字，请补充。"),
    "string_too_long": _("内容过长：最多 %(max_length)s 个字，请删减。"),
    "string_pattern_mismatch": _("写法不对，请按说明改正。"),
    "too_short": _("至少要有 %(min_length)s 项，请补充。"),
    "too_long": _("最多 %(max_length)s 项，请删减。"),
    "greater_than": _("应大于 %(gt)s，请改正。"),
    "greater_than_equal": _("不能小于 %(ge)s，请改正。"),
    "less_than": _("应小于 %(lt)s，请改正。"),
    "less_than_equal": _("不能大于 %(le)s，请改正。"),
    "int_parsing": _("应为整数，请只填数字。"),
    "date_from_datetime_parsing": _("日期的写法不对，请写成 2026-11-22 的形式。"),
    "uuid_parsing": _("不是有效的编号，请从列表中重新选择。"),
    "enum": _("没有这一项，请从列出的选项中选择。"),
    "literal_error": _("没有这一项，请从列出的选项中选择。"),
}


def fault_text(fault: Mapping[str, Any]) -> str:
    """Say a pydantic fault in plain words, with how to mend it."""
    text = _FAULTS.get(fault["type"])
    if text is None:
        return str(_("填写的内容不符合要求，请按说明改正。"))
    try:
        return str(text) % fault.get("ctx", {})
    except (KeyError, ValueError):
        return str(_("填写的内容不符合要求，请按说明改正。"))


class InvalidInput(Refused):
    """A parameter is missing or not of its kind."""

    default_code = "invalid"


def parameters_of(name: str, body: Callable[..., Any], *, given: Collection[str], skip_first: bool) -> type[BaseModel]:
    """Make the model of an action's parameters from its body's keyword-only ones, without those that `act` gives itself.

    `skip_first`: the first parameter is the object acted on. Raises `Broken` for a parameter that is not keyword-only.
    """
    hints = get_type_hints(body, include_extras=True)
    fields: dict[str, Any] = {}
    for index, (key, parameter) in enumerate(inspect.signature(body).parameters.items()):
        if key in given or (skip_first and index == 0):
            continue
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise Broken(f"{name}: parameter {key} must be keyword-only", code="action")
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[key] = (hints[key], default)
    model = "".join(part.capitalize() for part in name.replace("_", ".").split("."))
    config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
        str_strip_whitespace=True,
        strict=False,
        # made when it is first used: a process that starts uses few of the hundreds
        defer_build=True,
    )
    return create_model(model, __config__=config, **fields)


def validate(model: type[BaseModel], params: Mapping[str, Any]) -> dict[str, Any]:
    """Check the parameters of an act and give them in their types. Raises `InvalidInput` naming the first that is wrong."""
    hidden = next((place for place, text in _texts(params, "") if "\x00" in text), None)
    if hidden is not None:
        raise InvalidInput(_("内容中含有不可见的控制字符"), where=hidden, mend=_("请重新键入，不要粘贴带格式的内容。"))
    try:
        checked = model.model_validate(dict(params))
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(fault_text(first), where=place, mend=_("请改正后重新提交。")) from exc
    return {key: getattr(checked, key) for key in model.model_fields}


def _texts(value: Any, place: str) -> list[tuple[str, str]]:
    """List every text in nested parameters with its place; PostgreSQL cannot hold a NUL in any of them."""
    if isinstance(value, str):
        return [(place, value)]
    if isinstance(value, Mapping):
        return [found for key, one in value.items() for found in _texts(one, f"{place}.{key}".lstrip("."))]
    if isinstance(value, list | tuple):
        return [found for index, one in enumerate(value) for found in _texts(one, f"{place}.{index}")]
    return []
