"""Identifiers are checked while one types: which place is wrong, and how to mend it. Nothing typed here is kept or logged.

`Shown(check="citizen_id")` marks a field; the kinds are those of `kernel.identifiers`, and e-mail and dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from jiangyuan.kernel.errors import NotFound
from jiangyuan.kernel.identifiers import KINDS

EMAIL, DAY = "email", "date"
LONGEST = 200
_SHAPES = {"citizen_id": "[0-9]{17}[0-9X]", "uscc": "[0-9A-HJ-NP-RTUWXY]{18}", "mobile": "[0-9]{11}"}
"""The characters of kinds in which a wrong one can be pointed at, place by place."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong and how to mend it; both empty when nothing is."""

    message: Any = ""
    mend: Any = ""


def _first_alien(kind: str, text: str) -> int:
    """Give the first place (from 1) whose character the kind does not use; 0 when there is none."""
    whole = re.compile(_SHAPES.get(kind, ".*"))
    sample = {"citizen_id": "0" * 18, "uscc": "0" * 18, "mobile": "0" * 11}.get(kind, "")
    for place, character in enumerate(text[: len(sample)]):
        if not whole.fullmatch(sample[:place] + character + sample[place + 1 :]):
            return place + 1
    return 0


def judge(kind: str, text: str) -> Verdict:
    """Judge what was typed as an identifier of a kind. Raises `NotFound` for a kind that is not checked."""
    text = text.strip()
    if not text:
        return Verdict()
    if kind == DAY:
        return _day(text)
    if kind == EMAIL:
        good = re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text)
        return (
            Verdict() if good else Verdict(_("电子邮箱的写法不对"), _("应有一个 @，后面是域名，例如 wang@example.cn。"))
        )
    known = KINDS.get(kind)
    if known is None:
        raise NotFound(_("没有这种标识的校验"), where="kind")
    fault = known.explain(text)
    if fault is None:
        return Verdict()
    alien = _first_alien(kind, text) if fault.rule in ("characters", "shape") else 0
    if alien:
        told = {"place": alien, "character": text[alien - 1], "mend": fault.mend}
        return Verdict(_("第 %(place)s 位“%(character)s”不能用在这里") % told, fault.mend)
    if fault.rule == "length":
        return Verdict(_("应为 18 位，现有 %(n)s 位") % {"n": len(text)}, fault.mend)
    return Verdict(fault.message, fault.mend)


def _day(text: str) -> Verdict:
    shape = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if shape is None:
        return Verdict(_("日期的写法不对"), _("请写成 2026-11-22 的形式。"))
    year, month, day = map(int, shape.groups())
    if not 1 <= month <= 12:
        return Verdict(_("没有 %(month)s 月") % {"month": month}, _("请核对月份。"))
    try:
        date(year, month, day)
    except ValueError:
        return Verdict(_("%(month)s 月没有 %(day)s 日") % {"month": month, "day": day}, _("请核对日期。"))
    return Verdict()


@require_POST
@sensitive_post_parameters()
def check_page(request: HttpRequest) -> JsonResponse:
    """Judge one identifier for a signed-in person. It comes in the body, so that no log of addresses ever holds it."""
    from jiangyuan.ui.session import require_actor

    require_actor(request)
    text = request.POST.get("text", "")[:LONGEST]
    verdict = judge(request.POST.get("kind", ""), text)
    return JsonResponse({"message": str(verdict.message), "mend": str(verdict.mend)})
