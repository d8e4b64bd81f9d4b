"""The check of the whole log: everything is read again, computed again and held against what was signed.

It finds a byte changed in an act, in its ciphertext, in a column that only indexes it, in a leaf, a node or a head;
rows that are gone or were never given a leaf; and a log that is not the one whose heads were given out. It reads only,
in the order of the leaves and in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel import log_rows, log_store, merkle, receipts, witness
from jiangyuan.kernel.log_store import DatabaseNodes, fetch
from jiangyuan.kernel.receipts import Head

CHUNK = 4000
MOST_FAULTS = 1000
TEXTS = {
    "event": _("事件内容与存证日志不符"),
    "event_missing": _("日志收录的事件已不在库中"),
    "column": _("索引列与规范内容不一致"),
    "ciphertext": _("密文与其承诺不符"),
    "ciphertext_missing": _("密文缺失，而其密钥并未销毁"),
    "subjects": _("被访问者假名与其承诺不符"),
    "batch": _("访问批次与存证日志不符"),
    "leaf": _("日志叶被改动"),
    "leaf_missing": _("日志叶缺失"),
    "twice": _("同一记录被收录两次"),
    "unsequenced": _("记录早于日志进度却未被收录"),
    "node": _("日志树节点被改动或缺失"),
    "node_extra": _("日志树有多余节点"),
    "head_signature": _("首部签名不成立"),
    "head_key": _("首部由不认识的密钥签署"),
    "head_root": _("首部与日志内容不符"),
    "head_missing": _("已签发的首部不在库中"),
    "fork": _("日志与库外保存的首部不一致（分叉）"),
    "rolled_back": _("日志短于已签发的首部（回退）"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold: a stable `code`, the leaf or tree size it concerns, and what exactly."""

    code: str
    index: int | None = None
    what: str = ""

    @property
    def text(self) -> str:
        """Give the fault as people read it."""
        return str(TEXTS[self.code])


@dataclass(slots=True)
class Report:
    """What a check found. `retired` counts acts whose partition was dropped before the date the caller named."""

    start: int
    size: int
    events: int = 0
    accesses: int = 0
    heads: int = 0
    retired: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether everything holds."""
        return not self.faults

    def add(self, code: str, index: int | None = None, what: object = "") -> None:
        """Note a fault; of more than `MOST_FAULTS` nothing more is learnt."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(code, index, str(what)))


def verify_log(*, start: int = 0, outside: Iterable[Head] = (), retained_since: datetime | None = None) -> Report:
    """Check the log from leaf `start` on.

    `outside` are heads that third parties kept, besides the node's own witness file. Acts older than `retained_since`
    may be gone (their month was dropped after its term); their leaves stay and are still checked.
    """
    report = Report(start, log_store.size())
    check = _Check(report, retained_since)
    witnessed = _Witnessed(sorted([*outside, *_on_file(report)], key=lambda head: head.size))
    for begin in range(start, report.size, CHUNK):
        end = min(begin + CHUNK, report.size)
        tree = check.leaves(begin, end)
        for head in log_store.heads(after=begin, until=end):
            check.head(head, tree, "head_root")
            report.heads += 1
        for head in witnessed.until(end):
            if head.size > start:
                check.witness(head, tree)
    # the log may have grown meanwhile; what counts is whether it holds what was signed
    size = log_store.size()
    for head in [*log_store.heads(after=size), *(head for head in witnessed.until(None) if head.size > size)]:
        report.add("rolled_back", head.size, head.at)
    _whole(report)
    return report


def _on_file(report: Report) -> Iterator[Head]:
    try:
        yield from witness.read_heads()
    except witness.WitnessBroken as exc:
        report.add("fork", None, exc.where)


class _Witnessed:
    """Heads from outside, taken in the order of their size."""

    def __init__(self, heads: list[Head]) -> None:
        self._heads, self._taken = heads, 0

    def until(self, size: int | None) -> Iterator[Head]:
        while self._taken < len(self._heads) and (size is None or self._heads[self._taken].size <= size):
            self._taken += 1
            yield self._heads[self._taken - 1]


