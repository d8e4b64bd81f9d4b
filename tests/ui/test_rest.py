"""What a form may do, a program may do, through the same door and with errors it can read."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import path
from ninja import Router, Schema

from jiangyuan.kernel.models import Clock
from jiangyuan.ui.rest import expose, listing, new_api

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__), pytest.mark.usefixtures("signed_in")]
urlpatterns: list[Any] = []


class ClockOut(Schema):
    id: UUID
    object_type: str


@pytest.fixture(autouse=True)
def interface(actions: None) -> None:
    if urlpatterns:
        return
    api, router = new_api(title="test"), Router(tags=["clocks"])
    expose(router, "test.clock.rename", "/{id}/rename")
    expose(router, "test.clock.stop", "/{id}/stop", response=ClockOut)
    listing(router, "/", item=ClockOut, rows=lambda actor: Clock.objects.all(), allowed=("id", "limit"), title="钟",
            filters=("status",))  # fmt: skip
    api.add_router("/clocks", router)
    urlpatterns.append(path("api/v1/", api.urls))


@pytest.fixture
def program() -> Client:
    return Client(headers={"Authorization": "Bearer good"}, raise_request_exception=False)


def call(program: Client, clock: Clock, body: dict[str, Any], **headers: str) -> Any:
    return program.post(f"/api/v1/clocks/{clock.pk}/rename", body, content_type="application/json", headers=headers)


def test_an_operation_acts_once_and_tells_the_version(program: Client, clock: Clock) -> None:
    headers = {"Idempotency-Key": "k-9", "If-Match": '"1"'}
    for _time in range(2):
        answer = call(program, clock, {"name": "新名称"}, **headers)
        assert answer.status_code == 200, answer.content
        assert answer.json() == {"id": str(clock.pk), "version": 2, "state": None}
    stopped = program.post(f"/api/v1/clocks/{clock.pk}/stop")
    assert stopped.json() == {"id": str(clock.pk), "object_type": "新名称"}


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "where"),
    [
        ({"name": "新名称"}, {"If-Match": "4"}, 409, "stale", "version"),
        ({"name": "新名称"}, {"If-Match": "abc"}, 400, "bad_version", "If-Match"),
        ({"name": "不行"}, {}, 422, "refused", "name"),
        ({"name": "短"}, {}, 422, "invalid", "name"),
        ({}, {}, 422, "invalid", "name"),
        ({"name": "新名称", "more": 1}, {}, 422, "invalid", "more"),
    ],
)
def test_errors_can_be_read(
    program: Client, clock: Clock, body: dict[str, Any], headers: dict[str, str], status: int, code: str, where: str
) -> None:
    answer = call(program, clock, body, **headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["where"]) == (status, code, where), answer.content
    assert set(answer.json()) == {"code", "message", "where", "mend", "article"}


def test_nothing_of_that_name(program: Client, clock: Clock) -> None:
    Clock.objects.filter(pk=clock.pk).delete()
    assert call(program, clock, {"name": "新名称"}).json()["code"] == "not_found"


def test_strangers_are_refused(clock: Clock, signed_in: dict[str, Any]) -> None:
    signed_in["actor"] = None
    for headers in ({}, {"Authorization": "Bearer bad"}):
        answer = Client(headers=headers).get("/api/v1/clocks/")
        assert (answer.status_code, answer.json()["code"]) == (401, "login_required")


def test_a_session_needs_its_token_to_change(clock: Clock) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["sessionid"] = "x"
    assert call(browser, clock, {"name": "新名称"}).status_code == 403
    assert browser.get("/api/v1/clocks/").status_code == 200


def test_a_list_is_paged_by_key(program: Client, clock: Clock) -> None:
    first = program.get("/api/v1/clocks/?size=1&status=running").json()
    assert [item["id"] for item in first["items"]] == [str(clock.pk)]
    assert (first["next"], first["previous"]) == ("", "")
    assert program.get("/api/v1/clocks/?status=met").json()["items"] == []
    bad = program.get("/api/v1/clocks/?cursor=forged")
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_cursor")
    assert program.get("/api/v1/clocks/?size=100000").status_code == 422


def test_the_description_speaks_of_the_actions(program: Client) -> None:
    described = program.get("/api/v1/openapi.json").json()
    operation = described["paths"]["/api/v1/clocks/{id}/rename"]["post"]
    assert (operation["summary"], operation["operationId"]) == ("更名", "test.clock.rename")
    assert {p["name"] for p in operation["parameters"]} == {"id", "If-Match", "Idempotency-Key"}
    assert "409" in operation["responses"]


def test_a_path_must_fit_its_action(actions: None) -> None:
    with pytest.raises(ValueError, match="must hold"):
        expose(Router(), "test.clock.stop", "/stop")
