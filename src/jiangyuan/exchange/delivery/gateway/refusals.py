"""What the gateway says when it refuses: neutral, exact, and how to mend it. One function a reason.

Reasons that would tell an outsider what exists (a system, a key, somebody else's grant, a person on a list) share one
text, one code and one path through the code with "there is none".
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from jiangyuan.kernel.errors import Refused

ART22 = gettext_noop("《政务数据共享条例》第二十二条")
ART25 = gettext_noop("《政务数据共享条例》第二十五条")
ART29 = gettext_noop("《政务数据共享条例》第二十九条")
PERSONAL = gettext_noop("《中华人民共和国个人信息保护法》第六条")


class GatewayRefused(Refused):
    """A call that the gateway does not answer with data."""

    default_code = "gateway.refused"

    def __init__(self, status: int, message: object, *, code: str, retry_after: int = 0, **more: object) -> None:
        super().__init__(message, code=f"gateway.{code}", **more)  # type: ignore[arg-type]
        self.status = status
        self.retry_after = retry_after


def malformed(message: object, *, where: str = "", mend: object = "", status: int = 400) -> GatewayRefused:
    """The call itself is not well formed."""
    return GatewayRefused(status, message, code="malformed", where=where, mend=mend)


def too_large(where: str) -> GatewayRefused:
    """Something in the call exceeds its bound."""
    status = 413 if where == "body" else 431
    return GatewayRefused(status, _("请求过大"), code="too_large", where=where, mend=_("请减少单次请求的内容。"))


def too_slow() -> GatewayRefused:
    """The caller did not send its request in time."""
    return GatewayRefused(408, _("请求发送超时"), code="slow", mend=_("请检查网络后重试。"))


def no_route() -> GatewayRefused:
    """There is no such address."""
    return GatewayRefused(
        404,
        _("没有这个服务地址"),
        code="route",
        where="path",
        mend=_("地址应为 /v1/{授权编号}/match、match-list、rows 或 openapi.json。"),
    )


def wrong_method(allowed: str) -> GatewayRefused:
    """The address is asked by another method."""
    return GatewayRefused(405, _("该地址只支持 %(method)s 方法") % {"method": allowed}, code="method", where="method")


def header_missing(name: str) -> GatewayRefused:
    """A header that every call carries is absent."""
    return GatewayRefused(
        401,
        _("缺少签名请求头 %(name)s") % {"name": f"X-Jiangyuan-{name.title()}"},
        code="header",
        where=f"X-Jiangyuan-{name.title()}",
        mend=_("请按服务说明对请求签名。"),
    )


def unsigned() -> GatewayRefused:
    """System or key unknown, or the signature is wrong: told in the same words."""
    return GatewayRefused(
        401,
        _("签名未通过验证"),
        code="signature",
        where="X-Jiangyuan-Signature",
        mend=_("请核对系统编码、密钥编号、密钥，以及参与签名的请求头、路径、参数和正文。"),
    )


def key_over() -> GatewayRefused:
    """The key is expired or revoked, or its system is out of use; told to its holder only."""
    return GatewayRefused(
        403,
        _("密钥已过期、已吊销，或应用系统已停用"),
        code="key",
        where="X-Jiangyuan-Key",
        mend=_("请为应用系统换发密钥。"),
    )


def bad_time() -> GatewayRefused:
    """The time of the call is too far from ours, or before this gateway began to remember nonces."""
    return GatewayRefused(
        401,
        _("请求时间与平台时间相差过大"),
        code="time",
        where="X-Jiangyuan-Time",
        mend=_("请校准时钟（允许相差 300 秒），重新签名后再发；网关刚刚重启时也请重新签名。"),
    )


def replayed() -> GatewayRefused:
    """The nonce has been used."""
    return GatewayRefused(
        401, _("该请求已使用过"), code="replay", where="X-Jiangyuan-Nonce", mend=_("请更换随机数并重新签名。")
    )


def over_quota(seconds: float, *, probes: bool) -> GatewayRefused:
    """The system calls, or a grant is probed, more often than agreed."""
    wait = max(1, int(seconds + 0.999))
    message = _("核验次数超过授权约定的频率") if probes else _("调用次数超过应用系统的配额")
    return GatewayRefused(
        429,
        message,
        code="probes" if probes else "quota",
        retry_after=wait,
        mend=ngettext(
            "请在 %(seconds)s 秒后再试，长期不足时请申请调整。",
            "请在 %(seconds)s 秒后再试，长期不足时请申请调整。",
            wait,
        )
        % {"seconds": wait},
    )


def not_granted() -> GatewayRefused:
    """No such grant, or not this system's: told in the same words."""
    return GatewayRefused(
        404,
        _("没有找到本系统可用的这项授权"),
        code="grant",
        where="path",
        mend=_("请核对授权编号或服务别名、用途，以及授权是否属于本系统。"),
    )


