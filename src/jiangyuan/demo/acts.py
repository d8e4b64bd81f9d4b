"""The acts of the demonstration, in the order of the story."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psycopg
from django.db import close_old_connections
from django.utils import timezone

from jiangyuan.demo import road
from jiangyuan.demo.cast import SCENE, Cast, assemble
from jiangyuan.demo.catalogue import take_over_catalogue
from jiangyuan.demo.census import take_census
from jiangyuan.demo.counties import bring_in
from jiangyuan.demo.coverage import measure
from jiangyuan.demo.departments import DepartmentDatabase, create_departments, register_death, withdraw_death
from jiangyuan.demo.files import write_files
from jiangyuan.demo.firstday import drift, open_problem, replay_week
from jiangyuan.demo.important import identify
from jiangyuan.demo.observation import observe
from jiangyuan.demo.population import Population, make_population
from jiangyuan.demo.report import compare, verify_family
from jiangyuan.demo.seeds import fill_desks, keep_for_visitors
from jiangyuan.demo.stage import Play
from jiangyuan.demo.story import Family, death_of_elder, pick_family
from jiangyuan.demo.truth import write_truth
from jiangyuan.exchange.delivery.models import Delivery, Warning
from jiangyuan.exchange.sharing.models import Case, Grant
from jiangyuan.kernel import ciphers, evidence, receipts
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.models import Event


def perform(
    play: Play, *, supervisor: Any, home: Path, people: int, entries: int = 0, reference: Path | None = None
) -> dict[str, Any]:
    """Play every act; gives the facts that the summary and the closing words need."""
    demo_home = home / "demo"
    with play.step("population", f"生成 {people:,} 人的虚拟人口（户、家庭、企业）") as step:
        population = make_population(people=people)
        step.rows = people
    with play.step("departments", "建立六个部门的前置库和县乡文件，各部门看到的人口各不相同") as step:
        departments = create_departments(supervisor.cluster, demo_home, population)
        files = write_files(settings().path("file_root", "files"), population)
        write_truth(demo_home, seen=observe(population), files=files)
        step.rows = _rows(departments)
    with play.step("organization", "登记行政区划、部门、人员、应用系统"):
        cast = assemble(demo_home)
    _build_the_road(play, cast, departments)
    with play.step("files", "县的 SQLite 登记库、乡镇的 GB18030 表格编目并轮询归集") as step:
        step.rows = bring_in(cast, files, settings().path("file_root", "files"))
    with play.step("desks", "各部门手头的事：等审核的目录、等答复的申请、一件已经超期的") as step:
        keep_for_visitors(demo_home, departments, population)
        step.rows = fill_desks(cast)
    with play.step("first_day", "人社厅的一处质量问题、民政厅前置库的结构变化、前六天的办理（补演）") as step:
        rows, changed, replayed = open_problem(cast), drift(cast, departments), replay_week(cast)
        step.rows = replayed
        step.detail = f"问题行 {rows} 行，结构变化 {changed} 处，补演申请 {replayed} 件"
    with play.step("coverage", "登记各部门职责和事项，对照目录；确定一个数源部门，下达一批共享责任") as step:
        step.rows = measure(cast)
    with play.step("important", "识别重要数据：一项已列入并评估，两项在部门和主管部门手上") as step:
        step.rows = identify(cast)
    with play.step("census", "普查：三个部门走到三处，一个漏报了一张表") as step:
        step.rows = take_census(cast)
    if entries:
        with play.step("catalogue", f"接管已有目录 {entries:,} 条") as step:
            step.rows = take_over_catalogue(cast, entries, reference)
    return _tell_the_story(play, cast, departments, population, supervisor, demo_home)


def _rows(departments: dict[str, DepartmentDatabase]) -> int:
    total = 0
    for one in departments.values():
        with psycopg.connect(one.dsn(one.owner)) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (name,) in names:
                found = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # pyright: ignore[reportArgumentType, reportCallIssue]
                total += found[0] if found else 0
    return total


def _build_the_road(play: Play, cast: Cast, departments: dict[str, DepartmentDatabase]) -> None:
    with play.step("sources", "各部门登记前置库，平台测试连接") as step:
        sources = road.register_sources(cast, departments)
        step.rows = len(sources)
    with play.step("scan", "扫描前置库的表和字段") as step:
        step.rows = road.scan_sources(cast, sources)
    with play.step("entries", "编制目录、评估、部门审核、主管部门发布") as step:
        step.rows = len(road.publish_entries(cast))
    with play.step("ingest", "挂载数据表，全量归集并持续跟随来源变化") as step:
        step.rows = road.mount_tables(cast)
    with play.step("check", "按数据元规则一次扫描检查质量") as step:
        runs = road.check_quality(cast)
        step.rows = sum(run.rows or 0 for run in runs)
        step.detail = "得分 " + "、".join(str(run.score) for run in runs)
    with play.step("request", "民政厅业务处室为社会救助系统申请数据，本单位负责人同意") as step:
        requests = road.request_data(cast)
        step.rows = len(requests)
    with play.step("grant", "各提供方经办人办理、负责人答复，授权开通") as step:
        step.rows = len(road.decide_requests(cast, requests))
    with play.step("delivery", "死亡登记信息持续交换到民政厅自己的库") as step:
        step.rows = road.open_delivery(cast).rows


def _tell_the_story(
    play: Play,
    cast: Cast,
    departments: dict[str, DepartmentDatabase],
    population: Population,
    supervisor: Any,
    home: Path,
) -> dict[str, Any]:
    family = pick_family(population)
    withdraw_death(departments["public_security"], population)
    gateway = supervisor.status()["programs"]["gateway"]["address"]
    with play.step("case", "一户家庭申请社会救助并签署授权，民政厅登记办件和成员名单") as step:
        case = _open_case(cast, family)
        step.rows = len(family.members)
    with play.step("verification", "向六个部门核验，汇成一份报告") as step:
        report = verify_family(cast, gateway=gateway, case=case.number, family=family)
        step.rows = report.rows
        differences = compare(report, population)
        if differences:
            raise Broken(f"核验结果与事实不符：{differences}", code="demo.report")
    with play.step("outsider", "名单以外的人，核验被拒绝") as step:
        step.detail = report.ask_outsider(population)
    with play.step("death", "公安厅登记一人死亡，民政厅的库随即更新") as step:
        step.detail = _death(departments, population, case, step)
    with play.step("withdrawal", "公安厅撤回一项授权，下一次调用即被拒绝") as step:
        step.detail = _withdraw_and_restore(cast, report)
    with play.step("receipt", "出具存证回执并离线验证") as step:
        receipt = _receipt(home)
        step.detail = str(receipt)
    return {"case": case.number, "receipt": str(receipt), "accounts": str(home / "accounts.json")}


def _open_case(cast: Cast, family: Family) -> Case:
    number = f"JZ{timezone.localtime():%Y%m%d%H%M%S}"
    authorisation = json.dumps(
        {"case": number, "signed_by": family.applicant.name, "members": len(family.members), "purpose": road.PURPOSE},
        ensure_ascii=False,
    )
    digest = ciphers.sm3(authorisation.encode()).hex()
    return road.open_case(cast, number=number, citizen_ids=family.citizen_ids, authorisation=digest)


def _death(departments: dict[str, DepartmentDatabase], population: Population, case: Case, step: Any) -> str:
    citizen_id = str(death_of_elder(population)["citizen_id"])
    home = departments["civil_affairs"]
    into = home.receiving
    assert into is not None
    with psycopg.connect(home.dsn(into.writer, database=into.database), autocommit=True) as receiving:
        query = "SELECT 1 FROM delivered.death_registration WHERE citizen_id = %s"
        road.wait_for("上次演示的登记撤销", lambda: receiving.execute(query, [citizen_id]).fetchone() is None or None)
        register_death(departments["public_security"], population)
        begun = time.perf_counter()
        road.wait_for(
            "死亡登记到达民政厅", lambda: receiving.execute(query, [citizen_id]).fetchone(), seconds=30, every=0.002
        )
        delivered = time.perf_counter() - begun
    warning = road.wait_for("待遇预警", lambda: Warning.objects.filter(case=case).first(), seconds=30, every=0.01)
    warned = time.perf_counter() - begun
    step.rows = Delivery.objects.get(grant=warning.grant_id, state="current").rows
    return f"数据 {delivered * 1000:.0f} 毫秒到达，预警 {warned * 1000:.0f} 毫秒到达"


def _withdraw_and_restore(cast: Cast, report: Any) -> str:
    grant = Grant.objects.get(
        mount__alias__startswith="public_security.resident", system=cast.system, state="active", case_bound=True
    )
    head = cast.at("public_security", "head")
    act("sharing.grant.suspend", grant.pk, actor=head, scene=SCENE, reason="例行核查使用记录")
    refused = report.ask_again(grant.pk)
    act("sharing.grant.resume", grant.pk, actor=head, scene=SCENE, rectified="核查完毕，未见超范围使用")

    def active() -> bool | None:
        close_old_connections()
        return True if Grant.objects.get(pk=grant.pk).state == "active" else None

    road.wait_for("授权恢复", active)
    return refused


def _receipt(home: Path) -> Path:
    event = Event.objects.filter(type="sharing.request.agreed").order_by("-at").first()
    assert event is not None

    def sequenced() -> dict[str, Any] | None:
        try:
            return evidence.receipt(event.id)
        except evidence.NotYetSequenced:
            return None

    found = road.wait_for("存证入链", sequenced, seconds=60)
    verdict = receipts.verify_receipt(found)
    if not verdict.ok:
        raise Broken("存证回执未通过验证", code="demo.receipt")
    file = home / "receipt.json"
    file.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    return file
