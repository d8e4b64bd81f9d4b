"""Review of an entry: what is asked against the live version, the checklist, agree or return with a reason per field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.catalog.entries import queries, tables
from jiangyuan.catalog.entries.models import DataItem, Entry
from jiangyuan.catalog.entries.rules import ART13, ART14, ART16
from jiangyuan.catalog.entries.version_pages import difference_rows
from jiangyuan.catalog.entries.wording import FIELDS
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.texts import cite, listed
from jiangyuan.ui import drafts, lists, objects, pages, parts, states, steps
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

QUEUE = parts.Link(title=gettext_lazy("目录审核"), url="/catalog/review/")
DECIDES = {
    "office_review": "catalog.entry.endorse",
    "department_review": "catalog.entry.approve",
    "authority_review": "catalog.entry.publish",
}
RETURN = "catalog.entry.return"
RETURNABLE = (
    "name",
    "summary",
    "classification",
    "nature",
    "format",
    "update_cycle",
    "share_type",
    "share_methods",
    "share_condition",
    "share_basis",
    "open_type",
    "open_condition",
    "time_from",
    "space_scope",
    "contact",
    "related",
    "items",
    "secrecy_result",
    "privacy_result",
)
SENSITIVE = 3
"""From this grade on an item that names a person should have a mask by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnForm(parts.Part):
    """The form that returns an entry: a reason beside each field that needs correcting. `submit` is its heading."""

    template: ClassVar[str] = "entries/return_form.html"
    url: str
    version: int | str
    submit: Any
    rows: tuple[tuple[str, Any, str], ...]
    action: str = RETURN
    errors: tuple[str, ...] = ()
    draft: drafts.Offered | None = None
    key: str = field(default_factory=lambda: str(uuid7()))


def _asked(entry: Entry) -> parts.Part:
    if entry.live_version:
        return parts.Differences(rows=difference_rows(queries.pending_differences(entry)))
    content = queries.snapshot(entry)
    names = [name for name in FIELDS if name in content and name != "items" and content[name] not in ("", None)]
    rows = difference_rows({"field": n, "before": None, "after": content[n]} for n in names)
    # nothing is in force to compare with
    told = tuple(parts.Definition(term=row.label, value=row.after) for row in rows if row.after not in (None, ""))
    return parts.Definitions(title=_("首次发布，全部内容为新增"), rows=told)


def facts(entry: Entry) -> tuple[parts.Part, ...]:
    """Give what is submitted or published, as the page shows it that asks to check first."""
    base = f"/catalog/{entry.pk}/"
    mend = (
        parts.Button(title=_("修改目录"), url=f"{base}edit/", kind="plain"),
        parts.Button(title=_("修改信息项"), url=f"{base}items/", kind="plain"),
    )
    items = tables.item_table(list(entry.items.select_related("element")))
    return (_asked(entry), items, *(mend if entry.state not in DECIDES and not entry.live_version else ()))


def _check(title: Any, good: bool, evidence: Any, article: Any = "", *, advice: bool = False) -> parts.Check:
    tone: parts.Tone = "good" if good else "warn" if advice else "bad"
    word = _("符合") if good else _("请核对") if advice else _("缺少")
    return parts.Check(title=title, badge=parts.Badge(label=word, tone=tone), evidence=evidence, article=article)


def checklist(entry: Entry, items: list[DataItem]) -> tuple[parts.Check, ...]:
    """Give the reviewer's checklist, each line with what it rests on."""
    bare = [i.name for i in items if i.personal and i.grade >= SENSITIVE and not i.mask]
    high = [i.name for i in items if i.grade == entry.grade]
    shared = entry.get_share_type_display()  # type: ignore[attr-defined]
    ground = entry.share_condition if entry.share_type == "conditional" else entry.share_basis
    open_ground = entry.share_type == "unconditional" or bool(ground.strip())
    top = listed(high[:6])
    grade = _("%(grade)s 级，取最高的信息项：%(items)s") % {"grade": entry.grade, "items": top}
    masks = listed(bare[:6]) if bare else _("敏感个人信息都有缺省脱敏方式")
    return (
        _check(
            _("名称、摘要、信息项"),
            bool(entry.summary and items),
            ngettext("%(n)s 个信息项", "%(n)s 个信息项", len(items)) % {"n": len(items)},
            ART13,
        ),
        _check(_("共享类型及依据"), open_ground, f"{shared} {ground}".strip(), ART14),
        _check(_("保密风险评估"), bool(entry.secrecy_result), entry.secrecy_result or _("尚未记录"), ART16),
        _check(_("个人信息保护影响评估"), bool(entry.privacy_result), entry.privacy_result or _("尚未记录"), ART16),
        _check(_("数据级别就高从严"), True, grade, "GB/T 43697-2024"),
        _check(_("缺省脱敏"), not bare, masks, "", advice=True),
    )


