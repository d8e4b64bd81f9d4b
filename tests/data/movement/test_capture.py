"""The whole way: snapshot, stream, plan, target, under writes, withdrawal, drift and loss."""

import random
import threading
import time
from dataclasses import replace

import psycopg
import pytest

from jiangyuan.data.conditions import parse
from jiangyuan.data.movement import delivery
from jiangyuan.data.movement.apply import Target
from jiangyuan.data.movement.changes import text_table
from jiangyuan.data.movement.lanes import Limits
from jiangyuan.data.movement.sessions import connect
from jiangyuan.data.movement.shape import make_shape
from jiangyuan.data.movement.state import Meter, Phase
from jiangyuan.data.relations import Column, Mask


def test_a_change_arrives(road, until):
    road.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text, town text)",
        "INSERT INTO people VALUES (1, '卓玛', '630102'), (2, '马海明', '630104'), (3, NULL, '630102')",
    )
    subscription = road.subscription(
        "people",
        columns=[Column("id", "integer"), Column("name", "text", Mask("name")), Column("town", "text")],
        condition=parse({"op": "=", "column": "town", "value": "630102"}, columns={"town": "text"}),
    )
    runner = road.runner(subscription)
    look = "SELECT * FROM delivered.people ORDER BY id"
    until(lambda: road.rows(look) == [(1, "卓**", "630102"), (3, None, "630102")], tell=runner.status)
    road.run(
        "INSERT INTO people VALUES (4, '才让', '630102'), (5, '王芳', '630199')",
        "UPDATE people SET town = '630104' WHERE id = 1",
        "UPDATE people SET town = '630102' WHERE id = 2",
        "UPDATE people SET id = 30, name = '李' WHERE id = 3",
    )
    expected = [(2, "马**", "630102"), (4, "才**", "630102"), (30, "李**", "630102")]
    until(lambda: road.rows(look) == expected, tell=runner.status)
    road.run("DELETE FROM people WHERE id = 4")
    until(lambda: road.rows(look) == [expected[0], expected[2]], tell=runner.status)
    road.run("TRUNCATE people", "INSERT INTO people VALUES (7, '新', '630102')")
    until(lambda: road.rows(look) == [(7, "新**", "630102")], tell=runner.status)
    assert all(delivery.phase is Phase.STREAMING for delivery in runner.status().deliveries)


PEOPLE = [Column("id", "integer"), Column("name", "text")]
MADE = "CREATE TABLE people (id int PRIMARY KEY, name text, noise int DEFAULT 0)"


def phase(runner) -> Phase:
    return runner.status().deliveries[0].phase if runner.status().deliveries else Phase.PREPARING


def code(runner) -> str:
    return (runner.status().deliveries[0].error or {}).get("code", "")


def test_a_snapshot_under_writes_loses_and_doubles_nothing(road, until):
    """After a quiet moment the target is the plan applied to the source, for three plans on one table at once."""
    road.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text, town text, score numeric)",
        "INSERT INTO people SELECT n, 'n' || n, (n % 7)::text, n FROM generate_series(1, 20000) n",
    )
    under_three = parse({"op": "<", "column": "town", "value": "3"}, columns={"town": "text"})
    high = parse({"op": ">", "column": "score", "value": "500"}, columns={"score": "numeric"})
    subscriptions = [
        road.subscription("people", name="plain", columns=PEOPLE),
        road.subscription("people", name="narrow", columns=[*PEOPLE, Column("town", "text")], condition=under_three),
        road.subscription(
            "people",
            name="veiled",
            columns=[Column("name", "text"), Column("score", "numeric", Mask("redact"))],
            condition=high,
        ),
    ]
    stop = threading.Event()

    def write(seed: int) -> None:
        numbers = random.Random(seed)
        with psycopg.connect(road.source, autocommit=True) as connection:
            while not stop.is_set():
                with connection.transaction():
                    for _change in range(numbers.randint(1, 6)):
                        one, other = numbers.randint(1, 21000), numbers.randint(21001, 40000)
                        statement = numbers.choice(
                            [
                                f"INSERT INTO people VALUES ({other}, 'x', '{one % 7}', {one}) ON CONFLICT DO NOTHING",
                                f"UPDATE people SET town = ((town::int + 1) % 7)::text, score = score * 1.1 WHERE id = {one}",
                                f"DELETE FROM people WHERE id = {one}",
                                f"UPDATE people SET id = {other} WHERE id = {one} AND NOT EXISTS"
                                f" (SELECT 1 FROM people WHERE id = {other})",
                                f"UPDATE people SET score = 'NaN' WHERE id = {one}",
                            ]
                        )
                        connection.execute(statement)

    writers = [threading.Thread(target=write, args=(1122,))]
    for writer in writers:
        writer.start()
    runner = road.runner(*subscriptions, limits=Limits(rows=50), heartbeat=0.5)
    until(lambda: [d.phase for d in runner.status().deliveries] == [Phase.STREAMING] * 3, tell=runner.status)
    time.sleep(2)
    stop.set()
    for writer in writers:
        writer.join()
    compared = [
        ("SELECT id, name FROM people ORDER BY 1", "SELECT id, name FROM delivered.plain ORDER BY 1"),
        ("SELECT id, name, town FROM people WHERE town < '3' ORDER BY 1", "SELECT * FROM delivered.narrow ORDER BY 1"),
        (
            "SELECT name, NULL::numeric FROM people WHERE score > 500 ORDER BY 1",
            "SELECT name, score FROM delivered.veiled ORDER BY 1",
        ),
    ]
    for wanted, found in compared:
        until(lambda: road.rows(wanted, at="source") == road.rows(found), tell=runner.status)  # noqa: B023
    assert all(d.snapshots == 1 for d in runner.status().deliveries)


