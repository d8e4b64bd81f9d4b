"""What can be wrong with a file, as stable codes that cross from the limited process to the one that tells people."""

from __future__ import annotations

from typing import Any


class FileProblem(Exception):
    """A file cannot be read; `code` names why (see `messages.PROBLEMS`), `params` fill its message."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
