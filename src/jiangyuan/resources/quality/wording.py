"""How quality reads: rules as sentences, dimensions by their names in the standard, scores as people say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.data.checks.rules import rule_from_json
from jiangyuan.kernel.identifiers import KINDS
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say

STANDARD = "GB/T 36344-2018"
DIMENSIONS: dict[str, Any] = {
    "normativeness": gettext_lazy("规范性"),
    "completeness": gettext_lazy("完整性"),
    "accuracy": gettext_lazy("准确性"),
    "consistency": gettext_lazy("一致性"),
    "timeliness": gettext_lazy("时效性"),
    "accessibility": gettext_lazy("可访问性"),
}
MEANINGS: dict[str, Any] = {
    "normativeness": gettext_lazy("取值符合数据标准、代码集和格式"),
    "completeness": gettext_lazy("应有的记录和值都有"),
    "accuracy": gettext_lazy("值真实、唯一、在合理范围内"),
    "consistency": gettext_lazy("同一事实在不同字段、不同表中不矛盾"),
    "timeliness": gettext_lazy("在规定的周期内更新"),
    "accessibility": gettext_lazy("需要时取得到、用得上"),
}
KIND_TITLES: dict[str, tuple[Any, Any]] = {
    "not_null": (gettext_lazy("必须有值"), gettext_lazy("例如“姓名”不能为空。")),
    "unique": (gettext_lazy("不能重复"), gettext_lazy("一个或几个信息项合起来，每行都不同。")),
    "identifier": (gettext_lazy("证件号码正确"), gettext_lazy("按国家标准核对位数、日期和校验位。")),
    "pattern": (gettext_lazy("符合格式"), gettext_lazy("用表达式写明整个值的写法。")),
    "code_set": (gettext_lazy("在代码集内"), gettext_lazy("值只能是列出的代码。")),
    "outdated_code": (gettext_lazy("代码未停用"), gettext_lazy("值不应是已停用的代码；停用不同于写错。")),
    "length": (gettext_lazy("不超过长度"), gettext_lazy("值的字数不超过数据元规定的长度。")),
    "range": (gettext_lazy("在范围内"), gettext_lazy("数值或日期的上限、下限。")),
    "cross_field": (gettext_lazy("两项相符"), gettext_lazy("例如出生日期与公民身份号码一致。")),
    "freshness": (gettext_lazy("按时更新"), gettext_lazy("最新一条不早于规定的时间。")),
    "row_count": (gettext_lazy("行数在范围内"), gettext_lazy("表不应是空的，也不应突然变少。")),
}
RELATIONS: dict[str, Any] = {
    "birth_in_id": gettext_lazy("出生日期与身份号码中的一致"),
    "sex_in_id": gettext_lazy("性别与身份号码中的一致"),
    "division_in_id": gettext_lazy("前六位行政区划一致"),
    "equal": gettext_lazy("两项相等"),
    "not_equal": gettext_lazy("两项不相等"),
    "less": gettext_lazy("前一项小于后一项"),
    "less_or_equal": gettext_lazy("前一项不大于后一项"),
}


def _bound(value: Any) -> str:
    return str(next(iter(value.values()))) if isinstance(value, Mapping) else str(value)


def _codes(rule: Mapping[str, Any]) -> str:
    codes = list(rule.get("codes") or ())
    shown = _("、").join(codes[:8])
    return _("%(codes)s等 %(n)s 个") % {"codes": shown, "n": len(codes)} if len(codes) > 8 else shown


def _between(rule: Mapping[str, Any], what: str) -> str:
    low, high = rule.get("low"), rule.get("high")
    told = {"what": what, "low": _bound(low), "high": _bound(high)}
    if low is not None and high is not None:
        return _("%(what)s应在 %(low)s 至 %(high)s 之间") % told
    return (_("%(what)s不小于 %(low)s") if high is None else _("%(what)s不大于 %(high)s")) % told


def _age(seconds: int) -> str:
    if seconds % 86_400 == 0:
        return ngettext("%(n)s 天", "%(n)s 天", seconds // 86_400) % {"n": seconds // 86_400}
    hours = f"{seconds / 3600:.1f}".removesuffix(".0")
    return ngettext("%(n)s 小时", "%(n)s 小时", 1 if hours == "1" else 2) % {"n": hours}


def sentence(rule: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Say a rule as a sentence; `names` gives the items' names by column."""
    kind = str(rule.get("kind", ""))
    column, other = (names.get(str(rule.get(key, "")), str(rule.get(key, ""))) for key in ("column", "other"))
    told = {"column": _("“%(name)s”") % {"name": column}, "other": _("“%(name)s”") % {"name": other}}
    if kind == "unique":
        columns = _("、").join(names.get(c, c) for c in rule.get("columns", ()))
        return _("“%(columns)s”不重复") % {"columns": columns}
    if kind == "identifier":
        known = KINDS[rule["scheme"]]
        return _("%(column)s是正确的%(title)s（%(standard)s）") % {
            **told,
            "title": known.title,
            "standard": known.standard,
        }
    if kind == "row_count":
        return _between(rule, _("表的行数"))
    if kind == "range":
        return _between(rule, told["column"])
    if kind == "cross_field":
        return _("%(column)s与%(other)s相符：%(relation)s") % {**told, "relation": RELATIONS[rule["relation"]]}
    if kind == "freshness":
        return _("%(column)s最新一条不早于 %(age)s前") % {**told, "age": _age(int(rule["seconds"]))}
    if kind == "outdated_code":
        return _("%(column)s不应是已停用的代码：%(codes)s") % {**told, "codes": _codes(rule)}
    if kind == "length":
        return _("%(column)s不超过 %(n)s 个字符") % {**told, "n": rule["most"]}
    if kind == "code_set":
        return _("%(column)s只能是：%(codes)s") % {**told, "codes": _codes(rule) or str(rule.get("table", ""))}
    said = {
        "not_null": _("%(column)s有值"),
        "pattern": _("%(column)s符合格式 %(pattern)s"),
        "reference": _("%(column)s在所引用的表中存在"),
    }
    return said.get(kind, _("%(column)s符合规则")) % {**told, "pattern": rule.get("pattern", "")}


def dimension_of(rule: Mapping[str, Any]) -> Any:
    """Name the dimension a rule counts toward, with the item of the standard it measures."""
    made = rule_from_json(dict(rule))
    return _("%(dimension)s（%(standard)s 第 %(code)s 项）") % {
        "dimension": DIMENSIONS[made.measured],
        "standard": STANDARD,
        "code": made.code,
    }


def register_words() -> None:
    """Register the words of this app's forms."""
    say(
        "quality.rule.write",
        mount=Shown(hidden=True),
        name=Shown(label=gettext_lazy("规则名称"), help=gettext_lazy("在本表内不重复，例如“性别在代码集内”。")),
        definition=Shown(hidden=True),
    )
    say("quality.rule.alter", definition=Shown(hidden=True))
    say("quality.rule.propose", mount=Shown(hidden=True))
    say("quality.run.ask", mount=Shown(hidden=True))
