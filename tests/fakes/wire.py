"""HTTP/1.1 by hand: requests are kept exactly as they came, and answers can end badly."""

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from tests.fakes import sse
from tests.fakes.encodings import encoded
from tests.fakes.reply import End, Reply
from tests.fakes.unread import read_by_peer

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
}
HEARD_S = 60.0  # for a client to work off what came before a bad end
LOOK_S = 0.01


class ClientGoneError(Exception):
    """The client closed or reset its connection."""


@dataclass(slots=True)
class Seen:
    """One request as it stood on the wire, and how the answer to it went."""

    number: int
    connection: int
    method: str
    path: str
    headers: list[tuple[str, str]]  # case and order kept
    body: bytes
    at: datetime
    reply: Reply | None = None
    sent_bytes: int = 0  # of the body, framing left out
    done_at: datetime | None = None
    gone_at: datetime | None = None  # the client left before the answer was done

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def request_id(self) -> str | None:
        """The `request-id` that this request was answered with, if it came to that."""
        return self.reply.request_id or None if self.reply and not self.reply.headless else None


def is_stream(reply: Reply, seen: Seen) -> bool:
    return reply.status == 200 and reply.raw is None and seen.json.get("stream") is True


def body_pieces(reply: Reply, seen: Seen) -> list[bytes]:
    """The body, encoded and cut into what is written at once."""
    if is_stream(reply, seen):
        plain = sse.stream(reply)
    else:
        plain = [reply.raw if reply.raw is not None else json.dumps(sse.message(reply)).encode()]
    pieces = list(encoded(plain, reply.encoding, whole=reply.end is End.WHOLE))
    if reply.piece_bytes is None and reply.cut_bytes is None:
        return pieces
    whole = b"".join(pieces)
    size = reply.piece_bytes or len(whole) or 1
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def head(reply: Reply, *, stream: bool, body_bytes: int) -> bytes:
    kind = "text/event-stream; charset=utf-8" if stream else "application/json"
    framing = ("Transfer-Encoding", "chunked") if stream else ("Content-Length", str(body_bytes))
    given = {name.lower() for name, _ in reply.headers}
    usual = [("Date", formatdate(usegmt=True)), ("Content-Type", kind), framing]
    usual += [("Cache-Control", "no-cache")] if stream else []
    usual += [("request-id", reply.request_id)] if reply.request_id else []
    usual += [("anthropic-organization-id", "0f0a1e8e-6c0e-4c55-9d0f-000000000000")]
    usual += [("Server", "cloudflare"), ("CF-RAY", "9a2b3c4d5e6f7a8b-FRA")]
    usual += [("Content-Encoding", reply.encoding)] if reply.encoding else []
    lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in usual if name.lower() not in given]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def within(limit: int | None, pieces: list[bytes]) -> Iterator[bytes]:
    """The pieces, the last one shortened, until `limit` bytes are reached."""
    left = sum(map(len, pieces)) if limit is None else limit
    for piece in pieces:
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)


