"""One call on its way: planned, tried until a target answers, and relayed piece by piece."""

import asyncio
import logging

import httpx

from router.answering import Send, answer, answer_error, begin, end, go_on
from router.call import Bill, Result
from router.fallback import Settled, next_target
from router.outset import Outset, trial_of
from router.policy_model import Target
from router.providers import RawHeaders
from router.reader import Reader
from router.record import Record, Recorder, Routing, spared
from router.sending import Asked, RefusedError
from router.trial import Trial
from router.wire.chat_events import error_event
from router.world import Plan

# Claude Code gives up on an answer without a head after 297 s, and on a stream after 300 s
# without an event that is more than a ping.
FIRST_SIGN_S = 200.0
NEXT_SIGN_S = 60.0

logger = logging.getLogger(__name__)


class Exchange:
    """Answers one call with `relay`; recorder and routing are told how it went."""

    def __init__(
        self, asked: Asked, client: httpx.AsyncClient, recorder: Recorder, routing: Routing
    ) -> None:
        self._asked = asked
        self._client = client
        self._routing = routing
        self._record = Record(asked, recorder, routing)
        self._failed: list[Trial] = []
        self._trial: Trial | None = None
        self._has_begun = False  # the client has had the head of its answer

    async def relay(self, send: Send) -> None:
        """Answer the call; returns without an end where the answer was cut."""
        try:
            plan = await self._planned()
            self._record.start(plan)
            if plan is None:
                await self._relay_as_asked(send)
            elif plan.decision.stop and plan.decision.is_relayed:
                self._record.why(plan.decision.stop, "relayed as asked")
                await self._relay_as_asked(send)
            elif plan.decision.stop:
                await self._refuse(send, plan.decision.stop)
            else:
                await self._route(send, plan)
        except asyncio.CancelledError:
            self._record.end(self._trial, Result.CANCELLED)
            raise
        finally:
            if self._trial:
                await self._trial.close()

    async def _planned(self) -> Plan | None:
        record = self._record
        try:
            return await self._routing.planned(self._asked, record.facts, record.account)
        except Exception:
            logger.exception("no decision on %s; it is relayed as asked", record.call_id)
            return None

    async def _relay_as_asked(self, send: Send) -> None:
        account = self._record.account
        prepared = self._routing.sender.as_asked(self._asked)
        model = self._record.facts.asked_model
        self._trial = Trial(account.provider, model, account.bill, prepared, Reader())
        await self._trial.begin(self._client, holds=False)
        await self._pass_on(send, self._trial)

    async def _route(self, send: Send, plan: Plan) -> None:
        """Try target after target; the first good answer is passed on."""
        record, settings = self._record, plan.policy.fallback
        targets = list(plan.decision.targets)
        while targets:
            step = next_target(targets, record.attempts, record.elapsed_s, settings)
            if isinstance(step, Settled):
                return await self._settle(send, step)
            if step.wait_s:
                await asyncio.sleep(step.wait_s)
            self._trial = self._trial_of(plan, step.target)
            if self._trial is None:
                targets.remove(step.target)
                continue
            is_last = len(targets) == 1 or record.elapsed_s > settings.seconds
            await self._begin(send, self._trial, holds=self._has_begun or not is_last)
            if self._trial.is_good or self._trial.is_released or is_last:
                return await self._pass_on(send, self._trial)
            await self._give_up(self._trial)
        if record.attempts:
            return await self._settle(send, Settled(len(record.attempts) - 1))
        return await self._refuse(send, f"no target can be asked this: {record.reasons[-1]}")

    def _trial_of(self, plan: Plan, target: Target) -> Trial | None:
        """A trial of the target; None, with the reason noted, where it cannot be asked this."""
        outset = Outset(
            asked=self._asked,
            plan=plan,
            sender=self._routing.sender,
            thoughts=self._routing.thoughts,
            is_begun=self._has_begun,
        )
        try:
            return trial_of(outset, target)
        except RefusedError as error:
            self._record.why(f"not {target}: {error}")
        except Exception:
            logger.exception("a request for %s could not be made", target)
            self._record.why(f"not {target}: its request could not be made")
        return None

    async def _begin(self, send: Send, trial: Trial, *, holds: bool) -> None:
        """Begin the trial; a client that would give up on silence is given signs of life."""
        head_s = self._head_s(trial) if holds else None
        task = asyncio.ensure_future(trial.begin(self._client, holds=holds, head_s=head_s))
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=self._silence_s())
                if not task.done():
                    await self._give_sign(send, trial)
        finally:
            task.cancel()

    def _head_s(self, trial: Trial) -> float | None:
        """How long a target may keep silent before the next is asked. A whole answer begins when
        it is ready, and a local model when it has read the prompt: those have all the time.
        """
        record = self._record
        if trial.bill is Bill.LOCAL or not record.facts.stream or record.plan is None:
            return None
        return record.plan.policy.fallback.head_seconds

    def _silence_s(self) -> float | None:
        """How long the client may wait yet for a sign; None for as long as it takes."""
        if not self._record.facts.stream:
            return None
        left = FIRST_SIGN_S - self._record.elapsed_s
        return NEXT_SIGN_S if self._has_begun or left <= 0 else left

    async def _give_sign(self, send: Send, trial: Trial) -> None:
        sign = spared(b"", trial.sign)
        if sign and not self._has_begun:
            await self._start(send, trial)
        if sign:
            await go_on(send, sign)

    async def _give_up(self, trial: Trial) -> None:
        """Leave a target for the next one; its answer is kept, should no other do better."""
        await trial.close()
        attempt = self._record.note(trial)
        self._failed.append(trial)
        self._record.why(f"{attempt.target}: {attempt.result}")

    async def _settle(self, send: Send, settled: Settled) -> None:
        """Nothing answered well: the most useful answer goes back as it came."""
        trial = self._failed[settled.attempt]
        self._record.end_as(self._record.attempts[settled.attempt], trial)
        more = [(b"x-should-retry", b"false")] if settled.should_retry is False else []
        if self._has_begun:
            return await self._end_in_error(send, trial)
        if trial.status is None:
            return await self._answer_unreachable(send, trial, more)
        await self._start(send, trial, more)
        for piece in trial.held:
            await go_on(send, piece)
        return None if trial.is_cut else await end(send)

    async def _pass_on(self, send: Send, trial: Trial) -> None:
        if self._has_begun and not trial.speaks_events:
            self._record.end(trial)
            return await self._end_in_error(send, trial)
        if trial.status is None:
            self._record.end(trial)
            return await self._answer_unreachable(send, trial)
        if not self._has_begun:
            await self._start(send, trial)
        async for piece in trial.rest():
            self._record.keep(piece)
            if trial.reader.has_ended:
                self._record.end(trial)
            await go_on(send, piece)
        if trial.is_cut:
            logger.info("%s was cut: %s", self._record.call_id, trial.failure)
        self._record.end(trial)
        return None if trial.is_cut else await end(send)

    async def _start(self, send: Send, trial: Trial, more: RawHeaders | None = None) -> None:
        self._has_begun = True
        status, headers = trial.head
        if not trial.request_id:
            headers = [pair for pair in headers if pair[0].lower() != b"request-id"]
            headers.append((b"request-id", self._record.minted_id.encode()))
        await begin(send, status, [*headers, *self._record.headers(trial), *(more or [])])

    async def _end_in_error(self, send: Send, trial: Trial) -> None:
        """The client has had the start of a message: the failure is told as an event."""
        said = trial.reader.metered()
        message = said.error or f"faregate could not reach {trial.host}"
        await go_on(send, error_event(said.error_type or "api_error", message))
        await end(send)

    async def _answer_unreachable(
        self, send: Send, trial: Trial, more: RawHeaders | None = None
    ) -> None:
        own = [*self._record.headers(trial), *(more or [])]
        if self._asked.method == "HEAD":
            await answer(send, 200, b"", own)
            return
        why = str(trial.failure) or type(trial.failure).__name__
        headers = [*own, (b"request-id", self._record.minted_id.encode())]
        message = f"faregate could not reach {trial.host}: {why}"
        await answer_error(send, 502, "api_error", message, headers)

    async def _refuse(self, send: Send, why: str) -> None:
        """No target may be tried: said in a way that the client shows and does not ask again."""
        is_budget = why.startswith("budget")
        status, kind = (402, "billing_error") if is_budget else (400, "invalid_request_error")
        self._record.refuse(status)
        own = self._record.headers(None)
        headers = [*own, (b"request-id", self._record.minted_id.encode())]
        headers.append((b"x-should-retry", b"false"))
        await answer_error(send, status, kind, f"faregate: {why}", headers)
