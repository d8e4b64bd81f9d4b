"""Two people at once: one act is done, the other is told why not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections
from tests.exchange import factories as make

from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.kernel.models import Event


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads that start together; give each one's result or refusal."""
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            answers[place] = call()
        except Refused as refusal:
            answers[place] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def _agree(asked: Request, head: Actor, **more: Any) -> Callable[[], Any]:
    return lambda: act("sharing.request.agree", asked.pk, actor=head, **more)


def test_two_approvals_at_once_make_one_grant(committed) -> None:
    way = make.road()
    asked = make.walk(make.ask(way), way, to="provider_head")
    second = make.actor(way.provider.body, "sharing_head")
    answers = at_once(_agree(asked, way.provider.sharing_head), _agree(asked, second))
    assert sorted(isinstance(a, Grant) for a in answers) == [False, True]
    assert any(isinstance(a, Conflict) for a in answers)
    assert Grant.objects.count() == 1
    assert Event.objects.filter(object_id=asked.pk, type="sharing.request.agreed").count() == 1


def test_agreeing_and_refusing_at_once_gives_one_answer(committed) -> None:
    way = make.road()
    asked = make.walk(make.ask(way), way, to="provider_head")
    second = make.actor(way.provider.body, "sharing_head")
    answers = at_once(
        _agree(asked, way.provider.sharing_head),
        lambda: act("sharing.request.refuse", asked.pk, actor=second, reason="无依据", article="第十五条第二款"),
    )
    assert sum(isinstance(a, Conflict) for a in answers) == 1
    asked.refresh_from_db()
    assert (asked.state == "agreed") == Grant.objects.filter(request=asked).exists()


def test_one_form_sent_twice_at_once_is_done_once(committed) -> None:
    way = make.road()
    asked = make.walk(make.ask(way), way, to="provider_head")
    call = _agree(asked, way.provider.sharing_head, idempotency_key="once")
    first, second = at_once(call, call)
    assert first.pk == second.pk and Grant.objects.count() == 1


def test_two_grants_that_undo_each_others_masks_are_never_agreed_side_by_side(committed) -> None:
    way = make.road()
    ends = make.walk(
        make.ask(way, items=[{"column": "citizen_id", "mask": {"kind": "keep", "first": 0, "last": 4}}]),
        way,
        to="provider_head",
    )
    starts = make.walk(make.ask(way, items=[{"column": "citizen_id"}], purpose="other-aid"), way, to="provider_head")
    second = make.actor(way.provider.body, "sharing_head")
    answers = at_once(_agree(ends, way.provider.sharing_head), _agree(starts, second))
    assert sorted(isinstance(a, Grant) for a in answers) == [False, True]
    assert Grant.objects.count() == 1
