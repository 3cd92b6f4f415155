"""Content blocks made to fit a target that does not know them all."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from router.wire.request import BILLING, REMINDER, REMINDER_END, blocks_of, texts_of
from router.wire.reshape_shapes import Shape
from router.wire.untrusted import rows, table

type Block = dict[str, Any]

# A digest over the client's own bytes: it says nothing true of a body that was changed.
DIGEST = re.compile(r"\s*\bcch=[0-9a-zA-Z]+;")
CALLS = ("server_tool_use", "mcp_tool_use")
THOUGHTS = ("thinking", "redacted_thinking")
SIGNED_OUT = ("citations", "caller")


def is_typed_tool(tool: object) -> bool:
    """Whether a tool is one of Anthropic's own, known by a type such as `web_search_20250305`."""
    return table(tool).get("type") not in (None, "custom")


def folded(messages: list[Any]) -> list[Any]:
    """The messages with those of role `system` as reminders, in place, in user messages.

    Where one stands between a call and its results, it comes after the results.
    """
    kept: list[Any] = []
    held: list[Block] = []
    for message in messages:
        role = table(message).get("role")
        if role == "system":
            reminders = [reminder(block) for block in blocks_of(message.get("content"))]
            if kept and table(kept[-1]).get("role") == "user":
                kept[-1] = _with_reminders(kept[-1], reminders, at_end=True)
            else:
                held += reminders
            continue
        if held and role == "user":
            message, held = _with_reminders(message, held, at_end=False), []
        kept += [_user(held), message] if held else [message]
        held = []
    return [*kept, _user(held)] if held else kept


def _user(blocks: list[Block]) -> dict[str, Any]:
    return {"role": "user", "content": blocks}


def _with_reminders(message: Any, reminders: list[Block], *, at_end: bool) -> dict[str, Any]:
    blocks = blocks_of(message.get("content"))
    results = [block.get("type") == "tool_result" for block in [*blocks, {}]]
    at = len(blocks) if at_end else results.index(False)
    return {**message, "content": [*blocks[:at], *reminders, *blocks[at:]]}


