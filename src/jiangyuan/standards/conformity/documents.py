"""The report of a review as a document: Chinese by rule, with the digest of what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone, translation

from jiangyuan.kernel import ciphers
from jiangyuan.standards.conformity.models import Finding, Review
from jiangyuan.standards.conformity.wording import CHECKS, mend, said
from jiangyuan.ui import shares
from jiangyuan.ui.printing import Facts, Grid, Sheet

MOST = 400
"""Findings on paper; the list as a spreadsheet has all of them."""
TITLE = "数据标准符合性审查报告"


@dataclass(frozen=True, slots=True)
class Printed:
    """A sheet with the digest of what it says."""

    sheet: Sheet
    digest: str


def report(review: Review, findings: Sequence[Finding], *, kind: str, by: str) -> Printed:
    """Make the report of a review: what was reviewed, the score and how it came about, every finding with its fix."""
    with translation.override("zh-hans"):
        blocks = (_about(review, kind), _points(review), _findings(findings))
        digest = ciphers.sm3(repr(blocks).encode()).hex()
        notes = [f"本报告内容摘要（SM3）：{digest}"]
        if review.findings_total > len(findings):
            notes.insert(0, f"发现共 {review.findings_total} 条，本报告列出前 {len(findings)} 条，全部见电子表格。")
        sheet = Sheet(
            title=TITLE,
            number=f"编号：{review.pk}",
            blocks=blocks,
            notes=tuple(notes),
            foot=f"{TITLE}　打印人：{by}　打印时间：{timezone.localtime():%Y-%m-%d %H:%M}",
        )
        return Printed(sheet, digest)


def _about(review: Review, kind: str) -> Facts:
    finished = timezone.localtime(review.finished_at) if review.finished_at else None
    values = f"{review.measured} 张表逐行检查" if review.measured else "未检查取值（没有挂载，平台无权读取）"
    return Facts(
        rows=(
            (("审查对象", review.title), ("种类", kind)),
            (("所属部门", str(review.body or "")), ("审查时间", f"{finished:%Y-%m-%d %H:%M}" if finished else "")),
            (
                ("得分", "" if review.score is None else f"{review.score} 分"),
                ("数据元覆盖率", shares.percent(review.coverage)),
            ),
            (("范围", f"{review.tables} 张表、{review.fields} 个字段"), ("取值", values)),
        )
    )


def _points(review: Review) -> Grid:
    rows = [
        (
            str(CHECKS[check][0]),
            of.rstrip("0").rstrip("."),
            f"{float(passed):.2f}",
            shares.percent(float(passed) * 100 / float(of)),
        )
        for check in CHECKS
        if check in review.points
        for passed, of in [review.points[check]]
    ]
    return Grid(titles=("检查项", "检查数", "通过", "通过率"), rows=rows, widths=(4, 2, 2, 2))


def _findings(findings: Sequence[Finding]) -> Grid:
    severities = dict(Finding.SEVERITIES)
    rows = [
        (
            str(place),
            f"{one.table}\n{one.column}".strip(),
            str(severities[one.severity]),
            said(one),
            f"{one.standard}\n{mend(one.check_code)}".strip(),
        )
        for place, one in enumerate(findings, start=1)
    ]
    return Grid(titles=("序号", "位置", "程度", "发现", "依据和整改"), rows=rows, widths=(1, 4, 1.5, 5, 5))
