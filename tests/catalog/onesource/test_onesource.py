"""One number, one source: who decides, what counts as repeated, and what settles it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiangyuan.catalog.entries.models import DataItem
from jiangyuan.catalog.onesource import rules
from jiangyuan.catalog.onesource.handlers import look_at_element, look_at_entry
from jiangyuan.catalog.onesource.models import Designation, ElementLine, Repetition
from jiangyuan.catalog.onesource.rules import Collected, repeated
from jiangyuan.catalog.onesource.states import DESIGNATION
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.events import run_handlers
from jiangyuan.sources.models import ScannedTable
from jiangyuan.standards.models import DataElement
from office import Office, appoint, body, client_of, events_of

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How busy the machine is says nothing about the rule."""
TABLE = "CREATE TABLE {name} (citizen_id TEXT PRIMARY KEY, address TEXT, birth_date TEXT)"
LATER = timezone.localdate() + timedelta(days=30)
WHY = "业务系统建设较早，受理时由群众填写。"


def published(office, name):
    _file, source = office.sqlite(TABLE.format(name=name))
    office.scan(source)
    entry = office.publish(office.draft(ScannedTable.objects.get(source=source), name=name))
    look_at_entry(events_of(entry, "catalog.entry.published")[-1])
    return entry


def element(code="address"):
    return DataElement.objects.get(code=code)


def designate(office, code="address", *, head=None):
    asked = act(
        "catalog.designation.propose", actor=appoint(None, "authority_handler"), element=element(code).pk,
        body=office.place.pk, basis="依职责登记和维护",
    )  # fmt: skip
    act("catalog.designation.consent", asked.pk, actor=appoint(office.place, "sharing_head"))
    act("catalog.designation.decide", asked.pk, actor=head or appoint(None, "authority_head"))
    look_at_element(events_of(asked, "catalog.designation.decided")[-1])
    asked.refresh_from_db()
    return asked


@pytest.fixture
def two(db, office):
    """The source and a second department, each with a published entry that holds the address."""
    other = Office(body())
    yield (office, published(office, "resident")), (other, published(other, "aid"))
    other.clear()


# --- who decides ------------------------------------------------------------------------------------------------------


def _by(place, capacity):
    return appoint(None if capacity.startswith("authority") else place, capacity)


CASES = [(t, c) for t in DESIGNATION.transitions for c in t.by]
WORDS = {"object": {"reason": "应由公安部门负责"}, "drop": {"reason": "暂不指定"}, "end": {"reason": "职能划转"}}


@pytest.mark.parametrize(
    ("step", "capacity"), CASES, ids=lambda c: c if isinstance(c, str) else f"{c.source}-{c.action}"
)
def test_every_transition_of_a_designation_by_every_desk(two, step, capacity):
    (office, _entry), _second = two
    asked = act("catalog.designation.propose", actor=appoint(None, "authority_handler"), element=element().pk,
                body=office.place.pk, basis="依职责登记")  # fmt: skip
    Designation.objects.filter(pk=asked.pk).update(state=step.source)
    verb = step.action.rsplit(".", 1)[1]
    fields = {"ruling": "已研究，由该部门负责"} if verb == "decide" else WORDS.get(verb, {})
    act(step.action, asked.pk, actor=_by(office.place, capacity), **fields)
    asked.refresh_from_db()
    assert asked.state == step.target
    assert ElementLine.objects.get(pk=asked.line_id).source_id == (
        office.place.pk if step.target == "decided" else None
    )


@pytest.mark.attack
def test_a_department_does_not_designate_itself(two):
    (office, _entry), (_other, _theirs) = two
    for capacity in ("sharing_handler", "sharing_head", "department_head", "business_office"):
        with pytest.raises(Forbidden):
            act("catalog.designation.propose", actor=appoint(office.place, capacity), element=element().pk,
                body=office.place.pk, basis="我们最合适")  # fmt: skip
    asked = act("catalog.designation.propose", actor=appoint(None, "authority_handler"), element=element().pk,
                body=office.place.pk, basis="依职责登记")  # fmt: skip
    act("catalog.designation.consent", asked.pk, actor=appoint(office.place, "sharing_head"))
    for actor in (office.head, appoint(office.place, "sharing_head"), appoint(None, "authority_handler")):
        with pytest.raises(Forbidden):
            act("catalog.designation.decide", asked.pk, actor=actor)


