"""What an identifier is made of: a pattern, and for some a weighted check character.

Python judges from these facts and the data plane compiles the same facts to SQL, so a value has one verdict
everywhere. Patterns keep to the syntax that Python, PostgreSQL and RE2 read alike and are anchored at both ends.
Judged is the canonical form: half width, upper case, no blanks; `normalize` makes it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Refused


class Malformed(Refused):
    """An identifier breaks a rule of its standard."""

    default_code = "malformed_identifier"


@dataclass(frozen=True, slots=True)
class Fault:
    """The rule an identifier breaks: stable `rule` name, what is wrong, how to mend it."""

    rule: str
    message: object
    mend: object


@dataclass(frozen=True, slots=True)
class Checksum:
    """A weighted check character: `characters[sum(weight * value) % modulus]` stands last.

    The value of a character is its place in the alphabet of its position (`alphabets[i]`, one per weight). Before
    summing, `strip` characters are removed and the text is filled on the left with zeros to `len(weights) + 1`.
    """

    alphabets: tuple[str, ...]
    weights: tuple[int, ...]
    modulus: int
    characters: str
    strip: str = ""

    def character(self, body: str) -> str:
        """Make the check character of `body` (all but the last character); ValueError for an alien one."""
        body = body.replace(self.strip, "") if self.strip else body
        body = body.rjust(len(self.weights), "0")
        if len(body) != len(self.weights):
            raise ValueError(f"{len(self.weights)} characters expected, {len(body)} given")
        places = zip(self.weights, self.alphabets, body, strict=True)
        return self.characters[sum(weight * alphabet.index(c) for weight, alphabet, c in places) % self.modulus]

    def holds(self, text: str) -> bool:
        """Tell whether the last character of `text` is its check character."""
        try:
            return len(text) > 1 and self.character(text[:-1]) == text[-1]
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Identifier:
    """A kind of identifier; `advisory` ones are only warned about, because valid values in use break the rule."""

    name: str
    title: object
    standard: str
    pattern: str
    shape: object
    checksum: Checksum | None = None
    advisory: bool = False
    rules: tuple[tuple[str, str, object, object], ...] = ()
    """Finer rules implied by the pattern, only to explain: (rule, pattern, message, mend)."""
    _compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_compiled", re.compile(self.pattern))

    def check(self, text: str) -> bool:
        """Tell whether `text` is well formed (canonical form only)."""
        if not self._compiled.fullmatch(text):
            return False
        return self.checksum is None or self.checksum.holds(text)

    def explain(self, text: str) -> Fault | None:
        """Name the first rule that `text` breaks and how to mend it, or None when it is well formed."""
        if self.check(text):
            return None
        if not text.strip():
            return Fault("empty", _("值为空"), self.shape)
        canonical = normalize(text)
        if canonical != text and self.check(canonical):
            message = _("写法不规范：含有空格、全角字符或小写字母")
            return Fault("form", message, _("请改写为 %(text)s。") % {"text": canonical})
        for rule, pattern, message, mend in self.rules:
            if not re.fullmatch(pattern, canonical):
                return Fault(rule, message, mend)
        if not self._compiled.fullmatch(canonical):
            return Fault(
                "shape",
                _("位数或字符不符合%(standard)s") % {"standard": self.standard},
                self.shape,
            )
        return Fault(
            "check_digit",
            _("校验码不正确"),
            _("至少有一位录入有误，请对照证件原件逐位核对。"),
        )

    def require(self, text: str) -> str:
        """Give `text` back, or raise `Malformed` with the rule it breaks."""
        fault = self.explain(text)
        if fault is None:
            return text
        message = _("%(title)s有误：%(message)s") % {
            "title": self.title,
            "message": fault.message,
        }
        raise Malformed(
            message,
            code=f"{self.name}.{fault.rule}",
            mend=fault.mend,
            article=self.standard,
        )


def normalize(text: str) -> str:
    """Give the canonical form: half width (NFKC), no blanks or invisible characters, upper case."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf").upper()
