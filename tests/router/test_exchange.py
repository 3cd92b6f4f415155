"""One exchange, in this process: what the client hears while a target keeps silent."""

import orjson
import pytest

from router.call import Bill
from tests.collector.routed import task
from tests.fakes.chat import Manner, completion
from tests.fakes.reply import End, Point, Reply, refuses, says
from tests.router.exchanging import Behind, relayed
from tests.router.exchanging import behind as behind
from tests.router.exchanging import impatient as impatient
from tests.router.exchanging import servers as servers
from tests.router.wire.grammar import faults, message_of

pytestmark = pytest.mark.usefixtures("impatient")


def test_a_local_model_that_reads_for_long_begins_a_message_meanwhile(behind: Behind):
    behind.local.enqueue(says("At last.").but(head_s=1.2))
    heard = relayed(behind, "ollama/qwen3-coder:30b", "max/asked")
    assert heard.status == 200
    assert heard.pieces[0].startswith(b"event: message_start")
    assert b"event: ping" in heard.body
    assert heard.body.count(b"event: message_start") == 1
    assert not faults(heard.body)
    assert message_of(heard.body)["usage"]["output_tokens"] > 0
    assert heard.is_ended
    assert heard.attempts == [("ollama/qwen3-coder:30b", "ok")]


def test_a_message_begun_for_one_target_is_ended_by_another(behind: Behind):
    behind.local.enqueue(refuses(500).but(head_s=0.7))
    behind.anthropic.enqueue(says("From the plan."))
    heard = relayed(behind, "ollama/qwen3-coder:30b", "max/asked")
    assert heard.body.count(b"event: message_start") == 1
    assert not faults(heard.body)
    assert [block["text"] for block in message_of(heard.body)["content"]] == ["From the plan."]
    assert [result for _, result in heard.attempts] == ["failed", "ok"]


def test_a_message_begun_for_nothing_ends_in_an_error_event(behind: Behind):
    behind.local.enqueue(refuses(500).but(head_s=0.7))
    behind.anthropic.enqueue(refuses(529))
    heard = relayed(behind, "ollama/qwen3-coder:30b", "max/asked", more="[fallback]\nretries = 0\n")
    assert heard.status == 200
    assert heard.body.count(b"event: message_start") == 1
    assert b"event: error" in heard.body
    assert [result for _, result in heard.attempts] == ["failed", "overloaded"]
    assert heard.calls[0].result == "overloaded"


def test_a_chat_model_that_thinks_for_long_gives_more_than_pings(behind: Behind):
    behind.chat.enqueue(says("Thought out.").but(head_s=0.2, first_byte_s=1.5))
    heard = relayed(behind, "openrouter/qwen/qwen3-coder:free", "max/asked")
    assert heard.pieces[0].startswith(b"event: message_start")
    assert b"thinking" in heard.body
    assert not faults(heard.body)
    assert heard.is_ended


def at_once(*blocks: str, **fields: float) -> Reply:
    """A provider that was asked for a stream and answers with a whole body."""
    told = orjson.dumps(completion(says(*blocks), Manner()))
    return Reply(raw=told).but(**fields)


def test_a_chat_model_that_does_not_stream_is_told_as_the_stream_that_was_asked_for(behind: Behind):
    behind.chat.enqueue(at_once("All of it."))
    heard = relayed(behind, "openrouter/qwen/qwen3-coder:free", "max/asked")
    assert heard.headers["content-type"].startswith("text/event-stream")
    assert not faults(heard.body)
    assert [block["text"] for block in message_of(heard.body)["content"]] == ["All of it."]
    assert heard.attempts == [("openrouter/qwen/qwen3-coder:free", "ok")]
    assert heard.calls[0].attempts[0].metered.usage is not None


def test_a_chat_model_that_answers_late_and_whole_goes_on_with_the_begun_message(behind: Behind):
    behind.chat.enqueue(at_once("Late.", first_byte_s=1.5))
    heard = relayed(behind, "openrouter/qwen/qwen3-coder:free", "max/asked")
    assert heard.body.count(b"event: message_start") == 1
    assert not faults(heard.body)
    assert message_of(heard.body)["content"][-1] == {"type": "text", "text": "Late."}
    assert heard.is_ended


