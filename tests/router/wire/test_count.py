from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.wire.count import count_answer, input_tokens, tokens_in
from tests.router.wire.test_chat_request import ANY_JSON, fixture_bodies


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("x", 1),
        ("def main() -> None:\n" * 19, 100),
        ("日本語のトークン", 8),
        ("한국어", 3),
        ("日本 and 38 letters of plain Western text", 12),
        ("Größe", 2),
    ],
)
def test_code_counts_by_bytes_and_japanese_by_characters(text, tokens):
    assert tokens_in(text) == tokens


def test_an_answer_to_count_tokens_says_that_it_is_an_estimate():
    body = {"messages": [{"role": "user", "content": "hello"}]}
    assert count_answer(body) == {"input_tokens": 6, "estimated": True}


def test_everything_a_model_reads_is_counted_and_nothing_else():
    def asking(*content: Any, **fields: Any) -> int:
        return input_tokens({"messages": [{"role": "user", "content": list(content)}], **fields})

    nothing = asking()
    assert asking({"type": "text", "text": "x" * 380}) == nothing + 100
    assert asking(system="x" * 380) == nothing + 100
    assert asking(tools=[{"name": "Bash", "input_schema": {"type": "object"}}]) > nothing + 10
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "x" * 380}}
    assert asking(call) > nothing + 100
    result = {"type": "tool_result", "tool_use_id": "t", "content": "x" * 380}
    assert asking(result) == nothing + 104
    thought = {"type": "thinking", "thinking": "x" * 38, "signature": "s" * 5000}
    assert asking(thought) == nothing + 10
    image = {"type": "image", "source": {"type": "base64", "data": "A" * 400_000}}
    assert asking(image) == nothing + 1500
    pdf = {"type": "document", "source": {"type": "base64", "data": "A" * 400_000}}
    assert asking(pdf) == nothing + 8 * 2500


@pytest.mark.parametrize("body", fixture_bodies())
def test_every_request_of_claude_code_is_counted(body):
    assert input_tokens(body) > 5


@given(ANY_JSON)
def test_no_wrong_type_can_make_counting_fail(value):
    assert input_tokens({"messages": value, "tools": value, "system": value}) >= 1
    assert input_tokens({"messages": [{"role": "user", "content": value}]}) >= 1


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(one, other):
    assert tokens_in(one + other) >= tokens_in(one)
