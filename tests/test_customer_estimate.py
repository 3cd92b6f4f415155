"""The customer's month, by their own figures."""

from decimal import Decimal

import pytest

from router.call import Bill
from tests.pricing import priced, usd

MILLION = 1_000_000


def month(model: str, share: str, **said: object) -> Decimal:
    """36M tokens in and 12M out, in calls of 36k and 12k, of which this model does `share`."""
    part = Decimal(share)
    call = usd(model, input_tokens=36_000, output_tokens=12_000, **said)
    assert call is not None
    return (call * 1000 * part).quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("model", "share", "cost"),
    [
        ("claude-haiku-4-5", "0.30", "28.80"),
        ("claude-sonnet-4-5", "0.35", "100.80"),
        ("claude-opus-4-6", "0.10", "48.00"),
        ("claude-opus-4-6", "1.00", "480.00"),
    ],
)
def test_a_share_of_the_month_costs_what_the_customer_wrote(model: str, share: str, cost: str):
    assert month(model, share) == Decimal(cost)


@pytest.mark.parametrize(
    ("model", "input_millions", "output_millions", "cost"),
    [
        ("claude-haiku-4-5", "10.8", "3.6", "28.80"),
        ("claude-sonnet-4-5", "12.6", "4.2", "100.80"),
        ("claude-opus-4-6", "3.6", "1.2", "48.00"),
    ],
)
def test_the_tokens_of_the_table_cost_the_dollars_of_the_table(
    model: str, input_millions: str, output_millions: str, cost: str
):
    tokens_in = int(Decimal(input_millions) * MILLION)
    tokens_out = int(Decimal(output_millions) * MILLION)
    assert usd(model, input_tokens=tokens_in, output_tokens=tokens_out) == Decimal(cost)


def test_the_mixed_month_costs_177_60_and_124_32_with_30_percent_answered_from_our_cache():
    mixed = (
        month("qwen3-coder:30b", "0.25", provider="ollama", bill=Bill.LOCAL)
        + month("claude-haiku-4-5", "0.30")
        + month("claude-sonnet-4-5", "0.35")
        + month("claude-opus-4-6", "0.10")
    )
    assert mixed == Decimal("177.60")
    assert mixed * Decimal("0.70") == Decimal("124.32")


def test_the_local_quarter_is_free_and_would_have_cost_120_dollars_on_opus():
    local = priced(
        "qwen3-coder:30b",
        provider="ollama",
        bill=Bill.LOCAL,
        input_tokens=9 * MILLION,
        output_tokens=3 * MILLION,
    )
    assert (local.list_usd, local.cost_usd, local.baseline_usd) == (0, 0, 120)
