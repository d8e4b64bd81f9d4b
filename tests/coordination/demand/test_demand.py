"""A demand is told by its body, seen by it and the authority alone, answered once, and by nobody about his own."""

import pytest
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.coordination.demand.models import Demand
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused

GIVEN = {"name": "退役军人优待证信息", "matter": "发放优待金时核验身份。", "basis": "退役军人保障法第四十条"}


@pytest.fixture
def way(db: None) -> factories.Road:
    return factories.road()


def file(actor, **changes) -> Demand:
    return act("demand.demand.file", actor=actor, scene=factories.SCENE, body=actor.body, **{**GIVEN, **changes})


def answer(actor, demand: Demand, **changes) -> Demand:
    given = {"outcome": "to_compile", "answer": "请省退役军人厅于年内编目。", **changes}
    return act("demand.demand.answer", demand.pk, actor=actor, scene=factories.SCENE, **given)


def test_a_demand_is_its_bodys_and_the_authoritys(way) -> None:
    one = file(way.consumer.business_office, searched="优待证")
    assert (one.state, one.searched) == ("filed", "优待证")
    for actor, sees in (
        (way.consumer.sharing_head, True),
        (way.provider.business_office, False),
        (factories.authority(), True),
    ):
        assert Demand.visible_to(actor).filter(pk=one.pk).exists() is sees
    with pytest.raises(Conflict):
        file(way.consumer.sharing_handler)
    with pytest.raises(Forbidden):
        file(way.consumer.analyst, name="别的")


def test_the_authority_answers_once_and_names_the_entry_that_serves(way) -> None:
    one, head = file(way.consumer.business_office), factories.authority()
    with pytest.raises(Refused):
        answer(way.provider.sharing_head, one)
    with pytest.raises(Refused, match="没有这个代码"):
        answer(head, one, outcome="found", code="307001/999999")
    with pytest.raises(Refused, match="只有目录可以满足"):
        answer(head, one, code=way.entry.code)
    done = answer(head, one, outcome="found", code=way.entry.code, answer="可在该目录申请。")
    assert (done.state, done.entry_id, done.answered_by) == ("answered", way.entry.pk, head.id)
    with pytest.raises(Refused):
        answer(head, one)
    with pytest.raises(Refused):
        act("demand.demand.withdraw", one.pk, actor=way.consumer.business_office, scene=factories.SCENE)


def test_a_search_in_vain_leads_to_a_demand_and_its_answer(way) -> None:
    office, head = client_of(way.consumer.business_office), client_of(factories.authority("authority_handler"))
    page = office.get("/search", {"q": "魑魅魍魉"}).content.decode()
    assert "登记数据需求" in page and "/coordination/demands/new/?q=" in page
    form = office.get("/coordination/demands/new/", {"q": "魑魅魍魉"}).content.decode()
    assert form.count("魑魅魍魉") >= 2
    sent = {"matter": "核验", "basis": "职责", "name": "魑魅魍魉名录", "searched": "魑魅魍魉", "holder": ""}
    answered = office.post("/coordination/demands/new/", sent)
    assert answered.status_code == 303, answered.content.decode()[:2000]
    one = Demand.objects.get(name="魑魅魍魉名录")
    assert (one.searched, one.body_id) == ("魑魅魍魉", way.consumer.body.pk)
    assert "魑魅魍魉名录" in head.get("/coordination/demands/").content.decode()
    base = f"/coordination/demands/{one.pk}/"
    assert f"{base}answer/" in head.get(base).content.decode()
    given = {"outcome": "unavailable", "answer": "目前没有部门采集。", "code": ""}
    assert head.post(f"{base}answer/", given).status_code == 303
    assert "目前没有部门采集" in office.get(base).content.decode()
    assert client_of(way.provider.business_office).get(base).status_code == 404
    assert "登记数据需求" not in client_of(way.consumer.analyst).get("/search", {"q": "魑魅魍魉"}).content.decode()
