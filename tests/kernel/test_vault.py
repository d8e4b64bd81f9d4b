"""Sealed values: they open in their place alone, and never again once their key is destroyed."""

from uuid import UUID, uuid4

import pytest
from django.db import transaction

from jiangyuan.kernel import vault
from jiangyuan.kernel.ciphers import Sealed
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.kernel.models import DataKey

pytestmark = pytest.mark.django_db


def subject() -> str:
    return f"person:{uuid4()}"


def test_what_is_sealed_opens_in_its_place() -> None:
    key_id, sealed = vault.seal("姓名".encode(), subject=subject(), place="entry:1")
    assert vault.unseal(sealed, place="entry:1") == "姓名".encode()
    assert UUID(Sealed.from_bytes(sealed).key_id) == key_id


def test_what_was_moved_or_changed_does_not_open() -> None:
    _key, sealed = vault.seal(b"secret", subject=subject(), place="entry:1")
    with pytest.raises(JiangyuanError):
        vault.unseal(sealed, place="entry:2")
    with pytest.raises(JiangyuanError):
        vault.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), place="entry:1")


def test_a_subject_has_one_key_and_it_is_kept_wrapped() -> None:
    who = subject()
    first, _sealed = vault.seal(b"1", subject=who, place="a")
    second, _sealed = vault.seal(b"2", subject=who, place="b")
    assert first == second
    wrapped = bytes(DataKey.objects.get(id=first).wrapped)
    assert vault.masters().unwrap(wrapped, name=str(first)) not in wrapped
    master = (settings().path("master_key_file", "keys/master.key")).read_bytes()
    assert master not in wrapped


def test_erasure_is_for_good_and_of_one_subject() -> None:
    who, other = subject(), subject()
    key, sealed = vault.seal(b"1", subject=who, place="a")
    _key, others = vault.seal(b"2", subject=other, place="a")
    with transaction.atomic():
        assert vault.destroy(who) == key
        assert vault.destroy(who) is None
    assert vault.unseal(sealed, place="a") is None
    assert vault.unseal(others, place="a") == b"2"
    kept = DataKey.objects.get(id=key)
    assert kept.wrapped is None and kept.destroyed_at is not None and who not in kept.subject


def test_an_erased_subject_that_comes_back_gets_another_key() -> None:
    who = subject()
    before, sealed = vault.seal(b"1", subject=who, place="a")
    with transaction.atomic():
        vault.destroy(who)
    after, _sealed = vault.seal(b"2", subject=who, place="a")
    assert after != before and vault.unseal(sealed, place="a") is None


def test_a_standing_secret_stays_the_same() -> None:
    vault.standing_secret.cache_clear()
    try:
        first = vault.standing_secret("trial")
        vault.standing_secret.cache_clear()
        assert vault.standing_secret("trial") == first != vault.standing_secret("trial2")
    finally:
        vault.standing_secret.cache_clear()  # this test's keys are rolled back
