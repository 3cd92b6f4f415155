"""The answers to a made-up month of work on a Max plan, in order of time.

The plan's windows fill, hit and reset as they would have: background work goes to a local
model, and calls overflow to the API while a window is spent.
"""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from dashboard.demo_windows import PlanWindows
from dashboard.demo_work import HAIKU, OPUS, SONNET, DemoSession, Wish
from router.call import Attempt, Bill, Call, Kind, Metered, Result, Usage

LOCAL, FREE, UNKNOWN = "qwen3-coder:30b", "qwen/qwen3-coder:free", "stealth/nightly-preview"
BACKGROUND = frozenset({Kind.TITLE, Kind.PROMPT_HOOK, Kind.COUNT_FALLBACK})
TOKENS_PER_SECOND = {OPUS: 62, SONNET: 78, HAIKU: 150, LOCAL: 71, FREE: 40, UNKNOWN: 40}
TTFB_MS = {OPUS: 1500, SONNET: 1100, HAIKU: 600, LOCAL: 420, FREE: 2300, UNKNOWN: 2300}


def calls(dice: Random, planned: list[DemoSession]) -> Iterator[Call]:
    """Every wish answered, in order of time."""
    windows = PlanWindows()
    wishes = [wish for session in planned for wish in session.wishes]
    for number, wish in enumerate(sorted(wishes, key=lambda wish: wish.asked_at)):
        yield _answered(dice, windows, wish, f"demo-{number:05}-{dice.getrandbits(32):08x}")


def _answered(dice: Random, windows: PlanWindows, wish: Wish, call_id: str) -> Call:
    attempts = tuple(_attempts(dice, windows, wish, call_id))
    last = attempts[-1]
    background = wish.facts.kind in BACKGROUND
    return Call(
        call_id=call_id,
        asked_at=wish.asked_at,
        facts=wish.facts,
        attempts=attempts,
        route="background" if background else "default",
        reason=_reason(attempts, background),
        result=last.result,
        status=last.status,
        duration_ms=sum(attempt.duration_ms or 0 for attempt in attempts),
        request_id=last.request_id,
        capture="demo",
        policy_version="demo",
    )


def _reason(attempts: tuple[Attempt, ...], background: bool) -> str:
    if background:
        return "background work stays local"
    if attempts[0].result is Result.LIMIT_HIT:
        return "the plan's 5-hour window was spent; moved to the API"
    if attempts[0].bill is Bill.CASH:
        return "the plan cools down until its window resets"
    return "as asked"


def _attempts(dice: Random, windows: PlanWindows, wish: Wish, call_id: str) -> Iterator[Attempt]:
    """Local for background work, else the plan; the API while the plan's window is spent."""
    if wish.facts.kind in BACKGROUND:
        if dice.random() < 0.985:
            yield _attempt(dice, wish, ("ollama", LOCAL, Bill.LOCAL), call_id)
            return
        yield _refused(wish, ("ollama", LOCAL, Bill.LOCAL), Result.UNREACHABLE)
        spare = UNKNOWN if dice.random() < 0.3 else FREE
        yield _later(_attempt(dice, wish, ("openrouter", spare, Bill.CASH), call_id), 2)
        return
    if windows.is_spent(wish.asked_at):
        if not windows.is_cooling(wish.asked_at):
            yield _refused(wish, ("max", wish.model, Bill.PLAN), Result.LIMIT_HIT, windows)
            yield _later(_overflow(dice, wish, call_id), 2)
            return
        yield _overflow(dice, wish, call_id)
        return
    limits = windows.used(wish.asked_at, wish.new_tokens * 1.25 + wish.kept_tokens * 0.1)
    yield replace(_attempt(dice, wish, ("max", wish.model, Bill.PLAN), call_id), limits=limits)


def _overflow(dice: Random, wish: Wish, call_id: str) -> Attempt:
    model = SONNET if wish.facts.project == "x-articles" else OPUS
    if wish.facts.kind is Kind.SUBAGENT:
        model = HAIKU
    elif wish.kept_tokens < 40_000:
        model = SONNET
    return _attempt(dice, wish, ("anthropic", model, Bill.CASH), call_id)


def _later(attempt: Attempt, attempt_no: int) -> Attempt:
    return replace(attempt, attempt_no=attempt_no)


def _refused(
    wish: Wish,
    target: tuple[str, str, Bill],
    result: Result,
    windows: PlanWindows | None = None,
) -> Attempt:
    provider, model, bill = target
    return Attempt(
        attempt_no=1,
        provider=provider,
        model=model,
        bill=bill,
        result=result,
        started_at=wish.asked_at,
        status=429 if windows else None,
        duration_ms=180.0 if windows else 4.0,
        limits=windows.refused(wish.asked_at) if windows else {},
        metered=Metered(error_type="rate_limit_error") if windows else Metered(),
    )


def _attempt(dice: Random, wish: Wish, target: tuple[str, str, Bill], call_id: str) -> Attempt:
    provider, model, bill = target
    ttfb_ms = TTFB_MS[model] * dice.lognormvariate(0, 0.35) + wish.kept_tokens / 150
    result = _result(dice)
    return Attempt(
        attempt_no=1,
        provider=provider,
        model=model,
        bill=bill,
        result=result,
        started_at=wish.asked_at,
        status=200 if result in (Result.OK, Result.CANCELLED) else 529,
        ttfb_ms=ttfb_ms,
        duration_ms=ttfb_ms + 1000 * wish.output_tokens / TOKENS_PER_SECOND[model],
        request_id=f"req_{call_id}",
        metered=Metered(error_type="overloaded_error")
        if result is Result.OVERLOADED
        else _metered(wish, provider, model, call_id),
    )


def _result(dice: Random) -> Result:
    roll = dice.random()
    return Result.CANCELLED if roll < 0.012 else Result.OVERLOADED if roll < 0.018 else Result.OK


def _metered(wish: Wish, provider: str, model: str, call_id: str) -> Metered:
    caches = provider in ("max", "anthropic") and wish.facts.kind not in BACKGROUND
    usage = Usage(
        input_tokens=12 if caches else wish.new_tokens + wish.kept_tokens,
        cache_write_5m_tokens=wish.new_tokens if caches else 0,
        cache_read_tokens=wish.kept_tokens if caches else 0,
        output_tokens=wish.output_tokens,
    )
    return Metered(
        usage=usage,
        model=model,
        message_id=f"msg_{call_id}",
        stop_reason="tool_use" if wish.facts.is_tool_turn else "end_turn",
        tool_calls=int(wish.facts.is_tool_turn),
        complete=True,
    )
