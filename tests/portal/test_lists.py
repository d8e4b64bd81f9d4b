"""Lists hold their state in the address, give exactly what they show as a file, and act on several rows one by one."""

import csv
import io
import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from tests.exchange import factories

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Body
from jiangyuan.portal.views.models import ListExport, SavedView
from jiangyuan.ui import counts, exports

pytestmark = pytest.mark.django_db
BUDGET = 12
"""Queries of one list page, whatever the number of its rows."""
LISTS = (
    "/catalog/",
    "/exchange/requests/",
    "/exchange/grants/",
    "/exchange/deliveries/",
    "/exchange/warnings/",
    "/exchange/uses/",
    "/sources/",
    "/resources/",
    "/organization/bodies/",
    "/organization/people/",
    "/organization/systems/",
    "/views/",
    "/exports/",
)


def entries(people: factories.Desk, names: list[str], **changes: Any) -> list[Entry]:
    """Make published entries of one body as rows, quickly: what is tested here is the list."""
    fields = {"state": "published", "live_version": 1, "grade": 2, "created_by": None, **changes}
    made = [Entry(body=people.body, name=name, **fields) for name in names]
    for one in made:
        one.make_known()
    return Entry.objects.bulk_create(made)


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def names_in(html: str) -> list[str]:
    return re.findall(r'data-title="名称"><a href="/catalog/[^"]+">([^<]+)</a>', html)


@pytest.mark.parametrize("url", LISTS)
def test_a_list_of_every_room_keeps_its_budget(way, browser, url: str) -> None:
    factories.grant(way, items=[{"column": "name"}])
    client = browser(way.provider.sharing_handler)
    client.get(url)
    assert queries(client, url) <= BUDGET
    assert client.get(f"{url}?order=-nothing&size=7&cursor=").status_code == 200


def test_fifty_rows_ask_as_much_as_five(db, browser) -> None:
    people = factories.desk()
    client = browser(people.sharing_handler)
    entries(people, [f"目录{n:03}" for n in range(5)])
    Body.objects.bulk_create(
        Body(name=f"第{n}局", short_name=f"{n}局", alias=f"b{n}", jurisdiction=factories.province()) for n in range(5)
    )
    for url in ("/catalog/", "/catalog/?size=200&order=name", "/organization/bodies/"):
        client.get(url)
        few = queries(client, url)
        entries(people, [f"更多{url}{n:03}" for n in range(45)])
        assert queries(client, url) == few <= BUDGET


def test_several_choices_of_a_facet_narrow_to_any_of_them_and_each_has_a_chip(db, browser) -> None:
    people = factories.desk()
    entries(people, ["甲"], share_type="none")
    entries(people, ["乙"], share_type="unconditional")
    entries(people, ["丙"], share_type="conditional")
    html = browser(people.sharing_handler).get("/catalog/?share_type=none&share_type=unconditional").content.decode()
    assert set(names_in(html)) == {"甲", "乙"}
    chips = re.findall(r'<li><a href="([^"]+)" title="去掉这个条件"', html)
    assert chips == ["?share_type=unconditional", "?share_type=none"]
    assert browser(people.sharing_handler).get("/catalog/?share_type=%27--&grade=9").status_code == 200


def test_the_order_and_page_size_travel_with_every_link(db, browser) -> None:
    people = factories.desk()
    entries(people, [f"目录{n:03}" for n in range(45)])
    client = browser(people.sharing_handler)
    html = client.get("/catalog/?order=name&size=20&q=目录").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', html)
    assert following and "size=20" in following[1] and "q=" in following[1]
    second = client.get("/catalog/" + following[1].replace("&amp;", "&")).content.decode()
    assert names_in(html) + names_in(second) == [f"目录{n:03}" for n in range(40)]
    assert '<input type="hidden" name="order" value="name">' in html
    assert client.get("/catalog/?cursor=" + "x" * 50).status_code == 400


def test_htmx_gets_the_list_alone(way, browser) -> None:
    client = browser(way.consumer.business_office)
    whole, part = (
        client.get("/catalog/"),
        client.get("/catalog/", headers={"HX-Request": "true", "HX-Target": "jy-list"}),
    )
    assert b'id="jy-list"' in part.content and b"<html" not in part.content and b"<h1" not in part.content
    assert b"<html" in whole.content and "HX-Target" in part["Vary"]


