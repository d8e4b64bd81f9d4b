"""Signing in through the province's sign-in provider: OpenID Connect, authorization code with PKCE.

The provider says who somebody is and nothing else: the person must be registered here, and what he may do follows from
his appointments. Every outbound call is judged by `kernel/egress` (the provider stands in `egress_allow`).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import JiangyuanError, Refused
from jiangyuan.kernel.outbound_http import http_client
from jiangyuan.organization.models import Person
from jiangyuan.organization.queries import acting
from jiangyuan.organization.signin import SIGN_IN, SignedIn, SignInRefused, limit_network

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures that need the provider's private key; `none` and shared secrets are not among them."""
STRONG = frozenset({"mfa", "otp", "hwk", "swk", "sms", "fpt", "face"})
"""What a provider may say (`amr`, RFC 8176) when it asked for more than a password."""
LEEWAY = 30
KEPT_SECONDS = 300
WAIT_SECONDS = 600
"""How long somebody may take at the provider."""
_MOST = 256 * 1024


class ProviderRefused(SignInRefused):
    """The provider's answer does not hold, or nobody here belongs to it. `cause` goes into the memory."""

    def __init__(self, message: object, *, cause: str, mend: object = "") -> None:
        super().__init__(
            message, where="provider", mend=mend or _("请重新登录；仍不成功的，改用口令登录或联系系统管理员。")
        )
        self.cause = cause


class Unbound(SignInRefused):
    """The provider names a registered person whose account is bound to nobody there: he proves it by his password once.

    `waiting`: the person's id and the account at the provider; `username`: what stands in the form.
    """

    def __init__(self, person: Person, identity: str) -> None:
        super().__init__(
            _("第一次用统一认证登录，请再用口令登录一次"),
            where="identity",
            mend=_("口令核对后，本账号与您的认证账号绑定，以后可直接用统一认证登录；也可请安全管理员绑定。"),
        )
        self.waiting, self.username = (str(person.pk), identity), person.username


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to the provider and back: kept in the browser's session, good once."""

    state: str
    nonce: str
    verifier: str
    callback: str
    target: str
    since: float


def configured() -> bool:
    """Tell whether a provider is set."""
    return bool(settings().oidc_issuer and settings().oidc_client_id)


def begin(*, callback: str, target: str) -> tuple[Attempt, str]:
    """Start an attempt; gives what to remember and the address at the provider to go to. Raises `ProviderRefused`."""
    attempt = Attempt(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        callback=callback,
        target=target,
        since=time.time(),
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": settings().oidc_client_id,
        "redirect_uri": callback,
        "scope": "openid profile email",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    address = _endpoint("authorization_endpoint")
    return attempt, f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def finish(attempt: Attempt | None, answer: Mapping[str, str], *, network: str, browser: str) -> SignedIn:
    """Check what the provider sent back, and open a session for the registered person it names.

    Raises `SignInRefused`; what did not fit is remembered, without what was sent.
    """
    limit_network(network)
    scene = Scene(channel="portal", network=network)
    try:
        claims = _claims(attempt, answer)
        person = _person(claims)
    except ProviderRefused as refusal:
        act("organization.session.report_stranger", actor=SIGN_IN, scene=scene, cause=refusal.cause)
        raise
    identity = f"{claims['iss']} {claims['sub']}"[:300]
    if person.identity is None:
        act("organization.session.report_stranger", actor=SIGN_IN, scene=scene, cause="unbound")
        raise Unbound(person, identity)
    try:
        return SignedIn(
            person,
            act(
                "organization.session.open",
                person.pk,
                actor=acting(person, None),
                scene=scene,
                identity=identity,
                method="oidc",
                browser=browser,
            ),
        )
    except Refused as refusal:
        act("organization.session.report_failed", person.pk, actor=SIGN_IN, scene=scene)
        raise _nobody() from refusal


def _claims(attempt: Attempt | None, answer: Mapping[str, str]) -> dict[str, Any]:
    known = attempt is not None and time.time() - attempt.since < WAIT_SECONDS
    if attempt is None or not known or not _same(answer.get("state", ""), attempt.state):
        raise ProviderRefused(_("这次登录不是从本页面发起的，或已超时"), cause="state")
    if answer.get("iss", settings().oidc_issuer) != settings().oidc_issuer:
        raise ProviderRefused(_("应答来自另一个认证系统"), cause="state")
    if not answer.get("code"):
        raise ProviderRefused(_("认证系统没有确认您的身份"), cause="provider")
    token = _exchanged(answer["code"][:4000], attempt)
    claims = _verified(token)
    if not _same(str(claims.get("nonce", "")), attempt.nonce):
        raise _unproved()
    return claims


def _same(given: str, kept: str) -> bool:
    """Compare in constant time, whatever characters were given."""
    return secrets.compare_digest(given.encode(errors="replace"), kept.encode())


def _exchanged(code: str, attempt: Attempt) -> str:
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": attempt.callback,
        "client_id": settings().oidc_client_id,
        "code_verifier": attempt.verifier,
    }
    if settings().oidc_client_secret:
        sent["client_secret"] = settings().oidc_client_secret
    try:
        with http_client(seconds=10, most=_MOST) as client:
            answer = client.post(_endpoint("token_endpoint"), data=sent, headers={"accept": "application/json"})
            told = answer.json() if answer.status_code == 200 else {}
    except (JiangyuanError, httpx.HTTPError, ValueError) as exc:
        raise _away() from exc
    token = told.get("id_token") if isinstance(told, dict) else None
    if not isinstance(token, str):
        raise ProviderRefused(_("认证系统没有确认您的身份"), cause="provider")
    return token


