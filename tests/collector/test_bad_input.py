"""Whatever a client or a provider sends: relayed or refused clearly, and on record."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.asking import HEADERS, PATH, ask, body_of
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.reply import Reply
from tests.running import RunningGate

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
FIELDS = ("model", "messages", "system", "tools", "metadata", "thinking", "max_tokens", "stream")
SOCKETS = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SSE = (("content-type", "text/event-stream"),)


@SOCKETS
@given(body=st.binary(max_size=300))
def test_a_body_that_is_no_json_is_relayed_and_recorded(
    gate: RunningGate, fake: FakeAnthropic, body: bytes
):
    sent_before = len(fake.seen)
    direct = ask(fake.url, body)
    answer = ask(gate.url, body)
    assert (answer.status_code, answer.json().keys()) == (direct.status_code, direct.json().keys())
    assert fake.seen[sent_before + 1].body == body


@SOCKETS
@given(fields=st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_fields_of_any_type_are_relayed_and_recorded(
    gate: RunningGate, fake: FakeAnthropic, fields: dict[str, Any]
):
    body = json.dumps(fields).encode()
    call_id = ask(gate.url, body).headers["x-faregate-call-id"]
    assert fake.seen[-1].body == body
    query = f"select 1 as found from call_log where call_id = '{call_id}'"
    assert gate.rows_when(query, lambda rows: rows), "lost"


@pytest.mark.parametrize("model", [[None, None], {"a,b": 1}, "nobody,gpt-9", "nobody/gpt-9"])
def test_a_model_that_names_no_provider_of_ours_is_relayed(
    gate: RunningGate, fake: FakeAnthropic, model: Any
):
    body = body_of(model=model)
    assert ask(gate.url, body).headers["x-faregate-target"].startswith("anthropic/")
    assert fake.seen[-1].body == body


@SOCKETS
@given(stream=st.binary(max_size=400), cut=st.integers(1, 50))
def test_a_broken_stream_is_relayed_as_it_is_and_recorded(
    gate: RunningGate, fake: FakeAnthropic, stream: bytes, cut: int
):
    fake.enqueue(Reply(raw=b"event: message_start\n" + stream, headers=SSE, piece_bytes=cut))
    answer = ask(gate.url)
    assert answer.content == b"event: message_start\n" + stream
    query = f"select result from call_log where call_id = '{answer.headers['x-faregate-call-id']}'"
    assert gate.rows_when(query, lambda rows: rows), "lost"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_wrong_content_type_is_the_providers_to_judge(
    gate: RunningGate, fake: FakeAnthropic, kind: str
):
    assert ask(gate.url, content_type=kind).status_code == 200
    assert fake.calls[0].header("content-type") == kind


def test_giant_headers_are_relayed_or_refused_and_the_gate_lives_on(
    gate: RunningGate, fake: FakeAnthropic
):
    for size in (8_000, 60_000, 1_000_000):
        try:
            answer = ask(gate.url, x_padding="x" * size)
        except httpx.HTTPError:
            continue
        assert answer.status_code in (200, 400, 413, 431, 502)
    assert ask(gate.url).status_code == 200


def test_headers_with_odd_bytes_reach_the_provider(gate: RunningGate, fake: FakeAnthropic):
    odd = [*HEADERS, ("x-odd", "caf\u00e9".encode("latin-1")), ("x-twice", "1"), ("X-Twice", "2")]
    httpx.post(gate.url + PATH, content=body_of(), headers=odd)
    assert fake.calls[0].header("x-odd") == "caf\u00e9"
    twice = [(name, value) for name, value in fake.calls[0].headers if name.lower() == "x-twice"]
    assert twice == [("x-twice", "1"), ("X-Twice", "2")]


def test_a_lying_content_encoding_is_relayed_and_recorded(gate: RunningGate, fake: FakeAnthropic):
    fake.enqueue(Reply(raw=b"not gzip at all", headers=(("content-encoding", "gzip"),)))
    with httpx.stream("POST", gate.url + PATH, content=body_of(), headers=HEADERS) as answer:
        assert b"".join(answer.iter_raw()) == b"not gzip at all"
    assert gate.calls()[0]["status"] == 200


@pytest.mark.parametrize(
    "body", [b"", b"<html>bad gateway</html>", b"null", b'{"usage":{"input_tokens":"many"}}']
)
def test_an_answer_that_makes_no_sense_is_relayed_and_flagged(
    gate: RunningGate, fake: FakeAnthropic, body: bytes
):
    fake.enqueue(Reply(raw=body))
    assert ask(gate.url, body_of(stream=None)).content == body
    [call] = gate.calls()
    assert call["list_usd"] in (None, 0)


def test_an_unknown_path_and_method_pass_through(gate: RunningGate, fake: FakeAnthropic):
    assert httpx.request("DELETE", gate.url + "/v1/files/f_1").status_code == 404
    assert httpx.get(gate.url + "/v1/messages").status_code in (404, 405)
    assert [(seen.method, seen.path) for seen in fake.seen] == [
        ("DELETE", "/v1/files/f_1"),
        ("GET", "/v1/messages"),
    ]
    assert {call["kind"] for call in gate.calls(2)} <= {"other", "probe"}
