"""Every value arrives exactly: by the binary copy, by the tokenised copy and by the stream, compared by checksum."""

import hashlib

import pytest

from jiangyuan.data.relations import Column, Mask

TYPES = """
CREATE TYPE mood AS ENUM ('好', 'bad "quoted"');
CREATE DOMAIN division AS varchar(12) CHECK (VALUE ~ '^[0-9]+$');
CREATE TABLE matrix (
    id bigint PRIMARY KEY, whole smallint, exact numeric(30,10), loose numeric, single real, twice double precision,
    flag boolean, words text, short varchar(8), fixed char(5), one "char", day date, moment timestamp,
    instant timestamptz(6), clock time(6), zoned timetz, span interval, raw bytea, tree json, treeb jsonb, uid uuid,
    bits bit(5), varbits bit varying(9), address inet, net cidr, mac macaddr, place point, shape polygon,
    numbers int[], texts text[], cube int[][], dates daterange, several int4multirange, seek tsvector, ask tsquery,
    amount money, mode mood, part division, kind regclass, extra oid
)
"""
ROWS = [
    """(1, 32767, 12345678901234567890.0123456789, 1e-40, 'NaN', 'Infinity', true, '江源 🏔️ 𠀀 "quoted", \\ and ''', '青海', 'ab', 'x',
     '2026-11-22', '2026-11-22 12:34:56.123456', '2026-11-22 12:34:56.654321+08', '23:59:59.999999', '12:00:00.5+08',
     '1 year 2 mons 3 days 04:05:06.789', '\\x00ff10', '{"a" : [1, 2.50,  null]}', '{"b": "卓玛", "n": 1.10}',
     '01930000-0000-7000-8000-0000000000ff', B'10101', B'110', '10.1.2.3/8', '10.0.0.0/8', '08:00:2b:01:02:03', '(1.5,-2)',
     '((0,0),(1,1),(1,0))', '{1,NULL,3}', '{"a b","c\\"d",NULL,"",NULL_}', '{{1,2},{3,4}}', '[2026-01-01,2026-02-01)',
     '{[1,3),[5,9)}', 'a:1 fat:2', 'fat & rat', '1234.56', '好', '630000', 'pg_class', 4294967295)""",
    """(-9223372036854775808, -32768, -0.0000000001, 'NaN', '-Infinity', '-0', false, '', '', '', '\\001', 'infinity',
     '-infinity', 'infinity', '24:00:00', '00:00:00-15:59', '-1 mons +2 days -00:00:00.000001', '\\x', 'null', 'null',
     '00000000-0000-0000-0000-000000000000', B'00000', B'', '::1', '::/0', 'ff:ff:ff:ff:ff:ff', '(NaN,Infinity)',
     '((0,0))', '{}', '{}', '{}', 'empty', '{}', '', '', '-0.01', 'bad "quoted"', '1', NULL, 0)""",
    "(3)",
    """(4, 0, 0, 123456789012345678901234567890123456789012345678901234567890.5, '1.17549435e-38', '5e-324', NULL,
     E'line\\nbreak\\r\\n\\ttab\\\\N \\\\.', E'\\n', E'a\\n', ',', '4713-01-01 BC', '0044-03-15 01:02:03 BC',
     '294276-12-31 23:59:59.999999+00', '00:00:00', NULL, '178000000 years', '\\x0a5c4e', '"\\u6c5f\\n"', '"江"',
     NULL, B'11111', B'111111111', NULL, NULL, NULL, NULL, NULL, '[0:1]={7,8}', '{"{}",",","\\\\"}', NULL, '(,)',
     NULL, NULL, NULL, NULL, NULL, '000', NULL, NULL)""",
]
_NAMES = """
id whole exact loose single twice flag words short fixed one day moment instant clock zoned span raw
tree treeb uid bits varbits address net mac place shape numbers texts cube dates several seek ask
amount mode part kind extra
"""
CLEAR = _NAMES.split()


def checksum(road, names: list[str], *, at: str, table: str) -> list[tuple]:
    """One digest per row over the text that PostgreSQL itself writes for each value."""
    columns = ", ".join(f'"{name}"::text' for name in names)
    found = road.rows(f"SELECT id::text, {columns} FROM {table}", at=at)
    return sorted((row[0], hashlib.sha256(repr(row).encode()).hexdigest()) for row in found)


