"""Cases: opened by their own system, holding pseudonyms only, bounded, closed for good."""

from __future__ import annotations

import pytest
from tests.exchange import factories as make

from jiangyuan.exchange.sharing.models import Case, CaseMember
from jiangyuan.kernel import identifiers, vault
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.queries import system_actor

LISTED = "11010519491231002X"


def _id(number: int) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    plain = f"63010219800101{number:03d}"
    return plain + "10X98765432"[sum(int(d) * w for d, w in zip(plain, weights, strict=True)) % 11]


@pytest.fixture
def system(db):
    return make.system(make.body())


def _open(system, actor, **changes):
    fields = {
        "system": system.pk,
        "number": "JZ-1",
        "purpose": make.PURPOSE,
        "authorisation_digest": "0f" * 32,
        "citizen_ids": [LISTED],
        "open_until": make.in_days(20),
    }
    return act("sharing.case.open", actor=actor, **{**fields, **changes})


def test_a_case_keeps_pseudonyms_and_no_identifier_anywhere(system) -> None:
    case = _open(system, system_actor(system), citizen_ids=[LISTED.lower(), LISTED])
    member = CaseMember.objects.get(case=case)
    assert bytes(member.subject) == vault.pseudonym(LISTED) and len(member.subject) == 16
    event = Event.objects.get(object_id=case.pk)
    assert event.payload["members"] == 1 and LISTED.encode() not in bytes(event.canonical)


def test_the_systems_own_actor_or_its_bodys_office_opens(system) -> None:
    sibling = make.system(system.body)
    for wrong in (
        system_actor(make.system(make.body())),
        make.actor(system.body, "analyst"),
        make.actor(make.body(), "sharing_handler"),
    ):
        with pytest.raises(Forbidden):
            _open(system, wrong)
    with pytest.raises(NotFound):
        _open(system, system_actor(sibling))
    for number, capacity in (("JZ-1", "sharing_handler"), ("JZ-2", "business_office")):
        assert _open(system, make.actor(system.body, capacity), number=number).number == number


@pytest.mark.parametrize(
    "changes",
    [
        {"citizen_ids": []},
        {"citizen_ids": [LISTED, "110105194912310021"]},
        {"citizen_ids": [_id(n) for n in range(201)]},
        {"authorisation_digest": "none"},
        {"open_until": make.in_days(-1)},
        {"number": "../1"},
    ],
)
def test_what_is_no_case_is_refused_without_telling_an_id(system, changes) -> None:
    with pytest.raises(Refused) as caught:
        _open(system, system_actor(system), **changes)
    assert "1101051949" not in str(caught.value) + str(caught.value.as_dict())
    assert not Case.objects.exists() and not CaseMember.objects.exists()


def test_two_hundred_persons_fit(system) -> None:
    assert all(identifiers.CITIZEN_ID.check(_id(n)) for n in range(200))
    case = _open(system, system_actor(system), citizen_ids=[_id(n) for n in range(200)])
    assert case.members.count() == 200


def test_a_case_is_watched_while_it_is_open_and_closed_for_good(system) -> None:
    caller = system_actor(system)
    case = _open(system, caller)
    with pytest.raises(Conflict):
        _open(system, caller)
    act("sharing.case.watch", case.pk, actor=caller)
    case.refresh_from_db()
    assert case.watched
    with pytest.raises(NotFound):
        act("sharing.case.close", case.pk, actor=system_actor(make.system(system.body)))
    act("sharing.case.close", case.pk, actor=caller)
    case.refresh_from_db()
    assert case.closed_at and not case.watched
    for name in ("sharing.case.close", "sharing.case.watch"):
        with pytest.raises(Conflict):
            act(name, case.pk, actor=caller)
