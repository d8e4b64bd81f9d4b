"""Docking to somebody else's catalogue: a stub server with foreign names, codes and signing, that now and then fails."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.catalog.interchange.test_dcat import keep, publish

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange import docking, jobs
from jiangyuan.catalog.interchange.models import Push
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Broken, Forbidden, Refused
from jiangyuan.kernel.models import Event

pytestmark = pytest.mark.django_db
SECRET = "shared-secret-9"


class Stub:
    """The other catalogue: checks signatures, knows resources by id, gives receipts; `next_answers` go before."""

    def __init__(self):
        self.kept, self.requests, self.next_answers = {}, [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, dict(self.headers), raw))
                status, told = (
                    outer.next_answers.pop(0) if outer.next_answers else outer.take(self.path, self.headers, raw)
                )
                body = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_given):  # pyright: ignore
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}/up"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def take(self, path, headers, raw):
        said = "\n".join(("PUT", path, headers["X-Timestamp"], headers["X-Nonce"], ciphers.sm3(raw).hex())).encode()
        if headers["X-Sign"] != ciphers.hmac_sm3(SECRET.encode(), said).hex() or headers["X-App-Id"] != "qinghai":
            return 401, {"code": "401", "msg": "签名不对"}
        told = json.loads(raw)
        first = self.kept.setdefault(headers["X-Request-Id"], told)
        return 200, {
            "code": "200",
            "data": {"receiptNo": f"R-{list(self.kept).index(headers['X-Request-Id'])}"},
            "same": first == told,
        }


@pytest.fixture
def stub():
    made = Stub()
    yield made
    made.httpd.shutdown()
    made.httpd.server_close()


@pytest.fixture
def docked(stub, office):
    given = {"name": "国家目录", "profile": "national", "address": stub.url, "account": "qinghai", "secret": SECRET}
    return act("catalog.docking.register", actor=office.authority, body=office.authority.body, **given)


def push(docked, office):
    act("catalog.docking.push", docked.pk, actor=office.authority)
    jobs.push(str(docked.pk))
    return list(Push.objects.order_by("created_at"))


def test_published_entries_are_told_in_the_others_words_and_the_receipt_is_kept(stub, docked, office):
    entry = keep(
        publish(office.place, name="养老机构", code="307001/000001", update_cycle="monthly", format="database"), "名称"
    )
    Entry.objects.create(body=office.place, name="草稿不推送")
    (made,) = push(docked, office)
    assert (made.status, made.receipt_number, made.number) == ("accepted", "R-0", 1)
    assert made.receipt["data"]["receiptNo"] == "R-0"
    path, _headers, raw = stub.requests[0]
    told = json.loads(raw)
    assert path == f"/up/api/catalog/resources/{entry.pk}"
    assert (told["resourceName"], told["updateCycle"], told["formatType"], told["shareType"]) == (
        "养老机构",
        "4",
        "03",
        "2",
    )
    assert told["dataItems"] == [{"itemName": "名称", "itemCode": "c0", "itemType": "text", "securityLevel": 1}]
    assert "name" not in told and SECRET not in raw.decode()
    assert Event.objects.filter(type="catalog.docking.received", object_id=made.pk).exists()


def test_asked_again_nothing_is_sent_twice_and_a_new_version_is_sent_once(stub, docked, office):
    entry = keep(publish(office.place, name="养老机构"))
    push(docked, office)
    push(docked, office)
    assert len(stub.requests) == 1
    Entry.objects.filter(pk=entry.pk).update(live_version=2)
    entry.refresh_from_db()
    keep(entry)
    assert [one.number for one in push(docked, office)] == [1, 2] and len(stub.requests) == 2
    assert len(stub.kept) == 2


def test_a_lost_answer_is_asked_for_again_under_the_same_key(stub, docked, office):
    keep(publish(office.place, name="养老机构"))
    stub.next_answers = [(503, b"busy")]
    (made,) = push(docked, office)
    assert (made.status, made.attempts) == ("failing", 1)
    jobs.push(str(docked.pk))
    made.refresh_from_db()
    assert (made.status, made.attempts) == ("accepted", 2)
    keys = {headers["X-Request-Id"] for _path, headers, _raw in stub.requests}
    nonces = {headers["X-Nonce"] for _path, headers, _raw in stub.requests}
    assert len(keys) == 1 and len(nonces) == 2


def test_after_eight_tries_it_is_given_up_and_said_so(stub, docked, office):
    keep(publish(office.place, name="养老机构"))
    stub.next_answers = [(500, b"")] * 20
    push(docked, office)
    for _try in range(9):
        jobs.push(str(docked.pk))
    (made,) = Push.objects.all()
    assert (made.status, made.attempts) == ("refused", 8) and made.error["code"] == "docking.status"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, {"code": "4001", "msg": "缺少提供方"}), "docking.refused"),
        ((200, {"code": "200", "data": {}}), "docking.refused"),
        ((200, b"<html>"), "docking.answer"),
        ((401, {"code": "401", "msg": "签名不对"}), "docking.refused"),
    ],
)
def test_what_is_not_taken_keeps_the_reason_and_is_told_again_when_asked(stub, docked, office, answer, code):
    keep(publish(office.place, name="养老机构"))
    stub.next_answers = [answer]
    (made,) = push(docked, office)
    assert ((made.status, made.error["code"]) == ("refused", code) and made.error["mend"]) or code == "docking.answer"
    jobs.push(str(docked.pk))
    assert len(stub.requests) == 1, "nobody asked again"
    assert push(docked, office)[0].status == "accepted"


def test_a_profile_is_checked_when_it_is_read(tmp_path, monkeypatch):
    assert docking.profiles() == {"national": "国家（上级）目录对接"}
    text = (docking.FOLDER / "national.toml").read_text("utf-8")
    (tmp_path / "odd.toml").write_text(
        text.replace('"resourceName" = "name"', '"resourceName" = "secrecy_result"'), "utf-8"
    )
    monkeypatch.setattr(docking, "FOLDER", tmp_path)
    docking.profile.cache_clear()
    with pytest.raises(Broken):
        docking.profile("odd")
    with pytest.raises(Broken):
        docking.profile("../national")
    docking.profile.cache_clear()


def test_the_authority_alone_docks_and_an_unknown_profile_is_refused(stub, office):
    given = {"name": "x", "address": stub.url}
    with pytest.raises(Forbidden):
        act("catalog.docking.register", actor=office.handler, body=office.place.pk, profile="national", **given)
    with pytest.raises(Refused):
        act("catalog.docking.register", actor=office.authority, body=office.authority.body, profile="../../x", **given)
