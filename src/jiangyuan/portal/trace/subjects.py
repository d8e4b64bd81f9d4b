"""Who looked at one person: asked by identifier, answered by pseudonym, and itself remembered as a read.

The memory knows natural persons and enterprises only by keyed pseudonyms (`kernel.vault.pseudonym`), so the identifier
is needed to ask and is kept nowhere. A question needs a case and a purpose and is written down, with the pseudonym
asked about, before the first answer is looked for: the person may be told of it too (个人信息保护法 art. 44, 45, 51).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel import ciphers, events, vault
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Forbidden, Refused
from jiangyuan.kernel.models import Access
from jiangyuan.portal.trace.queries import STARTED
from jiangyuan.ui import identifying

ASKERS = frozenset({"auditor", "security_admin"})
"""The capacities that may ask; nobody else learns that a person stands in any record."""
FORM = "trace"
KINDS = ("citizen_id", "uscc")
PERIODS = (7, 30, 180, 1096)
"""Days that a question may look back: a week up to the three years for which records of use are kept (条例 art. 29)."""
MOST = 500
"""Reads that one answer tells, the newest."""
PER_HOUR = 60
"""Questions that one person may ask in an hour: enough for a complaint, too few to try identifiers."""
_PATIENCE = "20s"
_WORD = 60
ART51 = gettext_noop("《中华人民共和国个人信息保护法》第五十一条")


class TooMany(Refused):
    """Somebody asks about more persons than a case has."""

    status = 429
    default_code = "trace.too_many"


@dataclass(frozen=True, slots=True)
class Answer:
    """The reads found, newest first; `whole` is False where there are more than are told."""

    reads: tuple[Access, ...]
    whole: bool


def may_ask(actor: Actor | None) -> bool:
    """Tell whether the actor may ask who looked at somebody."""
    return actor is not None and actor.kind == "person" and actor.capacity in ASKERS


def require_asker(actor: Actor) -> None:
    """Raise `Forbidden` for everybody but the auditor and the security administrator."""
    if not may_ask(actor):
        raise Forbidden(
            _("只有审计管理员和安全管理员可以查问谁看过某人的数据"),
            mend=_("请切换到相应身份；本人要求查询的，请由安全管理员受理。"),
            article=ART51,
        )


def who_read(identifier: str, *, days: int, actor: Actor, scene: Scene) -> Answer:
    """Give the reads, of the last `days`, that held the record of the person or enterprise with this identifier.

    `scene` names the case and the purpose of the question. The question is durable before anything is looked for, and
    ends with the number of reads found; call it outside of a transaction. Raises `Forbidden`, `TooMany`, and `Refused`
    for an identifier that breaks its standard, a missing case or purpose, a period that is not offered, or an answer
    that takes too long.
    """
    require_asker(actor)
    text = identifier.strip().upper()
    _judge(text, days, scene)
    _bound(actor)
    subject = vault.pseudonym(text)
    reading = events.Reading(form=FORM, actor=actor, scene=scene, query=f"who-read:{days}")
    begun = events.start_access(reading)
    try:
        found = _found(subject, days)
    except OperationalError as exc:
        raise Refused(
            _("查找时间过长，已停止"), where="days", mend=_("请选择较短的时间段，或在夜间再查。"), code="trace.slow"
        ) from exc
    told = found[:MOST]
    digest = ciphers.hmac_sm3(vault.standing_secret("answers"), repr([str(r.pk) for r in told]).encode()).hex()
    events.finish_access(reading, begun, rows=len(told), digest=digest, subjects=subject)
    return Answer(tuple(told), len(found) <= MOST)


def _judge(text: str, days: int, scene: Scene) -> None:
    kind = "uscc" if len(text) == 18 and not text[:17].isdigit() else "citizen_id"
    verdict = identifying.judge(kind, text[: identifying.LONGEST])
    if not text or verdict.message:
        # the refusal names the fault, never what was typed
        raise Refused(
            verdict.message or _("请填写公民身份号码或统一社会信用代码"), where="identifier", mend=verdict.mend or ""
        )
    for name, value in (("case_number", scene.case_number), ("purpose", scene.purpose)):
        if not value.strip() or len(value) > (_WORD if name == "case_number" else 200) or not value.isprintable():
            raise Refused(
                _("请填写办件编号") if name == "case_number" else _("请填写查问事由"),
                where=name,
                mend=_("查问须对应一件投诉、举报、检查或本人申请，编号不超过 60 个字，事由不超过 200 个字。"),
            )
    if days not in PERIODS:
        raise Refused(_("没有这个时间段"), where="days", mend=_("请从列出的时间段中选择。"))


def _bound(actor: Actor) -> None:
    since = timezone.now() - timedelta(hours=1)
    asked = Access.objects.filter(actor_id=actor.id, form=FORM, phase=STARTED, at__gte=since)
    if asked.order_by()[:PER_HOUR].count() >= PER_HOUR:
        raise TooMany(
            _("一小时内查问的人数过多"),
            mend=_("每人每小时至多查问 %(n)s 次；需要批量核查的，请由审计管理员另行安排。") % {"n": PER_HOUR},
        )


def _found(subject: bytes, days: int) -> list[Access]:
    """Look through the partitions of the period for the pseudonym, at a place where one begins."""
    since = timezone.now() - timedelta(days=days)
    sql = (
        "SELECT * FROM kernel_access WHERE at >= %s AND subjects IS NOT NULL"
        " AND position(%s in subjects) %% 16 = 1 ORDER BY at DESC, id DESC LIMIT %s"
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{_PATIENCE}'")
        rows = list(Access.objects.raw(sql, [since, subject, MOST + 1]))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
    return rows
