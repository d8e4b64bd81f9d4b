"""The life of a standard: drafted, asked about, answered, issued, adopted, superseded; and what it puts into force."""

from datetime import UTC, date, datetime, timedelta

import pytest

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.organization.models import Body
from jiangyuan.standards.library import known, queries
from jiangyuan.standards.library.actions import STANDARDS
from jiangyuan.standards.library.models import AREAS, Standard
from jiangyuan.standards.library.rules import codes_of_lines, fields_of_lines, lines_of_codes
from jiangyuan.standards.models import CodeSet, DataElement, TableModel
from office import Office, appoint, body, events_of

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
UNTIL = date(2026, 12, 7)
LATER = Scene(at=NOW + timedelta(days=20))


@pytest.fixture
def place(db):
    return Body.objects.filter(is_authority=True).first() or body(is_authority=True)


@pytest.fixture
def authority(place):
    return appoint(place, "authority_handler")


@pytest.fixture
def head(place):
    return appoint(place, "authority_head")


def drafted(authority, kind="document", edition="2026", **more):
    given = {"number": "QHZW 001", "name": "青海省政务数据目录编制规范", "edition": edition, **more}
    if kind == "document":
        given = {"area": "catalog", "text": "第一条 目录由部门编制。", **given}
    return act(f"standards.standard.draft_{kind}", actor=authority, **given)


def issued(standard, authority, head, at=NOW):
    act("standards.standard.ask", standard.pk, actor=authority, until=UNTIL, scene=Scene(at=at))
    return act("standards.standard.issue", standard.pk, actor=head, scene=LATER)


def test_a_document_walks_from_draft_to_issue_with_its_opinions_answered(authority, head):
    standard = drafted(authority)
    department = Office(body())
    assert not queries.standards(actor=department.handler).filter(pk=standard.pk).exists()
    with pytest.raises(Refused) as refusal:
        act("standards.standard.ask", standard.pk, actor=authority, until=date(2026, 11, 25), scene=Scene(at=NOW))
    assert refusal.value.where == "until" and "2026-11-30" in str(refusal.value.mend)
    act("standards.standard.ask", standard.pk, actor=authority, until=UNTIL, scene=Scene(at=NOW))
    assert queries.standards(actor=department.handler).filter(pk=standard.pk).exists()
    said = {"standard": standard.pk, "clause": "第一条", "text": "建议写明编制时限。"}
    opinion = act("standards.opinion.give", actor=department.handler, **said, scene=Scene(at=NOW))
    with pytest.raises(Conflict):
        act("standards.standard.issue", standard.pk, actor=head, scene=Scene(at=NOW))
    with pytest.raises(Conflict) as waiting:
        act("standards.standard.issue", standard.pk, actor=head, scene=LATER)
    assert waiting.value.where == "opinions" and waiting.value.mend
    with pytest.raises(Forbidden):
        act("standards.opinion.answer", opinion.pk, actor=department.handler, result="adopted", answer="采纳")
    act("standards.opinion.answer", opinion.pk, actor=authority, result="adopted", answer="已在第二条写明。")
    with pytest.raises(Conflict):
        act("standards.opinion.answer", opinion.pk, actor=authority, result="declined", answer="不采纳")
    with pytest.raises(Forbidden):
        act("standards.standard.issue", standard.pk, actor=authority, scene=LATER)
    made = act("standards.standard.issue", standard.pk, actor=head, scene=LATER)
    assert made.state == "issued" and made.issued_on == date(2026, 12, 13) == made.effective_on
    with pytest.raises(Conflict):
        act("standards.opinion.give", actor=department.handler, **said, scene=LATER)
    (event,) = events_of(standard, "standards.standard.issued")
    assert event.payload["number"] == "QHZW 001"


def test_nobody_issues_what_he_drafted(place, head):
    from jiangyuan.organization.models import Person
    from jiangyuan.organization.queries import actor_for

    person = Person.objects.get(pk=head.id)
    held = act("organization.appointment.make", person.pk, actor=_setup(), body=place.pk, capacity="authority_handler")
    standard = drafted(actor_for(person, held))
    act("standards.standard.ask", standard.pk, actor=actor_for(person, held), until=UNTIL, scene=Scene(at=NOW))
    with pytest.raises(Forbidden):
        act("standards.standard.issue", standard.pk, actor=head, scene=LATER)


def _setup():
    from office import SETUP

    return SETUP


