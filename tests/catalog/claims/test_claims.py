"""Claims: lists reach the line, each body answers once, what is locked equals the pin, and pins move within a clock."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from jiangyuan.catalog.claims.actions import CLAIMS
from jiangyuan.catalog.claims.models import LOCAL, Claim, ClaimList, Demand, Pin, Proposal
from jiangyuan.catalog.claims.queries import changes, lists, locks_of
from jiangyuan.catalog.entries.models import DataItem, Entry, EntryVersion
from jiangyuan.catalog.entries.queries import live, snapshot
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.clocks import SHANGHAI, add_working_days
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import Clock
from jiangyuan.kernel.workflow import WrongState
from jiangyuan.portal.home.queries import on_my_desk
from jiangyuan.portal.notices.models import Notice
from office import ASSESSED, Office, appoint, body, client_of, events_of


def heard():
    run_handlers()
    run_handlers()


def proposal_of(line, office):
    return Proposal.objects.get(claim=line.claim(office))


# --- lists and answers ------------------------------------------------------------------------------------------------


def test_a_list_asks_every_body_of_the_line_below_once(line):
    issued = line.issue()
    assert {c.body_id for c in Claim.objects.all()} == {line.prefecture.place.pk, line.county.place.pk}
    assert issued.line_id == line.upper.place.pk
    with pytest.raises(Conflict) as refusal:
        line.issue(title="再下发")
    assert refusal.value.mend and ClaimList.objects.count() == 1
    for office in (line.prefecture, line.upper):
        assert lists(actor=office.handler).get().waiting == 2
    assert not lists(actor=Office(body()).handler).exists()


def test_only_the_authority_issues_and_only_what_can_be_claimed(line):
    with pytest.raises(Forbidden):
        act("catalog.claimlist.issue", actor=line.upper.handler, title="清单", entries=[line.entry.pk])
    lonely = Office(body())
    lonely.scan(lonely.sqlite("CREATE TABLE t (a TEXT PRIMARY KEY)")[1])
    table = lonely.place.sources.get().tables.get()
    alone = lonely.publish(lonely.draft(table, name="无条线"))
    with pytest.raises(Refused) as refusal:
        line.issue(entries=[alone.pk])
    assert "条线" in str(refusal.value.mend)
    with pytest.raises(Conflict):
        line.issue(entries=[alone.pk, line.entry.pk])
    line.issue()
    own = line.claimed(line.prefecture)
    chief = Office(body())
    with pytest.raises((Conflict, Forbidden)):
        act("catalog.claimlist.issue", actor=chief.authority, title="再下发", entries=[own.pk])


def test_a_claimed_entry_is_published_with_a_code_of_its_own_and_what_is_local(line):
    line.issue()
    own = line.claimed(line.prefecture, contact="李敏", contact_phone="0971-6100000", update_cycle="daily")
    assert (own.state, own.live_version, own.body_id) == ("published", 1, line.prefecture.place.pk)
    assert own.code and own.code != line.entry.code
    assert (own.contact, own.update_cycle, own.space_scope) == ("李敏", "daily", "西宁市")
    assert (own.name, own.known_name, own.summary) == (line.entry.name, line.entry.name, line.entry.summary)
    assert [i.column for i in own.items.all()] == [i.column for i in line.entry.items.all()]
    assert {i.column: i.element_id for i in own.items.all()} == {i.column: i.element_id for i in line.entry.items.all()}
    (accepted,) = events_of(line.claim(line.prefecture), "catalog.claim.accepted")
    assert accepted.payload["number"] == 1


def test_a_cycle_slower_than_above_is_refused(line):
    line.issue()
    with pytest.raises(Conflict) as refusal:
        line.claimed(line.prefecture, update_cycle="yearly")
    assert refusal.value.where == "update_cycle" and Entry.objects.count() == 1


def test_a_second_claim_within_one_body_is_refused(line):
    line.issue()
    line.claimed(line.prefecture)
    with pytest.raises(WrongState):
        act(
            "catalog.claim.accept", line.claim(line.prefecture).pk, actor=appoint(line.prefecture.place, "sharing_head")
        )
    with pytest.raises(Forbidden):
        act("catalog.claim.accept", line.claim(line.county).pk, actor=line.prefecture.handler)
    assert Pin.objects.count() == 1


def test_not_applicable_and_held_above_say_why_and_can_be_taken_back(line):
    line.issue()
    county, prefecture = line.claim(line.county), line.claim(line.prefecture)
    with pytest.raises(Refused):
        act("catalog.claim.decline", county.pk, actor=line.county.handler, reason="")
    act("catalog.claim.decline", county.pk, actor=line.county.handler, reason="本县无此业务")
    act("catalog.claim.hold_above", prefecture.pk, actor=line.prefecture.handler, reason="需回流本市困难群众名单")
    demand = Demand.objects.get()
    assert (demand.body, demand.entry, demand.needs) == (line.prefecture.place, line.entry, "需回流本市困难群众名单")
    assert events_of(demand, "catalog.demand.filed")
    act("catalog.claim.reconsider", prefecture.pk, actor=line.prefecture.handler, reason="改为申领")
    demand.refresh_from_db()
    assert demand.withdrawn_at is not None
    line.claimed(line.prefecture)
    county.refresh_from_db()
    assert (county.state, county.reason) == ("inapplicable", "本县无此业务")


# --- what is locked ---------------------------------------------------------------------------------------------------


def test_what_is_locked_is_not_edited_and_what_is_local_is(line):
    line.issue()
    own = line.claimed(line.prefecture)
    handler = line.prefecture.handler
    act("catalog.entry.revise", own.pk, actor=handler, trigger="own_information", reason="联系人变化")
    for change, where in (
        ({"name": "另一个名字"}, "name"),
        ({"share_type": "none"}, "share_type"),
        ({"items": [{"column": "name", "name": "姓名", "grade": 1}]}, "items.name"),
        ({"update_cycle": "yearly"}, "update_cycle"),
    ):
        with pytest.raises(Conflict) as refusal:
            act("catalog.entry.edit", own.pk, actor=handler, **change)
        assert refusal.value.where == where and refusal.value.mend
    act("catalog.entry.edit", own.pk, actor=handler, name=own.name, update_cycle="weekly")
    act("catalog.entry.add_local_item", own.pk, actor=handler, column="village", name="所在村", grade=1)
    with pytest.raises(Conflict):
        act("catalog.entry.add_local_item", own.pk, actor=handler, column="name", name="重名")
    own.refresh_from_db()
    line.prefecture.publish(own)
    assert live(own)["update_cycle"] == "weekly"
    assert [i["column"] for i in live(own)["items"]] == ["citizen_id", "name", "sex", "town", "village"]
    act("catalog.entry.revise", line.entry.pk, actor=line.upper.handler, trigger="own_information", reason="试")
    with pytest.raises(Conflict):
        act("catalog.entry.add_local_item", line.entry.pk, actor=line.upper.handler, column="x", name="x")


def test_an_own_item_is_not_graded_above_what_was_claimed(line):
    line.issue()
    own = line.claimed(line.prefecture)
    content = Pin.objects.get(entry=own).to.content
    act("catalog.entry.revise", own.pk, actor=line.prefecture.handler, trigger="own_information", reason="增加")
    if content["grade"] < 4:
        with pytest.raises(Conflict) as refusal:
            act("catalog.entry.add_local_item", own.pk, actor=line.prefecture.handler, column="v", name="v", grade=4)
        assert refusal.value.where == "grade"


def test_whoever_writes_a_row_the_database_keeps_it_as_it_is_pinned(line):
    line.issue()
    own = line.claimed(line.prefecture)
    Entry.objects.filter(pk=own.pk).update(name="改名", grade=1, share_type="none", known_name="改名", contact="自己的")
    DataItem.objects.filter(entry=own, column="name").update(name="改名", grade=1, mask={})
    DataItem.objects.filter(entry=own, column="sex").update(column="gender")
    EntryVersion.objects.create(entry=own, number=9, content={"name": "改名", "items": [], "contact": "自己的"})
    own.refresh_from_db()
    pinned = Pin.objects.get(entry=own).to.content
    assert (own.name, own.known_name, own.grade) == (pinned["name"], pinned["name"], pinned["grade"])
    assert own.contact == "自己的"
    assert {i["column"]: i for i in snapshot(own)["items"]} == {i["column"]: i for i in pinned["items"]}
    forged = EntryVersion.objects.get(entry=own, number=9).content
    assert forged["name"] == pinned["name"] and forged["items"] == pinned["items"] and forged["contact"] == "自己的"
    with pytest.raises(DatabaseError), transaction.atomic():
        DataItem.objects.filter(entry=own, column="name").delete()
    free = line.entry
    Entry.objects.filter(pk=free.pk).update(summary="上级自己的行不受限")
    free.refresh_from_db()
    assert free.summary == "上级自己的行不受限"


def test_the_database_and_the_code_agree_on_what_is_local(line):
    line.issue()
    own = line.claimed(line.prefecture)
    with connection.cursor() as cursor:
        cursor.execute("SELECT claims_locked(%s)", [own.pk])
        (kept,) = cursor.fetchone()  # pyright: ignore
        cursor.execute("SELECT pg_get_functiondef('claims_locked'::regproc)")
        (told,) = cursor.fetchone()  # pyright: ignore
    assert all(f"'{name}'" in told for name in LOCAL)
    assert told.count("'") == 2 * len(LOCAL)
    assert kept is not None
    assert locks_of(own.pk).fields == frozenset(Pin.objects.get(entry=own).to.content) - {*LOCAL, "items"}


# --- pins move --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trigger", "days"), [("law_or_duty", 10), ("own_information", 20)])
def test_an_upper_change_arrives_as_a_proposal_with_a_clock_and_moves_the_pin(line, trigger, days):
    line.issue()
    own = line.claimed(line.prefecture, contact="李敏", update_cycle="daily")
    line.republish(trigger, summary="按新规定修订的摘要", items=[{"column": "town", "name": "户籍乡镇"}])
    heard()
    made = proposal_of(line, line.prefecture)
    assert (made.pinned, made.number, made.trigger) == (1, 2, trigger)
    clock = Clock.objects.get(object_id=made.pk)
    assert clock.body == line.prefecture.place.pk and clock.status == Clock.RUNNING
    assert clock.due_on == add_working_days(clock.received_on, days).on
    own.refresh_from_db()
    assert own.summary == "登记的基本信息", "nothing moves before the claimant moves it"
    assert {d["field"] for d in changes(made)} == {"summary", "items.town"}
    act("catalog.proposal.move", made.pk, actor=line.prefecture.handler)
    own.refresh_from_db()
    assert (own.summary, own.known_summary, own.live_version) == ("按新规定修订的摘要",) * 2 + (2,)
    assert (own.contact, own.update_cycle) == ("李敏", "daily")
    assert own.items.get(column="town").name == "户籍乡镇" and live(own)["summary"] == "按新规定修订的摘要"
    clock.refresh_from_db()
    assert clock.status == Clock.MET
    assert not Proposal.objects.filter(claim=line.claim(line.county)).exists(), "who has not claimed is not asked"


def test_a_later_version_joins_the_proposal_that_is_open_and_its_clock_stays(line):
    line.issue()
    line.claimed(line.prefecture)
    line.republish("law_or_duty", summary="第二版")
    heard()
    first = Clock.objects.get(object_id=proposal_of(line, line.prefecture).pk)
    line.republish(summary="第三版")
    heard()
    made = proposal_of(line, line.prefecture)
    assert (made.pinned, made.number) == (1, 3)
    assert Clock.objects.get(object_id=made.pk).due_on == first.due_on


def test_an_objection_stops_the_clock_until_the_upper_body_answers(line):
    line.issue()
    own = line.claimed(line.prefecture)
    line.republish(summary="第二版")
    heard()
    made = proposal_of(line, line.prefecture)
    act("catalog.proposal.object", made.pk, actor=line.prefecture.handler, reason="本市口径不同")
    clock = Clock.objects.get(object_id=made.pk)
    assert clock.status == Clock.PAUSED
    with pytest.raises(Forbidden):
        act("catalog.proposal.uphold", made.pk, actor=line.prefecture.handler, reason="自己答复")
    act("catalog.proposal.uphold", made.pk, actor=line.upper.handler, reason="全省口径统一")
    clock.refresh_from_db()
    assert clock.status == Clock.RUNNING
    act("catalog.proposal.object", made.pk, actor=line.prefecture.handler, reason="再次说明")
    act("catalog.proposal.concede", made.pk, actor=line.upper.handler, reason="下一版调整")
    own.refresh_from_db()
    assert own.summary == "登记的基本信息" and Pin.objects.get(entry=own).to.number == 1
    line.republish(summary="第三版")
    heard()
    assert Proposal.objects.filter(claim=line.claim(line.prefecture), state="proposed").get().number == 3


def test_a_move_while_the_claimant_revises_leaves_its_draft_alone(line):
    line.issue()
    own = line.claimed(line.prefecture)
    handler = line.prefecture.handler
    act("catalog.entry.revise", own.pk, actor=handler, trigger="own_information", reason="更新周期")
    act("catalog.entry.edit", own.pk, actor=handler, update_cycle="daily")
    act("catalog.entry.add_local_item", own.pk, actor=handler, column="village", name="所在村")
    line.republish(summary="第二版")
    heard()
    act("catalog.proposal.move", proposal_of(line, line.prefecture).pk, actor=handler)
    own.refresh_from_db()
    assert own.state == "draft" and own.update_cycle == "daily" and own.summary == "第二版"
    content = live(own)
    assert content["summary"] == "第二版" and content["update_cycle"] == "monthly"
    assert "village" not in {i["column"] for i in content["items"]}
    act("catalog.entry.assess", own.pk, actor=handler, **ASSESSED)
    line.prefecture.publish(own)
    assert "village" in {i["column"] for i in live(own)["items"]} and own.live_version == 3


def test_withdrawals_above_and_below(line, monkeypatch):
    from jiangyuan.catalog.entries import rules

    monkeypatch.setattr(rules, "LIVE_USES", [lambda entry: 0])
    line.issue()
    own, other = line.claimed(line.prefecture), line.claimed(line.county)
    line.republish(summary="第二版")
    heard()
    act("catalog.entry.withdraw", own.pk, actor=line.prefecture.head, reason="职责划出")
    heard()
    assert line.claim(line.prefecture).state == "waiting" and proposal_of(line, line.prefecture).state == "obsolete"
    again = line.claimed(line.prefecture)
    assert again.pk != own.pk and again.summary == "第二版"
    act("catalog.entry.withdraw", line.entry.pk, actor=line.upper.head, reason="并入其他目录")
    heard()
    assert proposal_of(line, line.county).state == "obsolete"
    other.refresh_from_db()
    assert other.live_version == 1, "what was claimed stays until its own body withdraws it"
    assert {line.claim(o).state for o in (line.prefecture, line.county)} == {"upper_gone"}
    told = Notice.objects.filter(rule="upper").values_list("object_id", "body", "capacity")
    assert (line.claim(line.county).pk, line.county.place.pk, "sharing_handler") in set(told)
    given = {"claim": line.claim(line.county).pk, "number": 1, "trigger": "law_or_duty"}
    with pytest.raises(NotFound):
        act("catalog.proposal.make", actor=CLAIMS, published_at=timezone.now(), **given)


@pytest.fixture
def orphaned(line, monkeypatch):
    """A prefecture and a county that claimed an entry which was withdrawn above on 2026-11-20."""
    from jiangyuan.catalog.entries import rules

    monkeypatch.setattr(rules, "LIVE_USES", [lambda entry: 0])
    line.issue()
    line.claimed(line.prefecture), line.claimed(line.county)
    scene = Scene(at=datetime(2026, 11, 20, 9, tzinfo=SHANGHAI))
    act("catalog.entry.withdraw", line.entry.pk, actor=line.upper.head, reason="并入其他目录", scene=scene)
    heard()
    return line


def test_a_claimant_keeps_its_entry_as_its_own_when_the_upper_one_is_gone(orphaned):
    line, claim = orphaned, orphaned.claim(orphaned.prefecture)
    (clock,) = clockwork.running(claim)
    assert (clock.limit, clock.body, str(clock.due_on)) == ("catalog.update.entry", claim.body_id, "2026-12-18")
    client = client_of(line.prefecture.handler)
    (todo,) = [one for one in on_my_desk(line.prefecture.handler) if one.thing == claim]
    assert todo.clock is not None and f"/catalog/claims/{claim.pk}/" in client.get("/").content.decode()
    page = client.get(f"/catalog/claims/{claim.pk}/").content.decode()
    assert "/keep/" in page and "/give-up/" not in page, "what was published is withdrawn by the head"
    answer = client.post(f"/catalog/claims/{claim.pk}/keep/", {"reason": "本地仍在使用"})
    assert answer.status_code == 303
    claim = line.claim(line.prefecture)
    assert claim.state == "kept" and not clockwork.running(claim) and claim.own.live_version == 1
    act("catalog.entry.revise", claim.own_id, actor=line.prefecture.handler, trigger="own_information", reason="自管")
    act("catalog.entry.edit", claim.own_id, actor=line.prefecture.handler, name="本市困难群众信息")
    claim.own.refresh_from_db()
    assert claim.own.name == "本市困难群众信息", "nothing of it is locked any more"
    for url in ("/catalog/claims/", f"/catalog/claims/{claim.pk}/", f"/catalog/{claim.own_id}/"):
        assert client.get(url).status_code == 200, url
    assert not [one for one in on_my_desk(line.prefecture.handler) if one.thing == claim]


def test_a_claimant_gives_up_and_its_entry_goes_with_the_claim(orphaned, monkeypatch):
    from jiangyuan.catalog.entries import rules

    line, claim = orphaned, orphaned.claim(orphaned.prefecture)
    with pytest.raises(Refused):
        act("catalog.claim.give_up", claim.pk, actor=line.prefecture.handler, reason="不再需要")
    assert [one for one in on_my_desk(line.prefecture.head) if one.thing == claim]
    monkeypatch.setattr(rules, "LIVE_USES", [lambda entry: 2])
    with pytest.raises(Conflict):
        act("catalog.claim.give_up", claim.pk, actor=line.prefecture.head, reason="不再需要")
    assert line.claim(line.prefecture).state == "upper_gone", "while grants live on it nothing is given up"
    monkeypatch.setattr(rules, "LIVE_USES", [lambda entry: 0])
    act("catalog.claim.give_up", claim.pk, actor=line.prefecture.head, reason="不再需要")
    heard()
    claim = line.claim(line.prefecture)
    assert (claim.state, claim.own.state, clockwork.running(claim)) == ("given_up", "withdrawn", [])


def test_an_entry_withdrawn_on_its_own_page_closes_the_claim_whose_upper_is_gone(orphaned):
    line, claim = orphaned, orphaned.claim(orphaned.county)
    act("catalog.entry.withdraw", claim.own_id, actor=line.county.head, reason="不再需要")
    heard()
    claim = line.claim(line.county)
    assert (claim.state, clockwork.running(claim)) == ("given_up", [])
