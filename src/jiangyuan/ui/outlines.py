"""Outlines of areas out of GeoJSON: projected to a plane (Albers, equal area), thinned, as SVG paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import cos, radians, sin, sqrt
from typing import Any

Point = tuple[float, float]
NAMES = ("adcode", "code", "gb", "id")
SMALLEST = 0.6
"""Points nearer to each other than this, in units of the drawing, are one."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of one area as an SVG path, and where its name stands."""

    path: str
    middle: Point


def code_of(feature: Mapping[str, Any]) -> str:
    """Give the six-digit code of an area; empty for a feature without one."""
    properties = feature.get("properties") or {}
    for name in NAMES:
        text = str(properties.get(name) or (feature.get("id") if name == "id" else "") or "")
        if text.isdigit() and len(text) >= 4:
            # 156 is the country's own number before the code (GB/T 2260)
            return text.removeprefix("156")[:6].ljust(6, "0") if len(text) == 9 else text[:6].ljust(6, "0")
    return ""


def _rings(geometry: Mapping[str, Any]) -> Iterator[list[Point]]:
    shapes = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}.get(geometry["type"], [])
    for shape in shapes:
        for ring in shape:
            yield [(float(point[0]), float(point[1])) for point in ring]


def _albers(point: Point, centre: Point) -> Point:
    """Project longitude and latitude by Albers' cone with parallels 25° and 47° north, as maps of China are drawn."""
    first, second = sin(radians(25)), sin(radians(47))
    cone = (first + second) / 2
    fixed = cos(radians(25)) ** 2 + 2 * cone * first

    def radius(latitude: float) -> float:
        return sqrt(max(fixed - 2 * cone * sin(radians(latitude)), 0)) / cone

    angle = cone * radians(point[0] - centre[0])
    return radius(point[1]) * sin(angle), radius(centre[1]) - radius(point[1]) * cos(angle)


def outlines(collection: Mapping[str, Any], *, width: float, height: float) -> dict[str, Outline]:
    """Give the outline of each area by its six-digit code, fitted into `width` × `height`.

    Raises ValueError, KeyError or TypeError for what is no GeoJSON of areas.
    """
    found = {code: list(_rings(f["geometry"])) for f in collection["features"] if (code := code_of(f))}
    points = [point for rings in found.values() for ring in rings for point in ring]
    if not points:
        raise ValueError("no areas with a six-digit code")
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    centre = ((west + east) / 2, (south + north) / 2)
    flat = {code: [[_albers(p, centre) for p in ring] for ring in rings] for code, rings in found.items()}
    placed = [point for rings in flat.values() for ring in rings for point in ring]
    left, right = min(p[0] for p in placed), max(p[0] for p in placed)
    low, high = min(p[1] for p in placed), max(p[1] for p in placed)
    scale = min(width / (right - left), height / (high - low)) * 0.98
    shift = (width - (right - left) * scale) / 2, (height - (high - low) * scale) / 2

    def on_page(point: Point) -> Point:
        return (point[0] - left) * scale + shift[0], (high - point[1]) * scale + shift[1]

    return {code: _outline([[on_page(p) for p in ring] for ring in rings]) for code, rings in flat.items()}


def _outline(rings: list[list[Point]]) -> Outline:
    kept = [thinned for ring in rings if len(thinned := _thinned(ring)) > 2]
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in kept)
    widest = max(kept or rings, key=_extent)
    xs, ys = [p[0] for p in widest], [p[1] for p in widest]
    return Outline(path, ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))


def _extent(ring: list[Point]) -> float:
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    return (max(xs) - min(xs)) * (max(ys) - min(ys))


def _thinned(ring: list[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in ring:
        if not kept or abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) >= SMALLEST:
            kept.append(point)
    return kept
