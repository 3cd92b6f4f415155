import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.wire.chat_answer import answer_of, thoughts_of
from router.wire.chat_events import stream_of
from router.wire.chat_stream import ChatStream, Outcome
from tests.fakes.chat import FakeChat, Manner, completion, stream
from tests.fakes.reply import End, Reply, Spent, says, text, thinking, tool_use
from tests.router.wire.grammar import faults, message_of
from tests.router.wire.test_sse import cut

ASKED, SENT = "claude-opus-4-8", "qwen3-coder:30b"
SPENT = Spent(input_tokens=36, cache_read_tokens=64, output_tokens=9)
READ = tool_use("Read", {"file_path": "/tmp/世界.py"}, "call_read0001")
BASH = tool_use("Bash", {"command": "echo 'hi 👋'"}, "call_bash0001")
TURN = says(thinking("let me think", ""), "Grüße, 世界 👋", BASH, READ, usage=SPENT, model=SENT)


def stream_in(**fields: Any) -> ChatStream:
    return ChatStream(ASKED, SENT, "s33d", input_tokens=123, **fields)


def translated(*chunks: bytes, to: ChatStream | None = None) -> bytes:
    to = to or stream_in()
    return b"".join(map(to.feed, chunks)) + to.end()


def chunk(delta: Any = None, finish: str | None = None, **fields: Any) -> bytes:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice], **fields}).encode() + b"\n\n"


def said(message: dict[str, Any]) -> list[Any]:
    """The blocks without ids and signatures."""
    return [
        {key: value for key, value in block.items() if key not in ("id", "signature")}
        for block in message["content"]
    ]


def blocks_of(reply: Reply) -> list[Any]:
    return said({"content": reply.blocks})


MANNERS = st.builds(
    Manner,
    usage=st.sampled_from(["own_chunk", "with_finish", "every_chunk", "none"]),
    reasoning=st.sampled_from(["reasoning_content", "reasoning", "both"]),
    arguments=st.sampled_from(["pieces", "whole", "object", "late_name"]),
    ids=st.sampled_from(["once", "always", "odd"]),
    done=st.booleans(),
    interleaved=st.booleans(),
    empty_deltas=st.booleans(),
    two_choices=st.booleans(),
    comments=st.booleans(),
    crlf=st.booleans(),
    escaped=st.booleans(),
    delta_chars=st.integers(1, 40),
)
WORDS = st.text(min_size=1, max_size=60)
INPUTS = st.dictionaries(
    st.text(max_size=8), st.text(max_size=20) | st.integers(-(2**53), 2**53), max_size=3
)
REPLIES = st.builds(
    lambda thought, words, inputs: says(
        *([thinking(thought, "")] if thought else []),
        *([text(words)] if words else []),
        *(tool_use(f"Tool{at}", one, f"call_{at:08}") for at, one in enumerate(inputs)),
        usage=SPENT,
        model=SENT,
    ),
    st.none() | WORDS,
    st.none() | WORDS,
    st.lists(INPUTS, max_size=3),
).filter(lambda reply: reply.blocks)


@given(REPLIES, MANNERS, st.lists(st.integers(0, 100_000), max_size=12))
def test_an_answer_is_the_same_however_it_is_written_and_cut(reply, manner, at):
    wire = b"".join(stream(reply, manner))
    out = translated(*cut(wire, at))
    assert faults(out) == []
    assert out == translated(wire)
    assert said(message_of(out)) == blocks_of(reply)


@given(REPLIES, MANNERS)
def test_a_whole_answer_says_what_its_stream_says(reply, manner):
    whole = answer_of(completion(reply, manner), ASKED, SENT, "s33d")
    streamed = message_of(translated(*stream(reply, manner)))
    assert said(whole) == blocks_of(reply)
    assert {**whole, "usage": 0} == {**streamed, "usage": 0}
    assert faults(stream_of(whole)) == []
    assert message_of(stream_of(whole)) == whole


@given(REPLIES, MANNERS, st.booleans())
def test_an_answer_that_came_at_once_says_the_same_as_a_stream(reply, manner, is_kept_alive):
    at_once = stream_in()
    signs = [at_once.keep_alive() for _ in range(3)] if is_kept_alive else []
    out = b"".join(signs) + at_once.whole(completion(reply, manner))
    assert faults(out) == []
    assert at_once.outcome is Outcome.WHOLE
    told = [
        block for block in said(message_of(out)) if block != {"type": "thinking", "thinking": ""}
    ]
    assert told == blocks_of(reply)