class Connection(asyncio.Protocol):
    """One client connection: reads requests one after the other and sends what `answer` gives."""

    def __init__(
        self,
        number: int,
        answer: Callable[[Seen], Reply],
        seen: list[Seen],
        heard: Callable[[Seen], object] = lambda seen: True,
    ) -> None:
        self.number, self.answer, self.seen, self.heard = number, answer, seen, heard
        self.serving: asyncio.Task[None] | None = None  # from connection_made on
        self.failures: list[BaseException] = []
        self.unread = bytearray()
        self.arrived = asyncio.Event()
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.serving = asyncio.get_running_loop().create_task(self.serve())
        self.serving.add_done_callback(self.served)

    def served(self, task: asyncio.Task[None]) -> None:
        """A script that raises costs its client the connection; the test gets the error."""
        self.transport.abort()
        if not task.cancelled() and (error := task.exception()):
            self.failures.append(error)

    def data_received(self, data: bytes) -> None:
        self.unread += data
        self.arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        self.arrived.set()

    async def serve(self) -> None:
        try:
            while True:
                seen = await self.request()
                self.seen.append(seen)
                seen.reply = self.answer(seen)
                try:
                    await self.send(seen, seen.reply)
                except ClientGoneError:
                    seen.gone_at = datetime.now(UTC)
                    raise
                seen.done_at = datetime.now(UTC)
                if (seen.header("connection") or "").lower() == "close":
                    self.transport.close()
        except ClientGoneError:
            self.transport.close()

    async def more(self) -> None:
        if self.gone.is_set():
            raise ClientGoneError
        self.arrived.clear()
        await self.arrived.wait()

    async def take(self, count: int) -> bytes:
        while len(self.unread) < count:
            await self.more()
        taken = bytes(self.unread[:count])
        del self.unread[:count]
        return taken

    async def take_through(self, mark: bytes) -> bytes:
        while (at := self.unread.find(mark)) < 0:
            await self.more()
        return await self.take(at + len(mark))

    async def request(self) -> Seen:
        first, *lines = (await self.take_through(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        method, path, _ = first.split(" ", 2)
        pairs = [line.split(":", 1) for line in lines]
        headers = [(name, value.strip()) for name, value in pairs]
        seen = Seen(
            number=len(self.seen) + 1,
            connection=self.number,
            method=method,
            path=path,
            headers=headers,
            body=b"",
            at=datetime.now(UTC),
        )
        seen.body = await self.body(seen)
        return seen

    async def body(self, seen: Seen) -> bytes:
        if (seen.header("expect") or "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if (seen.header("transfer-encoding") or "").lower() != "chunked":
            return await self.take(int(seen.header("content-length") or 0))
        whole = b""
        while size := int((await self.take_through(b"\r\n")).split(b";")[0], 16):
            whole += (await self.take(size + 2))[:-2]
        await self.take_through(b"\r\n")
        return whole

    async def send(self, seen: Seen, reply: Reply) -> None:
        await self.pause(reply.head_s)
        if reply.headless:
            return await self.finish(seen, reply)
        pieces, stream = body_pieces(reply, seen), is_stream(reply, seen)
        self.transport.write(head(reply, stream=stream, body_bytes=sum(map(len, pieces))))
        await self.pause(reply.first_byte_s)
        if seen.method != "HEAD":
            for piece in within(reply.cut_bytes, pieces):
                self.transport.write(b"%x\r\n%s\r\n" % (len(piece), piece) if stream else piece)
                seen.sent_bytes += len(piece)
                await self.pause(reply.gap_s)
        if reply.end is not End.WHOLE:
            return await self.finish(seen, reply)
        if stream:
            self.transport.write(b"0\r\n\r\n")
        return None

    async def pause(self, seconds: float) -> None:
        """Wait so long, at least one turn of the loop, but not for a client that has left."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), seconds)
        await asyncio.sleep(0)
        if self.gone.is_set():
            raise ClientGoneError

    async def finish(self, seen: Seen, reply: Reply) -> None:
        """End the answer badly, once all before the end has been heard."""
        if reply.end is End.SILENCE:
            await self.gone.wait()
            raise ClientGoneError
        if seen.sent_bytes:
            await read_by_peer(self.transport)
            await self.heard_out(seen)
        if reply.end is End.RESET:
            self.reset()
        else:
            self.transport.close()

    async def heard_out(self, seen: Seen) -> None:
        give_up_at = time.monotonic() + HEARD_S
        while not self.heard(seen):
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"the client has not heard request {seen.number} out")
            await self.pause(LOOK_S)

    def stop(self) -> None:
        if self.serving and not self.serving.done():
            self.serving.cancel()
            self.reset()

    def reset(self) -> None:
        raw = self.transport.get_extra_info("socket")
        if raw is not None and raw.fileno() >= 0:  # neither once the client has gone
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