def ambiguous() -> GatewayRefused:
    """Several grants of the system fit an alias."""
    return GatewayRefused(
        409, _("有不止一项授权适用于该服务别名"), code="ambiguous", where="path", mend=_("请改用授权编号。")
    )


def wrong_form(form: str) -> GatewayRefused:
    """The grant does not name this form of delivery."""
    message = _("本项授权不包含核验方式") if form == "match" else _("本项授权不包含查询方式")
    mend = _("请使用授权约定的方式，或申请变更授权。")
    return GatewayRefused(403, message, code="form", where="path", mend=mend, article=ART22)


def wrong_purpose() -> GatewayRefused:
    """The purpose of the call is not the purpose of the grant."""
    return GatewayRefused(
        403,
        _("请求的用途与授权约定的用途不一致"),
        code="purpose",
        where="X-Jiangyuan-Purpose",
        mend=_("共享数据不得用于约定以外的目的；需要时请另行申请。"),
        article=ART29,
    )


def ended() -> GatewayRefused:
    """The grant was suspended, withdrawn, changed or has run out."""
    return GatewayRefused(
        403,
        _("授权已暂停、撤回、变更或到期"),
        code="ended",
        where="path",
        mend=_("请在“我的授权”中查看原因，需要时重新申请。"),
        article=ART22,
    )


def preparing() -> GatewayRefused:
    """The grant holds, but what serves it is being built."""
    return GatewayRefused(
        503, _("授权正在开通，请稍后再试"), code="preparing", retry_after=2, mend=_("通常几秒内完成。")
    )


def not_served() -> GatewayRefused:
    """The rows of the grant do not stand in the serving store."""
    return GatewayRefused(
        403,
        _("该数据未物理归集，不能经网关提供"),
        code="not_served",
        where="path",
        mend=_("请改用库表或联合查询方式。"),
    )


def no_case() -> GatewayRefused:
    """Personal data is asked for without a case number."""
    return GatewayRefused(
        403,
        _("涉及个人信息的调用须填写办件编号"),
        code="case_missing",
        where="X-Jiangyuan-Case",
        mend=_("请填写正在办理的事项的办件编号。"),
        article=PERSONAL,
    )


def not_listed() -> GatewayRefused:
    """No open case of the system under that number, or the person is not on its list: told in the same words."""
    return GatewayRefused(
        403,
        _("该办件未办理中，或所查人员不在该办件的授权名单内"),
        code="not_listed",
        where="X-Jiangyuan-Case",
        mend=_("请核对办件编号；需要查询其他人员的，请取得其授权后登记办件。"),
        article=ART25,
    )


def no_operator() -> GatewayRefused:
    """Nobody stands behind the call."""
    return GatewayRefused(
        403,
        _("须填写经办人"),
        code="operator",
        where="X-Jiangyuan-Operator",
        mend=_("请填写发起本次调用的工作人员姓名或工号。"),
        article=ART29,
    )


def one_by_one() -> GatewayRefused:
    """A grant bound to cases is asked for rows without naming the person."""
    return GatewayRefused(
        403,
        _("本项授权限于办件名单内的人员，只能按人员标识查询"),
        code="one_by_one",
        where="query",
        mend=_("请用人员标识字段作为查询条件，逐人查询。"),
        article=ART25,
    )


def overloaded() -> GatewayRefused:
    """More calls are under way than this process takes."""
    return GatewayRefused(503, _("服务繁忙，请稍后再试"), code="busy", retry_after=1)


def out_of_time() -> GatewayRefused:
    """The answer was not there in time."""
    return GatewayRefused(503, _("查询超过了时间限制"), code="slow_answer", mend=_("请增加查询条件后重试。"))


def failed() -> GatewayRefused:
    """Something of ours is broken; what, is in our own log."""
    return GatewayRefused(
        503, _("服务暂时不可用，已记录并通知运维"), code="unavailable", retry_after=5, mend=_("请稍后再试。")
    )
