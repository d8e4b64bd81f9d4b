"""Egress: spellings, rebinding, hidden addresses, and what the client of the platform never does."""

import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jiangyuan.kernel import egress, outbound_http
from jiangyuan.kernel.egress import EgressPolicy, EgressRefused, Rule, Unreachable, endpoint_of, pin
from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.outbound_http import AnswerTooLarge, RedirectRefused


def policy(*rules: str, answers: dict[str, list[str]] | None = None) -> EgressPolicy:
    def resolve(host: str, port: int) -> list[str]:
        return (answers or {}).get(host, [])

    return EgressPolicy(tuple(Rule.parse(rule) for rule in rules), resolve)


def refused(endpoint: egress.Endpoint, allowed: EgressPolicy) -> bool:
    try:
        pin(endpoint, policy=allowed)
    except EgressRefused as exc:
        assert str(exc.message)
        return True
    return False


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1.5", "127.0.0.01", "0x7f.0.0.1", "1.2.3",
        "１２７.0.0.1", "127。0。0。1", "a@b.cn", "a b.cn", "a/b", "", ".", "-a.cn", "a..cn", "fe80::1%eth0", "[::1", "host\n.cn",
        "a" * 64 + ".cn", "x." * 130 + "cn", "localhost#", "0x.", "a.0x", "a.1",
    ],
)  # fmt: skip
def test_unusual_spellings_are_refused(host: str) -> None:
    if host == "[::1":
        assert endpoint_of("https", host, 443).host == "::1"
        return
    with pytest.raises(EgressRefused):
        endpoint_of("https", host, 443)


def test_usual_spellings_have_one_form() -> None:
    assert endpoint_of("https", "DB.Example.CN.", 443).host == "db.example.cn"
    assert endpoint_of("https", "[FD00::0:1]", 443).host == "fd00::1"
    assert endpoint_of("postgresql", "10.1.2.3", 5432).host == "10.1.2.3"
    for scheme, port in (("ftp", 21), ("https", 0), ("https", 65536)):
        with pytest.raises(EgressRefused):
            endpoint_of(scheme, "a.cn", port)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "ff02::1",
        "255.255.255.255", "240.0.0.1", "fe80::1", "100.100.100.200", "192.0.0.192", "64:ff9b::a9fe:a9fe", "::a00:1",
        "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fec0::1",
    ],
)  # fmt: skip
def test_some_addresses_are_never_dialled(address: str) -> None:
    anything = policy("0.0.0.0/0", "::/0", "evil.cn", answers={"evil.cn": [address]})
    assert refused(endpoint_of("https", address, 443), anything)
    assert refused(endpoint_of("https", "evil.cn", 443), anything)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])
def test_loopback_only_where_it_is_named(address: str) -> None:
    by_name = policy("friend.cn", "10.0.0.0/8", answers={"friend.cn": [address]})
    assert refused(endpoint_of("https", "friend.cn", 443), by_name)
    assert refused(endpoint_of("https", address, 443), by_name)
    named = policy("127.0.0.0/8:5432", "[::1]:5432")
    assert pin(endpoint_of("postgresql", address, 5432), policy=named).port == 5432
    assert refused(endpoint_of("postgresql", address, 5433), named)


def test_rules() -> None:
    allowed = policy(
        "db.example.cn:5432-5433", "*.gov.cn:443", "tied.cn@10.1.0.0/16:443", "10.2.0.0/16:3306", "[fd12::/16]:5432",
        answers={
            "db.example.cn": ["203.0.113.5", "2001:db8::5"], "a.gov.cn": ["10.9.9.9"], "evilgov.cn": ["10.9.9.9"],
            "gov.cn": ["10.9.9.9"], "db.example.cn.evil.cn": ["203.0.113.5"], "tied.cn": ["10.7.0.1"], "any.cn": ["10.2.0.7"],
        },
    )  # fmt: skip
    pinned = egress.check_database("db.example.cn", 5433, policy=allowed)
    assert (pinned.host, pinned.address, pinned.port) == ("db.example.cn", "203.0.113.5", 5433)
    assert egress.check_database("any.cn", 3306, scheme="mysql", policy=allowed).address == "10.2.0.7"
    assert egress.check_database("fd12::9", 5432, policy=allowed).address == "fd12::9"
    assert pin(endpoint_of("https", "a.gov.cn", 443), policy=allowed).address == "10.9.9.9"
    for host, port in (
        ("db.example.cn", 5434), ("db.example.cn.evil.cn", 5432), ("evilgov.cn", 443), ("gov.cn", 443), ("tied.cn", 443),
        ("10.3.0.1", 3306), ("fd13::9", 5432), ("203.0.113.5", 5432),
    ):  # fmt: skip
        assert refused(endpoint_of("https", host, port), allowed), host


def test_nothing_is_allowed_unless_named_and_nothing_is_asked() -> None:
    asked: list[str] = []
    closed = EgressPolicy((Rule.parse("a.cn:443"),), lambda host, port: asked.append(host) or ["10.0.0.1"])
    assert refused(endpoint_of("https", "b.cn", 443), closed)
    assert refused(endpoint_of("https", "a.cn", 444), closed)
    assert not asked, "a look-up tells an outside name server something"
    assert refused(endpoint_of("https", "10.0.0.1", 443), EgressPolicy(()))


@pytest.mark.parametrize(
    "rule", ["", "10.0.0.1/8", "a b", "a.cn:0", "a.cn:70000", "a.cn:9-3", "a.cn@nowhere", "0x7f.1"]
)
def test_a_rule_that_cannot_be_read_breaks_loudly(rule: str) -> None:
    with pytest.raises(Broken) as raised:
        Rule.parse(rule)
    assert raised.value.where == rule


