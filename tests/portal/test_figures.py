"""Figures equal a count by hand of what a person may see, and never tell of what he may not."""

import re
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.test import Client
from django.utils import timezone
from tests.exchange import factories

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.delivery.models import Warning
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel import events
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.models import Clock
from jiangyuan.organization.models import ApplicationSystem, Body
from jiangyuan.portal.figures import counts, province, queries
from jiangyuan.portal.figures.models import Figure
from jiangyuan.portal.figures.shown import FIGURES
from jiangyuan.sources.models import ScannedColumn, ScannedTable, Source

COUNTED = {
    "bodies": Body, "systems": ApplicationSystem, "sources": Source, "tables": ScannedTable, "columns": ScannedColumn,
    "warnings": Warning,
}  # fmt: skip


@pytest.fixture
def counted(way) -> factories.Road:
    """Two departments, an open request and a live grant between them, and a draft that is nobody else's to know."""
    factories.grant(way)
    factories.walk(factories.ask(way), way, to="provider_head")
    factories.entry(way.provider, publish=False)
    counts.refresh(force=True)
    return way


def _who(way: factories.Road) -> list[Actor]:
    return [
        way.consumer.business_office,
        way.provider.sharing_handler,
        way.provider.department_head,
        factories.authority(),
        factories.authority("auditor"),
        factories.actor(factories.body(), "operations"),
        factories.actor(factories.body(), "analyst"),
    ]


def test_a_figure_is_what_a_person_would_count_by_hand(counted) -> None:
    people = _who(counted)
    counts.refresh(force=True)
    for actor in people:
        sums = queries.sums(actor=actor)
        for name, model in COUNTED.items():
            rows = model.visible_to(actor)
            rows = rows.filter(gone_at__isnull=True) if name in ("tables", "columns") else rows
            assert sums.total(name) == rows.count(), (actor.capacity, name)
        published = Entry.visible_to(actor).filter(state="published")
        assert sums.total("published") == published.count()
        assert sums.total("items") == sum(entry.items.count() for entry in published)
        held = Grant.visible_to(actor)
        mine = held if "grants" in _whole(actor) else held.filter(consumer_id=actor.body)
        assert sums.total("grants") == mine.count(), actor.capacity
        asked = Request.visible_to(actor)
        asked = asked if "requests" in _whole(actor) else asked.filter(consumer_id=actor.body)
        assert sums.total("requests") == asked.count(), actor.capacity


def _whole(actor: Actor) -> frozenset[str]:
    from jiangyuan.portal.figures.shown import whole

    return whole(actor)


def test_a_draft_is_not_told_to_another_body(counted) -> None:
    outsider = counted.consumer.business_office
    draft = Entry.objects.filter(state="draft").get()
    assert queries.sums(actor=outsider).total("entries") == 0
    assert queries.sums(actor=counted.provider.sharing_handler).total("entries", "draft") == 1
    assert queries.sums(actor=outsider, body=draft.body_id).total("entries") == 0
    assert all(
        key != ("entries", "draft") for _b, parts in queries.by_body(actor=outsider, names=["entries"]) for key in parts
    )


@pytest.mark.parametrize("name", [name for name, kept in FIGURES.items() if not kept.everyone])
def test_nobody_sees_anothers_part_without_the_capacity(counted, name) -> None:
    stranger = factories.actor(factories.body(), "business_office")
    assert (
        Figure.objects.exclude(body_id=stranger.body).filter(name=name).exists()
        or name in ("warnings", "acts", "assets")
        or (name.startswith(("calls", "rows")))
    )
    assert not Figure.visible_to(stranger).filter(name=name).exists()


def test_the_public_sees_what_the_setting_names_and_is_fit_for_it(counted, monkeypatch) -> None:
    sums = queries.sums(actor=None)
    assert set(sums.parts) <= {"bodies", "published", "items", "open"}
    assert sums.total("bodies") == Body.objects.filter(active=True).count()
    monkeypatch.setenv("JIANGYUAN_PUBLIC_FIGURES", "bodies,grants,requests,nothing")
    settings.cache_clear()
    try:
        assert set(queries.sums(actor=None).parts) == {"bodies"}
    finally:
        monkeypatch.undo()
        settings.cache_clear()


