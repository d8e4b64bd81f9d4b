"""How the guide looks: help pages in two languages, set for a terminal, and the one place where errors are told."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from jiangyuan.cli import language
from jiangyuan.cli.language import _, text
from jiangyuan.kernel.errors import JiangyuanError

WIDEST = 110
START, ROAD, PROOF, RUNNING = _("开始"), _("主路（按先后）"), _("证明"), _("平台运行")
PANELS = (START, ROAD, PROOF, RUNNING)
"""The headings of the guide's first page, in their order."""
_PIECE = re.compile(r"(?:[^\s\u2e80-\uffef]+|[\u2e80-\uffef])[，。；：！？）》」、”…]*|[ \t]+")


class Unusable(JiangyuanError):
    """The command could not begin: a file cannot be read, the platform cannot be reached, nobody is signed in."""

    default_code = "unusable"
    exit_code = 2


class Answered(JiangyuanError):
    """The platform's refusal, as it was told over REST or the gateway."""

    default_code = "refused"
    exit_code = 1


# --- setting text -----------------------------------------------------------------------------------------------------


def columns_of(words: str) -> int:
    """Give the width of a text on a terminal, where a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def wrap(paragraph: str, width: int) -> list[str]:
    """Break one paragraph into lines of at most `width` columns, never before a closing mark."""
    lines, line, used = list[str](), "", 0
    for piece in _PIECE.findall(paragraph):
        size = columns_of(piece)
        if line and used + size > width:
            lines.append(line.rstrip())
            line, used = ("", 0) if piece.isspace() else (piece, size)
        else:
            line, used = line + piece, used + size
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _paragraphs(words: str, width: int, indent: str = "") -> Iterable[str]:
    for line in words.split("\n"):
        own = line[: len(line) - len(line.lstrip())]
        yield from ((indent + own + part).rstrip() for part in wrap(line.strip(), width - len(indent + own)))


def _pairs(rows: Sequence[tuple[str, str]], width: int) -> Iterable[str]:
    left = min(max((columns_of(name) for name, _words in rows), default=0), 34)
    for name, words in rows:
        lines = list(wrap(words, max(24, width - left - 4)))
        gap = left - columns_of(name)
        if gap < 0:
            yield f"  {name}"
            yield from (" " * (left + 4) + line for line in lines)
            continue
        yield f"  {name}{' ' * gap}  {lines[0]}".rstrip()
        yield from (" " * (left + 4) + line for line in lines[1:])


def _parameter(parameter: Any) -> tuple[str, str]:
    help_ = text(parameter.help or "")
    marks = []
    if parameter.required:
        marks.append(text(_("必填")))
    if getattr(parameter, "multiple", False):
        marks.append(text(_("可多次给出")))
    if parameter.param_type_name == "argument":
        return _metavar(parameter), help_
    if parameter.show_default and not parameter.required and parameter.default not in (None, "", False, (), []):
        marks.append(text(_("默认 %(value)s"), value=parameter.default))
    name = ", ".join([*parameter.opts, *parameter.secondary_opts])
    if not parameter.is_flag:
        name += f" {_metavar(parameter)}"
    return name, help_ + (text(_("（%(marks)s）"), marks=text(_("，")).join(marks)) if marks else "")


def _metavar(parameter: Any) -> str:
    return text(parameter.metavar) if parameter.metavar else str(parameter.name).upper().replace("_", "-")


def page(command: Any, context: Any, *, width: int | None = None) -> str:
    """Set the help page of a command: how it is called, what it is for, its commands, arguments and options."""
    width = width or min(shutil.get_terminal_size().columns, WIDEST)
    shown = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
    arguments = [p for p in shown if p.param_type_name == "argument"]
    options = [p for p in shown if p.param_type_name != "argument"]
    commands = getattr(command, "commands", {})
    call = [context.command_path, *([text(_("[选项]"))] if options else [])]
    call += [_metavar(a) if a.required else f"[{_metavar(a)}]" for a in arguments]
    call += [text(_("命令 …"))] if commands else []
    lines = [text(_("用法：")) + " ".join(call), "", *_paragraphs(text(command.help or ""), width)]
    panels: dict[str, list[tuple[str, str]]] = {panel: [] for panel in PANELS if commands}
    for name, one in commands.items():
        first = text(one.help or "").split("\n")[0]
        panels.setdefault(one.rich_help_panel or _("命令"), []).append((name, first))
    sections = [*panels.items(), (_("参数"), [_parameter(a) for a in arguments])]
    sections.append((_("选项"), [_parameter(o) for o in options]))
    for title, rows in sections:
        if rows:
            lines += ["", text(title) + text(_("：")), *_pairs(rows, width)]
    return "\n".join([*lines, ""])


class GuideCommand(TyperCommand):
    """A command whose help is a page of the guide."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page."""
        formatter.write(page(self, ctx))


