"""The ledger leads from the province to one column, and shows nobody what is not his."""

import pytest
from tests.exchange import factories

from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.portal.figures import counts
from jiangyuan.sources.models import ScannedColumn, ScannedTable


@pytest.fixture
def ledger(way) -> Grant:
    made = factories.grant(way)
    counts.refresh(force=True)
    return made


def _down(made: Grant) -> list[str]:
    table = made.mount.table
    column = ScannedColumn.objects.filter(table=table, name=made.items[0]["column"]).get()
    return [
        f"/ledger/source/{table.source.alias}/",
        f"/ledger/table/{table.pk}/",
        f"/ledger/table/{table.pk}/?q=%E5%8F%B7",
        f"/ledger/column/{column.pk}/",
    ]


def test_the_provider_and_the_authority_come_down_to_the_column(way, ledger, browser) -> None:
    for actor in (way.provider.sharing_handler, factories.authority()):
        client = browser(actor)
        body = way.provider.body
        for url in ("/ledger/", "/ledger/?q=people", "/ledger/630000/", f"/ledger/body/{body.alias}/", *_down(ledger)):
            assert client.get(url).status_code == 200, url
        column = client.get(_down(ledger)[-1]).content.decode()
        assert ledger.entry.name in column
        assert str(ledger.consumer) in column, "who has it"
        assert 'aria-label="' in column and "总账本" in column


def test_others_find_the_published_entries_and_nothing_below(way, ledger, browser) -> None:
    client = browser(factories.actor(factories.body(), "business_office"))
    body = way.provider.body
    page = client.get(f"/ledger/body/{body.alias}/").content.decode()
    assert ledger.entry.name in page
    assert ledger.mount.table.source.name not in page
    for url in _down(ledger):
        assert client.get(url).status_code == 404, url
    table = ScannedTable.objects.get(pk=ledger.mount.table_id)
    found = client.get(f"/ledger/?q={table.name}").content.decode()
    assert f"/ledger/table/{table.pk}/" not in found


def test_what_the_viewer_may_not_see_is_not_said_to_be_none(way, ledger, browser) -> None:
    client = browser(factories.actor(factories.body(), "operations"))
    page = client.get(f"/ledger/body/{way.provider.body.alias}/?tab=systems").content.decode()
    assert "还没有应用系统" not in page
    own = browser(way.provider.sharing_handler).get(f"/ledger/body/{way.provider.body.alias}/?tab=systems")
    assert "还没有应用系统" in own.content.decode()


def test_a_department_goes_by_its_name_and_not_by_an_internal_code(way, ledger, browser) -> None:
    body = way.provider.body
    client = browser(factories.actor(factories.body(), "business_office"))
    for url in ("/organization/bodies/", f"/organization/bodies/{body.pk}/", f"/ledger/body/{body.alias}/"):
        assert f">{body.alias}<" not in client.get(url).content.decode(), url
    assert "该部门的目录" in client.get(f"/organization/bodies/{body.pk}/").content.decode()
    own = browser(way.provider.sharing_handler).get(f"/organization/bodies/{body.pk}/").content.decode()
    assert "本部门的目录" in own and body.alias in own, "who calls interfaces needs the code"


@pytest.mark.parametrize(
    "url",
    ["/ledger/999999/", "/ledger/63/", "/ledger/body/nobody/", "/ledger/source/none/",
     "/ledger/table/00000000-0000-0000-0000-000000000000/", "/ledger/column/00000000-0000-0000-0000-000000000000/"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(way, browser, url) -> None:
    assert browser(factories.authority()).get(url).status_code == 404


def test_a_list_of_tables_does_not_ask_for_each(way, ledger, browser, django_assert_max_num_queries) -> None:
    source = ledger.mount.table.source
    for number in range(30):
        table = ScannedTable.objects.create(source=source, name=f"t{number}")
        ScannedColumn.objects.create(table=table, name="c", position=1, type="text")
    client = browser(way.provider.sharing_handler)
    with django_assert_max_num_queries(14):
        client.get(f"/ledger/source/{source.alias}/")
