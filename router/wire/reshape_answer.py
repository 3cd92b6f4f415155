"""The answer of another model or endpoint, named as the client has to know it.

The client strips a turn's thinking from what follows where the answer's model is not,
letter for letter, the one it asked for. So one model under another spelling answers under
the id that was asked for, and another model under its own.
"""

import re
from typing import Any

import orjson

from router.wire.messages import merge_usage
from router.wire.reshape_shapes import same_model
from router.wire.untrusted import table, word

OWN_ID = re.compile(r"msg_[A-Za-z0-9]{16,}")
END_OF_EVENT = re.compile(rb"\r\n\r\n|\n\n|\r\r")
LARGEST_START = 1 << 20
HEAD = 64


def said_model(asked: str, sent: str, answered: str | None) -> str:
    """The model an answer is to name: `asked` for, `sent` upstream, `answered` by it."""
    true = answered or sent
    return asked if same_model(asked, true) else true


def said_id(given: object, seed: str) -> str:
    """The message id an answer is to carry: its own, or one of `seed` where that is not unique.

    `seed` is unique to the attempt and made of letters and digits.
    """
    own = word(given)
    return own if own and OWN_ID.fullmatch(own) else f"msg_fg{seed}"


def renamed(message: dict[str, Any], asked: str, sent: str, seed: str) -> dict[str, Any]:
    """A whole answer, or the message of a `message_start`, under the right names."""
    model = said_model(asked, sent, word(message.get("model")))
    return {**message, "model": model, "id": said_id(message.get("id"), seed)}


class RenamedStream:
    """A stream of the Messages API, its `message_start` renamed; every other byte as it came.

    `is_begun`: the client has had a `message_start` from the gate. The upstream's is left
    out then, and what it counted is told with the `message_delta`.
    """

    def __init__(self, asked: str, sent: str, seed: str, *, is_begun: bool = False) -> None:
        self._names = (asked, sent, seed)
        self._is_begun = is_begun
        self._is_through = False
        self._held = bytearray()
        self._usage: dict[str, Any] = {}

    def feed(self, chunk: bytes) -> bytes:
        if self._is_through:
            return chunk
        self._held += chunk
        out = bytearray()
        while not self._is_through and (end := END_OF_EVENT.search(self._held)):
            event = bytes(self._held[: end.end()])
            del self._held[: end.end()]
            out += self._event(event)
        if self._is_through or len(self._held) > LARGEST_START:
            self._is_through = True
            out += self.end()
        return bytes(out)

    def end(self) -> bytes:
        """What is still held when the stream ends."""
        held = bytes(self._held)
        self._held.clear()
        return held

    def _event(self, event: bytes) -> bytes:
        if b"message_" not in event[:HEAD]:
            return event
        data = _data_of(event)
        kind = table(data).get("type")
        if kind == "message_start":
            return self._start(table(data), event)
        if kind == "message_delta" and self._is_begun:
            self._is_through = True
            return self._delta(table(data))
        return event

    def _start(self, data: dict[str, Any], event: bytes) -> bytes:
        message = table(data.get("message"))
        if self._is_begun:
            self._usage = table(message.get("usage"))
            return b""
        self._is_through = True
        named = renamed(message, *self._names)
        return event if named == message else _event("message_start", {**data, "message": named})

    def _delta(self, data: dict[str, Any]) -> bytes:
        usage = dict(self._usage)
        merge_usage(usage, table(data.get("usage")))
        return _event("message_delta", {**data, "usage": usage})


def _data_of(event: bytes) -> object:
    lines = (line for line in event.splitlines() if line.startswith(b"data:"))
    try:
        return orjson.loads(b"\n".join(line[5:].removeprefix(b" ") for line in lines))
    except orjson.JSONDecodeError:
        return None


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
