"""How the parameters of the organization's actions read on forms."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.ui.checking import check_first
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say


def capacities() -> list[tuple[str, Any]]:
    """Give the capacities that somebody may be appointed to."""
    return list(CAPACITY_LABELS.items())


def register_words() -> None:
    """Register the words of this room's forms."""
    code = Shown(label=_("代码"), help=_("小写字母开头，可含数字和下划线；登记后不再更改。"))
    say(
        "organization.body.register",
        name=Shown(label=_("部门全称"), help=_("与机构编制批文一致。")),
        short_name=Shown(label=_("简称"), help=_("页面上显示的名称，例如省民政厅。")),
        alias=code,
        jurisdiction=Shown(label=_("行政区划代码"), help=_("六位区划代码，例如 630000。"), check="division_code"),
        is_authority=Shown(label=_("是政务数据共享主管部门")),
        credit_code=Shown(label=_("统一社会信用代码"), help=_("18 位，可暂不填。"), check="uscc"),
    )
    check_first("organization.body.join_line")
    say(
        "organization.body.join_line",
        upper=Shown(label=_("条线上级部门"), help=_("层级更高、职责相同的部门；不填为没有。")),
    )
    say(
        "organization.person.register",
        username=Shown(label=_("登录名"), help=_("小写字母开头，3 到 59 位。")),
        name=Shown(label=_("姓名")),
        password=Shown(
            label=_("初始口令"),
            help=_("至少 10 位，不能过于常见；请当面告知本人，首次登录后更换。"),
            control="password",
        ),
        email=Shown(label=_("电子邮箱"), help=_("可暂不填。"), check="email"),
    )
    say(
        "organization.appointment.make",
        body=Shown(label=_("部门")),
        capacity=Shown(label=_("身份"), choices=capacities),
        since=Shown(label=_("任期开始"), help=_("不填即今天。")),
        until=Shown(label=_("任期结束"), help=_("含当日；不填即长期。")),
    )
    say(
        "organization.appointment.transfer",
        body=Shown(label=_("调往部门")),
        capacity=Shown(label=_("新的身份"), choices=capacities),
    )
    say(
        "organization.system.register",
        body=Shown(label=_("所属部门")),
        name=Shown(label=_("系统名称")),
        code=code,
        purpose=Shown(label=_("用途"), help=_("承担哪些业务。"), control="textarea"),
    )
    say(
        "organization.key.issue",
        expires_on=Shown(label=_("有效期至"), help=_("最长一年，到期前请更换。")),
        public_key=Shown(
            label=_("SM2 公钥（PEM）"),
            help=_("系统自己保管私钥时填写；不填则由平台生成 HMAC-SM3 密钥，只显示一次。"),
            control="textarea",
        ),
    )
    _account_words()


def _account_words() -> None:
    say("organization.totp.confirm", code=Shown(label=_("动态码"), help=_("手机应用显示的 6 位数字。"), secret=True))
    proved = Shown(label=_("当前口令"), help=_("请再输入一次登录口令，确认是您本人。"), control="password")
    say("organization.totp.begin", current=proved)
    say("organization.recovery.issue", current=proved)
    say(
        "organization.person.link",
        subject=Shown(
            label=_("认证账号编号"), help=_("认证系统中此人的唯一编号（sub），不是登录名；请向认证系统索取。")
        ),
    )
    say(
        "organization.password.change",
        current=Shown(label=_("当前口令"), control="password"),
        password=Shown(label=_("新口令"), control="password"),
        keep=Shown(hidden=True),
    )
    say(
        "organization.token.issue",
        appointment=Shown(label=_("以何身份"), help=_("令牌只能以这一项任命办事；任命结束，令牌即失效。")),
        label=Shown(label=_("名称"), help=_("说明用在哪里，例如“月报脚本”。")),
        days=Shown(label=_("有效天数"), unit=_("天")),
    )