@pytest.mark.parametrize(
    ("chat", "message"),
    [
        ({}, "holds no message"),
        ({"choices": [{"index": 0, "text": "old"}]}, "holds no message"),
        ({"error": {"message": "no such model", "code": 404}}, "no such model"),
        (
            {"choices": [{"message": {"tool_calls": [{"id": "c1", "function": {}}]}}]},
            "without naming it",
        ),
    ],
)
def test_what_came_at_once_and_is_no_answer_ends_in_an_error(chat, message):
    at_once = stream_in()
    assert message in at_once.whole(chat).decode()
    assert at_once.outcome is Outcome.FAILED


@given(REPLIES, MANNERS, st.data())
def test_a_stream_that_was_cut_is_never_closed(reply, manner, data):
    chunks = stream(reply, manner)
    finished = next(at for at, one in enumerate(chunks) if b'"finish_reason":"' in one)
    wire = b"".join(chunks[:finished])
    short = stream_in()
    out = translated(wire[: data.draw(st.integers(0, len(wire)))], to=short)
    assert faults(out, is_cut=True) == []
    assert b"message_stop" not in out
    assert short.outcome is Outcome.CUT


@given(REPLIES, MANNERS, st.data())
def test_life_can_be_shown_at_any_moment(reply, manner, data):
    slow = stream_in()
    out = b""
    for one in stream(reply, manner):
        for _ in range(data.draw(st.integers(0, 2))):
            out += slow.keep_alive()
        out += slow.feed(one)
    out += slow.end()
    assert faults(out) == []
    kept = [block for block in said(message_of(out)) if block.get("thinking") != ""]
    assert kept == blocks_of(reply)


def test_no_life_is_shown_once_the_answer_has_finished():
    to = stream_in()
    assert to.keep_alive().startswith(b"event: message_start")
    to.feed(chunk({"content": "a"}))
    assert to.keep_alive() != b""
    to.feed(chunk({}, "stop"))
    assert to.keep_alive() == b""


@given(st.binary())
def test_no_bytes_can_make_translation_fail(garbage):
    assert faults(translated(garbage), is_cut=True) == []
    out = translated(chunk({"content": "a"}), garbage)
    assert faults(out, is_cut=True) == []


NAMES = st.sampled_from(
    ["choices", "delta", "content", "tool_calls", "function", "arguments", "name", "id", "index"]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(st.lists(ANY_JSON))
def test_no_wrong_type_can_make_translation_fail(values):
    for value in values:
        line = b"data: " + json.dumps(value).encode() + b"\n\n"
        assert faults(translated(line, chunk({}, "stop")), is_cut=True) == []
        answer_of(value if isinstance(value, dict) else {}, ASKED, SENT, "s")
    line = b"data: " + json.dumps({"choices": [{"delta": dict(enumerate(values))}]}).encode()
    assert faults(translated(line + b"\n\n"), is_cut=True) == []


@pytest.mark.parametrize("usage", ["own_chunk", "with_finish", "every_chunk"])
@pytest.mark.parametrize("done", [True, False])
def test_cached_tokens_are_subtracted_once_wherever_usage_stands(usage, done):
    told = stream_in()
    message = message_of(translated(*stream(TURN, Manner(usage=usage, done=done)), to=told))
    assert told.usage == {
        "input_tokens": 36,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 64,
        "output_tokens": 9,
    }
    assert message["usage"]["input_tokens"] == 36
    assert message["usage"]["cache_read_input_tokens"] == 64


def test_a_provider_that_counts_nothing_leaves_an_estimate_marked_as_missing():
    silent = stream_in()
    message = message_of(translated(*stream(TURN, Manner(usage="none")), to=silent))
    assert silent.usage is None
    assert message["usage"]["input_tokens"] == 123
    assert message["usage"]["output_tokens"] > 5


def test_deepseek_counts_its_cache_in_a_field_of_its_own():
    usage = {"prompt_tokens": 100, "completion_tokens": 1, "prompt_cache_hit_tokens": 90}
    told = stream_in()
    translated(chunk({"content": "a"}, "stop", usage=usage), to=told)
    assert told.usage == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 90,
        "output_tokens": 1,
    }


def test_usage_outlives_chunks_without_it_and_groq_keeps_it_aside():
    usage = {"prompt_tokens": 100, "completion_tokens": 7}
    early, aside = stream_in(), stream_in()
    translated(chunk({"content": "a"}, usage=usage), chunk({}, "stop"), to=early)
    translated(chunk({"content": "a"}, "stop", x_groq={"usage": usage}), to=aside)
    for told in (early, aside):
        assert told.usage is not None
        assert (told.usage["input_tokens"], told.usage["output_tokens"]) == (100, 7)


