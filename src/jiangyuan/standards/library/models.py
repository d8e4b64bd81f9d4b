"""Standards, the opinions on their drafts, and who adopted which edition."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body
from jiangyuan.standards.library.states import STANDARD

OVERSEERS = frozenset({"authority_handler", "authority_head", "auditor"})
PLANNED: tuple[tuple[str, Any, tuple[tuple[str, Any], ...]], ...] = (
    (
        "data",
        _("数据标准"),
        (
            ("catalog", _("数据目录")),
            ("element", _("数据元")),
            ("grading", _("数据分类分级")),
            ("quality", _("数据质量管理")),
            ("security", _("数据安全管理")),
        ),
    ),
    (
        "technical",
        _("技术规范"),
        (
            ("docking", _("平台对接")),
            ("mounting", _("数据挂载")),
            ("registry", _("基础库建设指引")),
            ("protection", _("安全防护")),
        ),
    ),
    (
        "management",
        _("管理规范"),
        (
            ("sharing", _("数据共享")),
            ("opening", _("数据开放")),
            ("returnflow", _("数据回流")),
            ("approval", _("运行审批")),
        ),
    ),
)
"""The lists of standards that the plan names (tasks 19 to 21), by group."""
AREAS: tuple[tuple[str, Any], ...] = tuple(area for _code, _title, areas in PLANNED for area in areas)


class Standard(Stated):
    """One edition of a standard. `content` is what it puts into force, by kind; a document has its `text` alone.

    `code` names what comes into force (an element's, set's or model's code); `number` is the standard's own. National
    standards have neither body nor text: they are named here so that others can be adopted and referred to.
    """

    KINDS = [
        ("document", _("规范文件")),
        ("element", _("数据元")),
        ("code_set", _("代码集")),
        ("table_model", _("数据模型")),
    ]
    LEVELS = [("national", _("国家")), ("industry", _("行业")), ("local", _("地方")), ("platform", _("平台"))]

    workflow = STANDARD
    policy_relations = ("body__jurisdiction",)
    number = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    edition = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=KINDS)
    area = models.CharField(max_length=12, choices=AREAS)
    level = models.CharField(max_length=8, choices=LEVELS, default="local")
    body = models.ForeignKey(Body, null=True, on_delete=models.PROTECT, related_name="standards")
    code = models.CharField(max_length=60, blank=True, default="")
    summary = models.TextField(max_length=4000, blank=True, default="")
    text = models.TextField(max_length=100_000, blank=True, default="")
    content = models.JSONField(default=dict)
    opinions_until = models.DateField(null=True)
    issued_on = models.DateField(null=True)
    effective_on = models.DateField(null=True)
    issued_by = models.UUIDField(null=True)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "edition"], name="standard_once")]
        indexes = [
            models.Index(fields=["number", "id"], name="standard_by_number"),
            models.Index(fields=["area", "state"], name="standard_by_area"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Standard]:
        """What was put before others is everybody's; a draft is its body's and the authority's."""
        if actor.kind == "service" or actor.capacity in OVERSEERS:
            return cls.objects.all()
        shown = ~Q(state__in=("draft", "dropped"))
        return cls.objects.filter(shown | Q(body_id=actor.body)) if actor.body else cls.objects.filter(shown)

    def policy_attributes(self) -> dict[str, Any]:
        body = self.body
        return {
            "body": str(self.body_id or ""),
            "jurisdiction": body.jurisdiction.code if body else "",
            "kind": self.kind,
        }


class Opinion(Record):
    """One opinion on a draft (征求意见), of one body, on one clause; answered with what became of it and why."""

    RESULTS = [("adopted", _("采纳")), ("partly", _("部分采纳")), ("declined", _("不采纳"))]

    policy_relations = ("standard__body__jurisdiction",)
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="opinions")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="opinions")
    clause = models.CharField(max_length=120, blank=True, default="")
    text = models.TextField(max_length=4000)
    result = models.CharField(max_length=8, choices=RESULTS, blank=True, default="")
    answer = models.TextField(max_length=4000, blank=True, default="")
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Opinion]:
        return cls.objects.filter(standard__in=Standard.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {**self.standard.policy_attributes(), "state": self.standard.state}

    def authors(self) -> set[UUID]:
        return set()


class Adoption(Record):
    """That a body adopted an edition of a standard, from when, and for what. One record for each body and edition."""

    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="adoptions")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="adoptions")
    since = models.DateField()
    scope = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["standard", "body"], name="adoption_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Adoption]:
        return cls.objects.all()
