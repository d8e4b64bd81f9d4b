"""Every write of added signatures: signing, withholding one, and reckoning anew whose are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.exchange.sharing import signatures, terms
from jiangyuan.exchange.sharing.models import Request, Signature
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import local_day

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


@action("sharing.request.sign", on=Request, event="sharing.request.signed", title=_("签署同意"), approves=True)
def sign(request: Request, *, opinion: Text, actor: Actor, now: datetime) -> Request:
    """Sign a request that its grade and forms put before a further person, in the order of signing, once each.

    The text is first held against the entry as it is published now, so that what is signed is what would be granted.
    Refuses whoever is not asked, not next, has signed already, or had another hand in this request.
    """
    terms.require_admissible(request, today=local_day(now))
    who = signatures.require_turn(request, actor)
    said = signatures.digest_of(request)
    Signature.objects.create(
        request=request,
        signatory=who,
        person=actor.id,
        body_id=actor.body,
        opinion=opinion,
        digest=said,
        signed_at=now,
        created_by=actor.id,
        version=1,
    )
    request.awaits = signatures.missing(request)
    describe(signatory=who, opinion=opinion, digest=said, awaits=request.awaits)
    return request


@action("sharing.request.withhold", on=Request, event="sharing.request.withheld", title=_("不予签署"), approves=True)
def withhold(request: Request, *, reason: Text, actor: Actor) -> Request:
    """Decline to sign and give the request back to the provider's handler, with the reason; the clock goes on."""
    who = signatures.require_turn(request, actor)
    request.awaits = []
    describe(signatory=who, reason=reason)
    return request


@action(
    "sharing.request.reckon_signatures",
    on=Request,
    event="sharing.request.signatures_reckoned",
    title=_("重新核定须签署的人"),
)
def reckon_signatures(request: Request, *, now: datetime) -> Request:
    """Reckon anew whose signatures a request before the provider's head waits for, after its entry was published anew."""
    terms.require_admissible(request, today=local_day(now))
    request.awaits = signatures.missing(request)
    describe(awaits=request.awaits, provider=request.provider_id)
    return request
