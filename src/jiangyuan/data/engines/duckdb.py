"""Running a plan over several grants or sources: in a process of its own, over relations already filtered and masked.

The parent feeds the granted rows as Arrow; the child (`duckdb_child`) has nothing attached, no external access, a
locked configuration, and bounds on memory and time. Whatever the query does, it can only reach what the plan gives.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import IO
from uuid import UUID

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.engines.postgres import NO_PARAMETERS, ReadFailed, not_computable, out_of_time, too_large
from jiangyuan.data.plan import Limits, Plan, PlanRefused, bind, still_granted
from jiangyuan.data.relations import RelationGrant
from jiangyuan.kernel.errors import Broken

THREADS = 2
INPUT_FACTOR = 4
"""Rows may take this many times the memory bound on their way in; the child's own bound decides what it holds."""
_CHILD = Path(__file__).with_name("duckdb_child.py")

Feed = Callable[[RelationGrant], Iterable[pa.RecordBatch]]
"""Gives the granted rows of one relation, filtered, masked and, where there are token columns, tokenized."""


class _Clock:
    """Ends the child when its time is over."""

    def __init__(self, child: subprocess.Popen[bytes], seconds: float) -> None:
        self.over = False
        self.deadline = time.monotonic() + seconds
        self._child = child
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        self.over = True
        self._child.kill()

    def stop(self) -> None:
        """Let the child be."""
        self._timer.cancel()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"},
    )


def _send_header(pipe: IO[bytes], plan: Plan) -> None:
    header = {
        "relations": [f"r{number}" for number in range(len(plan.relations))],
        "sql": plan.text("duckdb"),
        "memory": plan.limits.memory_bytes,
        "seconds": max(int(plan.limits.seconds), 1),
        "threads": THREADS,
    }
    text = json.dumps(header, ensure_ascii=False).encode()
    pipe.write(struct.pack(">Q", len(text)) + text)


def _send_parameters(pipe: IO[bytes], values: tuple[object, ...]) -> None:
    plain = [str(value) if isinstance(value, (UUID, Decimal)) else value for value in values]
    columns = {f"p{number}": pa.array([value]) for number, value in enumerate(plain)}
    table = pa.table(columns)
    with pa.ipc.new_stream(pipe, table.schema) as stream:
        stream.write_table(table)


def _send_relation(pipe: IO[bytes], plan: Plan, relation: RelationGrant, feed: Feed) -> None:
    """Send the columns that the plan touches, and nothing that the grant does not name."""
    names = list(plan.columns_of(relation.alias))
    stream, total = None, 0
    for batch in feed(relation):
        chosen = batch.select(names)
        total += chosen.nbytes
        if total > plan.limits.memory_bytes * INPUT_FACTOR:
            raise too_large()
        stream = stream or pa.ipc.new_stream(pipe, chosen.schema)
        stream.write_batch(chosen)
    if stream is None:
        raise Broken(_("数据来源没有给出任何批次"), code="data.run.feed", where=relation.alias)
    stream.close()


def _receive(pipe: IO[bytes], limits: Limits) -> bytes:
    parts: list[bytes] = []
    total = 0
    while part := pipe.read(2**16):
        total += len(part)
        # the stream's own frame comes on top of the columns
        if total > limits.answer_bytes + 2**20:
            raise too_large()
        parts.append(part)
    return b"".join(parts)


def _failure(answer: bytes, clock: _Clock, code: int) -> ReadFailed:
    if clock.over or code in (-24, 152):  # SIGXCPU, as seen directly and through a shell
        return out_of_time()
    if answer.startswith(b"-data"):
        return not_computable()
    return too_large()


def _converse(
    child: subprocess.Popen[bytes], clock: _Clock, plan: Plan, feed: Feed, values: tuple[object, ...]
) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise Broken(_("无法启动查询进程"), code="data.run.process")
    # a child that ended early explains itself on its output
    with suppress(BrokenPipeError):
        _send_header(child.stdin, plan)
        _send_parameters(child.stdin, values)
        for relation in plan.relations:
            _send_relation(child.stdin, plan, relation, feed)
        child.stdin.close()
    answer = _receive(child.stdout, plan.limits)
    code = child.wait(timeout=max(clock.deadline - time.monotonic(), 0) + 5)
    if not answer.startswith(b"+") or code != 0 or clock.over:
        raise _failure(answer, clock, code)
    return answer


def run(plan: Plan, *, feed: Feed, parameters: Mapping[str, object] = NO_PARAMETERS) -> Iterator[pa.RecordBatch]:
    """Run a plan's query in the limited process, and give Arrow record batches.

    `feed` gives the rows of a relation as the grant shows them (`engines.postgres.read_relation` for landed tables,
    `engines.landing.shape_batches` for a source). The grants are looked at again when the answer is there and at
    each batch. Raises `PlanRefused` when one ended meanwhile, `ReadFailed` beyond the limits or where an operation
    does not hold for the data.
    """
    plan.verify()
    if not plan.text("duckdb"):
        raise PlanRefused(_("该计划不含查询"), code="data.run.engine", mend=_("请以查询方式重新申请读取"))
    return _batches(plan, feed, bind(plan, parameters))


def _batches(plan: Plan, feed: Feed, values: tuple[object, ...]) -> Iterator[pa.RecordBatch]:
    child = _start()
    clock = _Clock(child, plan.limits.seconds)
    try:
        answer = _converse(child, clock, plan, feed, values)
    except subprocess.TimeoutExpired:
        raise out_of_time() from None
    finally:
        clock.stop()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
    try:
        reader = pa.ipc.open_stream(pa.py_buffer(answer)[1:])
        sent = False
        for batch in reader:
            still_granted(plan)
            sent = True
            yield batch
        if not sent:
            still_granted(plan)
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
    except pa.ArrowInvalid:
        raise too_large() from None
