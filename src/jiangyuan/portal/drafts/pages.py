"""What forms send while one types: keep this, forget that."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from jiangyuan.kernel.errors import Forbidden
from jiangyuan.ui import drafts, pages


def _mark(request: HttpRequest) -> drafts.Mark:
    pages.require_actor(request)
    mark = drafts.own_mark(request)
    if mark is None:
        raise Forbidden(gettext_lazy("这份表单不是为当前登录的人打开的"), mend=gettext_lazy("请刷新页面后再填写。"))
    return mark


@require_POST
@sensitive_post_parameters()
def keep_page(request: HttpRequest) -> HttpResponse:
    """Keep what was typed into a form, for the person who types; says when it was kept."""
    at = drafts.keep(_mark(request), request.POST)
    if at is None:
        return HttpResponse(status=204)
    return JsonResponse({"said": _("已自动保存 %(time)s") % {"time": f"{timezone.localtime(at):%H:%M}"}})


@require_POST
def discard_page(request: HttpRequest) -> HttpResponse:
    """Forget what was kept of a form, and go back to it."""
    mark = _mark(request)
    drafts.drop(request)
    pages.flash(request, _("已放弃保存的内容。"))
    return pages.redirect(request, mark.page)


urlpatterns = [
    path("drafts/", keep_page, name="draft_keep"),
    path("drafts/discard/", discard_page, name="draft_discard"),
]
