"""Profiles: statistics in one scan, identifiers found by their check digits, personal values withheld."""

import random
from datetime import date

import pyarrow as pa

from jiangyuan.data.profile import profile
from jiangyuan.kernel.identifiers import make_citizen_id


def people(count=200):
    draw = random.Random(3)
    ids = [
        make_citizen_id(
            division="630102", birth=date(1950 + n % 60, 1 + n % 12, 1 + n % 28), sequence=draw.randrange(1, 999)
        )
        for n in range(count)
    ]
    return pa.table(
        {
            "证件": [*ids[:-2], "wrong", None],
            "性别": ["男" if n % 2 else "女" for n in range(count)],
            "金额": [None, *range(1, count)],
            "备注": ["  "] * count,
        }
    )


def test_a_profile_counts_detects_and_withholds():
    found = profile(people())
    ids, sex, amount = (found.column(name) for name in ("证件", "性别", "金额"))
    assert (found.rows, ids.nulls, ids.identifier, ids.withheld) == (200, 1, "citizen_id", True)
    assert ids.least is ids.greatest is None and ids.frequent == ()
    assert set(sex.frequent) == {"男", "女"} and sex.shapes == ("汉",)
    assert (amount.least, amount.greatest, amount.filled) == ("1", "199", 0.995)
    assert found.column("备注").blanks == 200


def test_an_empty_table_and_odd_names_and_types():
    found = profile(pa.table({'a"b': pa.array([], pa.string()), "l": pa.array([], pa.list_(pa.int32()))}))
    assert found.rows == 0
    assert found.column('a"b').filled is None
