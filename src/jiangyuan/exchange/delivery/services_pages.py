"""The services of one's grants: what each answers, how it is called, and a try with one's own key.

The key stays in the browser, which signs the call; the portal hands the signed call to the gateway as it is and gives
back the answer. The gateway alone decides, and leaves the trace, as for any other call.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import httpx
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.wording import mask_text
from jiangyuan.exchange.delivery import services
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.exchange.sharing.queries import grants
from jiangyuan.exchange.sharing.states import GRANT
from jiangyuan.exchange.sharing.wording import forms_text
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.egress import EgressPolicy, Rule, Unreachable
from jiangyuan.kernel.errors import Forbidden, Refused
from jiangyuan.kernel.models import Access
from jiangyuan.kernel.outbound_http import http_client
from jiangyuan.ui import listing, lists, pages, parts, states
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

SERVICES = parts.Link(title=gettext_lazy("数据服务"), url="/services/")
CALLERS = frozenset({"business_office", "sharing_handler", "analyst"})
"""Who of the consumer may try a call; the key decides whether it is answered."""
LARGEST = 64 * 1024
SECONDS = 20.0
TRIED = {"match": "POST", "rows": "GET"}


def _held(actor: Actor) -> QuerySet[Grant]:
    """Give the grants of the actor's own body that are called over the gateway."""
    called = Q(forms__contains=["match"]) | Q(forms__contains=["query"])
    return grants(actor=actor).filter(called, consumer_id=actor.body)


def services_page(request: HttpRequest) -> HttpResponse:
    """List the services that the systems of one's own body may call."""
    actor = require_actor(request)
    state = listing.facet(request, "state", _("状态"), GRANT.states.items())
    filters = listing.Filters(text=listing.words_of(request), words=_("目录、部门或系统名称"), facets=(state,))
    rows = _held(actor).filter(**({"state": state.value} if state.value else {}))
    for word in filters.text.split()[:8]:
        named = Q(entry__name__icontains=word) | Q(provider__name__icontains=word)
        rows = rows.filter(named | Q(system__name__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("数据服务"),
        columns=tuple(
            parts.Column(title=title)
            for title in (
                _("服务"),
                _("提供方"),
                _("应用系统"),
                _("方式"),
                _("每次须填办件编号"),
                _("期限"),
                _("状态"),
            )
        ),
        row=lambda grant: (
            parts.Link(title=grant.entry.known_name, url=f"{SERVICES.url}{grant.pk}/"),
            str(grant.provider),
            grant.system.name,
            forms_text(form for form in grant.forms if form != "table"),
            grant.case_bound,
            grant.until,
            states.state_badge(grant),
        ),
        order=("-created_at",),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有可调用的服务"),
            why=_("含核验或查询方式的授权开通后，就是一项可调用的服务。"),
            todo=_("先在目录中找到数据，再申请共享。"),
            action=parts.Button(title=_("查目录"), url="/catalog/", kind="plain"),
        ),
    )
    header = parts.Header(title=_("数据服务"), lead=_("本部门应用系统可以调用的服务：回答什么、怎么签名、怎么试。"))
    return lists.list_page(request, header=header, filters=filters, table=table)


def service_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Document one service, and let its own people try it."""
    actor = require_actor(request)
    grant = find(_held(actor), pk)
    header = parts.Header(
        title=grant.entry.known_name,
        badge=states.state_badge(grant),
        crumbs=(SERVICES, parts.Link(title=grant.entry.known_name, current=True)),
        lead=services.sentence(grant),
        action=parts.Button(
            title=_("下载接口说明（OpenAPI）"), url=f"{SERVICES.url}{grant.pk}/openapi.json", icon="download"
        ),
        further=(parts.Button(title=_("查看授权"), url=f"/exchange/grants/{grant.pk}/", kind="plain"),),
    )
    name = services.called(grant)
    context = {
        "above": _stopped(grant),
        "about": services.about(grant, address(), name),
        "answered": _answered(grant),
        "operations": services.operations(grant, name),
        "asked": services.asked(grant),
        "headers": services.headers(),
        "refusals": services.refusal_table(),
        "examples": services.examples(grant, address(), name),
        "trial": _trial(grant, actor),
    }
    return pages.page(request, "delivery/service.html", header=header, **context)


def _stopped(grant: Grant) -> tuple[parts.Part, ...]:
    if grant.state == "active":
        return ()
    if grant.state == "preparing":
        return (parts.Notice(title=_("授权正在开通"), text=_("通常几秒内完成，之后即可调用。")),)
    text = grant.ended_reason or _("请在授权页面查看原因，需要时重新申请。")
    return (parts.Notice(title=_("服务已停止，下一次调用会被拒绝"), tone="warn", text=text),)


def _answered(grant: Grant) -> parts.Table:
    rows = [(item["name"], parts.Code(text=item["column"]), mask_text(item["mask"])) for item in grant.items]
    titles = (_("名称"), _("字段"), _("看到的形式"))
    return parts.Table(
        caption=_("它回答什么"),
        show_caption=True,
        columns=tuple(parts.Column(title=title) for title in titles),
        rows=rows,
        empty=parts.Empty(title=_("没有信息项"), why=""),
    )


def _trial(grant: Grant, actor: Actor) -> dict[str, Any] | None:
    if grant.state != "active" or actor.capacity not in CALLERS:
        return None
    return {
        "url": f"{SERVICES.url}{grant.pk}/try/",
        "path": f"/v1/{grant.pk}/",
        "system": grant.system.code,
        "purpose": grant.purpose,
        "operator": quote(actor.name, safe=""),
        "case_bound": grant.case_bound,
        "match": "match" in grant.forms,
        "query": "query" in grant.forms,
        "subject": services.subject_of(grant),
        "filters": services.filters_of(grant),
    }


def address() -> str:
    """Give the gateway's address, as people and programs of this installation reach it."""
    known = settings()
    host = "127.0.0.1" if known.gateway_host in ("", "0.0.0.0", "::") else known.gateway_host
    return f"http://{host}:{known.gateway_port}"


