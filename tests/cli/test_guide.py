"""The guide: every command explains itself in both languages, matches the action it calls, and starts quickly."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from jiangyuan.cli import app, language
from jiangyuan.cli.guide import WIDEST, columns_of, page, run, wrap
from jiangyuan.cli.reference import reference, walk
from jiangyuan.cli.steps import ROWS, Step
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.ui.messages import read

CHINESE = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff01-\uff5e]")
ROOT = Path(__file__).resolve().parents[2]
TREE = dict(walk(get_command(app)))


@pytest.fixture
def english(monkeypatch) -> Iterator[None]:
    """Speak English from the catalogue as it is written, compiled or not."""
    catalogue = read((language.LOCALE / "en" / "LC_MESSAGES" / "django.po").read_text("utf-8"))
    language.use("en")
    monkeypatch.setattr(language._translations, "gettext", lambda message: catalogue.get(message, message))
    yield
    language.use("zh")


def _parameters(command: Any) -> list[Any]:
    return [p for p in command.params if p.name != "help"]


@pytest.mark.parametrize("path", TREE)
def test_every_command_explains_itself(path: str) -> None:
    language.use("zh")
    command, context = TREE[path]
    assert CHINESE.search(command.help or ""), "says what it is for"
    for parameter in _parameters(command):
        assert CHINESE.search(parameter.help or ""), f"{parameter.name} says what it is"
    told = page(command, context, width=80)
    assert told.startswith(f"用法：{path}")
    assert all(columns_of(line) <= 82 for line in told.splitlines()), "fits a terminal"


@pytest.mark.parametrize("path", TREE)
def test_the_english_is_whole(path: str, english: None) -> None:
    command, context = TREE[path]
    assert not CHINESE.search(page(command, context))


@pytest.mark.parametrize("path", [p for p, (c, _x) in TREE.items() if " " in p and hasattr(c, "commands")])
def test_every_group_says_what_comes_next(path: str) -> None:
    help_ = TREE[path][0].help
    assert "下一步" in help_ or path.endswith("keys")


def test_every_step_fits_its_action(db: None) -> None:
    from jiangyuan.ui.rest import api

    paths = api.get_openapi_schema()["paths"]
    for row in (r for _group, r in ROWS if isinstance(r, Step)):
        spec, declared = ACTIONS[row.action], {f.name for f in row.fields}
        known = spec.parameters.model_fields
        assert declared <= set(known), f"{row.action}: no option that the action does not take"
        required = {name for name, field in known.items() if field.is_required()}
        assert required <= {f.name for f in row.fields if f.required}, row.action
        assert bool(row.of) == (spec.on is not None), row.action
        assert paths[f"/api/v1{row.path}"]["post"]["operationId"] == row.action


def test_every_list_and_detail_has_its_route(db: None) -> None:
    from jiangyuan.cli.session import KINDS
    from jiangyuan.cli.steps import Listing
    from jiangyuan.ui.rest import api

    schema = api.get_openapi_schema()
    paths, shapes = schema["paths"], schema["components"]["schemas"]
    for _group, row in ROWS:
        if not isinstance(row, Listing):
            continue
        operation = paths[f"/api/v1{row.path}"]["get"]
        answer = operation["responses"][200]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        item = shapes[answer]["properties"]["items"]["items"]["$ref"].rsplit("/", 1)[1]
        assert {name for name, _title in row.columns} <= set(shapes[item]["properties"]), row.path
        assert {f.name for f in row.filters} <= {p["name"] for p in operation["parameters"]}, row.path
    for kind in KINDS.values():
        asked = {p["name"] for p in paths[f"/api/v1{kind.path}"]["get"]["parameters"]}
        assert set(kind.by) <= asked
        assert not kind.detail or f"/api/v1{kind.path}/{{id}}" in paths


def test_the_reference_is_current() -> None:
    language.use("zh")
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == reference(), "run `python -m jiangyuan.cli.reference`"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["regist"], "没有命令 regist"),
        (["org", "register-bod"], "是否想用 register-body"),
        (["org", "appoint"], "缺少 名称"),
        (["source", "register", "--nonsense", "1"], "没有选项 --nonsense"),
        (["source", "list", "--limit", "many"], "--limit 的值不正确"),
    ],
)
def test_a_misspelt_line_is_explained(words: list[str], told: str, capsys, monkeypatch) -> None:
    monkeypatch.setenv("JIANGYUAN_LANG", "zh")
    assert run(app, words) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "--help" in error


def test_the_language_is_chosen() -> None:
    assert language.choose(["--lang", "en", "source"], {}) == "en"
    assert language.choose(["--lang=zh"], {"LANG": "en_US.UTF-8"}) == "zh"
    assert language.choose([], {"LANG": "en_US.UTF-8"}) == "en"
    assert language.choose([], {"LANG": "C.UTF-8"}) == language.choose(["--lang"], {}) == "zh"


def test_lines_never_begin_with_a_closing_mark() -> None:
    lines = wrap("江源，一体化政务大数据平台。" * 9, 31)
    assert all(columns_of(line) <= 31 for line in lines)
    assert not any(line[0] in "，。" for line in lines)
    assert WIDEST > 80


def test_the_road_starts_without_what_it_does_not_need() -> None:
    program = (
        "import sys, jiangyuan.cli\n"
        "heavy = {'django', 'httpx', 'rich', 'psycopg', 'duckdb', 'cryptography', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
