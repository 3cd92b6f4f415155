"""What passes through the gate is what was sent, byte for byte, in both directions."""

import socket
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.asking import HEADERS, PATH, ask, body_of, open_call, raw_request, read_all, read_until
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.limits import plan_is_spent, plan_limits
from tests.fakes.reply import End, Point, Reply, Spent, breaks, gives, refuses, says
from tests.running import RunningGate, slowness

HOP_BY_HOP = {"connection", "host"}


def end_to_end(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]


def test_the_provider_sees_the_clients_own_bytes_and_header_list(
    gate: RunningGate, fake: FakeAnthropic
):
    body = body_of(
        "Grüße, 世界 \U0001f680",
        system=[{"type": "text", "text": "b"}],
        x_extra={"z": 1, "a": [2.50]},
    )
    with open_call(gate.port, body) as connection:
        connection.settimeout(60)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    [seen] = fake.calls
    assert seen.body == body
    assert seen.path == PATH
    expected = [*HEADERS, ("Content-Length", str(len(body)))]
    assert end_to_end(seen.headers) == expected
    assert seen.header("host") == fake.url.removeprefix("http://")


def test_the_client_sees_the_providers_own_bytes(gate: RunningGate, fake: FakeAnthropic):
    reply = says("one", "two", message_id="msg_1", request_id="req_1", model="claude-opus-4-8")
    fake.enqueue(reply, reply)
    direct, through = ask(fake.url), ask(gate.url)
    assert through.content == direct.content
    assert b"event: ping" in through.content
    own = {"x-faregate-call-id", "x-faregate-target", "x-faregate-reason"}
    added = set(through.headers) - set(direct.headers)
    assert added == own
    same = set(direct.headers) - {"date", "keep-alive", "connection"}
    assert {name: through.headers[name] for name in same} == {n: direct.headers[n] for n in same}
    assert through.headers["x-faregate-target"] == "anthropic/claude-opus-4-8"


def test_an_event_that_nobody_knows_is_passed_on(gate: RunningGate, fake: FakeAnthropic):
    stream = b'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n'
    stream += b': a comment\n\nevent: news\nid: 7\ndata: {"type":"news"}\n\n'
    fake.enqueue(Reply(raw=stream, headers=(("content-type", "text/event-stream"),)))
    assert ask(gate.url).content == stream


def test_each_chunk_is_relayed_as_it_comes(gate: RunningGate, fake: FakeAnthropic):
    fake.enqueue(says("a", "b", "c", gap_s=0.15))
    sent_by_then: set[int] = set()
    with httpx.stream("POST", gate.url + PATH, content=body_of(), headers=HEADERS) as answer:
        sent_by_then.update(fake.calls[0].sent_bytes for _ in answer.iter_raw())
    assert len(sent_by_then) >= 4  # a busy machine may join a few of them


@pytest.mark.parametrize("end", [End.RESET, End.CLOSE])
def test_a_cut_stays_a_cut(gate: RunningGate, fake: FakeAnthropic, end: End):
    fake.enqueue(says("never finished").but(cut=Point.INSIDE_TEXT, end=end))
    with open_call(gate.port) as connection:
        received, was_reset = read_all(connection)
    assert b"content_block_delta" in received
    assert was_reset or not received.endswith(b"0\r\n\r\n")
    [call] = gate.calls()
    assert call["result"] == "truncated"
    assert call["cache_read_tokens"] == 12000


def test_a_slow_client_has_had_everything_before_the_cut(gate: RunningGate, fake: FakeAnthropic):
    at_once = says("word " * 50_000).but(cut=Point.AFTER_TEXT, piece_bytes=10_000_000)
    fake.enqueue(at_once.but(end=End.RESET))
    with open_call(gate.port) as connection:
        read_until(connection, b"message_start")
        gate.calls()  # the gate is done with it, the client has not read on
        rest, was_reset = read_all(connection)
    assert b"content_block_stop" in rest
    assert not was_reset


def test_a_clean_end_without_message_stop_is_relayed_and_known_as_truncated(
    gate: RunningGate, fake: FakeAnthropic
):
    fake.enqueue(says("half").but(cut=Point.AFTER_TEXT, end=End.WHOLE))
    assert ask(gate.url).status_code == 200
    assert gate.calls()[0]["result"] == "truncated"


def test_a_client_that_leaves_takes_the_upstream_call_with_it(
    gate: RunningGate, fake: FakeAnthropic
):
    fake.enqueue(says("a long answer, " * 200, gap_s=0.2))
    connection = open_call(gate.port)
    read_until(connection, b"message_start")
    connection.close()
    fake.wait_until(lambda: fake.calls[0].gone_at)
    [call] = gate.calls()
    assert call["result"] == "cancelled"
    assert call["cache_read_tokens"] == 12000
    assert call["list_usd"] > 0


