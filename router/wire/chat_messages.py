"""Messages of the Messages API as those of Chat Completions, in their order."""

from collections.abc import Sequence
from typing import Any

import orjson

from router.wire.chat_backends import Backend
from router.wire.chat_thoughts import Thought, Thoughts
from router.wire.chat_tools import short_name
from router.wire.request import Body, blocks_of, messages_of, text_of, texts_of
from router.wire.reshape_content import (
    document_text,
    folded,
    foreign_text,
    image_text,
    is_server_result,
    results_first,
    without_billing,
)
from router.wire.untrusted import table

type Message = dict[str, Any]
type Part = dict[str, Any]

FAILED = "The tool failed:\n"
NO_RESULT = "No result: the call was interrupted."
EMPTY = "(no output)"
IMAGES_BELOW = "[images of this result follow the results]"


def chat_messages(body: Body, backend: Backend, thoughts: Thoughts) -> list[Message]:
    """The system prompt and every message; calls and results stand next to each other."""
    system = "\n\n".join(texts_of(without_billing(body.get("system"))))
    out: list[Message] = [{"role": "system", "content": system}] if system else []
    messages = messages_of(body)
    open_calls: list[str] = []
    for message in results_first(messages) if backend.mid_system else folded(messages):
        blocks = blocks_of(message.get("content"))
        if message.get("role") == "assistant":
            out += _interrupted(open_calls)
            out += _assistant(blocks, backend, thoughts)
            open_calls = _call_ids(blocks)
        elif message.get("role") == "system":
            out += _interrupted(open_calls) + _told(blocks)
            open_calls = []
        else:
            out += _user(blocks, backend, open_calls)
            open_calls = []
    return out + _interrupted(open_calls)


def _told(blocks: list[Part]) -> list[Message]:
    text = "\n\n".join(filter(None, map(text_of, blocks)))
    return [{"role": "system", "content": text}] if text else []


def _call_ids(blocks: Sequence[Part]) -> list[str]:
    return [str(block.get("id")) for block in blocks if block.get("type") == "tool_use"]


def _interrupted(call_ids: list[str]) -> list[Message]:
    """Results for calls that never got one: a call without is refused by most backends."""
    return [{"role": "tool", "tool_call_id": name, "content": NO_RESULT} for name in call_ids]


def _assistant(blocks: list[Part], backend: Backend, thoughts: Thoughts) -> list[Message]:
    texts = [_words(block) for block in blocks]
    calls = [_call(block, backend) for block in blocks if block.get("type") == "tool_use"]
    text = "\n\n".join(filter(None, texts))
    if not text and not calls:
        return []
    message: Message = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = calls
    thought = thoughts.of(_call_ids(blocks))
    return [message | _thought_back(blocks, backend, thought, calls)]


def _words(block: Part) -> str:
    kind = block.get("type")
    if kind == "text":
        return text_of(block)
    return foreign_text(block) if kind == "server_tool_use" or is_server_result(block) else ""


def _call(block: Part, backend: Backend) -> Part:
    name = short_name(str(block.get("name")), backend.longest_name)
    arguments = orjson.dumps(table(block.get("input"))).decode()
    function = {"name": name, "arguments": arguments}
    return {"id": str(block.get("id")), "type": "function", "function": function}


def _thought_back(
    blocks: list[Part], backend: Backend, thought: Thought | None, calls: list[Part]
) -> Message:
    """What the backend wants of the turn's reasoning: from the store, else from the message."""
    for call in calls:
        if thought and call["id"] in thought.extras:
            call["extra_content"] = thought.extras[call["id"]]
    if not backend.reasoning_back:
        return {}
    if thought and thought.details and backend.reasoning == "openrouter":
        return {"reasoning_details": list(thought.details)}
    told = [str(block.get("thinking", "")) for block in blocks if block.get("type") == "thinking"]
    text = (thought.text if thought else "") or "".join(told)
    return {backend.reasoning_back: text} if text else {}


def _user(blocks: list[Part], backend: Backend, open_calls: list[str]) -> list[Message]:
    """Tool results first, as they must follow their calls; then what else was said, in order."""
    results: list[Message] = []
    parts: list[Part] = []
    waiting = list(open_calls)
    for block in blocks:
        if block.get("type") != "tool_result":
            parts += _parts(block, backend)
        elif block.get("tool_use_id") in waiting:
            waiting.remove(str(block["tool_use_id"]))
            result, images = _result(block, backend)
            results.append(result)
            parts += images
        else:
            parts += _orphan(block, backend)
    return results + _interrupted(waiting) + _said(parts)


def _said(parts: list[Part]) -> list[Message]:
    if not parts:
        return []
    if all(part["type"] == "text" for part in parts):
        return [{"role": "user", "content": "\n\n".join(part["text"] for part in parts)}]
    return [{"role": "user", "content": parts}]


def _result(block: Part, backend: Backend) -> tuple[Message, list[Part]]:
    """A tool's message, and the images that have to follow in one of the user's."""
    parts = [part for inner in blocks_of(block.get("content")) for part in _parts(inner, backend)]
    images = [part for part in parts if part["type"] != "text"]
    texts = [part["text"] for part in parts if part["type"] == "text"]
    if images and not backend.tool_images:
        texts.append(IMAGES_BELOW)
    text = "\n".join(texts)
    if block.get("is_error"):
        text = FAILED + text
    content: Any = text or EMPTY
    if images and backend.tool_images:
        content, images = [{"type": "text", "text": text}, *images], []
    return {"role": "tool", "tool_call_id": str(block["tool_use_id"]), "content": content}, images


def _orphan(block: Part, backend: Backend) -> list[Part]:
    """A result whose call is not there, as what the user says."""
    message, images = _result({"tool_use_id": "", **block}, backend)
    return [{"type": "text", "text": f"[result of a tool]\n{message['content']}"}, *images]


def _parts(block: Part, backend: Backend) -> list[Part]:
    kind = block.get("type")
    if kind == "image":
        return [_image(block, backend)]
    if kind == "document":
        return _document(block, backend)
    text = text_of(block) if kind == "text" else _foreign(block)
    return [{"type": "text", "text": text}] if text else []


def _foreign(block: Part) -> str:
    known = block.get("type") in ("thinking", "redacted_thinking")
    return "" if known else foreign_text(block)


def _image(block: Part, backend: Backend) -> Part:
    source = table(block.get("source"))
    url = source.get("url")
    if source.get("type") == "base64":
        url = f"data:{source.get('media_type')};base64,{source.get('data')}"
    if not backend.images or not isinstance(url, str):
        return {"type": "text", "text": image_text(block)}
    return {"type": "image_url", "image_url": {"url": url}}


def _document(block: Part, backend: Backend) -> list[Part]:
    source = table(block.get("source"))
    if source.get("type") == "base64" and backend.documents:
        title = block.get("title")
        file = {
            "filename": title if isinstance(title, str) and title else "document.pdf",
            "file_data": f"data:{source.get('media_type')};base64,{source.get('data')}",
        }
        return [{"type": "file", "file": file}]
    if source.get("type") == "content":
        inner = blocks_of(source.get("content"))
        return [part for one in inner for part in _parts(one, backend)]
    return [{"type": "text", "text": document_text(block)}]
