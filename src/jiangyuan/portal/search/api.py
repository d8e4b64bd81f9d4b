"""REST of the search: what the asker may see, best first."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from annotated_types import Len
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Field, Query, Router, Schema

from jiangyuan.kernel.errors import Forbidden
from jiangyuan.portal.search import finding, queries
from jiangyuan.portal.search.documents import BY_LABEL
from jiangyuan.portal.search.finding import Hit
from jiangyuan.ui.rest import api, faults

Value = Annotated[str, Len(0, 60)]
Chosen = Annotated[list[Value], Len(0, finding.CHOICES)]


class HitOut(Schema):
    """One thing found: its kind, its name, whose it is, and the page it has in the portal."""

    id: UUID
    kind: str
    title: str
    name: str
    body: str
    code: str
    summary: str
    url: str


class SearchOut(Schema):
    """One page of what was found. `near`: nothing fits wholly; `direct`: found without the index, a few of a kind.

    `facets` counts all that was found, by facet and value; of a facet that is narrowed, what its other values would give.
    """

    items: list[HitOut]
    total: int
    facets: dict[str, dict[str, int]]
    page: int
    more: bool
    near: bool
    direct: bool


class SearchQuery(Schema):
    """What is searched for. Several values of one facet may be given: one of them must fit."""

    q: str = Field(..., min_length=1, max_length=200, description=_("要找的词，空格隔开"))
    kind: Chosen = Field([], description=_("只看这些类别，如 entry"))
    jurisdiction: Chosen = Field([], description=_("行政区划代码"))
    body: Chosen = Field([], description=_("部门的编号"))
    classification: Chosen = Field([], description=_("资源分类代码"))
    grade: Chosen = Field([], description=_("数据级别"))
    share: Chosen = Field([], description=_("共享类型"))
    format: Chosen = Field([], description=_("数据格式"))
    cycle: Chosen = Field([], description=_("更新周期"))
    fresh: Chosen = Field([], description=_("最近变动：30、180、365 或 older"))
    score: Chosen = Field([], description=_("目录评分的下限：90、75、60 或 0"))
    page: int = Field(1, ge=1, le=queries.DEEPEST, description=_("第几页"))


router = Router(tags=["search"])
_FAULTS = faults(400, 401, 403)


def _told(hit: Hit) -> dict[str, Any]:
    told = hit.document
    assert told is not None
    return {
        "id": hit.pk,
        "kind": BY_LABEL[hit.label].code,
        "title": str(BY_LABEL[hit.label].title),
        "name": told.name,
        "body": told.body_name,
        "code": told.codes[0] if told.codes else "",
        "summary": told.about[:400],
        "url": told.url,
    }


@router.get("", response={200: SearchOut}, openapi_extra=_FAULTS, summary=str(_("搜索")))
def search(request: HttpRequest, query: Query[SearchQuery]) -> Any:
    """Find what fits all words among everything the asker may see."""
    actor = cast(Any, request).auth
    if actor.kind != "person":
        raise Forbidden(_("搜索供工作人员使用"), mend=_("应用系统请按授权调用服务接口。"))
    facets = {name: values for name in finding.FACETS if (values := getattr(query, name))}
    found = queries.search(actor, query.q, facets=facets, page=query.page)
    counts = queries.counts(actor, query.q, facets=facets, near=found.near)
    return {
        "items": [_told(hit) for hit in found.hits],
        "total": counts.total,
        "facets": {name: dict(values) for name, values in counts.facets.items()},
        "page": found.page,
        "more": found.more,
        "near": found.near,
        "direct": found.direct,
    }


api.add_router("/search", router)