def openapi_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give the OpenAPI document of a service as a file."""
    grant = find(_held(require_actor(request)), pk)
    response = JsonResponse(
        services.document(grant, address=address()), json_dumps_params={"ensure_ascii": False, "indent": 1}
    )
    response["Content-Disposition"] = f'attachment; filename="openapi-{grant.pk}.json"'
    return response


def try_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Hand a call that the browser has signed to the gateway, and give back what it says.

    Only to the gateway, only for a service of one's own body, only in one's own name; anything else is refused here.
    """
    actor = require_actor(request)
    grant = find(_held(actor), pk)
    if request.method != "POST":
        return pages.redirect(request, f"{SERVICES.url}{grant.pk}/")
    if actor.capacity not in CALLERS:
        raise Forbidden(_("您当前的身份不能试用服务"), mend=_("请切换到业务处室、经办人或数据分析员的身份。"))
    sent = _signed_call(request, actor)
    try:
        told = _asked(f"/v1/{grant.pk}/{sent['verb']}", sent)
    except Unreachable:
        silent = {"message": _("网关没有答复"), "mend": _("请稍后再试；一再出现时请联系运维。")}
        told = {"status": 503, "answer": silent, "trace": "", "receipt": ""}
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False})


def _asked(path: str, sent: dict[str, Any]) -> dict[str, Any]:
    """Send the call as it was signed. Raises `Unreachable`."""
    url = f"{address()}{path}" + (f"?{sent['query']}" if sent["query"] else "")
    headers = {**sent["headers"], "Accept-Language": get_language() or "zh-hans"}
    began = time.perf_counter()
    with http_client(policy=_only_gateway(), seconds=SECONDS, most=1024 * 1024) as client:
        answer = client.request(TRIED[sent["verb"]], url, content=sent["body"].encode() or None, headers=headers)
        return _told(answer, (time.perf_counter() - began) * 1000)


def _only_gateway() -> EgressPolicy:
    return EgressPolicy((Rule.parse(address().removeprefix("http://")),))


def _malformed() -> Refused:
    return Refused(_("请求不完整"), code="services.try", mend=_("请重新选择密钥文件后再试。"))


def _signed_call(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    if len(request.body) > LARGEST:
        raise _malformed()
    try:
        sent = json.loads(request.body)
        verb, query, body, headers = sent["verb"], sent["query"], sent["body"], sent["headers"]
    except (ValueError, KeyError, TypeError):
        raise _malformed() from None
    plain = all(isinstance(one, str) for one in (verb, query, body)) and isinstance(headers, dict)
    if not plain or verb not in TRIED or len(query) > 4096 or any(c in query for c in "#\r\n "):
        raise _malformed()
    known = {f"x-jiangyuan-{name}" for name in services.SIGNED_HEADERS}
    kept = {str(name).lower(): value for name, value in headers.items()}
    fits = all(isinstance(v, str) and v.isascii() and v.isprintable() and len(v) <= 512 for v in kept.values())
    if set(kept) - known or not fits:
        raise _malformed()
    if kept.get("x-jiangyuan-operator") != quote(actor.name, safe=""):
        raise Refused(_("经办人应为您本人"), code="services.operator", mend=_("请刷新页面后再试。"))
    if body:
        kept["content-type"] = "application/json"
    return {"verb": verb, "query": query, "body": body, "headers": kept}


def _told(answer: httpx.Response, milliseconds: float) -> dict[str, Any]:
    read = answer.headers.get("x-jiangyuan-request-id", "")
    trace = Access.objects.filter(read=read).order_by("at").first() if read else None
    try:
        content = json.loads(answer.content)
    except ValueError:
        content = {}
    return {
        "status": answer.status_code,
        "milliseconds": round(milliseconds),
        "answer": content,
        "trace": read,
        "receipt": f"/trace/receipt/{trace.pk}/" if trace is not None else "",
    }


urlpatterns = [
    path("services/", services_page, name="services"),
    path("services/<uuid:pk>/", service_page, name="service"),
    path("services/<uuid:pk>/openapi.json", openapi_page, name="service_openapi"),
    path("services/<uuid:pk>/try/", try_page, name="service_try"),
]
