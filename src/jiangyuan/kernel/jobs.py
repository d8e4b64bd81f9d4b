"""Background work, deferred inside the transaction of the act that asks for it (procrastinate, same database).

A job is an intent that was committed with its act; it may run more than once, so it is idempotent and reports by a
second act.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from django.db import close_old_connections
from procrastinate import App, Blueprint, RetryStrategy
from procrastinate.contrib.django import app as _django_app

from jiangyuan.kernel.errors import Transient

blueprint = Blueprint()
_Function = TypeVar("_Function", bound=Callable[..., Any])
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2, retry_exceptions=[Transient, OSError])


def job(name: str, *, queue: str = "default") -> Callable[[_Function], _Function]:
    """Register a function as the job `name`. Transient errors are tried again, eight times, ever later."""

    def register(function: _Function) -> _Function:
        @wraps(function)
        def run(*args: Any, **arguments: Any) -> Any:
            close_old_connections()  # the thread may have slept through a restart of the database
            try:
                return function(*args, **arguments)
            finally:
                close_old_connections()

        blueprint.task(name=name, queue=queue, retry=RETRY)(run)
        return function

    return register


def ready(app: App) -> None:
    """Hang the registered jobs on the application's queue (called once by procrastinate)."""
    app.add_tasks_from(blueprint, namespace="jiangyuan")


def defer(name: str, *, lock: str | None = None, after: timedelta | None = None, **arguments: Any) -> int:
    """Ask for a job in the running transaction; it starts only after the commit, and `after` that time at the earliest.

    `lock`: jobs that wait for each other.
    """
    wait = {"seconds": int(after.total_seconds())} if after else None
    task = _django_app.configure_task(f"jiangyuan:{name}", lock=lock, schedule_in=wait, allow_unknown=True)
    return task.defer(**arguments)
