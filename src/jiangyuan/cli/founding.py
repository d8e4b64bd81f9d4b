"""`jiangyuan setup`: what a new platform needs before anybody can sign in, done once on its own machine.

The divisions, the national data elements, the sharing authority, and the first three administrators (三员分立), who make
every other account. Each step is an act of the `setup` service; whatever exists already is left as it is.
"""

from __future__ import annotations

import secrets
from typing import Any

ADMINISTRATORS = (
    ("admin.system", "系统管理员", "system_admin"),  # i18n: a name that is stored, to be changed by its bearer
    ("admin.security", "安全管理员", "security_admin"),  # i18n: a name that is stored
    ("admin.auditor", "审计管理员", "auditor"),  # i18n: a name that is stored
)
AUTHORITY_ALIAS = "authority"


def found() -> list[tuple[str, str, str]]:
    """Found a platform in the configured database; gives (capacity, sign-in name, first password) of the accounts made now.

    Needs Django set up as the application. A platform that has accounts gets no further ones.
    """
    from jiangyuan.kernel.actions import act
    from jiangyuan.kernel.actor import Scene, service_actor
    from jiangyuan.kernel.config import settings
    from jiangyuan.organization.models import Body, Jurisdiction, Person
    from jiangyuan.standards.models import DataElement

    setup: dict[str, Any] = {"actor": service_actor("setup"), "scene": Scene(channel="cli")}
    if not Jurisdiction.objects.exists():
        act("organization.divisions.install", province=settings().province_code, **setup)
    if not DataElement.objects.exists():
        act("standards.national.install", **setup)
    act("catalog.classification.install", **setup)
    authority = Body.objects.filter(is_authority=True).first() or act(
        "organization.body.register",
        name=settings().authority_name,
        short_name=settings().authority_name[:40],
        alias=AUTHORITY_ALIAS,
        jurisdiction=settings().province_code,
        is_authority=True,
        **setup,
    )
    made = []
    if not Person.objects.exists():
        for username, name, capacity in ADMINISTRATORS:
            password = secrets.token_urlsafe(15)
            person = act("organization.person.register", username=username, name=name, password=password, **setup)
            act("organization.appointment.make", person.pk, body=authority.pk, capacity=capacity, **setup)
            made.append((capacity, username, password))
    return made
