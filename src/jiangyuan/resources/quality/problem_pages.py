"""Rows that break a rule, for the people of the body that owns them: a page of masked rows, a file of their keys.

Neither has a way of its own to the rows: door two gives exactly them, and each look is in the memory.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.kernel.errors import Transient
from jiangyuan.resources.quality import queries
from jiangyuan.resources.quality.models import CheckResult
from jiangyuan.resources.quality.wording import dimension_of, sentence
from jiangyuan.ui import pages, parts, session, sheets
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

QUALITY = parts.Link(title=gettext_lazy("数据质量"), url="/quality/")


def _names(result: CheckResult) -> dict[str, str]:
    return {item.column: item.name for item in result.run.mount.entry.items.all()}


def problems_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show the rows that break a rule, masked; not found for everybody but those who mend them."""
    actor = require_actor(request)
    result = find(queries.problem_results(actor=actor), pk)
    mount, names = result.run.mount, _names(result)
    said = sentence(result.rule.definition, names)
    base = f"/quality/{mount.pk}/"
    header = parts.Header(
        title=_("问题行：%(rule)s") % {"rule": said},
        lead=_("按目录的缺省脱敏显示，最多 %(n)s 行；本次查看已留痕。完整主键请导出后在本部门系统中核对修改。")
        % {"n": queries.ROWS},
        crumbs=(
            QUALITY,
            parts.Link(title=mount.entry.known_name, url=base),
            parts.Link(title=_("问题行"), current=True),
        ),
        action=parts.Button(title=_("导出主键清单"), url=f"/quality/results/{result.pk}/keys.csv", icon="download"),
    )
    about = parts.Definitions(
        rows=(
            parts.Definition(term=_("规则"), value=said),
            parts.Definition(term=_("维度和依据"), value=dimension_of(result.rule.definition)),
            parts.Definition(term=_("检查时间"), value=result.run.finished_at),
            parts.Definition(
                term=_("不符合"), value=ngettext("%(n)s 行", "%(n)s 行", result.failed) % {"n": f"{result.failed:,}"}
            ),
            parts.Definition(
                term=_("留存主键"),
                value=ngettext("%(n)s 行", "%(n)s 行", result.evidence_kept) % {"n": f"{result.evidence_kept:,}"},
                help=_("每次检查最多留存 100 行，加密保存。"),
            ),
        )
    )
    scene = session.scene_of(request, purpose=queries.PROBLEMS)
    try:
        found = queries.problem_rows(result, actor=actor, scene=scene)
    except Transient as error:
        notice = parts.Notice(title=_("暂时读不到来源数据"), tone="warn", text=str(error))
        return pages.page(request, "ui/detail.html", header=header, above=(notice,), sections=(about,))
    return pages.page(request, "ui/detail.html", header=header, sections=(about, _table(found, names)))


def _table(found: queries.Problems, names: dict[str, str]) -> parts.Table:
    return parts.Table(
        caption=_("问题行"),
        show_caption=True,
        columns=tuple(parts.Column(title=names.get(name, name)) for name in found.columns),
        rows=[["" if value is None else str(value) for value in row] for row in found.rows],
        empty=parts.Empty(title=_("来源中已没有这些行"), why=_("可能已整改或删除。"), todo=_("请重新检查数据质量。")),
    )


def keys_file(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give the kept keys of the rows that break a rule as a file, for the owner's own system."""
    actor = require_actor(request)
    result = find(queries.problem_results(actor=actor), pk)
    keys = queries.problem_keys(result, actor=actor, scene=session.scene_of(request, purpose=queries.PROBLEMS))
    names = _names(result)
    text = io.StringIO()
    writer = csv.writer(text)
    titles = [*(names.get(column, column) for column in result.run.mount.key), _("规则")]
    writer.writerow([sheets.neutral(title) for title in titles])
    said = sentence(result.rule.definition, names)
    writer.writerows([sheets.neutral(cell) for cell in (*key, str(said))] for key in keys)
    # with a mark of order, so that office programs read it as UTF-8
    response = HttpResponse(b"\xef\xbb\xbf" + text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="problem-keys-{result.pk}.csv"'
    response["Cache-Control"] = "no-store"
    return response
