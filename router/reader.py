"""How an answer is read on its way back: what the client gets of it, and what the ledger keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from router.call import Metered, Result
from router.providers import RawHeaders
from router.tee import MOST_JSON_BYTES, Tee
from router.wire.chat_answer import answer_of, thoughts_of
from router.wire.chat_errors import MESSAGELESS, error_answer
from router.wire.chat_events import begun, error_event, event, stream_of
from router.wire.chat_stream import ChatStream, Outcome
from router.wire.chat_thoughts import Thoughts
from router.wire.chat_usage import usage_of_chat
from router.wire.decoding import Decoder
from router.wire.messages import StreamMeter, metered_of_json, usage_of
from router.wire.reshape_answer import RenamedStream, renamed, said_model
from router.wire.untrusted import table

JSON = b"application/json"
EVENTS = b"text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a translated answer is called: the models `asked` for and `sent`, and the attempt's
    `seed` of letters and digits. `is_begun`: the client has had a `message_start` from the gate.
    `streams`: it reads events, whatever the upstream sends.
    """

    asked: str
    sent: str
    seed: str
    is_begun: bool = False
    streams: bool = False
    input_tokens: int = 0
    names: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> bytes:
        """A `message_start` before the upstream's first byte."""
        model = said_model(self.asked, self.sent, None)
        return event("message_start", message=begun(model, f"msg_fg{self.seed}", self.input_tokens))


class Reader:
    """Passes an answer on as it came."""

    content_type: bytes | None = None

    def __init__(self) -> None:
        self.tee = Tee()

    def begin(self, status: int, headers: RawHeaders) -> None:
        self.tee.begin(status, headers)

    def feed(self, chunk: bytes) -> bytes:
        self.tee.feed(chunk)
        return chunk

    def end(self) -> bytes:
        """What is still to be said when the upstream has ended."""
        return b""

    @property
    def is_cut(self) -> bool:
        """Whether an end that looks clean is none: the client's connection is to be broken off."""
        return False

    @property
    def status(self) -> int | None:
        return self.tee.status

    @property
    def has_content(self) -> bool:
        return self.tee.has_content

    @property
    def has_ended(self) -> bool:
        """Whether the last byte that matters has passed."""
        return self.tee.has_ended

    def keep_alive(self) -> bytes:
        """An event for a client that would give up on silence; nothing where bytes pass as is."""
        return b""

    @property
    def speaks_events(self) -> bool:
        return self.tee.is_stream

    def metered(self) -> Metered:
        return self.tee.metered()

    def result(self) -> Result:
        return self.tee.result_as(self.metered())

    def thoughts(self, before: Thoughts) -> Thoughts:
        return before


class Translating(Reader):
    """What the readers of other answers share: the answer unpacked, and kept where it is whole."""

    def __init__(self, naming: Naming) -> None:
        super().__init__()
        self._naming = naming
        self._decoder = Decoder(None)
        self._whole = bytearray()

    def begin(self, status: int, headers: RawHeaders) -> None:
        super().begin(status, headers)
        coding = next(
            (value for name, value in headers if name.lower() == b"content-encoding"), b""
        )
        self._decoder = Decoder(coding.decode("latin-1"))
        self.content_type = EVENTS if self.speaks_events else JSON

    @property
    def speaks_events(self) -> bool:
        return self.tee.is_stream or self._came_at_once

    @property
    def _came_at_once(self) -> bool:
        """Whether the upstream answers whole what was asked for as a stream."""
        return self._naming.streams and self.tee.status == 200 and not self.tee.is_stream

    def _keep(self, plain: bytes) -> bytes:
        if len(self._whole) < MOST_JSON_BYTES:
            self._whole += plain
        return b""

    def _parsed(self) -> dict[str, Any]:
        try:
            return table(orjson.loads(bytes(self._whole)))
        except orjson.JSONDecodeError:
            return {}


