"""Quick starts: what each role comes for, with the page where it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Start:
    """A quick start: what one can begin, why, and where. `route` is a route's name; `query` follows it."""

    title: Any
    text: Any
    icon: str
    route: str
    query: str = ""

    @property
    def url(self) -> str:
        """Give the page; empty while its route is not installed."""
        try:
            return reverse(self.route) + self.query
        except NoReverseMatch:
            return ""


FIND = Start(_("找数据"), _("按名称、部门检索已发布的目录，看清条件后申请"), "search", "entries", "?state=published")
ASKED = Start(_("查看我的申请"), _("每件申请在谁那里、还剩几个工作日"), "send", "requests", "?side=made")
QUEUE = Start(_("办理共享申请"), _("逐件审核，申请内容和依据摆在一起看"), "checkbox", "request_queue")
HELD = Start(_("使用中的授权"), _("接口、库表和到期日，用得上的都在这里"), "certificate", "grants", "?side=held")
GIVEN = Start(_("提供出去的授权"), _("谁在用、用了多少，随时可以暂停或撤回"), "share", "grants", "?side=given")
SOURCES = Start(_("登记数据源"), _("接入前置库，测试连接，扫描表结构"), "database-plus", "source_new")
DRAFTS = Start(_("编制目录"), _("从扫描到的表编目，补齐说明后提交"), "file-plus", "entries", "?state=draft")
MOUNTS = Start(_("挂载与归集"), _("把表挂到目录，看归集是否跟得上来源"), "database-import", "mounts")
WARNINGS = Start(_("处理变化预警"), _("关注的办件里有人的数据变了"), "bell-ringing", "warnings")
USES = Start(_("登记使用情况"), _("使用记录保存三年，检查时随时可查"), "notebook", "use_new")
REVIEWS = Start(_("审核目录"), _("目录报上来的，先看差异再发布"), "clipboard-check", "entry_queue")
PEOPLE = Start(_("人员和账号"), _("登记人员、重置动态码、停用账号"), "users", "people")
HOLDERS = Start(_("谁担任什么"), _("此刻有效的任命，点开可看此人在哪里登录"), "list-search", "holders")
APPOINT = Start(_("按岗位任命"), _("谁能办什么，由任命决定"), "id-badge", "people")
BODIES = Start(_("部门和应用系统"), _("登记部门，核对应用系统和密钥"), "building", "systems")
TRACES = Start(_("查操作留痕"), _("谁在什么时候、为了什么、做了什么"), "history", "trace_person")
EVIDENCE = Start(_("核验存证日志"), _("逐条核验，确认记录没有被改动"), "shield-check", "evidence")
HEALTH = Start(_("看运行状况"), _("数据库、后台任务、密钥和外联是否正常"), "gauge", "health")
JOBS = Start(_("看后台任务"), _("哪些任务失败了，原因是什么，改好后重试"), "list", "jobs")
CALENDAR = Start(_("工作日历"), _("放假和调休决定每件事的期限"), "calendar", "calendar")
GUARD = Start(_("安全管理"), _("锁定的账号、临近到期的任命、异常的访问"), "shield-lock", "security_desk")
RULES = Start(_("权限规则"), _("每项操作由谁办、凭什么办"), "scale", "policies")
AUDIT = Start(_("审计"), _("权限改动、被拒的操作和存证是否完整"), "report", "audit_desk")
CENSUS = Start(_("数字资源普查"), _("发起普查、催报、接收报告，家底摸得清"), "list-search", "census")
REPORTS = Start(_("普查填报"), _("登记系统、数据库和数据表，与扫描结果核对"), "database", "census_reports")
ISSUED = Start(_("申领清单"), _("目录下发给条线，各部门答复得怎样"), "sitemap", "claim_lists")
FLOWS = Start(_("看数据流动"), _("库表交换是否正常、滞后多少"), "arrows-exchange", "deliveries")

STARTS: Mapping[str, tuple[Start, ...]] = {
    "business_office": (FIND, ASKED, DRAFTS, REPORTS, WARNINGS, USES),
    "sharing_handler": (QUEUE, HELD, SOURCES, REPORTS, MOUNTS, GIVEN, FLOWS),
    "sharing_head": (QUEUE, REVIEWS, GIVEN, HELD, ASKED),
    "department_head": (QUEUE, DRAFTS, GIVEN, HELD, FIND),
    "authority_handler": (REVIEWS, CENSUS, ISSUED, FIND, GIVEN),
    "authority_head": (REVIEWS, QUEUE, CENSUS, ISSUED, FIND),
    "township_user": (FIND, WARNINGS),
    "analyst": (FIND, HELD),
    "system_admin": (PEOPLE, BODIES, HEALTH, JOBS, CALENDAR),
    "security_admin": (GUARD, HOLDERS, APPOINT, RULES, BODIES),
    "auditor": (AUDIT, TRACES, EVIDENCE, FIND),
    "operations": (HEALTH, FLOWS, JOBS, MOUNTS),
}
"""What each capacity comes for, the most usual first."""


def starts(actor: Actor) -> list[Start]:
    """Give the quick starts of the actor's role whose pages exist."""
    return [one for one in STARTS.get(actor.capacity, (FIND,)) if one.url]
