"""The only dialler: every connection to the outside is judged here, by name and by address.

An endpoint is typed (scheme, host, port), looked up in the allow-list of the settings, resolved once, and the address
that was judged is the one connected to, so a name that changes its answer in between (DNS rebinding) gains nothing.
Never dialled, whatever the list says: link-local and metadata addresses, unspecified, multicast, broadcast and
reserved ones. Loopback is dialled only where the list names it. Redirects are refused.

Rules of `egress_allow`: `host`, `*.domain`, an address or a network (CIDR), each with optional `:port` or `:first-last`;
IPv6 in brackets before a port (`[fd00::/8]:5432`). A name may be tied to a network with `@`: `db.example.cn@10.0.0.0/8:5432`.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken, Refused, Transient
from jiangyuan.kernel.offline import check_online, forbid_network, install_network_guard
from jiangyuan.kernel.texts import listed

if TYPE_CHECKING:
    pass

__all__ = [
    "Address",
    "EgressPolicy",
    "EgressRefused",
    "Endpoint",
    "PinnedAddress",
    "Rule",
    "Unreachable",
    "check_database",
    "check_online",
    "endpoint_of",
    "forbid_network",
    "install_network_guard",
    "pin",
    "policy_from_settings",
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host name as text; injectable so that rebinding can be played."""

SCHEMES: Final = frozenset({"http", "https", "postgresql", "mysql"})
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NEVER: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "100.100.100.200/32",  # metadata service of a large cloud
        "192.0.0.192/32",  # metadata service of another
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "fd00:ec2::254/128",
    )
)
_NAT64: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


class EgressRefused(Refused):
    """The endpoint may not be dialled."""

    status = 403
    default_code = "egress"


class Unreachable(Transient):
    """The endpoint may be dialled but did not answer in time or its name has no address."""

    default_code = "unreachable"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect: scheme, host (lower-case name or address), port."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class PinnedAddress:
    """An endpoint with the one address that was judged; connect to `address`, verify certificates against `host`."""

    host: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the allow-list: a host name (or `*.domain`) and/or a network, and a range of ports."""

    host: str
    network: Network | None
    ports: range

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read a rule as written in the settings. Raises `Broken` naming the entry."""
        try:
            target, ports = _split_ports(text.strip())
            name, tied, network = target.rpartition("@")
            if tied:
                return cls(_host(name.removeprefix("*."), name), ipaddress.ip_network(network.strip("[]")), ports)
            try:
                return cls("", ipaddress.ip_network(target.strip("[]")), ports)
            except ValueError:
                return cls(_host(target.removeprefix("*."), target), None, ports)
        except (ValueError, EgressRefused) as exc:
            mend = _("应写作 主机、*.域名、地址或网段，可加 :端口 或 :起-止。")
            raise Broken(_("出网白名单中有无法识别的条目"), code="egress_rule", where=text, mend=mend) from exc

    def admits(self, endpoint: Endpoint, address: Address) -> bool:
        """Tell whether the rule lets `endpoint` be dialled at `address`."""
        if endpoint.port not in self.ports:
            return False
        if self.host:
            suffix = self.host[1:] if self.host.startswith("*.") else ""
            if endpoint.host != self.host and not (suffix and endpoint.host.endswith(suffix)):
                return False
            if self.network is None:
                return not address.is_loopback or self.host == "localhost"
        return self.network is not None and address.version == self.network.version and address in self.network


def _split_ports(text: str) -> tuple[str, range]:
    match = re.fullmatch(r"(.*\]|[^:]*):(\*|[0-9]+)(?:-([0-9]+))?", text)
    if match is None:
        return text, range(1, 65536)
    target, first, last = match[1], match[2], match[3]
    if first == "*":
        return target, range(1, 65536)
    ports = range(int(first), int(last or first) + 1)
    if not ports or ports[0] < 1 or ports[-1] > 65535:
        raise ValueError("port")
    return target, ports


def _host(host: str, whole: str = "") -> str:
    """Check a host and give its canonical form; an address in any unusual spelling is refused."""
    mend = _("请填写主机名，或点分十进制的 IPv4、标准写法的 IPv6 地址。")
    canonical = host.lower().strip("[]") if ":" in host else host.lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(canonical)) if "%" not in canonical else _refuse_host(host, mend)
    except ValueError:
        pass
    labels = canonical.split(".")
    # What ends in a number is read as an address by the resolver (127.1, 0x7f.1, 2130706433, 0177.0.0.1).
    numeric = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]) is not None
    if numeric or len(canonical) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return _refuse_host(host, mend)
    return whole.lower() or canonical