def test_density_is_remembered_by_the_browser_and_the_address_stays(way, browser) -> None:
    client = browser(way.consumer.business_office)
    answer = client.get("/catalog/?q=人口&density=dense")
    assert answer.status_code == 302 and answer["Location"] == "/catalog/?q=%E4%BA%BA%E5%8F%A3"
    assert b"jy-dense" in client.get(answer["Location"]).content
    client.get("/catalog/?density=plain")
    assert b"jy-dense" not in client.get("/catalog/").content


def test_many_rows_are_estimated_and_few_are_counted(db) -> None:
    people = factories.desk()
    entries(people, [f"目录{n:03}" for n in range(30)])
    with CaptureQueriesContext(connection) as captured:
        assert counts.count_of(Entry.objects.all(), shown=30, whole=True) == counts.Count(30)
        assert not captured
    assert counts.count_of(Entry.objects.all(), shown=20, whole=False) == counts.Count(30)
    assert counts.Count(93_000, exact=False).text == "约 93,000 条"


# --- exports ----------------------------------------------------------------------------------------------------------


def taken(client: Client, url: str, format: str = "csv") -> list[list[Any]]:
    answer = client.post(url, {"_export": format})
    assert answer.status_code == 200, answer.content
    content = b"".join(answer.streaming_content)
    if format == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_export_is_what_the_list_shows_over_all_its_pages(db, browser, format: str) -> None:
    people = factories.desk()
    entries(people, [f"目录{n:03}" for n in range(45)])
    entries(people, ["别的"])
    client = browser(people.sharing_handler)
    url = "/catalog/?q=目录&order=-name&size=20"
    lines = taken(client, url, format)
    assert [line[0] for line in lines[1:]] == [f"目录{n:03}" for n in reversed(range(45))]
    page = client.get(url).content.decode()
    headings = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    assert [str(h).strip() for h in lines[0]] == headings
    assert str(lines[1][4]) == "2"
    kept = ListExport.objects.get()
    assert (kept.rows, kept.complete, kept.conditions) == (45, True, [["含有", "目录"]])
    event = Event.objects.get(type="views.export.made")
    assert event.object_id == kept.pk and event.payload["rows"] == 45 and "目录" not in str(event.payload)
    assert client.get(f"/exports/{kept.pk}/").status_code == 200
    assert client.get(f"/trace/views.listexport/{kept.pk}/").status_code == 200


def test_the_file_is_named_in_chinese_with_the_day(way, browser) -> None:
    answer = browser(way.consumer.business_office).post("/catalog/", {"_export": "csv"})
    assert re.search(r"filename\*=utf-8''%E7%9B%AE%E5%BD%95-\d{4}-\d\d-\d\d\.csv", answer["Content-Disposition"])
    b"".join(answer.streaming_content)


