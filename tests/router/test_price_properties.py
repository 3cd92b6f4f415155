"""What holds for every usage, whatever the model."""

from dataclasses import fields
from datetime import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from router.call import Bill, Usage
from router.price import explain, price, quote
from router.price_book import NANO
from tests.pricing import book, metered, priced

MODELS = ("claude-opus-5-5", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-haiku-5-5")
BUCKETS = [field.name for field in fields(Usage)]
FLAT = 16_000  # four input buckets of this size stay below every step

models = st.sampled_from(MODELS)
days = st.sampled_from(["2026-01-15", "2026-06-30", "2026-11-22"])
ways = st.sampled_from([{}, {"service_tier": "batch"}])
quoted = st.one_of(
    models.map(lambda model: ("anthropic", model)),
    st.just(("deepseek", "deepseek-chat")),
    st.just(("anthropic", "claude-opus-9")),
)
flat = st.fixed_dictionaries({bucket: st.integers(0, FLAT // 2) for bucket in BUCKETS})
wide = st.fixed_dictionaries({bucket: st.integers(0, 10**7) for bucket in BUCKETS})


@given(models, days, ways, flat, flat)
def test_the_price_of_a_sum_is_the_sum_of_the_prices(model, day, way, one, other):
    both = {bucket: one[bucket] + other[bucket] for bucket in BUCKETS}
    apart = [priced(model, day, **counts, **way).list_usd for counts in (one, other)]
    together = priced(model, day, **both, **way).list_usd
    assert abs(together - sum(apart)) <= 2 * NANO


@given(models, days, wide, st.sampled_from(BUCKETS), st.integers(1, 10**6))
def test_more_tokens_never_cost_less(model, day, counts, bucket, more):
    if bucket == "web_searches" and not counts[bucket]:
        counts = counts | {bucket: 1}  # the first search turns one prompt into several
    less = priced(model, day, **counts)
    assert priced(model, day, **counts | {bucket: counts[bucket] + more}).list_usd > less.list_usd


@given(models, days, ways, wide)
def test_no_price_is_negative_and_only_nothing_is_free(model, day, way, counts):
    cost = priced(model, day, **counts, **way).list_usd
    assert cost > 0 if any(counts.values()) else cost == 0


@given(st.from_regex(r"claude-[a-z]{1,8}-[6-9]{1,2}(-\d)?", fullmatch=True), wide)
def test_an_unknown_model_is_never_free(model, counts):
    unknown = priced(model, **counts)
    assert unknown.list_usd is None
    assert unknown.cost_usd is None
    assert unknown.unpriced


@given(models, days, ways, wide)
def test_the_lines_add_up_to_the_list_price(model, day, way, counts):
    at = datetime.fromisoformat(day)
    lines = explain(book(), ("max", model), at, metered(**counts, **way))
    total = sum((line.usd for line in lines), Decimal(0))
    assert total == priced(model, day, **counts, **way).list_usd


@given(quoted, days, st.times(), ways, wide)
def test_a_quote_that_holds_all_day_prices_as_each_call_by_itself(target, day, time, way, counts):
    midnight = datetime.fromisoformat(day)
    said = metered(**counts, **way)
    rates = quote(book(), target, midnight, said)
    found = rates.nanos(tuple(counts[bucket] for bucket in BUCKETS))
    alone = price(book(), target, datetime.combine(midnight, time), said, Bill.CASH)
    assert rates.holds_all_day == (target[0] != "deepseek" or rates.listed is None)
    if rates.holds_all_day:
        assert (found.price_ids, found.unpriced) == (alone.price_ids, alone.unpriced)
        assert usd_of(found.list_usd) == alone.list_usd
        assert usd_of(found.baseline_usd) == alone.baseline_usd


def usd_of(nanos: int | None) -> Decimal | None:
    return None if nanos is None else nanos * NANO
