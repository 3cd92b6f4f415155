"""A `Reply` as bytes: Anthropic's message JSON, or its server-sent events."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.fakes.reply import Block, Point, Reply, Spent, fresh_id

DELTA_CHARS = 12


class Event(NamedTuple):
    """One server-sent event, with the type of the content block it belongs to."""

    name: str
    wire: bytes
    block: str = ""


def event(name: str, block: str = "", /, **fields: Any) -> Event:
    """As Anthropic sends it: compact JSON, blanks before the closing brace of shorter events."""
    body = json.dumps({"type": name, **fields}, separators=(",", ":"), ensure_ascii=False)
    padded = body[:-1] + " " * (len(body) % 7) + "}"
    return Event(name, f"event: {name}\ndata: {padded}\n\n".encode(), block)


PING = Event("ping", b'event: ping\ndata: {"type": "ping"}\n\n')


def input_usage(spent: Spent) -> dict[str, Any]:
    written = spent.cache_write_5m_tokens + spent.cache_write_1h_tokens
    return {
        "input_tokens": spent.input_tokens,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": spent.cache_read_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": spent.cache_write_5m_tokens,
            "ephemeral_1h_input_tokens": spent.cache_write_1h_tokens,
        },
    }


def first_usage(spent: Spent) -> dict[str, Any]:
    """Of `message_start`: the input is known, the output hardly begun."""
    begun = min(spent.output_tokens, 2)
    known = {"output_tokens": begun, "service_tier": "standard", "inference_geo": "not_available"}
    return input_usage(spent) | known


def final_usage(spent: Spent) -> dict[str, Any]:
    """Of `message_delta`: cumulative, with the iterations that make it up."""
    usage = input_usage(spent) | {"output_tokens": spent.output_tokens}
    once = ({**usage, "type": "message"},)
    if spent.web_searches:
        usage["server_tool_use"] = {"web_search_requests": spent.web_searches}
    return usage | {"iterations": list(once if spent.iterations is None else spent.iterations)}


def stop_reason(reply: Reply) -> str:
    used = any(block["type"] == "tool_use" for block in reply.blocks)
    return reply.stop_reason or ("tool_use" if used else "end_turn")


def envelope(reply: Reply, **fields: Any) -> dict[str, Any]:
    start = {"model": reply.model, "id": reply.message_id, "type": "message", "role": "assistant"}
    ends: dict[str, Any] = {"stop_reason": None, "stop_sequence": None, "stop_details": None}
    return start | ends | fields


def message(reply: Reply) -> dict[str, Any]:
    """The answer to a request that does not stream."""
    fields: dict[str, Any] = {"content": list(reply.blocks), "stop_reason": stop_reason(reply)}
    if reply.usage is not None:
        fields["usage"] = first_usage(reply.usage) | final_usage(reply.usage)
    return envelope(reply, **fields)


def slices(words: str) -> Iterator[str]:
    for at in range(0, len(words), DELTA_CHARS):
        yield words[at : at + DELTA_CHARS]


def begun(block: Block) -> dict[str, Any]:
    """What `content_block_start` shows of a block whose content comes as deltas."""
    match block["type"]:
        case "text":
            return {**block, "text": ""}
        case "thinking":
            return {**block, "thinking": "", "signature": ""}
        case "tool_use" | "server_tool_use":
            return {**block, "input": {}}
    return dict(block)


def deltas(block: Block) -> Iterator[Mapping[str, str]]:
    match block["type"]:
        case "text":
            for part in slices(block["text"]):
                yield {"type": "text_delta", "text": part}
        case "thinking":
            for part in slices(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": part}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use" | "server_tool_use":
            yield {"type": "input_json_delta", "partial_json": ""}
            for part in slices(json.dumps(block["input"], ensure_ascii=False)):
                yield {"type": "input_json_delta", "partial_json": part}


def block_events(index: int, block: Block) -> Iterator[Event]:
    kind = block["type"]
    yield event("content_block_start", kind, index=index, content_block=begun(block))
    if index == 0:
        yield PING
    for delta in deltas(block):
        yield event("content_block_delta", kind, index=index, delta=delta)
    yield event("content_block_stop", kind, index=index)


def whole_stream(reply: Reply) -> Iterator[Event]:
    usage: dict[str, Any] = {} if reply.usage is None else {"usage": first_usage(reply.usage)}
    yield event("message_start", message=envelope(reply, content=[], **usage))
    for index, block in enumerate(reply.blocks):
        yield from block_events(index, block)
    ended = {"stop_reason": stop_reason(reply), "stop_sequence": None, "stop_details": None}
    last: dict[str, Any] = {"delta": ended, "context_management": {"applied_edits": []}}
    if reply.usage is not None:
        last["usage"] = final_usage(reply.usage)
    yield event("message_delta", **last)
    yield event("message_stop")


LAST_BEFORE = {
    Point.MESSAGE_START: ("message_start", ""),
    Point.INSIDE_THINKING: ("content_block_delta", "thinking"),
    Point.AFTER_THINKING: ("content_block_stop", "thinking"),
    Point.INSIDE_TEXT: ("content_block_delta", "text"),
    Point.AFTER_TEXT: ("content_block_stop", "text"),
    Point.INSIDE_TOOL: ("content_block_delta", "tool_use"),
    Point.AFTER_TOOL: ("content_block_stop", "tool_use"),
    Point.MESSAGE_DELTA: ("message_delta", ""),
}


def until(point: Point, events: list[Event]) -> list[Event]:
    """The events up to the first that reaches this point; of a tool, its input's second piece."""
    if point is Point.HEADERS:
        return []
    reached = [at for at, one in enumerate(events) if (one.name, one.block) == LAST_BEFORE[point]]
    if not reached:
        raise ValueError(f"this answer has no {point} to be cut at")
    return events[: reached[min(1, len(reached) - 1) if point is Point.INSIDE_TOOL else 0] + 1]


def error_event(kind: str) -> Event:
    said = {"overloaded_error": "Overloaded"}.get(kind, "Internal server error")
    return event("error", error={"type": kind, "message": said}, request_id=fresh_id("req"))


def stream(reply: Reply) -> list[bytes]:
    """The events of this reply, cut and broken as it says; one element per event."""
    events = list(whole_stream(reply))
    if reply.cut is not None:
        events = until(reply.cut, events)
    elif reply.error is not None:
        events = []
    if reply.error is not None:
        events.append(error_event(reply.error))
    return [one.wire for one in events]