def test_a_large_transaction_arrives_whole_or_not_at_all(road, until):
    road.run(MADE)
    runner = road.runner(road.subscription("people", columns=PEOPLE), limits=Limits(rows=100))
    until(lambda: phase(runner) is Phase.STREAMING, tell=runner.status)
    road.run("INSERT INTO people SELECT n, 'n' FROM generate_series(1, 5000) n")
    seen = set()

    def whole() -> bool:
        seen.add(road.rows("SELECT count(*) FROM delivered.people")[0][0])
        return 5000 in seen

    until(whole, tell=runner.status)
    assert seen <= {0, 5000}


def test_a_restart_goes_on_from_the_cursor(road, until):
    road.run(MADE, "INSERT INTO people VALUES (1, 'a')")
    subscription = road.subscription("people", columns=PEOPLE)
    runner = road.runner(subscription, heartbeat=0.2)
    until(lambda: road.rows("SELECT count(*) FROM delivered.people") == [(1,)], tell=runner.status)
    assert runner.stop()
    road.run(
        "INSERT INTO people VALUES (2, 'b')",
        "CREATE TABLE idle (n int)",
        "INSERT INTO idle SELECT generate_series(1, 1000)",
    )
    again = road.runner(subscription, heartbeat=0.2)
    until(lambda: road.rows("SELECT count(*) FROM delivered.people") == [(2,)], tell=again.status)
    assert again.status().deliveries[0].snapshots == 0


def test_the_log_of_a_quiet_table_is_let_go(road, until):
    road.run(MADE, "CREATE TABLE busy (n int)")
    runner = road.runner(road.subscription("people", columns=PEOPLE), heartbeat=0.2)
    until(lambda: phase(runner) is Phase.STREAMING, tell=runner.status)
    road.run("INSERT INTO busy SELECT generate_series(1, 50000)")
    here = road.rows("SELECT pg_current_wal_lsn()::text", at="source")[0][0]
    look = f"SELECT confirmed_flush_lsn >= '{here}' FROM pg_replication_slots WHERE slot_name = '{runner.slot}'"
    until(lambda: road.rows(look, at="source") == [(True,)], tell=runner.status)


@pytest.mark.parametrize("empties", [True, False])
def test_a_withdrawn_grant_stops_the_stream(road, until, empties: bool):
    road.run(MADE, "INSERT INTO people VALUES (1, 'a')")
    subscription = road.subscription("people", columns=PEOPLE, empties_on_withdrawal=empties)
    runner = road.runner(subscription)
    until(lambda: road.rows("SELECT count(*) FROM delivered.people") == [(1,)], tell=runner.status)
    road.grants.withdraw(subscription)
    road.run("INSERT INTO people VALUES (2, 'b')")
    until(lambda: phase(runner) is Phase.WITHDRAWN, seconds=2, tell=runner.status)
    assert road.rows("SELECT id FROM delivered.people") == ([] if empties else [(1,)])
    assert code(runner) == "movement.withdrawn"


