"""The road of the province's ledger in a browser: a forgotten table becomes an entry that two levels share.

Census (campaign, report, what the scan finds, signature) → an entry drafted from the found table → submitted, returned
with a reason for each field, mended → office, sharing office's head, department's head, authority → claimed by the line's
prefecture → revised above → proposed below with its limit → the pin is moved. Each person begins at the workbench and
clicks; every task is counted; wherever a limit runs, the page says how many working days are left and until when.
Half of the people work in English, in the same run.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from tests.journeys.conftest import Desk, Desks, await_text, row

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

OFFICE, HANDLER = "civil_affairs.office", "civil_affairs.handler"
HEAD, CHIEF = "civil_affairs.head", "civil_affairs.chief"
AUTHORITY = "bureau.handler"
BELOW = "xining_civil_affairs.handler"
DATABASE, LISTED, FORGOTTEN = "civil_affairs_front", "public.social_assistance_case", "public.marriage"
ENGLISH = frozenset({HANDLER, HEAD, CHIEF, BELOW})
"""Who works in English: they set it with the switch of every page, and it stays with them."""
CLOCK = re.compile(r"还剩 (\d+) 个工作日（至 \d+月\d+日）|(\d+) working days? left \(until [^)]+\)")
PUBLISHING, UPDATING = 2, 20
"""Working days to publish (art. 17) and to update an entry whose own information changed."""


@dataclass
class Road:
    """What stands on the road so far: the names of this run, and the pages of what was made."""

    desks: Desks
    used: dict[str, Desk] = field(default_factory=dict)
    foreign: list[tuple[str, str]] = field(default_factory=list)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:6])
    report: str = ""
    entry: str = ""
    proposal: str = ""

    def at(self, username: str) -> Desk:
        """Give the desk of a person, at the workbench, with nothing clicked."""
        desk = self.desks(username)
        if username in ENGLISH and desk.language != "en":
            switch_to_english(desk)
        self.used[username] = desk
        return desk

    def walk(self, *steps: Callable[["Road"], None]) -> None:
        """Walk steps one after another; `foreign` gathers what the pages, on which they end, say in another language."""
        for step in steps:
            self.used.clear()
            step(self)
            self.foreign += [found for desk in self.used.values() for found in chinese(desk)]

    @property
    def name(self) -> str:
        """Give the entry's name."""
        return f"婚姻登记办理信息 {self.mark}"


def here(desk: Desk) -> str:
    """Give the path at which a desk's page stands, without its query."""
    return desk.page.url.removeprefix(desk.province.address).partition("?")[0]


def switch_to_english(desk: Desk) -> None:
    """Work in English from now on, by the switch that stands on every page."""
    desk.page.locator("button[name=language][value=en]").first.click()
    desk.page.wait_for_load_state("load")
    desk.language = "en"
    assert desk.page.locator("html").get_attribute("lang") == "en"
    desk.begin()


OWN = (
    "main dt, main th[scope=col], main .jy-form-actions .btn, main .jy-header-actions .btn, main .jy-tabs a, .jy-nav a"
)
"""Where a page says its own words alone; names and texts that people typed stand elsewhere."""


def chinese(desk: Desk) -> list[tuple[str, str]]:
    """Give what the portal itself says in Chinese on an English page, with the page."""
    if desk.language != "en":
        return []
    told = desk.page.locator(OWN).all_inner_texts()
    return [(here(desk), text) for text in told if re.search("[\u4e00-\u9fff]", text)]


def clock(desk: Desk, within: str = "main .jy-header") -> int:
    """Give the working days that a page says are left, where it says so."""
    shown = desk.page.locator(within).first.inner_text()
    found = CLOCK.search(shown)
    assert found is not None, (desk.page.url, shown)
    return int(found[1] or found[2])


def on_bench(desk: Desk, path: str) -> str:
    """Give what the workbench says beside a matter."""
    return desk.page.locator(f"main .jy-desk li:has(a[href*='{path}'])").first.inner_text()


