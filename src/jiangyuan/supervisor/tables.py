"""Whether the tables are up to date: a stamp that spares a start the migration program when nothing is pending.

The stamp says which migration files were applied, and which names the database then held in its own book of them. It
holds only while both are unchanged, so a restored database, another one, or new code is migrated as ever.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

import psycopg

import jiangyuan
from jiangyuan.supervisor.installation import write_private

PACKAGE = Path(jiangyuan.__file__).parent
FOREIGN = ("django", "procrastinate")
"""Distributions that bring migrations of their own; their version stands for their files."""


class Stamp:
    """The stamp of one home, kept in `home/tables.stamp`."""

    def __init__(self, home: Path) -> None:
        self.file = home / "tables.stamp"

    def holds(self, owner_url: str) -> bool:
        """Return whether these very migrations were applied to this database; any doubt counts as no."""
        try:
            return self.file.read_text(encoding="utf-8") == _state(owner_url)
        except (OSError, psycopg.Error):
            return False

    def write(self, owner_url: str) -> None:
        """Note that the migrations have ended well; raises `psycopg.Error` when the database cannot be asked."""
        write_private(self.file, _state(owner_url))


def _state(owner_url: str) -> str:
    with psycopg.connect(owner_url, connect_timeout=5) as connection:
        query = "SELECT md5(coalesce(string_agg(app || '.' || name, ',' ORDER BY id), '')) FROM django_migrations"
        applied = connection.execute(query).fetchone()
        oid = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    return f"{_files()} {applied} {oid}\n"


def _files() -> str:
    """Digest everything that decides what a migration would do: the files, the list of apps, the foreign ones."""
    seen = hashlib.sha256()
    for name in FOREIGN:
        seen.update(f"{name} {version(name)}\n".encode())
    for file in sorted([PACKAGE / "settings.py", *PACKAGE.glob("**/migrations/*.py")]):
        seen.update(f"{file.relative_to(PACKAGE)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return seen.hexdigest()
