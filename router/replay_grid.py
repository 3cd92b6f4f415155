"""Every pair of thresholds at once, and the frontier they span."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from router.call import Bill
from router.policy_check import load
from router.policy_model import ASKED, Target
from router.replay_arrays import Floats
from router.replay_bench import with_thresholds
from router.replay_case import Case, check, replay
from router.replay_cells import Cells, Summing, reference_done
from router.replay_choice import escalates
from router.replay_copies import Walker
from router.replay_history import History
from router.replay_outcome import Outcome
from router.replay_past import HIGH, LOW
from router.replay_terms import Scenario, Told, nobody
from router.replay_totals import is_inference, month_factor

STEPS = 41
COLUMNS = (
    "paid_usd", "cash_usd", "list_usd", "quality", "local_share", "switches", "limit_hits",
    "beyond_calls", "failed_tasks",
)  # fmt: skip
MOST_CELL_CALLS = 200_000_000
GRID_SHARE = 0.8  # of the work for a frontier, as told while it lasts


def grid(
    history: History, scenario: Scenario, steps: int = STEPS, told: Told = nobody
) -> pl.DataFrame:
    """A row per pair of thresholds `moderate_at` ≤ `complex_at`, a month's point estimates each.

    Columns: both thresholds, `paid_usd cash_usd list_usd quality local_share switches limit_hits
    beyond_calls failed_tasks`. The policy's budget is left aside. Large histories are thinned to
    whole sessions, spread over time.

    Raises:
        ValueError: as `replay`; or the scenario has no policy.
    """
    check(history, scenario)
    if scenario.rules is None:
        raise ValueError("the log as it was has no thresholds; choose a policy")
    key = ("grid", id(scenario.rules), _terms(scenario), steps)
    if key not in history.kept:
        thin = thinned(history, MOST_CELL_CALLS // steps**2)
        if thin is not history:
            history.rest()  # until the walk, which is long, has ended
        history.kept[key] = _cells(thin, scenario, np.linspace(0, 1, steps).round(6), told)
    found: pl.DataFrame = history.kept[key]
    return found


def _cells(history: History, scenario: Scenario, marks: Floats, told: Told) -> pl.DataFrame:
    case = Case(history, scenario, 0, 0, has_budget=False)
    bench, rules = case.bench, with_thresholds(scenario)
    walker = Walker(bench, rules, marks, escalates(bench.past, bench.options, rules))
    summed = Summing(case, marks, walker).cells(told)
    cells = _told(case, summed).with_columns(
        pl.Series(LOW, marks[summed.low]), pl.Series(HIGH, marks[summed.high])
    )
    return cells.select(LOW, HIGH, *COLUMNS) if case.plan is None else _aligned(case, cells)


def _aligned(case: Case, cells: pl.DataFrame) -> pl.DataFrame:
    """A plan's cells, moved by what the cell of the scenario's own thresholds is off by: windows
    taken as sums know neither the order of calls nor cold caches.
    """
    rules = with_thresholds(case.scenario).policy.thresholds
    away = (pl.col(LOW) - rules[LOW]).abs() + (pl.col(HIGH) - rules[HIGH]).abs()
    own, exact = cells.sort(away).row(0, named=True), case.per_month()
    moved = [pl.col(name) + float(exact[name][0]) - own[name] for name in COLUMNS]
    return cells.select(
        LOW, HIGH, *(m.clip(lower_bound=0).alias(n) for m, n in zip(moved, COLUMNS, strict=True))
    )


def _told(case: Case, cells: Cells) -> pl.DataFrame:
    history = case.history
    month, fee = month_factor(history), float(case.plan.usd) if case.plan else 0.0
    told = {name: values * month for name, values in cells.sums.items()}
    beyond = {name: values * month for name, values in _beyond(case, cells).items()}
    calls = max(float(is_inference(history).sum()) * month, 1e-9)
    cash, done = told["cash_usd"] + beyond["over_usd"], told["done"] + beyond["done"]
    return pl.DataFrame(
        {
            "paid_usd": cash + fee,
            "cash_usd": cash,
            "list_usd": told["list_usd"],
            "quality": 100 * done / max(reference_done(case) * month, 1e-9),
            "local_share": told["local_calls"] / calls,
            "switches": told["switches"],
            "limit_hits": beyond["hits"],
            "beyond_calls": beyond["over_calls"],
            "failed_tasks": told["failed_tasks"] - beyond["done"],
        }
    )


def _beyond(case: Case, cells: Cells) -> dict[str, Floats]:
    """What lies beyond a plan's five-hour windows, each taken as one sum."""
    nothing = np.zeros(len(cells.low))
    if case.plan is None or case.limited is None or not cells.demand.shape[1]:
        return dict.fromkeys(("over_usd", "hits", "over_calls", "done"), nothing)
    limit = case.limited.meter.capacity.five_hour
    over = np.maximum(cells.demand - limit, 0.0)
    share = over / np.maximum(cells.demand, 1e-12)
    return {
        "over_usd": (share * cells.spill_usd).sum(axis=1),
        "hits": (over > 0).sum(axis=1).astype(np.float64),
        "over_calls": (share * cells.wanted).sum(axis=1),
        "done": (share * cells.done).sum(axis=1),
    }