def test_more_tokens_from_a_cache_than_were_asked_are_not_believed():
    details = {"cached_tokens": 900, "cache_write_tokens": 50}
    usage = {"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": details}
    told = stream_in()
    translated(chunk({"content": "a"}, "stop", usage=usage), to=told)
    assert told.usage == {
        "input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 100,
        "output_tokens": 1,
    }


def test_what_openrouter_charged_is_kept():
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.00042}
    told = stream_in()
    translated(chunk({"content": "a"}, "stop", usage=usage), to=told)
    assert told.usage is not None
    assert told.usage["cost"] == 0.00042


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("tool_calls", "end_turn"),
        ("whatever", "end_turn"),
    ],
)
def test_each_finish_has_its_stop_reason(finish, reason):
    assert message_of(translated(chunk({"content": "a"}, finish)))["stop_reason"] == reason


def test_a_turn_that_called_tools_stops_for_them_whatever_its_finish_says():
    call = {"index": 0, "id": "call_00000001", "function": {"name": "Bash", "arguments": "{}"}}
    out = translated(chunk({"tool_calls": [call]}, "stop"))
    assert message_of(out)["stop_reason"] == "tool_use"


def test_the_stop_sequence_that_was_met_is_told():
    choice = {"index": 0, "delta": {"content": "no"}, "finish_reason": "stop"}
    line = json.dumps({"choices": [{**choice, "stop_reason": "</block>"}]}).encode()
    message = message_of(translated(b"data: " + line + b"\n\n"))
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "</block>")


def test_a_refusal_is_text_and_a_reason():
    out = translated(chunk({"refusal": "I will not."}), chunk({}, "stop"))
    message = message_of(out)
    assert said(message) == [{"type": "text", "text": "I will not."}]
    assert message["stop_reason"] == "refusal"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Overloaded", "code": 503}, "overloaded_error"),
        ({"message": "Rate limited", "code": 429}, "rate_limit_error"),
        ({"message": "no quota", "type": "insufficient_quota"}, "billing_error"),
        ("just words", "api_error"),
    ],
)
def test_an_error_in_mid_stream_is_passed_on_as_one(error, kind):
    broken = stream_in()
    line = b"data: " + json.dumps({"error": error}).encode() + b"\n\n"
    out = translated(chunk({"content": "half an"}), line, chunk({"content": "x"}), to=broken)
    assert faults(out) == []
    assert broken.outcome is Outcome.FAILED
    assert f'"type":"{kind}"'.encode() in out
    assert b"message_stop" not in out


def test_a_finish_that_is_an_error_is_one():
    broken = stream_in()
    out = translated(chunk({"content": "a"}), chunk({}, "error"), to=broken)
    assert (broken.outcome, faults(out)) == (Outcome.FAILED, [])


def test_a_piece_that_is_not_json_fails_rather_than_leave_a_hole():
    broken = stream_in()
    translated(chunk({"content": "a"}), b"data: {oh\n\n", chunk({}, "stop"), to=broken)
    assert broken.outcome is Outcome.FAILED


def test_a_tool_that_is_never_named_fails():
    call = {"index": 0, "id": "call_00000001", "function": {"arguments": "{}"}}
    broken = stream_in()
    out = translated(chunk({"tool_calls": [call]}), chunk({}, "tool_calls"), to=broken)
    assert (broken.outcome, faults(out)) == (Outcome.FAILED, [])


def test_done_after_nothing_is_a_cut():
    empty = stream_in()
    assert translated(b"data: [DONE]\n\n", to=empty) == b""
    assert empty.outcome is Outcome.CUT


def test_done_stands_for_a_finish_that_was_not_sent():
    out = translated(chunk({"content": "a"}), b"data: [DONE]\n\n")
    assert faults(out) == []


def test_calls_without_place_or_id_are_told_apart_by_their_names():
    calls = [{"function": {"name": name, "arguments": "{}"}} for name in ("Bash", "Read")]
    out = translated(*(chunk({"tool_calls": [call]}) for call in calls), chunk({}, "stop"))
    assert faults(out) == []
    assert [block["name"] for block in message_of(out)["content"]] == ["Bash", "Read"]
    assert len({block["id"] for block in message_of(out)["content"]}) == 2


def test_calls_that_all_say_place_zero_are_told_apart_by_their_ids():
    calls = [
        {"index": 0, "id": f"call_0000000{n}", "function": {"name": n, "arguments": "{}"}}
        for n in ("a", "b")
    ]
    out = translated(*(chunk({"tool_calls": [call]}) for call in calls), chunk({}, "stop"))
    assert [block["name"] for block in message_of(out)["content"]] == ["a", "b"]


