"""The eight roles at their main task, from the workbench, in Chinese and in English, as people do it: by clicking.

A task counts every click on a link, button or tab, the last submit too; boxes that are ticked are counted beside it.
"""

import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.applying import HANDLER, HEAD, OFFICE, OWN_HANDLER, OWN_HEAD, apply_form, check_and_submit, fill
from tests.journeys.conftest import Desk, Desks, Province, await_text, row, session_client

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

both = pytest.mark.parametrize("language", ["zh", "en"])


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
