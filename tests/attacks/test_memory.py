"""Attempts on the memory: change it, delete from it, write behind its back, roll it back, rewrite it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import connections, transaction
from django.utils import timezone

from jiangyuan.kernel import config, events, evidence, log_check, log_store, merkle, receipts, vault, witness
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.config import database_options
from jiangyuan.kernel.identifiers import uuid7

pytestmark = [pytest.mark.attack, pytest.mark.usefixtures("committed")]

ACTOR = Actor(kind="person", id=uuid7(), name="张三", body=uuid7(), capacity="sharing_handler")
SCENE = Scene(purpose="低保核对", case_number="A-1", channel="portal")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MEMORY = ("kernel_event", "kernel_access", "kernel_leaf", "kernel_tree_node", "kernel_tree_head")


def write_acts(count: int, *, subject: str = "") -> list[UUID]:
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
            sealed={"姓名": "李四"} if subject else None,
            correlation=uuid7(),
        )
        for number in range(count)
    ]
    with transaction.atomic():
        return events.write(drafts)


def write_read() -> None:
    reading = events.Reading(form="query", actor=ACTOR, scene=SCENE, grants=((uuid7(), 1),), entry=uuid7(), query="q")
    events.finish_access(reading, events.start_access(reading), rows=3, digest="d", subjects=b"\x01" * 32)


@pytest.fixture
def log(committed: None) -> list[UUID]:
    """A log of three heads: six acts, a sealed act, a batch of four reads, four acts. Gives the acts' ids."""
    witness.heads_file().unlink(missing_ok=True)
    acts = write_acts(6)
    evidence.sequence_once()
    acts += write_acts(1, subject="person:1")
    write_read()
    write_read()
    evidence.sequence_once()
    acts += write_acts(4)
    evidence.sequence_once()
    assert log_store.size() == 12
    assert evidence.verify_log().ok
    return acts


@contextmanager
def tampered(urls: dict[str, str], *orders: str, keep: bool = False) -> Iterator[None]:
    """Work as the tables' owner, whom the privileges do not stop, inside a transaction that is undone unless kept."""
    default = connections["default"]
    default.close()
    default.settings_dict.update(database_options(urls["owner_url"]))
    try:
        with transaction.atomic():
            with default.cursor() as cursor:
                for order in orders:
                    cursor.execute(order)
                    assert cursor.rowcount, order
            if not keep:
                yield
                transaction.set_rollback(True)
    finally:
        default.close()
        default.settings_dict.update(database_options(urls["database_url"]))
    if keep:
        yield


def codes() -> set[str]:
    return {fault.code for fault in evidence.verify_log().faults}


def flip(table: str, column: str, where: str, place: int = 12) -> str:
    byte = f"{place} % octet_length({column})"
    return f"UPDATE {table} SET {column} = set_byte({column}, {byte}, get_byte({column}, {byte}) # 1) WHERE {where}"


ACT = 'id = (SELECT event FROM kernel_leaf WHERE "index" = 3)'
SEALED = 'id = (SELECT event FROM kernel_leaf WHERE "index" = 6)'
READ = "id = (SELECT to_id FROM kernel_leaf WHERE kind = 'access')"


def elsewhere(table: str, column: str, value: str, where: str) -> str:
    return f"UPDATE {table} SET {column} = {value} WHERE {where}"


