"""How the parameters of ingestion's actions read on forms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say


def register_words() -> None:
    """Register the words of this app's forms."""
    say(
        "resources.mount.tie",
        entry=Shown(label=_("目录")),
        table=Shown(label=_("数据表"), help=_("须是本部门已扫描的表，并含有目录的全部信息项。")),
        mode=Shown(
            label=_("方式"),
            help=_("物理归集可用于核验和联合查询；逻辑接入在原库查询，不留副本。"),
            choices=list(Mount.MODES),
            control="radio",
        ),
        key=Shown(label=_("主键字段"), help=_("能唯一标识一行的字段，一行写一个；不填则用表的主键。")),
        method=Shown(label=_("归集方式"), help=_("不选则用数据源支持的最好方式。"), choices=list(Ingest.METHODS)),
        interval_seconds=Shown(label=_("轮询间隔"), unit=_("秒"), help=_("仅轮询方式使用。")),
    )
