"""What is printed of sharing: the approval form (审批单), the agreement, the security commitment. Chinese by rule.

Each sheet names the record it belongs to, the SM3 digest of what it says, and the events whose receipts prove it, so
that paper in a hand can be held against the memory at /trace/receipt/ or by `jiangyuan verify`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone, translation

from jiangyuan.catalog.entries.wording import mask_text
from jiangyuan.exchange.sharing import terms
from jiangyuan.exchange.sharing.agreement import FORMS, digest, number_of
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.purposes import said as said_purpose
from jiangyuan.exchange.sharing.queries import steps_told
from jiangyuan.exchange.sharing.rules import ART20, ART21, ART25
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.events import history
from jiangyuan.kernel.models import Clock, Event
from jiangyuan.ui import conditions
from jiangyuan.ui.printing import Facts, Grid, Sheet, Text
from jiangyuan.ui.timeline import Moment, timeline

ARTICLES = {
    "sharing.request.opened": ART20,
    "sharing.request.submitted": ART20,
    "sharing.request.consented": ART20,
    "sharing.request.returned": ART20,
    "sharing.request.completion_asked": ART21,
    "sharing.request.completed": ART21,
    "sharing.request.proposed": ART21,
    "sharing.request.sent_back": ART21,
    "sharing.request.signed": ART21,
    "sharing.request.withheld": ART21,
    "sharing.request.agreed": ART21,
    "sharing.request.refused": ART21,
    "sharing.request.reply_extended": ART21,
    "sharing.request.cancelled": ART20,
    "sharing.grant.suspended": ART25,
    "sharing.grant.withdrawn": ART25,
}
"""The article each step rests on, where the step itself names none."""
UNPRINTED = frozenset(
    {
        "sharing.request.edited",
        "sharing.request.signatures_reckoned",
        "sharing.request.printed",
        "sharing.grant.printed",
    }
)
OPINIONS = ("proposal", "opinion", "notice", "reason", "rectified")
STATUS = {"running": "计时中", "paused": "已暂停", "met": "已办结", "overdue": "已超期"}


@dataclass(frozen=True, slots=True)
class Printed:
    """A sheet with the digest of what it says, and the event that proves it (None: not yet remembered)."""

    sheet: Sheet
    digest: str
    file: str


def _time(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def _foot(name: str, by: str) -> str:
    return f"{name}　打印人：{by}　打印时间：{_time(timezone.now())}"


def _proof(events: Sequence[Event], said: str) -> tuple[str, ...]:
    lines = [f"本文书内容摘要（SM3）：{said}"]
    if events:
        lines.append("存证编号：" + "、".join(str(event.pk) for event in events))
    return (
        *lines,
        "核验办法：登录平台，打开 /trace/receipt/存证编号/ 下载存证回执，与本文书核对；"
        "也可在任何电脑上运行 jiangyuan verify 存证回执文件，离线核验。",
    )


def agreement_sheet(grant: Grant, *, by: str) -> Printed:
    """Make the sharing agreement of a grant for printing."""
    return _agreed(grant, grant.agreement, "政务数据共享协议", by=by)


def commitment_sheet(grant: Grant, *, by: str) -> Printed:
    """Make the security commitment of a grant for printing."""
    return _agreed(grant, grant.commitment, "政务数据安全承诺书", by=by)


def made_event(grant: Grant) -> Event | None:
    """Give the event that holds the digests of a grant's texts."""
    label = grant._meta.label_lower
    return Event.objects.filter(type="sharing.grant.made", object_type=label, object_id=grant.pk).first()


def _agreed(grant: Grant, text: str, title: str, *, by: str) -> Printed:
    said = digest(text)
    made = made_event(grant)
    # the text is printed as it was agreed; its first line is the title, which stands above already
    body = text.removeprefix(title).strip("\n")
    sheet = Sheet(
        title=title,
        number=f"编号：{number_of(grant.request)}",
        blocks=(Text(text=body), _seals(grant)),
        notes=_proof([made] if made else [], said),
        foot=_foot(title, by),
    )
    return Printed(sheet, said, f"{title}-{grant.entry.known_name}")


def _seals(grant: Grant) -> Facts:
    place = "\n\n（盖章）\n\n年　　月　　日"
    return Facts(rows=((("提供方", f"{grant.provider.name}{place}"), ("使用方", f"{grant.consumer.name}{place}")),))