def type_in(desk: Desk, **texts: str) -> None:
    """Type texts into the form's fields."""
    for name, text in texts.items():
        desk.page.fill(f"main [name={name}]", text)


def send(desk: Desk) -> None:
    """Press the form's own button."""
    desk.press(desk.page.locator("main .jy-form-actions .btn-primary").first)


def confirm(desk: Desk) -> None:
    """Carry out what the page asks to check first."""
    desk.says("以下内容尚未提交。")
    desk.press(desk.page.locator("main .jy-check-send .btn-primary").first)


# --- the census -----------------------------------------------------------------------------------------------------


def announce(road: Road) -> None:
    """The authority begins a campaign for one department and opens it."""
    desk = road.at(AUTHORITY)
    desk.start("数字资源普查")
    desk.click("发起普查")
    type_in(desk, title=f"民政数据表普查 {road.mark}", deadline=(date.today() + timedelta(days=30)).isoformat())
    for box in desk.page.locator("main [name=kinds]:not([value=database], [value=table])").all():
        box.uncheck()
        desk.ticks += 1
    asked = desk.page.locator("main label.form-check", has_text="省民政厅").locator("input")
    desk.tick(f"#{asked.get_attribute('id')}")
    send(desk)
    desk.says("请核对后开始填报。")
    desk.click("开始填报", role="button")
    desk.says("各部门已收到通知。")
    desk.counted()
    road.report = re.search(r"/census/reports/[0-9a-f-]{36}/", desk.page.inner_html("main"))[0]  # type: ignore[index]


def register(road: Road) -> None:
    """The department's handler registers the database and one of its tables, as last year's list had them."""
    desk = road.at(HANDLER)
    assert CLOCK.search(on_bench(desk, road.report)), "the limit is not on the workbench"
    desk.press(row(desk, road.report))
    clock(desk)
    desk.click("登记数据库")
    type_in(desk, code=DATABASE, name="民政厅前置库", source=DATABASE)
    desk.page.select_option("main [name=engine]", "postgres")
    send(desk)
    desk.says(DATABASE)
    desk.counted()

    desk.begin()
    desk.press(row(desk, road.report))
    desk.click("登记数据表")
    type_in(desk, code=LISTED, name="社会救助案件")
    desk.page.select_option("main [name=parent]", DATABASE)
    send(desk)
    desk.says(LISTED)
    desk.counted()


def compare(road: Road) -> None:
    """The check against the scan finds the table that nobody registered; it is taken over, and the report submitted."""
    desk = road.at(HANDLER)
    desk.press(row(desk, road.report))
    desk.click("与扫描结果核对", role="button")
    desk.says("差异列在“核对”页。")
    desk.says(FORGOTTEN)
    desk.click("全部按核对结果更正", role="button")
    desk.says("已按核对结果更正，并重新核对。")
    desk.counted()
    desk.click("报送")
    send(desk)
    confirm(desk)
    desk.says("接下来由本部门负责人签发。")
    desk.counted()


def sign(road: Road) -> None:
    """The department's head signs, the authority accepts; the forgotten table stands in the general ledger."""
    chief = road.at(CHIEF)
    assert CLOCK.search(on_bench(chief, road.report))
    chief.press(row(chief, road.report))
    clock(chief)
    chief.click("签发", role="button")
    confirm(chief)
    chief.says("接下来由主管部门接收。")
    chief.counted()

    authority = road.at(AUTHORITY)
    authority.press(row(authority, road.report))
    authority.click("接收", role="button")
    authority.says("报告内容已计入总账本。")
    authority.counted()


# --- the entry ------------------------------------------------------------------------------------------------------


