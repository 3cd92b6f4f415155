"""The replay of simulated users comes to what they would really have paid."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from collector import ledger, policies, prices
from collector.files import ledger_file
from router.policy_model import Budget, Target
from router.price_book import PriceBook
from router.quality_offpolicy import contrast, prepared
from router.replay import Assumptions, Range, Scenario, Spread, replay
from router.replay_totals import month_factor
from router.rules import Compiled, compiled
from tests.bench.month import Answered, api_policy, as_asked, price_list
from tests.simulated import (
    CAPACITY_USD,
    Priced,
    frame_of,
    history_from,
    labels_of,
    month_of,
    readings_of,
    through_plan,
    true_hits,
    true_usd,
    walked,
)

SEEDS = (3, 4)
PLANS = {"max20x": 1.0, "max5x": 0.25}  # and how large each is
EXACT = Assumptions.list_price()


class User:
    """A month of one user, logged as asked, and walked under the preset policy for keys."""

    def __init__(self, seed: int, known: Any, book: PriceBook) -> None:
        self.priced, self.known = Priced(known), known
        self.wishes = month_of(seed)
        self.rules = api_policy()
        self.log = walked(as_asked(self.rules), self.wishes, known, remembers=True)
        self.frame = frame_of(self.log, self.priced)
        self.history = history_from(self.frame, book)

    @cached_property
    def by_session(self) -> list[Answered]:
        return walked(self.rules, self.wishes, self.known, remembers=True)

    @cached_property
    def by_call(self) -> list[Answered]:
        return walked(self.rules, self.wishes, self.known, remembers=False)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, PriceBook]:
    folder = tmp_path_factory.mktemp("prices")
    rules = api_policy()
    asked = {"claude-opus-4-6", "claude-sonnet-4-5", "claude-haiku-4-5"}
    known = price_list(folder, rules.policy, asked)
    with ledger.writing(ledger_file(folder)) as db:
        return known, prices.load_book(db)


@pytest.fixture(scope="module")
def users(market: tuple[Any, PriceBook]) -> Iterator[list[User]]:
    yield [User(seed, *market) for seed in SEEDS]


def scenario(rules: Compiled, **more: Any) -> Scenario:
    return Scenario(name="what if", rules=rules, plan="api", assumptions=EXACT, **more)


def blind_usd(user: User) -> float:
    """What repricing the logged tokens at each call's new target says: caches follow for free."""
    targets = [call.target for call in user.by_call]
    moved = [replace(call, target=to) for call, to in zip(user.log, targets, strict=True)]
    return true_usd(moved, user.priced)


def test_the_cost_of_another_policy_comes_out_within_three_percent(users: list[User]):
    for user in users:
        true = true_usd(user.by_session, user.priced)
        told = replay(user.history, scenario(user.rules)).period["list_usd"]
        assert told == pytest.approx(true, rel=0.03)


def test_repricing_the_same_tokens_promises_what_switching_call_by_call_takes_back(
    users: list[User],
):
    """Blind to caches, routing each call alone looks far cheaper than what it would have cost."""
    for user in users:
        logged = true_usd(user.log, user.priced)
        blind, true = blind_usd(user), true_usd(user.by_call, user.priced)
        assert blind < 0.85 * logged
        assert true > 1.1 * blind


def test_the_log_replayed_as_it_was_costs_what_it_cost(users: list[User]):
    for user in users:
        logged = true_usd(user.log, user.priced)
        told = replay(user.history, scenario(as_asked(user.rules))).period["list_usd"]
        assert told == pytest.approx(logged, rel=0.02)
        assert replay(user.history, Scenario(name="as logged")).period["list_usd"] == pytest.approx(
            logged
        )


def test_more_steps_of_the_weaker_model_are_paid_for(users: list[User]):
    """A third more calls and answers of Sonnet cost a third more where Sonnet took over."""
    [user, *_] = users
    base = replay(user.history, scenario(user.rules))
    slow = replace(EXACT, steps_sonnet=Spread(1.34, 1.34), output_sonnet=Spread(1.34, 1.34))
    told = replay(user.history, replace(scenario(user.rules), assumptions=slow))
    both = base.calls.join(told.calls, on="call_id", suffix="_slow").filter(
        pl.col("target").cast(pl.String).str.contains("sonnet")
        & pl.col("logged").cast(pl.String).str.contains("opus")
    )
    assert len(both) > 100
    assert both["list_usd_slow"].sum() == pytest.approx(1.34 * both["list_usd"].sum())
    same = told.calls.filter(pl.col("observed") & (pl.col("target") == pl.col("logged")))
    assert same["list_usd"].sum() == pytest.approx(same["logged_list_usd"].sum())