class _Check:
    """The state of a check that goes through the leaves: the right edge of the tree computed so far."""

    def __init__(self, report: Report, retained_since: datetime | None) -> None:
        self.report, self.retained_since = report, retained_since
        self.stored, self.keys = DatabaseNodes(), witness.public_keys()
        self.edge = dict(self.stored.get(merkle.peaks(report.start)))
        self.whole = len(self.edge) == len(merkle.peaks(report.start))
        if not self.whole:
            report.add("node", report.start)

    def leaves(self, begin: int, end: int) -> merkle.MemoryNodes:
        """Check leaves begin..end-1 and the nodes they complete; gives the tree's nodes that heads are held against."""
        report, hashes = self.report, []
        acts, reads = log_rows.acts(begin, end), log_rows.batches(begin, end)
        for index in range(begin, end):
            if index in acts:
                hashes.append(self._act(acts[index]))
            elif index in reads:
                hashes.append(self._batch(reads[index]))
            else:
                report.add("leaf_missing", index)
                self.whole = False
        tree = merkle.MemoryNodes()
        tree.put(self.edge)
        if self.whole:
            merkle.append(tree, begin, hashes)
            self._nodes(tree)
            self.edge = dict(tree.get(merkle.peaks(end)))
        return tree

    def _act(self, act: log_rows.Act) -> bytes:
        self.report.events += 1
        if act.canonical is None:
            if self.retained_since is not None and act.made < self.retained_since:
                self.report.retired += 1
            else:
                self.report.add("event_missing", act.index, act.event)
            return act.hash
        computed = merkle.leaf_hash(act.canonical)
        settled = self._settle(act.index, act.hash, computed, "event", act.event)
        if settled == computed:
            # the columns are held against the content only where the content itself holds
            for code, what in log_rows.faults_of_act(act):
                self.report.add(code, act.index, f"{act.event} {what}".rstrip())
        return settled

    def _batch(self, batch: log_rows.Batch) -> bytes:
        self.report.accesses += len(batch.rows)
        if not batch.rows and self.retained_since is not None and batch.made < self.retained_since:
            self.report.retired += batch.count
            return batch.hash
        for code, what in log_rows.faults_of_reads(batch):
            self.report.add(code, batch.index, what)
        root = merkle.root_of(merkle.leaf_hash(row.canonical) for row in batch.rows)
        content = receipts.batch_bytes(start=batch.start, end=batch.end, count=batch.count, root=root)
        if len(batch.rows) != batch.count:
            self.report.add("batch", batch.index, f"{len(batch.rows)} / {batch.count}")
            return batch.hash
        return self._settle(batch.index, batch.hash, merkle.leaf_hash(content), "batch", "")

    def _settle(self, index: int, kept: bytes, computed: bytes, code: str, what: object) -> bytes:
        """Decide which of the two was changed when a leaf and its content disagree: the other one is under a head."""
        if kept == computed:
            return kept
        if self._proved(index, computed):
            self.report.add("leaf", index, what)
            return computed
        self.report.add(code, index, what)
        if not self._proved(index, kept):
            self.report.add("leaf", index, what)
        return kept

    def _proved(self, index: int, leaf: bytes) -> bool:
        head = log_store.latest_head()
        if head is None or head.size <= index:
            return False
        try:
            proof = merkle.inclusion_proof(self.stored, index, head.size)
        except merkle.MissingNode:
            return False
        return merkle.verify_inclusion(leaf=leaf, index=index, size=head.size, proof=proof, root=head.root)

    def _nodes(self, tree: merkle.MemoryNodes) -> None:
        places = [place for place in tree.nodes if place[0] and place not in self.edge]
        kept = self.stored.get(places)
        for place in places:
            if kept.get(place) != tree.nodes[place]:
                self.report.add("node", None, f"{place[0]}/{place[1]}")

    def _signed(self, head: Head) -> bool:
        if head.key_id not in self.keys:
            self.report.add("head_key", head.size, head.key_id)
        elif not head.signed_by(self.keys[head.key_id]):
            self.report.add("head_signature", head.size)
        else:
            return True
        return False

    def head(self, head: Head, tree: merkle.MemoryNodes, code: str) -> None:
        """Hold a signed head against the tree."""
        if self._signed(head) and self.whole and merkle.root(tree, head.size) != head.root:
            self.report.add(code, head.size)

    def witness(self, head: Head, tree: merkle.MemoryNodes) -> None:
        """Hold a head that was kept outside against the tree, and against the table of heads."""
        self.head(head, tree, "fork")
        kept = log_store.heads(after=head.size - 1, until=head.size)
        if not kept:
            self.report.add("head_missing", head.size)
        elif not self.whole and kept[0].root != head.root:
            self.report.add("fork", head.size)


def _whole(report: Report) -> None:
    """Look for what no leaf leads to: rows never given a leaf, rows given two, nodes of no tree."""
    for (event,) in fetch("SELECT event FROM kernel_leaf WHERE kind = 'event' GROUP BY event HAVING count(*) > 1"):
        report.add("twice", None, event)
    missed = fetch(
        "SELECT e.id FROM kernel_event e WHERE (e.xid, e.id) <= (%s, %s)"
        " AND NOT EXISTS (SELECT FROM kernel_leaf l WHERE l.event = e.id) LIMIT %s",
        [*log_store.reached("event"), MOST_FAULTS],
    )
    missed += fetch(
        "SELECT a.id FROM kernel_access a WHERE (a.xid, a.id) <= (%s, %s) AND NOT EXISTS ("
        " SELECT FROM (SELECT from_xid, from_id FROM kernel_leaf l WHERE l.kind = 'access'"
        " AND (l.to_xid, l.to_id) >= (a.xid, a.id) ORDER BY l.to_xid, l.to_id LIMIT 1) b"
        " WHERE (b.from_xid, b.from_id) <= (a.xid, a.id)) LIMIT %s",
        [*log_store.reached("access"), MOST_FAULTS],
    )
    for (identity,) in missed:
        report.add("unsequenced", None, identity)
    for level, index in fetch(
        'SELECT level, "index" FROM kernel_tree_node WHERE level < 1 OR level > 62'
        ' OR "index" >= ((SELECT coalesce(max("index") + 1, 0) FROM kernel_leaf) >> level) LIMIT %s',
        [MOST_FAULTS],
    ):
        report.add("node_extra", None, f"{level}/{index}")
