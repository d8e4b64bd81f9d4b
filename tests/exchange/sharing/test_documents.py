"""Printed documents say what was agreed, embed their fonts, leave a trace, and go to nobody else."""

from io import BytesIO
from typing import Any, cast

import pytest
from django.utils import translation
from pypdf import PdfReader
from pypdf.generic import PdfObject
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing import documents
from jiangyuan.exchange.sharing.agreement import digest
from jiangyuan.exchange.sharing.models import Request
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.errors import Forbidden, NotFound, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.ui import printing
from jiangyuan.ui.printing import Grid, Sheet, Text


@pytest.fixture
def way(db) -> factories.Road:
    return factories.road()


def _text(content: bytes) -> str:
    found = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return "".join(found.split())


def test_an_approval_form_holds_every_step_with_its_person_opinion_and_article(way) -> None:
    asked = factories.walk(factories.ask(way), way)
    made = documents.approval_sheet(Request.objects.get(pk=asked.pk), by="卓玛措")
    text = _text(printing.pdf(made.sheet))
    for expected in (
        "政务数据共享申请审批单",
        str(asked.pk).upper(),
        way.consumer.body.name,
        way.provider.sharing_head.name,
        "建议同意",
        "同意共享",
        "低保申请家庭经济状况核对",
        "《政务数据共享条例》第二十一条",
        made.digest,
        "打印人：卓玛措",
    ):
        assert "".join(expected.split()) in text, expected
    agreed = Event.objects.get(type="sharing.request.agreed", object_id=asked.pk)
    assert str(agreed.pk) in text


def test_a_row_condition_is_printed_as_the_sentence_that_the_pages_show_whatever_the_reader_speaks(way) -> None:
    leaf = {"op": "starts_with", "column": "division", "type": "character varying(12)", "value": "6301"}
    said = "只限“行政区划代码”开头为6301的记录"
    with translation.override("en"):
        grant = factories.grant(way, condition=leaf)
        assert said in "".join(grant.agreement.split())
        sheet = documents.approval_sheet(grant.request, by="卓玛措").sheet
    assert said in _text(printing.pdf(sheet))


def test_an_agreement_is_printed_as_it_was_agreed_and_its_fonts_are_embedded(way, settings) -> None:
    settings.STATIC_ROOT = None
    grant = factories.grant(way, items=[{"column": "name"}])
    answer = client_of(way.consumer.business_office).post(f"/exchange/grants/{grant.pk}/agreement.pdf")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    text = _text(answer.content)
    for line in grant.agreement.splitlines():
        assert "".join(line.split()) in text, line
    assert digest(grant.agreement) in text
    reader = PdfReader(BytesIO(answer.content))
    held = [cast("dict[str, dict[str, PdfObject]]", page["/Resources"])["/Font"] for page in reader.pages]
    fonts = [cast("dict[str, Any]", font.get_object()) for one in held for font in one.values()]
    drawn = [font for font in fonts if "print" in str(font["/BaseFont"])]
    assert drawn and all("/FontFile2" in font["/FontDescriptor"] for font in drawn)
    assert f"第1页共{len(reader.pages)}页" in text
    told = Event.objects.get(type="sharing.grant.printed", object_id=grant.pk)
    assert told.payload["digest"] == digest(grant.agreement)
    assert told.payload["file"] == ciphers.sm3(answer.content).hex()
    grant.refresh_from_db()
    assert str(Event.objects.get(type="sharing.grant.made", object_id=grant.pk).pk) in text


def test_taking_a_document_disturbs_nobody_who_has_the_record_open(way, settings) -> None:
    settings.STATIC_ROOT = None
    grant = factories.grant(way, items=[{"column": "name"}])
    version = grant.version
    assert client_of(way.provider.sharing_head).post(f"/exchange/grants/{grant.pk}/commitment.pdf").status_code == 200
    grant.refresh_from_db()
    assert grant.version == version


def test_documents_of_others_are_not_found_and_a_visit_prints_nothing(way, settings) -> None:
    settings.STATIC_ROOT = None
    grant = factories.grant(way, items=[{"column": "name"}])
    urls = (
        f"/exchange/grants/{grant.pk}/agreement.pdf",
        f"/exchange/grants/{grant.pk}/commitment.pdf",
        f"/exchange/requests/{grant.request_id}/approval.pdf",
    )
    stranger, own = client_of(factories.desk().sharing_head), client_of(way.consumer.sharing_head)
    for url in urls:
        assert stranger.post(url).status_code == 404, url
        assert own.get(url).status_code == 303, url
    assert own.post(f"/exchange/grants/{grant.pk}/secret.pdf").status_code == 404
    assert not Event.objects.filter(type="sharing.document.printed").exists()


def test_the_act_itself_refuses_a_stranger(way) -> None:
    grant = factories.grant(way, items=[{"column": "name"}])
    params = {"document": "agreement", "record": grant.pk, "digest": "0" * 64, "file_digest": "0" * 64}
    with pytest.raises((Forbidden, NotFound)):
        factories.act("sharing.document.print", actor=factories.desk().sharing_head, scene=factories.SCENE, **params)


def test_a_request_that_did_not_arrive_yet_is_not_printed_by_the_provider(way, settings) -> None:
    settings.STATIC_ROOT = None
    asked = factories.walk(factories.ask(way), way, to="own_head")
    url = f"/exchange/requests/{asked.pk}/approval.pdf"
    assert client_of(way.provider.sharing_head).post(url).status_code == 404


def test_what_the_fonts_lack_is_printed_by_its_code_and_markup_is_only_text() -> None:
    rare = "旦增〈卓〉㛃 \U00020021 䶮 \U00031350 <b>粗</b> &amp; \x00"
    text = _text(printing.pdf(Sheet(title="测试", number="一号", blocks=(Text(text=rare),))))
    assert "旦增〈卓〉㛃\U00020021䶮〔U+31350〕<b>粗</b>&amp;" in text


def test_a_long_table_goes_over_pages_with_its_heading_and_one_too_long_is_refused() -> None:
    rows = [(str(number), "意见" * 30) for number in range(120)]
    sheet = Sheet(title="长表", number="二号", blocks=(Grid(titles=("序号", "意见"), rows=rows, widths=(1, 6)),))
    pages = [page.extract_text() for page in PdfReader(BytesIO(printing.pdf(sheet))).pages]
    assert len(pages) > 3 and all("序号" in page for page in pages)
    one = Sheet(title="一格", number="三号", blocks=(Grid(titles=("意见",), rows=[("长" * 2000,)], widths=(1,)),))
    assert _text(printing.pdf(one)).count("长") == 2000
    with pytest.raises(Refused):
        printing.pdf(Sheet(title="过长", number="四号", blocks=(Text(text="长" * 250_000),)))
