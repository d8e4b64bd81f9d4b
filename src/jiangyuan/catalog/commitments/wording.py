"""How the responsibility list reads on forms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from jiangyuan.catalog.commitments.models import Commitment
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say


def register_words() -> None:
    """Register the words of this app's forms."""
    entry = Shown(label=gettext_lazy("目录"), help=gettext_lazy("写名称或其中几个字；还没有目录的可以后再关联。"))
    say(
        "catalog.share_batch.open",
        name=Shown(label=gettext_lazy("名称"), help=gettext_lazy("例如 2026 年第二批。")),
        document=Shown(label=gettext_lazy("文件名称及文号")),
    )
    say(
        "catalog.commitment.add",
        batch=Shown(hidden=True),
        body=Shown(label=gettext_lazy("提供方")),
        name=Shown(label=gettext_lazy("要共享的数据")),
        method=Shown(label=gettext_lazy("共享方式"), choices=list(Commitment.METHODS), control="radio"),
        deadline=Shown(label=gettext_lazy("完成期限"), help=gettext_lazy("当天仍算按期。")),
        entry=entry,
        scope=Shown(label=gettext_lazy("用途和范围"), control="textarea"),
    )
    say("catalog.commitment.tie", entry=entry)
    say(
        "catalog.commitment.postpone",
        deadline=Shown(label=gettext_lazy("新的完成期限"), help=gettext_lazy("当天仍算按期。")),
        reason=reason(),
    )
    say("catalog.commitment.release", reason=reason())