class GuideGroup(TyperGroup):
    """A group of commands whose help is a page of the guide."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page."""
        formatter.write(page(self, ctx))


def group(name: str, help_: str, panel: str = "") -> typer.Typer:
    """Make a group of commands under a heading of the guide's first page."""
    return typer.Typer(
        name=name, help=help_, cls=GuideGroup, no_args_is_help=True, rich_help_panel=panel, rich_markup_mode=None
    )


# --- running, and telling what went wrong -----------------------------------------------------------------------------


class Guide(typer.Typer):
    """The whole command line. Exit codes: 0 done, 1 refused or not valid, 2 could not begin."""

    def __call__(self, *_arguments: Any, **_options: Any) -> Any:
        """Run what the command line says, and end the process."""
        sys.exit(run(self, sys.argv[1:]))


def run(app: typer.Typer, words: Sequence[str]) -> int:
    """Run one command line; gives the exit code. Errors are told on the standard error."""
    language.use(language.choose(words, os.environ))
    try:
        result = get_command(app).main(args=list(words), prog_name="jiangyuan", standalone_mode=False)
    except JiangyuanError as error:
        tell(error, as_json="--json" in words)
        return getattr(error, "exit_code", 1)
    except TyperException as error:
        return _misread(error)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo(text(_("已中止")), err=True)
        return 130
    except BrokenPipeError:
        # whoever read us has seen enough; what is still buffered must not fail at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def tell(error: JiangyuanError, *, as_json: bool = False) -> None:
    """Tell an error on the standard error: what happened, where, how to mend it, under which article."""
    facts = error.as_dict()
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False), err=True)
        return
    typer.echo(text(_("未办成：%(message)s"), message=facts["message"]), err=True)
    for name, title in (("where", _("位置")), ("mend", _("办法")), ("article", _("依据"))):
        if facts[name]:
            typer.echo(f"  {text(title)}{text(_('：'))}{facts[name]}", err=True)


def _misread(error: Any) -> int:
    """Tell why the line could not be read; a group that was called alone shows its page."""
    kind, context = type(error).__name__, getattr(error, "ctx", None)
    if kind == "NoArgsIsHelpError" or (context is not None and error.format_message() == "Missing command."):
        typer.echo(page(context.command, context))
        return 0
    parameter = getattr(error, "param", None)
    name = ", ".join(parameter.opts) if parameter is not None and parameter.param_type_name == "option" else ""
    name = name or (_metavar(parameter) if parameter is not None else "")
    if kind == "MissingParameter":
        told = text(_("缺少 %(name)s"), name=name)
    elif kind == "NoSuchOption":
        told = text(_("没有选项 %(name)s"), name=error.option_name)
    elif kind == "BadParameter":
        told = text(_("%(name)s 的值不正确：%(reason)s"), name=name, reason=error.message)
    elif (
        unknown := re.match(r"No such command '(.*?)'\.(?: Did you mean (.*)\?)?", error.format_message())
    ) is not None:
        told = text(_("没有命令 %(name)s"), name=unknown[1])
        if unknown[2]:
            told += text(_("，是否想用 %(names)s"), names=unknown[2].replace("'", ""))
    else:
        told = text(_("命令写法不对：%(reason)s"), reason=error.format_message())
    path = context.command_path if context is not None else "jiangyuan"
    mend = text(_("请看 `%(command)s --help`。"), command=path)
    tell(Unusable(told, code="usage", mend=mend))
    return 2
