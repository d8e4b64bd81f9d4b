"""Calling the gateway: signs a request as an application system must, and sends it.

For the systems of departments, the command line, the demonstration and tests; it stands on the consumer's side, needs
no database and no settings, and shows in code what `signing` says in words.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx

from jiangyuan.exchange.delivery.signing import SIGNATURE, SIGNED, canonical_request
from jiangyuan.kernel import ciphers


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who calls: the system's code, the id of its key, and the shared secret (hexadecimal) or its SM2 private key (PEM)."""

    system: str
    key_id: str
    secret: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)

    def sign(self, message: bytes) -> str:
        """Sign canonical bytes; hexadecimal."""
        if self.private_key:
            return ciphers.provider().sign(self.private_key, message).hex()
        return ciphers.hmac_sm3(bytes.fromhex(self.secret), message).hex()


@dataclass(frozen=True, slots=True)
class Occasion:
    """On what occasion: the purpose of the grant, the case number, and the person at the desk."""

    purpose: str
    case_number: str = ""
    operator: str = ""


def sign_request(
    credentials: Credentials,
    occasion: Occasion,
    *,
    method: str,
    target: str,
    body: bytes = b"",
    at: datetime | None = None,
    nonce: str = "",
) -> dict[str, str]:
    """Give the headers of one call. `target` is path and query as they are sent; a nonce may be used once."""
    path, _mark, query = target.partition("?")
    headers = {
        "system": credentials.system,
        "key": credentials.key_id,
        "time": (at or datetime.now(UTC)).isoformat(timespec="milliseconds"),
        "nonce": nonce or secrets.token_hex(16),
        "operator": quote(occasion.operator, safe=""),
        "case": quote(occasion.case_number, safe="/"),
        "purpose": occasion.purpose,
    }
    message = canonical_request(
        method=method, path=path, query=query, body_digest=ciphers.sm3(body).hex(), headers=headers
    )
    headers[SIGNATURE] = credentials.sign(message)
    return {f"X-Jiangyuan-{name.title()}": headers[name] for name in (*SIGNED, SIGNATURE) if headers[name]}


def call(
    address: str,
    credentials: Credentials,
    occasion: Occasion,
    *,
    method: str = "POST",
    path: str,
    query: Mapping[str, Any] | None = None,
    content: Mapping[str, Any] | None = None,
    language: str = "zh-CN",
    timeout: float = 20.0,
) -> httpx.Response:
    """Sign and send one call to the gateway at `address` (`http://host:port`), and give its answer, whatever its status.

    Raises `httpx.HTTPError` where the gateway cannot be reached.
    """
    target = path + (f"?{urlencode(query)}" if query else "")
    body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
    headers = sign_request(credentials, occasion, method=method, target=target, body=body)
    headers["Accept-Language"] = language
    if body:
        headers["Content-Type"] = "application/json"
    base = urlsplit(address)
    with httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False) as client:
        return client.request(method, f"{base.scheme}://{base.netloc}{target}", content=body or None, headers=headers)


def verify(
    address: str, credentials: Credentials, occasion: Occasion, *, service: str, subject: str, **fields: Any
) -> dict[str, Any]:
    """Verify one person or enterprise under a service (grant id or alias): yes or no for each of `fields`, or, without
    fields, the granted record. Raises `httpx.HTTPStatusError` for a refusal, whose body says why."""
    content: dict[str, Any] = {"subject": subject} | ({"fields": fields} if fields else {})
    answer = call(address, credentials, occasion, path=f"/v1/{service}/match", content=content)
    return answer.raise_for_status().json()
