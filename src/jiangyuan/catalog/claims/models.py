"""Lists of entries to claim, claims, pins, proposals to move a pin, and demands for return flow."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.claims.states import CLAIM, PENDING, PROPOSAL
from jiangyuan.catalog.entries.models import AUTHORITY, Entry, EntryVersion
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body

LOCAL = (
    "contact",
    "contact_phone",
    "format",
    "update_cycle",
    "share_methods",
    "time_from",
    "time_to",
    "space_scope",
    "provider",
    "provider_code",
    "related",
)
"""The fields of a claimed entry that are its own body's; every other one that a version keeps is locked.

The database knows the same list (migration `0002`): a test holds them against each other.
"""


class ClaimList(Record):
    """A list of entries that the authority has issued to a line (申领清单): its title and the line's upper body."""

    title = models.CharField(max_length=200)
    line = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="claim_lists")

    def __str__(self) -> str:
        return self.title

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ClaimList]:
        """Lists are the authority's, the upper body's, and theirs who must answer."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        if not actor.body:
            return cls.objects.none()
        asked = Claim.objects.filter(body_id=actor.body).values("list_id")
        return cls.objects.filter(Q(line_id=actor.body) | Q(pk__in=asked))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.line_id), "jurisdiction": self.line.jurisdiction.code}


class Claim(Stated):
    """What one body answers to one upper entry. `own` is its claimed entry, `reason` why there is none.

    When the upper entry is withdrawn the claimant is asked once more, within `LIMIT`: keep its own, or give it up.
    """

    LIMIT = "catalog.update.entry"

    workflow = CLAIM
    policy_relations = ("body__jurisdiction", "entry")
    list = models.ForeignKey(ClaimList, on_delete=models.PROTECT, related_name="claims")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="claims")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="claims")
    own = models.OneToOneField(Entry, null=True, on_delete=models.PROTECT, related_name="claim")
    reason = models.TextField(max_length=2000, blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "body"], name="claim_once")]
        indexes = [models.Index(fields=["body", "state"], name="claim_of_body")]

    def __str__(self) -> str:
        return str(self.entry)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Claim]:
        """Claims are their body's, the upper body's and the authority's."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        if not actor.body:
            return cls.objects.none()
        return cls.objects.filter(Q(body_id=actor.body) | Q(entry__body_id=actor.body))

    def policy_attributes(self) -> dict[str, Any]:
        return {
            "body": str(self.body_id),
            "upper": str(self.entry.body_id),
            "jurisdiction": self.body.jurisdiction.code,
        }


class Demand(Record):
    """A demand for return flow (回流需求) that an answer "held above" files: what is needed, for which duty.

    `coordination` reads it; here it is only kept. It stands while its claim says so.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="demands")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="return_demands")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="return_demands")
    needs = models.TextField(max_length=2000)
    withdrawn_at = models.DateTimeField(null=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Demand]:
        return cls.objects.filter(claim__in=Claim.visible_to(actor))


class Pin(Record):
    """The version of the upper entry that a claimed entry is pinned to: the one place where its locked fields stand.

    What its rows, versions, items and known fields say of them is written from there by the database itself.
    """

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="pin")
    to = models.ForeignKey(EntryVersion, on_delete=models.PROTECT, related_name="pins")

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Pin]:
        return cls.objects.filter(entry__in=Entry.visible_to(actor))


class Proposal(Stated):
    """A later upper version proposed to a claimant: from which number to which, its trigger, what it objects.

    One is open per claim: a still later version moves `number` on, and the clock that runs already stays.
    """

    TRIGGERS = [("law_or_duty", _("法律法规或职责变化")), ("own_information", _("自身信息变化"))]
    LIMITS = {"law_or_duty": "catalog.update.duty", "own_information": "catalog.update.entry"}

    workflow = PROPOSAL
    policy_relations = ("claim__entry", "claim__body__jurisdiction")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="proposals")
    pinned = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=16, choices=TRIGGERS)
    objection = models.TextField(max_length=2000, blank=True, default="")
    answer = models.TextField(max_length=2000, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim"], condition=Q(state__in=PENDING), name="proposal_open_once")
        ]

    def __str__(self) -> str:
        return str(self.claim)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Proposal]:
        return cls.objects.filter(claim__in=Claim.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.claim.policy_attributes()
