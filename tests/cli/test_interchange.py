"""Entries in and out, and standards, by the command line alone."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone
from tests.cli.conftest import PASSWORD, Terminal, hire, standards, work_off

from jiangyuan.catalog.entries.models import Entry, EntryRelation
from jiangyuan.standards.library.models import Standard

HEAD = "目录名称,目录代码,所属目录代码,提供部门,摘要,资源格式,更新周期,共享类型,共享条件,开放类型\n"
HARVEST = ("--as", "civil.sharing_handler", "interchange", "harvest")
GOOD = "养老机构,A,B,,全省养老机构,数据库,每月,有条件共享,用于养老服务,不予开放\n养老,B,,,养老总目,数据库,每月,有条件共享,用于养老服务,不予开放\n"
WRONG = "殡葬机构,C,不存在,,全省殡葬机构,数据库,从不,有条件共享,用于殡葬服务,不予开放\n"


def _sign_in(terminal: Terminal, address: str, tmp_path: Path, *names: str) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    for name in names:
        words = ("--name", name.replace("_", "-"), "--save-as", name, "--password-file", str(secret))
        terminal.do("login", address, *words)


def test_files_go_in_with_a_report_and_out_in_every_format(
    committed: None, address: str, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standards()
    hire("civil", "青海省民政厅", "sharing_handler")
    _sign_in(terminal, address, tmp_path, "civil.sharing_handler")
    by = ("--as", "civil.sharing_handler", "interchange")
    file = tmp_path / "目录.csv"
    file.write_text(HEAD + GOOD + WRONG)
    worker = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: work_off("interchange.check"))
    monkeypatch.setattr(import_module("jiangyuan.cli.interchange"), "time", worker)
    batch = terminal.do(*by, "import", str(file))
    assert (batch["state"], batch["rows"], batch["refused"]) == ("checked", 3, 1)
    assert batch["report"][0]["number"] == 4 and batch["report"][0]["messages"]
    assert terminal.do(*by, "report", batch["id"]) == batch["report"]
    terminal.do(*by, "proceed", batch["id"])
    work_off("interchange.draft")
    assert terminal.do(*by, "imports")[0]["drafted"] == 2
    assert set(EntryRelation.objects.values_list("entry__name", "to__name", "kind")) == {
        ("养老机构", "养老", "part_of")
    }
    for name, mark in (("o.csv", "养老机构".encode()), ("o.json", b"["), ("o.xlsx", b"PK")):
        code, _out, error = terminal.say(*by, "export", str(tmp_path / name))
        assert (code, error) == (0, ""), error
        assert mark in (tmp_path / name).read_bytes()
    Entry.objects.update(live_version=1)
    code, _out, error = terminal.say(*by, "dcat", str(tmp_path / "o.ttl"))
    assert code == 0, error
    assert b"dcat:Catalog" in (tmp_path / "o.ttl").read_bytes()
    for wrong in (("dcat", "o.rdf"), ("export", "o.exe"), ("import", "missing.csv")):
        code, _out, error = terminal.say(*by, wrong[0], str(tmp_path / wrong[1]))
        assert code in (1, 2) and "位置" in error
    _refused_harvest(terminal)


def _refused_harvest(terminal: Terminal) -> None:
    given = ("--body", "civil", "--name", "省平台", "--kind", "ckan", "--address", "ftp://x", "--node", "other")
    code, _out, error = terminal.say(*HARVEST, "register", *given, "--json")
    assert code == 1 and json.loads(error)["mend"]
    made = terminal.do(*HARVEST, "register",
                       *given[:7], "http://127.0.0.1:9/api", *given[8:])  # fmt: skip
    terminal.do(*HARVEST, "now", made["id"])
    work_off("interchange.harvest")
    (run,) = terminal.do(*HARVEST, "runs", made["id"])
    assert run["finished_at"] and run["problems"]


def test_a_standard_is_drafted_issued_and_adopted(
    committed: None, address: str, terminal: Terminal, tmp_path: Path
) -> None:
    standards()
    hire("bureau", "青海省数据局", "authority_handler", "authority_head")
    hire("civil", "青海省民政厅", "sharing_handler", "department_head")
    names = ("bureau.authority_handler", "bureau.authority_head", "civil.sharing_handler", "civil.department_head")
    _sign_in(terminal, address, tmp_path, *names)
    lines = tmp_path / "codes"
    lines.write_text("1,居家\n2,机构\n")
    made = terminal.do("--as", names[0], "standard", "draft-code-set", "--number", "DB63/T 9001", "--name", "养老方式",
                       "--edition", "2026", "--code", "care_kind", "--lines", str(lines))  # fmt: skip
    terminal.do(
        "--as", names[0], "standard", "ask", made["id"], "--until", str(timezone.localdate() + timedelta(days=7))
    )
    opinion = terminal.do("--as", names[2], "standard", "opine", "--standard", made["id"], "--text", "请增加社区")
    for name in names[:2]:
        assert terminal.say("--as", name, "standard", "issue", made["id"])[0] == 1, "an opinion waits for its answer"
    answer = ("--result", "declined", "--answer", "属于居家")
    terminal.do("--as", names[0], "standard", "answer", opinion["id"], *answer)
    Standard.objects.update(opinions_until=timezone.localdate() - timedelta(days=1))
    terminal.do("--as", names[1], "standard", "issue", "DB63/T 9001")
    (row,) = terminal.do("--as", names[2], "standard", "list", "--number", "DB63/T 9001")
    assert row["state"] == "issued"
    since = str(timezone.localdate() + timedelta(days=1))
    terminal.do("--as", names[3], "standard", "adopt", "--standard", "DB63/T 9001", "--since", since)
    assert terminal.do("--as", names[2], "standard", "adoptions", "--standard", "DB63/T 9001")[0]["since"] == since
    assert terminal.do("--as", names[2], "standard", "show", "DB63/T 9001")["content"]["codes"]
