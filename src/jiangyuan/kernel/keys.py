"""Envelope keys: a master key in a file, data keys wrapped under it.

The master key is 32 random bytes in a file of its own, outside database and backups, readable by its owner alone.
From it come (HMAC-SM3 with a label) its id and one wrapping key per algorithm; data keys are sealed under the wrapping
key and stored in the database, so destroying a row destroys everything that was sealed under its key.

Rotation survives a crash at any moment: `begin_rotation` writes the new key beside the old one, wrapped keys are
rewrapped, `end_rotation` puts the new key in place and keeps the old one as `.previous`. `MasterKeys.load` reads
whichever of the three files exist, and a wrapped key names the master key that opens it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.ciphers import KEY_BYTES, Algorithm, Sealed, hmac_sm3, provider, seal, unseal
from jiangyuan.kernel.errors import Broken

MASTER_BYTES = 32
_NEXT, _PREVIOUS = ".next", ".previous"


class MasterKeyUnusable(Broken):
    """The master key's file is missing, open to others, or not a key."""

    default_code = "master_key"


def create_master_key(path: Path) -> None:
    """Write a new master key to `path` (0600), durable before return. Never overwrites: FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written under another name and linked: a crash leaves no half key, and two starts at once leave one key.
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o600)
            file.write(os.urandom(MASTER_BYTES))
            file.flush()
            os.fsync(handle)
        os.link(draft, path)
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    article = "GB/T 39786"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        mend = _("请从离线保管处取回主密钥文件；若是新装的平台，请先运行 jiangyuan up。")
        raise MasterKeyUnusable(_("找不到主密钥文件"), where=str(path), mend=mend, article=article) from None
    except OSError as exc:
        mend = _("请核对文件属主，且不要使用符号链接。")
        raise MasterKeyUnusable(_("主密钥文件无法打开"), where=str(path), mend=mend, article=article) from exc
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077 or state.st_uid not in (os.geteuid(), 0):
            mend = _("请执行 chmod 600，并使文件归运行平台的账户所有。")
            raise MasterKeyUnusable(_("主密钥文件对他人可读"), where=str(path), mend=mend, article=article)
        content = file.read(MASTER_BYTES + 1)
    if len(content) != MASTER_BYTES:
        mend = _("请从离线保管处恢复该文件（32 字节）。")
        raise MasterKeyUnusable(_("主密钥文件内容不完整"), where=str(path), mend=mend, article=article)
    return content


def _key_id(master: bytes) -> str:
    return "master-" + hmac_sm3(master, b"jiangyuan key id")[:8].hex()


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The master keys of this process: `current` wraps, all of them unwrap."""

    current: str
    _masters: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> MasterKeys:
        """Read the master key at `path`, and the next and previous ones during a rotation. Raises `MasterKeyUnusable`."""
        masters: dict[str, bytes] = {}
        current = ""
        for suffix in (_PREVIOUS, "", _NEXT):
            file = path.with_name(path.name + suffix)
            if suffix and not file.exists():
                continue
            master = _read(file)
            current = _key_id(master) if suffix != _PREVIOUS else current
            masters[_key_id(master)] = master
        return cls(current, masters)

    def _wrapping_key(self, key_id: str, algorithm: Algorithm) -> bytes:
        master = self._masters.get(key_id)
        if master is None:
            mend = _("请把编号对应的主密钥文件放回原处（可用 .previous 结尾）。")
            raise MasterKeyUnusable(_("没有该编号的主密钥"), where=key_id, mend=mend)
        return hmac_sm3(master, b"jiangyuan wrap " + algorithm.encode())[: KEY_BYTES[algorithm]]

    def wrap(self, data_key: bytes, *, name: str, algorithm: Algorithm = "SM4-GCM") -> bytes:
        """Seal `data_key` under the current master key; it opens only under the same `name`."""
        key = self._wrapping_key(self.current, algorithm)
        place = b"data key " + name.encode()
        return seal(data_key, key=key, key_id=self.current, place=place, algorithm=algorithm).to_bytes()

    def unwrap(self, wrapped: bytes, *, name: str) -> bytes:
        """Open a wrapped data key. Raises `MasterKeyUnusable` (its master key is absent) or `Unsealable`."""
        sealed = Sealed.from_bytes(wrapped)
        key = self._wrapping_key(sealed.key_id, sealed.algorithm)
        return unseal(sealed, key=key, place=b"data key " + name.encode())

    def open(self, sealed: bytes, *, wrapped: bytes, place: str) -> bytes:
        """Open bytes that `vault.seal` made, with the wrapped data key that they name. No database is asked.

        For processes without records (the gateway). Raises `MasterKeyUnusable` or `Unsealable`.
        """
        opened = Sealed.from_bytes(sealed)
        secret = self.unwrap(wrapped, name=opened.key_id)
        return provider().unseal(opened, key=secret, place=place.encode())

    def rewrap(self, wrapped: bytes, *, name: str) -> bytes:
        """Give the data key wrapped under the current master key; the same bytes when it already is."""
        sealed = Sealed.from_bytes(wrapped)
        if sealed.key_id == self.current:
            return wrapped
        return self.wrap(self.unwrap(wrapped, name=name), name=name, algorithm=sealed.algorithm)


def begin_rotation(path: Path) -> MasterKeys:
    """Make the next master key beside `path` and give the keys with it as current; repeatable after a crash.

    The caller rewraps every stored data key and calls `end_rotation`. Other processes must load the keys anew before
    they read what has been rewrapped. Raises `MasterKeyUnusable`.
    """
    MasterKeys.load(path)
    with contextlib.suppress(FileExistsError):
        create_master_key(path.with_name(path.name + _NEXT))
    return MasterKeys.load(path)


def rotating(path: Path) -> bool:
    """Tell whether a rotation has begun and not ended."""
    return path.with_name(path.name + _NEXT).exists()


def end_rotation(path: Path) -> MasterKeys:
    """Put the next master key in place and keep the old one as `.previous`; repeatable after a crash."""
    following, previous = path.with_name(path.name + _NEXT), path.with_name(path.name + _PREVIOUS)
    if following.exists():
        draft = path.with_name(path.name + ".rotating")
        draft.unlink(missing_ok=True)
        # The path itself is never absent: the old key gets a second name before the new one takes the first.
        os.link(path, draft)
        if _read(draft) != _read(following):
            draft.replace(previous)
        draft.unlink(missing_ok=True)
        following.replace(path)
        _sync_folder(path.parent)
    return MasterKeys.load(path)
