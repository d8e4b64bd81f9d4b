"""The main road by the command line alone: source, entry, publication, mount, request, grant, trace and receipt."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from tests.cli.conftest import PASSWORD, Terminal, hire, standards, work_off

from jiangyuan.cli import session
from jiangyuan.kernel import evidence
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.models import DataKey, Event

DESKS = ("business_office", "sharing_handler", "sharing_head", "department_head")


def _people_file() -> str:
    root = settings().path("file_root", "files")
    root.mkdir(parents=True, exist_ok=True)
    file = root / "people.sqlite"
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE resident (citizen_id TEXT PRIMARY KEY, name TEXT NOT NULL, income NUMERIC)")
        database.execute("INSERT INTO resident VALUES ('632323196001010013', '才让', 1200)")
    return file.name


def _sign_in(terminal: Terminal, address: str, tmp_path: Path, *names: str) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    for name in names:
        username = name.replace("_", "-")
        me = terminal.do("login", address, "--name", username, "--save-as", name, "--password-file", str(secret))
        assert me["capacity"] == name.split(".")[1]


def test_the_road_is_walked(committed: None, address: str, terminal: Terminal, tmp_path: Path) -> None:
    standards()
    hire("police", "青海省公安厅", *DESKS)
    hire("civil", "青海省民政厅", *DESKS)
    hire("bureau", "青海省数据局", "authority_handler", "security_admin")
    _sign_in(terminal, address, tmp_path, *(f"{body}.{desk}" for body in ("police", "civil") for desk in DESKS),
             "bureau.authority_handler", "bureau.security_admin")  # fmt: skip
    assert stat.S_IMODE(session.file().stat().st_mode) == 0o600

    def by(name: str, *words: str):
        return terminal.do("--as", name, *words)

    # source
    handler = "police.sharing_handler"
    made = by(handler, "source", "register", "--body", "police", "--name", "人口库", "--alias", "police_front",
              "--kind", "sqlite", "--path", _people_file())  # fmt: skip
    work_off("sources.test")
    assert by(handler, "source", "show", "police_front")["state"] == "connected"
    assert made["id"] == by(handler, "source", "show", made["id"])["id"]
    by(handler, "source", "scan", "police_front")
    work_off("sources.scan")
    assert [t["name"] for t in by(handler, "source", "tables", "--source", "police_front")] == ["resident"]

    # entry
    entry = by("police.business_office", "catalog", "draft", "--table", "police_front/resident", "--name", "常住人口",
               "--summary", "全省常住人口的登记信息", "--share-condition", "用于法定职责")["id"]  # fmt: skip
    by(handler, "catalog", "assess", entry, "--secrecy", "不涉及国家秘密", "--privacy", "目的明确，影响可控")
    by("police.business_office", "catalog", "submit", "常住人口")
    by("police.sharing_head", "catalog", "endorse", entry)
    by("police.department_head", "catalog", "approve", entry)
    published = by("bureau.authority_handler", "catalog", "publish", entry)
    assert published["state"] == "published"
    mount = by(handler, "mount", "tie", "--entry", entry, "--table", "police_front/resident")["id"]
    alias = by(handler, "mount", "show", mount)["alias"]
    by(handler, "check", "propose", "--mount", alias)
    assert by(handler, "check", "rules", "--mount", alias)

    # request and grant
    by("civil.sharing_handler", "org", "register-system", "--body", "civil", "--name", "救助系统", "--code", "aid")
    key_file = tmp_path / "aid.json"
    by("civil.sharing_handler", "org", "issue-key", "aid", "--expires-on",
       str(timezone.localdate() + timedelta(days=90)), "--save", str(key_file))  # fmt: skip
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert len(json.loads(key_file.read_text())["secret"]) == 64
    asked = by("civil.business_office", "share", "request", "open", "--system", "aid", "--entry", entry,
               "--mount", alias, "--item", "name", "--item", "income=none", "--form", "match", "--case-bound",
               "--basis", "《社会救助暂行办法》第五十八条", "--purpose", "social-assistance",
               "--scenario", "受理救助申请时核对家庭经济状况", "--until",
               str(timezone.localdate() + timedelta(days=30)), "--once", "walk-1")["id"]  # fmt: skip
    step = ("share", "request")
    by("civil.business_office", *step, "submit", asked)
    by("civil.sharing_head", *step, "consent", asked)
    by(handler, *step, "propose", asked, "--proposal", "用途明确，建议同意")
    by("police.sharing_head", *step, "agree", asked)
    assert by("civil.business_office", *step, "show", asked)["state"] == "agreed"
    (grant,) = by("civil.business_office", "share", "grant", "list")
    assert [item["column"] for item in grant["items"]] == ["name", "income"]

    _trace_and_receipt(terminal, grant["id"], tmp_path)
    _refusals(terminal, asked, grant["id"])
    _erasure(terminal)
    assert by("civil.business_office", "logout")["forgotten"] == "civil.business_office"
    assert terminal.say("--as", "civil.business_office", "whoami")[0] == 2


def _trace_and_receipt(terminal: Terminal, grant: str, tmp_path: Path) -> None:
    evidence.sequence_once()
    moments = terminal.do("--as", "police.sharing_head", "trace", "show", "grant", grant)
    assert moments
    receipt = tmp_path / "receipt.json"
    code, _out, error = terminal.say(
        "--as", "police.sharing_head", "trace", "receipt", moments[-1]["id"], "--out", str(receipt)
    )
    assert code == 0, error
    code, out, error = terminal.say("verify", str(receipt))
    assert code == 0
    assert "存证回执有效" in out
    assert "--key" in error, "it says that nobody vouched for the key"
    code, _out, error = terminal.say("verify", str(receipt), "--key", str(settings().home / "keys" / "public"))
    assert (code, error) == (0, "")


def _refusals(terminal: Terminal, asked: str, grant: str) -> None:
    # the wrong desk, the wrong state, a stale version: told with a way out, exit code 1
    code, _out, error = terminal.say(
        "--as", "civil.business_office", "share", "grant", "suspend", grant, "--reason", "测试暂停"
    )
    assert code == 1
    assert "办法：" in error
    code, _out, error = terminal.say("--as", "civil.business_office", "share", "request", "submit", asked, "--json")
    assert code == 1
    assert json.loads(error)["message"]
    code, _out, error = terminal.say(
        "--as", "police.sharing_head", "share", "grant", "suspend", grant, "--reason", "核查", "--version", "0"
    )
    assert (code, "他人" in error) == (1, True)
    # any action by its name, and one that does not exist
    held = terminal.do("--as", "civil.business_office", "share", "request", "show", asked)
    assert held["state"] == "agreed"
    code, _out, error = terminal.say("--as", "police.sharing_head", "act", "sharing.grant.suspendd", grant)
    assert (code, "sharing.grant.suspend" in error) == (1, True)
    code, _out, error = terminal.say("--as", "police.sharing_head", "act", "sharing.grant.suspend")
    assert code == 2
    code, _out, error = terminal.say("--as", "police.sharing_head", "share", "grant", "show", "没有的")
    assert code == 2


def _erasure(terminal: Terminal) -> None:
    key = DataKey.objects.filter(subject__startswith="system:").get()
    subject = key.subject
    code, _out, error = terminal.say("--as", "police.sharing_head", "erase", subject, "--reason", "无权销毁", "--yes")
    assert code == 1
    made = terminal.do("--as", "bureau.security_admin", "erase", subject, "--reason", "系统停用，密钥作废", "--yes")
    assert made["key"] == str(key.pk)
    key.refresh_from_db()
    assert key.wrapped is None
    event = Event.objects.get(type="kernel.subject.erased")
    assert event.content["payload"]["key"] == str(key.pk)
    assert subject not in json.dumps(event.content)
    code, _out, error = terminal.say(
        "--as", "bureau.security_admin", "erase", "standing:subjects", "--reason", "不应成功", "--yes"
    )
    assert (code, "不能销毁" in error) == (1, True)


def test_a_wrong_password_is_told_and_keeps_nothing(
    committed: None, address: str, terminal: Terminal, tmp_path: Path
) -> None:
    hire("police", "青海省公安厅", "business_office")
    secret = tmp_path / "password"
    secret.write_text("not-the-password")
    code, _out, error = terminal.say(
        "login", address, "--name", "police.business-office", "--password-file", str(secret)
    )
    assert code == 1
    assert "登录名、口令或动态码不正确" in error
    assert not session.file().exists()


def test_credentials_open_to_others_are_refused(terminal: Terminal) -> None:
    session.keep(session.Login("a", "http://127.0.0.1:1", "a", "", "", "secret"))
    assert terminal.say("whoami")[0] == 2  # nobody answers there
    os.chmod(session.file(), 0o644)
    code, _out, error = terminal.say("whoami")
    assert (code, "chmod 600" in error) == (2, True)


def test_a_server_that_is_no_platform_is_told(terminal: Terminal) -> None:
    code, _out, error = terminal.say("login", "ftp://somewhere", "--name", "x")
    assert (code, "平台地址不正确" in error) == (2, True)
    code, _out, error = terminal.say("source", "list")
    assert (code, "jiangyuan login" in error) == (2, True)
