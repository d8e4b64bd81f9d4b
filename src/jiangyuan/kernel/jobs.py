"""Background work, deferred inside the transaction of the act that asks for it (procrastinate, same database).

A job is an intent that was committed with its act; it may run more than once, so it is idempotent and reports by a
second act.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from procrastinate import App, Blueprint, RetryStrategy
from procrastinate.contrib.django import app as _django_app

from jiangyuan.kernel.errors import Transient

blueprint = Blueprint()
_Function = TypeVar("_Function", bound=Callable[..., Any])
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2, retry_exceptions=[Transient, OSError])


def job(name: str, *, queue: str = "default") -> Callable[[_Function], _Function]:
    """Register a function as the job `name`. Transient errors are tried again, eight times, ever later."""

    def register(function: _Function) -> _Function:
        blueprint.task(name=name, queue=queue, retry=RETRY)(function)
        return function

    return register


def ready(app: App) -> None:
    """Hang the registered jobs on the application's queue (called once by procrastinate)."""
    app.add_tasks_from(blueprint, namespace="jiangyuan")


def defer(name: str, *, lock: str | None = None, **arguments: Any) -> int:
    """Ask for a job in the running transaction; it starts only after the commit. `lock`: jobs that wait for each other."""
    return _django_app.configure_task(f"jiangyuan:{name}", lock=lock, allow_unknown=True).defer(**arguments)