def test_a_name_without_address_may_be_tried_again() -> None:
    with pytest.raises(Unreachable):
        pin(endpoint_of("https", "a.cn", 443), policy=policy("a.cn"))

    def fails(host: str, port: int) -> list[str]:
        raise socket.gaierror(-3, "temporary")

    with pytest.raises(Unreachable):
        pin(endpoint_of("https", "a.cn", 443), policy=EgressPolicy((Rule.parse("a.cn"),), fails))


def test_one_bad_answer_among_good_ones_is_refused() -> None:
    mixed = policy("a.cn", answers={"a.cn": ["10.0.0.1", "169.254.169.254"]})
    assert refused(endpoint_of("https", "a.cn", 443), mixed)
    assert refused(endpoint_of("https", "a.cn", 443), policy("a.cn", answers={"a.cn": ["nonsense"]}))


class _Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/gzip":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path in ("/large", "/endless", "/slow"):
            self.send_response(200)
            if self.path == "/large":
                self.send_header("Content-Length", "100000000")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                for _turn in range(2000):
                    self.wfile.write(b"x" * (10 if self.path == "/slow" else 10_000))
                    time.sleep(0.02 if self.path == "/slow" else 0)
            except OSError:
                pass
        else:
            body = f"{self.headers['Host']} {self.headers.get('Accept-Encoding')}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def at_home(port: int) -> EgressPolicy:
    return policy(f"127.0.0.0/8:{port}", answers={"site.cn": ["127.0.0.1"]})


def test_the_client_dials_the_judged_address_and_keeps_the_name(site: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with outbound_http.http_client(policy=at_home(site)) as client:
        for _turn in range(2):
            assert client.get(f"http://site.cn:{site}/").text == f"site.cn:{site} identity"
        assert client.head(f"http://127.0.0.1:{site}/").status_code == 501


def test_a_rebinding_name_gains_nothing(site: int) -> None:
    """The first answer is judged and dialled; the second, to loopback, would be refused and is never used."""
    answers = iter([["127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"]])
    rebinding = EgressPolicy((Rule.parse("site.cn"),), lambda host, port: next(answers))
    with outbound_http.http_client(policy=rebinding) as client, pytest.raises(EgressRefused):
        client.get(f"http://site.cn:{site}/")
    dialled: list[object] = []
    asked: list[str] = []

    def twice(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    allowed = EgressPolicy((Rule.parse(f"127.0.0.2:{site}"),), twice)

    def connect(address: tuple[str, int], *args: object, **options: object) -> socket.socket:
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(socket, "create_connection", connect)
    try:
        with outbound_http.http_client(policy=allowed) as client, pytest.raises(Unreachable):
            client.get(f"http://site.cn:{site}/")
    finally:
        monkeypatch.undo()
    assert dialled == ["127.0.0.2"]
    assert asked == ["site.cn"]


def test_a_redirect_is_refused_and_says_how_to_mend_it(site: int) -> None:
    with outbound_http.http_client(policy=at_home(site)) as client:
        with pytest.raises(RedirectRefused) as raised:
            client.get(f"http://site.cn:{site}/redirect")
        assert "最终地址" in str(raised.value.mend)
        with pytest.raises(RedirectRefused):
            client.get(f"http://site.cn:{site}/redirect", follow_redirects=True)


@pytest.mark.parametrize("path", ["large", "endless", "gzip"])
def test_answers_are_bounded(site: int, path: str) -> None:
    with outbound_http.http_client(policy=at_home(site), most=50_000) as client, pytest.raises(AnswerTooLarge):
        client.get(f"http://site.cn:{site}/{path}")


def test_an_answer_that_drips_ends_in_time(site: int) -> None:
    start = time.monotonic()
    with outbound_http.http_client(policy=at_home(site), seconds=0.5) as client, pytest.raises(Unreachable):
        client.get(f"http://site.cn:{site}/slow")
    assert time.monotonic() - start < 3


def test_other_places_and_schemes_are_refused(site: int) -> None:
    with outbound_http.http_client(policy=at_home(site)) as client:
        for url in (
            "http://169.254.169.254/",
            f"http://[::ffff:a9fe:a9fe]:{site}/",
            "http://2130706433/",
            "ftp://site.cn/",
        ):
            with pytest.raises(EgressRefused):
                client.get(url)


def certificate(folder: Path, name: str) -> Path:
    """Make a self-signed certificate with its key for `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "site.pem"
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_certificates_are_verified_against_the_name(tmp_path: Path) -> None:
    file = certificate(tmp_path, "site.cn")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.daemon_threads = True
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(file)
    server.socket = ours.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    port = server.server_port
    allowed = policy(f"127.0.0.1:{port}", answers={"site.cn": ["127.0.0.1"], "other.cn": ["127.0.0.1"]})
    try:
        trusting = ssl.create_default_context(cafile=str(file))
        with outbound_http.http_client(policy=allowed, tls=trusting) as client:
            assert client.get(f"https://site.cn:{port}/").text.startswith("site.cn")
            for host in ("other.cn", "127.0.0.1"):
                with pytest.raises(Unreachable):
                    client.get(f"https://{host}:{port}/")
        with outbound_http.http_client(policy=allowed) as client, pytest.raises(Unreachable):
            client.get(f"https://site.cn:{port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_closed_port_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with outbound_http.http_client(policy=at_home(port)) as client, pytest.raises(Unreachable):
            client.get(f"http://site.cn:{port}/")


def test_hidden_addresses_are_seen() -> None:
    found = list(egress.judged_addresses(ipaddress.ip_address("2002:7f00:1::")))
    assert ipaddress.ip_address("127.0.0.1") in found
