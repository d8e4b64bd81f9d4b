"""The sequencer of the memory, and what is proved from the log: inclusion, consistency, receipts.

One process at a time (advisory lock) reads the acts and reads below the oldest running transaction and gives each act
a leaf and each batch of reads one, with an inner tree. A head is signed in a later transaction than its leaves, so
only over leaves that are durable, on the synchronous copy too where there is one. Before it writes, the sequencer
holds the log against the witness file and refuses to build on a history that was rolled back.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel import log_store, merkle, receipts, witness
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken, NotFound, Transient
from jiangyuan.kernel.log_check import Fault, Report, verify_log
from jiangyuan.kernel.log_store import Cursor, DatabaseNodes, fetch, latest_head
from jiangyuan.kernel.receipts import Head

__all__ = [
    "Fault",
    "Inclusion",
    "LogRolledBack",
    "NotYetSequenced",
    "Report",
    "consistency",
    "inclusion",
    "latest_head",
    "receipt",
    "sequence_once",
    "verify_log",
]

EVENTS_AT_ONCE = 10_000
ACCESSES_AT_ONCE = 40_000
LARGEST_BATCH = 4096
_LEAF = 'kernel_leaf ("index", kind, event, from_xid, from_id, to_xid, to_id, count, hash)'


class LogRolledBack(Broken):
    """The database holds less, or other, than the heads that were given out: nothing is built on it."""

    default_code = "log_rolled_back"


class NotYetSequenced(Transient):
    """The act is in the memory, but the sequencer has not come to it yet."""

    default_code = "not_yet_sequenced"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The proof that a leaf stands in the log under a signed head."""

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]
    head: Head


def sequence_once(*, events: int = EVENTS_AT_ONCE, accesses: int = ACCESSES_AT_ONCE) -> int:
    """Give leaves to what was committed since, at most so many acts and reads, and sign a head over them.

    Returns the number of leaves written (0: nothing new, or another process is at it). Call it outside of a
    transaction. Raises `LogRolledBack`.
    """
    with log_store.sole_sequencer() as sole:
        if not sole:
            return 0
        _refuse_rollback()
        with log_store.at_once():
            written = _append(events, accesses)
        _sign()
        return written


def _refuse_rollback() -> None:
    known = witness.last_head()
    if known is None:
        return
    held = log_store.heads(after=known.size - 1, until=known.size)
    if not held or held[0].root != known.root:
        raise LogRolledBack(
            _("存证日志与已签发的首部不一致：数据库可能被回退或改写，存证已停止"),
            where=f"size {known.size}",
            mend=_("请恢复到包含该首部的数据库副本，并由安全审计员核查。"),
        )


def _append(events: int, accesses: int) -> int:
    size = log_store.size()
    rows = [*_event_leaves(events), *_access_leaves(accesses)]
    if not rows:
        return 0
    log_store.copy(_LEAF, ((size + offset, *row) for offset, row in enumerate(rows)))
    merkle.append(DatabaseNodes(), size, [row[-1] for row in rows])
    return len(rows)


def _unsequenced(table: str, cursor: Cursor, limit: int) -> list[tuple[Any, ...]]:
    if cursor != log_store.BEGINNING:
        newest = fetch("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")[0][0]
        if newest <= cursor[0]:
            # a dump restored into a new cluster: its transactions count from the beginning again
            raise LogRolledBack(
                _("数据库的事务编号小于存证日志已到达的编号，新事件会被漏记，存证已停止"),
                where=f"xid {newest} < {cursor[0]}",
                mend=_("请用 pg_resetwal 将下一事务编号调到该值之后，或改用物理备份恢复。"),
            )
    return fetch(
        f"SELECT xid, id, canonical FROM {table} WHERE (xid, id) > (%s, %s) AND {log_store.BELOW_RUNNING}"
        " ORDER BY xid, id LIMIT %s",
        [*cursor, limit],
    )


def _event_leaves(limit: int) -> list[tuple[Any, ...]]:
    found = _unsequenced("kernel_event", log_store.reached("event"), limit)
    return [
        ("event", identity, xid, identity, xid, identity, 1, merkle.leaf_hash(bytes(canonical)))
        for xid, identity, canonical in found
    ]


def _access_leaves(limit: int) -> list[tuple[Any, ...]]:
    found = _unsequenced("kernel_access", log_store.reached("access"), limit)
    batches = [found[i : i + LARGEST_BATCH] for i in range(0, len(found), LARGEST_BATCH)]
    return [_batch_leaf(batch) for batch in batches]


