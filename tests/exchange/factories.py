"""Builds what the exchange room's tests stand on, through the same acts as the portal wherever there are such acts.

Bodies with their desks, sources, tables, published entries, mounts, application systems, requests and grants; each
function makes one thing and whatever it needs that was not given. Names are numbered, so that nothing collides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.utils import timezone

from jiangyuan.catalog.entries.models import Classification, Entry
from jiangyuan.data.connectors import Scan as Found
from jiangyuan.data.connectors import ScannedColumn as FoundColumn
from jiangyuan.data.connectors import ScannedTable as FoundTable
from jiangyuan.exchange.sharing import jobs
from jiangyuan.exchange.sharing.models import Case, Grant, Request
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.organization.models import ApplicationSystem, Body, Jurisdiction, Person
from jiangyuan.organization.queries import actor_for, system_actor
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.sources.models import ScannedTable, Source
from jiangyuan.standards.models import DataElement

SETUP = service_actor("setup")
SHARING = service_actor("sharing")
SCENE = Scene(channel="cli")
PURPOSE = "social-aid"
PEOPLE: tuple[tuple[str, str, str], ...] = (
    ("citizen_id", "character varying(18)", "公民身份号码"),
    ("name", "character varying(50)", "姓名"),
    ("birth_date", "date", "出生日期"),
    ("sex", "character(1)", "性别"),
    ("phone", "character varying(11)", "手机号码"),
    ("income", "numeric(12,2)", "收入"),
    ("division", "character varying(12)", "行政区划代码"),
    ("address", "character varying(300)", "住址"),
    ("diagnosis", "character varying(200)", "疾病诊断"),
)
"""Columns (name, type, comment) of the table that stands for a register of persons; the first is its key."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Desk:
    """The people of one body, one for each capacity of the sharing road."""

    body: Body
    business_office: Actor
    sharing_handler: Actor
    sharing_head: Actor
    department_head: Actor
    analyst: Actor


def province() -> Jurisdiction:
    """Give the province, made once."""
    found, _made = Jurisdiction.objects.get_or_create(scheme="mca", code="630000", name="青海省", level="province")
    return found


def body(name: str = "", *, alias: str = "", is_authority: bool = False) -> Body:
    """Register a department (or the sharing authority) of the province."""
    number = next(_numbers)
    return act(
        "organization.body.register",
        actor=SETUP,
        scene=SCENE,
        name=name or f"青海省第{number}厅",
        short_name=name or f"第{number}厅",
        alias=alias or f"dept{number}",
        jurisdiction=province().code,
        is_authority=is_authority,
    )


def person(name: str = "") -> Person:
    """Make a person without a password: nobody signs in here, and hashing one takes longer than all the rest."""
    number = next(_numbers)
    made = Person(username=f"person{number}", name=name or f"人员{number}")
    made.set_unusable_password()
    made.save()
    return made


def actor(place: Body, capacity: str, *, who: Person | None = None) -> Actor:
    """Appoint a person (a new one by default) to a capacity of a body, and give the actor that he then is."""
    held = act(
        "organization.appointment.make",
        (who or person()).pk,
        actor=SETUP,
        scene=SCENE,
        body=place.pk,
        capacity=capacity,
    )
    return actor_for(held.person, held)


def desk(place: Body | None = None) -> Desk:
    """Appoint the people of one body's sharing road."""
    place = place or body()
    names = ("business_office", "sharing_handler", "sharing_head", "department_head", "analyst")
    return Desk(place, **{name: actor(place, name) for name in names})


def authority(capacity: str = "authority_head") -> Actor:
    """Give somebody of the province's sharing authority, which is registered once."""
    place = Body.objects.filter(is_authority=True).first() or body("青海省数据局", alias="", is_authority=True)
    return actor(place, capacity)


def system(place: Body, *, code: str = "") -> ApplicationSystem:
    """Register an application system of a body."""
    number = next(_numbers)
    return act(
        "organization.system.register",
        actor=SETUP,
        scene=SCENE,
        body=place.pk,
        name=f"应用系统{number}",
        code=code or f"system{number}",
    )


