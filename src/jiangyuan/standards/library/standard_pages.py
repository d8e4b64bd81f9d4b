"""One standard in its tabs: what it says, the opinions and their answers, who adopted it, its trace."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.identifiers import KINDS
from jiangyuan.standards.library import queries
from jiangyuan.standards.library.models import Opinion, Standard
from jiangyuan.standards.library.states import EDITS
from jiangyuan.standards.library.wording import TYPES
from jiangyuan.ui import pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

STANDARDS = parts.Link(title=gettext_lazy("标准库"), url="/standards/library/")
ACTS = tuple(f"standards.standard.{verb}" for verb in (*EDITS, "ask", "take_back", "drop", "issue", "abolish"))
SHOWN = 500


def initial(standard: Standard) -> dict[str, Any]:
    """Give what stands in the form of a standard's kind."""
    return queries.initial_of(standard, yes=_("是"), no=_("否"))


def standard_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one standard."""
    actor = require_actor(request)
    standard = find(queries.standards(actor=actor), pk)
    titles = {"": _("内容"), "opinions": _("意见"), "adoptions": _("采用"), "trace": _("留痕")}
    tab = request.GET.get("tab", "")
    tab = tab if tab in titles else ""
    base = f"{STANDARDS.url}{standard.pk}/"
    header = parts.Header(
        title=standard.name,
        badge=states.state_badge(standard),
        code=parts.Code(text=standard.number),
        crumbs=(STANDARDS, parts.Link(title=standard.name, current=True)),
        **_buttons(standard, actor, base),
    )
    shown = parts.Tabs(
        label=_("标准内容"),
        items=tuple(
            parts.Link(title=title, url=f"{base}?tab={code}" if code else base, current=code == tab)
            for code, title in titles.items()
        ),
    )
    drawn = {
        "": lambda: (_about(standard), *_content(standard)),
        "opinions": lambda: (_opinions(standard, actor),),
        "adoptions": lambda: (_adoptions(standard, actor),),
        "trace": lambda: (trace_part(standard, actor=actor),),
    }
    return pages.page(request, "ui/detail.html", header=header, tabs=shown, sections=drawn[tab]())


def _buttons(standard: Standard, actor: Actor, base: str) -> dict[str, Any]:
    others = [f"standards.standard.{verb}" for verb in EDITS if verb != f"edit_{standard.kind}"]
    found = steps.steps(standard, actor, without=others)
    main = "standards.standard.ask" if standard.state == "draft" else "standards.standard.issue"
    danger = ("standards.standard.abolish", "standards.standard.drop")
    made = steps.buttons(standard, found, base, main=main, danger=danger)
    further = list(made["further"])
    if standard.state == "opinion" and steps.may_begin("standards.opinion.give", actor):
        give = parts.Button(title=_("提出意见"), url=f"{base}opinion/", kind="plain" if made["action"] else "primary")
        made["action"], further = (made["action"], [*further, give]) if made["action"] else (give, further)
    if standard.state == "issued":
        if steps.may_begin("standards.adoption.record", actor):
            further.append(parts.Button(title=_("登记采用"), url=f"{base}adopt/", kind="plain"))
        if standard.level in queries.OWN and steps.may_begin("standards.standard.draft_document", actor):
            url = f"{STANDARDS.url}new/?kind={standard.kind}&from={standard.pk}"
            further.append(parts.Button(title=_("起草新版"), url=url, kind="plain"))
    return {**made, "further": tuple(further)}


def _about(standard: Standard) -> parts.Definitions:
    before = standard.supersedes
    after = standard.superseded_by.first()

    def link(other: Standard | None) -> Any:
        if other is None:
            return ""
        title = _("%(number)s（%(edition)s）") % {"number": other.number, "edition": other.edition}
        return parts.Link(title=title, url=f"{STANDARDS.url}{other.pk}/")

    rows = (
        (_("版本"), standard.edition),
        (_("种类"), standard.get_kind_display()),  # type: ignore[attr-defined]
        (_("类别"), standard.get_area_display()),  # type: ignore[attr-defined]
        (_("层级"), standard.get_level_display()),  # type: ignore[attr-defined]
        (_("起草单位"), standard.body.name if standard.body else ""),
        (_("征求意见至"), standard.opinions_until),
        (_("发布日期"), standard.issued_on),
        (_("实施日期"), standard.effective_on),
        (_("代替"), link(before)),
        (_("被代替"), link(after)),
        (_("编制说明"), standard.summary),
    )
    return parts.Definitions(
        rows=tuple(parts.Definition(term=term, value=value) for term, value in rows if value not in ("", None))
    )


def _content(standard: Standard) -> tuple[parts.Part, ...]:
    content = standard.content
    if standard.kind == "element" and content:
        return (_element(standard),)
    if standard.kind == "code_set" and content:
        return (_codes(content["codes"]),)
    if standard.kind == "table_model" and content:
        return (_fields(content["fields"]),)
    if standard.text:
        clauses = [line for line in standard.text.splitlines() if line.strip()]
        rows = tuple(parts.Definition(term=place, value=line) for place, line in enumerate(clauses, start=1))
        return (parts.Definitions(title=_("正文"), rows=rows),)
    why = _("国家和行业标准的正文请查阅标准出版物，这里登记编号、名称和采用情况。")
    return (parts.Empty(title=_("这里不存放正文"), why=why),)


def _element(standard: Standard) -> parts.Definitions:
    content = standard.content
    check = content.get("check_function", "")
    rows = (
        (_("代码"), parts.Code(text=standard.code)),
        (_("数据类型"), dict(TYPES).get(content.get("type", "C"))),
        (_("最大长度"), content.get("length")),
        (_("格式"), content.get("pattern")),
        (_("代码集"), content.get("code_set")),
        (_("校验函数"), KINDS[check].title if check in KINDS else ""),
        (_("级别"), _("%(grade)s 级") % {"grade": content.get("grade", 1)}),
        (_("个人信息"), content.get("personal", False)),
        (_("又称"), content.get("synonyms", [])),
        (_("定义"), content.get("definition")),
        (_("计量单位"), content.get("unit")),
    )
    kept = tuple(parts.Definition(term=term, value=value) for term, value in rows if value not in ("", None, []))
    return parts.Definitions(title=_("数据元"), rows=kept)


def _codes(codes: list[dict[str, Any]]) -> parts.Table:
    titles = (_("代码"), _("含义"), _("上级"), _("起用"), _("停用"), _("接替"), _("说明"))
    names = ("name", "parent", "valid_from", "valid_to", "successor", "note")
    rows = [(parts.Code(text=one["code"]), *(one.get(name) or "" for name in names)) for one in codes[:SHOWN]]
    return parts.Table(
        caption=_("取值（%(n)s 个）") % {"n": len(codes)},
        show_caption=True,
        columns=tuple(parts.Column(title=title) for title in titles),
        rows=rows,
        empty=parts.Empty(title=_("还没有取值"), why=""),
    )


def _fields(fields: list[dict[str, Any]]) -> parts.Table:
    titles = (_("字段"), _("数据元"), _("必填"), _("主键"))
    rows = [(one["name"], parts.Code(text=one["element"]), one["required"], one["key"]) for one in fields]
    return parts.Table(
        caption=_("字段"),
        show_caption=True,
        columns=tuple(parts.Column(title=title) for title in titles),
        rows=rows,
        empty=parts.Empty(title=_("还没有字段"), why=""),
    )


def _opinions(standard: Standard, actor: Actor) -> parts.Table:
    may = actor.body == standard.body_id and actor.capacity in ("authority_handler", "sharing_handler")

    def row(one: Opinion) -> tuple[Any, ...]:
        answer: Any = one.answer
        if not one.result and may:
            answer = parts.Link(title=_("答复"), url=f"{STANDARDS.url}opinions/{one.pk}/answer/")
        label = one.get_result_display() if one.result else _("未答复")  # type: ignore[attr-defined]
        badge = parts.Badge(label=label, tone="good" if one.result else "warn")
        return str(one.body), one.clause, one.text, one.created_at, badge, answer

    titles = (_("部门"), _("条款"), _("意见"), _("时间"), _("采纳情况"), _("答复"))
    return parts.Table(
        caption=_("意见"),
        show_caption=True,
        columns=tuple(parts.Column(title=title) for title in titles),
        rows=[row(one) for one in queries.opinions(standard, actor=actor)[:SHOWN]],
        empty=parts.Empty(title=_("还没有意见"), why=_("征求意见期间，各部门可以在这里提出。")),
    )


def _adoptions(standard: Standard, actor: Actor) -> parts.Table:
    return parts.Table(
        caption=_("采用"),
        show_caption=True,
        columns=(parts.Column(title=_("部门")), parts.Column(title=_("采用日期")), parts.Column(title=_("范围"))),
        rows=[(str(one.body), one.since, one.scope) for one in queries.adoptions(standard, actor=actor)[:SHOWN]],
        empty=parts.Empty(title=_("还没有部门登记采用"), why=_("现行标准由各部门负责人登记采用。")),
    )


def facts(standard: Standard) -> tuple[parts.Part, ...]:
    """Show what is about to be issued, beside the question."""
    return (_about(standard), *_content(standard))


def opinion_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give an opinion on a draft."""
    standard = find(queries.standards(actor=require_actor(request)), pk)
    base = f"{STANDARDS.url}{standard.pk}/"
    return steps.begin_page(
        request,
        "standards.opinion.give",
        crumbs=(STANDARDS, parts.Link(title=standard.name, url=base)),
        back=base,
        fixed={"standard": standard.pk},
        done=f"{base}?tab=opinions",
        next_step=_("起草单位将逐条答复。"),
    )


def answer_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Answer an opinion."""
    actor = require_actor(request)
    opinion = find(Opinion.visible_to(actor).select_related("standard__body__jurisdiction"), pk)
    base = f"{STANDARDS.url}{opinion.standard_id}/?tab=opinions"
    return steps.step_page(
        request,
        opinion,
        "answer",
        allowed=("standards.opinion.answer",),
        base=base,
        crumbs=(STANDARDS,),
        name=opinion.standard.name,
        lead={"standards.opinion.answer": opinion.text},
    )


def adopt_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Record that one's body adopts a standard."""
    standard = find(queries.standards(actor=require_actor(request)), pk)
    base = f"{STANDARDS.url}{standard.pk}/"
    return steps.begin_page(
        request,
        "standards.adoption.record",
        crumbs=(STANDARDS, parts.Link(title=standard.name, url=base)),
        back=base,
        fixed={"standard": standard.pk},
        initial={"since": timezone.localdate()},
        done=f"{base}?tab=adoptions",
        next_step=_("本部门的表、目录和接口可按它作符标审查。"),
    )
