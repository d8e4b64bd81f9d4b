"""The accounts that the demonstration hands out: one for each role on its road, with what to try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Guest:
    """An account of the demonstration: its sign-in name, whose it is, and what to try with it."""

    username: str
    name: str
    role: Any
    todo: Any


GUESTS: tuple[Guest, ...] = (
    Guest("civil_affairs.office", "王敏", _("省民政厅 业务处室"), _("找数据、提申请，看死亡预警当场到达")),
    Guest("civil_affairs.head", "韩文斌", _("省民政厅 数据共享负责人"), _("审核本单位提出的申请")),
    Guest("civil_affairs.handler", "卓玛措", _("省民政厅 数据共享经办人"), _("查看授权的数据，看一件超期的答复")),
    Guest("public_security.handler", "才让东智", _("省公安厅 数据共享经办人"), _("办理收到的申请，看时限")),
    Guest("public_security.head", "李青云", _("省公安厅 数据共享负责人"), _("答复申请，撤回一项授权")),
    Guest("public_security.chief", "赵海燕", _("省公安厅 部门负责人"), _("审核本部门要发布的目录")),
    Guest("xining_civil_affairs.handler", "李海宁", _("西宁市民政局 数据共享经办人"), _("申领省民政厅的目录")),
    Guest("bureau.handler", "田雨", _("省数据局 主管部门经办人"), _("审核发布各部门的目录")),
    Guest("bureau.auditor", "严正", _("省数据局 审计管理员"), _("查任一对象的留痕，下载存证回执")),
    Guest("bureau.operations", "郭涛", _("省数据局 运维"), _("看归集、交换是否正常")),
)
"""The accounts, in the order of the tour."""
