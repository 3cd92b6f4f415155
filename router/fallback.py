"""Which target is tried next, when a call is settled, and who is left alone for how long.

Asked only before the first content has gone to the client: after it, nothing can be taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from router.call import Attempt, Result
from router.decision import Cooldown
from router.policy_model import Fallback, Target
from router.windows import WindowReading, hit_window, readings_of

# 4xx that another target may well answer: out of credit, no such model, busy.
ELSEWHERE = frozenset({402, 404, 408, 409, 429})
FALLS_BACK = frozenset(
    {Result.LIMIT_HIT, Result.OVERLOADED, Result.RATE_LIMITED, Result.UNREACHABLE, Result.FAILED}
    | {Result.TRUNCATED}
)
# How httpx names what a connection that was merely lost does not: those cool nobody.
CANNOT_BE_REACHED = frozenset({"ConnectError", "ConnectTimeout", "TimeoutError"})
RETRIES = frozenset(
    {Result.OVERLOADED, Result.RATE_LIMITED, Result.UNREACHABLE, Result.FAILED, Result.TRUNCATED}
)
# The answer that tells the client most, first: a limit says when it ends.
USEFUL = (
    Result.LIMIT_HIT, Result.RATE_LIMITED, Result.OVERLOADED, Result.FAILED, Result.TRUNCATED,
    Result.UNREACHABLE, Result.REJECTED,
)  # fmt: skip

WINDOW_MODELS = {"opus": "opus", "sonnet": "sonnet", "overage_included": "fable"}
LONGEST_COOLDOWN = timedelta(days=8)
UNTOLD_LIMIT = timedelta(minutes=5)
UNREACHABLE_FOR = timedelta(seconds=30)
ABSENT_FOR = timedelta(minutes=10)
RETRY_AFTER_S = 1.0
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Try:
    """The target to try now, once `wait_s` have passed."""

    target: Target
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Settled:
    """The attempt whose answer goes back, by its place among those made.

    `should_retry` False asks the client not to try again, after our own second tries.
    """

    attempt: int
    should_retry: bool | None = None


def next_target(
    targets: Sequence[Target], tried: Sequence[Attempt], elapsed_s: float, settings: Fallback
) -> Try | Settled:
    """What follows after these attempts at the targets of a decision, in order.

    Every target is tried once before one is tried again, and none while another is left. A second
    try waits as the first answer said. With no attempt yet, `targets` must not be empty.
    """
    if tried and not falls_back(tried[-1], settings):
        return Settled(len(tried) - 1)
    left = [target for target in targets if target not in _targets(tried)]
    if left and (elapsed_s < settings.seconds or not tried):
        return Try(left[0])
    again = _second_try(targets, tried, elapsed_s, settings)
    return again or Settled(_most_useful(tried), False if _has_retried(tried) else None)


def falls_back(attempt: Attempt, settings: Fallback) -> bool:
    """Whether another target may be tried after this attempt."""
    if attempt.status in settings.also_on or attempt.status in ELSEWHERE:
        return attempt.result is not Result.CANCELLED
    return attempt.result in FALLS_BACK


def cooldown_of(attempt: Attempt, now: datetime) -> Cooldown | None:
    """Who is left alone after this attempt, and until when; None for a passing failure.

    A limit cools its provider until the window resets, or one family of its models where the
    window is theirs. Overload and a limit on single requests pass: they cool nobody.
    """
    match attempt.result:
        case Result.LIMIT_HIT:
            return _limit_cooldown(attempt, now)
        case Result.RATE_LIMITED:
            return _key_cooldown(attempt, now)
        case Result.UNREACHABLE if attempt.metered.error_type in CANNOT_BE_REACHED:
            return Cooldown(attempt.provider, now + UNREACHABLE_FOR, "was unreachable")
    if attempt.status in (402, 404) and attempt.model:
        why = "has no credit left" if attempt.status == 402 else "has no such model"
        return Cooldown(attempt.provider, now + ABSENT_FOR, why, attempt.model)
    return None


def cooled(
    cooldowns: Sequence[Cooldown], new: Cooldown | None, now: datetime
) -> tuple[Cooldown, ...]:
    """The cooldowns still in force, the new one in the place of one of the same targets."""
    held = [one for one in cooldowns if now < one.until]
    if new is None:
        return tuple(held)
    others = [one for one in held if (one.provider, one.model) != (new.provider, new.model)]
    return (*others, new)


def model_of_window(limit_window: str) -> str:
    """The part of a model's name that the window is about; empty when it is about all."""
    return next((model for word, model in WINDOW_MODELS.items() if word in limit_window), "")