@pytest.mark.usefixtures("committed")
def test_what_happened_is_added_up_once() -> None:
    way = factories.road()
    made = factories.grant(way)
    consumer, office = way.consumer.body.pk, way.consumer.business_office

    def read(form: str, rows: int) -> None:
        reading = events.Reading(form=form, actor=office, scene=factories.SCENE, grants=((made.pk, 1),))
        events.finish_access(reading, events.start_access(reading), rows=rows, digest="")

    def total(name: str) -> int:
        return Figure.objects.filter(name=name).aggregate(n=Sum("value"))["n"] or 0

    read("match", 1), read("match", 0), read("query", 20), read("table", 500)
    assert counts.refresh()
    assert not counts.refresh(), "nothing was remembered since"
    assert (total("calls"), total("rows"), total("calls_given"), total("rows_given")) == (3, 521, 3, 521)
    assert Figure.objects.get(name="acts", key="sharing.request.agreed", body=way.provider.body).value == 1
    read("match", 1)
    counts.refresh()
    assert (total("calls"), total("rows")) == (4, 522)
    assert Figure.objects.get(name="calls", key="match", body=consumer).day == timezone.localdate()


def test_days_on_which_nothing_happened_are_zero(db) -> None:
    today, place = timezone.localdate(), factories.body()
    for back, value in ((9, 4), (3, 6)):
        Figure.objects.create(name="calls", key="match", body=place, day=today - timedelta(days=back), value=value)
    line, values = queries.by_day(actor=factories.authority(), names=["calls"], days=30)
    assert (len(line), line[-1]) == (10, today)
    assert values["calls", "match"] == [4, 0, 0, 0, 0, 0, 6, 0, 0, 0]


def test_the_start_page_shows_public_numbers_only(counted) -> None:
    page = Client().get("/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "接入部门" in text and "/login/" in text
    assert "共享申请" not in text and "数据源" not in re.sub(r"登记数据源", "", text)


@pytest.mark.parametrize("measure", ["", "bodies", "towns", "nothing"])
def test_the_overview_answers_everybody(counted, browser, measure) -> None:
    for actor in (counted.consumer.business_office, factories.authority(), factories.authority("system_admin")):
        answer = browser(actor).get(f"/overview/?map={measure}")
        assert answer.status_code == 200
        assert not re.search(r">(conditional|provider_head|business_office|match)<", answer.content.decode())


def test_the_overview_asks_few_questions(counted, browser, django_assert_max_num_queries) -> None:
    client = browser(factories.authority())
    with django_assert_max_num_queries(26):
        client.get("/overview/")


def _overview(client: Client, query: str = "") -> str:
    return client.get(f"/overview/{query}").content.decode()


def test_the_verdict_turns_with_the_workbench_and_does_not_wait_for_the_next_count(counted, browser) -> None:
    client = browser(counted.provider.sharing_handler)
    assert "运行正常" in _overview(client) and "截至" in _overview(client)
    Clock.objects.filter(body=counted.provider.body.pk, status=Clock.RUNNING).update(
        status=Clock.OVERDUE, due_on=timezone.localdate() - timedelta(days=9)
    )
    told = _overview(client)
    assert "运行正常" not in told and "时限已超期" in told and "/clocks/list/?status=overdue" in told


def test_a_chart_says_whose_acts_it_counts(counted, browser) -> None:
    Figure.objects.create(
        name="acts", key="sharing.request.agreed", body=counted.provider.body, day=timezone.localdate(), value=1
    )
    own, whole = _overview(browser(counted.provider.sharing_head)), _overview(browser(factories.authority()))
    assert "本部门：目录和申请的办理" in own and "全省：目录和申请的办理" not in own
    assert "全省：目录和申请的办理" in whole
    assert "本部门：核验和查询" in own and "只含本部门使用的" not in own, "what has no data has no first day"


def test_what_belongs_to_no_county_is_told_level_by_level(db) -> None:
    said = province._above({"630000": 7, "630100": 1, "630121": 4})
    assert "省级 7" in said and "市州本级 1" in said
    assert "省级" not in province._above({"630100": 1}) and not province._above({"630121": 4})
