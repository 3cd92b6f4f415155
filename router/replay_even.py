"""Plans side by side on the same calls, and the use from which each one's fee pays."""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from router.plans import Plan
from router.replay_case import Case, check
from router.replay_history import History
from router.replay_terms import API_ONLY, Scenario


def break_even(history: History, scenario: Scenario, plans: Iterable[Plan]) -> pl.DataFrame:
    """A row for the API alone, then one per plan: a month's point estimates under each.

    Columns: `plan title` (API alone: "api"), `basis` of its limits, `plan_usd over_usd paid_usd`
    (fee, cash, both), `limit_hits blocked_minutes`, and `pays_from`: the share of the present use
    from which the fee is less than what the API would charge for what the plan takes on. It is
    null where the plan takes on nothing, and supposes that more use is more of the same. The
    policy's budget is left aside: it would have work undone to compare with work done.

    Raises:
        ValueError: as `replay`.
    """
    check(history, scenario)
    if scenario.rules is None:
        raise ValueError("the log as it was has one plan; choose a policy")
    alone = _month(history, replace(scenario, plan=API_ONLY))
    rows = [_row(API_ONLY, "", "none", alone, None)]
    for plan in plans:
        month = _month(history, replace(scenario, plan=plan.name))
        taken = alone["cash_usd"] - month["cash_usd"]
        pays_from = float(plan.usd) / taken if taken > 0 else None
        rows.append(_row(plan.name, plan.title, plan.basis, month, pays_from))
    return pl.DataFrame(rows, infer_schema_length=None)


def _month(history: History, scenario: Scenario) -> dict[str, float]:
    months = Case(history, scenario, 0, 0, has_budget=False).per_month()
    return {name: float(values[0]) for name, values in months.items()}


def _row(
    name: str, title: str, basis: str, month: dict[str, float], pays_from: float | None
) -> dict[str, object]:
    return {
        "plan": name,
        "title": title,
        "basis": basis,
        "plan_usd": month["plan_usd"],
        "over_usd": month["cash_usd"],
        "paid_usd": month["paid_usd"],
        "limit_hits": month["limit_hits"],
        "blocked_minutes": month["blocked_minutes"],
        "pays_from": pays_from,
    }