def test_heads_of_all_calls_may_come_before_any_arguments():
    heads = [
        {"index": n, "id": f"call_0000000{n}", "function": {"name": f"T{n}", "arguments": ""}}
        for n in (0, 1)
    ]
    tails = [{"index": n, "function": {"arguments": f'{{"n":{n}}}'}} for n in (0, 1)]
    chunks = [chunk({"tool_calls": [call]}) for call in (*heads, *tails)]
    out = translated(*chunks, chunk({}, "tool_calls"))
    assert [block["input"] for block in message_of(out)["content"]] == [{"n": 0}, {"n": 1}]


def test_a_tool_is_done_before_the_usage_comes():
    waiting = stream_in()
    call = {"index": 0, "id": "call_00000001", "function": {"name": "Bash", "arguments": "{}"}}
    out = waiting.feed(chunk({"tool_calls": [call]}, "tool_calls"))
    assert b"content_block_stop" in out
    assert b"message_delta" not in out


def test_a_character_cut_in_two_is_one_again():
    halves = [
        b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % half
        for half in (b"\\ud83d", b"\\udc4b!")
    ]
    out = translated(*halves, chunk({}, "stop"))
    assert said(message_of(out)) == [{"type": "text", "text": "👋!"}]


def test_content_in_parts_is_read():
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Hi."},
    ]
    out = translated(chunk({"content": parts}), chunk({}, "stop"))
    assert said(message_of(out)) == [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "Hi."},
    ]


def test_one_function_call_of_the_old_form_is_a_tool():
    old = {"function_call": {"name": "Bash", "arguments": '{"command":"ls"}'}}
    out = translated(chunk(old), chunk({}, "function_call"))
    [block] = message_of(out)["content"]
    assert (block["name"], block["input"]) == ("Bash", {"command": "ls"})


def test_a_shortened_tool_has_its_true_name_again():
    call = {"index": 0, "id": "call_00000001", "function": {"name": "short", "arguments": "{}"}}
    out = translated(
        chunk({"tool_calls": [call]}, "tool_calls"), to=stream_in(names={"short": "mcp__long"})
    )
    assert message_of(out)["content"][0]["name"] == "mcp__long"


def test_another_model_answers_under_its_own_name_and_the_same_one_under_the_name_asked_for():
    other = message_of(translated(chunk({"content": "a"}, "stop", model="qwen3-coder:30b")))
    assert other["model"] == "qwen3-coder:30b"
    same = message_of(
        translated(chunk({"content": "a"}, "stop", model="anthropic/claude-opus-4.8"))
    )
    assert same["model"] == ASKED


def test_what_was_thought_before_tools_is_kept_by_their_ids():
    streamed = stream_in()
    translated(*stream(TURN, Manner()), to=streamed)
    whole = thoughts_of(completion(TURN, Manner()), "s33d")
    assert streamed.thoughts() == whole
    thought = whole.of(["call_read0001"])
    assert thought is not None
    assert thought.text == "let me think"


def test_a_signature_that_came_with_a_call_is_kept_for_it():
    extra = {"google": {"thought_signature": "c2ln"}}
    call = {
        "index": 0,
        "id": "call_00000001",
        "extra_content": extra,
        "function": {"name": "Bash", "arguments": "{}"},
    }
    signed = stream_in()
    translated(chunk({"tool_calls": [call]}, "tool_calls"), to=signed)
    thought = signed.thoughts().of(["call_00000001"])
    assert thought is not None
    assert thought.extras == {"call_00000001": extra}


def test_a_stream_over_a_real_connection_passes_the_grammar():
    body = {"model": SENT, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    with FakeChat(Manner(interleaved=True)) as fake:
        fake.enqueue(TURN.but(piece_bytes=7))
        fake.enqueue(TURN.but(cut_bytes=700, end=End.CLOSE))
        out = over(fake.url, body, whole := stream_in())
        assert (faults(out), said(message_of(out))) == ([], blocks_of(TURN))
        assert whole.outcome is Outcome.WHOLE
        short = stream_in()
        with pytest.raises(httpx.RemoteProtocolError):
            over(fake.url, body, short)
        short.end()
        assert short.outcome is Outcome.CUT


def over(url: str, body: dict[str, Any], to: ChatStream) -> bytes:
    key = {"authorization": "Bearer k"}
    path = url + "/v1/chat/completions"
    with httpx.stream("POST", path, json=body, headers=key, trust_env=False) as answer:
        return b"".join(map(to.feed, answer.iter_raw())) + to.end()
