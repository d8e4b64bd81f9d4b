"""Whether a call is answered: key, signature, time, nonce, quota, operator, grant, purpose, case and listed persons.

The order is fixed: nothing is told about grants to who has not signed, and nothing about persons to who holds no grant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.exchange.delivery.gateway import refusals
from jiangyuan.exchange.delivery.gateway.bounds import SKEW_SECONDS, Nonces, Rates
from jiangyuan.exchange.delivery.gateway.definitions import (
    Caller,
    CaseFile,
    Definitions,
    Service,
    keyed_verifier,
    today,
)
from jiangyuan.exchange.delivery.gateway.request import Call
from jiangyuan.exchange.delivery.signing import canonical_request
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actor import Scene

_NONCE = re.compile(r"[A-Za-z0-9_\-]{16,64}")
_HEX = re.compile(r"[0-9a-f]{64,160}")
_EMPTY_DIGEST = ciphers.sm3(b"").hex()
_NOBODY = keyed_verifier(ciphers.new_key() * 2)
_REQUIRED = ("system", "key", "time", "nonce", "signature")
MOST_SUBJECTS = 200
SUBJECT_LENGTH = 64
_SUBJECT = re.compile(r"[^\x00-\x20\x7f-\x9f]{1,64}")


class Admission:
    """The checks of one gateway process."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.nonces = Nonces()
        self.rates = Rates()
        self.started = datetime.now(UTC)

    async def caller(self, call: Call) -> Caller:
        """Give who signed the call. Raises a refusal."""
        headers = call.headers
        for name in _REQUIRED:
            if name not in headers:
                raise refusals.header_missing(name)
        caller = await self.definitions.caller(headers["key"], headers["system"])
        message = canonical_request(
            method=call.method,
            path=call.path,
            query=call.query,
            body_digest=ciphers.sm3(call.body).hex() if call.body else _EMPTY_DIGEST,
            headers=headers,
        )
        text = headers["signature"]
        signature = bytes.fromhex(text) if _HEX.fullmatch(text) and len(text) % 2 == 0 else b""
        # an unknown key is verified as well, so that its refusal takes as long
        signed = (caller.verify if caller else _NOBODY)(signature, message)
        if caller is None or not signed:
            raise refusals.unsigned()
        if not caller.usable():
            raise refusals.key_over()
        self._take_in_time(caller, headers)
        return caller

    def _take_in_time(self, caller: Caller, headers: dict[str, str]) -> None:
        try:
            said = datetime.fromisoformat(headers["time"])
        except ValueError:
            raise refusals.bad_time() from None
        if said.tzinfo is None or said < self.started or abs((datetime.now(UTC) - said).total_seconds()) > SKEW_SECONDS:
            raise refusals.bad_time()
        nonce = headers["nonce"]
        if not _NONCE.fullmatch(nonce):
            raise refusals.malformed(_("随机数应为 16 至 64 个字母、数字、- 或 _"), where="X-Jiangyuan-Nonce")
        self.nonces.check(caller.key_id, nonce)
        self.rates.take(caller.actor.id, per_minute=caller.calls_per_minute)
        self.nonces.use(caller.key_id, nonce)

    async def service(self, call: Call, caller: Caller, name: str, form: str) -> Service:
        """Give the service that the call names, in a form that its grant allows, for its purpose. Raises a refusal.

        `form` empty: any form will do (documentation).
        """
        purpose = call.headers.get("purpose", "")
        service = await self._named(caller, name, purpose, form)
        if form and form not in service.relation.forms:
            raise refusals.wrong_form(form)
        if purpose != service.purpose:
            raise refusals.wrong_purpose()
        if not service.active or service.relation.until < today():
            raise refusals.ended()
        return service

    async def _named(self, caller: Caller, name: str, purpose: str, form: str) -> Service:
        try:
            grant = UUID(name)
        except ValueError:
            held = await self.definitions.services(caller.actor, name, purpose)
            fitting = [one for one in held if not form or form in one.relation.forms]
            if len(fitting) > 1:
                raise refusals.ambiguous() from None
            if not fitting and held:
                raise refusals.wrong_form(form) from None
            found = fitting[0] if fitting else None
        else:
            found = await self.definitions.service(caller.actor, grant)
        if found is None:
            raise refusals.not_granted()
        return found

    def scene(self, call: Call, service: Service) -> Scene:
        """Give the scene of the call: who sits at the desk, on which case. Raises a refusal where that is not said."""
        operator, case = call.text("operator"), call.text("case", limit=60)
        if not operator.strip():
            raise refusals.no_operator()
        if (service.personal or service.case_bound) and not case.strip():
            raise refusals.no_case()
        return Scene(
            purpose=service.purpose, case_number=case, operator=operator, channel="gateway", network=call.network
        )

    async def listed(self, caller: Caller, service: Service, scene: Scene, subjects: Sequence[bytes]) -> None:
        """Hold persons (by pseudonym) against the list of the case, where the grant is bound to cases. Raises a refusal."""
        if not service.case_bound:
            return
        case: CaseFile | None = await self.definitions.case(caller.actor, scene.case_number)
        # one verdict over all parts: which of them failed is not told, nor how long it took
        holds = case is not None and case.open and case.open_until >= today() and case.purpose == service.purpose
        known = case.subjects if case is not None else frozenset()
        if not (holds and all(subject in known for subject in subjects)):
            raise refusals.not_listed()

    def probe(self, service: Service, count: int) -> None:
        """Take `count` probes from the grant's rate. Raises a refusal."""
        self.rates.take(service.id, per_minute=service.probes_per_minute, count=count, probes=True)


def subject_text(value: object, where: str) -> str:
    """Read an identifier as it was sent. Raises a refusal."""
    if not isinstance(value, str) or not _SUBJECT.fullmatch(value.strip()):
        raise refusals.malformed(
            _("主体标识应为 1 至 64 个字符的文本"), where=where, mend=_("请填写公民身份号码或统一社会信用代码。")
        )
    return value.strip()
