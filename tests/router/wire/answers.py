"""Answers of the Messages API, made to order."""

from typing import Any

import orjson


def event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\ndata: ".encode() + orjson.dumps({"type": name, **fields}) + b"\n\n"


def started(usage: Any = None, **fields: Any) -> bytes:
    message = {"id": "msg_1", "type": "message", "model": "claude-opus-4-8", "content": []}
    return event("message_start", message={**message, "usage": usage, **fields})


def block(kind: str = "text", index: int = 0, text: str = "Grüße, 世界", **fields: Any) -> bytes:
    """A whole content block."""
    return (
        event("content_block_start", index=index, content_block={"type": kind, **fields})
        + event("content_block_delta", index=index, delta={"type": "text_delta", "text": text})
        + event("content_block_stop", index=index)
    )


def ended(usage: Any = None, stop_reason: str | None = "end_turn") -> bytes:
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return event("message_delta", delta=delta, usage=usage) + event("message_stop")


TOLD = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 300,
    "cache_read_input_tokens": 20_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
    "output_tokens": 1,
    "service_tier": "standard",
    "inference_geo": "us",
}
TURN = (
    started(TOLD)
    + event("ping")
    + block("thinking")
    + block()
    + block("tool_use", 1, name="Bash", id="toolu_1", input={})
    + ended({"output_tokens": 77, "server_tool_use": {"web_search_requests": 2}}, "tool_use")
)
