"""No network inside an action's body, past the dialler or through it."""

import contextlib
import socket
import tempfile
import threading
import timeit
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from jiangyuan.kernel import egress, offline, outbound_http
from jiangyuan.kernel.egress import EgressPolicy, Rule, forbid_network
from jiangyuan.kernel.offline import NetworkForbidden, network_forbidden
from jiangyuan.supervisor.cluster import Cluster


def try_socket() -> None:
    with socket.socket() as s:
        s.settimeout(0.2)
        s.connect(("127.0.0.1", 9))


def try_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("127.0.0.1", 9))


def try_nonblocking() -> None:
    with socket.socket() as s:
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", 9))


def try_dialler() -> None:
    egress.pin(egress.endpoint_of("https", "127.0.0.1", 9), policy=EgressPolicy((Rule.parse("127.0.0.1"),)))


def try_client() -> None:
    with outbound_http.http_client(policy=EgressPolicy((Rule.parse("127.0.0.1"),))) as client:
        client.get("http://127.0.0.1:9/")


ROADS = [
    try_socket,
    try_datagram,
    try_nonblocking,
    try_dialler,
    try_client,
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: socket.gethostbyname("localhost"),
    lambda: urllib.request.urlopen("http://127.0.0.1:9/"),
]


@pytest.mark.parametrize("road", ROADS)
def test_no_road_leads_out(road: Callable[[], object]) -> None:
    with pytest.raises(NetworkForbidden) as raised, forbid_network():
        road()
    assert "后台任务" in str(raised.value.mend)
    assert not network_forbidden()


@pytest.mark.parametrize("road", ROADS)
def test_swallowing_the_refusal_does_not_help(road: Callable[[], object]) -> None:
    with pytest.raises(NetworkForbidden), forbid_network(), contextlib.suppress(Exception):
        road()


def test_a_nested_body_that_tried_spoils_the_outer_one() -> None:
    with pytest.raises(NetworkForbidden), forbid_network(), contextlib.suppress(Exception), forbid_network():
        try_socket()


def test_the_bodys_own_error_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), forbid_network():
        with contextlib.suppress(NetworkForbidden):
            try_socket()
        _ = 1 / 0


def test_the_database_and_local_sockets_stay_reachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with forbid_network(database=frozenset({address})), socket.socket() as s:
            s.connect(address)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        path = str(Path(folder) / "s")
        server.bind(path)
        server.listen()
        with forbid_network(), socket.socket(socket.AF_UNIX) as s:
            s.connect(path)


def test_the_platforms_driver_connects_inside_a_body(cluster: Cluster) -> None:
    with forbid_network(), psycopg.connect(cluster.superuser_dsn()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_outside_and_in_other_threads_the_network_is_free() -> None:
    entered, leave, failures = threading.Event(), threading.Event(), []

    def body() -> None:
        with forbid_network():
            entered.set()
            leave.wait(5)

    thread = threading.Thread(target=body)
    thread.start()
    entered.wait(5)
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as s:
            s.connect(server.getsockname())
    except NetworkForbidden as exc:
        failures.append(exc)
    leave.set()
    thread.join()
    assert not failures


def test_the_guard_is_cheap() -> None:
    offline.install_network_guard()
    each = min(timeit.repeat(lambda: offline._guard("open", ("x", "r", 0)), number=20_000, repeat=3)) / 20_000
    assert each < 5e-6
