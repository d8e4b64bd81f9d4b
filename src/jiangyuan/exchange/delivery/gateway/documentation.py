"""The documentation of one service, as OpenAPI 3.1: made from the grant, for the system that holds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from jiangyuan.data.column_types import family
from jiangyuan.data.engines.filters import assertable, filterable
from jiangyuan.data.relations import Column
from jiangyuan.exchange.delivery.gateway.admission import MOST_SUBJECTS
from jiangyuan.exchange.delivery.gateway.answers import DEFAULT_ROWS, MOST_ROWS
from jiangyuan.exchange.delivery.gateway.definitions import Service
from jiangyuan.exchange.delivery.signing import __doc__ as SIGNING

_TYPES = {
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "float": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
}
_EXAMPLE = """
from jiangyuan.exchange.delivery.client import Credentials, Occasion, call

who = Credentials(system="…", key_id="…", secret="…")
why = Occasion(purpose="{purpose}", case_number="…", operator="…")
answer = call("{address}", who, why, path="/v1/{service}/match", content={{"subject": "…"}})
"""


def header_words() -> dict[str, str]:
    """Say what each of the platform's headers holds."""
    return {
        "System": _("应用系统编码"),
        "Key": _("密钥编号"),
        "Time": _("签名时间（RFC 3339，与平台相差不超过 300 秒）"),
        "Nonce": _("随机数，16 至 64 个字母、数字、- 或 _，只能用一次"),
        "Operator": _("经办人（UTF-8 百分号编码）"),
        "Case": _("办件编号"),
        "Purpose": _("授权约定的用途"),
        "Signature": _("签名（十六进制）"),
    }


def _headers() -> list[dict[str, Any]]:
    return [
        {
            "name": f"X-Jiangyuan-{name}",
            "in": "header",
            "required": name != "Case",
            "schema": {"type": "string"},
            "description": text,
        }
        for name, text in header_words().items()
    ]


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    traced = {
        f"X-Jiangyuan-{name}": {"schema": {"type": "string"}}
        for name in ("Request-Id", "Data-Version", "Epoch", "Answer-Digest")
    }
    refusal = {"$ref": "#/components/responses/refusal"}
    shown = {"description": description, "headers": traced, "content": {"application/json": {"schema": schema}}}
    return {"200": shown, **dict.fromkeys(("400", "401", "403", "404", "429", "503"), refusal)}


def _record(service: Service, shown: Sequence[Column] | None) -> dict[str, Any]:
    given = service.record.relations[0].columns if service.record else ()
    columns = given if shown is None else shown
    names = {name: title for name, title, _type, _mask in service.columns}
    properties: dict[str, Any] = {}
    for column in columns:
        masked = column.mask is not None and column.mask.kind not in ("none", "year", "round", "bucket")
        shape = {"type": "string"} if masked else dict(_TYPES.get(family(column.type), {"type": "string"}))
        shape["description"] = names.get(column.name, column.name)
        if column.mask is not None:
            shape["x-mask"] = column.mask.kind
        properties[column.name] = shape
    return {"type": "object", "properties": properties}


def _match(service: Service) -> dict[str, Any]:
    subject = {"type": "string", "maxLength": 64, "description": service.subject}
    named = {name: title for name, title, _type, _mask in service.columns}
    fields = {name: {"description": named.get(name, name)} for name in assertable(service.relation)}
    one = {
        "type": "object",
        "required": ["subject"],
        "properties": {"subject": subject, "fields": {"type": "object", "properties": fields}},
        "additionalProperties": False,
    }
    verdict = {
        "type": "object",
        "properties": {
            "found": {"type": "boolean"},
            "fields": {"type": "object", "additionalProperties": {"type": "boolean"}},
            "records": {"type": "array", "items": {"$ref": "#/components/schemas/record"}},
        },
    }
    listed = {
        "type": "object",
        "required": ["subjects"],
        "properties": {
            "subjects": {"type": "array", "minItems": 1, "maxItems": MOST_SUBJECTS, "items": {"oneOf": [subject, one]}}
        },
    }
    results = {"type": "object", "properties": {"results": {"type": "array", "items": verdict}}}
    return {
        f"/v1/{service.id}/match": {"post": _operation(_("核验一个主体"), one, verdict)},
        f"/v1/{service.id}/match-list": {"post": _operation(_("比对名单"), listed, results)},
    }


def _operation(summary: str, asked: dict[str, Any], answered: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": _headers(),
        "requestBody": {"required": True, "content": {"application/json": {"schema": asked}}},
        "responses": _answer(summary, answered),
    }


def _rows(service: Service) -> dict[str, Any]:
    filters = [
        {
            "name": name,
            "in": "query",
            "schema": {"type": "string"},
            "required": service.case_bound and name == service.subject,
        }
        for name in filterable(service.relation)
    ]
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": DEFAULT_ROWS}
    found = {"type": "array", "items": {"$ref": "#/components/schemas/record"}}
    return {
        f"/v1/{service.id}/rows": {
            "get": {
                "summary": _("按条件查询"),
                "parameters": [*_headers(), *filters, {"name": "limit", "in": "query", "schema": limit}],
                "responses": _answer(_("查询结果"), {"type": "object", "properties": {"rows": found}}),
            }
        }
    }


def openapi(service: Service, *, address: str, shown: Sequence[Column] | None = None) -> dict[str, Any]:
    """Give the OpenAPI document of a service, in the language that is active.

    `shown`: the columns of a record, where no plan of the gateway tells them.
    """
    paths: dict[str, Any] = {}
    if "match" in service.relation.forms:
        paths |= _match(service)
    if "query" in service.relation.forms:
        paths |= _rows(service)
    example = _EXAMPLE.format(purpose=service.purpose, address=address, service=service.id)
    terms = _("提供方：%(provider)s；用途：%(purpose)s；有效期至 %(until)s（含当日）。") % {
        "provider": service.provider_name,
        "purpose": service.purpose,
        "until": service.relation.until.isoformat(),
    }
    text = {name: {"type": "string"} for name in ("code", "message", "where", "mend", "article")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": service.entry_name,
            "version": str(service.relation.epoch),
            "description": f"{terms}\n\n{SIGNING}\n\n```python{example}```",
        },
        "servers": [{"url": address}],
        "paths": paths,
        "components": {
            "schemas": {"record": _record(service, shown)},
            "responses": {
                "refusal": {
                    "description": _("未提供数据：原因、依据和处理办法"),
                    "content": {"application/json": {"schema": {"type": "object", "properties": text}}},
                }
            },
        },
        "x-quota": {"probes_per_minute": service.probes_per_minute},
    }
