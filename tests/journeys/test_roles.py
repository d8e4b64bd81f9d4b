"""The eight roles at their main task, from the workbench, in Chinese and in English, as people do it: by clicking.

A task counts every click on a link, button or tab, the last submit too; boxes that are ticked are counted beside it.
Besides: without JavaScript, by the keyboard alone, on a phone, with a session that ends, in two tabs, and going back.
"""

import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.conftest import Desk, Province, session_client

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

Desks = Callable[..., Desk]
ENTRY = "死亡登记信息"
ITEMS = ("death_date", "registered_on")
OFFICE, OWN_HANDLER, OWN_HEAD = "civil_affairs.office", "civil_affairs.handler", "civil_affairs.head"
HANDLER, HEAD = "public_security.handler", "public_security.head"
TYPED = {
    "basis": "《社会救助暂行办法》第十五条",
    "scenario": "低保待遇复核，核对领取人的生存状况",
    "scope": "在册低保对象",
    "purpose": "social-aid",
}
both = pytest.mark.parametrize("language", ["zh", "en"])


@pytest.fixture(scope="module")
def desks(browser: Any, province: Province) -> Iterator[Desks]:
    """Give the desk of an account in a language; who has signed in once stays so."""
    kept: dict[tuple[str, str], Desk] = {}

    def desk(username: str, language: str = "zh") -> Desk:
        key = (username, language)
        if key not in kept:
            kept[key] = Desk(browser, province, username, language=language)
        kept[key].begin()
        return kept[key]

    yield desk
    for one in kept.values():
        one.close()


def apply_form(desk: Desk) -> None:
    """Come from the workbench to the form of an application."""
    desk.start("找数据")
    desk.press(desk.page.locator("main td a", has_text=ENTRY).first)
    desk.click("申请共享")


def fill(desk: Desk, *, until: date | None = None) -> None:
    """Fill the application in, but leave it there."""
    for name, text in TYPED.items():
        if name == "purpose":
            desk.page.select_option("[name=purpose]", text)
        else:
            desk.page.fill(f"[name={name}]", text)
    desk.page.fill("[name=until]", (until or date.today() + timedelta(days=90)).isoformat())
    desk.tick("[name=forms][value=query]")
    for column in ITEMS:
        desk.tick(f"#item-{column}")


def check_and_submit(desk: Desk) -> str:
    """Go from the filled form over the check of the answers to the request; gives its page."""
    desk.click("保存，下一步核对", role="button")
    desk.says("以下内容尚未提交。")
    desk.says(TYPED["scenario"])
    desk.click("提交申请", role="button")
    desk.says("接下来由本单位数据共享工作机构负责人同意。")
    return desk.page.url.removeprefix(desk.province.address)


def row(desk: Desk, path: str) -> Any:
    """Find the button of a matter in the to-do list of the workbench."""
    return desk.page.locator(f"main .jy-desk li:has(a[href*='{path}']) .jy-desk-do a").first


def await_text(desk: Desk, path: str, pattern: str, *, seconds: float = 60) -> str:
    """Ask for a page until the platform has done its part in the background; gives what the pattern finds."""
    ends = time.monotonic() + seconds
    with session_client(desk.province, desk) as client:
        while time.monotonic() < ends:
            found = re.search(pattern, client.get(path).text)
            if found:
                return found.group(1)
            time.sleep(0.5)
    raise AssertionError(f"{path} did not say {pattern} within {seconds} s")


def opened(desk: Desk, request: str) -> str:
    """Give the page of the grant that a request led to, once it may be used by who is at this desk."""
    grant = await_text(desk, request, r'href="(/exchange/grants/[0-9a-f-]{36}/)"')
    await_text(desk, grant, rf'href="({grant}data/)"')
    return grant


