"""One call on its way: sent, relayed chunk by chunk, metered beside the road, recorded once."""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
import orjson

from router.call import Attempt, Bill, Call, Facts, Kind, Metered, Result
from router.facts import facts_of
from router.paths import upstream_path
from router.providers import Account, RawHeaders, account_of
from router.tee import Tee
from router.upstream import Upstream, request_to, without_hop_by_hop
from router.windows import is_overage

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

logger = logging.getLogger(__name__)


class Recorder(Protocol):
    """Who is told of each call. What it raises is logged and never reaches the client."""

    @property
    def keeps_bodies(self) -> bool: ...
    def started(self, call: Call) -> None: ...
    def ended(self, call: Call) -> None: ...
    def body(self, call: Call, asked: bytes, answered: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A client's request as it stood on its wire."""

    method: str
    path: bytes
    headers: RawHeaders
    body: bytes
    capture: str


class Exchange:
    """Relays one call with `relay`; what it knows of the call goes to the recorder."""

    def __init__(
        self, asked: Asked, upstream: Upstream, client: httpx.AsyncClient, recorder: Recorder
    ) -> None:
        self._asked = asked
        self._upstream = upstream
        self._client = client
        self._recorder = recorder
        self._asked_at = datetime.now(UTC).replace(tzinfo=None)
        self._began = time.perf_counter()
        self._ttfb_ms: float | None = None
        self._call_id = f"call_{time.time_ns():x}{secrets.token_hex(4)}"
        self._request_id = f"req_fg{secrets.token_hex(12)}"
        self._minted = True
        self._tee = Tee()
        self._account = account_of(asked.headers)
        self._facts: Facts = _spared(Facts(kind=Kind.OTHER), self._read_facts)
        self._recorded = False
        self._kept: list[bytes] | None = [] if recorder.keeps_bodies else None

    async def relay(self, send: Send) -> None:
        """Ask the upstream and pass its answer on; returns without an end where it was cut."""
        _spared(None, self._recorder.started, self._call(Result.OK))
        try:
            response = await self._client.send(self._request(), stream=True)
        except httpx.HTTPError as error:
            await self._answer_unreachable(send, error)
        except asyncio.CancelledError:
            self._end(Result.CANCELLED)
            raise
        else:
            await self._pass_on(response, send)

    async def _pass_on(self, response: httpx.Response, send: Send) -> None:
        try:
            self._take_headers(response)
            await send(self._start_message(response))
            async for chunk in response.aiter_raw():
                self._take(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            self._end()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except httpx.HTTPError as error:
            logger.info("%s was cut: %s", self._call_id, error)
            self._end(Result.TRUNCATED)
        except asyncio.CancelledError:
            self._end(Result.CANCELLED)
            raise
        finally:
            await response.aclose()

    def _read_facts(self) -> Facts:
        asked = self._asked
        return facts_of(asked.method, asked.path.decode("latin-1"), asked.headers, asked.body)

    def _request(self) -> httpx.Request:
        asked = self._asked
        path = upstream_path(asked.path)
        return request_to(self._upstream, asked.method, path, asked.headers, asked.body)

    def _take_headers(self, response: httpx.Response) -> None:
        given = response.headers.get("request-id")
        if given:
            self._request_id, self._minted = given, False
        _spared(None, self._tee.begin, response.status_code, response.headers.raw)

    def _take(self, chunk: bytes) -> None:
        """Meter a chunk before it is passed on: whoever saw an answer's end finds it recorded."""
        if self._ttfb_ms is None:
            self._ttfb_ms = self._elapsed_ms()
        _spared(None, self._tee.feed, chunk)
        if self._kept is not None:
            self._kept.append(chunk)
        if self._tee.has_ended:
            self._end()

    def _start_message(self, response: httpx.Response) -> Message:
        headers = without_hop_by_hop(response.headers.raw)
        if self._minted:
            headers.append((b"request-id", self._request_id.encode()))
        return {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": headers + self._own_headers(),
        }

    def _own_headers(self) -> RawHeaders:
        target = f"{self._account.provider}/{self._facts.asked_model or '-'}"
        return [
            (b"x-faregate-call-id", self._call_id.encode()),
            (b"x-faregate-target", target.encode("ascii", "replace")),
            (b"x-faregate-reason", b"as asked"),
        ]

    async def _answer_unreachable(self, send: Send, error: httpx.HTTPError) -> None:
        self._tee.fail(type(error).__name__, str(error))
        self._end(Result.UNREACHABLE)
        if self._asked.method == "HEAD":
            await answer(send, 200, b"", self._own_headers())
            return
        host = self._upstream.host_header.decode()
        message = f"faregate could not reach {host}: {error or type(error).__name__}"
        headers = [*self._own_headers(), (b"request-id", self._request_id.encode())]
        await answer_error(send, 502, "api_error", message, headers)

    def _end(self, result: Result | None = None) -> None:
        if self._recorded:
            return
        self._recorded = True
        call = self._call(result or self._tee.result())
        _spared(None, self._recorder.ended, call)
        if self._kept is not None:
            answered = self._tee.decoded(b"".join(self._kept))
            _spared(None, self._recorder.body, call, self._asked.body, answered)

    def _call(self, result: Result) -> Call:
        attempts = (self._attempt(result),) if self._recorded else ()
        return Call(
            call_id=self._call_id,
            asked_at=self._asked_at,
            facts=self._facts,
            attempts=attempts,
            result=result,
            status=self._tee.status,
            duration_ms=self._elapsed_ms(),
            request_id=self._request_id,
            request_id_minted=self._minted,
            capture=self._asked.capture,
        )

    def _attempt(self, result: Result) -> Attempt:
        account: Account = self._account
        return Attempt(
            attempt_no=1,
            provider=account.provider,
            model=self._facts.asked_model,
            bill=Bill.CASH if is_overage(self._tee.limits) else account.bill,
            result=result,
            started_at=self._asked_at,
            status=self._tee.status,
            ttfb_ms=self._ttfb_ms,
            duration_ms=self._elapsed_ms(),
            request_id=None if self._minted else self._request_id,
            limits=self._tee.limits,
            metered=_spared(Metered(), self._tee.metered),
        )

    def _elapsed_ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 3)


async def answer(send: Send, status: int, body: bytes, headers: RawHeaders) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def answer_error(
    send: Send, status: int, kind: str, message: str, headers: RawHeaders | None = None
) -> None:
    body = orjson.dumps({"type": "error", "error": {"type": kind, "message": message}})
    await answer(send, status, body, [*(headers or []), (b"content-type", b"application/json")])


def _spared[T](default: T, function: Callable[..., T], *args: Any) -> T:
    """`function(*args)`, or `default`, logged: a failure of ours never costs the user a call."""
    try:
        return function(*args)
    except Exception:
        logger.exception("%s failed; the call goes on", getattr(function, "__qualname__", function))
        return default
