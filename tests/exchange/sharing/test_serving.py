"""What serves a grant in the serving store: built by the worker, live at once, dead with the grant, taken down later."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.exchange import factories as make

from jiangyuan.data.engines.ownership import NotYetBuilt
from jiangyuan.data.engines.postgres import run
from jiangyuan.data.plan import PlanRefused, authorize
from jiangyuan.exchange.sharing import handlers, jobs
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.queries import system_actor

ROWS = [
    ("630102198001010014", "张三", "1980-01-01", "1", "13897000001", "1200.50", "630102", "城东区", "无"),
    ("632701199002020026", "卓玛", "1990-02-02", "2", "13897000002", "3400.00", "632701", "玉树市", "无"),
]


@pytest.fixture
def way(committed) -> make.Road:
    return make.road()


@pytest.fixture
def landed(way, urls) -> Iterator[make.Road]:
    """A road whose table stands in the serving store with two persons."""
    columns = ", ".join(f"{name} {kind}" for name, kind, _comment in make.PEOPLE)
    with psycopg.connect(urls["owner_url"]) as owner:
        owner.execute(f"CREATE TABLE store.{way.mount.store_table} ({columns})".encode())
        marks = ", ".join(["%s"] * len(make.PEOPLE))
        with owner.cursor() as cursor:
            cursor.executemany(f"INSERT INTO store.{way.mount.store_table} VALUES ({marks})".encode(), ROWS)
    yield way
    with psycopg.connect(urls["owner_url"]) as owner:
        owner.execute(f"DROP TABLE store.{way.mount.store_table} CASCADE".encode())


def _schemas(urls: dict[str, str], grant: Grant) -> tuple[int, int]:
    with psycopg.connect(urls["owner_url"]) as owner:
        name = f"g_{grant.pk.hex}"
        schemas = owner.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [name]).fetchone()
        roles = owner.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    return schemas[0], roles[0]


def _read(grant: Grant, urls: dict[str, str]) -> list[dict]:
    plan = authorize(
        f"select * from {grant.mount.alias} order by income",
        actor=system_actor(grant.system),
        scene=make.reading(grant),
    )
    return [row for batch in run(plan, connection_url=urls["reader_url"]) for row in batch.to_pylist()]


def test_a_grant_is_served_from_the_moment_its_views_stand_to_the_moment_it_ends(landed, urls) -> None:
    condition = {"op": "starts_with", "column": "division", "value": "6327"}
    grant = make.grant(landed, ready=False, condition=condition)
    with pytest.raises(PlanRefused):
        _read(grant, urls)
    jobs.materialize(str(grant.pk), grant.epoch)
    grant.refresh_from_db()
    assert grant.state == "active" and grant.ready_epoch == grant.epoch
    held = authorize([grant.pk], actor=landed.caller, scene=make.reading(grant)).relations[0]
    assert held.lookups == ("citizen_id",)  # asked for by the person, although the id itself is not granted
    rows = _read(grant, urls)
    assert [(row["name"], str(row["income"])) for row in rows] == [("卓**", "3400.00")]
    plan = authorize(f"select name from {grant.mount.alias}", actor=landed.caller, scene=make.reading(grant))
    act("sharing.grant.withdraw", grant.pk, actor=landed.provider.sharing_head, reason="已协商")
    with pytest.raises(Refused):  # the view itself answers no more, even to a plan in hand
        list(run(plan, connection_url=urls["reader_url"]))
    assert _schemas(urls, grant) == (1, 1)
    jobs.remove(str(grant.pk))
    jobs.remove(str(grant.pk))
    assert _schemas(urls, grant) == (0, 0)


def test_views_are_built_again_for_a_new_epoch_and_a_late_job_does_nothing(landed, urls) -> None:
    grant = make.grant(landed, ready=False)
    jobs.materialize(str(grant.pk), 1)
    head = landed.provider.sharing_head
    act("sharing.grant.suspend", grant.pk, actor=head, reason="超范围使用")
    act("sharing.grant.resume", grant.pk, actor=head, rectified="已整改")
    jobs.materialize(str(grant.pk), 1)
    grant.refresh_from_db()
    assert not grant.active
    jobs.materialize(str(grant.pk), 2)
    jobs.materialize(str(grant.pk), 2)
    grant.refresh_from_db()
    assert grant.active and len(_read(grant, urls)) == 2
    jobs.remove(str(grant.pk))  # a live grant is never taken down
    assert _schemas(urls, grant) == (1, 1)
    act("sharing.grant.give_up", grant.pk, actor=landed.consumer.sharing_head, reason="业务已结束")
    jobs.remove(str(grant.pk))


def test_a_table_not_yet_ingested_is_waited_for(way, urls) -> None:
    grant = make.grant(way, ready=False)
    with pytest.raises(NotYetBuilt):
        jobs.materialize(str(grant.pk), 1)
    grant.refresh_from_db()
    assert grant.state == "preparing" and _schemas(urls, grant) == (0, 0)


def test_a_complete_copy_wakes_the_grants_that_waited_for_it(way) -> None:
    from jiangyuan.resources.ingestion.models import Ingest

    grant = make.grant(way, ready=False)
    ingest = Ingest.objects.create(mount=way.mount, state="current")
    event = Event(object_id=ingest.pk)
    assert _waiting(grant) == 1
    handlers.serve_what_arrived(event)
    assert _waiting(grant) == 2
    make.report_ready(grant)
    handlers.serve_what_arrived(event)
    assert _waiting(grant) == 2


def _waiting(grant: Grant) -> int:
    from procrastinate.contrib.django.models import ProcrastinateJob

    jobs_of = ProcrastinateJob.objects.filter(task_name="jiangyuan:sharing.materialize", lock=f"grant:{grant.pk}")
    return jobs_of.count()


def test_a_logical_grant_needs_no_views(committed) -> None:
    grant = make.grant(make.road(mode="logical"), ready=False)
    jobs.materialize(str(grant.pk), 1)
    grant.refresh_from_db()
    assert grant.active
