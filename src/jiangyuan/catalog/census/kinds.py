"""What a census registers, declared as data: twelve kinds, each with its typed fields and the kind it lies within.

Forms, REST, the command line, templates of uploads and the check of every row are all made from these declarations. The
kinds are those the plan names (省一体化政务大数据工作方案任务三). Staff are registered as posts and their numbers, never
as named persons: a census needs no more (个人信息保护法第六条).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Literal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from jiangyuan.ui.fields import Shown

Type = Literal["text", "long", "count", "number", "flag", "day", "choice"]
MOST = 10**15
MOST_TEXT = 20_000
CODE, NAME, PARENT = "code", "name", "parent"
Code = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Within = Annotated[str, StringConstraints(max_length=200)]


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of a kind: its name in code, its label, its type, and for a choice its codes with their labels."""

    name: str
    label: Any
    type: Type = "text"
    unit: Any = ""
    choices: tuple[tuple[str, Any], ...] = ()
    help: Any = ""
    required: bool = False

    @property
    def annotation(self) -> Any:
        """Give the type that pydantic checks, with what a form shows of it; what need not be given may be None."""
        shown = Shown(label=self.label, help=self.help, unit=self.unit, choices=self.choices or None)
        kept = Literal[tuple(dict(self.choices))] if self.choices else _TYPES[self.type]  # type: ignore[valid-type]
        return Annotated[kept if self.required or self.type in _EMPTY else kept | None, shown]


_TYPES: Mapping[str, Any] = {
    "text": Annotated[str, StringConstraints(max_length=300)],
    "long": Annotated[str, StringConstraints(max_length=MOST_TEXT)],
    "count": Annotated[int, Field(ge=0, le=MOST)],
    "number": Annotated[Decimal, Field(ge=0, le=MOST, max_digits=20, decimal_places=4)],
    "flag": bool,
    "day": date,
}
_EMPTY: Mapping[str, Any] = {"text": "", "long": "", "flag": False}


