"""The embedded PostgreSQL: what it is set to, and that nothing short of losing the disk keeps it down."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from jiangyuan.supervisor.cluster import FAST_SETTINGS, Cluster
from jiangyuan.supervisor.installation import Account, ClusterBroken, Installation, choose_account
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.server_settings import SETTINGS


def ask(dsn: str, question: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return str(row[0])


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="jiangyuan-test-"))
    folder.chmod(0o711)
    yield folder
    Cluster(folder).stop()
    base = Installation(folder).base
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(base, ignore_errors=True)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("wal_level", "logical"),
        ("max_replication_slots", "32"),
        ("max_slot_wal_keep_size", "2GB"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("timezone", "UTC"),
    ],
)
def test_settings(cluster: Cluster, setting: str, value: str) -> None:
    assert ask(cluster.superuser_dsn(), f"SHOW {setting}") == value


def test_durable_unless_asked() -> None:
    assert SETTINGS["fsync"] == SETTINGS["full_page_writes"] == SETTINGS["synchronous_commit"] == "on"


def test_text_sorts_by_code_point(cluster: Cluster) -> None:
    assert (
        ask(cluster.superuser_dsn(), "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{b,西,B,江}'::text[]) x")
        == "Bb江西"
    )


def test_no_password_no_entry(cluster: Cluster) -> None:
    wrong = cluster.superuser_dsn().replace(cluster.superuser_dsn().split(":")[2].split("@")[0], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"host={cluster.installation.base / 'run'} port={cluster.port} user=postgres dbname=postgres")


def test_secrets_are_private(cluster: Cluster) -> None:
    secret = cluster.home / "secrets" / "postgres"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert cluster.data.stat().st_mode & 0o777 == 0o700


def test_databases(cluster: Cluster) -> None:
    dsn = cluster.create_database("名册 one")
    assert ask(dsn, "SELECT current_database()") == "名册 one"
    with pytest.raises(psycopg.errors.DuplicateDatabase):
        cluster.create_database("名册 one")
    with psycopg.connect(dsn):
        cluster.drop_database("名册 one")
    cluster.drop_database("名册 one")


def test_stop_and_start_keep_the_data(home: Path) -> None:
    with Cluster(home, options=FAST_SETTINGS) as first:
        dsn = first.create_database("kept")
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE t AS SELECT 7 AS n")
    assert not first.running
    with Cluster(home, options=FAST_SETTINGS) as second:
        assert ask(second.superuser_dsn("kept"), "SELECT n FROM t") == "7"


def test_running_server_is_taken_over(home: Path) -> None:
    first = Cluster(home, options=FAST_SETTINGS)
    first.start()
    first.start()
    second = Cluster(home, options=FAST_SETTINGS)
    second.start()
    assert (second.pid, second.port) == (first.pid, first.port)
    second.stop()
    assert not first.running


def test_killed_server_recovers(home: Path) -> None:
    first = Cluster(home)
    first.start()
    with psycopg.connect(first.superuser_dsn()) as connection:
        connection.execute("CREATE TABLE t AS SELECT 7 AS n")
    busy = subprocess.Popen(
        [first.programs / "psql", first.superuser_dsn(), "-c", "SELECT count(*) FROM generate_series(1, 1000000000)"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(0.3)
    pid = first.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    second = Cluster(home)
    started = time.monotonic()
    second.start()
    assert time.monotonic() - started < 4
    busy.wait(timeout=10)
    assert second.pid != pid
    assert ask(second.superuser_dsn(), "SELECT n FROM t") == "7"
    second.stop()
    assert not first.running


def test_foreign_process_in_the_lock_file(home: Path) -> None:
    cluster = Cluster(home, options=FAST_SETTINGS)
    cluster.start()
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n\n127.0.0.1\n")
    assert not cluster.running
    with cluster:
        assert cluster.running
    assert psutil.pid_exists(os.getpid())


def test_half_made_data_directory(home: Path) -> None:
    cluster = Cluster(home, options=FAST_SETTINGS)
    draft = cluster.data.with_name("data.new")
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with cluster:
        assert ask(cluster.superuser_dsn(), "SELECT 1") == "1"


def test_taken_port_is_named(home: Path, cluster: Cluster) -> None:
    with pytest.raises(ClusterBroken, match=str(cluster.port)):
        Cluster(home, cluster.port, options=FAST_SETTINGS).start()


def test_lost_password(home: Path) -> None:
    cluster = Cluster(home, options=FAST_SETTINGS)
    cluster.start()
    cluster.stop()
    (home / "secrets" / "postgres").unlink()
    with pytest.raises(ClusterBroken, match="口令"):
        cluster.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a home that PostgreSQL's account cannot enter")
def test_closed_home_and_unreadable_programs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.chmod(0o700)
    monkeypatch.setattr(Installation, "_runs", lambda self, tree: False)
    cluster = Cluster(home, options=FAST_SETTINGS)
    with cluster:
        assert not cluster.data.is_relative_to(home)
        assert cluster.programs.is_relative_to(cluster.installation.base)
        assert psutil.Process(cluster.pid).username() != "root"
        assert ask(cluster.superuser_dsn(), "SELECT 1") == "1"
    assert Cluster(home).data == cluster.data


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_ordinary_user(home: Path) -> None:
    account: Account = choose_account()
    os.chown(home, account.uid, account.gid)
    script = (
        "import sys; from pathlib import Path; from jiangyuan.supervisor.cluster import Cluster, FAST_SETTINGS\n"
        "with Cluster(Path(sys.argv[1]), options=FAST_SETTINGS) as c: print(c.running)"
    )
    python = shutil.which("python3.11", path="/usr/local/bin:/usr/bin")
    if python is None:
        pytest.skip("no Python that an ordinary user may run")
    paths = ":".join(__import__("sys").path)
    answer = subprocess.run(
        [python, "-c", script, home],
        env={"PYTHONPATH": paths, "HOME": str(home)},
        capture_output=True,
        text=True,
        cwd="/",
        **account.process_options(),
    )
    assert answer.stdout.strip() == "True", answer.stderr


def test_free_port() -> None:
    port = free_port()
    assert free_port(port) == port
    assert free_port(free_port(1)) != 1 or os.geteuid() == 0


def test_a_role_that_may_replicate_cannot_copy_the_whole_cluster(cluster: Cluster) -> None:
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS copier")
        connection.execute("CREATE ROLE copier LOGIN REPLICATION PASSWORD 'copier-secret'")
        dsn = f"postgresql://copier:copier-secret@127.0.0.1:{cluster.port}/?replication=true"
        try:
            with pytest.raises(psycopg.OperationalError, match="replication"):
                psycopg.connect(dsn)
        finally:
            connection.execute("DROP ROLE copier")