def source(place: Body, *, handler: Actor | None = None, **changes: Any) -> Source:
    """Register a front-end database of a body, reported as connected. Nothing listens behind it unless fields say so."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "name": f"前置库{number}",
        "alias": f"front{number}",
        "kind": "postgres",
        "host": "127.0.0.1",
        "port": 5432,
        "database": "front",
        "username": "reader",
        "password": "river-source-9",
    }
    made = act(
        "sources.source.register",
        actor=handler or actor(place, "sharing_handler"),
        scene=SCENE,
        body=place.pk,
        **{**fields, **changes},
    )
    act("sources.source.report_connected", made.pk, actor=service_actor("sources"), report=[])
    made.refresh_from_db()
    return made


def table(
    kept: Source, *, name: str = "people", columns: tuple[tuple[str, str, str], ...] = PEOPLE, schema: str = "public"
) -> ScannedTable:
    """Scan a source in which one table is found; its first column is the key."""
    asked = act("sources.source.scan", kept.pk, actor=actor(kept.body, "sharing_handler"), scene=SCENE)
    found = FoundTable(
        schema=schema,
        name=name,
        rows=2000,
        columns=tuple(
            FoundColumn(name=column, type=kind, comment=comment, key=int(position == 0))
            for position, (column, kind, comment) in enumerate(columns)
        ),
    )
    act("sources.scan.report", asked.pk, actor=service_actor("sources"), found=Found(tables=(found,)))
    return ScannedTable.objects.get(source=kept, name=name)


def elements() -> None:
    """Install the national data elements once."""
    if not DataElement.objects.exists():
        act("standards.national.install", actor=SETUP, scene=SCENE)
    if not Classification.objects.exists():
        act("catalog.classification.install", actor=SETUP, scene=SCENE)


def entry(
    place: Body | Desk | None = None,
    *,
    share_type: str = "conditional",
    columns: tuple[tuple[str, str, str], ...] = PEOPLE,
    items: list[dict[str, Any]] | None = None,
    kept: ScannedTable | None = None,
    publish: bool = True,
) -> Entry:
    """Draft an entry from a scanned table and walk it to publication. `items` changes data items by column."""
    elements()
    people = place if isinstance(place, Desk) else desk(place)
    kept = kept or table(source(people.body), columns=columns)
    made = act(
        "catalog.entry.draft",
        actor=people.sharing_handler,
        scene=SCENE,
        table=kept.pk,
        name=f"人口登记信息{next(_numbers)}",
        summary="登记的人员基本信息",
        share_type=share_type,
        share_condition="用于社会救助核对" if share_type == "conditional" else "",
    )
    changes: dict[str, Any] = {"items": items} if items else {}
    if share_type == "none":
        changes["share_basis"] = "《中华人民共和国统计法》第九条"
    if changes:
        act("catalog.entry.edit", made.pk, actor=people.sharing_handler, scene=SCENE, **changes)
    if publish:
        publish_entry(made, people)
    made.refresh_from_db()
    return made


def publish_entry(made: Entry, people: Desk) -> Entry:
    """Assess, submit, approve and publish an entry that is being drafted."""
    assessed: dict[str, Any] = {"secrecy_result": "不涉及国家秘密", "privacy_result": "影响可控"}
    act("catalog.entry.assess", made.pk, actor=people.sharing_handler, scene=SCENE, **assessed)
    act("catalog.entry.submit", made.pk, actor=people.sharing_handler, scene=SCENE)
    act("catalog.entry.endorse", made.pk, actor=people.sharing_head, scene=SCENE)
    act("catalog.entry.approve", made.pk, actor=people.department_head, scene=SCENE)
    act("catalog.entry.publish", made.pk, actor=authority("authority_handler"), scene=SCENE)
    made.refresh_from_db()
    return made


def mount(made: Entry, *, alias: str = "", mode: str = "physical", key: tuple[str, ...] = ("citizen_id",)) -> Mount:
    """Tie an entry to the table that it was drafted from."""
    name = f"{made.body.alias}.{made.drafted_from.name}{next(_numbers)}"
    return Mount.objects.create(
        entry=made, table=made.drafted_from, alias=alias or name, key=list(key), mode=mode, version=1
    )


@dataclass(slots=True)
class Road:
    """A consumer and a provider with everything between them that a request needs."""

    consumer: Desk
    provider: Desk
    system: ApplicationSystem
    entry: Entry
    mount: Mount
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def caller(self) -> Actor:
        """The consumer's application system as it calls."""
        return system_actor(self.system)


def in_days(days: int) -> date:
    """Give the day in Shanghai that many days from today."""
    return timezone.localdate() + timedelta(days=days)