@both
def test_an_application_goes_its_whole_road(desks: Desks, language: str) -> None:
    office = desks(OFFICE, language)
    apply_form(office)
    fill(office)
    request = check_and_submit(office)
    office.counted()

    own = desks(OWN_HEAD, language)
    own.press(row(own, request))
    own.click("同意申请", role="button")
    own.says("提供方须在 %(days)s 个工作日内答复（%(article)s）。")
    own.counted()

    handler = desks(HANDLER, language)
    handler.press(row(handler, request))
    handler.page.fill("[name=proposal]", "依据充分，范围必要，建议同意。")
    handler.click("提出办理意见", role="button")
    handler.says("接下来由本单位负责人答复。")
    handler.counted()

    head = desks(HEAD, language)
    head.press(row(head, request))
    head.press(head.page.locator("main [name=_check]").first)
    head.says("以下内容尚未提交。")
    head.click("同意共享", role="button")
    head.says("授权正在开通，最迟 20 个工作日内提供数据（《政务数据共享条例》第二十二条）。")
    head.counted()

    user = desks(OWN_HANDLER, language)
    grant = opened(user, request)
    _use(user, grant)
    _find_out(desks(OFFICE, language), request)
    _withdraw(desks(HEAD, language), grant)
    assert user.open(f"{grant}data/") in (403, 404, 409, 422)
    assert user.page.locator("main table").count() == 0
    # it says why, not only that
    assert len(user.page.inner_text("main").strip()) > 20


def _use(user: Desk, grant: str) -> None:
    user.start("使用中的授权")
    user.follow(grant)
    user.click("查看数据")
    assert user.page.locator("main tbody tr").count() >= 1
    user.says("按授权的字段、脱敏方式和记录范围显示，最多 %(n)s 行；本次查看已留痕。")
    user.counted()


def _find_out(office: Desk, request: str) -> None:
    """Who asked for the data sees what became of it, and who looked at it."""
    office.start("查看我的申请")
    office.follow(request)
    office.click("查看授权")
    office.click("使用留痕")
    office.says("卓玛措")
    office.counted()


def _withdraw(head: Desk, grant: str) -> None:
    head.start("提供出去的授权")
    head.follow(grant)
    head.click("撤回授权")
    head.page.fill("[name=reason]", "使用目的已实现，双方已协商。")
    head.press(head.page.locator("main [name=_check]"))
    head.click("撤回授权", role="button")
    head.says("已撤回")
    head.counted()


def _draft_for_review(province: Province, desks: Desks) -> str:
    """Have public security's own people prepare an entry for its department's head; gives its page."""
    office, handler = desks("public_security.office"), desks(HANDLER)
    with session_client(province, office) as client:
        page = client.get("/catalog/new/").text
        table = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>[^<]*household', page)
        assert table is not None
        sent = {
            "table": table[1], "name": f"家庭户登记信息 {uuid.uuid4().hex[:6]}", "summary": "全省家庭户的登记信息",
            "share_type": "conditional", "share_condition": "用于法定职责，按授权范围使用", "update_cycle": "realtime",
        }  # fmt: skip
        entry = _post(client, "/catalog/new/", sent).removesuffix("items/")
    with session_client(province, handler) as client:
        judged = {"secrecy_result": "不涉及国家秘密。", "privacy_result": "处理目的限于法定职责，影响可控。"}
        _post(client, f"{entry}assess/", judged)
    with session_client(province, office) as client:
        _post(client, f"{entry}submit/", {})
    with session_client(province, desks("public_security.head")) as client:
        _post(client, f"{entry}endorse/", {})
    return entry


def _post(client: Any, path: str, sent: dict[str, str]) -> str:
    """Send a form as a browser would; gives where it leads."""
    page = client.get(path).text
    if "data-csrf" not in page:  # a button of the record's own page
        page = client.get(path.rsplit("/", 2)[0] + "/").text
    hidden = {
        name: found[1] for name in ("_version", "_key") if (found := re.search(rf'name="{name}" value="([^"]*)"', page))
    }
    token = re.search(r'data-csrf="([^"]+)"', page)
    assert token is not None
    headers = {"Referer": str(client.base_url), "Origin": str(client.base_url).rstrip("/")}
    answer = client.post(path, data={**hidden, **sent, "csrfmiddlewaretoken": token[1]}, headers=headers)
    assert answer.status_code == 303, (path, answer.status_code, re.sub(r"<[^>]+>|\s+", " ", answer.text)[-1500:])
    return str(answer.headers["Location"])


