"""State machines: the table is checked when it is written, and asked by acts and by pages alike."""

import pytest
from django.apps import apps

from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.models import Stated
from jiangyuan.kernel.workflow import Transition, Workflow, WrongState

STATES = {"draft": "草稿", "review": "待审核", "done": "已办结"}
STEPS = (
    Transition("trial.submit", "draft", "review", ("business_office",)),
    Transition("trial.approve", "review", "done", ("department_head",)),
    Transition("trial.remind", "review", "review"),
)


def workflow(**changes: object) -> Workflow:
    fields = {"name": "trial", "version": 1, "initial": "draft", "states": STATES, "transitions": STEPS}
    return Workflow(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_step_leads_where_the_table_says() -> None:
    assert workflow().step("draft", "trial.submit").target == "review"


def test_a_step_that_the_table_does_not_have_is_refused_and_names_the_state() -> None:
    with pytest.raises(WrongState) as caught:
        workflow().step("draft", "trial.approve")
    assert "草稿" in str(caught.value) and caught.value.status == 409 and str(caught.value.mend)


def test_what_lies_on_a_desk_is_what_its_capacities_may_do() -> None:
    table = workflow()
    assert [t.action for t in table.available("review", ["department_head"])] == ["trial.approve", "trial.remind"]
    assert [t.action for t in table.available("review", [])] == ["trial.remind"]
    assert table.available("done", ["department_head"]) == []


def test_a_state_that_nothing_leaves_is_terminal() -> None:
    assert workflow().terminal == {"done"}


def test_an_action_outside_of_the_table_is_not_governed() -> None:
    assert workflow().governs("trial.submit") and not workflow().governs("trial.edit")


@pytest.mark.parametrize(
    "changes",
    [
        {"initial": "nowhere"},
        {"transitions": (Transition("trial.submit", "draft", "nowhere"),)},
        {"transitions": (Transition("trial.submit", "nowhere", "draft"),)},
        {"transitions": (STEPS[0], Transition("trial.submit", "draft", "done"))},
    ],
)
def test_a_table_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Broken):
        workflow(**changes)


MOVED = {"commitments.commitment": ("due",)}
"""States that an act on another record leads to: issuing a batch makes each of its lines due."""


@pytest.mark.parametrize(
    "model", [m for m in apps.get_models() if issubclass(m, Stated)], ids=lambda model: model._meta.label_lower
)
def test_every_state_of_a_room_can_be_reached(model: type[Stated]) -> None:
    table = model.workflow
    assert table is not None
    first = {table.initial, *MOVED.get(model._meta.label_lower, ())}
    reached, frontier = set(first), set(first)
    while frontier:
        frontier = {t.target for t in table.transitions if t.source in frontier} - reached
        reached |= frontier
    assert reached == set(table.states)