def draft(road: Road) -> None:
    """The business office drafts an entry from the table that the census brought to light."""
    desk = road.at(OFFICE)
    desk.start("普查填报")
    desk.follow(road.report)
    desk.follow("tab=items")
    desk.press(desk.page.locator("main td a", has_text="婚姻登记信息").first)
    desk.click("编制目录")
    desk.counted()
    type_in(desk, name=road.name, summary="全省婚姻登记")
    desk.page.check("main [name=share_type][value=conditional]")
    type_in(desk, share_condition="用于法定职责")
    send(desk)
    desk.says("请核对信息项。")
    desk.page.locator("main [name^=description-]").first.fill("一次登记一个编号，终身不变")
    send(desk)
    desk.says("目录级别随信息项更新。")
    road.entry = here(desk)
    desk.says(road.name)
    desk.counted()


def assess(road: Road, judged: str) -> None:
    """The handler records both assessments, without which nothing is submitted."""
    desk = road.at(HANDLER)
    desk.press(row(desk, road.entry))
    desk.click("记录评估结论")
    type_in(
        desk,
        secrecy_result=f"不涉及国家秘密和工作秘密，{judged}。",
        privacy_result=f"处理目的限于法定职责，已采取脱敏措施，{judged}。",
    )
    send(desk)
    desk.says("评估已记录，可以提交。")
    desk.counted()


def submit(road: Road) -> None:
    """The business office submits, after a page that shows all of it."""
    desk = road.at(OFFICE)
    desk.press(row(desk, road.entry))
    desk.click("提交目录", role="button")
    confirm(desk)
    desk.says("接下来由本部门数据共享工作机构负责人审核。")
    desk.counted()


def submit_too_early(road: Road) -> None:
    """Nothing goes to review without the assessments: the refusal says which one, under which article, what to do."""
    desk = road.at(OFFICE)
    desk.press(row(desk, road.entry))
    desk.click("提交目录", role="button")
    confirm(desk)
    desk.says("尚未记录保密风险评估结论")
    desk.says("请补充后重新提交。")


REASONS = {
    "summary": "没有写明范围和时间跨度，请补充。",
    "share_condition": "没有写明用于哪些事项、由谁使用。",
}


def send_back(road: Road) -> None:
    """The sharing office's head returns the entry, with a reason for each field."""
    desk = road.at(HEAD)
    desk.press(row(desk, road.entry))
    desk.press(desk.page.locator("main details.jy-decision summary", has_text=desk.word("退回纠正")))
    for name, reason in REASONS.items():
        desk.page.fill(f"main [name=reason-{name}]", reason)
    desk.click("退回纠正", role="button")
    desk.says("编制部门会看到每一项的原因。")
    desk.counted()


def mend(road: Road) -> None:
    """The business office reads each reason beside its field, mends it, and submits again."""
    desk = road.at(OFFICE)
    desk.press(row(desk, road.entry))
    for reason in REASONS.values():
        desk.says(reason)
    desk.click("修改目录")
    for name, reason in REASONS.items():
        beside = desk.page.locator(f".jy-field:has([name={name}])")
        assert reason in beside.inner_text(), beside.inner_text()
    type_in(desk, summary="全省 2015 年以来的婚姻登记", share_condition="民政、公安核对婚姻状况时按授权使用")
    send(desk)
    desk.click("提交目录", role="button")
    confirm(desk)
    desk.counted()


def approve(road: Road) -> None:
    """Sharing office's head and department's head agree, the authority publishes within its two working days."""
    head = road.at(HEAD)
    head.press(row(head, road.entry))
    head.click("同意报送", role="button")
    head.says("接下来由部门负责人审核。")
    head.counted()

    chief = road.at(CHIEF)
    chief.press(row(chief, road.entry))
    chief.click("审核同意", role="button")
    chief.says("接下来由主管部门在 %(days)s 个工作日内审核发布（%(article)s）。")
    chief.counted()

    authority = road.at(AUTHORITY)
    assert CLOCK.search(on_bench(authority, road.entry))
    authority.press(row(authority, road.entry))
    assert clock(authority) == PUBLISHING
    authority.press(authority.page.locator("main [name=_check]").first)
    authority.says("以下内容尚未提交。")
    authority.click("审核发布", role="button")
    authority.counted()
    authority.open(road.entry)
    authority.says("已发布")


