"""Added signatures (加签): whose the grade, the form of use and the volume of a request ask for, and who has signed.

The rules are those of `catalog.grading.approval`. A signature stands for the very text that was signed; whatever is
changed afterwards, by narrowing too, asks for it anew, and what is not asked for any more is not waited for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.grading import approval
from jiangyuan.exchange.sharing.models import Request, Signature
from jiangyuan.exchange.sharing.rules import ART21
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.kernel.texts import listed
from jiangyuan.resources.ingestion.models import Ingest

CAPACITIES = {"department_head": "department_head", "authority": "authority_head"}
"""In which capacity each added signatory signs."""
SIGNS_AS = {capacity: who for who, capacity in CAPACITIES.items()}
MOST = 10**12
"""The volume of a table whose rows nobody has counted yet: the highest requirement holds until they are (就高从严)."""
_SIGNED = ("basis", "purpose", "scenario", "scope", "items", "condition", "forms", "case_bound", "proposal")


class SignaturesMissing(Conflict):
    """The reply asks for signatures that are not there; the message names them."""

    default_code = "sharing.signatures"


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the list of signatures: who has to sign, and the signature that stands (None: missing)."""

    signatory: str
    signature: Signature | None


def digest_of(request: Request) -> str:
    """Give the SM3 digest of what a signature stands for: all that is asked, until when, and the handler's opinion."""
    said = {name: getattr(request, name) for name in _SIGNED}
    named = {name: str(getattr(request, f"{name}_id")) for name in ("consumer", "provider", "system", "entry", "mount")}
    whole = {**said, **named, "until": request.until.isoformat()}
    return ciphers.sm3(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hex()


def volume_of(request: Request) -> int:
    """Give how many rows the request reaches: those of the table; for one bound to cases only its listed persons."""
    if request.case_bound:
        return 0
    copied = Ingest.objects.filter(mount=request.mount_id).values_list("rows", flat=True).first()
    known = [rows for rows in (copied, request.mount.table.row_estimate) if rows is not None and rows >= 0]
    return max(known, default=MOST)


def asked_of(request: Request) -> tuple[str, ...]:
    """Give whose signatures the request asks for besides the road of the regulation, in the order of signing."""
    grade = max((int(item.get("grade") or 1) for item in request.items), default=1)
    return approval.added(grade=grade, forms=request.forms, rows=volume_of(request))


def places(request: Request) -> list[Place]:
    """Give every signature that is asked for, each with the one that stands."""
    standing = {s.signatory: s for s in request.signatures.filter(digest=digest_of(request)).select_related("body")}
    return [Place(who, standing.get(who)) for who in asked_of(request)]


def missing(request: Request) -> list[str]:
    """Give whose signatures are still missing, the next one first."""
    return [place.signatory for place in places(request) if place.signature is None]


def named(signatories: list[str]) -> str:
    """Name signatories as people read them."""
    return listed(str(approval.SIGNATORIES[who]) for who in signatories)


def require_all(request: Request, *, by: Actor) -> list[Signature]:
    """Give the signatures on which the reply rests. Refuses a reply before all are there, and one by a signatory."""
    found = places(request)
    absent = [place.signatory for place in found if place.signature is None]
    if absent:
        raise SignaturesMissing(
            _("按数据级别和使用方式，还须签署：%(who)s") % {"who": named(absent)},
            where="signatures",
            article=ART21,
            mend=_without_authority(request)
            if absent[0] == "authority" and not request.signing_place
            else _("请待其在“共享申请审核”中签署后再答复；内容变更过的，须重新签署。"),
        )
    signed = [place.signature for place in found if place.signature is not None]
    if by.kind == "person" and by.id in {signature.person for signature in signed}:
        raise Refused(
            _("您已在这项申请上加签，不能再作答复"),
            code="sharing.same_signer",
            where="signatures",
            mend=_("请由本单位另一位数据共享工作机构负责人答复。"),
        )
    return signed


def _without_authority(request: Request) -> str:
    return str(
        _("申请涉及共享主管部门自身，须由上一级主管部门签署，而平台上没有登记：请改为核验方式，或减少高级别的信息项。")
    )


def require_turn(request: Request, actor: Actor) -> str:
    """Give as whom the actor signs now. Refuses one who is not asked, not next, has signed, or had a hand in it already."""
    who = SIGNS_AS.get(actor.capacity, "")
    found = places(request)
    mine = next((place for place in found if place.signatory == who), None)
    if mine is None:
        raise Conflict(
            _("这项申请不需要您签署"), where="signatures", mend=_("由提供方数据共享工作机构负责人直接答复即可。")
        )
    if mine.signature is not None:
        raise Conflict(
            _("您的岗位已经签署过这项申请"),
            code="sharing.signed_already",
            where="signatures",
            mend=_("不必再签；申请内容变更后才须重新签署。"),
        )
    _require_other_hands(request, actor, found)
    before = [place.signatory for place in found[: found.index(mine)] if place.signature is None]
    if before:
        raise Conflict(
            _("须先由%(who)s签署") % {"who": named(before)},
            code="sharing.signing_order",
            where="signatures",
            mend=_("前一位签署后，会出现在您的待办中。"),
        )
    return who


def _require_other_hands(request: Request, actor: Actor, found: list[Place]) -> None:
    hands = {place.signature.person for place in found if place.signature is not None}
    if actor.id in hands | {request.consented_by}:
        raise Refused(
            _("您已在这项申请的其他环节签署，不能再签"),
            code="sharing.same_signer",
            where="signatures",
            mend=_("请由担任这一岗位的另一个人签署。"),
        )
    if SIGNS_AS.get(actor.capacity) == "authority" and actor.body in (request.provider_id, request.consumer_id):
        raise Refused(
            _("贵单位是这项申请的提供方或者使用方，不能再以共享主管部门身份签署"),
            code="sharing.same_body",
            where="signatures",
            mend=_("请由上一级共享主管部门签署。"),
        )
