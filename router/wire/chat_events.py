"""Events of the Messages API as Claude Code reads them: named, in order, one block at a time.

Source: https://docs.claude.com/en/docs/build-with-claude/streaming
"""

from typing import Any

import orjson

from router.wire.untrusted import rows, table

type Block = dict[str, Any]

OPENINGS: dict[str, Block] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}
DELTAS = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "tool_use": ("input_json_delta", "partial_json"),
}


def event(name: str, **fields: Any) -> bytes:
    body = orjson.dumps({"type": name, **fields})
    return b"event: " + name.encode() + b"\ndata: " + body + b"\n\n"


def begun(model: str, message_id: str, input_tokens: int) -> Block:
    """A message before its first content; `input_tokens` may be an estimate."""
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": input_tokens, "output_tokens": 0},
    }


def error_event(kind: str, message: str) -> bytes:
    return event("error", error={"type": kind, "message": message})


class BlockWriter:
    """Writes the content blocks of one message; at most one is open."""

    def __init__(self) -> None:
        self.index = -1
        self.kind: str | None = None

    def open(self, kind: str, block: Block | None = None) -> bytes:
        self.index += 1
        self.kind = kind
        return event("content_block_start", index=self.index, content_block=block or OPENINGS[kind])

    def add(self, piece: str) -> bytes:
        """A delta of the open block."""
        name, field = DELTAS[self.kind or "text"]
        return event("content_block_delta", index=self.index, delta={"type": name, field: piece})

    def close(self) -> bytes:
        """The end of the open block, nothing if none is open."""
        if self.kind is None:
            return b""
        self.kind = None
        return event("content_block_stop", index=self.index)


def ending(stop_reason: str | None, stop_sequence: str | None, usage: Block) -> bytes:
    delta = {"stop_reason": stop_reason, "stop_sequence": stop_sequence}
    return event("message_delta", delta=delta, usage=usage) + event("message_stop")


def stream_of(message: Block) -> bytes:
    """A whole answer as the stream it would have been, one delta a block.

    Another server wrote it, so anything but its content may be missing.
    """
    writer, usage = BlockWriter(), table(message.get("usage"))
    head: Block = {"content": [], "stop_reason": None, "stop_sequence": None}
    head["usage"] = {**usage, "output_tokens": 0}
    out = [event("message_start", message={**message, **head})]
    for block in map(table, rows(message.get("content"))):
        if block.get("type"):
            out += [*_whole(writer, block), writer.close()]
    out.append(ending(message.get("stop_reason"), message.get("stop_sequence"), usage))
    return b"".join(out)


def _whole(writer: BlockWriter, block: Block) -> list[bytes]:
    match block["type"]:
        case "text":
            return [writer.open("text"), writer.add(block.get("text") or "")]
        case "thinking":
            out = [writer.open("thinking"), writer.add(block.get("thinking") or "")]
            signed = {"type": "signature_delta", "signature": block.get("signature")}
            signature = event("content_block_delta", index=writer.index, delta=signed)
            return [*out, signature] if block.get("signature") else out
        case "tool_use" | "server_tool_use":
            opening = writer.open("tool_use", {**block, "input": {}})
            return [opening, writer.add(orjson.dumps(block.get("input") or {}).decode())]
    return [writer.open("other", block)]
