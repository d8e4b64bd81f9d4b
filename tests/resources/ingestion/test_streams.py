"""What flows, with real databases and real runners: started, followed, paused, resumed, restarted, reported, ended."""

import time

import psycopg
import pytest

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import Access
from jiangyuan.resources.ingestion import jobs, rules
from jiangyuan.resources.ingestion.streams import Streams
from jiangyuan.sources.jobs import test_source as run_test
from office import PEOPLE, events_of, ingest_of


@pytest.fixture
def streams(committed, store, front, monkeypatch):  # ends before its source is taken away
    monkeypatch.setattr(rules, "MOUNT_USES", [lambda mount: 0])
    made = Streams()
    yield made
    made.stop()


@pytest.fixture
def mount(streams, office, front):
    front.run(PEOPLE)
    return office.mounted(office.register(**front.fields), "people")


def _until(streams, true, *, seconds=20.0):
    deadline = time.monotonic() + seconds
    while True:
        streams.reconcile()
        if true():
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {streams.status()}")
        time.sleep(0.05)


def _current(streams, mount):
    _until(streams, lambda: ingest_of(mount).state == "current")


def _names(store, mount):
    rows = store.execute(f"SELECT name FROM store.{mount.store_table} ORDER BY citizen_id").fetchall()
    return [name for (name,) in rows]


def test_an_ingest_becomes_current_and_a_change_arrives_within_a_second(streams, mount, store, front, office):
    _current(streams, mount)
    ingest = ingest_of(mount)
    assert ingest.rows == 2 and int(ingest.data_version) > 0 and ingest.error is None
    front.run("UPDATE people SET name = '才让多杰' WHERE sex = '1'")
    committed = time.monotonic()
    while "才让多杰" not in _names(store, mount):
        assert time.monotonic() - committed < 1.0
        time.sleep(0.01)
    _until(streams, lambda: ingest_of(mount).data_version != ingest.data_version)
    types = [event.type.rpartition(".")[2] for event in events_of(ingest)]
    assert types == ["asked", "started", "current"], "a moving position is no act"
    _until(streams, lambda: Access.objects.filter(entry=mount.entry_id, phase="finished").count() == 2)
    assert Access.objects.filter(entry=mount.entry_id, phase="started").count() == 2


def test_pause_and_resume_go_on_from_the_cursor(streams, mount, store, front, office):
    _current(streams, mount)
    act("resources.ingest.pause", ingest_of(mount).pk, actor=office.handler)
    _until(streams, lambda: not streams.status())
    front.run("INSERT INTO people (citizen_id, name) VALUES ('x1', '后来')")
    time.sleep(0.3)
    assert len(_names(store, mount)) == 2
    act("resources.ingest.resume", ingest_of(mount).pk, actor=office.handler)
    _current(streams, mount)
    _until(streams, lambda: "后来" in _names(store, mount))
    assert all(d.snapshots == 0 for s in streams.status().values() for d in s.deliveries), "no second copy"
    assert ingest_of(mount).rows in (2, 3)


def test_a_removed_mount_stops_and_its_source_forgets_its_log(streams, mount, store, front, office):
    _current(streams, mount)
    act("resources.mount.remove", mount.pk, actor=office.handler)
    _until(streams, lambda: not streams.status())
    jobs.drop_mount(mount=str(mount.pk))
    jobs.release(source=str(mount.table.source_id))
    assert store.execute("SELECT to_regclass(%s)", [f"store.{mount.store_table}"]).fetchone() == (None,)
    slots = "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"
    assert front.rows(slots) == [(0,)]
    assert front.rows("SELECT pubname FROM pg_publication") == [("jiangyuan",)]


def test_a_slot_that_is_still_wanted_is_kept(streams, mount, front):
    _current(streams, mount)
    jobs.release(source=str(mount.table.source_id))
    slots = "SELECT count(*) FROM pg_replication_slots WHERE database = current_database() AND NOT temporary"
    assert front.rows(slots) == [(1,)]


