"""SQLite as a source, and polling over it and over files: eventual, by window and key reconciliation."""

import os
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

from jiangyuan.data.conditions import parse
from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.data.connectors import SourceRefused, connector, kinds
from jiangyuan.data.connectors.polling import poll
from jiangyuan.data.connectors.reading import read

SQLITE = connector("sqlite")
COLUMNS = {"id": "bigint", "姓名": "text", "金额": "numeric(10,2)", "出生": "date", "更新": "timestamp"}


def test_every_connector_declares_what_it_can_do():
    declared = {kind: connector(kind).capabilities for kind in kinds()}
    assert {kind: (c.capture, c.polling) for kind, c in declared.items()} == {
        "postgres": ("log", "none"),
        "sqlite": ("none", "eventual"),
        "folder": ("none", "eventual"),
    }
    with pytest.raises(SourceRefused):
        connector("oracle")


def test_scan_test_and_sample(people_file):
    spec, _connection = people_file
    assert SQLITE.test(spec).usable
    (table,) = SQLITE.scan(spec).tables
    assert table.key == ("id",) and table.rows == 20 and table.exact
    assert [column.type for column in table.columns] == [
        "bigint",
        "text",
        "numeric(10,2)",
        "date",
        "timestamp without time zone",
    ]
    assert SQLITE.sample(spec, "人员", rows=3).num_rows == 3


def test_a_plan_reads_typed_rows(people_file, plan_of):
    spec, _connection = people_file
    condition = parse({"op": "<", "column": "出生", "value": "1990-01-03"}, columns={"出生": "date"})
    plan = plan_of(spec, "人员", {"id": "bigint", "金额": "numeric(10,2)"}, condition=condition)
    assert pa.Table.from_batches(read(plan, alias="dept.t")).to_pylist() == [
        {"id": 1, "金额": Decimal("1.50")},
        {"id": 2, "金额": Decimal("2.50")},
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("DROP TABLE 人员", "source.absent"),
        ("ALTER TABLE 人员 RENAME COLUMN 出生 TO 生日", "source.renamed_column"),
        ("UPDATE 人员 SET 出生 = 'secret-value' WHERE id = 7", "source.changed_type"),
    ],
)
def test_a_changed_file_is_refused_without_telling_values(people_file, plan_of, change, code):
    spec, connection = people_file
    plan = plan_of(spec, "人员", COLUMNS)
    connection.execute(change)
    with pytest.raises(SourceRefused) as refused:
        list(read(plan, alias="dept.t"))
    assert refused.value.code == code and refused.value.mend and "secret-value" not in str(refused.value)


def test_files_that_are_no_database_or_links_are_refused(files, people_file):
    spec, _connection = people_file
    (files / "x.db").write_text("no database", "utf-8")
    os.symlink(files / "people.db", files / "link.db")
    for path in ("x.db", "link.db", "gone.db", "../people.db"):
        report = SQLITE.test(replace(spec, path=path))
        assert not report.usable and report.checks[0].mend


def ids(changes, operation):
    return sorted(row["id"] for row in changes.to_pylist() if row["_op"] == operation)


def test_polling_finds_additions_changes_and_deletions(people_file, plan_of):
    spec, connection = people_file
    plan = plan_of(spec, "人员", COLUMNS, key=("id",))
    first = poll(plan, alias="dept.t", change_column="更新")
    assert (first.inserted, first.updated, first.deleted) == (20, 0, 0)
    connection.execute("UPDATE 人员 SET 姓名 = '改', 更新 = '2024-02-01 00:00:00' WHERE id = 20")
    connection.execute("UPDATE 人员 SET 姓名 = '改' WHERE id = 3")
    connection.execute("DELETE FROM 人员 WHERE id = 5")
    connection.execute("INSERT INTO 人员 VALUES (99, '新', 1, '2000-01-01', '2020-01-01 00:00:00')")
    second = poll(plan, alias="dept.t", change_column="更新", previous=first.fingerprints)
    assert [ids(second.changes, name) for name in ("insert", "update", "delete")] == [[99], [20], [5]]
    assert second.fingerprints.high_water.startswith("2024-02-01")
    third = poll(plan, alias="dept.t", change_column="更新", previous=second.fingerprints, full=True)
    assert [ids(third.changes, name) for name in ("insert", "update", "delete")] == [[], [3], []]
    assert poll(plan, alias="dept.t", previous=third.fingerprints).changes.num_rows == 0


def test_polling_without_a_change_column_compares_every_row(people_file, plan_of):
    spec, connection = people_file
    plan = plan_of(spec, "人员", COLUMNS, key=("id",))
    first = poll(plan, alias="dept.t")
    connection.execute("UPDATE 人员 SET 金额 = NULL WHERE id = 3")
    second = poll(plan, alias="dept.t", previous=first.fingerprints)
    assert ids(second.changes, "update") == [3]


def test_polling_refuses_tables_without_a_sound_key(people_file, plan_of):
    spec, connection = people_file
    connection.execute("UPDATE 人员 SET 姓名 = '同名'")
    with pytest.raises(SourceRefused) as refused:
        poll(plan_of(spec, "人员", COLUMNS, key=("姓名",)), alias="dept.t")
    assert refused.value.code == "source.bad_key"
    with pytest.raises(SourceRefused) as refused:
        poll(plan_of(spec, "人员", COLUMNS), alias="dept.t")
    assert refused.value.code == "source.no_key"


def test_polling_a_folder_and_a_changed_file(files, plan_of):
    (files / "office").mkdir()
    spec = ConnectionSpec(kind="folder", path="office")
    write = (files / "office" / "a.csv").write_bytes
    write("编号,日期,数\nA1,2024年1月2日,1\nA2,2024年1月3日,2\n".encode("gb18030"))
    plan = plan_of(spec, "a.csv", {"编号": "text", "日期": "date", "数": "bigint"}, key=("编号",))
    first = poll(plan, alias="dept.t")
    assert first.inserted == 2
    write("编号,日期,数\nA1,2024年1月2日,9\nA3,2024年1月3日,2\n".encode("gb18030"))
    second = poll(plan, alias="dept.t", previous=first.fingerprints)
    assert (second.inserted, second.updated, second.deleted) == (1, 1, 1)
    write("编号,日期,数\nA1,不详,9\nA3,x,2\n".encode("gb18030"))
    with pytest.raises(SourceRefused) as refused:
        list(read(plan, alias="dept.t"))
    assert refused.value.code == "source.changed_type"
    write("编号,日 期2,数\nA1,2024年1月2日,9\n".encode("gb18030"))
    with pytest.raises(SourceRefused) as refused:
        list(read(plan, alias="dept.t"))
    assert refused.value.code == "source.renamed_column"


def test_a_file_being_written_is_read_consistently(files, plan_of, people_file):
    spec, connection = people_file
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO 人员 VALUES (50, '新', 1, '2000-01-01', NULL)")
    plan = plan_of(spec, "人员", COLUMNS, key=("id",))
    assert sum(batch.num_rows for batch in read(plan, alias="dept.t")) == 21