@both
def test_an_entry_is_approved_by_its_department_and_published(province: Province, desks: Desks, language: str) -> None:
    entry = _draft_for_review(province, desks)
    chief = desks("public_security.chief", language)
    chief.press(row(chief, entry))
    chief.click("审核同意", role="button")
    chief.says("接下来由主管部门在 %(days)s 个工作日内审核发布（%(article)s）。")
    chief.counted()

    authority = desks("bureau.handler", language)
    authority.press(row(authority, entry))
    check = authority.page.locator("main [name=_check]")
    if check.count():
        authority.press(check.first)
    authority.click("审核发布", role="button")
    authority.counted()
    authority.open(entry)
    authority.says("已发布")


@both
def test_the_security_administrator_finds_who_holds_what_and_ends_a_session(
    browser: Any, province: Province, desks: Desks, language: str
) -> None:
    left = Desk(browser, province, "civil_affairs.handler")
    guard = desks("bureau.security", language)
    guard.start("谁担任什么")
    guard.says("三员分立：没有人兼任")
    guard.press(guard.page.locator("main tr", has_text="卓玛措").get_by_role("link").first)
    ends = guard.page.locator("form[action*='/organization/sessions/'] button")
    before = ends.count()
    assert before >= 1
    guard.press(ends.first)
    assert ends.count() == before - 1
    guard.counted()
    while ends.count():  # whichever of the sessions it was that is looked at
        guard.press(ends.first)
    left.open("/catalog/")
    assert "/login/" in left.page.url
    left.close()


