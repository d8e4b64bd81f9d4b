"""Clocks read as people say them."""

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from jiangyuan.kernel.models import Clock
from jiangyuan.ui.clocks import ClockFace, clock_face

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("values", "text", "tone"),
    [
        ({"due": date(2026, 11, 27), "days_left": 4}, "还剩 4 个工作日（至 11月27日）", "idle"),
        ({"due": date(2026, 11, 24), "days_left": 1}, "还剩 1 个工作日（至 11月24日）", "warn"),
        ({"due": TODAY, "days_left": 0}, "今天到期（11月23日）", "warn"),
        ({"due": date(2026, 11, 19), "days_left": -2}, "已超期 2 个工作日（应于 11月19日 前办结）", "bad"),
        ({"due": date(2026, 11, 22), "days_left": 0}, "已超期（应于 11月22日 前办结）", "bad"),
        ({"due": date(2027, 1, 8), "days_left": 32}, "还剩 32 个工作日（至 2027年1月8日）", "idle"),
        ({"due": None, "days_left": 4, "status": "paused"}, "计时已暂停，恢复后还剩 4 个工作日", "closed"),
        ({"due": date(2026, 11, 27), "status": "met", "met_on": TODAY}, "已按期办结（11月23日）", "good"),
        ({"due": date(2026, 11, 20), "status": "met", "met_on": TODAY}, "超期办结（11月23日）", "warn"),
    ],
)
def test_a_clock_is_said_in_one_line(values: dict[str, Any], text: str, tone: str) -> None:
    with translation.override("zh-hans"):
        face = ClockFace(today=TODAY, **values)
        assert (face.text, face.tone) == (text, tone)


def test_a_clock_names_its_article_and_its_doubt() -> None:
    clock = Clock(
        limit="sharing.reply.conditional",
        received_on=date(2026, 12, 28),
        due_on=date(2027, 1, 12),
        certain=False,
        status=Clock.RUNNING,
    )
    with translation.override("zh-hans"):
        face = clock_face(clock, today=date(2026, 12, 28))
        assert face.explanation == (
            "答复有条件共享申请；《政务数据共享条例》第二十一条；该年度放假安排尚未公布，期限为暂定，公布后可能调整"
        )
    assert face.days_left is not None and face.days_left > 7