def test_a_withdrawal_in_the_middle_of_the_first_copy_leaves_nothing(road, until):
    road.run(MADE, "INSERT INTO people SELECT n, repeat('x', 500) FROM generate_series(1, 60000) n")
    subscription = road.subscription("people", columns=PEOPLE)

    class Closing:
        asked = 0

        def still_valid(self, plan) -> bool:
            self.asked += 1
            return self.asked <= 2

    delivery.IDLE, kept = 0.001, delivery.IDLE
    try:
        runner = road.runner(subscription, gate=Closing())
        until(lambda: phase(runner) is Phase.WITHDRAWN, tell=runner.status)
    finally:
        delivery.IDLE = kept
    assert road.rows("SELECT count(*) FROM delivered.people") == [(0,)]


@pytest.mark.parametrize("tokenised", [False, True])
def test_a_first_copy_tells_how_many_rows_it_has_read(road, until, monkeypatch, tokenised: bool):
    road.run(MADE, "INSERT INTO people SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n")
    told: list[int] = []
    monkeypatch.setattr(Meter, "copying", lambda self, rows: told.append(rows))
    columns = [PEOPLE[0], Column("name", "text", Mask("token"))] if tokenised else PEOPLE
    runner = road.runner(road.subscription("people", columns=columns))
    until(lambda: phase(runner) is Phase.STREAMING, tell=runner.status)
    assert len(told) >= 3 and told == sorted(told)
    # a row is a message of the source, and so is the end of the stream
    assert told[-1] in (20_000, 20_001)


def test_nothing_leaves_when_the_journal_is_silent(road, until):
    road.run(MADE)
    broken = threading.Event()

    def hook(moment: str) -> None:
        if broken.is_set() and moment == "started":
            raise OSError("disk full")

    road.journal.hook = hook
    runner = road.runner(road.subscription("people", columns=PEOPLE))
    until(lambda: phase(runner) is Phase.STREAMING, tell=runner.status)
    broken.set()
    road.run("INSERT INTO people VALUES (1, 'a')")
    until(lambda: code(runner) == "movement.host", tell=runner.status)
    assert road.rows("SELECT count(*) FROM delivered.people") == [(0,)]
    broken.clear()
    until(lambda: road.rows("SELECT count(*) FROM delivered.people") == [(1,)], tell=runner.status)
    opened = [line[2:3] for line in road.journal.lines if line[0] == "started"]
    assert [line[2:3] for line in road.journal.lines if line[0] == "finished"] == opened


def test_drift_pauses_its_own_subscription_and_names_the_column(road, until):
    road.run(MADE)
    hurt = road.subscription("people", name="hurt", columns=PEOPLE)
    well = road.subscription("people", name="well", columns=[Column("id", "integer")])
    runner = road.runner(hurt, well)
    until(lambda: [d.phase for d in runner.status().deliveries] == [Phase.STREAMING] * 2, tell=runner.status)
    road.run("ALTER TABLE people ADD more text", "INSERT INTO people VALUES (1, 'a', 0, 'm')")
    until(lambda: road.rows("SELECT name FROM delivered.hurt") == [("a",)], tell=runner.status)
    road.run("ALTER TABLE people RENAME name TO title", "INSERT INTO people VALUES (2, 'b')")
    until(lambda: road.rows("SELECT count(*) FROM delivered.well") == [(2,)], tell=runner.status)
    until(lambda: phase(runner) is Phase.PAUSED, tell=runner.status)
    error = runner.status().deliveries[0].error
    assert error["code"] == "movement.shape" and error["where"] == "public.people.name" and error["mend"]
    road.run("ALTER TABLE people RENAME title TO name", "INSERT INTO people VALUES (3, 'c')")
    runner.resume(hurt.id)
    until(lambda: len(road.rows("SELECT * FROM delivered.hurt")) == 3, tell=runner.status)
    road.run("ALTER TABLE people ALTER name TYPE varchar(40)", "INSERT INTO people VALUES (4, 'd')")
    until(lambda: phase(runner) is Phase.PAUSED, tell=runner.status)
    runner.resume(hurt.id)
    until(lambda: len(road.rows("SELECT * FROM delivered.hurt")) == 4, tell=runner.status)


def test_a_foreign_table_is_never_overwritten(road, until):
    road.run(MADE)
    with psycopg.connect(road.target, autocommit=True) as connection:
        connection.execute(
            "CREATE SCHEMA delivered; CREATE TABLE delivered.people (mine text); INSERT INTO delivered.people VALUES ('x')"
        )
    runner = road.runner(road.subscription("people", columns=PEOPLE))
    until(lambda: phase(runner) is Phase.PAUSED, tell=runner.status)
    assert code(runner) == "movement.foreign_table"
    assert road.rows("SELECT * FROM delivered.people") == [("x",)]


