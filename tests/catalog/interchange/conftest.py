"""Fixtures of interchange: batches handed in, checked and drafted as the worker does it, and the real catalogue."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jiangyuan.catalog.interchange import jobs
from jiangyuan.catalog.interchange.models import ImportBatch
from jiangyuan.kernel.actions import act

REFERENCE = Path(os.environ.get("JIANGYUAN_REFERENCE", Path(__file__).resolve().parents[4] / "shared" / "reference"))


def reference(name: str) -> Path:
    """Give a file of the reference data; the test is skipped by name where it is absent (and runs under CI)."""
    file = REFERENCE / name
    if not file.is_file() and not os.environ.get("CI"):
        pytest.skip(f"no reference data: {name}")
    return file


@pytest.fixture
def refer() -> Callable[[str], Path]:
    """Where the reference data lie."""
    return reference


@pytest.fixture
def hand_in(db: None, office: Any) -> Callable[..., ImportBatch]:
    """Hand in a file and have it checked; `actor` is the department's handler unless given."""

    def run(content: bytes | str, name: str = "目录.csv", *, actor: Any = None, **given: Any) -> ImportBatch:
        who = actor or office.handler
        data = content.encode() if isinstance(content, str) else content
        kind = {"xlsx": "xlsx", "json": "json"}.get(name.rsplit(".", 1)[-1], "csv")
        fields = {"body": who.body, "name": name, "kind": kind, "content": data, **given}
        batch = act("catalog.batch.upload", actor=who, **fields)
        jobs.check_batch(str(batch.pk))
        batch.refresh_from_db()
        return batch

    return run


@pytest.fixture
def let_go(db: None, office: Any) -> Callable[..., ImportBatch]:
    """Let a checked batch go on, and have it drafted."""

    def run(batch: ImportBatch, *, actor: Any = None, **given: Any) -> ImportBatch:
        who = actor or office.handler
        act("catalog.batch.proceed", batch.pk, actor=who, **given)
        jobs.draft_batch(str(batch.pk), str(who.id))
        batch.refresh_from_db()
        return batch

    return run
