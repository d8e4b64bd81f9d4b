"""Changing the master key: every wrapped key is wrapped anew under the next one, then the next one takes its place.

Three phases, each repeatable after a crash: `begin` makes the next key beside the present one, `rewrap` goes through
the data keys and the node's signing key, `end` puts the next key in place and keeps the old one as `.previous`. Between
`begin` and `rewrap` every process of the platform must be started anew: one that runs on knows the old key only.
What is sealed is not touched, and the log needs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from jiangyuan.kernel import keys, vault, witness
from jiangyuan.kernel.actions import act, action, describe
from jiangyuan.kernel.actor import Scene, service_actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.models import DataKey

AT_ONCE = 500
KEYS = service_actor("keys")
_SCENE = Scene(channel="cli")


class RotationUnfinished(Refused):
    """A phase was asked for before the one that it follows."""

    default_code = "rotation"


@action("kernel.master_key.report", on=None, event="kernel.master_key.rotated", title=_("更换主密钥"))
def report(*, phase: str, key: str, rewrapped: int = 0) -> dict[str, str | int]:
    """Record a phase of the rotation, by the key's id."""
    describe(phase=phase, key=key, rewrapped=rewrapped)
    return {"phase": phase, "key": key, "rewrapped": rewrapped}


def _report(phase: str, key: str, rewrapped: int = 0) -> dict[str, str | int]:
    return act("kernel.master_key.report", actor=KEYS, scene=_SCENE, phase=phase, key=key, rewrapped=rewrapped)


def _reloaded() -> keys.MasterKeys:
    vault.forget_masters()
    return vault.masters()


def begin() -> dict[str, str | int]:
    """Make the next master key. Raises `MasterKeyUnusable`."""
    _reloaded()  # the first start of a node makes the key that is to be changed
    keys.begin_rotation(vault.master_key_file())
    return _report("begun", _reloaded().current)


def rewrap() -> dict[str, str | int]:
    """Wrap the data keys and the signing key under the next master key. Raises `RotationUnfinished` before `begin`."""
    masters = _begun()
    count = sum(_rewrap(masters, batch) for batch in _batches())
    count += witness.rewrap_signing_key(masters)
    return _report("rewrapped", masters.current, count)


def end() -> dict[str, str | int]:
    """Put the next key in place. Raises `RotationUnfinished` while a key is still wrapped under the old one."""
    masters = _begun()
    left = sum(1 for batch in _batches() for key in batch if _anew(masters, key) is not None)
    left += witness.signing_key_waits(masters)
    if left:
        raise RotationUnfinished(
            ngettext("还有 %(count)s 个密钥未换用新的主密钥", "还有 %(count)s 个密钥未换用新的主密钥", left)
            % {"count": left},
            where="rewrap",
            mend=_("请先运行 jiangyuan keys rewrap。"),
        )
    keys.end_rotation(vault.master_key_file())
    return _report("ended", _reloaded().current)


def _begun() -> keys.MasterKeys:
    masters = _reloaded()
    if not keys.rotating(vault.master_key_file()):
        raise RotationUnfinished(_("还没有开始更换主密钥"), where="begin", mend=_("请先运行 jiangyuan keys begin。"))
    return masters


def _batches() -> Iterator[list[DataKey]]:
    last = UUID(int=0)
    while batch := list(DataKey.objects.filter(id__gt=last, wrapped__isnull=False).order_by("id")[:AT_ONCE]):
        yield batch
        last = batch[-1].id


def _rewrap(masters: keys.MasterKeys, batch: list[DataKey]) -> int:
    """Rewrap a batch under its locks: a key that is destroyed meanwhile stays destroyed."""
    changed = []
    with transaction.atomic():
        held = DataKey.objects.select_for_update().filter(id__in=[key.id for key in batch], wrapped__isnull=False)
        for key in held.order_by("id"):
            anew = _anew(masters, key)
            if anew is not None:
                key.wrapped = anew
                changed.append(key)
        DataKey.objects.bulk_update(changed, ["wrapped"])
    return len(changed)


def _anew(masters: keys.MasterKeys, key: DataKey) -> bytes | None:
    """Give a data key wrapped under the current master key; None when it already is, or is destroyed."""
    if key.wrapped is None:
        return None
    wrapped = bytes(key.wrapped)
    anew = masters.rewrap(wrapped, name=str(key.id))
    return None if anew == wrapped else anew
