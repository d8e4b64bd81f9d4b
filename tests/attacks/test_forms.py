"""Bad input to every form and every address that takes one: never a 500, never acted, always a message that helps."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.models import Event, Record
from jiangyuan.ui.forms import form_for

pytestmark = pytest.mark.attack

SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>"
INPUTS: dict[str, Any] = {
    "empty": "",
    "blank": " \u3000\t ",
    "script": SCRIPT,
    "right to left": "民政\u202eABC\u200f\u2067",
    "zero width": "民\u200b政\u200d\ufeff厅\u2060",
    "rare": "𠮷𫠉䶮㛂𬱖",
    "half a pair": "a\ud800b",
    "nul": "民政\x00厅",
    "control": "a\x01\x1b[31m\x7f",
    "huge number": "9" * 400,
    "negative": "-9223372036854775809",
    "not a number": "NaN",
    "infinity": "1e999",
    "other digits": "१२३４５",
    "bad day": "2026-02-31",
    "far day": "99999-99-99",
    "not an id": "00000000-0000-0000-0000-00000000000g",
    "list": ["a", "b", "c"],
    "long": "长" * 20_000,
    "query": "' OR 1=1; DROP TABLE kernel_event; --",
    "format": "%s %(x)s {0} {{ 7*7 }} {% debug %}",
    "json": '{"op": "=", "column": ["x"], "value": {}}',
}


# --- every form -------------------------------------------------------------------------------------------------------


def forms() -> Iterator[tuple[str, Any]]:
    """Give every action that some form asks for, with its form's own names."""
    for name, spec in sorted(ACTIONS.items()):
        if spec.body.__module__.startswith("jiangyuan.") and spec.parameters.model_fields:
            yield name, spec


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    return [name for name, _spec in forms()]


@pytest.mark.parametrize("kind", INPUTS)
def test_every_form_takes_bad_input_as_a_fault_at_its_field(loaded, kind) -> None:
    asked = 0
    for name in loaded:
        try:
            blank = form_for(name)
        except Broken:
            continue  # an action of the platform itself: no control can ask for its parameters
        asked += 1
        data = _query(dict.fromkeys([*blank.fields, "_version", "_key"], INPUTS[kind]))
        form = form_for(name, data=data)
        if form.is_valid():
            ACTIONS[name].parameters.model_validate(form.values)
            continue
        for line in form.fault_lines:
            assert line.message.strip(), (name, line)
            assert "Error" not in line.message and "Traceback" not in line.message
        drawn = "".join(str(bound) for bound in form)
        assert "<script>" not in drawn and "<img src=x" not in drawn, name
    assert asked > 20


def _query(values: dict[str, Any]) -> Any:
    from django.http import QueryDict

    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


# --- every address ----------------------------------------------------------------------------------------------------


def addresses() -> list[str]:
    """Give the pattern of every page of the portal that may take a form."""
    found: list[str] = []

    def walk(patterns: list[Any], before: str) -> None:
        for one in patterns:
            here = before + str(one.pattern)
            if isinstance(one, URLResolver):
                walk(one.url_patterns, here)
            elif isinstance(one, URLPattern) and not here.startswith("api/"):
                found.append(here)

    walk(get_resolver().url_patterns, "")
    return found


ROOMS = {
    "catalog/": "catalog.entry.",
    "exchange/requests/": "sharing.request.",
    "exchange/grants/": "sharing.grant.",
    "exchange/deliveries/": "delivery.",
    "exchange/warnings/": "delivery.",
    "resources/": "resources.",
    "sources/": "sources.source.",
    "organization/people/": "organization.",
}


def _verbs(pattern: str) -> list[str]:
    room = next((actions for start, actions in ROOMS.items() if pattern.startswith(start)), "")
    return sorted(
        {n.rsplit(".", 1)[-1].replace("_", "-") for n in ACTIONS if n.startswith(room or "none")} | {"no-such"}
    )


def _filled(pattern: str, ids: dict[str, str]) -> list[str]:
    room = next((identity for start, identity in ids.items() if pattern.startswith(start)), str(uuid4()))
    url = "/" + re.sub(r"<uuid:\w+>", room, pattern)
    url = url.replace("<str:label>", "sharing.request")
    if "<slug:verb>" in url:
        return [url.replace("<slug:verb>", verb) for verb in _verbs(pattern)]
    return [url] if "<" not in url else []


