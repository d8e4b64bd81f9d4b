"""Precision and recall of grade proposals on labelled columns that were never used to build them, peers in the same run.

`grading_labels.csv` holds columns of real catalogue entries of government portals, and of schemas in public repositories,
each labelled by hand with a grade by written rules (docs/grading.md) after the lexicon was finished. Two peers judge the
same columns: the recognition of data elements alone, and a plain list of patterns on each name by itself, as column
scanners have them. Only words are judged here: no values stand beside the labels.

    python benchmarks/grading.py
"""

import csv
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import _bench
from django.conf import settings

settings.configure(USE_I18N=False)

from jiangyuan.catalog.grading.rules import Facts, judge  # noqa: E402  (messages need the framework's settings first)
from jiangyuan.standards.elements import ELEMENTS  # noqa: E402
from jiangyuan.standards.rules import recognise  # noqa: E402

LABELS = Path(__file__).with_name("grading_labels.csv")
GOAL = "recall of grade >= 3 at least 0.90 with precision at least 0.85 over all labelled columns"
LEAST_RECALL, LEAST_PRECISION = 0.90, 0.85
KNOWN = {element.code: (element.code, element.grade, element.personal) for element in ELEMENTS}
SYNONYMS = {element.code: element.synonyms for element in ELEMENTS}
PATTERNS = (
    (4, r"银行|账号|卡号|诊断|疾病|病历|健康|指纹|人脸|宗教|bank|account|card_?no|diagnos|disease|health|finger|face|religio"),
    (3, r"身份证|证件号|护照|手机|电话|联系方式|邮箱|住址|地址|工资|收入|id_?card|identity|passport|mobile|phone|tel|e?mail|"
        r"address|salary|income|ssn"),
    (2, r"姓名|性别|民族|出生|年龄|婚姻|学历|法人|法定代表人|联系人|name|sex|gender|birth|age\b|nation|education|marital"),
)  # fmt: skip
Row = Mapping[str, str]


def element_of(row: Row) -> tuple[str, int, bool] | None:
    """Give the data element that a column is recognised as."""
    code = recognise(row["column"], row["comment"], SYNONYMS)
    return KNOWN[code] if code else None


def proposed(table: str, rows: Sequence[Row]) -> list[int]:
    """Judge as the platform does, from names, comments and elements."""
    facts = [Facts(row["column"], row["comment"], element_of(row)) for row in rows]
    return [verdict.grade for verdict in judge(table, facts)]


def by_elements(table: str, rows: Sequence[Row]) -> list[int]:
    """Judge by the recognised data element alone."""
    found = (element_of(row) for row in rows)
    return [element[1] if element else 1 for element in found]


def by_patterns(table: str, rows: Sequence[Row]) -> list[int]:
    """Judge each column by itself, by a plain list of patterns."""
    said = [(row["comment"] or row["column"]) for row in rows]
    return [next((grade for grade, words in PATTERNS if re.search(words, text, re.IGNORECASE)), 1) for text in said]


def measured(judged: Sequence[int], labels: Sequence[int]) -> dict[str, float | int]:
    """Give precision and recall from grades 2, 3 and 4 on, and the share of grades that are exactly right."""
    pairs = list(zip(judged, labels, strict=True))
    found: dict[str, float | int] = {"columns": len(pairs)}
    for least in (2, 3, 4):
        right = sum(j >= least and g >= least for j, g in pairs)
        said, there = sum(j >= least for j, _ in pairs), sum(g >= least for _, g in pairs)
        found[f"precision_{least}"] = round(right / said, 3) if said else 0.0
        found[f"recall_{least}"] = round(right / there, 3) if there else 0.0
        found[f"labelled_{least}"] = there
    found["exact"] = round(sum(j == g for j, g in pairs) / len(pairs), 3)
    found["too_low"] = sum(j < g for j, g in pairs)
    return found


def main() -> int:
    """Judge all labelled columns with the platform and its peers, and print the figures."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ways: dict[str, Callable[[str, Sequence[Row]], list[int]]]
    ways = {"jiangyuan": proposed, "elements alone": by_elements, "patterns on names": by_patterns}
    judged: dict[str, list[int]] = {name: [] for name in ways}
    for table, members in groupby(rows, key=lambda row: row["table"]):
        together = list(members)
        for name, way in ways.items():
            judged[name] += way(table, together)
    figures: dict[str, dict[str, dict[str, float | int]]] = {}
    for origin in ("held-out", "held-out portal", "held-out schema", "development"):
        at = [place for place, row in enumerate(rows) if f"{row['split']} {row['origin']}".startswith(origin)]
        labels = [int(rows[place]["grade"]) for place in at]
        figures[origin] = {name: measured([found[place] for place in at], labels) for name, found in judged.items()}
    for row, grade in zip(rows, judged["jiangyuan"], strict=True):
        if row["split"] == "held-out" and grade != int(row["grade"]):
            _bench.say(f"{row['table']} / {row['column']} {row['comment']}: labelled {row['grade']}, proposed {grade}")
    own = figures["held-out"]["jiangyuan"]
    met = own["recall_3"] >= LEAST_RECALL and own["precision_3"] >= LEAST_PRECISION
    peers = {name: figures["held-out"][name] for name in ways if name != "jiangyuan"}
    by_origin = {origin: figures[origin] for origin in list(figures)[1:]}
    return _bench.report(bench="grading", figures={**own, "by_origin": by_origin}, peers=peers, goal=GOAL, met=met)


if __name__ == "__main__":
    sys.exit(main())
