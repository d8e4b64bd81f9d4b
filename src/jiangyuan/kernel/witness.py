"""The node's signing key, and the file of signed heads that stands as a witness outside of the database.

The private key is kept under the master key; public keys are kept in plain files for whoever verifies, also those of
earlier keys. Every head is appended to `heads.jsonl` after it is committed: a database that was rolled back, or
rebuilt with another history, contradicts the file. Copies of the file with third parties make the witness stronger.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel import ciphers, receipts, vault
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.keys import MasterKeys
from jiangyuan.kernel.receipts import Head

_TAIL = 64 * 1024


class WitnessBroken(Broken):
    """The file of heads cannot be read as what was written to it."""

    default_code = "witness"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The SM2 key that signs heads. `id` is the fingerprint of its public half."""

    id: str
    public_pem: str
    _private_pem: str = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Sign (SM2 with SM3, DER)."""
        return ciphers.provider().sign(self._private_pem, message)


def _folder() -> Path:
    return settings().home / "keys"


def _write_once(path: Path, data: bytes, mode: int) -> None:
    """Write a file that must not exist yet, whole and durable. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        os.link(draft, path)
    finally:
        draft.unlink()


def signing_key() -> SigningKey:
    """Give the node's signing key; the first call on a node makes it. Raises `MasterKeyUnusable` and `Unsealable`."""
    path = _folder() / "signing.sealed"
    provider = ciphers.provider()
    if not path.exists():
        wrapped = vault.masters().wrap(provider.generate_key().encode(), name="signing")
        with suppress(FileExistsError):  # another process was faster: its key is the key
            _write_once(path, wrapped, 0o600)
    private = vault.masters().unwrap(path.read_bytes(), name="signing").decode()
    public = provider.public_key(private)
    key = SigningKey(receipts.key_id(public), public, private)
    exported = _folder() / "public" / f"{key.id}.pem"
    if not exported.exists():
        with suppress(FileExistsError):
            _write_once(exported, public.encode("ascii"), 0o644)
    return key


def signing_key_waits(masters: MasterKeys) -> bool:
    """Tell whether the signing key is wrapped under another master key than the current one."""
    path = _folder() / "signing.sealed"
    return path.exists() and masters.rewrap(path.read_bytes(), name="signing") != path.read_bytes()


def rewrap_signing_key(masters: MasterKeys) -> int:
    """Have the signing key wrapped under the current master key; gives 1 when it was not, else 0."""
    if not signing_key_waits(masters):
        return 0
    path = _folder() / "signing.sealed"
    anew = masters.rewrap(path.read_bytes(), name="signing")
    beside = path.with_name("signing.sealed.rotating")
    beside.unlink(missing_ok=True)
    _write_once(beside, anew, 0o600)
    beside.replace(path)
    return 1


def public_keys() -> dict[str, str]:
    """Give the public keys (PEM) that this node has ever signed with, by id; a file that is no such key is left out."""
    found: dict[str, str] = {}
    for file in sorted((_folder() / "public").glob("*.pem")):
        with suppress(ValueError):
            pem = file.read_text("ascii")
            found[receipts.key_id(pem)] = pem
    return found


def heads_file() -> Path:
    """Give the place of the file of heads."""
    return settings().home / "heads.jsonl"


def _parse(line: bytes) -> Head:
    try:
        return Head.from_dict(json.loads(line))
    except (ValueError, TypeError, LookupError, RecursionError) as exc:
        mend = _("请从副本恢复该文件；不要删除它，它是日志未被回退的外部证据。")
        raise WitnessBroken(_("日志首部存证文件内容损坏"), where=str(heads_file()), mend=mend) from exc


def read_heads() -> Iterator[Head]:
    """Give the heads on file, oldest first; a last line that a crash cut off is not one. Raises `WitnessBroken`."""
    with suppress(FileNotFoundError), heads_file().open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _parse(line)


def last_head() -> Head | None:
    """Give the newest head on file. Raises `WitnessBroken`."""
    try:
        with heads_file().open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return None
    # what follows the last newline is empty, or a line that a crash cut off
    return _parse(lines[-2]) if len(lines) > 1 else None


def append_heads(heads: Iterable[Head]) -> None:
    """Append heads, durable before return. The caller holds the sequencer's lock, so nobody else writes."""
    lines = b"".join(json.dumps(head.as_dict(), separators=(",", ":")).encode() + b"\n" for head in heads)
    if not lines:
        return
    heads_file().parent.mkdir(parents=True, exist_ok=True)
    with heads_file().open("a+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL))
        tail = file.read()
        if not tail.endswith(b"\n") and tail:
            # a crash cut the last line off; its head is written again from the database
            file.truncate(end - len(tail) + tail.rfind(b"\n") + 1)
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
