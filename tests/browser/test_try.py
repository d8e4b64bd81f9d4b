"""The try-it of a service before a live gateway: the key is read in the browser, the call signed there, the answer real."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import PASSWORD, _await_ready
from tests.exchange import factories as make
from tests.exchange.gateway_rig import CASE, DROLMA, ROWS, ZHANG

from jiangyuan.exchange.sharing import jobs
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.models import Access
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.programs import granian

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
STRANGER = ROWS[2][0]
"""Somebody whom the case does not list."""


@pytest.fixture(scope="module", autouse=True)
def gateway_port() -> Iterator[int]:
    """Give the gateway a port that the portal, started after, knows too."""
    port = free_port()
    before = os.environ.get("JIANGYUAN_GATEWAY_PORT")
    os.environ["JIANGYUAN_GATEWAY_PORT"] = str(port)
    settings.cache_clear()
    yield port
    os.environ.pop("JIANGYUAN_GATEWAY_PORT")
    if before is not None:
        os.environ["JIANGYUAN_GATEWAY_PORT"] = before
    settings.cache_clear()


@pytest.fixture
def gateway(portal: Any, gateway_port: int, urls: dict[str, str]) -> Iterator[None]:
    """Run the gateway as its own program, over a landed table."""
    import psycopg

    table = portal.way.mount.store_table
    columns = ", ".join(f"{name} {kind}" for name, kind, _comment in make.PEOPLE)
    with psycopg.connect(urls["owner_url"]) as owner:
        owner.execute(f"CREATE TABLE store.{table} ({columns}, PRIMARY KEY (citizen_id))".encode())
        marks = ", ".join(["%s"] * len(make.PEOPLE))
        with owner.cursor() as cursor:
            cursor.executemany(f"INSERT INTO store.{table} VALUES ({marks})".encode(), ROWS)
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
        "DJANGO_SETTINGS_MODULE": "jiangyuan.settings",
        "JIANGYUAN_HOME": str(settings().home),
    }
    command = granian("jiangyuan.gateway:application", "127.0.0.1", gateway_port)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_ready(f"http://127.0.0.1:{gateway_port}", process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=15)
        with psycopg.connect(urls["owner_url"]) as owner:
            owner.execute(f"DROP TABLE store.{table} CASCADE".encode())


def _ask(page: Any, subject: str, case: str = CASE) -> str:
    """Fill the form and send it; gives what the page then tells."""
    page.select_option("#try-verb", "match")
    page.fill("#try-subject", subject)
    page.fill("#try-case", case)
    with page.expect_response(lambda answer: answer.url.endswith("/try/")):
        page.click("form[data-try] button[type=submit]")
    page.wait_for_selector("#jy-try-told .jy-notice")
    return page.inner_text("#jy-try-told")


def test_a_service_is_tried_in_the_browser_against_the_live_gateway(
    portal: Any, gateway: None, chromium: Any, tmp_path: Path
) -> None:
    way = portal.way
    grant = make.grant(way, ready=False, forms=["match", "query"], case_bound=True)
    jobs.materialize(str(grant.pk), grant.epoch)
    make.case(way.system, [ZHANG, DROLMA], number=CASE)
    issued = act("organization.key.issue", way.system.pk, actor=make.SETUP, expires_on=make.in_days(60), public_key="")
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"key_id": issued["key_id"], "secret": issued["secret"]}), "utf-8")
    page = chromium.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    page.goto(f"{portal.address}/login/?next=/services/{grant.pk}/")
    page.fill("[name=username]", portal.username(way.consumer.sharing_handler))
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("form[data-try]:not([hidden])")
    page.set_input_files("#try-key", str(key))
    told = _ask(page, ZHANG)
    assert "已返回" in told and '"found": true' in told and "张**" in told and "1200.5" in told, told
    assert page.locator("#jy-try-told a[href^='/trace/receipt/']").count() == 1
    refused = _ask(page, STRANGER)
    assert "1200" not in refused and "名单" in refused, "somebody whom the case does not list"
    assert not any(issued["secret"] in one for one in sent), "the secret leaves the browser in no request"
    reads = Access.objects.filter(grant=grant.pk, actor_kind="system")
    assert {one.phase for one in reads} >= {"whole", "refused"} or reads.count() >= 2
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}", "utf-8")
    page.set_input_files("#try-key", str(wrong))
    page.click("form[data-try] button[type=submit]")
    page.wait_for_selector("#jy-try-told .jy-warn")
    assert "没有读到密钥" in page.inner_text("#jy-try-told")
    page.close()
