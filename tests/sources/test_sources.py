"""Sources: registered, tested, scanned; what drifted is told; refusals say how to mend."""

import sqlite3
import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.workflow import WrongState
from jiangyuan.sources import jobs, rules
from jiangyuan.sources.models import Scan, ScannedColumn, ScannedTable, Source
from jiangyuan.sources.queries import connection_of, scans, sources, tables
from jiangyuan.sources.states import SOURCE
from office import PEOPLE, appoint, body, events_of

SERVICE = service_actor("sources")
UNREACHABLE = {"host": "127.0.0.1", "port": 1, "database": "d", "username": "u", "password": "p"}
REPORTS = {"sources.source.report_connected", "sources.source.report_failing"}


def _in_state(office, state, monkeypatch):
    source = office.register(tested=False, **UNREACHABLE)
    Source.objects.filter(pk=source.pk).update(state=state)
    monkeypatch.setattr(rules, "USES", [lambda source: 0])
    return source


@pytest.mark.parametrize("step", SOURCE.transitions, ids=lambda t: f"{t.source}-{t.action}")
def test_every_transition_leads_where_the_table_says(db, office, monkeypatch, step):
    source = _in_state(office, step.source, monkeypatch)
    report = step.action in REPORTS
    act(step.action, source.pk, actor=SERVICE if report else office.handler, **({"report": []} if report else {}))
    source.refresh_from_db()
    assert source.state == step.target


ABSENT = [
    (s, a) for s in SOURCE.states for a in sorted({t.action for t in SOURCE.transitions}) if (s, a) not in SOURCE.index
]


@pytest.mark.parametrize(("state", "action"), ABSENT)
def test_what_the_table_does_not_hold_is_refused(db, office, monkeypatch, state, action):
    source = _in_state(office, state, monkeypatch)
    report = action in REPORTS
    with pytest.raises(WrongState):
        act(action, source.pk, actor=SERVICE if report else office.handler, **({"report": []} if report else {}))


@pytest.mark.parametrize(
    ("capacity", "own", "may"),
    [
        ("sharing_handler", True, True),
        ("sharing_head", True, True),
        ("business_office", True, False),
        ("department_head", True, False),
        ("contractor", True, False),
        ("sharing_handler", False, False),
    ],
)
def test_only_the_departments_sharing_office_registers(db, office, capacity, own, may):
    actor = appoint(office.place if own else body(), capacity)
    fields = {"body": office.place.pk, "name": "前置库", "alias": "front_x", "kind": "postgres", **UNREACHABLE}
    if may:
        assert act("sources.source.register", actor=actor, **fields).state == "registered"
        return
    with pytest.raises(Forbidden):
        act("sources.source.register", actor=actor, **fields)
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"host": ""}, "host"),
        ({"database": ""}, "database"),
        ({"username": ""}, "username"),
        ({"kind": "sqlite"}, "path"),
        ({"kind": "folder"}, "path"),
        ({"kind": "oracle"}, "kind"),
        ({"alias": "Front"}, "alias"),
        ({"port": 70000}, "port"),
    ],
)
def test_fields_that_do_not_fit_are_named(db, office, change, where):
    with pytest.raises(Refused) as refusal:
        office.register(tested=False, **{**UNREACHABLE, **change})
    assert refusal.value.where == where and refusal.value.mend
    assert not Source.objects.exists()


def test_the_password_is_sealed_and_stands_nowhere_else(db, office):
    source = office.register(tested=False, **{**UNREACHABLE, "password": "very-secret-river"})
    (event,) = events_of(source)
    assert event.type == "sources.source.registered" and event.payload["host"] == "127.0.0.1"
    assert b"very-secret-river" not in bytes(event.canonical) + bytes(source.sealed_password)
    assert connection_of(source).password == "very-secret-river"
    assert "very-secret-river" not in repr(connection_of(source))
    before = source.connection_mark
    act("sources.source.change_password", source.pk, actor=office.handler, password="another-river")
    source.refresh_from_db()
    assert connection_of(source).password == "another-river" and source.connection_mark != before


def test_a_scan_or_test_does_not_look_like_another_connection(db, office, front):
    front.run(PEOPLE)
    source = office.register(**front.fields)
    before = source.connection_mark
    office.scan(source)
    source.refresh_from_db()
    assert source.connection_mark == before


