"""The HTTP client of the platform: judged by `egress`, bounded in time and size, without redirects or proxies.

Sockets are opened to the pinned address while the request keeps its name, so certificates are verified against the
name and a pooled connection is only reused for the same name.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator

import httpcore
import httpx
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.egress import EgressPolicy, EgressRefused, Unreachable, endpoint_of, pin
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.offline import check_online


class AnswerTooLarge(Refused):
    """An answer is larger than the caller allows, or compressed so that its size cannot be told."""

    default_code = "answer_too_large"


class RedirectRefused(EgressRefused):
    """The server answers with a redirect; the platform does not follow one."""

    default_code = "egress.redirect"


class _Clock(threading.local):
    """The moment (monotonic seconds) at which the request of this thread must be over."""

    end: float = float("inf")

    def left(self, timeout: float | None) -> float:
        left = self.end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole request took too long")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, clock: _Clock) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._clock.left(timeout)), self._clock)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Dialler(httpcore.NetworkBackend):
    """Opens sockets only to what `egress.pin` gives."""

    def __init__(self, policy: EgressPolicy | None, clock: _Clock) -> None:
        self._policy, self._clock, self._inner = policy, clock, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        pinned = pin(endpoint_of("https", host, port), policy=self._policy)
        options = tuple(socket_options or ())
        stream = self._inner.connect_tcp(pinned.address, port, self._clock.left(timeout), None, options)
        return _Stream(stream, self._clock)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Body(httpx.SyncByteStream):
    """Hands out the answer's body until it is too large or too late."""

    def __init__(self, inner: httpcore.Response, clock: _Clock, end: float, most: int, where: str) -> None:
        self._inner, self._clock, self._end, self._most, self._where = inner, clock, end, most, where

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        chunks = self._inner.iter_stream()
        while True:
            # Set again for each part: another request of this thread may have run in between.
            self._clock.end = self._end
            try:
                part = next(chunks, None)
            except httpcore.TimeoutException as exc:
                raise _late(self._where) from exc
            except (httpcore.NetworkError, httpcore.ProtocolError) as exc:
                raise _broken_off(self._where) from exc
            if part is None:
                return
            total += len(part)
            if total > self._most:
                raise _too_large(self._where, self._most)
            yield part

    def close(self) -> None:
        self._inner.close()


def _late(where: str) -> Unreachable:
    mend = _("请稍后再试；若一再出现，请与对方核实服务是否正常。")
    return Unreachable(_("对方未在时限内答复"), code="unreachable.timeout", where=where, mend=mend)


def _broken_off(where: str) -> Unreachable:
    mend = _("请核对地址、端口和证书，并与对方核实服务是否正常。")
    return Unreachable(_("无法与对方建立或保持连接"), code="unreachable.connection", where=where, mend=mend)


def _too_large(where: str, most: int) -> AnswerTooLarge:
    mend = _("请分页或分批获取，每次不超过 %(bytes)s 字节。") % {"bytes": most}
    return AnswerTooLarge(_("对方的答复超过允许的大小"), where=where, mend=mend)


class PinnedTransport(httpx.BaseTransport):
    """A transport of httpx that dials through `egress`. Raises `EgressRefused`, `Unreachable`, `AnswerTooLarge`."""

    def __init__(
        self, *, policy: EgressPolicy | None, seconds: float, most: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._clock, self._seconds, self._most = _Clock(), seconds, most
        backend = _Dialler(policy, self._clock)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or ssl.create_default_context(),
            max_connections=20,
            keepalive_expiry=5.0,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the answer's body is still to be read."""
        url = request.url
        host = url.raw_host.decode("ascii")
        where = f"{url.scheme}://{host}:{url.port or ''}".rstrip(":")
        # Judged here too, before a pooled connection could be taken.
        if url.scheme not in ("http", "https"):
            raise EgressRefused(_("只能访问 http 和 https 地址"), code="egress.scheme", where=where)
        endpoint_of(url.scheme, host, url.port or (443 if url.scheme == "https" else 80))
        check_online(where)
        end = time.monotonic() + self._seconds
        self._clock.end = end
        try:
            answer = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except httpcore.TimeoutException as exc:
            raise _late(where) from exc
        except (httpcore.NetworkError, httpcore.ProtocolError) as exc:
            raise _broken_off(where) from exc
        try:
            self._judge(request.method, httpx.Headers(answer.headers), answer.status, where)
        except Refused:
            answer.close()
            raise
        stream = _Body(answer, self._clock, end, self._most, where)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def _judge(self, method: str, headers: httpx.Headers, status: int, where: str) -> None:
        if 300 <= status < 400 and status != 304:
            mend = _("请向对方索取最终地址，并把接口地址改为该地址。")
            raise RedirectRefused(_("对方要求转到另一地址，平台不跟随转向"), where=where, mend=mend)
        # A packed answer may unpack to any size; none is asked for, so none is taken.
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise _too_large(where, self._most)
        length = headers.get("content-length", "0")
        if method != "HEAD" and length.isdigit() and int(length) > self._most:
            raise _too_large(where, self._most)

    def close(self) -> None:
        """Close the pooled connections."""
        self._pool.close()


def http_client(
    *,
    policy: EgressPolicy | None = None,
    seconds: float = 30.0,
    most: int = 16 * 1024 * 1024,
    tls: ssl.SSLContext | None = None,
) -> httpx.Client:
    """Give a client whose every request is judged by `egress`.

    `seconds` bounds a whole request with its body, `most` is the largest answer in bytes; `policy` is that of the
    settings unless given; `tls` replaces the machine's own certificate store.
    Its requests raise `EgressRefused`, `Unreachable`, `AnswerTooLarge`, `RedirectRefused`.
    """
    return httpx.Client(
        transport=PinnedTransport(policy=policy, seconds=seconds, most=most, tls=tls),
        timeout=httpx.Timeout(seconds, connect=min(seconds, 10.0)),
        follow_redirects=False,
        trust_env=False,
        headers={"accept-encoding": "identity", "user-agent": "jiangyuan"},
    )
