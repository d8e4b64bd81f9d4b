"""Sharing over REST: each step through the same door, with the same refusals, and only what the caller may know."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.exchange import factories as make

from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import session

ROOT = "/api/v1/sharing"


@pytest.fixture
def callers(monkeypatch) -> dict[str, Actor]:
    """Actors by the token with which they call."""
    known: dict[str, Actor] = {}
    monkeypatch.setattr("jiangyuan.ui.rest.actor_of_token", lambda request, token: known.get(token))
    assert callable(session.actor_of_token)
    return known


def _call(method: str, path: str, token: str, body: Any = None, **headers: str) -> Any:
    return getattr(Client(), method)(
        ROOT + path,
        data=body if body is not None else ({} if method == "post" else None),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", **headers},
    )


def test_the_road_is_walked_over_rest(db, callers) -> None:
    way = make.road()
    callers.update(
        office=way.consumer.business_office,
        own=way.consumer.sharing_head,
        handler=way.provider.sharing_handler,
        head=way.provider.sharing_head,
        stranger=make.actor(make.body(), "sharing_head"),
    )
    opened = _call(
        "post",
        "/requests",
        "office",
        {
            "system": str(way.system.pk),
            "entry": str(way.entry.pk),
            "mount": str(way.mount.pk),
            "items": [{"column": "name"}, {"column": "income", "mask": {"kind": "bucket", "unit": 1000}}],
            "forms": ["query"],
            "basis": "《社会救助暂行办法》第十五条",
            "purpose": make.PURPOSE,
            "scenario": "低保核对",
            "until": make.in_days(9).isoformat(),
        },
        **{"Idempotency-Key": "rest-1"},
    )
    assert opened.status_code == 201, opened.content
    pk = opened.json()["id"]
    for step, token, body in (
        ("submit", "office", None),
        ("consent", "own", None),
        ("propose", "handler", {"proposal": "建议同意"}),
    ):
        answer = _call("post", f"/requests/{pk}/{step}", token, body)
        assert answer.status_code == 200, answer.content
    shown = _call("get", f"/requests/{pk}", "head").json()
    assert shown["state"] == "provider_head" and shown["items"][1]["mask"] == {"kind": "bucket", "unit": 1000}
    stale = _call("post", f"/requests/{pk}/agree", "head", {}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    refused = _call("post", f"/requests/{pk}/agree", "own", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    agreed = _call("post", f"/requests/{pk}/agree", "head", {}, **{"If-Match": f'"{shown["version"]}"'})
    assert agreed.status_code == 200, agreed.content
    grant = _call("get", f"/grants/{agreed.json()['id']}", "office").json()
    assert grant["state"] == "preparing" and "政务数据共享协议" in grant["agreement"]
    assert [row["id"] for row in _call("get", "/grants", "head").json()["items"]] == [grant["id"]]
    assert _call("get", "/grants", "stranger").json()["items"] == []
    assert _call("get", f"/grants/{grant['id']}", "stranger").status_code == 404
    ended = _call("post", f"/grants/{grant['id']}/withdraw", "head", {"reason": "已协商"})
    assert ended.json()["state"] == "withdrawn"


def test_a_system_opens_and_closes_its_case_and_no_person_of_it_is_told(db, callers) -> None:
    way = make.road()
    callers.update(system=way.caller, sibling=make.system_actor(make.system(way.consumer.body)))
    body = {
        "system": str(way.system.pk),
        "number": "JZ-77",
        "purpose": make.PURPOSE,
        "authorisation_digest": "ab" * 32,
        "citizen_ids": ["11010519491231002X"],
        "open_until": make.in_days(9).isoformat(),
    }
    opened = _call("post", "/cases", "system", body)
    assert opened.status_code == 201
    pk = opened.json()["id"]
    assert b"110105" not in _call("get", f"/cases/{pk}", "system").content
    assert _call("get", f"/cases/{pk}", "sibling").status_code == 404
    assert _call("post", f"/cases/{pk}/close", "sibling").status_code == 404
    assert _call("post", f"/cases/{pk}/close", "system").status_code == 200


def test_without_a_token_there_is_no_answer(db) -> None:
    assert Client().get(f"{ROOT}/grants").status_code == 401
