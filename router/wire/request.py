"""The places of a Messages request that matter, whatever its shape."""

from typing import Any

from router.wire.untrusted import rows

type Body = dict[str, Any]

BILLING = "x-anthropic-billing-header:"
REMINDER, REMINDER_END = "<system-reminder>", "</system-reminder>"


def messages_of(body: Body) -> list[dict[str, Any]]:
    return [message for message in rows(body.get("messages")) if isinstance(message, dict)]


def blocks_of(content: object) -> list[dict[str, Any]]:
    """The content blocks of a message, of `system` or of a tool result; a string is one text."""
    if isinstance(content, list):
        return [block for block in content if isinstance(block, dict)]
    return [{"type": "text", "text": content}] if isinstance(content, str) else []


def text_of(block: dict[str, Any]) -> str:
    text = block.get("text")
    return text if isinstance(text, str) else ""


def texts_of(content: object) -> list[str]:
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    texts = [block.get("text") for block in content if isinstance(block, dict)]
    return [text for text in texts if text and isinstance(text, str)]


def system_texts(body: Body) -> list[str]:
    return texts_of(body.get("system"))


def billing_line(body: Body) -> str:
    """The client's billing block, e.g. `…: cc_version=2.1.197.351; cc_entrypoint=cli;`, or ''."""
    first = next(iter(system_texts(body)), "")
    return first if first.startswith(BILLING) else ""


def last_user_blocks(body: Body) -> list[dict[str, Any]]:
    """The blocks of the last message of role `user`, past any system message after it."""
    for message in reversed(rows(body.get("messages"))):
        if isinstance(message, dict) and message.get("role") == "user":
            return blocks_of(message.get("content"))
    return []


def without_reminders(text: str) -> str:
    """The text outside `<system-reminder>` elements; an open one reaches to the end."""
    before, *reminders = text.split(REMINDER)
    return "".join([before, *(part.partition(REMINDER_END)[2] for part in reminders)]).strip()


def human_text(content: object) -> str:
    """What a person wrote in one message: its texts without system reminders."""
    texts = texts_of(content)
    return "\n".join(filter(None, map(without_reminders, texts))) if texts else ""


def last_human_text(body: Body) -> str:
    """The newest words of a person: in a tool loop, those that began it."""
    for message in reversed(rows(body.get("messages"))):
        if isinstance(message, dict) and message.get("role") == "user":
            text = human_text(message.get("content"))
            if text:
                return text
    return ""


def is_tool_turn(body: Body) -> bool:
    """Whether the last user message answers tools and holds no words of a person."""
    blocks = last_user_blocks(body)
    answers = any(block.get("type") == "tool_result" for block in blocks)
    return answers and not human_text(blocks)


def all_blocks(body: Body) -> list[dict[str, Any]]:
    """Every content block of the messages, those inside tool results included."""
    contents = [message.get("content") for message in messages_of(body)]
    blocks = _dicts_in(contents)
    answers = [block.get("content") for block in blocks if block.get("type") == "tool_result"]
    return blocks + _dicts_in(answers)


def _dicts_in(contents: list[Any]) -> list[dict[str, Any]]:
    return [
        block
        for content in contents
        if isinstance(content, list)
        for block in content
        if isinstance(block, dict)
    ]
