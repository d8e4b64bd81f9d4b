"""Mounts and ingests: every transition, every refusal, drift, polling, checksums, and what is cleared away."""

import sqlite3

import psycopg
import pytest
from django.utils import timezone

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import Access
from jiangyuan.kernel.workflow import WrongState
from jiangyuan.resources.ingestion import jobs, rules
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.resources.ingestion.queries import INGEST, mounts
from jiangyuan.resources.ingestion.states import INGEST as INGEST_STATES
from jiangyuan.resources.ingestion.states import MOUNT
from jiangyuan.sources.models import ScannedTable, Source
from office import PEOPLE, Office, appoint, body, events_of, ingest_of

WORKERS = """
CREATE TABLE worker (id INTEGER PRIMARY KEY, name TEXT, paid NUMERIC(10,2), share DOUBLE, free NUMERIC, born DATE,
    seen DATETIME, active BOOLEAN);
INSERT INTO worker VALUES
    (1, '马海云', 12.5, 0.1, 1.50, '1990-02-28', '2026-01-01 08:00:00.25', 1),
    (2, '', NULL, 1e300, -3, NULL, NULL, 0), (3, NULL, -0.01, -0.0, 0, '2000-02-29', '2026-01-01 08:00:00', NULL);
"""
ERROR = {"code": "test", "where": "here"}
EXTRA = {
    "resources.mount.report_broken": {"error": ERROR},
    "resources.ingest.report_failed": {"error": ERROR},
    "resources.ingest.report_current": {"rows": 1, "data_version": "1"},
    "resources.ingest.report_verified": {"rows": 1, "checksum_source": "a", "checksum_store": "a"},
}


@pytest.fixture(autouse=True)
def _nobody_shares(monkeypatch):
    monkeypatch.setattr(rules, "MOUNT_USES", [lambda mount: 0])


@pytest.fixture
def polled(db, office, store):
    """A mounted SQLite table, not yet polled; and its file."""
    file, source = office.sqlite(WORKERS)
    return office.mounted(source, "worker"), file


@pytest.fixture
def captured(db, office, front, store):
    front.run(PEOPLE)
    return office.mounted(office.register(**front.fields), "people")


def _poll(mount):
    ingest = ingest_of(mount)
    jobs.poll_ingest(ingest=str(ingest.pk), turn=str(ingest.turn))
    return ingest_of(mount)


def _change(file, *statements):
    with sqlite3.connect(file) as opened:
        for statement in statements:
            opened.execute(statement)
    opened.close()


def _act(office, step, thing):
    service = "report" in step or step == "resources.ingest.report_started"
    return act(step, thing.pk, actor=INGEST if service else office.handler, **EXTRA.get(step, {}))


@pytest.mark.parametrize("step", MOUNT.transitions, ids=lambda t: f"{t.source}-{t.action}")
def test_every_transition_of_a_mount(polled, office, step):
    mount, _file = polled
    Mount.objects.filter(pk=mount.pk).update(state=step.source)
    _act(office, step.action, mount)
    mount.refresh_from_db()
    assert mount.state == step.target


@pytest.mark.parametrize("step", INGEST_STATES.transitions, ids=lambda t: f"{t.source}-{t.action}")
def test_every_transition_of_an_ingest(polled, office, step):
    ingest = ingest_of(polled[0])
    Ingest.objects.filter(pk=ingest.pk).update(state=step.source)
    _act(office, step.action, ingest)
    ingest.refresh_from_db()
    assert ingest.state == step.target


def test_what_the_tables_do_not_hold_is_refused(polled, office):
    mount, _file = polled
    for workflow, thing in ((MOUNT, mount), (INGEST_STATES, ingest_of(mount))):
        for state in workflow.states:
            type(thing).objects.filter(pk=thing.pk).update(state=state)
            for step in {t.action for t in workflow.transitions}:
                if (state, step) not in workflow.index:
                    with pytest.raises(WrongState):
                        _act(office, step, thing)


# --- tying ------------------------------------------------------------------------------------------------------------


def test_a_mount_has_a_name_a_key_and_an_ingest(captured, office):
    assert captured.alias == f"{office.place.alias}.people" and captured.key == ["citizen_id"]
    ingest = ingest_of(captured)
    assert (ingest.method, ingest.state) == ("capture", "waiting")
    (tied,) = events_of(captured, "resources.mount.tied")
    assert tied.payload["alias"] == captured.alias and tied.payload["mode"] == "physical"
    (asked,) = events_of(ingest, "resources.ingest.asked")
    assert asked.payload == {"mount": str(captured.pk), "method": "capture"}
    assert asked.correlation is None or asked.content["correlation"]