def approval_sheet(asked: Request, *, by: str, reader: Actor | None = None) -> Printed:
    """Make the approval form of a request: what is asked, every step with its person, opinion and article, the clocks.

    Steps that `reader` (None: somebody of neither side) may not be told of yet are left out.
    """
    with translation.override("zh-hans"):
        grant = Grant.objects.filter(request=asked).first()
        told = steps_told(asked, reader)
        events = [event for event in _steps_of(asked, grant) if told is None or event.type in told]
        blocks = (_asked(asked), _items(asked), _road(events), _limits(asked, grant))
        said = digest(repr(blocks))
        deciding = [e for e in events if e.type in ("sharing.request.agreed", "sharing.request.refused")] or events
        sheet = Sheet(
            title="政务数据共享申请审批单",
            number=f"编号：{number_of(asked)}　　状态：{asked.state_label}",
            blocks=blocks,
            notes=_proof(deciding[-1:], said),
            foot=_foot("政务数据共享申请审批单", by),
        )
        return Printed(sheet, said, f"审批单-{asked.entry.known_name}")


def _steps_of(asked: Request, grant: Grant | None) -> list[Event]:
    found = history(object_type=asked._meta.label_lower, object_id=asked.pk)
    if grant is not None:
        found += history(object_type=grant._meta.label_lower, object_id=grant.pk)
    kept = [e for e in found if e.type.startswith("sharing.") and e.type not in UNPRINTED]
    return sorted(kept, key=lambda event: (event.at, event.pk))


def _asked(asked: Request) -> Facts:
    rows = (
        (("使用方", asked.consumer.name), ("提供方", asked.provider.name)),
        (("应用系统", f"{asked.system.name}（{asked.system.code}）"), ("用途代码", said_purpose(asked.purpose))),
        (("共享数据", f"{asked.entry.known_name}（目录代码 {asked.entry.code}）"),),
        (("使用依据", asked.basis),),
        (("使用场景", asked.scenario),),
        (("使用范围", asked.scope or "以使用场景为限"),),
        (
            ("共享方式", "、".join(FORMS[form] for form in asked.forms)),
            ("使用期限", f"至 {asked.until.isoformat()}（含当日）"),
        ),
        (
            ("记录范围", conditions.sentence(asked.condition, terms.names_of(asked.entry))),
            ("限定办件", "仅限已登记办件名单内的人员" if asked.case_bound else "否"),
        ),
    )
    return Facts(rows=rows)


def _items(asked: Request) -> Grid:
    rows = [
        (str(place), item["name"], item["column"], f"{item.get('grade', '')} 级", str(mask_text(item["mask"])))
        for place, item in enumerate(asked.items, start=1)
    ]
    return Grid(titles=("序号", "信息项", "字段", "级别", "脱敏方式"), rows=rows, widths=(1, 4, 4, 1.3, 4))


def _opinion(payload: dict[str, Any]) -> str:
    said = [str(payload[name]) for name in OPINIONS if payload.get(name)]
    if payload.get("days"):
        said.append(f"延长 {payload['days']} 个工作日")
    return "\n".join(said)


def _who(moment: Moment) -> str:
    return "\n".join(part for part in (moment.body, moment.who, moment.capacity) if part)


def _road(events: list[Event]) -> Grid:
    moments = timeline(events).moments
    rows = [
        (
            str(moment.what),
            _who(moment),
            _time(moment.at),
            _opinion(event.payload or {}),
            moment.article or ARTICLES.get(event.type, ""),
        )
        for event, moment in zip(events, moments, strict=True)
    ]
    return Grid(titles=("环节", "办理人", "时间", "意见", "依据"), rows=rows, widths=(2.4, 3, 2.2, 4.4, 2.6))


def _limits(asked: Request, grant: Grant | None) -> Grid:
    held = [asked.pk, *([grant.pk] if grant is not None else [])]
    rows = []
    for clock in Clock.objects.filter(object_id__in=held).order_by("created_at"):
        limit = LIMITS[clock.limit]
        met = f"{clock.met_on.isoformat()} 办结" if clock.met_on else STATUS.get(clock.status, "")
        due = clock.due_on.isoformat() if clock.due_on else "计时已暂停"
        due += "" if clock.certain else "（暂定，该年度放假安排尚未公布）"
        rows.append((str(limit.title), str(limit.article), due, met))
    return Grid(titles=("时限", "依据", "应于此日前", "办理情况"), rows=rows, widths=(4, 4, 2.4, 3))


def file_name(text: str) -> str:
    """Make a file name of a document's name: letters and digits of any script, nothing that a system might read into it."""
    kept = "".join(c if unicodedata.category(c)[0] in "LN" or c == "-" else " " for c in text)
    return " ".join(kept.split())[:80] or "document"
