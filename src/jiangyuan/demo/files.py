"""What is not in the six databases: a county's own register and a township's folder, as offices make them.

- `<county>/disability_veterans.sqlite`: the register of the county's disabled persons and veterans (残联、退役军人).
- `<township>/耕地地力保护补贴发放清册.csv`: a subsidy list in GB 18030, with ids guarded by a tab against the spreadsheet,
  thousands separators, a total line at the end.
- `<township>/临时救助花名册.xlsx`: title row, merged two-line header, full-width digits, merged household cells, footnote.
"""

from __future__ import annotations

import csv
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jiangyuan.demo.names import variant
from jiangyuan.demo.observation import STORY_HOUSEHOLD, Spoiled
from jiangyuan.demo.people import Household, Person, Population
from jiangyuan.demo.places import Town
from jiangyuan.demo.workbook import Cell, write_workbook
from jiangyuan.organization.divisions import division

CSV_NAME = "耕地地力保护补贴发放清册.csv"
WORKBOOK_NAME = "临时救助花名册.xlsx"
DATABASE_NAME = "disability_veterans.sqlite"

CSV_HEADER = (
    "序号",
    "村（社区）",
    "户主姓名",
    "身份证号码",
    "补贴面积（亩）",
    "补贴标准（元/亩）",
    "补贴金额（元）",
    "联系电话",
)
_RATE = 83.5

_DATABASE = """
CREATE TABLE disabled_person (  -- 持证残疾人
    certificate_number TEXT PRIMARY KEY,  -- 残疾人证号（身份证号＋类别＋等级）
    citizen_id TEXT NOT NULL,             -- 公民身份号码
    name TEXT NOT NULL,                   -- 姓名
    sex TEXT NOT NULL,                    -- 性别
    disability_kind TEXT NOT NULL,        -- 残疾类别
    disability_grade INTEGER NOT NULL,    -- 残疾等级（1 最重）
    township TEXT NOT NULL,               -- 乡镇（街道）
    guardian TEXT,                        -- 监护人
    phone TEXT,                           -- 联系电话
    issued_on TEXT NOT NULL,              -- 发证日期
    updated_at TEXT NOT NULL              -- 更新时间
);
CREATE TABLE veteran (  -- 退役军人
    registration_number TEXT PRIMARY KEY, -- 建档立卡编号
    citizen_id TEXT NOT NULL,             -- 公民身份号码
    name TEXT NOT NULL,                   -- 姓名
    enlisted_year INTEGER NOT NULL,       -- 入伍年份
    discharged_year INTEGER NOT NULL,     -- 退役年份
    township TEXT NOT NULL,               -- 乡镇（街道）
    preferential INTEGER NOT NULL,        -- 是否优抚对象（1 是 0 否）
    updated_at TEXT NOT NULL              -- 更新时间
);
"""
_DISABILITIES = ("视力", "听力", "言语", "肢体", "智力", "精神", "多重")


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """Where the files are, whom each row is about and which cells were spoiled.

    `about` maps `disabled_person`, `veteran`, `subsidy` and `relief` to the person of each row in the file's order.
    """

    database: Path
    subsidy_list: Path
    relief_roll: Path
    about: dict[str, list[int]]
    spoiled: list[Spoiled]


def write_files(root: Path, population: Population) -> WrittenFiles:
    """Write the county's database and the township's two files below `root`, replacing older ones.

    The county and the township are those with most households; the same population gives the same content.
    """
    rng = random.Random(f"files/{population.fingerprint}")
    towns = Counter(home.town for home in population.households if home.number != STORY_HOUSEHOLD)
    counties = Counter(home.town.county for home in population.households)
    rural = max((town for town in towns if not town.urban), key=lambda town: (towns[town], town.code))
    county = max(counties, key=lambda code: (counties[code], code))
    county_folder, town_folder = root / division(county).name, root / rural.name
    for folder in (county_folder, town_folder):
        folder.mkdir(parents=True, exist_ok=True)
    spoiled: list[Spoiled] = []
    about = _write_database(county_folder / DATABASE_NAME, population, county, rng)
    homes = [home for home in population.households if home.town == rural and home.number != STORY_HOUSEHOLD]
    about["subsidy"] = _write_subsidy(town_folder / CSV_NAME, population, homes, rng, spoiled)
    about["relief"] = _write_relief(town_folder / WORKBOOK_NAME, population, rural, homes, rng, spoiled)
    return WrittenFiles(
        county_folder / DATABASE_NAME, town_folder / CSV_NAME, town_folder / WORKBOOK_NAME, about, spoiled
    )


def _write_database(place: Path, population: Population, county: str, rng: random.Random) -> dict[str, list[int]]:
    people = [one for one in population.living() if population.households[one.household].town.county == county]
    disabled = [one for one in people if rng.random() < (0.12 if one.age(population.as_of) >= 60 else 0.03)] or people[
        :1
    ]
    men = [one for one in people if one.male and 27 <= one.age(population.as_of) <= 85]
    veterans = [one for one in men if rng.random() < 0.06] or men[:1]
    place.unlink(missing_ok=True)
    connection = sqlite3.connect(place)
    try:
        with connection:
            connection.executescript(_DATABASE)
            connection.executemany(
                f"INSERT INTO disabled_person VALUES ({','.join('?' * 11)})",
                [_disabled(population, one, rng) for one in disabled],
            )
            connection.executemany(
                f"INSERT INTO veteran VALUES ({','.join('?' * 8)})",
                [_veteran(population, one, rng, serial) for serial, one in enumerate(veterans, start=1)],
            )
    finally:
        connection.close()
    return {"disabled_person": [one.number for one in disabled], "veteran": [one.number for one in veterans]}


