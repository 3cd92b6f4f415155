"""The fake keeps its word: what it records, and how its answers look and break."""

import json
import ssl
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.asking import open_call, read_all, read_until
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.limits import plan_is_spent, plan_limits
from tests.fakes.reply import End, Point, Reply, breaks, refuses, says, thinking, tool_use

HEADERS = {"x-api-key": "dummy", "anthropic-version": "2023-06-01"}
BODY = {
    "model": "claude-opus-4-8",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Hi"}],
}
WORKS = (
    thinking("let me see", "signed"),
    "I will look around.",
    tool_use("Bash", {"command": "ls"}),
)


@pytest.fixture
def fake() -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as fake:
        yield fake


def ask(
    fake: FakeAnthropic, *, stream: bool = True, path: str = "/v1/messages", timeout_s: float = 60
) -> httpx.Response:
    context = ssl.create_default_context(cafile=fake.ca_file) if fake.tls_hosts else True
    with httpx.Client(verify=context, trust_env=False, timeout=timeout_s) as client:
        return client.post(fake.url + path, headers=HEADERS, json=BODY | {"stream": stream})


def events(answer: httpx.Response) -> list[dict]:
    lines = answer.text.splitlines()
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


def test_a_request_is_kept_exactly_as_it_came(fake):
    with httpx.Client(trust_env=False) as client:
        sent = client.post(
            fake.url + "/team-a/v1/messages?beta=true",
            headers=[("X-API-Key", "dummy"), ("anthropic-Version", "1"), ("x-App", "cli")],
            content=b'{"model": "m",\n "messages": [] }',
        )
    [seen] = fake.calls
    assert seen.path == "/team-a/v1/messages?beta=true"
    assert seen.body == b'{"model": "m",\n "messages": [] }'
    assert [h for h in seen.headers if h[1] in ("dummy", "1", "cli")] == [
        ("X-API-Key", "dummy"),
        ("anthropic-Version", "1"),
        ("x-App", "cli"),
    ]
    assert sent.headers["request-id"] == seen.request_id


def test_a_stream_has_every_event_in_order_and_the_whole_usage(fake):
    fake.enqueue(says(*WORKS))
    told = events(ask(fake))
    names = [one["type"] for one in told]
    assert names[:3] == ["message_start", "content_block_start", "ping"]
    assert names[-2:] == ["message_delta", "message_stop"]
    assert names.count("content_block_stop") == 3
    assert told[-2]["delta"]["stop_reason"] == "tool_use"
    usage = told[-2]["usage"]
    assert usage["cache_creation"]["ephemeral_1h_input_tokens"] == 1000
    assert usage["iterations"][0]["output_tokens"] == usage["output_tokens"] == 321
    assert told[0]["message"]["model"] == BODY["model"]


def test_the_same_reply_is_plain_json_when_no_stream_is_asked(fake):
    fake.enqueue(says(*WORKS))
    answer = ask(fake, stream=False).json()
    assert [block["type"] for block in answer["content"]] == ["thinking", "text", "tool_use"]
    assert answer["content"][2]["input"] == {"command": "ls"}
    assert answer["usage"]["output_tokens"] == 321


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("piece_bytes", [None, 3])
def test_an_encoded_stream_reads_the_same_however_it_is_cut(fake, encoding, piece_bytes):
    plain = says("so it goes", message_id="msg_1")
    fake.enqueue(plain, plain.but(encoding=encoding, piece_bytes=piece_bytes))
    first, second = ask(fake), ask(fake)
    assert second.headers["content-encoding"] == encoding
    assert first.text == second.text


LAST_TYPE = {
    Point.HEADERS: [],
    Point.MESSAGE_START: ["message_start"],
    Point.INSIDE_THINKING: ["content_block_delta"],
    Point.AFTER_THINKING: ["content_block_stop"],
    Point.INSIDE_TEXT: ["content_block_delta"],
    Point.AFTER_TEXT: ["content_block_stop"],
    Point.INSIDE_TOOL: ["content_block_delta"],
    Point.AFTER_TOOL: ["content_block_stop"],
    Point.MESSAGE_DELTA: ["message_delta"],
}


@pytest.mark.parametrize("point", list(Point))
def test_a_clean_end_hides_that_the_stream_was_cut(fake, point):
    fake.enqueue(says(*WORKS).but(cut=point))
    assert [one["type"] for one in events(ask(fake))[-1:]] == LAST_TYPE[point]


@pytest.mark.parametrize("end", [End.RESET, End.CLOSE])
def test_a_broken_stream_is_read_up_to_the_cut_and_fails_there(fake, end):
    fake.enqueue(says("half a word, or more").but(cut=Point.INSIDE_TEXT, end=end))
    read = b""
    asked = {"headers": HEADERS, "json": BODY | {"stream": True}, "trust_env": False}
    with (
        pytest.raises(httpx.TransportError),
        httpx.stream("POST", fake.url + "/v1/messages", **asked) as answer,
    ):
        for chunk in answer.iter_raw():
            read += chunk
    assert b"half a word" in read
    assert b"content_block_stop" not in read