@pytest.fixture
def walked(db) -> Any:
    """A road with a request, a grant and somebody of every capacity."""
    way = factories.road()
    asked = factories.ask(way)
    grant = factories.grant(way)
    ids = {
        "catalog/": str(way.entry.pk),
        "exchange/requests/": str(asked.pk),
        "exchange/grants/": str(grant.pk),
        "resources/": str(way.mount.pk),
        "sources/": str(way.mount.table.source_id),
        "organization/systems/": str(way.system.pk),
        "organization/people/": str(way.provider.sharing_head.id),
    }
    people = [way.consumer.business_office, way.provider.sharing_handler, factories.authority("security_admin")]
    return ids, people


def _state() -> dict[str, Any]:
    from django.apps import apps

    apart = {"organization.BrowserSession"}  # opened by a client's first request, whatever it asks
    found = [m for m in apps.get_models() if issubclass(m, Record) and m._meta.label not in apart]
    rows = {m._meta.label: m._default_manager.count() for m in found}
    # what is taken out of the platform is remembered, and changes nothing
    read = ("kernel.act.refused", "deadlines.calendar.taken", "catalog.export.taken")
    return {**rows, "acts": sorted(Event.objects.exclude(type__in=read).values_list("type", flat=True))}


APART = ("/logout", "/login", "/i18n", "/act-for")
"""What these do is not an act on a record: signing in and out, the language, the capacity."""


def test_signing_in_and_the_small_forms_of_the_frame_take_bad_input(db) -> None:
    client = client_of(factories.desk().sharing_handler)
    client.raise_request_exception = False
    for url in APART[1:]:
        for bad in ("\x00", SCRIPT, "9" * 400, "𠮷\u202e"):
            sent = dict.fromkeys(["username", "password", "code", "next", "capacity", "language"], bad)
            answer = client.post("/i18n/setlang/" if url == "/i18n" else f"{url}/", sent)
            assert answer.status_code < 500 and "<script>alert" not in answer.content.decode(), (url, bad)


def test_an_address_with_a_nul_is_refused_before_it_reaches_a_query(db) -> None:
    client = client_of(factories.desk().sharing_handler)
    for url in ("/catalog/?q=%00", "/search?q=a%00b", "/organization/people/?q=%2500%00"):
        answer = client.get(url)
        assert answer.status_code == 400 and "请求的写法不对" in answer.content.decode(), url
    assert client.get("/catalog/?q=%2500").status_code == 200


def test_what_was_typed_is_shown_again_escaped(db) -> None:
    client = client_of(factories.desk().sharing_handler)
    for bad in (SCRIPT, "民\u200b政\u202e厅", "𠮷䶮" * 60, "%s {{ 7*7 }}"):
        answer = client.post("/organization/systems/new/", {"name": bad, "code": "不合 规矩", "purpose": bad})
        page = answer.content.decode()
        assert answer.status_code == 422 and "有内容需要改正" in page
        assert bad in unescape(page) and "<script>alert" not in page


def test_a_form_of_ten_megabytes_or_of_too_many_fields_is_refused_with_a_message(db) -> None:
    client = client_of(factories.desk().sharing_handler)
    client.raise_request_exception = False
    for sent in ({"name": "长" * 3_500_000}, {f"f{n}": "1" for n in range(10_100)}):
        answer = client.post("/organization/systems/new/", sent)
        assert answer.status_code == 413 and "内容过大" in answer.content.decode()
    typed = "a=%ff%fe%00&name=%f0%28%8c%28"
    answer = client.post("/organization/systems/new/", typed, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (400, 422)
    answer = client.post("/organization/systems/new/", b"--x\r\nbroken", content_type="multipart/form-data; boundary=x")
    assert answer.status_code in (400, 422)


def test_without_the_token_of_the_page_nothing_is_done_anywhere(walked) -> None:
    ids, people = walked
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of(people[1]).cookies
    before = _state()
    for pattern in addresses():
        for url in _filled(pattern, ids):
            if not url.startswith("/logout"):
                answer = strict.post(url, {})
                assert answer.status_code in (403, 404, 405), (url, answer.status_code)
    assert _state() == before
