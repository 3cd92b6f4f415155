"""A whole answer of Chat Completions as one of the Messages API.

Source: https://platform.openai.com/docs/api-reference/chat/object
"""

from collections.abc import Mapping
from typing import Any

from router.wire.chat_calls import Part, Parts
from router.wire.chat_errors import MESSAGELESS, NAMELESS, error_body, error_within
from router.wire.chat_pieces import calls_in, choice_in, is_refusal, pieces_in, true_arguments
from router.wire.chat_thoughts import NO_THOUGHTS, Thought, Thoughts, remember
from router.wire.chat_usage import stopped, usage_of_chat
from router.wire.count import tokens_in
from router.wire.reshape_answer import said_model
from router.wire.untrusted import rows, table, word

type Answer = dict[str, Any]


def answer_of(
    chat: Answer,
    asked: str,
    sent: str,
    seed: str,
    *,
    names: Mapping[str, str] | None = None,
) -> Answer:
    """The Messages answer that a parsed Chat answer is; an error body where it is an error.

    `asked` and `sent` are the models asked for and sent upstream; `seed` (letters and
    digits) is unique to the attempt. Where the upstream counted nothing, `usage` holds
    an estimate of the output only.
    """
    choice = choice_in(chat)
    parts = _parts_of(table(choice.get("message")), seed, names or {})
    if error := error_within(chat) or _misfit(choice, parts):
        return error
    reason, stop = stopped(
        word(choice.get("finish_reason")) or "stop",
        word(choice.get("stop_reason")),
        called_tools=bool(parts.tools),
        was_refused=is_refusal(table(choice.get("message"))),
    )
    return {
        "id": f"msg_fg{seed}",
        "type": "message",
        "role": "assistant",
        "model": said_model(asked, sent, word(chat.get("model"))),
        "content": [_block(part, names or {}) for part in parts.parts],
        "stop_reason": reason,
        "stop_sequence": stop,
        "usage": usage_of_chat(chat.get("usage")) or _estimate(parts),
    }


def _misfit(choice: Answer, parts: Parts) -> Answer | None:
    """What makes this no answer, as an error body."""
    if not isinstance(choice.get("message"), dict):
        return error_body("api_error", MESSAGELESS)
    if parts.is_nameless:
        return error_body("api_error", NAMELESS)
    return None


def thoughts_of(chat: Answer, seed: str, before: Thoughts = NO_THOUGHTS) -> Thoughts:
    """`before`, and what this answer thought before it called tools."""
    message = table(choice_in(chat).get("message"))
    parts = _parts_of(message, seed, {})
    extras = {part.tool_id: part.extra for part in parts.tools if part.tool_id and part.extra}
    details = tuple(rows(message.get("reasoning_details")))
    thought = Thought(text=parts.thought, details=details, extras=extras)
    return remember(before, [part.tool_id or "" for part in parts.tools], thought)


def _parts_of(message: Answer, seed: str, names: Mapping[str, str]) -> Parts:
    parts = Parts(seed, names)
    for kind, words in pieces_in(message):
        parts.say(kind, words)
    for place, call in enumerate(calls_in(message)):
        parts.call({**call, "index": place})
    parts.written(to_end=True)
    return parts


def _block(part: Part, names: Mapping[str, str]) -> Answer:
    match part.kind:
        case "thinking":
            return {"type": "thinking", "thinking": part.text, "signature": ""}
        case "text":
            return {"type": "text", "text": part.text}
    name = names.get(part.name or "", part.name)
    arguments = true_arguments(part.text)
    return {"type": "tool_use", "id": part.tool_id, "name": name, "input": arguments}


def _estimate(parts: Parts) -> Answer:
    output = sum(tokens_in(part.text) for part in parts.parts)
    return {"input_tokens": 0, "output_tokens": max(1, output)}
