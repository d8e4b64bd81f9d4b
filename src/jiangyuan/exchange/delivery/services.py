"""What the page of a service says: made from the grant, with the words of the gateway itself."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.queries import live_items
from jiangyuan.data.engines.filters import assertable, filterable
from jiangyuan.data.relations import RelationGrant
from jiangyuan.exchange.delivery.gateway import refusals
from jiangyuan.exchange.delivery.gateway.definitions import Service
from jiangyuan.exchange.delivery.gateway.documentation import header_words, openapi
from jiangyuan.exchange.delivery.signing import SIGNATURE, SIGNED
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.exchange.sharing.resolver import relation_of
from jiangyuan.exchange.sharing.terms import names_of
from jiangyuan.exchange.sharing.wording import forms_text
from jiangyuan.kernel.errors import Refused
from jiangyuan.ui import parts

SIGNED_HEADERS = (*SIGNED, SIGNATURE)
TOLD: tuple[Callable[[], Refused], ...] = (
    refusals.unsigned,
    refusals.key_over,
    refusals.bad_time,
    refusals.replayed,
    refusals.not_granted,
    refusals.wrong_purpose,
    refusals.ended,
    refusals.no_case,
    refusals.not_listed,
    refusals.no_operator,
    refusals.one_by_one,
    lambda: refusals.over_quota(1, probes=True),
    refusals.preparing,
    refusals.failed,
)
"""The refusals a caller meets most."""
RARER: tuple[Callable[[], Refused], ...] = (
    lambda: refusals.over_quota(1, probes=False),
    lambda: refusals.malformed(gettext_lazy("请求的内容不符合要求")),
    refusals.no_route,
    refusals.ambiguous,
    refusals.not_served,
    refusals.overloaded,
    refusals.out_of_time,
)


def why_refused(code: str) -> str:
    """Say why a read was refused, by the code that its trace holds; empty for a code that the gateway does not give."""
    return next((str(one.message) for one in (make() for make in (*TOLD, *RARER)) if one.code == code), "")


def subject_of(grant: Grant) -> str:
    """Name the column by which a person or enterprise is asked about."""
    relation = relation_of(grant)
    return next(iter((*relation.subjects, *relation.key)), "")


def filters_of(grant: Grant) -> list[str]:
    """Name the columns by which rows may be asked for."""
    return list(filterable(relation_of(grant)))


def called(grant: Grant) -> str:
    """Give the name a system calls a service by: the data's own, or the grant's number where several would fit."""
    alike = Grant.objects.filter(system_id=grant.system_id, mount_id=grant.mount_id, purpose=grant.purpose)
    others = alike.filter(state__in=("preparing", "active", "suspended")).exclude(pk=grant.pk)
    return str(grant.pk) if others.exists() else grant.mount.alias


def sentence(grant: Grant) -> str:
    """Say in one sentence what a service is for."""
    return _("%(provider)s向“%(system)s”提供，用于%(scenario)s，有效期至 %(until)s（含当日）。") % {
        "provider": grant.provider.name,
        "system": grant.system.name,
        "scenario": grant.request.scenario.rstrip("。"),  # i18n: how a sentence ends
        "until": grant.until.isoformat(),
    }


def about(grant: Grant, address: str, name: str) -> parts.Definitions:
    """Give what a caller must know before the first call; `name` as `called` gives it."""
    case = _("必填：只能查询该办件名单内的人员") if grant.case_bound else _("涉及个人信息时必填")
    rows = (
        parts.Definition(term=_("服务地址"), value=parts.Code(text=f"{address}/v1/{name}/")),
        parts.Definition(term=_("应用系统编码"), value=parts.Code(text=grant.system.code)),
        parts.Definition(term=_("用途"), value=parts.Code(text=grant.purpose), help=_("每次调用须一致。")),
        parts.Definition(term=_("方式"), value=forms_text(form for form in grant.forms if form != "table")),
        parts.Definition(term=_("办件编号"), value=case),
        parts.Definition(term=_("核验上限"), value=_("每分钟 %(n)s 次") % {"n": grant.probes_per_minute}),
    )
    return parts.Definitions(rows=rows)


def _table(caption: Any, titles: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> parts.Table:
    columns = tuple(parts.Column(title=title) for title in titles)
    empty = parts.Empty(title=caption, why=_("没有可用的内容。"))
    return parts.Table(caption=caption, show_caption=True, columns=columns, rows=rows, empty=empty)


def operations(grant: Grant, name: str) -> parts.Table:
    """List the calls a service takes."""
    rows: list[tuple[Any, ...]] = []
    base = f"/v1/{name}/"
    if "match" in grant.forms:
        rows.append((_("核验一个主体"), "POST", parts.Code(text=f"{base}match"), _("返回是否相符，或授权的字段")))
        rows.append((_("比对名单"), "POST", parts.Code(text=f"{base}match-list"), _("一次最多 200 个主体")))
    if "query" in grant.forms:
        rows.append((_("按条件查询"), "GET", parts.Code(text=f"{base}rows"), _("返回符合条件的记录")))
    return _table(_("怎么调用"), (_("操作"), _("方法"), _("路径"), _("说明")), rows)


def asked(grant: Grant) -> parts.Table:
    """List what may be asked with."""
    relation: RelationGrant = relation_of(grant)
    names = names_of(grant.entry)
    subject = subject_of(grant)
    rows: list[tuple[Any, ...]] = []
    if "match" in grant.forms:
        rows.append(
            (parts.Code(text="subject"), _("正文"), _("必填：%(name)s") % {"name": names.get(subject, subject)})
        )
        rows += [
            (
                parts.Code(text=f"fields.{name}"),
                _("正文"),
                _("可填：断言%(name)s的值，返回是否相符") % {"name": names.get(name, name)},
            )
            for name in assertable(relation)
        ]
    if "query" in grant.forms:
        rows += [
            (parts.Code(text=name), _("查询参数"), _("按%(name)s筛选") % {"name": names.get(name, name)})
            for name in filterable(relation)
        ]
        rows.append((parts.Code(text="limit"), _("查询参数"), _("最多返回多少条")))
    return _table(_("参数"), (_("名称"), _("位置"), _("说明")), rows)


def headers() -> parts.Table:
    """List the headers that every call carries."""
    rows: list[tuple[Any, ...]] = [
        (parts.Code(text=f"X-Jiangyuan-{name}"), text) for name, text in header_words().items()
    ]
    return _table(_("签名请求头"), (_("请求头"), _("内容")), rows)


def refusal_table() -> parts.Table:
    """List what a caller may be refused for, in the gateway's own words."""
    made = [make() for make in TOLD]
    rows: list[tuple[Any, ...]] = [
        (str(one.status), parts.Code(text=one.code), one.message, one.mend, one.article) for one in made
    ]
    return _table(_("未提供数据时"), (_("状态码"), _("代码"), _("原因"), _("怎么办"), _("依据")), rows)


