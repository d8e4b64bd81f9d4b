"""Browsers for the portal's tests: a client signed in as an actor, and a road with something on every desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.exchange import factories

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Appointment, Person
from jiangyuan.organization.signin import APPOINTMENT

BACKEND = "django.contrib.auth.backends.ModelBackend"


def client_of(actor: Actor) -> Client:
    """Give a browser in which this actor is signed in, acting in this capacity."""
    client = Client()
    client.force_login(Person.objects.get(pk=actor.id), backend=BACKEND)
    held = Appointment.objects.filter(person_id=actor.id, body_id=actor.body, capacity=actor.capacity).first()
    session = client.session
    session[APPOINTMENT] = str(held.pk) if held else ""
    session.save()
    return client


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    """Static files come from the source here; a folder of collected ones does not exist."""
    settings.STATIC_ROOT = None


@pytest.fixture
def browser() -> Callable[[Actor], Client]:
    """Give `client_of`."""
    return client_of


@pytest.fixture
def way(db: None) -> factories.Road:
    """A consumer and a provider with a published, mounted entry between them."""
    return factories.road()
