"""Jurisdictions, bodies, people, appointments, application systems and their keys."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record

CAPACITY_LABELS = {
    "business_office": _("业务处室"),
    "sharing_handler": _("数据共享工作机构经办人"),
    "sharing_head": _("数据共享工作机构负责人"),
    "department_head": _("部门负责人"),
    "authority_handler": _("共享主管部门经办人"),
    "authority_head": _("共享主管部门负责人"),
    "system_admin": _("系统管理员"),
    "security_admin": _("安全管理员"),
    "auditor": _("审计管理员"),
    "township_user": _("乡镇、村社区用户"),
    "contractor": _("受托方人员"),
    "citizen": _("公众"),
    "analyst": _("数据分析人员"),
    "operations": _("运维人员"),
}


class Jurisdiction(Record):
    """An administrative division under its dated code (GB/T 2260 and the civil-affairs list); codes are never reused."""

    LEVELS = [
        ("province", _("省")),
        ("prefecture", _("市州")),
        ("county", _("县（市、区、行委）")),
        ("township", _("乡镇街道")),
    ]

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    level = models.CharField(max_length=12, choices=LEVELS)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    scheme = models.CharField(max_length=3, default="mca")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    retired = models.BooleanField(default=False)
    successor_code = models.CharField(max_length=12, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "code", "name"], name="division_once")]
        indexes = [models.Index(fields=["code"])]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Jurisdiction]:
        return cls.objects.all()


class Body(Record):
    """A department, authority or other body (部门) of one jurisdiction. `alias` is its name in SQL (`dept.table`).

    `line_upper` is the body of the level above that does the same duty (条线上级): a prefecture's civil-affairs bureau
    has the province's.
    """

    name = models.CharField(max_length=120, unique=True)
    short_name = models.CharField(max_length=40)
    alias = models.SlugField(max_length=40, unique=True)
    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="bodies")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    line_upper = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="line_lower", verbose_name=_("条线上级")
    )
    credit_code = models.CharField(max_length=18, blank=True, default="")
    is_authority = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "bodies"

    def __str__(self) -> str:
        return self.short_name or self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Body]:
        return cls.objects.all()

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.pk), "jurisdiction": self.jurisdiction.code}


class PersonManager(BaseUserManager["Person"]):
    """Looks people up by sign-in name."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser, Record):
    """Somebody who signs in. What he may do follows from his appointments alone."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    email = models.EmailField(blank=True, default="")
    language = models.CharField(max_length=8, default="zh-hans")
    active = models.BooleanField(default=True)
    totp_secret = models.BinaryField(null=True)
    totp_key = models.UUIDField(null=True)
    totp_confirmed_at = models.DateTimeField(null=True)
    totp_last_step = models.BigIntegerField(default=0)
    failed_logins = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    password_until = models.DateTimeField(null=True)
    """Set while the password is a one-time one that somebody else gave: until then it may be used, to be changed."""
    recovery_digests = models.JSONField(default=list)
    """Keyed digests of the recovery codes that are not used up."""
    identity = models.CharField(max_length=300, null=True, blank=True, unique=True)
    """The account at the sign-in provider (issuer and subject), once one was used."""

    objects = PersonManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Tell Django whether the account may be used."""
        return self.active

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Person]:
        if actor.capacity in ("system_admin", "security_admin", "auditor"):
            return cls.objects.all()
        # who acts for no body has no colleagues: an empty body would fit everybody without an appointment
        known = Q(pk=actor.id)
        if actor.body:
            known |= Q(appointments__body_id=actor.body)
        return cls.objects.filter(known).distinct()

    def policy_attributes(self) -> dict[str, Any]:
        return {"person": str(self.pk)}

    def authors(self) -> set[UUID]:
        return {self.pk} | super().authors()

    def current_appointments(self, on: date | None = None) -> QuerySet[Appointment]:
        """Give the appointments in force on a day (today in Shanghai by default)."""
        day = on or timezone.localdate()
        held = self.appointments.select_related("body", "body__jurisdiction")
        return held.filter(Q(until__isnull=True) | Q(until__gte=day), since__lte=day).order_by("created_at")


