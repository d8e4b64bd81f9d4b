"""Movement of governed rows from one database to another: snapshot, capture, apply.

Its place: a room that has a `Plan` makes a `Subscription` of it and hands it to a `CaptureRunner`. The plan is applied
on the source's side before bytes leave; rows and cursor are written in one transaction of the target, so a crash
repeats nothing and loses nothing. It is not a scheduler, knows no grant workflow, and never reads what no plan names.
"""

from jiangyuan.data.movement.capture import CaptureRunner
from jiangyuan.data.movement.state import (
    DeliveryStatus,
    Gate,
    Journal,
    MovementRefused,
    Phase,
    Place,
    RunnerStatus,
    SourceUnavailable,
    Subscription,
    TargetUnavailable,
    Withdrawn,
)

__all__ = [
    "CaptureRunner",
    "DeliveryStatus",
    "Gate",
    "Journal",
    "MovementRefused",
    "Phase",
    "Place",
    "RunnerStatus",
    "SourceUnavailable",
    "Subscription",
    "TargetUnavailable",
    "Withdrawn",
]
