"""How the parameters of actions read on forms, where the action itself only says their type.

An app registers its words in `apps.ready()`, after every action is loaded; what the action's own annotation says wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.errors import Broken
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.retelling import retold

YES_NO = ((True, _("是")), (False, _("否")))


def say(action: str, **words: Shown) -> None:
    """Give the parameters of an action their labels, help, units, choices and controls.

    Raises `Broken` for an action or a parameter that does not exist, so that a stale word is seen at the start.
    """
    spec = ACTIONS.get(action)
    if spec is None:
        raise Broken(f"no action is named {action}", code="wording", where=action)
    for name, shown in words.items():
        info = spec.parameters.model_fields.get(name)
        if info is None:
            raise Broken(f"{action} has no parameter {name}", code="wording", where=action)
        if not any(isinstance(found, Shown) for found in info.metadata):
            info.metadata.append(shown)


def reason(help: Any = "") -> Shown:
    """Give the usual field for a reason."""
    return Shown(label=_("原因"), help=help or _("写明事实和考虑，对方和审计人员都会看到。"), control="textarea")


def fault_text(error: Mapping[str, Any] | None) -> str:
    """Say what went wrong and how to mend it, from an error as it is kept beside a record; empty for none."""
    kept = error or {}
    message, mend = (retold(str(kept.get(key) or "").strip()) for key in ("message", "mend"))
    if not (message and mend):
        return message or mend
    return gettext("%(message)s。%(mend)s") % {
        "message": message.rstrip("。"),  # i18n: how a sentence ends
        "mend": mend,
    }
