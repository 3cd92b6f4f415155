"""Simulated users of whom the truth is known: a month of work, how it was logged, what it would
have cost otherwise. The truth is walked call by call, by `tests.bench.month`, and shares no code
with the replay that is judged by it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl

from collector.files import DEFAULTS
from dashboard import demo_work
from router.plans import plans_of
from router.policy_model import Target
from router.price_book import PriceBook
from router.quality import priors_of
from router.replay import History, history_of
from router.rules import Compiled
from router.world import usage_usd
from tests.bench.month import ENDS_AT, Answered, Caches, answered

CAPACITY_USD = 12.0  # of a five-hour window, at list price
ROUNDED = 0.01


def month_of(seed: int, days: int = 8) -> list[demo_work.Wish]:
    """A user's work: sessions, subagents, side calls, in order of time."""
    planned = demo_work.sessions(Random(seed), ENDS_AT, days)
    every = (wish for session in planned for wish in session.wishes)
    return sorted(every, key=lambda wish: wish.asked_at)


def through_plan(wishes: list[demo_work.Wish]) -> list[Answered]:
    """The work answered as asked by a plan that never ends."""
    caches = Caches()
    asked = ((wish, Target("max", wish.model)) for wish in wishes)
    return [Answered(wish, target, caches.used(wish, target)) for wish, target in asked]


def frame_of(calls: Iterable[Answered], usd: Any) -> pl.DataFrame:
    """Answered calls as the ledger would have them; `usd` prices one at list price."""
    return pl.DataFrame(
        [_row(number, call, usd(call)) for number, call in enumerate(calls)],
        infer_schema_length=None,
    )


def _row(number: int, call: Answered, list_usd: float) -> dict[str, Any]:
    wish, usage, facts = call.wish, call.usage, call.wish.facts
    bill = {"max": "plan", "ollama": "local"}.get(call.target.provider, "cash")
    return {
        "call_id": f"u{number:06}",
        "asked_at": wish.asked_at,
        "source": "proxy",
        "session_id": facts.session_id,
        "agent_id": facts.agent_id,
        "tried": str(call.target),
        "target": str(call.target),
        "bill": bill,
        "result": "ok",
        "first_result": "ok",
        "duration_ms": 0.0,
        "fresh_tokens": usage.input_tokens,
        "cache_write_5m_tokens": usage.cache_write_5m_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
        "list_usd": list_usd,
        "cost_usd": list_usd if bill == "cash" else 0.0,
        "kind": str(facts.kind),
        "project": facts.project,
        "asked_model": facts.asked_model,
        "task": wish.task,
        "complexity": wish.complexity,
        "input_tokens": round(facts.body_bytes / 3.8),
        "messages": facts.messages,
        "tools": facts.tools,
        "images": 0,
        "documents": 0,
        "web_search": False,
        "is_tool_turn": facts.is_tool_turn,
        "failures": 0,
        "is_reask": False,
        "tool_errors": 0,
    }


class Priced:
    """List prices of the truth, as floats."""

    def __init__(self, known: Any) -> None:
        self.known = known

    def __call__(self, call: Answered) -> float:
        if call.target.provider == "ollama":
            return 0.0
        return float(usage_usd(self.known.known[call.target], call.usage))


def true_usd(calls: Iterable[Answered], priced: Priced) -> float:
    return sum(priced(call) for call in calls)


def history_from(frame: pl.DataFrame, book: PriceBook, **more: Any) -> History:
    plans = plans_of((DEFAULTS / "plans.toml").read_text())
    priors = priors_of((DEFAULTS / "quality_priors.csv").read_text())
    first = frame["asked_at"].min()
    assert isinstance(first, datetime)
    return history_of(frame, book, plans, priors, (first, ENDS_AT), **more)


def readings_of(calls: list[Answered], priced: Priced, capacity_usd: float) -> pl.DataFrame:
    """What the plan's answers would have said of the five-hour window, rounded as they round."""
    rows, opened, used = [], None, 0.0
    for call in calls:
        if call.target.provider != "max":
            continue
        at = call.wish.asked_at
        if opened is None or at >= opened + timedelta(hours=5):
            opened, used = at, 0.0
        used += priced(call)
        rows.append(
            {
                "read_at": at,
                "limit_window": "five_hour",
                "utilization": round(used / capacity_usd, 2),
                "resets_at": opened + timedelta(hours=5),
            }
        )
    return pl.DataFrame(rows)


def true_hits(calls: list[Answered], priced: Priced, capacity_usd: float) -> int:
    """Windows in which a call found the limit reached."""
    hits, opened, used, is_hit = 0, None, 0.0, False
    for call in calls:
        if call.target.provider != "max":
            continue
        at = call.wish.asked_at
        if opened is None or at >= opened + timedelta(hours=5):
            opened, used, is_hit = at, 0.0, False
        if used >= capacity_usd:
            hits += not is_hit
            is_hit = True
            continue
        used += priced(call)
    return hits


def labels_of(seed: int, tasks: int = 1500) -> pl.DataFrame:
    """Tasks whose hard ones went to Opus, with outcomes at known rates: Opus is better by 2, 8 and
    20 points on simple, moderate and complex work.
    """
    dice = np.random.default_rng(seed)
    rates = {
        "claude-opus-4-6": (0.90, 0.72, 0.42),
        "claude-haiku-4-5": (0.88, 0.64, 0.22),
    }
    complexity = dice.beta(2.0, 2.0, tasks)
    stratum = np.digitize(complexity, (0.35, 0.65))
    to_opus = dice.random(tasks) < np.array([0.10, 0.45, 0.93])[stratum]
    models = np.where(to_opus, "claude-opus-4-6", "claude-haiku-4-5")
    odds = np.array([rates[model][at] for model, at in zip(models, stratum, strict=True)])
    outcome = np.where(dice.random(tasks) < odds, "pass", "fail")
    return pl.DataFrame({"model": models, "complexity": complexity, "outcome": outcome})


def walked(rules: Compiled, wishes: list[demo_work.Wish], known: Any, **how: Any) -> list[Answered]:
    return list(answered(rules, wishes, known, **how))
