"""The answers to a made-up month of work on a Max plan, in order of time.

The plan's windows fill, hit and reset as they would have: background work goes to a local
model, and calls overflow to the API while a window is spent.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from dashboard.demo_routing import (
    BACKGROUND,
    FREE,
    LOCAL,
    LOCAL_HOST,
    UNKNOWN,
    DemoRouter,
    DemoTarget,
    decided,
)
from dashboard.demo_work import HAIKU, OPUS, SONNET, DemoSession, Wish
from router.call import Attempt, Bill, Call, Metered, Result, Usage

TOKENS_PER_SECOND = {OPUS: 62, SONNET: 78, HAIKU: 150, LOCAL: 71, FREE: 40, UNKNOWN: 40}
TTFB_MS = {OPUS: 1500, SONNET: 1100, HAIKU: 600, LOCAL: 420, FREE: 2300, UNKNOWN: 2300}
LOCAL_IS_DOWN, CANCELLED, OVERLOADED, TRUNCATED = 0.015, 0.012, 0.018, 0.020
STATUSES = {Result.LIMIT_HIT: 429, Result.OVERLOADED: 529}
ERRORS = {Result.LIMIT_HIT: "rate_limit_error", Result.OVERLOADED: "overloaded_error"}


@dataclass(frozen=True, slots=True)
class Asker:
    """One wish on its way to a target, by a warm or a cold cache."""

    dice: Random
    wish: Wish
    call_id: str


def calls(
    dice: Random, planned: list[DemoSession], version_on: Callable[[datetime], str]
) -> Iterator[Call]:
    """Every wish answered, in order of time."""
    router = DemoRouter()
    wishes = [wish for session in planned for wish in session.wishes]
    for number, wish in enumerate(sorted(wishes, key=lambda wish: wish.asked_at)):
        asker = Asker(dice, wish, f"demo-{number:05}-{dice.getrandbits(32):08x}")
        yield _answered(asker, router, version_on)


def _answered(asker: Asker, router: DemoRouter, version_on: Callable[[datetime], str]) -> Call:
    wish = asker.wish
    way = router.way(asker.dice, wish)
    attempts = tuple(_attempts(asker, router, way.targets))
    last = attempts[-1]
    failed = [f"{attempt.target}: {attempt.result}" for attempt in attempts[:-1]]
    return Call(
        call_id=asker.call_id,
        asked_at=wish.asked_at,
        facts=wish.facts,
        attempts=attempts,
        route=way.route,
        reason="; ".join([way.reason, *failed]),
        result=last.result,
        status=last.status,
        duration_ms=sum(attempt.duration_ms or 0 for attempt in attempts),
        request_id=last.request_id,
        capture="demo",
        policy_version=version_on(wish.asked_at),
        decided=decided(wish, way),
    )


def _attempts(
    asker: Asker, router: DemoRouter, targets: tuple[DemoTarget, ...]
) -> Iterator[Attempt]:
    """Each target in turn until one answers; the last one's answer stands, whatever it is."""
    for number, target in enumerate(targets, start=1):
        result = _result(asker, router, target)
        if number == len(targets) and result in (Result.OVERLOADED, Result.UNREACHABLE):
            result = Result.OK
        attempt = _attempt(asker, router, target, result)
        yield replace(attempt, attempt_no=number)
        if result in (Result.OK, Result.CANCELLED, Result.TRUNCATED):
            return


def _result(asker: Asker, router: DemoRouter, target: DemoTarget) -> Result:
    roll = asker.dice.random()
    if target.bill is Bill.LOCAL:
        return Result.UNREACHABLE if roll < LOCAL_IS_DOWN else Result.OK
    if target.bill is Bill.PLAN and router.windows.is_spent(asker.wish.asked_at):
        return Result.LIMIT_HIT
    if roll < CANCELLED:
        return Result.CANCELLED
    if roll < OVERLOADED:
        return Result.OVERLOADED
    return Result.TRUNCATED if roll < TRUNCATED else Result.OK


def _attempt(asker: Asker, router: DemoRouter, target: DemoTarget, result: Result) -> Attempt:
    answered = result in (Result.OK, Result.CANCELLED, Result.TRUNCATED)
    attempt = _heard(asker, router, target) if answered else _refused(asker, result)
    limits: Mapping[str, str] = {}
    if result is Result.LIMIT_HIT:
        limits = router.windows.refused(asker.wish.asked_at)
    elif target.bill is Bill.PLAN and (usage := attempt.metered.usage):
        weighted = usage.cache_write_5m_tokens * 1.25 + usage.cache_read_tokens * 0.1
        limits = router.windows.used(asker.wish.asked_at, weighted)
    return replace(
        attempt,
        provider=target.provider,
        model=target.model,
        bill=target.bill,
        result=result,
        limits=limits,
        metered=replace(attempt.metered, complete=result is Result.OK),
        power_usd=LOCAL_HOST.power_usd(attempt.duration_ms) if target.bill is Bill.LOCAL else None,
    )


def _refused(asker: Asker, result: Result) -> Attempt:
    status = STATUSES.get(result)
    return Attempt(
        attempt_no=1,
        provider="",
        model=None,
        bill=Bill.CASH,
        result=result,
        started_at=asker.wish.asked_at,
        status=status,
        duration_ms=180.0 if status else 4.0,
        metered=Metered(error_type=ERRORS.get(result)),
    )


def _heard(asker: Asker, router: DemoRouter, target: DemoTarget) -> Attempt:
    wish = asker.wish
    if wish.facts.kind not in BACKGROUND and not router.is_warm(wish, target):
        wish = replace(wish, new_tokens=wish.new_tokens + wish.kept_tokens, kept_tokens=0)
    ttfb_ms = TTFB_MS[target.model] * asker.dice.lognormvariate(0, 0.35) + wish.kept_tokens / 150
    return Attempt(
        attempt_no=1,
        provider=target.provider,
        model=target.model,
        bill=target.bill,
        result=Result.OK,
        started_at=wish.asked_at,
        status=200,
        ttfb_ms=ttfb_ms,
        duration_ms=ttfb_ms + 1000 * wish.output_tokens / TOKENS_PER_SECOND[target.model],
        request_id=f"req_{asker.call_id}",
        metered=_metered(wish, target, asker.call_id),
    )


def _metered(wish: Wish, target: DemoTarget, call_id: str) -> Metered:
    caches = target.provider in ("max", "anthropic") and wish.facts.kind not in BACKGROUND
    usage = Usage(
        input_tokens=12 if caches else wish.new_tokens + wish.kept_tokens,
        cache_write_5m_tokens=wish.new_tokens if caches else 0,
        cache_read_tokens=wish.kept_tokens if caches else 0,
        output_tokens=wish.output_tokens,
    )
    return Metered(
        usage=usage,
        model=target.model,
        message_id=f"msg_{call_id}",
        stop_reason="tool_use" if wish.facts.is_tool_turn else "end_turn",
        tool_calls=int(wish.facts.is_tool_turn),
    )