def test_an_alias_is_given_once_even_at_once(committed, office):
    handlers = [office.handler, appoint(office.place, "sharing_head")]
    start, outcomes = threading.Barrier(2), []

    def register(actor):
        start.wait()
        try:
            act("sources.source.register", actor=actor, body=office.place.pk, name="库", alias="same",
                kind="postgres", **UNREACHABLE)  # fmt: skip
            outcomes.append("made")
        except Conflict as refusal:
            outcomes.append(refusal.where)
        finally:
            connection.close()

    threads = [threading.Thread(target=register, args=(actor,)) for actor in handlers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["alias", "made"] and Source.objects.count() == 1


def test_a_real_database_is_tested_and_scanned(db, office, front):
    front.run(PEOPLE, "CREATE TABLE visit (id int PRIMARY KEY, citizen_id text REFERENCES people)")
    source = office.register(**front.fields)
    assert source.state == "connected" and {c["name"] for c in source.last_test} >= {"reachable", "credentials"}
    scan = office.scan(source)
    assert scan.tables == 2 and scan.difference["new"] == ["public.people", "public.visit"] and not scan.problems
    table = ScannedTable.objects.get(name="people")
    assert table.comment == "人员信息" and table.key == ["citizen_id"]
    assert [c.type for c in table.columns.all()] == [
        "text", "text", "character(1)", "date", "numeric(10,2)", "timestamp with time zone"
    ]  # fmt: skip
    reference = {"columns": ["citizen_id"], "table": "public.people", "foreign": ["citizen_id"]}
    assert ScannedTable.objects.get(name="visit").report["references"] == [reference]
    (event,) = events_of(scan, "sources.scan.finished")
    assert event.payload == {
        "source": str(source.pk), "tables": 2, "columns": 8, "problems": 0, "truncated": False,
        "new": 2, "gone": 0, "changed": 0,
    }  # fmt: skip
    assert scan.phase == "recording" and scan.seen == {
        "connecting": 0, "tables": 2, "columns": 8, "sizes": 2, "recording": 2
    }  # fmt: skip
    front.run("ANALYZE")
    again = office.scan(source)
    assert not any(again.difference.values()), "estimates move, the structure does not"
    kept = {c.name: c.profile for c in table.columns.all()}
    assert kept["citizen_id"]["distinct"] == 2 and kept["income"]["filled"] == 0.5
    assert not any("才让" in str(profile) for profile in kept.values())


def test_drift_is_told_by_name(db, office, front):
    front.run(PEOPLE, "CREATE TABLE old (id int PRIMARY KEY)")
    source = office.register(**front.fields)
    office.scan(source)
    front.run(
        "ALTER TABLE people RENAME income TO monthly_income",
        "ALTER TABLE people ALTER sex TYPE varchar(2)",
        "ALTER TABLE people ADD phone text",
        "DROP TABLE old",
        "CREATE TABLE fresh (id int)",
    )
    found = office.scan(source).difference
    assert found["new"] == ["public.fresh"] and found["gone"] == ["public.old"]
    assert sorted(found["changed"]) == [
        f"public.people.{c}" for c in ("income", "monthly_income", "phone", "sex")
    ]  # fmt: skip
    assert ScannedColumn.objects.get(table__name="people", name="income").gone_at is not None
    assert {t.name for t in tables(actor=office.handler, source=source)} == {"people", "fresh"}
    front.run("CREATE TABLE old (id int PRIMARY KEY)", "ALTER TABLE people RENAME monthly_income TO income")
    found = office.scan(source).difference
    assert found["new"] == ["public.old"] and not found["gone"]
    assert sorted(found["changed"]) == ["public.people.income", "public.people.monthly_income"]
    front.run("ALTER TABLE people DROP CONSTRAINT people_pkey", "ALTER TABLE people ADD PRIMARY KEY (name)")
    assert "public.people" in office.scan(source).difference["changed"], "another key"


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"password": "wrong-password-1"}, "credentials"),
        ({"database": "nowhere"}, "database"),
        ({"port": 1}, "reachable"),
        ({"host": "10.9.8.7"}, "reachable"),
        ({"host": "169.254.169.254"}, "reachable"),
    ],
)
def test_a_source_that_cannot_be_used_says_how_to_mend_it(db, office, front, change, failed):
    source = office.register(**{**front.fields, **change})
    assert source.state == "failing"
    check = next(c for c in source.last_test if c["state"] == "failed")
    assert check["name"] == failed and check["detail"]
    (event,) = events_of(source, "sources.source.failed")
    assert event.payload["failed"] == [failed]
    with pytest.raises(Conflict) as refusal:
        act("sources.source.scan", source.pk, actor=office.handler)
    assert refusal.value.mend and not Scan.objects.exists()


def test_a_scan_that_fails_leaves_the_inventory_as_it_was(db, office, front):
    front.run(PEOPLE)
    source = office.register(**front.fields)
    office.scan(source)
    front.run(f"ALTER ROLE {front.reader} PASSWORD 'changed-behind-us'")
    scan = office.scan(source)
    assert scan.error["code"] == "source.credentials" and scan.error["mend"]
    assert ScannedTable.objects.get(name="people").gone_at is None
    assert events_of(scan, "sources.scan.failed")[0].payload["code"] == "source.credentials"
    jobs.scan_source(scan=str(scan.pk))  # the job ran twice: its first report stands
    assert len(events_of(scan, "sources.scan.failed")) == 1
    with pytest.raises(Conflict):
        act("sources.scan.report_failed", scan.pk, actor=SERVICE, error={})


