"""A department's road to 100%, over REST alone: the register, the entry, the excuse, and the page that says so."""

import pytest

from jiangyuan.catalog.duties.models import Coverage
from jiangyuan.kernel.events import run_handlers
from jiangyuan.sources.models import ScannedTable
from office import ASSESSED, SETUP, client_of

API = "/api/v1/catalog"


def _send(client, path, **content):
    answer = client.post(f"{API}{path}", content, content_type="application/json")
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


@pytest.mark.slow
def test_a_department_reaches_the_whole_and_sees_it(committed, office):
    from jiangyuan.kernel.actions import act

    act("standards.national.install", actor=SETUP)
    _file, source = office.sqlite("CREATE TABLE aid (case_number TEXT PRIMARY KEY, name TEXT)")
    office.scan(source)
    table = str(ScannedTable.objects.get(source=source).pk)
    handler, head, bureau = (client_of(actor) for actor in (office.handler, office.head, office.authority))
    place, name = str(office.place.pk), office.place.name
    act("organization.system.register", actor=office.handler, body=place, name="救助系统", code="aid_journey")
    row = {"body": name, "document": "权责清单（2025年版）", "source_list": "权责清单"}
    loaded = _send(
        handler, "/obligations/load", kind="duty", source="清单.xlsx",
        rows=[{**row, "code": "01", "name": "社会救助"}, {**row, "code": "02", "name": "部委统建业务"}],
    )  # fmt: skip
    assert loaded["taken"] == 2 and loaded["faults"] == []
    run_handlers()
    figures = handler.get(f"{API}/coverage/sum").json()
    assert figures["duty"] == {"total": 2, "covered": 0, "excused": 0, "open": 2, "share": 0}
    assert figures["system"]["open"] == 1 and figures["matter"]["share"] is None
    listed = handler.get(f"{API}/obligations?coverage=open").json()["items"]
    aid, above, system = (next(o for o in listed if o["name"] == n) for n in ("社会救助", "部委统建业务", "救助系统"))

    entry = _send(
        handler, f"/obligations/{aid['id']}/write", table=table, summary="救助对象", share_condition="依法履职"
    )
    _send(handler, f"/obligations/{system['id']}/link", entry=entry["id"])
    _send(handler, f"/entries/{entry['id']}/assess", **ASSESSED)
    _send(handler, f"/entries/{entry['id']}/submit")
    _send(client_of(office.office_head), f"/entries/{entry['id']}/endorse")
    _send(head, f"/entries/{entry['id']}/approve")
    _send(bureau, f"/entries/{entry['id']}/publish")
    run_handlers()
    assert handler.get(f"{API}/coverage/sum").json()["duty"]["share"] == 5000
    page = handler.get(f"/duties/bodies/{office.place.alias}/").content.decode()
    assert "还有 1 项未覆盖" in page and "部委统建业务" in page

    reason = "数据由部委统建系统产生和保管，本厅只录入。"
    excuse = _send(handler, "/excuses", obligation=above["id"], ground="held_above", reason=reason)
    refused = handler.post(f"{API}/excuses/{excuse['id']}/accept", {}, content_type="application/json")
    assert refused.status_code == 403, "nobody excuses himself"
    _send(bureau, f"/excuses/{excuse['id']}/accept")
    kept = Coverage.objects.get(body=office.place)
    assert (kept.duty_share, kept.system_share, kept.open_total) == (10_000, 10_000, 0)
    page = handler.get(f"/duties/bodies/{office.place.alias}/").content.decode()
    assert "全部覆盖：100%" in page
    assert "全部覆盖：100%" in handler.get(f"/organization/bodies/{place}/").content.decode()
