"""A policy's budget in a replay: from when its marks are reached, and what calls may then cost.

What a call costs depends on the marks reached before it, and those on what calls before it cost.
So a history is replayed with the marks supposed, and again with those that its cash then gives,
until both agree: each time at least one hour more is right. Marks change at full hours only.
"""

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from router.budget import levels_usd, mark_of
from router.policy_model import Budget
from router.replay_arrays import Flags, Floats, Ints

HOUR_S, DAY_H = 3600, 24
MOST_PASSES = 12


class Reached(NamedTuple):
    """A mark, what it asks for, and the UTC day on which it was first reached."""

    mark: str
    step: str
    on: str


class Budgeted:
    """Which mark holds in each hour: 0 for none, the last is the hard one.

    `usd` has the cash by mark and hour of the newest replay that supposed that mark there.
    """

    def __init__(self, budget: Budget, at_s: Floats) -> None:
        self.budget = budget
        self.levels = np.array([float(usd) for usd in levels_usd(budget)])
        self.hours, self._of_call = np.unique(at_s.astype(np.int64) // HOUR_S, return_inverse=True)
        self._hours: list[int] = self.hours.tolist()
        self.level = np.zeros(len(self.hours), np.int64)
        self.usd = np.full((len(self.levels), len(self.hours)), np.nan)

    @property
    def of_calls(self) -> Ints:
        """The mark that holds for each call."""
        return self.level[self._of_call]

    def is_true(self, cash_usd: Floats) -> bool:
        """Whether this cash, of a replay with the marks as they stand, gives these very marks; if
        not, they are moved.
        """
        sums = np.bincount(self._of_call, cash_usd, minlength=len(self.hours))
        self.usd[self.level, np.arange(len(self.hours))] = sums
        level = self._walked()
        if (level == self.level).all():
            return True
        self.level = level
        return False

    def _walked(self) -> Ints:
        """Hour by hour as far as cash is known; what follows is supposed to stay as it is."""
        level = np.zeros(len(self.hours), np.int64)
        spent, used, oldest = np.zeros(len(self.hours)), 0.0, 0
        for at, hour in enumerate(self._hours):
            while self._hours[oldest] < hour - DAY_H * self.budget.days:
                used -= spent[oldest]
                oldest += 1
            now = max(int(np.searchsorted(self.levels, used, "right")) - 1, 0)
            if np.isnan(self.usd[now, at]):
                level[at:] = now
                break
            level[at], spent[at] = now, self.usd[now, at]
            used += spent[at]
        return level

    @property
    def is_hard(self) -> Flags:
        """The hours in which the hard mark is reached."""
        hard: Flags = (self.level == len(self.levels) - 1) & (self.level > 0)
        return hard

    def reached(self) -> tuple[Reached, ...]:
        """Every mark that was reached, in order of the marks."""
        found = []
        for number in np.unique(self.level[self.level > 0]).tolist():
            mark = mark_of(self.budget, levels_usd(self.budget)[number])
            assert mark
            hour = self._hours[int(np.flatnonzero(self.level >= number)[0])]
            day = datetime.fromtimestamp(hour * HOUR_S, UTC).date().isoformat()
            found.append(Reached(*mark, day))
        return tuple(found)

    def refused_minutes(self, refused: Flags) -> float:
        """The hours, whole, in which any of these calls was asked."""
        return 60.0 * len(np.unique(self._of_call[refused]))

    def capped(self, cash_usd: Floats) -> Floats:
        """Draws of the cash, the point estimate first: where the hard mark is reached, no draw has
        more than the budget for each of its windows.
        """
        if not self.is_hard.any():
            return cash_usd
        span = (self._hours[-1] - self._hours[0] + 1) / (DAY_H * self.budget.days)
        most = float(self.budget.usd) * max(span, 1.0)
        return np.minimum(cash_usd, max(float(cash_usd[0]), most))
