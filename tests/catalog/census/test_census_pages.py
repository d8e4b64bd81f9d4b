"""Each page of the census answers who it is for, in the words of the office, and is not found by others."""

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.catalog.census import rig
from tests.catalog.census.rig import opened, record, report_of, sent, stranger, system
from tests.portal.conftest import client_of

from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.models import Asset, Channel, Finding, Report, Upload
from jiangyuan.kernel.actions import act
from jiangyuan.portal.figures.counts import refresh
from jiangyuan.sources.models import ScannedTable


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


def text_of(client: Any, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.content.decode()


def test_the_authority_begins_a_campaign_on_its_pages(db, office) -> None:
    client = client_of(office.authority)
    assert "发起普查" in text_of(client, "/census/")
    form = text_of(client, "/census/new/")
    assert "信息系统" in form and 'name="deadline"' in form
    given = {"title": "全省普查", "kinds": ["system", "database", "table"], "deadline": "2999-01-01"}
    assert client.post("/census/new/", given).status_code == 422, "further than a year"
    answer = client.post("/census/new/", given | {"deadline": rig.soon().isoformat(), "bodies": [str(office.place.pk)]})
    assert answer.status_code == 303
    page = answer["Location"]
    assert "筹备中" in text_of(client, page) and "将要填报的部门" in text_of(client, page)
    assert client.post(f"{page}open/", {}).status_code == 303
    shown = text_of(client, page)
    assert str(office.place) in shown and "报送进度" in shown and "催报" in shown
    assert client_of(office.handler).get("/census/new/").status_code == 403


def test_a_campaign_is_seen_by_those_it_asks_with_their_own_report_alone(db, office) -> None:
    other = stranger()
    campaign = opened(office)
    mine = text_of(client_of(office.business), f"/census/{campaign.pk}/")
    assert str(office.place) in mine and "报送进度" not in mine
    for url in (f"/census/{campaign.pk}/", f"/census/reports/{report_of(office, campaign).pk}/"):
        assert client_of(other.business).get(url).status_code == 404
    assert "没有普查报告" in text_of(client_of(other.business), "/census/reports/")


def test_a_report_is_filled_in_kind_by_kind_and_what_is_wrong_stands_at_its_field(db, office) -> None:
    report = report_of(office, opened(office))
    base, client = f"/census/reports/{report.pk}/", client_of(office.business)
    shown = text_of(client, base)
    assert "登记信息系统" in shown and "用表格导入" in shown and "报送" in shown and "还剩" in shown
    form = text_of(client, f"{base}record/system/")
    assert "支撑的职责或事项" in form and "等级保护级别" in form
    wrong = client.post(
        f"{base}record/system/", {"code": "jiu zhu", "name": "救助系统", "status": "running", "duty": "救助"}
    )
    assert wrong.status_code == 422 and "救助系统" in wrong.content.decode()
    right = {
        "code": "jiuzhu",
        "name": "救助系统",
        "status": "running",
        "duty": "救助",
        "users": "1,200",
        "protection": "3",
    }
    assert client.post(f"{base}record/system/", right).status_code == 303
    made = Asset.objects.get(report=report)
    assert made.facts["users"] == 1200 and made.facts["protection"] == "3"
    listed = text_of(client, f"{base}?tab=items&kind=system")
    assert "jiuzhu" in listed and "三级" in listed and "导出" in listed
    edit = f"{base}record/system/?thing={made.pk}"
    assert "救助系统" in text_of(client, edit) and 'name="code"' not in text_of(client, edit)
    assert client.post(edit, {"name": "新名称", "status": "idle", "duty": "救助"}).status_code == 303
    assert Asset.objects.get(pk=made.pk).name == "新名称"
    database = text_of(client, f"{base}record/database/")
    assert "新名称（jiuzhu）" in database, "what it may lie within is offered"
    assert client.post(f"{base}remove/?thing={made.pk}", {}).status_code == 303
    assert not Asset.objects.filter(report=report).exists()
    assert client_of(office.head).get(f"{base}record/system/").status_code == 403
    assert client.get(f"{base}record/nothing/").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_form_and_a_template(db, office, kind) -> None:
    campaign = opened(office, kinds=tuple(KINDS))
    report = report_of(office, campaign)
    client = client_of(office.handler)
    form = text_of(client, f"/census/reports/{report.pk}/record/{kind}/")
    assert all(str(one.label) in form for one in KINDS[kind].facts)
    file = client.get(f"/census/template/{kind}.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(file.streaming_content)))
    first = [cell.value for cell in next(book.worksheets[0].iter_rows())]
    assert first == [str(label) for label in KINDS[kind].headings.values()]


def test_a_sheet_is_checked_shown_and_its_good_rows_taken(db, office) -> None:
    report = report_of(office, opened(office))
    base, client = f"/census/reports/{report.pk}/", client_of(office.handler)
    assert "下载模板" in text_of(client, f"{base}upload/staff/")
    none = client.post(f"{base}upload/staff/", {})
    assert none.status_code == 400 or "请选择文件" in none.content.decode()
    bad = SimpleUploadedFile("坏.xlsx", b"PK\x03\x04 not a workbook")
    assert "已损坏" in client.post(f"{base}upload/staff/", {"file": bad}).content.decode()
    sheet = "代码,名称,岗位类别,人数\nit,运维岗,运行维护,3\ndb,数据岗,打杂,1\n<b>x</b>,脚本,数据管理,2\n"
    answer = client.post(f"{base}upload/staff/", {"file": SimpleUploadedFile("岗位.csv", sheet.encode("gb18030"))})
    assert answer.status_code == 303
    page = answer["Location"]
    shown = text_of(client, page)
    assert "导入正确的行" in shown and "岗位类别" in shown and "数据管理" in shown
    upload = Upload.objects.get(report=report)
    assert client.post(f"{page}apply/", {"_version": upload.version}).status_code == 303
    assert set(Asset.objects.filter(report=report).values_list("code", flat=True)) == {"it", "<b>x</b>"}
    assert "<b>x</b>" not in text_of(client, f"{base}?tab=items")
    assert client_of(stranger().handler).get(page).status_code == 404


def test_differences_are_shown_mended_and_explained(db, office, front) -> None:
    front.run(rig.PEOPLE_AND_VISITS)
    source = office.register(**front.fields)
    office.scan(source)
    report = report_of(office, opened(office))
    record(office, report, "database", "front", engine="postgres", source=source.alias)
    record(office, report, "table", "gone", parent="front")
    base, client = f"/census/reports/{report.pk}/", client_of(office.business)
    assert "还没有核对" in text_of(client, f"{base}?tab=differences")
    assert client.post(f"{base}check/", {}).status_code == 303
    shown = text_of(client, f"{base}?tab=differences")
    assert (
        "找到了，没有报" in shown
        and "走访记录" in shown
        and "报了，没有找到" in shown
        and "全部按核对结果更正" in shown
    )
    page = text_of(client, base)
    assert "有差异待处理" in page and "处理差异后报送" in page and f"{base}submit/" not in page
    finding = Finding.objects.get(report=report, code="missing")
    assert "gone" in text_of(client, f"/census/findings/{finding.pk}/explain/")
    assert client.post(f"/census/findings/{finding.pk}/explain/", {"explanation": "已下线"}).status_code == 303
    report.refresh_from_db()
    assert client.post(f"{base}mend/", {"_version": report.version}).status_code == 303
    assert Asset.objects.filter(report=report, kind="table").count() == 3
    head = text_of(client_of(office.head), f"{base}?tab=differences")
    assert "已下线" in head and "全部按核对结果更正" not in head
    table = Asset.objects.get(report=report, code="public.people")
    thing = text_of(client, f"/census/things/{table.pk}/")
    assert "citizen_id" in thing and "有值的行" in thing
    draft = f"/catalog/new/?table={ScannedTable.objects.get(source=source, name='people').pk}"
    assert draft in thing and "编制目录" in text_of(client, draft)
    assert draft not in text_of(client_of(office.head), f"/census/things/{table.pk}/")
    assert "public.people" in text_of(client, f"/census/things/{Asset.objects.get(report=report, kind='database').pk}/")
    assert client_of(stranger().business).get(f"/census/things/{table.pk}/").status_code == 404


def test_the_road_from_submission_to_the_ledger_in_the_portal(db, office) -> None:
    report = report_of(office, opened(office))
    system(office, report)
    base = f"/census/reports/{report.pk}/"
    clerk, head, authority = (client_of(one) for one in (office.business, office.head, office.authority))
    assert "零报告" in text_of(clerk, f"{base}submit/")
    checked = clerk.post(f"{base}submit/", {"_check": "1"})
    assert checked.status_code == 200 and "尚未提交" in checked.content.decode()
    assert clerk.post(f"{base}submit/", {}).status_code == 303
    assert "签发" in text_of(head, base)
    assert head.post(f"{base}sign/", {}).status_code == 303
    assert authority.post(f"{base}return/", {"reason": "请补充"}).status_code == 303
    assert "请补充" in text_of(clerk, base)
    clerk.post(f"{base}submit/", {})
    head.post(f"{base}sign/", {})
    assert authority.post(f"{base}accept/", {}).status_code == 303
    assert Report.objects.get(pk=report.pk).state == "filed" and "计入总账本" in text_of(clerk, base)
    assert "办理经过" in text_of(clerk, f"{base}?tab=trace")


def test_channels_are_listed_registered_and_decided(db, office) -> None:
    caller, client = stranger(), client_of(office.handler)
    given = {
        "name": "参保查询",
        "protocol": "rest",
        "content": "参保状态",
        "monthly_calls": "9000",
        "address": "http://10.0.0.8/q",
    }
    assert "谁在使用" in client.post("/census/channels/new/", given).content.decode()
    answer = client.post("/census/channels/new/", given | {"callers": [str(caller.place.pk)]})
    assert answer.status_code == 303
    page = answer["Location"]
    channel = Channel.objects.get()
    authority = client_of(office.authority)
    assert "确定处置" in text_of(authority, page) and "参保查询" in text_of(authority, "/census/channels/")
    decided = authority.post(
        f"{page}decide/", {"fate": "close", "reason": "已由共享平台替代", "until": rig.soon().isoformat()}
    )
    assert decided.status_code == 303
    shown = text_of(client_of(caller.business), page)
    assert "已由共享平台替代" in shown and "10.0.0.8" not in shown, "where it stands is its owner's affair"
    assert client_of(stranger().business).get(page).status_code == 404
    assert channel.monthly_calls == 9000
    assert "参保查询" in text_of(client, f"{page}edit/")


def test_a_report_that_was_accepted_stays_to_be_read(db, office) -> None:
    report = report_of(office, opened(office))
    system(office, report)
    sent(office, report)
    shown = text_of(client_of(office.business), f"/census/reports/{report.pk}/?tab=items")
    assert "救助系统" in shown and "修改" not in shown.split("<main")[-1].split("</main")[0]
    assert client_of(office.business).get(f"/census/reports/{report.pk}/record/system/").status_code == 403
    act("census.campaign.close", report.campaign_id, actor=office.authority)
    assert "已结束" in text_of(client_of(office.authority), f"/census/{report.campaign_id}/")


def test_the_general_ledger_leads_from_the_body_to_what_was_registered_and_leaves_as_a_sheet(db, office) -> None:
    report = report_of(office, opened(office))
    system(office, report)
    record(office, report, "database", "front", engine="postgres", parent="sys")
    sent(office, report)
    refresh(force=True)
    assert "普查登记" in text_of(client_of(office.authority), "/ledger/")
    for actor in (office.handler, office.authority):
        client = client_of(actor)
        listed = text_of(client, f"/ledger/body/{office.place.alias}/?tab=census&kind=system")
        assert "救助系统" in listed and "支撑的职责或事项" in listed
        below = text_of(client, f"/ledger/body/{office.place.alias}/?tab=census&kind=database")
        assert ">救助系统<" in below, "what it lies within is told by its name"
    thing = Asset.objects.get(report=report, kind="system")
    assert "front" in text_of(client_of(office.handler), f"/census/things/{thing.pk}/")
    answer = client_of(office.handler).post(f"/ledger/body/{office.place.alias}/?tab=census", {"_export": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert {row[0].value for row in book.worksheets[0].iter_rows(min_row=2)} == {"救助系统", "front"}  # pyright: ignore
    assert "救助系统" not in text_of(client_of(stranger().handler), f"/ledger/body/{office.place.alias}/?tab=census")
