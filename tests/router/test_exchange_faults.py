"""Every class of fault, at every kind of target, before and after the first content."""

import itertools
import json
from collections.abc import Iterable

import pytest

from router import exchange
from tests.asking import body_of
from tests.fakes.reply import End, Point, Reply, refuses, says, tool_use
from tests.router.exchanging import TASK, Behind, Heard, relayed
from tests.router.exchanging import behind as behind
from tests.router.exchanging import servers as servers
from tests.router.wire.grammar import faults, message_of

GOOD = "Well answered."
CHAINS = {
    "same bytes": ("max/asked", "ollama/qwen3-coder:30b"),
    "re-shaped": ("anthropic/claude-sonnet-4-5", "ollama/qwen3-coder:30b"),
    "local": ("ollama/qwen3-coder:30b", "max/asked"),
    "chat": ("openrouter/qwen/qwen3-coder:free", "max/asked"),
}
MESSAGES = ("same bytes", "re-shaped", "local")
BROKEN = (End.RESET, End.CLOSE)
MOVES = {status: refuses(status) for status in (402, 404, 408, 409, 429, 500, 502, 503, 504, 529)}
STAYS = {status: refuses(status) for status in (400, 401, 403, 413)}
HEADLESS = {f"{end} before the head": says("x").but(headless=True, end=end) for end in BROKEN}
TALK = says("one two three four five six", tool_use("Read", {"file_path": "a.py"}), "and more")


def every(*values: Iterable[object]) -> list[tuple[object, ...]]:
    return list(itertools.product(*values))


def server_of(behind: Behind, target: str):
    return {"ollama": behind.local, "openrouter": behind.chat}.get(
        target.partition("/")[0], behind.anthropic
    )


def heard(behind: Behind, chain: str, reply: Reply, *, stream: bool = True) -> Heard:
    """The first target of the chain gives this reply, the second a good answer."""
    first, second = CHAINS[chain]
    server_of(behind, first).enqueue(reply)
    server_of(behind, second).enqueue(says(GOOD))
    body = body_of(TASK, stream=stream or None)
    return relayed(behind, first, second, body=body, more="[fallback]\nretries = 0\n")


def text_of(answer: Heard, *, stream: bool) -> str:
    if stream:
        assert not faults(answer.body)
        message = message_of(answer.body)
    else:
        message = json.loads(answer.body)
    return "".join(block.get("text", "") for block in message["content"])


def assert_moved(answer: Heard, *, stream: bool) -> None:
    assert answer.status == 200
    assert text_of(answer, stream=stream) == GOOD
    assert answer.is_ended
    assert len(answer.attempts) == 2
    assert answer.attempts[1][1] == "ok"
    assert answer.attempts[0][1] != "ok"
    assert answer.calls[0].result == "ok"
    assert answer.body.count(b"event: message_start") == (1 if stream else 0)


@pytest.mark.parametrize(
    ("chain", "fault", "stream"),
    every(CHAINS, [*MOVES, *HEADLESS], [True, False]),
)
def test_before_an_answer_begins_the_next_target_gives_it(behind, chain, fault, stream):
    answer = heard(behind, chain, {**MOVES, **HEADLESS}[fault], stream=stream)
    assert_moved(answer, stream=stream)


@pytest.mark.parametrize(("chain", "status", "stream"), every(CHAINS, STAYS, [True, False]))
def test_what_the_client_caused_goes_back_to_it(behind, chain, status, stream):
    answer = heard(behind, chain, STAYS[status], stream=stream)
    assert answer.status == status
    assert json.loads(answer.body)["type"] == "error"
    assert [result for _, result in answer.attempts] == ["rejected"]
    assert answer.is_ended


@pytest.mark.parametrize(
    ("chain", "point", "end"),
    every(MESSAGES, (Point.HEADERS, Point.MESSAGE_START), (*BROKEN, End.WHOLE)),
)
def test_a_stream_cut_before_its_content_is_given_by_the_next(behind, chain, point, end):
    assert_moved(heard(behind, chain, TALK.but(cut=point, end=end)), stream=True)


def test_a_slow_head_alone_does_not_bind_the_client_to_its_target(behind, monkeypatch):
    monkeypatch.setattr(exchange, "FIRST_SIGN_S", 0.05)
    slow = TALK.but(cut=Point.HEADERS, first_byte_s=0.5)
    assert_moved(heard(behind, "same bytes", slow), stream=True)


