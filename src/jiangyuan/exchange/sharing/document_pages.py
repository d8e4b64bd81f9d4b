"""Taking a document as a PDF: drawn, remembered, then given."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiangyuan.exchange.sharing import documents, queries
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import NotFound
from jiangyuan.ui import pages, parts, printing, session
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

SHEETS = {"agreement": documents.agreement_sheet, "commitment": documents.commitment_sheet}


def approval_button(asked: Request) -> parts.Button:
    """Give the button that takes the approval form of a request."""
    return parts.Button(
        title=_("下载审批单"),
        url=f"/exchange/requests/{asked.pk}/approval.pdf",
        method="post",
        kind="plain",
        icon="file-type-pdf",
    )


def grant_buttons(grant: Grant) -> tuple[parts.Button, ...]:
    """Give the buttons that take the agreement and the commitment of a grant."""
    titles = {"agreement": _("下载共享协议"), "commitment": _("下载安全承诺书")}
    return tuple(
        parts.Button(
            title=title,
            url=f"/exchange/grants/{grant.pk}/{name}.pdf",
            method="post",
            kind="plain",
            icon="file-type-pdf",
        )
        for name, title in titles.items()
    )


def _given(request: HttpRequest, thing: Request | Grant, name: str, made: documents.Printed) -> HttpResponse:
    """Draw, remember, give: without its trace nothing leaves."""
    actor = require_actor(request)
    content = printing.pdf(made.sheet)
    act(
        "sharing.document.print",
        actor=actor,
        scene=session.scene_of(request),
        document=name,
        record=thing.pk,
        digest=made.digest,
        file_digest=ciphers.sm3(content).hex(),
    )
    response = HttpResponse(content, content_type="application/pdf")
    file = quote(documents.file_name(made.file) + ".pdf")
    response["Content-Disposition"] = f"attachment; filename=\"{name}.pdf\"; filename*=UTF-8''{file}"
    response["Cache-Control"] = "no-store, private"
    return response


def approval_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give the approval form of a request. A visit without its button leads to the request."""
    actor = require_actor(request)
    asked = find(queries.requests(actor=actor), pk)
    if request.method != "POST":
        return pages.redirect(request, f"/exchange/requests/{asked.pk}/")
    return _given(request, asked, "approval", documents.approval_sheet(asked, by=actor.name, reader=actor))


def agreed_page(request: HttpRequest, pk: Any, name: str) -> HttpResponse:
    """Give the agreement or the commitment of a grant. A visit without its button leads to the grant."""
    actor = require_actor(request)
    if name not in SHEETS:
        raise NotFound(_("没有这份文书"))
    grant = find(queries.grants(actor=actor), pk)
    if request.method != "POST":
        return pages.redirect(request, f"/exchange/grants/{grant.pk}/?tab=agreement")
    return _given(request, grant, name, SHEETS[name](grant, by=actor.name))
