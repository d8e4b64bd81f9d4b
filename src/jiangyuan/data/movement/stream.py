"""The replication stream of one slot: opened, read message by message, confirmed.

It speaks the streaming protocol over libpq itself, so that nothing is confirmed that this package did not confirm: a
position counts as confirmed only when every live target has it on disk.
Format: PostgreSQL documentation, "Streaming Replication Protocol".
"""

import contextlib
import os
import select
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import psycopg
from django.utils.translation import gettext_lazy as _
from psycopg import sql
from psycopg.pq import ExecStatus

from jiangyuan.data.movement.pgoutput import format_lsn
from jiangyuan.data.movement.sessions import connect_stream
from jiangyuan.data.movement.state import SourceUnavailable

if TYPE_CHECKING:
    from types import TracebackType

    from jiangyuan.data.connections import ConnectionSpec

_POSTGRES_EPOCH = 946_684_800
_STATUS = struct.Struct(">cQQQqB")
_DATA_HEADER = 25
_KEEPALIVE = struct.Struct(">cQqB")
_IMPATIENT_PINGS = 10
"""So many requests for an answer in half a second come from a server that is shutting down and waits for us."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A pipe by which another thread ends the waiting of the reader."""

    inlet: int
    outlet: int

    @classmethod
    def make(cls) -> Self:
        """Open the pipe."""
        inlet, outlet = os.pipe()
        os.set_blocking(inlet, False)
        os.set_blocking(outlet, False)
        return cls(inlet, outlet)

    def ring(self) -> None:
        """End the present or the next waiting."""
        with contextlib.suppress(BlockingIOError):
            os.write(self.outlet, b"!")

    def quiet(self) -> None:
        """Forget all rings."""
        try:
            while os.read(self.inlet, 4096):
                pass
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Close the pipe."""
        os.close(self.inlet)
        os.close(self.outlet)


class Stream:
    """One replication session. Raises `SourceUnavailable` and psycopg's errors; used by one thread."""

    def __init__(self, *, spec: "ConnectionSpec", slot: str, publications: Sequence[str], start: int) -> None:
        self.received = start
        """The server has nothing more for us before this position, apart from what `read` gave last."""
        self.confirmed = 0
        self._answer_due = True
        self._last_status = 0.0
        self._pings: list[float] = []
        self._connection = connect_stream(spec)
        self._pg = self._connection.pgconn
        names = sql.Literal(",".join(sql.Identifier(name).as_string(self._connection) for name in publications))
        order = (
            f'START_REPLICATION SLOT "{slot}" LOGICAL {format_lsn(start)} '
            f"(proto_version '1', publication_names {names.as_string(self._connection).lstrip()})"
        )
        answer = self._pg.exec_(order.encode())
        if answer.status != ExecStatus.COPY_BOTH:
            self._connection.close()
            raise psycopg.errors.error_from_result(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._connection.close()

    def read(self) -> bytes | None:
        """Return the next pgoutput message, None when nothing has arrived yet."""
        while True:
            length, data = self._pg.get_copy_data(1)
            if length == 0:
                self._pg.consume_input()
                length, data = self._pg.get_copy_data(1)
                if length == 0:
                    return None
            if length < 0:
                raise self._ended()
            if data[:1] == b"w":
                self._pings.clear()
                return bytes(data[_DATA_HEADER:])
            self._keepalive(bytes(data))

    def _keepalive(self, data: bytes) -> None:
        if len(data) != _KEEPALIVE.size or data[:1] != b"k":
            raise SourceUnavailable(_("来源库的复制连接传来无法识别的内容"), code="movement.stream_protocol")
        _kind, end, _clock, wants_answer = _KEEPALIVE.unpack(data)
        self.received = max(self.received, end)
        if wants_answer:
            self._answer_due = True
            now = time.monotonic()
            self._pings = [at for at in self._pings if now - at < 0.5] + [now]
            if len(self._pings) >= _IMPATIENT_PINGS:
                raise SourceUnavailable(_("来源库正在关闭"), code="movement.source_stopping")

    def confirm(self, position: int, *, every: float = 0.2) -> None:
        """Let the server forget everything before `position`; told at once when it asks, else now and then."""
        now = time.monotonic()
        moved = position > self.confirmed and now - self._last_status >= every
        if not (moved or self._answer_due or now - self._last_status >= 5):
            return
        self.confirmed = max(self.confirmed, position)
        clock = int((time.time() - _POSTGRES_EPOCH) * 1_000_000)
        written = max(self.received, self.confirmed)
        self._pg.put_copy_data(_STATUS.pack(b"r", written, self.confirmed, self.confirmed, clock, 0))
        self._flush()
        self._answer_due = False
        self._last_status = now

    def _flush(self) -> None:
        deadline = time.monotonic() + 10
        while self._pg.flush():
            if time.monotonic() > deadline:
                raise SourceUnavailable(_("来源库不再接收确认"), code="movement.source_unavailable")
            select.select([], [self._pg.socket], [], 0.5)

    def wait(self, wake: Wake, seconds: float) -> None:
        """Wait until the server sends, somebody rings, or the time is over."""
        ready, _writable, _broken = select.select([self._pg.socket, wake.inlet], [], [], seconds)
        if wake.inlet in ready:
            wake.quiet()

    def _ended(self) -> Exception:
        result = self._pg.get_result()
        if result is not None and result.status == ExecStatus.FATAL_ERROR:
            return psycopg.errors.error_from_result(result)
        return SourceUnavailable(_("来源库结束了复制连接"), code="movement.source_unavailable")
