"""A stream of Chat Completions as one of the Messages API, event by event.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import orjson

from router.wire.chat_calls import Parts
from router.wire.chat_errors import (
    MESSAGELESS,
    NAMELESS,
    NO_REASON,
    error_type,
    error_within,
    worded,
)
from router.wire.chat_events import begun, ending, error_event, event
from router.wire.chat_pieces import calls_in, choice_in, is_refusal, pieces_in
from router.wire.chat_thoughts import NO_THOUGHTS, Thought, Thoughts, remember
from router.wire.chat_usage import FAILED, stopped, usage_of_chat
from router.wire.count import tokens_in
from router.wire.errors import error_in, told
from router.wire.reshape_answer import said_model
from router.wire.sse import SseReader
from router.wire.untrusted import count, rows, table, word

DONE = b"[DONE]"
MOST_DETAILS = 4096


class Outcome(StrEnum):
    """How a stream stands: going on, whole, cut short, or ended by an error that was passed on."""

    OPEN = "open"
    WHOLE = "whole"
    CUT = "cut"
    FAILED = "failed"


class ChatStream:
    """Translates one stream. `asked` and `sent` are the models asked for and sent upstream.

    `seed` (letters and digits) is unique to the attempt and makes the message's id.
    `input_tokens` is an estimate for `message_start`, corrected at the end. `usage` is what
    the upstream counted, in the words of Messages; None where it counted nothing, and then
    the client is told an estimate.
    """

    def __init__(
        self,
        asked: str,
        sent: str,
        seed: str,
        *,
        input_tokens: int = 0,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.outcome = Outcome.OPEN
        self.usage: dict[str, Any] | None = None
        self.answered_model: str | None = None
        self._models = (asked, sent)
        self._seed = seed
        self._input_tokens = input_tokens
        self._reader = SseReader()
        self._parts = Parts(seed, names or {})
        self._details: list[Any] = []
        self._is_begun = False
        self._finish: str | None = None
        self._stop: str | None = None
        self._was_refused = False

    def start(self) -> bytes:
        """`message_start`, at once: before the upstream's first byte, it names the model sent."""
        if self._is_begun:
            return b""
        self._is_begun = True
        model = said_model(*self._models, self.answered_model)
        message = begun(model, f"msg_fg{self._seed}", self._input_tokens)
        return event("message_start", message=message)

    def keep_alive(self) -> bytes:
        """An event that is none of the answer, for a client that gives up on silence.

        A `ping` is not enough for every client, so it is the start of the message, of a
        thought, or an empty piece of the block that is open.
        """
        if self.outcome is not Outcome.OPEN or self._finish is not None:
            return b""
        return self.start() if not self._is_begun else self._parts.stay_open()

    def feed(self, chunk: bytes) -> bytes:
        """The events that these bytes complete, however they are cut."""
        out = bytearray()
        for name, data in self._reader.feed(chunk):
            if self.outcome is Outcome.OPEN:
                out += self._take(name, data)
        return bytes(out)

    def whole(self, chat: dict[str, Any]) -> bytes:
        """The events of an answer that came at once, although a stream was asked for."""
        choice = choice_in(chat)
        if error := error_within(chat):
            return self._fail(error["error"]["type"], error["error"]["message"])
        if not isinstance(choice.get("message"), dict):
            return self._fail("api_error", MESSAGELESS)
        message = choice["message"]
        calls = [{**call, "index": place} for place, call in enumerate(calls_in(message))]
        said = {**choice, "delta": {**message, "tool_calls": calls}}
        self._finish = word(choice.get("finish_reason")) or "stop"
        return self._chunk({**chat, "choices": [said]}) + self.end()

    def end(self) -> bytes:
        """The last events, when the upstream has ended; none where it was cut.

        After a cut (`outcome`) the client's connection must be broken off, as the upstream's
        was: a clean end would be taken for a whole answer.
        """
        if self.outcome is not Outcome.OPEN:
            return b""
        if self._finish is None:
            self.outcome = Outcome.CUT
            return b""
        return self._close()

    def thoughts(self, before: Thoughts = NO_THOUGHTS) -> Thoughts:
        """`before`, and what this answer thought before it called tools."""
        ids = {part.tool_id: part.extra for part in self._parts.tools if part.tool_id}
        extras = {name: extra for name, extra in ids.items() if extra}
        thought = Thought(text=self._parts.thought, details=tuple(self._details), extras=extras)
        return remember(before, ids, thought)

    def _take(self, name: str, data: bytes) -> bytes:
        if data.strip() == DONE:
            return self._done()
        chunk = _parsed(data)
        if chunk is None:
            return self._fail("api_error", "the provider sent a piece that is not JSON")
        if chunk.get("error") or name == "error":
            return self._fail(*_error_in(chunk))
        return self._chunk(chunk)

    def _done(self) -> bytes:
        """`[DONE]` without a finish ends what was said; after nothing, it ends nothing."""
        if self._finish is None and self._parts.parts:
            self._finish = "stop"
        return self.end()

    def _chunk(self, chunk: dict[str, Any]) -> bytes:
        choice = choice_in(chunk)
        usage = chunk.get("usage") or table(chunk.get("x_groq")).get("usage")
        self.answered_model = self.answered_model or word(chunk.get("model"))
        self.usage = usage_of_chat(usage) or self.usage
        return self._delta(table(choice.get("delta"))) + self._finished(choice)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        for kind, words in pieces_in(delta):
            self._parts.say(kind, words)
        for call in calls_in(delta):
            self._parts.call(call)
        self._was_refused = self._was_refused or is_refusal(delta)
        self._details += rows(delta.get("reasoning_details"))[: MOST_DETAILS - len(self._details)]
        written = self._parts.written()
        return self.start() + written if written else b""

    def _finished(self, choice: dict[str, Any]) -> bytes:
        """On the finish every block is closed, so that tools need not wait for the usage."""
        finish = word(choice.get("finish_reason"))
        if finish is None:
            return b""
        if finish in FAILED:
            return self._fail(*_error_in(choice))
        self._finish = self._finish or finish
        self._stop = self._stop or word(choice.get("stop_reason"))
        if self._parts.is_nameless:
            return self._fail("api_error", NAMELESS)
        written = self._parts.written(to_end=True)
        return self.start() + written

    def _close(self) -> bytes:
        if self._parts.is_nameless:
            return self._fail("api_error", NAMELESS)
        self.outcome = Outcome.WHOLE
        out = self.start() + self._parts.written(to_end=True) + self._parts.writer.close()
        reason, stop = stopped(
            self._finish or "stop",
            self._stop,
            called_tools=bool(self._parts.tools),
            was_refused=self._was_refused,
        )
        return out + ending(reason, stop, self.usage or self._estimate())

    def _estimate(self) -> dict[str, Any]:
        output = sum(tokens_in(part.text) for part in self._parts.parts)
        return {"input_tokens": self._input_tokens, "output_tokens": max(1, output)}

    def _fail(self, kind: str, message: str) -> bytes:
        self.outcome = Outcome.FAILED
        return error_event(kind, message)


def _parsed(data: bytes) -> dict[str, Any] | None:
    """The chunk; with the standard parser where a character was cut in two."""
    try:
        return table(orjson.loads(data))
    except orjson.JSONDecodeError:
        pass
    try:
        return table(json.loads(data))
    except ValueError:
        return None


def _error_in(said: dict[str, Any]) -> tuple[str, str]:
    kind, message = error_in(said)
    status = count(table(said.get("error")).get("code")) or 500
    return error_type(status, kind), worded(told(message or NO_REASON))
