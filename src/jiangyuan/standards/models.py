"""Code sets and data elements."""

from __future__ import annotations

from django.db import models
from django.db.models import QuerySet

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record


class CodeSet(Record):
    """A set of codes in one version, with the standard it comes from."""

    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    edition = models.CharField(max_length=40)
    standard = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "edition"], name="code_set_once")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[CodeSet]:
        return cls.objects.all()


class Code(Record):
    """One code of a set, with the days it is valid from and to."""

    code_set = models.ForeignKey(CodeSet, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code_set", "code", "name"], name="code_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Code]:
        return cls.objects.all()


class DataElement(Record):
    """A data element (数据元): what a column means, how it is checked, how sensitive it is.

    `check` names an identifier of `kernel.identifiers` (citizen_id, uscc, organisation_code, bank_card, phone …);
    `synonyms` are the column names and comments by which it is recognised; `mask` is the default mask of its grade.
    """

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=20, default="C")
    length = models.PositiveIntegerField(null=True)
    pattern = models.CharField(max_length=400, blank=True, default="")
    code_set = models.ForeignKey(CodeSet, null=True, on_delete=models.PROTECT, related_name="elements")
    check_function = models.CharField(max_length=40, blank=True, default="")
    grade = models.PositiveSmallIntegerField(default=1)
    personal = models.BooleanField(default=False)
    mask = models.JSONField(default=dict)
    synonyms = models.JSONField(default=list)
    standard = models.CharField(max_length=120, blank=True, default="")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[DataElement]:
        return cls.objects.all()
