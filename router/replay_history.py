"""A history of calls, made ready once for all that is asked of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from router.call import Bill
from router.plans import Plan, plan_on
from router.price_book import PriceBook
from router.quality import Prior
from router.replay_arrays import Flags, Floats, Ints, numbers, says
from router.replay_cost import Tokens, days_of
from router.replay_frame import normal_frame
from router.replay_input import Threads, threads_of
from router.replay_terms import API_ONLY, Scenario

BULKY = frozenset({"bench", "facts", "sessions"})  # sorts of `History.keep`


@dataclass(frozen=True)
class History:
    """Past calls and what is known beside them. Made by `history_of`; keeps what it worked out.

    `frame` is in order of thread and time. `plan` names the plan of those days, "api" for none;
    `share` is how much of the calls were kept, when sessions were left out for speed.
    """

    frame: pl.DataFrame
    book: PriceBook
    plans: Sequence[Plan]
    priors: Sequence[Prior]
    labels: pl.DataFrame
    readings: pl.DataFrame
    start_at: datetime
    end_at: datetime
    plan: str = API_ONLY
    share: float = 1.0
    kept: dict[object, Any] = field(default_factory=dict, repr=False)

    def keep(self, key: tuple[Any, ...], work: Callable[[], Any], most: int) -> Any:
        """What was worked out for a key, whose first part names its sort; of each sort the `most`
        used last are kept.
        """
        found = self.kept.pop(key, None)  # put back last: the latest used is dropped last
        if found is None:
            alike = [one for one in list(self.kept) if isinstance(one, tuple) and one[0] == key[0]]
            for old in alike[: max(len(alike) - most + 1, 0)]:
                self.kept.pop(old, None)
            found = work()
        self.kept[key] = found
        return found

    def rest(self, *also: str) -> None:
        """Give back what is as long as the history and can be worked out of its frame again, and
        what else is kept of these sorts.
        """
        for key in list(self.kept):
            if isinstance(key, tuple) and key[0] in {*BULKY, *also}:
                self.kept.pop(key, None)
        for name, one in vars(type(self)).items():
            if isinstance(one, cached_property):
                vars(self).pop(name, None)

    @cached_property
    def threads(self) -> Threads:
        return threads_of(self.frame)

    @property
    def calls(self) -> int:
        return len(self.frame)

    @cached_property
    def active_days(self) -> int:
        return int(self.frame["asked_at"].dt.date().n_unique())

    @cached_property
    def span_days(self) -> float:
        """Days from the first call, or the period's start if that is later, to the last."""
        if self.frame.is_empty():
            return 0.0
        first, last = self.frame["asked_at"].min(), self.frame["asked_at"].max()
        assert isinstance(first, datetime) and isinstance(last, datetime)
        return float((last.date() - first.date()).days + 1)

    @cached_property
    def usage(self) -> Tokens:
        names = (
            "fresh_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
            "output_tokens", "web_searches",
        )  # fmt: skip
        return Tokens(*(numbers(self.frame, name) for name in names))

    @cached_property
    def list_usd(self) -> Floats:
        """List value as logged; NaN where no price was known."""
        return numbers(self.frame, "list_usd", np.nan)

    @cached_property
    def days(self) -> tuple[Ints, list[date]]:
        return days_of(self.threads.at_s)

    @cached_property
    def on_plan(self) -> Flags:
        return says(self.frame, "bill", "plan")


def history_of(
    calls: pl.DataFrame,
    book: PriceBook,
    plans: Sequence[Plan],
    priors: Sequence[Prior],
    period: tuple[datetime, datetime],
    **more: Any,
) -> History:
    """A history of calls as the ledger has them: any columns of `replay_frame.INPUT_SCHEMA`.

    `more` are `labels` (model, complexity, outcome), `readings` (read_at, limit_window,
    utilization, resets_at) and `plan`.
    """
    empty = {
        "labels": pl.DataFrame(schema=LABELS),
        "readings": pl.DataFrame(schema=READINGS),
    }
    frame = normal_frame(calls)
    start_at, end_at = period
    return History(
        frame=frame, book=book, plans=plans, priors=priors, start_at=start_at, end_at=end_at,
        **{**empty, **more},
    )  # fmt: skip


LABELS = pl.Schema({"model": pl.String, "complexity": pl.Float64, "outcome": pl.String})
READINGS: dict[str, pl.DataType | type[pl.DataType]] = {
    "read_at": pl.Datetime("us"),
    "limit_window": pl.String,
    "utilization": pl.Float64,
    "resets_at": pl.Datetime("us"),
}


UNTOLD_PLAN = "max20x"  # of a policy with a plan that nobody named


def plan_of(history: History, scenario: Scenario) -> Plan | None:
    """The plan in force in a scenario, as it was at the end of the period; None on the API.

    Raises:
        LookupError: there is no plan of that name.
    """
    name = scenario.plan
    if name is None and scenario.rules is None:
        name = history.plan
    if name is None and scenario.rules:
        providers = scenario.rules.policy.providers.values()
        own = history.plan if history.plan != API_ONLY else UNTOLD_PLAN
        named = [p.plan or own for p in providers if p.bill is Bill.PLAN]
        name = named[0] if named else API_ONLY
    if name in (None, API_ONLY):
        return None
    return plan_on(history.end_at.date(), str(name), history.plans)
