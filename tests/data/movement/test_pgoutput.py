"""The decoder: exact on what PostgreSQL sends, and never anything but `MalformedMessage` on what it does not."""

import contextlib
import random
import struct

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from jiangyuan.data.movement import pgoutput
from jiangyuan.data.movement.pgoutput import UNCHANGED, MalformedMessage, decode


def text(value: str) -> bytes:
    raw = value.encode()
    return b"t" + struct.pack(">I", len(raw)) + raw


def row(*cells: bytes) -> bytes:
    return struct.pack(">H", len(cells)) + b"".join(cells)


BEGIN = b"B" + struct.pack(">QqI", 0x16B374D848, 1_000_001, 731)
COMMIT = b"C\0" + struct.pack(">QQq", 10, 20, 0)
RELATION = (
    b"R"
    + struct.pack(">I", 16384)
    + b"public\0people\0d"
    + struct.pack(">H", 2)
    + b"\1id\0"
    + struct.pack(">Ii", 23, -1)
    + b"\0name\0"
    + struct.pack(">Ii", 25, -1)
)
INSERT = b"I" + struct.pack(">I", 16384) + b"N" + row(text("1"), text("卓玛🏔"))
UPDATE = b"U" + struct.pack(">I", 16384) + b"K" + row(text("1"), b"n") + b"N" + row(text("2"), b"u")
DELETE = b"D" + struct.pack(">I", 16384) + b"O" + row(text("2"), b"n")
TRUNCATE = b"T" + struct.pack(">IB", 2, 3) + struct.pack(">II", 16384, 16390)
MESSAGE = b"M\1" + struct.pack(">Q", 5) + b"prefix\0" + struct.pack(">I", 3) + b"abc"
TYPE = b"Y" + struct.pack(">I", 16400) + b"public\0mood\0"
ORIGIN = b"O" + struct.pack(">Q", 5) + b"elsewhere\0"
ALL = [BEGIN, COMMIT, RELATION, INSERT, UPDATE, DELETE, TRUNCATE, MESSAGE, TYPE, ORIGIN]


def test_every_kind_is_decoded():
    begin, commit, relation, insert, update, delete, truncate, message, kind, origin = map(decode, ALL)
    assert begin.final_lsn == pgoutput.parse_lsn("16/B374D848") and begin.xid == 731
    assert begin.committed_at.isoformat() == "2000-01-01T00:00:01.000001+00:00"
    assert (commit.commit_lsn, commit.end_lsn) == (10, 20)
    assert [(c.name, c.identity) for c in relation.columns] == [("id", True), ("name", False)]
    assert insert.new == ("1", "卓玛🏔")
    assert update.key == ("1", None) and update.old is None and update.new == ("2", UNCHANGED)
    assert delete.key is None and delete.old == ("2", None)
    assert truncate.relations == (16384, 16390) and truncate.cascade and truncate.restart_identity
    assert message.transactional and message.prefix == "prefix" and message.content == b"abc"
    assert (kind.schema, kind.name) == ("public", "mood")
    assert origin.name == "elsewhere"


def test_an_update_that_leaves_the_key_has_no_old_row():
    update = decode(b"U" + struct.pack(">I", 1) + b"N" + row(text("1")))
    assert update.key is None and update.old is None


@pytest.mark.parametrize("payload", ALL)
def test_every_truncation_and_every_surplus_is_refused(payload: bytes):
    for length in range(len(payload)):
        with pytest.raises(MalformedMessage):
            decode(payload[:length])
    with pytest.raises(MalformedMessage):
        decode(payload + b"\0")


def test_flipped_bytes_decode_or_are_refused():
    numbers = random.Random(20261122)
    for _round in range(20_000):
        damaged = bytearray(numbers.choice(ALL))
        for _flip in range(numbers.randint(1, 4)):
            damaged[numbers.randrange(len(damaged))] = numbers.randrange(256)
        with contextlib.suppress(MalformedMessage):
            decode(bytes(damaged))


@seed(20261122)
@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_noise_decodes_or_is_refused(payload: bytes):
    with contextlib.suppress(MalformedMessage):
        decode(payload)


@seed(20261122)
@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), st.just(UNCHANGED), st.text(st.characters(exclude_categories=["Cs"])))))
def test_rows_come_back_as_they_were_sent(values: list):
    cells = [b"n" if v is None else b"u" if v is UNCHANGED else text(v) for v in values]
    assert decode(b"I" + struct.pack(">I", 7) + b"N" + row(*cells)).new == tuple(values)


@pytest.mark.parametrize("written", ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"])
def test_positions_are_written_as_postgresql_writes_them(written: str):
    assert pgoutput.format_lsn(pgoutput.parse_lsn(written)) == written
