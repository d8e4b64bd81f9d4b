"""`jiangyuan demo`, `up`, `migrate`, `settings`, `keys`, `bench`: keeping a platform, on the machine that it runs on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from jiangyuan.cli import output
from jiangyuan.cli.guide import RUNNING, START, GuideCommand, Unusable, group
from jiangyuan.cli.language import _, text

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help=_("密钥、日志、内置数据库所在的文件夹；默认取 JIANGYUAN_HOME，再取 var"), metavar=_("文件夹")
    ),
]

keys = group(
    "keys",
    _(
        "更换主密钥：begin → rewrap → end，每一步中断后都可重来。\n\n"
        "使用内置数据库时先停止平台，运行 jiangyuan keys rotate 一次办完，再启动。"
        "使用自备数据库、多台机器时：begin 之后把新密钥文件分发到每台机器并重启全部程序，再 rewrap，最后 end，并再次分发和重启。\n\n"
        "旧密钥以 .previous 结尾保留；确认备份都已换用新密钥后，由两人在场销毁。"
    ),
    RUNNING,
)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("demo", cls=GuideCommand, rich_help_panel=START, help=_(
        "先看一遍：六个部门、两万虚拟人口、一户家庭的救助申请，从登记数据源走到存证回执。\n\n"
        "全部数据都是虚构的；放完后平台继续运行，可以登录试用，Ctrl-C 停止。"
    ))(demo)  # fmt: skip
    app.command("up", cls=GuideCommand, rich_help_panel=START, help=_(
        "启动平台：数据库、门户、网关、后台任务，一条命令；Ctrl-C 停止全部。\n\n"
        "下一步：jiangyuan login，登录刚启动的平台。"
    ))(up)  # fmt: skip
    app.command("setup", cls=GuideCommand, rich_help_panel=START, help=_(
        "为自己的平台做好开头：建库建表，装入行政区划和国家数据元，登记共享主管部门，开出三员账号。\n\n"
        "首次 up 之前做一次；三个账号的首次口令只显示这一次，请分别交给三个人，登录后立即修改。"
        "下一步：jiangyuan up，由系统管理员登记部门和人员，由安全管理员任命。"
    ))(setup)  # fmt: skip
    app.command("migrate", cls=GuideCommand, rich_help_panel=RUNNING, help=_(
        "升级数据表到当前版本（up 每次启动都会做；多台机器部署时先在一台上做）"
    ))(migrate)  # fmt: skip
    app.command("settings", cls=GuideCommand, rich_help_panel=RUNNING, help=_(
        "列出全部配置项、当前值和说明（口令和密钥不显示）"
    ))(settings)  # fmt: skip
    app.add_typer(keys, rich_help_panel=RUNNING)
    app.command("bench", cls=GuideCommand, rich_help_panel=RUNNING, help=_(
        "测量一项性能指标，最后一行输出 JSON；不给名称则列出全部"
    ))(bench)  # fmt: skip


def at(home: Path | None) -> None:
    from jiangyuan.kernel.config import settings as current

    if home is not None:
        os.environ["JIANGYUAN_HOME"] = str(home.resolve())
    current.cache_clear()


def up(home: Home = None) -> None:
    """Start the platform and keep it up."""
    at(home)
    from jiangyuan.kernel.config import settings as current
    from jiangyuan.supervisor.processes import platform

    platform(current(), say=typer.echo).run()


def demo(
    people: Annotated[
        int, typer.Option("--people", min=300, max=1_000_000, help=_("虚拟人口数"), metavar=_("数字"))
    ] = 20_000,
    entries: Annotated[
        int,
        typer.Option(
            "--entries", min=0, max=1_000_000, help=_("另外接管多少条已有目录，用来看大目录的样子"), metavar=_("数字")
        ),
    ] = 0,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            help=_("已有目录的 CSV（或所在文件夹）；不给时由演示自己编造"),
            metavar=_("文件夹"),
            envvar="JIANGYUAN_REFERENCE",
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help=_("放一遍即退出，最后一行输出 JSON 摘要"))] = False,
    home: Annotated[Path, typer.Option("--home", help=_("演示数据所在的文件夹"), metavar=_("文件夹"))] = Path(
        "var/demo"
    ),
) -> None:
    """Play the demonstration."""
    from jiangyuan.demo.play import demonstrate

    told = demonstrate(home=home, people=people, once=once, entries=entries, reference=reference, say=print)
    raise typer.Exit(told)


@contextmanager
def database(*, migrated: bool) -> Iterator[dict[str, str]]:
    """Give the URLs of the platform's database; the embedded one is started, and brought up to date, for the block.

    `migrated`: bring a server of your own up to date as well. Raises `Refused` while a platform runs on this home.
    """
    from jiangyuan.kernel.config import settings as current
    from jiangyuan.supervisor.cluster import Cluster
    from jiangyuan.supervisor.processes import Supervisor
    from jiangyuan.supervisor.programs import migration
    from jiangyuan.supervisor.roles import configured_urls

    configured = configured_urls(current())
    supervisor = Supervisor(
        home=current().home,
        programs=lambda urls: [],
        before=lambda urls: [migration(urls)] if migrated or configured is None else [],
        cluster=Cluster(current().home) if configured is None else None,
        urls=configured,
        say=lambda line: typer.echo(line, err=True),
    )
    with supervisor:
        yield dict(supervisor.urls)


def migrate(home: Home = None) -> None:
    """Bring the tables up to date."""
    at(home)
    with database(migrated=True):
        pass


def setup(home: Home = None, as_json: output.AsJson = False) -> None:
    """Found a platform: tables, divisions, national elements, the authority and the three administrators."""
    at(home)
    with database(migrated=True) as urls:
        os.environ.update(JIANGYUAN_DATABASE_URL=urls["database_url"], JIANGYUAN_LOG_LEVEL="WARNING")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
        at(None)
        import django

        from jiangyuan.cli.founding import found

        django.setup()
        from jiangyuan.organization.models import CAPACITY_LABELS

        made = [
            {"capacity": c if as_json else str(CAPACITY_LABELS[c]), "username": u, "password": p} for c, u, p in found()
        ]
    if as_json:
        output.as_json(made)
    elif made:
        columns = (("capacity", _("身份")), ("username", _("登录名")), ("password", _("首次口令（只显示这一次）")))
        output.table(made, columns)
    else:
        typer.echo(text(_("平台已有账号，未再开出新账号。")))


def settings(as_json: output.AsJson = False) -> None:
    """List the settings."""
    from jiangyuan.kernel.config import Settings, is_secret
    from jiangyuan.kernel.config import settings as current

    now = current()
    rows = []
    for entry in fields(Settings):
        value = getattr(now, entry.name)
        shown = "***" if is_secret(entry.name) and value else str(value)
        rows.append({"name": f"JIANGYUAN_{entry.name.upper()}", "value": shown, "doc": entry.metadata["doc"]})
    if as_json:
        output.as_json(rows)
    else:
        output.table(rows, (("name", _("名称")), ("value", _("当前值")), ("doc", _("说明"))))


def _rotation(home: Path | None, as_json: bool, *phases: str) -> None:
    at(home)
    with database(migrated=False) as urls:
        os.environ.update({f"JIANGYUAN_{name.upper()}": url for name, url in urls.items()})
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
        os.environ.setdefault("JIANGYUAN_LOG_LEVEL", "WARNING")
        at(None)
        import django

        django.setup()
        from django.db import connections

        from jiangyuan.kernel import rotation

        steps: dict[str, Callable[[], dict[str, str | int]]] = {
            "begin": rotation.begin,
            "rewrap": rotation.rewrap,
            "end": rotation.end,
        }
        done = [steps[phase]() for phase in phases]
        connections.close_all()
    if as_json:
        output.as_json(done)
    else:
        output.table(done, (("phase", _("步骤")), ("key", _("主密钥编号")), ("rewrapped", _("换用的密钥数"))))


@keys.command("begin", cls=GuideCommand, help=_("第一步：生成新的主密钥，与现用的放在一起"))
def begin(home: Home = None, as_json: output.AsJson = False) -> None:
    """Make the next master key."""
    _rotation(home, as_json, "begin")


@keys.command("rewrap", cls=GuideCommand, help=_("第二步：把全部数据密钥和签名密钥换由新的主密钥保护"))
def rewrap(home: Home = None, as_json: output.AsJson = False) -> None:
    """Wrap every key anew."""
    _rotation(home, as_json, "rewrap")


@keys.command("end", cls=GuideCommand, help=_("第三步：启用新的主密钥，旧的以 .previous 结尾保留"))
def end(home: Home = None, as_json: output.AsJson = False) -> None:
    """Put the next master key in place."""
    _rotation(home, as_json, "end")


@keys.command("rotate", cls=GuideCommand, help=_("平台已停止时，三步一次办完"))
def rotate(home: Home = None, as_json: output.AsJson = False) -> None:
    """Go through all three phases."""
    _rotation(home, as_json, "begin", "rewrap", "end")


def bench(
    name: Annotated[str, typer.Argument(help=_("指标名称，如 door_overhead"), metavar=_("名称"))] = "",
    arguments: Annotated[
        list[str] | None, typer.Argument(help=_("交给该指标的选项，写在 -- 之后"), metavar=_("选项"))
    ] = None,
) -> None:
    """Run a benchmark of the repository."""
    known = sorted(file.stem for file in BENCHMARKS.glob("[a-z]*.py"))
    if not known:
        mend = text(_("请在源码目录中运行（git clone 后 make setup）。"))
        raise Unusable(text(_("没有随程序安装的性能指标")), where=str(BENCHMARKS), mend=mend)
    if not name:
        typer.echo("\n".join(known))
        return
    if name not in known:
        mend = text(_("可用的有：%(names)s。"), names=", ".join(known))
        raise Unusable(text(_("没有这项指标")), where=name, mend=mend)
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), *(arguments or ())]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
