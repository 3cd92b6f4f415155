"""Reads the ledger into a history to replay. Needs no page: the command line reads it too."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from collector import ledger, policies, prices
from collector.files import DEFAULTS, ledger_file
from collector.live_policy import LivePolicy
from collector.plans import plans
from router.plans import Plan
from router.policy_check import load
from router.quality import priors_of
from router.replay import History, Scenario, history_of
from router.replay_packed import compacted
from router.replay_presets import PRESETS, preset_scenario
from router.replay_terms import API_ONLY

PRIORS = "quality_priors.csv"
SLICE_CALLS = 100_000


def history(
    folder: Path, start_at: datetime, end_at: datetime, project: str | None = None
) -> History:
    """The calls of a period (UTC, half-open), of one project or of all, with what replay needs.

    Takes some seconds for a million calls; keep it while the period stays, such as in
    `st.cache_resource(max_entries=2, ttl=300)`.

    Raises:
        ledger.LedgerBusyError, ledger.LedgerBrokenError: as in `ledger.reading`.
        ValueError: plans.toml or quality_priors.csv is faulty.
    """
    named = {"project": project} if project is not None else {}
    period: dict[str, Any] = {"start_at": start_at, "end_at": end_at}
    live = LivePolicy(folder).now
    with ledger.reading(ledger_file(folder), wait_s=3.0) as db:
        calls = _calls(db, start_at, end_at, named)
        readings = compacted(ledger.ask(db, "replay_readings", **period, **named))
        labels = ledger.ask(db, "replay_outcomes", **period)
        book = prices.load_book(db, live.baseline_model)
        found = db.execute("select value from settings where name = 'plan'").fetchone()
    plan = live.plan or (found[0] if found else None)
    return history_of(
        calls,
        book,
        plans(folder),
        priors_of((DEFAULTS / PRIORS).read_text()),
        (start_at, end_at),
        readings=readings,
        labels=labels.filter(pl.col("is_hard")),
        plan=plan or API_ONLY,
    )


def _calls(
    db: duckdb.DuckDBPyConnection, start_at: datetime, end_at: datetime, named: dict[str, str]
) -> pl.DataFrame:
    """Read in slices of time, since all that a question joins is held in memory at once."""
    period = {"start_at": start_at, "end_at": end_at}
    [calls] = ledger.short_answer(db, "calls_count", **period, **named)["calls"]
    slices = max(-(-calls // SLICE_CALLS), 1)
    marks = [start_at + (end_at - start_at) * number / slices for number in range(slices)]
    return pl.concat(
        compacted(ledger.ask(db, "replay_calls", start_at=first, end_at=last, **named))
        for first, last in pairwise([*marks, end_at])
    )


def known_plans(folder: Path) -> list[Plan]:
    """Each plan once, as it is now, cheapest first; errors as in `collector.plans`."""
    latest = {plan.name: plan for plan in sorted(plans(folder), key=lambda one: one.valid_from)}
    return sorted(latest.values(), key=lambda one: one.usd)


def presets() -> dict[str, Scenario]:
    """Every preset by name: as_logged, all_opus, max_local_overflow, api_routing, local_free."""
    texts = {name: policies.preset(name).text for name in policies.presets()}
    return {name: preset_scenario(name, texts) for name in PRESETS}


def scenario_of(folder: Path, name: str, plan: str | None = None) -> Scenario:
    """A policy by name (`live`, a file, a preset, a version that was in force) as a scenario.

    Keep what it returns while thresholds move: compiling anew prepares anew.

    Raises:
        ValueError: there is none, or it is faulty; one line names it, the line and what is wrong.
        OSError: the file cannot be read.
    """
    named = policies.live(folder) if name == "live" else policies.found(folder, name)
    return Scenario(name=name, rules=load(named.text, named.name), plan=plan)
