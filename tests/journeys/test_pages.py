"""Every page that a role can reach by links: it answers, nothing on it is raw, nothing overflows, everybody can use it.

The pages are found by following links from the workbench, one page of each kind; `JIANGYUAN_SHOTS=folder` keeps a
picture of each at both widths.
"""

import os
import re
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.conftest import ROOT, Desk, Province, session_client

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]
SHOTS = os.environ.get("JIANGYUAN_SHOTS", "")
LANGUAGES = os.environ.get("JIANGYUAN_LANGUAGES", "").split()
"""The languages of every role's pages; by default Chinese, and English for the first role as well."""
ROLES = {
    "office": "civil_affairs.office",
    "handler": "public_security.handler",
    "head": "public_security.head",
    "chief": "civil_affairs.chief",
    "authority": "bureau.head",
    "system": "bureau.system",
    "security": "bureau.security",
    "auditor": "bureau.auditor",
    "operations": "bureau.operations",
}
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")
_LINK = re.compile(r'(?:href|action)="(/[^"#]*)(?:#[^"]*)?"')
_LEAVES = re.compile(
    r"^/(logout|i18n|static|api|act-for)|/(export|download|receipt|pdf)\b|\.(pdf|csv|xlsx|json|zip|png)$|format="
)
MOST = 90
"""Pages of one role that are opened."""
_seen_by_all: set[tuple[str, str]] = set()


def kind_of(path: str) -> str:
    """Give what a page is, whatever it is about: its path without ids, its tab, but no other query."""
    place, _mark, query = path.partition("?")
    tab = re.search(r"(?:^|&)tab=([a-z_]+)", query)
    shape = _NUMBER.sub("0", _ID.sub("id", place))
    shape = re.sub(r"/trace/[a-z_.]+/id/", "/trace/type/id/", shape)
    shape = re.sub(r"/ledger/body/\w+", "/ledger/body/one", shape)
    return shape + (f"?tab={tab[1]}" if tab else "")


def pages_of(province: Province, desk: Desk) -> list[str]:
    """Follow the links from the workbench; one page of each kind."""
    found: dict[str, str] = {}
    waiting = deque(["/"])
    with session_client(province, desk) as client:
        while waiting and len(found) < MOST:
            path = waiting.popleft().replace("&amp;", "&")
            kind = kind_of(path)
            if kind in found or _LEAVES.search(path.partition("?")[0]) or _LEAVES.search(path):
                continue
            answer = client.get(path, follow_redirects=True)
            assert answer.status_code < 500, (path, answer.status_code)
            if answer.status_code == 405:  # an address that only takes forms
                continue
            assert answer.status_code == 200, (path, answer.status_code)
            if "html" not in answer.headers.get("content-type", ""):
                continue
            found[kind] = path
            waiting.extend(_LINK.findall(answer.text))
    return list(found.values())


def overflow(page: Any) -> int:
    """Give by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def findings(page: Any) -> list[str]:
    """Run the accessibility checker; gives its serious and critical findings in words."""
    page.evaluate(AXE.read_text("utf-8"))
    told = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
        ".then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
        ".map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')))"
    )
    return [str(one) for one in told]


def faults_of(desk: Desk, path: str, language: str, role: str) -> list[str]:
    """Open one page and say what is wrong with it."""
    kind = kind_of(path)
    if (kind, language) in _seen_by_all and kind != "/":
        return []  # another role has looked at one of this kind
    faults: list[str] = []
    status = desk.open(path)
    if status != 200:
        return [f"{path}: {status}"]
    visible = desk.page.inner_text("main")
    if _ID.search(visible):
        faults.append(f"{path}: a raw id on the page")
    for width in (1440, 390):
        desk.page.set_viewport_size({"width": width, "height": 900})
        wider = overflow(desk.page)
        if wider > 0:
            faults.append(f"{path}: {wider} px wider than {width}")
        if SHOTS:
            name = re.sub(r"\W+", "_", kind).strip("_") or "home"
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            desk.page.screenshot(path=f"{SHOTS}/{role}-{name}-{language}-{width}.png", full_page=True)
    desk.page.set_viewport_size({"width": 1440, "height": 900})
    if AXE.is_file():
        faults += [f"{path}: {finding}" for finding in findings(desk.page)]
    _seen_by_all.add((kind, language))
    return faults


@pytest.mark.parametrize("role", list(ROLES))
def test_every_page_of_a_role(province: Province, browser: Any, role: str) -> None:
    assert AXE.is_file(), "the accessibility checker comes with `make setup`"
    faults: list[str] = []
    for language in LANGUAGES or (["zh", "en"] if role == "office" else ["zh"]):
        desk = Desk(browser, province, ROLES[role], language=language)
        pages = pages_of(province, desk)
        assert len(pages) >= 8, pages
        for path in pages:
            faults += faults_of(desk, path, language, role)
        faults += desk.errors
        desk.context.close()
    assert not faults, "\n".join(faults)
