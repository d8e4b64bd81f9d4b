"""A million catalogue entries in the platform's own tables, made from the real ones by variation."""

import csv
import gzip
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from _bench import say

WORDS = (
    "人口",
    "企业",
    "医疗",
    "教育",
    "交通",
    "环境",
    "民政",
    "社保",
    "税务",
    "不动产",
    "登记",
    "许可",
    "监测",
    "统计",
)
PLACES = (
    "西宁市", "海东市", "海北州", "黄南州", "海南州", "果洛州", "玉树州", "海西州", "城东区", "湟中区", "大通县", "湟源县",
    "乐都区", "平安区", "民和县", "互助县", "化隆县", "循化县", "格尔木市", "德令哈市", "共和县", "同仁市", "玛沁县",
)  # fmt: skip
BODIES = 60
Row = tuple[str, str, str]


def originals(reference: Path) -> list[Row]:
    """Read (name, department, summary) of the real entries; without them names are made of the field's words."""
    file = reference / "catalogue_entries.csv.gz"
    if not file.is_file():
        say("no reference data: names are made")
        chosen = random.Random(1)
        return [
            ("".join(chosen.sample(WORDS, 4)) + "信息", "某部门", "".join(chosen.sample(WORDS, 6)))
            for _ in range(20_000)
        ]
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [
            (row["title"].replace("\0", "")[:180], row["department"], row["description"].replace("\0", "")[:2000])
            for row in csv.DictReader(lines)
            if row["title"].strip()
        ]


def is_live(n: int, real: int) -> bool:
    """Tell whether an entry is published: all real ones, and every second of their variations."""
    return n <= real or bool(n % 2)


def varied(rows: list[Row], count: int) -> Iterator[tuple[int, str, str]]:
    """Give (number from 1, name, summary): the real ones first, then again with a place before the name, also where the
    summary repeats it."""
    for n in range(count):
        name, _department, summary = rows[n % len(rows)]
        turn = n // len(rows)
        if turn:
            place = PLACES[(turn - 1) % len(PLACES)]
            summary = summary.replace(name, f"{place}{name}")
            name = f"{place}{name}"
        yield n + 1, name[:200], summary[:4000]


def bodies(rows: list[Row]) -> list[Any]:
    """Make the province and its bodies, with names of real departments."""
    from jiangyuan.organization.models import Body, Jurisdiction

    counties = [
        Jurisdiction.objects.create(code=f"6301{n:02}", name=place, level="county") for n, place in enumerate(PLACES)
    ]
    names = list(dict.fromkeys(department[:40] for _name, department, _summary in rows if department))
    names += [f"部门{n}" for n in range(BODIES)]
    return [
        Body.objects.create(
            name=f"{name}（{n}）", short_name=name, alias=f"dept{n}", jurisdiction=counties[n % len(counties)]
        )
        for n, name in enumerate(names[:BODIES])
    ]


def fill(dsn: str, rows: list[Row], count: int, owners: list[Any]) -> None:
    """Copy the entries and some items into the platform's tables. Those that are not live are drafts of their body."""
    from django.db import connection as django

    from jiangyuan.catalog.entries.models import DataItem, Entry

    now = datetime.now(UTC)
    varying = {field.attname for field in Entry._meta.concrete_fields}
    columns, constants = _template(Entry(body=owners[0], created_at=now, updated_at=now), django)
    at = {name: columns.index(name) for name in varying if name in columns}
    items, item_constants = _template(DataItem(entry_id=UUID(int=1), position=1, name="", column="", type="C"), django)
    item_at = {name: items.index(name) for name in ("id", "entry_id", "position", "name", "column")}
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # what stands here already is not asked again
        with connection.cursor().copy(_copy("entries_entry", columns)) as copy:
            for n, name, summary in varied(rows, count):
                copy.write_row(_entry(constants, at, (n, name, summary), is_live(n, len(rows)), owners, now))
        with connection.cursor().copy(_copy("entries_dataitem", items)) as copy:
            for n in range(1, count + 1, 5):
                for place, (name, column) in enumerate((("公民身份号码", "citizen_id"), ("姓名", "name"))):
                    row = list(item_constants)
                    values = {"id": UUID(int=4 * n + place), "entry_id": UUID(int=n), "position": place + 1}
                    for key, value in {**values, "name": name, "column": column}.items():
                        row[item_at[key]] = value
                    copy.write_row(row)
        connection.execute("VACUUM ANALYZE entries_entry")


def _template(made: Any, django: Any) -> tuple[list[str], list[Any]]:
    fields = list(made._meta.concrete_fields)
    values = [field.get_db_prep_save(getattr(made, field.attname), django) for field in fields]
    moment = datetime.now(UTC)
    moments = {"created_at", "updated_at"}
    return [field.column for field in fields], [
        moment if field.column in moments else value for field, value in zip(fields, values, strict=True)
    ]


def _copy(table: str, columns: list[str]) -> str:
    quoted = ", ".join(f'"{column}"' for column in columns)
    return f"COPY {table} ({quoted}) FROM STDIN"


def _entry(
    constants: list[Any], at: dict[str, int], one: tuple[int, str, str], live: bool, owners: list[Any], now: datetime
) -> list[Any]:
    n, name, summary = one
    share, cycle = ("unconditional", "conditional", "none")[n % 3], ("realtime", "daily", "monthly", "yearly")[n % 4]
    form, classification = ("database", "spreadsheet", "file", "service")[n // 7 % 4], f"307{n % 40:03}"
    score, grade = 40 + n % 61, 1 + n % 4
    values = {
        "id": UUID(int=n),
        "body_id": owners[n % len(owners)].pk,
        "name": name,
        "summary": summary,
        "code": f"{classification}/{n:06}" if live else None,
        "classification": classification,
        "format": form,
        "update_cycle": cycle,
        "share_type": share,
        "grade": grade,
        "score": score,
        "state": "published" if live else "draft",
        "live_version": int(live),
        "published_at": now - timedelta(days=n % 900) if live else None,
        "known_name": name,
        "known_summary": summary,
        "known_classification": classification,
        "known_format": form,
        "known_update_cycle": cycle,
        "known_share_type": share,
        "known_grade": grade,
        "known_score": score,
    }
    row = list(constants)
    for key, value in values.items():
        row[at[key]] = value
    return row
