"""Signing in through a provider that runs here: what it signs is believed, and nothing else."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.models import Event
from jiangyuan.organization import oidc
from jiangyuan.organization.models import BrowserSession, Person

SETUP = service_actor("setup")
CLIENT = "jiangyuan"


class Provider:
    """A sign-in provider on 127.0.0.1: it gives out codes that are good once, and tokens as the test wants them."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.stranger = ec.generate_private_key(ec.SECP256R1())
        self.asked: dict[str, dict[str, str]] = {}
        self.change: dict[str, Any] = {}
        self.signed_with: Any = None
        self.algorithm = "ES256"
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(provider.key.public_key()))
                pages = {
                    "/.well-known/openid-configuration": {
                        "issuer": provider.issuer,
                        "authorization_endpoint": f"{provider.issuer}/authorize",
                        "token_endpoint": f"{provider.issuer}/token",
                        "jwks_uri": f"{provider.issuer}/keys",
                    },
                    "/keys": {"keys": [{**jwk, "kid": "one", "alg": "ES256", "use": "sig"}]},
                }
                self.answer(200, pages[self.path])

            def do_POST(self) -> None:
                sent = {
                    k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
                }
                asked = provider.asked.pop(sent["code"], None)  # good once
                digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
                proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                if asked is None or asked["code_challenge"] != proof or asked["redirect_uri"] != sent["redirect_uri"]:
                    self.answer(400, {"error": "invalid_grant"})
                    return
                self.answer(200, {"id_token": provider.token(asked["nonce"]), "token_type": "Bearer"})

            def answer(self, status: int, content: Any) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "u-1", "preferred_username": "wangmin", "nonce": nonce,
                  "iat": now, "exp": now + 60, **self.change}  # fmt: skip
        return jwt.encode(claims, self.signed_with or self.key, algorithm=self.algorithm, headers={"kid": "one"})

    def authorize(self, address: str) -> dict[str, str]:
        """Play the person who signs in at the provider; gives what it sends back."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.asked)}-{time.monotonic_ns()}"
        self.asked[code] = asked
        return {"state": asked["state"], "code": code}


@pytest.fixture
def provider(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    made = Provider()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    for name, text in (("ISSUER", made.issuer), ("CLIENT_ID", CLIENT), ("CLIENT_SECRET", "s3")):
        monkeypatch.setenv(f"JIANGYUAN_OIDC_{name}", text)
    settings.cache_clear()
    oidc._fetched.cache_clear()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def person(db: None) -> Person:
    return act(
        "organization.person.register", actor=SETUP, username="wangmin", name="王敏", password="river-source-2026"
    )


def way(provider: Provider, client: Client, **changed: str) -> Any:
    gone = client.get("/login/provider/?next=/account/")
    assert gone.status_code == 302, gone.content.decode()[-800:]
    return client.get("/login/provider/back/", {**provider.authorize(gone["Location"]), **changed})


def bind(provider: Provider, client: Client) -> None:
    """Go the first way: the provider names the person, and he proves it once with his own password."""
    asked = way(provider, client)
    assert asked.status_code == 401 and "请再用口令登录一次" in asked.content.decode()
    sent = {"username": "wangmin", "password": "river-source-2026", "next": "/account/"}
    assert client.post("/login/", sent).status_code == 303


def test_a_person_signs_in_and_gets_no_rights_by_it(provider: Provider, person: Person) -> None:
    client = Client()
    assert "用统一身份认证登录" in client.get("/login/").content.decode()
    bind(provider, client)
    assert way(provider, Client())["Location"] == "/account/"
    answer = way(provider, client)
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    person.refresh_from_db()
    assert person.identity == f"{provider.issuer} u-1"
    assert BrowserSession.objects.filter(person=person).latest("created_at").method == "oidc"
    assert "还没有任命" in client.get("/account/").content.decode()


@pytest.mark.attack
@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"exp": 1_600_000_000},
        {"iat": 4_000_000_000},
        {"preferred_username": "nobody"},
        {"preferred_username": ["wangmin"]},
    ],
    ids=str,
)
def test_a_token_that_does_not_fit_opens_nothing(provider: Provider, person: Person, change: dict[str, Any]) -> None:
    provider.change = change
    refused(provider, person)


@pytest.mark.attack
def test_a_token_that_somebody_else_signed_opens_nothing(provider: Provider, person: Person) -> None:
    provider.signed_with = provider.stranger
    refused(provider, person)
    provider.signed_with, provider.algorithm = rsa.generate_private_key(65537, 2048), "RS256"
    refused(provider, person, before=1)


@pytest.mark.attack
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_without_a_signature_or_with_a_shared_secret_opens_nothing(provider: Provider, person: Person) -> None:
    provider.signed_with, provider.algorithm = "", "none"
    provider.token = lambda nonce: jwt.encode(  # type: ignore[method-assign]
        {"iss": provider.issuer, "aud": CLIENT, "sub": "u", "preferred_username": "wangmin", "nonce": nonce,
         "iat": int(time.time()), "exp": int(time.time()) + 60},
        None if provider.algorithm == "none" else "s3", algorithm=provider.algorithm, headers={"kid": "one"})  # fmt: skip
    refused(provider, person)
    provider.algorithm = "HS256"
    refused(provider, person, before=1)


def refused(provider: Provider, person: Person, before: int = 0) -> None:
    client = Client()
    answer = way(provider, client)
    assert answer.status_code == 401
    assert not BrowserSession.objects.filter(person=person).exists()
    assert client.get("/account/").status_code == 302 or client.get("/account/").status_code == 303
    assert Event.objects.filter(type="organization.session.failed").count() == before + 1


@pytest.mark.attack
def test_an_answer_is_good_once_and_only_in_the_browser_that_asked(provider: Provider, person: Person) -> None:
    client, other = Client(), Client()
    sent = provider.authorize(client.get("/login/provider/")["Location"])
    bound = f"{provider.issuer} u-1"
    Person.objects.filter(pk=person.pk).update(identity=bound)
    assert other.get("/login/provider/back/", sent).status_code == 401, "signing somebody in as another (login CSRF)"
    assert client.get("/login/provider/back/", sent).status_code == 303
    assert client.get("/login/provider/back/", sent).status_code == 401, "the state was used up"
    for odd in ("é", "\U0001f986" * 40, ""):
        client.get("/login/provider/")
        assert client.get("/login/provider/back/", {**sent, "state": odd}).status_code == 401, "no text is a fault"
    again = provider.authorize(client.get("/login/provider/")["Location"])
    assert client.get("/login/provider/back/", {**again, "code": sent["code"]}).status_code == 401, "the code is spent"


@pytest.mark.attack
def test_another_account_at_the_provider_does_not_take_a_bound_one_over(provider: Provider, person: Person) -> None:
    bind(provider, Client())
    assert way(provider, Client()).status_code == 303
    provider.change = {"sub": "u-2"}
    assert way(provider, Client()).status_code == 401
    assert BrowserSession.objects.filter(person=person).count() == 2


def test_who_has_a_second_factor_is_not_let_in_by_less(provider: Provider, person: Person) -> None:
    from django.utils import timezone

    bind(provider, Client())
    Person.objects.filter(pk=person.pk).update(totp_confirmed_at=timezone.now())
    assert way(provider, Client()).status_code == 401
    provider.change = {"amr": ["pwd", "otp"]}
    assert way(provider, Client()).status_code == 303


def test_a_provider_off_the_allow_list_is_not_called(
    provider: Provider, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIANGYUAN_EGRESS_ALLOW", "10.0.0.0/8")
    settings.cache_clear()
    answer = Client().get("/login/provider/")
    assert answer.status_code == 503 and "暂时连不上认证系统" in answer.content.decode()
