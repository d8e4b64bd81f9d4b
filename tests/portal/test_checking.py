"""Before an important form is sent, its answers are shown; nothing is done until they are confirmed."""

import html
import re

from tests.exchange import factories

from jiangyuan.exchange.sharing.models import Grant, Request


def sent_again(page: str) -> dict[str, str]:
    """Give what the check page sends when its own button is pressed."""
    form = page.partition('class="jy-check"')[2].partition("</form>")[0]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: html.unescape(text) for name, text in found}


def test_a_button_that_submits_shows_what_is_submitted_first(way, browser) -> None:
    asked = factories.ask(way)
    client = browser(way.consumer.business_office)
    base = f"/exchange/requests/{asked.pk}/"
    page = client.get(base).content.decode()
    button = re.search(rf'<form class="jy-inline" action="{base}submit/".*?</form>', page, re.S).group(0)
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', button))
    assert fields["_check"] == "1"
    checked = client.post(f"{base}submit/", fields)
    text = checked.content.decode()
    assert checked.status_code == 200 and "以下内容尚未提交" in text and "低保申请家庭经济状况核对" in text
    assert f'href="{base}edit/"' in text
    asked.refresh_from_db()
    assert asked.state == "draft"
    again = sent_again(text)
    assert again["_key"] == fields["_key"] and "_check" not in again
    assert client.post(f"{base}submit/", again).status_code == 303
    assert Request.objects.get(pk=asked.pk).state == "own_head"


def test_answers_are_shown_as_text_mended_and_sent_under_the_same_number(way, browser) -> None:
    grant = factories.grant(way)
    client = browser(way.provider.sharing_head)
    url = f"/exchange/grants/{grant.pk}/withdraw/"
    page = client.get(url).content.decode()
    assert 'name="_check"' in page and "（先核对）</button>" in page
    key = re.search(r'name="_key" value="([^"]+)"', page).group(1)
    sent = {"reason": "使用目的<已>实现𠮷", "_key": key, "_check": "1"}
    empty = client.post(url, {**sent, "reason": ""})
    assert empty.status_code == 422 and "有内容需要改正" in empty.content.decode()
    text = client.post(url, sent).content.decode()
    assert "使用目的&lt;已&gt;实现𠮷" in text and "修改" in text and way.consumer.body.name in text
    assert Grant.objects.get(pk=grant.pk).state == "active"
    back = client.post(url, {**sent_again(text), "_edit": "1"})
    assert back.status_code == 200 and "使用目的&lt;已&gt;实现𠮷</textarea>" in back.content.decode()
    assert Grant.objects.get(pk=grant.pk).state == "active"
    assert f'name="_key" value="{key}"' in back.content.decode()
    assert client.post(url, sent_again(text)).status_code == 303
    assert Grant.objects.get(pk=grant.pk).state == "withdrawn"