# --- the level below ------------------------------------------------------------------------------------------------


def own(desk: Desk) -> Any:
    """Find the link to the department's own entry, on the page of a claim or a proposal."""
    return desk.page.locator(f"main dt:has-text('{desk.word('本部门目录')}') + dd a").first


def issue(road: Road) -> None:
    """The authority issues the entry to the line: the prefectures' departments are asked to answer."""
    desk = road.at(AUTHORITY)
    desk.page.fill("#jy-q", road.name)
    desk.page.press("#jy-q", "Enter")
    desk.press(desk.page.locator(".jy-hit h2 a", has_text=road.mark).first)
    desk.click("下发下级申领")
    type_in(desk, title=f"民政条线目录 {road.mark}")
    send(desk)
    desk.says("下级部门的工作台上已有这些事项。")
    desk.counted()


def claim(road: Road) -> None:
    """The prefecture's department claims it: it has an entry of its own, equal to the upper one's first version."""
    desk = road.at(BELOW)
    mine = desk.page.locator("main .jy-desk li", has_text=road.name).locator(".jy-desk-do a").first
    desk.press(mine)
    desk.click("申领")
    type_in(desk, contact="市民政局婚姻登记处")
    send(desk)
    desk.says("目录已发布，可以挂载数据表。")
    desk.press(own(desk))
    desk.says("已发布")
    desk.says("市民政局婚姻登记处")
    desk.says("第 %(number)s 版")
    desk.counted()


def revise(road: Road) -> None:
    """The province's department revises its entry: its own clock runs, and what is published stays until then."""
    desk = road.at(OFFICE)
    desk.start("找数据")
    desk.page.fill("#jy-filter-q", road.name)
    desk.press(desk.page.locator("#jy-filter-go"))
    desk.follow(road.entry)  # the prefecture's own has the same name
    desk.click("修订目录")
    desk.page.check("main [name=trigger][value=own_information]")
    type_in(desk, reason="增加登记机关的说明。")
    send(desk)
    desk.says("请修改目录，重新评估后提交。")
    desk.counted()
    assert clock(desk, "main") == UPDATING
    desk.click("修改目录")
    type_in(desk, summary="全省 2015 年以来的婚姻登记，含登记机关")
    send(desk)
    desk.counted()


def follow(road: Road) -> None:
    """The new version stands below as a proposal with its limit; the pin is moved, what is local stays."""
    desk = road.at(BELOW)
    path = "/catalog/claims/proposals/?state=proposed"
    road.proposal = await_text(desk, path, rf'href="(/catalog/claims/proposals/[0-9a-f-]{{36}}/)"[^<]*>{road.name}')
    desk.begin()
    assert CLOCK.search(on_bench(desk, road.proposal)), "the limit is not on the workbench"
    desk.press(row(desk, road.proposal))
    assert clock(desk) == UPDATING
    desk.says("全省 2015 年以来的婚姻登记，含登记机关")
    desk.click("更新至新版本", role="button")
    desk.says("已更新至新版本")
    desk.counted()
    desk.press(own(desk))
    desk.says("全省 2015 年以来的婚姻登记，含登记机关")
    desk.says("市民政局婚姻登记处")


def test_from_a_forgotten_table_to_an_entry_that_the_prefecture_follows(desks: Desks) -> None:
    road = Road(desks)
    road.walk(announce, register, compare, sign, draft, submit_too_early)
    road.walk(lambda road: assess(road, "结论为可以共享"))
    road.walk(submit, send_back, mend, approve, issue, claim, revise)
    road.walk(lambda road: assess(road, "修订后结论不变"))
    road.walk(submit, approve, follow)
    assert {desk.language for desk in (road.at(OFFICE), road.at(BELOW))} == {"zh", "en"}
    assert not road.foreign