def test_a_delivered_table_names_its_grant(road, until):
    road.run(MADE)
    subscription = road.subscription("people", columns=PEOPLE)
    runner = road.runner(subscription)
    until(lambda: phase(runner) is Phase.STREAMING, tell=runner.status)
    ((comment,),) = road.rows("SELECT obj_description('delivered.people'::regclass)")
    assert str(subscription.grant.entry) in comment and str(subscription.grant.grant) in comment


def test_a_lost_slot_is_replaced_and_the_table_copied_anew(road, until):
    road.run(MADE, "INSERT INTO people VALUES (1, 'a'), (2, 'b')")
    runner = road.runner(road.subscription("people", columns=PEOPLE))
    until(lambda: len(road.rows("SELECT * FROM delivered.people")) == 2, tell=runner.status)
    with psycopg.connect(road.source, autocommit=True) as connection:
        while True:
            try:
                connection.execute(
                    "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s",
                    [runner.slot],
                )
                connection.execute("SELECT pg_drop_replication_slot(%s)", [runner.slot])
                break
            except psycopg.errors.ObjectInUse:
                continue
        connection.execute("DELETE FROM people WHERE id = 1; INSERT INTO people VALUES (3, 'c')")
    until(lambda: road.rows("SELECT id FROM delivered.people ORDER BY id") == [(2,), (3,)], tell=runner.status)
    road.run("INSERT INTO people VALUES (4, 'd')")
    until(lambda: len(road.rows("SELECT * FROM delivered.people")) == 3, tell=runner.status)


def test_a_table_taken_out_of_the_publication_is_noticed(road, until):
    road.run(MADE, "INSERT INTO people VALUES (1, 'a')")
    runner = road.runner(road.subscription("people", columns=PEOPLE))
    until(lambda: len(road.rows("SELECT * FROM delivered.people")) == 1, tell=runner.status)
    road.run(f"ALTER PUBLICATION {runner.slot} DROP TABLE people", "INSERT INTO people VALUES (2, 'b')")
    until(lambda: len(road.rows("SELECT * FROM delivered.people")) == 2, tell=runner.status)


def test_a_source_with_unbounded_slots_is_refused(road, until):
    road.run(MADE, "ALTER SYSTEM SET max_slot_wal_keep_size = -1", "SELECT pg_reload_conf()")
    try:
        subscription = road.subscription("people", columns=PEOPLE)
        refused = road.runner(subscription)
        until(lambda: (refused.status().error or {}).get("code") == "movement.unbounded_slot", tell=refused.status)
        refused.stop()
        accepted = road.runner(subscription, owner_accepts_unbounded=True)
        until(lambda: phase(accepted) is Phase.STREAMING, tell=accepted.status)
    finally:
        road.run("ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()")


def test_a_failing_target_holds_up_nobody_else(road, until):
    road.run(MADE)
    good = road.subscription("people", name="good", columns=PEOPLE)
    other = road.subscription("people", name="other", columns=PEOPLE)
    away = replace(other.target, connection=replace(other.target.connection, port=1))
    bad = replace(other, target=away)
    runner = road.runner(good, bad, give_up_after=1.0)
    road.run("INSERT INTO people VALUES (1, 'a')")
    until(lambda: len(road.rows("SELECT * FROM delivered.good")) == 1, tell=runner.status)
    until(lambda: runner.status().deliveries[1].phase is Phase.PAUSED, tell=runner.status)
    road.run("INSERT INTO people VALUES (2, 'b')")
    until(lambda: len(road.rows("SELECT * FROM delivered.good")) == 2, tell=runner.status)


def test_reconciliation_makes_the_target_hold_exactly_what_is_given(road, until):
    road.run(MADE, "INSERT INTO people VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    subscription = road.subscription("people", columns=PEOPLE)
    with connect(subscription.source.connection) as reader:
        shape = make_shape(reader, place=subscription.source, grant=subscription.grant)
    target = Target(subscription=subscription, shape=shape)
    target.cursor()
    for given, touched in [([("1", "a"), ("2", "b")], 2), ([("1", "a"), ("2", "x"), ("9", None)], 2), ([], 3)]:
        assert target.reconcile([text_table(shape.names, given)]) == touched
        target.commit(lsn=1, system="", rows=touched, digest="")
        assert road.rows("SELECT id::text, name FROM delivered.people ORDER BY id") == given
    target.close()
