"""The reference of the command line (`docs/cli.md`), made from the commands: `python -m jiangyuan.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from jiangyuan.cli import app, language
from jiangyuan.cli.guide import page
from jiangyuan.cli.language import _, text

WIDTH = 96
FILE = Path(__file__).resolve().parents[3] / "docs" / "cli.md"


def walk(command: Any, context: typer.Context | None = None) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Give every command below and with this one: its path, itself and its context."""
    made = type(command).context_class(command, info_name=command.name or "jiangyuan", parent=context)
    yield made.command_path, (command, made)
    for one in getattr(command, "commands", {}).values():
        yield from walk(one, made)


def reference() -> str:
    """Give the whole reference as Markdown, in the language spoken now."""
    lines = [f"# {text(_('命令行'))}", "", text(_("由 `python -m jiangyuan.cli.reference` 从命令本身生成。")), ""]
    for path, (command, context) in walk(get_command(app)):
        lines += [f"{'#' * min(2 + path.count(' '), 4)} {path}", "", "```text"]
        lines += [page(command, context, width=WIDTH).rstrip(), "```", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    language.use(language.CHINESE)
    FILE.write_text(reference(), "utf-8")
