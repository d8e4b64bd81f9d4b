"""`jiangyuan search`: the index of words, on the machine that keeps it."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from jiangyuan.cli import output, session
from jiangyuan.cli.guide import RUNNING, GuideCommand, Unusable, group
from jiangyuan.cli.language import _, text
from jiangyuan.cli.platform import Home, at, database

LONGEST = 600.0
"""Seconds that a running platform may take to build."""

search = group(
    "search",
    _(
        "全文检索：按词查找自己有权查看的目录、申请、授权、数据源、部门等；索引在平台所在的机器上维护。\n\n"
        "索引随留痕自动更新，平时不需要人工处理；换机器或索引损坏时，用 jiangyuan search rebuild 重建。\n\n"
        "下一步：jiangyuan search find，按词查找。"
    ),
    RUNNING,
)


@search.command("find", cls=GuideCommand, help=_("按词查找，只列出自己有权查看的内容"))
def find(
    words: Annotated[str, typer.Argument(help=_("要找的词，可用空格隔开多个"), metavar=_("词"))],
    kind: Annotated[str, typer.Option("--kind", help=_("只看一类：entry、request、grant 等"), metavar=_("种类"))] = "",
    as_json: output.AsJson = False,
) -> None:
    """Find by words."""
    found = session.send("GET", "/search", query={"q": words, "kind": kind})
    if as_json:
        output.as_json(found)
        return
    columns = (("title", _("类别")), ("name", _("名称")), ("body", _("部门")), ("code", _("代码")))
    output.table(found["items"], columns)


@search.command("rebuild", cls=GuideCommand, help=_("重建索引：建成后一次换上，期间照常可以查找；中断后旧索引不受影响"))
def rebuild(home: Home = None, as_json: output.AsJson = False) -> None:
    """Build the index anew: here, or by the worker of the platform that runs on this home."""
    at(home)
    from jiangyuan.kernel.errors import Refused

    try:
        count = _build()
    except Refused:
        count = _asked_of_the_worker()
    if as_json:
        output.as_json({"documents": count})
    else:
        typer.echo(text(_("索引已重建，共 %(n)s 项。"), n=count))


def _build() -> int:
    with database(migrated=False) as urls:
        os.environ.update({f"JIANGYUAN_{name.upper()}": url for name, url in urls.items()})
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
        os.environ.setdefault("JIANGYUAN_LOG_LEVEL", "WARNING")
        at(None)
        import django

        django.setup()
        from django.db import connections

        from jiangyuan.portal.search.following import Busy
        from jiangyuan.portal.search.following import rebuild as build

        try:
            return build(lambda line: typer.echo(line, err=True))
        except Busy as exc:
            raise Unusable(
                text(_("另一个程序正在建立索引")), where="search", mend=text(_("请等它完成后再试。"))
            ) from exc
        finally:
            connections.close_all()


def _asked_of_the_worker() -> int:
    """Have the running platform build it, and wait."""
    from jiangyuan.portal.search import index

    before = index.current()
    index.ask_for_rebuild()
    typer.echo(text(_("平台正在运行，已交后台程序重建……")), err=True)
    deadline = time.monotonic() + LONGEST
    while index.current() == before or index.rebuild_asked():
        if time.monotonic() > deadline:
            mend = text(_("请确认后台程序在运行，并查看其日志。"))
            raise Unusable(text(_("索引没有在规定时间内建成")), where="search", mend=mend)
        time.sleep(0.2)
    return _documents()


def _documents() -> int:
    from jiangyuan.portal.search import index

    searcher = index.reader.searcher()
    return max(0, searcher.num_docs - 1) if searcher else 0


@search.command("status", cls=GuideCommand, help=_("查看索引在何处、有多少内容、何时更新"))
def status(home: Home = None, as_json: output.AsJson = False) -> None:
    """Tell where the index stands."""
    at(home)
    from jiangyuan.portal.search import index

    folder = index.current()
    changed = datetime.fromtimestamp((folder / "meta.json").stat().st_mtime, tz=UTC) if folder else None
    if as_json:
        output.as_json({"folder": str(folder or ""), "documents": _documents(), "changed_at": changed})
    elif changed is None:
        typer.echo(text(_("还没有索引；平台运行后自动建立，也可用 jiangyuan search rebuild 建立。")))
    else:
        typer.echo(
            text(
                _("%(folder)s：%(n)s 项，更新于 %(at)s"),
                folder=folder,
                n=_documents(),
                at=changed.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            )
        )
