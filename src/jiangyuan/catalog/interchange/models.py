"""Batches that were handed in, catalogues that are harvested, and catalogues that are docked to."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange.states import BATCH
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body

OVERSEERS = frozenset({"authority_handler", "authority_head", "auditor"})


class OfBody(Record):
    """What one body does with other catalogues: known to that body and to the authority."""

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    policy_relations = ("body__jurisdiction",)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Any]:
        """Its own body's people and the authority's; services see all."""
        if actor.kind == "service" or actor.capacity in OVERSEERS:
            return cls.objects.all()
        return cls.objects.filter(body_id=actor.body) if actor.body else cls.objects.none()

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "jurisdiction": self.body.jurisdiction.code}


class ImportBatch(OfBody, Stated):
    """A file of entries that was handed in, and what checking it found.

    `wide`: handed in by the authority, so its rows may be other bodies'; those of an unknown body go to `otherwise`, or
    are refused. `counts`: [[how, field, reason, rows]]; `spellings`: [[field, as given, taken for, how, rows]], the most
    frequent. `columns`: the headings, each with the field it was read as ("" for none).
    `place`: [body, row] up to which the rows have their drafts.
    """

    KINDS = [("xlsx", "Excel"), ("csv", "CSV"), ("json", "JSON")]

    workflow = BATCH
    otherwise = models.ForeignKey(Body, null=True, on_delete=models.PROTECT, related_name="+")
    wide = models.BooleanField(default=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=5, choices=KINDS)
    classification = models.CharField(max_length=20, default="307001")
    content = models.BinaryField(null=True)
    size = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20, blank=True, default="")
    sheets = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    rows = models.PositiveIntegerField(default=0)
    good = models.PositiveIntegerField(default=0)
    guessed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    drafted = models.PositiveIntegerField(default=0)
    with_guessed = models.BooleanField(default=True)
    place = models.JSONField(default=list)
    counts = models.JSONField(default=list)
    spellings = models.JSONField(default=list)
    error = models.JSONField(null=True)
    checked_at = models.DateTimeField(null=True)
    drafted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "import batches"
        indexes = [models.Index(fields=["body", "created_at"], name="batch_of_body")]

    def __str__(self) -> str:
        return self.name

    @property
    def wanted(self) -> list[str]:
        """Give the verdicts of the rows that become drafts."""
        return ["good", "guessed"] if self.with_guessed else ["good"]


class ImportRow(models.Model):
    """One row of a batch: as typed (`raw`), as read (`content`), and what was mapped, guessed or refused (`notes`).

    `sheet` 0 holds entries, 1 data items. `owner`: the body whose draft it becomes; `entry`: the id that draft has or would
    have, settled when the row was read, so that drafting writes no row again.
    """

    VERDICTS = [("good", _("可导入")), ("guessed", _("有推断")), ("refused", _("须改正"))]

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="lines")
    sheet = models.PositiveSmallIntegerField(default=0)
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=200, blank=True, default="")
    verdict = models.CharField(max_length=8, choices=VERDICTS)
    raw = models.JSONField(default=list)
    content = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    owner = models.UUIDField(null=True)
    entry = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["batch", "verdict", "id"], name="import_row_verdict"),
            models.Index(fields=["batch", "owner", "id"], name="import_row_owner"),
        ]


class HarvestSource(OfBody):
    """A catalogue elsewhere that is harvested: its kind, address, sealed token, and how far it was read.

    What comes from it becomes drafts of `body`. `since`: the newest change seen by a whole run (as the source writes it);
    `place`: where an interrupted run goes on. `node`: the name under which that catalogue stands in origin chains.
    """

    KINDS = [("ckan", "CKAN"), ("dcat", "DCAT")]

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=5, choices=KINDS)
    address = models.CharField(max_length=500)
    node = models.CharField(max_length=120)
    sealed_token = models.BinaryField(null=True)
    hours = models.PositiveSmallIntegerField(default=24)
    active = models.BooleanField(default=True)
    since = models.CharField(max_length=40, blank=True, default="")
    place = models.JSONField(default=dict)
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address", "body"], name="harvest_once")]

    def __str__(self) -> str:
        return self.name


class HarvestRun(Record):
    """One run over a source: what it brought, and what was wrong with it.

    `refusals`: [[remote id, code, detail]], the first of them; `problems`: [[code, detail]] of the run itself.
    `whole`: the source was read to its end, so that what it no longer lists is gone.
    """

    source = models.ForeignKey(HarvestSource, on_delete=models.PROTECT, related_name="runs")
    finished_at = models.DateTimeField(null=True)
    whole = models.BooleanField(default=False)
    pages = models.PositiveIntegerField(default=0)
    claimed = models.PositiveIntegerField(null=True)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusals = models.JSONField(default=list)
    problems = models.JSONField(default=list)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[HarvestRun]:
        return cls.objects.filter(source__in=HarvestSource.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.source.policy_attributes()


class HarvestedRecord(models.Model):
    """One record of a source: its id there, the digest of what it said last, and the draft it became.

    `waiting`: what it says now, while people have taken the draft further. `chain`: the nodes it went through.
    """

    source = models.ForeignKey(HarvestSource, on_delete=models.PROTECT, related_name="records")
    remote = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    modified = models.CharField(max_length=40, blank=True, default="")
    chain = models.JSONField(default=list)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="harvested_as")
    waiting = models.JSONField(null=True)
    seen = models.UUIDField(null=True)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "remote"], name="harvested_once")]


class Docking(OfBody):
    """A catalogue elsewhere that is told of published entries, under a profile (`profiles/*.toml`)."""

    name = models.CharField(max_length=120)
    profile = models.CharField(max_length=40)
    address = models.CharField(max_length=500)
    account = models.CharField(max_length=120, blank=True, default="")
    sealed_secret = models.BinaryField(null=True)
    active = models.BooleanField(default=True)
    last_run_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address", "profile"], name="docking_once")]

    def __str__(self) -> str:
        return self.name


class Push(Record):
    """One published version told to a docked catalogue, and what it answered; the receipt is kept as it came."""

    STATUSES = [
        ("waiting", _("待推送")),
        ("accepted", _("已回执")),
        ("refused", _("被退回")),
        ("failing", _("重试中")),
    ]

    docking = models.ForeignKey(Docking, on_delete=models.PROTECT, related_name="pushes")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="pushes")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=STATUSES, default="waiting", db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    receipt_number = models.CharField(max_length=200, blank=True, default="")
    receipt = models.JSONField(null=True)
    error = models.JSONField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "pushes"
        constraints = [models.UniqueConstraint(fields=["docking", "entry", "number"], name="push_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Push]:
        return cls.objects.filter(docking__in=Docking.visible_to(actor)).filter(
            Q(entry__in=Entry.visible_to(actor)) if actor.kind == "person" else Q()
        )

    def policy_attributes(self) -> dict[str, Any]:
        return self.docking.policy_attributes()
