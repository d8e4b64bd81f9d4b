"""The page of a step that asks nothing says what happens when it is confirmed."""

import pytest

from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.models import Clock
from jiangyuan.ui import steps


def test_a_step_without_fields_says_what_it_does_and_what_state_follows() -> None:
    grant = Grant(state="suspended")
    said = steps._consequence("sharing.grant.resume", grant)
    assert "恢复" in said and "留痕" in said
    assert "“已暂停”变为“正在开通”" in said, said


@pytest.mark.usefixtures("actions")
def test_a_step_without_a_table_of_states_says_only_that_it_is_done() -> None:
    said = steps._consequence("test.clock.stop", Clock())
    assert said == "确认后立即办理“停表”，并留痕。"
