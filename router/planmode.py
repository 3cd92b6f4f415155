"""Whether the client is in plan mode now: its newest mark decides."""

from collections.abc import Callable
from typing import Any

from router.wire.request import REMINDER, REMINDER_END, Body, blocks_of, text_of, texts_of
from router.wire.untrusted import rows

ENTERED = ("Plan mode is active", "Plan mode still active", "You are returning to plan mode")
LEFT = ("You have exited plan mode", "## Exited Plan Mode")
TOOL_ENTERED = "Entered plan mode"
TOOL_LEFT = ("User has approved your plan", "User has approved exiting plan mode")

# A reminder may quote a file at length; its own words come first.
REMINDER_HEAD = 200


def is_planning(body: Body) -> bool:
    """The mode the newest mark sets; marks stand where only the client writes.

    Those are system messages, the heads of system reminders (also at the end of a tool
    result), and the answers of the two tools that enter and leave the mode.
    """
    for message in reversed(rows(body.get("messages"))):
        mode = _mode_of(message) if isinstance(message, dict) else None
        if mode is not None:
            return mode
    return False


def _mode_of(message: dict[str, Any]) -> bool | None:
    """The mode a message sets last, None if it sets none."""
    role, content = message.get("role"), message.get("content")
    if role == "system":
        return _last_told(_marked, texts_of(content))
    if role == "user":
        return _last_told(_mode_in, blocks_of(content))
    return None


def _last_told[T](mode_in: Callable[[T], bool | None], parts: list[T]) -> bool | None:
    for part in reversed(parts):
        mode = mode_in(part)
        if mode is not None:
            return mode
    return None


def _mode_in(block: dict[str, Any]) -> bool | None:
    if block.get("type") == "tool_result":
        return _last_told(_set_by_tool, texts_of(block.get("content")))
    return _reminded(text_of(block))


def _set_by_tool(answer: str) -> bool | None:
    if answer.endswith(REMINDER_END):
        mode = _reminded(answer[answer.rfind(REMINDER) :])
        if mode is not None:
            return mode
    if answer.startswith(TOOL_ENTERED):
        return True
    return False if answer.startswith(TOOL_LEFT) else None


def _reminded(text: str) -> bool | None:
    if not text.startswith(REMINDER):
        return None
    return _last_told(_marked, [reminder[:REMINDER_HEAD] for reminder in text.split(REMINDER)])


def _marked(text: str) -> bool | None:
    entered = max(_last_mark(text, mark) for mark in ENTERED)
    left = max(_last_mark(text, mark) for mark in LEFT)
    return None if entered == left else entered > left


def _last_mark(text: str, mark: str) -> int:
    """Where the mark last begins a line or sentence, or -1: a quoted one does not count."""
    at = text.rfind(mark)
    while at > 0 and not text[at - 1].isspace() and text[at - 1] != ">":
        at = text.rfind(mark, 0, at)
    return at
