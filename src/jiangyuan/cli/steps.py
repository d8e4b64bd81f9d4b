"""Commands made from tables: a step of the road (an action over REST), a list, a detail.

Each room's commands are rows of these kinds, so that all of them name things, ask, answer and fail alike; the tests hold
every row against the action it calls.
"""

from __future__ import annotations

import csv
import inspect
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from jiangyuan.cli import output, session
from jiangyuan.cli.guide import GuideCommand, Unusable
from jiangyuan.cli.language import _, text

METAVARS = {
    "text": _("文本"),
    "number": _("数字"),
    "day": _("日期"),
    "json": _("文件"),
    "lines": _("文件"),
    "file": _("文件"),
    "secret": _("文件"),
    "sheet": _("文件"),
    "list": _("文本"),
    "items": _("列[=脱敏]"),
    "pairs": _("列=原因"),
    **{kind: _("名称") for kind in session.KINDS},
}


@dataclass(frozen=True, slots=True)
class Field:
    """One option of a step. `kind` says how its value is read, or which kind of thing it names.

    `text`, `number`, `day` (YYYY-MM-DD), `flag`; `json`, `lines`, `sheet` (CSV), `file`: from a file or `-`; `secret`: asked without
    echo, or from a file; `list`: given several times; `items`: `column`, `column=none`, `column=keep:start=6`.
    """

    name: str
    help: str
    kind: str = "text"
    required: bool = False
    option: str = ""

    @property
    def flag(self) -> str:
        """Give the option's name on the command line."""
        return "--" + (self.option or self.name).replace("_", "-") + ("-file" if self.kind == "secret" else "")


@dataclass(frozen=True, slots=True)
class Step:
    """A command that carries out an action. `of` is the kind of thing it acts on; `path` holds `{id}` then."""

    name: str
    action: str
    path: str
    help: str
    of: str = ""
    fields: tuple[Field, ...] = ()
    idempotent: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """A command that lists things. `columns` are (field, heading)."""

    name: str
    path: str
    help: str
    columns: tuple[tuple[str, str], ...]
    filters: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    """A command that shows one thing whole."""

    name: str
    of: str
    help: str


KEYWORD = inspect.Parameter.KEYWORD_ONLY


def _option(field: Field) -> inspect.Parameter:
    multiple = field.kind in ("list", "items", "pairs")
    declared: Any = {"flag": bool, "number": int}.get(field.kind, list[str] if multiple else str)
    required = field.required and field.kind != "secret"
    metavar = None if field.kind == "flag" else METAVARS[field.kind]
    option = typer.Option(field.flag, help=field.help, metavar=metavar)
    if required:
        return inspect.Parameter(field.name, KEYWORD, annotation=Annotated[declared, option])
    if field.kind == "flag":
        option = typer.Option(f"{field.flag}/--no-{field.flag[2:]}", help=field.help)
    return inspect.Parameter(field.name, KEYWORD, annotation=Annotated[declared | None, option], default=None)


def _thing(kind: str) -> inspect.Parameter:
    argument = typer.Argument(help=session.KINDS[kind].help, metavar=_("名称"), show_default=False)
    return inspect.Parameter("thing", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[str, argument])


_VERSION = inspect.Parameter(
    "expected", KEYWORD, default=None,
    annotation=Annotated[int | None, typer.Option("--version", help=_("读取时看到的版本号；对象已变化时拒绝办理"), metavar=_("数字"))],
)  # fmt: skip
_ONCE = inspect.Parameter(
    "once", KEYWORD, default=None,
    annotation=Annotated[str | None, typer.Option("--once", help=_("提交编号：同一编号重复提交只办一次"), metavar=_("文本"))],
)  # fmt: skip
_LIMIT = inspect.Parameter(
    "limit", KEYWORD, default=50,
    annotation=Annotated[int, typer.Option("--limit", min=1, max=session.MOST, help=_("最多列出的行数"), metavar=_("数字"))],
)  # fmt: skip
_ORDER = inspect.Parameter(
    "order", KEYWORD, default=None,
    annotation=Annotated[str | None, typer.Option("--order", help=_("排序列，前加“-”为倒序"), metavar=_("列"))],
)  # fmt: skip
_JSON = inspect.Parameter("as_json", KEYWORD, annotation=output.AsJson, default=False)


def _add(group: typer.Typer, name: str, help_: str, run: Any, parameters: Sequence[inspect.Parameter]) -> None:
    run.__signature__ = inspect.Signature(list(parameters))
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    group.command(name, help=help_, cls=GuideCommand)(run)