class FactsModel(BaseModel):
    """The base of every kind's fields."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


@dataclass(frozen=True)
class Kind:
    """One kind of resource: its title, what its button says, what its code is, the kind it lies within, its fields."""

    code: str
    title: Any
    act: Any
    facts: tuple[Fact, ...]
    within: str = ""
    bound: bool = False
    """Whether it must lie within something of that kind."""
    code_help: Any = ""

    @cached_property
    def model(self) -> type[BaseModel]:
        """Give the pydantic model of the fields, without code, name and what it lies within."""
        fields: dict[str, Any] = dict(self.parameters)
        return create_model(f"{self.code.title()}Facts", __base__=FactsModel, **fields)

    @property
    def parameters(self) -> dict[str, tuple[Any, Any]]:
        """Give (annotation, default) of each field, `...` where it must be given."""
        return {one.name: (one.annotation, ... if one.required else _EMPTY.get(one.type)) for one in self.facts}

    @cached_property
    def headings(self) -> dict[str, Any]:
        """Give the headings of a template in order: field name -> label."""
        own = {CODE: CODE_LABEL, NAME: NAME_LABEL}
        if self.within:
            own[PARENT] = within_label(self)
        return own | {one.name: one.label for one in self.facts}

    def fact(self, name: str) -> Fact | None:
        """Give a field by its name."""
        return next((one for one in self.facts if one.name == name), None)


CODE_LABEL, NAME_LABEL = _("代码"), _("名称")


def within_label(kind: Kind) -> Any:
    """Give the heading of the column that says what a thing lies within."""
    return _WITHIN[kind.within]


_WITHIN: Mapping[str, Any] = {
    "system": _("所属信息系统代码"),
    "application": _("所属应用代码"),
    "database": _("所属数据库代码"),
    "network": _("所在网络代码"),
}
_CYCLES = (
    ("realtime", _("实时")), ("daily", _("每日")), ("weekly", _("每周")), ("monthly", _("每月")),
    ("quarterly", _("每季度")), ("yearly", _("每年")), ("irregular", _("不定期")),
)  # fmt: skip
_RUNNING = (("running", _("在用")), ("building", _("在建")), ("idle", _("闲置")), ("stopped", _("停用")))
_NETWORKS = (
    ("extranet", _("电子政务外网")), ("intranet", _("电子政务内网")), ("internet", _("互联网")), ("private", _("业务专网")),
)  # fmt: skip
_ENGINES = (
    ("postgres", "PostgreSQL"), ("mysql", "MySQL / MariaDB"), ("oracle", "Oracle"), ("sqlserver", "SQL Server"),
    ("dm", _("达梦")), ("kingbase", _("人大金仓")), ("opengauss", "openGauss"), ("sqlite", "SQLite"),
    ("files", _("文件夹")), ("other", _("其他")),
)  # fmt: skip

_PROTECTION = (
    ("1", _("一级")), ("2", _("二级")), ("3", _("三级")), ("4", _("四级")),
    ("none", _("未定级")),
)  # fmt: skip
_FORMS = (
    ("web", _("网页")), ("mobile", _("移动应用")), ("mini", _("小程序")), ("desktop", _("桌面程序")),
    ("terminal", _("自助终端")),
)  # fmt: skip
_PROTOCOLS = (
    ("rest", "REST"), ("soap", "SOAP"), ("socket", "Socket"), ("file", _("文件交换")),
    ("queue", _("消息队列")),
)  # fmt: skip
_LICENCES = (
    ("open", _("开源")), ("commercial", _("商业")), ("own", _("自研")),
)  # fmt: skip
_FORMATS = (
    ("sheet", _("电子表格")), ("document", _("文档")), ("image", _("图片")), ("media", _("音视频")),
    ("map", _("地理信息")), ("other", _("其他")),
)  # fmt: skip
_CLOUDS = (
    ("machine", _("云主机")), ("container", _("容器")), ("storage", _("云存储")), ("service", _("云服务")),
)  # fmt: skip
_DEVICES = (
    ("server", _("服务器")), ("storage", _("存储")), ("switch", _("网络设备")), ("security", _("安全设备")),
    ("terminal", _("终端")),
)  # fmt: skip
_DUTIES = (
    ("plan", _("规划管理")), ("build", _("建设开发")), ("operate", _("运行维护")), ("secure", _("网络安全")),
    ("data", _("数据管理")),
)  # fmt: skip
_STAGES = (
    ("proposed", _("申报")), ("building", _("在建")), ("accepted", _("已验收")), ("stopped", _("终止")),
)  # fmt: skip

_DECLARED = (
    Kind("system", _("信息系统"), _("登记信息系统"), (
        Fact("duty", _("支撑的职责或事项"), required=True), Fact("status", _("使用状态"), "choice", choices=_RUNNING, required=True),
        Fact("network", _("部署网络"), "choice", choices=_NETWORKS),
        Fact("protection", _("等级保护级别"), "choice", choices=_PROTECTION),
        Fact("users", _("用户数"), "count", _("人")), Fact("since", _("启用日期"), "day"),
        Fact("developer", _("承建单位")), Fact("operator", _("运维单位")), Fact("address", _("访问地址")),
    ), code_help=_("本部门内唯一，例如 minzheng_jiuzhu。")),
    Kind("application", pgettext_lazy("census", "应用"), _("登记应用"), (
        Fact("form", _("应用形态"), "choice", choices=_FORMS, required=True),
        Fact("status", _("使用状态"), "choice", choices=_RUNNING), Fact("users", _("用户数"), "count", _("人")),
        Fact("address", _("访问地址或入口")),
    ), within="system"),
    Kind("interface", _("接口"), _("登记接口"), (
        Fact("protocol", _("协议"), "choice", choices=_PROTOCOLS, required=True),
        Fact("purpose", _("用途"), required=True), Fact("address", _("访问地址")), Fact("callers", _("调用方")),
        Fact("calls", _("日均调用量"), "count", _("次")),
    ), within="system"),
    Kind("component", _("组件"), _("登记组件"), (
        Fact("vendor", _("厂商或开源社区")), Fact("release", _("版本")),
        Fact("licence", _("授权方式"), "choice", choices=_LICENCES),
        Fact("domestic", _("国产"), "flag"), Fact("supported", _("支持截止日期"), "day"),
    ), within="application"),
    Kind("database", _("数据库"), _("登记数据库"), (
        Fact("engine", _("数据库产品"), "choice", choices=_ENGINES, required=True), Fact("release", _("版本")),
        Fact("source", _("已登记数据源的代码"), help=_("填写后可与扫描结果自动核对；在“数据源”中登记。")),
        Fact("tables", _("数据表"), "count", _("张")), Fact("size", _("容量"), "number", "GB"),
    ), within="system"),
    Kind("table", pgettext_lazy("census", "数据表"), _("登记数据表"), (
        Fact("columns", _("字段"), "count", _("个")), Fact("rows", _("行数"), "count", _("行")),
        Fact("cycle", _("更新周期"), "choice", choices=_CYCLES), Fact("personal", _("含个人信息"), "flag"),
        Fact("types", _("字段类型"), "long", help=_("可不填；写作“字段 类型”，以分号隔开，例如 id bigint；name varchar(20)。填写后与扫描结果核对。")),
    ), within="database", bound=True, code_help=_("模式名.表名，例如 public.resident。")),
    Kind("file", pgettext_lazy("census", "文件"), _("登记文件"), (
        Fact("format", _("格式"), "choice", choices=_FORMATS, required=True),
        Fact("files", _("文件数"), "count", _("个")), Fact("size", _("容量"), "number", "GB"), Fact("place", _("存放位置")),
        Fact("cycle", _("更新周期"), "choice", choices=_CYCLES), Fact("personal", _("含个人信息"), "flag"),
    ), within="system"),
    Kind("cloud", _("云资源"), _("登记云资源"), (
        Fact("form", _("资源类型"), "choice", choices=_CLOUDS, required=True),
        Fact("provider", _("云平台")), Fact("cores", _("处理器"), "count", _("核")), Fact("memory", _("内存"), "count", "GB"),
        Fact("storage", _("存储"), "count", "GB"), Fact("accelerators", _("加速卡"), "count", _("张")),
    ), within="system"),
    Kind("network", _("网络"), _("登记网络"), (
        Fact("type", _("网络类型"), "choice", choices=_NETWORKS, required=True), Fact("bandwidth", _("带宽"), "count", "Mbps"),
        Fact("operator", _("运营商")), Fact("reach", _("覆盖范围")),
    )),
    Kind("device", _("设备"), _("登记设备"), (
        Fact("type", _("设备类型"), "choice", choices=_DEVICES, required=True),
        Fact("quantity", _("数量"), "count", _("台")), Fact("model", _("型号")), Fact("domestic", _("国产"), "flag"),
        Fact("bought", _("购置日期"), "day"), Fact("place", _("存放位置")),
    ), within="network"),
    Kind("staff", pgettext_lazy("census", "人员"), _("登记人员岗位"), (
        Fact("duty", _("岗位类别"), "choice", choices=_DUTIES, required=True),
        Fact("people", _("人数"), "count", _("人"), required=True), Fact("outsourced", _("其中外包"), "count", _("人")),
    ), code_help=_("只登记岗位和人数，不登记个人。")),
    Kind("project", pgettext_lazy("census", "项目"), _("登记项目"), (
        Fact("approval", _("批复文号")), Fact("budget", _("投资"), "number", _("万元")),
        Fact("stage", _("阶段"), "choice", choices=_STAGES, required=True),
        Fact("approved", _("批复日期"), "day"), Fact("systems", _("建设的信息系统")),
    )),
)  # fmt: skip
KINDS: Mapping[str, Kind] = MappingProxyType({kind.code: kind for kind in _DECLARED})
"""Every kind by its code, those that lie within another after it."""


def spoken(kind: Kind, facts: Mapping[str, Any], name: str) -> Any:
    """Give a field's value as people read it: a choice by its label, the rest as it is."""
    value = facts.get(name)
    found = kind.fact(name)
    return dict(found.choices).get(str(value), value) if found is not None and found.choices else value