class BrowserSession(Record):
    """One browser in which somebody is signed in: where from, since when, last used. It ends here, for every server.

    `last_used_at` moves at most once a minute and is not an act: it says nothing but that the person is there.
    """

    METHODS = [
        ("password", _("口令")),
        ("code", _("口令和动态码")),
        ("recovery", _("口令和恢复码")),
        ("oidc", _("统一身份认证")),
    ]
    ENDINGS = [
        ("out", _("本人退出")),
        ("idle", _("长时间未操作")),
        ("person", _("本人结束")),
        ("security", _("安全管理员结束")),
        ("password", _("口令已更换")),
        ("disabled", _("账号已停用")),
        ("guessed", _("口令连续输错")),
    ]

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sessions")
    method = models.CharField(max_length=10, choices=METHODS, default="password")
    network = models.CharField(max_length=64, blank=True, default="")
    browser = models.CharField(max_length=80, blank=True, default="")
    last_used_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=10, blank=True, default="", choices=ENDINGS)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-last_used_at"], condition=Q(ended_at__isnull=True), name="session_open")
        ]

    def __str__(self) -> str:
        return self.browser

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[BrowserSession]:
        if actor.capacity == "security_admin":
            return cls.objects.all()
        return cls.objects.filter(person_id=actor.id)

    def policy_attributes(self) -> dict[str, Any]:
        return {"person": str(self.person_id)}


class Appointment(Record):
    """A person holds a capacity for a body, from a day and (inclusive) until a day."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="appointments")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="appointments")
    capacity = models.CharField(max_length=20, choices=list(CAPACITY_LABELS.items()))
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "body", "capacity", "since"], name="appointment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_capacity_display()} · {self.body}"  # type: ignore[attr-defined]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Appointment]:
        return cls.objects.filter(person__in=Person.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "capacity": self.capacity, "person": str(self.person_id)}

    def authors(self) -> set[UUID]:
        return {self.person_id} | super().authors()


class ApplicationSystem(Record):
    """An application system (应用系统) of a department: the usual holder of a grant and caller of the gateway."""

    name = models.CharField(max_length=120)
    code = models.SlugField(max_length=60, unique=True)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="systems")
    purpose = models.TextField(max_length=2000, blank=True, default="")
    active = models.BooleanField(default=True)
    calls_per_minute = models.PositiveIntegerField(default=6000)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ApplicationSystem]:
        if actor.capacity in ("authority_handler", "authority_head", "system_admin", "security_admin", "auditor"):
            return cls.objects.all()
        return cls.objects.filter(body_id=actor.body)

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id)}


class SystemKey(Record):
    """A key with which an application system signs its calls; the secret is stored sealed and shown once.

    `algorithm`: `HMAC-SM3` (shared secret) or `SM2` (public key only, the secret never reaches the platform).
    """

    system = models.ForeignKey(ApplicationSystem, on_delete=models.PROTECT, related_name="keys")
    algorithm = models.CharField(max_length=10, default="HMAC-SM3")
    sealed_secret = models.BinaryField(null=True)
    sealing_key = models.UUIDField(null=True)
    public_key = models.TextField(blank=True, default="")
    expires_on = models.DateField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.system.name} · {self.algorithm}"

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[SystemKey]:
        return cls.objects.filter(system__in=ApplicationSystem.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.system.body_id)}


class ApiToken(Record):
    """A token with which a person's tools call REST: kept as a digest, bound to one appointment, and dated."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=80)
    digest = models.BinaryField(unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ApiToken]:
        return cls.objects.filter(person_id=actor.id)

    def policy_attributes(self) -> dict[str, Any]:
        return {"person": str(self.person_id)}
