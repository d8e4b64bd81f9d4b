"""One signed call from admission to its traced answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.utils import translation

from jiangyuan.data.gathering import Gathering
from jiangyuan.data.plan import PlanRefused
from jiangyuan.data.serving import Lanes, StoreChanged
from jiangyuan.exchange.delivery.gateway import answers, refusals, streams
from jiangyuan.exchange.delivery.gateway.admission import Admission
from jiangyuan.exchange.delivery.gateway.answers import Answer, EpochOver
from jiangyuan.exchange.delivery.gateway.deadlines import Deadlines
from jiangyuan.exchange.delivery.gateway.definitions import Caller, Definitions, Service
from jiangyuan.exchange.delivery.gateway.documentation import openapi
from jiangyuan.exchange.delivery.gateway.metrics import Metrics
from jiangyuan.exchange.delivery.gateway.request import Call, read_content, read_query
from jiangyuan.exchange.delivery.gateway.traces import Traces
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.errors import JiangyuanError, Refused, Transient
from jiangyuan.kernel.events import Reading
from jiangyuan.kernel.identifiers import uuid7

ANSWER_SECONDS = 15.0
STREAM_SECONDS = 120.0
FORMS = {"match": "match", "match-list": "match", "rows": "query", "openapi.json": ""}
METHODS = {"match": "POST", "match-list": "POST", "rows": "GET", "openapi.json": "GET"}

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Context:
    """One call under way: what is known of it so far, for its trace and for its refusal's."""

    call: Call | None = None
    caller: Caller | None = None
    service: Service | None = None
    scene: Scene | None = None
    verb: str = ""


