"""REST of quality."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.kernel.errors import NotFound
from jiangyuan.resources.quality import queries
from jiangyuan.resources.quality.models import CheckResult, CheckRun, QualityRule
from jiangyuan.ui.rest import api, expose, faults, listing
from jiangyuan.ui.session import scene_of


class RuleOut(Schema):
    """A rule of a mounted table; `definition` is the JSON form of a check."""

    id: UUID
    version: int
    mount_id: UUID
    name: str
    definition: dict[str, Any]
    origin: str


class RunOut(Schema):
    """One run of a mounted table's rules. `score` is 0-100, null when nothing could be checked."""

    id: UUID
    version: int
    mount_id: UUID
    created_at: datetime
    finished_at: datetime | None
    rows: int | None
    score: Decimal | None
    dimensions: dict[str, str]
    error: dict[str, str] | None


class ResultOut(Schema):
    """What one rule found; `evidence` holds the keys of violating rows, where the owning department asked for them."""

    id: UUID
    rule_id: UUID
    rule_name: str
    dimension: str
    checked: int
    failed: int
    evidence: list[Any] | None


class ResultsPage(Schema):
    """All results of one run: there are never more than there are rules."""

    items: list[ResultOut]
    next: str = ""
    previous: str = ""


class Proposed(Schema):
    """How many rules are new."""

    new: int


router = Router(tags=["quality"])
expose(router, "quality.rule.propose", "/rules/propose", response=Proposed, show=lambda made: {"new": made})
expose(router, "quality.rule.write", "/rules")
expose(router, "quality.rule.alter", "/rules/{id}/alter")
expose(router, "quality.rule.retire", "/rules/{id}/retire")
expose(router, "quality.run.ask", "/runs")
listing(
    router,
    "/rules",
    item=RuleOut,
    rows=lambda actor: QualityRule.visible_to(actor).filter(active=True),
    allowed=("name", "created_at"),
    title=_("质量规则"),
    filters=("mount",),
)
listing(
    router,
    "/runs",
    item=RunOut,
    rows=lambda actor: CheckRun.visible_to(actor),
    allowed=("-created_at",),
    title=_("质量检查"),
    filters=("mount",),
)


@router.get("/results", response={200: ResultsPage}, openapi_extra=faults(401, 404), summary=str(_("检查结果")))
def results(request: HttpRequest, run: UUID, evidence: bool = False) -> Any:
    """Give what each rule found in a run, the worst first.

    With `evidence` the owning department's people get the keys of the violating rows; each rule's keys are remembered
    as a read before they leave. Others get none.
    """
    actor = cast(Any, request).auth
    found = CheckRun.visible_to(actor).filter(pk=run).first()
    if found is None:
        raise NotFound(_("没有找到这次检查"), where="run")
    rows = [
        {
            **{name: getattr(result, name) for name in ("id", "rule_id", "dimension", "checked", "failed")},
            "rule_name": result.rule.name,
            "evidence": _keys(request, result) if evidence else None,
        }
        for result in queries.results_of(actor=actor, run=found).select_related("rule", "run__mount__entry")
    ]
    return {"items": rows}


def _keys(request: HttpRequest, result: CheckResult) -> list[list[str]] | None:
    actor = cast(Any, request).auth
    try:
        scene = scene_of(request, channel="rest", purpose=queries.PROBLEMS)
        return queries.problem_keys(result, actor=actor, scene=scene)
    except NotFound:
        return None


api.add_router("/quality", router)
