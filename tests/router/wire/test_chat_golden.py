"""What translation makes of representative calls; `GOLDEN=write` writes the files anew."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from router.wire.chat_backends import BACKENDS
from router.wire.chat_request import chat_request
from router.wire.chat_stream import ChatStream
from router.wire.chat_thoughts import NO_THOUGHTS, Thought, remember
from router.wire.reshape import reshape
from router.wire.reshape_shapes import shape_of
from tests.fakes.chat import Manner, stream
from tests.fakes.reply import Reply, Spent, says, thinking, tool_use
from tests.router.wire.grammar import faults

GOLDEN = Path(__file__).parent.parent.parent / "golden" / "wire"
SPENT = Spent(input_tokens=1200, cache_read_tokens=6400, output_tokens=87)
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"path": {"type": "string", "format": "uri"}, "limit": {"type": ["integer"]}},
    "required": ["path"],
    "additionalProperties": False,
}
TURN: dict[str, Any] = {
    "model": "claude-opus-4-8",
    "max_tokens": 64000,
    "stream": True,
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "high"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "metadata": {"user_id": '{"device_id":"0","account_uuid":"","session_id":"1"}'},
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.197.fa0; cch=0a1b2;"},
        {"type": "text", "text": "You are careful.", "cache_control": {"type": "ephemeral"}},
    ],
    "tools": [
        {"name": "Read", "description": "Reads a file.", "input_schema": SCHEMA},
        {"name": "Bash", "input_schema": {"type": "object", "properties": {}}},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 8},
    ],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "何がありますか。"}]},
        {"role": "system", "content": "Plan mode is active. You MUST NOT make any edits."},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "both at once", "signature": "c2ln"},
                {"type": "text", "text": "Looking."},
                {"type": "tool_use", "id": "toolu_a", "name": "Read", "input": {"path": "a.png"}},
                {"type": "tool_use", "id": "toolu_b", "name": "Bash", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_b",
                    "content": "ls: no",
                    "is_error": True,
                },
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_a",
                    "content": [
                        {"type": "text", "text": "1 image"},
                        {"type": "image", "source": PNG},
                    ],
                    "cache_control": {"type": "ephemeral"},
                },
                {"type": "text", "text": "Well?"},
            ],
        },
    ],
}
THOUGHTS = remember(NO_THOUGHTS, ["toolu_a", "toolu_b"], Thought(text="both at once"))


def kept(name: str, made: bytes) -> None:
    file = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        file.write_bytes(made)
    assert made == file.read_bytes()


@pytest.mark.parametrize("backend", ["openai", "openrouter", "deepseek", "gemini", "ollama"])
def test_a_tool_turn_as_each_backend_of_chat_completions_gets_it(backend):
    made = chat_request(TURN, "a-model", BACKENDS[backend], THOUGHTS)
    told = {"notes": made.notes, "body": made.body}
    kept(f"chat_{backend}.request.json", orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


@pytest.mark.parametrize(
    ("name", "model", "endpoint"),
    [
        ("haiku", "claude-haiku-4-5-20251001", "anthropic"),
        ("opus_5_5", "claude-opus-5-5", "anthropic"),
        ("ollama", "qwen3-coder:30b", "ollama"),
        ("openrouter", "anthropic/claude-sonnet-4.5", "openrouter"),
    ],
)
def test_a_tool_turn_as_each_messages_target_gets_it(name, model, endpoint):
    betas = ("claude-code-20250219", "mid-conversation-system-2026-04-07", "effort-2025-11-24")
    made = reshape(TURN, model, answers_as=shape_of(model, endpoint), betas=betas)
    told = {"betas": made.betas, "notes": made.notes, "body": made.body}
    kept(f"reshape_{name}.request.json", orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


CALLS = (
    tool_use("Read", {"path": "世界.py"}, "call_read0001"),
    tool_use("Bash", {"command": "echo 'a \"b\"'"}, "call_bash0001"),
)
ANSWERS: dict[str, tuple[Reply, Manner]] = {
    "words": (says("Grüße, 世界 👋"), Manner()),
    "thinking_and_tools": (
        says(thinking("let me look", ""), "Looking.", *CALLS),
        Manner(interleaved=True),
    ),
    "openrouter": (
        says(thinking("let me look", ""), *CALLS),
        Manner(reasoning="both", usage="own_chunk", comments=True),
    ),
    "gemini": (says(*CALLS), Manner(arguments="whole", usage="every_chunk", done=False)),
    "no_usage": (says("Hello."), Manner(usage="none", done=False)),
    "cut_at_length": (says("Once upon", stop_reason="max_tokens"), Manner(usage="with_finish")),
    "broken": (says("Half an", error="server_overloaded"), Manner()),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_as_claude_code_gets_it(name):
    reply, manner = ANSWERS[name]
    to = ChatStream("claude-opus-4-8", "a-model", "0123456789", input_tokens=7000)
    chunks = stream(reply.but(usage=SPENT, model="a-model"), manner)
    made = b"".join(map(to.feed, chunks)) + to.end()
    assert faults(made) == []
    kept(f"{name}.answer.sse", made)
