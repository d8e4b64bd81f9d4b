"""The desks of the security administrator and of the auditor: first what needs them, then the lists behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from jiangyuan.kernel import witness
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.kernel.log_store import latest_head
from jiangyuan.kernel.models import Event
from jiangyuan.organization.session_pages import sign_in_row
from jiangyuan.portal.administration import policies, queries
from jiangyuan.portal.administration.policy_pages import PEOPLE, separation
from jiangyuan.ui import pages, parts, session
from jiangyuan.ui.session import require_actor

_SHOWN = 20


def security_page(request: HttpRequest) -> HttpResponse:
    """Show the security administrator what needs him: locks, weak administrators, keys that end, refusals."""
    queries.require(require_actor(request), "security_admin")
    header = parts.Header(
        title=_("安全管理"),
        lead=_("先处理锁定的账号和将到期的密钥，再看近日被拒绝的操作。"),
        further=(
            parts.Button(title=_("任命一览"), url="/security/holders/", kind="plain", icon="users"),
            parts.Button(title=_("权限规则"), url="/security/policies/", kind="plain", icon="book"),
        ),
    )
    sections = (_locked(), _ending(), _weak(), refusal_table(queries.refusals(_SHOWN)))
    return pages.page(request, "ui/detail.html", header=header, above=(separation(),), sections=sections)


def _columns(*titles: Any) -> tuple[parts.Column, ...]:
    return tuple(parts.Column(title=title) for title in titles)


def _person(one: Any) -> parts.Link:
    return parts.Link(title=one.name, url=f"{PEOPLE}{one.pk}/")


def _locked() -> parts.Table:
    return parts.Table(
        caption=_("锁定的账号"),
        show_caption=True,
        columns=_columns(_("姓名"), _("登录名"), _("锁定至"), _("处理")),
        rows=[
            (
                _person(one),
                parts.Code(text=one.username),
                one.locked_until,
                parts.Button(title=_("查看并解除"), url=f"{PEOPLE}{one.pk}/", kind="plain"),
            )
            for one in queries.locked()
        ],
        empty=parts.Empty(title=_("没有锁定的账号"), why=_("连续 5 次登录失败锁定 15 分钟，到时自动解除。")),
    )


def _ending() -> parts.Table:
    rows: list[tuple[Any, ...]] = [
        (
            _("应用系统密钥"),
            parts.Link(title=key.system.name, url=f"/organization/systems/{key.system_id}/"),
            str(key.system.body),
            key.expires_on,
        )
        for key in queries.keys_ending()
    ]
    rows += [
        (_("访问令牌"), _person(token.person), str(token.appointment), token.expires_at.date())
        for token in queries.tokens_ending()
    ]
    return parts.Table(
        caption=_("30 天内到期的密钥和令牌"),
        show_caption=True,
        columns=_columns(_("种类"), _("归谁"), _("所属"), _("到期日")),
        rows=rows,
        empty=parts.Empty(title=_("近期没有到期的"), why=_("到期前请提醒归属部门签发新的，旧的到期自动失效。")),
    )


def _weak() -> parts.Table:
    return parts.Table(
        caption=_("未启用动态码的管理员和运维人员"),
        show_caption=True,
        columns=_columns(_("姓名"), _("身份"), _("部门")),
        rows=[
            (_person(held.person), held.get_capacity_display(), str(held.body))  # type: ignore[attr-defined]
            for held in queries.without_second_factor()
        ],
        empty=parts.Empty(
            title=_("全部已启用"), why=_("管理员和运维人员都须用两种因素登录（GB/T 22239-2019 8.1.4.1）。")
        ),
    )


def refusal_table(events: list[Event]) -> parts.Table:
    """Show refused acts: when, who, which act, why, and how many of the same were folded into it."""
    read = [(event, event.content) for event in events]
    names = _names([content["actor"] for _event, content in read])
    reasons = {
        "forbidden": _("身份不允许"),
        "own": _("审批本人提交的事项"),
        "administrators": _("三员兼任"),
        "contractor": _("受托方不能审批"),
        "not_found": _("看不到或不存在"),
        "stale": _("内容已被他人更新"),
        "wrong_state": _("状态不允许"),
        "invalid": _("填写有误"),
    }
    return parts.Table(
        caption=_("近 7 天被拒绝的操作"),
        show_caption=True,
        columns=(
            *_columns(_("时间"), _("何人"), _("部门"), _("操作"), _("原因")),
            parts.Column(title=_("此前同类"), numeric=True, unit=_("次")),
        ),
        rows=[
            (
                event.at,
                names.get((content["actor"]["kind"], str(content["actor"]["id"])), _("平台服务")),
                names.get(("body", str(content["actor"].get("body"))), ""),
                policies.action_title(str(content["payload"].get("action", ""))),
                reasons.get(str(content["payload"].get("code", "")), _("不合规则")),
                int(content["payload"].get("folded_before") or 0),
            )
            for event, content in read
        ],
        empty=parts.Empty(title=_("近 7 天没有被拒绝的操作"), why=_("被拒绝的操作也进入存证日志。")),
    )


def _names(actors: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    wanted = {(str(one["kind"]), str(one["id"])) for one in actors}
    return session.names_of(wanted | {("body", str(one["body"])) for one in actors if one.get("body")})


def audit_page(request: HttpRequest) -> HttpResponse:
    """Show the auditor the state of the evidence, sign-ins, refusals, and who read how much."""
    queries.require(require_actor(request), "auditor")
    header = parts.Header(
        title=_("审计"),
        lead=_("先看证据是否完好，再看谁在登录、谁被拒绝、谁在用数据。审计管理员只看不改。"),
        further=(
            parts.Button(title=_("按人查操作"), url=reverse("trace_person"), kind="plain", icon="user-search"),
            parts.Button(title=_("存证日志"), url=reverse("evidence"), kind="plain", icon="shield-check"),
        ),
    )
    sections = (_evidence(), _reads(), _sign_ins(), refusal_table(queries.refusals(_SHOWN)))
    return pages.page(request, "ui/detail.html", header=header, above=(separation(),), sections=sections)


def _evidence() -> parts.Definitions:
    head = latest_head()
    rows = [
        parts.Definition(term=_("已存证"), value=head.size if head else 0, help=_("每项操作、每次数据使用各一条。")),
        parts.Definition(term=_("最近一次签署"), value=datetime.fromisoformat(head.at) if head else _("尚未签署")),
        parts.Definition(term=_("库外存证"), value=_anchor(head)),
        parts.Definition(
            term=_("核验"),
            value=parts.Link(title=_("现在核验最近的记录"), url=reverse("evidence"), icon="shield-check"),
            help=_("重新计算最近两万条记录，与签署过的首部逐一核对。"),
        ),
    ]
    return parts.Definitions(title=_("存证日志"), rows=tuple(rows))


def _anchor(head: Any) -> parts.Badge:
    """Hold the newest head outside of the database against the one inside."""
    try:
        outside = witness.last_head()
    except JiangyuanError:
        return parts.Badge(label=_("存证文件损坏，请立即保全现场"), tone="bad")
    if head is None or outside is None:
        return parts.Badge(label=_("还没有库外存证"), tone="idle")
    if outside.size > head.size or (outside.size == head.size and outside.root != head.root):
        return parts.Badge(label=_("与库内不一致，请立即保全现场"), tone="bad")
    return parts.Badge(label=_("与库内一致"), tone="good")


def _reads() -> parts.Table:
    found = queries.reads_by()
    names = session.names_of(
        {(kind, str(actor)) for _body, kind, actor, *_rest in found}
        | {("body", str(body)) for body, *_rest in found if body}
    )
    forms = {"match": _("核验"), "query": _("查询"), "table": _("库表"), "check": _("质量检查")}
    return parts.Table(
        caption=_("近 7 天谁在用数据（最近 5,000 次）"),
        show_caption=True,
        columns=(
            *_columns(_("部门"), _("何人或何系统"), _("方式")),
            parts.Column(title=_("次数"), numeric=True, unit=_("次")),
            parts.Column(title=_("返回"), numeric=True, unit=_("行")),
            parts.Column(title=_("最近一次")),
        ),
        rows=[
            (
                names.get(("body", str(body)), ""),
                names.get((kind, str(actor)), _("平台服务")),
                forms.get(form, _("其他")),
                int(times),
                int(rows),
                last,
            )
            for body, kind, actor, form, times, rows, last in found
        ],
        empty=parts.Empty(title=_("近 7 天没有使用受控数据"), why=_("每一次查询、核验和交付都会记在这里。")),
    )


def _sign_ins() -> parts.Table:
    events = queries.sign_ins(_SHOWN)
    wanted = {("person", str(event.object_id)) for event in events if event.object_id}
    names = session.names_of(wanted)
    return parts.Table(
        caption=_("最近的登录"),
        show_caption=True,
        columns=_columns(_("何人"), _("时间"), _("结果"), _("方式"), _("网络地址"), _("浏览器")),
        rows=[(names.get(("person", str(e.object_id)), _("不存在的登录名")), *sign_in_row(e)) for e in events],
        empty=parts.Empty(title=_("近 7 天没有登录"), why=_("每次登录和登录失败都会记在这里。")),
    )
