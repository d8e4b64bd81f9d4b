"""The page of a service documents it to its own people, and hands on only what the browser signed in their own name."""

import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.exchange.delivery import services_pages
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.identifiers import uuid7

SCRIPT = Path(services_pages.__file__).parents[2] / "ui" / "static" / "ui" / "try.js"


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


@pytest.fixture
def way(db) -> factories.Road:
    return factories.road()


@pytest.fixture
def grant(way):
    return factories.grant(way, items=[{"column": "name"}, {"column": "income"}], forms=["match", "query"])


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens where the gateway should be."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setattr(services_pages, "address", lambda: f"http://127.0.0.1:{port}")


def test_a_service_is_documented_to_the_people_of_its_system_only(way, grant) -> None:
    own, provider = client_of(way.consumer.sharing_handler), client_of(way.provider.sharing_handler)
    assert grant.entry.name in own.get("/services/").content.decode()
    assert grant.entry.name not in provider.get("/services/").content.decode()
    shown = own.get(f"/services/{grant.pk}/").content.decode()
    for expected in (
        f"/v1/{grant.mount.alias}/match",
        "X-Jiangyuan-Signature",
        "gateway.ended",
        "curl",
        "data-try",
        "income",
    ):
        assert expected in shown, expected
    document = own.get(f"/services/{grant.pk}/openapi.json").json()
    assert document["openapi"] == "3.1.0" and f"/v1/{grant.pk}/match" in document["paths"]
    assert set(document["components"]["schemas"]["record"]["properties"]) == {"name", "income"}
    for url in (f"/services/{grant.pk}/", f"/services/{grant.pk}/openapi.json"):
        assert provider.get(url).status_code == 404
        assert client_of(factories.desk().sharing_handler).get(url).status_code == 404
        assert client_of(factories.authority()).get(url).status_code == 404


def test_a_withdrawn_grant_says_that_the_next_call_is_refused_and_offers_no_try(way, grant) -> None:
    reason = "超出约定用途"
    factories.act(
        "sharing.grant.withdraw", grant.pk, actor=way.provider.sharing_head, scene=factories.SCENE, reason=reason
    )
    shown = client_of(way.consumer.sharing_handler).get(f"/services/{grant.pk}/").content.decode()
    assert "下一次调用会被拒绝" in shown and reason in shown and "data-try" not in shown


def _send(client: Client, grant: Any, actor: Actor, **changes: Any) -> Any:
    headers = {"X-Jiangyuan-Operator": quote(actor.name, safe=""), "X-Jiangyuan-System": "system"}
    sent = {"verb": "match", "query": "", "body": '{"subject": "1"}', "headers": headers, **changes}
    return client.post(f"/services/{grant.pk}/try/", json.dumps(sent), content_type="application/json")


@pytest.mark.parametrize(
    "changes",
    [
        {"verb": "openapi.json"},
        {"verb": "../../admin"},
        {"query": "a=1#x"},
        {"query": "a=1\r\nHost: x"},
        {"body": "x" * 70_000},
        {"body": 3},
        {"headers": {"Host": "elsewhere"}},
        {"headers": {"X-Jiangyuan-System": "a\r\nb: c"}},
        {"headers": {"X-Jiangyuan-Operator": "somebody-else"}},
        {"headers": []},
    ],
)
def test_only_a_plain_signed_call_in_ones_own_name_is_handed_on(way, grant, changes, silence) -> None:
    who = way.consumer.sharing_handler
    assert _send(client_of(who), grant, who, **changes).status_code == 422


def test_others_hand_nothing_on_and_a_silent_gateway_is_told_kindly(way, grant, silence) -> None:
    who = way.consumer.sharing_handler
    other = way.provider.sharing_handler
    assert _send(client_of(other), grant, other).status_code == 404
    head = way.consumer.sharing_head
    assert _send(client_of(head), grant, head).status_code == 403
    answer = _send(client_of(who), grant, who)
    assert answer.json()["status"] == 503 and "网关没有答复" in answer.json()["answer"]["message"]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of(who).cookies
    assert _send(strict, grant, who).status_code == 403


NODE = shutil.which("node") or ""


def test_the_browser_signs_as_the_gateway_checks() -> None:
    from jiangyuan.exchange.delivery.client import Credentials, Occasion, sign_request

    key, secret, nonce, at = str(uuid7()), "ab" * 32, "n" * 32, "2026-11-22T01:02:03.000Z"
    call = {
        "system": "shehuijiuzhu",
        "purpose": "social-aid",
        "operator": quote("卓玛措", safe=""),
        "case": "JZ/2026 号",
        "method": "GET",
        "path": f"/v1/{key}/rows",
        "query": "name=%E5%BC%A0&limit=10",
        "body": "",
    }
    program = (
        f"require({json.dumps(str(SCRIPT))});const t=globalThis.jiangyuanTry;"
        f"const k=t.keyOf({json.dumps(json.dumps({'key_id': key, 'secret': secret}))});"
        f"console.log(JSON.stringify([t.hex(t.sm3(t.utf8('文'.repeat(99)))),"
        f"t.signed({json.dumps(call)},k,{json.dumps(at)},{json.dumps(nonce)})]))"
    )
    assert NODE, "Node is one of the three things that setting up needs"
    done = subprocess.run([NODE, "-e", program], capture_output=True, text=True, timeout=60, check=True)
    digest, headers = json.loads(done.stdout)
    assert digest == ciphers.sm3(("文" * 99).encode()).hex()
    lowered = {name.lower(): value for name, value in headers.items()}
    from jiangyuan.exchange.delivery.signing import SIGNED, canonical_request

    signed = {name: lowered.get(f"x-jiangyuan-{name}", "") for name in SIGNED}
    message = canonical_request(
        method="GET", path=call["path"], query=call["query"], body_digest=ciphers.sm3(b"").hex(), headers=signed
    )
    assert lowered["x-jiangyuan-signature"] == Credentials("s", key, secret).sign(message)
    made = sign_request(
        Credentials("s", key, secret), Occasion("p", "JZ/2026 号", "卓玛措"), method="GET", target="/", nonce=nonce
    )
    assert made["X-Jiangyuan-Case"] == lowered["x-jiangyuan-case"]
