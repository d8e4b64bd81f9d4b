"""Why somebody may or may not: as the doors answer, in words, and nothing about what the asker may not see."""

import html
import re
from dataclasses import replace

import pytest
from django.utils import timezone
from tests.exchange import factories

from jiangyuan.exchange.delivery.gateway import refusals
from jiangyuan.exchange.sharing import purposes
from jiangyuan.kernel import events
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.portal.trace import pages as trace_pages
from jiangyuan.portal.trace import why


def _unmet(action: str, thing, actor) -> list[str]:
    return [str(reason.title) for reason in why.answer(action, thing, actor).reasons if not reason.met]


def test_the_answer_is_what_the_act_would_say(way) -> None:
    asked = factories.walk(factories.ask(way), way, to="provider_head")
    people = (*vars_of(way.consumer), *vars_of(way.provider), factories.authority("authority_head"))
    for name, _title in why.askable(asked):
        for actor in people:
            said = why.answer(name, asked, actor)
            assert said.allowed == _would(name, asked, actor), (name, actor.capacity)
            assert said.allowed or [reason for reason in said.reasons if not reason.met], "a no has a reason"


def vars_of(desk) -> tuple:
    return desk.business_office, desk.sharing_handler, desk.sharing_head, desk.department_head


def _would(name: str, asked, actor) -> bool:
    """Ask the doors themselves, as far as they go before the body."""
    from jiangyuan.ui import steps

    try:
        if asked.workflow.governs(name):
            asked.workflow.step(asked.state, name)
    except Refused:
        return False
    return type(asked).visible_to(actor).filter(pk=asked.pk).exists() and steps.permitted(name, asked, actor)


def test_nobody_decides_on_his_own_and_is_told_so(way) -> None:
    asked = factories.ask(way)
    asked = factories.walk(asked, way, to="provider_head")
    asked.proposed_by = way.provider.sharing_head.id
    asked.save()
    assert _unmet("sharing.request.agree", asked, way.provider.sharing_head) == ["不审批本人的事项"]


def test_state_and_role_say_what_would_have_to_change(way) -> None:
    asked = factories.ask(way)
    said = why.answer("sharing.request.agree", asked, way.consumer.business_office)
    told = " ".join(str(reason.mend) for reason in said.reasons)
    assert not said.allowed and "须先到" in told and "身份" in told
    assert any("数据共享工作机构负责人" in one for one in said.who)


def test_reading_under_a_grant(way) -> None:
    grant = factories.grant(way, items=[{"column": "name"}])
    assert "属于使用方" in _unmet(why.READ, grant, way.provider.sharing_head)
    assert "身份可以查询" in _unmet(why.READ, grant, way.consumer.business_office)


@pytest.mark.django_db
def test_pages_answer_those_who_may_see_and_nobody_else(way, browser) -> None:
    asked = factories.walk(factories.ask(way), way, to="provider_head")
    url = f"/trace/why/sharing.request/{asked.pk}/"
    page = browser(way.provider.sharing_head).get(f"{url}?action=sharing.request.agree").content.decode()
    assert "现在不可以" in page or "可以：" in page
    assert "逐条理由" in page
    assert browser(factories.desk().sharing_head).get(url).status_code == 404
    other = browser(way.consumer.sharing_head).get(url).content.decode()
    assert way.provider.sharing_head.name not in other, "people of another body are not offered"
    for who in (factories.authority("auditor"), way.consumer.sharing_head):
        client = browser(who)
        assert client.get("/trace/reads/").status_code == 200
        assert client.get("/trace/reads/?days=7&form=match&q=JZ1").status_code == 200
        assert client.get("/trace/check/").status_code == 200


def test_a_read_that_was_refused_says_why_and_counts_no_rows(way, browser) -> None:
    made = factories.grant(way, items=[{"column": "name"}])
    reader = factories.actor(made.consumer, "analyst")
    reading = events.Reading(
        form="match",
        actor=reader,
        scene=factories.reading(made),
        grants=((made.pk, made.epoch),),
        query="case_required",
    )
    events.finish_access(reading, events.start_access(reading), rows=6, digest="")
    code = refusals.no_case().code
    row = events.access_row(
        replace(reading, query=code), read=uuid7(), phase="refused", at=timezone.now(), rows=7, digest="", subjects=b""
    )
    events._write_access(row)
    client = browser(factories.authority("auditor"))
    page = client.get("/trace/reads/").content.decode()
    assert str(refusals.no_case().message) in page and "（7 次）" in page and "未提供" in page
    assert purposes.said(made.purpose) in page and f">{made.purpose}<" not in page
    assert [int(n) for n in re.findall(r'class="jy-number" data-title="返回行数">(\d+)<', page)] == [6]
    only = client.get("/trace/reads/?phase=refused").content.decode()
    assert only.count("/trace/receipt/") == 1 and "时间：最近三十天" in only
    assert client.get("/trace/reads/?phase=provided").content.decode().count("/trace/receipt/") == 1
    assert (
        client.get(f"/trace/reads/?q={purposes.said(made.purpose)[:4]}").content.decode().count("/trace/receipt/") == 2
    )


def test_the_auditor_reaches_the_whole_log_and_narrows_it(way, browser, monkeypatch) -> None:
    monkeypatch.setattr(trace_pages, "SIZE", 5)
    asked = factories.walk(factories.ask(way), way, to="provider_head")
    auditor = browser(factories.authority("auditor"))
    pages, url = [], "/trace/evidence/"
    while url:
        pages.append(auditor.get(url).content.decode())
        onward = re.search(r'rel="next" href="([^"]+)"', pages[-1])
        url = f"/trace/evidence/{html.unescape(onward[1])}" if onward else ""
    assert len(pages) > 1 and sum(page.count("/trace/receipt/") for page in pages) == events.Event.objects.count()
    assert f"/trace/sharing.request/{asked.pk}/" in "".join(pages), "each event leads to what it was done to"
    who = way.consumer.sharing_head
    mine = auditor.get(f"/trace/evidence/?q={who.name}&type=sharing.request.consented").content.decode()
    assert mine.count("/trace/receipt/") == 1
    other = auditor.get(f"/trace/evidence/?body={way.provider.sharing_head.body}&type=sharing.request.consented")
    assert "没有符合条件的内容" in other.content.decode()


def test_a_receipt_is_judged_in_plain_words(way, browser) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = browser(way.consumer.sharing_head)
    for content, said in ((b"{}", "存证回执无效"), (b"\xff\xfe", "无法读取"), (b"[" * 100_000, "无法读取")):
        sent = client.post("/trace/check/", {"receipt": SimpleUploadedFile("r.json", content)})
        assert said in sent.content.decode()
    assert "没有可以核验的文件" in client.post("/trace/check/", {}).content.decode()
