"""What the library does when it hears that the national elements were installed: it names the national standards too."""

from __future__ import annotations

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event
from jiangyuan.standards.library.actions import STANDARDS


@handler("standards.national.installed", name="standards.name_national")
def name_national(event: Event) -> None:
    """Name the national standards that the platform refers to; those named already stay as they are."""
    act("standards.library.install", actor=STANDARDS)
