"""Every write of the reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.kernel import jobs
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.standards.conformity import reviewing
from jiangyuan.standards.conformity.models import Finding, Review

MOST_FINDINGS = 20_000
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _target(kind: str, target: UUID, actor: Actor | None) -> tuple[reviewing.Reviewable, Any]:
    of = reviewing.kind_of(kind)
    if of is None:
        raise NotFound(_("没有这类审查对象"), where="kind", mend=_("请从可审查的对象中选择。"))
    if actor is None:
        return of, None
    found = of.rows(actor).filter(pk=target).first()
    if found is None:
        raise NotFound(_("没有找到要审查的对象"), where="target", mend=_("它可能已移走，或不在您的查看范围内。"))
    return of, found


@action("standards.review.ask", on=None, event="standards.review.asked", title=_("符标审查"))
def ask(*, kind: Annotated[str, StringConstraints(max_length=20)], target: UUID, actor: Actor) -> Review:
    """Ask for a review of something that one may see; it is judged in the background."""
    of, found = _target(kind, target, actor)
    review = Review.objects.create(
        kind=kind, target=target, title=str(found)[:200], url=of.url(found)[:200], body_id=of.body(found)
    )
    describe(kind=kind, target=target)
    jobs.defer("standards.review", review=str(review.pk))
    return review


def _open(review: Review) -> None:
    if review.finished_at is not None:
        raise Conflict(_("这次审查已有结果"), code="reported", where="review")


@action("standards.review.report", on=Review, event="standards.review.finished", title=_("报告审查结果"))
def report(review: Review, *, found: Any, now: datetime) -> Review:
    """Keep what a review found. `found`: an `Outcome` of the rules."""
    _open(review)
    Finding.objects.bulk_create(
        (
            Finding(
                review=review,
                position=place,
                table=one.table[:300],
                column=one.column[:200],
                check_code=one.check,
                severity=one.severity,
                found=one.found[:200],
                expected=one.expected[:200],
                standard=one.standard[:200],
                url=one.url[:300],
                checked=one.checked,
                failed=one.failed,
            )
            for place, one in enumerate(found.findings[:MOST_FINDINGS])
        ),
        batch_size=1000,
    )
    review.finished_at = now
    review.score, review.coverage = found.score, found.coverage
    review.points = {check: [str(passed), str(of)] for check, (passed, of) in found.points.items()}
    review.tables, review.fields, review.measured = found.tables, found.fields, found.measured
    review.findings_total = len(found.findings)
    describe(score=str(found.score or ""), findings=review.findings_total, tables=review.tables)
    return review


@action("standards.review.report_failed", on=Review, event="standards.review.failed", title=_("报告审查未能完成"))
def report_failed(review: Review, *, error: dict[str, str], now: datetime) -> Review:
    """Keep why a review could not be made."""
    _open(review)
    review.error, review.finished_at = error, now
    describe(code=error.get("code", ""))
    return review


@action("standards.review.print", on=Review, event="standards.review.printed", title=_("下载审查报告"))
def printed(review: Review, *, digest: Digest, file_digest: Digest) -> Review:
    """Remember that a report was taken as a document, with the digests of what it says and of the file."""
    describe(digest=digest, file_digest=file_digest)
    return review
