"""What happens in public security's own database because a visitor asked for it: written by its owner, as its system would."""

from __future__ import annotations

import psycopg
from psycopg import sql

from jiangyuan.demo.stagehand.accounts import kept
from jiangyuan.kernel.jobs import job


def _database() -> psycopg.Connection:
    found = kept("public_security.json")
    return psycopg.connect(str(found["dsn"]), connect_timeout=5)


@job("stagehand.correct")
def correct() -> None:
    """Move the date of the newest death but the story's by one day, and back the next time."""
    with _database() as connection:
        connection.execute(
            "UPDATE death_registration SET death_date = registered_on - (CASE WHEN registered_on - death_date = 1 THEN 2"
            " ELSE 1 END), updated_at = now() WHERE record_id = (SELECT min(record_id) FROM death_registration)"
        )


@job("stagehand.register_death")
def register_death() -> None:
    """Register the death of the story's elder; one that stands already is withdrawn first, as if it had been a mistake."""
    row = kept("story.json")
    columns = [name for name in row if name.isidentifier()]
    insert = sql.SQL("INSERT INTO death_registration ({}, updated_at) VALUES ({}, now())").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(sql.Placeholder() * len(columns))
    )
    with _database() as connection:
        connection.execute("DELETE FROM death_registration WHERE citizen_id = %s", [row["citizen_id"]])
        connection.commit()
        connection.execute(insert, [row[name] for name in columns])
        connection.execute(
            "UPDATE resident SET life_status = '死亡注销', updated_at = now() WHERE citizen_id = %s",
            [row["citizen_id"]],
        )
