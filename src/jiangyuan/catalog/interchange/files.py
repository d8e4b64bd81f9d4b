"""Files in and out of a request: what kind a file is, and the export of what a query asks for."""

from __future__ import annotations

import tempfile
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.queries import entries
from jiangyuan.catalog.interchange import workbook
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Refused

MOST_EXPORTED = 50_000


def kind_of(name: str) -> str:
    """Tell by its name what kind of file it is; what is not known is read as delimited text."""
    ending = name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    return {"json": "json"}.get(ending, "xlsx" if ending in ("xlsx", "xlsm", "xlsb", "xls", "ods") else "csv")


def exported(request: HttpRequest, actor: Actor, kind: str, scene: Scene) -> tuple[Any, int]:
    """Write the entries that a query asks for into a file and remember it; gives the file and how many there are. Raises `Refused`."""
    if kind not in workbook.FORMATS:
        raise Refused(_("没有这种导出格式"), where="format", mend=_("可导出 xlsx、csv 或 json。"))
    asked = request.GET
    found = entries(actor=actor, text=asked.get("q", "")[:200])
    looked = {"body": "body__alias", "share_type": "known_share_type", "grade": "known_grade", "state": "told_state"}
    conditions = {name: asked.getlist(name)[:50] for name in looked if asked.getlist(name)}
    if any(not one.isdigit() for one in conditions.get("grade", ())):
        raise Refused(_("查询条件的写法不对"), where="grade", mend=_("请改正后重新提交。"))
    for name, values in conditions.items():
        found = found.filter(**{f"{looked[name]}__in": values})
    keys = list(found.order_by("pk").values_list("pk", flat=True)[: MOST_EXPORTED + 1])
    if len(keys) > MOST_EXPORTED:
        mend = _("请用条件缩小到 %(most)s 条以内，或用接口分页获取。") % {"most": f"{MOST_EXPORTED:,}"}
        raise Refused(_("要导出的目录太多"), where="format", mend=mend)
    file = tempfile.SpooledTemporaryFile(max_size=2**22)  # noqa: SIM115 - whoever gives it closes it
    rows = Entry.visible_to(actor).filter(pk__in=keys)
    count = workbook.write_entries(file, workbook.described(rows, actor), kind)
    file.seek(0)
    said = {name: "/".join(values)[:200] for name, values in conditions.items()}
    given = {"format": kind, "count": count, "digest": ciphers.sm3(file.read()).hex(), "conditions": said}
    act("catalog.export.record", actor=actor, scene=scene, **given)
    return file, count
