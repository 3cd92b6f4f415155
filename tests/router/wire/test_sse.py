from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from router.wire.sse import SseReader
from tests.router.wire.answers import TURN


def events(*chunks: bytes, largest: int = 1000) -> list[tuple[str, bytes]]:
    reader = SseReader(largest)
    return [event for chunk in chunks for event in reader.feed(chunk)]


def cut(stream: bytes, at: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(stream) + 1) for place in at), len(stream)]
    return [stream[start:end] for start, end in pairwise(marks)]


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        (b"event: ping\ndata: {}\n\n", [("ping", b"{}")]),
        (b"event: ping\r\ndata: {}\r\n\r\n", [("ping", b"{}")]),
        (b"event: ping\rdata: {}\r\r", [("ping", b"{}")]),
        (b"data:a\ndata: b\ndata\n\n", [("message", b"a\nb\n")]),
        (b"data:  two spaces\n\n", [("message", b" two spaces")]),
        (b": a comment\n\ndata: x\n\n", [("message", b"x")]),
        (b"\xef\xbb\xbfdata: x\n\n\xef\xbb\xbfdata: y\n\n", [("message", b"x")]),
        (b"event: lost\n\ndata: x\n\n", [("message", b"x")]),
        (b"id: 7\nretry: 10\nnonsense\ndata: x\n\n", [("message", b"x")]),
        (b"data: never ended\n", []),
        (b"event: \xff\ndata: x\n\n", [("\ufffd", b"x")]),
    ],
)
def test_events_are_read_as_the_standard_says(stream, told):
    assert events(stream) == told


@given(st.lists(st.integers(0, 10_000)))
def test_a_turn_reads_the_same_however_it_is_cut(at):
    assert events(*cut(TURN, at)) == events(TURN)


PIECES = st.sampled_from(
    [
        b"\r",
        b"\n",
        b"\r\n",
        b"data:",
        b" ",
        b"event: e",
        b":",
        b"x" * 30,
        "é世".encode(),
        b"\xef\xbb\xbf",
    ]
)


@given(st.lists(PIECES).map(b"".join), st.lists(st.integers(0, 10_000)))
@example(b"data: x\r\n\r\n", [9, 10])
@example(b"\xef\xbb\xbfdata: x\n\n", [1, 2])
def test_any_bytes_read_the_same_however_they_are_cut(stream, at):
    assert events(*cut(stream, at), largest=60) == events(stream, largest=60)


def test_an_event_too_large_is_dropped_and_the_next_one_read():
    large = b"data: " + b"x" * 2000 + b"\n\n"
    many = b"data: 0123456789\n" * 100 + b"\n"
    named = b"event: " + b"x" * 2000 + b"\ndata: y\n\n"
    told = [("message", b"ok")]
    for stream in (large, many, named):
        assert events(stream + b"data: ok\n\n") == told
        assert events(*cut(stream + b"data: ok\n\n", list(range(0, 3000, 7)))) == told


def test_a_stream_of_garbage_keeps_little_in_memory():
    reader = SseReader(1000)
    for _ in range(1000):
        assert list(reader.feed(b"garbage without an end " * 40)) == []
    assert len(reader._line) <= 1000
    for _ in range(1000):
        list(reader.feed(b"\ndata: garbage"))
    assert sum(map(len, reader._data)) <= 1000
