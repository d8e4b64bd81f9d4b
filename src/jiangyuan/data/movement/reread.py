"""Values that the stream left out (unchanged TOAST), read again from the source by key."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from jiangyuan.data.movement.changes import Key
from jiangyuan.data.movement.pgoutput import Row
from jiangyuan.data.movement.sessions import fragment, identifier
from jiangyuan.data.movement.shape import Shape
from jiangyuan.data.movement.state import Place


def reread(reader: psycopg.Connection, place: Place, shape: Shape, keys: Sequence[Key]) -> dict[Key, Row]:
    """Return the rows of `keys` as the source has them now, by key; a row that is gone meanwhile is left out."""
    types = {column.name: column.own for column in shape.needed}
    names = [column.name for column in shape.needed]
    same = sql.SQL(" AND ").join(
        sql.SQL("t.{0} = u.{0}::{1}").format(sql.Identifier(name), fragment(types[name])) for name in shape.source_key
    )
    query = sql.SQL("SELECT {} FROM {} t JOIN unnest({}) AS u({}) ON {}").format(
        sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(name)) for name in names),
        identifier(place),
        sql.SQL(", ").join([sql.SQL("%s::text[]")] * len(shape.source_key)),
        sql.SQL(", ").join(map(sql.Identifier, shape.source_key)),
        same,
    )
    arrays = [list(column) for column in zip(*keys, strict=True)]
    with reader.cursor() as cursor:
        cursor.execute(query, arrays)
        rows = _as_sent(cursor)
    positions = [names.index(name) for name in shape.source_key]
    return {tuple(row[position] for position in positions): row for row in rows}


def _as_sent(cursor: psycopg.Cursor) -> list[Row]:
    """The rows of an answer as the text the server sent, which is how the stream spells values too."""
    result = cursor.pgresult
    if result is None:
        return []
    return [
        tuple(
            None if (value := result.get_value(row, column)) is None else bytes(value).decode()
            for column in range(result.nfields)
        )
        for row in range(result.ntuples)
    ]
