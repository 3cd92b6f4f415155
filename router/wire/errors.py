"""What an error answer says, fit to be stored and shown."""

import re
from html import unescape
from typing import Any

import orjson

from router.wire.untrusted import table, word

LONGEST_MESSAGE = 300
LARGEST_TEXT = 8192

SECRET = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)[^\s\"',;]+"
    r"|\b(?:sk|pk|rk|key|ghp|gho|xox[a-z]|hf)[-_][A-Za-z0-9_\-*.]{6,}"
    r"|\bAIza[\w-]{10,}"
    r"|\beyJ[\w-]+(?:\.[\w-]+)*"
    r"|(?i:\b(?:x-)?api[-_ ]?key\b[\"']?\s*[:=]\s*[\"']?)[^\s\"',;]+"
    r"|\b(?=[A-Za-z_-]{0,64}[0-9])[\w-]{40,}"
)
TAG = re.compile(r"(?is)<(script|style)\b.*?</\1\s*>|<[^<>]*>")


def masked(text: str) -> str:
    """The text with everything that looks like a key or a token as `[masked]`."""
    return SECRET.sub("[masked]", text)


def told(message: str) -> str:
    """A message on one line, masked, of at most 300 characters."""
    line = masked(" ".join(message[:LARGEST_TEXT].split()))
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def error_of(status: int, body: bytes) -> tuple[str, str]:
    """Type and message of an error answer; the type is `http_<status>` if the body names none."""
    try:
        parsed: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    kind, message = error_in(parsed)
    if message is None:
        message = _plain(body[:LARGEST_TEXT].decode("utf-8", "replace")) or "empty body"
    return kind or f"http_{status}", told(message)


def error_in(answer: object) -> tuple[str | None, str | None]:
    """Type and message inside a parsed answer, as Anthropic, OpenAI, Ollama and others put them."""
    if not isinstance(answer, dict):
        return None, None
    error = answer.get("error")
    inner = table(error)
    kind = word(inner.get("type")) or word(inner.get("code")) or word(inner.get("status"))
    if isinstance(error, str):
        return word(answer.get("type")), error
    return kind, _message(inner) or _message(answer)


def _message(fields: dict[str, Any]) -> str | None:
    texts = (fields.get(name) for name in ("message", "detail", "error_description"))
    return next((text for text in texts if isinstance(text, str) and text), None)


def _plain(page: str) -> str:
    """A page's text without its markup."""
    return unescape(TAG.sub(" ", page)).strip() if "<" in page else page.strip()
