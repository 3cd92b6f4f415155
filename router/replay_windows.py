"""A plan's limit windows over replayed calls: where they fill, and what lies beyond.

A window opens at the first call after the last one was reset, and lasts five hours or seven days.
What a window holds is not known for sure, so every answer is given for many capacities at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from router.replay_arrays import Flags, Floats, Ints

FIVE_HOURS_S, SEVEN_DAYS_S = 5 * 3600.0, 7 * 86_400.0


@dataclass(frozen=True)
class PlanCalls:
    """Calls that want the plan, in order of time.

    `used` is what each takes of a window, in the meter's unit. `is_light` calls leave at
    `leave_at` of a window. `spill_usd` is what a call costs beyond the limit with a warm cache,
    `cold_usd` what a cold one adds; `before` is the place of its thread's call before it, or -1.
    """

    at_s: Floats
    used: Floats
    is_opus: Flags
    is_light: Flags
    spill_usd: Floats
    cold_usd: Floats
    before: Ints
    leave_at: float = 1.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """What windows hold, in the meter's unit; infinite where nothing limits."""

    five_hour: float = np.inf
    seven_day: float = np.inf
    seven_day_opus: float = np.inf


@dataclass(frozen=True)
class Spent:
    """Per window (rows) and factor on the capacities (columns).

    `hits` is 0 or 1 of a five-hour window, plus one where a week's limit was reached in it;
    `blocked_s` the time from the limit to the window's reset; `over_usd` what lay beyond cost,
    `over_calls` how many those were. `starts_s` and `week` are per window.
    """

    starts_s: Floats
    week: Ints
    hits: Floats
    blocked_s: Floats
    over_usd: Floats
    over_calls: Floats
    used: Floats

    def totals(self, weights: Floats | None = None) -> dict[str, Floats]:
        """Sums over windows per factor; weights are per window and factor."""
        named = {
            name: getattr(self, name) for name in ("hits", "blocked_s", "over_usd", "over_calls")
        }
        return {
            name: (values if weights is None else values * weights).sum(axis=0)
            for name, values in named.items()
        }


def opened(at_s: Floats, length_s: float) -> Ints:
    """Where each window begins, as places in the times (ascending)."""
    starts: list[int] = []
    at = 0
    while at < len(at_s):
        starts.append(at)
        at = int(np.searchsorted(at_s, at_s[at] + length_s, side="left"))
    return np.array(starts, np.int64)


