"""Erasure: the data key of a subject or data set is destroyed, and that it was is an event (PIPL art. 47).

What was sealed under the key can never be read again, in the database or in any backup taken without the wrapped key;
the leaves of the log commit to ciphertext, so the log still verifies. The event names the subject by pseudonym only.
"""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.kernel import vault
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import NotFound, Refused

Subject = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(min_length=4, max_length=1000)]


class NotErasable(Refused):
    """The key belongs to the node itself, not to a subject."""

    default_code = "not_erasable"


@action("kernel.subject.erase", on=None, event="kernel.subject.erased", title=_("销毁数据密钥"), approves=True)
def erase(*, subject: Subject, reason: Reason, article: Annotated[str, StringConstraints(max_length=200)] = "") -> dict:
    """Destroy the data key of a subject (`mount:…`, `system:…`, `person:…`) for good. Returns {"key": its id}.

    Refuses the node's own standing secrets, on which pseudonyms and tokens rest, and a subject without a key.
    """
    if subject.startswith((vault.STANDING, "destroyed:")):
        raise NotErasable(
            _("这是平台自身的密钥，不能销毁"), where="subject", mend=_("只能销毁某个主体或数据集的密钥。")
        )
    destroyed = vault.destroy(subject)
    if destroyed is None:
        raise NotFound(_("没有该主体的密钥，或已经销毁"), where="subject", mend=_("请核对主体的写法。"))
    describe(
        key=destroyed,
        kind=subject.partition(":")[0][:40] if ":" in subject else "",
        subject=vault.pseudonym(subject).hex(),
        reason=reason,
        article=article,
    )
    return {"key": str(destroyed)}
