"""Sixteen quality rules over five million people, against one hand-written scan of the same engine in the same run.

The hand-written limit is what somebody who knows the engine would write for exactly these sixteen questions: one
statement, code sets bound as tables, distinct counted beside. It keeps no evidence; the rules do.

    python benchmarks/quality_one_scan.py --rows 5000000
"""

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import _bench
import duckdb
import pyarrow as pa
from django.conf import settings

settings.configure(USE_I18N=False)

from jiangyuan.data.checks import (  # noqa: E402  (messages need the framework's settings first)
    CheckRun,
    CodeSet,
    CrossField,
    Freshness,
    Identifier,
    NotNull,
    Pattern,
    Range,
    Reference,
    RowCount,
    Unique,
    check,
)

GOAL = "rules / hand-written scan <= 1.5 (wall)"
FULL_ROWS = 5_000_000
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID_FORM = "[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]"
PHONE_FORM = "1[3-9][0-9]{9}"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKSUM = " + ".join(f"(v // {10 ** (16 - place)}) % 10 * {weight}" for place, weight in enumerate(WEIGHTS))

PROVINCES = (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61)
PROVINCES += (62, 63, 64, 65)

PEOPLE = f"""
WITH drawn AS (
    SELECT range AS row, hash(range * 7919 + 7) AS a, hash(range * 104729 + 11) AS b, hash(range * 1299709 + 13) AS c
    FROM range({{rows}})
), shaped AS (
    SELECT *, {list(PROVINCES)}[(a % 31)::INTEGER + 1] * 10000 + (a // 31 % 10 + 1)::BIGINT * 100 + (a // 310 % 10 + 1)::BIGINT
            AS region,
        DATE '1940-01-01' + (row // 999 % 29000)::INTEGER AS birth, row % 999 + 1 AS serial
    FROM drawn
), numbered AS (
    SELECT *, (region::VARCHAR || strftime(birth, '%Y%m%d') || lpad(serial::VARCHAR, 3, '0'))::BIGINT AS v FROM shaped
), identified AS (
    SELECT *, v::VARCHAR || substr('10X98765432', (({CHECKSUM}) % 11 + 1)::INTEGER, 1) AS right_id FROM numbered
)
SELECT row AS person,
    CASE WHEN b % 1000 < 5 THEN NULL WHEN b % 1000 < 7 THEN substr(right_id, 1, 3) || 'A' || substr(right_id, 5)
        WHEN b % 1000 < 15 THEN substr(right_id, 1, 17) || (b // 1000 % 10) ELSE right_id END AS id_number,
    CASE WHEN c % 1000 < 5 THEN NULL ELSE '王' || substr('伟芳娜敏静丽强磊军洋', (c // 7 % 10)::INTEGER + 1, 1) END AS name,
    CASE WHEN a % 997 < 5 THEN NULL WHEN a % 997 < 15 THEN birth + 1 ELSE birth END AS birth_date,
    CASE WHEN b % 991 = 0 THEN '9' WHEN serial % 2 = 1 THEN '1' ELSE '2' END AS gender,
    CASE WHEN c % 983 < 5 THEN NULL WHEN c % 983 < 10 THEN '99' || lpad((c // 983 % 9999)::VARCHAR, 4, '0')
        ELSE region::VARCHAR END AS region_code,
    CASE WHEN a % 991 < 5 THEN NULL WHEN a % 991 < 15 THEN '0' || (a // 991 % 10000000000)::VARCHAR
        ELSE '13' || lpad((a // 991 % 1000000000)::VARCHAR, 9, '0') END AS phone,
    CASE WHEN b % 977 < 5 THEN NULL WHEN b % 977 = 6 THEN -1 ELSE (b // 977 % 3000000)::DOUBLE / 100 END AS income,
    TIMESTAMP '2026-11-22 00:00:00' - to_seconds((c % 2592000)::BIGINT) AS updated_at
FROM identified
"""

RULES = (
    NotNull(name="id present", column="id_number"),
    NotNull(name="name present", column="name"),
    NotNull(name="birth present", column="birth_date"),
    NotNull(name="region present", column="region_code"),
    Unique(name="id unique", columns=("id_number",)),
    Pattern(name="id form", column="id_number", pattern=ID_FORM),
    Pattern(name="phone form", column="phone", pattern=PHONE_FORM),
    CodeSet(name="gender code", column="gender", codes=("1", "2")),
    CodeSet(name="region code", column="region_code", table="codes"),
    Range(name="income range", column="income", low=0, high=1_000_000),
    Range(name="birth range", column="birth_date", low=date(1900, 1, 1), high=date(2026, 11, 22)),
    Identifier(name="id digit", column="id_number", scheme="citizen_id"),
    CrossField(name="birth agrees", column="birth_date", other="id_number", relation="birth_in_id"),
    Reference(name="region stands", column="region_code", table="regions", foreign="code"),
    Freshness(name="fresh", column="updated_at", seconds=86_400),
    RowCount(name="rows", low=1),
)