@pytest.mark.attack
def test_nobody_answers_for_another_and_the_proposer_does_not_decide(two):
    (office, _entry), (other, _theirs) = two
    head = appoint(None, "authority_head")
    asked = act("catalog.designation.propose", actor=head, element=element().pk, body=office.place.pk, basis="依职责")
    with pytest.raises(Forbidden):
        act("catalog.designation.consent", asked.pk, actor=appoint(other.place, "sharing_head"))
    act("catalog.designation.consent", asked.pk, actor=appoint(office.place, "sharing_head"))
    with pytest.raises(Forbidden) as refusal:
        act("catalog.designation.decide", asked.pk, actor=head)
    assert refusal.value.code == "own"


def test_over_an_objection_the_decision_says_why(two):
    (office, _entry), _second = two
    asked = act("catalog.designation.propose", actor=appoint(None, "authority_handler"), element=element().pk,
                body=office.place.pk, basis="依职责")  # fmt: skip
    act("catalog.designation.object", asked.pk, actor=office.head, reason="应由民政部门负责")
    head = appoint(None, "authority_head")
    with pytest.raises(Refused) as told:
        act("catalog.designation.decide", asked.pk, actor=head)
    assert told.value.where == "ruling" and "第十九条" in told.value.article
    act("catalog.designation.decide", asked.pk, actor=head, ruling="依三定规定由该部门负责")


def test_one_element_has_one_source_and_a_new_one_replaces_it(two):
    (office, _entry), (other, _theirs) = two
    first = designate(office)
    with pytest.raises(Conflict):
        designate(office)
    second = designate(other)
    first.refresh_from_db()
    line = ElementLine.objects.get(pk=second.line_id)
    assert (first.state, second.state, line.source_id) == ("ended", "decided", other.place.pk)
    assert list(Repetition.objects.filter(state="flagged").values_list("body", flat=True)) == [office.place.pk]
    assert Repetition.objects.get(body=other.place).state == "lapsed", "the source does not repeat itself"


# --- what repeats -----------------------------------------------------------------------------------------------------


def test_a_second_collection_is_flagged_once_and_shown_on_the_entry(two):
    (office, entry), (other, theirs) = two
    asked = designate(office)
    (one,) = Repetition.objects.all()
    assert (one.body_id, one.entry_id, one.state) == (other.place.pk, theirs.pk, "flagged")
    look_at_element(events_of(asked, "catalog.designation.decided")[-1])
    look_at_entry(events_of(theirs, "catalog.entry.published")[-1])
    assert Repetition.objects.count() == 1 and len(events_of(one, "catalog.repetition.flagged")) == 1
    line = ElementLine.objects.get(element=element())
    assert (line.collectors, line.repeats) == (2, 1)
    page = client_of(other.handler).get(f"/catalog/{theirs.pk}/").content.decode()
    assert "重复采集：住址" in page
    assert "重复采集：" not in client_of(office.handler).get(f"/catalog/{entry.pk}/").content.decode()


def test_an_identifier_is_how_records_are_joined_and_never_a_repetition(two):
    (office, _entry), _second = two
    designate(office, "citizen_id")
    assert not Repetition.objects.exists()


def test_an_entry_published_later_is_flagged_too(db, office):
    published(office, "resident")
    designate(office)
    other = Office(body())
    published(other, "aid")
    assert Repetition.objects.get().body_id == other.place.pk
    other.clear()


elements = st.integers(1, 3).map(lambda n: f"e{n}")
items = st.lists(st.builds(Collected, body=st.integers(1, 4), entry=st.integers(1, 8), element=elements, identifies=st.booleans()), max_size=20)  # fmt: skip


@CALM
@given(items, elements, st.integers(1, 4))
def test_only_others_and_only_what_is_collected_repeats(found, wanted, source):
    flagged = repeated(found, element=wanted, source=source)
    for item in found:
        if item.element == wanted and item.body != source and not item.identifies:
            assert item.entry in flagged
    for entry in flagged:
        assert any(i.entry == entry and i.element == wanted and i.body != source and not i.identifies for i in found)
    assert repeated([*found, *found], element=wanted, source=source) == flagged