def _terms(scenario: Scenario) -> tuple[object, ...]:
    others = {
        k: v for k, v in scenario.thresholds.items() if k not in ("moderate_at", "complex_at")
    }
    return (
        tuple(sorted(others.items())), scenario.plan, scenario.prices_on, scenario.past_limit,
        scenario.assumptions,
    )  # fmt: skip


def thinned(history: History, calls: int) -> History:
    """Whole sessions of a history, evenly spread, of about so many calls; itself if it is small.
    Made anew at each asking, for what it keeps is long.

    Sums of the thinned history are per month as those of the whole.
    """
    if history.calls <= calls:
        return history
    named = history.frame.select(
        "asked_at", name=pl.coalesce(pl.col("session_id").cast(pl.String), "call_id")
    )
    begun = named.group_by("name").agg(pl.min("asked_at")).sort("asked_at", "name")["name"]
    every = max(round(history.calls / calls), 1)
    kept = begun.gather_every(every)
    frame = history.frame.filter(named["name"].is_in(kept.implode()))
    return replace(history, frame=frame, share=len(frame) / history.calls, kept={})


def frontier(
    history: History, scenario: Scenario, steps: int = STEPS, told: Told = nobody
) -> pl.DataFrame:
    """The grid as points of cost and quality, with what to compare them with.

    `role` is `cell`; `frontier` (no cell is both cheaper and better), cheapest first; `now` (the
    scenario as it is); `always` (one target for all, named in `label`); `random`: the two ends
    of the line that mixing the cheapest and the best of `always` at random gives. Columns: `role
    label moderate_at complex_at paid_usd quality`, and `paid_low paid_high quality_low
    quality_high` (90 %) of `now` and `always`.
    """
    cells = grid(history, scenario, steps, lambda done: told(done * GRID_SHARE)).select(
        pl.lit("cell").alias("role"), pl.lit("").alias("label"), "moderate_at", "complex_at",
        "paid_usd", "quality",
    )  # fmt: skip
    ordered = cells.sort("paid_usd", "quality", descending=[False, True])
    best = pl.col("quality").cum_max().shift(1).fill_null(-np.inf)
    front = ordered.filter(pl.col("quality") > best).with_columns(role=pl.lit("frontier"))
    now, always = _point("now", scenario.name, replay(history, scenario)), []
    targets = targets_of(scenario)
    for number, target in enumerate(targets):
        told(GRID_SHARE + (1 - GRID_SHARE) * number / len(targets))
        always.append(_point("always", str(target), replay(history, always_at(scenario, target))))
    points = pl.DataFrame([now, *always])
    ends = [] if not always else [
        min(always, key=lambda one: one["paid_usd"]), max(always, key=lambda one: one["quality"]),
    ]  # fmt: skip
    chord = [{**one, "role": "random"} for one in ends]
    frames = [cells, front, points, *([pl.DataFrame(chord)] if chord else [])]
    return pl.concat(frames, how="diagonal")


def _point(role: str, label: str, outcome: Outcome) -> dict[str, Any]:
    paid, quality = outcome.month["paid_usd"], outcome.month["quality"]
    return {
        "role": role, "label": label,
        "paid_usd": float(np.median(outcome.draws["paid_usd"])),
        "quality": float(np.nanmedian(outcome.draws["quality"])),
        "paid_low": paid.low, "paid_high": paid.high,
        "quality_low": quality.low, "quality_high": quality.high,
    }  # fmt: skip


def targets_of(scenario: Scenario) -> list[Target]:
    """The paid and local targets that the policy's routes name, `asked` left out, each once."""
    if scenario.rules is None:
        return []
    policy = scenario.rules.policy
    named = dict.fromkeys(t for route in policy.routes for t in policy.chain(route))
    opus = [t._replace(model="claude-opus-4-6") for t in named if t.model == ASKED]
    own = [t for t in dict.fromkeys([*opus, *named]) if t.model != ASKED]
    return [t for t in own if not t.model.endswith(":free") and t.provider in policy.providers]


def always_at(scenario: Scenario, target: Target) -> Scenario:
    """The same scenario with one target for every call."""
    assert scenario.rules
    provider = scenario.rules.policy.providers[target.provider]
    auth = 'auth = "client"' if provider.auth == "client" else ""
    key = f'api_key_env = "{provider.api_key_env}"' if provider.api_key_env else ""
    text = (
        f'[providers.{target.provider}]\nwire = "{provider.wire}"\n'
        f'base_url = "{provider.base_url}"\nbill = "{provider.bill}"\n{auth}\n{key}\n'
        f'[routes]\ndefault = ["{target}"]\n'
    )
    plan = scenario.plan if provider.bill is Bill.PLAN else "api"
    return replace(scenario, name=str(target), rules=load(text), thresholds={}, plan=plan)