def _return_form(request: HttpRequest, entry: Entry, errors: Iterable[str] = ()) -> ReturnForm:
    """Make the form: with what was sent, else with what was kept of it when the page was asked to show that."""
    url = f"/catalog/{entry.pk}/return/"
    draft, kept = drafts.offer(request, RETURN, url, entry.version)
    typed: Mapping[str, Any] = drafts.typed(kept) or (request.POST if request.path == url else {})
    rows = tuple((name, FIELDS[name], str(typed.get(f"reason-{name}", ""))) for name in RETURNABLE)
    return ReturnForm(
        url=url,
        version=entry.version,
        submit=_("退回纠正"),
        rows=rows,
        errors=tuple(errors),
        draft=draft,
    )


def _draw(
    request: HttpRequest, entry: Entry, *, decision: ActionForm | None = None, returned: ReturnForm | None = None
) -> HttpResponse:
    actor = require_actor(request)
    base = f"/catalog/{entry.pk}/"
    action = DECIDES.get(entry.state, "")
    forms: list[Any] = []
    if action in steps.on_desk(entry, actor) and steps.permitted(action, entry, actor):
        form = decision or form_for(action, version=entry.version, url=f"{base}{steps.verb_of(action)}/")
        forms = [form, returned or _return_form(request, entry)]
    items = list(entry.items.select_related("element"))
    header = parts.Header(
        title=entry.name,
        badge=states.state_badge(entry),
        clock=objects.clock_of(entry),
        crumbs=(QUEUE, parts.Link(title=entry.name, current=True)),
        lead=_("%(body)s提交。核对内容和清单后作出决定。") % {"body": entry.body},
        further=(parts.Button(title=_("查看目录全文"), url=base, kind="plain"),),
    )
    review = parts.Review(
        differences=_asked(entry),
        checks=checklist(entry, items),
        forms=tuple(forms),
        next_url=_next(request, entry),
    )
    above = (_what_follows(entry),) if forms else (_why_not(entry, actor),)
    return pages.page(
        request, "ui/detail.html", header=header, above=above, sections=(review, tables.item_table(items))
    )


def _what_follows(entry: Entry) -> parts.Notice:
    """Say what agreeing does, and who is told of it."""
    limit = LIMITS["catalog.publish"]
    told = {
        "office_review": _("同意后由部门负责人审核；退回则由编制人按您写明的原因纠正。"),
        "department_review": _("同意后由主管部门在 %(days)s 个工作日内审核发布；退回则由编制人按您写明的原因纠正。")
        % {"days": limit.days},
        "authority_review": _(
            "发布后即刻编码、全省可查、可以申请共享，并通知%(body)s；退回则由该部门按您写明的原因纠正。"
        )
        % {"body": entry.body},
    }
    article = limit.article if entry.state != "office_review" else ""
    return parts.Notice(title=_("作出决定以后"), text=told[entry.state], article=article)


def _why_not(entry: Entry, actor: Any) -> parts.Notice:
    if actor.id in entry.authors() and DECIDES.get(entry.state, "") in steps.on_desk(entry, actor):
        return parts.Notice(title=_("这是您本人提交的目录，须由他人审核"), tone="warn")
    return parts.Notice(title=_("这项目录当前不在您的审核范围"), text=_("可以查看，不能作出决定。"))