def test_a_file_that_is_cut_says_so(db, browser, monkeypatch) -> None:
    monkeypatch.setattr(exports, "MOST", 10)
    people = factories.desk()
    entries(people, [f"目录{n:03}" for n in range(12)])
    answer = browser(people.sharing_handler).post("/catalog/", {"_export": "xlsx"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book.worksheets[0].max_row == 11 and "%E5%89%8D10%E6%9D%A1" in answer["Content-Disposition"]
    assert "不完整" in str([[c.value for c in row] for row in book.worksheets[1].iter_rows()])
    assert ListExport.objects.get().complete is False


ATTACKS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", ' =HYPERLINK("http://x")', '=cmd|"/C calc"!A0')


@pytest.mark.attack
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_no_cell_of_a_file_is_a_formula(db, browser, format: str) -> None:
    people = factories.desk()
    entries(people, list(ATTACKS))
    client = browser(people.sharing_handler)
    for line in taken(client, "/catalog/?order=name", format)[1:]:
        assert line[0].startswith("'"), line[0]
    if format == "xlsx":
        answer = client.post("/catalog/", {"_export": "xlsx"})
        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}


@pytest.mark.attack
def test_an_export_holds_nothing_the_page_would_not_show(way, browser) -> None:
    other = factories.desk()
    entries(other, ["他部门编制中"], state="draft", live_version=0)
    entries(other, ["他部门已发布"])
    client = browser(way.consumer.business_office)
    names = [line[0] for line in taken(client, "/catalog/")[1:]]
    assert "他部门已发布" in names and "他部门编制中" not in names
    assert taken(client, "/catalog/?state=draft")[1:] == []
    assert Client().post("/catalog/", {"_export": "csv"}).status_code == 302
    for wrong in ("exe", "", "../csv"):
        assert client.post("/catalog/", {"_export": wrong}).status_code == 422
    mine = ListExport.objects.filter(person=way.consumer.business_office.id).first()
    assert browser(other.sharing_handler).get(f"/exports/{mine.pk}/").status_code == 404
    assert browser(factories.authority("auditor")).get(f"/exports/{mine.pk}/").status_code == 200


# --- several rows at once ---------------------------------------------------------------------------------------------


def review_entries(people: factories.Desk, many: int) -> list[Entry]:
    return entries(people, [f"待审{n}" for n in range(many)], state="department_review", live_version=0)


def batch(client: Client, url: str, act: str, rows: list[Any], **more: Any) -> Any:
    sent = {"_do": "batch", "_act": act, "_row": [f"{r.pk}.{r.version}" for r in rows], "_key": "k1", **more}
    return client.post(url, sent)


def test_several_entries_are_approved_one_by_one_and_the_answer_says_which(db, browser) -> None:
    people = factories.desk()
    factories.authority()
    rows = review_entries(people, 3)
    Entry.objects.filter(pk=rows[2].pk).update(created_by=people.department_head.id)
    head = browser(people.department_head)
    url = "/catalog/review/"
    assert 'name="_act" value="catalog.entry.approve"' in head.get(url).content.decode()
    asked = batch(head, url, "catalog.entry.approve", rows).content.decode()
    assert asked.count("可以办理") == 2 and "目前不能办理" in asked
    assert set(Entry.objects.values_list("state", flat=True)) == {"department_review"}
    for _twice in range(2):
        told = batch(head, url, "catalog.entry.approve", rows, _sure="1").content.decode()
        assert "2 项已办理" in told and "不能审批本人提交的事项" in told
    states = Entry.objects.in_bulk([r.pk for r in rows])
    assert [states[r.pk].state for r in rows] == ["authority_review", "authority_review", "department_review"]
    assert Event.objects.filter(type="catalog.entry.approved").count() == 2


def test_a_batch_asks_once_for_what_the_act_asks(way, browser) -> None:
    grants = [factories.grant(way, items=[{"column": "name"}], purpose=p) for p in ("social-aid", "housing-aid")]
    head = browser(way.provider.sharing_head)
    url = "/exchange/grants/"
    without = batch(head, url, "sharing.grant.suspend", grants, _sure="1")
    assert without.status_code == 422 and "必填" in without.content.decode()
    told = batch(head, url, "sharing.grant.suspend", grants, _sure="1", reason="超出约定用途").content.decode()
    assert "2 项已办理" in told
    assert set(Grant.objects.values_list("state", flat=True)) == {"suspended"}


@pytest.mark.attack
def test_a_batch_touches_nothing_that_its_person_may_not_see_or_do(way, browser) -> None:
    grant = factories.grant(way, items=[{"column": "name"}])
    stranger = browser(factories.desk().sharing_head)
    url = "/exchange/grants/"
    more = {"_sure": "1", "reason": "不该成功"}
    unseen = batch(stranger, url, "sharing.grant.withdraw", [grant], **more)
    unknown = stranger.post(
        url, {"_do": "batch", "_act": "sharing.grant.withdraw", "_row": [f"{uuid4()}.1"], "_key": "k", **more}
    )
    strip = re.compile(rb'value="[^"]*"|nonce="[^"]*"|data-csrf="[^"]*"')
    assert unseen.status_code == unknown.status_code == 422
    assert strip.sub(b"", unseen.content) == strip.sub(b"", unknown.content)
    consumer = browser(way.consumer.sharing_head)
    refused = batch(consumer, url, "sharing.grant.withdraw", [grant], **more).content.decode()
    assert "没有办理" in refused
    for act in ("organization.person.disable", "sharing.grant.expire", "x", ""):
        assert batch(consumer, url, act, [grant], **more).status_code == 404
    junk = {"_do": "batch", "_act": "sharing.grant.withdraw", "_row": ["x", "1.2.3", "\0", "9" * 500], **more}
    assert consumer.post(url, junk).status_code == 422
    assert consumer.post(url, {"_do": "other"}).status_code == 422
    grant.refresh_from_db()
    assert grant.state == "active"


def test_a_row_that_changed_meanwhile_is_refused_alone(way, browser) -> None:
    grants = [factories.grant(way, items=[{"column": "name"}], purpose=p) for p in ("social-aid", "housing-aid")]
    sent = [f"{grants[0].pk}.{grants[0].version}", f"{grants[1].pk}.0"]
    told = (
        browser(way.provider.sharing_head)
        .post(
            "/exchange/grants/",
            {
                "_do": "batch",
                "_act": "sharing.grant.suspend",
                "_row": sent,
                "_sure": "1",
                "reason": "核查",
                "_key": "z",
            },
        )
        .content.decode()
    )
    assert "1 项已办理" in told and "内容已被他人更新" in told


# --- views ------------------------------------------------------------------------------------------------------------


def test_a_view_is_saved_found_beside_the_title_made_default_removed_and_restored(way, browser) -> None:
    client = browser(way.consumer.business_office)
    state = {"page": "/catalog/", "query": "q=%E4%BA%BA%E5%8F%A3&order=name&cursor=abc", "name": "人口类"}
    assert "存为我的视图" in client.get("/catalog/?q=人口").content.decode()
    assert client.post("/views/new/", state)["Location"] == "/catalog/?q=%E4%BA%BA%E5%8F%A3&order=name"
    view = SavedView.objects.get()
    html = client.get("/catalog/?order=name&q=人口").content.decode()
    assert '<a href="?q=%E4%BA%BA%E5%8F%A3&amp;order=name" aria-current="page">人口类</a>' in html
    base = f"/views/{view.pk}/"
    assert client.post(f"{base}rename/", {"name": "人口数据"}).status_code == 303
    assert client.post(f"{base}open-with/", {}).status_code == 303
    assert client.get("/catalog/")["Location"] == "/catalog/?q=%E4%BA%BA%E5%8F%A3&order=name"
    assert client.get("/catalog/?view=all").status_code == 200
    assert client.post(f"{base}remove/", {}).status_code == 303
    assert client.get("/catalog/").status_code == 200
    assert "人口数据" not in client.get("/catalog/").content.decode()
    assert "恢复视图" in client.get(base).content.decode()
    assert client.post(f"{base}restore/", {}).status_code == 303
    assert "人口数据" in client.get("/catalog/").content.decode()
    kinds = list(Event.objects.filter(object_id=view.pk).order_by("at").values_list("type", flat=True))
    assert kinds == [f"views.view.{k}" for k in ("saved", "renamed", "made_default", "removed", "restored")]


def test_one_default_a_list_and_one_name(way, browser) -> None:
    client = browser(way.consumer.business_office)
    for name, again in (("甲", 303), ("乙", 303), ("乙", 409)):
        sent = {"page": "/catalog/", "query": f"q={name}", "name": name, "default": "on"}
        assert client.post("/views/new/", sent).status_code == again
    assert list(SavedView.objects.filter(default=True).values_list("name", flat=True)) == ["乙"]


@pytest.mark.attack
def test_a_view_leads_nowhere_else_and_is_nobody_elses(way, browser) -> None:
    client = browser(way.consumer.business_office)
    for page in (
        "//evil.example/",
        "https://evil.example/",
        "/catalog/?x",
        "javascript:alert(1)",
        "",
        "/a b",
        "/" + "x" * 300,
    ):
        answer = client.post("/views/new/", {"page": page, "query": "q=1", "name": "x"})
        assert answer.status_code in (303, 422), page
        assert answer.status_code == 422 or answer["Location"].startswith("/xxx"), page
    for query in ("", "cursor=abc", "q=" + "x" * 3900):
        assert client.post("/views/new/", {"page": "/catalog/", "query": query, "name": "y"}).status_code == 422
    SavedView.objects.all().delete()
    assert client.post("/views/new/", {"page": "/catalog/", "query": "q=1", "name": "z"}).status_code == 303
    view = SavedView.objects.get()
    other = browser(way.provider.sharing_handler)
    assert other.get(f"/views/{view.pk}/").status_code == 404
    assert other.post(f"/views/{view.pk}/remove/", {}).status_code == 404
    assert "q=1" not in other.get("/catalog/").content.decode()
    gone = other.post("/views/", {"_do": "batch", "_act": "views.view.remove", "_row": f"{view.pk}.1", "_sure": "1"})
    assert gone.status_code == 422
    view.refresh_from_db()
    assert view.removed_at is None
