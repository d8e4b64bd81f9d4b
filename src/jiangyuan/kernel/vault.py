"""Sealed values: each subject or data set has a data key, wrapped under the master key; destroying it is erasure.

Event payloads, credentials and evidence are sealed here. What was sealed under a destroyed key can never be read
again, while everything that commits to the ciphertext (leaves, digests) stays provable.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.utils import timezone

from jiangyuan.kernel import ciphers
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.keys import MasterKeys, create_master_key
from jiangyuan.kernel.models import DataKey

STANDING = "standing:"
"""Before the name of a standing secret: the subject of its data key."""
PSEUDONYM_BYTES = 16


@lru_cache(maxsize=4)
def _masters(path: Path) -> MasterKeys:
    if not path.exists():
        with suppress(FileExistsError):  # another process was faster: its key is the key
            create_master_key(path)
    return MasterKeys.load(path)


def master_key_file() -> Path:
    """Give the place of the master key."""
    return settings().path("master_key_file", "keys/master.key")


def masters() -> MasterKeys:
    """Give the master keys of this process; the first start of a node makes them."""
    return _masters(master_key_file())


def forget_masters() -> None:
    """Have the master keys read anew (they are being rotated)."""
    _masters.cache_clear()


def _key(subject: str) -> tuple[UUID, bytes]:
    key = DataKey.objects.filter(subject=subject).first()
    if key is None:
        identity = uuid7()
        wrapped = masters().wrap(ciphers.new_key(), name=str(identity))
        key, _made = DataKey.objects.get_or_create(subject=subject, defaults={"id": identity, "wrapped": wrapped})
    assert key.wrapped is not None
    return key.id, masters().unwrap(bytes(key.wrapped), name=str(key.id))


def seal(data: bytes, *, subject: str, place: str) -> tuple[UUID, bytes]:
    """Seal `data` under the key of `subject`, for `place` (table, row, field). Returns (key id, sealed bytes).

    A subject that was erased gets a new key; what was sealed before stays unreadable.
    """
    key_id, secret = _key(subject)
    sealed = ciphers.provider().seal(data, key=secret, key_id=str(key_id), place=place.encode())
    return key_id, sealed.to_bytes()


def unseal(sealed: bytes, *, place: str) -> bytes | None:
    """Open sealed bytes; None when their key was destroyed. Raises `Unsealable` when they were changed or moved."""
    opened = ciphers.Sealed.from_bytes(bytes(sealed))
    key = DataKey.objects.filter(id=UUID(opened.key_id)).first()
    if key is None or key.wrapped is None:
        return None
    return masters().open(bytes(sealed), wrapped=bytes(key.wrapped), place=place)


@lru_cache(maxsize=64)
def standing_secret(name: str) -> bytes:
    """Give a secret of the node that lives as long as the node (pseudonyms of subjects, cursors); made on first use."""
    return standing(_key(f"{STANDING}{name}")[1])


def standing(data_key: bytes) -> bytes:
    """Give the standing secret that a data key stands for."""
    return data_key * 2


def pseudonym(identifier: str) -> bytes:
    """Give the keyed pseudonym (HMAC-SM3, 16 bytes) under which the memory knows a natural person or enterprise."""
    return pseudonym_under(ciphers.keyed_sm3(standing_secret("subjects")), identifier)


def pseudonym_under(keyed: Callable[[bytes], bytes], identifier: str) -> bytes:
    """Give the same pseudonym with the standing secret prepared once (`ciphers.keyed_sm3`), for many identifiers."""
    return keyed(identifier.strip().upper().encode())[:PSEUDONYM_BYTES]


def destroy(subject: str) -> UUID | None:
    """Destroy the key of a subject for good and give its id (None: there was none). Called by the erasure action."""
    key = DataKey.objects.select_for_update().filter(subject=subject).first()
    if key is None or key.wrapped is None:
        return None
    key.wrapped, key.destroyed_at = None, timezone.now()
    key.subject = f"destroyed:{key.id}"
    key.save()
    return key.id
