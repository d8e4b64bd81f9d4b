"""The living page: every component in every state, from the same templates that the pages use.

What stands here is sample content for the eye; nothing of it is stored and nothing of it is sent anywhere.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field, create_model

from jiangyuan.kernel.actions import Action
from jiangyuan.kernel.clocks import LIMITS, SHANGHAI
from jiangyuan.kernel.errors import Refused
from jiangyuan.ui import chart_patterns, errors, fields, form_patterns, list_patterns, measure_patterns, parts
from jiangyuan.ui.clocks import ClockFace
from jiangyuan.ui.forms import VERSION, ActionForm
from jiangyuan.ui.listing import Facet, Filters
from jiangyuan.ui.progress import Progress, Stage
from jiangyuan.ui.timeline import Moment, Timeline

TODAY = date(2026, 11, 23)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One kind of component with its states."""

    code: str
    title: Any
    parts: tuple[Any, ...]
    note: Any = ""
    row: bool = False


class Scope(enum.Enum):
    """A code set of the sample form."""

    HOUSEHOLD = "household"
    PERSON = "person"

    @property
    def label(self) -> Any:
        """Give the word of the code."""
        return {"household": _("家庭"), "person": _("个人")}[self.value]


_PARAMETERS = create_model(
    "SampleRequest",
    scenario=(
        Annotated[
            str, Field(title=_("使用场景"), description=_("用在哪项业务、哪个环节，写明事项名称。"), min_length=6)
        ],
        ...,
    ),
    basis=(
        Annotated[str, fields.Shown(label=_("依据"), control="textarea", help=_("法律、法规或职责的名称和条款。"))],
        ...,
    ),
    scope=(Annotated[Scope, fields.Shown(label=_("范围"), group=_("要什么"))], ...),
    columns=(
        Annotated[
            list[str],
            fields.Shown(
                label=_("数据项"),
                group=_("要什么"),
                help=_("只选办事必需的。"),
                choices=[("name", _("姓名")), ("division", _("户籍所在县")), ("allowance", _("低保待遇"))],
            ),
        ],
        ...,
    ),
    rows=(
        Annotated[int, Field(ge=1, le=100000), fields.Shown(label=_("每日查询上限"), unit=_("次"), group=_("要什么"))],
        500,
    ),
    until=(Annotated[date, fields.Shown(label=_("使用期限"), group=_("要什么"))], ...),
    notify=(Annotated[bool, fields.Shown(label=_("数据有变化时通知我"), group=_("要什么"))], True),
)


def _nothing() -> None:
    """Stand where an action's body would: the sample form is never sent."""


def sample_form(code: str, data: Mapping[str, Any] | None = None) -> ActionForm:
    """Make the sample form, made from parameters as every form is; `code` keeps the ids of several apart."""
    spec = Action("ui.sample", _nothing, None, "ui.sampled", False, None, _PARAMETERS, _("提交申请"), frozenset())
    kept = {name: fields.form_field(name, info) for name, info in _PARAMETERS.model_fields.items()}
    form = ActionForm(spec, kept=kept, fixed={}, data=data, initial={VERSION: 1}, auto_id=f"{code}_%s")
    form.url, form.cancel_url = "#form", "#form"
    return form


def _wrong_form() -> ActionForm:
    form = sample_form("wrong", {"scenario": str(_("低保")), "rows": str(_("五百"))})
    form.is_valid()
    form.refuse(
        Refused(
            _("该数据资源为有条件共享，缺少本部门负责人意见"),
            mend=_("请先送本部门负责人审核。"),
            article=LIMITS["sharing.reply.conditional"].article,
        )
    )
    return form


def _clocks() -> tuple[ClockFace, ...]:
    limit = LIMITS["sharing.reply.conditional"]
    common = {"today": TODAY, "title": limit.title, "article": limit.article}
    return (
        ClockFace(due=date(2026, 12, 4), days_left=9, **common),
        ClockFace(due=date(2026, 11, 25), days_left=2, **common),
        ClockFace(due=TODAY, days_left=0, **common),
        ClockFace(due=date(2026, 11, 19), days_left=-2, **common),
        ClockFace(due=date(2027, 1, 8), days_left=32, certain=False, **common),
        ClockFace(due=None, days_left=4, status="paused", **common),
        ClockFace(due=date(2026, 11, 27), status="met", met_on=TODAY, **common),
    )


def _badges() -> tuple[parts.Badge, ...]:
    return (
        parts.Badge(label=_("草稿"), tone="idle"),
        parts.Badge(label=_("审核中"), tone="running"),
        parts.Badge(label=_("已发布"), tone="good"),
        parts.Badge(label=_("已退回纠正"), tone="warn"),
        parts.Badge(label=_("同步中断"), tone="bad"),
        parts.Badge(label=_("已撤销"), tone="closed"),
    )


