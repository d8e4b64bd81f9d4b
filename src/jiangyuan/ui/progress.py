"""The road of a record as steps in a row: what is done, on whose desk it lies now, what comes next, by when, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiangyuan.ui.parts import Part

Standing = Literal["done", "now", "next", "stopped"]
_ICONS: dict[Standing, str] = {
    "done": "circle-check",
    "now": "progress",
    "next": "circle-dashed",
    "stopped": "circle-x",
}
_WORDS: dict[Standing, Any] = {
    "done": _("已完成"),
    "now": _("现在"),
    "next": pgettext_lazy("step", "接下来"),
    "stopped": _("已终止"),
}


LABEL = _("办理进度")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step: its title, the desk it lies on, when it was done or must be (text, day or clock), and the article."""

    title: Any
    standing: Standing
    desk: Any = ""
    when: Any = ""
    article: Any = ""

    @property
    def icon(self) -> str:
        """Give the icon beside the word."""
        return _ICONS[self.standing]

    @property
    def word(self) -> Any:
        """Say where the step stands."""
        return _WORDS[self.standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Part):
    """Steps in a row, the present one marked; under each other on a narrow screen."""

    template: ClassVar[str] = "ui/parts/progress.html"
    stages: tuple[Stage, ...]
    label: Any = LABEL
