"""Changing the master key: nothing sealed is lost, no phase is skipped, and each leaves an event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jiangyuan.kernel import keys, rotation, vault, witness
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.models import DataKey, Event
from jiangyuan.kernel.rotation import RotationUnfinished


@pytest.fixture
def node(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A node with a home, and so a master key, of its own."""
    monkeypatch.setenv("JIANGYUAN_HOME", str(tmp_path))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
    vault.standing_secret.cache_clear()


def test_what_is_sealed_opens_before_and_after(node: None) -> None:
    _key, sealed = vault.seal(b"secret", subject="system:1", place="test")
    signed_by, before = witness.signing_key().id, vault.masters().current
    vault.seal(b"gone", subject="system:2", place="test")
    vault.destroy("system:2")

    began = rotation.begin()
    assert began["key"] != before
    assert vault.unseal(sealed, place="test") == b"secret"
    with pytest.raises(RotationUnfinished):
        rotation.end()
    assert rotation.rewrap()["rewrapped"] == 2  # the living data key and the signing key
    assert rotation.rewrap()["rewrapped"] == 0  # repeated after an interruption
    ended = rotation.end()

    assert ended["key"] == began["key"] == vault.masters().current
    assert vault.unseal(sealed, place="test") == b"secret"
    assert witness.signing_key().id == signed_by
    assert DataKey.objects.filter(wrapped__isnull=True).count() == 1
    vault.master_key_file().with_name("master.key.previous").unlink()
    assert keys.MasterKeys.load(vault.master_key_file()).current == ended["key"]
    vault.forget_masters()
    assert vault.unseal(sealed, place="test") == b"secret"
    phases = [e.payload["phase"] for e in Event.objects.filter(type="kernel.master_key.rotated").order_by("id")]
    assert phases == ["begun", "rewrapped", "rewrapped", "ended"]


def test_no_phase_comes_before_its_time(node: None) -> None:
    for phase in (rotation.rewrap, rotation.end):
        with pytest.raises(RotationUnfinished):
            phase()
