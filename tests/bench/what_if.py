"""How long a slider takes to answer, and all pairs of thresholds, over one's own calls."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from pathlib import Path
from statistics import median, quantiles

import polars as pl

from dashboard import replayed
from dashboard.demo import fill_demo
from router.replay import History, Scenario, grid, history_of, replay
from tests.bench.month import ENDS_AT

DAYS = 30
MOVES = 20
PRESET = "api_routing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One size of history, in seconds: the first answer, slider moves, and the grid (None: too
    many calls for it to be worth the wait).
    """

    calls: int
    first_s: float
    p50_s: float
    p95_s: float
    grid_s: float | None


def measure(folder: Path, sizes: tuple[int, ...]) -> list[Answered]:
    fill_demo(folder, days=DAYS + 1, ends_at=ENDS_AT.replace(tzinfo=UTC))
    once = replayed.history(folder, ENDS_AT - timedelta(days=DAYS), ENDS_AT)
    scenario = replayed.presets()[PRESET]
    return [_answered(times_over(once, size), scenario) for size in sizes]


def times_over(once: History, calls: int) -> History:
    """The history again and again, each time with sessions and scores of its own."""
    copies = [
        once.frame.with_columns(
            session_id=pl.col("session_id") + f"-{number}",
            call_id=pl.col("call_id") + f"-{number}",
            asked_at=pl.col("asked_at") + timedelta(seconds=7 * number),
            complexity=(pl.col("complexity") + 0.013 * number) % 1.0,
        )
        for number in range(max(round(calls / once.calls), 1))
    ]
    period = (once.start_at, once.end_at)
    return history_of(
        pl.concat(copies), once.book, once.plans, once.priors, period,
        readings=once.readings, plan=once.plan,
    )  # fmt: skip


def _answered(history: History, scenario: Scenario) -> Answered:
    first_s = seconds(lambda: replay(history, scenario))
    moves = [
        seconds(lambda at=at: replay(history, moved(scenario, at)))  # type: ignore[misc]
        for at in range(MOVES)
    ]
    is_small = history.calls < 200_000
    return Answered(
        calls=history.calls,
        first_s=first_s,
        p50_s=median(moves),
        p95_s=quantiles(moves, n=20)[-1],
        grid_s=seconds(lambda: grid(history, scenario)) if is_small else None,
    )


def moved(scenario: Scenario, at: int) -> Scenario:
    """Both thresholds somewhere else."""
    marks = {"moderate_at": 0.25 + 0.01 * at, "complex_at": 0.55 + 0.015 * at}
    return replace(scenario, thresholds=marks)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
