"""What a body tells beyond its facts: cues that a decision weighs and a ledger row can hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from router.call import Facts
from router.wire.request import (
    Body,
    all_blocks,
    blocks_of,
    human_text,
    is_tool_turn,
    last_human_text,
    messages_of,
    system_texts,
    text_of,
)
from router.wire.untrusted import rows, table

TAG, TAG_END = "<CCR-SUBAGENT-MODEL>", "</CCR-SUBAGENT-MODEL>"
PLACEHOLDERS = frozenset({"provider/model", "provider,model", ""})
LONGEST_TARGET = 200

# Requests of Claude Code: bytes of JSON per token of prompt. A picture costs about this many.
BYTES_PER_TOKEN = 3.8
TOKENS_PER_IMAGE = 1_600

EDITS = frozenset({"Edit", "MultiEdit", "NotebookEdit", "Write"})
TESTS = ("pytest", "unittest", " test", "jest", "vitest", "tox", "rspec", "phpunit", "ctest")
RECENT_RESULTS = 10
REASKS = (
    "still broken", "still fail", "still not", "still doesn", "still does not", "doesn't work",
    "does not work", "didn't work", "did not work", "not fixed", "that's wrong", "that is wrong",
    "this is wrong", "try again", "do it again", "wrong again", "same error", "undo that",
    "違う", "違います", "直ってない", "直っていない", "動かない", "動きません",
    "まだ動", "まだ失敗", "やり直し", "もう一度", "同じエラー", "元に戻して",
)  # fmt: skip
REASK_CHARS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """`failures` counts the newest edits and tests that failed in a row since a person spoke,
    `tool_errors` the failed ones among the last ten tool results. `media_bytes` is base64.
    """

    tag: str | None = None
    web_search: bool = False
    documents: int = 0
    media_bytes: int = 0
    tool_errors: int = 0
    failures: int = 0
    is_reask: bool = False


def cues_of(body: Body) -> Cues:
    blocks = all_blocks(body)
    media = [block for block in blocks if block.get("type") in ("image", "document")]
    results = list(_results(body))
    return Cues(
        tag=tag_of(body),
        web_search=any(_is_web_search(tool) for tool in rows(body.get("tools"))),
        documents=sum(block["type"] == "document" for block in media),
        media_bytes=sum(_base64_bytes(block) for block in media),
        tool_errors=sum(failed for _, failed in results[:RECENT_RESULTS]),
        failures=_failures(results),
        is_reask=_is_reask(body),
    )


def estimated_tokens(facts: Facts, cues: Cues) -> int:
    """Tokens of the whole prompt, cached or not, estimated from the size of the request."""
    text_bytes = max(facts.body_bytes - cues.media_bytes, 0)
    return round(text_bytes / BYTES_PER_TOKEN) + facts.images * TOKENS_PER_IMAGE


def tag_of(body: Body) -> str | None:
    """The target a subagent's prompt names first of all; a placeholder is none."""
    early = [message for message in messages_of(body)[:2] if message.get("role") == "user"]
    told = [text_of(block) for message in early for block in blocks_of(message.get("content"))]
    for text in (*system_texts(body), *told):
        if text.lstrip().startswith(TAG):
            named, closed, _ = text.lstrip()[len(TAG) :].partition(TAG_END)
            target = named.strip()
            if closed and target not in PLACEHOLDERS and len(target) <= LONGEST_TARGET:
                return target
    return None


def _is_web_search(tool: object) -> bool:
    return str(table(tool).get("type")).startswith("web_search")


def _base64_bytes(block: dict[str, Any]) -> int:
    data = table(block.get("source")).get("data")
    return len(data) if isinstance(data, str) else 0


def _results(body: Body) -> Iterator[tuple[str | None, bool]]:
    """Whether each tool result failed, newest first, back to the last words of a person.

    With it stands the name of the tool, or `test` for a command that runs tests.
    """
    names: dict[str, str] = {}
    turns = _turns_of_task(body)
    for message in turns:
        names |= {str(block.get("id")): _tool(block) for block in _typed(message, "tool_use")}
    for message in reversed(turns):
        for block in reversed(_typed(message, "tool_result")):
            yield names.get(str(block.get("tool_use_id"))), block.get("is_error") is True


def _turns_of_task(body: Body) -> list[dict[str, Any]]:
    messages = messages_of(body)
    for at in range(len(messages) - 1, -1, -1):
        message = messages[at]
        if message.get("role") == "user" and human_text(message.get("content")):
            return messages[at:]
    return messages


def _typed(message: dict[str, Any], block_type: str) -> list[dict[str, Any]]:
    return [b for b in blocks_of(message.get("content")) if b.get("type") == block_type]


def _tool(block: dict[str, Any]) -> str:
    name = str(block.get("name"))
    command = table(block.get("input")).get("command")
    runs_tests = isinstance(command, str) and any(word in command for word in TESTS)
    return "test" if name == "Bash" and runs_tests else name


def _failures(results: list[tuple[str | None, bool]]) -> int:
    told = [failed for name, failed in results if name == "test" or name in EDITS]
    return next((at for at, failed in enumerate(told) if not failed), len(told))


def _is_reask(body: Body) -> bool:
    """Whether a person just said that the last answer was no good, and little else."""
    if is_tool_turn(body) or len(messages_of(body)) < 2:
        return False
    return asks_again(last_human_text(body))


def asks_again(text: str) -> bool:
    """Whether words of a person say, near their beginning, that the last answer was no good."""
    said = text[:REASK_CHARS].lower()
    return any(words in said for words in REASKS)
