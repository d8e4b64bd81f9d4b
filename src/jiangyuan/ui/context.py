"""What the frame needs on every page: navigation, account, languages, notices."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from jiangyuan.kernel.config import settings as platform
from jiangyuan.ui import navigation, session

NAVIGATION_COOKIE, TOUR_COOKIE = "jy_nav", "jy_tour"
"""Whether the navigation is folded; whether the tour is under way, for whoever signs in with this browser."""
# the name that a new platform has: a name of its own stands as it was set
gettext_noop("青海省一体化政务大数据平台")


class Frame:
    """The frame of one page; everything is asked only when the template draws it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def account(self) -> session.Account | None:
        """Give the account of the top bar."""
        return session.account_of(self._request)

    @cached_property
    def notices(self) -> int:
        """Give the number of unread notices."""
        return session.notices_of(session.actor_of(self._request))

    @cached_property
    def _places(self) -> tuple[tuple[navigation.Place, ...], tuple[navigation.Place, ...]]:
        return navigation.navigation(session.actor_of(self._request), self._request.path)

    @property
    def purposes(self) -> tuple[navigation.Place, ...]:
        """Give the links by what people come for."""
        return self._places[0]

    @property
    def rooms(self) -> tuple[navigation.Place, ...]:
        """Give the links by room."""
        return self._places[1]

    @property
    def narrow(self) -> bool:
        """Tell whether the person has folded the navigation to icons."""
        return self._request.COOKIES.get(NAVIGATION_COOKIE) == "narrow"

    @property
    def touring(self) -> bool:
        """Tell whether the person is on the way of the tour, and on a page from which it is to be found again."""
        return bool(self._request.COOKIES.get(TOUR_COOKIE)) and not self._request.path.startswith("/tour/")

    @property
    def platform(self) -> str:
        """Give the name of the platform."""
        return _(platform().node_name)

    @property
    def languages(self) -> list[tuple[str, str, bool]]:
        """Give the languages: code, short name in itself, whether it is the current one."""
        current = get_language()
        short = {"zh-hans": "中", "en": "EN"}  # i18n: each language names itself
        return [(code, short.get(code, code), code == current) for code, _name in settings.LANGUAGES]

    @property
    def search(self) -> str:
        """Give what was searched for, so that the box keeps it."""
        return self._request.GET.get("q", "")[:200] if self._request.path == "/search" else ""

    @property
    def here(self) -> str:
        """Give the address of this page, for the language switch to come back to."""
        return self._request.get_full_path()

    @property
    def request_id(self) -> str:
        """Give the number under which the log knows this request."""
        return str(getattr(self._request, "request_id", ""))


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give every template the frame of its page (a Django context processor)."""
    return {"frame": Frame(request), "layout": "ui/base.html"}
