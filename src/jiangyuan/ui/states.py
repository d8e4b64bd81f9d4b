"""The tone of states: which colour and icon the state of a record has, for every room alike."""

from __future__ import annotations

from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.models import Stated
from jiangyuan.ui.parts import Badge, Tone

_TONES: dict[str, Tone] = {
    "draft": "idle",
    "registered": "idle",
    "submitted": "running",
    "assessed": "running",
    "accepted": "running",
    "review": "running",
    "running": "running",
    "returned": "warn",
    "incomplete": "warn",
    "suspended": "warn",
    "paused": "warn",
    "expiring": "warn",
    "approved": "good",
    "published": "good",
    "granted": "good",
    "active": "good",
    "mounted": "good",
    "done": "good",
    "passed": "good",
    "overdue": "bad",
    "failed": "bad",
    "broken": "bad",
    "refused": "closed",
    "withdrawn": "closed",
    "expired": "closed",
    "closed": "closed",
    "revoked": "closed",
    "retired": "closed",
}


def register_tones(tones: dict[str, Tone]) -> None:
    """Register the tones of further state codes. A code has one tone over the whole platform, unless a workflow names
    its own, as `workflow.code`. Raises `Broken` for a code that has another tone already: whose app is loaded last
    would else decide how the states of the others look."""
    for code, tone in tones.items():
        if _TONES.setdefault(code, tone) != tone:
            raise Broken(f"the state {code} is {_TONES[code]} already, not {tone}", code="states.tone", where=code)


def tone_of(state: str, workflow: str = "") -> Tone:
    """Give the tone of a state code; one that ends in a known code has its tone (`head_review` is under review)."""
    if own := _TONES.get(f"{workflow}.{state}"):
        return own
    return _TONES.get(state) or _TONES.get(state.rsplit("_", 1)[-1], "running")


def state_badge(thing: Stated) -> Badge:
    """Give the state of a record as a badge."""
    return badge_of(thing, thing.state)


def badge_of(thing: Stated, state: str) -> Badge:
    """Give a state of a record as a badge, where it is not told in the state that it has."""
    named = thing.workflow.states[state] if thing.workflow is not None else thing.state_label
    return Badge(label=named, tone=tone_of(state, thing.workflow.name if thing.workflow is not None else ""))
