"""Identifiers: the standards' vectors, and properties that hold for every value."""

import re
import threading
import time
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jiangyuan.kernel import identifiers as ids
from jiangyuan.kernel.checksums import Malformed, normalize

CITIZEN = "11010519491231002X"
COMPANY = "91350100M000100Y43"

births = st.dates(date(1800, 1, 1), date(2099, 12, 31))
citizens = st.builds(
    lambda birth, sequence, division: ids.make_citizen_id(division=division, birth=birth, sequence=sequence),
    births,
    st.integers(0, 999),
    st.sampled_from(["630102", "632721", "110105", "513228", "830000"]),
)
organizations = st.text(ids.ORGANIZATION_ALPHABET, min_size=8, max_size=8).map(ids.make_organization_code)
companies = st.builds(
    lambda body: body + ids.USCC_CHECKSUM.character(body),
    st.from_regex("[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}", fullmatch=True),
)
cards = st.from_regex("[0-9]{12,18}", fullmatch=True).map(ids.make_bank_card)


def test_vectors_of_the_standards() -> None:
    assert ids.CITIZEN_ID.check(CITIZEN)
    assert ids.USCC.check(COMPANY)
    assert ids.ORGANIZATION_CODE.check("D2143569-X")
    assert ids.ORGANIZATION_CODE.check("D2143569X")
    assert ids.LUHN_CHECKSUM.holds("79927398713")
    assert ids.RESOURCE_CODE.check("307001/12")


def test_the_organization_code_inside_a_credit_code_passes() -> None:
    company = ids.parse_uscc(COMPANY)
    assert (company.authority, company.kind, company.division) == ("9", "1", "350100")
    assert ids.ORGANIZATION_CODE.check(company.organization_code)


def test_a_citizen_id_is_read() -> None:
    assert ids.parse_citizen_id(CITIZEN) == ids.CitizenId(CITIZEN, "110105", date(1949, 12, 31), "female")
    assert ids.upgrade_citizen_id("110105491231002") == CITIZEN
    with pytest.raises(Malformed, match="15"):
        ids.upgrade_citizen_id(CITIZEN)
    with pytest.raises(Malformed) as raised:
        ids.upgrade_citizen_id("110105491331002")
    assert raised.value.code == "citizen_id.birth"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (" 11010519491231002X", "form"),
        ("１１０１０５１９４９１２３１００２X", "form"),
        ("11010519491231002x", "form"),
        ("110105194912310020", "check_digit"),
        ("110105491231002", "old_length"),
        ("11010519491231002", "length"),
        ("1101051949123100XX", "characters"),
        ("990105194912310020", "division"),
        ("110105194913310021", "birth"),
        ("110105190002290021", "birth"),
        ("110105194912310٠٢X", "characters"),
    ],
)
def test_a_wrong_citizen_id_is_explained(text: str, rule: str) -> None:
    fault = ids.CITIZEN_ID.explain(text)
    assert fault is not None and fault.rule == rule
    assert str(fault.message) and str(fault.mend)
    if rule != "empty":
        with pytest.raises(Malformed) as raised:
            ids.CITIZEN_ID.require(text)
        assert raised.value.code == f"citizen_id.{rule}"
        assert raised.value.article == "GB 11643"


def test_a_credit_code_with_a_confusable_letter_says_which() -> None:
    fault = ids.USCC.explain("9135O100M000100Y43")
    assert fault is not None and fault.rule == "characters"
    assert "I、O、S、V、Z" in str(fault.mend)


def test_the_date_pattern_knows_exactly_the_days_that_exist() -> None:
    exist = set()
    day = date(1800, 1, 1)
    while day.year < 2100:
        exist.add(f"{day:%Y%m%d}")
        day += timedelta(1)
    pattern = re.compile(ids.DATE_PATTERN)
    for year in range(1799, 2101):
        for month in range(14):
            for dom in range(33):
                text = f"{year}{month:02d}{dom:02d}"
                assert bool(pattern.fullmatch(text)) == (text in exist), text


