"""How sure a replayed number is: sessions drawn again within their week, and assumptions drawn.

Calls of one session are alike, so sessions are drawn and not calls; weeks differ, so each week
keeps its share.
"""

from dataclasses import dataclass

import numpy as np

from router.replay_arrays import Floats, Ints
from router.replay_terms import Assumptions, Spread

FEWEST_DAYS = 5
MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Range:
    """Median, and the 5 % and 95 % ends. Under five active days there is no median, only ends."""

    median: float | None
    low: float
    high: float

    def __str__(self) -> str:
        middle = "–" if self.median is None else f"{self.median:,.2f}"
        return f"{middle} ({self.low:,.2f} to {self.high:,.2f})"


def range_of(draws: Floats, active_days: int) -> Range:
    """NaN draws, of what has no value, are left out."""
    known = draws[~np.isnan(draws)]
    if not len(known):
        return Range(None, np.nan, np.nan)
    low, median, high = np.quantile(known, (0.05, 0.5, 0.95))
    return Range(float(median) if active_days >= FEWEST_DAYS else None, float(low), float(high))


def weights(week: Ints, draws: int, dice: np.random.Generator) -> Floats:
    """How often each session (or window) is drawn, by draw: shape (draws, sessions).

    In each week as many are drawn as there were.
    """
    drawn = np.zeros((draws, len(week)))
    for one in np.unique(week):
        places = np.flatnonzero(week == one)
        odds = np.full(len(places), 1 / len(places))
        drawn[:, places] = dice.multinomial(len(places), odds, size=draws)
    return drawn


@dataclass(frozen=True)
class Factors:
    """A family's factor on the tokens of prompts (more calls, or another tokenizer) and of answers,
    by draw; the first draw is the middle.
    """

    steps: dict[str, Floats]
    output: dict[str, Floats]
    plan_cap: Floats


def factors_of(assumed: Assumptions, draws: int, dice: np.random.Generator) -> Factors:
    def drawn(spread: Spread) -> Floats:
        z = dice.standard_normal(draws)
        z[:1] = 0.0
        return np.array([spread.at(one) for one in z.tolist()])

    steps = {name: drawn(spread) for name, spread in assumed.steps().items()}
    output = {name: drawn(spread) for name, spread in assumed.output().items()}
    plan_cap, tokens = drawn(assumed.plan_cap), drawn(assumed.tokens_opus_47)
    steps["opus_47"], output["opus_47"] = tokens, tokens
    return Factors(steps=steps, output=output, plan_cap=plan_cap)


def month_of(active_days: int, span_days: float) -> float:
    """What the period is multiplied by to make a month, by the rate of active days."""
    if not active_days:
        return 0.0
    per_month = MONTH_DAYS * active_days / max(span_days, 1.0)
    return min(per_month, MONTH_DAYS) / active_days
