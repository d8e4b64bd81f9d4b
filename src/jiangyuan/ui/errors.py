"""Errors as pages and as JSON: what happened, why, and what to do next. Never a stack trace, never a raw code."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.kernel.texts import cite
from jiangyuan.ui import drafts
from jiangyuan.ui.session import LoginRequired, actor_of, login_url

log = logging.getLogger(__name__)

_TITLES: dict[int, tuple[Any, Any, Any]] = {
    400: (
        _("请求的写法不对"),
        _("地址或提交的内容不完整，平台无法理解。"),
        _("请返回上一页重新操作，不要手工修改地址。"),
    ),
    401: (_("请先登录"), _("尚未登录，或登录已过期。"), _("登录后会回到这一页。")),
    403: (
        _("暂不能进行这项操作"),
        _("当前身份没有相应职责。"),
        _("可在右上角切换身份，或联系本单位数据共享工作机构。"),
    ),
    404: (
        _("没有找到这一页"),
        _("地址可能有误，内容可能已移走，也可能不在您的查看范围内。"),
        _("请核对地址，或回到首页按名称搜索。"),
    ),
    405: (_("这一页不接受这种请求"), _("请求的方式与这一页不符。"), _("请返回上一页重新操作。")),
    409: (_("内容已有变化"), _("在您操作期间，他人已更新或已办理。"), _("请刷新页面，核对最新内容后再操作。")),
    413: (_("内容过大"), _("提交的内容超过上限。"), _("请减小文件或分次提交。")),
    414: (_("网址过长"), _("网址中的条件超过上限。"), _("请从菜单或搜索重新进入，减少条件后再试。")),
    422: (_("填写的内容需要改正"), _("部分内容不符合要求。"), _("请按提示改正后重新提交。")),
    429: (_("操作过于频繁"), _("短时间内的请求超过限制。"), _("请稍等片刻再试。")),
    500: (
        _("平台出现故障"),
        _("这不是您的操作造成的，故障已记录。"),
        _("请稍后再试；如仍不行，请把下面的编号告诉运维人员。"),
    ),
    503: (_("暂时不可用"), _("平台正忙或正在维护。"), _("请稍等片刻再试，已填写的内容不会丢失。")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error as a page says it."""

    status: int
    title: Any
    why: Any
    todo: Any
    article: str = ""
    code: str = ""
    where: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the error as an API says it."""
        return {
            "code": self.code,
            "message": str(self.title),
            "where": self.where,
            "mend": str(self.todo),
            "article": cite(self.article),
        }


def problem_of(error: JiangyuanError) -> Problem:
    """Say an error of the platform. The message of a broken part is for the log, not for the page."""
    title, why, todo = _TITLES.get(error.status, _TITLES[500])
    if error.status >= 500:
        return Problem(status=error.status, title=title, why=why, todo=todo, code=error.default_code)
    return Problem(
        status=error.status,
        title=error.message,
        why="" if error.status == 422 else why,
        todo=error.mend or todo,
        article=error.article,
        code=error.code,
        where=error.where,
    )


def problem(status: int) -> Problem:
    """Say an error that only has a status."""
    title, why, todo = _TITLES.get(status, _TITLES[500])
    code = {400: "bad_request", 403: "forbidden", 404: "not_found", 413: "too_large", 414: "address_too_long"}.get(
        status, "error"
    )
    return Problem(status=status, title=title, why=why, todo=todo, code=code)


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a program is asking: by the API's path, or because it accepts JSON and not HTML."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("application/json" in accept and "text/html" not in accept)


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Answer with an error as JSON, as an htmx notice, or as a page."""
    if wants_json(request):
        return JsonResponse(problem.as_dict(), status=problem.status, json_dumps_params={"ensure_ascii": False})
    context = {"problem": problem, "request_id": getattr(request, "request_id", "")}
    if request.headers.get("HX-Request") == "true":
        html = render_to_string("ui/parts/problem.html", context)
        return HttpResponse(
            html, status=problem.status, headers={"HX-Retarget": "#jy-notices", "HX-Reswap": "innerHTML show:top"}
        )
    # A page about a broken part must not need that part: no account, no navigation.
    context["layout"] = "ui/bare.html" if problem.status >= 500 else _layout(request)
    return HttpResponse(
        render_to_string("ui/error.html", context, request=None if problem.status >= 500 else request),
        status=problem.status,
    )


def _layout(request: HttpRequest) -> str:
    """Give the frame of an error page: who is not signed in has no navigation and no search to go on with."""
    return "ui/open.html" if actor_of(request) is None else "ui/base.html"


def answer_error(request: HttpRequest, error: JiangyuanError) -> HttpResponse:
    """Answer with an error of the platform; who is not signed in is led to the login page and back."""
    if error.status >= 500:
        number = getattr(request, "request_id", "")
        log.error("%s %s: %s [%s]", request.method, request.path, error, number, exc_info=error)
    if isinstance(error, LoginRequired) and not wants_json(request):
        # a form sent after the session ended is kept for the person it was drawn for; it is not acted upon
        url = login_url(request, drafts.hold(request))
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Redirect": url})
        return HttpResponse(status=302, headers={"Location": url})
    return answer(request, problem_of(error))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400 (Django's `handler400`); 413 when the form itself was too large."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return answer(request, problem(413 if too_large else 400))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403 (Django's `handler403`)."""
    return answer(request, problem(403))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404 (Django's `handler404`)."""
    return answer(request, problem(404))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 (Django's `handler500`)."""
    return answer(request, problem(500))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose security token is missing or old (Django's `CSRF_FAILURE_VIEW`).

    A form that was drawn before its person signed in anew is shown again with all that was typed, to be sent again.
    """
    held = drafts.hold(request)
    if held:
        messages.warning(request, _("页面已过期，刚才的提交未被接受；填写的内容已保留，请核对后再次提交。"))
        return HttpResponse(status=303, headers={"Location": held})
    return answer(
        request,
        Problem(
            status=403,
            title=_("页面已过期，提交未被接受"),
            why=_("为防止他人冒用您的身份提交，每个页面带有一次登录内有效的校验码，这一页的校验码已失效。"),
            todo=_("请返回上一页并刷新，再重新提交；浏览器需允许本站的 Cookie。"),
            code="csrf",
        ),
    )
