"""Two people, one draft: what stood there when a form was opened, what somebody else saved since, what was typed.

A form that can be merged carries, beside the version that was seen, what its fields then held (`BASE`). When its version
is no longer the newest, the three are set against each other, field by field: what one side alone changed is taken over
by itself, what both changed is chosen by a person. Everything is compared as it is sent: texts under the names of the
controls. A form is never merged behind anybody's back: the result is shown, and sent as the same action once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.http import HttpRequest, QueryDict

from jiangyuan.ui.drafts import BASE

WAS, ASKED, CHOOSE = "_was", "_asked", "_choose-"
"""On the page that merges: what stood there at first; the fields that are asked about; the choice made of one."""
THEIRS, MINE = "theirs", "mine"
_SALT = "jiangyuan.form.base"

Text = tuple[str, ...]
"""What is sent under one name: nothing, one text, several."""
Texts = Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Merged:
    """One field on three sides; None: that side does not have it at all (a row that came, or went)."""

    name: str
    before: Text | None
    theirs: Text | None
    mine: Text | None

    @property
    def by_them(self) -> bool:
        """Tell whether the other person changed it."""
        return self.theirs != self.before

    @property
    def by_me(self) -> bool:
        """Tell whether the person who sends the form changed it."""
        return self.mine != self.before

    @property
    def clash(self) -> bool:
        """Tell whether both changed it, and differently: a person must choose."""
        return self.by_them and self.by_me and self.theirs != self.mine

    @property
    def value(self) -> Text | None:
        """Give what comes out by itself; of a clash, what was typed, for that is what may be gone on with."""
        return self.mine if self.by_me else self.theirs


def merge(before: Texts, theirs: Texts, mine: Texts) -> list[Merged]:
    """Set three sides against each other, in the order of what stands there now, then what only the others know."""
    names = dict.fromkeys((*theirs, *mine, *before))
    return [Merged(name, before.get(name), theirs.get(name), mine.get(name)) for name in names]


def plain(values: Iterable[Any]) -> Text:
    """Give texts as they are compared: an empty control says nothing, and line ends are one sign."""
    texts = (str(v).replace("\r\n", "\n").strip() for v in values if v is not None)
    return tuple(text for text in texts if text)


# --- what travels with the form ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """What a form held when it was opened, and of which version."""

    version: int = 0
    texts: Texts = field(default_factory=dict)


def seal(version: int, texts: Texts) -> str:
    """Pack what the fields of a form hold, to come back with it. Signed, so that only whole ones are read."""
    packed = {"v": version, "t": {name: list(text) for name, text in texts.items()}}
    return signing.dumps(packed, salt=_SALT, compress=True)


def opened(packed: str) -> Opened:
    """Read what the fields held; nothing when it did not come: every difference is then asked about."""
    try:
        said = signing.loads(packed, salt=_SALT) if packed else {"v": 0, "t": {}}
        return Opened(int(said["v"]), {str(name): tuple(text) for name, text in said["t"].items()})
    except (signing.BadSignature, ValueError, TypeError, KeyError, AttributeError):
        return Opened()


def resumed(typed: QueryDict) -> tuple[str, str]:
    """Give version and base of content that was kept, so that sending it meets what was saved in between.

    Kept on the page that merges, its choices are open still: it goes on from what stood there at first.
    """
    packed = typed.get(WAS) or typed.get(BASE, "")
    return (str(opened(packed).version), packed) if packed else ("", "")


def is_merged(request: HttpRequest) -> bool:
    """Tell whether a form comes from the page that merges."""
    return request.method == "POST" and WAS in request.POST


def base_of(request: HttpRequest) -> Opened:
    """Give what stood in a form, that was sent, when it was opened at first."""
    return opened(packed_of(request))


def packed_of(request: HttpRequest) -> str:
    """Give the same as it travels."""
    return request.POST.get(WAS) or request.POST.get(BASE, "")


def settle(request: HttpRequest, ticks: Callable[[str], bool]) -> frozenset[str]:
    """Put the choices made on the page that merges into what was sent; gives the fields that are still to be chosen.

    What was typed stays under its name; of a field that is to be the other's, the other's text takes its place. `ticks`
    tells of which fields nothing is sent when nothing is ticked; an empty text is sent as such, for it is to be emptied.
    """
    sent = request.POST.copy()
    theirs = opened(sent.get(BASE, "")).texts
    choices = {name: sent.get(CHOOSE + name, "") for name in sent.getlist(ASKED)}
    missing = frozenset(name for name, choice in choices.items() if choice not in (THEIRS, MINE))
    if missing:
        return missing
    for name, choice in choices.items():
        if choice == THEIRS:
            sent.setlist(name, list(theirs.get(name, ())) or ([] if ticks(name) else [""]))
            if not sent.getlist(name):
                del sent[name]
    for key in [key for key in sent if key.startswith(CHOOSE) or key in (WAS, ASKED)]:
        del sent[key]
    request.POST = sent
    return missing
