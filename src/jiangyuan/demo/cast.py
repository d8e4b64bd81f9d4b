"""Who takes part in the demonstration: the bodies, one person for each desk, and civil affairs' application system."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from jiangyuan.demo.schemas import DEPARTMENTS
from jiangyuan.exchange.delivery.client import Credentials
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken
from jiangyuan.organization.models import ApplicationSystem, Body, Jurisdiction, Person
from jiangyuan.organization.queries import actor_for
from jiangyuan.standards.models import DataElement

SETUP = service_actor("setup")
SCENE = Scene(channel="cli", purpose="演示")
AUTHORITY = "data_bureau"
SYSTEM = "social_assistance"
DESKS = {
    "office": ("business_office", "业务处室"),
    "handler": ("sharing_handler", "数据共享经办人"),
    "head": ("sharing_head", "数据共享负责人"),
    "chief": ("department_head", "部门负责人"),
}
SHORT = {
    "public_security": "省公安厅",
    "civil_affairs": "省民政厅",
    "market_regulation": "省市场监管局",
    "human_resources": "省人社厅",
    "medical_insurance": "省医保局",
    "natural_resources": "省自然资源厅",
}
NAMES = {
    "public_security": ("马建国", "才让东智", "李青云", "赵海燕"),
    "civil_affairs": ("王敏", "卓玛措", "韩文斌", "周启明"),
    "market_regulation": ("冶成福", "刘志强", "祁秀英", "张晓峰"),
    "human_resources": ("陈玉兰", "多杰", "马海龙", "孙丽萍"),
    "medical_insurance": ("杨雪梅", "索南", "鲁永红", "何建平"),
    "natural_resources": ("冯国栋", "央金", "许志远", "胡晓梅"),
}
BELOW = "xining_civil_affairs"
"""A prefecture's body of the line of civil affairs: there a claim of the province's entry waits for an answer."""
AUTHORITY_PEOPLE = (
    ("bureau.handler", "田雨", "authority_handler"),
    ("bureau.head", "高原", "authority_head"),
    ("bureau.system", "沈一鸣", "system_admin"),
    ("bureau.security", "唐洁", "security_admin"),
    ("bureau.auditor", "严正", "auditor"),
    ("bureau.operations", "郭涛", "operations"),
)


@dataclass(frozen=True, slots=True)
class Cast:
    """The bodies by code, the actors by `body.desk`, and the application system with its signing key."""

    bodies: Mapping[str, Body]
    actors: Mapping[str, Actor]
    system: ApplicationSystem
    credentials: Credentials
    passwords: Mapping[str, str]

    def at(self, body: str, desk: str) -> Actor:
        """Give the person at one desk of one body."""
        return self.actors[f"{body}.{desk}"]


def assemble(home: Path) -> Cast:
    """Register everybody who is not registered yet; passwords and the system's key are kept under `home` (0600)."""
    kept = _Kept(home / "accounts.json")
    if not Jurisdiction.objects.exists():
        act("organization.divisions.install", actor=SETUP, scene=SCENE, province=settings().province_code)
    if not DataElement.objects.exists():
        act("standards.national.install", actor=SETUP, scene=SCENE)
    act("catalog.classification.install", actor=SETUP, scene=SCENE)
    bodies = {code: _body(code, spec.name, SHORT[code]) for code, spec in DEPARTMENTS.items()}
    bodies[AUTHORITY] = _body(AUTHORITY, settings().authority_name, "省数据局", is_authority=True)
    actors: dict[str, Actor] = {}
    for code in DEPARTMENTS:
        for (desk, (capacity, _label)), name in zip(DESKS.items(), NAMES[code], strict=True):
            actors[f"{code}.{desk}"] = _person(kept, f"{code}.{desk}", name, bodies[code], capacity)
    for username, name, capacity in AUTHORITY_PEOPLE:
        actors[username] = _person(kept, username, name, bodies[AUTHORITY], capacity)
    bodies[BELOW] = _below(bodies["civil_affairs"])
    actors[f"{BELOW}.handler"] = _person(kept, f"{BELOW}.handler", "李海宁", bodies[BELOW], "sharing_handler")
    system = ApplicationSystem.objects.filter(code=SYSTEM).first() or act(
        "organization.system.register",
        actor=actors["civil_affairs.handler"],
        scene=SCENE,
        body=bodies["civil_affairs"].pk,
        name="社会救助信息系统",
        code=SYSTEM,
        purpose="受理、审核、发放社会救助",
    )
    credentials = _credentials(kept, system, actors["civil_affairs.handler"])
    kept.write()
    return Cast(bodies, actors, system, credentials, kept.passwords)


class _Kept:
    """What the demonstration must remember between two runs: passwords and the signing key."""

    def __init__(self, file: Path) -> None:
        self.file = file
        found = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        self.passwords: dict[str, str] = found.get("passwords", {})
        self.key: dict[str, str] = found.get("key", {})

    def password(self, username: str) -> str:
        return self.passwords.setdefault(username, f"jy-{secrets.token_hex(4)}-{secrets.token_hex(4)}")

    def write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch(mode=0o600, exist_ok=True)
        self.file.write_text(json.dumps({"passwords": self.passwords, "key": self.key}, indent=1), "utf-8")


def _below(upper: Body) -> Body:
    """Register the body of a prefecture that does what the province's does, and say so."""
    place = Jurisdiction.objects.filter(parent__code=settings().province_code, level="prefecture", retired=False)
    seat = place.order_by("code").first()
    if seat is None:
        raise Broken("the province has no prefecture", code="demo")
    made = _body(BELOW, f"{seat.name}民政局", f"{seat.name}民政局", place=seat.code)
    if made.line_upper_id is None:
        act("organization.body.join_line", made.pk, actor=SETUP, scene=SCENE, upper=upper.pk)
    return made


def _body(code: str, name: str, short: str, *, is_authority: bool = False, place: str = "") -> Body:
    found = Body.objects.select_related("jurisdiction").filter(alias=code).first()
    return found or act(
        "organization.body.register",
        actor=SETUP,
        scene=SCENE,
        name=name,
        short_name=short,
        alias=code,
        jurisdiction=place or settings().province_code,
        is_authority=is_authority,
    )


def _person(kept: _Kept, username: str, name: str, body: Body, capacity: str) -> Actor:
    password = kept.password(username)
    person = Person.objects.filter(username=username).first() or act(
        "organization.person.register", actor=SETUP, scene=SCENE, username=username, name=name, password=password
    )
    held = person.current_appointments().filter(body=body, capacity=capacity).first() or act(
        "organization.appointment.make", person.pk, actor=SETUP, scene=SCENE, body=body.pk, capacity=capacity
    )
    return actor_for(person, held)


def _credentials(kept: _Kept, system: ApplicationSystem, handler: Actor) -> Credentials:
    if not kept.key or not system.keys.filter(pk=kept.key["key_id"], revoked_at__isnull=True).exists():
        day = timezone.localdate() + timedelta(days=180)
        kept.key = act("organization.key.issue", system.pk, actor=handler, scene=SCENE, expires_on=day)
    return Credentials(system=system.code, key_id=kept.key["key_id"], secret=kept.key["secret"])