def test_a_client_that_leaves_before_the_first_byte_is_noticed_too(
    gate: RunningGate, fake: FakeAnthropic
):
    fake.enqueue(says("slow", head_s=100))
    connection = open_call(gate.port)
    fake.wait_until(lambda: fake.calls)
    connection.close()
    fake.wait_until(lambda: fake.calls[0].gone_at)
    assert gate.calls()[0]["result"] == "cancelled"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 529])
def test_an_error_keeps_its_status_body_and_headers(
    gate: RunningGate, fake: FakeAnthropic, status: int
):
    fake.enqueue(
        refuses(status, "prompt is too long: 210000 tokens > 200000 maximum", retry_after=7)
    )
    answer = ask(gate.url)
    assert answer.status_code == status
    assert answer.content == fake.calls[0].reply.raw
    assert answer.headers["retry-after"] == "7"
    [call] = gate.calls()
    assert call["status"] == status
    assert call["list_usd"] == 0


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
@pytest.mark.parametrize("stream", [True, None])
def test_a_compressed_answer_is_relayed_as_it_is_and_still_metered(
    gate: RunningGate, fake: FakeAnthropic, encoding: str, stream: bool | None
):
    fake.enqueue(says("packed", encoding=encoding))
    sent = [*HEADERS, ("content-length", "0")]
    with httpx.stream(
        "POST", gate.url + PATH, content=body_of(stream=stream), headers=sent[:-1]
    ) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == encoding
    assert not raw.startswith((b"event:", b"{"))
    [call] = gate.calls()
    assert (call["result"], call["output_tokens"]) == ("ok", 321)


def test_an_answer_that_is_not_streamed_is_metered_from_its_json(
    gate: RunningGate, fake: FakeAnthropic
):
    fake.enqueue(says("whole", head_s=1.5, usage=Spent(input_tokens=11, output_tokens=5)))
    answer = ask(gate.url, body_of(stream=None))
    assert answer.json()["content"][0]["text"] == "whole"
    [call] = gate.calls()
    assert (call["input_tokens"], call["output_tokens"]) == (11, 5)
    assert call["message_id"] == answer.json()["id"]
    assert call["ttfb_ms"] >= 1500


def test_a_body_of_32_mb_arrives_whole(gate: RunningGate, fake: FakeAnthropic):
    body = body_of("x" * (32 << 20))
    assert ask(gate.url, body).status_code == 200
    assert fake.calls[0].body == body
    assert gate.calls()[0]["result"] == "ok"


def test_token_counts_are_asked_of_the_provider_and_cost_nothing(
    gate: RunningGate, fake: FakeAnthropic
):
    answer = ask(gate.url, path="/v1/messages/count_tokens?beta=true")
    assert answer.json()["input_tokens"] > 0
    [call] = gate.calls()
    assert (call["kind"], call["list_usd"], call["usage_missing"]) == ("count_tokens", 0, False)


def test_what_is_not_a_call_goes_straight_through_and_is_recorded(
    gate: RunningGate, fake: FakeAnthropic
):
    passed = httpx.get(gate.url + "/api/claude_code/settings")
    assert passed.status_code == 404
    assert httpx.head(gate.url + "/").status_code == 200
    assert [seen.method for seen in fake.seen] == ["GET", "HEAD"]
    calls = gate.calls(2)
    assert [call["kind"] for call in calls] == ["probe", "probe"]
    assert passed.headers["x-faregate-call-id"] == calls[0]["call_id"]


def test_the_probe_is_answered_while_the_provider_is_down(gate: RunningGate, fake: FakeAnthropic):
    with fake.refusing():
        assert httpx.head(gate.url + "/").status_code == 200
        assert httpx.head(gate.url + "/team-a/").status_code == 200


def test_an_unreachable_provider_is_a_502_that_says_so(gate: RunningGate, fake: FakeAnthropic):
    with fake.refusing():
        answer = ask(gate.url)
    assert answer.status_code == 502
    assert "could not reach 127.0.0.1" in answer.json()["error"]["message"]
    assert gate.calls()[0]["result"] == "unreachable"
    assert ask(gate.url).status_code == 200


def test_a_provider_that_hangs_up_before_its_answer_is_unreachable(
    gate: RunningGate, fake: FakeAnthropic
):
    fake.enqueue(breaks(End.RESET))
    assert ask(gate.url).status_code == 502
    assert gate.calls()[0]["result"] == "unreachable"


def test_a_redirect_is_the_clients_to_follow(gate: RunningGate, fake: FakeAnthropic):
    elsewhere = (("location", "http://127.0.0.1:9/v1/messages"),)
    fake.enqueue(gives({}, status=307, headers=elsewhere))
    answer = ask(gate.url)
    assert (answer.status_code, answer.headers["location"]) == (307, elsewhere[0][1])
    assert len(fake.calls) == 1


