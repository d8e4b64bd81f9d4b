"""The demonstration's own passwords, kept by it in a file that only this account of the machine may read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jiangyuan.demo.guests import GUESTS
from jiangyuan.kernel.config import settings
from jiangyuan.ui.session import Guest


def folder() -> Path:
    """Give where the demonstration keeps what is its own."""
    return settings().home / "demo"


def kept(name: str) -> dict[str, Any]:
    """Read one of the demonstration's files; empty when it is not there."""
    try:
        found = json.loads((folder() / name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def password_of(username: str) -> str:
    """Give the password of one of the accounts that are handed out; empty for any other name."""
    if username not in {guest.username for guest in GUESTS}:
        return ""
    return str(kept("accounts.json").get("passwords", {}).get(username, ""))


def guests() -> list[Guest]:
    """Give the accounts that may sign in with one click."""
    passwords = kept("accounts.json").get("passwords", {})
    return [
        Guest(username=one.username, name=one.name, role=one.role, todo=one.todo, url="/demo/enter/")
        for one in GUESTS
        if one.username in passwords
    ]
