"""State machines as tables.

One table says from which state which action leads where and whose desk it is on; the same table checks the act, draws
the buttons, feeds the tests and the picture in the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Broken, Conflict


class WrongState(Conflict):
    """The action is not possible in the state the object is in."""

    default_code = "wrong_state"


@dataclass(frozen=True, slots=True)
class Transition:
    """From `source`, the action `action` leads to `target`; `by` names the capacities on whose desk it lies."""

    action: str
    source: str
    target: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workflow:
    """A state machine. `states` maps each code to its label; `terminal` states have no way out."""

    name: str
    version: int
    initial: str
    states: Mapping[str, Any]
    transitions: tuple[Transition, ...]
    index: dict[tuple[str, str], Transition] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.initial not in self.states:
            raise Broken(f"{self.name}: initial state {self.initial} is not in the table")
        for step in self.transitions:
            if step.source not in self.states or step.target not in self.states:
                raise Broken(f"{self.name}: {step} names a state that is not in the table")
            if (step.source, step.action) in self.index:
                raise Broken(f"{self.name}: {step.action} leaves {step.source} twice")
            self.index[step.source, step.action] = step

    def step(self, state: str, action: str) -> Transition:
        """Give the transition, or raise `WrongState` naming what is possible instead."""
        found = self.index.get((state, action))
        if found is None:
            label = self.states.get(state, state)
            raise WrongState(
                _("当前状态为“%(state)s”，不能进行这项操作") % {"state": label},
                where="state",
                mend=_("请刷新页面，查看最新状态后再操作。"),
            )
        return found

    def available(self, state: str, capacities: Iterable[str]) -> list[Transition]:
        """Give the transitions that leave `state` and lie on the desk of one of the capacities."""
        held = set(capacities)
        return [t for t in self.transitions if t.source == state and (not t.by or held & set(t.by))]

    def governs(self, action: str) -> bool:
        """Tell whether the action is in the table at all (others leave the state as it is)."""
        return any(t.action == action for t in self.transitions)

    @property
    def terminal(self) -> frozenset[str]:
        """Give the states that nothing leaves."""
        return frozenset(self.states) - {t.source for t in self.transitions}
