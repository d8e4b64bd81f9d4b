"""PostgreSQL as a source: scan, checks, reading through a plan, and every way it goes wrong."""

import time
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from jiangyuan.data.checks import NotNull, Range, Unique, check_plan
from jiangyuan.data.conditions import parse
from jiangyuan.data.connectors import PHASES, SourceRefused, SourceUnavailable, connector
from jiangyuan.data.connectors.reading import open_relation, read
from jiangyuan.data.profile import profile_relation
from jiangyuan.data.relations import Mask
from jiangyuan.kernel.errors import Broken, JiangyuanError

POSTGRES = connector("postgres")
TABLE = """
CREATE SCHEMA civil;
CREATE TABLE civil.family (code text PRIMARY KEY);
CREATE TABLE civil."人员" (
    id bigint, part int, name varchar(50) NOT NULL, born date, amount numeric, fixed numeric(12,2), seen timestamptz,
    extra jsonb, family text REFERENCES civil.family, PRIMARY KEY (part, id));
COMMENT ON TABLE civil."人员" IS '人员表'; COMMENT ON COLUMN civil."人员".name IS '姓名';
INSERT INTO civil.family VALUES ('f1');
INSERT INTO civil."人员" SELECT n, 1, '名' || n, date '1990-01-01' + n, n + 0.123456789012, n + 0.5,
    timestamptz '2024-01-01 00:00:00+08', '{"a": 1}', 'f1' FROM generate_series(1, 1000) n;
CREATE VIEW civil.names AS SELECT name FROM civil."人员";
CREATE TABLE public.parted (d date, v int) PARTITION BY RANGE (d);
CREATE TABLE public.parted_1 PARTITION OF public.parted FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
ANALYZE;
"""
COLUMNS = {"id": "bigint", "name": "text", "born": "date", "amount": "numeric", "fixed": "numeric(12,2)"}


def test_scan_tells_schemas_keys_comments_estimates_and_references(source):
    spec, connection = source
    connection.execute(TABLE)
    found = POSTGRES.scan(spec)
    assert [(table.schema, table.name, table.kind) for table in found.tables] == [
        ("civil", "family", "table"),
        ("civil", "names", "view"),
        ("civil", "人员", "table"),
        ("public", "parted", "partitioned"),
    ]
    people = found.table("人员")
    assert people.key == ("part", "id") and people.comment == "人员表" and people.rows == 1000 and people.size
    name = people.columns[2]
    assert (name.name, name.type, name.nullable, name.comment) == ("name", "character varying(50)", False, "姓名")
    assert people.references == ((("family",), "civil.family", ("code",)),)


def test_scan_takes_figures_of_the_statistics_and_no_value_and_tells_its_phases(source):
    spec, connection = source
    connection.execute(TABLE)
    told = []
    found = POSTGRES.scan(spec, progress=lambda phase, done: told.append((phase, done)))
    people = found.table("人员")
    whole = {column.name: column for column in people.columns}
    assert whole["id"].filled == 1 and whole["id"].distinct == people.rows == 1000 and whole["id"].width == 8
    assert not any("most_common" in field for field in type(whole["id"]).__dataclass_fields__)
    assert [phase for phase, _done in told] == list(PHASES)
    assert dict(told)["tables"] == 4 and dict(told)["columns"] == sum(len(t.columns) for t in found.tables)


@pytest.mark.slow
def test_two_thousand_tables_are_scanned_in_seconds(source):
    spec, connection = source
    connection.execute(
        "DO $$ BEGIN FOR i IN 1..2000 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a text, b date)', i); END LOOP; END $$"
    )
    started = time.perf_counter()
    assert len(POSTGRES.scan(spec).tables) == 2000
    assert time.perf_counter() - started < 10


def test_a_plan_reads_its_columns_and_rows_exactly(source, plan_of):
    spec, connection = source
    connection.execute(TABLE)
    condition = parse({"op": "<=", "column": "id", "value": 3}, columns={"id": "bigint"})
    columns = {**COLUMNS, "seen": "timestamp with time zone", "extra": "jsonb"}
    plan = plan_of(
        spec, "人员", columns, schema="civil", key=("id",), condition=condition, masks={"name": Mask("name")}
    )
    table = pa.Table.from_batches(read(plan, alias="dept.t"))
    assert table.column_names == list(columns)
    first = table.slice(0, 1).to_pylist()[0]
    assert table.num_rows == 3 and first["name"] == "名**" and first["born"] == date(1990, 1, 2)
    assert first["amount"] == Decimal("1.123456789012") and first["fixed"] == Decimal("1.50")
    assert first["seen"] == datetime.fromisoformat("2023-12-31T16:00:00+00:00") and first["extra"] == '{"a": 1}'
    with open_relation(plan, alias="dept.t") as (engine, name):
        assert profile_relation(engine, name).rows == 3


