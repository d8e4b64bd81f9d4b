"""`jiangyuan org`: bodies, people, application systems and their keys."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from jiangyuan.cli import output, session
from jiangyuan.cli.guide import ROAD, GuideCommand, Unusable, group
from jiangyuan.cli.language import _, text
from jiangyuan.cli.steps import Field, Listing, Step, add

org = group(
    "org",
    _(
        "主路之前：把部门、人员、应用系统登记好。\n\n"
        "系统管理员登记部门和人员，安全管理员任命（三员分立，任何人不能兼任两种管理员）；"
        "部门的数据共享经办人登记本部门的应用系统，并为它签发密钥。\n\n"
        "下一步：jiangyuan source register，登记第一个数据源。"
    ),
    ROAD,
)

add(
    org,
    Listing("bodies", "/bodies", _("列出部门"), (
        ("id", _("编号")), ("alias", _("别名")), ("name", _("名称")), ("is_authority", _("主管部门"))),
        (Field("alias", _("别名")),)),
    Step("register-body", "organization.body.register", "/bodies", _("登记部门（系统管理员）"), fields=(
        Field("name", _("全称"), required=True),
        Field("short_name", _("简称"), required=True),
        Field("alias", _("在 SQL 中的名称，小写字母、数字和下划线"), required=True),
        Field("jurisdiction", _("行政区划代码，如 630000"), required=True),
        Field("is_authority", _("是政务数据共享主管部门"), "flag", option="authority"),
        Field("credit_code", _("统一社会信用代码")))),
    Step("join-line", "organization.body.join_line", "/bodies/{id}/line", _("确定部门的条线上级（系统管理员）"), "body", (
        Field("upper", _("条线上级部门"), "body"),)),
    Listing("people", "/people", _("列出人员"), (
        ("id", _("编号")), ("username", _("登录名")), ("name", _("姓名")), ("active", _("启用"))),
        (Field("username", _("登录名")),)),
    Step("register-person", "organization.person.register", "/people", _("登记人员（系统管理员）"), fields=(
        Field("username", _("登录名"), required=True),
        Field("name", _("姓名"), required=True),
        Field("password", _("初始口令"), "secret", required=True),
        Field("email", _("电子邮箱")))),
    Step("disable-person", "organization.person.disable", "/people/{id}/disable", _("停用账号"), "person"),
    Step("reset-code", "organization.totp.reset", "/people/{id}/totp/reset", _("重置动态码（手机遗失时）"), "person"),
    Listing("appointments", "/appointments", _("列出任命"), (
        ("id", _("编号")), ("person_id", _("人员")), ("body_id", _("部门")), ("capacity", _("职责")),
        ("since", _("自")), ("until", _("至"))),
        (Field("person", _("人员"), "person"), Field("body", _("部门"), "body"), Field("capacity", _("职责")))),
    Step("appoint", "organization.appointment.make", "/people/{id}/appointments", _("任命职责（安全管理员）"), "person", (
        Field("body", _("部门"), "body", required=True),
        Field("capacity", _("职责，如 business_office、sharing_handler、sharing_head、department_head"), required=True),
        Field("since", _("自哪一天"), "day"),
        Field("until", _("至哪一天（含）"), "day"))),
    Step("end-appointment", "organization.appointment.end", "/appointments/{id}/end", _("结束任命"), "appointment"),
    Listing("systems", "/systems", _("列出应用系统"), (
        ("id", _("编号")), ("code", _("编码")), ("name", _("名称")), ("body_id", _("部门")), ("active", _("启用"))),
        (Field("code", _("编码")),)),
    Step("register-system", "organization.system.register", "/systems", _("登记应用系统（数据共享经办人）"), fields=(
        Field("body", _("部门"), "body", required=True),
        Field("name", _("名称"), required=True),
        Field("code", _("编码，小写字母、数字和下划线"), required=True),
        Field("purpose", _("用途说明")))),
    Listing("keys", "/keys", _("列出密钥（不含密钥本身）"), (
        ("id", _("编号")), ("system_id", _("应用系统")), ("algorithm", _("算法")), ("expires_on", _("到期")),
        ("revoked_at", _("吊销时间"))),
        (Field("system", _("应用系统"), "system"),)),
    Step("revoke-key", "organization.key.revoke", "/keys/{id}/revoke", _("立即吊销密钥"), "key"),
)  # fmt: skip


@org.command("issue-key", cls=GuideCommand, help=_("签发应用系统的密钥，存入只有本人可读的文件；密钥只出现这一次"))
def issue_key(
    system: Annotated[str, typer.Argument(help=session.KINDS["system"].help, metavar=_("名称"))],
    expires_on: Annotated[str, typer.Option("--expires-on", help=_("到期日，YYYY-MM-DD"), metavar=_("日期"))],
    save: Annotated[Path, typer.Option("--save", help=_("密钥文件，供 jiangyuan call 使用"), metavar=_("文件"))],
    public_key: Annotated[
        str | None,
        typer.Option("--public-key", help=_("SM2 公钥文件（PEM）：私钥留在本系统，不交给平台"), metavar=_("文件")),
    ] = None,
    gateway: Annotated[str, typer.Option("--gateway", help=_("服务网关地址，写入密钥文件"), metavar=_("地址"))] = "",
    as_json: output.AsJson = False,
) -> None:
    """Issue a signing key. Its file is made before it is asked for: a secret that cannot be kept is never made."""
    found = session.find("system", system)
    content: dict[str, Any] = {"expires_on": expires_on}
    if public_key:
        content["public_key"] = output.read_input(public_key)
    try:
        handle = os.open(save, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        told = text(_("无法新建密钥文件：%(reason)s"), reason=exc.strerror)
        raise Unusable(told, where=str(save), mend=text(_("请换一个尚不存在的文件名。"))) from exc
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        try:
            made = session.send("POST", f"/systems/{found['id']}/keys", content=content)
        except BaseException:
            save.unlink()
            raise
        kept = {"system": found["code"], "key_id": made["key_id"], "secret": made["secret"], "private_key": ""}
        json.dump({**kept, "gateway": gateway}, file, ensure_ascii=False, indent=1)
    facts = {"key_id": made["key_id"], "algorithm": made["algorithm"], "file": str(save)}
    if as_json:
        output.as_json(facts)
        return
    output.facts(facts)
    if public_key:
        typer.echo(text(_("请把 SM2 私钥（PEM 文件名）填入密钥文件的 private_key 一项。")))