# --- how it is settled ------------------------------------------------------------------------------------------------


@pytest.fixture
def flagged(two):
    (office, _entry), (other, theirs) = two
    designate(office)
    return Repetition.objects.get(), other, theirs


def _answer(one, other, way, **fields):
    given = {"way": way, "reason": WHY, **({} if way == "exception" else {"by": LATER}), **fields}
    act("catalog.repetition.answer", one.pk, actor=other.handler, **given)


def test_what_is_merged_is_settled_when_the_published_entry_collects_no_more(flagged):
    one, other, theirs = flagged
    _answer(one, other, "merge")
    act("catalog.repetition.agree", one.pk, actor=other.authority)
    with pytest.raises(Conflict) as told:
        act("catalog.repetition.settle", one.pk, actor=other.handler)
    assert told.value.mend and "第十九条" in told.value.article
    DataItem.objects.filter(entry=theirs, column="address").delete()
    act("catalog.repetition.settle", one.pk, actor=other.handler)
    one.refresh_from_db()
    assert one.state == "settled" and ElementLine.objects.get(pk=one.line_id).repeats == 0


def test_what_is_shared_instead_is_settled_by_a_grant_alone(flagged, monkeypatch):
    one, other, _theirs = flagged
    _answer(one, other, "share")
    act("catalog.repetition.agree", one.pk, actor=other.authority)
    with pytest.raises(Conflict):
        act("catalog.repetition.settle", one.pk, actor=other.handler)
    asked = []
    monkeypatch.setattr(rules, "SHARED", [lambda *given: asked.append(given) or True])
    act("catalog.repetition.settle", one.pk, actor=other.handler)
    line = ElementLine.objects.get(pk=one.line_id)
    assert asked == [(other.place.pk, line.source_id, line.element_id)]
    look_at_element(events_of(line.designations.get(), "catalog.designation.decided")[-1])
    one.refresh_from_db()
    assert one.state == "settled", "while the grant lives it is not flagged again"
    monkeypatch.setattr(rules, "SHARED", [lambda *given: False])
    look_at_element(events_of(line.designations.get(), "catalog.designation.decided")[-1])
    one.refresh_from_db()
    assert one.state == "flagged"


def test_an_exception_needs_a_legal_basis_and_the_authority(flagged):
    one, other, _theirs = flagged
    with pytest.raises(Refused) as told:
        _answer(one, other, "exception")
    assert told.value.where == "basis"
    _answer(one, other, "exception", basis="某部法律的有关条款")
    for actor in (other.handler, other.head, appoint(other.place, "sharing_head")):
        with pytest.raises(Forbidden):
            act("catalog.repetition.except", one.pk, actor=actor)
    with pytest.raises(Forbidden):
        act("catalog.repetition.agree", one.pk, actor=other.authority)
    act("catalog.repetition.except", one.pk, actor=other.authority)
    line = ElementLine.objects.get(pk=one.line_id)
    assert (line.repeats, line.excepted) == (0, 1)
    act("catalog.repetition.recall", one.pk, actor=other.authority, reason="法律已修订")
    assert ElementLine.objects.get(pk=one.line_id).repeats == 1


@pytest.mark.parametrize(
    ("way", "fields", "where"),
    [
        ("share", {"reason": "会改"}, "reason"),
        ("share", {"by": None}, "by"),
        ("merge", {"by": timezone.localdate() - timedelta(days=1)}, "by"),
    ],
)
def test_an_answer_that_says_too_little_is_refused(flagged, way, fields, where):
    one, other, _theirs = flagged
    with pytest.raises(Refused) as told:
        _answer(one, other, way, **fields)
    assert told.value.where == where


@pytest.mark.attack
def test_others_neither_see_nor_settle_it(flagged):
    one, _other, _theirs = flagged
    stranger = Office(body())
    with pytest.raises(Forbidden):
        act("catalog.repetition.answer", one.pk, actor=stranger.handler, way="merge", reason=WHY, by=LATER)
    assert client_of(stranger.handler).get(f"/one-source/repeats/{one.pk}/").status_code == 404
    assert not Repetition.visible_to(stranger.handler).exists()


