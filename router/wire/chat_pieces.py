"""What one chunk or one whole message of Chat Completions says, whatever server wrote it."""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from router.wire.untrusted import rows, table

type Piece = tuple[str, str]
REASONING = ("reasoning_content", "reasoning", "thinking")


def choice_in(chunk: dict[str, Any]) -> dict[str, Any]:
    """The first choice; the others are not looked at."""
    choices = [table(choice) for choice in rows(chunk.get("choices"))]
    return next((choice for choice in choices if choice.get("index") in (0, None)), {})


def pieces_in(message: dict[str, Any]) -> Iterator[Piece]:
    """Reasoning and text of a delta or a message, as (`thinking` or `text`, words), none empty."""
    reasoning = (message.get(name) for name in REASONING)
    thought = next((text for text in reasoning if text and isinstance(text, str)), "")
    if not thought:
        thought = "".join(_detail_texts(message))
    if thought:
        yield "thinking", thought
    content = message.get("content")
    if isinstance(content, str) and content:
        yield "text", content
    for part in map(table, rows(content)):
        yield from _part(part)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        yield "text", refusal


def _part(part: dict[str, Any]) -> Iterator[Piece]:
    """Content in parts, as Mistral sends it: texts, and thinking made of texts."""
    text = part.get("text")
    if part.get("type") == "text" and isinstance(text, str) and text:
        yield "text", text
    if part.get("type") == "thinking":
        texts = [table(inner).get("text") for inner in rows(part.get("thinking"))]
        words = "".join(text for text in texts if isinstance(text, str))
        if words:
            yield "thinking", words


def _detail_texts(message: dict[str, Any]) -> Iterator[str]:
    for detail in map(table, rows(message.get("reasoning_details"))):
        text = detail.get("text") or detail.get("summary")
        if isinstance(text, str):
            yield text


def calls_in(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Tool calls of a delta or a message, the old single `function_call` among them."""
    old = table(message.get("function_call"))
    return [table(call) for call in rows(message.get("tool_calls"))] or (
        [{"index": 0, "function": old}] if old else []
    )


def arguments_in(call: dict[str, Any]) -> str:
    """The arguments, or a piece of them, as text: some servers send an object."""
    arguments = table(call.get("function")).get("arguments")
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else json.dumps(arguments)


def is_refusal(message: dict[str, Any]) -> bool:
    return bool(message.get("refusal"))


def is_whole(arguments: str) -> bool:
    """Whether these arguments are complete JSON."""
    try:
        orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return False
    return True


def true_arguments(arguments: str) -> dict[str, Any]:
    """The input of a tool; what is no object is under `invalid_json`, for the tool to refuse."""
    if not arguments.strip():
        return {}
    try:
        parsed = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return {"invalid_json": arguments}
    return parsed if isinstance(parsed, dict) else {"invalid_json": arguments}


def paired(text: str) -> tuple[str, str]:
    """The text fit to be written, and a surrogate at its end that waits for its other half."""
    if text.isascii():
        return text, ""
    half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
    whole = text[: len(text) - len(half)]
    try:
        whole.encode()
    except UnicodeEncodeError:
        whole = whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole, half
