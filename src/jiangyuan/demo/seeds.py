"""What lies on the desks when the curtain rises: entries under review, requests in every hand, one reply overdue.

Everything is done by the acts of those whose desk it is on. Only the reply that is overdue counts as received four
weeks ago, which the memory says plainly (`stagehand.request.backdated`); that it is overdue the clock finds by itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from django.utils import timezone

from jiangyuan.catalog.claims.models import Claim
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.demo.cast import SCENE, SETUP, Cast
from jiangyuan.demo.departments import DepartmentDatabase
from jiangyuan.demo.population import Population
from jiangyuan.demo.story import death_of_elder
from jiangyuan.exchange.sharing.models import Request
from jiangyuan.kernel.actions import ACTIONS, act
from jiangyuan.organization.models import ApplicationSystem
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.sources.models import ScannedTable

LATE_DAYS = 28
SYSTEMS = {
    "human_resources": ("employment_service", "就业服务信息系统", "办理就业登记、失业登记和待遇资格认证"),
    "medical_insurance": ("insurance_audit", "医保待遇稽核系统", "核对参保人员状态，防止冒名和重复报销"),
}
ENTRIES = {
    "public_security.household": "department_review",
    "civil_affairs.case_member": "draft",
    "civil_affairs.marriage": "authority_review",
    "human_resources.insurance_contribution": "authority_review",
}
"""Tables whose entries stop on the way to publication, and where."""


def fill_desks(cast: Cast) -> int:
    """Leave something on each desk; gives how many matters lie there. What an earlier run left is left."""
    for name, state in ENTRIES.items():
        _entry(cast, name, state)
    for body, (code, title, purpose) in SYSTEMS.items():
        _system(cast, body, code, title, purpose)
    asked = (
        ("human_resources", "civil_affairs.social_assistance_case", ("assistance_kind", "status"), "provider_handler"),
        ("human_resources", "public_security.resident", ("name", "life_status"), "provider_handler"),
        ("medical_insurance", "public_security.death_registration", ("death_date", "registered_on"), "provider_head"),
        ("medical_insurance", "human_resources.employment", ("employment_kind", "started_on"), "own_head"),
    )
    requests = [_request(cast, *one) for one in asked]
    _late(requests[0])
    _request(cast, "civil_affairs", "market_regulation.enterprise_person", ("role",), "own_head", SOCIAL)
    _request(cast, "civil_affairs", "human_resources.pension_benefit", ("status",), "draft", SOCIAL)
    _issue(cast)
    return len(ENTRIES) + len(asked) + 3


SOCIAL = "social_assistance"
CLAIMED = "social_assistance_case"
"""The table whose entry the province's civil affairs has, and those of the prefectures are asked to claim."""


def _issue(cast: Cast) -> None:
    """Let the authority issue an entry of civil affairs to its line below, where the claim waits."""
    entry = Entry.objects.filter(drafted_from__source__alias="civil_affairs_front", drafted_from__name=CLAIMED).first()
    if entry is None or not entry.live_version or Claim.objects.filter(entry=entry).exists():
        return
    head = cast.actors["bureau.head"]
    act("catalog.claimlist.issue", actor=head, scene=SCENE, title="民政条线目录", entries=[entry.pk])


def _entry(cast: Cast, name: str, state: str) -> None:
    body, table = name.split(".")
    scanned = ScannedTable.objects.get(source__alias=f"{body}_front", name=table)
    if Entry.objects.filter(drafted_from=scanned).exists():
        return
    office, handler = cast.at(body, "office"), cast.at(body, "handler")
    entry = act(
        "catalog.entry.draft", actor=office, scene=SCENE, table=scanned.pk, summary=f"{scanned.comment or table}，供有关部门依法履职使用",
        share_condition="用于法定职责，按授权范围使用",
    )  # fmt: skip
    if state == "draft":
        return
    act(
        "catalog.entry.assess", entry.pk, actor=handler, scene=SCENE,
        secrecy_result="不涉及国家秘密；与其他数据关联后未见失密风险。",
        privacy_result="含个人信息，处理目的限于法定职责，影响可控。",
    )  # fmt: skip
    act("catalog.entry.submit", entry.pk, actor=office, scene=SCENE)
    act("catalog.entry.endorse", entry.pk, actor=cast.at(body, "head"), scene=SCENE)
    if state == "authority_review":
        act("catalog.entry.approve", entry.pk, actor=cast.at(body, "chief"), scene=SCENE)


def _system(cast: Cast, body: str, code: str, name: str, purpose: str) -> None:
    if not ApplicationSystem.objects.filter(code=code).exists():
        act(
            "organization.system.register", actor=cast.at(body, "handler"), scene=SCENE, body=cast.bodies[body].pk,
            name=name, code=code, purpose=purpose,
        )  # fmt: skip


def _request(cast: Cast, body: str, name: str, columns: tuple[str, ...], state: str, code: str = "") -> Request:
    provider, table = name.split(".")
    mount = Mount.objects.select_related("entry").get(table__source__alias=f"{provider}_front", table__name=table)
    system = ApplicationSystem.objects.get(code=code or SYSTEMS[body][0])
    kept = Request.objects.filter(mount=mount, system=system, purpose=PURPOSE).first()
    if kept is not None:
        return kept
    office, head = cast.at(body, "office"), cast.at(body, "head")
    request = act(
        "sharing.request.open", actor=office, scene=SCENE, system=system.pk, entry=mount.entry_id, mount=mount.pk,
        items=[{"column": column} for column in columns], forms=["query"], purpose=PURPOSE, case_bound=False,
        basis="《政务数据共享条例》第二十条；本部门三定规定确定的法定职责。",
        scenario="办理本部门业务时核对申请人情况，减少重复提交材料。", scope="办理中的业务所涉人员",
        until=timezone.localdate() + timedelta(days=180),
    )  # fmt: skip
    if state == "draft":
        return request
    act("sharing.request.submit", request.pk, actor=office, scene=SCENE)
    if state == "own_head":
        return request
    act("sharing.request.consent", request.pk, actor=head, scene=SCENE)
    if state == "provider_head":
        opinion = "用途明确，字段最小，建议同意。"
        act("sharing.request.propose", request.pk, actor=cast.at(provider, "handler"), scene=SCENE, proposal=opinion)
    return request


PURPOSE = "daily-duty"


def _late(request: Request) -> None:
    from jiangyuan.kernel.models import Event

    done = Event.objects.filter(type="stagehand.request.backdated").exists()
    if "stagehand.request.backdate" in ACTIONS and not done:
        act("stagehand.request.backdate", actor=SETUP, scene=SCENE, request=request.pk, days=LATE_DAYS)


def keep_for_visitors(home: Path, departments: Mapping[str, DepartmentDatabase], population: Population) -> None:
    """Keep what a visitor may have happen in public security's own database: its address, and the row of a death."""
    one = departments["public_security"]
    _keep(home / "public_security.json", {"dsn": one.dsn(one.owner)})
    _keep(home / "story.json", death_of_elder(population))


def _keep(file: Path, content: Any) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as open_file:
        open_file.write(orjson.dumps(content))
