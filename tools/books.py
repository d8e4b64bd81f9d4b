"""The books that are made, not written: the capability tables of both READMEs, and the list of settings.

python tools/books.py write    bring them up to docs/capabilities.toml and kernel/config.py
python tools/books.py check    fail where they differ
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CAPABILITIES = ROOT / "docs" / "capabilities.toml"
SETTINGS = ROOT / "docs" / "settings.md"
READMES = {ROOT / "README.md": "en", ROOT / "README.zh.md": "zh"}
BEGIN, END = "<!-- capabilities: made by tools/books.py -->", "<!-- /capabilities -->"
STATES = {
    "works": {"en": "works", "zh": "可用"},
    "partial": {"en": "partial", "zh": "部分可用"},
    "not yet": {"en": "not yet", "zh": "尚未"},
}
HEADS = {
    "en": ("| | system | state | proof |", "{works} work, {partial} work in part, {not_yet} are to come."),
    "zh": ("| | 系统 | 状态 | 证明 |", "共 40 项：可用 {works} 项，部分可用 {partial} 项，尚未 {not_yet} 项。"),
}


def capabilities() -> list[dict[str, Any]]:
    """Read the rows of `docs/capabilities.toml`."""
    return tomllib.loads(CAPABILITIES.read_text("utf-8"))["capability"]


def capability_table(language: str) -> str:
    """Give the table that stands in the README of a language."""
    head, sentence = HEADS[language]
    rows = capabilities()
    counted = Counter(row["state"] for row in rows)
    numbers = {state.replace(" ", "_"): counted[state] for state in STATES}
    lines = [sentence.format(**numbers), "", head, "|---|---|---|---|"]
    for row in rows:
        proof = "<br>".join(f"`{proof}`" for proof in row["proof"])
        lines.append(f"| {row['id']} | {row[language]} | {STATES[row['state']][language]} | {proof} |")
    return "\n".join(lines)


def with_table(text: str, language: str) -> str:
    """Give a README with its table made anew. ValueError where it has no place for one."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{capability_table(language)}\n{END}{after}"


def _default(entry: Field[Any]) -> str:
    value = entry.default if entry.default is not MISSING else ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if isinstance(value, Path) and str(value) == "." else str(value)


def settings_page() -> str:
    """Give the page of all settings, from their own metadata."""
    from jiangyuan.kernel.config import Settings

    lines = [
        "# Settings",
        "",
        "Made from `kernel/config.py` by `python tools/books.py write`. Each is read from the environment under the name",
        "given here, else from `jiangyuan.toml` (name in small letters, without `JIANGYUAN_`), else its default stands.",
        "`jiangyuan settings` prints the values in force.",
        "",
        "| environment | default | what it is |",
        "|---|---|---|",
    ]
    for entry in fields(Settings):
        default = _default(entry)
        shown = f"`{default}`" if default else ""
        lines.append(f"| `JIANGYUAN_{entry.name.upper()}` | {shown} | {entry.metadata['doc']} |")
    return "\n".join(lines) + "\n"


def books() -> Mapping[Path, str]:
    """Give each made book as it should read."""
    made = {file: with_table(file.read_text("utf-8"), language) for file, language in READMES.items()}
    return {**made, SETTINGS: settings_page()}


def outdated() -> list[str]:
    """Name the books that differ from what they are made from."""
    return [
        str(file.relative_to(ROOT))
        for file, text in books().items()
        if not file.is_file() or file.read_text("utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write or check; return the exit code."""
    if arguments == ["write"]:
        for file, text in books().items():
            file.write_text(text, "utf-8")
        return 0
    if arguments == ["check"]:
        found = outdated()
        for name in found:
            print(f"{name} is not what it is made from: python tools/books.py write", file=sys.stderr)
        return 1 if found else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
