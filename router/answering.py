"""Answers that the gate gives itself."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from router.providers import RawHeaders

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


async def answer(send: Send, status: int, body: bytes, headers: RawHeaders) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def answer_error(
    send: Send, status: int, kind: str, message: str, headers: RawHeaders | None = None
) -> None:
    body = orjson.dumps({"type": "error", "error": {"type": kind, "message": message}})
    await answer(send, status, body, [*(headers or []), (b"content-type", b"application/json")])


async def begin(send: Send, status: int, headers: RawHeaders) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def go_on(send: Send, piece: bytes) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})
