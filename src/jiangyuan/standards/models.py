"""Code sets, data elements and the models of tables that are made of them."""

from __future__ import annotations

from django.db import models
from django.db.models import QuerySet

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record


class CodeSet(Record):
    """A set of codes in one edition, with the standard it comes from; `source` says what its values were taken from.

    A newer edition takes the older one's place (`superseded_at`); values that only the older one has are then outdated,
    which is not the same as wrong.
    """

    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    edition = models.CharField(max_length=40)
    standard = models.CharField(max_length=120, blank=True, default="")
    source = models.CharField(max_length=400, blank=True, default="")
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "edition"], name="code_set_once")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[CodeSet]:
        return cls.objects.all()


class Code(Record):
    """One code of a set, with the days it is valid from and to (both included; None: as far as the set reaches).

    `parent` is the code it stands under; `successor` the one that took its place; `note` what the standard or we say of it,
    also that a day is known by its year alone.
    """

    code_set = models.ForeignKey(CodeSet, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    parent = models.CharField(max_length=40, blank=True, default="")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    successor = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code_set", "code", "name"], name="code_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Code]:
        return cls.objects.all()


class DataElement(Record):
    """A data element (数据元): what a column means, how it is checked, how sensitive it is.

    `check` names an identifier of `kernel.identifiers` (citizen_id, uscc, organisation_code, bank_card, phone …);
    `synonyms` are the column names and comments by which it is recognised; `mask` is the default mask of its grade.
    `type` is the national letter (C text, N number, D date, T time …), `length` in characters. `edition` grows with each
    issue; what an element says in force is what rules are made of.
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
    edition = models.CharField(max_length=40, blank=True, default="")
    definition = models.CharField(max_length=1000, blank=True, default="")
    unit = models.CharField(max_length=40, blank=True, default="")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[DataElement]:
        return cls.objects.all()


class TableModel(Record):
    """The standard model of a table: what a table about persons, legal entities, places or certificates holds."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    edition = models.CharField(max_length=40, blank=True, default="")
    standard = models.CharField(max_length=200, blank=True, default="")
    description = models.CharField(max_length=1000, blank=True, default="")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[TableModel]:
        return cls.objects.all()


class ModelField(Record):
    """One field of a table model: the element it follows, whether it must be there, whether it identifies a row."""

    model = models.ForeignKey(TableModel, on_delete=models.PROTECT, related_name="fields")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    element = models.ForeignKey(DataElement, on_delete=models.PROTECT, related_name="model_fields")
    required = models.BooleanField(default=False)
    key = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["model", "name"], name="model_field_once")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ModelField]:
        return cls.objects.all()
