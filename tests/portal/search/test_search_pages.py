"""The page of results: hits with why they matched, facets as a second answer, several choices, with and without scripts."""

import re
from html import unescape

import pytest
from django.http import QueryDict
from tests.exchange import factories
from tests.portal.conftest import client_of
from tests.portal.search.conftest import put_away
from tests.portal.search.test_search import entry_named

from jiangyuan.portal.search import following, index
from jiangyuan.portal.search.marking import reasons
from jiangyuan.portal.search.shape import Document

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def found(way):
    people = way.provider
    for number, name in enumerate(("常住人口信息", "户籍人口统计", "城乡最低生活保障对象信息")):
        entry = entry_named(name, people, grade=1 + number, share_type=("conditional", "none", "unconditional")[number])
        entry.items.create(position=1, name="公民身份号码", column="citizen_id", type="C")
    following.rebuild()
    yield client_of(way.consumer.business_office)
    put_away()


def facets_of(client, page: str) -> str:
    url = unescape(re.search(r'hx-get="([^"]+/search/facets[^"]*|/search/facets[^"]*)"', page)[1])
    return client.get(url, **HTMX).content.decode()


def test_hits_come_first_and_their_counts_after(found) -> None:
    page = found.get("/search", {"q": "人口", "kind": "entry"}).content.decode()
    assert "户籍<mark>人口</mark>统计" in page and "匹配：" in page and "名称有“人口”" in page
    assert "jy-facets-count" not in page
    counts = facets_of(found, page)
    assert "<html" not in counts and "jy-facets-count" in counts and "不予共享" in counts
    direct = found.get("/search/facets", {"q": "人口"})
    assert direct.status_code == 303 and "counts=1" in direct["Location"]
    without = found.get(direct["Location"]).content.decode()
    assert "jy-facets-count" in without and "<html" in without


def test_several_values_of_a_facet_are_chosen_and_given_up(found) -> None:
    page = found.get("/search", {"q": "人口", "kind": "entry", "grade": ["1", "2"]}).content.decode()
    assert "常住<mark>人口</mark>信息" in page and "户籍<mark>人口</mark>统计" in page
    counts = facets_of(found, page)
    assert counts.count('aria-current="true"') == 3
    back = [unescape(url) for url in re.findall(r'<a href="([^"]+)" aria-current="true">', counts)]
    assert sorted(url.count("grade=") for url in back) == [1, 1, 2]
    assert "grade=1&grade=2" in unescape(re.search(r'href="([^"]*share=none[^"]*)"', counts)[1])
    none = found.get("/search", {"q": "人口", "grade": "9"}).content.decode()
    assert "可去掉左侧的一个条件" in none and "登记数据需求" not in none


def test_while_the_index_is_built_the_page_says_that_nothing_is_narrowed_and_keeps_what_was_chosen(found) -> None:
    index.sweep(keep=None)
    asked = {"q": "人口", "kind": "entry", "grade": ["1", "2"], "share": "none"}
    page = found.get("/search", asked).content.decode()
    assert "索引正在建立，筛选暂不可用" in page and "您选择的 3 个筛选条件没有生效" in page
    assert "常住<mark>人口</mark>信息" in page and "户籍<mark>人口</mark>统计" in page, (
        "what is chosen cannot be kept to"
    )
    again = unescape(re.search(r'href="(\?[^"]*)"[^>]*>(?:<i[^>]*></i>)?再试一次', page)[1])
    assert {name: QueryDict(again[1:]).getlist(name) for name in asked} == {
        "q": ["人口"], "kind": ["entry"], "grade": ["1", "2"], "share": ["none"],
    }  # fmt: skip
    assert "jy-facets" not in page
    plain = found.get("/search", {"q": "人口", "kind": "entry"}).content.decode()
    assert "索引正在建立" in plain and "没有生效" not in plain, "the kind alone is kept to without an index"
    nothing = found.get("/search", {"q": "查无此物", "grade": "1"}).content.decode()
    assert "可去掉左侧的一个条件" not in nothing, "nothing stands at the left"
    following.rebuild()
    back = found.get(f"/search{again}").content.decode()
    assert "索引正在建立" not in back and "户籍<mark>人口</mark>统计" in back and "常住<mark>人口</mark>" not in back


@pytest.mark.parametrize(
    ("typed", "how", "field", "words"),
    [
        ("低保", "synonym", "name", "最低生活保障"),
        ("czrk", "letters", "name", "czrk"),
        ("身份号码", "text", "items", "身份号码"),
        ("民政厅", "text", "body", "民政厅"),
        ("307001/0000", "text", "code", "307001/0000"),
        ("常住家庭", "text", "name", "常住"),
        ("发放", "text", "about", "发放"),
    ],
)
def test_why_it_matched(typed: str, how: str, field: str, words: str) -> None:
    told = Document(
        label="entries.entry", pk=factories.SETUP.id, kind="entry", name="常住人口最低生活保障信息", who=[],
        items=["公民身份号码 citizen_id"], about="按月发放", body_name="省民政厅", codes=["307001/000012"],
    )  # fmt: skip
    first = reasons(told, typed)[0]
    assert (first.how, first.field, first.words) == (how, field, words)


def test_why_something_came_near() -> None:
    told = Document(label="entries.entry", pk=factories.SETUP.id, kind="entry", name="空气质量日报", who=[])
    assert reasons(told, "日报社") == []
    assert [(one.how, one.words) for one in reasons(told, "日报社", near=True)] == [("near", "日报")]


def test_values_that_nobody_counted_find_nothing_and_break_nothing(found) -> None:
    for values in ({"fresh": "x"}, {"score": "'"}, {"grade": ["9"] * 50}, {"body": "<script>"}, {"near": "1"}):
        assert found.get("/search", {"q": "人口", **values}).status_code == 200
        assert found.get("/search/facets", {"q": "人口", **values}, **HTMX).status_code == 200
    assert found.get("/search/facets", {"q": ""}, **HTMX).status_code == 200
