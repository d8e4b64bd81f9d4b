"""Where the people of the demonstration live: counties by size, townships, addresses.

Counties and townships are the real ones; villages, streets and house numbers are invented.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType

from jiangyuan.organization.divisions import QINGHAI, Division, code_in_force, division, divisions

# Inhabitants in thousands, rounded: only the proportions matter.
_THOUSANDS: Mapping[str, int] = MappingProxyType(
    {
        "630102": 460, "630103": 330, "630104": 330, "630105": 420, "630106": 390, "630121": 400, "630123": 110,
        "630202": 270, "630203": 120, "630222": 330, "630223": 350, "630224": 210, "630225": 130,
        "632221": 130, "632222": 47, "632223": 34, "632224": 43,
        "632301": 100, "632322": 55, "632323": 77, "632324": 42,
        "632521": 130, "632522": 63, "632523": 105, "632524": 77, "632525": 75,
        "632621": 58, "632622": 31, "632623": 38, "632624": 40, "632625": 28, "632626": 15,
        "632701": 142, "632722": 69, "632723": 62, "632724": 36, "632725": 110, "632726": 46,
        "632801": 222, "632802": 88, "632803": 22, "632821": 34, "632822": 72, "632823": 22,
    }
)  # fmt: skip


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_VILLAGES = _words(
    "上庄 下庄 新庄 中庄 大庄 上滩 下滩 河滩 前沟 后沟 大沟 东沟 西沟 石沟 阳坡 阴坡 上台 下台 大台 东村 西村 中村 新村 上寺 "
    "下寺 泉湾 河湾 北山 南山 柳树 杨家 祁家 马家 韩家 星光 团结 和平 民主 永丰 红星 尕庄 尕让 曲玛 日措 达隆 加让 多哇"
)
_STREETS = _words("五四 七一 黄河 长江 昆仑 建国 祁连 海湖 新宁 胜利 同仁 互助 民和 共和 八一 团结 人民 文化 迎宾 滨河")


@dataclass(frozen=True, slots=True)
class Town:
    """A township or subdistrict with the county it lies in and its full name."""

    code: str
    name: str
    county: str
    full_name: str
    urban: bool


@dataclass(frozen=True, slots=True)
class Places:
    """The counties and townships of a province, ready to be drawn from."""

    province: str
    counties: tuple[str, ...]
    weights: tuple[int, ...]
    towns: Mapping[str, tuple[Town, ...]]
    town: Mapping[str, Town]
    _codes: dict[tuple[str, int], str] = field(default_factory=dict, compare=False, repr=False)

    def draw_town(self, rng: random.Random, *, county: str | None = None) -> Town:
        """Draw a township, of the county if one is named."""
        return rng.choice(self.towns[county or rng.choices(self.counties, cum_weights=self.weights)[0]])

    def draw_county(self, rng: random.Random) -> str:
        """Draw a county by its number of inhabitants."""
        return rng.choices(self.counties, cum_weights=self.weights)[0]

    def id_code(self, *, county: str, year: int) -> str:
        """Return the county code that a citizen id given in a year begins with (GB 11643).

        Numbers were first given in the middle of the 1980s: whoever was born earlier got the code of that time. Where
        no code of the county itself is known for the year, the oldest county of the same prefecture answers.
        """
        given = max(year, 1986)
        key = (county, given)
        if key not in self._codes:
            code = code_in_force(county, year=given)
            if not division(code).in_force(year=given):
                same = (one for one in self.counties if one[:4] == county[:4] and division(one).in_force(year=given))
                code = next(same)
            self._codes[key] = code
        return self._codes[key]


@lru_cache(maxsize=2)
def places(province: str = QINGHAI) -> Places:
    """Return the places of a province; counties without a known size count alike.

    Townships directly below a prefecture are left out: nobody's six-digit county code would be in law there.
    """
    counties = divisions(province=province, level="county")
    towns: dict[str, list[Town]] = {}
    for one in divisions(province=province, level="township"):
        if not one.parent.endswith("00"):
            towns.setdefault(one.parent, []).append(_town(one))
    inhabited = [one.code for one in counties if one.code in towns]
    return Places(
        province,
        tuple(inhabited),
        tuple(accumulate(_THOUSANDS.get(code, 100) for code in inhabited)),
        MappingProxyType({code: tuple(found) for code, found in towns.items()}),
        MappingProxyType({town.code: town for found in towns.values() for town in found}),
    )


def _town(one: Division) -> Town:
    county = division(one.parent)
    prefecture = division(county.parent).name if county.parent else ""
    return Town(
        one.code, one.name, county.code, f"青海省{prefecture}{county.name}{one.name}"
        if county.code.startswith("63") else f"{prefecture}{county.name}{one.name}", one.name.endswith("街道"),
    )  # fmt: skip


def draw_address(rng: random.Random, *, town: Town) -> str:
    """Invent an address in a township: a flat in a subdistrict, a house in a village elsewhere."""
    if town.urban:
        street, number = rng.choice(_STREETS), rng.randint(1, 180)
        return f"{town.full_name}{street}路{number}号{rng.randint(1, 24)}号楼{rng.randint(1, 5)}单元{rng.randint(1, 18)}0{rng.randint(1, 4)}室"
    return f"{town.full_name}{rng.choice(_VILLAGES)}村{rng.randint(1, 320)}号"
