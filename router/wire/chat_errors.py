"""Error answers of Chat Completions, in the words that Claude Code knows how to act on."""

import re
from typing import Any

import orjson

from router.wire.errors import error_in, error_of, told
from router.wire.untrusted import count, table

BY_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
BY_KIND = {
    "insufficient_quota": "billing_error",
    "rate_limit_exceeded": "rate_limit_error",
    "requests": "rate_limit_error",
    "tokens": "rate_limit_error",
    "server_overloaded": "overloaded_error",
    "overloaded": "overloaded_error",
    "insufficient_system_resource": "overloaded_error",
    "model_not_found": "not_found_error",
    "invalid_api_key": "authentication_error",
    "context_length_exceeded": "invalid_request_error",
    "exceed_context_size_error": "invalid_request_error",
}
NAMELESS = "the provider called a tool without naming it"
MESSAGELESS = "the provider's answer holds no message"
NO_REASON = "the provider gave no reason"
KNOWN = frozenset([*BY_STATUS.values(), *BY_KIND.values()])

# As OpenAI, vLLM and OpenRouter say it: the window, all that was asked for, and its output.
WINDOW = re.compile(r"(?i)maximum context length (?:is|of) (\d+) tokens")
ASKED = re.compile(r"(?i)(?:resulted in|requested(?: about)?) (\d+) tokens")
OUTPUT = re.compile(r"(?i)(\d+) (?:tokens )?in the (?:completion|output)")
INPUT = re.compile(r"(?i)your request has (\d+) input tokens")
TOO_LARGE = re.compile(r"(?i)too large: (\d+)")


def error_type(status: int, kind: str | None) -> str:
    """Anthropic's type for an HTTP status and an error's own kind or code."""
    named = BY_KIND.get((kind or "").lower()) or (kind if kind in KNOWN else None)
    usual = BY_STATUS.get(status)
    if usual is None:
        usual = "invalid_request_error" if 400 <= status < 500 else "api_error"
    return named or usual


def error_answer(status: int, body: bytes) -> dict[str, Any]:
    """An error body as Anthropic writes it, from one that any other server wrote.

    A prompt that is too long is said in the words at which the client compacts, or asks
    for fewer tokens.
    """
    kind, message = error_of(status, body)
    said = _size_error(body) or worded(message)
    return error_body(error_type(status, kind), said)


def error_body(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def error_within(chat: dict[str, Any]) -> dict[str, Any] | None:
    """The error in an answer that claims success and has no choices, as an error body."""
    if chat.get("choices") or not chat.get("error"):
        return None
    kind, message = error_in(chat)
    status = count(table(chat["error"]).get("code")) or 500
    return error_body(error_type(status, kind), worded(told(message or NO_REASON)))


def worded(message: str) -> str:
    """The message, or Anthropic's own words where it says that the context is too long."""
    window, asked = WINDOW.search(message), ASKED.search(message)
    if window is None:
        return message
    given, output = INPUT.search(message), OUTPUT.search(message) or TOO_LARGE.search(message)
    if output and (given or asked):
        prompt = int(given[1]) if given else _asked(asked) - int(output[1])
        sizes = f"{prompt} + {output[1]} > {window[1]}"
        return f"input length and `max_tokens` exceed context limit: {sizes}"
    prompt = _asked(given or asked)
    return f"prompt is too long: {prompt} tokens > {window[1]} maximum" if prompt else message


def _asked(found: re.Match[str] | None) -> int:
    return int(found[1]) if found else 0


def _size_error(body: bytes) -> str | None:
    """llama.cpp says the sizes beside the message."""
    try:
        error = table(table(orjson.loads(body)).get("error"))
    except orjson.JSONDecodeError:
        return None
    asked, window = count(error.get("n_prompt_tokens")), count(error.get("n_ctx"))
    return f"prompt is too long: {asked} tokens > {window} maximum" if asked and window else None
