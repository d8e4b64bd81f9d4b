"""The gateway answers exactly what the grant gives, and every answer stands in the memory before it leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from tests.exchange import factories as make
from tests.exchange.gateway_rig import CASE, DROLMA, MA, ZHANG, Rig, credentials_of

from jiangyuan.exchange.delivery.client import Occasion
from jiangyuan.kernel import ciphers, vault

NONCE = "n" * 32


def test_a_match_gives_the_granted_fields_masked_and_leaves_a_trace(rig: Rig) -> None:
    grant = rig.grant()
    answer = rig.call(grant.pk, subject=ZHANG, nonce=NONCE)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"found": True, "records": [{"name": "张**", "income": 1200.50}]}
    assert answer.headers["x-jiangyuan-epoch"] == "1"
    assert answer.headers["x-jiangyuan-answer-digest"] == ciphers.sm3(NONCE.encode() + answer.content).hex()
    (trace,) = rig.traces("whole")
    assert trace["read"] == answer.headers["x-jiangyuan-request-id"]
    assert trace["digest"] == answer.headers["x-jiangyuan-answer-digest"]
    assert trace["raw_subjects"] == vault.pseudonym(ZHANG)
    assert (trace["rows"], trace["form"], trace["operator"], trace["case_number"]) == (1, "match", "经办员甲", CASE)
    assert trace["grants"] == [[str(grant.pk), 1]] and trace["purpose"] == make.PURPOSE
    assert ZHANG not in orjson.dumps(trace, default=str).decode()


def test_asserted_values_are_answered_yes_or_no_after_their_masks(rig: Rig) -> None:
    grant = rig.grant()
    same = {"subject": DROLMA, "fields": {"name": "卓玛", "income": "3400.00"}}
    assert rig.call(grant.pk, content=same).json() == {"found": True, "fields": {"name": True, "income": True}}
    # the mask shows the first character only: a verification tells no more than that
    other = {"subject": DROLMA, "fields": {"name": "卓嘎", "income": 3400.01}}
    assert rig.call(grant.pk, content=other).json() == {"found": True, "fields": {"name": True, "income": False}}
    unknown = {"subject": DROLMA, "fields": {"diagnosis": "高血压"}}
    refused = rig.call(grant.pk, content=unknown)
    assert (refused.status_code, refused.json()["code"]) == (403, "gateway.field")


def test_a_long_assertion_is_not_cut_until_it_fits(rig: Rig) -> None:
    grant = rig.grant(items=[{"column": "division", "mask": {"kind": "none"}}])
    told = rig.call(grant.pk, content={"subject": ZHANG, "fields": {"division": "630102" + " " * 6 + "tail"}})
    assert told.json()["fields"] == {"division": False}


def test_a_list_is_answered_in_its_order(rig: Rig) -> None:
    grant = rig.grant()
    told = rig.call(grant.pk, "match-list", content={"subjects": [DROLMA, ZHANG]}).json()["results"]
    assert [one["subject"] for one in told] == [DROLMA, ZHANG]
    assert [one["records"][0]["income"] for one in told] == [3400.00, 1200.50]
    mixed = {"subjects": [ZHANG, {"subject": DROLMA, "fields": {"income": "1"}}]}
    told = rig.call(grant.pk, "match-list", content=mixed).json()["results"]
    assert told[0]["records"][0]["name"] == "张**" and told[1] == {
        "subject": DROLMA,
        "found": True,
        "fields": {"income": False},
    }
    assert rig.traces("whole")[-1]["rows"] == 2
    assert rig.traces("whole")[0]["raw_subjects"] == vault.pseudonym(DROLMA) + vault.pseudonym(ZHANG)


def test_a_query_by_person_and_by_granted_column(rig: Rig) -> None:
    grant = rig.grant(case_bound=False, items=[{"column": "name"}, {"column": "division", "mask": {"kind": "none"}}])
    one = rig.call(grant.pk, "rows", query=f"citizen_id={ZHANG}")
    assert one.json() == {"rows": [{"name": "张**", "division": "630102"}]}, one.text
    two = rig.call(grant.pk, "rows", query="division=632701&limit=5")
    assert two.json() == {"rows": [{"name": "卓**", "division": "632701"}]}
    assert rig.traces("whole")[-1]["raw_subjects"] == vault.pseudonym(DROLMA)
    none = rig.call(grant.pk, "rows", query="division=110101")
    assert none.json() == {"rows": []}
    for masked in ("name=%E5%BC%A0%E4%B8%89", "income=1200.50", "diagnosis=x"):
        refused = rig.call(grant.pk, "rows", query=masked)
        assert refused.status_code == 403 and refused.json()["code"] == "data.lookup.filter", refused.text


def test_calls_at_once_are_each_answered_and_traced_as_their_own(rig: Rig) -> None:
    grant = rig.grant(items=[{"column": "income"}])
    with ThreadPoolExecutor(8) as pool:
        asked = [ZHANG, DROLMA, MA] * 8
        told = list(pool.map(lambda one: rig.call(grant.pk, "rows", query=f"citizen_id={one}"), asked))
    incomes = {ZHANG: 1200.50, DROLMA: 3400.00}
    for subject, answer in zip(asked, told, strict=True):
        if subject == MA:
            assert answer.status_code == 403
        else:
            assert answer.json() == {"rows": [{"income": incomes[subject]}]}
    traces = {one["read"]: one for one in rig.traces("whole")}
    assert len(traces) == 16
    for subject, answer in zip(asked, told, strict=True):
        if subject != MA:
            trace = traces[answer.headers["x-jiangyuan-request-id"]]
            assert trace["raw_subjects"] == vault.pseudonym(subject) and trace["rows"] == 1
            assert trace["digest"] == answer.headers["x-jiangyuan-answer-digest"]


def test_a_grant_is_found_by_the_alias_of_its_table(rig: Rig) -> None:
    grant = rig.grant()
    assert rig.call(grant.mount.alias, subject=ZHANG).json()["records"][0]["name"] == "张**"
    rig.grant(items=[{"column": "income"}])  # takes the place of the first
    assert rig.call(grant.mount.alias, subject=ZHANG).json()["records"] == [{"income": 1200.50}]
    assert rig.call(grant.pk, subject=ZHANG).json()["code"] == "gateway.ended"


def test_a_row_outside_the_condition_is_not_there(rig: Rig) -> None:
    condition = {"op": "starts_with", "column": "division", "value": "6327"}
    grant = rig.grant(condition=condition)
    assert rig.call(grant.pk, subject=ZHANG).json() == {"found": False, "records": []}
    assert rig.call(grant.pk, subject=DROLMA).json()["found"]
    asked = {"subject": ZHANG, "fields": {"income": "1200.50"}}
    assert rig.call(grant.pk, content=asked).json() == {"found": False, "fields": {"income": False}}


def test_a_stream_comes_in_lines_with_its_end(rig: Rig) -> None:
    grant = rig.grant(case_bound=False, items=[{"column": "income"}, {"column": "sex", "mask": {"kind": "none"}}])
    answer = rig.call(grant.pk, "rows", query="sex=1", accept="application/x-ndjson", nonce=NONCE)
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert len(lines) == 3 and lines[-1]["end"]["rows"] == 2
    chunk = b"".join(line + b"\n" for line in answer.content.splitlines()[:2])
    assert lines[-1]["end"]["digest"] == ciphers.sm3(ciphers.sm3(NONCE.encode()) + chunk).hex()
    started, finished = rig.traces()
    assert (started["phase"], finished["phase"], finished["rows"]) == ("started", "finished", 2)
    assert started["read"] == finished["read"] == answer.headers["x-jiangyuan-request-id"]


def test_sm2_signs_as_well(rig: Rig) -> None:
    private = ciphers.provider().generate_key()
    mine = credentials_of(rig.way.system, public_key=ciphers.provider().public_key(private), private_key=private)
    grant = rig.grant()
    assert rig.call(grant.pk, subject=ZHANG, credentials=mine).status_code == 200
    other = credentials_of(rig.way.system, public_key=ciphers.provider().public_key(private))
    forged = type(other)(other.system, other.key_id, private_key=ciphers.provider().generate_key())
    assert rig.call(grant.pk, subject=ZHANG, credentials=forged).status_code == 401


def test_documentation_says_what_the_grant_gives(rig: Rig) -> None:
    grant = rig.grant()
    document = rig.call(grant.pk, "openapi.json").json()
    assert document["openapi"] == "3.1.0" and set(document["paths"]) == {
        f"/v1/{grant.pk}/{verb}" for verb in ("match", "match-list", "rows")
    }
    assert set(document["components"]["schemas"]["record"]["properties"]) == {"name", "income"}
    assert "HMAC-SM3" in document["info"]["description"]


def test_refusals_say_how_to_mend_them_in_the_callers_language(rig: Rig) -> None:
    grant = rig.grant()
    refused = rig.call(grant.pk, subject=MA)
    assert refused.status_code == 403
    told = refused.json()
    assert set(told) == {"code", "message", "where", "mend", "article"} and all(told.values())
    assert rig.call(grant.pk, subject=MA, language="en").status_code == 403
    for _ in range(5):
        rig.call(grant.pk, subject=MA)
    rig.at.run(rig.at.gateway.traces.stop())
    counts = [one["rows"] for one in rig.traces("refused")]
    assert counts == [1, 6]


def test_form_purpose_and_operator_must_agree(rig: Rig) -> None:
    grant = rig.grant(forms=["match"])
    assert rig.call(grant.pk, "rows", query=f"citizen_id={ZHANG}").json()["code"] == "gateway.form"
    elsewhere = Occasion("tax-audit", CASE, "经办员甲")
    assert rig.call(grant.pk, subject=ZHANG, occasion=elsewhere).json()["code"] == "gateway.purpose"
    nobody = Occasion(make.PURPOSE, CASE, "")
    assert rig.call(grant.pk, subject=ZHANG, occasion=nobody).json()["code"] == "gateway.operator"


def test_ready_and_metrics(rig: Rig) -> None:
    assert rig.at.send("GET", "/ready", {}).json() == {"ready": True}
    rig.call(rig.grant().pk, subject=ZHANG)
    text = rig.at.send("GET", "/metrics", {}).text
    assert 'jiangyuan_gateway_calls_total{verb="match",outcome="ok"} 1' in text


def test_the_gateways_role_reads_nothing_else(rig: Rig, urls: dict[str, str]) -> None:
    import psycopg

    grant = rig.grant()
    with psycopg.connect(urls["gateway_url"], autocommit=True) as gateway:
        for sql in (
            "SELECT * FROM sharing_grant",
            "SELECT * FROM kernel_datakey",
            "SELECT * FROM kernel_access",
            "SELECT * FROM organization_systemkey",
            f"SELECT * FROM store.{rig.way.mount.store_table}",
            f'SELECT * FROM g_{grant.pk.hex}."{rig.way.mount.alias.split(".")[1]}"',
            f"SET ROLE g_{grant.pk.hex}",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                gateway.execute(sql.encode())
        for sql in (
            "UPDATE gateway_grant SET active = true",
            "DELETE FROM gateway_case",
            "INSERT INTO sharing_case VALUES (1)",
        ):
            with pytest.raises(psycopg.Error):
                gateway.execute(sql.encode())