def results_first(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages, those of role `system` moved from between a call and its results."""
    kept: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    for message in messages:
        role = message.get("role")
        if role == "system" and kept and _calls(kept[-1]):
            held.append(message)
            continue
        kept += [message, *held] if role == "user" else [*held, message]
        held = []
    return kept + held


def _calls(message: dict[str, Any]) -> bool:
    return any(table(block).get("type") == "tool_use" for block in rows(message.get("content")))


def reminder(block: Block) -> Block:
    """A text of the system's as the client puts it where it has no role of its own."""
    text = block.get("text")
    if not isinstance(text, str) or text.lstrip().startswith(REMINDER):
        return block
    return {**block, "text": f"{REMINDER}\n{text}\n{REMINDER_END}"}


def without_billing(system: Any) -> Any:
    """The system prompt without the client's billing line."""
    if isinstance(system, str):
        return "" if system.startswith(BILLING) else system
    return [block for block in rows(system) if not _is_billing(block)]


def without_digest(system: Any) -> Any:
    """The system prompt, its billing line without the digest of the client's own bytes."""
    if not any(map(_is_billing, rows(system))):
        return system
    return [
        {**block, "text": DIGEST.sub("", block["text"])} if _is_billing(block) else block
        for block in system
    ]


def _is_billing(block: object) -> bool:
    return next(iter(texts_of([block])), "").startswith(BILLING)


def each_block(messages: list[Any], change: Callable[[Block], Block | None]) -> list[Any]:
    """The messages with every block changed, or dropped for None, those in tool results too.

    A message that loses its last block goes with it.
    """
    kept: list[Any] = []
    for message in messages:
        content = table(message).get("content")
        if not isinstance(content, list):
            kept.append(message)
            continue
        blocks = _changed(content, change)
        if blocks or not content:
            kept.append({**message, "content": blocks})
    return kept


def _changed(blocks: list[Any], change: Callable[[Block], Block | None]) -> list[Any]:
    kept = []
    for block in blocks:
        new = change(block) if isinstance(block, dict) else block
        if new is None:
            continue
        if isinstance(new, dict) and isinstance(new.get("content"), list):
            new = {**new, "content": _changed(new["content"], change)}
        kept.append(new)
    return kept


def without_thoughts(block: Block, *, keep_signed: bool, keep_unsigned: bool) -> Block | None:
    """The block, or None for a thought of another model, or one that nobody signed."""
    if block.get("type") not in THOUGHTS:
        return block
    is_signed = bool(block.get("signature") or block.get("data"))
    return block if (keep_signed if is_signed else keep_unsigned) else None


def without_cache(block: Block, cache: str) -> Block:
    """The block with as much of its `cache_control` as `Shape.cache` says."""
    control = block.get("cache_control")
    if control is None or cache == "full":
        return block
    if cache == "none":
        return {name: value for name, value in block.items() if name != "cache_control"}
    plain = {name: value for name, value in table(control).items() if name != "scope"}
    return {**block, "cache_control": plain}


def known_block(block: Block, shape: Shape) -> Block | None:
    """The block as this target can read it: itself, or a text that stands for it."""
    kind = block.get("type")
    if kind == "document" and not shape.documents:
        return text_block(document_text(block))
    if kind == "image" and not shape.url_images:
        return block if _is_inline(block) else text_block(image_text(block))
    if shape.anthropic_tools:
        return block
    if kind in CALLS or kind in ("tool_reference", "search_result") or is_server_result(block):
        return text_block(foreign_text(block))
    return _without(block, SIGNED_OUT) if kind in ("text", "tool_use") else block


def text_block(text: str) -> Block | None:
    """A text block; None for no text, as an empty one is refused everywhere."""
    return {"type": "text", "text": text} if text else None


def _is_inline(block: Block) -> bool:
    return table(block.get("source")).get("type") == "base64"


def is_server_result(block: Block) -> bool:
    kind = str(block.get("type"))
    return kind.endswith("_tool_result") and kind != "tool_result"


def _without(block: Block, names: Iterable[str]) -> Block:
    dropped = {name for name in names if name in block}
    return {key: value for key, value in block.items() if key not in dropped} if dropped else block


def image_text(block: Block) -> str:
    """What stands for an image that the target cannot be shown."""
    where = table(block.get("source")).get("url")
    return f"[image not shown: {where}]" if isinstance(where, str) else "[image not shown]"


def document_text(block: Block) -> str:
    """A document's text, if it has any; else what stands for it."""
    source = table(block.get("source"))
    title = block.get("title")
    named = f"[document: {title}]\n" if isinstance(title, str) and title else ""
    if source.get("type") == "text" and isinstance(source.get("data"), str):
        return named + str(source["data"])
    if source.get("type") == "content":
        return named + "\n".join(texts_of(source.get("content")))
    where = source.get("url") or source.get("file_id") or source.get("media_type") or "file"
    return f"{named}[document not shown: {where}]"


def foreign_text(block: Block) -> str:
    """In words, what one of Anthropic's own tools was asked or found."""
    kind = block.get("type")
    if kind in CALLS:
        asked = ", ".join(f"{key}: {value}" for key, value in table(block.get("input")).items())
        return f"[{block.get('name', 'tool')}: {asked}]"
    if kind == "tool_reference":
        return f"[tool available: {block.get('tool_name')}]"
    if kind == "search_result":
        found = "\n".join(texts_of(block.get("content")))
        return f"[{block.get('title', 'result')} — {block.get('source', '')}]\n{found}"
    lines = [_found(table(one)) for one in rows(block.get("content"))]
    return "\n".join(filter(None, lines)) or f"[{kind}]"


def _found(one: Block) -> str:
    if isinstance(one.get("text"), str):
        return str(one["text"])
    title, url = one.get("title"), one.get("url")
    return f"- {title}: {url}" if isinstance(url, str) else ""


def format_text(wanted: object) -> str:
    """The form an answer must have, asked for in words."""
    schema = table(wanted).get("schema")
    told = f" that fits this JSON schema: {orjson.dumps(schema).decode()}" if schema else ""
    return f"Answer with one JSON object and nothing else{told}"


def holds_unsigned(body: bytes) -> bool:
    """Whether a body, as the client wrote it, has thinking that nobody signed.

    Claude Code sends it back to the model it asks next, and Anthropic refuses it: such a
    body is to be reshaped even for the model that it names.
    """
    return b'"signature":""' in body