def _review() -> parts.Review:
    fits, doubtful = parts.Badge(label=_("符合"), tone="good"), parts.Badge(label=_("需核对"), tone="warn")
    return parts.Review(
        differences=parts.Differences(
            rows=(
                parts.Difference(label=_("名称"), before=_("低保信息"), after=_("城乡居民最低生活保障信息")),
                parts.Difference(label=_("更新频率"), before=_("每月"), after=_("每日")),
                parts.Difference(label=_("联系电话"), before=None, after="0971-6102233"),
                parts.Difference(label=_("提供单位"), before=_("省民政厅"), after=_("省民政厅")),
            )
        ),
        checks=(
            parts.Check(title=_("个人信息影响评估"), badge=fits, evidence=_("已评估，风险低，有效期至 2027-05-31")),
            parts.Check(
                title=_("共享类型"),
                badge=doubtful,
                evidence=_("列为有条件共享，未写明依据"),
                article=LIMITS["catalog.publish"].article,
            ),
        ),
        forms=(sample_form("decision"),),
        next_url="#review",
    )


def _timeline() -> Timeline:
    at = datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI)
    who = str(_("王敏"))
    return Timeline(
        older_url="#timeline",
        moments=(
            Moment(at=at, what=_("同意共享"), who=who, body=str(_("省公安厅")), article=LIMITS["sharing.supply"].article,
                   receipt_url="#timeline", sealed=True),
            Moment(
                at=at,
                what=_("更新目录"),
                who=who,
                body=str(_("省民政厅")),
                why=str(_("机构改革后职责变化")),
                case_number="QH-2026-001184",
                differences=(parts.Difference(label=_("更新频率"), before=_("每月"), after=_("每日")),),
                receipt_url="#timeline",
            ),
            Moment(at=at, what=_("未获准：同意共享"), who=who, why=str(_("不能审批本人提交的事项")), refused=True),
        ),
    )  # fmt: skip


def _head() -> parts.Header:
    return parts.Header(
        title=_("城乡居民最低生活保障信息"),
        crumbs=(
            parts.Link(title=_("首页"), url="/"),
            parts.Link(title=_("数据目录"), url="#header"),
            parts.Link(title=_("目录"), current=True),
        ),
        badge=_badges()[2],
        clock=_clocks()[1],
        code=parts.Code(text="307001/12"),
        lead=_("享受最低生活保障的家庭及其成员，省民政厅每日更新。"),
        action=parts.Button(title=_("申请使用"), url="#header", icon="file-plus"),
        further=(parts.Button(title=_("收藏"), url="#header", kind="plain", icon="star"),),
    )


def _facts() -> parts.Definitions:
    return parts.Definitions(
        title=_("基本情况"),
        rows=(
            parts.Definition(term=_("提供单位"), value=_("省民政厅")),
            parts.Definition(term=_("数据量"), value=318204, help=_("昨日 24 时统计")),
            parts.Definition(term=_("状态"), value=_badges()[2]),
            parts.Definition(term=_("编码"), value=parts.Code(text="307001/12")),
            parts.Definition(term=_("更新时间"), value=datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI)),
            parts.Definition(term=_("共享条件"), value=None),
        ),
    )


def _done() -> parts.Confirmation:
    return parts.Confirmation(
        title=_("申请已提交"),
        code=parts.Code(text="QH-2026-001184"),
        lead=_("提交后仍可在“我的工作台”补充材料。"),
        steps=(
            parts.Step(title=_("本部门负责人审核"), who=_("省民政厅")),
            parts.Step(title=_("提供方答复"), who=_("省公安厅"), when=_clocks()[0]),
        ),
        article=LIMITS["sharing.reply.conditional"].article,
        actions=(parts.Button(title=_("查看办理过程"), url="#confirmation"),),
    )


def _notices() -> tuple[parts.Notice, ...]:
    return (
        parts.Notice(title=_("已退回纠正，对方会收到通知。"), tone="good"),
        parts.Notice(title=_("数据源两小时未更新"), text=_("最近一次成功：2026-11-22 07:30。"), tone="warn"),
        parts.Notice(title=_("暂不能查看该字段"), text=_("本次授权未包含。可申请变更授权。"), tone="bad"),
        parts.Notice(title=_("放假安排尚未公布，期限为暂定。"), tone="running"),
    )


