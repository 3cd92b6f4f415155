"""What the fake says: a `Reply` is a value, made by `says` or `refuses`, changed by `but`."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

Block = Mapping[str, Any]
Headers = tuple[tuple[str, str], ...]

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Point(StrEnum):
    """A place in a stream of events, named by what has just been sent."""

    HEADERS = "headers"
    MESSAGE_START = "message_start"
    INSIDE_THINKING = "inside_thinking"
    AFTER_THINKING = "after_thinking"
    INSIDE_TEXT = "inside_text"
    AFTER_TEXT = "after_text"
    INSIDE_TOOL = "inside_tool"
    AFTER_TOOL = "after_tool"
    MESSAGE_DELTA = "message_delta"


class End(StrEnum):
    """How an answer's body ends, at `Reply.cut` or after its last byte."""

    WHOLE = "whole"  # as HTTP wants it; with a cut: a clean EOF that hides the loss
    RESET = "reset"
    CLOSE = "close"  # FIN without the terminating chunk
    SILENCE = "silence"  # nothing more, until the client goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Usage as Anthropic reports it; `iterations` other than one are given whole."""

    input_tokens: int = 7
    cache_write_5m_tokens: int = 500
    cache_write_1h_tokens: int = 1000
    cache_read_tokens: int = 12000
    output_tokens: int = 321
    web_searches: int = 0
    iterations: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. A model and ids left None are filled in when it is given."""

    status: int = 200
    headers: Headers = ()
    blocks: tuple[Block, ...] = ()
    raw: bytes | None = None  # a body that stands as it is, in place of blocks
    model: str | None = None
    stop_reason: str | None = None
    usage: Spent | None = field(default_factory=Spent)  # None: no usage anywhere
    message_id: str | None = None
    request_id: str | None = None  # "" sends no request-id header
    encoding: str | None = (
        None  # gzip, br, zstd, deflate; never asked whether the client accepts it
    )
    cut: Point | None = None
    cut_bytes: int | None = (
        None  # the body ends after so many bytes, inside an event if it falls so
    )
    error: str | None = None  # an SSE error event of this type at `cut`, or before anything
    end: End = End.WHOLE
    headless: bool = False  # `end` happens before the response head
    first_byte_s: float = 0.0
    head_s: float = 0.0
    gap_s: float = 0.0  # between pieces
    piece_bytes: int | None = None  # None: one piece per event

    def but(self, **changes: Any) -> Self:
        """The same reply with these fields changed."""
        return replace(self, **changes)


def fresh_id(prefix: str) -> str:
    """Shaped like Anthropic's own: `msg_01…`, `toolu_01…`, `req_011C…`."""
    lead = "011C" if prefix == "req" else "01"
    return f"{prefix}_{lead}" + "".join(secrets.choice(ALPHABET) for _ in range(24 - len(lead)))


def text(words: str) -> Block:
    return {"type": "text", "text": words}


def thinking(words: str, signature: str | None = None) -> Block:
    signed = secrets.token_urlsafe(48) if signature is None else signature
    return {"type": "thinking", "thinking": words, "signature": signed}


def tool_use(name: str, tool_input: Mapping[str, Any], tool_id: str | None = None) -> Block:
    return {
        "type": "tool_use",
        "id": tool_id or fresh_id("toolu"),
        "name": name,
        "input": dict(tool_input),
    }


def web_search(query: str) -> tuple[Block, Block]:
    """The two blocks that Anthropic's own search leaves in an answer."""
    found = {
        "type": "web_search_result",
        "url": "https://example.com/found",
        "title": "Found",
        "encrypted_content": secrets.token_urlsafe(24),
        "page_age": None,
    }
    asked = {
        "type": "server_tool_use",
        "id": fresh_id("srvtoolu"),
        "name": "web_search",
        "input": {"query": query},
    }
    result = {"type": "web_search_tool_result", "tool_use_id": asked["id"], "content": [found]}
    return asked, result


def says(*said: str | Block, **fields: Any) -> Reply:
    """An answer of these blocks (a string is text), streamed if the request asks for it."""
    blocks = tuple(text(part) if isinstance(part, str) else part for part in said)
    return Reply(blocks=blocks, **fields)


def gives(body: Any, status: int = 200, **fields: Any) -> Reply:
    """A JSON answer that is not a message."""
    return Reply(status=status, raw=json.dumps(body).encode(), **fields)


ERROR_TYPES = {
    400: ("invalid_request_error", "messages: at least one message is required"),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    403: ("permission_error", "Your API key does not have permission to use this resource."),
    404: ("not_found_error", "model: claude-nowhere"),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your account's rate limit."),
    500: ("api_error", "Internal server error"),
    529: ("overloaded_error", "Overloaded"),
}


def refuses(
    status: int, message: str | None = None, *, retry_after: str | int | None = None
) -> Reply:
    """An error answer with Anthropic's own body for this status."""
    kind, usual = ERROR_TYPES.get(status, ("api_error", "Internal server error"))
    headers: Headers = () if retry_after is None else (("retry-after", str(retry_after)),)
    should_retry = "true" if status in (408, 409, 429) or status >= 500 else "false"
    error = {"type": kind, "message": message or usual}
    return Reply(
        status=status,
        headers=(*headers, ("x-should-retry", should_retry)),
        raw=json.dumps({"type": "error", "error": error}).encode(),
    )


def breaks(end: End = End.RESET) -> Reply:
    """The connection ends before any header."""
    return Reply(headless=True, end=end)
