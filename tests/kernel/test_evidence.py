"""The sequencer, the proofs and the check of the log, on the real tables under the application's role."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from jiangyuan.kernel import ciphers, events, evidence, log_store, merkle, receipts, vault, witness
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Broken, NotFound
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Leaf, TreeHead, TreeNode

pytestmark = pytest.mark.usefixtures("committed")

ACTOR = Actor(kind="person", id=uuid7(), name="张三", body=uuid7(), capacity="sharing_handler")
SCENE = Scene(purpose="低保核对", case_number="A-1", channel="portal")


def write_acts(count: int, *, subject: str = "", secret: str = "") -> list[UUID]:
    drafts = [
        events.Draft(
            type="sharing.granted",
            actor=ACTOR,
            scene=SCENE,
            at=timezone.now(),
            object_type="sharing.grant",
            object_id=uuid7(),
            payload={"number": number},
            sealed_subject=subject,
            sealed={"姓名": secret} if secret else None,
        )
        for number in range(count)
    ]
    with transaction.atomic():
        return events.write(drafts)


def write_read(*, rows: int = 3) -> UUID:
    reading = events.Reading(form="query", actor=ACTOR, scene=SCENE, grants=((uuid7(), 1),), entry=uuid7(), query="q")
    read = events.start_access(reading)
    events.finish_access(reading, read, rows=rows, digest="d", subjects=b"\x01" * 32)
    return read


def sequence_all() -> int:
    total = 0
    while written := evidence.sequence_once():
        total += written
    return total


def phases(read: UUID) -> list[UUID]:
    return [row[0] for row in log_store.fetch("SELECT id FROM kernel_access WHERE read = %s ORDER BY xid, id", [read])]


@pytest.fixture
def home(committed: None) -> Iterator[Path]:
    """The witness file starts empty, as the tables do."""
    witness.heads_file().unlink(missing_ok=True)
    yield witness.heads_file().parent
    witness.heads_file().unlink(missing_ok=True)


def test_an_empty_memory_has_no_head(home: Path):
    assert evidence.sequence_once() == 0
    assert evidence.latest_head() is None
    assert evidence.verify_log().ok


def test_each_act_gets_a_leaf_and_each_batch_of_reads_one(home: Path):
    write_acts(5)
    write_read()
    write_read()
    assert evidence.sequence_once() == 6
    assert Leaf.objects.filter(kind="event").count() == 5
    assert Leaf.objects.get(kind="access").count == 4
    head = evidence.latest_head()
    assert head is not None and head.size == 6
    assert evidence.sequence_once() == 0
    assert evidence.verify_log().ok


def test_nodes_and_roots_are_those_of_the_leaves_whatever_the_portions(home: Path):
    for count in (1, 2, 7, 13, 1):
        write_acts(count)
        evidence.sequence_once()
    hashes = [bytes(leaf.hash) for leaf in Leaf.objects.order_by("index")]
    tree = merkle.MemoryNodes()
    merkle.append(tree, 0, hashes)
    assert {(n.level, n.index): bytes(n.hash) for n in TreeNode.objects.all()} == {
        place: kept for place, kept in tree.nodes.items() if place[0]
    }
    for head in TreeHead.objects.all():
        assert bytes(head.root) == merkle.root(tree, head.size)


def test_a_pass_takes_at_most_what_it_is_told(home: Path):
    write_acts(10)
    assert [evidence.sequence_once(events=4) for _ in range(4)] == [4, 4, 2, 0]
    report = evidence.verify_log()
    assert report.ok and report.events == 10 and report.heads == 3


def test_large_batches_of_reads_are_cut(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evidence, "LARGEST_BATCH", 3)
    reads = [write_read() for _ in range(4)]
    assert evidence.sequence_once() == 3
    assert [leaf.count for leaf in Leaf.objects.order_by("index")] == [3, 3, 2]
    for read in reads:
        for phase in phases(read):
            assert receipts.verify_receipt(evidence.receipt(phase)).ok
    assert evidence.verify_log().accesses == 8


def test_a_transaction_that_commits_late_is_not_skipped(home: Path, urls: dict[str, str]):
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO kernel_event (id, at, type, actor_kind, actor_id, object_type, canonical)"
                " VALUES (%s, now(), 'late', 'person', %s, '', '{}')",
                [uuid7(), uuid7()],
            )
            younger = write_acts(3)
            # the younger ones wait for the older one, else it would never be read
            assert evidence.sequence_once() == 0
            cursor.execute("COMMIT")
    finally:
        other.close()
    assert evidence.sequence_once() == 4
    first = Leaf.objects.get(index=0)
    assert first.event not in younger


def test_it_refuses_to_run_inside_a_transaction(home: Path):
    with transaction.atomic(), pytest.raises(Broken):
        evidence.sequence_once()


def test_two_sequencers_do_not_meet(home: Path):
    write_acts(2)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [log_store.LOCK])
            assert evidence.sequence_once() == 0
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [log_store.LOCK])
    finally:
        other.close()
    assert evidence.sequence_once() == 2


def test_a_head_that_a_crash_left_unsigned_is_signed_by_the_next_pass(home: Path, monkeypatch: pytest.MonkeyPatch):
    write_acts(3)
    with monkeypatch.context() as patch:
        patch.setattr(evidence, "_sign", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            evidence.sequence_once()
    assert evidence.latest_head() is None
    assert evidence.sequence_once() == 0
    head = evidence.latest_head()
    assert head is not None and head.size == 3
    assert [kept.size for kept in witness.read_heads()] == [3]


def test_a_line_that_a_crash_cut_off_is_written_again(home: Path):
    write_acts(3)
    evidence.sequence_once()
    file = witness.heads_file()
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    assert witness.last_head() is None
    evidence.sequence_once()
    assert file.read_bytes() == whole
    write_acts(1)
    evidence.sequence_once()
    file.write_bytes(file.read_bytes()[:-1])
    evidence.sequence_once()
    assert [head.size for head in witness.read_heads()] == [3, 4]


def test_receipts_of_acts_and_reads_hold_offline(home: Path, tmp_path: Path):
    acts = write_acts(7, subject="person:1", secret="李四")
    read = write_read()
    evidence.sequence_once()
    later = write_acts(4)
    evidence.sequence_once()
    for identity in (*acts, *later, *phases(read)):
        made = json.loads(json.dumps(evidence.receipt(identity)))
        verdict = receipts.verify_receipt(made, trusted_keys=witness.public_keys().values())
        assert verdict.ok and verdict.trusted
        assert "李四" not in json.dumps(verdict.content, ensure_ascii=False)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(evidence.receipt(acts[0]), indent=1), "utf-8")
    code, lines = receipts.main(file, [home / "keys" / "public"])
    assert code == 0, lines


def test_what_is_not_there_has_no_receipt(home: Path):
    with pytest.raises(NotFound):
        evidence.receipt(uuid7())
    waiting = write_acts(1)[0]
    with pytest.raises(evidence.NotYetSequenced):
        evidence.receipt(waiting)
    with pytest.raises(evidence.NotYetSequenced):
        evidence.receipt(phases(write_read())[0])


def test_heads_are_consistent_with_each_other(home: Path):
    for count in (3, 4, 1, 9):
        write_acts(count)
        evidence.sequence_once()
    heads = list(witness.read_heads())
    assert [head.size for head in heads] == [3, 7, 8, 17]
    for first in heads:
        for second in heads:
            if first.size <= second.size:
                assert merkle.verify_consistency(
                    first=first.size,
                    second=second.size,
                    first_root=first.root,
                    second_root=second.root,
                    proof=evidence.consistency(first.size, second.size),
                )
    with pytest.raises(ValueError, match="fewer"):
        evidence.consistency(3, 18)


def test_the_check_may_start_anywhere(home: Path, monkeypatch: pytest.MonkeyPatch):
    from jiangyuan.kernel import log_check

    monkeypatch.setattr(log_check, "CHUNK", 5)
    for count in (3, 4, 1, 9):
        write_acts(count)
        evidence.sequence_once()
    for start in range(18):
        report = evidence.verify_log(start=start)
        assert report.ok, (start, report.faults)
        assert report.events == 17 - start


def test_the_signing_key_is_kept_sealed_and_its_public_half_in_the_open(home: Path):
    key = witness.signing_key()
    assert witness.signing_key().id == key.id
    sealed = home / "keys" / "signing.sealed"
    assert sealed.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in sealed.read_bytes()
    assert witness.public_keys()[key.id] == key.public_pem
    assert "PRIVATE" not in repr(key)
    assert ciphers.provider().verify(key.public_pem, key.sign(b"x"), b"x")


def test_an_erased_subject_keeps_its_receipt(home: Path):
    identity = write_acts(1, subject="person:9", secret="王五")[0]
    evidence.sequence_once()
    with transaction.atomic():
        vault.destroy("person:9")
    event = events.Event.objects.get(id=identity)
    assert events.unseal(event) is None
    assert receipts.verify_receipt(evidence.receipt(identity)).ok
    assert evidence.verify_log().ok


@pytest.mark.slow
def test_it_keeps_up_with_two_thousand_acts_a_second(home: Path):
    """The figure is a rate on whatever machine runs this; the bound leaves room for a busy one."""
    import time

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_event (id, at, type, actor_kind, actor_id, object_type, canonical)"
            " SELECT gen_random_uuid(), now(), 'bench', 'person', gen_random_uuid(), '',"
            " convert_to('{\"payload\":\"' || repeat('x', 600) || i || '\"}', 'UTF8') FROM generate_series(1, 20000) i"
        )
    began = time.perf_counter()
    assert sequence_all() == 20_000
    rate = 20_000 / (time.perf_counter() - began)
    assert rate > 2000, rate
