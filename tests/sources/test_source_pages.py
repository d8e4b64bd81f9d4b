"""Pages of a source: its kind is chosen first, its secret is never shown, what changed names whom it touches."""

from typing import Any

import pytest
from django.utils import timezone
from tests.exchange import factories as make
from tests.portal.conftest import client_of

from jiangyuan.kernel.actions import act
from jiangyuan.sources.models import Scan, Source

SECRET = "river-7-secret"  # gitleaks:allow


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


def test_the_kind_is_chosen_first_and_asks_only_what_it_needs(db) -> None:
    desk = make.desk()
    client = client_of(desk.sharing_handler)
    assert "kind=folder" in client.get("/sources/new/").content.decode()
    folder = client.get("/sources/new/?kind=folder").content.decode()
    assert 'name="path"' in folder and 'name="password"' not in folder and 'name="host"' not in folder
    database = client.get("/sources/new/?kind=postgres").content.decode()
    assert 'name="host"' in database and 'name="path"' not in database
    assert client_of(desk.analyst).get("/sources/new/").status_code == 403


def test_a_secret_is_on_no_page(db) -> None:
    desk = make.desk()
    made = make.source(desk.body, handler=desk.sharing_handler, password=SECRET)
    act("sources.source.change_password", made.pk, actor=desk.sharing_handler, password=SECRET)
    sealed = bytes(Source.objects.get(pk=made.pk).sealed_password or b"").hex()
    client = client_of(desk.sharing_handler)
    for url in ("/sources/", f"/sources/{made.pk}/", f"/sources/{made.pk}/change-password/"):
        shown = client.get(url).content.decode()
        assert SECRET not in shown and sealed not in shown


def test_drift_names_the_mount_it_touches_and_what_to_do(db) -> None:
    way = make.road()
    table = way.mount.table
    name = f"{table.schema}.{table.name}".lstrip(".")
    for difference in ({}, {"changed": [f"{name}.phone"], "gone": ["public.old"], "new": []}):
        Scan.objects.create(source=table.source, finished_at=timezone.now(), difference=difference)
    shown = client_of(way.provider.sharing_handler).get(f"/sources/{table.source_id}/").content.decode()
    assert "最近一次扫描发现的变化" in shown and f"/resources/{way.mount.pk}/" in shown and "无需处理" in shown
    page = f"/sources/{table.source_id}/tables/{table.pk}/"
    assert "公民身份号码" in client_of(way.provider.sharing_handler).get(page).content.decode()
    assert client_of(make.desk().sharing_handler).get(page).status_code == 404


def test_a_scan_under_way_asks_for_itself_again(db) -> None:
    way = make.road()
    source = way.mount.table.source
    Scan.objects.create(source=source)
    client = client_of(way.provider.sharing_handler)
    shown = client.get(f"/sources/{source.pk}/", headers={"HX-Request": "true", "HX-Target": "jy-source"})
    assert "正在扫描" in shown.content.decode() and 'hx-trigger="every 3s"' in shown.content.decode()
    assert "<nav" not in shown.content.decode()


def test_a_scan_under_way_counts_what_it_has_done(db) -> None:
    way = make.road()
    source = way.mount.table.source
    Scan.objects.create(source=source, phase="columns", seen={"connecting": 0, "tables": 1234, "columns": 20000})
    shown = client_of(way.provider.sharing_handler).get(f"/sources/{source.pk}/").content.decode()
    assert "扫描进度" in shown and "1,234 张" in shown and "20,000 个" in shown and 'aria-current="step"' in shown