def retry_after_s(attempt: Attempt) -> float | None:
    """Seconds the answer asked to wait; None when it did not say, or not in seconds."""
    text = attempt.limits.get("retry-after", "")
    return float(text) if text.replace(".", "", 1).isdecimal() else None


def _targets(tried: Sequence[Attempt]) -> list[Target]:
    return [Target(attempt.provider, attempt.model or "") for attempt in tried]


def _has_retried(tried: Sequence[Attempt]) -> bool:
    return len(set(_targets(tried))) < len(tried)


def _second_try(
    targets: Sequence[Target], tried: Sequence[Attempt], elapsed_s: float, settings: Fallback
) -> Try | None:
    """The soonest target that may answer now. A lone target is left to the client's own retries."""
    again = len(tried) - len(set(_targets(tried)))
    if len(targets) < 2 or again >= settings.retries:
        return None
    last = dict(zip(_targets(tried), tried, strict=True))
    waits = [
        (_wait_s(attempt), at, target)
        for at, (target, attempt) in enumerate(last.items())
        if attempt.result in RETRIES and target in targets
    ]
    wait_s, _, target = min(waits, default=(LONGEST_WAIT_S + 1, 0, targets[0]))
    fits = wait_s <= LONGEST_WAIT_S and elapsed_s + wait_s < settings.seconds
    return Try(target, wait_s) if fits else None


def _wait_s(attempt: Attempt) -> float:
    told = retry_after_s(attempt)
    return RETRY_AFTER_S if told is None else told


def _most_useful(tried: Sequence[Attempt]) -> int:
    ranks = [USEFUL.index(one.result) if one.result in USEFUL else -1 for one in tried]
    return ranks.index(min(ranks))


def _limit_cooldown(attempt: Attempt, now: datetime) -> Cooldown:
    hit = hit_window(attempt.status, attempt.limits) or ""
    readings = readings_of(attempt.limits)
    resets = [r.resets_at for r in readings if r.limit_window == hit and r.resets_at]
    rejected = [r.resets_at for r in readings if r.status == "rejected" and r.resets_at]
    wait = retry_after_s(attempt)
    told = now + timedelta(seconds=wait) if wait else now + UNTOLD_LIMIT
    until = max(resets or rejected or [told])
    return Cooldown(
        attempt.provider, _clamped(until, now), f"{hit} is used up", model_of_window(hit)
    )


def _key_cooldown(attempt: Attempt, now: datetime) -> Cooldown | None:
    """Of an API key, only a window that is said to be empty; it comes back at its reset."""
    empty = [r for r in readings_of(attempt.limits) if _is_empty(r) and r.resets_at]
    ends = [reading.resets_at for reading in empty if reading.resets_at]
    if not ends or not attempt.model:
        return None
    why = f"{empty[0].limit_window} are used up"
    return Cooldown(attempt.provider, _clamped(max(ends), now), why, attempt.model)


def _is_empty(reading: WindowReading) -> bool:
    return reading.status is None and (reading.utilization or 0) >= 1


def _clamped(until: datetime, now: datetime) -> datetime:
    return min(max(until, now), now + LONGEST_COOLDOWN)
