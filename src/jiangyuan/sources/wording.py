"""How the parameters of the sources' actions read on forms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.sources.models import Source
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say


def register_words() -> None:
    """Register the words of this room's forms."""
    where, who = _("在哪里"), _("用什么账号")
    say(
        "sources.source.register",
        body=Shown(label=_("所属部门")),
        name=Shown(label=_("名称"), help=_("例如“民政厅前置库”。")),
        alias=Shown(label=_("代码"), help=_("小写字母开头，可含数字和下划线；登记后不再更改。")),
        kind=Shown(label=_("种类"), control="radio", choices=list(Source.KINDS)),
        host=Shown(label=_("主机地址"), help=_("PostgreSQL 填写；须在平台允许访问的网段内。"), group=where),
        port=Shown(label=_("端口"), help=_("PostgreSQL 通常是 5432。"), group=where),
        database=Shown(label=_("数据库名"), group=where),
        path=Shown(label=_("路径"), help=_("SQLite 文件或文件夹填写；相对于平台的文件根目录。"), group=where),
        username=Shown(label=_("用户名"), help=_("只需读取权限；持续归集另需复制权限。"), group=who),
        password=Shown(label=_("口令"), help=_("加密保存，页面和日志都不显示。"), control="password", group=who),
        receives=Shown(label=_("可接收共享数据"), help=_("授权的数据表可以交换到这里。"), group=_("怎么用")),
        accepts_unbounded_slot=Shown(
            label=_("同意变更捕获占用日志空间"),
            help=_("平台中断期间，数据库会保留未读取的日志；须由数据库负责人同意。"),
            group=_("怎么用"),
        ),
    )
    say("sources.source.change_password", password=Shown(label=_("新口令"), control="password"))
