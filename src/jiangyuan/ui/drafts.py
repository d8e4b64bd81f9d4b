"""What was typed and not yet sent: every form carries a mark, under which its content can be kept and found again.

The mark says, signed by the platform when it drew the form: whose form this is, of which action, where it is sent and on
which page it stands. Content that comes with a mark may be kept for that person alone: while typing, when the session
has expired in between, when the page's token is old. Where it is kept is for the room above to register (`Shelf`); with
nothing registered nothing is kept. Passwords and files are never kept. Nothing kept is ever sent by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from django.core import signing
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Refused
from jiangyuan.ui import fields
from jiangyuan.ui.session import actor_of, local_url

MARK, RESUME = "_mark", "_draft"
"""The hidden field of the mark; the query by which a page is asked to show what was kept for one of its forms."""
VERSION, BASE = "_version", "_base"
"""The version that was seen; what the fields then held, of forms that can be merged (`merging`)."""
LIVES = timedelta(days=14)
BYTES = 64 * 1024
_ADDRESS = 500
_SALT = "jiangyuan.form"
_UNKEPT = frozenset({MARK, "csrfmiddlewaretoken", "_key", "_check", "_checked", "_edit"})


class TooMuch(Refused):
    """The content of a form is larger than what is kept of one."""

    status = 413
    default_code = "draft.size"


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose form it is, of which action, where it is sent and on which page it stands."""

    person: UUID
    action: str
    address: str
    page: str

    @property
    def place(self) -> str:
        """Give the place under which the content of this form is kept: one for each action and address."""
        return f"{self.action} {self.address}"

    @property
    def resumed(self) -> str:
        """Give the page's address that asks for what was kept."""
        return f"{self.page}{'&' if '?' in self.page else '?'}{urlencode({RESUME: self.action})}"


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of a form, and when."""

    at: datetime
    content: Mapping[str, list[str]]


class Shelf(Protocol):
    """Where contents are kept: one person's at a time, never another's."""

    def places(self, person: UUID) -> Mapping[str, datetime]:
        """Give the places where something of this person is kept, and since when."""
        ...

    def find(self, person: UUID, place: str) -> Kept | None:
        """Give what is kept."""
        ...

    def keep(self, person: UUID, place: str, content: Mapping[str, list[str]]) -> datetime:
        """Keep it in the place of what was there."""
        ...

    def drop(self, person: UUID, place: str) -> None:
        """Forget it."""
        ...


_shelf: Shelf | None = None


def register_shelf(shelf: Shelf) -> None:
    """Register where contents are kept."""
    global _shelf
    _shelf = shelf


# --- the mark ---------------------------------------------------------------------------------------------------------


def plain_address(address: str) -> str:
    """Give an address of this site without the query that asks for what was kept."""
    found = urlsplit(address)
    query = urlencode([(k, v) for k, v in parse_qsl(found.query, keep_blank_values=True) if k != RESUME])
    return f"{found.path}?{query}" if query else found.path


def mark_of(request: HttpRequest, action: str, url: str = "") -> str:
    """Make the mark of a form as it is drawn; empty when nothing of it could be kept."""
    actor = actor_of(request)
    here = plain_address(request.get_full_path())
    address = plain_address(url) if url else here
    if actor is None or actor.kind != "person" or _shelf is None or len(address) > _ADDRESS or len(here) > _ADDRESS:
        return ""
    before = read_mark(request.POST.get(MARK, "")) if request.method == "POST" else None
    page = before.page if before is not None and before.action == action else here
    return signing.dumps({"p": str(actor.id), "a": action, "u": address, "g": page}, salt=_SALT)


def read_mark(text: str) -> Mark | None:
    """Read a mark; None when the platform did not make it, or too long ago."""
    try:
        said = signing.loads(text[:4000], salt=_SALT, max_age=LIVES)
        return Mark(UUID(said["p"]), said["a"], said["u"], said["g"])
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        return None


# --- keeping ----------------------------------------------------------------------------------------------------------


def secret_names(action: str) -> frozenset[str]:
    """Give the fields of an action's form that are never kept: passwords, files, what the action calls secret."""
    from jiangyuan.kernel.actions import ACTIONS  # what stands around every request is loaded before the models are

    spec = ACTIONS.get(action)
    infos = spec.parameters.model_fields.items() if spec else ()
    return frozenset(name for name, info in infos if fields.is_secret(fields.shown(info)))


