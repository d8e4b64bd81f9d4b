"""Sets of masks: whatever set is allowed, no citizen id can be put together from what it shows."""

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import product

import pytest

from jiangyuan.data.disclosure import default_mask, judge, judge_combined
from jiangyuan.data.relations import Column, Mask

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DIVISIONS = ["630102", "630103", "630104", "632523", "110101", "632801", "630202", "632221"]


def citizen_id(division: str, born: date, sequence: int) -> str:
    return checked(f"{division}{born:%Y%m%d}{sequence:03}")


def checked(body: str) -> str:
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def people(count: int) -> list[str]:
    source = random.Random(20261122)
    first = date(1940, 1, 1)
    return [
        citizen_id(source.choice(DIVISIONS), first + timedelta(days=source.randrange(30_000)), source.randrange(1000))
        for _ in range(count)
    ]


ID_MASKS = [
    None,
    Mask("redact"),
    Mask("token"),
    Mask("division"),
    Mask("birth_year"),
    *[Mask("keep", (("first", a), ("last", b))) for a, b in product(range(0, 18, 2), (0, 1, 2, 4, 6, 8)) if a + b < 18],
    *[Mask("keep", (("first", a), ("last", 0))) for a in (1, 3, 15, 17)],
]
BIRTH_MASKS = [None, Mask("redact"), Mask("year"), Mask()]
OTHERS = list(product((False, True), (False, True)))


def show(mask: Mask | None, number: str) -> str:
    """What the mask shows of an id; `?` for what it hides."""
    if mask is None or mask.kind in ("redact", "token"):
        return "?" * 18
    if mask.kind == "division":
        return number[:6] + "?" * 12
    if mask.kind == "birth_year":
        return "?" * 6 + number[6:10] + "?" * 8
    first, last = mask.number("first"), mask.number("last")
    return number[:first] + "?" * (18 - first - last) + (number[-last:] if last else "")


def known(number: str, id_mask: Mask | None, birth: Mask | None, division: bool) -> str:
    places = list(show(id_mask, number))
    if division:
        places[:6] = number[:6]
    if birth is not None and birth.kind in ("none", "year"):
        end = 10 if birth.kind == "year" else 14
        places[6:end] = number[6:end]
    return "".join(places)


DAYS = [f"{date(1940, 1, 1) + timedelta(days=i):%Y%m%d}" for i in range(30_000)]
SEQUENCES = [f"{i:03}" for i in range(1000)]


@lru_cache(maxsize=4096)
def fitting(pattern: str, kind: str) -> list[str]:
    test = re.compile(pattern.replace("?", "."))
    return [
        value for value in {"day": DAYS, "division": DIVISIONS, "sequence": SEQUENCES}[kind] if test.fullmatch(value)
    ]


def candidates(pattern: str, sex: str | None) -> Iterator[str]:
    """The attacker: every valid id of the divisions in use that agrees with what is shown."""
    sequences = [s for s in fitting(pattern[14:17], "sequence") if sex is None or int(s[2]) % 2 == int(sex) % 2]
    for division in fitting(pattern[:6], "division"):
        for day in fitting(pattern[6:14], "day"):
            for sequence in sequences:
                found = checked(division + day + sequence)
                if pattern[17] in ("?", found[17]):
                    yield found


def columns(id_mask: Mask | None, birth: Mask | None, division: bool, sex: bool) -> list[Column]:
    found = []
    if id_mask is not None:
        found.append(Column("id_card", "text", id_mask))
    if birth is not None:
        found.append(Column("birth_date", "date", birth))
    if division:
        found.append(Column("division", "text"))
    if sex:
        found.append(Column("sex", "text"))
    return found


def test_first_six_last_four_and_birth_date_give_the_id_back() -> None:
    mask, birth = Mask("keep", (("first", 6), ("last", 4))), Mask()
    ids = people(500)
    back = sum(list(candidates(known(number, mask, birth, False), None)) == [number] for number in ids)
    assert back == 500
    assert [problem.code for problem in judge(columns(mask, birth, False, False))] == ["data.mask.id_suffix"]


def test_no_allowed_set_gives_an_id_back() -> None:
    ids = people(3)
    allowed = refused = 0
    for id_mask, birth, (division, sex) in product(ID_MASKS, BIRTH_MASKS, OTHERS):
        if judge(columns(id_mask, birth, division, sex)):
            refused += 1
            continue
        allowed += 1
        for number in ids:
            attack = candidates(known(number, id_mask, birth, division), number[16] if sex else None)
            for count, _candidate in enumerate(attack, 1):
                if count >= 100:
                    break
            else:
                pytest.fail(f"{id_mask} {birth} {division} {sex} leaves too few ids for {number}")
    assert allowed > 50 and refused > 200


def shown_by(column: Column, number: str) -> str:
    """What one column tells of a person's id."""
    if column.name == "sex":
        return "?" * 18
    mask = column.mask if column.name != "division" else None
    birth = mask if column.name == "birth_date" else None
    return known(number, mask if column.name == "id_card" else None, birth, column.name == "division")


def test_no_two_grants_undo_a_mask() -> None:
    ids = people(2)
    sets = [columns(i, b, d, s) for i, b, (d, s) in product(ID_MASKS[:12], BIRTH_MASKS, OTHERS)]
    single = [found for found in sets if not judge(found)]
    source = random.Random(7)
    for _ in range(400):
        one, two = source.choice(single), source.choice(single)
        if any(problem.refuses for problem in judge_combined([one, two])):
            continue
        for number in ids:
            places = ["?"] * 18
            sex = None
            for column in (*one, *two):
                sex = number[16] if column.name == "sex" else sex
                shown = shown_by(column, number)
                places = [new if new != "?" else old for old, new in zip(places, shown, strict=True)]
            attack = candidates("".join(places), sex)
            assert sum(1 for _pair in zip(range(100), attack, strict=False)) == 100


@pytest.mark.parametrize(
    ("one", "two", "code"),
    [
        (Mask("keep", (("first", 3), ("last", 0))), Mask("keep", (("first", 0), ("last", 4))), "data.mask.ends_joined"),
        (Mask("bucket", (("unit", 6),)), Mask("bucket", (("unit", 10),)), "data.mask.steps_joined"),
        (Mask("bucket", (("unit", 10),)), Mask("round", (("unit", 10),)), "data.mask.steps_joined"),
        (Mask("token"), Mask(), "data.mask.token_undone"),
    ],
)
def test_masks_of_one_column_that_undo_each_other(one: Mask, two: Mask, code: str) -> None:
    found = judge_combined([[Column("x", "integer", one)], [Column("x", "integer", two)]])
    assert [problem.code for problem in found if problem.refuses] == [code]


def test_masks_of_one_column_that_do_not() -> None:
    coarse, fine = Mask("bucket", (("unit", 100),)), Mask("bucket", (("unit", 10),))
    assert judge_combined([[Column("x", "integer", coarse)], [Column("x", "integer", fine)]]) == []
    longer, shorter = Mask("keep", (("first", 3), ("last", 4))), Mask("keep", (("first", 0), ("last", 4)))
    assert judge_combined([[Column("x", "text", longer)], [Column("x", "text", shorter)]]) == []


def test_defaults_are_sound_together() -> None:
    kinds = {"身份证号": "text", "姓名": "text", "出生日期": "date", "手机号": "text", "性别": "text", "户籍地": "text"}
    masked = [Column(name, kind, default_mask(Column(name, kind))) for name, kind in kinds.items()]
    assert [column.mask.kind for column in masked if column.mask][:2] == ["division", "name"]
    assert judge(masked) == []
