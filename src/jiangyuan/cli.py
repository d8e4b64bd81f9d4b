"""The command line: `jiangyuan`. Its help reads like a guide; each group is one part of the main road."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="jiangyuan",
    help="江源：一体化政务大数据平台。先用 `jiangyuan demo` 看一遍，再用 `jiangyuan up` 启动自己的平台。",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)


@app.command()
def up(
    home: Annotated[Path, typer.Option(help="密钥、日志、内置数据库所在的文件夹")] = Path("var"),
) -> None:
    """启动平台：数据库、门户、网关、后台任务，一条命令。Ctrl-C 停止全部。"""
    import os

    os.environ["JIANGYUAN_HOME"] = str(home.resolve())
    from jiangyuan.kernel.config import settings
    from jiangyuan.supervisor.processes import platform

    settings.cache_clear()
    platform(settings()).run()


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=300, max=1_000_000, help="虚拟人口数")] = 20_000,
    once: Annotated[bool, typer.Option(help="播放一遍即退出，最后一行输出 JSON 摘要")] = False,
    home: Annotated[Path, typer.Option(help="演示数据所在的文件夹")] = Path("var/demo"),
) -> None:
    """演示：六个部门、两万虚拟人口、一户家庭的救助申请，从登记数据源走到存证回执。"""
    from jiangyuan.demo.play import demonstrate

    raise typer.Exit(demonstrate(home=home, people=people, once=once, say=print))


@app.command()
def verify(
    receipt: Annotated[Path, typer.Argument(help="存证回执文件（JSON）")],
    key: Annotated[list[Path] | None, typer.Option(help="信任的节点公钥文件（PEM），可多次给出")] = None,
) -> None:
    """离线验证存证回执：不需要数据库，不需要网络。不可信时退出码不为 0。"""
    from jiangyuan.kernel.receipts import main

    code, lines = main(receipt, tuple(key or ()))
    for line in lines:
        typer.echo(line)
    raise typer.Exit(code)


@app.command()
def settings(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """列出全部配置项、当前值和说明（口令和密钥不显示）。"""
    from dataclasses import fields

    from jiangyuan.kernel.config import Settings
    from jiangyuan.kernel.config import settings as current

    now = current()
    rows = []
    for entry in fields(Settings):
        value = getattr(now, entry.name)
        hidden = (entry.name.endswith("_url") and entry.name != "public_url") or entry.name == "secret_key"
        rows.append((entry.name, "***" if hidden and value else str(value), entry.metadata["doc"]))
    if as_json:
        typer.echo(
            json.dumps([dict(zip(("name", "value", "doc"), row, strict=True)) for row in rows], ensure_ascii=False)
        )
        return
    for name, value, doc in rows:
        typer.echo(f"JIANGYUAN_{name.upper():<24} {value:<40} {doc}")


def main() -> None:
    """Run the command line."""
    app(prog_name="jiangyuan", args=sys.argv[1:])


if __name__ == "__main__":
    main()
