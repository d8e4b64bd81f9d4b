"""A catalogue of the size of a province, taken over as such a catalogue would be: from a file, or made up.

The file is a CSV (also gzipped) with the columns title, department, description, open_type, update_frequency and formats,
as open-data portals publish them: dirty as found. What it does not give is made up from subjects, places and years.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.demo.cast import AUTHORITY, SCENE, SETUP, Cast
from jiangyuan.kernel.actions import act
from jiangyuan.organization.divisions import divisions

BATCH = 2000
FILE = "catalogue_entries.csv.gz"
Row = dict[str, str]
_OWNERS = (
    ("公安", "public_security"), ("民政", "civil_affairs"), ("市场监", "market_regulation"), ("工商", "market_regulation"),
    ("人力", "human_resources"), ("人社", "human_resources"), ("医", "medical_insurance"), ("卫生", "medical_insurance"),
    ("自然", "natural_resources"), ("国土", "natural_resources"), ("规划", "natural_resources"),
)  # fmt: skip
_CYCLES = (
    ("实时", "realtime"), ("日", "daily"), ("天", "daily"), ("周", "weekly"), ("月", "monthly"), ("季", "quarterly"), ("年", "yearly"),
)  # fmt: skip
_FORMATS = (("api", "service"), ("接口", "service"), ("xls", "spreadsheet"), ("csv", "spreadsheet"))
_SUBJECTS = (
    ("公安", "居住证办理"), ("公安", "机动车登记"), ("公安", "出入境证件办理"), ("民政", "养老机构"), ("民政", "社会组织登记"), ("民政", "残疾人补贴发放"),
    ("市场监管", "食品经营许可"), ("市场监管", "特种设备检验"), ("市场监管", "商标注册"), ("人社", "职业技能培训"), ("人社", "社会保险参保"),
    ("医保", "定点医疗机构"), ("医保", "药品目录"), ("卫生", "预防接种门诊"), ("自然资源", "土地出让"), ("自然资源", "采矿权登记"),
    ("气象", "气温降水观测"), ("水利", "水库水位"), ("农牧", "草原生态补助"), ("教育", "学校基本情况"), ("交通", "客运班线"), ("文旅", "景区基本情况"),
)  # fmt: skip


def take_over_catalogue(cast: Cast, wanted: int, reference: Path | None = None) -> int:
    """Take over as many entries as are wanting to `wanted`, each for the body it belongs to; gives how many there are."""
    there = Entry.objects.filter(drafted_from__isnull=True, state="published").count()
    rows = itertools.islice(itertools.chain(read(reference), make_up()), there, wanted)
    waiting: dict[str, list[Row]] = {}
    for given in rows:
        owner = next((code for word, code in _OWNERS if word in given["department"]), AUTHORITY)
        waiting.setdefault(owner, []).append(_entry(given))
        if len(waiting[owner]) == BATCH:
            _hand_over(cast, owner, waiting.pop(owner), reference)
    for owner, rest in waiting.items():
        _hand_over(cast, owner, rest, reference)
    return Entry.objects.filter(drafted_from__isnull=True, state="published").count()


def _hand_over(cast: Cast, owner: str, entries: list[Row], reference: Path | None) -> None:
    source = "公开目录汇编" if reference else "演示编造的目录"
    body = cast.bodies[owner].pk
    act("catalog.entry.take_over", actor=SETUP, scene=SCENE, body=body, source=source, entries=entries)


def read(reference: Path | None) -> Iterator[Row]:
    """Give the rows of the file, those with a title; nothing when no file is given or it is not there."""
    file = reference / FILE if reference is not None and reference.is_dir() else reference
    if file is None or not file.is_file():
        return
    with (
        file.open("rb") as raw,
        gzip.GzipFile(fileobj=raw) if file.suffix == ".gz" else raw as opened,
        io.TextIOWrapper(opened, encoding="utf-8", errors="replace", newline="") as text,
    ):
        for row in csv.DictReader(text):
            title = _clean(row.get("title"), 200)
            if title:
                yield {**{name: _clean(cell, 2000) for name, cell in row.items() if name}, "title": title}


def make_up() -> Iterator[Row]:
    """Give rows without end: a subject, a county, a year."""
    places = [one.name for one in divisions() if one.level in ("prefecture", "county")]
    for year in itertools.count(2025, -1):
        for (department, subject), place in itertools.product(_SUBJECTS, places):
            yield {
                "title": f"{place}{subject}信息（{year} 年）",
                "department": f"{place}{department}部门",
                "description": f"{place}{department}部门 {year} 年{subject}的登记、办理和统计信息。",
                "open_type": "有条件开放",
                "update_frequency": "每年",
                "formats": "csv",
            }


def _clean(cell: object, most: int) -> str:
    return " ".join(str(cell or "").replace("\0", "").split())[:most]


def _entry(row: Row) -> Row:
    openness = row.get("open_type", "")
    unconditional = "无条件" in openness or openness.startswith("公开")
    return {
        "name": row["title"],
        "summary": row.get("description") or row["title"],
        "share_type": "unconditional" if unconditional else "conditional",
        "open_type": "unconditional" if unconditional else "conditional" if "条件" in openness else "none",
        "update_cycle": _first(_CYCLES, row.get("update_frequency", ""), "irregular"),
        "format": _first(_FORMATS, row.get("formats", "").lower(), "file"),
    }


def _first(pairs: Iterable[tuple[str, str]], text: str, otherwise: str) -> str:
    return next((code for word, code in pairs if word in text), otherwise)
