"""A request of the Messages API as one of Chat Completions.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from router.wire.chat_backends import PLAIN, Backend
from router.wire.chat_messages import chat_messages
from router.wire.chat_thoughts import NO_THOUGHTS, Thoughts
from router.wire.chat_tools import tools_of
from router.wire.request import Body
from router.wire.reshape_content import format_text
from router.wire.reshape_thinking import effort_of, thinks
from router.wire.untrusted import count, rows, table

EFFORTS = {"low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A Chat Completions body. `names` leads from shortened tool names to the true ones.

    `notes` say what was lost, for people; `refused` why this backend cannot take the call
    at all, and then the body is not to be sent.
    """

    body: dict[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    refused: str | None = None


def chat_request(
    body: Body, model: str, backend: Backend = PLAIN, thoughts: Thoughts = NO_THOUGHTS
) -> ChatRequest:
    """`body` for a Chat Completions backend; `thoughts` are what its answers gave before."""
    tools = tools_of(body, backend)
    messages = chat_messages(body, backend, thoughts)
    answer_format, wish = _format(body, backend)
    if wish:
        messages = [{"role": "system", "content": wish}, *messages]
        messages = _one_system(messages)
    fields = {"model": model, "messages": messages}
    for part in (_tokens, _sampling, _stream, _reasoning):
        fields |= part(body, backend)
    stops = [stop for stop in rows(body.get("stop_sequences")) if isinstance(stop, str)]
    notes = tools.notes
    if stops:
        fields["stop"] = stops[: backend.most_stops]
        notes += ("fewer stop sequences",) if len(stops) > backend.most_stops else ()
    return ChatRequest(
        body=fields | tools.fields | answer_format,
        names=tools.names,
        notes=notes,
        refused=tools.refused,
    )


def _one_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first two system messages as one, the newer words last."""
    wish, *rest = messages
    if rest and rest[0]["role"] == "system":
        told = f"{rest[0]['content']}\n\n{wish['content']}"
        return [{"role": "system", "content": told}, *rest[1:]]
    return messages


def _tokens(body: Body, backend: Backend) -> dict[str, Any]:
    asked = count(body.get("max_tokens"))
    if asked is None:
        return {}
    capped = asked if backend.most_tokens is None else min(asked, backend.most_tokens)
    return {backend.tokens_field: max(capped, backend.least_tokens)}


def _sampling(body: Body, backend: Backend) -> dict[str, Any]:
    names = ["temperature", "top_p"] if backend.sampling else []
    names += ["top_k"] if backend.top_k else []
    return {name: body[name] for name in names if body.get(name) is not None}


def _stream(body: Body, _backend: Backend) -> dict[str, Any]:
    if body.get("stream") is not True:
        return {}
    return {"stream": True, "stream_options": {"include_usage": True}}


def _reasoning(body: Body, backend: Backend) -> dict[str, Any]:
    """Thinking in the backend's words; nothing where the call leaves it to the model."""
    wanted = thinks(body)
    effort = EFFORTS.get(effort_of(body) or "high", "high")
    if backend.reasoning is None or wanted is None:
        return {}
    if backend.reasoning == "effort":
        return {"reasoning_effort": effort} if wanted else {}
    if backend.reasoning == "openrouter":
        return {"reasoning": {"effort": effort} if wanted else {"enabled": False}}
    if backend.reasoning == "deepseek":
        return {"thinking": {"type": "enabled" if wanted else "disabled"}}
    return {"chat_template_kwargs": {"enable_thinking": wanted}}


def _format(body: Body, backend: Backend) -> tuple[dict[str, Any], str | None]:
    """The form of the answer as a field, and in words where no field says it whole."""
    wanted = table(table(body.get("output_config")).get("format"))
    if wanted.get("type") != "json_schema":
        return {}, None
    if backend.formats == "json_schema":
        schema = {"name": "answer", "schema": table(wanted.get("schema")), "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}, None
    field_of = {"response_format": {"type": "json_object"}} if backend.formats else {}
    return field_of, format_text(wanted)
