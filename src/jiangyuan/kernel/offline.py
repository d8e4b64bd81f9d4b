"""No network inside an action's body.

`forbid_network()` marks the body's context. The dialler refuses there at once, and an interpreter audit hook refuses
any socket of Python's own that somebody opens past the dialler. What was tried is remembered: a body that swallows
the refusal still fails when it ends. The platform's own database stays reachable (its driver does not use Python's
sockets; those of the driver that does are named in `database`). Threads that a body starts are not covered.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Broken

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"})


class NetworkForbidden(Broken):
    """An action's body tried the network."""

    default_code = "network_in_action"


@dataclass(slots=True)
class _Body:
    database: frozenset[tuple[str, int]]
    attempts: list[str] = field(default_factory=list)


_body: ContextVar[_Body | None] = ContextVar("jiangyuan_offline_body", default=None)
_install_lock = threading.Lock()
_installed = False


def _forbidden(where: str) -> NetworkForbidden:
    mend = _("动作体内请只登记意图，用后台任务联网，再以第二个动作回报结果。")
    return NetworkForbidden(_("动作执行中不允许访问网络"), where=where, mend=mend)


@contextmanager
def forbid_network(*, database: frozenset[tuple[str, int]] = frozenset()) -> Iterator[None]:
    """Forbid the network to the block, except to `database` (address, port). Raises `NetworkForbidden`, also at the end."""
    install_network_guard()
    outer = _body.get()
    body = _Body(database)
    token = _body.set(body)
    try:
        yield
    finally:
        _body.reset(token)
        if outer is not None:
            outer.attempts.extend(body.attempts)
    if body.attempts:
        raise _forbidden(body.attempts[0])


def network_forbidden() -> bool:
    """Tell whether the running code is inside `forbid_network`."""
    return _body.get() is not None


def check_online(where: str) -> None:
    """Raise `NetworkForbidden` inside `forbid_network`; `where` names what was to be dialled."""
    body = _body.get()
    if body is not None:
        body.attempts.append(where)
        raise _forbidden(where)


def _guard(
    event: str,
    arguments: tuple[object, ...],
    # Bound here because a hook outlives the module's names when the interpreter ends.
    events: frozenset[str] = _EVENTS,
    current: Callable[[], _Body | None] = _body.get,
) -> None:
    if event not in events:
        return
    body = current()
    if body is None:
        return
    target: object = arguments[:2]
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        target = arguments[1]
        if isinstance(target, (str, bytes)):
            return  # a socket of the file system: this machine's own database or logger
    if isinstance(target, tuple) and target[:2] in body.database:
        return
    check_online(str(target))


def install_network_guard() -> None:
    """Put the audit hook in place, once for the process; it cannot be taken away again."""
    global _installed
    if _installed:
        return
    with _install_lock:
        if not _installed:
            sys.addaudithook(_guard)
            _installed = True
