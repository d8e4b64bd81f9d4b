"""Classes, codes and relations: codes are given once for ever and go on finding their entry; circles are refused."""

import threading
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from jiangyuan.catalog.entries import rules
from jiangyuan.catalog.entries.actions_review import give_code
from jiangyuan.catalog.entries.classes import level_of, parent_of, shipped
from jiangyuan.catalog.entries.models import Classification, Entry, EntryRelation, EntryVersion, FormerCode
from jiangyuan.catalog.entries.queries import by_code, entries, live
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.sources.models import ScannedTable
from office import SETUP, Office, appoint, body, events_of

TABLE = "CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT)"
MOVE = {"classification": "101001", "reason": "归入人口信息"}


@pytest.fixture
def entry(db, office):
    _file, source = office.sqlite(TABLE)
    office.scan(source)
    return office.draft(ScannedTable.objects.get(source=source), name="人员信息")


def _entry(office, name, **fields):
    if not Classification.objects.exists():
        act("catalog.classification.install", actor=SETUP)
    return Entry.objects.create(body=office.place, name=name, state="draft", **fields)


# --- classes ----------------------------------------------------------------------------------------------------------


def test_the_shipped_tree_holds_together(db) -> None:
    codes = {code for code, _name, _national in shipped()}
    assert all(not parent_of(code) or parent_of(code) in codes for code in codes)
    assert {level_of(code) for code in codes} == {1, 2, 3} and len(codes) == 3 + 25 + 25
    act("catalog.classification.install", actor=SETUP)
    act("catalog.classification.install", actor=SETUP)
    assert Classification.objects.filter(code__in=codes).count() == len(codes)


def test_the_authority_keeps_the_provinces_own_classes(entry, office) -> None:
    authority = office.authority
    with pytest.raises(Forbidden):
        act("catalog.classification.add", actor=office.handler, code="307002", name="省直部门")
    own = act("catalog.classification.add", actor=authority, code="307002", name="省直部门")
    fine = act("catalog.classification.add", actor=authority, code="30700201", name="民政")
    assert (own.level, fine.level, fine.parent_id) == (3, 4, own.pk)
    for code in ("307002", "30799", "399001", "9"):
        with pytest.raises(Refused):
            act("catalog.classification.add", actor=authority, code=code, name="不行")
    with pytest.raises(Refused):
        act("catalog.classification.rename", Classification.objects.get(code="3").pk, actor=authority, name="别的")
    act("catalog.entry.edit", entry.pk, actor=office.handler, classification="30700201")
    with pytest.raises(Conflict):
        act("catalog.classification.close", fine.pk, actor=authority, reason="合并")
    act("catalog.entry.edit", entry.pk, actor=office.handler, classification="307002")
    act("catalog.classification.close", fine.pk, actor=authority, reason="合并")
    for code in ("30700201", "307999", "307"):
        with pytest.raises(Refused) as refusal:
            act("catalog.entry.edit", entry.pk, actor=office.handler, classification=code)
        assert refusal.value.where == "classification" and refusal.value.mend


# --- codes ------------------------------------------------------------------------------------------------------------


def test_reclassification_keeps_the_entry_and_its_old_code(entry, office) -> None:
    office.publish(entry)
    old = entry.code
    with pytest.raises(Forbidden):
        act("catalog.entry.reclassify", entry.pk, actor=office.handler, **MOVE)
    act("catalog.entry.reclassify", entry.pk, actor=office.authority, **MOVE)
    entry.refresh_from_db()
    assert entry.code.startswith("101001/") and entry.category == "1" and entry.live_version == 2
    reader = Office(body()).business
    assert by_code(old, actor=reader) == by_code(entry.code, actor=reader) == entry
    assert entries(actor=reader, text=old).get() == entry
    kept = FormerCode.objects.get()
    assert (kept.code, kept.entry_id) == (old, entry.pk) and kept.given_at < kept.ended_at  # pyright: ignore
    assert events_of(entry, "catalog.entry.reclassified")[0].payload["before"] == old
    with pytest.raises(Refused):
        act("catalog.entry.reclassify", entry.pk, actor=office.authority, **MOVE)
    with pytest.raises(NotFound):
        by_code("307001/999999", actor=reader)


def test_a_revision_that_moves_the_entry_gives_a_new_code_and_going_back_gives_no_old_one(entry, office) -> None:
    office.publish(entry)
    codes = [entry.code]
    for place in ("102001", "307001"):
        act("catalog.entry.revise", entry.pk, actor=office.handler, trigger="own_information", reason="调整")
        act("catalog.entry.edit", entry.pk, actor=office.handler, classification=place)
        office.publish(entry)
        codes.append(entry.code)
    assert len(set(codes)) == 3 and codes[2].startswith("307001/")
    assert {by_code(code, actor=office.business).pk for code in codes} == {entry.pk}
    assert EntryVersion.objects.filter(entry=entry).count() == 3