def test_a_slow_reader_has_had_everything_before_the_reset(fake):
    at_once = says("word " * 50_000).but(cut=Point.AFTER_TEXT, piece_bytes=10_000_000)
    fake.enqueue(at_once.but(end=End.RESET))
    with open_call(fake.port) as connection:
        begun = read_until(connection, b"message_start")
        time.sleep(0.3)
        rest, was_reset = read_all(connection)
    assert was_reset
    assert b"content_block_stop" in rest
    assert len(begun + rest) > fake.calls[0].sent_bytes


@pytest.mark.parametrize("end", [End.RESET, End.CLOSE])
def test_a_bad_end_waits_until_what_came_before_it_was_heard(fake, end):
    understood = threading.Event()
    fake.heard = lambda seen: understood.is_set()
    fake.enqueue(says("half").but(cut=Point.AFTER_TEXT, end=end))
    with open_call(fake.port) as connection:
        read_until(connection, b"content_block_stop")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        understood.set()
        connection.settimeout(60)
        assert read_all(connection) == (b"", end is End.RESET)


@pytest.mark.parametrize("end", [End.RESET, End.CLOSE])
def test_a_connection_may_end_before_any_header(fake, end):
    fake.enqueue(breaks(end))
    with pytest.raises(httpx.TransportError):
        ask(fake)


def test_an_error_event_comes_before_or_after_content(fake):
    before = says("x").but(error="overloaded_error")
    fake.enqueue(before, before.but(cut=Point.AFTER_TEXT))
    assert [one["type"] for one in events(ask(fake))] == ["error"]
    assert [one["type"] for one in events(ask(fake))][-2:] == ["content_block_stop", "error"]


def test_refusals_carry_the_body_and_the_headers_of_the_real_ones(fake):
    fake.enqueue(refuses(529), refuses(429, retry_after=7), plan_is_spent("7d"))
    overloaded, limited, spent = ask(fake), ask(fake), ask(fake)
    assert overloaded.json()["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    assert limited.headers["retry-after"] == "7"
    assert spent.headers["anthropic-ratelimit-unified-representative-claim"] == "seven_day"
    assert spent.headers["anthropic-ratelimit-unified-status"] == "rejected"


def test_headers_of_the_plan_stand_on_every_answer():
    with FakeAnthropic(headers=plan_limits(**{"5h": 0.8, "7d": 0.2})) as fake:
        headers = ask(fake).headers
    assert headers["anthropic-ratelimit-unified-5h-utilization"] == "0.8"
    assert headers["anthropic-ratelimit-unified-status"] == "allowed_warning"


def test_nobody_listens_while_it_refuses_and_then_again(fake):
    with fake.refusing(), pytest.raises(httpx.ConnectError):
        ask(fake)
    assert ask(fake).status_code == 200


def test_a_client_that_leaves_is_noticed(fake):
    fake.enqueue(says("slow").but(first_byte_s=30), says("still").but(end=End.SILENCE))
    for _ in range(2):
        with pytest.raises(httpx.ReadTimeout):
            ask(fake, timeout_s=0.2)
    fake.wait_until(lambda: all(seen.gone_at for seen in fake.calls))
    assert all(seen.done_at is None for seen in fake.calls)


def test_counting_probing_and_wrong_requests_are_answered_in_kind(fake):
    assert ask(fake, path="/v1/messages/count_tokens").json()["input_tokens"] > 1
    assert httpx.head(fake.url + "/", trust_env=False).status_code == 200
    assert httpx.get(fake.url + "/api/claude_code/settings", trust_env=False).status_code == 404
    assert httpx.post(fake.url + "/v1/messages", json=BODY, trust_env=False).status_code == 401
    assert fake.kinds == ["count_tokens", "probe", "unknown", "main"]


def test_a_script_may_answer_by_what_is_asked(fake):
    fake.respond = lambda seen: says(seen.json["messages"][0]["content"] + " to you")
    fake.enqueue(says("first"))
    texts = [ask(fake, stream=False).json()["content"][0]["text"] for _ in range(2)]
    assert texts == ["first", "Hi to you"]


def test_it_speaks_tls_with_a_certificate_of_its_own_authority():
    with FakeAnthropic(tls_hosts=("localhost",)) as fake:
        fake.enqueue(Reply(status=200, raw=b"{}"))
        assert ask(fake).json() == {}
        with pytest.raises(httpx.ConnectError):
            httpx.head(fake.url, trust_env=False)


def test_ids_are_never_given_twice(fake):
    answers = [ask(fake, stream=False) for _ in range(20)]
    assert len({answer.headers["request-id"] for answer in answers}) == 20
    assert len({answer.json()["id"] for answer in answers}) == 20


def test_an_error_in_a_script_fails_the_test_and_not_in_silence():
    with pytest.raises(ExceptionGroup, match="script"), FakeAnthropic() as fake:
        fake.respond = lambda seen: seen.json["nowhere"]
        with pytest.raises(httpx.RemoteProtocolError):
            ask(fake)
