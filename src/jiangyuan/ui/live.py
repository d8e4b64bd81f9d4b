"""Pages that ask for a part of themselves again: the page is drawn whole, its live part alone when it asks for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jiangyuan.ui.measures import Live
from jiangyuan.ui.pages import is_fragment

WATCHED = 50
"""Records that one page hears of, at the most."""


def asked_again(request: HttpRequest, id: str) -> bool:
    """Tell whether the live part of that id asks for itself, and nothing else of the page is wanted."""
    return is_fragment(request) and request.headers.get("HX-Target") == id


def alone(request: HttpRequest, part: Live) -> HttpResponse:
    """Answer with the live part alone. Nobody keeps it."""
    context: dict[str, Any] = {"part": part}
    response = render(request, part.template, context)
    response["Cache-Control"] = "no-store"
    return response


def answer(request: HttpRequest, part: Live, whole: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer with the part alone when it asks for itself, else with the whole page."""
    return alone(request, part) if asked_again(request, part.id) else whole()