@pytest.mark.parametrize(
    ("chain", "error"),
    every(MESSAGES, ("overloaded_error", "api_error", "rate_limit_error")),
)
def test_an_error_as_the_first_event_is_a_failure_like_any_other(behind, chain, error):
    assert_moved(heard(behind, chain, says().but(error=error)), stream=True)


def test_a_chat_stream_that_fails_before_its_content_is_given_by_the_next(behind):
    assert_moved(heard(behind, "chat", says().but(error="server_error")), stream=True)


@pytest.mark.parametrize("end", [*BROKEN, End.WHOLE])
def test_a_chat_stream_cut_before_its_content_is_given_by_the_next(behind, end):
    assert_moved(heard(behind, "chat", TALK.but(cut_bytes=60, end=end)), stream=True)


POINTS = (Point.INSIDE_TEXT, Point.AFTER_TEXT, Point.INSIDE_TOOL, Point.AFTER_TOOL)


@pytest.mark.parametrize(("chain", "point", "end"), every(MESSAGES, POINTS, BROKEN))
def test_a_stream_cut_after_its_content_stays_cut(behind, chain, point, end):
    answer = heard(behind, chain, TALK.but(cut=point, end=end))
    assert_cut(answer)


@pytest.mark.parametrize(("chain", "point"), every(("re-shaped", "local"), POINTS))
def test_a_clean_end_that_hides_a_loss_is_no_end_once_we_read_the_answer(behind, chain, point):
    assert_cut(heard(behind, chain, TALK.but(cut=point, end=End.WHOLE)))


@pytest.mark.parametrize(("size", "end"), every((900, 1400), (*BROKEN, End.WHOLE)))
def test_a_chat_stream_cut_after_its_content_stays_cut(behind, size, end):
    assert_cut(heard(behind, "chat", TALK.but(cut_bytes=size, end=end)))


def assert_cut(answer: Heard) -> None:
    assert answer.status == 200
    assert not answer.is_ended
    assert [result for _, result in answer.attempts] == ["truncated"]
    assert answer.calls[0].result == "truncated"
    assert GOOD.encode() not in answer.body
    assert answer.body.count(b"event: message_start") == 1


@pytest.mark.parametrize(("chain", "error"), every(MESSAGES, ("overloaded_error", "api_error")))
def test_an_error_after_the_content_is_passed_on(behind, chain, error):
    answer = heard(behind, chain, TALK.but(cut=Point.INSIDE_TEXT, error=error))
    assert b"event: error" in answer.body
    assert error.encode() in answer.body
    assert GOOD.encode() not in answer.body
    assert len(answer.attempts) == 1
    assert answer.calls[0].result in ("overloaded", "failed")


@pytest.mark.parametrize("chain", CHAINS)
def test_a_whole_answer_that_breaks_off_is_given_by_the_next(behind, chain):
    reply = TALK.but(cut_bytes=40, end=End.RESET)
    assert_moved(heard(behind, chain, reply, stream=False), stream=False)


@pytest.mark.parametrize("chain", CHAINS)
def test_a_target_nobody_listens_for_is_passed_over(behind, chain):
    first, second = CHAINS[chain]
    server_of(behind, second).enqueue(says(GOOD))
    more = "[fallback]\nretries = 0\n"
    with server_of(behind, first).refusing():
        assert_moved(relayed(behind, first, second, more=more), stream=True)


@pytest.mark.parametrize("stream", [True, False])
def test_when_all_fail_the_most_useful_answer_goes_back_as_it_came(behind, stream):
    behind.local.enqueue(refuses(500))
    limit = refuses(429).but(headers=(("retry-after", "30"),))
    behind.anthropic.enqueue(limit)
    body = body_of(TASK, stream=stream or None)
    more = "[fallback]\nretries = 0\n"
    answer = relayed(behind, "ollama/qwen3-coder:30b", "max/asked", body=body, more=more)
    assert answer.status == 429
    assert answer.headers["retry-after"] == "30"
    assert answer.body == limit.raw or json.loads(answer.body)["type"] == "error"
    assert answer.calls[0].result == "rate_limited"
    assert len(answer.attempts) == 2


def test_after_our_own_second_tries_the_client_is_asked_not_to_try_again(behind):
    behind.local.enqueue(refuses(500), refuses(500))
    behind.anthropic.enqueue(refuses(529), refuses(529))
    answer = relayed(behind, "ollama/qwen3-coder:30b", "max/asked")
    assert answer.status == 529
    assert answer.headers["x-should-retry"] == "false"
    assert len(answer.attempts) == 3
