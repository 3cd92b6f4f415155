"""A provider that costs next to nothing: any POST is answered by a stream of 20 events.

It says `PORT` on a line of its own once it listens. `GET /pace/50` spreads the events of the
answers that begin from then on: 50 ms between two of them, where 0 sends all of them at once.
"""

import asyncio
import json
import sys
from itertools import count
from typing import Any

import httptools

from tests.fakes.limits import plan_limits

DELTAS = 15
FIRST_TOGETHER = 3  # message_start, the block's start and the first words come in one go
USAGE = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 800,
    "cache_read_input_tokens": 24_000,
    "output_tokens": 1,
}
numbers = count(1)
pace_s = 0.0


def _event(name: str, **fields: Any) -> bytes:
    data = json.dumps({"type": name, **fields}, separators=(",", ":"))
    text = f"event: {name}\ndata: {data}\n\n".encode()
    return f"{len(text):x}\r\n".encode() + text + b"\r\n"


def _message_start() -> bytes:
    """The first event, its id to be filled in by a number of 20 digits."""
    message: dict[str, Any] = {
        "id": "msg_" + "0" * 20,
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-8",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": USAGE,
    }
    return _event("message_start", message=message).replace(b"0" * 20, b"%020d")


def _rest() -> list[bytes]:
    """What every answer goes on with."""
    words = {"type": "text_delta", "text": "some words of an answer, "}
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *[_event("content_block_delta", index=0, delta=words)] * DELTAS,
        _event("content_block_stop", index=0),
        _event("message_delta", delta=stop, usage={**USAGE, "output_tokens": 90}),
        _event("message_stop") + b"0\r\n\r\n",
    ]


def _head() -> bytes:
    lines = ["HTTP/1.1 200 OK", "content-type: text/event-stream; charset=utf-8"]
    lines += ["cache-control: no-cache", "transfer-encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in plan_limits()]
    return "\r\n".join(lines).encode() + b"\r\nrequest-id: req_%020d\r\n\r\n"


HEAD, START, REST = _head(), _message_start(), _rest()


class Answering(asyncio.Protocol):
    """One connection, kept alive; httptools calls the `on_` methods."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.parser: Any = httptools.HttpRequestParser(self)
        self.path = b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.path = url

    def on_message_complete(self) -> None:
        if self.parser.get_method() == b"POST":
            self._answer(next(numbers))
            return
        if self.path.startswith(b"/pace/"):
            global pace_s
            pace_s = int(self.path[6:]) / 1000
        self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    def _answer(self, number: int) -> None:
        self.transport.write(HEAD % number)
        for piece in (START % number, *REST[: FIRST_TOGETHER - 1]):
            self.transport.write(piece)
        self._go_on(FIRST_TOGETHER - 1)

    def _go_on(self, sent: int) -> None:
        while sent < len(REST) and not self.transport.is_closing():
            if pace_s:
                asyncio.get_running_loop().call_later(pace_s, self._send_one, sent)
                return
            self.transport.write(REST[sent])
            sent += 1

    def _send_one(self, at: int) -> None:
        if not self.transport.is_closing():
            self.transport.write(REST[at])
            self._go_on(at + 1)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(_serve())
    except KeyboardInterrupt:
        sys.exit(0)
