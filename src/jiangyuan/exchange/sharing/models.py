"""Requests, grants, and cases with their listed persons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet

from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.exchange.sharing.states import GRANT, REQUEST
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import ApplicationSystem, Body
from jiangyuan.resources.ingestion.models import Mount


def _between(actor: Actor) -> Q:
    return Q(consumer_id=actor.body) | Q(provider_id=actor.body)


class Request(Stated):
    """An application to use data (共享申请): for a system, in a scene, with basis, scope, methods and term (art. 20).

    `items`: list of {"column", "name", "type", "meaning", "grade", "mask"} asked for; `condition`: row condition as JSON
    of `data.conditions`; `forms`: of "match", "query", "table". `case_bound`: only persons listed in an open case may be
    asked about. `reasons`: what is to be mended, by field, of the last return or request for completion. `received_at`:
    when it reached the provider, from which its reply clock runs. `awaits`: whose signatures its grade and forms still
    ask for (codes of `catalog.grading.approval`), the next one first, as of its last step.
    """

    workflow = REQUEST
    consumer = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="requests_made")
    provider = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="requests_received")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="requests")
    mount = models.ForeignKey(Mount, on_delete=models.PROTECT, related_name="requests")
    system = models.ForeignKey(ApplicationSystem, on_delete=models.PROTECT, related_name="requests")
    basis = models.TextField(max_length=2000)
    purpose = models.SlugField(max_length=60)
    scenario = models.TextField(max_length=2000)
    scope = models.TextField(max_length=2000, blank=True, default="")
    items = models.JSONField(default=list)
    condition = models.JSONField(null=True)
    forms = models.JSONField(default=list)
    case_bound = models.BooleanField(default=False)
    until = models.DateField()
    submitted_by = models.UUIDField(null=True)
    received_at = models.DateTimeField(null=True)
    consented_by = models.UUIDField(null=True)
    awaits = models.JSONField(default=list)
    proposed_by = models.UUIDField(null=True)
    proposal = models.TextField(max_length=2000, blank=True, default="")
    completion_notice = models.TextField(max_length=2000, blank=True, default="")
    completion_asked = models.BooleanField(default=False)
    reasons = models.JSONField(default=dict)
    reply_reason = models.TextField(max_length=2000, blank=True, default="")
    reply_article = models.CharField(max_length=200, blank=True, default="")
    replied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.entry.known_name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Request]:
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        received = Q(provider_id=actor.body, received_at__isnull=False)
        return cls.objects.filter(Q(consumer_id=actor.body) | received)

    def policy_attributes(self) -> dict[str, Any]:
        return {
            "consumer": str(self.consumer_id),
            "provider": str(self.provider_id),
            "jurisdiction": self.provider.jurisdiction.code,
            "signing_place": self.signing_place,
            "share_type": self.entry.known_share_type,
            "grade": self.entry.known_grade,
        }

    @property
    def signing_place(self) -> str:
        """Give the jurisdiction whose authority signs, where one has to: the provider's own; the one above where the
        authority itself gives or asks, since nobody supervises himself; empty when there is none above."""
        place = self.provider.jurisdiction
        if not (self.provider.is_authority or self.consumer.is_authority):
            return place.code
        return place.parent.code if place.parent is not None else ""

    def authors(self) -> set[UUID]:
        """Give who wrote, submitted or proposed: the provider's head decides on a proposal that is not his own."""
        return {a for a in (self.created_by, self.submitted_by, self.proposed_by) if a}


class Signature(Record):
    """One added signature (加签) on a request: who signed, as what, with which opinion, on which text.

    `digest` is that of everything the request asked for and of the handler's opinion at that moment
    (`signatures.digest_of`): a request that reads otherwise now is not the one that was signed.
    """

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="signatures")
    signatory = models.CharField(max_length=20)
    person = models.UUIDField()
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    opinion = models.TextField(max_length=2000)
    digest = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "signatory", "digest"], name="signed_once")]

    def __str__(self) -> str:
        return str(self.request)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Signature]:
        return cls.objects.filter(request__in=Request.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.request.policy_attributes()


class Grant(Stated):
    """The right of one application system to read certain columns and rows of one mount, for a purpose, until a day.

    `epoch` rises with every change, so that whatever was prepared under an older one is void; `active` is what
    prepared statements and barrier views join, together with `until` (inclusive, Asia/Shanghai). `agreement` and
    `commitment` are the texts both sides stand by (共享协议、安全承诺书); their digests are in the memory.
    """

    workflow = GRANT
    request = models.OneToOneField(Request, on_delete=models.PROTECT, related_name="grant")
    consumer = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="grants_held")
    provider = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="grants_given")
    system = models.ForeignKey(ApplicationSystem, on_delete=models.PROTECT, related_name="grants")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="grants")
    mount = models.ForeignKey(Mount, on_delete=models.PROTECT, related_name="grants")
    items = models.JSONField()
    condition = models.JSONField(null=True)
    forms = models.JSONField()
    purpose = models.SlugField(max_length=60)
    case_bound = models.BooleanField(default=False)
    until = models.DateField()
    epoch = models.PositiveIntegerField(default=1)
    active = models.BooleanField(default=False)
    probes_per_minute = models.PositiveIntegerField(default=600)
    ready_epoch = models.PositiveIntegerField(default=0)
    ended_reason = models.TextField(max_length=2000, blank=True, default="")
    agreement = models.TextField(blank=True, default="")
    commitment = models.TextField(blank=True, default="")

    class Meta:
        db_table = "sharing_grant"

    def __str__(self) -> str:
        return self.entry.known_name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Grant]:
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        if actor.kind == "system":
            return cls.objects.filter(system_id=actor.id)
        return cls.objects.filter(_between(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {
            "consumer": str(self.consumer_id),
            "provider": str(self.provider_id),
            "system": str(self.system_id),
            "grade": self.entry.known_grade,
        }

    def authors(self) -> set[UUID]:
        """Give who asked for it: whoever did decides neither its suspension nor its return."""
        return {a for a in (self.request.created_by, self.request.submitted_by) if a}


class Case(Record):
    """A case (办件) of an application system, opened on a signed authorisation; only its listed persons may be asked about."""

    system = models.ForeignKey(ApplicationSystem, on_delete=models.PROTECT, related_name="cases")
    number = models.CharField(max_length=60)
    purpose = models.SlugField(max_length=60)
    authorisation_digest = models.CharField(max_length=64)
    open_until = models.DateField()
    closed_at = models.DateTimeField(null=True)
    watched = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "number"], name="case_once")]

    def __str__(self) -> str:
        return self.number

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Case]:
        if actor.kind == "system":
            return cls.objects.filter(system_id=actor.id)
        return cls.objects.filter(system__body_id=actor.body)

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.system.body_id), "system": str(self.system_id)}


class CaseMember(models.Model):
    """A listed person of a case, as the keyed pseudonym (HMAC-SM3, 16 bytes) of the citizen id."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="members")
    subject = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "subject"], name="case_member_once")]
        indexes = [models.Index(fields=["subject"])]
