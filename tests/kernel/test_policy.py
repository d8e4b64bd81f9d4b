"""Cedar: default deny, forbids that no permit outweighs, and reasons that people can read."""

from itertools import combinations
from uuid import uuid4

import pytest
from django.apps import apps

from jiangyuan.kernel import policy
from jiangyuan.kernel.actor import ADMINISTRATORS, Actor, service_actor
from jiangyuan.kernel.errors import Broken, Forbidden

BODY = uuid4()
CONTEXT = {
    "purpose": "",
    "case_number": "",
    "channel": "portal",
    "network": "",
    "hour": 9,
    "own": False,
    "approves": False,
}


def person(capacity: str, *also: str, name: str = "某人") -> Actor:
    held = frozenset({capacity, *also})
    return Actor("person", uuid4(), name, body=BODY, capacity=capacity, capacities=held, jurisdiction="630000")


def decide(action: str, actor: Actor, *, resource: dict | None = None, **context: object) -> policy.Decision:
    return policy.decide(action=action, actor=actor, resource=resource or {}, context={**CONTEXT, **context})


def test_what_no_policy_names_is_denied() -> None:
    assert decide("organization.body.abolish", person("system_admin")) == policy.Decision(False, ())


def test_what_no_permit_covers_is_denied() -> None:
    assert not decide("organization.body.register", person("citizen")).allowed
    assert not decide("organization.body.register", service_actor("ingest")).allowed


def test_a_permit_names_itself() -> None:
    assert decide("organization.body.register", person("system_admin")) == policy.Decision(
        True, ("organization-register",)
    )


def test_a_permit_asks_for_the_body_of_the_thing() -> None:
    handler = person("sharing_handler")
    assert decide("organization.system.register", handler, resource={"body": str(BODY)}).allowed
    assert not decide("organization.system.register", handler, resource={"body": str(uuid4())}).allowed


@pytest.mark.parametrize(("one", "other"), list(combinations(sorted(ADMINISTRATORS), 2)))
def test_two_administrators_in_one_person_are_forbidden_everything(one: str, other: str) -> None:
    decision = decide("organization.body.register", person("system_admin", one, other))
    assert not decision.allowed and "administrators" in decision.reasons


def test_one_administrator_alone_is_not() -> None:
    assert decide("organization.body.register", person("system_admin", "analyst")).allowed


def test_ones_own_may_be_done_but_not_approved() -> None:
    security = person("security_admin")
    assert decide("organization.appointment.make", security, own=False, approves=True).allowed
    assert decide("organization.appointment.make", security, own=True, approves=True).reasons == ("own",)


def test_a_contractor_decides_nothing() -> None:
    decision = decide("organization.appointment.make", person("contractor"), approves=True)
    assert not decision.allowed and "contractor" in decision.reasons


@pytest.mark.parametrize("reason", sorted(policy.REASONS))
def test_a_forbid_that_speaks_is_put_in_words(reason: str) -> None:
    actor = {
        "own": person("security_admin"),
        "administrators": person("security_admin", "auditor"),
        "contractor": person("contractor"),
    }[reason]
    with pytest.raises(Forbidden) as caught:
        policy.require(
            action="organization.appointment.make",
            actor=actor,
            resource={},
            context={**CONTEXT, "own": reason == "own", "approves": True},
        )
    assert caught.value.code == reason and str(caught.value.message) == str(policy.REASONS[reason])


def test_a_denial_without_a_forbid_says_how_to_mend_it() -> None:
    with pytest.raises(Forbidden) as caught:
        policy.require(action="organization.body.register", actor=person("citizen"), resource={}, context=CONTEXT)
    assert caught.value.code == "forbidden" and str(caught.value.mend)


@pytest.mark.parametrize("name", ['乙" || true || "', "a\\", "换\n行", "x" * 1000, ""])
def test_a_name_is_only_ever_a_name(name: str) -> None:
    assert not decide("organization.body.register", person("citizen", name=name)).allowed
    assert decide("organization.body.register", person("system_admin", name=name)).allowed
    assert not decide("organization.system.register", person("sharing_handler"), resource={"body": name}).allowed


def test_a_missing_attribute_is_an_error_and_not_a_permit() -> None:
    with pytest.raises(Broken):
        decide("organization.system.register", person("sharing_handler"), resource={})


def test_a_policy_file_that_does_not_parse_is_named() -> None:
    with pytest.raises(Broken) as caught:
        policy._statements("permit (principal, action, resource) when { ;", "organization")
    assert caught.value.where == "organization"


def test_every_policy_of_every_room_has_an_id_of_its_own() -> None:
    names = []
    for config in apps.get_app_configs():
        for statement in _statements_of(config):
            names.append(statement.get("annotations", {}).get("id"))
    assert None not in names and len(names) == len(set(names))


def _statements_of(config: object) -> list[dict]:
    from pathlib import Path

    file = Path(config.path) / "policy.cedar"  # type: ignore[attr-defined]
    if not file.is_file() or not config.name.startswith("jiangyuan"):  # type: ignore[attr-defined]
        return []
    return list(policy._statements(file.read_text("utf-8"), config.name).values())  # type: ignore[attr-defined]