@given(births, st.integers(0, 999))
def test_what_is_made_is_read_back(birth: date, sequence: int) -> None:
    text = ids.make_citizen_id(division="630102", birth=birth, sequence=sequence)
    citizen = ids.parse_citizen_id(text)
    assert (citizen.birth, citizen.division) == (birth, "630102")
    assert citizen.sex == ("male" if sequence % 2 else "female")


@given(citizens, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_digit_of_a_citizen_id_is_found(text: str, place: int, digit: str) -> None:
    assume(text[place] != digit)
    assert not ids.CITIZEN_ID.check(text[:place] + digit + text[place + 1 :])


@given(citizens, st.integers(0, 15))
def test_two_exchanged_neighbours_of_a_citizen_id_are_found(text: str, place: int) -> None:
    assume(text[place] != text[place + 1])
    assert not ids.CITIZEN_ID.check(text[:place] + text[place + 1] + text[place] + text[place + 2 :])


@given(companies, st.integers(0, 17), st.sampled_from(ids.USCC_ALPHABET))
def test_one_changed_character_of_a_credit_code_is_found(text: str, place: int, character: str) -> None:
    assert ids.USCC.check(text)
    assume(text[place] != character)
    assert not ids.USCC.check(text[:place] + character + text[place + 1 :])


@given(organizations, st.integers(0, 7), st.sampled_from(ids.ORGANIZATION_ALPHABET))
def test_a_changed_character_of_an_organization_code_is_found(text: str, place: int, character: str) -> None:
    assert ids.ORGANIZATION_CODE.check(text)
    value = ids.ORGANIZATION_ALPHABET.index
    # Characters eleven apart (A and L) weigh the same; the standard cannot tell them from each other.
    assume((value(text[place]) - value(character)) % 11)
    assert not ids.ORGANIZATION_CODE.check(text[:place] + character + text[place + 1 :])


@given(cards, st.data())
def test_one_changed_digit_of_a_bank_card_is_found(text: str, data: st.DataObject) -> None:
    assert ids.BANK_CARD.check(text)
    place = data.draw(st.integers(0, len(text) - 1))
    digit = data.draw(st.sampled_from(ids.DIGITS))
    assume(text[place] != digit)
    assert not ids.BANK_CARD.check(text[:place] + digit + text[place + 1 :])


@given(cards)
def test_the_checksum_agrees_with_luhn_as_it_is_usually_written(text: str) -> None:
    total = 0
    for place, digit in enumerate(reversed(text)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    assert total % 10 == 0


@given(st.text(max_size=30), st.sampled_from(sorted(ids.KINDS)))
def test_explain_and_check_agree_on_any_text(text: str, name: str) -> None:
    kind = ids.KINDS[name]
    assert (kind.explain(text) is None) == kind.check(text)


@given(citizens, st.sampled_from(sorted(ids.KINDS)))
def test_a_line_end_never_passes(text: str, name: str) -> None:
    assert not ids.KINDS[name].check(text + "\n")


@given(citizens)
def test_full_width_blanks_and_case_are_mended(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in text)
    assert normalize(f"\ufeff {wide[:6]}\u3000{wide[6:].lower()}\u200b\n") == text


def test_bank_cards_are_only_warned_about() -> None:
    assert [name for name, kind in ids.KINDS.items() if kind.advisory] == ["bank_card"]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("mobile", ["13800001234", "19912345678"], ["12800001234", "1380000123", "+8613800001234"]),
        ("landline", ["0971-6123456", "09796123456"], ["0978-6123456", "010-61234567"]),
        ("postcode", ["810000", "817000", "624700"], ["818000", "81000", "624701"]),
        (
            "plate",
            ["青A12345", "青H9X9X9", "青AD12345", "青B12345F"],
            ["青I12345", "青AI2345", "青J12345", "青AL12345"],
        ),
        (
            "division_code",
            ["630000", "630100", "632857", "630102001", "630102001001"],
            ["630001", "990000", "63010", "63010200", "6301020010", "000000"],
        ),
        ("resource_code", ["307001/1", "1010010203/000001"], ["407001/1", "307001", "30700/1", "307001/", "307001/1a"]),
    ],
)
def test_shapes(kind: str, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert ids.KINDS[kind].explain(text) is None, text
    for text in bad:
        fault = ids.KINDS[kind].explain(text)
        assert fault is not None and str(fault.message) and str(fault.mend), text


def test_divisions_know_their_parent() -> None:
    assert ids.parse_division("630000") == ids.Division("630000", "province", "")
    assert ids.parse_division("630100") == ids.Division("630100", "prefecture", "630000")
    assert ids.parse_division("632857") == ids.Division("632857", "county", "632800")
    assert ids.parse_division("630102001") == ids.Division("630102001", "township", "630102")
    assert ids.parse_division("630102001001").parent == "630102001"


def test_plates_and_resource_codes_are_read() -> None:
    assert ids.parse_plate("青AD12345") == ids.Plate("青AD12345", "630100", new_energy=True)
    assert ids.parse_plate("青H12345") == ids.Plate("青H12345", "632800", new_energy=False)
    assert ids.parse_resource_code("3070010203/12") == ids.ResourceCode("3070010203/12", "3", "07", "001", "0203", 12)


def test_making_refuses_what_cannot_be_right() -> None:
    with pytest.raises(Malformed):
        ids.make_citizen_id(division="990102", birth=date(2000, 1, 1), sequence=1)
    with pytest.raises(Malformed):
        ids.make_citizen_id(division="630102", birth=date(2000, 1, 1), sequence=1000)
    with pytest.raises(Malformed):
        ids.make_organization_code("d2143569")
    with pytest.raises(Malformed):
        ids.make_bank_card("123")
    with pytest.raises(Malformed):
        ids.make_uscc(authority="I", kind="1", division="350100", organization_code="M000100Y-4")
    assert ids.make_uscc(authority="9", kind="1", division="350100", organization_code="M000100Y-4") == COMPANY


def test_the_facts_alone_give_the_verdict() -> None:
    """The data plane sums weights and places in SQL; this is that sum, written as SQL would."""
    for kind in (ids.CITIZEN_ID, ids.USCC, ids.ORGANIZATION_CODE, ids.BANK_CARD):
        facts = kind.checksum
        assert facts is not None
        for text in (CITIZEN, COMPANY, "D2143569-X", "4111111111111111", "4111111111111112"):
            if not re.match(kind.pattern, text):
                continue
            plain = text.replace("-", "") if facts.strip else text
            filled = plain.rjust(len(facts.weights) + 1, "0")
            total = sum(
                weight * alphabet.index(filled[place])
                for place, (weight, alphabet) in enumerate(zip(facts.weights, facts.alphabets, strict=True))
            )
            assert (facts.characters[total % facts.modulus] == filled[-1]) == kind.check(text), text


def test_uuids_rise_and_carry_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = [ids.uuid7() for _ in range(10_000)]
    after = time.time_ns() // 1_000_000
    assert all(a < b for a, b in pairwise(made))
    assert all(u.version == 7 and u.variant == "specified in RFC 4122" for u in made)
    assert before <= made[0].int >> 80 <= made[-1].int >> 80 <= after + 1


def test_uuids_rise_also_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    last = ids.uuid7()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1)
    assert last < ids.uuid7() < ids.uuid7()


def test_uuids_of_many_threads_are_different_and_each_thread_sees_them_rise() -> None:
    made: list[list[UUID]] = [[] for _ in range(8)]

    def work(mine: list[UUID]) -> None:
        mine.extend(ids.uuid7() for _ in range(2_000))

    threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({u for mine in made for u in mine}) == 16_000
    assert all(mine == sorted(mine) for mine in made)
