"""Reading a call within bounds: route, the platform's headers, query and body; whatever is not plain is refused.

A header of ours that comes twice, is too long, or holds anything but printable ASCII is refused, so that what was
signed, what is judged and what is recorded are one and the same text.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, unquote_plus

import orjson
from django.utils.translation import gettext_lazy as _

from jiangyuan.exchange.delivery.gateway import refusals
from jiangyuan.exchange.delivery.signing import SIGNATURE, SIGNED

BODY_BYTES = 64 * 1024
HEADER_BYTES = 512
HEADER_COUNT = 60
PATH_BYTES = 512
QUERY_BYTES = 4096
QUERY_FIELDS = 32
BODY_SECONDS = 10.0
_PREFIX = b"x-jiangyuan-"
_VALUE = re.compile(rb"[\x21-\x7e]{1,512}")
_SHORT = {_PREFIX + name.encode(): name for name in (*SIGNED, SIGNATURE)}
_PLAIN = {b"content-length", b"transfer-encoding", b"accept", b"accept-language", b"content-encoding"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,130}")

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


@dataclass(slots=True)
class Call:
    """One call as it came: `headers` are ours by short name, `other` the few plain ones that matter."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    other: dict[bytes, bytes]
    network: str
    body: bytes = b""

    @property
    def english(self) -> bool:
        """Tell whether the caller would rather read English."""
        asked = self.other.get(b"accept-language", b"").lower()
        return asked.startswith(b"en")

    @property
    def streamed(self) -> bool:
        """Tell whether the caller takes the answer line by line."""
        return b"application/x-ndjson" in self.other.get(b"accept", b"")

    def text(self, name: str, *, limit: int = 120) -> str:
        """Give a header as a person reads it: percent-decoded UTF-8 without control characters. Raises a refusal."""
        return _spoken(self.headers.get(name, ""), name, limit)


@lru_cache(maxsize=10_000)
def _spoken(raw: str, name: str, limit: int) -> str:
    try:
        value = unquote(raw, errors="strict") if "%" in raw else raw
    except UnicodeDecodeError:
        raise _bad_header(name) from None
    if len(value) > limit or _CONTROL.search(value):
        raise _bad_header(name)
    return value


def _bad_header(name: str) -> refusals.GatewayRefused:
    return refusals.malformed(
        _("请求头的内容不合要求"),
        where=f"X-Jiangyuan-{name.title()[:40]}",
        mend=_("请求头只用可见的 ASCII 字符，中文用 UTF-8 百分号编码，不能重复。"),
    )


def language_of(scope: Mapping[str, Any]) -> bool:
    """Tell whether a call that could not be read prefers English."""
    return any(n == b"accept-language" and v.lower().startswith(b"en") for n, v in scope.get("headers", ()))


def read_head(scope: Mapping[str, Any]) -> Call:
    """Read everything but the body. Raises a refusal for what is too much or not plain."""
    fields: list[tuple[bytes, bytes]] = scope["headers"]
    if len(fields) > HEADER_COUNT:
        raise refusals.too_large("headers")
    headers: dict[str, str] = {}
    other: dict[bytes, bytes] = {}
    for name, value in fields:
        if name.startswith(_PREFIX):
            short = _SHORT.get(name) or name[12:].decode("latin-1")
            if short in headers or not _VALUE.fullmatch(value):
                raise _bad_header(short)
            headers[short] = value.decode("ascii")
        elif name in _PLAIN:
            other[name] = value
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    raw = raw.partition(b"?")[0]
    query: bytes = scope.get("query_string") or b""
    if len(raw) > PATH_BYTES or len(query) > QUERY_BYTES:
        raise refusals.too_large("path")
    client = scope.get("client")
    return Call(
        method=scope["method"],
        path=raw.decode("latin-1"),
        query=query.decode("latin-1"),
        headers=headers,
        other=other,
        network=client[0] if client else "",
    )


async def read_body(call: Call, receive: Receive) -> None:
    """Read the body into the call, bounded in bytes and time. A GET has none. Raises a refusal."""
    declared = call.other.get(b"content-length", b"")
    if call.method == "GET":
        if declared.strip(b"0") or b"transfer-encoding" in call.other:
            raise refusals.malformed(_("查询请求不应带有正文"), where="body")
        return
    if b"content-encoding" in call.other:
        raise refusals.malformed(_("请求正文不支持压缩"), where="Content-Encoding", status=415)
    if declared and (not declared.isdigit() or len(declared) > 9 or int(declared) > BODY_BYTES):
        raise refusals.too_large("body")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            call.body = await _collect(receive)
    except TimeoutError:
        raise refusals.too_slow() from None


async def _collect(receive: Receive) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise refusals.malformed(_("连接已断开"), where="body")
        part = message.get("body") or b""
        total += len(part)
        if total > BODY_BYTES:
            raise refusals.too_large("body")
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def route(path: str) -> tuple[str, str]:
    """Split `/v1/{service}/{verb}`. Raises a refusal where there is no such address."""
    parts = path.split("/")
    if len(parts) != 4 or parts[0] or parts[1] != "v1":
        raise refusals.no_route()
    name = parts[2]
    if "%" in name:
        name = unquote(name, errors="replace")
    if not _NAME.fullmatch(name) or parts[3] not in ("match", "match-list", "rows", "openapi.json"):
        raise refusals.no_route()
    return name, parts[3]


def read_content(call: Call) -> dict[str, Any]:
    """Read the body as a JSON object. Raises a refusal."""
    try:
        content = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise refusals.malformed(_("请求正文应为 JSON 对象"), where="body", mend=_("请用 UTF-8 编码的 JSON。"))
    return content


def read_query(call: Call) -> dict[str, str]:
    """Read the query's parameters; each once. Raises a refusal."""
    found: dict[str, str] = {}
    if not call.query:
        return found
    parts = call.query.split("&")
    if len(parts) > QUERY_FIELDS:
        raise refusals.too_large("query")
    for part in parts:
        name, _mark, value = part.partition("=")
        try:
            if "%" in part or "+" in part:
                name, value = unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
        except UnicodeDecodeError:
            raise refusals.malformed(_("查询参数应为 UTF-8 编码"), where="query") from None
        if not name or name in found or "\x00" in value:
            raise refusals.malformed(_("查询参数重复、缺少名称或含有非法字符"), where=name[:80])
        found[name] = value
    return found
