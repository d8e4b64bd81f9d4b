"""The register of purposes: chosen from, replaced by a setting, refused when it is none; decisions name what was decided."""

from pathlib import Path
from typing import Any

import pytest
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing import purposes
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken
from jiangyuan.ui.parts import Code


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let the node keep a register of its own."""

    def keep(text: str) -> None:
        file = tmp_path / f"purposes-{len(text)}.json"
        file.write_text(text, "utf-8")
        monkeypatch.setenv("JIANGYUAN_PURPOSES_FILE", str(file))
        settings.cache_clear()

    yield keep
    monkeypatch.undo()
    settings.cache_clear()


def test_the_package_brings_a_register_and_a_code_out_of_it_may_stay() -> None:
    assert purposes.said("social-aid") == "社会救助家庭经济状况核对"
    assert purposes.drawn("social-aid") == Code(text="social-aid", shown="社会救助家庭经济状况核对")
    assert purposes.said("old-code") == "old-code"
    assert purposes.choices("old-code", "social-aid")[-1] == ("old-code", "old-code")
    assert len(purposes.choices("social-aid")) == len(purposes.register())


def test_the_node_keeps_its_own(own) -> None:
    own('[{"code": "herding", "name": "草原生态补助核对"}]')
    assert dict(purposes.register()) == {"herding": "草原生态补助核对"}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '[{"code": "A b", "name": "x"}]', '[{"code": "ab", "name": " "}]', "[1]"]
)
def test_a_file_that_is_no_register_is_broken(own, text: str) -> None:
    own(text)
    with pytest.raises(Broken):
        purposes.register()


@pytest.mark.django_db
def test_people_choose_a_purpose_and_invent_none() -> None:
    way = factories.road()
    office = client_of(way.consumer.business_office)
    url = f"/exchange/requests/new/?entry={way.entry.pk}"
    page = office.get(url).content.decode()
    assert '<option value="social-aid">' in page and "社会救助家庭经济状况核对" in page
    sent = {
        "system": str(way.system.pk),
        "mount": str(way.mount.pk),
        "item": ["name"],
        "forms": ["query"],
        "basis": "条例第二十条",
        "scenario": "核对",
        "until": factories.in_days(9).isoformat(),
    }
    refused = office.post(url, {**sent, "purpose": "made-up"})
    assert refused.status_code == 422 and "没有这一项" in refused.content.decode()
    assert office.post(url, {**sent, "purpose": "social-aid"}).status_code == 303


@pytest.mark.django_db
def test_the_page_after_a_decision_names_what_was_decided() -> None:
    way = factories.road()
    first = factories.walk(factories.ask(way), way, to="own_head")
    factories.walk(factories.ask(way), way, to="own_head")
    head = client_of(way.consumer.sharing_head)
    done = head.post(f"/exchange/requests/{first.pk}/consent/", {}, follow=True).content.decode()
    assert "申请已办理：" in done and first.entry.known_name in done and "下面是下一件" in done


@pytest.mark.django_db
def test_an_application_is_sent_back_with_a_reason_for_each_field() -> None:
    way = factories.road()
    asked = factories.walk(factories.ask(way), way, to="own_head")
    head = client_of(way.consumer.sharing_head)
    url = f"/exchange/requests/{asked.pk}/"
    silent = head.post(f"{url}return/", {"reason": " "})
    assert silent.status_code == 422 and "没有写明原因" in silent.content.decode()
    assert head.post(f"{url}return/", {"scope": "请写明年份", "basis": " "}).status_code == 303
    asked.refresh_from_db()
    assert asked.state == "returned" and asked.reasons == {"scope": "请写明年份"}
    office = client_of(way.consumer.business_office)
    for page in (url, f"{url}edit/"):
        assert "请写明年份" in office.get(page).content.decode(), page
