"""What the frame must ask the organization room: who is signed in, for whom they act, how many notices wait.

The rooms stand above this one, so they register how; with nobody registered nobody is signed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Refused


class LoginRequired(Refused):
    """Nobody is signed in, or the session has expired."""

    status = 401
    default_code = "login_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """One capacity a person may act in: `key` is posted to the switch, `title` says capacity and body."""

    key: str
    title: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account as the top bar shows it: the name, the body acted for, and what else the person may act as."""

    name: str
    body: str
    capacity: str
    capacities: tuple[Capacity, ...] = ()
    switch_url: str = ""
    profile_url: str = ""
    logout_url: str = ""
    notices_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """An account that the demonstration lets in with one click: a form posts `username` to `url`."""

    username: str
    name: str
    role: Any
    todo: Any
    url: str


_guest_loader: Callable[[], list[Guest]] | None = None
_actor_loader: Callable[[HttpRequest], Actor | None] | None = None
_token_loader: Callable[[HttpRequest, str], Actor | None] | None = None
_account_loader: Callable[[HttpRequest], Account | None] | None = None
_notice_counter: Callable[[Actor], int] | None = None
_name_loader: Callable[[set[tuple[str, str]]], dict[tuple[str, str], str]] | None = None


def register_actor_loader(load: Callable[[HttpRequest], Actor | None]) -> None:
    """Register how the actor of a browser session is found."""
    global _actor_loader
    _actor_loader = load


def register_guests(load: Callable[[], list[Guest]]) -> None:
    """Register the accounts of the demonstration; nobody else ever does."""
    global _guest_loader
    _guest_loader = load


def guests() -> list[Guest]:
    """Give the accounts that may sign in with one click: none, but while the demonstration runs."""
    return _guest_loader() if _guest_loader else []


def register_token_loader(load: Callable[[HttpRequest, str], Actor | None]) -> None:
    """Register how the actor of a bearer token is found (None: the token is not valid)."""
    global _token_loader
    _token_loader = load


def register_account_loader(load: Callable[[HttpRequest], Account | None]) -> None:
    """Register how the account of the top bar is made."""
    global _account_loader
    _account_loader = load


def register_notice_counter(count: Callable[[Actor], int]) -> None:
    """Register how many unread notices an actor has."""
    global _notice_counter
    _notice_counter = count


def register_name_loader(load: Callable[[set[tuple[str, str]]], dict[tuple[str, str], str]]) -> None:
    """Register how actors and bodies are named on a timeline: {(kind, id), …} -> {(kind, id): name}.

    Kinds are those of `Actor` and "body"; ids are texts.
    """
    global _name_loader
    _name_loader = load


def actor_of(request: HttpRequest) -> Actor | None:
    """Give the actor of the request's session, or None. Asked once per request."""
    if not hasattr(request, "jiangyuan_actor"):
        request.jiangyuan_actor = _actor_loader(request) if _actor_loader else None  # type: ignore[attr-defined]
    return request.jiangyuan_actor  # type: ignore[attr-defined]


def require_actor(request: HttpRequest) -> Actor:
    """Give the actor of the request, or raise `LoginRequired`, which sends a browser to the login page and back."""
    actor = actor_of(request)
    if actor is None:
        raise LoginRequired(_("请先登录"), mend=_("登录后会回到这一页。"))
    return actor


def actor_of_token(request: HttpRequest, token: str) -> Actor | None:
    """Give the actor of a bearer token, or None when it is not valid."""
    return _token_loader(request, token) if _token_loader else None


def account_of(request: HttpRequest) -> Account | None:
    """Give the account shown in the top bar, or None when nobody is signed in."""
    return _account_loader(request) if _account_loader else None


def notices_of(actor: Actor | None) -> int:
    """Give the number of unread notices."""
    return _notice_counter(actor) if _notice_counter and actor else 0


def names_of(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Name actors and bodies; one that no room can name is left out."""
    return _name_loader(wanted) if _name_loader and wanted else {}


def scene_of(request: HttpRequest, *, channel: str = "portal", purpose: str = "", case_number: str = "") -> Scene:
    """Make the scene of an act or a read from the request: its channel and the network it came from."""
    return Scene(
        purpose=purpose, case_number=case_number, channel=channel, network=str(request.META.get("REMOTE_ADDR", ""))
    )


def login_url(request: HttpRequest, held: str = "") -> str:
    """Give the login page that leads back to the page asked for (for a form that was sent: to the page it stood on).

    `held`: the page that shows again what was typed into the form.
    """
    back = held or (
        request.get_full_path() if request.method in ("GET", "HEAD") else local_url(request, referer(request))
    )
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back or '/'})}"


def referer(request: HttpRequest) -> str:
    """Give the page the request came from, as the browser says (htmx says it more exactly)."""
    return request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""


def local_url(request: HttpRequest, url: Any, default: str = "/") -> str:
    """Give `url` when it stays on this site, else `default`: a redirect never leaves the platform."""
    text = str(url or "")
    safe = url_has_allowed_host_and_scheme(text, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return text if text and safe else default
