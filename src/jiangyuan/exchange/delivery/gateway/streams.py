"""Longer answers, line by line (NDJSON): the grant is looked at again before every chunk leaves.

A stream begins with a durable `started` and ends with a durable `finished`. Its last line is `{"end": {rows, digest}}`,
the digest being that of `Tally`, or `{"error": …}` where it broke off; an answer without either is torn.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from jiangyuan.data.engines.filters import STATE
from jiangyuan.data.serving import Lanes
from jiangyuan.exchange.delivery.gateway import refusals
from jiangyuan.exchange.delivery.gateway.answers import EpochOver
from jiangyuan.exchange.delivery.gateway.definitions import Service
from jiangyuan.kernel import ciphers

CHUNK_ROWS = 500


@dataclass(slots=True)
class Tally:
    """What has left so far: rows, whose, and the digest of each chunk folded into one.

    The digest begins with SM3 of the call's nonce, which the caller alone keeps: whoever reads the memory cannot try
    out what the answer was.
    """

    nonce: str
    rows: int = 0
    version: str = ""
    subjects: dict[str, None] = field(default_factory=dict)
    _digest: bytes = b""

    def __post_init__(self) -> None:
        self._digest = ciphers.sm3(self.nonce.encode())

    def add(self, chunk: bytes, rows: int) -> None:
        """Count a chunk: the digest is SM3 over the digest so far and the chunk."""
        self.rows += rows
        self._digest = ciphers.sm3(self._digest + chunk)

    @property
    def digest(self) -> str:
        """The digest so far, hexadecimal."""
        return self._digest.hex()


async def chunks(
    lanes: Lanes, service: Service, statement: str, values: Sequence[Any], tally: Tally
) -> AsyncIterator[bytes]:
    """Give the lines of a query in chunks, each under the grant as it stands at that moment.

    Raises `EpochOver` before the first chunk where the service is described anew, else the refusal of an ended grant.
    """
    async with lanes.cursor(statement, values) as (read, ask):
        first = True
        while True:
            rows = await read(CHUNK_ROWS)
            if first and not rows:
                raise EpochOver
            state = await ask(STATE, (service.id, service.relation.epoch))
            if not state or not state[0][0] or (first and not rows[0][0]):
                raise refusals.ended()
            if not rows:
                return
            if first:
                tally.version = rows[0][1]
            lines = [row[3] for row in rows if row[3] is not None]
            tally.subjects.update((row[2], None) for row in rows if row[2])
            chunk = "".join(f"{line}\n" for line in lines).encode()
            tally.add(chunk, len(lines))
            first = False
            yield chunk


def closing(generator: AsyncIterator[bytes]) -> Any:
    """Give the context in which a stream is read, so that its lane is given back however it ends."""
    return aclosing(generator)  # type: ignore[type-var]