def _choices() -> tuple[Any, ...]:
    tabs = parts.Tabs(
        label=_("目录的各个方面"),
        items=(
            parts.Link(title=_("概况"), url="#tabs", current=True),
            parts.Link(title=_("数据项"), url="#tabs", count=18),
            parts.Link(title=_("办理过程"), url="#tabs", count=1204),
        ),
    )
    chips = parts.Chips(
        items=(
            parts.Chip(title=_("提供单位"), value=_("省民政厅"), url="#tabs"),
            parts.Chip(title=_("更新"), value=_("近一周"), url="#tabs"),
        ),
        clear_url="#tabs",
    )
    facet = Facet(
        name="share",
        title=_("共享类型"),
        choices=(("", _("全部")), ("conditional", _("有条件共享"))),
        values=("conditional",),
    )
    return tabs, chips, Filters(code="sample0", facets=(facet,), text=str(_("低保")), words=_("名称、摘要或编码"))


def _roads() -> tuple[Any, ...]:
    article = LIMITS["sharing.reply.conditional"].article
    first = Stage(title=_("填写申请"), standing="done", desk=_("省民政厅"), when=TODAY)
    now = Stage(title=_("提供方答复"), standing="now", desk=_("省公安厅"), when=_clocks()[0], article=article)
    stopped = Stage(title=_("提供方答复"), standing="stopped", desk=_("省公安厅"), article=article)
    last = Stage(title=_("开通供数"), standing="next", desk=_("省公安厅"))
    return Progress(stages=(first, now, last)), Progress(stages=(first, stopped, last))


def _drawings() -> tuple[Section, ...]:
    return (
        Section(
            code="lines",
            title=_("折线"),
            parts=chart_patterns.lines(),
            note=_("表是内容，图由表画出；没有脚本时表展开。"),
        ),
        Section(code="bars", title=_("条形和构成"), parts=chart_patterns.bars(), note=_("从零起；数值写在旁边。")),
        Section(code="small", title=_("数字和小图"), parts=chart_patterns.small()),
        Section(code="maps", title=_("地图"), parts=chart_patterns.province(), note=_("每格一个链接，键盘可达。")),
    )


def _measures() -> tuple[Section, ...]:
    return (
        Section(code="verdicts", title=_("总的判断"), parts=measure_patterns.verdicts()),
        Section(code="measures", title=_("数字"), parts=measure_patterns.figures()),
        Section(
            code="meters",
            title=_("比例"),
            parts=measure_patterns.meters(),
            row=True,
            note=_("没有测量的不画，也不写成零。"),
        ),
        Section(
            code="scores", title=_("得分"), parts=measure_patterns.scores(), note=_("得分说明自己怎么来的、怎样提高。")
        ),
        Section(code="chains", title=_("来龙去脉"), parts=measure_patterns.chains()),
        Section(code="living", title=_("自动更新"), parts=measure_patterns.living()),
    )


def sections() -> tuple[Section, ...]:
    """Give every component in its states."""
    buttons = (
        parts.Button(title=_("提交申请"), url="#buttons"),
        parts.Button(title=_("返回"), url="#buttons", kind="plain"),
        parts.Button(title=_("撤销授权"), url="#buttons", kind="danger", icon="ban"),
    )
    return (
        Section(code="header", title=_("页头"), parts=(_head(),)),
        Section(
            code="badges",
            title=_("状态"),
            parts=_badges(),
            row=True,
            note=_("颜色从不单独表意；红色只用于需要人处理的事。"),
        ),
        Section(code="clocks", title=_("时限"), parts=_clocks(), row=True, note=_("悬停可见所依据的条款。")),
        Section(code="buttons", title=_("按钮"), parts=buttons, row=True),
        Section(code="notices", title=_("提示"), parts=_notices()),
        Section(code="tabs", title=_("页签和条件"), parts=_choices()),
        Section(code="definitions", title=_("要素"), parts=(_facts(),)),
        Section(
            code="list",
            title=_("列表"),
            parts=list_patterns.lists(_badges(), _clocks()),
            note=_("视图、条件、条数、疏密、导出、批量办理；按 J、K 在各行间移动，按 X 选中。"),
        ),
        Section(code="form", title=_("表单"), parts=(sample_form("right"), _wrong_form())),
        Section(code="drafts", title=_("未提交的内容"), parts=form_patterns.offers()),
        Section(code="check", title=_("提交前核对"), parts=(form_patterns.check(sample_form("checked")),)),
        Section(code="conditions-sample", title=_("记录范围"), parts=(form_patterns.conditions(),)),
        Section(code="choice", title=_("可查找的选项"), parts=(form_patterns.choice(),)),
        Section(code="picks", title=_("边写边找的选项"), parts=form_patterns.picks()),
        Section(code="review", title=_("审核"), parts=(_review(),)),
        Section(code="progress", title=_("办理进度"), parts=_roads()),
        Section(code="timeline", title=_("过程"), parts=(_timeline(),)),
        Section(code="confirmation", title=_("办完之后"), parts=(_done(),)),
        *_measures(),
        *_drawings(),
    )


def problems() -> list[errors.Problem]:
    """Give the errors that have a page."""
    return [errors.problem(status) for status in (403, 400, 404, 409, 422, 500)]