class Calls:
    """Answers admitted calls. `most_rows` bounds a stream, `address` is where the documentation says we are."""

    def __init__(
        self,
        *,
        lanes: Lanes,
        streams: Lanes,
        definitions: Definitions,
        traces: Traces,
        metrics: Metrics,
        most_rows: int,
        address: str,
    ) -> None:
        self.reads, self.streams, self.definitions = Gathering(lanes), streams, definitions
        self.traces, self.metrics = traces, metrics
        self.admission = Admission(definitions)
        self.deadlines = Deadlines()
        self._most_rows, self._address = most_rows, address

    async def answer(self, context: Context, call: Call, name: str, send: Send) -> None:
        """Admit a call and answer it, or raise its refusal."""
        task = self.deadlines.begin(ANSWER_SECONDS)
        overdue = False
        try:
            await self._admitted(context, call, name, send)
        except asyncio.CancelledError:
            overdue = self.deadlines.end(task)
            if not overdue:
                raise
        finally:
            self.deadlines.end(task)
        if overdue:
            raise refusals.out_of_time()

    async def _admitted(self, context: Context, call: Call, name: str, send: Send) -> None:
        caller = context.caller = await self.admission.caller(call)
        for attempt in (1, 2):
            try:
                await self._serve(context, call, caller, name, send)
                return
            except (EpochOver, StoreChanged):
                # the grant moved on between its description and its statement: once more, as it stands now
                self.definitions.forget()
                if attempt == 2:
                    raise refusals.preparing() from None

    async def _serve(self, context: Context, call: Call, caller: Caller, name: str, send: Send) -> None:
        verb = context.verb
        service = context.service = await self.admission.service(call, caller, name, FORMS[verb])
        if verb == "openapi.json":
            with translation.override("en" if call.english else "zh-hans"):
                await send_whole(send, 200, orjson.dumps(openapi(service, address=self._address)), [])
            return
        if not service.ready:
            raise refusals.preparing()
        scene = context.scene = self.admission.scene(call, service)
        if verb == "rows":
            await self._rows(context, call, caller, service, scene, send)
        else:
            await self._match(context, call, caller, service, scene, send)

    async def _match(
        self, context: Context, call: Call, caller: Caller, service: Service, scene: Scene, send: Send
    ) -> None:
        content = read_content(call)
        asked = [answers.read_asked(content)] if context.verb == "match" else answers.read_list(content)
        subjects = [self.definitions.pseudonym(one.subject) for one in asked]
        await self.admission.listed(caller, service, scene, subjects)
        self.admission.probe(service, len(asked))
        if context.verb == "match":
            answer = await answers.match(self.reads, service, asked[0])
        else:
            answer = await answers.match_list(self.reads, service, asked)
        named = ",".join(sorted({name for one in asked for name in one.fields or ()}))
        query = f"{context.verb}:{named}" if named else context.verb
        await self._give(caller, service, scene, answer, query, b"".join(dict.fromkeys(subjects)), call, send)

    async def _rows(
        self,
        context: Context,
        call: Call,
        caller: Caller,
        service: Service,
        scene: Scene,
        send: Send,
    ) -> None:
        asked = answers.read_rows(read_query(call), streamed=call.streamed, most=self._most_rows)
        subject = answers.named_subject(service, asked)
        pseudonym = b""
        if service.case_bound:
            if not subject:
                raise refusals.one_by_one()
            pseudonym = self.definitions.pseudonym(subject)
            await self.admission.listed(caller, service, scene, [pseudonym])
        elif answers.probes(service, asked):
            self.admission.probe(service, 1)
        query = f"rows:{','.join(asked.names)};limit={asked.limit}"
        if call.streamed:
            self.deadlines.begin(STREAM_SECONDS)
            await self._stream(caller, service, scene, asked, query, call, send)
            return
        answer = await answers.rows(self.reads, service, asked)
        # a list of persons lets nobody be asked for but the one just held against it
        subjects = pseudonym or b"".join([self.definitions.pseudonym(one) for one in answer.subjects])
        await self._give(caller, service, scene, answer, query, subjects, call, send)

    async def _give(
        self,
        caller: Caller,
        service: Service,
        scene: Scene,
        answer: Answer,
        query: str,
        subjects: bytes,
        call: Call,
        send: Send,
    ) -> None:
        """Make the trace durable, then let the answer go."""
        reading = _reading(caller, service, scene, query, answer.data_version)
        read = uuid7()
        # what the caller alone knows goes in first: the memory must not let anybody try out what the answer was
        digest = ciphers.sm3(call.headers["nonce"].encode() + answer.body).hex()
        await self.traces.whole(reading, read=read, rows=answer.rows, digest=digest, subjects=subjects)
        headers = _traced(read, service, answer.data_version)
        headers.append((b"x-jiangyuan-answer-digest", digest.encode()))
        await send_whole(send, 200, answer.body, headers)

    async def _stream(
        self,
        caller: Caller,
        service: Service,
        scene: Scene,
        asked: answers.RowsAsked,
        query: str,
        call: Call,
        send: Send,
    ) -> None:
        statement, values = answers.rows_query(service, asked)
        tally = streams.Tally(call.headers["nonce"])
        read, begun, reading = uuid7(), False, _reading(caller, service, scene, query, "")
        last = b""
        try:
            async with streams.closing(streams.chunks(self.streams, service, statement, values, tally)) as found:
                async for chunk in found:
                    if not begun:
                        reading = _reading(caller, service, scene, query, tally.version)
                        await self.traces.started(reading, read=read)
                        headers = [*_traced(read, service, tally.version), (b"content-type", b"application/x-ndjson")]
                        await send({"type": "http.response.start", "status": 200, "headers": headers})
                        begun = True
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            last = orjson.dumps({"end": {"rows": tally.rows, "digest": tally.digest}})
        except (Refused, Transient, EpochOver) as error:
            if not begun:
                raise
            shown = error if isinstance(error, JiangyuanError) else refusals.ended()
            self.metrics.refused("stream", shown.code)
            last = orjson.dumps({"error": told(shown, english=call.english)})
        finally:
            if begun:
                subjects = b"".join([self.definitions.pseudonym(one) for one in tally.subjects])
                await self.traces.finished(reading, read=read, rows=tally.rows, digest=tally.digest, subjects=subjects)
        await send({"type": "http.response.body", "body": last + b"\n", "more_body": False})


def told(error: JiangyuanError, *, english: bool) -> dict[str, Any]:
    """Give an error as the caller reads it."""
    with translation.override("en" if english else "zh-hans"):
        told = error.as_dict()
    if isinstance(error, PlanRefused):
        told["article"] = told["article"] or refusals.ART22
    return told


def _reading(caller: Caller, service: Service, scene: Scene, query: str, version: str) -> Reading:
    return Reading(
        form="query" if query.startswith("rows") else "match",
        actor=caller.actor,
        scene=scene,
        grants=service.grants,
        entry=service.relation.entry,
        query=query,
        data_version=version,
    )


def _traced(read: UUID, service: Service, version: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"x-jiangyuan-request-id", str(read).encode()),
        (b"x-jiangyuan-data-version", version.encode("ascii", "replace")),
        (b"x-jiangyuan-epoch", b"%d" % service.relation.epoch),
    ]


async def send_whole(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]], *, kind: bytes = b"application/json"
) -> None:
    """Send an answer in one piece."""
    headers.append((b"content-type", kind))
    headers.append((b"content-length", b"%d" % len(body)))
    headers.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
