"""Fixtures that every test may use.

`cluster` is an embedded PostgreSQL; `db` (of pytest-django) rolls back after each test, `committed` lets a test commit
for real and empties the tables afterwards. Both connect as the application's role, never as a superuser.
"""

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.http import HttpRequest

from jiangyuan.kernel import vault
from jiangyuan.kernel.config import database_options, settings
from jiangyuan.supervisor.cluster import FAST_SETTINGS, Cluster
from jiangyuan.supervisor.roles import bootstrap

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # a test machine that leaves nothing beside the sources: the platforms that tests start are not compiled each anew
    os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="jiangyuan-compiled-")
    atexit.register(shutil.rmtree, os.environ["PYTHONPYCACHEPREFIX"], ignore_errors=True)

OUTCOMES: dict[str, str] = {}
"""What became of each test of this session, by node id."""
KEPT_OUTCOMES = "JIANGYUAN_TEST_OUTCOMES"
"""Environment variable: the file that keeps them from one run of pytest to the next (`make test`)."""
LATE = ("browser", "faults", "journeys")
"""The folders of tests that bring up a platform or a browser, in the order they run."""
KEEP = ("django_migrations", "django_content_type", "auth_permission", "entries_classification")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running embedded PostgreSQL, shared by the session; not durable, so fault tests start their own."""
    home = Path(tempfile.mkdtemp(prefix="jiangyuan-test-"))
    # pytest's own temporary folders are closed to the account PostgreSQL runs as under root
    home.chmod(0o711)
    with Cluster(home, options=FAST_SETTINGS) as running:
        yield running
    shutil.rmtree(home, ignore_errors=True)


def _connect_as(url: str) -> None:
    connections["default"].close()
    options = database_options(url)
    connections.databases["default"].update(options)
    connections["default"].settings_dict.update(options)


@pytest.fixture(scope="session")
def urls(cluster: Cluster) -> dict[str, str]:
    """The four URLs of a migrated platform database, also set as this process's settings."""
    found = bootstrap(cluster, home=cluster.home)
    os.environ.update({f"JIANGYUAN_{name.upper()}": url for name, url in found.items()})
    os.environ.update(JIANGYUAN_HOME=str(cluster.home / "platform"), JIANGYUAN_EGRESS_ALLOW="127.0.0.1")
    settings.cache_clear()
    return found


@pytest.fixture(scope="session")
def django_db_setup(urls: dict[str, str], django_db_blocker) -> None:
    """Migrate as the owner, then work as the application."""
    with django_db_blocker.unblock():
        _connect_as(urls["owner_url"])
        call_command("migrate", verbosity=0)
        _connect_as(urls["database_url"])


@pytest.fixture
def committed(django_db_setup, urls: dict[str, str], django_db_blocker) -> Iterator[None]:
    """Let the test commit; empty every table afterwards, as the owner."""
    with django_db_blocker.unblock():
        yield
        connections["default"].close()
    with psycopg.connect(urls["owner_url"], autocommit=True) as owner:
        rows = owner.execute(
            "SELECT format('%%I', tablename) FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY(%s)",
            [list(KEEP)],
        ).fetchall()
        owner.execute("TRUNCATE " + ", ".join(name for (name,) in rows) + " RESTART IDENTITY CASCADE")
    # the witness of a log that is no more
    (settings().home / "heads.jsonl").unlink(missing_ok=True)
    vault.standing_secret.cache_clear()


@pytest.fixture(autouse=True, scope="session")
def signed_in_by_force() -> Iterator[None]:
    """Give a browser that a test signs in by force (`Client.force_login`) the session that signing in would open."""
    from django.contrib.auth.signals import user_logged_in
    from django.utils import timezone

    from jiangyuan.organization.models import BrowserSession
    from jiangyuan.organization.signin import SESSION

    def open_one(request: HttpRequest, user: Any, **_given: Any) -> None:
        if SESSION not in request.session:
            made = BrowserSession.objects.create(person=user, browser="test", last_used_at=timezone.now())
            request.session[SESSION] = str(made.pk)

    user_logged_in.connect(open_one)
    yield
    user_logged_in.disconnect(open_one)


# --- what is claimed in docs/capabilities.toml is held against what passed --------------------------------------------


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what starts a platform or a browser after the quick tests, and the test of the claims when all is known."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.path.name == "test_capabilities.py":
        return len(LATE) + 1
    folder = item.path.relative_to(item.config.rootpath / "tests").parts[0]
    return LATE.index(folder) + 1 if folder in LATE else 0


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what became of a test; one that fails in any phase failed."""
    if report.outcome != "passed" or report.when == "call":
        failed = "failed" in (report.outcome, OUTCOMES.get(report.nodeid))
        OUTCOMES[report.nodeid] = "failed" if failed else report.outcome


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what became of the tests of this run beside that of the runs before it, for the run that holds the claims."""
    kept = os.environ.get(KEPT_OUTCOMES)
    if kept and not hasattr(session.config, "workerinput"):
        Path(kept).parent.mkdir(parents=True, exist_ok=True)
        Path(kept).write_text(json.dumps(_kept_outcomes() | OUTCOMES), encoding="utf-8")


def _kept_outcomes() -> dict[str, str]:
    kept = Path(os.environ.get(KEPT_OUTCOMES) or "/nonexistent")
    return json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}


@pytest.fixture
def outcomes() -> dict[str, str]:
    """What became of each test that has run, in this run and in those before it whose outcomes were kept."""
    return _kept_outcomes() | OUTCOMES


@pytest.fixture
def whole_suite(request: pytest.FixtureRequest) -> bool:
    """Whether everything was asked for: outcomes were kept from run to run, or no path, no -k, no -m, no --lf."""
    options = request.config.option
    named = request.config.args_source is pytest.Config.ArgsSource.ARGS
    return KEPT_OUTCOMES in os.environ or not (
        named or options.keyword or options.markexpr or options.lf or options.deselect
    )
