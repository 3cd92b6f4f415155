"""Each rule of the price list, on calls whose right price is known."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from router.call import Bill, Iteration, Metered, Usage
from router.price import Priced, explain, price, total
from router.price_book import NANO
from router.rates import UnknownPriceError
from tests.pricing import TODAY, book, metered, priced, usd

LONG_OPUS = {
    "input_tokens": 5_000,
    "cache_read_tokens": 150_000,
    "cache_write_5m_tokens": 20_000,
    "cache_write_1h_tokens": 30_000,
    "output_tokens": 2_000,
}


LETTERS = {
    "i": "input_tokens",
    "o": "output_tokens",
    "r": "cache_read_tokens",
    "w": "cache_write_5m_tokens",
    "h": "cache_write_1h_tokens",
    "s": "web_searches",
}


def n(**counts: int) -> dict[str, int]:
    """Tokens in, out, read, written for 5 minutes and 1 hour; searches."""
    return {LETTERS[letter]: count for letter, count in counts.items()}


@pytest.mark.parametrize(
    ("model", "day", "said", "right"),
    [
        ("claude-opus-4-6", TODAY, n(i=250_000, o=2_000), "1.3"),
        ("claude-opus-4-6", "2026-03-01", n(i=250_000, o=2_000), "2.575"),
        ("claude-haiku-4-5", TODAY, n(i=10_000, o=1_000), "0.015"),
        ("claude-haiku-4-5", TODAY, n(r=50_000, o=1_020), "0.0101"),
        ("claude-haiku-4-5", TODAY, n(w=50_000, o=1_020), "0.0676"),
        ("claude-haiku-4-5", TODAY, n(h=50_000, o=1_020), "0.1051"),
        ("claude-sonnet-4-5", TODAY, n(i=100_000, o=2_000), "0.33"),
        ("claude-sonnet-4-5", "2026-04-01", n(i=200_000, o=2_000), "0.63"),
        ("claude-sonnet-4-5", "2026-04-01", n(i=200_001, o=2_000), "1.245006"),
        ("claude-sonnet-4-5", TODAY, n(i=200_001, o=2_000), "0.630003"),
        ("claude-haiku-5-5", TODAY, n(i=100_000, o=1_000), "0.0105"),
        ("claude-haiku-5-5", TODAY, n(i=100_001, o=1_000), "0.0525005"),
        ("claude-haiku-4-5", TODAY, n(i=1_000, o=100, s=3), "0.0315"),
        ("claude-sonnet-5", "2026-10-01", n(i=100_000, o=10_000), "0.3"),
        ("claude-opus-4-1", TODAY, n(i=100_000, o=10_000), "2.25"),
        ("claude-opus-4-20250514", "2026-01-22", n(i=100_000), "1.5"),
        ("claude-3-5-haiku-20241022", "2026-01-22", n(i=100_000), "0.08"),
        ("claude-fable-5-2", TODAY, n(r=1_000_000), "0.2"),
        ("claude-mythos-5", TODAY, n(i=1_000_000), "10"),
        ("claude-mythos-5-1", TODAY, n(r=1_000_000), "0.25"),
        ("claude-mythos-preview", TODAY, n(o=1_000_000), "50"),
    ],
)  # fmt: skip
def test_a_plain_call_costs_its_list_price_of_that_day(
    model: str, day: str, said: dict[str, int], right: str
):
    assert usd(model, day, **said) == Decimal(right)


@pytest.mark.parametrize(
    ("model", "day", "how", "right"),
    [
        ("claude-opus-4-6", "2026-11-22", {"geo": "us"}, "0.605"),
        ("claude-opus-4-6", "2026-11-22", {"geo": "US"}, "0.605"),
        ("claude-sonnet-4-6", "2026-11-22", {"geo": "us"}, "0.363"),
        ("claude-opus-5-5", "2026-11-22", {"geo": "us", "speed": "fast"}, "0.968"),
        ("claude-opus-4-8", "2026-11-22", {"speed": "fast"}, "1.1"),
        ("claude-opus-4-8", "2026-11-30", {"speed": "fast"}, "1.1"),
        ("claude-opus-4-7", "2026-06-01", {"speed": "fast"}, "3.3"),
        ("claude-opus-4-6", "2026-11-22", {"service_tier": "batch"}, "0.275"),
        ("claude-opus-4-6", "2026-05-01", {"service_tier": "batch"}, "0.275"),
        ("claude-opus-4-1", "2026-11-01", {"service_tier": "batch"}, "0.825"),
        ("claude-mythos-5", "2026-11-01", {"service_tier": "batch"}, "0.55"),
        ("claude-opus-4-6", "2026-11-22", {"service_tier": "priority"}, "0.55"),
        ("claude-opus-4-6", "2026-11-22", {"geo": "not_available", "speed": "standard"}, "0.55"),
        ("claude-opus-4-6", "2026-11-22", {"geo": "", "service_tier": "standard"}, "0.55"),
    ],
)
def test_region_speed_and_batch_change_the_price(
    model: str, day: str, how: dict[str, str], right: str
):
    assert usd(model, day, input_tokens=100_000, output_tokens=2_000, **how) == Decimal(right)


def test_a_cache_mix_before_and_after_the_long_context_rate_went():
    assert usd("claude-opus-4-6", "2026-03-01", **LONG_OPUS) == Decimal("1.125")
    assert usd("claude-opus-4-6", **LONG_OPUS) == Decimal("0.575")
    long_sonnet = {
        "input_tokens": 5_000,
        "cache_read_tokens": 210_000,
        "cache_write_5m_tokens": 5_000,
    }
    assert usd("claude-sonnet-4-5", "2026-04-01", **long_sonnet, output_tokens=2_000) == Decimal(
        "0.2385"
    )
    assert usd("claude-sonnet-4-5", **long_sonnet, output_tokens=2_000) == Decimal("0.12675")


def test_a_batch_halves_one_hour_cache_writes_too():
    haiku = {
        "input_tokens": 10_000,
        "cache_read_tokens": 50_000,
        "cache_write_5m_tokens": 20_000,
        "cache_write_1h_tokens": 30_000,
        "output_tokens": 1_000,
    }
    whole, half = (usd("claude-haiku-4-5", **haiku, service_tier=tier) for tier in ("", "batch"))
    assert whole == Decimal("0.105")
    assert half == Decimal("0.0525")


def test_fast_opus_in_a_long_prompt_was_sixty_and_225():
    fast = usd("claude-opus-4-6", "2026-03-01", input_tokens=1_000_000, speed="fast")
    assert fast == Decimal("60")
    written = usd(
        "claude-opus-4-6",
        "2026-03-01",
        cache_read_tokens=200_001,
        output_tokens=1_000_000,
        speed="fast",
    )
    assert written == Decimal("225") + Decimal("200001") * 6 / 1_000_000


def test_a_search_loop_is_not_one_long_prompt():
    """Recorded: the rounds of ten searches add up to 401,468 tokens; no prompt passed 200,000."""
    loop = usd("claude-sonnet-4-5", "2026-04-01", **n(i=401_468, o=792, s=10))
    assert loop == Decimal("1.316284")


def test_the_advisor_is_paid_at_its_own_rates():
    """A recorded answer: Sonnet 4.6 asked Opus 4.7 for advice between two rounds."""
    iterations = (
        Iteration(usage=Usage(input_tokens=1051, output_tokens=35)),
        Iteration(usage=Usage(input_tokens=2728, output_tokens=874), model="claude-opus-4-7"),
        Iteration(usage=Usage(input_tokens=1363, output_tokens=3165)),
    )
    answer = priced(
        "claude-sonnet-4-6",
        iterations=iterations,
        model="claude-sonnet-4-6",
        input_tokens=2414,
        output_tokens=3200,
        geo="global",
        service_tier="standard",
    )
    assert answer.list_usd == Decimal("0.090732")
    assert {key.split("#")[0] for key in answer.price_ids} == {
        "anthropic/claude-sonnet-4-6",
        "anthropic/claude-opus-4-7",
    }
    assert answer.baseline_usd == Decimal("0.127560") == (5142 * 5 + 4074 * 25) / Decimal(10**6)


def test_a_compaction_is_paid_though_the_top_of_the_usage_leaves_it_out():
    """A recorded answer of Opus 4.6: 60,385 tokens were compacted before 682 were answered."""
    iterations = (
        Iteration(usage=Usage(input_tokens=60_385, output_tokens=592)),
        Iteration(usage=Usage(input_tokens=682, output_tokens=1320)),
    )
    answer = usd("claude-opus-4-6", iterations=iterations, input_tokens=682, output_tokens=1320)
    assert answer == Decimal("0.353135")


def test_each_iteration_is_a_prompt_of_its_own_and_searches_are_paid_once():
    part = Iteration(usage=Usage(input_tokens=150_000, web_searches=1))
    both = usd("claude-sonnet-4-5", "2026-04-01", iterations=(part, part), web_searches=2)
    assert both == Decimal("0.92")
    long = Iteration(usage=Usage(input_tokens=300_000))
    assert usd("claude-sonnet-4-5", "2026-04-01", iterations=(long,)) == Decimal("1.8")


def test_iterations_that_say_nothing_do_not_make_a_call_free():
    said = usd("claude-haiku-4-5", iterations=(Iteration(usage=Usage()),), input_tokens=1_000_000)
    assert said == 1


@pytest.mark.parametrize("provider", ["anthropic", "max"])
@pytest.mark.parametrize(
    "model",
    [
        "claude-opus-4-6",
        "claude-opus-4-6[1m]",
        "anthropic/claude-opus-4-6",
        "anthropic/claude-opus-4-6[1m]",
        "claude-opus-4-6-20260205",
        "CLAUDE-OPUS-4-6",
    ],
)
def test_every_spelling_of_a_model_has_its_price(provider: str, model: str):
    assert usd(model, provider=provider, input_tokens=1_000_000) == 5


@pytest.mark.parametrize(
    "model", ["claude-opus-5[1m]", "claude-sonnet-5-5[1m]", "claude-fable-5-1[1m]"]
)
def test_a_long_window_mark_hides_no_price(model: str):
    assert usd(model, input_tokens=1000) == usd(model.removesuffix("[1m]"), input_tokens=1000)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-opus-5-9"),
        ("anthropic", "claude-mythos-5-9"),
        ("anthropic", "qwen3-coder:30b"),
        ("anthropic", None),
        ("openrouter", "someone/new-model:free"),
        ("mystery", "claude-opus-5"),
        ("github-copilot", "gpt-3.5-turbo"),
    ],
)
def test_an_unknown_model_has_no_price_and_says_so(provider: str, model: str | None):
    unknown = priced(model, provider=provider, input_tokens=1000, output_tokens=10)
    assert (unknown.list_usd, unknown.cost_usd, unknown.price_ids) == (None, None, ())
    assert unknown.unpriced and "2026-11-22" in unknown.unpriced and provider in unknown.unpriced
    assert unknown.baseline_usd == Decimal("0.00525")


@pytest.mark.parametrize(
    ("model", "day", "how"),
    [
        ("claude-opus-4-8", "2026-12-01", {"speed": "fast"}),
        ("claude-haiku-4-5", "2026-11-22", {"speed": "fast"}),
        ("claude-opus-4-6", "2026-11-22", {"speed": "faster"}),
        ("claude-opus-4-6", "2026-11-22", {"geo": "moon"}),
    ],
)
def test_a_way_of_running_that_has_no_rate_is_not_priced_as_another(
    model: str, day: str, how: dict[str, str]
):
    refused = priced(model, day, input_tokens=1000, **how)
    assert refused.list_usd is None
    assert refused.unpriced


def test_a_region_means_nothing_where_nothing_is_priced_by_region():
    assert usd("claude-haiku-4-5", input_tokens=1_000_000, geo="eu") == 1


def test_plan_and_local_calls_owe_nothing_and_keep_their_list_price():
    plan = priced("claude-opus-5", provider="max", bill=Bill.PLAN, input_tokens=1_000_000)
    assert (plan.list_usd, plan.cost_usd) == (5, 0)
    local = priced("unheard-of", provider="lmstudio", bill=Bill.LOCAL, input_tokens=1_000_000)
    assert (local.list_usd, local.cost_usd, local.unpriced) == (0, 0, None)
    own = priced("unheard-of", provider="my-box", bill=Bill.LOCAL, input_tokens=1_000_000)
    assert (own.list_usd, own.cost_usd) == (None, 0)


def test_what_openrouter_charged_is_the_cost_and_the_gap_to_list_can_be_seen():
    charged = priced(
        "anthropic/claude-opus-4.6",
        provider="openrouter",
        cache_write_1h_tokens=100_000,
        provider_cost_usd=Decimal("1.0612345678901"),
    )
    assert (charged.list_usd, charged.cost_usd) == (Decimal(1), Decimal("1.061234568"))
    unlisted = priced(
        "x/y", provider="openrouter", input_tokens=5, provider_cost_usd=Decimal("0.5")
    )
    assert (unlisted.list_usd, unlisted.cost_usd) == (None, Decimal("0.5"))


def test_free_models_cost_nothing_and_a_name_only_the_gateway_knows_is_priced_as_asked():
    free = priced("qwen/qwen3-coder:free", provider="openrouter", input_tokens=10_000)
    assert (free.list_usd, free.unpriced) == (0, None)
    renamed = priced("qwen/qwen3-coder", provider="openrouter", model="q3c-fp8", input_tokens=10)
    assert renamed.list_usd == Decimal("0.000003")
    assert priced("claude-opus-5", model="claude-opus-5-9", input_tokens=10).list_usd is None


def test_a_proxy_without_prices_is_priced_as_the_provider_it_names():
    assert usd("anthropic/claude-opus-5", provider="litellm", input_tokens=1_000_000) == 5


def test_a_price_that_depends_on_the_hour_is_looked_up_by_the_hour():
    peak, calm = (
        usd("deepseek-v4-pro", f"2026-10-01T{hour}", provider="deepseek", input_tokens=1_000_000)
        for hour in ("02:00", "05:00")
    )
    assert (peak, calm) == (Decimal("1.32"), Decimal("0.66"))


def test_the_day_is_the_day_in_utc():
    tokyo = datetime.fromisoformat("2026-03-13T08:00:00+09:00")
    said = metered(input_tokens=300_000)
    before, after = (
        price(book(), ("anthropic", "claude-opus-4-6"), at, said, Bill.CASH).list_usd
        for at in (tokyo, datetime(2026, 3, 13, tzinfo=UTC))
    )
    assert (before, after) == (3, Decimal("1.5"))


def test_an_answer_without_usage_has_nothing_to_price():
    refused = price(book(), ("max", "claude-opus-5"), datetime(2026, 11, 22), Metered(), Bill.PLAN)
    assert refused == Priced(list_usd=None, cost_usd=Decimal(0), baseline_usd=None)


def test_the_baseline_is_plain_opus_whatever_way_the_call_was_run():
    batch = priced("claude-haiku-4-5", service_tier="batch", input_tokens=1_000_000)
    assert (batch.list_usd, batch.baseline_usd) == (Decimal("0.5"), 5)


def test_claude_codes_own_cost_formula():
    """Writes at 1.25 and 2 times input, reads at a tenth of it, a cent a search."""
    opus = usd(
        "claude-opus-4-8",
        input_tokens=1_200,
        output_tokens=340,
        cache_write_5m_tokens=500,
        cache_write_1h_tokens=1_000,
        cache_read_tokens=50_000,
        web_searches=2,
    )
    p, q = Decimal(5), Decimal(25)
    tokens = 1_200 * p + 340 * q + 500 * p * 5 / 4 + 1_000 * p * 2 + 50_000 * p / 10
    assert opus == (tokens / 1_000_000 + 2 * Decimal("0.01")).quantize(NANO)


def test_the_arithmetic_can_be_read_line_by_line_and_adds_up():
    said = metered(
        input_tokens=7, output_tokens=3, cache_write_5m_tokens=11, web_searches=1,
        service_tier="batch",
    )  # fmt: skip
    at = datetime(2026, 11, 22)
    target = ("anthropic", "claude-haiku-4-5")
    lines = explain(book(), target, at, said)
    assert [(line.bucket, line.count, str(line.usd_per_mtok.normalize())) for line in lines] == [
        ("input", 7, "0.5"),
        ("cache_write_5m", 11, "0.625"),
        ("output", 3, "2.5"),
        ("web_search", 1, "1E+4"),
    ] + [("rounding", 0, "0")] * (lines[-1].bucket == "rounding")
    assert sum(line.usd for line in lines) == price(book(), target, at, said, Bill.CASH).list_usd
    assert lines[0].price_ids == ("anthropic/claude-haiku-4-5#input@2026-10-14+processing=batch",)


def test_the_arithmetic_of_an_unknown_model_says_why_there_is_none():
    with pytest.raises(UnknownPriceError, match="no price for anthropic/gpt-99 on 2026-11-22"):
        explain(book(), ("anthropic", "gpt-99"), datetime(2026, 11, 22), metered(input_tokens=1))


def test_a_call_costs_what_its_attempts_cost_and_is_unknown_when_one_is():
    one = priced("claude-haiku-4-5", input_tokens=1_000_000)
    other = priced("claude-opus-5", input_tokens=1_000_000)
    assert total([one, other]).list_usd == 6
    assert total([one, other]).price_ids == one.price_ids + other.price_ids
    unknown = total([one, priced("claude-opus-5-9", input_tokens=1)])
    assert unknown.list_usd is None
    assert unknown.unpriced