def test_a_path_prefix_tags_the_project_and_is_not_sent_on(gate: RunningGate, fake: FakeAnthropic):
    ask(gate.url, path="/x-articles/v1/messages?beta=true&x=%20y")
    assert fake.calls[0].path == "/v1/messages?beta=true&x=%20y"
    assert gate.calls()[0]["project"] == "x-articles"


def test_a_provider_without_request_id_is_given_one(gate: RunningGate, fake: FakeAnthropic):
    fake.enqueue(says("a", request_id=""), says("b", request_id=""))
    minted = [ask(gate.url).headers["request-id"] for _ in range(2)]
    assert len(set(minted)) == 2
    assert [call["request_id"] for call in gate.calls(2)] == minted


def test_an_answer_without_usage_is_flagged_not_zero(gate: RunningGate, fake: FakeAnthropic):
    fake.enqueue(says("silent", usage=None))
    ask(gate.url)
    [call] = gate.calls()
    assert (call["usage_missing"], call["list_usd"]) == (True, None)


def test_a_call_is_in_the_ledger_while_it_is_still_open(gate: RunningGate, fake: FakeAnthropic):
    fake.enqueue(says("slow", head_s=100))
    with open_call(gate.port):
        open_rows = gate.rows_when("select * from calls where result is null", len)
    assert [row["kind"] for row in open_rows] == ["main"]
    assert [call["result"] for call in gate.calls()] == ["cancelled"]
    assert gate.rows("select * from open_calls") == []


def test_a_call_is_in_the_ledger_within_a_second_of_its_end(gate: RunningGate, fake: FakeAnthropic):
    took_s: list[float] = []
    for count in range(1, 7):  # the first makes the ledger
        ask(gate.url)
        ended_at = time.monotonic()
        gate.calls(count)
        took_s.append(time.monotonic() - ended_at)
    assert min(took_s) < 1.0 * slowness(), took_s


def test_a_clients_retry_is_linked_to_its_first_try(gate: RunningGate, fake: FakeAnthropic):
    fake.enqueue(refuses(529), says("at last"))
    body = body_of("tried twice")
    first, second = ask(gate.url, body), ask(gate.url, body)
    calls = gate.calls(2)
    assert [call["result"] for call in calls] == ["overloaded", "ok"]
    assert calls[1]["retry_of"] == first.headers["x-faregate-call-id"]
    assert calls[1]["call_id"] == second.headers["x-faregate-call-id"]
    assert calls[0]["retry_of"] is None


def test_limit_windows_of_an_answer_are_kept(gate: RunningGate, fake: FakeAnthropic):
    resets_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    fake.headers = plan_limits(resets_at, **{"5h": 0.5})
    ask(gate.url, authorization="Bearer sk-ant-oat01-x")
    fake.headers = ()
    fake.enqueue(plan_is_spent("5h", resets_at))
    assert ask(gate.url, authorization="Bearer sk-ant-oat01-x").status_code == 429
    calls = gate.calls(2)
    assert [(call["provider"], call["result"]) for call in calls] == [
        ("max", "ok"),
        ("max", "limit_hit"),
    ]
    assert [call["cost_usd"] for call in calls] == [0, 0], calls
    [hit] = gate.rows("select * from limit_hits")
    assert (hit["limit_window"], hit["source"]) == ("five_hour", "proxy")
    assert hit["resets_at"] == resets_at.replace(tzinfo=None)


def test_a_plans_call_answered_beyond_the_plan_is_paid_in_cash(
    gate: RunningGate, fake: FakeAnthropic
):
    fake.headers = (("anthropic-ratelimit-unified-overage-in-use", "true"),)
    ask(gate.url, authorization="Bearer sk-ant-oat01-x")
    [call] = gate.calls()
    assert (call["provider"], call["bill"]) == ("max", "cash")
    assert call["cost_usd"] == call["list_usd"] > 0


def test_many_calls_on_one_connection_and_many_connections_at_once(
    gate: RunningGate, fake: FakeAnthropic
):
    connections = [open_call(gate.port, body_of(f"call {n}")) for n in range(20)]
    for connection in connections:
        connection.settimeout(60)
        read_until(connection, b"0\r\n\r\n")
        connection.sendall(raw_request("127.0.0.1", body_of("again")))
    for connection in connections:
        assert connection.recv(64).startswith(b"HTTP/1.1 200")
        connection.close()
    assert len(fake.calls) == 40


def test_broken_http_is_refused_and_the_gate_lives_on(gate: RunningGate, fake: FakeAnthropic):
    for garbage in (b"\x16\x03\x01\x00\xa5\x01", b"POST / HTTP/9.9\r\n\r\n", b"\r\n" * 50, b"GET"):
        with socket.create_connection(("127.0.0.1", gate.port), timeout=60) as connection:
            connection.sendall(garbage)
    assert ask(gate.url).status_code == 200
