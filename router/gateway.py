"""The road between the door and the providers: an ASGI app on a private loopback port."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from router.answering import Message, Send, answer_error
from router.exchange import Exchange
from router.facts import parsed
from router.record import Recorder, Routing
from router.sending import Asked

SECRET = b"x-faregate-secret"
NAMES = b"x-faregate-names"
CAPTURE = b"x-faregate-capture"
TOKEN = b"x-faregate-token"
PRIVATE = frozenset({SECRET, NAMES, CAPTURE, TOKEN})

Receive = Callable[[], Awaitable[Message]]


class Gateway:
    """Answers each call by what the routing plans, and tells the recorder how it went."""

    def __init__(
        self, routing: Routing, client: httpx.AsyncClient, recorder: Recorder, secret: str
    ) -> None:
        self.in_flight = 0
        self._routing = routing
        self._client = client
        self._recorder = recorder
        self._secret = secret.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        private = {name: value for name, value in scope["headers"] if name in PRIVATE}
        if not hmac.compare_digest(private.get(SECRET, b""), self._secret):
            await answer_error(send, 403, "permission_error", "this port is private to faregate")
            return
        body = await _read_body(receive)
        if body is None:
            return
        self.in_flight += 1
        try:
            asked = _asked(scope, private, body)
            exchange = Exchange(asked, self._client, self._recorder, self._routing)
            await _until_disconnect(exchange.relay(send), receive)
        finally:
            self.in_flight -= 1


async def _until_disconnect(relay: Any, receive: Receive) -> None:
    """Run `relay`, and cancel it as soon as the client has gone."""
    task = asyncio.ensure_future(relay)
    watch = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=False)
    except asyncio.CancelledError:
        task.cancel()
    finally:
        watch.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when the client left before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _asked(scope: Message, private: dict[bytes, bytes], body: bytes) -> Asked:
    query = scope["query_string"]
    path = scope["raw_path"] + (b"?" + query if query else b"")
    headers = [(name, value) for name, value in scope["headers"] if name not in PRIVATE]
    names = private.get(NAMES, b"").split(b",")
    if len(names) == len(headers):  # the server lower-cased them; the door had written them down
        headers = [(name, value) for name, (_, value) in zip(names, headers, strict=True)]
    capture = private.get(CAPTURE, b"base_url").decode()
    return Asked(scope["method"], path, headers, body, capture, parsed(body) if body else None)
