"""Numbers as people read them."""

from datetime import datetime
from decimal import Decimal

import pytest

from dashboard import show


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "–"),
        (Decimal(0), "$0"),
        (Decimal("0.000001"), "<$0.01"),
        (Decimal("0.1234"), "$0.123"),
        (Decimal("12.345"), "$12.35"),
        (Decimal("-12.3"), "−$12.30"),
        (1234.5, "$1,234"),
        (123_456, "$123.5k"),
    ],
)
def test_money_shows_fewer_digits_the_larger_it_is(amount: Decimal | None, shown: str):
    assert show.usd(amount) == shown


def test_an_exact_amount_keeps_every_digit():
    assert show.exact_usd(Decimal("0.029884050")) == "$0.02988405"
    assert show.exact_usd(Decimal(1)) == "$1.0000"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "under a minute"),
        (59 * 60, "59 min"),
        (65 * 60, "1 h 05 m"),
        (78 * 3600, "3 d 6 h"),
    ],
)
def test_a_span_names_its_two_largest_units(seconds: float, shown: str):
    assert show.span(seconds) == shown


def test_shares_quantities_and_times():
    assert show.share(0.514) == "51.4%"
    assert show.share(None) == "–"
    assert [show.quantity(number) for number in (8585, 33_000, 1.5e6, 2e9)] == [
        "8,585",
        "33.0k",
        "1.5M",
        "2.0B",
    ]
    assert (show.took(420), show.took(5100), show.took(None)) == ("420 ms", "5.1 s", "–")
    assert show.moment(datetime(2026, 2, 3, 20), "Asia/Tokyo") == "2026-02-04 05:00:00 Asia/Tokyo"
