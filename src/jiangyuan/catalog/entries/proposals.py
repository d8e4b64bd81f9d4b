"""What is proposed for an entry drafted from a scanned table; a person confirms every part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jiangyuan.kernel.actor import Actor
from jiangyuan.sources.models import ScannedColumn, ScannedTable
from jiangyuan.standards.models import DataElement

HINTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("101001", ("人口", "户籍", "居民", "常住", "公民")),
    ("102001", ("法人", "企业", "市场主体", "工商", "社会组织")),
    ("103001", ("土地", "地理", "测绘", "不动产", "矿产", "林草")),
    ("104001", ("失信", "信用")),
    ("105001", ("证照", "许可证", "执照")),
    ("202001", ("医疗", "医院", "疾病", "卫生", "疫苗", "诊")),
    ("203001", ("社会保险", "社保", "养老", "医保", "低保", "救助", "残疾", "就业", "失业")),
    ("204001", ("食品", "药品")),
    ("205001", ("安全生产", "事故")),
    ("206001", ("价格",)),
    ("207001", ("电力", "能源", "煤", "燃气")),
    ("209001", ("住房", "城乡建设", "规划", "工程")),
    ("210001", ("社区", "网格")),
    ("211001", ("环境", "污染", "排放", "水质", "大气")),
    ("212001", ("应急", "灾害", "地震", "消防")),
    ("201001", ("办件", "公共服务", "教育", "学籍", "婚姻")),
)
"""Words of a table's name and comment by which a class is proposed, the surer ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A proposal for one column: its grade 1-4, whether it is personal or sensitive personal information, its mask, why."""

    grade: int
    personal: bool = False
    sensitive: bool = False
    mask: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


Grader = Callable[
    [Actor, ScannedTable, Sequence[ScannedColumn], Sequence[DataElement | None]], "Sequence[Graded | None]"
]


def of_element(element: DataElement | None) -> Graded:
    """Give the proposal that follows from the recognised element alone."""
    if element is None:
        return Graded(grade=1)
    return Graded(grade=element.grade, personal=element.personal, mask=element.mask, reason=element.name)


def proposed_class(*texts: str) -> str:
    """Propose a class from what a table is called; "" where no word hints at one."""
    said = " ".join(texts)
    return next((code for code, words in HINTS if any(word in said for word in words)), "")
