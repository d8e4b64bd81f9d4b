"""The page of granted rows offers nothing that door two does not give."""

from django.test import Client
from tests.exchange import factories as make

from jiangyuan.organization.models import Person


def _page(grant, actor) -> int:
    client = Client()
    client.force_login(Person.objects.get(pk=actor.id))
    return client.get(f"/exchange/grants/{grant.pk}/data/").status_code


def test_a_grant_without_the_query_form_or_for_another_capacity_shows_no_row(db) -> None:
    way = make.road()
    consumer, grant = way.consumer, make.grant(way, forms=["match"])
    assert _page(grant, consumer.analyst) in (403, 404)
    assert _page(grant, consumer.business_office) in (403, 404)
    assert _page(grant, make.desk().analyst) == 404
