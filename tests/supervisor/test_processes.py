"""The supervisor with small real programs: order, restarts, and what a kill leaves to the next start."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from jiangyuan.kernel.config import Settings
from jiangyuan.kernel.errors import Refused
from jiangyuan.supervisor.cluster import FAST_SETTINGS, Cluster
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.processes import StartFailed, Supervisor
from jiangyuan.supervisor.programs import Ports, Program, granian, migration, platform_programs

SERVER = """
import http.server, json, os, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(200); self.end_headers(); self.wfile.write(body)
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
# a server that serves from a second process, as granian does
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SERVER!r}, *sys.argv[1:]])"
SLEEPER = "import time; print('awake', flush=True); time.sleep(600)"
URLS = {
    "database_url": "postgresql://jy_app",
    "owner_url": "postgresql://jy_owner",
    "reader_url": "postgresql://jy_reader",
    "gateway_url": "postgresql://jy_gateway",
}


def python(name: str, code: str, port: int | None = None, **environment: str) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-c", code, *([str(port)] if port else [])],
        environment=environment,
        port=port,
        ready=f"http://127.0.0.1:{port}/ready" if port else "",
        grace=2.0,
    )


def until(true: Callable[[], object], seconds: float = 5.0) -> float:
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds, "waited in vain"
        time.sleep(0.01)
    return time.monotonic() - started


