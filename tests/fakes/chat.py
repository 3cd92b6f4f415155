"""A fake Chat Completions API on a real port: as strict as OpenAI's, as varied as the others.

    with FakeChat(Manner(usage="every_chunk", done=False)) as fake:
        fake.enqueue(says("Hi."), refuses(429))
        ...  # talk to fake.url + "/v1/chat/completions"

Replies are those of the fake Anthropic API; of what ends badly, `cut_bytes`, `end`, `error`
and everything about time are known here.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.fakes.anthropic import ANY, FakeAnthropic, with_ids
from tests.fakes.reply import End, Headers, Reply, Spent, says
from tests.fakes.wire import Connection, Seen, head, within

PATH = "/v1/chat/completions"
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
ROLES = {"system", "developer", "user", "assistant", "tool"}
FINISH = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
FINISH |= {"refusal": "content_filter", "stop_sequence": "stop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a server writes its answers; the default is OpenAI's.

    `usage`: own_chunk, with_finish, every_chunk, none. `reasoning`: a field's name, or both.
    `arguments`: pieces, whole, object, late_name. `ids`: once, always, none, odd.
    """

    usage: str = "own_chunk"
    reasoning: str = "reasoning_content"
    arguments: str = "pieces"
    ids: str = "once"
    done: bool = True
    indexed: bool = True
    interleaved: bool = False
    empty_deltas: bool = False
    two_choices: bool = False
    comments: bool = False
    crlf: bool = False
    escaped: bool = False
    delta_chars: int = 12