def content_of(action: str, sent: QueryDict) -> dict[str, list[str]]:
    """Give what may be kept of a form that was sent. Raises `TooMuch`."""
    unkept = _UNKEPT | secret_names(action)
    content = {name: [str(v) for v in sent.getlist(name)] for name in sent if name not in unkept}
    size = sum(len(name) + sum(len(v.encode(errors="replace")) for v in values) for name, values in content.items())
    if size > BYTES:
        raise TooMuch(_("内容过长，未能自动保存"), mend=_("请尽快提交，或删减后再试。"))
    return content


def keep(mark: Mark, sent: QueryDict) -> datetime | None:
    """Keep what was typed. Raises `TooMuch`; None when nothing is kept here."""
    if _shelf is None:
        return None
    return _shelf.keep(mark.person, mark.place, content_of(mark.action, sent))


def hold(request: HttpRequest) -> str:
    """Keep the content of a form that was not accepted because of who, or how, it was sent: it is not acted upon.

    Gives the page that shows it again to the same person; empty when it carried no mark, or was too large.
    """
    try:
        mark = read_mark(request.POST.get(MARK, "")) if request.method == "POST" else None
        if mark is None or keep(mark, request.POST) is None:
            return ""
    except (TooMuch, SuspiciousOperation):
        return ""
    return local_url(request, mark.resumed)


def hold_refused(request: HttpRequest) -> None:
    """Keep what was typed into a form that was refused, so that leaving the page does not lose it."""
    mark = own_mark(request)
    if mark is not None:
        try:
            keep(mark, request.POST)
        except TooMuch:
            return


def own_mark(request: HttpRequest) -> Mark | None:
    """Give the mark of a form that was sent, when it is of the person who sends it."""
    mark, actor = read_mark(request.POST.get(MARK, "")), actor_of(request)
    return mark if mark is not None and actor is not None and mark.person == actor.id else None


def drop(request: HttpRequest) -> None:
    """Forget what was kept of a form that has been acted upon."""
    mark = own_mark(request)
    if mark is not None and _shelf is not None:
        _shelf.drop(mark.person, mark.place)


# --- finding again ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offered:
    """What a page says of something kept: when, whether it stands in the form already, whether the object moved on."""

    at: datetime
    mark: str
    resume_url: str
    resumed: bool = False
    stale: bool = False


def offer(request: HttpRequest, action: str, url: str = "", version: Any = None) -> tuple[Offered | None, Kept | None]:
    """Tell what is kept for a form that is about to be drawn; `Kept` only when the page was asked to show it."""
    actor, text = actor_of(request), mark_of(request, action, url) if request.method in ("GET", "HEAD") else ""
    mark = read_mark(text) if text else None
    if mark is None or actor is None or _shelf is None:
        return None, None
    places = getattr(request, "jiangyuan_drafts", None)
    if places is None:
        places = request.jiangyuan_drafts = _shelf.places(actor.id)  # type: ignore[attr-defined]
    at = places.get(mark.place)
    if at is None:
        return None, None
    if request.GET.get(RESUME) != action:
        return Offered(at, text, mark.resumed), None
    kept = _shelf.find(actor.id, mark.place)
    if kept is None:
        return None, None
    seen = first(kept.content.get(VERSION, ()))
    stale = version is not None and seen != "" and seen != str(version)
    return Offered(kept.at, text, mark.page, resumed=True, stale=stale), kept


def typed(kept: Kept | None) -> QueryDict | None:
    """Give what was kept as it was sent, for the controls that a page draws itself; None when nothing is to be shown."""
    if kept is None:
        return None
    sent = QueryDict(mutable=True)
    for name, values in kept.content.items():
        sent.setlist(name, values)
    return sent


def first(values: Iterable[str]) -> str:
    """Give the first of several values sent under one name; empty when there is none."""
    return next(iter(values), "")