CHANGES: dict[str, tuple[str, set[str]]] = {
    "act": (flip("kernel_event", "canonical", ACT), {"event"}),
    "ciphertext": (flip("kernel_event", "ciphertext", SEALED), {"ciphertext"}),
    "ciphertext removed": (elsewhere("kernel_event", "ciphertext", "NULL", SEALED), {"ciphertext_missing"}),
    "ciphertext added": (elsewhere("kernel_event", "ciphertext", "'x'", ACT), {"ciphertext"}),
    "act's id": (elsewhere("kernel_event", "id", "gen_random_uuid()", ACT), {"event_missing", "unsequenced"}),
    "act's time": (elsewhere("kernel_event", "at", "at - interval '1 microsecond'", ACT), {"column"}),
    "act's transaction": (elsewhere("kernel_event", "xid", "xid + 1", ACT), {"column"}),
    "act's type": (elsewhere("kernel_event", "type", "'sharing.refused'", ACT), {"column"}),
    "act's actor": (elsewhere("kernel_event", "actor_id", "gen_random_uuid()", ACT), {"column"}),
    "act's actor kind": (elsewhere("kernel_event", "actor_kind", "'service'", ACT), {"column"}),
    "act's body": (elsewhere("kernel_event", "body", "NULL", ACT), {"column"}),
    "act's object": (elsewhere("kernel_event", "object_id", "gen_random_uuid()", ACT), {"column"}),
    "act's object type": (elsewhere("kernel_event", "object_type", "''", ACT), {"column"}),
    "act's correlation": (elsewhere("kernel_event", "correlation", "NULL", ACT), {"column"}),
    "act's key": (elsewhere("kernel_event", "key_id", "gen_random_uuid()", SEALED), {"column"}),
    "read": (flip("kernel_access", "canonical", READ), {"batch", "column"}),
    "read's rows": (elsewhere("kernel_access", "row_count", "0", READ), {"column"}),
    "read's grant": (elsewhere("kernel_access", "grant_id", "NULL", READ), {"column"}),
    "read's entry": (elsewhere("kernel_access", "entry_id", "NULL", READ), {"column"}),
    "read's actor": (elsewhere("kernel_access", "actor_id", "gen_random_uuid()", READ), {"column"}),
    "read's subjects": (flip("kernel_access", "subjects", READ), {"subjects"}),
    "leaf": (flip("kernel_leaf", "hash", '"index" = 3'), {"leaf"}),
    "batch's leaf": (flip("kernel_leaf", "hash", "kind = 'access'"), {"leaf"}),
    "batch's count": (elsewhere("kernel_leaf", "count", "3", "kind = 'access'"), {"batch"}),
    "leaf gone": ('DELETE FROM kernel_leaf WHERE "index" = 3', {"leaf_missing", "unsequenced"}),
    "node": (flip("kernel_tree_node", "hash", 'level = 1 AND "index" = 4'), {"node"}),
    "node gone": ('DELETE FROM kernel_tree_node WHERE level = 2 AND "index" = 1', {"node"}),
    "node added": (
        "INSERT INTO kernel_tree_node (level, \"index\", hash) VALUES (4, 9, 'x')",
        {"node_extra"},
    ),
    "head": (flip("kernel_tree_head", "root", "size = 8"), {"head_signature"}),
    "head's signature": (flip("kernel_tree_head", "signature", "size = 8"), {"head_signature"}),
    "head's time": (elsewhere("kernel_tree_head", "at", "at - interval '1 day'", "size = 8"), {"head_signature"}),
    "head's key": (elsewhere("kernel_tree_head", "key_id", "repeat('0', 64)", "size = 8"), {"head_key"}),
    "head gone": ("DELETE FROM kernel_tree_head WHERE size = 8", {"head_missing"}),
    "act gone": (f"DELETE FROM kernel_event WHERE {ACT}", {"event_missing"}),
    "read gone": (f"DELETE FROM kernel_access WHERE {READ}", {"batch"}),
    "act taken for another": (
        'UPDATE kernel_leaf SET event = (SELECT event FROM kernel_leaf WHERE "index" = 2) WHERE "index" = 3',
        {"event", "twice", "unsequenced"},
    ),
    "acts swapped": (
        'UPDATE kernel_leaf l SET event = o.event FROM kernel_leaf o WHERE l."index" + o."index" = 3'
        ' AND l."index" IN (1, 2)',
        {"event"},
    ),
}


