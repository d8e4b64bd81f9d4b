"""Identifiers are judged as one types: which place is wrong, how to mend it; for signed-in people, kept nowhere."""

import logging

import pytest
from django.test import Client
from django.utils import translation
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.kernel.errors import NotFound
from jiangyuan.ui.identifying import judge

ID = "11010519491231002X"


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("citizen_id", ID, ""),
        ("citizen_id", " ", ""),
        ("citizen_id", ID[:-1], "应为 18 位，现有 17 位"),
        ("citizen_id", "110105194912310021", "校验码不正确"),
        ("citizen_id", "1101051949123O002X", "第 14 位“O”不能用在这里"),
        ("citizen_id", "11010519490231002X", "出生日期不存在"),
        ("uscc", "91I0105MA01234567X", "第 3 位“I”不能用在这里"),
        ("mobile", "1380013800a", "第 11 位“a”不能用在这里"),
        ("division_code", "990000", "省级代码不存在"),
        ("email", "wang.example.cn", "电子邮箱的写法不对"),
        ("date", "2026-02-30", "2 月没有 30 日"),
        ("date", "2026-13-01", "没有 13 月"),
        ("date", "22/11/2026", "日期的写法不对"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(kind, text, said) -> None:
    with translation.override("zh-hans"):
        assert str(judge(kind, text).message) == said


def test_an_unknown_kind_is_no_oracle() -> None:
    with pytest.raises(NotFound):
        judge("password", "x")


def test_the_check_answers_signed_in_people_only_and_logs_nothing_of_it(db, caplog) -> None:
    sent = {"kind": "citizen_id", "text": ID[:-1] + "1"}
    assert Client().post("/check/identifier/", sent, headers={"accept": "application/json"}).status_code == 401
    client = client_of(factories.desk().sharing_handler)
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/check/identifier/", sent)
    assert answer.json()["message"] == "校验码不正确" and sent["text"] not in caplog.text
    assert client.get(f"/check/identifier/?kind=citizen_id&text={ID}").status_code == 405
