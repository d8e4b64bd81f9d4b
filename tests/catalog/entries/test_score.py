"""The score: each criterion says what it rests on and what it weighs; it is kept, and follows what is done."""

import re
from dataclasses import replace

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from jiangyuan.catalog.entries import score
from jiangyuan.catalog.entries.actions_score import rejudge, rejudge_waiting
from jiangyuan.catalog.entries.handlers import follow_entry
from jiangyuan.catalog.entries.models import Entry, EntryScore
from jiangyuan.catalog.entries.score import CRITERIA, Facts, ItemFacts, Line, judge, value_of
from jiangyuan.catalog.entries.score_pages import _GAINS, TITLES, evidence_of
from jiangyuan.catalog.entries.wording import type_text
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import HANDLERS
from jiangyuan.kernel.models import Event
from jiangyuan.sources.models import ScannedTable
from office import client_of, events_of

WHOLE = ItemFacts(named=True, typed=True, described=True, element=True, key=True)
BEST = Facts(
    summary=40, share_type="none", ground="《中华人民共和国统计法》第九条", methods=0, classification="101002", nature="item",
    contact=True, phone=True, time=True, space=True, days=10, problems=0, returned=False, items=[WHOLE],
)  # fmt: skip


def _lost(**changes) -> dict[str, int]:
    return {line.code: line.lost for line in judge(replace(BEST, **changes)) if line.lost}


def test_criteria_weigh_seventy_and_each_is_said_in_words() -> None:
    assert sum(c.weight for c in CRITERIA) == 70 and len({c.code for c in CRITERIA}) == len(CRITERIA)
    assert set(TITLES) == set(_GAINS) == {c.code for c in CRITERIA}
    assert not _lost()


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"summary": 0}, {"summary": 10}),
        ({"summary": 29}, {"summary": 6}),
        ({"ground": "按规定"}, {"ground": 5}),
        ({"ground": ""}, {"ground": 10}),
        ({"share_type": "conditional", "ground": "依法履职需要", "methods": 1}, {"ground": 5}),
        ({"share_type": "unconditional", "ground": ""}, {"methods": 4}),
        ({"classification": "101001"}, {"classification": 2}),
        ({"nature": ""}, {"nature": 2}),
        ({"time": False}, {"scope": 2}),
        ({"contact": False, "phone": False}, {"contact": 4}),
        ({"days": 366}, {"fresh": 3}),
        ({"problems": 1}, {"open": 3}),
        ({"returned": True}, {"open": 3}),
        ({"items": [WHOLE, replace(WHOLE, element=False, key=False)]}, {"elements": 5}),
        ({"items": []}, {"elements": 10, "names": 6, "types": 4, "descriptions": 4, "key": 3}),
    ],
)
def test_what_each_lack_costs(change, lost) -> None:
    assert _lost(**change) == lost


def test_the_dearest_loss_comes_first_and_says_its_evidence() -> None:
    lines = judge(replace(BEST, summary=12, nature=""))
    assert [line.code for line in lines[:2]] == ["summary", "nature"]
    assert "12" in evidence_of(lines[0]) and "30" in evidence_of(lines[0])
    assert value_of([(35, 70), (0, 30)]) == 35 and value_of([]) == 0


@pytest.fixture
def entry(db, office):
    _file, source = office.sqlite("CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT)")
    office.scan(source)
    return office.draft(ScannedTable.objects.get(source=source), name="人员信息")


def test_a_score_is_kept_and_follows_the_events(entry, office) -> None:
    assert Entry.objects.get(pk=entry.pk).score is None
    follow_entry(events_of(entry, "catalog.entry.drafted")[0])
    first = Entry.objects.get(pk=entry.pk)
    assert first.score == first.known_score and 0 < first.score < 70  # pyright: ignore
    lines = [Line(**line) for line in EntryScore.objects.get(entry=entry).lines]
    assert lines == sorted(lines, key=lambda line: -line.lost) and lines[0].lost
    told = "全省登记的人员基本信息，自二〇〇〇年起由户籍登记业务产生，每日更新。"
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary=told, nature="item", contact="数据处")
    follow_entry(events_of(entry, "catalog.entry.edited")[0])
    again = Entry.objects.get(pk=entry.pk)
    assert again.score == first.score + 6 + 2 + 2 and again.version == entry.version + 1, "no act, no version"  # pyright: ignore


def test_what_is_being_revised_does_not_change_the_score_that_readers_know(entry, office) -> None:
    office.publish(entry)
    rejudge([entry.pk])
    known = Entry.objects.get(pk=entry.pk).known_score
    act("catalog.entry.revise", entry.pk, actor=office.handler, trigger="own_information", reason="更正")
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="短", clear=["share_condition"])
    rejudge([entry.pk])
    now = Entry.objects.get(pk=entry.pk)
    assert now.known_score == known and now.score < known  # pyright: ignore


def test_the_list_and_the_entry_name_the_same_best_fix(entry, office) -> None:
    office.publish(entry)
    rejudge([entry.pk])
    client = client_of(office.handler)
    own = re.search(
        r"最值得补上的一项：([^，<]+)，可得 (\d+) 分", client.get(f"/catalog/{entry.pk}/?tab=score").content.decode()
    )
    listed = client.get("/catalog/scores/").content.decode()
    assert own and f">{own[1]}<" in listed and f">{own[2]}<" in listed


def test_types_are_said_in_words() -> None:
    assert type_text({"data_type": "C", "length": 80}) == "字符型，最长 80"
    assert type_text({"data_type": "N", "length": 10, "scale": 2}) == "数值型，最长 10 位，小数 2 位"
    assert type_text({"data_type": "D"}) == "日期型" and not type_text({})


def test_entries_that_came_together_are_judged_in_chunks(db, office, django_assert_max_num_queries) -> None:
    Entry.objects.bulk_create(Entry(body=office.place, name=f"目录{n}", state="draft") for n in range(20))
    assert rejudge_waiting() == 20 and rejudge_waiting() == 0
    assert not Entry.objects.filter(score__isnull=True).exists() and EntryScore.objects.count() == 20
    assert score.value_of([(0, 0)]) == 0


def test_what_many_acts_brought_is_judged_beside_the_work(db) -> None:
    heard = HANDLERS["entries.score_taken_over"]
    assert heard.types == {"catalog.entry.taken_over", "catalog.entry.drafted_many", "catalog.entry.redrafted_many"}
    waiting = ProcrastinateJob.objects.filter(task_name="jiangyuan:entries.judge", lock="entries.judge")
    heard.run(Event(type="catalog.entry.drafted_many"))
    assert waiting.count() == 1
