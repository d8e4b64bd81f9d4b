"""The handler of a registration and the hourly look may follow one system at the same moment."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from jiangyuan.catalog.duties.jobs import COVERAGE
from jiangyuan.catalog.duties.models import Obligation
from jiangyuan.kernel.actions import act


def test_a_system_that_is_followed_twice_at_once_is_one_obligation(committed, office):
    system = act(
        "organization.system.register", actor=office.handler, body=office.place.pk, name="救助系统", code="aid_system"
    )

    def follow():
        try:
            return act("catalog.obligation.follow", actor=COVERAGE, system=system.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = act("catalog.obligation.follow", actor=COVERAGE, system=system.pk)
            second = pool.submit(follow)
            time.sleep(0.5)
            assert not second.done(), "it waits for the one before it"
        assert second.result(30).pk == first.pk
    assert Obligation.objects.filter(system=system).count() == 1
