"""Charts hold their numbers in a table, escape what they are given, and say when there is nothing."""

import re
from typing import Any

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from jiangyuan.ui import charts, maps
from jiangyuan.ui.outlines import outlines


def draw(thing: Any, request: Any = None) -> str:
    with translation.override("zh-hans"):
        context = Context({"thing": thing, "request": request})
        return Template("{% load ui %}{% part thing %}").render(context)


def chart(**given: Any) -> charts.Chart:
    values = {
        "code": "c", "title": "每日核验", "kind": "line", "over": "日期", "labels": ["2026-11-21", "2026-11-22"],
        "series": (charts.Series(title="核验", values=[3, None]), charts.Series(title="查询", values=[1234, 0])),
    }  # fmt: skip
    return charts.Chart(**{**values, **given})


def test_the_table_holds_every_value_of_the_chart() -> None:
    drawn = draw(chart())
    assert re.findall(r'data-value="([^"]*)"', drawn) == ["3", "1234", "", "0"]
    assert "1,234" in drawn
    assert drawn.count('scope="row"') == 2
    assert "<details" in drawn and " open>" in drawn, "without a script the table stands open"


def test_what_a_chart_is_given_is_escaped() -> None:
    evil = '<script>alert("1")</script>'
    series = (charts.Series(title=evil, values=[1]),)
    drawn = draw(chart(title=evil, labels=[evil], series=series, unit=evil, source=evil, lead=evil, urls=['/x/"><b>']))
    assert "<script>alert" not in drawn
    assert 'href="/x/&quot;&gt;&lt;b&gt;"' in drawn
    assert "style=" not in drawn, "the policy forbids it"


def test_a_chart_without_values_says_so() -> None:
    for empty in (chart(labels=[], series=()), chart(series=(charts.Series(title="x", values=[None, None]),))):
        drawn = draw(empty)
        assert "还没有数据" in drawn
        assert "<table" not in drawn and "jy-chart-canvas" not in drawn


def test_a_share_says_its_per_cent() -> None:
    series = (charts.Series(title="条", values=[1, 2, None]),)
    drawn = draw(chart(kind="share", labels=["甲", "乙", "丙"], series=series))
    assert "33.3%" in drawn and "66.7%" in drawn


@pytest.mark.parametrize(
    "wrong", [{"labels": ["a"]}, {"urls": ["/"]}, {"labels": ["x"] * 500, "series": (), "urls": ()}]
)
def test_lengths_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="c: "):
        chart(**wrong)


def test_the_script_is_asked_for_once_a_page() -> None:
    request = RequestFactory().get("/")
    assert "chart.js" in draw(chart(), request)
    assert "chart.js" not in draw(chart(code="d"), request)


def test_a_small_line_begins_at_zero_and_knows_its_extremes() -> None:
    spark = charts.Spark(title="x", values=[0, 5, None, 10], labels=["1", "2", "3", "4"])
    assert spark.points[0][1] > spark.points[1][1] > spark.points[2][1] == charts.MARGIN
    assert spark.points[0][1] == charts.HEIGHT - charts.MARGIN
    assert spark.extremes == (0, 10)
    assert charts.Spark(title="x", values=[], labels=[]).points == []


def province(*values: int | None) -> maps.Map:
    codes = ("630102", "630103", "630104", "630105", "630106", "630121", "630123", "630202")
    areas = tuple(
        maps.Area(code=code, name=f"<县{code}>", short="县", value=value, url=f"/ledger/{code}/", within=code[:4])
        for code, value in zip(codes, values, strict=False)
    )
    return maps.Map(code="map", title="分布", areas=areas, measure="目录", over="县")


def test_a_map_links_every_area_and_its_table_says_the_same() -> None:
    drawn = draw(province(0, 1, 2, 3, 40, 500, None, 6000))
    assert drawn.count("<a href=") == 16
    assert re.findall(r'data-value="([^"]*)"', drawn) == ["0", "1", "2", "3", "40", "500", "", "6000"]
    assert "<县" not in drawn
    assert "示意图" in drawn and "审图号" not in drawn
    assert {int(n) for n in re.findall(r'class="jy-shade-(\d)"', drawn)} == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize(("values", "keys"), [((0, 0), ["0"]), ((3,), ["3"]), ((0, 2, 7), ["0", "2–6", "7"])])
def test_a_legend_covers_every_value(values: tuple[int, ...], keys: list[str]) -> None:
    with translation.override("zh-hans"):
        assert [str(key.text) for key in province(*values).keys] == keys


def test_unknown_counties_get_rows_by_prefecture() -> None:
    places = maps.tile_places([("620102", "兰州"), ("620103", "兰州"), ("620201", "嘉峪关")])
    assert places == {"620102": (0, 0), "620103": (1, 0), "620201": (0, 1)}


def test_outlines_fit_the_page_and_keep_north_up() -> None:
    def square(west: float, south: float) -> list[list[list[float]]]:
        return [[[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]]

    features = [
        {"properties": {"adcode": 630100}, "geometry": {"type": "Polygon", "coordinates": square(101, 38)}},
        {"id": "6302", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": [square(101, 35)]}},
        {"properties": {"name": "无代码"}, "geometry": {"type": "Polygon", "coordinates": square(90, 35)}},
    ]
    found = outlines({"features": features}, width=1000, height=640)
    assert set(found) == {"630100", "630200"}
    assert found["630100"].middle[1] < found["630200"].middle[1]
    assert all(0 <= one.middle[0] <= 1000 and 0 <= one.middle[1] <= 640 for one in found.values())
    with pytest.raises(ValueError, match="no areas"):
        outlines({"features": []}, width=1, height=1)


def test_crowded_areas_stand_once_more_in_an_inset(tmp_path, monkeypatch) -> None:
    import json

    from jiangyuan.kernel.config import settings

    def square(code: str, west: float, south: float, size: float) -> dict:
        ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
        return {"properties": {"adcode": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    features = [square("632801", 90, 33, 5), square("630102", 101.7, 36.6, 0.1), square("630202", 102.4, 36.5, 0.2)]
    file = tmp_path / "map.json"
    file.write_text(json.dumps({"features": features}), "utf-8")
    monkeypatch.setenv("JIANGYUAN_MAP_FILE", str(file))
    settings.cache_clear()
    try:
        areas = tuple(
            maps.Area(code=code, name=name, short=name, value=3, url=f"#{code}", within=within)
            for code, name, within in (
                ("632801", "格尔木", "海西州"),
                ("630102", "城东", "西宁市"),
                ("630202", "乐都", "海东市"),
            )
        )
        made = maps.Map(code="m", title="t", areas=areas, measure="n")
        named = {one.area.code: one.area.short for one in made.drawn}
        assert named == {"632801": "格尔木", "630102": "", "630202": ""}, "no room for names where areas crowd"
        assert [one.area.short for one in made.inset] == ["城东", "乐都"]
        width = {one.area.code: _wide(one.path) for one in made.drawn}
        assert all(_wide(one.path) > 5 * width[one.area.code] for one in made.inset)
        page = render_to_string(made.template, {"part": made})
        assert "jy-map-inset" in page and "西宁市" in page and page.count('href="#630102"') == 3
        monkeypatch.setenv("JIANGYUAN_MAP_INSET", "")
        settings.cache_clear()
        assert made.inset == [] and {one.area.short for one in made.drawn} == {"格尔木", "城东", "乐都"}
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def _wide(path: str) -> float:
    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", path)]
    return max(xs) - min(xs)
