"""The books are honest: forty rows, nothing "works" without a proof that passed, and the made pages are up to date.

This module runs last (`tests/conftest.py`), when the outcomes of all proofs are known. Where only a part of the suite
was asked for, a proof outside of that part is not run from here, since a journey may take minutes and whoever runs one
test wants one test; it is then only checked to exist. The whole run, `make test`, is where a claim stands or falls.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = (
    *("C1", "C2", "C3", "C4", "C5", "C6", "C7"),
    *("D1", "D2", "D3", "D4", "D5"),
    *("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9"),
    *("X1", "X2", "X3", "X4", "X5"),
    *("S1", "S2", "S3", "S4", "S5", "S6", "S7"),
    *("P1", "P2", "P3"),
    "N1",
    *("Z1", "Z2", "Z3"),
)
"""The systems that the provincial work plan names, in its order."""


def _books() -> ModuleType:
    spec = importlib.util.spec_from_file_location("books", ROOT / "tools" / "books.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


books = _books()
CAPABILITIES: list[dict[str, Any]] = books.capabilities()
PROOFS = [(row["id"], row["state"], proof) for row in CAPABILITIES for proof in row["proof"]]


def is_test(proof: str) -> bool:
    return proof.partition("::")[0].endswith(".py")


def exists(proof: str) -> bool:
    file, _colons, name = proof.partition("::")
    path = ROOT / file
    if not path.is_file():
        return False
    tests = {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, _FUNCTIONS)}
    return name in tests if name else any(test.startswith("test_") for test in tests)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def belongs(node: str, proof: str) -> bool:
    return node == proof or node.startswith((f"{proof}::", f"{proof}["))


def test_forty_rows_in_the_order_of_the_plan() -> None:
    assert len(ROWS) == 40
    assert tuple(row["id"] for row in CAPABILITIES) == ROWS


@pytest.mark.parametrize("row", CAPABILITIES, ids=lambda row: row["id"])
def test_a_row_is_whole(row: dict[str, Any]) -> None:
    assert set(row) == {"id", "zh", "en", "state", "proof", "note"}
    assert row["state"] in books.STATES and row["zh"] and row["en"]
    assert bool(row["proof"]) == (row["state"] != "not yet")
    if row["state"] == "partial":
        assert row["note"], "say what is there and what is not"
    if row["state"] == "works":
        assert any(is_test(proof) for proof in row["proof"])


@pytest.mark.parametrize(("row", "state", "proof"), PROOFS)
def test_a_proof_exists(row: str, state: str, proof: str) -> None:
    if is_test(proof):
        assert exists(proof)
        return
    program, _space, rest = proof.partition(" ")
    assert program in ("make", "jiangyuan")
    if rest.startswith("bench NAME="):
        assert (ROOT / "benchmarks" / f"{rest.removeprefix('bench NAME=').split()[0]}.py").is_file()


@pytest.mark.parametrize(("row", "state", "proof"), [p for p in PROOFS if is_test(p[2])])
def test_a_proof_that_ran_has_passed(row: str, state: str, proof: str, outcomes: dict[str, str]) -> None:
    ran = {node: outcome for node, outcome in outcomes.items() if belongs(node, proof)}
    failed = [node for node, outcome in ran.items() if outcome == "failed"]
    assert not failed, f"{row} {state}: {failed}"
    skipped = [node for node, outcome in ran.items() if outcome == "skipped"]
    if state == "works" and skipped:
        assert not os.environ.get("CI"), f"{row} is said to work, but its proof was skipped: {skipped}"
        pytest.skip(f"proof skipped here: {skipped[0]}")


@pytest.mark.parametrize(("row", "state", "proof"), [p for p in PROOFS if is_test(p[2]) and p[1] == "works"])
def test_what_works_was_proved_in_this_run(
    row: str, state: str, proof: str, outcomes: dict[str, str], whole_suite: bool
) -> None:
    if not whole_suite:
        pytest.skip("only a part of the suite was asked for")
    assert any(belongs(node, proof) for node in outcomes), f"{row}: {proof} did not run"


# --- what is made from elsewhere --------------------------------------------------------------------------------------


def test_the_made_pages_are_up_to_date() -> None:
    assert books.outdated() == [], "python tools/books.py write"


def test_both_readmes_say_the_same_of_every_row() -> None:
    english, chinese = books.capability_table("en").splitlines(), books.capability_table("zh").splitlines()
    assert len(english) == len(chinese) == len(ROWS) + 4


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_a_benchmark_that_a_readme_names_exists_and_each_benchmark_is_named(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    there = {file.stem for file in (ROOT / "benchmarks").glob("*.py") if not file.stem.startswith("_")}

    assert set(re.findall(r"make bench NAME=([a-z_]+)", text)) == there


def test_a_readme_links_to_what_is_there() -> None:

    for name in ("README.md", "README.zh.md", "CHANGELOG.md", "docs/glossary.md"):
        page = ROOT / name
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{name}: {target}"