def gone(pid: int) -> bool:
    """Whether a process has ended, also where the one above it has not yet looked."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def small(home: Path, *programs: Program, before: tuple[Program, ...] = ()) -> Supervisor:
    return Supervisor(home=home, programs=lambda _: programs, before=lambda _: before, urls=URLS, say=lambda _: None)


def launch(home: Path, program: str) -> "subprocess.Popen[str]":
    """Run a supervisor of one program in a process of its own, as `jiangyuan up` does."""
    script = home / "up.py"
    script.write_text(
        "from pathlib import Path\n"
        "import sys\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from jiangyuan.supervisor.processes import Supervisor\n"
        "from jiangyuan.supervisor.programs import Program\n"
        f"Supervisor(home=Path({str(home)!r}), programs=lambda _: [{program}], urls={{}}).run()\n",
        encoding="utf-8",
    )
    return subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)


def test_up_and_down(tmp_path: Path) -> None:
    port = free_port()
    supervisor = small(tmp_path, python("web", SERVER, port), python("worker", SLEEPER))
    with supervisor:
        status = json.loads(supervisor.status_file.read_text(encoding="utf-8"))
        pids = [each["pid"] for each in status["programs"].values()]
        assert status["programs"]["web"]["port"] == port
        assert answers(port)
        assert all(os.getpgid(pid) == pid for pid in pids), "each leads its own process group"
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not supervisor.status_file.exists()
    assert "awake" in (tmp_path / "logs" / "worker.log").read_text(encoding="utf-8")
    lines = (tmp_path / "logs" / "supervisor.log").read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["message"] for line in lines)


def test_killed_child_comes_back_at_once(tmp_path: Path) -> None:
    port = free_port()
    supervisor = small(tmp_path, python("web", PARENT, port))
    with supervisor:
        pid = supervisor.children[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert until(lambda: supervisor.children[0].pid not in (None, pid)) < 0.5
        until(lambda: answers(port))
        assert supervisor.children[0].restarts == 1
        until(
            lambda: json.loads(supervisor.status_file.read_text(encoding="utf-8"))["programs"]["web"]["restarts"] == 1
        )


def test_a_child_that_keeps_crashing_is_given_time(tmp_path: Path) -> None:
    # it lives longer than the head start of a program, so that it is there when it is asked whether it is ready
    supervisor = small(tmp_path, python("worker", "import time, sys; time.sleep(1.5); sys.exit(3)"))
    with supervisor:
        time.sleep(5)
        assert 2 <= supervisor.children[0].restarts <= 4


def test_nothing_is_left_by_a_child_that_ignores_the_order(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    supervisor = small(tmp_path, python("worker", deaf))
    supervisor.start()
    until(lambda: "deaf" in (tmp_path / "logs" / "worker.log").read_text(encoding="utf-8"))
    pid = supervisor.children[0].pid
    assert pid is not None
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def test_one_supervisor_for_one_home(tmp_path: Path) -> None:
    with small(tmp_path, python("worker", SLEEPER)), pytest.raises(Refused, match="已经在这个主目录上运行"):
        small(tmp_path, python("worker", SLEEPER)).start()


def test_failed_step_and_failed_program_are_told(tmp_path: Path) -> None:
    supervisor = small(tmp_path, before=(python("migrate", "raise SystemExit('no such table')"),))
    with pytest.raises(StartFailed, match="no such table"):
        supervisor.start()
    with pytest.raises(StartFailed, match="no such module"):
        small(tmp_path, python("web", "raise SystemExit('no such module')", free_port())).start()
    with small(tmp_path, python("worker", SLEEPER)):
        pass


def test_children_die_with_a_killed_supervisor_and_the_next_start_takes_over(tmp_path: Path) -> None:
    port = free_port()
    command = f"[sys.executable, '-c', {PARENT!r}, '{port}']"
    process = launch(tmp_path, f"Program(name='web', command={command}, ready='http://127.0.0.1:{port}/ready')")
    until(lambda: (tmp_path / "run.json").exists() and answers(port), 20)
    web = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["programs"]["web"]["pid"]
    process.kill()
    process.communicate()
    until(lambda: gone(web))
    # the second process of the server is an orphan now and still holds the port
    with small(tmp_path, python("web", SERVER, port)) as supervisor:
        assert answers(port)
        assert supervisor.children[0].restarts == 0
    assert not answers(port)


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_everything(tmp_path: Path, order: signal.Signals) -> None:
    process = launch(tmp_path, f"Program(name='worker', command=[sys.executable, '-c', {SLEEPER!r}])")
    status = tmp_path / "run.json"
    until(lambda: status.exists() or process.poll() is not None, 20)
    pid = json.loads(status.read_text(encoding="utf-8"))["programs"]["worker"]["pid"]
    until(lambda: "awake" in (tmp_path / "logs" / "worker.log").read_text(encoding="utf-8"))
    process.send_signal(order)
    words, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert words.splitlines()[-1] == "已停止"
    until(lambda: gone(pid))


def test_a_start_that_takes_too_long_can_be_broken_off(tmp_path: Path) -> None:
    port = free_port()
    process = launch(
        tmp_path,
        f"Program(name='web', command=[sys.executable, '-c', {SLEEPER!r}], ready='http://127.0.0.1:{port}/ready')",
    )
    log = tmp_path / "logs" / "web.log"
    until(lambda: (log.exists() and "awake" in log.read_text(encoding="utf-8")) or process.poll() is not None, 20)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert not (tmp_path / "run.json").exists()


def test_each_program_learns_only_its_urls() -> None:
    web, gateway, worker = platform_programs(Settings(), URLS, Ports(1, 2))
    urls = {
        program.name: {name: url for name, url in program.environment.items() if name.endswith("_URL") and url}
        for program in (web, gateway, worker)
    }
    assert urls["web"] == {
        "JIANGYUAN_DATABASE_URL": URLS["database_url"],
        "JIANGYUAN_READER_URL": URLS["reader_url"],
    }
    assert urls["gateway"] == {"JIANGYUAN_GATEWAY_URL": URLS["gateway_url"]}
    assert web.environment["JIANGYUAN_OWNER_URL"] == "", "a settings file must not tell it either"
    assert "JIANGYUAN_OWNER_URL" in urls["worker"]
    assert migration(URLS).environment["JIANGYUAN_DATABASE_URL"] == URLS["owner_url"]


def test_inherited_urls_do_not_reach_the_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIANGYUAN_OWNER_URL", "postgresql://secret")
    port = free_port()
    web = platform_programs(Settings(), URLS, Ports(port, 2))[0]
    with (
        small(tmp_path, python("web", SERVER, port, **web.environment)),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer,
    ):
        environment = json.loads(answer.read())
    assert environment["JIANGYUAN_OWNER_URL"] == ""
    assert environment["JIANGYUAN_HOME"] == str(tmp_path)


def test_database_is_revived_where_it_was() -> None:
    with tempfile.TemporaryDirectory(prefix="jiangyuan-test-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        cluster = Cluster(home, options=FAST_SETTINGS)
        supervisor = Supervisor(
            home=home, cluster=cluster, programs=lambda _: [python("worker", SLEEPER)], say=lambda _: None
        )
        with supervisor:
            pid, port = cluster.pid, cluster.port
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            assert until(lambda: cluster.pid not in (None, pid)) < 4
            until(lambda: supervisor.status()["postgresql"] == {"pid": cluster.pid, "port": port})
            assert supervisor.children[0].restarts == 0
        assert not cluster.running


@pytest.mark.parametrize("victim", ["server", "its worker"])
def test_the_real_server_comes_back(tmp_path: Path, victim: str) -> None:
    (tmp_path / "tiny.py").write_text(
        "async def application(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b'ready'})\n",
        encoding="utf-8",
    )
    port = free_port()
    program = Program(
        name="web",
        command=granian("tiny:application", "127.0.0.1", port),
        environment={"PYTHONPATH": str(tmp_path)},
        port=port,
        ready=f"http://127.0.0.1:{port}/ready",
    )
    with small(tmp_path, program) as supervisor:
        first = supervisor.children[0].pid
        assert first is not None
        family = psutil.Process(first).children(recursive=True)
        os.kill(first if victim == "server" else family[-1].pid, signal.SIGKILL)
        until(lambda: supervisor.children[0].restarts == 1)
        until(supervisor.children[0].ready)
        assert not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in family)
    assert not answers(port)
