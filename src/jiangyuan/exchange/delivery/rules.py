"""Pure decisions of delivery: where a granted table may land, and whom a change concerns."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.errors import Refused

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_RESERVED = re.compile(r"pg_.*|information_schema|public|jiangyuan")
PSEUDONYM = 16
"""Bytes of one subject's pseudonym."""


def require_place(schema: str, table: str) -> None:
    """Refuse a target that is no plain name, or lies where the consumer's own tables or the cursors stand."""
    if not _NAME.fullmatch(schema) or not _NAME.fullmatch(table):
        raise Refused(
            _("目标模式名、表名只能用小写字母、数字和下划线，以字母开头"),
            where="table",
            mend=_("请改名后重新提交。"),
        )
    if _RESERVED.fullmatch(schema):
        raise Refused(
            _("不能交换到系统模式或 public 模式"), where="schema", mend=_("请使用单独的模式，例如 delivered。")
        )


def require_form(forms: Iterable[str]) -> None:
    """Refuse a delivery under a grant that does not name the table form."""
    if "table" not in forms:
        raise Refused(
            _("本次授权不包含库表交换方式"),
            where="grant",
            article=gettext_noop("《政务数据共享条例》第二十二条"),
            mend=_("可使用授权中的核验或查询服务，或申请变更授权。"),
        )


def subjects_in(joined: bytes) -> list[bytes]:
    """Split the joined pseudonyms of one access into single ones."""
    return [joined[i : i + PSEUDONYM] for i in range(0, len(joined), PSEUDONYM)]