def _queue(actor: Any) -> Any:
    kind = objects.kind_of(Entry._meta.label_lower)
    assert kind is not None
    rows = queries.entries(actor=actor).filter(state__in=DECIDES)
    mine = None
    for state in DECIDES:
        where = kind.desk(actor, state)
        if where is not None:
            here = rows.filter(where, state=state)
            mine = here if mine is None else mine | here
    return rows.none() if mine is None else mine


def _next(request: HttpRequest, entry: Entry) -> str:
    other = _queue(require_actor(request)).exclude(pk=entry.pk).order_by("updated_at", "pk").first()
    return f"/catalog/{other.pk}/review/" if other else ""


def queue_page(request: HttpRequest) -> HttpResponse:
    """List the entries that wait for the actor's review, the oldest first."""
    actor = require_actor(request)
    article = LIMITS["catalog.publish"].article
    empty = parts.Empty(
        title=_("没有待您审核的目录"),
        why=_("目录提交后依次由数据共享工作机构负责人、部门负责人、主管部门审核，轮到谁就出现在谁这里。"),
        todo=_("主管部门须在 2 个工作日内审核发布（%(article)s）。") % {"article": cite(article)},
    )
    table = tables.entry_table(
        request, _queue(actor), filters=None, empty=empty, review=True, acts=(*DECIDES.values(), RETURN)
    )
    return lists.list_page(request, header=parts.Header(title=_("目录审核")), table=table)


def review_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show an entry under review; who may not decide may still read it."""
    return _draw(request, find(queries.entries(actor=require_actor(request)), pk))


def _decide(request: HttpRequest, pk: Any, action: str, next_step: Any) -> HttpResponse:
    entry = find(queries.entries(actor=require_actor(request)), pk)
    if request.method != "POST":
        return pages.redirect(request, f"/catalog/{entry.pk}/review/")
    return pages.act_from_form(
        request,
        action,
        entry.pk,
        done=_next(request, entry) or QUEUE.url,
        again=lambda form: _draw(request, entry, decision=form),
        message=_decided(entry, action),
        next_step=next_step,
        facts=lambda: facts(entry),
    )


def _decided(entry: Entry, action: str) -> str:
    """Say which entry was decided, and how: the page that follows shows another one."""
    return _("目录“%(entry)s”已办理：%(action)s。") % {"entry": entry.name, "action": ACTIONS[action].title}


def endorse_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """The head of the data-sharing office agrees."""
    return _decide(request, pk, "catalog.entry.endorse", _("接下来由部门负责人审核。"))


def approve_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """The department's head agrees."""
    limit = LIMITS["catalog.publish"]
    text = _("接下来由主管部门在 %(days)s 个工作日内审核发布（%(article)s）。") % {
        "days": limit.days,
        "article": cite(limit.article),
    }
    return _decide(request, pk, "catalog.entry.approve", text)


def publish_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """The authority publishes."""
    return _decide(
        request, pk, "catalog.entry.publish", lambda entry: _("目录代码 %(code)s，全省可查。") % {"code": entry.code}
    )


def return_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Return an entry with a reason per field; what was typed is kept when it is refused."""
    entry = find(queries.entries(actor=require_actor(request)), pk)
    if request.method != "POST":
        return pages.redirect(request, f"/catalog/{entry.pk}/review/")
    if RETURN not in steps.on_desk(entry, require_actor(request)) and entry.state in DECIDES:
        raise Forbidden(_("您当前的身份不能进行这项操作"), mend=_("请切换到有相应职责的身份。"))
    typed = {name: request.POST.get(f"reason-{name}", "").strip() for name in RETURNABLE}
    return pages.act_from_form(
        request,
        RETURN,
        entry.pk,
        done=_next(request, entry) or QUEUE.url,
        again=lambda form: _draw(
            request, entry, returned=_return_form(request, entry, [line.message for line in form.fault_lines])
        ),
        fixed={"reasons": {name: text for name, text in typed.items() if text}},
        message=_decided(entry, RETURN),
        next_step=_("编制部门会看到每一项的原因。"),
    )
