"""The thresholds that meet a goal: the best cell of the grid, made finer by real replays."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from router.replay_case import replay
from router.replay_grid import STEPS, grid
from router.replay_history import History
from router.replay_outcome import Outcome
from router.replay_past import HIGH, LOW
from router.replay_terms import Scenario, Told, nobody

FINEST = 0.001
GRID_SHARE = 0.7  # of the work, as told while it lasts
QUALITY, PAID, LOCAL = pl.col("quality"), pl.col("paid_usd"), pl.col("local_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What thresholds are wanted: the cheapest that meet all that is set.

    `quality` is the least index; `sure` asks it of the index's 5 % end. `usd` is the most a month
    may cost, and then the best quality is wanted if none is asked for. `local` is the least and
    the most of the local share.
    """

    quality: float | None = None
    sure: bool = False
    usd: float | None = None
    local: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """The thresholds found and what they give; `is_met` False: the nearest there is."""

    thresholds: dict[str, float]
    outcome: Outcome
    is_met: bool


def solve(
    history: History, scenario: Scenario, goal: Goal, steps: int = STEPS, told: Told = nobody
) -> Solution:
    """The pair of the grid that meets a goal, or the nearest to it; then moved within its cell, by
    halves down to `FINEST`, for as long as that is nearer to the goal, or as near and better.

    Raises:
        ValueError: as `grid`.
    """
    cells = grid(history, scenario, steps, lambda done: told(done * GRID_SHARE))
    start = best_cell(cells, goal, shift_of(history, scenario, goal))
    trial = _Trial(history, scenario, goal, start)
    moves = [(size, name) for size in _halves(1 / (steps - 1)) for name in (LOW, HIGH)]
    for number, (size, name) in enumerate(moves, 1):
        trial.move(name, size)
        told(GRID_SHARE + (1 - GRID_SHARE) * number / len(moves))
    return Solution(trial.thresholds, trial.outcome, is_met(trial.outcome, goal))


def best_cell(cells: pl.DataFrame, goal: Goal, shift: float = 0.0) -> dict[str, float]:
    """The thresholds of the grid's cell that is nearest to the goal, and of those the best."""
    misses = cells.select(miss=_miss(goal, QUALITY - shift, PAID, LOCAL) + PAID * 0).to_series()
    order = -cells["quality"] if wants_best(goal) else cells["paid_usd"]
    ranked = cells.with_columns(miss=misses, order=order, at=pl.int_range(pl.len()))
    best = ranked.sort("miss", "order", "at").row(0, named=True)
    return {name: float(best[name]) for name in (LOW, HIGH)}


def rank(outcome: Outcome, goal: Goal) -> tuple[float, float]:
    """By how much an outcome misses the goal, and then what is wanted least of: less is better."""
    quality, paid, local = _told(outcome, goal)
    [miss] = pl.select(_miss(goal, pl.lit(quality), pl.lit(paid), pl.lit(local))).to_series()
    return float(miss), -quality if wants_best(goal) else paid


def wants_best(goal: Goal) -> bool:
    return goal.usd is not None and goal.quality is None


class _Trial:
    """Thresholds, and what they really give."""

    def __init__(
        self, history: History, scenario: Scenario, goal: Goal, start: dict[str, float]
    ) -> None:
        self._history, self._scenario, self._goal = history, scenario, goal
        self.thresholds, self.outcome = start, self._replayed(start)
        self._rank = rank(self.outcome, goal)

    def _replayed(self, at: dict[str, float]) -> Outcome:
        told = {**self._scenario.thresholds, **at}
        return replay(self._history, replace(self._scenario, thresholds=told))

    def move(self, name: str, size: float) -> None:
        """A threshold by so much, up or down, where that is better."""
        for step in (size, -size):
            at = {**self.thresholds, name: round(self.thresholds[name] + step, 6)}
            if 0 <= at[LOW] <= at[HIGH] <= 1 and self._take(at):
                break

    def _take(self, at: dict[str, float]) -> bool:
        outcome = self._replayed(at)
        found = rank(outcome, self._goal)
        if not found < self._rank:
            return False
        self.thresholds, self.outcome, self._rank = at, outcome, found
        return True


def _halves(cell: float) -> list[float]:
    """Half a cell, half of that, down to the finest."""
    sizes = []
    while cell > FINEST:
        cell = max(round(cell / 2, 3), FINEST)
        sizes.append(cell)
    return sizes


def shift_of(history: History, scenario: Scenario, goal: Goal) -> float:
    """How far the quality that a goal asks for lies under its middle, for the scenario as it is."""
    if not goal.sure:
        return 0.0
    outcome = replay(history, scenario)
    return float(np.nanmedian(outcome.draws["quality"])) - outcome.month["quality"].low


def _miss(goal: Goal, quality: pl.Expr, paid: pl.Expr, local: pl.Expr) -> pl.Expr:
    """By how much a goal is missed, as shares added up; 0 where it is met."""
    miss = pl.lit(0.0)
    if goal.quality is not None:
        miss += ((goal.quality - quality) / goal.quality).clip(lower_bound=0)
    if goal.usd is not None:
        miss += ((paid - goal.usd) / max(goal.usd, 1.0)).clip(lower_bound=0)
    if goal.local is not None:
        least, most = goal.local
        miss += (least - local).clip(lower_bound=0) + (local - most).clip(lower_bound=0)
    return miss


def is_met(outcome: Outcome, goal: Goal) -> bool:
    """Whether an outcome meets the goal, by its medians (by the 5 % end where it is to be sure)."""
    return rank(outcome, goal)[0] == 0


def _told(outcome: Outcome, goal: Goal) -> tuple[float, float, float]:
    """Quality, cash and local share as the goal asks for them."""
    draws = outcome.draws
    quality = float(np.nanquantile(draws["quality"], 0.05 if goal.sure else 0.5))
    return quality, float(np.median(draws["paid_usd"])), float(np.median(draws["local_share"]))
