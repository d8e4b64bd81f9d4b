"""The steps of the tour: what, why, by whom, on which page, and the event that says it was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

Side = Literal["consumer", "provider", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the road.

    `events`: any of these about the request or its grant ticks it; `side` and `capacity` say on whose desk it lies (none:
    anybody's); `page`: what it is done on, see `queries.page_of`; `demo_only`: the demonstration alone has it happen.
    """

    code: str
    title: Any
    why: Any
    side: Side = ""
    capacity: str = ""
    page: str = ""
    button: Any = ""
    events: tuple[str, ...] = ()
    demo_only: bool = False


STEPS: tuple[Step, ...] = (
    Step(
        code="find", title=_("找到数据，填写申请"), side="consumer", capacity="business_office", page="find",
        why=_("从目录里找到要用的数据，只选用得上的字段。没有目录就没有共享，所以从这里开始。"),
        button=_("找数据"), events=("sharing.request.opened",),
    ),
    Step(
        code="submit", title=_("核对并提交申请"), side="consumer", capacity="business_office", page="request",
        why=_("写明依据、用途和期限，提交后交本单位数据共享负责人。"),
        button=_("打开申请"), events=("sharing.request.submitted",),
    ),
    Step(
        code="consent", title=_("本单位负责人同意"), side="consumer", capacity="sharing_head", page="review",
        why=_("先由使用方自己把关。同意后到达提供方，法定答复时限从这一刻起算。"),
        button=_("审核申请"), events=("sharing.request.consented",),
    ),
    Step(
        code="propose", title=_("提供方经办人提出意见"), side="provider", capacity="sharing_handler", page="review",
        why=_("申请的内容与依据、风险提示摆在一起，经办人据此提出意见。"),
        button=_("办理申请"), events=("sharing.request.proposed",),
    ),
    Step(
        code="agree", title=_("提供方负责人答复"), side="provider", capacity="sharing_head", page="review",
        why=_("经办和决定由两个人分别作出。同意后平台自动开通，无需再配置接口。"),
        button=_("答复申请"), events=("sharing.request.agreed",),
    ),
    Step(
        code="use", title=_("使用数据"), side="consumer", capacity="sharing_handler", page="data",
        why=_("只看到授权的字段和记录，每次查看都留痕，随时可查是谁、为什么看的。"),
        button=_("查看数据"),
    ),
    Step(
        code="correction", title=_("看一条更正自动到达"),
        why=_("提供方在自己的库里更正一条记录，使用方的库几秒内随之更新，不用再报一次。"),
        page="deliveries", button=_("看库表交换"), demo_only=True,
    ),
    Step(
        code="warning", title=_("看死亡预警当场到达"), side="consumer", capacity="business_office", page="warnings",
        why=_("公安厅登记一人死亡，民政厅打开着的页面一秒左右出现提醒，当月待遇不会再多发。"),
        button=_("处理预警"), demo_only=True,
    ),
    Step(
        code="withdraw", title=_("撤回授权，下一次访问即被拒绝"), side="provider", capacity="sharing_head", page="withdraw",
        why=_("提供方随时可以撤回。撤回后接口、页面、库表交换同时停止，再打开数据页就能看到。"),
        button=_("打开授权"), events=("sharing.grant.withdrawn",),
    ),
    Step(
        code="late", title=_("看一件超期的答复变红"), page="late",
        why=_("有一件申请的答复时限已经过了，经办人的工作台上是红色的，主管部门也看得到。"),
        button=_("看超期申请"), demo_only=True,
    ),
)  # fmt: skip
"""The road, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """A button that has something happen outside of the platform: registered by who can, only while it can."""

    step: str
    title: Any
    url: str


HELPERS: dict[str, Helper] = {}


def register_helpers(*helpers: Helper) -> None:
    """Add helping hands to steps. Registering one again replaces it, so that `ready()` may run twice."""
    HELPERS.update({helper.step: helper for helper in helpers})
