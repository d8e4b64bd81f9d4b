"""Reading a catalogue elsewhere: page by page through the platform's own client, bounded, trusting nothing it says.

`pages` gives what the source sends; `judge` makes of a record what a row of a file is, or says why it cannot. What a
source does wrong is named by a code (`wording.PROBLEMS`): it is reported, and ends or goes on as the code demands.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from jiangyuan.catalog.interchange import rules, spelling
from jiangyuan.catalog.interchange.models import HarvestSource
from jiangyuan.data.connectors.folder.limited import run_limited
from jiangyuan.kernel import ciphers, vault
from jiangyuan.kernel.errors import Refused, Transient
from jiangyuan.kernel.outbound_http import http_client

PAGE = 100
MOST_PAGES = 2_000
LARGEST_PAGE = 16 * 2**20
SECONDS = 20.0
TRIES = 3
_EXTRAS = {
    "update_cycle": ("update_frequency", "frequency", "accrual_periodicity"),
    "open_type": ("open_type", "access_rights"),
}


class SourceFault(Exception):
    """A source sent what cannot be gone on with: a code and what is to be told of it."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail[:200]


@dataclass(slots=True)
class Page:
    """What one request gave: records as sent, how many the source says there are, and where it goes on (None: the end)."""

    records: list[Any]
    claimed: int | None
    following: dict[str, Any] | None


@dataclass(slots=True)
class Record:
    """One record as it was read: its id there, the fields of an entry, when it changed, the nodes it came through."""

    remote: str
    content: dict[str, Any] = field(default_factory=dict)
    modified: str = ""
    chain: list[str] = field(default_factory=list)
    digest: str = ""
    refusal: tuple[str, str] | None = None
    identifiers: list[str] = field(default_factory=list)


def token_place(source: HarvestSource) -> str:
    """Name the place for which the token of a source is sealed."""
    return f"harvest:{source.pk}"


def pages(source: HarvestSource, place: dict[str, Any], since: str) -> Iterator[Page]:
    """Ask for page after page from `place` on; `since`: only what changed then or later, where the kind can say so.

    Raises `SourceFault`, or the refusals of the client.
    """
    headers = {}
    if source.sealed_token:
        token = vault.unseal(bytes(source.sealed_token), place=token_place(source)) or b""
        headers["authorization"] = token.decode()
    read = _ckan if source.kind == "ckan" else _dcat
    with http_client(seconds=SECONDS, most=LARGEST_PAGE) as client:
        client.headers.update(headers)
        here: dict[str, Any] | None = place
        for _number in range(MOST_PAGES):
            page = read(client, source, here or {}, since)
            yield page
            here = page.following
            if here is None:
                return
    raise SourceFault("too_many_pages", str(MOST_PAGES))


def _get(client: httpx.Client, url: str, accept: str) -> bytes:
    """Ask once and, when nothing comes, twice more. Raises `SourceFault`."""
    attempt = 0
    while True:
        attempt += 1
        try:
            answer = client.get(url, headers={"accept": accept})
            break
        except Transient as error:
            if attempt == TRIES:
                raise SourceFault("stalled", error.code) from error
        except Refused as error:
            raise SourceFault("not_reached", error.code) from error
        except httpx.HTTPError as error:
            raise SourceFault("stalled", type(error).__name__) from error
    if answer.status_code in (401, 403):
        raise SourceFault("not_allowed", str(answer.status_code))
    if answer.status_code != 200:
        raise SourceFault("bad_status", str(answer.status_code))
    return answer.content


def _ckan(client: httpx.Client, source: HarvestSource, place: dict[str, Any], since: str) -> Page:
    start = int(place.get("start", 0))
    asked: dict[str, Any] = {"rows": PAGE, "start": start, "sort": "metadata_modified asc, id asc"}
    if since:
        asked["fq"] = f"metadata_modified:[{since} TO *]"
    raw = _get(
        client, f"{source.address.rstrip('/')}/api/3/action/package_search?{urlencode(asked)}", "application/json"
    )
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SourceFault("broken_json") from error
    result = told.get("result") if isinstance(told, dict) else None
    if not isinstance(result, dict) or not told.get("success") or not isinstance(result.get("results"), list):
        raise SourceFault("not_ckan")
    found, claimed = result["results"], result.get("count")
    if len(found) > 10 * PAGE:
        raise SourceFault("too_many_records", str(len(found)))
    claimed = claimed if isinstance(claimed, int) and not isinstance(claimed, bool) and claimed >= 0 else None
    return Page(found, claimed, {"start": start + len(found)} if found else None)