def road(
    *,
    share_type: str = "conditional",
    mode: str = "physical",
    columns: tuple[tuple[str, str, str], ...] = PEOPLE,
    items: list[dict[str, Any]] | None = None,
) -> Road:
    """Build a consumer with an application system, and a provider with a published and mounted entry."""
    consumer, provider = desk(), desk()
    made = entry(provider, share_type=share_type, columns=columns, items=items)
    return Road(consumer, provider, system(consumer.body), made, mount(made, mode=mode))


def ask(way: Road, *, scene: Scene = SCENE, **changes: Any) -> Request:
    """Open a request on a road: by default name and income for social aid, by query, for a month."""
    fields: dict[str, Any] = {
        "system": way.system.pk,
        "entry": way.entry.pk,
        "mount": way.mount.pk,
        "items": [{"column": "name"}, {"column": "income"}],
        "forms": ["query"],
        "basis": "《社会救助暂行办法》第十五条",
        "purpose": PURPOSE,
        "scenario": "低保申请家庭经济状况核对",
        "scope": "申请人及其共同生活的家庭成员",
        "until": in_days(30),
    }
    return act(
        "sharing.request.open",
        actor=way.consumer.business_office,
        scene=scene,
        **{**fields, **way.fields, **changes},
    )


def walk(asked: Request, way: Road, *, to: str = "agreed", scene: Scene = SCENE) -> Request:
    """Walk a request by its desks to a state on the main road: own_head, provider_handler, provider_head, agreed."""
    steps: tuple[tuple[str, str, Actor, dict[str, Any]], ...] = (
        ("own_head", "sharing.request.submit", way.consumer.business_office, {}),
        ("provider_handler", "sharing.request.consent", way.consumer.sharing_head, {}),
        ("provider_head", "sharing.request.propose", way.provider.sharing_handler, {"proposal": "建议同意"}),
        ("agreed", "sharing.request.agree", way.provider.sharing_head, {}),
    )
    for state, name, who, params in steps:
        act(name, asked.pk, actor=who, scene=scene, **params)
        asked.refresh_from_db()
        if state == to:
            break
        if state == "provider_head":
            sign(asked, way, scene=scene)
        if state == "provider_handler" and way.entry.share_type == "unconditional":
            jobs.reply(str(asked.pk))
            asked.refresh_from_db()
            break
    return asked


def sign(asked: Request, way: Road, *, scene: Scene = SCENE) -> Request:
    """Let everybody sign whom the grade, the forms and the volume of a request ask for besides."""
    for who in list(asked.awaits):
        signer = way.provider.department_head if who == "department_head" else authority("authority_head")
        act("sharing.request.sign", asked.pk, actor=signer, scene=scene, opinion="同意")
    asked.refresh_from_db()
    return asked


def grant(way: Road | None = None, *, ready: bool = True, at: datetime | None = None, **changes: Any) -> Grant:
    """Walk a whole request and give its grant, reported ready unless `ready` is false."""
    way = way or road()
    scene = Scene(channel="cli", at=at)
    made = Grant.objects.get(request=walk(ask(way, scene=scene, **changes), way, scene=scene))
    if ready:
        report_ready(made)
    return made


def report_ready(made: Grant) -> Grant:
    """Report a grant as materialised, as the worker does."""
    act("sharing.grant.report_ready", made.pk, actor=SHARING, epoch=made.epoch)
    made.refresh_from_db()
    return made


def case(
    kept: ApplicationSystem,
    citizen_ids: list[str],
    *,
    number: str = "",
    purpose: str = PURPOSE,
    until: date | None = None,
) -> Case:
    """Open a case of an application system with its listed persons."""
    return act(
        "sharing.case.open",
        actor=system_actor(kept),
        scene=SCENE,
        system=kept.pk,
        number=number or f"JZ2026-{next(_numbers)}",
        purpose=purpose,
        authorisation_digest="a5" * 32,
        citizen_ids=citizen_ids,
        open_until=until or in_days(30),
    )


def reading(made: Grant, *, case_number: str = "", at: datetime | None = None) -> Scene:
    """Give the scene in which the system of a grant reads."""
    return Scene(purpose=made.purpose, case_number=case_number, operator="经办员", channel="gateway", at=at)


def names(made: Grant) -> list[str | UUID]:
    """Give the three ways in which the table of a grant may be named."""
    return [made.mount.alias, made.entry_id, made.mount_id]
