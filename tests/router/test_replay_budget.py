"""A replay keeps to a policy's budget, from the hour in which one of its marks is reached."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from router.policy_model import Budget
from router.replay import Outcome, Scenario, replay
from router.rules import compiled
from tests.router.test_replay_choice import RULES, one_call
from tests.router.test_replay_sums import OPUS, QUICK, days, history, scenario

POLICIES = {**RULES, "opus": OPUS}
MANY_HOURS = st.lists(
    st.builds(
        lambda call, gap: {**call, "gap": gap}, one_call(), st.sampled_from([20, 4000, 9000])
    ),
    min_size=1,
    max_size=25,
)


def budgeted(name: str, usd: float, **more: Any) -> Scenario:
    budget = Budget.model_validate({"usd": str(round(usd, 4)), "days": 30, **more})
    policy = POLICIES[name].policy.model_copy(update={"budget": budget})
    return replace(scenario("api"), rules=compiled(policy))


def by_hour(told: Outcome) -> list[float]:
    paid = told.calls.filter(~pl.col("target").cast(pl.String).str.starts_with("ollama/"))
    return paid.group_by(pl.col("asked_at").dt.truncate("1h")).agg("cash_usd").select(
        pl.col("cash_usd").list.sum()
    ).to_series().to_list()  # fmt: skip


def test_a_budget_stops_what_is_paid_from_the_hour_after_it_is_reached():
    past = history(days(8))
    free, told = (replay(past, budgeted("opus", usd, on_hard="stop")) for usd in (1000.0, 2.0))
    assert not free.basis.budget_reached and free.period["blocked_minutes"] == 0
    [mark] = told.basis.budget_reached
    assert mark.mark == "100%" and mark.step == "stop"
    assert told.basis.budget_blocked > 0 and told.period["blocked_minutes"] > 60
    both = free.calls.join(told.calls, on="call_id", suffix="_stopped", maintain_order="left")
    before = both.filter(pl.col("asked_at").dt.date().cast(pl.String) < mark.on)
    assert len(before) and (before["target"] == before["target_stopped"]).all()
    after = both.filter(pl.col("asked_at").dt.date().cast(pl.String) > mark.on)
    assert len(after) and set(after["target_stopped"]) == {"nobody/"}
    assert told.month["cash_usd"].high <= told.period["cash_usd"] * 31 / 8 + 1e-9


STEPS = st.sampled_from([
    {"on_hard": "stop"},
    {"on_hard": "local"},
    {"on_soft": {"50%": "cheaper", "80%": "local"}, "on_hard": "free"},
])  # fmt: skip


def lengths(*pairs: tuple[int, int]) -> list[dict[str, Any]]:
    """Calls of one session: prompt tokens, and the seconds since the call before."""
    told: dict[str, Any] = {
        "session_id": "a", "agent_id": "", "kind": "main", "asked_model": "claude-opus-4-6",
        "tag": None, "cache_ttl": "5m", "complexity": 0.0, "is_tool_turn": False, "failures": 0,
        "is_reask": False, "tool_errors": 0, "tools": 0, "images": 0, "tool_choice": None,
        "project": "shop", "result": "ok",
    }  # fmt: skip
    return [{**told, "prompt": prompt, "gap": gap} for prompt, gap in pairs]


FITS_NOTHING = lengths(*[(500, 20)] * 9, (230_000, 20), (500, 4000), (230_000, 20), (230_000, 4000))


@QUICK
@example(calls=FITS_NOTHING, name="own", share=0.05, steps={"on_hard": "stop"})
@given(
    calls=MANY_HOURS,
    name=st.sampled_from(["api", "own", "none", "opus"]),
    share=st.floats(0.05, 1.5),
    steps=STEPS,
)
def test_a_budget_holds_but_for_its_last_hour_and_changes_nothing_before(
    calls: list[dict[str, Any]], name: str, share: float, steps: dict[str, Any]
):
    past, free = history(calls), POLICIES[name].policy.model_copy(update={"budget": None})
    unbound = replay(past, replace(scenario("api"), rules=compiled(free)), draws=20)
    usd = max(share * unbound.period["cash_usd"], 2.5)  # a call may cost this much at first
    told = replay(past, budgeted(name, usd, **steps), draws=20)
    hours = by_hour(told)
    assert sum(hours) <= round(usd, 4) + max(hours, default=0.0) + 1e-9
    if told.basis.budget_reached:
        return
    assert told.period == pytest.approx(unbound.period, nan_ok=True)
    assert told.calls.drop("rule", "route").equals(unbound.calls.drop("rule", "route"))


@QUICK
@given(calls=MANY_HOURS, shares=st.tuples(st.floats(0.1, 1.2), st.floats(0.1, 1.2)))
def test_more_budget_never_means_less_work(
    calls: list[dict[str, Any]], shares: tuple[float, float]
):
    past = history(calls)
    full = replay(past, replace(scenario("api"), rules=OPUS), draws=0).period["cash_usd"]
    low, high = (
        replay(past, budgeted("opus", max(share * full, 2.5), on_hard="stop"), draws=0)
        for share in sorted(shares)
    )
    assert low.period["cash_usd"] <= high.period["cash_usd"] + 1e-9
    assert low.basis.budget_blocked >= high.basis.budget_blocked