BUDGETS = {
    "cheaper, then stop": {"on_soft": {"60%": "cheaper"}, "on_hard": "stop"},
    "cheaper, then local": {"on_soft": {"60%": "cheaper", "90%": "local"}, "on_hard": "local"},
    "stop": {"on_hard": "stop"},
}


@pytest.mark.parametrize("steps", BUDGETS.values(), ids=BUDGETS)
def test_a_budget_bites_when_and_as_the_router_would_have_it(
    users: list[User], steps: dict[str, Any]
):
    for user in users:
        half = round(Decimal(true_usd(user.by_session, user.priced)) / 2, 2)
        budget = Budget.model_validate({"usd": half, "days": 30, **steps})
        rules = compiled(user.rules.policy.model_copy(update={"budget": budget}))
        truth = walked(rules, user.wishes, user.known, remembers=True)
        told = replay(user.history, scenario(rules))
        assert told.period["cash_usd"] == pytest.approx(true_usd(truth, user.priced), rel=0.06)
        answered = len(told.calls) - told.basis.budget_blocked
        assert answered == pytest.approx(len(truth), rel=0.03)
        assert told.basis.budget_reached


def plan_rules() -> Compiled:
    plan = policies.preset("plan").policy
    return compiled(plan.model_copy(update={"budget": None, "limits": plan.limits.model_copy(
        update={"leave_at": 1.0, "routes": ()})}))  # fmt: skip


@dataclass(frozen=True)
class Hits:
    """The limit hits of one small month as they were and as replay tells them, a month."""

    true: float
    told: Range
    point: float

    def holds(self, hits: float) -> bool:
        return self.told.low <= hits <= self.told.high


def hits_of(seed: int, market: tuple[Any, PriceBook]) -> dict[str, Hits]:
    """By plan: the one that was logged, and one of a quarter of its size."""
    known, book = market
    on_plan = {Target("max", t.model): usd for t, usd in known.known.items()}
    priced = Priced(replace(known, known=on_plan))
    log = through_plan(month_of(seed, days=6))
    readings = readings_of(log, priced, CAPACITY_USD)
    past = history_from(frame_of(log, priced), book, readings=readings, plan="max20x")
    found = {}
    for plan, size in PLANS.items():
        told = replay(past, replace(scenario(plan_rules()), plan=plan), draws=200)
        assert told.basis.plan_meter == "measured"
        factor = month_factor(past)
        true = true_hits(log, priced, CAPACITY_USD * size) * factor
        point = told.period["limit_hits"] * factor
        found[plan] = Hits(true, told.month["limit_hits"], point)
    return found


def test_limit_hits_lie_within_their_range_nine_times_in_ten(market: tuple[Any, PriceBook]):
    """Sixty months, each told from its own log: those of that month, and those that such a month
    has on average. Ranges that hold 75 % would pass less than once in twenty times.
    """
    months = [hits_of(seed, market) for seed in range(1000, 1060)]
    least = int(binom.isf(0.05, len(months), 0.75)) + 1
    for plan in PLANS:
        told = [month[plan] for month in months]
        usual = float(np.mean([one.true for one in told]))
        assert sum(one.holds(one.true) for one in told) >= least, plan
        assert sum(one.holds(usual) for one in told) >= least, plan
        assert np.mean([one.point for one in told]) == pytest.approx(usual, rel=0.05)


def test_the_sign_of_a_difference_is_right_where_the_naive_rate_has_it_wrong():
    for seed in range(8):
        told = contrast(prepared(labels_of(seed)), "claude-opus-4-6", "claude-haiku-4-5")
        assert told["naive"].value is not None and told["naive"].value < 0
        for method in ("stratified", "snips", "doubly_robust"):
            estimate = told[method]
            assert estimate.value is not None and 0.0 < estimate.value < 0.25


def test_what_a_model_never_did_is_not_identified():
    labels = labels_of(1).filter(
        (pl.col("complexity") < 0.65) | (pl.col("model") == "claude-opus-4-6")
    )
    told = contrast(prepared(labels), "claude-opus-4-6", "claude-haiku-4-5")
    assert told["stratified"].value is None
    assert told["stratified"].missing == ("complex",)
    assert told["naive"].value is not None


def test_the_same_seed_gives_the_same_numbers_and_another_hardly_others(users: list[User]):
    [user, *_] = users
    one, again, other = (replay(user.history, scenario(user.rules), seed) for seed in (1, 1, 2))
    assert np.array_equal(one.draws["paid_usd"], again.draws["paid_usd"])
    assert not np.array_equal(one.draws["paid_usd"], other.draws["paid_usd"])
    first, second = one.month["paid_usd"].median, other.month["paid_usd"].median
    assert first == pytest.approx(second, rel=0.05)
