"""Plays the demonstration: a whole province in small is started, and one family's story is walked along the main road.

*A family applies for social assistance and signs an authorisation; civil affairs submits the list of its members;
verification against six departments returns one report, and only the listed persons' granted fields; then public
security registers a death, and the allowance warning reaches civil affairs within a second.*
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from jiangyuan.demo.stage import Play, Step
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import JiangyuanError


def prepare(home: Path) -> None:
    """Set this process's environment for the demonstration, before any setting is read."""
    os.environ["JIANGYUAN_HOME"] = str(home.resolve())
    os.environ.setdefault("JIANGYUAN_EGRESS_ALLOW", "127.0.0.0/8")
    os.environ["JIANGYUAN_DEMO"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
    settings.cache_clear()


def demonstrate(
    *,
    home: Path,
    people: int,
    once: bool,
    entries: int = 0,
    reference: Path | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Start the platform, play the story, and (unless `once`) keep running until Ctrl-C. Gives the exit code.

    The last line printed by `once` is a JSON summary; any step that failed makes the exit code 1.
    """
    prepare(home)
    from jiangyuan.supervisor.processes import platform

    play = Play(_console(sys.stderr))
    play.console.print("[bold]江源 · 青海省一体化政务大数据平台 演示[/]\n")
    supervisor = platform(settings(), say=lambda line: play.console.print(f"[dim]{line}[/]"))
    try:
        supervisor.start()
        _connect(supervisor.urls)
        from jiangyuan.demo.acts import perform

        facts = perform(play, supervisor=supervisor, home=home, people=people, entries=entries, reference=reference)
    except Exception as error:  # whatever stopped it, the summary says so and the exit code tells
        play.console.print(f"[red]演示中断：{error}[/]")
        if not isinstance(error, JiangyuanError):
            play.console.print_exception()
        play.steps.append(Step("aborted", ok=False, detail=str(error)))
        facts = {}
    code = 0 if play.steps and all(step.ok for step in play.steps) else 1
    try:
        if once or code:
            say(play.summary(people=people, **facts))
        else:
            _tell_what_to_try(play.console, supervisor, facts)
            _until_asked()
    finally:
        supervisor.stop()
    return code


def _until_asked() -> None:
    """Wait for Ctrl-C or SIGTERM; the supervisor keeps the platform up meanwhile."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: asked.set())
    # an event waited for without a limit would keep the signal from being seen
    while not asked.wait(0.2):
        pass


def _console(file: TextIO) -> Console:
    # what is read from a pipe is read line by line: names and passwords are neither wrapped nor cut there
    return Console(file=file, highlight=False, width=None if file.isatty() else 1000)


def _connect(urls: Any) -> None:
    """Let this process work as the application, as the web process does."""
    # the terminal is for the story; the processes of the platform keep their own logs
    os.environ.update(JIANGYUAN_DATABASE_URL=urls["database_url"], JIANGYUAN_LOG_LEVEL="WARNING")
    settings.cache_clear()
    import django

    django.setup()


def _tell_what_to_try(console: Console, supervisor: Any, facts: dict[str, Any]) -> None:
    from jiangyuan.demo.guests import GUESTS

    web = supervisor.status()["programs"]["web"]["address"]
    accounts = Path(str(facts.get("accounts", "")))
    passwords = json.loads(accounts.read_text("utf-8"))["passwords"] if accounts.is_file() else {}
    console.print(f"\n[bold]平台已就绪：{web}[/]  （按 Ctrl-C 停止）")
    console.print(f"登录页列出下面 {len(GUESTS)} 个账号，点一下就登录；跟着走完全程：[bold]{web}/tour/[/]\n")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("登录名", "口令", "谁，试什么"):
        table.add_column(title, no_wrap=title != "谁，试什么", overflow="fold")
    for guest in GUESTS:
        who = f"{guest.name} {guest.role}\n[dim]{guest.todo}[/]"
        table.add_row(guest.username, passwords.get(guest.username, ""), who)
    console.print(table)
    console.print(f"\n离线验证存证回执：jiangyuan verify {facts.get('receipt', '')}")
    console.print(f"其余账号和全部口令保存在 {accounts}（仅本机可读）。")