def test_a_row_limit_holds_and_a_changed_plan_is_refused(source, plan_of):
    spec, connection = source
    connection.execute(TABLE)
    plan = plan_of(spec, "人员", COLUMNS, schema="civil", limit=5)
    assert sum(batch.num_rows for batch in read(plan, alias="dept.t")) == 5
    other = replace(plan, relations=(replace(plan.relations[0], row_limit=None),))
    with pytest.raises(Broken):
        next(iter(read(other, alias="dept.t")))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ('DROP TABLE civil."人员" CASCADE', "source.absent"),
        ('ALTER TABLE civil."人员" RENAME COLUMN born TO birth', "source.renamed_column"),
        ('ALTER TABLE civil."人员" ALTER COLUMN born TYPE text', "source.changed_type"),
    ],
)
def test_a_changed_source_is_refused_with_what_to_mend(source, plan_of, change, code):
    spec, connection = source
    connection.execute(TABLE)
    plan = plan_of(spec, "人员", COLUMNS, schema="civil")
    connection.execute(change)
    with pytest.raises(SourceRefused) as refused:
        list(read(plan, alias="dept.t"))
    assert refused.value.code == code and refused.value.mend


def test_the_report_names_what_capture_needs(source):
    spec, _connection = source
    report = POSTGRES.test(spec)
    names = [check.name for check in report.checks]
    assert {"reachable", "credentials", "rights", "wal_level", "slots", "bounded_slots", "replication"} <= set(names)
    assert report.check("wal_level").state == "ok" and report.check("bounded_slots").state == "ok"
    assert report.check("least_rights").state == "warning"
    assert not report.usable and report.check("rights").mend


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"user": "nobody_here", "password": "Very-Secret"}, "credentials"),
        ({"database": "no_such"}, "database"),
        ({"port": 1}, "reachable"),
        ({"host": "10.0.0.1"}, "reachable"),
    ],
)
def test_a_failed_connection_says_which_part_and_tells_no_secret(source, change, failed):
    spec, _connection = source
    spec = replace(spec, **change)
    report = POSTGRES.test(spec)
    check = report.check(failed)
    assert check.state == "failed" and check.mend and not report.usable
    with pytest.raises(JiangyuanError) as refused:
        POSTGRES.scan(spec)
    told = repr(report) + str(refused.value) + repr(refused.value.as_dict()) + repr(spec)
    assert "Very-Secret" not in told


def test_a_source_that_dies_while_read_is_transient(source, plan_of, cluster):
    spec, connection = source
    connection.execute("CREATE TABLE big AS SELECT n AS id, repeat('x', 100) AS t FROM generate_series(1, 800000) n")
    batches = read(
        plan_of(spec, "big", {"id": "integer", "t": "text"}, schema="public"), alias="dept.t", batch_rows=2048
    )
    next(batches)
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jiangyuan-source' AND datname = current_database()"
    )
    with pytest.raises((SourceUnavailable, StopIteration)):
        while True:
            next(batches)


def test_names_made_to_inject_stay_names(source, plan_of):
    spec, connection = source
    connection.execute("""CREATE TABLE public."a'"";DROP" ("x'"";--" text)""")
    connection.execute("""INSERT INTO public."a'"";DROP" VALUES ('v''1')""")
    plan = plan_of(spec, "a'\";DROP", {"x'\";--": "text"}, schema="public")
    assert [b.to_pylist() for b in read(plan, alias="dept.t")] == [[{"x'\";--": "v'1"}]]
    assert POSTGRES.sample(spec, "a'\";DROP", schema="public").num_rows == 1


def test_quality_rules_run_where_the_rows_stand(source, plan_of):
    spec, connection = source
    connection.execute(TABLE)
    connection.execute("""UPDATE civil."人员" SET name = '名1' WHERE id = 2""")
    plan = plan_of(spec, "人员", COLUMNS, schema="civil", key=("id",))
    rules = [
        Unique(name="u", columns=("name",)),
        Range(name="r", column="id", high=998),
        NotNull(name="n", column="born"),
    ]
    found = check_plan(plan, rules, alias="dept.t", now=datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    assert [(result.violations, result.evidence) for result in found.results] == [
        (1, (("1",), ("2",))),
        (2, (("1000",), ("999",))),
        (0, ()),
    ]
