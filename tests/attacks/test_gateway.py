"""Attacks on the gateway: replay, forgery, other people's grants, persons outside the list, ended grants, floods."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from django.db import connections
from tests.exchange import factories as make
from tests.exchange.gateway_rig import CASE, DROLMA, MA, ZHANG, Rig, credentials_of, rigged

from jiangyuan.exchange.delivery.client import Credentials, Occasion, sign_request
from jiangyuan.exchange.delivery.gateway import streams
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.organization.models import SystemKey

pytestmark = [pytest.mark.attack]


@pytest.fixture
def rig(committed: None, urls: dict[str, str]) -> Iterator[Rig]:
    with rigged(urls) as made:
        yield made


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def refused_alike(*answers: httpx.Response) -> tuple[int, str]:
    """Check that refusals cannot be told from each other."""
    assert len({(a.status_code, a.content, tuple(sorted(a.headers))) for a in answers}) == 1, [a.text for a in answers]
    return told(answers[0])


def withdraw_elsewhere(rig: Rig, grant: Any) -> None:
    """Withdraw on another thread, with a connection of its own."""
    withdraw(rig, grant)
    connections.close_all()


def withdraw(rig: Rig, grant: Any) -> None:
    act("sharing.grant.withdraw", grant.pk, actor=rig.way.provider.sharing_head, reason="已协商收回")


# --- signatures -------------------------------------------------------------------------------------------------------


def test_a_call_is_answered_once(rig: Rig) -> None:
    grant = rig.grant()
    body = orjson.dumps({"subject": ZHANG})
    target = f"/v1/{grant.pk}/match"
    headers = sign_request(rig.credentials, rig.occasion, method="POST", target=target, body=body)
    assert rig.at.send("POST", target, headers, body).status_code == 200
    assert told(rig.at.send("POST", target, headers, body)) == (401, "gateway.replay")
    # a refused call has used its nonce as well
    again = sign_request(rig.credentials, rig.occasion, method="POST", target=target, body=b"{")
    assert rig.at.send("POST", target, again, b"{").status_code == 400
    assert told(rig.at.send("POST", target, again, b"{")) == (401, "gateway.replay")


def test_whatever_is_signed_cannot_be_changed(rig: Rig) -> None:
    grant = rig.grant()
    body = orjson.dumps({"subject": ZHANG})
    target = f"/v1/{grant.pk}/match"

    def signed() -> dict[str, str]:
        return sign_request(rig.credentials, rig.occasion, method="POST", target=target, body=body)

    changes = {
        "X-Jiangyuan-Case": "JZ2026-0002",
        "X-Jiangyuan-Operator": "somebody",
        "X-Jiangyuan-Purpose": "tax-audit",
        "X-Jiangyuan-Nonce": "0" * 32,
        "X-Jiangyuan-Time": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
        "X-Jiangyuan-System": "system999999",
        "X-Jiangyuan-Key": str(uuid4()),
        "X-Jiangyuan-Signature": "00" * 32,
    }
    answers = [rig.at.send("POST", target, signed() | {name: value}, body) for name, value in changes.items()]
    answers.append(rig.at.send("POST", target, signed(), orjson.dumps({"subject": DROLMA})))
    answers.append(rig.at.send("POST", target.replace("match", "match-list"), signed(), body))
    answers.append(rig.at.send("POST", f"{target}?subject=1", signed(), body))
    for wrong in ("", "zz", "00", "0" * 63, "é" * 32):
        headers = signed()
        headers["X-Jiangyuan-Signature"] = wrong.encode("latin-1").decode("latin-1") if wrong.isascii() else "%C3"
        if not wrong:
            headers.pop("X-Jiangyuan-Signature")
            assert told(rig.at.send("POST", target, headers, body)) == (401, "gateway.header")
            continue
        answers.append(rig.at.send("POST", target, headers, body))
    assert refused_alike(*answers) == (401, "gateway.signature")
    assert not rig.traces("whole")


def test_parameters_cannot_move_between_values(rig: Rig) -> None:
    grant = rig.grant(case_bound=False, items=[{"column": "sex", "mask": {"kind": "none"}}])
    target = f"/v1/{grant.pk}/rows?citizen_id={ZHANG}&sex=1"
    headers = sign_request(rig.credentials, rig.occasion, method="GET", target=target)
    swapped = target.replace(f"citizen_id={ZHANG}&sex=1", f"sex=1&citizen_id={ZHANG}")
    assert rig.at.send("GET", swapped, headers).status_code == 200  # order means nothing
    for other in (f"citizen_id={ZHANG}", f"citizen_id={ZHANG}&sex=2", f"citizen_id={ZHANG}%26sex=1", "sex=1"):
        headers = sign_request(rig.credentials, rig.occasion, method="GET", target=target)
        assert told(rig.at.send("GET", f"/v1/{grant.pk}/rows?{other}", headers)) == (401, "gateway.signature")


def test_clocks_far_off_and_signatures_older_than_the_process(rig: Rig) -> None:
    grant = rig.grant()
    now = datetime.now(UTC)
    for at in (now - timedelta(seconds=301), now + timedelta(seconds=310), now - timedelta(seconds=200)):
        assert told(rig.call(grant.pk, subject=ZHANG, at=at)) == (401, "gateway.time")
    assert rig.call(grant.pk, subject=ZHANG, at=now + timedelta(seconds=200)).status_code == 200


def test_revoked_and_expired_keys_and_keys_of_others(rig: Rig) -> None:
    grant = rig.grant()
    act("organization.key.revoke", rig.credentials.key_id, actor=make.SETUP, scene=make.SCENE)
    assert told(rig.call(grant.pk, subject=ZHANG)) == (403, "gateway.key")
    second = credentials_of(rig.way.system)
    assert rig.call(grant.pk, subject=ZHANG, credentials=second).status_code == 200
    SystemKey.objects.filter(pk=second.key_id).update(expires_on=make.in_days(-1))
    rig.at.gateway.definitions.forget()
    assert told(rig.call(grant.pk, subject=ZHANG, credentials=second)) == (403, "gateway.key")
    other = make.system(rig.way.consumer.body)
    theirs = credentials_of(other)
    mixed = Credentials(rig.way.system.code, theirs.key_id, secret=theirs.secret)
    assert told(rig.call(grant.pk, subject=ZHANG, credentials=mixed)) == (401, "gateway.signature")


# --- grants -----------------------------------------------------------------------------------------------------------


def test_anothers_grant_is_told_from_none_by_nothing(rig: Rig) -> None:
    grant = rig.grant()
    theirs = credentials_of(make.system(make.body()))
    for verb, extra in (
        ("match", {"subject": ZHANG}),
        ("rows", {"query": f"citizen_id={ZHANG}"}),
        ("openapi.json", {}),
    ):
        answers = [
            rig.call(name, verb, credentials=theirs, **extra)
            for name in (grant.pk, uuid4(), grant.mount.alias, "nobody.nothing", rig.way.mount.pk, grant.entry_id)
        ]
        assert refused_alike(*answers) == (404, "gateway.grant")
    assert rig.call(grant.pk, subject=ZHANG).status_code == 200


def test_nobody_outside_the_list_and_nothing_without_a_case(rig: Rig) -> None:
    grant = rig.grant()
    without = Occasion(make.PURPOSE, "", "经办员甲")
    assert told(rig.call(grant.pk, subject=ZHANG, occasion=without)) == (403, "gateway.case_missing")
    make.case(make.system(make.body()), [MA], number="JZ2026-0077")
    make.case(rig.way.system, [MA], number="JZ2026-0078", purpose="tax-audit")
    answers = [
        rig.call(grant.pk, subject=MA),  # in the table, not on the list
        rig.call(grant.pk, subject="630102200001010013"),  # neither
        rig.call(grant.pk, subject=MA, occasion=Occasion(make.PURPOSE, "JZ2026-9999", "经办员甲")),
        rig.call(grant.pk, subject=MA, occasion=Occasion(make.PURPOSE, "JZ2026-0077", "经办员甲")),
        rig.call(grant.pk, subject=MA, occasion=Occasion(make.PURPOSE, "JZ2026-0078", "经办员甲")),
        rig.call(grant.pk, "match-list", content={"subjects": [ZHANG, MA]}),
        rig.call(grant.pk, "rows", query=f"citizen_id={MA}"),
    ]
    assert refused_alike(*answers) == (403, "gateway.not_listed")
    assert told(rig.call(grant.pk, "rows", query="limit=5")) == (400, "gateway.malformed")
    assert told(rig.call(grant.pk, "rows", query="income=900.00")) == (403, "gateway.one_by_one")
    assert rig.call(grant.pk, subject=ZHANG).status_code == 200
    assert not [t for t in rig.traces("whole") if t["rows"] != 1]


def test_a_closed_case_closes(rig: Rig) -> None:
    from jiangyuan.exchange.sharing.models import Case

    grant = rig.grant()
    assert rig.call(grant.pk, subject=ZHANG).status_code == 200
    Case.objects.filter(number=CASE).update(open_until=make.in_days(-1))
    rig.at.gateway.definitions.forget()
    assert told(rig.call(grant.pk, subject=ZHANG)) == (403, "gateway.not_listed")


def test_a_withdrawn_grant_is_refused_at_the_very_next_call(rig: Rig) -> None:
    grant = rig.grant()
    assert rig.call(grant.pk, subject=ZHANG).status_code == 200
    # deaf gateway: nothing tells it, and what it knows is fresh
    rig.at.gateway.definitions.heard = lambda: None  # type: ignore[method-assign]
    withdraw(rig, grant)
    before = len(rig.traces("whole"))
    assert told(rig.call(grant.pk, subject=ZHANG))[1] in ("gateway.ended", "gateway.preparing")
    assert len(rig.traces("whole")) == before


def test_the_statement_itself_refuses_whatever_the_cache_says(rig: Rig) -> None:
    grant = rig.grant()
    for verb, asked in (
        ("match", {"subject": ZHANG}),
        ("match", {"content": {"subject": ZHANG, "fields": {"income": "1"}}}),
        ("match-list", {"content": {"subjects": [ZHANG]}}),
        ("rows", {"query": f"citizen_id={ZHANG}"}),
        ("rows", {"query": f"citizen_id={ZHANG}&limit=3"}),
    ):
        assert rig.call(grant.pk, verb, **asked).status_code == 200
        # no act, no notice: only the row that every statement joins
        rig.owner("UPDATE sharing_grant SET active = false WHERE id = %s", grant.pk)
        assert told(rig.call(grant.pk, verb, **asked)) == (403, "gateway.ended"), verb
        rig.owner("UPDATE sharing_grant SET active = true, until = until - 400 WHERE id = %s", grant.pk)
        assert told(rig.call(grant.pk, verb, **asked)) == (403, "gateway.ended"), verb
        rig.owner("UPDATE sharing_grant SET until = until + 400, epoch = epoch + 1 WHERE id = %s", grant.pk)
        assert told(rig.call(grant.pk, verb, **asked))[0] in (403, 503), verb
        rig.owner("UPDATE sharing_grant SET epoch = epoch - 1 WHERE id = %s", grant.pk)
        rig.at.gateway.definitions.forget()


def test_a_term_that_is_over(rig: Rig) -> None:
    grant = rig.grant()
    rig.owner("UPDATE sharing_grant SET until = %s WHERE id = %s", make.in_days(-1), grant.pk)
    rig.at.gateway.definitions.forget()
    assert told(rig.call(grant.pk, subject=ZHANG)) == (403, "gateway.ended")


def test_suspended_and_resumed_under_a_new_epoch(rig: Rig) -> None:
    from jiangyuan.exchange.sharing import jobs

    grant = rig.grant()
    assert rig.call(grant.pk, subject=ZHANG).headers["x-jiangyuan-epoch"] == "1"
    head = rig.way.provider.sharing_head
    act("sharing.grant.suspend", grant.pk, actor=head, reason="超范围使用")
    assert told(rig.call(grant.pk, subject=ZHANG)) == (403, "gateway.ended")
    act("sharing.grant.resume", grant.pk, actor=head, rectified="已整改")
    grant.refresh_from_db()
    jobs.materialize(str(grant.pk), grant.epoch)
    again = rig.call(grant.pk, subject=ZHANG)
    assert again.status_code == 200 and again.headers["x-jiangyuan-epoch"] == str(grant.epoch)


def test_a_stream_stops_where_its_grant_was_withdrawn(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = rig.grant(case_bound=False, items=[{"column": "income"}, {"column": "sex", "mask": {"kind": "none"}}])
    monkeypatch.setattr(streams, "CHUNK_ROWS", 1)
    target = f"/v1/{grant.pk}/rows?sex=1"
    headers = sign_request(rig.credentials, rig.occasion, method="GET", target=target)
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))
        if message["type"] == "http.response.body" and len(sent) == 2:
            # the first row is out: now the provider's head withdraws, elsewhere
            await asyncio.to_thread(withdraw_elsewhere, rig, grant)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    path, _mark, query = target.partition("?")
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in (headers | {"accept": "application/x-ndjson"}).items()
        ],
        "client": ("127.0.0.1", 1),
    }
    rig.at.run(rig.at.gateway(scope, receive, send))
    lines = [orjson.loads(line) for message in sent[1:] for line in message["body"].splitlines()]
    assert len(lines) == 2 and "income" in lines[0] and lines[1]["error"]["code"] == "gateway.ended"
    assert rig.traces("finished")[-1]["rows"] == 1


# --- floods and rubbish -----------------------------------------------------------------------------------------------


def test_probing_above_the_agreed_rate(rig: Rig) -> None:
    grant = rig.grant()
    rig.owner("UPDATE sharing_grant SET probes_per_minute = 5 WHERE id = %s", grant.pk)
    rig.at.gateway.definitions.forget()
    assert rig.call(grant.pk, "match-list", content={"subjects": [ZHANG, DROLMA, ZHANG]}).status_code == 200
    assert rig.call(grant.pk, subject=ZHANG).status_code == 200
    listed = rig.call(grant.pk, "match-list", content={"subjects": [ZHANG, DROLMA]})
    assert told(listed) == (429, "gateway.probes") and int(listed.headers["retry-after"]) >= 1
    assert rig.call(grant.pk, subject=ZHANG).status_code == 200
    assert told(rig.call(grant.pk, subject=ZHANG)) == (429, "gateway.probes")


def test_calling_above_the_systems_quota(rig: Rig) -> None:
    grant = rig.grant()
    rig.owner("UPDATE organization_applicationsystem SET calls_per_minute = 2 WHERE id = %s", rig.way.system.pk)
    rig.at.gateway.definitions.forget()
    assert [rig.call(grant.pk, subject=ZHANG).status_code for _ in range(3)] == [200, 200, 429]


def test_bodies_headers_and_paths_beyond_bounds(rig: Rig) -> None:
    grant = rig.grant()
    target = f"/v1/{grant.pk}/match"
    huge = b'{"subject": "' + b"1" * 2_000_000 + b'"}'
    assert rig.at.send("POST", target, {}, huge).status_code == 413
    many = [f"{i:018d}" for i in range(201)]
    assert told(rig.call(grant.pk, "match-list", content={"subjects": many})) == (400, "gateway.malformed")
    assert rig.at.send("POST", target, {"X-Jiangyuan-Case": "a" * 600}, b"{}").status_code == 400
    assert rig.at.send("POST", target, {f"x-{i}": "1" for i in range(80)}, b"{}").status_code == 431
    assert rig.at.send("GET", "/v1/" + "a" * 600 + "/rows", {}).status_code in (404, 431)
    assert rig.at.send("GET", f"/v1/{grant.pk}/rows?" + "a=1&" * 2000, {}).status_code == 431
    for path in ("/", "/v1", "/v1//match", "/v1/a/b", "/v1/../../etc/passwd", "/v1/%00/match", "/v1/a/match/"):
        assert rig.at.send("POST", path, {}, b"{}").status_code in (404, 401), path
    assert rig.at.send("DELETE", target, {}).status_code == 405


def test_a_body_that_never_ends_and_one_that_never_comes(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from jiangyuan.exchange.delivery.gateway import request

    monkeypatch.setattr(request, "BODY_SECONDS", 0.2)
    grant = rig.grant()
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/v1/{grant.pk}/match",
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
        "client": None,
    }

    def ask(receive: Any) -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        rig.at.run(rig.at.gateway(scope, receive, send))
        return sent[0]["status"]

    async def endless() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 9000, "more_body": True}

    async def silent() -> dict[str, Any]:
        await asyncio.sleep(30)
        return {}

    assert ask(endless) == 413
    assert ask(silent) == 408


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"subject": 1}',
        b'{"subject": ""}',
        b'{"subject": "a\\u0000b"}',
        b'{"subject": "x", "fields": {}}',
        b'{"subject": "x", "fields": []}',
        b'{"subject": "x", "fields": {"income": {"a": 1}}}',
        b'{"subject": "x", "extra": 1}',
        b'{"subject": "' + b"1" * 65 + b'"}',
        b"[" * 5000,
        b'{"subject":' * 2000,
    ],
)
def test_rubbish_is_answered_with_what_is_wrong(rig: Rig, body: bytes) -> None:
    grant = rig.grant(case_bound=False)
    target = f"/v1/{grant.pk}/match"
    headers = sign_request(rig.credentials, rig.occasion, method="POST", target=target, body=body)
    answer = rig.at.send("POST", target, headers, body)
    assert answer.status_code == 400 and answer.json()["message"], answer.text


def test_values_that_are_not_of_the_columns_type(rig: Rig) -> None:
    grant = rig.grant(case_bound=False)
    for value in ("abc", "1e999999999", "NaN", "Infinity", "１２", "1; DROP TABLE x", "--"):
        answer = rig.call(grant.pk, content={"subject": ZHANG, "fields": {"income": value}})
        assert answer.status_code in (200, 400), (value, answer.text)
        if answer.status_code == 200:
            assert answer.json()["fields"] == {"income": False}
    assert rig.call(grant.pk, content={"subject": ZHANG, "fields": {"income": None}}).json()["fields"] == {
        "income": False
    }
    assert told(rig.call(grant.pk, content={"subject": ZHANG, "fields": {'x" OR 1=1 --': "1"}}))[0] == 403
    assert told(rig.call(grant.pk, "rows", query="x%22%20OR%201%3D1=1"))[0] == 403
    assert told(rig.call(grant.pk, "rows", query="citizen_id=1&citizen_id=2"))[0] == 400
    for limit in ("0", "-1", "1001", "9" * 30, "%EF%BC%91", "1.5", ""):
        assert told(rig.call(grant.pk, "rows", query=f"citizen_id={ZHANG}&limit={limit}"))[0] in (400, 401)


def test_headers_cannot_be_doubled_or_carry_controls(rig: Rig) -> None:
    grant = rig.grant()
    target = f"/v1/{grant.pk}/match"
    body = orjson.dumps({"subject": ZHANG})
    headers = sign_request(rig.credentials, rig.occasion, method="POST", target=target, body=body)

    async def doubled() -> httpx.Response:
        transport = httpx.ASGITransport(app=rig.at.gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            listed = [*headers.items(), ("X-Jiangyuan-Case", "JZ2026-0002")]
            return await client.post(target, headers=listed, content=body)

    assert rig.at.run(doubled()).status_code == 400
    for operator in ("a\r\nX-Admin: 1", "a\u202eb", "a\x00b", "长" * 121):
        spoken = Occasion(make.PURPOSE, CASE, operator)
        answer = rig.call(grant.pk, subject=ZHANG, occasion=spoken)
        assert answer.status_code == 400, (operator, answer.text)
        assert "x-admin" not in answer.headers
    bad = dict(headers) | {"X-Jiangyuan-Operator": "%ff%fe"}
    assert rig.at.send("POST", target, bad, body).status_code == 401


def test_no_answer_leaves_without_its_trace(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from jiangyuan.data.serving import StoreDown

    grant = rig.grant()
    assert rig.call(grant.pk, subject=ZHANG).status_code == 200

    async def broken(_rows: Any) -> None:
        raise StoreDown("no disk")

    monkeypatch.setattr(rig.at.gateway.traces, "_appends", [broken, broken])
    answer = rig.call(grant.pk, subject=ZHANG)
    assert answer.status_code == 503 and "张" not in answer.text


def test_a_fault_of_ours_is_told_without_detail(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = rig.grant()

    def broken(_identifier: str) -> bytes:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(rig.at.gateway.definitions, "pseudonym", broken)
    answer = rig.call(grant.pk, subject=ZHANG)
    assert told(answer) == (503, "gateway.unavailable") and "secret" not in answer.text


def test_nonces_are_kept_as_long_as_a_signature_holds() -> None:
    from jiangyuan.exchange.delivery.gateway.bounds import Nonces

    full = Nonces(limit=2)
    full.use("k", "a")
    full.use("k", "b")
    with pytest.raises(JiangyuanError):
        full.use("k", "c")  # never forgets early
    brief = Nonces(limit=2, seconds=-1)
    for name in "abcdef":
        brief.use("k", name)
    assert len(brief) == 1


def test_a_store_that_does_not_answer_is_not_waited_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from jiangyuan.exchange.delivery.gateway import calls

    monkeypatch.setattr(calls, "ANSWER_SECONDS", 0.1)
    grant = rig.grant()

    async def silent(_rows: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(rig.at.gateway.traces, "_appends", [silent])
    assert told(rig.call(grant.pk, subject=ZHANG)) == (503, "gateway.slow_answer")
    for task in rig.at.gateway.traces._tasks:  # its disk never comes back
        rig.at.loop.call_soon_threadsafe(task.cancel)
    rig.at.gateway.traces._tasks.clear()
