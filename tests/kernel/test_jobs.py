"""Background work: an intent that is committed with its act, or never was."""

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from jiangyuan.kernel import jobs
from jiangyuan.kernel.errors import Refused, Transient


@pytest.fixture
def queue(committed: None):
    return lambda: [(job.task_name, job.args, job.lock) for job in ProcrastinateJob.objects.order_by("id")]


def test_a_job_of_an_act_that_is_undone_never_was(queue) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.defer("trial.work", thing="1")
        raise ZeroDivisionError
    assert queue() == []


def test_nobody_sees_a_job_before_its_act_is_committed(queue, urls: dict[str, str]) -> None:
    import psycopg

    with psycopg.connect(urls["database_url"], autocommit=True) as worker:
        count = "SELECT count(*) FROM procrastinate_jobs"
        with transaction.atomic():
            jobs.defer("trial.work", lock="thing:1", thing="1")
            assert worker.execute(count).fetchone() == (0,)
        assert worker.execute(count).fetchone() == (1,)
    assert queue() == [("jiangyuan:trial.work", {"thing": "1"}, "thing:1")]
    assert not connection.in_atomic_block


def test_transient_errors_are_tried_again_and_refusals_are_not() -> None:
    exceptions = jobs.RETRY.retry_exceptions
    assert exceptions is not None
    assert issubclass(Transient, tuple(exceptions)) and not issubclass(Refused, tuple(exceptions))
