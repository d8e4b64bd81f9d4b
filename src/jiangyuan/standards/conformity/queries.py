"""Every read of the reviews' own tables, and of the standards as a review needs them."""

from __future__ import annotations

from django.db.models import QuerySet

from jiangyuan.kernel.actor import Actor
from jiangyuan.standards.conformity.models import Finding, Review
from jiangyuan.standards.conformity.rules import Known, KnownModel
from jiangyuan.standards.queries import elements, table_models


def reviews(*, actor: Actor) -> QuerySet[Review]:
    """Give the reviews that the actor may know of."""
    return Review.visible_to(actor).select_related("body")


def findings(review: Review, *, actor: Actor) -> QuerySet[Finding]:
    """Give what a review found."""
    return Finding.visible_to(actor).filter(review=review)


def known_elements(*, actor: Actor) -> dict[str, Known]:
    """Give the elements as a review needs them, by code."""
    return {
        one.code: Known(
            code=one.code,
            name=one.name,
            type=one.type,
            length=one.length,
            grade=one.grade,
            personal=one.personal,
            masks=bool(one.mask),
            standard=one.standard,
            synonyms=tuple(one.synonyms),
        )
        for one in elements(actor=actor)
    }


def known_models(*, actor: Actor) -> list[KnownModel]:
    """Give the table models as a review needs them."""
    found = []
    for model in table_models(actor=actor):
        fields = list(model.fields.all())
        required = tuple((field.name, field.element.code) for field in fields if field.required)
        key = next((field.element.code for field in fields if field.key), "")
        found.append(KnownModel(model.code, model.name, required, key))
    return found
