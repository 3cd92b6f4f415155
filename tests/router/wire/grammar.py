"""The grammar of an answer as Claude Code reads it, and the message it makes of one.

Source: what the client was seen to need: named events, every block begun and ended, one
after the other, then the stop reason with the usage, then the end.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

DELTAS = {
    "text": {"text_delta": "text", "citations_delta": "citation"},
    "thinking": {"thinking_delta": "thinking", "signature_delta": "signature"},
    "tool_use": {"input_json_delta": "partial_json"},
    "server_tool_use": {"input_json_delta": "partial_json"},
}
STOP_REASONS = {
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
}
ERROR_TYPES = {
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "timeout_error",
    "api_error",
    "overloaded_error",
}
ANYWHERE = {"ping"}


class Event(NamedTuple):
    name: str
    data: dict[str, Any]


def events_of(stream: bytes) -> list[Event]:
    """Every event; raises AssertionError for one that the client would not take."""
    whole, _, rest = stream.rpartition(b"\n\n")
    assert not rest, f"the stream ends inside an event: {rest[:80]!r}"
    return [_event(part) for part in whole.split(b"\n\n") if part]


def _event(part: bytes) -> Event:
    first, _, second = part.decode("utf-8", "strict").partition("\n")
    assert first.startswith("event: "), f"an event without a name: {part[:80]!r}"
    assert second.startswith("data: "), f"an event without data: {part[:80]!r}"
    data = json.loads(second.removeprefix("data: "))
    name = first.removeprefix("event: ")
    assert data.get("type") == name, f"{name} holds a {data.get('type')}"
    return Event(name, data)


def faults(stream: bytes, *, is_cut: bool = False) -> list[str]:
    """What is wrong with a stream, nothing for a good one. A cut one may lack its end."""
    try:
        events = [event for event in events_of(stream) if event.name not in ANYWHERE]
    except (AssertionError, ValueError) as error:
        return [str(error)]
    if events and events[-1].name == "error":
        return list(_error_faults(events.pop())) + list(_order_faults(events, is_cut=True))
    return list(_order_faults(events, is_cut=is_cut))


def _error_faults(event: Event) -> Iterator[str]:
    error = event.data.get("error") or {}
    if error.get("type") not in ERROR_TYPES:
        yield f"an error of unknown type {error.get('type')}"
    if not error.get("message"):
        yield "an error without a message"


def _order_faults(events: list[Event], *, is_cut: bool) -> Iterator[str]:
    if not events:
        return
    if events[0].name != "message_start":
        yield f"begins with {events[0].name}"
    else:
        yield from _start_faults(events[0].data)
    reader = _Reader()
    for event in events[1:]:
        yield from reader.take(event)
    if not is_cut:
        yield from reader.end()


def _start_faults(data: dict[str, Any]) -> Iterator[str]:
    message = data.get("message") or {}
    wanted = {"type": "message", "role": "assistant", "content": [], "stop_reason": None}
    for name, value in wanted.items():
        if message.get(name, "absent") != value:
            yield f"message_start has {name}={message.get(name)!r}"
    if not str(message.get("id")).startswith("msg_"):
        yield "message_start has no id of a message"
    if not message.get("model"):
        yield "message_start names no model"
    if "input_tokens" not in (message.get("usage") or {}):
        yield "message_start has no usage"


class _Reader:
    def __init__(self) -> None:
        self.open: dict[str, Any] | None = None
        self.next_index = 0
        self.tools = 0
        self.json = ""
        self.stop_reason: str | None = None
        self.is_stopped = False

    def take(self, event: Event) -> Iterator[str]:
        if self.is_stopped:
            yield f"{event.name} after message_stop"
        match event.name:
            case "content_block_start":
                yield from self.begin(event.data)
            case "content_block_delta":
                yield from self.add(event.data)
            case "content_block_stop":
                yield from self.finish(event.data)
            case "message_delta":
                yield from self.delta(event.data)
            case "message_stop":
                self.is_stopped = True
            case other:
                yield f"unexpected {other}"

    def begin(self, data: dict[str, Any]) -> Iterator[str]:
        block = data.get("content_block") or {}
        if self.open is not None:
            yield f"block {data['index']} begins inside another"
        if data.get("index") != self.next_index:
            yield f"block {data.get('index')} where {self.next_index} was due"
        if self.stop_reason is not None:
            yield "a block after message_delta"
        if block.get("type") == "tool_use":
            self.tools += 1
            yield from _tool_faults(block)
        self.open, self.json = block, ""
        self.next_index += 1

    def add(self, data: dict[str, Any]) -> Iterator[str]:
        if self.open is None or data.get("index") != self.next_index - 1:
            yield f"a delta for block {data.get('index')}, which is not open"
            return
        delta = data.get("delta") or {}
        fields = DELTAS.get(self.open["type"], {})
        field = fields.get(delta.get("type"))
        if field is None:
            yield f"a {delta.get('type')} in a {self.open['type']} block"
        elif field != "citation" and not isinstance(delta.get(field), str):
            yield f"a {delta.get('type')} without {field}"
        self.json += str(delta.get("partial_json", ""))

    def finish(self, data: dict[str, Any]) -> Iterator[str]:
        if self.open is None or data.get("index") != self.next_index - 1:
            yield f"block {data.get('index')} ends, which is not open"
        self.open = None

    def delta(self, data: dict[str, Any]) -> Iterator[str]:
        if self.open is not None:
            yield "message_delta inside a block"
        self.stop_reason = (data.get("delta") or {}).get("stop_reason")
        if self.stop_reason not in STOP_REASONS:
            yield f"unknown stop_reason {self.stop_reason!r}"
        if self.stop_reason == "tool_use" and not self.tools:
            yield "stopped for a tool that was not called"
        if "output_tokens" not in (data.get("usage") or {}):
            yield "message_delta counts no output"

    def end(self) -> Iterator[str]:
        if self.open is not None:
            yield "a block is left open"
        if self.stop_reason is None:
            yield "no message_delta"
        if not self.is_stopped:
            yield "no message_stop"


def _tool_faults(block: dict[str, Any]) -> Iterator[str]:
    if not (block.get("id") and block.get("name")):
        yield "a tool without id or name"
    if block.get("input") != {}:
        yield "a tool that begins with input"


def message_of(stream: bytes) -> dict[str, Any]:
    """The message that the client puts together, its tool inputs parsed where they can be."""
    message: dict[str, Any] = {}
    for name, data in events_of(stream):
        match name:
            case "message_start":
                message = {**data["message"], "content": []}
            case "content_block_start":
                message["content"].append({**data["content_block"], "json": ""})
            case "content_block_delta":
                _grow(message["content"][data["index"]], data["delta"])
            case "content_block_stop":
                _close(message["content"][data["index"]])
            case "message_delta":
                message |= data["delta"]
                counted = {key: value for key, value in data["usage"].items() if value}
                message["usage"] = {**message["usage"], **counted}
    return message


def _grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    for name in ("text", "thinking", "signature"):
        if name in delta:
            block[name] += delta[name]
    block["json"] += delta.get("partial_json", "")


def _close(block: dict[str, Any]) -> None:
    said = block.pop("json")
    if block["type"] == "tool_use" and said:
        try:
            block["input"] = json.loads(said)
        except ValueError:
            block["input"] = {"invalid_json": said}
