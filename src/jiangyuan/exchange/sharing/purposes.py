"""The register of purposes: a code set, from which people choose what they use data for instead of inventing a word.

The code goes into grants, cases and signed calls; its name is what people read. The node may keep a register of its own
(`purposes_file`); grants under a code that is in it no longer go on, and their forms still show it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken
from jiangyuan.ui.parts import Code

CODE = re.compile(r"[a-z][a-z0-9-]{1,58}")
MOST = 500
_OWN = Path(__file__).with_name("purposes.json")


def register() -> Mapping[str, str]:
    """Give the purposes, {code: name}, in the order of the register. Raises `Broken` for a file that is not one."""
    chosen = settings().purposes_file
    return _read(chosen if str(chosen) not in ("", ".") else _OWN)


@lru_cache(maxsize=4)
def _read(file: Path) -> Mapping[str, str]:
    try:
        rows = json.loads(file.read_text("utf-8"))
        found = {str(row["code"]): str(row["name"]).strip() for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise Broken(f"the register of purposes cannot be read: {file}", code="sharing.purposes") from exc
    if not found or len(found) > MOST or not all(CODE.fullmatch(code) and name for code, name in found.items()):
        raise Broken(f"the register of purposes holds a wrong code or an empty name: {file}", code="sharing.purposes")
    return found


def said(code: str) -> str:
    """Give a purpose as people read it: its name; one that is not in the register by its code."""
    return register().get(code, code)


def meant(text: str) -> list[str]:
    """Give the codes that somebody may mean: the code itself, and those whose names hold what was written."""
    return [text, *(code for code, name in register().items() if text in name and code != text)]


def drawn(code: str) -> Code | str:
    """Draw a purpose by its name, with the code, which signed calls need, to be seen and copied."""
    return Code(text=code, shown=said(code)) if code else ""


def choices(*further: str) -> list[tuple[str, str]]:
    """Give what may be chosen; `further` are codes in use already, which may stay though they left the register."""
    known = register()
    kept = [(code, code) for code in dict.fromkeys(further) if code and code not in known]
    return [(code, said(code)) for code in known] + kept
