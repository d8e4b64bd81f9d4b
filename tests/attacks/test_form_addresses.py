"""Every address takes bad input, sent or asked: it answers with a message, escapes what it shows, and does nothing."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from tests.attacks.test_forms import APART, SCRIPT, _filled, _state, addresses, walked
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.kernel.actions import ACTIONS

pytestmark = pytest.mark.attack
__all__ = ["walked"]

NAMES = ("capacity", "next", "q", "item", "mask-name", "case", "_mark", "_draft", "_row", "condition-new", "name-0")
"""Fields that pages draw beside those of their action."""
ROWS = ("condition-0-column", "condition-0-op", "condition-0-value", "condition-0-to", "condition-join")
WHOLE = {"do", "export", "_check", "_edit", "_key"}
"""Controls that lead a request elsewhere than to its form: sent apart, for each masks the others."""
SENT: tuple[Any, ...] = ("\x00", SCRIPT, "9" * 400, ["", "𠮷", "\u202e"], "-1", "１२")
FACETS = (
    *("state", "side", "type", "capacity", "body", "status", "grade", "action", "read", "who", "days", "rule", "form"),
    *("ingest__state", "share_type", "kind", "kept", "finding", "year", "map", "tab", "entry", "grant", "request"),
    *("table", "renew", "next", "q", "_draft", "from", "to", "period", "area", "source", "person", "place", "of"),
)
PAGING = ("cursor", "order", "size", "page", "density", "format")
ASKED: tuple[Any, ...] = (
    SCRIPT,
    "9" * 400,
    ["\u202e𠮷", "b", ""],
    "-1",
    "１２",
    "%s{{7*7}}'--",
    "0001-01-01",
    "9999-12-31",
)
DESKS = (
    ("/administration/", "system_admin"),
    ("/security/", "security_admin"),
    ("/trace/", "auditor"),
    ("/patterns/", "system_admin"),
    ("/organization/bodies/new/", "system_admin"),
    ("/organization/people/", "system_admin"),
    ("/organization/appointments/", "security_admin"),
    ("/catalog/review/", "department_head"),
    ("/exchange/requests/review/", "sharing_head"),
    ("/exchange/requests/new/", "business_office"),
)
"""Who has a desk at an address, so that bad input gets beyond the question whether he may; others: the handler."""


class _Walk:
    """One browser for each desk, opened when it is first needed."""

    def __init__(self, ids: dict[str, str], people: list[Any]) -> None:
        self.ids = ids
        self.handler, self.consumer = people[1], people[0]
        self._clients: dict[str, Client] = {}

    def client(self, url: str) -> Client:
        desk = next((desk for start, desk in DESKS if url.startswith(start)), "")
        if desk not in self._clients:
            client = client_of(self._person(desk))
            client.raise_request_exception = False
            self._clients[desk] = client
        return self._clients[desk]

    def _person(self, desk: str) -> Any:
        if desk == "business_office":
            return self.consumer
        if desk in ("department_head", "sharing_head"):
            from jiangyuan.organization.models import Body

            return factories.actor(Body.objects.get(pk=self.handler.body), desk)
        return factories.authority(desk) if desk else self.handler

    def urls(self) -> list[str]:
        """Give every address once; numbers and words in it are no such thing."""
        found = []
        for pattern in addresses():
            pattern = re.sub(r"<int:\w+>", "9" * 25, pattern)
            pattern = re.sub(r"<(?:str|path):(?!label)\w+>", "民政\u202e<b>", pattern)
            pattern = re.sub(r"<slug:(?!verb)\w+>", "no-such", pattern)
            found += _filled(pattern, self.ids)
        return [url for url in dict.fromkeys(found) if not url.startswith(APART)]


@pytest.fixture
def walk(walked: Any, settings: Any) -> _Walk:
    settings.STATIC_ROOT = None
    return _Walk(*walked)


def _wrong(answer: Any) -> bool:
    """Tell whether an answer broke, or wrote what was sent to it as markup."""
    if answer.streaming:
        for close in answer._resource_closers:  # the file behind it; closing the answer would close the database too
            close()
        return answer.status_code >= 500
    text = answer.content.decode(errors="replace")
    return answer.status_code >= 500 or "<script>alert" in text or "<img src=x" in text


def _varied(number: int, values: tuple[Any, ...], names: tuple[str, ...] | list[str]) -> dict[str, Any]:
    """Give every name a bad value, another one at every address."""
    return {name: values[(number + place) % len(values)] for place, name in enumerate(names)}


def test_no_address_breaks_or_acts_on_bad_input(walk: _Walk) -> None:
    fields = {field for spec in ACTIONS.values() for field in spec.parameters.model_fields}
    names = sorted((fields | {*NAMES, *ROWS}) - WHOLE)
    urls = walk.urls()
    assert len(urls) > 150
    clients = [walk.client(url) for url in urls]
    before, broken = _state(), []
    for number, (url, client) in enumerate(zip(urls, clients, strict=True)):
        bad = SENT[number % len(SENT)]
        sent = dict.fromkeys(names, bad) if number % 2 else _varied(number, SENT, names)
        answer = client.post(url, {**sent, "_version": "x"})
        if _wrong(answer):
            broken.append((url, answer.status_code, answer.content.decode(errors="replace")[:80]))
    assert not broken, broken
    assert _state() == before


def test_controls_beside_a_form_take_bad_input(walk: _Walk) -> None:
    ids = walk.ids
    urls = [
        f"/catalog/{ids['catalog/']}/items/",
        f"/catalog/{ids['catalog/']}/return/",
        f"/exchange/requests/new/?entry={ids['catalog/']}",
        f"/exchange/requests/new/?entry={ids['catalog/']}&renew={ids['exchange/grants/']}",
        f"/exchange/requests/{ids['exchange/requests/']}/edit/",
        *("/catalog/", "/catalog/review/", "/exchange/requests/", "/organization/people/", "/views/", "/drafts/"),
        *("/exports/", "/notices/preferences/", "/check/identifier/", "/organization/systems/new/"),
    ]
    clients = [walk.client(url) for url in urls]
    before, broken = _state(), []
    for url, client in zip(urls, clients, strict=True):
        for place, control in enumerate(sorted(WHOLE)):
            bad = SENT[1 + (place + len(url)) % 3]
            sent = dict.fromkeys([*NAMES, *ROWS, "kind", "text", "chosen"], bad)
            answer = client.post(url, {**sent, control: bad})
            if _wrong(answer):
                broken.append((url, control, answer.status_code))
    assert not broken, broken
    assert _state() == before


def test_no_page_breaks_on_a_query_that_nobody_would_ask(walk: _Walk) -> None:
    urls = [url for url in walk.urls() if not url.endswith(("/live", "/live/", "/stream/", "/events/"))]
    clients = [walk.client(url) for url in urls]
    before, broken = _state(), []
    for number, (url, client) in enumerate(zip(urls, clients, strict=True)):
        if url.endswith("-such/") and number % 5:
            continue  # a verb that is none: answered the same everywhere
        sent = _varied(number, ASKED, FACETS)
        paged = _varied(number, ASKED, PAGING) if number % 2 else {"cursor": "x" * 3000, "tab": SCRIPT, "page": "-1"}
        for query in (sent, {"q": "民政", **paged}):
            answer = client.get(url, query)
            if _wrong(answer):
                broken.append((url, sorted(query)[:3], answer.status_code))
            if answer.status_code in (403, 404, 405):
                break
    assert not broken, broken
    assert _state() == before


def test_addresses_without_bounds_are_answered_within_bounds(walk: _Walk) -> None:
    for url in ("/", "/catalog/", "/search", "/exchange/requests/", "/organization/people/", f"/catalog/{uuid4()}/"):
        client = walk.client(url)
        answer = client.get(f"{url}?q={'长' * 200_000}&state={'x' * 4_000_000}")
        assert answer.status_code == 414 and len(answer.content) < 60_000, (
            url,
            answer.status_code,
            len(answer.content),
        )
    for url in (
        "/catalog/00000000-0000-0000-0000-00000000000g/",
        "/catalog/-1/",
        "/catalog/%00/",
        "/organization/people/%ff/",
    ):
        assert walk.client(url).get(url).status_code in (400, 404), url
