"""One-click sign-in exists only while the demonstration runs on this machine; a real platform cannot be made to have it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django
from django.test import Client

from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.config import load
from jiangyuan.kernel.errors import Broken
from jiangyuan.ui import session

pytestmark = pytest.mark.attack
ROOT = Path(__file__).parents[2]


def test_a_platform_has_no_such_door(db) -> None:
    assert django.STAGE == [] and session.guests() == []
    assert not [name for name in ACTIONS if name.startswith("stagehand.")]
    client = Client()
    for path in ("/demo/enter/", "/demo/correct/", "/demo/death/"):
        assert client.post(path, {"username": "bureau.handler"}).status_code == 404
    assert "演示账号" not in client.get("/login/").content.decode()


@pytest.mark.parametrize(
    "reachable",
    [
        {"JIANGYUAN_WEB_HOST": "0.0.0.0"},
        {"JIANGYUAN_WEB_HOST": "::"},
        {"JIANGYUAN_WEB_HOST": "10.0.0.8"},
        {"JIANGYUAN_PUBLIC_URL": "https://data.example.gov.cn"},
        {"JIANGYUAN_HTTPS": "1"},
    ],
)
def test_a_platform_that_others_reach_does_not_start_as_a_demonstration(reachable, tmp_path) -> None:
    with pytest.raises(Broken, match="本机"):
        load({"JIANGYUAN_DEMO": "1", **reachable}, tmp_path / "none.toml")
    assert load({**reachable}, tmp_path / "none.toml").demo is False


OTHERS = """
import django
django.setup()
from jiangyuan.demo.stagehand.accounts import password_of, guests
from jiangyuan.demo.stagehand import pages
from django.test import RequestFactory
made = RequestFactory()
for meta in ({}, {"HTTP_HOST": "[::1]:80", "REMOTE_ADDR": "::1"}, {"HTTP_HOST": "rebound.example"},
             {"HTTP_X_FORWARDED_FOR": "10.0.0.9"}, {"HTTP_X_REAL_IP": "10.0.0.9"}, {"REMOTE_ADDR": "10.0.0.9"}):
    print(pages._at_this_machine(made.post("/demo/enter/", **{"HTTP_HOST": "127.0.0.1:8600", **meta})))
print(repr(password_of("root")), repr(password_of("../accounts")), repr(password_of("civil_affairs.office")), len(guests()))
"""


def test_without_the_demonstrations_own_file_nobody_is_let_in(tmp_path) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("JIANGYUAN_")}
    environment |= {
        "JIANGYUAN_DEMO": "1",
        "JIANGYUAN_HOME": str(tmp_path),
        "JIANGYUAN_SECRET_KEY": "check",
        "JIANGYUAN_LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "jiangyuan.settings",
    }
    told = subprocess.run(
        [sys.executable, "-c", OTHERS],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    assert told.stdout.split() == [*["True"] * 2, *["False"] * 4, "''", "''", "''", "0"]
