"""The classification of government information resources (《政务信息资源目录编制指南（试行）》): 类 and 项 are the nation's.

The guide lists the 项 of each 类 without numbers; they are numbered here in its order. Below them each 项 has one 目 to
begin with; the authority adds its province's own.
"""

from __future__ import annotations

from collections.abc import Iterator

CLASSES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "1",
        "基础信息资源",
        ("人口信息", "法人单位信息", "自然资源和空间地理基础信息", "社会信用信息", "电子证照信息"),
    ),
    (
        "2",
        "主题信息资源",
        (
            "公共服务", "健康保障", "社会保障", "食品药品安全", "安全生产", "价格监管",
            "能源安全", "信用体系", "城乡建设", "社区治理", "生态环保", "应急维稳",
        ),
    ),
    (
        "3",
        "部门信息资源",
        (
            "党中央部门", "全国人大常委会", "国务院部门", "全国政协", "最高人民法院", "最高人民检察院",
            "省（自治区、直辖市）及以下各级政务部门", "计划单列市及新疆生产建设兵团",
        ),
    ),
)  # fmt: skip
OWN = {"307001": "省级政务部门综合信息"}
"""Names of the first 目 that are not simply the general one of their 项."""
LENGTHS = {1: 1, 2: 3, 3: 6}
"""How many digits the code of a class has at each level; 细目 (4) has more than six."""


def level_of(code: str) -> int:
    """Give the level of a class by the length of its code: 1 类, 2 项, 3 目, 4 细目."""
    return next((level for level, length in LENGTHS.items() if len(code) == length), 4)


def parent_of(code: str) -> str:
    """Give the code of the class above; "" for a 类. A 细目 stands under its 目."""
    return {1: "", 2: code[:1], 3: code[:3]}.get(level_of(code), code[:6])


def shipped() -> Iterator[tuple[str, str, bool]]:
    """Give (code, name, whether the nation's) of the classes that come with the platform, parents first."""
    for first, name, entries in CLASSES:
        yield first, name, True
        for number, title in enumerate(entries, start=1):
            second = f"{first}{number:02d}"
            yield second, title, True
            yield f"{second}001", OWN.get(f"{second}001", f"{title}综合"), False
