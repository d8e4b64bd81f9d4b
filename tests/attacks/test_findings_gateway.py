"""Attempts through the gateway with a valid key, or on its memory: trying out what a grant or a digest hides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.exchange.gateway_rig import CASE, DROLMA, MA, ZHANG, Rig, rigged

from jiangyuan.exchange.delivery.client import Occasion
from jiangyuan.kernel import ciphers

pytestmark = [pytest.mark.attack]

NAMED = [{"column": "citizen_id", "mask": {"kind": "division"}}, {"column": "sex", "mask": {"kind": "none"}}]


@pytest.fixture
def rig(committed: None, urls: dict[str, str]) -> Iterator[Rig]:
    with rigged(urls) as made:
        yield made


def test_ids_that_a_grant_hides_are_tried_out_no_faster_by_query_than_by_match(rig: Rig) -> None:
    grant = rig.grant(case_bound=False, items=NAMED)
    rig.owner("UPDATE sharing_grant SET probes_per_minute = 2 WHERE id = %s", grant.pk)
    asked = [rig.call(grant.pk, "rows", query=f"citizen_id={one}&sex=1") for one in (ZHANG, MA, DROLMA)]
    assert [answer.status_code for answer in asked] == [200, 200, 429]
    streamed = rig.call(grant.pk, "rows", query=f"citizen_id={ZHANG}", accept="application/x-ndjson")
    assert streamed.json()["code"] == "gateway.probes"
    assert rig.call(grant.pk, subject=ZHANG).json()["code"] == "gateway.probes"
    # what the grant shows anyway may be asked for as often as the system may call
    assert all(rig.call(grant.pk, "rows", query="sex=1").status_code == 200 for _again in range(4))


def test_an_id_that_the_grant_shows_is_no_probe(rig: Rig) -> None:
    grant = rig.grant(case_bound=False, items=[{"column": "citizen_id", "mask": {"kind": "none"}}], forms=["query"])
    rig.owner("UPDATE sharing_grant SET probes_per_minute = 2 WHERE id = %s", grant.pk)
    assert all(rig.call(grant.pk, "rows", query=f"citizen_id={ZHANG}").status_code == 200 for _again in range(4))


def test_the_memory_does_not_let_an_answer_be_tried_out(rig: Rig) -> None:
    grant = rig.grant()
    asked = {"subject": ZHANG, "fields": {"income": "1200.50"}}
    answer = rig.call(grant.pk, content=asked)
    (trace,) = rig.traces("whole")
    tried = [b'{"found":true,"fields":{"income":true}}', b'{"found":true,"fields":{"income":false}}']
    assert answer.content in tried
    assert trace["digest"] not in [ciphers.sm3(one).hex() for one in tried]
    streamed = rig.call(rig.grant(case_bound=False, purpose="other-aid").pk, "rows", query="income=1200.50",
                        accept="application/x-ndjson", occasion=Occasion("other-aid", CASE, "经办员甲"))  # fmt: skip
    lines = streamed.content.splitlines(keepends=True)
    (finished,) = rig.traces("finished")
    assert finished["rows"] == 1 and finished["digest"] != ciphers.sm3(lines[0]).hex()
