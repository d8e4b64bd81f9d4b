"""Lineage and use of an entry show grants and deliveries to those who may know of them, and to nobody else."""

from typing import Any

import pytest
from tests.exchange import factories as make
from tests.portal.conftest import client_of


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


def test_a_grant_is_in_the_chain_of_both_sides_and_of_no_stranger(db) -> None:
    way = make.road()
    grant = make.grant(way, items=[{"column": "name"}])
    name = grant.system.name
    for tab in ("lineage", "use"):
        url = f"/catalog/{way.entry.pk}/?tab={tab}"
        for actor in (way.provider.sharing_handler, way.consumer.business_office, make.authority("auditor")):
            assert name in client_of(actor).get(url).content.decode(), tab
        stranger = client_of(make.desk().sharing_handler).get(url)
        assert stranger.status_code == 200 and name not in stranger.content.decode()
    shown = client_of(way.consumer.business_office).get(f"/catalog/{way.entry.pk}/?tab=lineage").content.decode()
    assert way.mount.table.source.name not in shown and "仅提供方可见" in shown
