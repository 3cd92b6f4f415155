"""What `faregate simulate` tells: scenarios over one period, side by side."""

import json
import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collector.gate_file import read_gate
from dashboard import history as ledger_history
from dashboard import replayed
from router.replay import API_ONLY, History, Outcome, Range, Scenario, bills_plan, replay
from router.seed_claims import WHY, Claim, claims, mixed_month

MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
DAYS = 30
SHOWN = {
    "paid_usd": ("paid a month, $", 1.0),
    "cash_usd": ("  of it cash, $", 1.0),
    "plan_usd": ("  of it plan, $", 1.0),
    "list_usd": ("list value, $", 1.0),
    "quality": ("quality, all-Opus = 100", 1.0),
    "failed_tasks": ("tasks that fail", 1.0),
    "limit_hits": ("limit hits", 1.0),
    "blocked_minutes": ("minutes past a limit", 1.0),
    "local_share": ("local share, %", 100.0),
    "switches": ("switches of model", 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of the command."""

    policy: str | None = None
    plan: str | None = None
    month: str | None = None
    preset: str | None = None


@dataclass(frozen=True, slots=True)
class Simulated:
    history: History
    outcomes: tuple[Outcome, ...]


def simulated(folder: Path, asked: Asked) -> Simulated:
    """The log as it was, and what was asked for beside it; every preset if nothing was.

    Raises:
        ValueError: there are no calls, or something asked for is not there or faulty.
    """
    start_at, end_at = period_of(asked.month)
    scenarios = scenarios_of(folder, asked)
    if not read_gate(folder):
        ledger_history.load_journal(folder)
    history = replayed.history(folder, start_at, end_at)
    try:
        outcomes = tuple(replay(history, scenario) for scenario in scenarios)
    except LookupError as error:
        raise ValueError(error.args[0]) from error
    return Simulated(history, outcomes)


def period_of(month: str | None) -> tuple[datetime, datetime]:
    """
    Raises:
        ValueError: it is no month.
    """
    if month is None:
        now = datetime.now(UTC).replace(tzinfo=None)
        return now - timedelta(days=DAYS), now
    found = MONTH.match(month)
    if not found:
        raise ValueError(f"--month {month!r} is no month; write it as 2026-11")
    start_at = datetime(int(found[1]), int(found[2]), 1)  # noqa: DTZ001  # UTC, as the ledger
    return start_at, (start_at + timedelta(days=31)).replace(day=1)


def scenarios_of(folder: Path, asked: Asked) -> list[Scenario]:
    presets = replayed.presets()
    logged = presets.pop("as_logged")
    if asked.policy and asked.preset:
        raise ValueError("name a --policy or a --preset, not both")
    if asked.policy:
        return [logged, replayed.scenario_of(folder, asked.policy, asked.plan)]
    if asked.preset is None:
        return [logged, *(_on_plan(one, asked.plan) for one in presets.values())]
    if asked.preset not in ("as_logged", *presets):
        known = ", ".join(("as_logged", *presets, "seed"))
        raise ValueError(f"--preset {asked.preset!r} is no preset; there are {known}")
    if asked.preset == "as_logged":
        return [logged]
    return [logged, replace(presets[asked.preset], plan=asked.plan or presets[asked.preset].plan)]


def _on_plan(scenario: Scenario, plan: str | None) -> Scenario:
    """On the plan asked for, if its policy has one at all."""
    return replace(scenario, plan=plan) if plan and bills_plan(scenario) else scenario


def as_json(found: Simulated) -> str:
    history = found.history
    said = {
        "start_at": f"{history.start_at.isoformat()}Z",
        "end_at": f"{history.end_at.isoformat()}Z",
        "calls": history.calls,
        "active_days": history.active_days,
        "scenarios": [_scenario_json(outcome) for outcome in found.outcomes],
    }
    return json.dumps(said, indent=2)


def _scenario_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.scenario.name,
        "plan": outcome.scenario.plan or (None if outcome.scenario.rules else API_ONLY),
        "basis": {
            **outcome.basis._asdict(),
            "budget_reached": [one._asdict() for one in outcome.basis.budget_reached],
        },
        "period": {name: _known(value) for name, value in outcome.period.items()},
        "month": {name: _range_json(value) for name, value in outcome.month.items()},
    }


def _range_json(told: Range) -> dict[str, float | None]:
    return {"median": told.median, "low": _known(told.low), "high": _known(told.high)}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def as_table(found: Simulated) -> str:
    names = [outcome.scenario.name for outcome in found.outcomes]
    head = ["a month (90 % within)", *names]
    rows = [
        [title, *(_cell(outcome.month[key], factor) for outcome in found.outcomes)]
        for key, (title, factor) in SHOWN.items()
    ]
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    lines = [_line(row, widths) for row in (head, ["─" * width for width in widths], *rows)]
    return "\n".join([*lines, "", *_notes(found)])


def _line(cells: list[str], widths: list[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def _cell(told: Range, factor: float) -> str:
    if math.isnan(told.low):
        return "–"
    low, high = (_number(end * factor) for end in (told.low, told.high))
    if told.median is None:
        return f"{low}…{high}"
    middle = _number(told.median * factor)
    return middle if low == high else f"{middle} ({low}…{high})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"


def _notes(found: Simulated) -> list[str]:
    history = found.history
    notes = [
        f"{history.calls:,} calls on {history.active_days} active days, "
        f"{history.start_at:%Y-%m-%d} to {history.end_at:%Y-%m-%d} UTC"
    ]
    if history.active_days < 5:
        notes.append("under five active days: only ranges are shown")
    for outcome in found.outcomes:
        notes += [f"{outcome.scenario.name}: {note}" for note in _basis_notes(outcome)]
    return notes


def _basis_notes(outcome: Outcome) -> list[str]:
    basis = outcome.basis
    said = [f"{basis.observed:,} calls as logged, {basis.modelled:,} modelled"]
    if basis.plan_meter == "folklore":
        said.append("the plan's limit is assumed: no answer told how full its windows were")
    if basis.unscored:
        said.append(f"{basis.unscored:,} calls without words to weigh count as moderate")
    if basis.unpriced:
        said.append(f"{basis.unpriced:,} calls have no price and add nothing")
    said += [
        f"{one.mark} of its budget of ${basis.budget_usd:,.0f} is reached on {one.on}: {one.step}"
        for one in basis.budget_reached
    ]
    if basis.budget_blocked:
        said.append(f"{basis.budget_blocked:,} calls are refused for the budget")
    if basis.unanswered:
        said.append(f"{basis.unanswered:,} calls would find no target")
    return said


def seed_json() -> str:
    """The estimate's own figures beside what follows from the same inputs."""
    mix = [
        {
            "model": row.model, "share": float(row.share), "mtok_in": float(row.mtok_in),
            "mtok_out": float(row.mtok_out), "usd": float(row.usd),
        }
        for row in mixed_month()
    ]  # fmt: skip
    return json.dumps({"mix": mix, "claims": [_claim_json(one) for one in claims()]}, indent=2)


def _claim_json(claim: Claim) -> dict[str, Any]:
    return {
        "name": claim.name,
        "unit": claim.unit,
        "claimed": [float(end) for end in claim.claimed],
        "recomputed": [float(end) for end in claim.recomputed],
        "holds": claim.holds,
        "why": WHY[claim.why],
    }


def seed_table() -> str:
    mix = [
        f"{row.model:8} {row.share:>5.0%} {row.mtok_in:>6}M in {row.mtok_out:>5}M out {row.usd:>8}"
        for row in mixed_month()
    ]
    rows = [
        f"{one.name:14} {one.unit:8} {_ends(one.claimed):>15} {_ends(one.recomputed):>15}  "
        f"{WHY[one.why]}"
        for one in claims()
    ]
    head = f"{'':14} {'':8} {'as claimed':>15} {'recomputed':>15}"
    return "\n".join([*mix, "", head, *rows])


def _ends(ends: tuple[Any, Any]) -> str:
    low, high = ends
    return f"{low}" if low == high else f"{low}–{high}"
