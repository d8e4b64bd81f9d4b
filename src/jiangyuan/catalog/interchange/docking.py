"""Telling another catalogue of a published entry, in its own field names, codes and signing: as a profile declares.

A profile is a file of `profiles/`; what it says is checked when it is read. Sent is the published version, under an
idempotency key of the docking, the entry and its version, so that sending again changes nothing there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jiangyuan.catalog.entries.models import EntryVersion
from jiangyuan.catalog.interchange.models import Docking, Push
from jiangyuan.kernel import ciphers, vault
from jiangyuan.kernel.errors import Broken, Refused, Transient
from jiangyuan.kernel.outbound_http import http_client

FOLDER = Path(__file__).with_name("profiles")
SECONDS = 20.0
LARGEST_ANSWER = 2**20
OURS = frozenset(
    {
        *("id", "name", "code", "summary", "department", "classification", "category", "format", "update_cycle"),
        *("share_type", "share_condition", "share_basis", "open_type", "open_condition", "grade", "published_at"),
        "version",
    }
)
"""What of an entry a profile may name; assessments and people are not among it."""


class Signing(BaseModel):
    """How a request is signed: the scheme, and the header of each part (empty: not sent)."""

    model_config = ConfigDict(extra="forbid")
    scheme: Literal["hmac-sm3", "hmac-sha256", "bearer", "none"]
    account: str = ""
    signature: str = "Authorization"
    time: str = ""
    nonce: str = ""
    idempotency: str = "Idempotency-Key"


class Accepted(BaseModel):
    """What in an answer says that the entry was taken."""

    field: str
    values: list[str]


class Items(BaseModel):
    """How data items are called: the list's name, and foreign name = ours."""

    field: str
    fields: dict[str, str]


class Profile(BaseModel):
    """A profile as its file declares it."""

    model_config = ConfigDict(extra="forbid")
    title: str
    path: Annotated[str, Field(pattern=r"^/[\w./{}-]*$")]
    method: Literal["PUT", "POST"] = "PUT"
    receipt: str
    accepted: Accepted
    reason: str = ""
    signing: Signing
    fields: dict[str, str]
    items: Items | None = None
    codes: dict[str, dict[str, str]] = {}


@lru_cache(maxsize=32)
def profile(name: str) -> Profile:
    """Read a profile. Raises `Broken` for a file that declares what cannot be."""
    try:
        found = Profile.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise Broken(_("对接配置文件有误"), code="docking_profile", where=name) from error
    unknown = set(found.fields.values()) - OURS | set(found.codes) - set(found.fields)
    if unknown:
        raise Broken(_("对接配置文件中有不认识的字段"), code="docking_profile", where=f"{name}: {sorted(unknown)}")
    return found


def profiles() -> dict[str, str]:
    """Give the profiles there are, by name their titles."""
    return {file.stem: profile(file.stem).title for file in sorted(FOLDER.glob("*.toml"))}


def secret_place(docking: Docking) -> str:
    """Name the place for which the secret of a docking is sealed."""
    return f"docking:{docking.pk}"


def translated(declared: Profile, push: Push) -> dict[str, Any]:
    """Say a published version in the other catalogue's words. Raises `Refused` for a value that it has no code for."""
    entry = push.entry
    content = EntryVersion.objects.get(entry=entry, number=push.number).content
    ours = {
        **content,
        "id": str(entry.pk),
        "code": entry.code or "",
        "department": entry.body.name,
        "published_at": entry.published_at.isoformat() if entry.published_at else "",
        "version": push.number,
    }
    said: dict[str, Any] = {}
    for foreign, own in declared.fields.items():
        value = ours.get(own, "")
        if foreign in declared.codes:
            if str(value) not in declared.codes[foreign]:
                mend = _("请在对接配置中补充这个取值的代码。")
                raise Refused(_("对方没有对应的代码"), code="docking.code", where=f"{foreign}={value}", mend=mend)
            value = declared.codes[foreign][str(value)]
        said[foreign] = value
    if declared.items is not None:
        named = declared.items.fields.items()
        said[declared.items.field] = [{f: item.get(own, "") for f, own in named} for item in content.get("items", ())]
    return said


def signed(declared: Profile, docking: Docking, path: str, body: bytes, key: str) -> dict[str, str]:
    """Give the headers of a request: its account, time, nonce, signature and idempotency key."""
    scheme = declared.signing
    secret = b""
    if docking.sealed_secret:
        secret = vault.unseal(bytes(docking.sealed_secret), place=secret_place(docking)) or b""
    moment, nonce = str(int(time.time())), secrets.token_hex(12)
    said = "\n".join((declared.method, path, moment, nonce, ciphers.sm3(body).hex())).encode()
    if scheme.scheme == "hmac-sm3":
        signature = ciphers.hmac_sm3(secret, said).hex()
    elif scheme.scheme == "hmac-sha256":
        signature = base64.b64encode(hmac.new(secret, said, hashlib.sha256).digest()).decode()
    else:
        signature = f"Bearer {secret.decode()}" if scheme.scheme == "bearer" else ""
    parts = {
        scheme.account: docking.account,
        scheme.time: moment,
        scheme.nonce: nonce,
        scheme.signature: signature,
        scheme.idempotency: key,
    }
    return {"content-type": "application/json", **{name: value for name, value in parts.items() if name and value}}


def found(told: Any, path: str) -> Any:
    """Give what stands at a dotted path of an answer; None where nothing does."""
    for part in path.split("."):
        told = told.get(part) if isinstance(told, dict) else None
    return told


def send(push: Push) -> tuple[str, Any]:
    """Send one version and give (receipt number, answer). Raises `Transient` to be tried again, `Refused` when not taken."""
    docking, declared = push.docking, profile(push.docking.profile)
    body = json.dumps(translated(declared, push), ensure_ascii=False, sort_keys=True).encode()
    base = urlsplit(docking.address)
    path = f"{base.path.rstrip('/')}{declared.path.replace('{id}', str(push.entry_id))}"
    key = ciphers.sm3(f"{docking.pk}/{push.entry_id}/{push.number}".encode()).hex()[:32]
    headers = signed(declared, docking, path, body, key)
    with http_client(seconds=SECONDS, most=LARGEST_ANSWER) as client:
        answer = client.request(declared.method, f"{base.scheme}://{base.netloc}{path}", content=body, headers=headers)
        raw = answer.content
    if answer.status_code >= 500 or answer.status_code in (408, 425, 429):
        raise Transient(_("对方暂时不能接收"), code="docking.status", where=str(answer.status_code))
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refused(_("对方的答复无法识别"), code="docking.answer", where=str(answer.status_code)) from error
    taken = answer.status_code < 400 and str(found(told, declared.accepted.field)) in declared.accepted.values
    number = found(told, declared.receipt)
    if not taken or not number:
        reason = str(found(told, declared.reason) or answer.status_code)[:300]
        mend = _("请按对方的说明改正目录，或与对方核实后重新推送。")
        raise Refused(
            _("对方没有接收：%(reason)s") % {"reason": reason}, code="docking.refused", where=reason, mend=mend
        )
    return str(number)[:200], told
