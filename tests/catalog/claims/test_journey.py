"""The journey over REST: published above, claimed below, changed above, a clock, the pin moved; and the pages beside."""

import json

from django.test import Client

from jiangyuan.catalog.claims.models import Claim, Proposal
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import Clock
from jiangyuan.organization.models import Person
from jiangyuan.portal.notices.models import Notice
from jiangyuan.ui import objects
from office import Office, appoint, body

API = "/api/v1"


def client_of(actor):
    made = Client()
    made.force_login(Person.objects.get(pk=actor.id))
    return made


def post(browser, path, **given):
    answer = browser.post(f"{API}{path}", json.dumps(given), content_type="application/json")
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def items(browser, path):
    return browser.get(f"{API}{path}").json()["items"]


def heard():
    for _round in range(3):
        run_handlers()


def test_publish_claim_upper_change_clock_and_the_pin_moved(line):
    authority = client_of(appoint(None, "authority_handler"))
    below, above = client_of(line.prefecture.handler), client_of(line.upper.handler)
    issued = post(authority, "/catalog/claim-lists", title="2026 年民政条线目录", entries=[str(line.entry.pk)])
    assert items(authority, "/catalog/claim-lists")[0]["waiting"] == 2
    heard()
    assert Notice.objects.filter(person_id=line.prefecture.handler.id, rule="desk").exists()

    (waiting,) = items(below, "/catalog/claims?state=waiting")
    kind = objects.kind_of("claims.claim")
    assert Claim.objects.filter(kind.desk(line.prefecture.handler, "waiting"), pk=waiting["id"]).exists()
    post(below, f"/catalog/claims/{waiting['id']}/accept", contact="李敏", update_cycle="daily")
    (claimed,) = items(below, "/catalog/claims?state=claimed")
    own = below.get(f"{API}/catalog/entries/{claimed['own_id']}").json()
    assert own["name"] == line.entry.name and own["state"] == "published" and own["update_cycle"] == "daily"
    again = below.post(f"{API}/catalog/claims/{waiting['id']}/accept", "{}", content_type="application/json")
    assert again.status_code == 409 and again.json()["mend"], "a second claim within one body"

    post(above, f"/catalog/entries/{line.entry.pk}/revise", trigger="law_or_duty", reason="《社会救助法》施行")
    post(above, f"/catalog/entries/{line.entry.pk}/edit", summary="按《社会救助法》修订的困难群众信息")
    line.entry.refresh_from_db()
    line.upper.publish(line.entry)
    heard()
    (proposed,) = items(below, "/catalog/proposals?state=proposed")
    told = below.get(f"{API}/catalog/proposals/{proposed['id']}").json()
    assert [change["field"] for change in told["changes"]] == ["summary"]
    (clock,) = [c for c in items(below, "/deadlines/clocks?status=running") if c["object_id"] == proposed["id"]]
    assert clock["limit"] == "catalog.update.duty" and clock["certain"]
    assert below.get(f"{API}/catalog/entries/{own['id']}").json()["summary"] == own["summary"]

    post(below, f"/catalog/proposals/{proposed['id']}/move")
    moved = below.get(f"{API}/catalog/entries/{own['id']}").json()
    assert moved["summary"] == "按《社会救助法》修订的困难群众信息" and moved["live_version"] == 2
    assert moved["update_cycle"] == "daily"
    assert Clock.objects.get(pk=clock["id"]).status == Clock.MET
    assert items(client_of(Office(body()).handler), "/catalog/claims") == []
    assert issued["id"]


def test_the_county_says_that_the_province_holds_it_and_a_demand_is_filed(line):
    line.issue()
    county = client_of(line.county.handler)
    (waiting,) = items(county, "/catalog/claims?state=waiting")
    post(county, f"/catalog/claims/{waiting['id']}/hold_above", reason="回流本县困难群众名单，用于临时救助")
    (demand,) = items(county, "/catalog/return-demands")
    assert demand["entry_id"] == str(line.entry.pk) and "临时救助" in demand["needs"]


def test_the_pages_answer_one_by_one_and_several_at_once(line):
    second = line.upper
    second.scan(second.sqlite("CREATE TABLE aid (id TEXT PRIMARY KEY, amount TEXT)")[1])
    from jiangyuan.sources.models import ScannedTable

    other = second.publish(second.draft(ScannedTable.objects.get(name="aid"), name="救助金发放信息"))
    authority = client_of(appoint(None, "authority_handler"))
    assert "下发下级申领" in authority.get(f"/catalog/{line.entry.pk}/").content.decode()
    address = f"/catalog/claims/lists/new/?entry={line.entry.pk}&entry={other.pk}"
    assert "2 个下级同条线部门" in authority.get(address).content.decode()
    sent = authority.post(address, {"title": "民政条线目录"})
    assert sent.status_code == 303
    progress = authority.get(sent["Location"]).content.decode()
    assert "西宁市民政局" in progress and "困难群众信息" in progress
    assert "民政条线目录" in authority.get("/catalog/claims/lists/").content.decode()

    below = client_of(line.prefecture.handler)
    listed = below.get("/catalog/claims/").content.decode()
    assert "困难群众信息" in listed and "救助金发放信息" in listed and "_row" in listed
    claim = line.claim(line.prefecture)
    assert "申领" in below.get(f"/catalog/claims/{claim.pk}/").content.decode()
    assert below.get(f"/catalog/claims/{claim.pk}/accept/").status_code == 200
    done = below.post(f"/catalog/claims/{claim.pk}/accept/", {"contact": "李敏"})
    claim.refresh_from_db()
    assert done.status_code == 303 and claim.state == "claimed"
    page = below.get(f"/catalog/{claim.own_id}/").content.decode()
    assert "与上级一致的版本" in page

    county = client_of(line.county.handler)
    rows = [f"{c.pk}.{c.version}" for c in Claim.objects.filter(body=line.county.place)]
    batch = {"_do": "batch", "_act": "catalog.claim.decline", "_row": rows, "_sure": "1", "reason": "本县无此业务"}
    assert "2 项已办理" in county.post("/catalog/claims/", batch).content.decode()
    assert set(Claim.objects.filter(body=line.county.place).values_list("state", flat=True)) == {"inapplicable"}


def test_the_page_of_a_proposal_shows_what_changes_and_moves_it(line):
    line.issue()
    own = line.claimed(line.prefecture)
    line.republish(summary="第二版的摘要")
    heard()
    made = Proposal.objects.get()
    below = client_of(line.prefecture.handler)
    page = below.get(f"/catalog/claims/proposals/{made.pk}/").content.decode()
    assert "第二版的摘要" in page and "还剩" in page
    assert "待更新至" in below.get(f"/catalog/{own.pk}/").content.decode()
    assert made.claim.entry.known_name in below.get("/catalog/claims/proposals/").content.decode()
    assert below.post(f"/catalog/claims/proposals/{made.pk}/object/", {"reason": "口径不同"}).status_code == 303
    above = client_of(line.upper.handler)
    assert "口径不同" in above.get(f"/catalog/claims/proposals/{made.pk}/").content.decode()
    assert above.post(f"/catalog/claims/proposals/{made.pk}/uphold/", {"reason": "全省统一"}).status_code == 303
    assert below.post(f"/catalog/claims/proposals/{made.pk}/move/").status_code == 303
    own.refresh_from_db()
    assert own.summary == "第二版的摘要"
    assert client_of(Office(body()).handler).get(f"/catalog/claims/proposals/{made.pk}/").status_code == 404
