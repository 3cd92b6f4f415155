"""What moves a scenario's numbers: its assumptions one at a time, and calls that would change."""

from dataclasses import fields, replace

import polars as pl

from router.replay_case import Case, check, replay
from router.replay_history import History
from router.replay_terms import Assumptions, Scenario, Spread

COMPARED = ("target", "route", "cash_usd", "list_usd")
MEASURES = ("paid_usd", "quality", "limit_hits")


def tornado(history: History, scenario: Scenario) -> pl.DataFrame:
    """A row per assumption: what a month comes to at its 5 % and at its 95 % end, all others in
    the middle; the one that moves `paid_usd` most first.

    Columns: `assumption low high` (its ends), `paid_usd_low paid_usd_high quality_low
    quality_high limit_hits_low limit_hits_high` (what they give), and `paid_usd` as it is.
    """
    check(history, scenario)
    assumed = scenario.assumptions
    middle = _month(history, scenario)
    rows = []
    for name in (one.name for one in fields(Assumptions)):
        spread: Spread = getattr(assumed, name)
        ends = [
            _month(history, replace(scenario, assumptions=_fixed(assumed, name, value)))
            for value in (spread.low, spread.high)
        ]
        moved = {
            f"{measure}_{side}": end[measure]
            for side, end in zip(("low", "high"), ends, strict=True)
            for measure in MEASURES
        }
        rows.append(
            {"assumption": name, "low": spread.low, "high": spread.high, **moved,
             "paid_usd": middle["paid_usd"]}
        )  # fmt: skip
    width = (pl.col("paid_usd_high") - pl.col("paid_usd_low")).abs()
    return pl.DataFrame(rows).sort(width, "assumption", descending=[True, False])


def _fixed(assumed: Assumptions, name: str, value: float) -> Assumptions:
    moved: Assumptions = replace(assumed, **{name: getattr(assumed, name).fixed(value)})
    return moved


def _month(history: History, scenario: Scenario) -> dict[str, float]:
    month = Case(history, scenario, 0, 0).per_month()
    return {name: float(month[name][0]) for name in MEASURES}


def changed_calls(history: History, a: Scenario, b: Scenario, n: int = 5) -> pl.DataFrame:
    """The `n` calls whose target differs between two scenarios and whose cash differs most.

    Columns of `Outcome.calls`, of them `call_id asked_at session_id kind task complexity tier`,
    then `target_a target_b route_a route_b cash_usd_a cash_usd_b list_usd_a list_usd_b`.
    """
    one, other = (replay(history, scenario, draws=0) for scenario in (a, b))
    return changed_between(one.calls.select(COMPARED), other.calls, n)


def changed_between(a: pl.DataFrame, b: pl.DataFrame, n: int = 5) -> pl.DataFrame:
    """As `changed_calls`, of the `Outcome.calls` of two scenarios over one history, row by row; of
    the first its `COMPARED` are enough.
    """
    about = ("call_id", "asked_at", "session_id", "kind", "task", "complexity", "tier")
    sides = [
        one.select(pl.col(name).alias(f"{name}_{side}") for name in COMPARED)
        for side, one in (("a", a), ("b", b))
    ]
    change = (pl.col("list_usd_a") - pl.col("list_usd_b")).abs().fill_null(0)
    return (
        pl.concat([b.select(about), *sides], how="horizontal")
        .filter(pl.col("target_a") != pl.col("target_b"))
        .sort(change, "call_id", descending=[True, False])
        .head(n)
    )