def make(folder: Path, rows: int) -> tuple[Path, pa.Table, pa.Table]:
    """Write the people as Parquet (one in a thousand twice) and return it with the code and region tables."""
    people = folder / "people.parquet"
    with duckdb.connect() as engine:
        made = PEOPLE.format(rows=rows)
        twice = f"SELECT * REPLACE (person + {rows} AS person) FROM made WHERE hash(person + 3) % 1000 = 0"
        engine.execute(
            f"COPY (WITH made AS ({made}) SELECT * FROM made UNION ALL {twice})"
            f" TO '{people}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 245760)"
        )
        codes = [p * 10000 + c * 100 + k for p in PROVINCES for c in range(1, 11) for k in range(1, 11)]
    live = [code for code in codes if code % 97]
    return people, pa.table({"code": [str(code) for code in codes]}), pa.table({"code": [str(code) for code in live]})


def hand_written(people: Path, codes: pa.Table, regions: pa.Table) -> dict[str, int]:
    """Ask the same sixteen questions in one statement written by hand for this table."""
    with duckdb.connect() as engine:
        engine.register("codes", codes)
        engine.register("regions", regions)
        answer = engine.execute(f"""
            WITH t AS (SELECT *, try_cast(substr(id_number, 1, 17) AS BIGINT) AS v FROM '{people}')
            SELECT count(*) FILTER (id_number IS NULL), count(*) FILTER (name IS NULL),
                count(*) FILTER (birth_date IS NULL), count(*) FILTER (region_code IS NULL),
                count(id_number) - count(DISTINCT id_number),
                count(*) FILTER (NOT regexp_full_match(id_number, '{ID_FORM}')),
                count(*) FILTER (NOT regexp_full_match(phone, '{PHONE_FORM}')),
                count(*) FILTER (gender NOT IN ('1', '2')),
                count(*) FILTER (region_code NOT IN (SELECT code FROM codes)),
                count(*) FILTER (income NOT BETWEEN 0 AND 1000000),
                count(*) FILTER (birth_date NOT BETWEEN '1900-01-01' AND '2026-11-22'),
                count(*) FILTER (CASE WHEN v IS NULL THEN id_number IS NOT NULL
                    ELSE substr('10X98765432', (({CHECKSUM}) % 11 + 1)::INTEGER, 1) <> id_number[18] END),
                count(*) FILTER (strftime(birth_date, '%Y%m%d') <> id_number[7:14]),
                count(*) FILTER (region_code NOT IN (SELECT code FROM regions)),
                (date_diff('second', max(updated_at), TIMESTAMP '2026-11-22 20:00:00') > 86400)::INTEGER,
                (count(*) < 1)::INTEGER
            FROM t""").fetchone()
    return dict(zip((rule.name for rule in RULES), answer or (), strict=True))


def peers(people: Path) -> dict[str, object]:
    """Run the peer that is installed, on the same engine and file; name those that are not."""
    absent = "not installed"
    found: dict[str, object] = {}
    for name in ("cuallee", "pointblank", "soda-duckdb", "pandera", "great-expectations"):
        version = _bench.version_of(name)
        found[name] = {"version": version} if version else absent
    if _bench.version_of("pointblank") and _bench.version_of("polars"):
        found["pointblank"] = {"seconds": _bench.median_of_runs(lambda: _pointblank(people), label="pointblank")}
    return found


def _pointblank(people: Path) -> None:
    import pointblank  # pyright: ignore[reportMissingImports]
    import polars  # pyright: ignore[reportMissingImports]

    plan = pointblank.Validate(polars.read_parquet(people))
    for column in ("id_number", "name", "birth_date", "region_code"):
        plan = plan.col_vals_not_null(column)
    plan = plan.rows_distinct(["id_number"]).col_vals_regex("id_number", f"^{ID_FORM}$", na_pass=True)
    plan = plan.col_vals_regex("phone", f"^{PHONE_FORM}$", na_pass=True).col_vals_in_set("gender", ["1", "2"])
    plan.col_vals_between("income", 0, 1_000_000, na_pass=True).interrogate()


def main() -> int:
    """Make the data, run both in turns, compare their counts and report."""
    options = _bench.arguments(__doc__ or "", rows=FULL_ROWS, runs=3)
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        _bench.say(f"making {options.rows} rows")
        people, codes, regions = make(Path(folder), options.rows)
        answers: dict[str, dict[str, int]] = {}
        last: list[CheckRun] = []

        def by_hand() -> None:
            answers["hand"] = hand_written(people, codes, regions)

        def by_rules() -> None:
            last[:] = [check(people, RULES, now=NOW, key=("person",), tables={"codes": codes, "regions": regions})]

        works: dict[str, Callable[[], object]] = {"hand-written": by_hand, "rules": by_rules}
        medians = _bench.interleaved_medians(works, runs=options.runs, warm=1)
        found = {result.name: result.violations for result in last[0].results}
        same = found == answers["hand"]
        if not same:
            _bench.say(f"counts differ: {found} / {answers['hand']}")
        ratio = medians["rules"] / medians["hand-written"]
        figures = {
            "rows": last[0].rows,
            "file_mb": round(people.stat().st_size / 1e6, 1),
            "rules": len(RULES),
            "ratio": round(ratio, 3),
            "seconds": {name: round(value, 3) for name, value in medians.items()},
            "counts_equal": same,
            "evidence_keys": sum(len(result.evidence) for result in last[0].results),
        }
        others = peers(people)
    return _bench.report(
        bench="quality_one_scan",
        figures=figures,
        peers=others,
        goal=GOAL,
        met=same and ratio <= 1.5,
        distributions=("duckdb", "pyarrow"),
    )


if __name__ == "__main__":
    sys.exit(main())
