"""Campaigns, reports, what they register, what the check found, uploads, and channels."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.states import AUTHORITY, CAMPAIGN, CHANNEL, REPORT, UPLOAD
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body, Jurisdiction
from jiangyuan.sources.models import ScannedTable, Source

OVERSEERS = frozenset({"auditor", "system_admin"})
KIND_CHOICES = [(kind.code, kind.title) for kind in KINDS.values()]


def beginning(code: str) -> str:
    """Give the beginning that the codes of a division and of all below it share (GB/T 2260: two digits a level)."""
    short = code[:6]
    return short[:2] if short.endswith("0000") else short[:4] if short.endswith("00") else code


def seen_by(actor: Actor, body: str) -> Q | None:
    """Say which rows an actor may know of by the body they belong to; None: all of them.

    A department knows its own; the authority what lies in its jurisdiction and below; `body` is the path to the body.
    """
    if actor.kind == "service" or actor.capacity in OVERSEERS:
        return None
    if not actor.body:
        return Q(pk__in=[])
    own = Q(**{f"{body}_id": actor.body})
    if actor.capacity in AUTHORITY and actor.jurisdiction:
        own |= Q(**{f"{body}__jurisdiction__code__startswith": beginning(actor.jurisdiction)})
    return own


class Campaign(Stated):
    """A census campaign (普查批次): who asks whom, for which kinds, until when.

    `bodies` (ids) names the departments asked, empty for all of the jurisdiction, with those of the divisions below
    when `lower`. The departments are fixed when it opens: each then has a report.
    """

    workflow = CAMPAIGN
    authority = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="census_campaigns")
    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    purpose = models.TextField(max_length=2000, blank=True, default="")
    kinds = models.JSONField(default=list)
    bodies = models.JSONField(default=list)
    lower = models.BooleanField(default=False)
    deadline = models.DateField()
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Campaign]:
        """The authority that asks, those asked once it is open, and the authorities above them."""
        where = seen_by(actor, "authority")
        if where is None:
            return cls.objects.all()
        asked = Report.visible_to(actor).values("campaign")
        return cls.objects.filter(where | Q(pk__in=asked))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.authority_id)}


class Report(Stated):
    """What one department reports to one campaign; the department's head signs it, the authority accepts it.

    `zero`: there is nothing to register, which is a report too. `counts` {kind: things} and `differences` {code: open
    findings} are kept beside the rows they count. `filled_by`: everybody who wrote in it, none of whom may sign.
    """

    workflow = REPORT
    policy_relations = ("body__jurisdiction", "campaign")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="reports")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="census_reports")
    zero = models.BooleanField(default=False)
    note = models.TextField(max_length=2000, blank=True, default="")
    counts = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    differences = models.JSONField(default=dict)
    checked_at = models.DateTimeField(null=True)
    filled_by = models.JSONField(default=list)
    submitted_by = models.UUIDField(null=True)
    submitted_at = models.DateTimeField(null=True)
    signed_by = models.UUIDField(null=True)
    signed_at = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)
    reason = models.TextField(max_length=2000, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "body"], name="census_report_once")]
        indexes = [models.Index(fields=["campaign", "state"], name="census_report_by_state")]

    def __str__(self) -> str:
        return f"{self.body} · {self.campaign}"

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Report]:
        where = seen_by(actor, "body")
        return cls.objects.all() if where is None else cls.objects.filter(where)

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "authority": str(self.campaign.authority_id)}

    def authors(self) -> set[UUID]:
        return {UUID(one) for one in self.filled_by} | ({self.submitted_by} if self.submitted_by else set())


class Asset(Record):
    """One thing that a report registers: its kind, its code within that kind, what it lies within, its typed facts.

    `current` marks what the body's newest accepted report says: the general ledger (总账本).
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="assets")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="census_assets")
    kind = models.CharField(max_length=20, choices=KIND_CHOICES)
    parent = models.CharField(max_length=200, blank=True, default="")
    code = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    current = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "kind", "parent", "code"], name="census_asset_once")]
        indexes = [
            models.Index(fields=["report", "kind", "code", "id"], name="census_asset_of_report"),
            models.Index(fields=["body", "kind", "code"], condition=Q(current=True), name="census_asset_current"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Asset]:
        where = seen_by(actor, "body")
        return cls.objects.all() if where is None else cls.objects.filter(where)

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id)}


class Holding(models.Model):
    """How many things of a kind a body has in the general ledger: counted when a report is accepted, read everywhere."""

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="census_holdings")
    kind = models.CharField(max_length=20)
    things = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["body", "kind"], name="census_holding_once")]


