"""How actors, bodies and capacities are named on timelines: one query per kind, whatever their number."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import service_actor
from jiangyuan.organization.models import CAPACITY_LABELS, ApplicationSystem, Body, Person

SERVICES = {
    str(service_actor(name).id): label
    for name, label in (
        ("setup", _("平台初始化")),
        ("sign_in", _("登录服务")),
        ("sources", _("数据源服务")),
        ("ingest", _("归集服务")),
        ("quality", _("质量服务")),
        ("sharing", _("共享服务")),
        ("delivery", _("交换服务")),
        ("clock", _("时限服务")),
        ("keys", _("密钥服务")),
        ("updates", _("目录更新服务")),
        ("claims", _("目录申领服务")),
        ("deadlines", _("时限督促服务")),
        ("standards", _("标准服务")),
        ("conformity", _("标准审查服务")),
        ("interchange", _("目录导入服务")),
        ("coverage", _("目录覆盖服务")),
        ("onesource", _("一数一源服务")),
        ("commitments", _("共享责任服务")),
        ("census", _("普查服务")),
        ("grading", _("分级建议服务")),
        ("notices", _("消息服务")),
    )
}
_MODELS = {"person": (Person, "name"), "system": (ApplicationSystem, "name"), "body": (Body, "short_name")}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def names(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Name what can be named: {(kind, id), …} -> {(kind, id): name}."""
    found = {(kind, code): str(CAPACITY_LABELS[code]) for kind, code in wanted if code in CAPACITY_LABELS}
    found.update({(kind, key): str(SERVICES[key]) for kind, key in wanted if kind == "service" and key in SERVICES})
    for kind, (model, field) in _MODELS.items():
        ids = [key for k, text in wanted if k == kind and (key := _uuid(text))]
        if ids:
            rows = model.objects.filter(pk__in=ids).values_list("pk", field)
            found.update({(kind, str(key)): str(name) for key, name in rows})
    return found