def test_another_password_is_taken_up_and_a_scan_disturbs_nobody(streams, mount, store, front, office):
    _current(streams, mount)
    source = mount.table.source
    runner = next(iter(streams._flows.values())).runner
    office.scan(source)
    run_test(source=str(source.pk))
    streams.reconcile()
    assert next(iter(streams._flows.values())).runner is runner
    front.run(f"ALTER ROLE {front.reader} PASSWORD 'river-reader-8'")
    act("sources.source.change_password", source.pk, actor=office.handler, password="river-reader-8")
    streams.reconcile()
    assert next(iter(streams._flows.values())).runner is not runner
    front.run("INSERT INTO people (citizen_id, name) VALUES ('x2', '新口令')")
    _until(streams, lambda: "新口令" in _names(store, mount))


def test_a_source_that_refuses_is_reported_once_and_recovers_when_it_is_tested_well(
    streams, mount, store, front, office
):
    front.run(f"ALTER ROLE {front.reader} PASSWORD 'changed-behind-us'")
    _until(streams, lambda: ingest_of(mount).state == "failed")
    for _round in range(5):
        streams.reconcile()
    ingest = ingest_of(mount)
    assert len(events_of(ingest, "resources.ingest.failed")) == 1
    assert ingest.error["code"] == "movement.source_refused" and ingest.error["mend"]
    front.run(f"ALTER ROLE {front.reader} PASSWORD '{front.password}'")
    run_test(source=str(mount.table.source_id))
    run_handlers()
    assert ingest_of(mount).state == "waiting"
    _current(streams, mount)
    assert len(_names(store, mount)) == 2


def test_a_source_that_is_cut_off_is_told_once_and_goes_on(streams, mount, store, front, cluster):
    _current(streams, mount)
    database = front.fields["database"]
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = %s",
            [database, front.reader],
        )
        try:
            _until(streams, lambda: ingest_of(mount).error is not None)
            for _round in range(5):
                streams.reconcile()
                time.sleep(0.05)
            assert len(events_of(ingest_of(mount), "resources.ingest.delayed")) == 1
            assert ingest_of(mount).state == "current"
        finally:
            connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
    front.run("INSERT INTO people (citizen_id, name) VALUES ('x3', '恢复')")
    _until(streams, lambda: ingest_of(mount).error is None and "恢复" in _names(store, mount))


def test_a_renamed_column_fails_and_after_mending_a_new_copy_is_made(streams, mount, store, front, office):
    _current(streams, mount)
    front.run("ALTER TABLE people RENAME name TO title", "INSERT INTO people (citizen_id, title) VALUES ('x4', '改名')")
    _until(streams, lambda: ingest_of(mount).state == "failed")
    assert ingest_of(mount).error["where"] == "public.people.name"
    office.scan(mount.table.source)
    run_handlers()
    mount.refresh_from_db()
    assert mount.state == "broken"
    front.run("ALTER TABLE people RENAME title TO name")
    office.scan(mount.table.source)
    run_handlers()
    mount.refresh_from_db()
    assert mount.state == "active"
    _current(streams, mount)
    _until(streams, lambda: "改名" in _names(store, mount))


def test_a_captured_copy_is_verified_and_one_that_was_changed_is_copied_anew(streams, mount, store, front, office):
    _current(streams, mount)
    ingest = ingest_of(mount)
    act("resources.ingest.verify", ingest.pk, actor=office.handler)
    jobs.verify_ingest(ingest=str(ingest.pk))
    ingest = ingest_of(mount)
    assert ingest.checksum_source and ingest.checksum_source == ingest.checksum_store and ingest.rows == 2
    store.execute(f"DELETE FROM store.{mount.store_table} WHERE sex = '2'")
    jobs.verify_ingest(ingest=str(ingest.pk))
    assert events_of(ingest, "resources.ingest.verified")[-1].payload["equal"] is False
    front.run("UPDATE people SET income = 1")
    _until(streams, lambda: len(_names(store, mount)) == 2)

    def equal() -> bool:
        # the new copy may still be under way when its rows are seen
        jobs.verify_ingest(ingest=str(ingest.pk))
        return events_of(ingest, "resources.ingest.verified")[-1].payload["equal"] is True

    _until(streams, equal)