def test_refusals_of_tying(db, office, front):
    front.run(PEOPLE, "CREATE TABLE bare (a text, b text)")
    source = office.register(**front.fields)
    office.scan(source)
    people, bare = (ScannedTable.objects.get(name=name) for name in ("people", "bare"))
    draft = office.draft(people)
    with pytest.raises(Conflict) as refusal:
        office.tie(draft)
    assert refusal.value.where == "entry" and refusal.value.mend
    entry = office.publish(draft)
    stranger = Office(body())
    with pytest.raises(Forbidden):
        act("resources.mount.tie", actor=stranger.handler, entry=entry.pk, table=people.pk)
    foreign = _foreign_table(stranger)
    with pytest.raises(NotFound) as refusal:
        office.tie(entry, foreign)
    assert refusal.value.where == "table"
    with pytest.raises(Conflict) as refusal:
        office.tie(entry, bare)
    assert "citizen_id" in str(refusal.value)
    for key in (["nothing"], ["name"]):  # no data item; not the table's own key, by which the log names deletions
        with pytest.raises(Refused) as refusal:
            office.tie(entry, key=key)
        assert refusal.value.where == "key" and refusal.value.mend
    with pytest.raises(Refused) as refusal:
        office.tie(entry, method="polling")
    assert refusal.value.where == "method"
    with pytest.raises(Refused) as refusal:
        office.tie(office.publish(office.draft(bare)))
    assert refusal.value.where == "key"
    office.tie(entry)
    with pytest.raises(Conflict):
        office.tie(entry)
    assert Mount.objects.count() == 1


def _foreign_table(stranger):
    _file, source = stranger.sqlite("CREATE TABLE people (citizen_id TEXT PRIMARY KEY)")
    stranger.scan(source)
    stranger.clear()
    return ScannedTable.objects.get(source=source)


def test_a_name_is_never_given_twice(polled, office):
    mount, _file = polled
    act("resources.mount.remove", mount.pk, actor=office.handler)
    again = office.tie(mount.entry, mount.table)
    assert again.alias == f"{mount.alias}_2"


def test_others_know_a_published_mount_but_do_nothing_with_it(polled):
    mount, _file = polled
    stranger = appoint(body(), "sharing_handler")
    assert mounts(actor=stranger).get() == mount
    for name in ("remove", "repair"):
        with pytest.raises((Forbidden, WrongState)):
            act(f"resources.mount.{name}", mount.pk, actor=stranger)
    with pytest.raises(Forbidden):
        act("resources.ingest.stop", ingest_of(mount).pk, actor=stranger)
    with pytest.raises(Forbidden):
        act("resources.ingest.report_started", ingest_of(mount).pk, actor=service_actor("quality"))


def test_a_mount_in_use_is_not_removed(polled, office, monkeypatch):
    mount, _file = polled
    for uses in ([], [lambda mount: 1]):
        monkeypatch.setattr(rules, "MOUNT_USES", uses)
        with pytest.raises(Conflict) as refusal:
            act("resources.mount.remove", mount.pk, actor=office.handler)
        assert refusal.value.mend
    assert ingest_of(mount).state == "waiting"


# --- polling ----------------------------------------------------------------------------------------------------------


def test_a_polled_table_is_copied_followed_and_proved_equal(polled, store):
    mount, file = polled
    ingest = _poll(mount)
    assert (ingest.state, ingest.rows, ingest.data_version) == ("current", 3, "1")
    assert ingest.checksum_source and ingest.checksum_source == ingest.checksum_store and ingest.verified_at
    copied = store.execute(f"SELECT id, name, paid, share, free FROM store.{mount.store_table} ORDER BY id")
    rows = [(r[0], r[1], str(r[2]), r[3], str(r[4])) for r in copied.fetchall()]
    assert rows[0][:4] == (1, "马海云", "12.50", 0.1)
    assert rows[1][1] == "" and rows[2][1] is None
    _change(file, "UPDATE worker SET name = '马海燕' WHERE id = 1", "DELETE FROM worker WHERE id = 2",
            "INSERT INTO worker (id, name) VALUES (9, '新')")  # fmt: skip
    again = _poll(mount)
    assert again.rows == 3 and again.data_version == "2" and again.checksum_source == again.checksum_store
    assert again.checksum_source != ingest.checksum_source
    names = store.execute(f"SELECT id, name FROM store.{mount.store_table} ORDER BY id").fetchall()
    assert names == [(1, "马海燕"), (3, None), (9, "新")]
    assert _poll(mount).checksum_source == again.checksum_source
    phases = [a.phase for a in Access.objects.filter(entry=mount.entry_id).order_by("at", "id")]
    assert phases == ["started", "finished"] * 3
    (started, *_rest) = events_of(ingest, "resources.ingest.started", "resources.ingest.current")
    assert started.type == "resources.ingest.started"
    last = events_of(ingest, "resources.ingest.current")[-1].payload
    assert last["equal"] is True and last["rows"] == 3