def _refuse_host(host: str, mend: object) -> str:
    raise EgressRefused(_("主机名或地址的写法不被接受"), code="egress.host", where=host[:100], mend=mend)


def endpoint_of(scheme: str, host: str, port: int) -> Endpoint:
    """Make an endpoint from typed fields. Raises `EgressRefused` for an unusual spelling, scheme or port."""
    if scheme not in SCHEMES:
        mend = _("可用的协议：%(schemes)s。") % {"schemes": listed(sorted(SCHEMES))}
        raise EgressRefused(_("不支持该协议"), code="egress.scheme", where=scheme[:20], mend=mend)
    if not 0 < port < 65536:
        raise EgressRefused(_("端口应在 1 至 65535 之间"), code="egress.port", where=str(port))
    return Endpoint(scheme, _host(host), port)


def judged_addresses(address: Address) -> Iterable[Address]:
    """Give `address` and every IPv4 address hidden in it (mapped, compatible, NAT64, 6to4, Teredo)."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        hidden = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if not address.is_loopback and any(address in network for network in _NAT64):
            hidden.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        yield from (a for a in hidden if a is not None)


def _system_resolver(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """An allow-list and the resolver that its names go through."""

    rules: tuple[Rule, ...]
    resolver: Resolver = _system_resolver

    def admits(self, endpoint: Endpoint, address: Address) -> bool:
        """Tell whether `endpoint` may be dialled at `address`."""
        real = getattr(address, "ipv4_mapped", None) or address
        hidden = list(judged_addresses(address))
        if any(a in network for a in hidden for network in _NEVER if a.version == network.version):
            return False
        # An address that hides another (other than the plain mapping) leads through a gateway nobody has judged.
        if real is address and len(hidden) > 1:
            return False
        return any(rule.admits(endpoint, real) for rule in self.rules)


@lru_cache(maxsize=8)
def _parsed(entries: tuple[str, ...]) -> tuple[Rule, ...]:
    return tuple(Rule.parse(entry) for entry in entries)


def policy_from_settings() -> EgressPolicy:
    """Give the allow-list of the settings (`egress_allow`). Raises `Broken` for an entry that cannot be read."""
    return EgressPolicy(_parsed(settings().egress_allow))


def pin(endpoint: Endpoint, *, policy: EgressPolicy | None = None) -> PinnedAddress:
    """Resolve `endpoint` and give the one address to connect to.

    Every address of the answer must be admitted: a name that answers with a good and a bad one is refused. Raises
    `EgressRefused`, `Unreachable` (no address), `Broken` (inside an action's body).
    """
    check_online(f"{endpoint.host}:{endpoint.port}")
    policy = policy or policy_from_settings()
    try:
        answers: Sequence[str] = [str(ipaddress.ip_address(endpoint.host))]
    except ValueError:
        answers = _resolve(endpoint, policy)
    for answer in answers:
        try:
            admitted = policy.admits(endpoint, ipaddress.ip_address(answer))
        except ValueError:
            admitted = False
        if not admitted:
            raise _not_allowed(endpoint)
    return PinnedAddress(endpoint.host, answers[0], endpoint.port)


def _not_allowed(endpoint: Endpoint) -> EgressRefused:
    # The address itself is not told: the answer of an inner name server is nobody's business.
    mend = _("请系统管理员核实该主机后，将“主机:端口”加入配置项 egress_allow。")
    where = f"{endpoint.host}:{endpoint.port}"
    return EgressRefused(_("该主机和端口不在允许连接的范围内"), code="egress.address", where=where, mend=mend)


def _resolve(endpoint: Endpoint, policy: EgressPolicy) -> Sequence[str]:
    # A name that no rule could admit is not even asked for: a look-up tells an outside name server something.
    probe = any(
        endpoint.port in rule.ports and (not rule.host or _names(rule.host, endpoint.host)) for rule in policy.rules
    )
    if not probe:
        raise _not_allowed(endpoint)
    try:
        answers = policy.resolver(endpoint.host, endpoint.port)
    except OSError as exc:
        answers, cause = (), exc
    else:
        cause = None
    if not answers:
        mend = _("请核对主机名和域名服务器。")
        raise Unreachable(_("主机名没有对应的地址"), code="unreachable.name", where=endpoint.host, mend=mend) from cause
    return answers


def _names(pattern: str, host: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def check_database(
    host: str, port: int, *, scheme: str = "postgresql", policy: EgressPolicy | None = None
) -> PinnedAddress:
    """Give the address at which a source database may be dialled. Raises as `pin` does."""
    return pin(endpoint_of(scheme, host, port), policy=policy)
