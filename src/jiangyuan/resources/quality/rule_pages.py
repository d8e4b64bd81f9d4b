"""Forms of quality rules: the kind is chosen first, then only what it needs is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.errors import Forbidden, NotFound
from jiangyuan.kernel.identifiers import KINDS as IDENTIFIERS
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.quality import queries
from jiangyuan.resources.quality.models import QualityRule
from jiangyuan.resources.quality.wording import KIND_TITLES, RELATIONS, dimension_of, sentence
from jiangyuan.ui import pages, parts, steps
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

QUALITY = parts.Link(title=gettext_lazy("数据质量"), url="/quality/")
WRITE, ALTER, RETIRE = "quality.rule.write", "quality.rule.alter", "quality.rule.retire"
ASKED: dict[str, tuple[str, ...]] = {
    "not_null": ("column",),
    "unique": ("columns",),
    "identifier": ("column", "scheme"),
    "pattern": ("column", "pattern"),
    "code_set": ("column", "codes"),
    "range": ("column", "low", "high"),
    "cross_field": ("column", "other", "relation"),
    "freshness": ("column", "hours"),
    "row_count": ("low", "high"),
}


def _text(label: Any, help: Any = "", **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help, widget=forms.TextInput(attrs={"class": "form-control"}), **options
    )


def _choice(label: Any, choices: list[tuple[str, Any]], help: Any = "") -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=label, choices=[("", _("请选择")), *choices], help_text=help, widget=widget)


def _fields(kind: str, mount: Mount) -> dict[str, forms.Field]:
    """Make the controls of one kind of rule."""
    items = [
        (i.column, _("%(name)s（%(column)s）") % {"name": i.name, "column": i.column}) for i in mount.entry.items.all()
    ]
    several = forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})
    codes = forms.Textarea(attrs={"class": "form-control", "rows": 6})
    made: dict[str, forms.Field] = {
        "column": _choice(_("信息项"), items),
        "columns": forms.MultipleChoiceField(label=_("信息项"), choices=items, widget=several),
        "other": _choice(_("与哪一项相比"), items),
        "scheme": _choice(_("号码种类"), [(k.name, k.title) for k in IDENTIFIERS.values()]),
        "relation": _choice(_("怎样相符"), list(RELATIONS.items())),
        "pattern": _text(_("格式"), _("RE2 表达式，须与整个值相符，例如 [0-9]{6}。"), max_length=500),
        "codes": forms.CharField(
            label=_("代码"), help_text=_("一行一个代码，最多 5,000 个。"), widget=codes, max_length=100_000
        ),
        "low": _text(_("下限"), _range_help(kind), required=kind == "row_count", max_length=40),
        "high": _text(_("上限"), _("不填则不限。"), required=False, max_length=40),
        "hours": forms.IntegerField(
            label=_("不早于多少小时前"),
            min_value=1,
            max_value=24 * 800,
            widget=forms.TextInput(attrs={"class": "form-control", "inputmode": "numeric"}),
        ),
    }
    return {name: made[name] for name in ASKED[kind]}


def _range_help(kind: str) -> str:
    return _("整数，例如 1。") if kind == "row_count" else _("数值或日期（2026-11-22）；不填则不限。")


def _bound(text: str, *, whole: bool) -> Any:
    """Read a bound as what it looks like: a whole number, a decimal number, a day, else a text that the rule refuses."""
    text = text.strip().replace(",", "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    if whole:
        return text
    try:
        return {"decimal": str(Decimal(text))}
    except InvalidOperation:
        pass
    try:
        return {"date": date.fromisoformat(text).isoformat()}
    except ValueError:
        return text


def _definition(kind: str, typed: Any) -> dict[str, Any]:
    """Make the JSON form of a rule from what was typed; empty values are left out, the rule says what it lacks."""
    found: dict[str, Any] = {"kind": kind}
    for name in ASKED[kind]:
        value = typed.get(name, "")
        if name == "columns":
            found[name] = typed.getlist(name)
        elif name == "codes":
            found[name] = list(dict.fromkeys(line.strip() for line in value.splitlines() if line.strip()))[:5000]
        elif name == "hours":
            found["seconds"] = int(value) * 3600 if value.strip().isdecimal() and len(value) < 8 else 0
        elif name in ("low", "high"):
            bound = _bound(value, whole=kind == "row_count")
            found |= {} if bound is None else {name: bound}
        else:
            found[name] = value
    return found


def _initial(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Give what stands in the controls for a rule as it is."""
    found = dict(definition)
    for name in ("low", "high"):
        if isinstance(found.get(name), Mapping):
            found[name] = next(iter(found[name].values()))
    if "codes" in found:
        found["codes"] = "\n".join(found["codes"])
    if "seconds" in found:
        found["hours"] = max(1, int(found["seconds"]) // 3600)
    return found


def _with_fields(form: ActionForm, kind: str, mount: Mount, initial: Mapping[str, Any] | None = None) -> ActionForm:
    """Add the controls of a kind to the form of an action; what the rule refused stands at its control."""
    made = _fields(kind, mount)
    for name, field in made.items():
        field.group = field.unit = ""  # type: ignore[attr-defined]
        field.initial = (initial or {}).get(name)
    form.fields.update(made)
    refusal = form.refusal
    where = "hours" if refusal and refusal.where == "seconds" else refusal.where if refusal else ""
    if refusal is not None and where in made and form.errors.get("__all__"):
        form.errors[where] = form.errors.pop("__all__")
    return form


def _mount(request: HttpRequest, pk: Any) -> Mount:
    actor = require_actor(request)
    mount = find(queries.checked_tables(actor=actor), pk)
    if not steps.may_begin(WRITE, actor, **mount.policy_attributes()):
        raise Forbidden(_("质量规则由数据所属部门编写"), mend=_("可向提供方反馈数据问题。"))
    return mount


def _header(mount: Mount, title: Any, **more: Any) -> parts.Header:
    base = parts.Link(title=mount.entry.known_name, url=f"/quality/{mount.pk}/")
    return parts.Header(title=title, crumbs=(QUALITY, base, parts.Link(title=title, current=True)), **more)


def new_rule_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Write a rule of a table: first its kind, then what that kind asks."""
    mount = _mount(request, pk)
    kind = request.GET.get("kind", "")
    if kind not in ASKED:
        return _kinds_page(request, mount)
    base = f"/quality/{mount.pk}/"

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = f"{base}rules/new/"
        form.submit = _("保存规则")
        header = _header(mount, _("编写规则：%(kind)s") % {"kind": KIND_TITLES[kind][0]}, lead=KIND_TITLES[kind][1])
        return pages.form_page(request, _with_fields(form, kind, mount), header=header)

    fixed = {"mount": mount.pk, "definition": _definition(kind, request.POST)}
    if request.method == "POST":
        next_step = _("下次检查时生效。")
        return pages.act_from_form(request, WRITE, done=base, again=draw, fixed=fixed, next_step=next_step)
    return draw(form_for(WRITE, fixed=fixed))


def _kinds_page(request: HttpRequest, mount: Mount) -> HttpResponse:
    rows = [(parts.Link(title=KIND_TITLES[kind][0], url=f"?kind={kind}"), KIND_TITLES[kind][1]) for kind in ASKED]
    table = parts.Table(
        caption=_("选择规则的种类"),
        columns=(parts.Column(title=_("种类")), parts.Column(title=_("说明"))),
        rows=rows,
        empty=parts.Empty(title=_("没有可选的种类"), why=""),
    )
    header = _header(mount, _("编写规则"), lead=_("先选择规则的种类，再填写它需要的内容。"))
    return pages.page(request, "ui/detail.html", header=header, sections=(table,))


def _rule(request: HttpRequest, pk: Any) -> QualityRule:
    actor = require_actor(request)
    rule = find(QualityRule.visible_to(actor).filter(active=True).select_related("mount__entry__body"), pk)
    if not steps.permitted(ALTER, rule, actor):
        raise Forbidden(_("质量规则由数据所属部门修改"), mend=_("可向提供方反馈数据问题。"))
    return rule


def rule_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Alter a rule, or lead to taking it out of use."""
    rule = _rule(request, pk)
    kind, mount = str(rule.definition["kind"]), rule.mount
    if kind not in ASKED:
        raise NotFound(_("这种规则由平台生成，不能在页面修改"), mend=_("可停用后另写一条。"))
    names = {item.column: item.name for item in mount.entry.items.all()}
    base = f"/quality/{mount.pk}/"

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url, form.submit = base, _("保存规则")
        retire = parts.Button(title=ACTIONS[RETIRE].title, url=f"/quality/rules/{rule.pk}/retire/", kind="danger")
        lead = _("现行规则：%(rule)s。%(dimension)s") % {
            "rule": sentence(rule.definition, names),
            "dimension": dimension_of(rule.definition),
        }
        header = _header(mount, _("修改规则"), lead=lead, further=(retire,))
        return pages.form_page(request, _with_fields(form, kind, mount, _initial(rule.definition)), header=header)

    if request.method == "POST":
        fixed = {"definition": _definition(kind, request.POST)}
        return pages.act_from_form(
            request, ALTER, rule.pk, done=base, again=draw, fixed=fixed, next_step=_("下次检查时生效。")
        )
    return draw(form_for(ALTER, fixed={"definition": {}}, version=rule.version))


def retire_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Take a rule out of use, after it was said what that means."""
    rule = _rule(request, pk)
    base = f"/quality/{rule.mount_id}/"
    names = {item.column: item.name for item in rule.mount.entry.items.all()}

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url, form.danger = base, True
        said = sentence(rule.definition, names)
        lead = _("停用“%(rule)s”：以后不再检查，已有结果保留；由数据元再次生成时也不会恢复。") % {"rule": said}
        return pages.form_page(request, form, header=_header(rule.mount, ACTIONS[RETIRE].title, lead=lead))

    if request.method == "POST":
        return pages.act_from_form(request, RETIRE, rule.pk, done=base, again=draw)
    return draw(form_for(RETIRE, version=rule.version))
