"""What a command answers: tables and facts for people, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from jiangyuan.cli.guide import Unusable
from jiangyuan.cli.language import _, text

AsJson = Annotated[bool, typer.Option("--json", help=_("输出 JSON，供程序读取"))]
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LARGEST_INPUT = 4 * 1024 * 1024


def shown(value: Any) -> str:
    """Give a value as people read it: times to the second in this machine's zone, lists joined, nothing as a dash."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return text(_("是")) if value else text(_("否"))
    if isinstance(value, list) and all(not isinstance(one, dict | list) for one in value):
        return ", ".join(str(one) for one in value)
    if isinstance(value, list) and all(isinstance(one, dict) and "column" in one for one in value):
        return ", ".join(one["column"] for one in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    # what others wrote must not steer this terminal
    words = _CONTROL.sub("\ufffd", str(value))
    if len(words) >= 20 and words[10:11] == "T":
        try:
            return datetime.fromisoformat(words).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        except ValueError:
            return words
    return words


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[tuple[str, str]]) -> None:
    """Print rows as a table; `columns` are (field, marked heading). No rows is said in words."""
    if not rows:
        typer.echo(text(_("没有符合条件的内容。")))
        return
    from rich.console import Console
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for name, heading in columns:
        # an identifier that is cut off cannot be copied
        made.add_column(text(heading), no_wrap=name.endswith("id"), overflow="fold")
    for row in rows:
        made.add_row(*(shown(row.get(name)) for name, _heading in columns))
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        # a pipe has no width: what is read line by line must not be wrapped
        console = Console(highlight=False, markup=False, emoji=False, width=1000)
    console.print(made)


def facts(values: Mapping[str, Any]) -> None:
    """Print one object: a line for each field."""
    from jiangyuan.cli.guide import columns_of

    width = max((columns_of(name) for name in values), default=0)
    for name, value in values.items():
        typer.echo(f"{name}{' ' * (width - columns_of(name))}  {shown(value)}")


def read_input(place: str) -> str:
    """Read a file, or the standard input for `-`, within bounds. Raises `Unusable`."""
    try:
        if place == "-":
            data = typer.get_binary_stream("stdin").read(LARGEST_INPUT + 1)
        else:
            with Path(place).open("rb") as file:
                data = file.read(LARGEST_INPUT + 1)
        if len(data) > LARGEST_INPUT:
            raise Unusable(text(_("文件过大")), where=place, mend=text(_("请减小到 4 MB 以内。")))
        return data.decode("utf-8-sig")
    except OSError as exc:
        raise Unusable(text(_("无法读取文件：%(reason)s"), reason=exc.strerror), where=place) from exc
    except UnicodeDecodeError as exc:
        raise Unusable(text(_("文件不是 UTF-8 文本")), where=place, mend=text(_("请转换编码后重试。"))) from exc


def read_json(place: str) -> Any:
    """Read JSON from a file, or from the standard input for `-`. Raises `Unusable`."""
    try:
        return json.loads(read_input(place))
    except (ValueError, RecursionError) as exc:
        told = text(_("文件不是 JSON：%(reason)s"), reason=str(exc)[:200])
        raise Unusable(told, where=place, mend=text(_("请改正后重试。"))) from exc
