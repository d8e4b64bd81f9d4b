"""The language of the command line: Chinese as it stands in the source, English from the catalogue. Without Django.

`_` marks a text for the catalogue; `text` gives it in the reader's language when it is shown, with its parameters.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping, Sequence
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"
CHINESE, ENGLISH = "zh", "en"

_translations: gettext.NullTranslations = gettext.NullTranslations()
_language = CHINESE


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


def choose(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Give the language asked for: `--lang`, else JIANGYUAN_LANG, else the locale; Chinese where none says English."""
    asked = ""
    for place, word in enumerate(words):
        if word == "--lang":
            asked = words[place + 1] if place + 1 < len(words) else ""
        elif word.startswith("--lang="):
            asked = word.partition("=")[2]
    names = ("JIANGYUAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    asked = asked or next((environment[name] for name in names if environment.get(name)), "")
    return ENGLISH if asked.lower().startswith("en") else CHINESE


def use(language: str) -> None:
    """Speak this language from here on."""
    global _translations, _language
    _language = language
    _translations = gettext.NullTranslations()
    if language == ENGLISH:
        _translations = gettext.translation("django", LOCALE, languages=[ENGLISH], fallback=True)


def current() -> str:
    """Give the language spoken now: `zh` or `en`."""
    return _language


def text(message: str, /, **parameters: object) -> str:
    """Give a marked text in the language spoken now."""
    look_up = _translations.gettext
    # the empty message would answer with the catalogue's own header
    shown = look_up(message) if message else ""
    return shown % parameters if parameters else shown
