"""`jiangyuan login`, `logout`, `whoami`."""

from __future__ import annotations

import os
import secrets
import socket
from typing import Annotated
from urllib.parse import urlsplit

import typer

from jiangyuan.cli import output, session
from jiangyuan.cli.guide import START, Answered, GuideCommand, Unusable
from jiangyuan.cli.language import _, text


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("login", cls=GuideCommand, rich_help_panel=START, help=_(
        "登录平台，令牌存入只有本人可读的文件。\n\n"
        "令牌绑定一项任命，到期自动失效；一人有多项职责时，用 --capacity 选择，用 --save-as 起名，以后用 --as 切换。\n\n"
        "下一步：jiangyuan whoami，核对以谁的身份办事。"
    ))(login)  # fmt: skip
    app.command("logout", cls=GuideCommand, rich_help_panel=START, help=_("退出登录，令牌随即吊销"))(logout)
    app.command("whoami", cls=GuideCommand, rich_help_panel=START, help=_("看当前以谁的身份、哪项职责办事"))(whoami)


def login(
    address: Annotated[
        str, typer.Argument(help=_("平台地址；默认取 JIANGYUAN_ADDRESS，再取本机"), metavar=_("地址"))
    ] = "",
    name: Annotated[str, typer.Option("--name", help=_("登录名；不给则询问"), metavar=_("文本"))] = "",
    capacity: Annotated[
        str, typer.Option("--capacity", help=_("以哪项职责登录，如 sharing_handler"), metavar=_("文本"))
    ] = "",
    save_as: Annotated[
        str, typer.Option("--save-as", help=_("给这次登录起的名字；默认为登录名"), metavar=_("文本"))
    ] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=366, help=_("令牌的有效天数"), metavar=_("数字"))] = 1,
    password_file: Annotated[
        str, typer.Option("--password-file", help=_("从文件读取口令（- 为标准输入）；不给则询问"), metavar=_("文件"))
    ] = "",
    code: Annotated[str, typer.Option("--code", help=_("动态码；未启用的留空"), metavar=_("数字"))] = "",
    as_json: output.AsJson = False,
) -> None:
    """Sign in and keep the token."""
    place = session.clean_address(address or os.environ.get("JIANGYUAN_ADDRESS") or session.DEFAULT_ADDRESS)
    _warn_if_open(place)
    name = name or typer.prompt(text(_("登录名")), err=True)
    if password_file:
        password = output.read_input(password_file).strip("\r\n")
    else:
        password = typer.prompt(text(_("口令")), hide_input=True, err=True)
        code = code or typer.prompt(text(_("动态码（未启用的直接回车）")), default="", show_default=False, err=True)
    # the label is how the token is found again when it is to be revoked
    label = f"cli {socket.gethostname()[:40]} {secrets.token_hex(4)}"
    content = {"username": name, "password": password, "code": code, "capacity": capacity, "label": label, "days": days}
    issued = session.send("POST", "/token", address=place, content=content)
    kept = session.Login(save_as or name, place, name, issued["appointment"], label, issued["token"])
    session.keep(kept)
    session.act_as(kept.name)
    whoami(as_json=as_json)


def _warn_if_open(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        typer.echo(text(_("提醒：%(address)s 未加密，口令会以明文经过网络。"), address=address), err=True)


def logout(as_json: output.AsJson = False) -> None:
    """Revoke the token and forget it."""
    used = session.login()
    try:
        for token in session.items("/tokens"):
            if token["label"] == used.label:
                session.send("POST", f"/tokens/{token['id']}/revoke", content={})
    except (Answered, Unusable) as error:
        # forgotten here in any case: whoever logs out leaves nothing on this machine
        typer.echo(text(_("令牌未能在平台上吊销：%(reason)s"), reason=error.message), err=True)
    session.forget(used.name)
    if as_json:
        output.as_json({"forgotten": used.name})
    else:
        typer.echo(text(_("已退出：%(name)s"), name=used.name))


def whoami(as_json: output.AsJson = False) -> None:
    """Show who is signed in."""
    used = session.login()
    me = session.send("GET", "/me")
    facts = {"login": used.name, "address": used.address, "username": used.username, **me}
    if as_json:
        output.as_json(facts)
        return
    names = (
        ("name", _("姓名")), ("body_name", _("部门")), ("capacity", _("当前职责")), ("capacities", _("全部职责")),
        ("login", _("登录名称")), ("address", _("平台地址")),
    )  # fmt: skip
    output.facts({text(title): facts[field] for field, title in names})
    others = [one.name for one in session.logins()[1] if one.name != used.name]
    if others:
        typer.echo(text(_("还登录为：%(names)s（用 --as 切换）"), names=", ".join(others)))