def test_a_message_of_anothers_that_came_whole_is_told_in_events(behind: Behind):
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "qwen3-coder:30b",
        "content": [{"type": "text", "text": "Whole."}], "stop_reason": "end_turn",
        "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 2},
    }  # fmt: skip
    for head_s in (0, 1.2):
        behind.local.enqueue(Reply(raw=orjson.dumps(message), head_s=head_s))
        heard = relayed(behind, "ollama/qwen3-coder:30b", "max/asked")
        assert heard.headers["content-type"].startswith("text/event-stream")
        assert heard.body.count(b"event: message_start") == 1
        assert not faults(heard.body)
        assert message_of(heard.body)["content"] == message["content"]
        assert heard.calls[0].attempts[0].metered.usage.output_tokens == 2


def test_a_message_that_came_whole_and_says_little_is_not_lost(behind: Behind):
    blocks = [{"type": "text"}, {"type": "tool_use", "id": "toolu_1", "name": "Read"}, "odd", {}]
    message = {"type": "message", "content": [{"type": "text", "text": "Bare."}, *blocks]}
    behind.local.enqueue(Reply(raw=orjson.dumps(message)))
    heard = relayed(behind, "ollama/qwen3-coder:30b", "max/asked")
    assert heard.attempts == [("ollama/qwen3-coder:30b", "ok")]
    assert heard.is_ended
    assert b"Bare." in heard.body
    assert b'"partial_json":"{}"' in heard.body


BUSY = b'{"type":"error","error":{"type":"overloaded_error","message":"all slots are taken"}}'


@pytest.mark.parametrize(
    ("target", "raw", "result", "said"),
    [
        ("openrouter/qwen/qwen3-coder:free", b"<html>hi</html>", "failed", "holds no message"),
        ("ollama/qwen3-coder:30b", b'{"ok":true}', "failed", "holds no message"),
        ("ollama/qwen3-coder:30b", BUSY, "overloaded", "all slots are taken"),
    ],
)
def test_a_success_that_holds_no_message_is_left_for_the_next(
    behind: Behind, target: str, raw: bytes, result: str, said: str
):
    for server in (behind.chat, behind.local):
        server.enqueue(Reply(raw=raw), Reply(raw=raw))
    behind.anthropic.enqueue(says("From the plan."))
    heard = relayed(behind, target, "max/asked")
    assert [block["text"] for block in message_of(heard.body)["content"]] == ["From the plan."]
    assert [ended for _, ended in heard.attempts] == [result, "ok"]
    alone = relayed(behind, target, more="[fallback]\nretries = 0\n")
    assert alone.body.startswith(b"event: error")
    assert said in alone.body.decode()
    assert alone.calls[0].result == result


def test_a_target_that_does_not_begin_in_time_is_left_for_the_next(behind: Behind):
    behind.anthropic.enqueue(says("too late").but(head_s=5), says("in time"))
    heard = relayed(
        behind,
        "max/asked",
        "anthropic/claude-sonnet-4-5",
        more="[fallback]\nhead_seconds = 0.2\n",
    )
    assert [block["text"] for block in message_of(heard.body)["content"]] == ["in time"]
    assert [result for _, result in heard.attempts] == ["unreachable", "ok"]


def test_silence_after_the_head_is_passed_on_rather_than_hidden(behind: Behind):
    broken = says("x").but(cut=Point.MESSAGE_START, end=End.RESET, gap_s=0.8)
    behind.anthropic.enqueue(broken)
    heard = relayed(behind, "max/asked", "anthropic/claude-sonnet-4-5")
    assert b"message_start" in heard.body
    assert not heard.is_ended
    assert heard.calls[0].result == "truncated"
    assert [bill for bill in (attempt.bill for attempt in heard.calls[0].attempts)] == [Bill.PLAN]


def test_a_local_model_has_all_the_time_to_read_the_prompt(behind: Behind):
    behind.local.enqueue(says("Read.").but(head_s=0.9))
    heard = relayed(
        behind, "ollama/qwen3-coder:30b", "max/asked", more="[fallback]\nhead_seconds = 0.2\n"
    )
    assert heard.attempts == [("ollama/qwen3-coder:30b", "ok")]


def test_where_no_target_can_do_it_the_call_is_relayed_as_it_was_asked(behind: Behind):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}}
    asked = task(messages=[{"role": "user", "content": [image]}])
    heard = relayed(behind, "ollama/qwen3-coder:30b", body=asked)
    assert heard.status == 200
    assert behind.anthropic.calls[0].body == asked
    assert not behind.local.calls
    assert heard.attempts == [("max/claude-opus-4-8", "ok")]