def test_the_next_edition_supersedes_the_one_before_and_adoptions_stay_with_their_edition(authority, head):
    first = issued(drafted(authority), authority, head)
    department = Office(body())
    adopter = appoint(department.place, "sharing_head")
    kept = act("standards.adoption.record", actor=adopter, standard=first.pk, since="2026-12-20", scope="全部系统")
    with pytest.raises(Conflict):
        act("standards.adoption.record", actor=adopter, standard=first.pk, since="2026-12-20")
    with pytest.raises(Conflict):
        drafted(authority)
    second = issued(drafted(authority, edition="2027"), authority, head)
    first.refresh_from_db()
    assert first.state == "superseded" and second.supersedes == first and list(first.superseded_by.all()) == [second]
    assert [one.pk for one in queries.adoptions(first, actor=adopter)] == [kept.pk]
    with pytest.raises(Conflict):
        act("standards.adoption.record", actor=appoint(department.place, "department_head"), standard=first.pk,
            since="2026-12-20")  # fmt: skip
    assert queries.planned(actor=authority)["catalog"] == {"superseded": 1, "issued": 1}
    assert set(queries.planned(actor=authority)) == {code for code, _title in AREAS} and len(AREAS) == 13


def test_an_issued_code_set_and_element_and_model_are_in_force(authority, head):
    lines = ["1,博士", "2,硕士", "3,学士,,,2019-12-31,,已停用"]
    issued(
        drafted(authority, "code_set", number="QHZW 101", name="学位代码", code="degree", lines=lines), authority, head
    )
    made = CodeSet.objects.get(code="degree")
    assert made.codes.count() == 3 and made.codes.get(code="3").valid_to == date(2019, 12, 31)
    element = drafted(authority, "element", number="QHZW 102", name="学位", code="degree", code_set="degree", length=1)
    issued(element, authority, head)
    kept = DataElement.objects.get(code="degree")
    assert kept.code_set == made and kept.edition == "2026" and "QHZW 102" in kept.standard
    model = drafted(
        authority, "table_model", number="QHZW 103", name="毕业生", code="graduate", lines=["学位,degree,是,否"]
    )
    issued(model, authority, head)
    assert [f.element for f in TableModel.objects.get(code="graduate").fields.all()] == [kept]
    act("standards.national.install", actor=_setup())
    act("standards.national.install", actor=_setup())
    kept.refresh_from_db()
    assert kept.edition == "2026", "what a province issued is not undone by a refresh of the national elements"


def test_a_draft_that_could_not_be_carried_out_is_refused_before_anybody_is_asked(authority):
    for kind, more, where in (
        ("element", {"code": "x1", "pattern": "(["}, "pattern"),
        ("element", {"code": "x1", "check_function": "none"}, "check_function"),
        ("code_set", {"code": "x1", "lines": ["1"]}, "lines.1"),
        ("code_set", {"code": "x1", "lines": ["1,a,,2026年"]}, "lines.1"),
        ("code_set", {"code": "x1", "lines": ["1,a", "1,b"]}, "codes.2"),
        ("table_model", {"code": "x1", "lines": ["a,b,也许"]}, "lines.1"),
    ):
        with pytest.raises(Refused) as refusal:
            drafted(authority, kind, number="QHZW 900", **more)
        assert refusal.value.where == where and refusal.value.mend, kind
    empty = drafted(authority, number="QHZW 901", text=" ")
    with pytest.raises(Refused) as refusal:
        act("standards.standard.ask", empty.pk, actor=authority, until=UNTIL, scene=Scene(at=NOW))
    assert refusal.value.where == "text"


def test_lines_are_read_as_people_write_them():
    codes = codes_of_lines(["1，男", "2\t女\t\t20200101\t2021/12/31\t1\t说明,带逗号"])
    assert codes[0]["name"] == "男" and codes[1]["valid_from"] == "2020-01-01" and codes[1]["note"] == "说明,带逗号"
    assert codes_of_lines(lines_of_codes(codes)) == codes
    assert fields_of_lines(["姓名,person_name,是"]) == [
        {"name": "姓名", "element": "person_name", "required": True, "key": False}
    ]


def test_the_national_standards_are_named_once_and_drafted_by_nobody(db):
    act("standards.library.install", actor=STANDARDS)
    act("standards.library.install", actor=STANDARDS)
    kept = Standard.objects.filter(level="national")
    assert kept.count() == len(known.documents()) > 20 and {one.state for one in kept} == {"issued"}
    assert {one.area for one in known.documents()} <= {code for code, _title in AREAS}
    with pytest.raises(Forbidden):
        act("standards.standard.abolish", kept[0].pk, actor=Office(body()).head, reason="试试")
