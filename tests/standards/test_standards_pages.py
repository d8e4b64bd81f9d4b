"""Pages of the standards: elements and code sets, with what uses them."""

from typing import Any

import pytest
from tests.exchange import factories as make
from tests.portal.conftest import client_of

from jiangyuan.kernel.actions import act
from jiangyuan.standards.models import CodeSet, DataElement


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


def test_elements_and_code_sets_say_what_they_are(db) -> None:
    act("standards.national.install", actor=make.SETUP)
    client = client_of(make.desk().business_office)
    element = DataElement.objects.get(code="sex")
    codes = CodeSet.objects.get(code="sex")
    assert element.name in client.get("/standards/elements/?q=sex").content.decode()
    page = client.get(f"/standards/elements/{element.pk}/").content.decode()
    assert codes.name in page and "用它的信息项" in page
    assert "GB/T 2261.1" in client.get("/standards/codes/").content.decode()
    assert "未知的性别" in client.get(f"/standards/codes/{codes.pk}/").content.decode()
