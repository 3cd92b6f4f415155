"""Streams that ask one call after another over sockets of their own, and time each answer."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httptools

from tests.bench.asked import Question

ANSWER_S = 60
numbers = count(1)


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway's door."""

    port: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """From the first byte sent to the first byte of the answer's body, and to its last."""

    ttfb_ms: float
    total_ms: float


class Stream(asyncio.Protocol):
    """A connection; httptools calls the `on_` methods. asyncio sets TCP_NODELAY."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.answered: asyncio.Future[tuple[float, float]] | None = None
        self.parser: Any = httptools.HttpResponseParser(self)
        self.first_at = 0.0
        self.kept = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.now = time.perf_counter()
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.first_at = self.first_at or self.now
        self.kept = (self.kept + body)[-400:]

    def on_message_complete(self) -> None:
        if not self.answered or self.answered.done():
            return
        status = self.parser.get_status_code()
        if status != 200 or b"message_stop" not in self.kept:
            self.answered.set_exception(AssertionError(f"{status}: {self.kept!r}"))
            return
        self.answered.set_result((self.first_at, self.now))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answered and not self.answered.done():
            self.answered.set_exception(ConnectionError(f"cut after {self.kept[-80:]!r}"))

    async def ask(self, wire: bytes) -> Took:
        self.first_at, self.kept = 0.0, b""
        self.answered = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self.transport.write(wire)
        first_at, ended_at = await asyncio.wait_for(self.answered, ANSWER_S)
        return Took(ttfb_ms=(first_at - began) * 1000, total_ms=(ended_at - began) * 1000)


async def ask_many(
    target: Target, question: Question, calls: int, *, streams: int = 1, answer_s: float = 0
) -> list[Took]:
    """`calls` calls, `streams` at a time; those that last `answer_s` begin evenly over it."""
    left = iter(range(calls))
    waits = [answer_s * number / streams for number in range(streams)]
    took = await asyncio.gather(*(_ask_on(target, question, left, wait) for wait in waits))
    return [one for many in took for one in many]


async def _ask_on(
    target: Target, question: Question, left: Iterator[int], wait_s: float
) -> list[Took]:
    took: list[Took] = []
    stream = await _connected(target)
    await asyncio.sleep(wait_s)
    for _ in left:
        if stream.transport.is_closing():
            stream = await _connected(target)
        took.append(await stream.ask(question.wire(next(numbers), target.port, target.key)))
    stream.transport.close()
    return took


async def _connected(target: Target) -> Stream:
    loop = asyncio.get_running_loop()
    _, stream = await loop.create_connection(Stream, "127.0.0.1", target.port)
    return stream
