"""Who acts, and in which scene: the two things that both doors ask for.

An actor acts in exactly one *capacity* at a time, on behalf of one body; the other capacities that the same person
holds travel along, because separation of duties is judged over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

ADMINISTRATORS = frozenset({"system_admin", "security_admin", "auditor"})
"""三员: the three administrators, whom one person may never hold together (GB/T 22239-2019, 8.1.5)."""

CAPACITIES = frozenset(
    {
        "business_office",
        "sharing_handler",
        "sharing_head",
        "department_head",
        "authority_handler",
        "authority_head",
        "township_user",
        "contractor",
        "citizen",
        "analyst",
        "operations",
        *ADMINISTRATORS,
    }
)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, an application system, a named service of the platform, or another node.

    `body` is the department acted for; `capacity` the capacity acted in; `capacities` everything the person holds,
    over all bodies; `jurisdiction` a GB/T 2260 code.
    """

    kind: str
    id: UUID
    name: str
    body: UUID | None = None
    capacity: str = ""
    capacities: frozenset[str] = field(default_factory=frozenset)
    jurisdiction: str = ""

    @property
    def reference(self) -> str:
        """Name the actor as the memory does: `person:…`, `system:…`, `service:…`, `node:…`."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Scene:
    """The scene of an act or a read (人、数据、场景): purpose, case, operator, channel, network and time."""

    purpose: str = ""
    case_number: str = ""
    operator: str = ""
    channel: str = "worker"
    network: str = ""
    at: datetime | None = None


_SERVICES = uuid5(NAMESPACE_URL, "jiangyuan:service")


def service_actor(name: str) -> Actor:
    """Give the named service of the platform (ingest, quality, delivery …), whose id is the same everywhere."""
    return Actor(
        kind="service",
        id=uuid5(_SERVICES, name),
        name=name,
        capacity="service",
        capacities=frozenset({f"service_{name}"}),
    )
