"""What is known of one call, told once when it starts and once when it has ended."""

import logging
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from router.call import Attempt, Call, Facts, Kind, Result
from router.facts import facts_of_body
from router.providers import Account, RawHeaders, account_of
from router.sending import Asked, Sender
from router.trial import Trial
from router.wire.chat_thoughts import Thoughts
from router.world import Plan

logger = logging.getLogger(__name__)


class Recorder(Protocol):
    """Who is told of each call. What it raises is logged and never reaches the client."""

    @property
    def keeps_bodies(self) -> bool: ...
    def started(self, call: Call) -> None: ...
    def ended(self, call: Call) -> None: ...
    def body(self, call: Call, asked: bytes, answered: bytes) -> None: ...


class Routing(Protocol):
    """Who plans calls and learns from them. What it raises costs the routing, never the call."""

    @property
    def sender(self) -> Sender: ...
    @property
    def thoughts(self) -> Thoughts: ...
    async def planned(self, asked: Asked, facts: Facts, account: Account) -> Plan | None: ...
    def began(self, call_id: str, plan: Plan) -> None: ...
    def heard(self, attempt: Attempt) -> None: ...
    def ended(self, call_id: str, plan: Plan, attempts: tuple[Attempt, ...]) -> None: ...
    def remember(self, thoughts: Thoughts) -> None: ...


class Record:
    """One call; without a `plan` it is relayed as asked. `reasons` begin with what decided."""

    def __init__(self, asked: Asked, recorder: Recorder, routing: Routing) -> None:
        self.call_id = f"call_{time.time_ns():x}{secrets.token_hex(4)}"
        self.minted_id = f"req_fg{secrets.token_hex(12)}"
        self.account = account_of(asked.headers)
        self.plan: Plan | None = None
        self.reasons: tuple[str, ...] = ("as asked",)
        self.attempts: list[Attempt] = []
        self._asked = asked
        self._recorder = recorder
        self._routing = routing
        self._asked_at = datetime.now(UTC).replace(tzinfo=None)
        self._began = time.perf_counter()
        self._kept: list[bytes] | None = [] if recorder.keeps_bodies else None
        self._recorded = False
        self.facts: Facts = spared(Facts(kind=Kind.OTHER), self._read_facts)

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self._began

    def start(self, plan: Plan | None) -> None:
        self.plan = plan
        if plan:
            self.reasons = plan.decision.reasons
            spared(None, self._routing.began, self.call_id, plan)
        spared(None, self._recorder.started, self._call(Result.OK))

    def why(self, *reasons: str) -> None:
        self.reasons = (*self.reasons, *reasons)

    def keep(self, piece: bytes) -> None:
        if self._kept is not None:
            self._kept.append(piece)

    def note(self, trial: Trial, result: Result | None = None) -> Attempt:
        """Write down an attempt that is over, and let the routing learn from it."""
        attempt = trial.attempt(len(self.attempts) + 1, result)
        self.attempts.append(attempt)
        spared(None, self._routing.heard, attempt)
        return attempt

    def end(self, trial: Trial | None, result: Result | None = None) -> None:
        """Record the call with its last attempt. Only the first end counts."""
        if self._recorded:
            return
        self._recorded = True
        ended = self.note(trial, result).result if trial else result or Result.FAILED
        self._tell(self._call(result or ended, trial), trial)

    def end_as(self, attempt: Attempt, trial: Trial) -> None:
        """Record the call whose answer is that of an earlier attempt, when all have failed."""
        if not self._recorded:
            self._recorded = True
            self._tell(self._call(attempt.result, trial), trial)

    def refuse(self, status: int) -> None:
        """Record a call that no target was asked."""
        if not self._recorded:
            self._recorded = True
            self._tell(self._call(Result.REJECTED, status=status), None)

    def headers(self, trial: Trial | None) -> RawHeaders:
        target = trial.target if trial else "-/-"
        reason = "; ".join(self.reasons)
        return [
            (b"x-faregate-call-id", self.call_id.encode()),
            (b"x-faregate-target", target.encode("ascii", "replace")),
            (b"x-faregate-reason", reason.encode("ascii", "replace")),
        ]

    def _read_facts(self) -> Facts:
        asked = self._asked
        path = asked.path.decode("latin-1")
        return facts_of_body(asked.method, path, asked.headers, asked.body, asked.parsed)

    def _tell(self, call: Call, trial: Trial | None) -> None:
        if self.plan:
            spared(None, self._routing.ended, call.call_id, self.plan, call.attempts)
        if trial and call.result is Result.OK:
            before = self._routing.thoughts
            self._routing.remember(spared(before, trial.reader.thoughts, before))
        spared(None, self._recorder.ended, call)
        if self._kept is not None and trial:
            answered = b"".join(self._kept)
            plain = trial.reader.tee.decoded(answered) if trial.prepared.is_same else answered
            spared(None, self._recorder.body, call, self._asked.body, plain)

    def _call(self, result: Result, trial: Trial | None = None, status: int | None = None) -> Call:
        given = trial.request_id if trial else None
        return Call(
            call_id=self.call_id,
            asked_at=self._asked_at,
            facts=self.facts,
            attempts=tuple(self.attempts),
            route=self.plan.decision.route if self.plan else "default",
            reason="; ".join(self.reasons),
            result=result,
            status=trial.status if trial else status,
            duration_ms=round(self.elapsed_s * 1000, 3),
            request_id=given or self.minted_id,
            request_id_minted=given is None,
            capture=self._asked.capture,
            policy_version=self.plan.policy_version if self.plan else None,
            decided=self.plan.decided if self.plan else None,
        )


def spared[T](default: T, function: Callable[..., T], *args: Any) -> T:
    """`function(*args)`, or `default`, logged: a failure of ours never costs the user a call."""
    try:
        return function(*args)
    except Exception:
        logger.exception("%s failed; the call goes on", getattr(function, "__qualname__", function))
        return default
