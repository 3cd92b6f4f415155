"""What a replay says: a frame of calls, sums with ranges, and what they rest on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl

from router.replay_arrays import Floats
from router.replay_budget import Reached
from router.replay_draws import Range
from router.replay_terms import Scenario


class Basis(NamedTuple):
    """What the numbers rest on, in calls: `observed` kept their logged usage, `modelled` did not;
    `unscored` have no words that could be weighed (transcripts); `unpriced` have no price and add
    nothing; `unanswered` found no target. `plan_meter` is measured, folklore or none. `budget_usd`
    is the policy's, None without one; `budget_reached` has the marks that the replayed cash of its
    trailing days reaches, `budget_blocked` counts calls that it refuses. It is applied from full
    hour to full hour, as if nothing had been spent before the history.
    """

    calls: int
    observed: int
    modelled: int
    unscored: int
    unpriced: int
    unanswered: int
    active_days: int
    outcomes: int
    plan_meter: str
    budget_usd: float | None = None
    budget_reached: tuple[Reached, ...] = ()
    budget_blocked: int = 0


@dataclass(frozen=True)
class Outcome:
    """A scenario replayed.

    `calls`: a row per call in order of time: `call_id asked_at session_id agent_id kind task
    complexity tier` (simple, moderate, complex: fixed marks), `logged` and `target` as
    provider/model, `route rule` (null as logged), `observed` (usage as logged), `switched`,
    `is_beyond` (a plan's limit sent it elsewhere), `logged_list_usd list_usd cash_usd`
    (null: no price). `period` and `month` have the same keys: `cash_usd` (API and electricity),
    `plan_usd` (fee), `paid_usd` (both), `list_usd`, `calls`, `local_share` (0–1), `switches`,
    `tasks`, `failed_tasks`, `quality` (all-Opus = 100), `limit_hits`, `blocked_minutes`,
    `beyond_calls`, `bill_usd` (paid and rework). `period` is the point estimate of the history's
    own days, `month` a month at its rate with median and 90 %. `draws` are the month's, for dots.
    """

    scenario: Scenario
    period: Mapping[str, float]
    month: Mapping[str, Range]
    draws: Mapping[str, Floats]
    basis: Basis
    told: Callable[[], pl.DataFrame] = field(repr=False)

    @property
    def calls(self) -> pl.DataFrame:
        """Walked anew at each asking: as long as the history, it is not held by every outcome.
        Words, but for a call's id, are `Categorical`.
        """
        return self.told()


def with_sums(
    month: dict[str, Floats], quality: Floats, fee: float, rework_usd: float
) -> dict[str, Floats]:
    """What is derived: shares, and money summed."""
    calls = np.maximum(month["calls"], 1e-9)
    paid = month["cash_usd"] + fee
    local = month.pop("local_calls") / calls
    return {
        **month,
        "local_share": local,
        "quality": quality,
        "plan_usd": np.full(len(paid), fee),
        "paid_usd": paid,
        "bill_usd": paid + rework_usd * month["failed_tasks"],
    }


def model_name(model: str) -> str:
    """A model without its date; nobody's is empty."""
    head, _, tail = model.rpartition("-")
    return head if tail.isdigit() and len(tail) == 8 else model
