"""Whatever acts run, in whatever order: a claimed entry never differs from its pinned upper version in what is locked."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiangyuan.catalog.claims.models import LOCAL, Claim, Pin, Proposal
from jiangyuan.catalog.claims.rules import locked_part
from jiangyuan.catalog.entries.models import DataItem, Entry, EntryVersion
from jiangyuan.catalog.entries.queries import entries, live, snapshot
from jiangyuan.exchange.sharing.terms import offer_of
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization.models import Appointment, Person
from jiangyuan.portal.search.documents import BY_LABEL
from office import ASSESSED, Office, body

CLAIMS = service_actor("claims")
COLUMNS = ("citizen_id", "name", "sex", "town", "village")
WORDS = st.sampled_from(["甲", "乙", "丙 说明", "丁，更正"])
SHARES = st.sampled_from([{"share_type": "unconditional"}, {"share_type": "conditional", "share_condition": "依法"}])
ITEMS = st.fixed_dictionaries(
    {"column": st.sampled_from(COLUMNS[:4]), "name": WORDS, "grade": st.integers(1, 4), "personal": st.booleans()}
)
CHANGES = st.one_of(
    st.fixed_dictionaries({"name": WORDS}),
    st.fixed_dictionaries({"summary": WORDS}),
    st.fixed_dictionaries({"update_cycle": st.sampled_from(["daily", "monthly", "yearly"])}),
    SHARES,
    st.fixed_dictionaries({"items": st.lists(ITEMS, min_size=1, max_size=2)}),
)
STEPS = st.one_of(
    st.tuples(st.just("upper_publishes"), CHANGES),
    st.tuples(st.just("own_revises"), st.none()),
    st.tuples(st.just("own_edits"), CHANGES),
    st.tuples(st.just("own_adds"), st.integers(1, 4)),
    st.tuples(st.just("own_publishes"), st.none()),
    st.tuples(st.just("moves"), st.none()),
    st.tuples(st.just("objects"), st.none()),
    st.tuples(st.just("concedes"), st.none()),
    st.tuples(st.just("row_is_written"), WORDS),
    st.tuples(st.just("item_is_written"), st.sampled_from(COLUMNS)),
    st.tuples(st.just("item_is_deleted"), st.sampled_from(COLUMNS)),
    st.tuples(st.just("item_is_renamed"), st.sampled_from(COLUMNS)),
)


def carry_out(line, own, step, given):
    office, upper = line.prefecture, line.upper
    waiting = Proposal.objects.filter(claim__own=own).exclude(state__in=("moved", "conceded", "obsolete")).first()
    if step == "upper_publishes":
        line.republish(**given)
        claim = Claim.objects.get(own=own)
        with suppress(Refused):
            number = line.entry.live_version
            now = line.entry.published_at
            act("catalog.proposal.make", actor=CLAIMS, claim=claim.pk, number=number, trigger="law_or_duty", published_at=now)  # fmt: skip
    elif step == "own_revises":
        act("catalog.entry.revise", own.pk, actor=office.handler, trigger="own_information", reason="修订")
    elif step == "own_edits":
        act("catalog.entry.edit", own.pk, actor=office.handler, **given)
    elif step == "own_adds":
        act("catalog.entry.add_local_item", own.pk, actor=office.handler, column="village", name="所在村", grade=given)
    elif step == "own_publishes":
        act("catalog.entry.assess", own.pk, actor=office.handler, **ASSESSED)
        office.publish(own)
    elif step == "moves" and waiting:
        act("catalog.proposal.move", waiting.pk, actor=office.handler)
    elif step == "objects" and waiting:
        act("catalog.proposal.object", waiting.pk, actor=office.handler, reason="口径不同")
    elif step == "concedes" and waiting:
        act("catalog.proposal.concede", waiting.pk, actor=upper.handler, reason="下一版调整")
    elif step == "row_is_written":
        Entry.objects.filter(pk=own.pk).update(name=given, summary=given, known_name=given, grade=1, share_type="none")
    elif step == "item_is_written":
        DataItem.objects.filter(entry=own, column=given).update(name="改", grade=1, shareable=False, mask={})
    elif step == "item_is_deleted":
        DataItem.objects.filter(entry=own, column=given).delete()
    elif step == "item_is_renamed":
        DataItem.objects.filter(entry=own, column=given).update(column=f"{given}_2")


def require_equal(own, reader, browser):
    """Hold every way in which the entry is read against its pin."""
    own = Entry.objects.get(pk=own.pk)
    pinned = Pin.objects.select_related("to").get(entry=own).to.content
    locked = locked_part(pinned, LOCAL)
    fields = {name: value for name, value in locked.items() if name != "items"}
    wanted = {item["column"]: item for item in locked["items"]}

    def agrees(told, items):
        assert {name: told[name] for name in fields if name in told} == {n: fields[n] for n in fields if n in told}
        found = {item["column"]: item for item in items}
        assert set(wanted) <= set(found)
        for column, item in wanted.items():
            shown = found[column]
            assert {k: shown[k] for k in item if k in shown} == {k: item[k] for k in item if k in shown}, column

    agrees({name: getattr(own, name) for name in fields}, snapshot(own)["items"])  # the model
    newest = EntryVersion.objects.filter(entry=own).order_by("-number").first()
    assert newest.number == own.live_version
    agrees(newest.content, newest.content["items"])  # the version
    agrees(live(own), live(own)["items"])
    known = entries(actor=reader).get(pk=own.pk)  # the list
    agrees({n: getattr(known, f"known_{n}") for n in fields if hasattr(known, f"known_{n}")}, snapshot(own)["items"])
    shown = browser.get(f"/api/v1/catalog/entries/{own.pk}").json()  # REST
    agrees({n: shown[n] for n in fields if n in shown}, shown["items"])
    offer = offer_of(own)  # what a grant is made of
    assert (offer.share_type, offer.share_condition) == (fields["share_type"], fields["share_condition"])
    for column, item in wanted.items():
        one = offer.items[column]
        assert (one.name, one.grade, one.mask, one.shareable) == (item["name"], item["grade"], item["mask"], item["shareable"])  # fmt: skip
    searched = BY_LABEL["entries.entry"]
    for document in searched.documents(list(searched.rows().filter(pk=own.pk))):  # search
        assert (document.name, document.about, document.share) == (fields["name"], fields["summary"], fields["share_type"])  # fmt: skip
        assert document.grade == str(fields["grade"])


class _Back(Exception):
    """Takes one example back."""


def test_a_claimed_entry_never_differs_from_what_it_is_pinned_to(line):
    line.issue()
    own = line.claimed(line.prefecture)
    reader = Office(body()).business
    browser = Client()
    browser.force_login(Person.objects.get(pk=reader.id))
    assert Appointment.objects.filter(person_id=reader.id).exists()
    # everybody is appointed before the examples, whose changes are taken back
    for office in (line.prefecture, line.upper):
        assert office.business and office.handler and office.head and office.authority
    moved: list[int] = []

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(STEPS, min_size=3, max_size=9))
    def run(steps):
        with suppress(_Back), transaction.atomic():
            for step, given_ in steps:
                with suppress(Refused, DatabaseError), transaction.atomic():
                    carry_out(line, own, step, given_)
                require_equal(own, reader, browser)
            moved.append(Pin.objects.get(entry=own).to.number)
            line.entry.refresh_from_db()
            raise _Back
        line.entry.refresh_from_db()

    run()
    assert len(moved) >= 15 and max(moved) > 1, "pins did move"


@pytest.fixture(autouse=True)
def one_language(settings):
    settings.LANGUAGE_CODE = "zh-hans"
