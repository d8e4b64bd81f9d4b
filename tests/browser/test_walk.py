"""The approvals walked in a real browser, from sign-in to a grant and its trace, with the keyboard and mouse of people."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests.browser.conftest import PASSWORD, Portal

from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actor import Actor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SHOTS = os.environ.get("JIANGYUAN_SHOTS", "")
"""A folder for screenshots of what was walked; empty: none are taken."""


class Desk:
    """One person's browser."""

    def __init__(self, chromium: Any, portal: Portal, actor: Actor) -> None:
        self.errors: list[str] = []
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        self.page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)
        self.portal = portal
        self.open("/exchange/requests/")
        assert "/login/" in self.page.url
        self.page.fill("#id_username", portal.username(actor))
        self.page.fill("#id_password", PASSWORD)
        self.page.click("main button[type=submit]")
        assert self.page.url.endswith("/exchange/requests/")

    def _heard(self, message: Any) -> None:
        # a refused form answers 422: the browser notes it, and it is meant
        if message.type == "error" and "422" not in message.text:
            self.errors.append(message.text)

    def open(self, path: str) -> None:
        self.page.goto(self.portal.address + path)

    def press(self, name: str) -> None:
        self.page.locator("main").get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def press_and_check(self, name: str) -> None:
        """Press the button that leads to the page on which what was filled in is checked, and submit it there."""
        button = "main .btn[name=_check], main form:has([name=_check]) .btn"
        self.page.locator(button).first.click()
        self.page.wait_for_load_state()
        self.says("以下内容尚未提交")
        self.press(name)

    def follow(self, name: str) -> None:
        self.page.locator("main").get_by_role("link", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def says(self, text: str) -> None:
        assert text in self.page.inner_text("body"), (text, self.page.url)

    def shot(self, name: str) -> None:
        if not SHOTS:
            return
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        for width in (1440, 390):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        self.page.set_viewport_size({"width": 1440, "height": 900})


def test_a_request_is_walked_from_sign_in_to_a_grant_and_its_withdrawal(portal: Portal, chromium: Any) -> None:
    way = portal.way
    office = Desk(chromium, portal, way.consumer.business_office)
    office.shot("requests-empty")
    office.open(f"/catalog/{way.entry.pk}/")
    office.shot("entry")
    office.follow("申请共享")
    page = office.page
    page.fill("[name=basis]", "《社会救助暂行办法》第十五条")
    page.fill("[name=scenario]", "低保申请家庭经济状况核对")
    page.fill("[name=scope]", "申请人及其共同生活的家庭成员")
    page.select_option("[name=purpose]", "social-aid")
    page.check("[name=forms][value=query]")
    page.check("#item-name")
    page.check("#item-income")
    office.press("保存，下一步核对")
    office.says("请填写“使用期限”。")
    office.shot("apply-refused")
    assert page.input_value("[name=scenario]") == "低保申请家庭经济状况核对" and page.is_checked("#item-income")
    page.fill("[name=until]", (timezone.localdate() + timedelta(days=60)).isoformat())
    office.press("保存，下一步核对")
    office.says("以下内容尚未提交")
    office.press("提交申请")
    office.says("待本单位负责人同意")
    office.shot("request")

    head = Desk(chromium, portal, way.consumer.sharing_head)
    head.open("/")
    head.says("1 件待办")
    head.shot("workbench-head")
    head.follow("审核")
    head.says("核对清单")
    head.press("同意申请")
    head.says("个工作日内答复")

    handler = Desk(chromium, portal, way.provider.sharing_handler)
    handler.open("/")
    handler.says("还剩")
    handler.shot("workbench-handler")
    handler.follow("审核")
    handler.shot("review")
    handler.page.fill("[name=proposal]", "依据充分，范围必要，建议同意。")
    handler.press("提出办理意见")
    handler.says("接下来由本单位负责人答复")

    chief = Desk(chromium, portal, way.provider.sharing_head)
    chief.open("/exchange/requests/review/")
    chief.follow(way.entry.name)
    chief.says("建议同意")
    chief.shot("review-head")
    chief.press_and_check("同意共享")
    chief.says("授权正在开通")
    grant = Grant.objects.get()
    chief.open(f"/exchange/grants/{grant.pk}/")
    chief.shot("grant")
    chief.open(f"/exchange/grants/{grant.pk}/?tab=agreement")
    chief.shot("agreement")
    chief.follow("撤回授权")
    chief.page.fill("[name=reason]", "使用目的已实现，双方已协商。")
    chief.press_and_check("撤回授权")
    chief.says("已撤回")
    chief.open(f"/trace/sharing.request/{grant.request_id}/")
    chief.says("同意共享")
    chief.shot("trace")
    for desk in (office, head, handler, chief):
        assert desk.errors == [], desk.errors


def test_other_pages_stand_in_both_languages_and_widths(portal: Portal, chromium: Any) -> None:
    way = portal.way
    desk = Desk(chromium, portal, way.provider.sharing_handler)
    source = way.mount.table.source_id
    shown = {
        "workbench": "/",
        "catalog": "/catalog/",
        "entry-items": f"/catalog/{way.entry.pk}/?tab=items",
        "entry-trace": f"/catalog/{way.entry.pk}/?tab=trace",
        "sources": "/sources/",
        "source": f"/sources/{source}/",
        "source-new": "/sources/new/",
        "mounts": "/resources/",
        "mount": f"/resources/{way.mount.pk}/",
        "grants": "/exchange/grants/",
        "warnings": "/exchange/warnings/",
        "systems": "/organization/systems/",
        "account": "/account/",
        "search": "/search?q=人口",
    }
    for name, url in shown.items():
        desk.open(url)
        assert desk.page.locator("h1").count() == 1, url
        desk.shot(name)
        desk.page.set_viewport_size({"width": 390, "height": 844})
        wide = desk.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{url} is wider than a phone"
        desk.page.set_viewport_size({"width": 1440, "height": 900})
    desk.open("/account/totp/")
    desk.page.fill("[name=current]", PASSWORD)
    desk.press("生成二维码")
    assert desk.page.locator("svg.jy-qr").count() == 1
    desk.shot("totp")
    desk.open("/")
    desk.page.click(".jy-language button[value=en]")
    assert desk.page.get_attribute("html", "lang") == "en"
    desk.shot("workbench-en")
    desk.page.locator("details.jy-account summary").click()
    desk.page.locator("form[action='/logout/'] button").click()
    assert "/login/" in desk.page.url
    desk.shot("login-en")
    assert desk.errors == [], desk.errors