def _disabled(population: Population, one: Person, rng: random.Random) -> tuple[object, ...]:
    kind, grade = rng.randint(1, 7), rng.randint(1, 4)
    home = population.households[one.household]
    guardian = population.persons[home.members[0]].name if kind >= 5 else None
    last = population.as_of.year - 1
    issued = (
        f"{rng.randint(min(last, max(2009, one.birth.year)), last)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    )
    return (
        f"{one.citizen_id}{kind}{grade}", one.citizen_id, one.name, "男" if one.male else "女", _DISABILITIES[kind - 1], grade,
        home.town.name, guardian, one.phone or None, max(issued, one.birth.isoformat()), _changed(population, rng),
    )  # fmt: skip


def _veteran(population: Population, one: Person, rng: random.Random, serial: int) -> tuple[object, ...]:
    enlisted = one.birth.year + 18
    home = population.households[one.household]
    return (
        f"TY{home.town.county}{serial:06d}", one.citizen_id, one.name, enlisted, enlisted + rng.choice((2, 2, 5, 8)),
        home.town.name, int(rng.random() < 0.3), _changed(population, rng),
    )  # fmt: skip


def _changed(population: Population, rng: random.Random) -> str:
    year = population.as_of.year
    return (
        f"{year}-{rng.randint(1, 10):02d}-{rng.randint(1, 28):02d} {rng.randint(9, 17):02d}:{rng.randint(0, 59):02d}:00"
    )


def _write_subsidy(place: Path, population: Population, homes: Sequence[Household], rng: random.Random,
                   spoiled: list[Spoiled]) -> list[int]:  # fmt: skip
    about, total = [], 0.0
    with place.open("w", encoding="gb18030", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(CSV_HEADER)
        for serial, home in enumerate(homes, start=1):
            head = population.persons[home.members[0]]
            area = round(rng.uniform(1.2, 28.0), 1)
            amount = round(area * _RATE, 2)
            total += amount
            name = head.name
            if rng.random() < 0.05:
                name = variant(rng, name=name, group=head.ethnicity)
                spoiled.append(Spoiled("subsidy", serial, "户主姓名", "name_variant", head.name, name))
            village = home.address.removeprefix(home.town.full_name).split("村")[0] + "村"
            # a leading tab keeps the spreadsheet from turning the number into 6.3E+17
            lines.writerow((serial, village, name, f"\t{head.citizen_id}", area, _RATE, f"{amount:,.2f}", head.phone))
            about.append(head.number)
        lines.writerow(("合计", "", f"{len(about)}户", "", "", "", f"{total:,.2f}", ""))
    return about


def _write_relief(place: Path, population: Population, town: Town, homes: Sequence[Household], rng: random.Random,
                  spoiled: list[Spoiled]) -> list[int]:  # fmt: skip
    rows = _relief_header(town, population.as_of.year)
    merged = ["A1:I1", "A2:E2", "F2:I2", "A3:A4", "B3:C3", "D3:F3", "G3:H3", "I3:I4"]
    about: list[int] = []
    for serial, home in enumerate(rng.sample(list(homes), min(len(homes), 12)), start=1):
        first = len(rows) + 1
        members = [one for one in population.family(home.number) if one.died is None]
        amount = _amount(rng)
        for place_in_home, one in enumerate(members):
            number = one.citizen_id
            if rng.random() < 0.15:
                number = _fullwidth(number)
                spoiled.append(Spoiled("relief", len(about) + 1, "身份证号", "fullwidth", one.citizen_id, number))
            shared: list[Cell] = (
                [serial, members[0].name, members[0].phone or None] if not place_in_home else [None] * 3
            )
            rest: list[Cell] = (
                [amount, rng.choice(("重大疾病", "火灾", "子女就学", "交通事故")), None]
                if not place_in_home
                else [None] * 3
            )
            rows.append([*shared, one.name, number, one.relation, *rest])
            about.append(one.number)
        if len(members) > 1:
            merged.extend(f"{column}{first}:{column}{len(rows)}" for column in "ABCGHI")
    rows.append(["注：１．本表一式三份；２．金额为一次性救助金；３．身份证号须与户口簿一致。", *[None] * 8])
    merged.append(f"A{len(rows)}:I{len(rows)}")
    rows.append(["审核人：", None, None, "填表人：", None, None, "联系电话：", None, None])
    write_workbook(place, sheet="花名册", rows=rows, merged=merged, widths=(6, 12, 14, 12, 22, 12, 12, 12, 10))
    return about


def _relief_header(town: Town, year: int) -> list[list[Cell]]:
    """Return the title, the line of who reports, and the header in two lines."""
    signed: list[Cell] = [f"填报单位（盖章）：{town.full_name}人民政府", *[None] * 4]
    return [
        [f"{town.name}{year}年临时救助对象花名册", *[None] * 8],
        [*signed, f"填报日期：{_fullwidth(str(year))}年{_fullwidth('10')}月", *[None] * 3],
        ["序号", "户主", None, "家庭成员", None, None, "救助情况", None, "备注"],
        [None, "姓名", "联系电话", "姓名", "身份证号", "与户主关系", "金额（元）", "原因", None],
    ]


def _amount(rng: random.Random) -> Cell:
    """Return an amount as a number, or as text in full-width digits."""
    amount = rng.randrange(500, 5000, 100)
    return amount if rng.random() < 0.7 else _fullwidth(str(amount))


def _fullwidth(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) for one in text)
