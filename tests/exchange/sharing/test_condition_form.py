"""The application form asks for rows as sentences: items, comparisons, values; no script needed, no JSON shown."""

import re

import pytest
from django.test import Client
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing.models import Request


@pytest.fixture
def way(db) -> factories.Road:
    return factories.road()


@pytest.fixture
def client(way) -> Client:
    return client_of(way.consumer.business_office)


FIELDS = {
    "basis": "《社会救助暂行办法》第十五条",
    "purpose": "social-aid",
    "scenario": "低保审核𠮷",
    "scope": "申请人",
    "forms": "query",
    "item": ["name", "income"],
    "condition-join": "and",
}


def test_a_condition_is_added_row_by_row_and_stored_as_its_sentence_says(way, client) -> None:
    url = f"/exchange/requests/new/?entry={way.entry.pk}"
    page = client.get(url).content.decode()
    assert "记录范围" in page and "不加条件即申请全部记录" in page
    sent = {**FIELDS, "system": str(way.system.pk), "mount": str(way.mount.pk), "_key": "one-submission"}
    sent["until"] = factories.in_days(30).isoformat()
    added = client.post(url, {**sent, "_row": "add", "condition-new": "division"})
    page = added.content.decode()
    assert added.status_code == 200 and not Request.objects.exists()
    assert "低保审核𠮷" in page and 'value="income" checked' in page and "有内容需要改正" not in page
    assert 'name="condition-0-column" value="division"' in page and 'value="one-submission"' in page
    row = {"condition-0-column": "division", "condition-0-op": "starts_with", "condition-0-value": ""}
    refused = client.post(url, {**sent, **row})
    assert refused.status_code == 422 and "请填写要比较的值" in refused.content.decode()
    assert "低保审核𠮷" in refused.content.decode() and not Request.objects.exists()
    assert client.post(url, {**sent, **row, "condition-0-value": "6301"}).status_code == 303
    made = Request.objects.get()
    assert made.condition["op"] == "starts_with" and made.condition["value"] == "6301"
    shown = client.get(f"/exchange/requests/{made.pk}/").content.decode()
    assert "只限“行政区划代码”开头为 6301的记录" in shown and "starts_with" not in shown


def test_editing_keeps_changes_and_takes_away_a_condition(way, client) -> None:
    leaf = {"op": "=", "column": "division", "type": "character varying(12)", "value": "630100"}
    nested = {"op": "or", "items": [{"op": "not", "item": leaf}, {"op": "and", "items": [leaf, leaf]}]}
    asked = factories.ask(way, condition=nested)
    url = f"/exchange/requests/{asked.pk}/edit/"
    page = client.get(url).content.decode()
    assert "保留原有条件" in page and "不符合" in page and "&quot;op&quot;" not in page
    sent = {**FIELDS, "until": factories.in_days(30).isoformat()}
    version = re.search(r'name="_version" value="(\d+)"', page).group(1)
    assert client.post(url, {**sent, "condition-keep": "1", "_version": version}).status_code == 303
    asked.refresh_from_db()
    assert asked.condition["op"] == "or"
    plain = {key: value for key, value in sent.items() if key != "condition-join"}
    assert client.post(url, plain).status_code == 303
    asked.refresh_from_db()
    assert asked.condition["op"] == "or", "a page that drew no editor says nothing of it"
    assert client.post(url, sent).status_code == 303
    asked.refresh_from_db()
    assert asked.condition is None