class Finding(Record):
    """One difference of a report: against what scans found (`scan`), or against the census before (`previous`).

    `reported` and `found` say both sides in words; `explanation` is the department's, where the report is right.
    """

    AGAINST = [("scan", _("与扫描结果")), ("previous", _("与上次普查"))]
    CODES: ClassVar[dict[str, Any]] = {
        "missing": _("报了，没有找到"),
        "unreported": _("找到了，没有报"),
        "unlisted": _("数据源没有报"),
        "rows": _("行数不符"),
        "columns": _("字段数不符"),
        "types": _("字段类型不符"),
        "unconnected": _("没有连接，未核对"),
        "new": _("新增"),
        "gone": _("消失"),
        "changed": _("变化"),
    }
    SETTLED = ("missing", "unreported", "unlisted", "rows", "columns", "types")
    """What must be mended or explained before the report is submitted."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="findings")
    against = models.CharField(max_length=10, choices=AGAINST)
    code = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    parent = models.CharField(max_length=200, blank=True, default="")
    thing = models.CharField(max_length=300)
    name = models.CharField(max_length=200, blank=True, default="")
    reported = models.CharField(max_length=500, blank=True, default="")
    found = models.CharField(max_length=500, blank=True, default="")
    table = models.ForeignKey(ScannedTable, null=True, on_delete=models.SET_NULL, related_name="+")
    source = models.ForeignKey(Source, null=True, on_delete=models.SET_NULL, related_name="+")
    explanation = models.CharField(max_length=500, blank=True, default="")
    explained_by = models.UUIDField(null=True)

    policy_relations = ("report__campaign", "report__body")

    class Meta:
        indexes = [models.Index(fields=["report", "against", "code", "thing", "id"], name="census_finding_of_report")]

    def __str__(self) -> str:
        return f"{self.CODES[self.code]}：{self.thing}"  # i18n: a name in the memory

    @property
    def label(self) -> Any:
        """Give the difference in words."""
        return self.CODES[self.code]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Finding]:
        return cls.objects.filter(report__in=Report.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.report.body_id), "state": self.report.state}


class Upload(Stated):
    """A sheet given for one kind: its good rows wait here until they are taken over, its faults are told.

    `good`: rows as [{"code", "name", "parent", "facts"}]; `faults`: the first ones as {"row", "column", "reason",
    "mend"}; `faulty` counts the rows that have any.
    """

    workflow = UPLOAD
    policy_relations = ("report__campaign", "report__body")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="uploads")
    kind = models.CharField(max_length=20, choices=KIND_CHOICES)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(default=0)
    good = models.JSONField(default=list)
    faults = models.JSONField(default=list)
    faulty = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.file_name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Upload]:
        return cls.objects.filter(report__in=Report.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.report.body_id)}


class Channel(Stated):
    """An existing cross-department channel (存量跨部门通道): who owns it, who calls it, how much, and what becomes of it.

    `callers` are the departments that call it (ids as texts); `outsiders` names callers that are none.
    """

    FATES = [("keep", _("保留")), ("take_over", _("纳入平台")), ("close", _("关闭"))]
    PROTOCOLS = [
        ("rest", "REST"),
        ("soap", "SOAP"),
        ("database", _("数据库直连")),
        ("file", _("文件交换")),
        ("queue", _("消息队列")),
        ("manual", _("人工拷贝")),
    ]

    workflow = CHANNEL
    policy_relations = ("body__jurisdiction",)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="census_channels")
    name = models.CharField(max_length=200)
    protocol = models.CharField(max_length=10, choices=PROTOCOLS)
    address = models.CharField(max_length=300, blank=True, default="")
    content = models.TextField(max_length=2000)
    callers = models.JSONField(default=list)
    outsiders = models.CharField(max_length=300, blank=True, default="")
    monthly_calls = models.BigIntegerField(default=0)
    personal = models.BooleanField(default=False)
    fate = models.CharField(max_length=10, choices=FATES, blank=True, default="")
    reason = models.TextField(max_length=2000, blank=True, default="")
    until = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["body", "name"], name="census_channel_once")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Channel]:
        """Its owner, those who call it, and the authority of the jurisdiction."""
        where = seen_by(actor, "body")
        if where is None:
            return cls.objects.all()
        return cls.objects.filter(where | Q(callers__contains=[str(actor.body)]) if actor.body else where)

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "jurisdiction": self.body.jurisdiction.code}