def test_a_code_that_came_from_elsewhere_is_not_given_again(db, office) -> None:
    _entry(office, "接管的", code="307001/000001")
    other = _entry(office, "原有的")
    FormerCode.objects.create(entry=other, code="307001/000002", ended_at=other.created_at)
    fresh = _entry(office, "新的")
    give_code(fresh, fresh.created_at)
    assert fresh.code == "307001/000003"


def test_codes_stay_unique_while_many_publish_and_move_at_once(committed, office) -> None:
    act("catalog.classification.install", actor=SETUP)
    authority = office.authority
    made = [_entry(office, f"目录{n}", code=f"307001/{n:06d}") for n in range(1, 9)]
    Entry.objects.update(state="published", live_version=1)
    start, failed = threading.Barrier(8), []

    def move(entry, place):
        start.wait()
        try:
            act("catalog.entry.reclassify", entry.pk, actor=authority, classification=place, reason="归类")
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=(e, ("101001", "102001")[n % 2])) for n, e in enumerate(made)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    now, before = (
        set(Entry.objects.values_list("code", flat=True)),
        set(FormerCode.objects.values_list("code", flat=True)),
    )
    assert len(now) == len(before) == 8 and not now & before
    assert now == {f"{place}/{n:06d}" for place in ("101001", "102001") for n in range(1, 5)}


# --- relations --------------------------------------------------------------------------------------------------------


def _relate(entry, other, kind, actor) -> None:
    act("catalog.entry.relate", entry.pk, actor=actor, to=other.pk, kind=kind)


@pytest.mark.parametrize("kind", sorted(rules.ACYCLIC))
def test_circles_that_say_nothing_are_refused_by_name(db, office, kind) -> None:
    first, second, third = (_entry(office, name) for name in ("甲表", "乙表", "丙表"))
    _relate(first, second, kind, office.handler)
    _relate(second, third, kind, office.handler)
    for to in (first, third):
        with pytest.raises(Refused) as refusal:
            _relate(third, to, kind, office.handler)
        assert refusal.value.where == "to" and refusal.value.mend
    with pytest.raises(Refused) as refusal:
        _relate(third, first, kind, office.handler)
    assert refusal.value.code == "circle" and "“甲表”、“乙表”、“丙表”" in str(refusal.value.message)
    assert EntryRelation.objects.count() == 2
    act("catalog.entry.unrelate", first.pk, actor=office.handler, to=second.pk, kind=kind)
    _relate(third, first, kind, office.handler)


def test_relations_that_may_go_round_may(db, office) -> None:
    first, second = _entry(office, "甲表"), _entry(office, "乙表")
    for kind in ("references", "same_subject"):
        _relate(first, second, kind, office.handler)
        _relate(second, first, kind, office.handler)


def test_readers_know_the_relations_that_were_published(entry, office) -> None:
    other = _entry(office, "户籍信息")
    Entry.objects.filter(pk=other.pk).update(state="published", live_version=1, code="307001/000900")
    _relate(entry, other, "derived_from", office.handler)
    assert not EntryRelation.objects.filter(known=True).exists()
    office.publish(entry)
    assert live(entry)["related"] == [
        {"kind": "derived_from", "id": str(other.pk), "code": "307001/000900", "name": "户籍信息"}
    ]
    act("catalog.entry.revise", entry.pk, actor=office.handler, trigger="own_information", reason="更正")
    act("catalog.entry.unrelate", entry.pk, actor=office.handler, to=other.pk, kind="derived_from")
    assert EntryRelation.objects.get().known, "until the revision is published"
    office.publish(entry)
    assert not EntryRelation.objects.get().known and live(entry)["related"] == []


def test_what_one_may_not_see_cannot_be_related(db, office) -> None:
    hidden = _entry(Office(body()), "别家的草稿")
    with pytest.raises(NotFound):
        _relate(_entry(office, "甲表"), hidden, "references", office.handler)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40))
def test_no_circle_is_ever_closed(pairs) -> None:
    ids = [uuid4() for _n in range(8)]
    edges: dict = {}
    for one, other in pairs:
        if one != other and not rules.circle(edges, ids[one], ids[other]):
            edges.setdefault(ids[one], set()).add(ids[other])
    # what can be put into an order has no circle
    left = {one: set(to) for one, to in edges.items()}
    while left:
        free = [one for one, to in left.items() if not to & set(left)]
        assert free
        for one in free:
            del left[one]


def test_appointed_people_are_needed_for_all_of_it(db, office) -> None:
    analyst = appoint(office.place, "analyst")
    with pytest.raises(Forbidden):
        _relate(_entry(office, "甲表"), _entry(office, "乙表"), "references", analyst)
