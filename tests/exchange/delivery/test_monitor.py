"""The monitor: measures are counted by the worker and bounded, the state of all stands first, each body sees its own."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.exchange import factories as make
from tests.portal.conftest import client_of

from jiangyuan.data.movement.state import LAGS, DeliveryStatus, Meter, Phase
from jiangyuan.exchange.delivery.gauge import COPYING, EVERY, Gauge, quantile
from jiangyuan.exchange.delivery.models import Delivery, Measure


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


@pytest.fixture
def delivery(db) -> Delivery:
    way = make.road()
    grant = make.grant(way, forms=["table"])
    target = make.source(way.consumer.body, receives=True)
    return Delivery.objects.create(grant=grant, target=target, table="people", state="current")


def _status(delivery: Delivery, *, rows: int, batches: int, lags: tuple[float, ...] = ()) -> DeliveryStatus:
    return DeliveryStatus(delivery.pk, Phase.STREAMING, 1, rows, batches, 1, datetime.now(UTC), None, lags)


def test_a_delivery_is_measured_at_most_once_in_ten_seconds(delivery) -> None:
    seconds = [100.0]
    gauge = Gauge(now=lambda: seconds[0])
    gauge.moved(_status(delivery, rows=10, batches=2, lags=(0.2, 0.4)))
    for _round in range(50):
        seconds[0] += EVERY / 100
        gauge.moved(_status(delivery, rows=20, batches=3, lags=(0.2, 0.4, 0.6)))
    assert Measure.objects.count() == 1
    seconds[0] += EVERY
    gauge.moved(_status(delivery, rows=25, batches=5, lags=(0.2, 0.4, 0.6, 9.0, 0.1)))
    gauge.moved(_status(delivery, rows=25, batches=5))
    first, second = Measure.objects.order_by("pk")
    assert (first.rows, first.batches, first.slowest) == (10, 2, 0.4)
    assert (second.rows, second.batches, second.slowest, second.typical) == (15, 3, 9.0, 0.6)


def test_what_begins_anew_is_not_counted_backwards(delivery) -> None:
    seconds = [100.0]
    gauge = Gauge(now=lambda: seconds[0])
    gauge.moved(_status(delivery, rows=1000, batches=9))
    seconds[0] += EVERY
    gauge.moved(_status(delivery, rows=5, batches=1, lags=(1.0,)))
    assert [m.rows for m in Measure.objects.order_by("pk")] == [1000, 5]


def test_of_a_first_copy_the_rows_read_so_far_stand_on_its_page(delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state="running")
    client = client_of(make.actor(delivery.grant.consumer, "sharing_handler"))
    page = f"/exchange/deliveries/{delivery.pk}/"
    assert "行，已复制" not in client.get(page).content.decode()
    seconds, meter = [100.0], Meter()
    gauge = Gauge(now=lambda: seconds[0])
    meter.enter(Phase.SNAPSHOT)
    for rows, after in ((4000, 0.0), (5000, COPYING / 2), (12_500, COPYING)):
        meter.copying(rows)
        seconds[0] += after
        gauge.moved(meter.read(delivery.pk))
        if rows == 5000:
            assert "已复制 4,000 行" in client.get(page).content.decode(), "noted at most every few seconds"
    assert "已复制 12,500 行" in client.get(page).content.decode()
    assert not Measure.objects.exists()
    # what is current is counted as it was reported, and a paused copy is left as it stands
    Delivery.objects.filter(pk=delivery.pk).update(state="paused")
    seconds[0] += COPYING
    meter.copying(20_000)
    gauge.moved(meter.read(delivery.pk))
    delivery.refresh_from_db()
    assert delivery.rows == 12_500
    meter.enter(Phase.STREAMING)
    assert meter.read(delivery.pk).copied == 0


def test_a_meter_keeps_few_lags_and_none_below_nothing() -> None:
    meter = Meter()
    for _batch in range(LAGS + 5):
        meter.since = datetime(2999, 1, 1, tzinfo=UTC)
        meter.delivered(lsn=1, rows=1)
    meter.delivered(lsn=2, rows=1)
    assert len(meter.lags) == LAGS and set(meter.lags) == {0.0}
    assert quantile([], 0.5) is None and quantile([1.0, 2.0], 0.95) == 2.0


def test_the_state_of_all_stands_first_and_says_who_must_act(delivery) -> None:
    client = client_of(make.actor(delivery.grant.consumer, "sharing_handler"))
    assert "全部正常" in client.get("/exchange/deliveries/").content.decode()
    Measure.objects.create(delivery=delivery, at=datetime.now(UTC), rows=7, batches=1, typical=0.3, slowest=0.4)
    alone = client.get("/exchange/deliveries/", headers={"HX-Request": "true", "HX-Target": "jy-deliveries"})
    assert "300 毫秒" in alone.content.decode() and "<html" not in alone.content.decode()
    delivery.state, delivery.error = "failed", {"message": "目标库拒绝写入", "mend": "请检查权限。"}
    delivery.save()
    shown = client.get("/exchange/deliveries/").content.decode()
    assert "1 项需要处理" in shown and "目标库拒绝写入" in shown
    page = client.get(f"/exchange/deliveries/{delivery.pk}/").content.decode()
    assert "请检查权限。" in page and "最近 24 小时" in page


def test_a_stranger_sees_no_delivery_and_no_measure(delivery) -> None:
    delivery.state = "failed"
    delivery.save()
    client = client_of(make.desk().sharing_handler)
    assert "需要处理" not in client.get("/exchange/deliveries/").content.decode()
    assert client.get(f"/exchange/deliveries/{delivery.pk}/").status_code == 404
