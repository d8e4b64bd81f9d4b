"""The map of the province for the overview and the start page: the counties by what is there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.utils.translation import gettext as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.organization.models import Jurisdiction
from jiangyuan.portal.figures import queries, shown
from jiangyuan.ui import charts, maps, parts

MEASURES = ("published", "bodies", "tables")
TOWNS = "towns"
_KINDS = re.compile("((回族|土族|蒙古族|撒拉族)+自治县|行政委员会|(?<=..)[县市区])$")  # i18n: endings of names


def short_name(name: str) -> str:
    """Give the name of a county as it stands on a map: without its kind."""
    return _KINDS.sub("", name)


def counties() -> list[Jurisdiction]:
    """Give the counties in force, with the prefectures they lie in."""
    rows = Jurisdiction.objects.filter(level="county", retired=False, scheme="mca", parent__isnull=False)
    wanted = rows.filter(code__startswith=settings().province_code[:2])
    return list(wanted.select_related("parent").annotate(towns=Count("children")).order_by("code"))


def drawn(*, actor: Actor | None, asked: str, at: Any) -> tuple[parts.Part, ...]:
    """Give the map by county and the bars by prefecture. `asked`: the measure that was chosen, if any."""
    seen = shown.whole(actor) if actor is not None else shown.public(settings().public_figures)
    measures = [name for name in MEASURES if name in seen]
    found = counties()
    if not found:
        return ()
    known = {name: queries.by_place(actor=actor, name=name) for name in measures}
    # a map on which every county is empty says nothing: what only the levels above have is told below it
    local = next((n for n in measures if any(v and not c.endswith("00") for c, v in known[n].items())), TOWNS)
    chosen = asked if asked in (*measures, TOWNS) else local
    counted = {area.code: area.towns for area in found} if chosen == TOWNS else known[chosen]
    titles = {**{name: shown.FIGURES[name].title for name in measures}, TOWNS: _("乡镇街道")}
    units = {**{name: shown.FIGURES[name].unit for name in measures}, TOWNS: _("个")}
    areas = _areas(found, counted)
    choices = tuple(
        parts.Link(title=titles[name], url="?" + urlencode({"map": name}) + "#map", current=name == chosen)
        for name in (*measures, TOWNS)
    )
    drawing = maps.Map(
        code="map",
        title=_("全省分布"),
        areas=areas,
        measure=titles[chosen],
        unit=units[chosen],
        over=_("县（市、区、行委）"),
        choices=choices,
        lead=_above(counted),
        source=_(settings().node_name),
        at=at,
    )
    return drawing, _prefectures(found, counted, titles[chosen], units[chosen], at)


def _above(counted: dict[str, int]) -> str:
    """Say what belongs to no county: the province's own and the prefectures' own."""
    province = sum(value for code, value in counted.items() if code.endswith("0000"))
    prefectures = sum(value for code, value in counted.items() if code.endswith("00") and not code.endswith("0000"))
    told = {"province": f"{province:,}", "prefectures": f"{prefectures:,}"}
    if province and prefectures:
        return _("不属任何县、地图上没有画出的：省级 %(province)s，市州本级 %(prefectures)s。") % told
    if province:
        return _("不属任何县、地图上没有画出的：省级 %(province)s。") % told
    return _("不属任何县、地图上没有画出的：市州本级 %(prefectures)s。") % told if prefectures else ""


def _areas(found: list[Jurisdiction], counted: dict[str, int]) -> tuple[maps.Area, ...]:
    return tuple(
        maps.Area(
            code=one.code,
            name=one.name,
            short=short_name(one.name),
            within=one.parent.name if one.parent else "",
            value=_under(counted, one.code, 6),
            url=f"/ledger/{one.code}/",
        )
        for one in found
    )


def _under(counted: dict[str, int], code: str, digits: int) -> int:
    return sum(value for at, value in counted.items() if at[:digits] == code[:digits])


def _prefectures(found: list[Jurisdiction], counted: dict[str, int], title: Any, unit: Any, at: Any) -> charts.Chart:
    known = {one.parent.code: one.parent.name for one in found if one.parent}
    return charts.Chart(
        code="prefectures",
        title=_("各市州：%(measure)s") % {"measure": title},
        kind="bars",
        unit=unit,
        over=_("市州"),
        labels=list(known.values()),
        urls=[f"/ledger/{code}/" for code in known],
        series=(charts.Series(title=title, values=[_under(counted, code, 4) for code in known]),),
        source=_(settings().node_name),
        at=at,
    )
