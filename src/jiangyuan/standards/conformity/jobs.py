"""Background work of the reviews: judge every subject, the rows of a table through whoever may read them."""

from __future__ import annotations

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.kernel.jobs import job
from jiangyuan.standards.conformity import queries, reviewing, rules
from jiangyuan.standards.conformity.models import Review

CONFORMITY = service_actor("conformity")


@job("standards.review")
def run_review(review: str) -> None:
    """Make a review that was asked for."""
    kept = Review.objects.get(pk=review)
    if kept.finished_at is not None:  # the job ran before and was interrupted after its report
        return
    try:
        outcome = _outcome(kept)
    except JiangyuanError as error:
        act("standards.review.report_failed", kept.pk, actor=CONFORMITY, error=error.as_dict())
        return
    act("standards.review.report", kept.pk, actor=CONFORMITY, found=outcome)


def _outcome(review: Review) -> rules.Outcome:
    of = reviewing.kind_of(review.kind)
    found = of.rows(CONFORMITY).filter(pk=review.target).first() if of is not None else None
    outcome = rules.Outcome()
    if of is None or found is None:
        return outcome
    elements, models = queries.known_elements(actor=CONFORMITY), queries.known_models(actor=CONFORMITY)
    for subject in of.subjects(found):
        rules.judge(outcome, subject, elements, models, reviewing.measured(subject.table))
    return outcome