def spend(calls: PlanCalls, capacity: Capacity, factors: Floats) -> tuple[Spent, Flags, Floats]:
    """What became of every window for each factor; for the first of them also which calls lay
    beyond, and what each of those cost.
    """
    starts = opened(calls.at_s, FIVE_HOURS_S)
    weeks = opened(calls.at_s, SEVEN_DAYS_S)
    week = np.searchsorted(weeks, starts, side="right") - 1
    rows = [np.zeros((len(starts), len(factors))) for _ in range(5)]
    over, usd = np.zeros(len(calls.at_s), np.bool_), np.zeros(len(calls.at_s))
    ends = np.append(starts[1:], len(calls.at_s))
    left = _Left(capacity, factors)
    for number, (begin, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        if number == 0 or week[number] != week[number - 1]:
            left.renew()
        window = _Window(calls, begin, end)
        for row, values in zip(rows, window.spent(left), strict=True):
            row[number] = values
        over[begin:end], usd[begin:end] = window.beyond(left)
        left.use(window)
    return Spent(calls.at_s[starts], week, *rows), over, usd


class _Left:
    """What is left of a week, for each factor."""

    def __init__(self, capacity: Capacity, factors: Floats) -> None:
        self.five_hour = capacity.five_hour * factors
        self._week, self._opus = capacity.seven_day * factors, capacity.seven_day_opus * factors
        self.renew()

    def renew(self) -> None:
        self.week, self.opus = self._week.copy(), self._opus.copy()
        self.week_hit = np.zeros(len(self.week), np.bool_)
        self.opus_hit = self.week_hit.copy()

    def use(self, window: "_Window") -> None:
        self.week = np.maximum(self.week - window.taken, 0.0)
        self.opus = np.maximum(self.opus - window.opus_taken, 0.0)
        self.week_hit |= self.week <= 0
        self.opus_hit |= self.opus <= 0


class _Window:
    def __init__(self, calls: PlanCalls, begin: int, end: int) -> None:
        self.calls, self.slice = calls, slice(begin, end)
        self.begin, self.count = begin, end - begin
        used, light = calls.used[self.slice], calls.is_light[self.slice]
        self.sums = _before(used)
        self.heavy = _before(np.where(light, 0.0, used))
        self.opus = _before(np.where(calls.is_opus[self.slice], used, 0.0))
        self.is_light, self.is_opus = light, calls.is_opus[self.slice]
        self.at_s = calls.at_s[self.slice]

    def cuts(self, left: _Left) -> tuple[Ints, Ints, Ints]:
        """How many calls come before light work leaves, before all does, before Opus does.

        A call is let in while anything is left: only the next one is refused.
        """
        limit = np.minimum(left.five_hour, left.week)
        light = np.searchsorted(self.sums[:-1], self.calls.leave_at * left.five_hour, "left")
        light = np.minimum(light, np.searchsorted(self.sums[:-1], limit, "left"))
        rest = limit - self.sums[light] + self.heavy[light]
        every = np.maximum(np.searchsorted(self.heavy[:-1], rest, "left"), light)
        opus = np.minimum(np.searchsorted(self.opus[:-1], left.opus, "left"), every)
        return light, every, opus

    def spent(self, left: _Left) -> tuple[Floats, ...]:
        light, every, opus = self.cuts(left)
        heavy_calls = _before((~self.is_light).astype(np.float64))
        opus_calls = _before(self.is_opus.astype(np.float64))
        is_full = heavy_calls[-1] > heavy_calls[every]
        opus_full = opus_calls[every] > opus_calls[opus]
        by_week = left.week <= left.five_hour
        hits = (is_full & ~(by_week & left.week_hit)).astype(np.float64)
        hits += opus_full & ~left.opus_hit
        ends_s = self.at_s[0] + FIVE_HOURS_S
        first = np.minimum(np.where(opus_full, opus, every), self.count - 1)
        blocked = np.where(is_full | opus_full, ends_s - self.at_s[first], 0.0)
        self.taken = self.sums[light] + self.heavy[every] - self.heavy[light]
        self.opus_taken = self.opus[opus]
        usd, calls = self._over(light, every, opus)
        return hits, blocked, usd, calls, self.taken

    def _over(self, light: Ints, every: Ints, opus: Ints) -> tuple[Floats, Floats]:
        """Cash and number of the calls beyond, cold caches included."""
        spill, cold = self.calls.spill_usd[self.slice], self.calls.cold_usd[self.slice]
        all_usd = _before(spill)
        light_usd = _before(np.where(self.is_light, spill + cold, 0.0))
        opus_usd = _before(np.where(self.is_opus & ~self.is_light, spill, 0.0))
        usd = all_usd[-1] - all_usd[every] + self._cold(cold)[every]
        usd = usd + light_usd[every] - light_usd[light] + opus_usd[every] - opus_usd[opus]
        light_n = _before(self.is_light.astype(np.float64))
        opus_n = _before((self.is_opus & ~self.is_light).astype(np.float64))
        calls = self.count - every + light_n[every] - light_n[light] + opus_n[every] - opus_n[opus]
        return usd, calls.astype(np.float64)

    def _cold(self, cold: Floats) -> Floats:
        """By the place of the cut: a thread pays for a cold cache once, at its first call there."""
        before = np.maximum(self.calls.before[self.slice] - self.begin, -1)
        steps = np.zeros(self.count + 2)
        np.add.at(steps, before + 1, cold)
        np.add.at(steps, np.arange(self.count) + 1, -cold)
        return np.cumsum(steps)[: self.count + 1]

    def beyond(self, left: _Left) -> tuple[Flags, Floats]:
        """For the first factor: which calls lie beyond, and their cost there."""
        light, every, opus = (int(cut[0]) for cut in self.cuts(left))
        places = np.arange(self.count)
        all_over = places >= every
        light_over = self.is_light & (places >= light) & ~all_over
        over = all_over | light_over | (self.is_opus & (places >= opus))
        before = self.calls.before[self.slice] - self.begin
        is_cold = light_over | (all_over & (before < every))
        spill, cold = self.calls.spill_usd[self.slice], self.calls.cold_usd[self.slice]
        return over, np.where(over, spill + np.where(is_cold, cold, 0.0), 0.0)


def _before(values: NDArray[np.generic]) -> Floats:
    """Sums of what came before each place; one more than the values, the last is the total."""
    return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
