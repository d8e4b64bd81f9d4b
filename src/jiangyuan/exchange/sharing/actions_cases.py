"""Every write of cases: opened on a signed authorisation, with their listed persons; watched; closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.exchange.sharing import rules
from jiangyuan.exchange.sharing.models import Case, CaseMember
from jiangyuan.kernel import identifiers, vault
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import ApplicationSystem

Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,59}$")]
Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,58}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
CitizenIds = Annotated[list[Annotated[str, Field(max_length=18)]], Field(min_length=1, max_length=rules.MAX_MEMBERS)]


def _body(values: Mapping[str, Any]) -> dict[str, Any]:
    system = ApplicationSystem.objects.filter(pk=values["system"]).first()
    return {"body": str(system.body_id) if system else ""}


def _require_own(actor: Actor, system: UUID) -> None:
    if actor.kind == "system" and actor.id != system:
        raise NotFound(_("没有这个应用系统"), where="system")


@action("sharing.case.open", on=None, event="sharing.case.opened", title=_("登记办件"), about=_body)
def open_case(
    *,
    system: UUID,
    number: Number,
    purpose: Purpose,
    authorisation_digest: Digest,
    citizen_ids: CitizenIds,
    open_until: date,
    watched: bool = False,
    actor: Actor,
    now: datetime,
) -> Case:
    """Open a case with the persons who signed its authorisation, of which `authorisation_digest` is the SM3 digest.

    Only keyed pseudonyms of the citizen ids are kept. Refuses a number in use, an id that breaks GB 11643 (told by its
    place in the list, never by itself), more than 200 persons, and a term that is over.
    """
    _require_own(actor, system)
    holder = ApplicationSystem.objects.filter(pk=system, active=True).first()
    if holder is None:
        raise NotFound(_("没有这个应用系统"), where="system", mend=_("请先登记应用系统。"))
    rules.require_term(open_until, local_day(now))
    if Case.objects.filter(system=holder, number=number).exists():
        raise Conflict(_("该办件编号已登记"), where="number", mend=_("请核对办件编号。"))
    subjects = {_subject(one, place) for place, one in enumerate(citizen_ids, start=1)}
    case = Case.objects.create(
        system=holder,
        number=number,
        purpose=purpose,
        authorisation_digest=authorisation_digest,
        open_until=open_until,
        watched=watched,
    )
    CaseMember.objects.bulk_create(CaseMember(case=case, subject=subject) for subject in sorted(subjects))
    describe(
        system=holder.pk,
        number=number,
        purpose=purpose,
        authorisation=authorisation_digest,
        members=len(subjects),
        until=open_until,
        watched=watched,
    )
    return case


def _subject(citizen_id: str, place: int) -> bytes:
    plain = citizen_id.strip().upper()
    if not identifiers.CITIZEN_ID.check(plain):
        raise Refused(
            _("第 %(place)s 个公民身份号码不正确") % {"place": place},
            where=f"citizen_ids.{place - 1}",
            article="GB 11643-1999",
            mend=_("请核对后重新提交。"),
        )
    return vault.pseudonym(plain)


def _require_open(case: Case) -> None:
    if case.closed_at is not None:
        raise Conflict(_("该办件已办结"), where="case")


@action("sharing.case.close", on=Case, event="sharing.case.closed", title=_("办结办件"))
def close(case: Case, *, actor: Actor, now: datetime) -> Case:
    """Close a case: from now on nobody may be asked about under its number."""
    _require_own(actor, case.system_id)
    _require_open(case)
    case.closed_at, case.watched = now, False
    describe(number=case.number)
    return case


@action("sharing.case.watch", on=Case, event="sharing.case.watched", title=_("关注变化"))
def watch(case: Case, *, watched: bool = True, actor: Actor) -> Case:
    """Ask to be warned (or no longer) when the record of a listed person changes, while the case is open."""
    _require_own(actor, case.system_id)
    _require_open(case)
    case.watched = watched
    describe(number=case.number, watched=watched)
    return case
