"""An application for data as people write it: whose desks it crosses, what is typed, from the workbench to the check."""

from datetime import date, timedelta

from tests.journeys.conftest import Desk

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