@pytest.mark.parametrize("role", ["database_url", "gateway_url", "reader_url"])
def test_no_role_of_the_application_changes_or_deletes(log: list[UUID], urls: dict[str, str], role: str):
    with psycopg.connect(urls["owner_url"], autocommit=True) as owner:
        partitions = [
            name
            for (name,) in owner.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^kernel_(event|access)_'"
            )
        ]
    assert len(partitions) > 4
    with psycopg.connect(urls[role], autocommit=True) as application:
        # the reader's sessions are read-only by default, which whoever has its password may switch off
        application.execute("SET default_transaction_read_only = off")
        for name in (*MEMORY, *partitions):
            table = f"public.{name}"
            column = "level" if name == "kernel_tree_node" else "size" if name == "kernel_tree_head" else "canonical"
            column = "hash" if name == "kernel_leaf" else column
            for order in (
                f"UPDATE {table} SET {column} = {column}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
                f"DROP TABLE {table}",
                f"ALTER TABLE {table} ADD COLUMN x int",
                f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1 ON CONFLICT DO NOTHING"
                if name in partitions
                else f"CREATE TRIGGER x BEFORE INSERT ON {table} EXECUTE FUNCTION f()",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    application.execute(order)  # type: ignore[arg-type]
    assert evidence.verify_log().ok


def test_each_change_by_the_owner_is_found_and_named(log: list[UUID], urls: dict[str, str]):
    for name, (order, expected) in CHANGES.items():
        with tampered(urls, order):
            assert codes() == expected, name
    assert evidence.verify_log().ok


def test_any_flipped_byte_is_found(log: list[UUID], urls: dict[str, str]):
    chance = random.Random(20261122)
    for _attempt in range(60):
        table, column, where = chance.choice(
            [
                ("kernel_event", "canonical", ACT),
                ("kernel_event", "ciphertext", SEALED),
                ("kernel_access", "canonical", READ),
                ("kernel_access", "subjects", READ),
                ("kernel_leaf", "hash", f'"index" = {chance.randrange(12)}'),
                ("kernel_tree_node", "hash", f'level = 1 AND "index" = {chance.randrange(6)}'),
                ("kernel_tree_head", "root", "size = 12"),
                ("kernel_tree_head", "signature", "size = 12"),
            ]
        )
        with tampered(urls, flip(table, column, where, chance.randrange(10_000))):
            assert codes(), (table, column, where)


def test_a_changed_act_gets_no_receipt(log: list[UUID], urls: dict[str, str]):
    with (
        tampered(urls, flip("kernel_event", "canonical", f"id = '{log[3]}'", 400)),
        pytest.raises(evidence.Broken),
    ):
        evidence.receipt(log[3])


def test_an_act_written_behind_the_log_is_found(log: list[UUID], urls: dict[str, str]):
    behind = (
        "INSERT INTO kernel_event (id, at, xid, type, actor_kind, actor_id, object_type, canonical)"
        f" VALUES ('{uuid7()}', now(), 5, 'x', 'person', '{uuid7()}', '', '{{}}')"
    )
    with tampered(urls, behind, keep=True):
        assert evidence.sequence_once() == 0
        assert codes() == {"unsequenced"}


def test_a_read_written_into_an_old_batch_is_found(log: list[UUID], urls: dict[str, str]):
    xid = log_store.fetch("SELECT from_xid FROM kernel_leaf WHERE kind = 'access'")[0][0]
    behind = (
        "INSERT INTO kernel_access (id, at, xid, read, phase, form, actor_kind, actor_id, canonical)"
        f" VALUES ('ffffffff-ffff-7fff-bfff-ffffffffffff', now(), {xid}, '{uuid7()}', 'whole', 'query', 'person',"
        f" '{uuid7()}', '{{}}')"
    )
    with tampered(urls, behind, keep=True):
        assert "batch" in codes()


FORGED = {
    "leaf": "INSERT INTO kernel_leaf (\"index\", kind, count, hash) VALUES (12, 'event', 1, 'x')",
    "leaf far ahead": (
        'INSERT INTO kernel_leaf ("index", kind, to_xid, to_id, count, hash)'
        " VALUES (12, 'event', 9000000000000000000, gen_random_uuid(), 1, 'x')"
    ),
    "node": "INSERT INTO kernel_tree_node (level, \"index\", hash) VALUES (4, 9, 'x')",
    "head": "INSERT INTO kernel_tree_head (size, root, at, key_id, signature) VALUES (99, 'x', now(), 'k', 's')",
    "act of an old transaction": (
        "INSERT INTO kernel_event (id, at, xid, type, actor_kind, actor_id, object_type, canonical)"
        " VALUES (gen_random_uuid(), now(), 5, 'x', 'person', gen_random_uuid(), '', '{}')"
    ),
    "act of a transaction to come": (
        "INSERT INTO kernel_event (id, at, xid, type, actor_kind, actor_id, object_type, canonical)"
        " VALUES (gen_random_uuid(), now(), 9000000000000000000, 'x', 'person', gen_random_uuid(), '', '{}')"
    ),
    "read of an old transaction": (
        "INSERT INTO kernel_access (id, at, xid, read, phase, form, actor_kind, actor_id, canonical)"
        " VALUES (gen_random_uuid(), now(), 5, gen_random_uuid(), 'whole', 'query', 'system', gen_random_uuid(), '{}')"
    ),
}


@pytest.mark.parametrize("role", ["database_url", "gateway_url"])
def test_no_role_of_the_application_writes_the_log_or_chooses_a_transaction(
    log: list[UUID], urls: dict[str, str], role: str
):
    with psycopg.connect(urls[role], autocommit=True) as application:
        for name, order in FORGED.items():
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(order.encode())
                raise AssertionError(name)
    assert evidence.verify_log().ok and log_store.size() == 12


def test_without_the_owners_address_nothing_is_sequenced(log: list[UUID], monkeypatch: pytest.MonkeyPatch):
    write_acts(1)
    monkeypatch.setenv("JIANGYUAN_OWNER_URL", "")
    config.settings.cache_clear()
    with pytest.raises(evidence.Broken) as caught:
        evidence.sequence_once()
    monkeypatch.undo()
    config.settings.cache_clear()
    assert caught.value.code == "sequencer_not_owner"
    assert evidence.sequence_once() == 1


def rolled_back(table: str, where: str) -> str:
    return f"DELETE FROM {table} WHERE {where}"


ROLLBACK = (
    'DELETE FROM kernel_event WHERE id IN (SELECT event FROM kernel_leaf WHERE "index" >= 8)',
    'DELETE FROM kernel_leaf WHERE "index" >= 8',
    'DELETE FROM kernel_tree_node WHERE "index" >= 8 >> level',
    "DELETE FROM kernel_tree_head WHERE size > 8",
)
"""A log of eight leaves that agrees with itself in everything."""


def test_a_rolled_back_log_is_found_and_not_built_upon(log: list[UUID], urls: dict[str, str]):
    with tampered(urls, *ROLLBACK, keep=True):
        assert codes() == {"rolled_back"}
        write_acts(4)
        with pytest.raises(evidence.LogRolledBack):
            evidence.sequence_once()
        assert log_store.size() == 8


def test_a_log_rebuilt_with_another_history_is_a_fork(log: list[UUID], urls: dict[str, str]):
    kept = evidence.latest_head()
    assert kept is not None
    with tampered(urls, *ROLLBACK, keep=True):
        # whoever controls the machine may forge the witness file as well, but not what others keep
        witness.heads_file().unlink()
        write_acts(6)
        evidence.sequence_once()
        head = evidence.latest_head()
        assert head is not None and head.size == 14
        assert evidence.verify_log().ok
        faults = {fault.code for fault in evidence.verify_log(outside=[kept]).faults}
        assert faults == {"fork", "head_missing"}
        assert not merkle.verify_consistency(
            first=kept.size,
            second=head.size,
            first_root=kept.root,
            second_root=head.root,
            proof=evidence.consistency(kept.size, head.size),
        )


def test_a_database_restored_from_a_dump_is_not_written_past(log: list[UUID], urls: dict[str, str]):
    # a restored dump counts its transactions from the beginning: the log is far ahead of them
    ahead = 'UPDATE kernel_leaf SET to_xid = to_xid + 1000000000000 WHERE "index" = 11'
    with tampered(urls, ahead, keep=True):
        write_acts(1)
        with pytest.raises(evidence.LogRolledBack):
            evidence.sequence_once()


def test_a_witness_file_that_was_edited_is_found(log: list[UUID]):
    file = witness.heads_file()
    lines = file.read_bytes().splitlines(keepends=True)
    other = bytearray(lines[1])
    other[lines[1].index(b'"root":"') + 10] ^= 1
    for damaged, expected in (
        ([lines[0], bytes(other), lines[2]], {"head_signature", "fork"}),
        ([lines[0], b"{}\n", lines[2]], {"fork"}),
    ):
        file.write_bytes(b"".join(damaged))
        assert codes() & expected


def test_an_erased_subject_cannot_be_read_and_the_log_still_verifies(log: list[UUID], urls: dict[str, str]):
    sealed = log[6]
    assert events.unseal(events.Event.objects.get(id=sealed)) == {"姓名": "李四"}
    with transaction.atomic():
        vault.destroy("person:1")
    assert events.unseal(events.Event.objects.get(id=sealed)) is None
    assert evidence.verify_log().ok
    made = evidence.receipt(sealed)
    with tampered(urls, f"UPDATE kernel_event SET ciphertext = NULL WHERE id = '{sealed}'"):
        assert evidence.verify_log().ok
        assert evidence.receipt(sealed) == made
    with tampered(urls, flip("kernel_event", "ciphertext", f"id = '{sealed}'")):
        assert codes() == {"ciphertext"}
    assert receipts.verify_receipt(made, trusted_keys=witness.public_keys().values()).ok


def test_what_was_retired_after_its_term_is_counted_and_what_was_not_is_missed(log: list[UUID], urls: dict[str, str]):
    with tampered(urls, f"DELETE FROM kernel_event WHERE {ACT}", "DELETE FROM kernel_access"):
        later = evidence.verify_log(retained_since=timezone.now() + timedelta(hours=1))
        assert later.ok and later.retired == 5
        assert {fault.code for fault in evidence.verify_log(retained_since=LONG_AGO).faults} == {
            "event_missing",
            "batch",
        }


def test_a_flood_of_faults_is_bounded(log: list[UUID], urls: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_check, "MOST_FAULTS", 4)
    with tampered(urls, elsewhere("kernel_event", "type", "''", "true")):
        assert len(evidence.verify_log().faults) == 4
