"""The answers: match, match-list and rows, each read by one prepared statement that joins the grant it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.engines.filters import assertable, assertion_statement, rows_statement, watched
from jiangyuan.data.engines.lookups import gathered_statement, match_statement, point_statement
from jiangyuan.data.gathering import Gathering
from jiangyuan.data.masking import mask_kind
from jiangyuan.data.plan import Plan
from jiangyuan.data.serving import Lanes
from jiangyuan.exchange.delivery.gateway import refusals
from jiangyuan.exchange.delivery.gateway.admission import MOST_SUBJECTS, subject_text
from jiangyuan.exchange.delivery.gateway.definitions import Service

DEFAULT_ROWS = 100
MOST_ROWS = 1_000
MOST_FIELDS = 50
MOST_STATEMENTS = 200
FIELD_LENGTH = 2_000


class EpochOver(Exception):
    """The grant has another epoch than the one this service was described under: describe it anew and ask again."""


@dataclass(slots=True)
class Answer:
    """What was found: the body, how many rows it holds, whose (identifiers), and the version of the data."""

    body: bytes
    rows: int
    subjects: Sequence[str]
    data_version: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One subject to verify, with the values that are asserted of it (None: the granted record is asked for)."""

    subject: str
    fields: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """A filtered query: column names, their values, and the row limit."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    limit: int


def plan_of(service: Service) -> Plan:
    """Give the plan that shows records. Raises a refusal while nothing serves it."""
    if service.record is None:
        raise _unserved(service)
    return service.record


def _unserved(service: Service) -> refusals.GatewayRefused:
    if service.relation.columns and service.ready:
        return refusals.wrong_form("query")
    return refusals.preparing() if service.active else refusals.ended()


def _statement(service: Service, *key: str) -> str:
    """Give the text of a statement of this service, built once: (kind, column, …)."""
    found = service.statements.get(key)
    if found is None:
        if len(service.statements) >= MOST_STATEMENTS:
            service.statements.clear()
        found = service.statements[key] = _build(service, *key)
    return found


def _build(service: Service, kind: str, *names: str) -> str:
    if kind == "assert":
        if service.whole is None:
            raise _unserved(service)
        return watched(assertion_statement(service.whole, service.subject, names), service.whole)
    plan = plan_of(service)
    if kind == "gathered":
        return gathered_statement(plan, names[0])
    if kind == "point":
        return watched(point_statement(plan, names)[0], plan)
    if kind == "list":
        return watched(match_statement(plan, names)[0], plan)
    return watched(rows_statement(plan, names, subject=service.subject), plan)


async def _fetch(lanes: Lanes, statement: str, values: Sequence[Any]) -> tuple[list[Any], str]:
    """Run a watched statement; give its rows and the data version. Raises `EpochOver`, or the refusal of an ended grant."""
    rows = await lanes.fetch(statement, values)
    if not rows:
        raise EpochOver
    live, version = rows[0][0], rows[0][1]
    if not live:
        raise refusals.ended()
    return rows, version


async def _found(reads: Gathering, service: Service, subject: str) -> tuple[list[str], str]:
    """Give the records of one subject and the data version. Raises `EpochOver`, or the refusal of an ended grant."""
    if not service.gathers:
        rows, version = await _fetch(reads.lanes, _statement(service, "point", service.subject), (subject,))
        return [row[2] for row in rows if row[2] is not None], version
    told = await reads.read(_statement(service, "gathered", service.subject), subject)
    if told is None:
        raise EpochOver
    live, version, found = told
    if not live:
        raise refusals.ended()
    return found, version


# --- verification -----------------------------------------------------------------------------------------------------


def read_asked(content: Mapping[str, Any], where: str = "body") -> Asked:
    """Read `{"subject": …, "fields": {column: value}?}`. Raises a refusal."""
    unknown = set(content) - {"subject", "fields"}
    if unknown:
        raise refusals.malformed(_("请求正文含有未知的内容"), where=f"{where}.{sorted(unknown)[0][:80]}")
    subject = subject_text(content.get("subject"), f"{where}.subject")
    fields = content.get("fields")
    if fields is None:
        return Asked(subject, None)
    if not isinstance(fields, dict) or not 0 < len(fields) <= MOST_FIELDS:
        raise refusals.malformed(_("fields 应为 1 至 50 个“字段: 值”"), where=f"{where}.fields")
    return Asked(subject, {name: _asserted(value, f"{where}.fields.{name[:80]}") for name, value in fields.items()})


def _asserted(value: Any, where: str) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        value = repr(value)
    if value is None or (isinstance(value, str) and len(value) <= FIELD_LENGTH and "\x00" not in value):
        return value
    raise refusals.malformed(_("待核验的值应为文本、数值、逻辑值或空"), where=where)


def read_list(content: Mapping[str, Any]) -> list[Asked]:
    """Read `{"subjects": ["…" or {"subject": …, "fields": …}, …]}`, at most 200. Raises a refusal."""
    listed = content.get("subjects")
    if set(content) != {"subjects"} or not isinstance(listed, list) or not 0 < len(listed) <= MOST_SUBJECTS:
        raise refusals.malformed(
            _("subjects 应为 1 至 200 个主体标识的列表"), where="body.subjects", mend=_("名单较长时请分批比对。")
        )
    return [
        read_asked(one if isinstance(one, dict) else {"subject": one}, f"body.subjects[{place}]")
        for place, one in enumerate(listed)
    ]


async def match(reads: Gathering, service: Service, asked: Asked) -> Answer:
    """Verify one subject: yes or no for each asserted field, or the granted record. Raises refusals, `EpochOver`."""
    content, rows, version = await _one(reads, service, asked)
    return Answer(content, rows, (asked.subject,), version)


async def _one(reads: Gathering, service: Service, asked: Asked) -> tuple[bytes, int, str]:
    if asked.fields is None and service.record is not None:
        found, version = await _found(reads, service, asked.subject)
        return _records(found), len(found), version
    names = tuple(asked.fields or ())
    _require_assertable(service, names)
    values = (asked.subject, *(asked.fields or {}).values())
    rows, version = await _fetch(reads.lanes, _statement(service, "assert", *names), values)
    row = rows[0]
    content: dict[str, Any] = {"found": row[2]}
    if names:
        content["fields"] = {name: row[place] for place, name in enumerate(names, 3)}
    return orjson.dumps(content), int(row[2]), version


def _records(found: Sequence[str]) -> bytes:
    if not found:
        return b'{"found":false,"records":[]}'
    return ('{"found":true,"records":[' + ",".join(found) + "]}").encode()


def _require_assertable(service: Service, names: Sequence[str]) -> None:
    allowed = assertable(service.relation)
    for name in names:
        if name not in allowed:
            raise refusals.GatewayRefused(
                403,
                _("不能核验该字段：未授权或不可比对"),
                code="field",
                where=name[:80],
                mend=_("可核验的字段见本服务的说明文档。"),
            )


async def match_list(reads: Gathering, service: Service, asked: Sequence[Asked]) -> Answer:
    """Verify a list, answered in its order. Raises refusals, `EpochOver`."""
    subjects = [one.subject for one in asked]
    if service.record is not None and all(one.fields is None for one in asked):
        statement = _statement(service, "list", service.subject)
        rows, version = await _fetch(reads.lanes, statement, (list(dict.fromkeys(subjects)),))
        held: dict[str, list[str]] = {}
        for row in rows:
            if row[2] is not None:
                held.setdefault(row[2][0], []).append(row[3])
        contents = [_records(held.get(subject, ())) for subject in subjects]
        count = sum(len(one) for one in held.values())
    else:
        # each subject is read under the grant as it stands then: withdrawn half-way, the whole list is refused
        found = [await _one(reads, service, one) for one in asked]
        contents, count, version = [one[0] for one in found], sum(one[1] for one in found), found[-1][2]
    named = (
        b'{"subject":' + orjson.dumps(subject) + b"," + content[1:]
        for subject, content in zip(subjects, contents, strict=True)
    )
    return Answer(b'{"results":[' + b",".join(named) + b"]}", count, subjects, version)


# --- query ------------------------------------------------------------------------------------------------------------


def read_rows(query: Mapping[str, str], *, streamed: bool, most: int) -> RowsAsked:
    """Read `key=value&…&limit=`. Raises a refusal."""
    filters = {name: value for name, value in query.items() if name != "limit"}
    if not filters:
        raise refusals.malformed(
            _("至少要有一个查询条件"), where="query", mend=_("请用“字段=值”给出条件，可用字段见服务说明。")
        )
    text = query.get("limit", str(most if streamed else DEFAULT_ROWS))
    bound = most if streamed else MOST_ROWS
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 0 < int(text) <= bound:
        raise refusals.malformed(
            _("limit 应为 1 至 %(most)s 的整数") % {"most": bound},
            where="limit",
            mend=_("需要更多行时请以 application/x-ndjson 流式读取，或申请库表方式。"),
        )
    names = tuple(sorted(filters))
    return RowsAsked(names, tuple(filters[name] for name in names), int(text))


def named_subject(service: Service, asked: RowsAsked) -> str:
    """Give the person or enterprise that a query names; empty where it names none."""
    subject = service.subject
    return asked.values[asked.names.index(subject)].strip() if subject and subject in asked.names else ""


def probes(service: Service, asked: RowsAsked) -> bool:
    """Tell whether a query tries a key whose value the grant does not show: its answer says whether the guess was right."""
    relation = service.relation
    clear = {column.name for column in relation.columns if mask_kind(column) == "none"}
    return any(name in relation.lookups and name not in clear for name in asked.names)


def rows_query(service: Service, asked: RowsAsked) -> tuple[str, tuple[Any, ...]]:
    """Give the watched statement of a query, and its values. Raises a refusal for a column that may not be asked."""
    return _statement(service, "rows", *asked.names), (*asked.values, asked.limit)


async def rows(reads: Gathering, service: Service, asked: RowsAsked) -> Answer:
    """Answer a filtered query. Raises refusals, `EpochOver`."""
    subjects: Sequence[str] = asked.values
    if asked.names == (service.subject,) and asked.limit >= DEFAULT_ROWS:
        texts, version = await _found(reads, service, asked.values[0])
        texts = texts[: asked.limit]
    else:
        statement, values = rows_query(service, asked)
        found, version = await _fetch(reads.lanes, statement, values)
        subjects = list(dict.fromkeys(row[2] for row in found if row[2]))
        if asked_one := named_subject(service, asked):
            subjects = [asked_one]
        texts = [row[3] for row in found if row[3] is not None]
    return Answer(('{"rows":[' + ",".join(texts) + "]}").encode(), len(texts), subjects, version)