def test_the_next_poll_is_asked_for_with_the_report_and_old_chains_end(polled, office):
    from procrastinate.contrib.django.models import ProcrastinateJob

    def asked():
        return list(ProcrastinateJob.objects.filter(task_name="jiangyuan:ingestion.poll").order_by("id"))

    mount, _file = polled
    first = asked()
    assert len(first) == 1 and first[0].scheduled_at is None
    ingest = _poll(mount)
    second = asked()
    assert len(second) == 2 and second[1].scheduled_at is not None
    assert 50 < (second[1].scheduled_at - timezone.now()).total_seconds() <= 60
    assert second[1].args["turn"] == str(ingest.turn)
    act("resources.ingest.pause", ingest.pk, actor=office.handler)
    jobs.poll_ingest(**second[1].args)
    assert len(asked()) == 2, "paused: no further poll"
    act("resources.ingest.resume", ingest.pk, actor=office.handler)
    third = asked()
    assert len(third) == 3 and third[2].args["turn"] != str(ingest.turn)
    jobs.poll_ingest(**second[1].args)
    assert len(asked()) == 3, "the old chain has ended"
    jobs.poll_ingest(**third[2].args)
    assert len(asked()) == 4 and ingest_of(mount).state == "current"


def test_a_copy_that_somebody_changed_is_mended(polled, store, office):
    mount, _file = polled
    _poll(mount)
    store.execute(f"UPDATE store.{mount.store_table} SET name = 'forged'")
    act("resources.ingest.verify", ingest_of(mount).pk, actor=office.handler)
    jobs.verify_ingest(ingest=str(ingest_of(mount).pk))
    assert store.execute(f"SELECT count(*) FROM store.{mount.store_table} WHERE name = 'forged'").fetchone() == (0,)
    ingest = ingest_of(mount)
    assert ingest.checksum_source == ingest.checksum_store
    assert events_of(ingest, "resources.ingest.verified")[-1].payload["equal"] is True


def test_rows_cursor_and_memory_are_written_together_or_not_at_all(polled, store, monkeypatch):
    from jiangyuan.data.movement import polled as movement

    mount, file = polled
    _poll(mount)
    _change(file, "DELETE FROM worker WHERE id = 1")
    monkeypatch.setattr(movement._PolledTarget, "commit", lambda self, **facts: (_ for _ in ()).throw(OSError("cut")))
    with pytest.raises(OSError, match="cut"):
        _poll(mount)
    monkeypatch.undo()
    assert store.execute(f"SELECT count(*) FROM store.{mount.store_table}").fetchone() == (3,)
    assert _poll(mount).rows == 2


def test_a_busy_source_delays_and_a_broken_one_fails_once_and_recovers(polled, office):
    mount, file = polled
    _poll(mount)
    content = file.read_bytes()
    file.write_bytes(b"not a database at all")
    ingest = _poll(mount)
    assert ingest.state == "failed" and ingest.error["mend"]
    assert events_of(ingest, "resources.ingest.failed")[-1].payload["code"] == ingest.error["code"]
    _poll(mount)
    assert len(events_of(ingest, "resources.ingest.failed")) == 1, "nothing is tried, nothing is told again"
    file.write_bytes(content)
    act("sources.source.report_connected", mount.table.source_id, actor=service_actor("sources"), report=[])
    from jiangyuan.resources.ingestion.handlers import follow_connection

    follow_connection(events_of(mount.table.source, "sources.source.connected")[-1])
    assert ingest_of(mount).state == "waiting"
    assert _poll(mount).state == "current" and ingest_of(mount).error is None


def test_a_locked_file_is_waited_for_and_told_once(polled, monkeypatch):
    from jiangyuan.data.connectors import SourceUnavailable

    mount, _file = polled
    _poll(mount)

    def locked(*args, **named):
        raise SourceUnavailable("locked", code="source.locked")

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "follow_once", locked)
        _poll(mount)
        ingest = _poll(mount)
    assert ingest.state == "current" and ingest.error["code"] == "source.locked"
    assert len(events_of(ingest, "resources.ingest.delayed")) == 1
    assert _poll(mount).error is None


@pytest.mark.parametrize("content", ["编号,姓名\n1,马海云\n1,韩晓龙\n", "编号,姓名\n,马海云\n2,韩\n"])
def test_a_doubled_or_empty_key_is_refused(db, office, store, content):
    place = office.folder()
    (place / "名册.csv").write_bytes(content.encode("gb18030"))
    source = office.register(kind="folder", path=place.name)
    mount = office.mounted(source, "名册.csv", key=["编号"])
    ingest = _poll(mount)
    assert ingest.state == "failed" and ingest.error["code"] == "source.bad_key" and ingest.error["mend"]
    assert store.execute("SELECT to_regclass(%s)", [f"store.{mount.store_table}"]).fetchone() != ("",)
    assert store.execute("SELECT count(*) FROM jiangyuan.delivery WHERE lsn IS NOT NULL").fetchone() == (0,)