@both
def test_the_auditor_finds_what_somebody_read_and_takes_a_receipt(
    province: Province, desks: Desks, language: str, tmp_path: Path
) -> None:
    auditor = desks("bureau.auditor", language)
    auditor.start("查操作留痕")
    auditor.page.fill("#jy-filter-q", "卓玛措")
    auditor.press(auditor.page.locator("#jy-filter-go"))
    auditor.press(auditor.page.locator("main td a", has_text="卓玛措").first)
    auditor.says("最近的数据使用")
    with auditor.page.expect_download() as waiting:
        auditor.clicks += 1
        auditor.page.locator("main table").first.get_by_role("link", name=auditor.word("下载存证回执")).first.click()
    auditor.counted()
    file = tmp_path / "receipt.json"
    waiting.value.save_as(file)
    command = [sys.executable, "-m", "jiangyuan.cli", "verify", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@both
def test_a_person_is_registered_by_one_administrator_and_appointed_by_the_other(desks: Desks, language: str) -> None:
    name = f"周{uuid.uuid4().hex[:6]}"
    username = f"new.{uuid.uuid4().hex[:8]}"
    system = desks("bureau.system", language)
    system.start("人员和账号")
    system.click("登记人员")
    for field, text in {"username": username, "name": name, "password": "river-source-2026"}.items():
        system.page.fill(f"main [name={field}]", text)
    system.click("登记人员", role="button")
    system.says(name)
    system.says("请安全管理员按岗位任命，任命后方可办事。")
    system.counted()

    guard = desks("bureau.security", language)
    guard.start("按岗位任命")
    guard.page.fill("#jy-filter-q", username)
    guard.press(guard.page.locator("#jy-filter-go"))
    guard.press(guard.page.locator("main td a", has_text=name).first)
    guard.follow("/make/")
    guard.page.fill("main [name=body]", "省民政厅")
    guard.page.press("main [name=body]", "Tab")
    guard.page.select_option("main [name=capacity]", value="business_office")
    guard.press(guard.page.locator("main .jy-form-actions .btn-primary"))
    guard.says("业务处室")
    guard.counted()


@both
def test_operations_sees_the_deliveries_and_pauses_and_resumes_one(desks: Desks, language: str) -> None:
    operations = desks("bureau.operations", language)
    operations.start("看数据流动")
    operations.follow("/exchange/deliveries/0")
    delivery = operations.page.url.removeprefix(operations.province.address)
    operations.press(operations.page.locator("form[action$='/pause/'] button"))
    operations.says("已暂停")
    operations.press(operations.page.locator("form[action$='/resume/'] button"))
    operations.counted()
    await_text(operations, delivery, rf"({re.escape(operations.word('持续交换'))})", seconds=60)


def test_without_javascript_an_application_is_found_filled_and_submitted(browser: Any, province: Province) -> None:
    desk = Desk(browser, province, OFFICE, script=False)
    desk.begin()
    desk.page.fill("#jy-q", "死亡登记")
    desk.page.press("#jy-q", "Enter")
    desk.press(desk.page.locator(".jy-hit h2 a", has_text=ENTRY).first)
    desk.click("申请共享")
    fill(desk, until=date.today() - timedelta(days=1))
    desk.click("保存，下一步核对", role="button")
    desk.says("有内容需要改正")
    assert desk.page.input_value("[name=scenario]") == TYPED["scenario"] and desk.page.is_checked("#item-death_date")
    desk.page.fill("[name=until]", (date.today() + timedelta(days=30)).isoformat())
    check_and_submit(desk)
    desk.close()


def _to(desk: Desk, what: str, *, most: int = 120) -> None:
    """Go on with the Tab key to what a selector names; fails when the keyboard does not come there."""
    for _each in range(most):
        desk.page.keyboard.press("Tab")
        if desk.page.evaluate("s => !!document.activeElement && document.activeElement.matches(s)", what):
            return
    raise AssertionError(f"the Tab key does not lead to {what} on {desk.page.url}")


def _type_date(desk: Desk, day: date) -> None:
    """Type a date part by part, in the order in which the browser asks for the parts."""
    year, month, day_of_month = f"{day:%Y}", f"{day:%m}", f"{day:%d}"
    for parts in ((year, month, day_of_month), (month, day_of_month, year), (day_of_month, month, year)):
        for part in parts:
            desk.page.keyboard.type(part)
            if part == year and part != parts[-1]:
                desk.page.keyboard.press("ArrowRight")
        if desk.page.input_value("[name=until]") == day.isoformat():
            return
        for _each in range(3):
            desk.page.keyboard.press("ArrowLeft")
    raise AssertionError("the date cannot be typed")


def test_by_the_keyboard_alone_an_application_is_submitted(browser: Any, province: Province) -> None:
    desk = Desk(browser, province, OFFICE)
    keys = desk.page.keyboard
    desk.begin()
    keys.press("/")
    keys.type("死亡登记")
    with desk.page.expect_navigation(url="**/search?*"):
        keys.press("Enter")
    _to(desk, ".jy-hit h2 a")
    with desk.page.expect_navigation():
        keys.press("Enter")
    _to(desk, "main a[href*='/exchange/requests/new/']")
    with desk.page.expect_navigation():
        keys.press("Enter")
    order = desk.page.evaluate(
        "[...document.querySelectorAll('main form.jy-page-form [name]')].filter(n => n.type !== 'hidden').map(n => n.name)"
    )
    for name in (n for n in dict.fromkeys(order) if n in (*TYPED, "forms", "until")):
        if name == "forms":
            _to(desk, "[name=forms][value=query]")
            keys.press("Space")
            continue
        _to(desk, f"[name={name}]")
        if name == "until":
            _type_date(desk, date.today() + timedelta(days=60))
        elif name == "purpose":
            keys.press("ArrowDown")
            assert desk.page.input_value("[name=purpose]") == TYPED["purpose"]
        else:
            keys.type(TYPED[name])
    for column in ITEMS:
        _to(desk, f"#item-{column}")
        keys.press("Space")
    _to(desk, "main .jy-form-actions button[type=submit]")
    with desk.page.expect_navigation():
        keys.press("Enter")
    desk.says("以下内容尚未提交。")
    _to(desk, "main .jy-check-send .btn-primary")
    with desk.page.expect_navigation():
        keys.press("Enter")
    desk.says("接下来由本单位数据共享工作机构负责人同意。")
    assert desk.clicks == 0
    desk.close()


def test_on_a_phone_an_application_is_submitted_and_nothing_overflows(browser: Any, province: Province) -> None:
    desk = Desk(browser, province, OFFICE, width=390)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    desk.begin()
    for step in (lambda: apply_form(desk), lambda: fill(desk), lambda: check_and_submit(desk)):
        step()
        assert desk.page.evaluate(wide) <= 0, desk.page.url
    desk.close()


def test_a_session_that_ends_in_the_middle_of_the_form_loses_nothing(browser: Any, province: Province) -> None:
    desk = Desk(browser, province, OFFICE)
    apply_form(desk)
    fill(desk)
    desk.context.clear_cookies(name="sessionid")
    desk.click("保存，下一步核对", role="button")
    assert "/login/" in desk.page.url
    desk.says("填写的内容已保留")
    desk.sign_in("")
    for name, text in TYPED.items():
        assert desk.page.input_value(f"[name={name}]") == text, name
    assert desk.page.is_checked("[name=forms][value=query]")
    assert all(desk.page.is_checked(f"#item-{column}") for column in ITEMS)
    check_and_submit(desk)
    desk.close()


def test_two_tabs_and_the_back_button_do_nothing_twice(browser: Any, province: Province, desks: Desks) -> None:
    desk = Desk(browser, province, OFFICE)
    apply_form(desk)
    fill(desk)
    request = check_and_submit(desk)
    desk.page.go_back(wait_until="load")
    # what was submitted is not offered for submission again; a page out of the browser's memory is told so
    if "/submit/" in desk.page.url:
        desk.click("提交申请", role="button")
    assert desk.page.url.endswith(request)
    desk.says("待本单位负责人同意")

    own = desks(OWN_HEAD)
    own.open(f"{request}review/")
    other = own.context.new_page()
    other.goto(f"{province.address}{request}review/", wait_until="load")
    own.click("同意申请", role="button")
    other.get_by_role("button", name="同意申请", exact=True).first.click()
    other.wait_for_load_state("load")
    told = other.inner_text("main")
    assert any(words in told for words in ("已被他人", "已经办", "不在您的办理范围", "没有重复办理", "已有变化")), told
    assert "Traceback" not in told
    other.close()
    desk.close()


def test_a_death_reaches_the_open_workbench_while_one_looks_at_it(desks: Desks) -> None:
    office, handler = desks(OFFICE), desks(HANDLER)
    office.page.wait_for_selector("#jy-work")
    handler.start("上手导览") if handler.page.locator(".jy-starts a", has_text="上手导览").count() else handler.open(
        "/tour/"
    )
    handler.page.locator("main").get_by_role("button", name="让公安厅登记一人死亡").click()
    begun = time.perf_counter()
    office.page.wait_for_selector(".jy-toast:has-text('关注的办件有变化')", timeout=20_000)
    took = time.perf_counter() - begun
    print(f"the warning stood on the open workbench after {took:.2f} s")
    assert took < 15
    office.press(office.page.locator(".jy-toast a", has_text="关注的办件有变化"))
    assert "/exchange/warnings/" in office.page.url
    office.press(office.page.locator("form[action$='/acknowledge/'] button, a[href$='/acknowledge/']").first)
    office.counted()


def test_the_late_reply_is_red_on_the_desk_it_lies_on(browser: Any, province: Province, desks: Desks) -> None:
    late = Desk(browser, province, OWN_HANDLER)  # the sessions of before were ended by the security administrator
    late.begin()
    assert late.page.locator(".jy-notice.jy-bad", has_text="项时限已超期").count() == 1
    clock = late.page.locator("main .jy-desk-clock", has_text="已超期").first
    red, green, blue = (
        int(n) for n in re.findall(r"\d+", clock.locator("*").first.evaluate("n => getComputedStyle(n).color"))[:3]
    )
    assert red > 150 and green < 90 and blue < 90
    office = desks("human_resources.office")
    assert office.page.locator("main .jy-desk-clock", has_text="已超期").count() >= 1
    late.close()