def _dcat(client: httpx.Client, source: HarvestSource, place: dict[str, Any], since: str) -> Page:
    url = str(place.get("url") or source.address)
    raw = _get(client, url, "application/ld+json, text/turtle;q=0.9, application/rdf+xml;q=0.8")
    with tempfile.TemporaryFile() as file, tempfile.TemporaryDirectory(prefix="jiangyuan-rdf-") as folder:
        file.write(raw)
        file.flush()
        file.seek(0)
        module = "jiangyuan.catalog.interchange.linked"
        try:
            told = run_limited(module, file.fileno(), "harvest", folder, [str(LARGEST_PAGE)])
        except Refused as error:
            raise SourceFault("too_demanding") from error
    if "problem" in told:
        raise SourceFault(str(told["problem"]))
    following = urljoin(url, told["next"]) if told["next"] else ""
    if following and urlsplit(following)[:2] != urlsplit(source.address)[:2]:
        raise SourceFault("foreign_next", following)
    return Page(told["records"], None, {"url": following} if following else None)


def judge(source: HarvestSource, raw: Any) -> Record:
    """Make of a record what a row of a file is; one that cannot be read has a `refusal` (code, detail)."""
    if not isinstance(raw, dict):
        return Record("", refusal=("not_a_record", type(raw).__name__))
    cells, made = _of_ckan(raw) if source.kind == "ckan" else _of_dcat(raw)
    if not made.remote or len(made.remote) > 200:
        made.refusal = ("no_id", made.remote[:80])
        return made
    cells = {name: text for name, text in cells.items() if text}
    cut = {name: len(text) for name, text in cells.items() if len(text) > 20_000}
    checked = rules.check_row(cells, cut, classification="307001", asked=list(cells))
    wrong = next((note for note in checked.notes if note[0] == "refused"), None)
    if wrong is not None:
        made.refusal = (wrong[2], f"{wrong[1]}: {wrong[3]}")
        return made
    made.content = {k: v for k, v in checked.content.items() if k not in ("address", "department", "code", "part_of")}
    made.digest = ciphers.sm3(json.dumps([made.content, made.chain], sort_keys=True, ensure_ascii=False).encode()).hex()
    return made


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _of_ckan(raw: dict[str, Any]) -> tuple[dict[str, str], Record]:
    listed = _list(raw.get("extras"))
    extras = {str(e.get("key")): str(e.get("value") or "") for e in listed[:200] if isinstance(e, dict)}
    resources = _list(raw.get("resources"))
    formats = [str(r.get("format") or "") for r in resources[:50] if isinstance(r, dict)]
    said = {name: next((extras[k] for k in keys if extras.get(k)), "") for name, keys in _EXTRAS.items()}
    cells = {
        "name": _text(raw.get("title")),
        "summary": _text(raw.get("notes")),
        "format": ",".join(filter(None, formats)),
        **said,
    }
    identifiers = [extras.get(key, "") for key in ("guid", "identifier", "uri")]
    made = Record(_text(raw.get("id")), modified=_text(raw.get("metadata_modified"))[:40])
    made.chain, made.identifiers = _chain(extras.get("origin_chain", "")), [made.remote, *filter(None, identifiers)]
    return cells, made


def _of_dcat(raw: dict[str, Any]) -> tuple[dict[str, str], Record]:
    cells = {
        "name": raw["title"],
        "summary": raw["description"],
        "format": ",".join(raw["formats"]),
        "update_cycle": raw["frequency"],
        "open_type": raw["access"],
    }
    own = next((one for one in raw["identifiers"] if one.startswith("urn:uuid:")), "")
    made = Record(own or raw["id"], modified=raw["modified"])
    made.chain, made.identifiers = _chain(raw["chain"]), [raw["id"], *raw["identifiers"]]
    return cells, made


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _chain(text: str) -> list[str]:
    return [spelling.folded(one) for one in text.split(">") if one.strip()][:50]
