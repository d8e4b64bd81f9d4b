"""The review of an interface: what it gives is held against the standards, and each finding leads to its fix."""

from decimal import Decimal
from typing import Any

import pytest
from tests.exchange import factories
from tests.exchange.factories import Desk, Road
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import NotFound
from jiangyuan.standards.conformity import queries
from jiangyuan.standards.conformity.jobs import run_review
from jiangyuan.standards.conformity.models import Review
from office import Office, body

TABLE = """
CREATE TABLE person (citizen_id VARCHAR(18) PRIMARY KEY NOT NULL, name VARCHAR(100), sex VARCHAR(1), ethnicity VARCHAR(2),
                     birth_date {day});
INSERT INTO person VALUES ('630102199003078513', '才让', '1', '04', '1990-03-07'),
                          ('11010519491231002X', '卓玛', '{sex}', '04', '{born}')
"""
GOOD = TABLE.format(day="DATE", sex="2", born="1985-12-12")
BAD = TABLE.format(day="TEXT", sex="7", born="1985年")
COLUMNS = ("citizen_id", "name", "sex", "ethnicity", "birth_date")
NAMES = dict(zip(COLUMNS, ("公民身份号码", "姓名", "性别代码", "民族", "出生日期"), strict=True))
SHORT = "character varying(15)"


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


def interface(
    office: Office, script: str, columns: tuple[str, ...] = COLUMNS, types: tuple[str, ...] = (), **items: dict
) -> Grant:
    """Give the grant of an interface to a table of the office that gives these columns, masked as its entry says."""
    _file, source = office.sqlite(script)
    office.scan(source)
    factories.elements()
    entry = office.draft(source.tables.get(name="person"), name="人员信息")
    entry.items.filter(column__in=types).update(type=SHORT)
    named = [{"column": c, "name": NAMES[c], **items.get(c, {})} for c in COLUMNS]
    act("catalog.entry.edit", entry.pk, actor=office.handler, items=named)
    mount = office.tie(office.publish(entry))
    provider = Desk(office.place, *[factories.actor(office.place, c) for c in
                    ("business_office", "sharing_handler", "sharing_head", "department_head", "analyst")])  # fmt: skip
    consumer = factories.desk()
    way = Road(consumer, provider, factories.system(consumer.body), mount.entry, mount)
    return factories.grant(way, items=[{"column": c} for c in columns], forms=["query"])


def unmasked(grant: Grant) -> Grant:
    """Let the grant give everything as it is, as after a mask was taken off."""
    grant.items = [{**item, "mask": {"kind": "none"}} for item in grant.items]
    grant.save()
    return grant


def reviewed(actor: Any, grant: Grant) -> tuple[Review, dict[tuple[str, str, str], Any]]:
    asked = act("standards.review.ask", actor=actor, kind="interface", target=grant.pk)
    run_review(review=str(asked.pk))
    asked.refresh_from_db()
    assert asked.error is None, asked.error
    return asked, {(f.column, f.check_code, f.expected): f for f in queries.findings(asked, actor=actor)}


def test_an_interface_that_conforms_gets_a_hundred(db, office, store) -> None:
    review, findings = reviewed(office.handler, interface(office, GOOD))
    assert findings == {} and review.score == Decimal(100) and review.coverage == Decimal(100)
    assert (review.tables, review.fields, review.measured) == (1, 5, 1)


def test_wrong_type_length_and_values_outside_the_code_set_are_found(db, office, store) -> None:
    grant = interface(office, BAD, types=("citizen_id",))
    review, findings = reviewed(office.handler, grant)
    assert {key[:2] for key in findings} == {
        ("citizen_id", "length"), ("birth_date", "type"), ("sex", "values"), ("birth_date", "values"),
    }  # fmt: skip
    length, kind = findings["citizen_id", "length", "18"], findings["birth_date", "type", "D"]
    assert (length.found, kind.severity) == ("15", "wrong")
    code = findings["sex", "values", "code_set"]
    assert (code.checked, code.failed, code.table) == (2, 1, grant.mount.alias)
    assert review.score is not None and review.score < 100


def test_what_the_model_of_a_person_requires_and_the_interface_does_not_give_is_missing(db, office, store) -> None:
    grant = interface(office, GOOD, columns=("citizen_id", "name", "sex", "ethnicity"))
    review, findings = reviewed(office.handler, grant)
    missing = [f for f in findings.values() if f.check_code == "model"]
    assert missing and all(f.column == "" and f.standard for f in missing)
    assert review.fields == 4 and not [key for key in findings if key[0] == "birth_date"], (
        "only what it gives is judged"
    )


def test_what_is_given_out_unmasked_below_its_grade_is_found(db, office, store) -> None:
    low = {"citizen_id": {"grade": 1, "mask": {}, "personal": True}}
    grant = unmasked(interface(office, GOOD, **low))
    review, findings = reviewed(office.handler, grant)
    assert {key[:2] for key in findings} >= {("citizen_id", "grade"), ("citizen_id", "mask")}
    assert review.score is not None and review.score < 100


def test_each_finding_leads_to_its_fix_and_the_score_is_explained(db, office, store) -> None:
    given = ("citizen_id", "name", "sex")
    grant = unmasked(interface(office, BAD, columns=given, types=("citizen_id",), citizen_id={"grade": 1, "mask": {}}))
    review, findings = reviewed(office.handler, grant)
    client = client_of(office.handler)
    for finding in findings.values():
        assert finding.url and client.get(finding.url).status_code == 200, (finding.check_code, finding.url)
    where = {f.check_code: f.url for f in findings.values()}
    source = f"/sources/{grant.mount.table.source_id}/tables/{grant.mount.table_id}/"
    assert where["length"] == source, "a column is made longer where it lies"
    assert where["mask"] == f"/exchange/grants/{grant.pk}/", "a mask is put on where the interface is granted"
    assert where["grade"] == f"/catalog/{grant.entry_id}/?tab=items"
    page = client.get(f"/standards/reviews/{review.pk}/").content.decode()
    for words in (
        "长度足够",
        "修订目录或授权，设置脱敏方式",
        "由数据库负责人加长字段后重新扫描",
        "级别不低于标准",
        str(review.score),
    ):
        assert words in page, words
    points = {code: (Decimal(passed), int(Decimal(of))) for code, (passed, of) in review.points.items()}
    passed, of = (sum(column) for column in zip(*points.values(), strict=True))
    assert review.score is not None and abs(review.score - Decimal(passed) * 100 / of) < Decimal("0.02"), (
        "the points told make up the score"
    )
    assert sum(of - passed for passed, of in points.values()) > 0


def test_who_may_not_see_a_grant_does_not_review_it(db, office, store) -> None:
    grant = interface(office, GOOD)
    with pytest.raises(NotFound):
        act("standards.review.ask", actor=Office(body()).handler, kind="interface", target=grant.pk)