def test_a_sqlite_file_and_a_broken_one(db, office):
    file, source = office.sqlite(
        "CREATE TABLE worker (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO worker VALUES (1, '马')"
    )
    assert source.state == "connected"
    assert office.scan(source).difference["new"] == ["worker"]
    with sqlite3.connect(file) as opened:
        opened.execute("ALTER TABLE worker RENAME name TO full_name")
    opened.close()
    assert sorted(office.scan(source).difference["changed"]) == ["worker.full_name", "worker.name"]
    file.write_bytes(b"not a database")
    assert office.scan(source).error["mend"]
    jobs.test_source(source=str(source.pk))
    source.refresh_from_db()
    assert source.state == "failing"


def test_a_folder_with_gb18030_and_what_cannot_be_read(db, office, tmp_path):
    place = office.folder()
    (place / "名册.csv").write_bytes("编号,姓名\n1,马海云\n2,韩晓龙\n".encode("gb18030"))
    (place / "坏.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (place / "outside.csv").symlink_to(tmp_path / "elsewhere.csv")
    source = office.register(kind="folder", path=place.name)
    scan = office.scan(source)
    assert scan.difference["new"] == ["名册.csv"] and len(scan.problems) == 2
    assert {p["code"] for p in scan.problems} >= {"symlink"} and all(p["message"] for p in scan.problems)
    assert [c.name for c in ScannedTable.objects.get(name="名册.csv").columns.all()] == ["编号", "姓名"]


def test_a_cut_short_scan_takes_nothing_away(db, office, front):
    from jiangyuan.data.connectors import Scan as Found

    front.run(PEOPLE)
    source = office.register(**front.fields)
    office.scan(source)
    asked = act("sources.source.scan", source.pk, actor=office.handler)
    report = act("sources.scan.report", asked.pk, actor=SERVICE, found=Found(tables=(), truncated=True))
    assert report.truncated and not any(report.difference.values())
    assert ScannedTable.objects.get(name="people").gone_at is None


def test_a_retired_source_is_left_alone(db, office, monkeypatch):
    source = office.register(tested=False, **UNREACHABLE)
    monkeypatch.setattr(rules, "USES", [])
    with pytest.raises(Conflict):  # nobody can tell whether it is in use
        act("sources.source.retire", source.pk, actor=office.handler)
    monkeypatch.setattr(rules, "USES", [lambda source: 1])
    with pytest.raises(Conflict) as refusal:
        act("sources.source.retire", source.pk, actor=office.handler)
    assert refusal.value.mend
    monkeypatch.setattr(rules, "USES", [lambda source: 0])
    act("sources.source.retire", source.pk, actor=office.handler)
    for action, params in (("test", {}), ("scan", {}), ("change_password", {"password": "x"})):
        with pytest.raises(Conflict):
            act(f"sources.source.{action}", source.pk, actor=office.handler, **params)
    jobs.test_source(source=str(source.pk))  # asked for before it was retired
    source.refresh_from_db()
    assert source.state == "retired"


def test_other_departments_see_nothing(db, office, front):
    front.run(PEOPLE)
    source = office.register(**front.fields)
    scan = office.scan(source)
    stranger = appoint(body(), "sharing_handler")
    for query in (sources(actor=stranger), tables(actor=stranger, source=source), scans(actor=stranger, source=source)):
        assert not query.exists()
    assert not ScannedColumn.visible_to(stranger).exists()
    assert sources(actor=appoint(None, "authority_handler")).get() == source
    assert scans(actor=office.handler, source=source).get() == scan
    with pytest.raises(Forbidden):
        act("sources.source.test", source.pk, actor=stranger)
    with pytest.raises(NotFound):
        act("sources.source.test", "00000000-0000-7000-8000-000000000000", actor=stranger)


@pytest.mark.slow
def test_forty_thousand_columns_are_inventoried_within_a_minute(db, office):
    import time

    from jiangyuan.data.connectors import Scan as Found
    from jiangyuan.data.connectors import ScannedColumn as FoundColumn
    from jiangyuan.data.connectors import ScannedTable as FoundTable
    from jiangyuan.sources.inventory import record_scan

    source = office.register(tested=False, **UNREACHABLE)

    def found(kind):
        columns = tuple(FoundColumn(name=f"c{n}", type=kind if n == 7 else "text", comment="字段") for n in range(20))
        return Found(tables=tuple(FoundTable(schema="public", name=f"t{n}", columns=columns) for n in range(2_000)))

    begun = time.perf_counter()
    assert len(record_scan(source, found("text"), now=datetime.now(UTC))["new"]) == 2_000
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    assert not any(record_scan(source, found("text"), now=datetime.now(UTC)).values())
    same = time.perf_counter() - begun
    begun = time.perf_counter()
    assert len(record_scan(source, found("integer"), now=datetime.now(UTC))["changed"]) == 2_000
    changed = time.perf_counter() - begun
    print(f"first {first:.1f} s, unchanged {same:.1f} s, 2,000 columns changed {changed:.1f} s")
    assert first < 60 and same < 20 and changed < 60
