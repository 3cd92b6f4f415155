"""What a call takes of a plan's window: measured from the readings of answers, else assumed.

Answers through a plan tell how full each window is. Where the ledger has such readings, the
weight of a prompt's and an answer's list value is fitted to their differences; where not, the token
limits that monitors assume are used, and flagged.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from router.plans import Plan
from router.replay_arrays import Floats, Ints
from router.replay_windows import Capacity

FEWEST_READINGS = 12
ROUNDING = 0.01  # utilization is told in whole percents

type Basis = Literal["measured", "folklore", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """`weights` per unit of a call's features give what it takes of a window of `capacity`.

    Features are USD at list price of fresh input, cache writes, cache reads and output where
    `basis` is measured; tokens in the same order where it is folklore. `sd` is the relative
    deviation of the capacity.
    """

    basis: Basis
    weights: tuple[float, float, float, float]
    capacity: Capacity
    sd: float
    readings: int = 0

    def used(self, features: NDArray[np.float64]) -> Floats:
        """Of features by call (rows)."""
        return np.asarray(features @ np.array(self.weights), np.float64)


def folklore(plan: Plan) -> Meter:
    """Input and output tokens against the plan's assumed limit, cached tokens free."""
    limit = float(plan.five_hour_tokens) if plan.five_hour_tokens else np.inf
    return Meter(
        basis="folklore" if np.isfinite(limit) else "none",
        weights=(1.0, 0.0, 0.0, 1.0),
        capacity=Capacity(five_hour=limit),
        sd=0.25,
    )


@dataclass(frozen=True)
class Read:
    """What a window's readings saw: the work since the reading before, and what it filled."""

    work: NDArray[np.float64]
    filled: Floats


def reads_of(readings: pl.DataFrame, at_s: Floats, features: NDArray[np.float64]) -> Read:
    """Differences of successive readings of one window (columns `read_at`, `utilization`,
    `resets_at`), with the plan's calls between them.

    `at_s` are the ends of the plan's calls, ascending; a reading counts the call that told it.
    """
    rows = readings.drop_nulls(["utilization", "resets_at"]).sort("resets_at", "read_at")
    sums = np.vstack([np.zeros(features.shape[1]), np.cumsum(features, axis=0)])
    read_s = rows["read_at"].cast(pl.Int64).to_numpy() / 1e6
    seen = sums[np.searchsorted(at_s, read_s + 0.5, side="right")]
    share = rows["utilization"].cast(pl.Float64).to_numpy()
    reset = rows["resets_at"].cast(pl.Int64).to_numpy() // 60_000_000
    same = (reset[1:] == reset[:-1]) & (share[1:] >= share[:-1])
    return Read(np.diff(seen, axis=0)[same], np.diff(share)[same])


def fitted(read: Read) -> tuple[tuple[float, float, float, float], float] | None:
    """Weights that turn work into a share of the window, and their relative deviation.

    None with too few readings to tell. Readings are summed to steps of some percents first,
    because each is rounded.
    """
    from scipy.optimize import nnls  # takes as long to load as a replay

    work, filled = _stepped(read)
    if len(filled) < FEWEST_READINGS // 3 or filled.sum() <= 0:
        return None
    weights, _ = nnls(work, filled)
    told = work @ weights
    if told.sum() <= 0:
        return None
    miss = float(np.sqrt(np.sum((told - filled) ** 2)) / filled.sum())
    rounding = ROUNDING / np.sqrt(6) * np.sqrt(len(filled)) / float(filled.sum())
    first, second, third, fourth = (float(weight) for weight in weights)
    return (first, second, third, fourth), max(miss, float(rounding), 0.005)


def _stepped(read: Read) -> tuple[NDArray[np.float64], Floats]:
    total = np.cumsum(read.filled)
    step: Ints = (total // 0.05).astype(np.int64)
    _, where = np.unique(step, return_inverse=True)
    work = np.zeros((where.max() + 1 if len(where) else 0, 4))
    np.add.at(work, where, read.work)
    return work, np.bincount(where, weights=read.filled) if len(where) else np.empty(0)


def meter_of(
    plan: Plan, readings: pl.DataFrame, at_s: Floats, features: NDArray[np.float64]
) -> Meter:
    """Measured where the five-hour window's readings suffice, else folklore.

    `readings` has `limit_window` too. A week's limit is the five-hour one's meter, scaled by what
    both filled in the same time.
    """
    five = readings.filter(pl.col("limit_window") == "five_hour")
    if len(five) < FEWEST_READINGS:
        return folklore(plan)
    found = fitted(reads_of(five, at_s, features))
    if found is None:
        return folklore(plan)
    weights, sd = found
    capacity = Capacity(
        five_hour=1.0,
        seven_day=_scaled(readings, "seven_day", at_s, features @ np.array(weights)),
        seven_day_opus=_scaled(readings, "seven_day_opus", at_s, features @ np.array(weights)),
    )
    return Meter(basis="measured", weights=weights, capacity=capacity, sd=sd, readings=len(five))


def _scaled(readings: pl.DataFrame, window: str, at_s: Floats, used: Floats) -> float:
    """A longer window's size in five-hour windows; infinite when its readings do not tell."""
    told = readings.filter(pl.col("limit_window") == window)
    if len(told) < FEWEST_READINGS:
        return np.inf
    read = reads_of(told, at_s, used[:, None])
    filled, work = float(read.filled.sum()), float(read.work.sum())
    return work / filled if filled >= 5 * ROUNDING else np.inf