def _verified(token: str) -> dict[str, Any]:
    """Check signature, issuer, audience and time of an identity token. Raises `ProviderRefused`."""
    wanted = settings()
    try:
        claims = jwt.decode(
            token,
            _signing_key(token),
            algorithms=list(ALGORITHMS),
            audience=wanted.oidc_client_id,
            issuer=wanted.oidc_issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.PyJWTError as exc:
        raise _unproved() from exc
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else wanted.oidc_client_id) != wanted.oidc_client_id:
        raise _unproved()
    return claims


def _signing_key(token: str) -> jwt.PyJWK:
    """Find the key that signed; an id that is not known yet is looked for once more, for providers change their keys."""
    name = jwt.get_unverified_header(token).get("kid")
    for again in (False, True):
        if again:
            _fetched.cache_clear()
        found = [key for key in jwt.PyJWKSet.from_dict(_document(_endpoint("jwks_uri"))).keys if key.key_id == name]
        if found:
            return found[0]
    raise jwt.InvalidTokenError("no key of that name")


def _person(claims: Mapping[str, Any]) -> Person:
    """Find the registered person whom the claim names. Raises `ProviderRefused`: nobody is registered on the way in."""
    claim = settings().oidc_claim
    named = claims.get(claim)
    if (
        not isinstance(named, str)
        or not named
        or "\x00" in named
        or (claim == "email" and claims.get("email_verified") is not True)
    ):
        raise _nobody()
    found = list(Person.objects.filter(**({"email__iexact": named} if claim == "email" else {"username": named}))[:2])
    if len(found) != 1 or not found[0].active:
        raise _nobody()
    methods = claims.get("amr")
    if found[0].totp_confirmed_at is not None and not STRONG & set(methods if isinstance(methods, list) else ()):
        mend = _("您已启用动态码，而认证系统只核对了口令。请用口令和动态码登录。")
        raise ProviderRefused(_("认证强度不足"), cause="unlinked", mend=mend)
    return found[0]


def _endpoint(name: str) -> str:
    """Give an address from the provider's own description; it must be as safe as the issuer's."""
    issuer = settings().oidc_issuer
    told = _document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    address = told.get(name)
    safe = isinstance(address, str) and urlsplit(address).scheme in {"https", urlsplit(issuer).scheme}
    if told.get("issuer") != issuer or not safe:
        raise _away()
    return str(address)


def _document(url: str) -> dict[str, Any]:
    return _fetched(url, int(time.monotonic() // KEPT_SECONDS))


@lru_cache(maxsize=8)
def _fetched(url: str, _period: int) -> dict[str, Any]:
    try:
        with http_client(seconds=10, most=_MOST) as client:
            answer = client.get(url)
            answer.raise_for_status()
            told = answer.json()
    except (JiangyuanError, httpx.HTTPError, ValueError) as exc:
        raise _away() from exc
    if not isinstance(told, dict):
        raise _away()
    return told


def _away() -> ProviderRefused:
    return ProviderRefused(
        _("暂时连不上认证系统"),
        cause="provider",
        mend=_("请稍后再试，或改用口令登录。运维人员可核对 oidc_issuer 和 egress_allow。"),
    )


def _unproved() -> ProviderRefused:
    return ProviderRefused(_("认证系统的应答未通过核验"), cause="token")


def _nobody() -> ProviderRefused:
    mend = _("统一认证只证明您是谁，不赋予权限。请联系系统管理员登记账号，或改用口令登录。")
    return ProviderRefused(_("没有与此身份对应的可用账号"), cause="unlinked", mend=mend)
