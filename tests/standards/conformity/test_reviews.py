"""Reviews of a live database, a table, an entry and an interface: kept, scored, each finding leading to its fix."""

from decimal import Decimal
from typing import Any

import pytest
from tests.portal.conftest import client_of

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.kernel.models import Access
from jiangyuan.sources.models import ScannedTable
from jiangyuan.standards.conformity import queries, reviewing
from jiangyuan.standards.conformity.jobs import CONFORMITY, run_review
from jiangyuan.standards.conformity.models import Review
from office import Office, appoint, body, events_of

SCRIPT = """
CREATE TABLE person (citizen_id TEXT PRIMARY KEY NOT NULL, name TEXT, sex TEXT, birth_date TEXT, remark TEXT);
INSERT INTO person VALUES
    ('630102199003078513', '才让', '1', '1990-03-07', NULL), ('630102199003078516', '卓玛', '7', '1990年', 'x');
CREATE TABLE loose (a TEXT, b TEXT);
"""


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


def reviewed(actor, kind, target):
    asked = act("standards.review.ask", actor=actor, kind=kind, target=target)
    run_review(review=str(asked.pk))
    asked.refresh_from_db()
    return asked, list(queries.findings(asked, actor=actor).order_by("position"))


@pytest.fixture
def mount(db, office, store):
    _file, source = office.sqlite(SCRIPT)
    return office.mounted(source, "person")


def test_a_live_database_is_reviewed_with_its_rows_read_through_a_plan(mount, office):
    review, findings = reviewed(office.handler, "source", mount.table.source_id)
    assert review.error is None and review.tables == 2 and review.fields == 7 and review.measured == 1
    assert 0 < review.score < 100 and 0 < review.coverage < 100 and review.findings_total == len(findings)
    found = {(one.column, one.check_code, one.expected): one for one in findings}
    assert found["citizen_id", "values", "identifier"].failed == 1
    assert found["sex", "values", "code_set"].failed == 1
    assert found["birth_date", "type", "D"].found and found["birth_date", "values", "pattern"].failed == 1
    loose = [one for one in findings if one.table.endswith("loose")]
    assert {one.check_code for one in loose} == {"described", "key"}
    assert all(one.url.startswith(f"/sources/{mount.table.source_id}/tables/") for one in findings)
    reads = Access.objects.filter(entry=mount.entry_id, form="check").order_by("at", "id")
    assert [one.phase for one in reads] == ["started", "finished"]
    (event,) = events_of(review, "standards.review.finished")
    assert event.payload["score"] == str(review.score)
    run_review(review=str(review.pk))
    assert len(events_of(review, "standards.review.finished")) == 1
    with pytest.raises(Conflict):
        act("standards.review.report_failed", review.pk, actor=CONFORMITY, error={})


def test_an_entry_is_reviewed_as_it_is_described(mount, office):
    entry = mount.entry
    item = entry.items.get(column="citizen_id")
    before, _findings = reviewed(office.handler, "entry", entry.pk)
    item.grade, item.personal, item.mask = 1, False, {}
    item.save()
    review, findings = reviewed(office.handler, "entry", entry.pk)
    checks = {one.check_code for one in findings if one.column == "citizen_id"}
    assert {"grade", "personal", "mask"} <= checks and review.score < before.score
    assert {one.url for one in findings} == {f"/catalog/{entry.pk}/items/"}


def test_one_reviews_what_one_may_see_and_nothing_else(mount, office):
    stranger = Office(body())
    table = ScannedTable.objects.get(pk=mount.table_id)
    for kind, target in (
        ("table", table.pk),
        ("source", table.source_id),
        ("entry", mount.entry_id),
        ("none", table.pk),
    ):
        with pytest.raises(NotFound):
            act("standards.review.ask", actor=stranger.handler, kind=kind, target=target)
    review, findings = reviewed(appoint(None, "authority_handler"), "table", table.pk)
    assert review.body_id == office.place.pk and findings
    assert queries.reviews(actor=office.handler).filter(pk=review.pk).exists()
    assert not queries.reviews(actor=stranger.handler).filter(pk=review.pk).exists()
    assert not queries.findings(review, actor=stranger.handler).exists()


def test_a_source_that_cannot_be_read_is_said_and_not_scored(mount, office):
    office.files[-1].joinpath("register.db").unlink()
    review, findings = reviewed(office.handler, "table", mount.table_id)
    assert review.score is None and review.error["message"] and not findings


def test_every_kind_of_the_plan_is_registered():
    assert {"source", "table", "entry", "interface"} <= {kind.code for kind in reviewing.kinds()}


def test_the_pages_ask_show_filter_export_and_print(mount, office, settings):
    client = client_of(office.handler)
    assert "数据库" in client.get("/standards/reviews/new/").content.decode()
    assert "审查" in client.get("/standards/reviews/new/?kind=table").content.decode()
    sent = client.post("/standards/reviews/new/?kind=table", {"target": str(mount.table_id)})
    assert sent.status_code == 303
    review = Review.objects.get()
    base = f"/standards/reviews/{review.pk}/"
    assert "正在审查" in client.get(base).content.decode()
    assert client.post(f"{base}report.pdf").status_code in (303, 409)
    run_review(review=str(review.pk))
    page = client.get(base).content.decode()
    assert "校验位或格式不对" in page and "按质量检查的问题行整改" in page and "得分" in page
    assert "校验位或格式不对" not in client.get(f"{base}?check_code=type").content.decode()
    printed = client.post(f"{base}report.pdf")
    assert printed.status_code == 200 and printed.content.startswith(b"%PDF") and len(printed.content) > 2000
    (event,) = events_of(review, "standards.review.printed")
    assert len(event.payload["digest"]) == 64
    sheet = client.post(base, {"_export": "xlsx"})
    assert sheet.status_code == 200 and b"".join(sheet).startswith(b"PK")
    assert client_of(Office(body()).handler).get(base).status_code == 404
    review.refresh_from_db()
    assert Decimal(review.score) > 0 and review.title in client.get("/standards/reviews/").content.decode()