class RenamingReader(Translating):
    """Another model's answer, or another endpoint's, under the names that the client knows."""

    def __init__(self, naming: Naming) -> None:
        super().__init__(naming)
        self._is_begun = naming.is_begun
        self._holds_no_message = False
        self._stream = self._renamed(is_begun=naming.is_begun)

    def _renamed(self, *, is_begun: bool) -> RenamedStream:
        naming = self._naming
        return RenamedStream(naming.asked, naming.sent, naming.seed, is_begun=is_begun)

    def feed(self, chunk: bytes) -> bytes:
        self.tee.feed(chunk)
        plain = self._decoder.feed(chunk)
        if not self.tee.is_stream:
            return self._keep(plain)
        self._is_begun = self._is_begun or b"message_start" in plain
        return self._stream.feed(plain)

    def end(self) -> bytes:
        return self._stream.end() if self.tee.is_stream else self._answer()

    def keep_alive(self) -> bytes:
        """The start of a message of ours, whose own start is then left out; after it, a ping."""
        if self._is_begun:
            return event("ping")
        self._is_begun = True
        self._stream = self._renamed(is_begun=True)
        return self._naming.start()

    @property
    def is_cut(self) -> bool:
        return self.tee.is_stream and self.result() is Result.TRUNCATED

    def _answer(self) -> bytes:
        status, raw, message = self.tee.status or 500, bytes(self._whole), self._parsed()
        if status >= 400:
            is_told = message.get("type") == "error" and isinstance(message.get("error"), dict)
            return raw if is_told else orjson.dumps(error_answer(status, raw))
        if message.get("type") != "message":
            return self._fault() if self._came_at_once else raw
        naming = self._naming
        if self._came_at_once:
            return self._stream.feed(stream_of(message)) + self._stream.end()
        return orjson.dumps(renamed(message, naming.asked, naming.sent, naming.seed))

    def _fault(self) -> bytes:
        """A success that is none, told to a client that reads events."""
        self._holds_no_message = True
        said = self.metered()
        return error_event(said.error_type or "api_error", said.error or MESSAGELESS)

    def metered(self) -> Metered:
        told = self.tee.metered()
        if told.error_type or not self._holds_no_message:
            return told
        return replace(told, error_type="api_error", error=MESSAGELESS)


class ChatReader(Translating):
    """An answer of Chat Completions, translated; what it counted itself is what is recorded."""

    def __init__(self, naming: Naming) -> None:
        super().__init__(naming)
        self._stream = ChatStream(
            naming.asked,
            naming.sent,
            naming.seed,
            input_tokens=naming.input_tokens,
            names=naming.names,
        )
        if naming.is_begun:
            self._stream.start()  # the client has it already
        self._meter = StreamMeter()

    def feed(self, chunk: bytes) -> bytes:
        plain = self._decoder.feed(chunk)
        if self.tee.is_stream:
            return self._said(self._stream.feed(plain))
        self.tee.feed(chunk)
        return self._keep(plain)

    def end(self) -> bytes:
        if self.tee.is_stream:
            return self._said(self._stream.end())
        if self._came_at_once:
            return self._said(self._stream.whole(self._parsed()))
        return self._answer()

    def keep_alive(self) -> bytes:
        return self._said(self._stream.keep_alive())

    @property
    def status(self) -> int | None:
        """A failure that was answered as a success is told as what it is."""
        is_fault = self.tee.status == 200 and not self.speaks_events and self.metered().error_type
        return 502 if is_fault else self.tee.status

    @property
    def has_ended(self) -> bool:
        return self.tee.has_ended or self._stream.outcome is not Outcome.OPEN

    @property
    def is_cut(self) -> bool:
        return self.speaks_events and self._stream.outcome is not Outcome.WHOLE

    @property
    def has_content(self) -> bool:
        return self._meter.first_content_seen if self.speaks_events else self.tee.has_ended

    def metered(self) -> Metered:
        if not self.speaks_events:
            return self._metered_whole()
        said = self._stream
        complete = said.outcome is Outcome.WHOLE
        return _counted(replace(self._meter.metered(), complete=complete), said.usage, self._model)

    def thoughts(self, before: Thoughts) -> Thoughts:
        if self.speaks_events:
            return self._stream.thoughts(before)
        return thoughts_of(self._parsed(), self._naming.seed, before)

    @property
    def _model(self) -> str:
        return self._stream.answered_model or self._naming.sent

    def _said(self, events: bytes) -> bytes:
        self._meter.feed(events)
        return events

    def _answer(self) -> bytes:
        status, naming = self.tee.status or 500, self._naming
        if status >= 400:
            return orjson.dumps(error_answer(status, bytes(self._whole)))
        return orjson.dumps(
            answer_of(self._parsed(), naming.asked, naming.sent, naming.seed, names=naming.names)
        )

    def _metered_whole(self) -> Metered:
        if (self.tee.status or 500) >= 400 or not self._whole:
            return self.tee.metered()
        usage = usage_of_chat(self._parsed().get("usage"))
        model = self._parsed().get("model")
        told = metered_of_json(self._answer())
        return _counted(told, usage, str(model or self._naming.sent))


def _counted(told: Metered, usage: dict[str, Any] | None, model: str) -> Metered:
    """What was told of an answer, with the upstream's own count and model: no estimate of ours."""
    cost = metered_of_json(orjson.dumps({"usage": usage or {}})).provider_cost_usd
    counted = usage_of(usage) if usage else None
    return replace(told, usage=counted, model=model, provider_cost_usd=cost)