def examples(grant: Grant, address: str, name: str) -> tuple[tuple[str, str], ...]:
    """Give the call in curl and in Python."""
    matching = "match" in grant.forms
    path = f"/v1/{name}/{'match' if matching else 'rows'}"
    said = {
        "System": grant.system.code,
        "Key": "$KEY_ID",
        "Time": "$TIME",
        "Nonce": "$NONCE",
        "Operator": "$OPERATOR",
        "Case": "$CASE",
        "Purpose": grant.purpose,
        "Signature": "$SIGNATURE",
    }
    lines = [f'curl -s "{address}{path}"', *(f'  -H "X-Jiangyuan-{name}: {value}"' for name, value in said.items())]
    if matching:
        lines += ['  -H "Content-Type: application/json"', "  -d " + shlex.quote('{"subject": "…"}')]
    call = (
        f'path="{path}", content={{"subject": "…"}}'
        if matching
        else f'method="GET", path="{path}", query={{"limit": 10}}'
    )
    python = (
        "from jiangyuan.exchange.delivery.client import Credentials, Occasion, call\n\n"
        f'who = Credentials(system="{grant.system.code}", key_id="…", secret="…")\n'
        f'why = Occasion(purpose="{grant.purpose}", case_number="…", operator="…")\n'
        f'answer = call("{address}", who, why, {call})\n'
        "print(answer.status_code, answer.json())\n"
    )
    return (("curl", " \\\n".join(lines)), ("Python", python))


def document(grant: Grant, *, address: str) -> dict[str, Any]:
    """Give the OpenAPI document of a grant, as the gateway gives it to the system."""
    relation = relation_of(grant)
    hidden = {item["column"] for item in live_items(grant.entry) if not item["shareable"]}
    service = Service(
        id=grant.pk,
        relation=relation,
        active=grant.active,
        purpose=grant.purpose,
        case_bound=grant.case_bound,
        personal=False,
        probes_per_minute=grant.probes_per_minute,
        entry_name=grant.entry.known_name,
        provider_name=grant.provider.name,
        subject=subject_of(grant),
        gathers=False,
        ready=grant.state == "active",
        columns=tuple((i["column"], i["name"], i["type"], i["mask"].get("kind", "none")) for i in grant.items),
        record=None,
        whole=None,
        grants=((grant.pk, grant.epoch),),
    )
    shown = tuple(column for column in relation.columns if column.name not in hidden)
    return openapi(service, address=address, shown=shown)
