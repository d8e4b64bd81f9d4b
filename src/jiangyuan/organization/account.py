"""The account of a browser session as the top bar shows it."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiangyuan.organization.models import Appointment, Person
from jiangyuan.organization.signin import APPOINTMENT, held_by
from jiangyuan.ui.session import Account, Capacity


def account_of_session(request: HttpRequest) -> Account | None:
    """Give the account of who is signed in, with every appointment in force; None when nobody is."""
    person = getattr(request, "user", None)
    if not isinstance(person, Person) or not person.active:
        return None
    held = held_by(request, person)
    chosen = request.session.get(APPOINTMENT)
    current = next((a for a in held if str(a.pk) == chosen), held[0] if held else None)
    return Account(
        name=person.name,
        body=str(current.body) if current else _("未任命"),
        capacity=_capacity(current) if current else "",
        capacities=tuple(
            Capacity(key=str(a.pk), title=f"{a.body} · {_capacity(a)}", current=a == current) for a in held
        ),
        switch_url="/act-for/",
        profile_url="/account/",
        logout_url="/logout/",
    )


def _capacity(appointment: Appointment) -> str:
    return str(appointment.get_capacity_display())  # type: ignore[attr-defined]