def test_every_page_opens_and_the_list_is_taken_as_a_workbook(flagged, two):
    one, other, _theirs = flagged
    (office, _entry), _second = two
    asked = Designation.objects.get()
    urls = ["/one-source/", "/one-source/?standing=decided&repeating=yes&q=住", f"/one-source/{one.line_id}/",
            f"/one-source/designations/{asked.pk}/", "/one-source/repeats/"]  # fmt: skip
    for actor in (office.handler, other.handler, other.authority):
        seen = client_of(actor)
        assert [seen.get(url).status_code for url in urls] == [200] * len(urls), actor.capacity
        assert seen.get(f"/one-source/repeats/{one.pk}/").status_code == 200
    desk, bureau = client_of(other.handler), client_of(other.authority)
    turn = desk.get(f"/one-source/repeats/{one.pk}/").content.decode()
    assert "或写明依据保留采集" in turn, "whose desk it lies on and what may be chosen there"
    line = client_of(office.handler).get(f"/one-source/{one.line_id}/").content.decode()
    assert "含数源部门自身" in line
    assert desk.get(f"/one-source/repeats/{one.pk}/answer/").status_code == 200
    assert bureau.get("/one-source/new/").status_code == 200
    file = b"".join(bureau.post("/one-source/", {"_export": "xlsx"}).streaming_content)
    from jiangyuan.data import uploads

    lines = uploads.sheet("a.xlsx", file)
    assert lines[0][0] == "数据元" and "住址" in {line[0] for line in lines}


@pytest.mark.slow
def test_a_repeated_collection_is_flagged_and_settled_over_rest(committed, office):
    from office import SETUP

    act("standards.national.install", actor=SETUP)
    other = Office(body())
    entries = {}
    for place, name in ((office, "resident"), (other, "aid")):
        _file, source = place.sqlite(TABLE.format(name=name))
        place.scan(source)
        entries[name] = place.publish(place.draft(ScannedTable.objects.get(source=source), name=name))
    bureau, chief = client_of(office.authority), client_of(appoint(None, "authority_head"))
    head, theirs = client_of(appoint(office.place, "sharing_head")), client_of(other.handler)

    def send(client, path, status=200, **content):
        answer = client.post(f"/api/v1/catalog{path}", content, content_type="application/json")
        assert answer.status_code == status, answer.content.decode()
        return answer.json()

    given = {"element": str(element().pk), "body": str(office.place.pk), "basis": "依职责登记和维护户籍地址"}
    send(theirs, "/designations", 403, **given)
    asked = send(bureau, "/designations", **given)
    send(head, f"/designations/{asked['id']}/consent")
    send(chief, f"/designations/{asked['id']}/decide")
    run_handlers()
    (line,) = theirs.get("/api/v1/catalog/elements/sources?standing=decided").json()["items"]
    assert (line["source_id"], line["collectors"], line["repeats"]) == (str(office.place.pk), 2, 1)
    (one,) = theirs.get("/api/v1/catalog/repetitions?state=flagged").json()["items"]
    assert one["entry_id"] == str(entries["aid"].pk)

    send(theirs, f"/repetitions/{one['id']}/answer", way="merge", reason=WHY, by=LATER.isoformat())
    send(theirs, f"/repetitions/{one['id']}/agree", 403)
    send(bureau, f"/repetitions/{one['id']}/agree")
    assert send(theirs, f"/repetitions/{one['id']}/settle", 409)["article"]
    send(client_of(other.head), f"/entries/{entries['aid'].pk}/withdraw", reason="并入户籍登记目录")
    send(theirs, f"/repetitions/{one['id']}/settle")
    run_handlers()
    assert theirs.get("/api/v1/catalog/repetitions?state=settled").json()["items"][0]["id"] == one["id"]
    (line,) = theirs.get("/api/v1/catalog/elements/sources?standing=decided").json()["items"]
    assert (line["collectors"], line["repeats"]) == (1, 0)
    other.clear()
