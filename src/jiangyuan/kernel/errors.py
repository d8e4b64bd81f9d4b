"""Errors of three kinds, told apart by who can mend them.

`Refused`: the user can. `Transient`: nobody has to, it is tried again. `Broken`: operations must.
Each module declares its own subclasses beside what raises them.
"""

from __future__ import annotations

from typing import Any


def _cited(article: str) -> str:
    if not article:
        return ""
    # errors are also raised where nothing else is loaded: the command line before it knows what to do
    from jiangyuan.kernel.texts import cite

    return cite(article)


class JiangyuanError(Exception):
    """An error that says what happened, where, under which article, and how to mend it.

    `message`, `mend` are texts for people (lazily translated); `code` is stable for programs; `where` names the
    field, row, column or object; `article` cites the law or standard that the rule comes from.
    """

    status = 500
    default_code = "error"

    def __init__(
        self, message: object, *, code: str = "", where: str = "", mend: object = "", article: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.where = where
        self.mend = mend
        self.article = article

    def __str__(self) -> str:
        article = _cited(self.article)
        said = f"{self.message} ({article})" if article.isascii() and article else str(self.message)
        if article and not article.isascii():
            said += f"（{article}）"  # i18n: marks around a text
        mend = str(self.mend or "")
        return f"{said} {mend}".strip() if mend.isascii() else said + mend

    def as_dict(self) -> dict[str, Any]:
        """Give the error as JSON for an API answer: code, message, where, mend, article."""
        return {
            "code": self.code,
            "message": str(self.message),
            "where": self.where,
            "mend": str(self.mend),
            "article": _cited(self.article),
        }


class Refused(JiangyuanError):
    """The platform refuses, and the user can do something about it."""

    status = 422
    default_code = "refused"


class Forbidden(Refused):
    """The actor's capacity does not allow the action."""

    status = 403
    default_code = "forbidden"


class NotFound(Refused):
    """Nothing of that name is visible to the actor (the same answer as for a thing that does not exist)."""

    status = 404
    default_code = "not_found"


class Conflict(Refused):
    """Somebody else was faster: stale version, wrong state, or a form sent twice with different content."""

    status = 409
    default_code = "conflict"


class WrongSecret(Refused):
    """A secret asked for within an act (a password, a code) did not fit.

    `counted_by`: the act that `act` carries out on the same target afterwards, by the service named, so that whoever
    holds a session cannot go on guessing. The refused act itself leaves nothing behind that could be counted.
    """

    default_code = "secret"

    def __init__(self, message: object, *, counted_by: str, service: str, **more: Any) -> None:
        super().__init__(message, **more)
        self.counted_by = counted_by
        self.service = service


class Transient(JiangyuanError):
    """Nothing is wrong with the request; it may succeed when tried again."""

    status = 503
    default_code = "transient"


class Broken(JiangyuanError):
    """A part of the platform is broken and operations must be told."""

    status = 500
    default_code = "broken"
