"""What earlier changes of the policy did, told shortly enough for one line each."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dashboard import tuning_tables
from dashboard.reader import Rate, Reader, as_reader
from tests.dashboard.browser import Watch

SIDEWAYS = "table => { const s = table.querySelector('.dvn-scroller');"
SIDEWAYS += " return s ? s.scrollWidth - s.clientWidth : 0; }"


def change(measure: str, low: float | None, difference: float, high: float | None) -> Any:
    return {"measure": measure, "difference": difference, "low": low, "high": high}


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (None, "too few tasks"),
        (change("list_usd", None, 0.5, None), "too few tasks"),
        (change("list_usd", -0.018, 0.012, 0.042), "+$0.012 ± $0.030"),
        (change("cash_usd", -1234.5, -1234.0, -1233.5), "−$1,234.000 ± $0.500"),
        (change("limit_hits", -0.002, 0.0, 0.002), "0.000 ± 0.002"),
        (change("limit_hits", -0.0024, -0.0004, 0.0016), "0.000 ± 0.002"),
        (change("passed", -0.05, -0.02, 0.0), "−2% (−5% – 0%)"),
        (change("passed", -0.035, -0.0001, 0.035), "0% (−3.5% – +3.5%)"),
    ],
)
def test_a_change_is_told_with_its_interval(measured: Any, told: str):
    assert tuning_tables.gap(measured) == told


def test_a_change_is_told_in_the_readers_currency():
    with as_reader(Reader(rate=Rate(usd_jpy=Decimal(150), on=None))):
        told = tuning_tables.gap(change("list_usd", -0.03, -0.02, -0.01))
    assert told == "−¥3.0 ± ¥1.5"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_table_of_tuning_is_wider_than_its_card(watch: Callable[..., Watch], language: str):
    seen = watch(f"/tuning?moderate_at=0.45&complex_at=0.8&lang={language}")
    tables = seen.page.get_by_test_id("stDataFrame")
    tables.last.scroll_into_view_if_needed()
    seen.settle()
    assert tables.count() == 2
    assert [table.evaluate(SIDEWAYS) for table in tables.all()] == [0, 0]
