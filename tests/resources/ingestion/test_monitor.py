"""How rows come in, in words and as measured: who paused it, what stopped it, how much moved and how late."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.data.movement.state import DeliveryStatus, Phase
from jiangyuan.kernel.actions import act
from jiangyuan.resources.ingestion import flows, monitor_pages
from jiangyuan.resources.ingestion.gauge import Gauge
from jiangyuan.resources.ingestion.models import Ingest, Measure
from jiangyuan.resources.ingestion.queries import INGEST


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


@pytest.fixture
def way(db: None) -> factories.Road:
    return factories.road()


@pytest.fixture
def ingest(way: factories.Road) -> Ingest:
    found, _made = Ingest.objects.get_or_create(mount=way.mount)
    Ingest.objects.filter(pk=found.pk).update(state="current", method="capture", rows=7)
    found.refresh_from_db()
    return found


def _status(ingest: Ingest, *, rows: int, batches: int, lags: tuple[float, ...]) -> DeliveryStatus:
    return DeliveryStatus(ingest.pk, Phase.STREAMING, 42, rows, batches, 1, timezone.now(), None, lags)


def test_what_moved_is_measured_and_the_version_moves_on(ingest, monkeypatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(flows, "GAUGE", Gauge(Measure, "ingest_id", flows._advance, now=lambda: seconds[0]))
    flows.moved(_status(ingest, rows=10, batches=2, lags=(0.2, 0.4)))
    seconds[0] += 5
    flows.moved(_status(ingest, rows=12, batches=3, lags=(0.2, 0.4, 0.9)))
    seconds[0] += 6
    flows.moved(_status(ingest, rows=15, batches=4, lags=(0.2, 0.4, 0.9, 0.1)))
    kept = list(Measure.objects.order_by("at").values_list("rows", "batches"))
    assert kept == [(10, 2), (5, 2)]
    ingest.refresh_from_db()
    assert ingest.data_version == "42" and ingest.last_applied_at is not None


def test_a_paused_one_is_not_measured(ingest) -> None:
    Ingest.objects.filter(pk=ingest.pk).update(state="paused")
    Gauge(Measure, "ingest_id", flows._advance).moved(_status(ingest, rows=1, batches=1, lags=()))
    assert not Measure.objects.exists()


def test_who_paused_it_and_what_stopped_it_stand_on_the_page(way, ingest) -> None:
    browser = client_of(way.provider.sharing_handler)
    url = f"/resources/{way.mount.pk}/"
    act("resources.ingest.pause", ingest.pk, actor=way.provider.sharing_handler)
    page = browser.get(url).content.decode()
    assert f"由{way.provider.sharing_handler.name}于" in page and "停在暂停时的样子" in page
    act("resources.ingest.resume", ingest.pk, actor=way.provider.sharing_handler)
    error = {"code": "source.refused", "message": "来源数据库拒绝了连接", "mend": "请核对账号后点“重新归集”。"}
    act("resources.ingest.report_failed", ingest.pk, actor=INGEST, error=error)
    page = browser.get(url).content.decode()
    assert "来源数据库拒绝了连接" in page and "请核对账号" in page
    assert "来源数据库拒绝了连接" in browser.get("/resources/").content.decode(), "it stands above the list too"


def test_what_is_retried_says_that_nobody_need_act(way, ingest) -> None:
    act("resources.ingest.report_delayed", ingest.pk, actor=INGEST, error={"message": "来源没有响应", "mend": ""})
    ingest.refresh_from_db()
    said = monitor_pages.standing(ingest)
    assert said.tone == "warn" and "无需处理" in str(said.text) and "来源没有响应" in str(said.text)


def test_the_page_shows_lag_and_hours_and_asks_for_itself_again(way, ingest) -> None:
    now = timezone.now()
    for back, rows in ((1, 30), (2, 12)):
        Measure.objects.create(
            ingest=ingest, at=now - timedelta(minutes=back), rows=rows, batches=2, typical=0.2, slowest=0.5
        )
    browser, url = client_of(way.provider.sharing_handler), f"/resources/{way.mount.pk}/"
    page = browser.get(url).content.decode()
    assert "200 毫秒" in page and "500 毫秒" in page
    assert f'data-live-about="ingestion.ingest:{ingest.pk}"' in page and "jy-live, every 5s" in page
    chart = monitor_pages.hours_chart(Measure.objects.all(), code="c")
    assert sum(chart.series[0].values) == 42 and len(chart.labels) == 24
    alone = browser.get(url, headers={"HX-Request": "true", "HX-Target": "jy-ingest"}).content.decode()
    assert alone.startswith('<div class="jy-live"') and "<html" not in alone
    listed = browser.get("/resources/", headers={"HX-Request": "true", "HX-Target": "jy-ingests"}).content.decode()
    assert listed.startswith('<div class="jy-live"')


def test_an_hour_without_any_measure_is_no_chart_of_zeros() -> None:
    from jiangyuan.resources.ingestion.models import Measure as Model

    chart = monitor_pages.hours_chart(Model.objects.none(), code="c")
    assert not chart.known