@pytest.mark.parametrize("tokenised", [False, True])
def test_every_type_arrives_exactly_by_copy_and_by_stream(road, until, tokenised: bool):
    road.run(TYPES, *(f"INSERT INTO matrix VALUES {row}" for row in ROWS))
    columns = [Column(name, "text") for name in CLEAR]
    if tokenised:
        columns = [Column(c.name, c.type, Mask("token")) if c.name == "words" else c for c in columns]
    names = [name for name in CLEAR if not (tokenised and name == "words")]
    runner = road.runner(road.subscription("matrix", columns=columns))

    def same() -> bool:
        return checksum(road, names, at="source", table="matrix") == checksum(
            road, names, at="target", table="delivered.matrix"
        )

    until(lambda: road.rows("SELECT count(*) FROM delivered.matrix") == [(4,)], tell=runner.status)
    assert same()
    copied = road.rows("SELECT words FROM delivered.matrix ORDER BY id")
    road.run("CREATE TABLE kept AS TABLE matrix", "DELETE FROM matrix")
    until(lambda: road.rows("SELECT count(*) FROM delivered.matrix") == [(0,)], tell=runner.status)
    road.run("INSERT INTO matrix SELECT * FROM kept")
    until(lambda: road.rows("SELECT count(*) FROM delivered.matrix") == [(4,)], tell=runner.status)
    assert same()
    assert road.rows("SELECT words FROM delivered.matrix ORDER BY id") == copied
    kinds = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND attrelid = '{}'::regclass"
    source, target = (
        dict(road.rows(kinds.format(t), at=a)) for a, t in [("source", "matrix"), ("target", "delivered.matrix")]
    )
    assert {name: target[name] for name in names if target[name] != source[name]} == {
        "mode": "text",
        "part": "character varying(12)",
        "kind": "text",
        "ask": "text",
    }


def test_unchanged_toast_is_read_again(road, until):
    road.run(
        "CREATE TABLE docs (id int PRIMARY KEY, small int, big text)",
        "ALTER TABLE docs ALTER big SET STORAGE EXTERNAL",
        "INSERT INTO docs SELECT n, 0, repeat(n::text || '江', 20000) FROM generate_series(1, 3) n",
    )
    runner = road.runner(
        road.subscription("docs", columns=[Column("id", "integer"), Column("small", "integer"), Column("big", "text")])
    )
    look = "SELECT id, small, md5(big) FROM {} ORDER BY id"
    until(lambda: len(road.rows(look.format("delivered.docs"))) == 3, tell=runner.status)
    road.run(
        "UPDATE docs SET small = 1 WHERE id = 1",
        "UPDATE docs SET id = 20, small = 2 WHERE id = 2",
        "BEGIN; INSERT INTO docs VALUES (4, 0, repeat('x', 90000)); UPDATE docs SET small = 4 WHERE id = 4; COMMIT",
        "BEGIN; UPDATE docs SET small = 3 WHERE id = 3; DELETE FROM docs WHERE id = 3; COMMIT",
    )
    expected = road.rows(look.format("docs"), at="source")
    until(lambda: road.rows(look.format("delivered.docs")) == expected, tell=runner.status)


def test_pseudonyms_stay_the_same_by_copy_and_by_stream(road, until):
    road.run(
        "CREATE TABLE people (division char(6), number int, name text, PRIMARY KEY (division, number))",
        "INSERT INTO people SELECT '630102', n, 'n' || n FROM generate_series(1, 100) n",
    )
    columns = [
        Column("division", "character(6)"),
        Column("number", "integer", Mask("token")),
        Column("name", "text", Mask("name")),
    ]
    runner = road.runner(road.subscription("people", columns=columns, key=("division", "number")))
    look = "SELECT _jy_key, division, number, name FROM delivered.people ORDER BY 1"
    until(lambda: len(road.rows(look)) == 100, tell=runner.status)
    first = road.rows(look)
    assert {row[1] for row in first} == {"630102"} and {row[3] for row in first} == {"n**"}
    assert len({row[0] for row in first}) == len({row[2] for row in first}) == 100
    assert not {str(n) for n in range(101)} & {row[2] for row in first}
    road.run("UPDATE people SET name = 'm' || number", "DELETE FROM people WHERE number > 50")
    until(lambda: {row[3] for row in road.rows(look)} == {"m**"} and len(road.rows(look)) == 50, tell=runner.status)
    assert {row[:3] for row in road.rows(look)} < {row[:3] for row in first}
