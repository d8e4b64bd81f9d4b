"""The form that opens a case: the signed authorisation is chosen as a file, and its digest is worked out from it here.

The file itself is not kept: the digest is what proves later that the paper is the one that was signed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.html import format_html
from django.utils.translation import gettext as _

from jiangyuan.exchange.sharing import purposes, queries
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Forbidden, Refused
from jiangyuan.organization.queries import systems
from jiangyuan.ui import pages, parts, steps
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.session import require_actor

OPEN = "sharing.case.open"
DIGEST, FILE = "authorisation_digest", "authorisation_file"
MOST_BYTES = 20 * 1024 * 1024
"""The largest authorisation: a scan of a few pages."""


class AuthorisationFile(forms.FileInput):
    """A file control that carries along the digest of a file read before, so that it is not chosen a second time."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """Draw the control; after a file was read, what was read of it."""
        control = super().render(FILE, None, attrs, renderer)
        if not value:
            return control
        told = _("已读取授权书，摘要 %(digest)s…；要换一份，请另选文件。") % {"digest": str(value)[:16]}
        return format_html(
            '{}<input type="hidden" name="{}" value="{}"><p class="jy-small">{}</p>', control, name, value, told
        )

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Give the digest, which the page works out before the form is read."""
        return data.get(name)


def _digested(request: HttpRequest) -> QueryDict:
    """Give what was sent with the digest of the file in the place of the file. Raises `Refused` for one too large."""
    sent = request.POST.copy()
    file = request.FILES.get(FILE)
    if file is None:
        return sent
    if not file.size or file.size > MOST_BYTES:
        raise Refused(_("授权书文件是空的，或超过 20 MB"), where=DIGEST, mend=_("请另选一份扫描件或电子文件。"))
    sent[DIGEST] = ciphers.sm3(file.read()).hex()
    return sent


def _as_file(form: ActionForm) -> ActionForm:
    field = form.fields[DIGEST]
    field.widget = AuthorisationFile(attrs={"class": "form-control", "accept": ".pdf,.jpg,.jpeg,.png,.ofd,.doc,.docx"})
    field.required = not form.data.get(DIGEST)
    field.label = _("授权书文件")
    field.help_text = _("本人签署的授权书（扫描件或电子文件，不超过 20 MB）。平台只记下它的 SM3 摘要，不保存文件。")
    return form


def new_case_page(request: HttpRequest, crumb: parts.Link) -> HttpResponse:
    """Open a case by form."""
    actor = require_actor(request)
    if not steps.may_begin(OPEN, actor, body=str(actor.body or "")):
        raise Forbidden(_("您当前的身份不能进行这项操作"), mend=_("请切换到有相应职责的身份，或返回上一页。"))
    choices = _choices(actor)
    draw = _drawer(request, crumb)
    if request.method != "POST":
        return draw(form_for(OPEN, choices=choices))
    try:
        request.POST = _digested(request)  # type: ignore[assignment]
    except Refused as refusal:
        form = form_for(OPEN, data=request.POST, choices=choices)
        form.is_valid()
        form.errors.pop(DIGEST, None)
        form.refuse(refusal)
        answer = draw(form)
        answer.status_code = 422
        return answer
    return pages.act_from_form(
        request,
        OPEN,
        done=lambda made: f"{crumb.url}{made.pk}/",
        again=draw,
        choices=choices,
        next_step=_("现在可凭办件编号核验名单内的人员。"),
    )


def _drawer(request: HttpRequest, crumb: parts.Link) -> Callable[[ActionForm], HttpResponse]:
    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = crumb.url
        title = ACTIONS[OPEN].title
        lead = _("名单内人员须已签署授权书；身份号码只用于生成不可还原的标识，不保存原值。")
        header = parts.Header(title=title, crumbs=(crumb, parts.Link(title=title, current=True)), lead=lead)
        return pages.form_page(request, _as_file(form), header=header)

    return draw


def _choices(actor: Actor) -> dict[str, list[tuple[Any, Any]]]:
    own = systems(actor=actor).filter(body_id=actor.body, active=True)[:500]
    held = queries.grants(actor=actor, live_only=True).filter(consumer_id=actor.body)
    known = held.order_by().values_list("purpose", flat=True).distinct()[:100]
    return {"system": [(one.pk, one.name) for one in own], "purpose": purposes.choices(*known)}
