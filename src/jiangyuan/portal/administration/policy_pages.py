"""Who may do what: by capacity, by holder, and the policies themselves in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.kernel import policy
from jiangyuan.kernel.actor import ADMINISTRATORS
from jiangyuan.kernel.texts import listed
from jiangyuan.organization.models import CAPACITY_LABELS, Appointment
from jiangyuan.organization.queries import bodies
from jiangyuan.portal.administration import policies, queries, sentences
from jiangyuan.ui import listing, lists, measures, pages, parts
from jiangyuan.ui.session import require_actor

HOLDERS = "/security/holders/"
PEOPLE = "/organization/people/"


def capacities_page(request: HttpRequest) -> HttpResponse:
    """Explain what a capacity is for and what it may do, from the policies and state tables in force."""
    actor = require_actor(request)
    chosen = listing.facet(request, "capacity", _("身份"), CAPACITY_LABELS.items())
    capacity = chosen.value or (actor.capacity if actor.capacity in CAPACITY_LABELS else "business_office")
    words = listing.words_of(request)
    found = [one for one in policies.powers(capacity) if words in one.title or words in one.room]
    facets = (replace(chosen, values=(capacity,)),)
    filters = listing.Filters(facets=facets, text=words, words=_("操作或领域"))
    name = str(CAPACITY_LABELS[capacity])
    empty = parts.Empty(
        title=_("没有专属的操作"),
        why=_("这一身份只查看，不办理；本人的账号、口令和令牌人人都可自己管理。"),
    )
    columns = (_("操作"), _("条件"), _("从何状态到何状态"))
    lines = [(one.room, (one.title, one.condition or _("不限"), one.states or _("不改变状态"))) for one in found]
    rooms = _by_room(columns, lines, held=bool(words)) or [listing.nothing_found(filters if words else None, empty)]
    mine = _("这是您当前的身份。") if capacity == actor.capacity else ""
    notices = [parts.Notice(title=name, text=" ".join(t for t in (str(policies.DUTIES[capacity]), mine) if t))]
    if capacity in ADMINISTRATORS:
        others = listed(CAPACITY_LABELS[c] for c in sorted(ADMINISTRATORS - {capacity}))
        notices.append(
            parts.Notice(
                title=_("不能与%(others)s由同一人担任") % {"others": others},
                tone="warn",
                text=_("三员分立：任命时即被拒绝；已有冲突的，任何操作都不能进行。"),
                article="GB/T 22239-2019 8.1.5",
            )
        )
    header = parts.Header(
        title=_("身份与职责"),
        lead=_("由权限规则和办理流程直接生成，与平台实际执行的完全一致。任何人都不能审批本人提交的事项。"),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(filters, *notices, *rooms))


def _by_room(columns: tuple[str, ...], lines: list[tuple[str, tuple[Any, ...]]], *, held: bool) -> list[parts.Part]:
    """Give lines as a table for each room, in their order; folded on a phone, unless they were looked for."""
    rooms: dict[str, list[tuple[Any, ...]]] = {}
    for room, line in lines:
        rooms.setdefault(room, []).append(line)
    return [
        measures.Fold(
            title=room,
            note=ngettext("%(n)s 条", "%(n)s 条", len(rows)) % {"n": len(rows)},
            held=held,
            inner=(
                parts.Table(
                    caption=room,
                    columns=tuple(parts.Column(title=title) for title in columns),
                    rows=rows,
                    empty=parts.Empty(title="", why=""),
                ),
            ),
        )
        for room, rows in rooms.items()
    ]


def policies_page(request: HttpRequest) -> HttpResponse:
    """Show every policy in words, with the actions it governs."""
    queries.require(require_actor(request), "security_admin", "auditor", "system_admin")
    words = listing.words_of(request)
    effect = listing.facet(request, "effect", _("效力"), (("permit", _("准许")), ("forbid", _("禁止"))))
    room_facet = listing.facet(request, "room", _("领域"), policies.ROOMS.items())
    lines = []
    for one in policy.statements():
        named = [policies.action_title(name) for name in one.actions] or [_("一切操作")]
        told = _("；").join(sentences.sentence(condition["body"], one.actions) for condition in one.conditions) or _(
            "任何时候"
        )
        if words and words not in told and not any(words in name for name in named):
            continue
        if (effect.value and one.effect != effect.value) or not _in_room(one.actions, room_facet.value):
            continue
        forbids = one.effect == "forbid"
        badge = parts.Badge(label=_("禁止") if forbids else _("准许"), tone="warn" if forbids else "good")
        room = policies.room_title(one.actions[0]) if one.actions else _("全局")
        lines.append((room, (badge, str(listed(dict.fromkeys(named))), told)))
    filters = listing.Filters(text=words, words=_("操作或条件"), facets=(room_facet, effect))
    rooms = _by_room((_("效力"), _("管哪些操作"), _("条件")), lines, held=filters.narrowed)
    rooms = rooms or [parts.Empty(title=_("没有符合条件的规则"), why=_("换一个说法再找。"))]
    header = parts.Header(
        title=_("权限规则"),
        lead=_("没有规则准许的一律不准；禁止优先于准许。共 %(n)s 条，随平台版本发布，不能在页面上修改。")
        % {"n": len(policy.statements())},
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(filters, filters.chips, *rooms))


def _in_room(actions: Iterable[str], room: str) -> bool:
    return not room or any(policies.room_of(name) == room for name in actions)


def separation() -> parts.Notice:
    """Say whether the three administrators are separate people."""
    if joined := queries.joined():
        return parts.Notice(
            title=_("三员分立不成立：%(names)s兼任") % {"names": listed(joined)},
            tone="bad",
            text=_("其任何操作都会被拒绝。请立即结束其中一项任命。"),
            article="GB/T 22239-2019 8.1.5",
        )
    counted = queries.administrators()
    told = _("，").join(
        _("%(who)s %(n)s 人") % {"who": CAPACITY_LABELS[capacity], "n": n} for capacity, n in counted.items()
    )
    if missing := [CAPACITY_LABELS[c] for c, n in counted.items() if not n]:
        return parts.Notice(title=_("缺少%(who)s") % {"who": listed(missing)}, tone="warn", text=told)
    return parts.Notice(title=_("三员分立：没有人兼任"), tone="good", text=told, article="GB/T 22239-2019 8.1.5")


def holders_page(request: HttpRequest) -> HttpResponse:
    """List who holds which capacity now."""
    actor = require_actor(request)
    queries.require(actor, "security_admin", "auditor")
    filters = listing.Filters(
        facets=(
            listing.facet(request, "capacity", _("身份"), CAPACITY_LABELS.items()),
            listing.facet(request, "body", _("部门"), [(b.pk, str(b)) for b in bodies(actor=actor)[:500]]),
        ),
        text=listing.words_of(request),
        words=_("姓名"),
    )
    rows = queries.in_force()
    for name, value in ((f.name, f.value) for f in filters.facets if f.value):
        rows = rows.filter(**{name: value})
    if filters.text:
        rows = rows.filter(person__name__icontains=filters.text)

    def row(held: Appointment) -> tuple[Any, ...]:
        link = parts.Link(title=held.person.name, url=f"{PEOPLE}{held.person_id}/")
        second = parts.Badge(label=_("已启用"), tone="good") if held.person.totp_confirmed_at else _("未启用")
        return link, held.get_capacity_display(), str(held.body), held.since, held.until or _("长期"), second  # type: ignore[attr-defined]

    titles = (
        (_("姓名"), ""),
        (_("身份"), "capacity"),
        (_("部门"), ""),
        (_("自"), "since"),
        (_("至"), ""),
        (_("动态码"), ""),
    )
    table = listing.table_of(
        request,
        rows,
        caption=_("任命一览"),
        columns=tuple(parts.Column(title=title, order=order) for title, order in titles),
        row=row,
        order=("capacity", "since"),
        filters=filters,
        empty=parts.Empty(title=_("还没有任命"), why=_("任命由安全管理员办理。")),
    )
    header = parts.Header(title=_("任命一览"), lead=_("此刻有效的任命：谁、以何身份、代表哪个部门。"))
    return lists.list_page(request, header=header, above=(separation(),), filters=filters, table=table)