def test_a_folder_with_gb18030_walks_the_whole_road(db, office, store):
    place = office.folder()
    (place / "名册.csv").write_bytes("编号,姓名,补贴\n001,马海云,120.50\n002,韩晓龙,\n".encode("gb18030"))
    source = office.register(kind="folder", path=place.name)
    mount = office.mounted(source, "名册.csv", key=["编号"])
    assert mount.alias == f"{office.place.alias}.csv" and mount.entry.format == "spreadsheet"
    ingest = _poll(mount)
    assert ingest.state == "current" and ingest.checksum_source == ingest.checksum_store
    assert store.execute(f'SELECT "编号", "姓名" FROM store.{mount.store_table} ORDER BY 1').fetchall() == [
        ("001", "马海云"), ("002", "韩晓龙")
    ]  # fmt: skip


# --- drift ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("breaking", "code", "where", "mending"),
    [
        ("ALTER TABLE people RENAME income TO pay", "mount.renamed_column", "public.people.income",
         "ALTER TABLE people RENAME pay TO income"),
        ("ALTER TABLE people ALTER sex TYPE text", "mount.changed_type", "public.people.sex",
         "ALTER TABLE people ALTER sex TYPE char(1)"),
        ("ALTER TABLE people RENAME TO persons", "mount.absent", "public.people", "ALTER TABLE persons RENAME TO people"),
    ],
)  # fmt: skip
def test_a_mount_breaks_with_its_table_and_heals_by_a_rescan(captured, office, front, breaking, code, where, mending):
    source = captured.table.source
    front.run(breaking)
    _heard(office.scan(source))
    captured.refresh_from_db()
    assert captured.state == "broken" and captured.error["code"] == code and captured.error["where"] == where
    assert captured.error["mend"]
    assert events_of(captured, "resources.mount.broken")[0].payload == {"code": code, "where": where}
    with pytest.raises(Conflict):
        act("resources.mount.repair", captured.pk, actor=office.handler)
    _heard(office.scan(source))
    assert len(events_of(captured, "resources.mount.broken")) == 1
    front.run(mending)
    _heard(office.scan(source))
    captured.refresh_from_db()
    assert captured.state == "active" and captured.error is None


def _heard(scan):
    from jiangyuan.resources.ingestion.handlers import follow_scan

    follow_scan(events_of(scan, "sources.scan.finished")[0])


def test_handlers_run_by_their_cursors(committed, office, front, store):
    front.run(PEOPLE)
    source = office.register(**front.fields)
    mount = office.mounted(source, "people")
    front.run("DROP TABLE people")
    office.scan(source)
    run_handlers()
    mount.refresh_from_db()
    assert mount.state == "broken" and mount.error["code"] == "mount.absent"


# --- what stays and what goes -----------------------------------------------------------------------------------------


def test_only_the_owner_may_touch_the_store_and_a_removed_mount_leaves_nothing(polled, office, store, urls):
    mount, _file = polled
    _poll(mount)
    name = f"store.{mount.store_table}"
    assert store.execute(
        "SELECT tableowner FROM pg_tables WHERE schemaname = 'store' AND tablename = %s", [mount.store_table]
    ).fetchone() == ("jy_owner",)
    for url in ("reader_url", "gateway_url", "database_url"):
        with psycopg.connect(urls[url]) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(f"SELECT 1 FROM {name}")  # type: ignore[arg-type]
        with psycopg.connect(urls[url]) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SELECT 1 FROM jiangyuan.fingerprint")
    jobs.drop_mount(mount=str(mount.pk))
    assert store.execute("SELECT to_regclass(%s)", [name]).fetchone() != (None,), "an active mount keeps its copy"
    act("resources.mount.remove", mount.pk, actor=office.handler)
    assert ingest_of(mount).state == "stopped"
    assert events_of(ingest_of(mount), "resources.ingest.stopped")
    for _time in range(2):
        jobs.drop_mount(mount=str(mount.pk))
        assert store.execute("SELECT to_regclass(%s)", [name]).fetchone() == (None,)
    assert store.execute("SELECT count(*) FROM jiangyuan.fingerprint").fetchone() == (0,)


def test_a_source_in_use_is_not_retired(polled, office):
    mount, _file = polled
    source = mount.table.source
    with pytest.raises(Conflict):
        act("sources.source.retire", source.pk, actor=office.handler)
    act("resources.mount.remove", mount.pk, actor=office.handler)
    act("sources.source.retire", source.pk, actor=office.handler)
    assert Source.objects.get(pk=source.pk).state == "retired"
