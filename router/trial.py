"""One attempt: a target asked, its answer held until its first content, then read to its end."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import httpx

from router.call import Attempt, Bill, Result
from router.policy_model import Provider
from router.providers import RawHeaders
from router.reader import EVENTS, Reader
from router.sending import Prepared
from router.upstream import without_hop_by_hop
from router.windows import is_overage

# A translated answer is another body: what described the old one goes. What another provider
# says of itself is not the client's business, but for when to ask again.
OF_THE_BODY = frozenset({b"content-encoding", b"content-length", b"content-type"})
TOLD_BY_OTHERS = frozenset({b"retry-after"})
UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout)

logger = logging.getLogger(__name__)


class Trial:
    """Begun with `begin`, read with `rest`, always closed with `close`.

    `held` is what the client is to get of what was read so far. `failure` says why no more
    comes, where the upstream did not end by itself. Once `is_released`, the client has had what
    no other target can take back.
    """

    def __init__(
        self, provider: str, model: str | None, bill: Bill, prepared: Prepared, reader: Reader
    ) -> None:
        self.prepared = prepared
        self.reader = reader
        self.held: list[bytes] = []
        self.failure: Exception | None = None
        self.request_id: str | None = None
        self.headers: RawHeaders = []
        self.is_open = False
        self.is_released = False
        self.billed_by: Provider | None = None
        self._holds = False
        self._account = (provider, model, bill)
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._started_at = datetime.now(UTC).replace(tzinfo=None)
        self._began = time.perf_counter()
        self._ttfb_ms: float | None = None

    async def begin(
        self, client: httpx.AsyncClient, *, holds: bool, head_s: float | None = None
    ) -> None:
        """Ask, and read up to the first content, or to the end of an answer that has none.

        Without `holds`, only the head is awaited, for `head_s` at most. Failures are kept in
        `failure`, never raised.
        """
        self._holds = holds
        try:
            async with asyncio.timeout(head_s):
                self._response = await client.send(self.prepared.request, stream=True)
            self._take_head(self._response)
            self._chunks = self._response.aiter_raw()
            while self._holds and self.is_open and not self._is_known:
                await self._read_on()
        except TimeoutError:
            self._fail(TimeoutError(f"no answer within {head_s:g} s"))
        except httpx.HTTPError as error:
            self._fail(error)
        except Exception as error:
            logger.exception("reading %s/%s failed", *self._account[:2])
            self._fail(error)

    @property
    def bill(self) -> Bill:
        return self._account[2]

    @property
    def target(self) -> str:
        return f"{self._account[0]}/{self._account[1] or '-'}"

    @property
    def host(self) -> str:
        return self.prepared.request.url.netloc.decode()

    @property
    def status(self) -> int | None:
        return self.reader.status

    @property
    def speaks_events(self) -> bool:
        return self.reader.speaks_events

    @property
    def head(self) -> tuple[int, RawHeaders]:
        """Status and headers for the client; those of a stream where none have come yet."""
        if self.status is None:
            return 200, [(b"content-type", EVENTS)]
        return self.status, self.headers

    def sign(self) -> bytes:
        """A sign of life: what is held, and an event of ours; b'' while there is none to give.

        Bytes that pass as they came are held no longer; nor is an answer whose content we began.
        """
        if self.prepared.is_same and self.status != 200:
            return b""
        held, self.held = b"".join(self.held), []
        sign = held + self.reader.keep_alive()
        if not sign:
            return b""
        self.is_released = self.is_released or self.prepared.is_same or self.reader.has_content
        self._holds = not self.is_released
        return sign

    @property
    def is_cut(self) -> bool:
        """Whether the client's connection is to be broken off, as the upstream's was."""
        return self.failure is not None or self.reader.is_cut

    @property
    def is_good(self) -> bool:
        """Whether the answer is one to pass on: content has come, or all of it, and no error."""
        if self.failure or self.status is None or not 200 <= self.status < 300:
            return False
        if self.is_open:
            return self._is_known and self.reader.metered().error_type is None
        return self.reader.result() is Result.OK

    async def rest(self) -> AsyncIterator[bytes]:
        """What the client is to get, piece by piece; ends early where `failure` is set."""
        while True:
            held, self.held = self.held, []
            for piece in held:
                yield piece
            if not self.is_open:
                return
            await self._next()

    async def close(self) -> None:
        self.is_open = False
        if self._response:
            await self._response.aclose()

    def attempt(self, attempt_no: int, result: Result | None = None) -> Attempt:
        """The attempt as the ledger keeps it, ended in `result` or as the answer says."""
        provider, model, bill = self._account
        limits, duration_ms = self.reader.tee.limits, self._elapsed_ms()
        return Attempt(
            attempt_no=attempt_no,
            provider=provider,
            model=model,
            bill=Bill.CASH if bill is Bill.PLAN and is_overage(limits) else bill,
            result=result or self.result,
            started_at=self._started_at,
            status=self.reader.tee.status,
            ttfb_ms=self._ttfb_ms,
            duration_ms=duration_ms,
            request_id=self.request_id,
            limits=limits,
            metered=self.reader.metered(),
            power_usd=self._power_usd(duration_ms),
        )

    def _power_usd(self, duration_ms: float | None) -> Decimal | None:
        """A model that was never reached drew nothing."""
        if self.billed_by is None or isinstance(self.failure, UNREACHED):
            return None
        return self.billed_by.power_usd(duration_ms)

    @property
    def result(self) -> Result:
        if self.failure and self.reader.tee.status is not None:
            is_ours = not isinstance(self.failure, httpx.HTTPError)
            return Result.FAILED if is_ours else Result.TRUNCATED
        return self.reader.result()

    @property
    def _is_known(self) -> bool:
        """Whether what was read tells how the answer begins: with content, or with an error."""
        reader = self.reader
        if not reader.tee.is_stream:
            return False
        return reader.has_content or reader.has_ended or reader.metered().error_type is not None

    def _take_head(self, response: httpx.Response) -> None:
        given = response.headers.get("request-id")
        self.request_id = given if given and self.prepared.is_anthropic else None
        raw = response.headers.raw
        self.reader.begin(response.status_code, raw)
        self.headers = self._headers(raw)
        self.is_open = True

    def _headers(self, raw: RawHeaders) -> RawHeaders:
        headers = without_hop_by_hop(raw)
        if self.prepared.is_same:
            return headers
        if self.prepared.is_anthropic:
            kept = [pair for pair in headers if pair[0].lower() not in OF_THE_BODY]
        else:
            kept = [pair for pair in headers if pair[0].lower() in TOLD_BY_OTHERS]
        kind = self.reader.content_type
        return [*kept, (b"content-type", kind)] if kind else kept

    async def _next(self) -> None:
        try:
            await self._read_on()
        except httpx.HTTPError as error:
            self._fail(error)
        except Exception as error:
            logger.exception("reading %s/%s failed", *self._account[:2])
            self._fail(error)

    async def _read_on(self) -> None:
        """Read a piece; at the upstream's end, say what is still to be said."""
        assert self._chunks
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self.is_open = False
            self._hold(self.reader.end())
            return
        if self._ttfb_ms is None:
            self._ttfb_ms = self._elapsed_ms()
        self._hold(self.reader.feed(chunk))

    def _hold(self, piece: bytes) -> None:
        if piece:
            self.held.append(piece)

    def _fail(self, error: Exception) -> None:
        self.is_open = False
        self.failure = error
        if self.reader.tee.status is None:
            self.reader.tee.fail(type(error).__name__, str(error))

    def _elapsed_ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 3)