def told_usage(spent: Spent | None) -> dict[str, Any] | None:
    if spent is None:
        return None
    cached = spent.cache_read_tokens
    prompt = spent.input_tokens + cached
    return {
        "prompt_tokens": prompt,
        "completion_tokens": spent.output_tokens,
        "total_tokens": prompt + spent.output_tokens,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def finish_of(reply: Reply) -> str:
    used = any(block["type"] == "tool_use" for block in reply.blocks)
    return FINISH[reply.stop_reason or ("tool_use" if used else "end_turn")]


def reasoning_fields(words: str, manner: Manner) -> dict[str, str]:
    names = ("reasoning", "reasoning_content") if manner.reasoning == "both" else [manner.reasoning]
    return dict.fromkeys(names, words)


def call_of(block: Any, place: int, manner: Manner) -> dict[str, Any]:
    arguments: Any = dict(block["input"])
    if manner.arguments != "object":
        arguments = json.dumps(arguments, ensure_ascii=False) if arguments else ""
    call = {"type": "function", "function": {"name": block["name"], "arguments": arguments}}
    ids = {"none": {}, "odd": {"id": f"functions.{block['name']}:{place}"}}
    call |= ids.get(manner.ids, {"id": block["id"]})
    return call | ({"index": place} if manner.indexed else {})


def completion(reply: Reply, manner: Manner) -> dict[str, Any]:
    """The answer to a request that does not stream."""
    message: dict[str, Any] = {"role": "assistant", "content": None}
    calls = [block for block in reply.blocks if block["type"] == "tool_use"]
    for block in reply.blocks:
        if block["type"] == "thinking":
            message |= reasoning_fields(block["thinking"], manner)
        if block["type"] == "text":
            message["content"] = (message["content"] or "") + block["text"]
    if calls:
        message["tool_calls"] = [call_of(block, at, manner) for at, block in enumerate(calls)]
    choice = {"index": 0, "message": message, "finish_reason": finish_of(reply)}
    usage = {} if manner.usage == "none" else {"usage": told_usage(reply.usage)}
    return {**envelope(reply), "object": "chat.completion", "choices": [choice], **usage}


def envelope(reply: Reply) -> dict[str, Any]:
    made = {"id": "chatcmpl-9", "object": "chat.completion.chunk", "created": 1_780_000_000}
    return {**made, "model": reply.model}


def pieces(words: str, size: int) -> Iterator[str]:
    for at in range(0, len(words), size):
        yield words[at : at + size]


def deltas(reply: Reply, manner: Manner) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    calls = []
    for block in reply.blocks:
        if block["type"] == "thinking":
            for part in pieces(block["thinking"], manner.delta_chars):
                yield reasoning_fields(part, manner) | {"content": None}
        if block["type"] == "text":
            for part in pieces(block["text"], manner.delta_chars):
                yield {"content": part}
        if block["type"] == "tool_use":
            calls.append(list(call_pieces(block, len(calls), manner)))
    in_turn = interleave(calls) if manner.interleaved else [one for call in calls for one in call]
    yield from ({"tool_calls": [one]} for one in in_turn)


def interleave(calls: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    while any(calls):
        for call in calls:
            if call:
                yield call.pop(0)


def call_pieces(block: Any, place: int, manner: Manner) -> Iterator[dict[str, Any]]:
    whole = call_of(block, place, manner)
    if manner.arguments in ("whole", "object"):
        yield whole
        return
    said = whole["function"]
    again = {"index": place} if manner.indexed else {}
    again |= {"id": whole["id"]} if manner.ids == "always" else {}
    parts = list(pieces(said["arguments"], manner.delta_chars))
    if manner.arguments == "late_name" and parts:
        first = {key: value for key, value in whole.items() if key != "type"}
        yield {**first, "function": {"arguments": parts.pop(0)}}
        yield {**again, "function": {"name": said["name"], "arguments": ""}}
    else:
        yield {**whole, "function": {"name": said["name"], "arguments": ""}}
    for part in parts:
        yield {**again, "function": {"arguments": part}}


def stream(reply: Reply, manner: Manner) -> list[bytes]:
    """The chunks of this reply, one element each."""
    usage = None if manner.usage == "none" else told_usage(reply.usage)
    every = {"usage": usage} if manner.usage == "every_chunk" and usage else {}
    out = [b": connected\n\n"] if manner.comments else []
    for delta in deltas(reply, manner):
        out.append(chunk(reply, manner, delta, None, every))
        if manner.empty_deltas:
            out.append(chunk(reply, manner, {"content": ""}, None, every))
    if reply.error is not None:
        return [*out, line({"error": {"message": "it broke", "type": reply.error}}, manner)]
    last = every or ({"usage": usage} if manner.usage == "with_finish" and usage else {})
    out.append(chunk(reply, manner, {}, finish_of(reply), last))
    if manner.usage == "own_chunk" and usage:
        out.append(line({**envelope(reply), "choices": [], "usage": usage}, manner))
    return [*out, b"data: [DONE]\n\n"] if manner.done else out


def chunk(
    reply: Reply, manner: Manner, delta: Any, finish: str | None, more: dict[str, Any]
) -> bytes:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]
    if manner.two_choices:
        choices.insert(0, {"index": 1, "delta": {"content": "not me"}, "finish_reason": None})
    return line({**envelope(reply), "choices": choices, **more}, manner)


def line(body: dict[str, Any], manner: Manner) -> bytes:
    said = json.dumps(body, ensure_ascii=manner.escaped, separators=(",", ":"))
    end = "\r\n\r\n" if manner.crlf else "\n\n"
    return f"data: {said}{end}".encode()


def wrong(message: str, status: int = 400, code: str | None = None) -> Reply:
    """A refusal in OpenAI's own form."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Reply(status=status, raw=json.dumps({"error": error}).encode())


def fault_of(body: dict[str, Any]) -> str | None:
    """What OpenAI would refuse a request for; None for a good one."""
    faults = [*message_faults(body.get("messages") or []), *tool_faults(body)]
    if not body.get("model"):
        faults.append("you must provide a model parameter")
    if not body.get("messages"):
        faults.append("[] is too short - 'messages'")
    if body.get("stream_options") and not body.get("stream"):
        faults.append("stream_options is only allowed when stream is enabled")
    if len(body.get("stop") or []) > 4:
        faults.append("array too long: 'stop'")
    most = body.get("max_completion_tokens", body.get("max_tokens", 1))
    if not isinstance(most, int) or most < 1:
        faults.append("max_tokens must be at least 1")
    return faults[0] if faults else None


def message_faults(messages: list[dict[str, Any]]) -> Iterator[str]:
    waiting: set[str] = set()
    for at, message in enumerate(messages):
        role = message.get("role")
        if role not in ROLES:
            yield f"messages[{at}]: unknown role {role}"
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                yield f"messages[{at}]: a tool message must answer a call before it"
            waiting.discard(str(message.get("tool_call_id")))
        elif waiting:
            yield f"messages[{at}]: tool calls {sorted(waiting)} have no answer"
        calls = message.get("tool_calls") or []
        if role == "assistant" and not message.get("content") and not calls:
            yield f"messages[{at}]: content or tool_calls is needed"
        waiting |= {call["id"] for call in calls}
        yield from content_faults(at, role, message.get("content"))
        yield from (f"messages[{at}]: {fault}" for call in calls for fault in call_faults(call))
    if waiting:
        yield f"tool calls {sorted(waiting)} have no answer"


def content_faults(at: int, role: str | None, content: Any) -> Iterator[str]:
    if content is None and role == "assistant":
        return
    if isinstance(content, str):
        if not content:
            yield f"messages[{at}]: empty content"
        return
    kinds = {"text"} if role != "user" else {"text", "image_url", "file", "input_audio"}
    for part in content or [{}]:
        kind = part.get("type")
        if kind not in kinds or kind not in part:
            yield f"messages[{at}]: a {role} message cannot hold {kind}"
        if kind == "image_url" and not part["image_url"]["url"].startswith(("data:image", "http")):
            yield f"messages[{at}]: not an image"


def call_faults(call: dict[str, Any]) -> Iterator[str]:
    if not NAME.fullmatch(call["function"]["name"]):
        yield f"a function is named {call['function']['name']}"
    if not isinstance(json.loads(call["function"]["arguments"]), dict):
        yield "arguments are not an object"


def tool_faults(body: dict[str, Any]) -> Iterator[str]:
    names = [tool["function"]["name"] for tool in body.get("tools") or []]
    if len(set(names)) != len(names):
        yield "tool names must be unique"
    yield from (f"a tool is named {name}" for name in names if not NAME.fullmatch(name))
    if body.get("tools") == []:
        yield "[] is too short - 'tools'"
    for tool in body.get("tools") or []:
        if tool["function"].get("parameters", {}).get("type") != "object":
            yield "parameters must be an object"
    choice = body.get("tool_choice")
    if choice is not None and not names:
        yield "tool_choice is only allowed when tools are specified"
    if isinstance(choice, str) and choice not in ("auto", "required", "none"):
        yield f"unknown tool_choice {choice}"
    if isinstance(choice, dict) and choice["function"]["name"] not in names:
        yield "tool_choice names no tool"


class ChatConnection(Connection):
    manner = Manner()

    async def send(self, seen: Seen, reply: Reply) -> None:
        await self.pause(reply.head_s)
        if reply.headless:
            return await self.finish(seen, reply)
        is_stream = reply.status == 200 and reply.raw is None and seen.json.get("stream") is True
        parts = self.pieces(reply, is_stream)
        self.transport.write(head(reply, stream=is_stream, body_bytes=sum(map(len, parts))))
        await self.pause(reply.first_byte_s)
        for part in within(reply.cut_bytes, parts):
            self.transport.write(b"%x\r\n%s\r\n" % (len(part), part) if is_stream else part)
            seen.sent_bytes += len(part)
            await self.pause(reply.gap_s)
        if reply.end is not End.WHOLE:
            return await self.finish(seen, reply)
        if is_stream:
            self.transport.write(b"0\r\n\r\n")
        return None

    def pieces(self, reply: Reply, is_stream: bool) -> list[bytes]:
        if not is_stream:
            said = json.dumps(completion(reply, self.manner)).encode()
            return [said if reply.raw is None else reply.raw]
        whole = stream(reply, self.manner)
        if reply.piece_bytes is None:
            return whole
        joined, size = b"".join(whole), reply.piece_bytes
        return [joined[at : at + size] for at in range(0, len(joined), size)]


class FakeChat(FakeAnthropic):
    """Listens in a thread of its own while used as a context manager."""

    def __init__(
        self,
        manner: Manner | None = None,
        port: int = 0,
        *,
        headers: Headers = (),
        needs_key: bool = True,
    ) -> None:
        super().__init__(port, headers=headers, needs_key=needs_key)
        self.manner = manner or Manner()

    @property
    def calls(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.path.startswith(PATH)]

    def connection(self) -> Connection:
        made = ChatConnection(len(self.connections) + 1, self.answer, self.seen)
        made.manner = self.manner
        self.connections.append(made)
        return made

    def answer(self, seen: Seen) -> Reply:
        reply = self.refusal(seen) or self.scripted(seen) or says("Hello from the fake.")
        return with_ids(reply.but(headers=self.headers + reply.headers), seen)

    def scripted(self, seen: Seen) -> Reply | None:
        mine = self.queues[ANY]
        return mine.popleft() if mine else self.respond(seen)

    def refusal(self, seen: Seen) -> Reply | None:
        if seen.method != "POST" or not seen.path.startswith(PATH):
            return wrong("Unknown request URL", 404)
        if self.needs_key and not (seen.header("authorization") or "").startswith("Bearer "):
            return wrong("You didn't provide an API key.", 401, "invalid_api_key")
        fault = fault_of(seen.json)
        return wrong(fault) if fault else None