def add(group: typer.Typer, *specs: Step | Listing | Detail) -> None:
    """Make the commands of a group from their rows."""
    for spec in specs:
        if isinstance(spec, Step):
            _add_step(group, spec)
        elif isinstance(spec, Listing):
            _add_listing(group, spec)
        else:
            _add_detail(group, spec)
    ROWS.extend((group.info.name or "", spec) for spec in specs)


ROWS: list[tuple[str, Step | Listing | Detail]] = []
"""Every row with its group, for whoever holds the commands against the interface."""


def _add_step(group: typer.Typer, step: Step) -> None:
    def run(**given: Any) -> None:
        answer = carry_out(step, given)
        if given["as_json"] or not isinstance(answer, dict):
            output.as_json(answer)
        else:
            output.facts({text(_OUTCOME.get(n, n)): v for n, v in answer.items() if v is not None})

    parameters = [_thing(step.of)] if step.of else []
    parameters += [_option(field) for field in step.fields]
    parameters += [_VERSION] if step.of else []
    parameters += [_ONCE] if step.idempotent else []
    _add(group, step.name, step.help, run, [*parameters, _JSON])


_OUTCOME = {"id": _("编号"), "version": _("版本"), "state": _("状态")}


def carry_out(step: Step, given: Mapping[str, Any]) -> Any:
    """Carry out a step with what its options hold; gives REST's answer. Raises `Answered`, `Unusable`."""
    content = {field.name: value for field in step.fields if (value := _value(field, given[field.name])) is not None}
    path = step.path
    if step.of:
        path = path.replace("{id}", session.identify(step.of, given["thing"]))
    headers: dict[str, str] = {}
    if given.get("expected") is not None:
        headers["If-Match"] = f'"{given["expected"]}"'
    if given.get("once"):
        headers["Idempotency-Key"] = given["once"]
    return session.send("POST", path, content=content, headers=headers)


def _value(field: Field, given: Any) -> Any:
    kind = field.kind
    if kind == "secret":
        return _secret(field, given)
    if given is None or given == []:
        return None
    if kind in session.KINDS:
        return session.identify(kind, given)
    if kind == "json":
        return output.read_json(given)
    if kind == "file":
        return output.read_input(given)
    if kind == "lines":
        return [line.strip() for line in output.read_input(given).splitlines() if line.strip()]
    if kind == "sheet":
        return [[cell.strip() for cell in line] for line in csv.reader(io.StringIO(output.read_input(given)))]
    if kind == "items":
        return [_item(one) for one in given]
    if kind == "pairs":
        return dict(_pair(field, one) for one in given)
    return given


def _secret(field: Field, place: str | None) -> str | None:
    """Read a secret from a file, or ask for it where somebody sits; it never stands on the command line."""
    if place:
        return output.read_input(place).strip("\r\n")
    if not sys.stdin.isatty() and not field.required:
        return None
    words = typer.prompt(text(field.help), hide_input=True, default="" if not field.required else None, err=True)
    return words or None


def _pair(field: Field, words: str) -> tuple[str, str]:
    name, mark, value = words.partition("=")
    if not mark or not name:
        raise Unusable(text(_("应写作“名称=值”")), where=f"{field.flag} {words}")
    return name.strip(), value.strip()


def _item(words: str) -> dict[str, Any]:
    """Read one wish: a column, and the mask wanted where it is not the default of its grade."""
    column, mark, mask = words.partition("=")
    if not mark:
        return {"column": column.strip()}
    kind, _colon, rest = mask.partition(":")
    made: dict[str, Any] = {"kind": kind.strip()}
    for part in filter(None, rest.split(",")):
        name, _equals, value = part.partition("=")
        made[name.strip()] = int(value) if value.strip().lstrip("-").isdigit() else value.strip()
    return {"column": column.strip(), "mask": made}


def _add_listing(group: typer.Typer, spec: Listing) -> None:
    def run(**given: Any) -> None:
        query = {f.name: value for f in spec.filters if (value := _value(f, given[f.name])) is not None}
        query.update({"order": given["order"]} if given["order"] else {})
        rows = list(session.items(spec.path, query=query, limit=given["limit"]))
        if given["as_json"]:
            output.as_json(rows)
        else:
            output.table(rows, spec.columns)

    _add(group, spec.name, spec.help, run, [*map(_option, spec.filters), _ORDER, _LIMIT, _JSON])


def _add_detail(group: typer.Typer, spec: Detail) -> None:
    def run(thing: str, as_json: bool) -> None:
        kind = session.KINDS[spec.of]
        found = session.find(spec.of, thing)
        if kind.detail:
            found = session.send("GET", f"{kind.path}/{found['id']}")
        if as_json:
            output.as_json(found)
        else:
            output.facts(found)

    _add(group, spec.name, spec.help, run, [_thing(spec.of), _JSON])
