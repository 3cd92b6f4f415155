"""Cash over a trailing window, with what calls in flight may still cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.budget import (
    Prices,
    Spending,
    estimated_usd,
    forgotten,
    mark_of,
    prices_now,
    reserved,
    settled,
    spent,
    spent_usd,
    used_usd,
)
from router.policy_model import Budget, Target
from router.price_book import PriceBook
from router.price_row import PriceRow
from tests.router.deciding import NOW, usd

DAY = timedelta(days=1)
FIFTY = Budget(usd=Decimal(50), on_soft={"80%": "cheaper", "95%": "local"}, on_hard="stop")


def test_the_window_trails_behind_the_clock():
    spending = spent(Spending(), [(NOW - 31 * DAY, Decimal(9)), (NOW - 29 * DAY, Decimal(5))])
    assert spent_usd(spending, NOW, 30) == 5
    assert spent_usd(spending, NOW + 2 * DAY, 30) == 0
    assert forgotten(spending, NOW, 30).by_hour == spent(
        Spending(), [(NOW - 29 * DAY, Decimal(5))]
    ).by_hour  # fmt: skip


def test_the_hour_in_which_the_window_begins_counts_whole():
    at_noon = spent(Spending(), [(NOW - 30 * DAY, Decimal(5))])
    assert spent_usd(at_noon, NOW + timedelta(minutes=59), 30) == 5
    assert spent_usd(at_noon, NOW + timedelta(minutes=60), 30) == 0


def test_a_reservation_counts_until_its_call_is_settled():
    spending = reserved(Spending(), "call", Decimal("0.5"))
    assert used_usd(spending, NOW, 30) == Decimal("0.5")
    assert used_usd(settled(spending, "call", NOW, Decimal("0.2")), NOW, 30) == Decimal("0.2")


def test_a_call_of_unknown_cost_has_spent_its_reservation():
    spending = settled(reserved(Spending(), "call", Decimal("0.5")), "call", NOW, None)
    assert spent_usd(spending, NOW, 30) == Decimal("0.5")
    assert not spending.reserved


@pytest.mark.parametrize(
    ("used", "mark"),
    [
        ("39.99", None),
        ("40", ("80%", "cheaper")),
        ("47.5", ("95%", "local")),
        ("50", ("100%", "stop")),
        ("80", ("100%", "stop")),
    ],
)
def test_the_highest_mark_reached_decides(used: str, mark: tuple[str, str] | None):
    assert mark_of(FIFTY, Decimal(used)) == mark


def test_a_budget_of_nothing_is_used_up_from_the_start():
    assert mark_of(Budget(usd=Decimal(0), on_hard="free"), Decimal(0)) == ("100%", "free")


def test_an_unknown_model_costs_what_the_dearest_of_its_family_does():
    known = {Target("anthropic", "claude-haiku-4-5"): usd("1", "1.25", "0.1", "5")}
    prices = Prices(known, {"opus": usd("15", "18.75", "1.5", "75")})
    assert prices.of(Target("x", "claude-opus-99")) == usd("15", "18.75", "1.5", "75")
    assert prices.of(Target("x", "mystery")) == usd("15", "18.75", "1.5", "75")
    assert Prices().of(Target("x", "mystery")) is None


def test_only_an_explicit_price_of_zero_is_free():
    free, unknown = Target("openrouter", "a:free"), Target("openrouter", "b:free")
    prices = Prices({free: usd("0", "0", "0", "0")})
    assert prices.is_free(free)
    assert not prices.is_free(unknown)


def row(model: str, unit: str, rate: str) -> PriceRow:
    return PriceRow(
        price_id=f"{model} {unit}", provider="anthropic", match_kind="equals", match=model,
        unit=unit, usd_per_mtok=Decimal(rate),
    )  # fmt: skip


def test_prices_come_from_the_book_and_what_it_lacks_stays_unknown():
    book = PriceBook(
        [
            row("claude-haiku-4-5", "input", "1"), row("claude-haiku-4-5", "output", "5"),
            row("claude-haiku-4-5", "cache_read", "0.1"),
        ]
    )  # fmt: skip
    haiku = Target("anthropic", "claude-haiku-4-5")
    prices = prices_now(book, NOW, [haiku, Target("anthropic", "claude-new")])
    assert prices.known == {haiku: usd("1", "1", "0.1", "5")}
    assert prices.families == {"haiku": usd("1", "1", "0.1", "5")}


def test_an_estimate_is_of_a_cold_cache_and_a_long_answer():
    haiku = usd("1", "1.25", "0.1", "5")
    assert estimated_usd(haiku, 20_000, 64_000) == Decimal("0.065")
    assert estimated_usd(haiku, 20_000, 1_000) == Decimal("0.030")
    assert estimated_usd(None, 20_000, 1_000) == 0


CENTS = st.integers(1, 300).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(st.tuples(CENTS, st.floats(0, 1)), max_size=60), st.integers(1, 10))
def test_parallel_calls_never_pass_the_budget_by_more_than_was_reserved(
    calls: list[tuple[Decimal, float]], streams: int
):
    budget, spending, flying = Decimal(5), Spending(), list[tuple[str, Decimal]]()
    for number, (may_cost, share) in enumerate(calls):
        if used_usd(spending, NOW, 30) + may_cost <= budget:
            spending = reserved(spending, str(number), may_cost)
            flying.append((str(number), may_cost * Decimal(str(round(share, 3)))))
        if len(flying) >= streams:
            spending = settled(spending, flying[0][0], NOW, flying.pop(0)[1])
        assert used_usd(spending, NOW, 30) <= budget
    for call_id, cost in flying:
        spending = settled(spending, call_id, NOW, cost)
    assert spent_usd(spending, NOW, 30) <= budget