def _batch_leaf(batch: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    (first_xid, first, _c), (last_xid, last, _d) = batch[0], batch[-1]
    root = merkle.root_of(merkle.leaf_hash(bytes(canonical)) for _xid, _id, canonical in batch)
    content = receipts.batch_bytes(
        start=(first_xid, str(first)), end=(last_xid, str(last)), count=len(batch), root=root
    )
    return ("access", None, first_xid, first, last_xid, last, len(batch), merkle.leaf_hash(content))


def _sign() -> None:
    """Sign a head over the leaves that are committed, and put on file what the witness has not got."""
    size, newest = log_store.size(), latest_head()
    if size > (newest.size if newest else 0):
        key, now = witness.signing_key(), datetime.now(UTC)
        unsigned = Head(settings().node_code, size, merkle.root(DatabaseNodes(), size), log_store.stamp(now), key.id)
        signature = key.sign(unsigned.signed_bytes())
        log_store.copy(
            "kernel_tree_head (size, root, at, key_id, signature)", [(size, unsigned.root, now, key.id, signature)]
        )
    known = witness.last_head()
    witness.append_heads(log_store.heads(after=known.size if known else -1))


# --- proofs -----------------------------------------------------------------------------------------------------------


def inclusion(event_id: UUID) -> Inclusion:
    """Prove that an act stands in the log. Raises `NotFound` and `NotYetSequenced`."""
    found = fetch('SELECT "index", hash FROM kernel_leaf WHERE event = %s', [event_id])
    if not found:
        _absent("kernel_event", event_id)
    return _include(*found[0])


def _absent(table: str, identity: UUID) -> None:
    if fetch(f"SELECT 1 FROM {table} WHERE id = %s", [identity]):
        raise NotYetSequenced(_("该记录刚刚写入，存证日志尚未收录"), mend=_("请数秒后再试。"))
    raise NotFound(_("没有这条记录"), where=str(identity))


def _include(index: int, leaf: bytes) -> Inclusion:
    head = latest_head()
    if head is None or head.size <= index:
        raise NotYetSequenced(_("该记录已入日志，首部尚未签署"), mend=_("请数秒后再试。"))
    proof = merkle.inclusion_proof(DatabaseNodes(), index, head.size)
    return Inclusion(index, bytes(leaf), tuple(proof), head)


def consistency(first: int, second: int) -> list[bytes]:
    """Prove that the log of `second` leaves continues the one of `first`. Raises ValueError for other sizes."""
    if second > log_store.size():
        raise ValueError(f"the log has fewer than {second} leaves")
    return merkle.consistency_proof(DatabaseNodes(), first, second)


def receipt(event_id: UUID) -> dict[str, Any]:
    """Make the receipt of an act, or of one phase of a read, by its id (format: `receipts`).

    It is verified before it is given out. Raises `NotFound`, `NotYetSequenced`, and `Broken` when the memory does not
    agree with the log.
    """
    act = fetch("SELECT canonical FROM kernel_event WHERE id = %s", [event_id])
    made = _event_receipt(event_id, bytes(act[0][0])) if act else _access_receipt(event_id)
    verdict = receipts.verify_receipt(made, trusted_keys=witness.public_keys().values())
    if verdict.finding is not None:
        raise Broken(
            _("记录与存证日志不符，不能出具存证回执"),
            code="receipt",
            where=verdict.finding.code,
            mend=_("请运行日志核验并通知安全审计员。"),
        )
    return made


def _event_receipt(event_id: UUID, canonical: bytes) -> dict[str, Any]:
    return _receipt("event", event_id, canonical, inclusion(event_id), None)


def _access_receipt(access_id: UUID) -> dict[str, Any]:
    found = fetch("SELECT xid, canonical FROM kernel_access WHERE id = %s", [access_id])
    if not found:
        raise NotFound(_("没有这条记录"), where=str(access_id))
    xid, canonical = found[0]
    leaves = fetch(
        "SELECT \"index\", hash, from_xid, from_id, to_xid, to_id FROM kernel_leaf WHERE kind = 'access'"
        " AND (to_xid, to_id) >= (%s, %s) ORDER BY to_xid, to_id LIMIT 1",
        [xid, access_id],
    )
    if not leaves:
        _absent("kernel_access", access_id)
    index, leaf, *ends = leaves[0]
    rows = fetch(
        "SELECT id, canonical FROM kernel_access WHERE (xid, id) >= (%s, %s) AND (xid, id) <= (%s, %s) ORDER BY xid, id",
        ends,
    )
    store = merkle.MemoryNodes()
    count = merkle.append(store, 0, [merkle.leaf_hash(bytes(row[1])) for row in rows])
    place = [row[0] for row in rows].index(access_id)
    batch = {
        "from": [ends[0], str(ends[1])],
        "to": [ends[2], str(ends[3])],
        "count": count,
        "root": merkle.root(store, count).hex(),
        "index": place,
        "proof": [step.hex() for step in merkle.inclusion_proof(store, place, count)],
    }
    return _receipt("access", access_id, bytes(canonical), _include(index, leaf), batch)


def _receipt(
    kind: str, identity: UUID, canonical: bytes, proved: Inclusion, batch: dict[str, Any] | None
) -> dict[str, Any]:
    pem = witness.public_keys().get(proved.head.key_id, "")
    return {
        "format": receipts.FORMAT,
        "kind": kind,
        "id": str(identity),
        "node": proved.head.node,
        "content": base64.b64encode(canonical).decode("ascii"),
        "sealed": receipts.commitment(canonical),
        "batch": batch,
        "leaf": proved.index,
        "proof": [step.hex() for step in proved.proof],
        "head": proved.head.as_dict(),
        "key": {"id": proved.head.key_id, "pem": pem},
    }
