"""Money in the reader's currency: shown at a dated rate, kept and exported in dollars."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from collector.files import ledger_file
from dashboard import charts, columns, settings, show, spend_charts
from dashboard.palette import LIGHT
from dashboard.reader import NOBODY, Rate, Reader, as_reader, from_settings
from dashboard.settings import Settings
from router.call import Result
from tests.dashboard.browser import Watch, served
from tests.dashboard.opened import EVERY_PAGE, metrics, opened, overview, spend, text_of
from tests.dashboard.test_routing_pages import ago
from tests.story import SONNET, tell

YEN = Settings(currency="JPY", usd_jpy=Decimal("155.5"), usd_jpy_on=date(2026, 11, 2))
JAPANESE_MONEY = Reader(rate=Rate(usd_jpy=Decimal(150), on=None))
PAGES = [page for page in EVERY_PAGE if page != "settings"]  # which sets what is in dollars


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (None, "–"),
        (Decimal(0), "¥0"),
        (Decimal("0.001"), "<¥1"),
        (Decimal("-12.3"), "−¥1,845"),
        (318.96, "¥47,844"),
        (100_000, "¥15.0M"),
    ],
)
def test_yen_have_no_decimals(usd: Decimal | None, shown: str):
    with as_reader(JAPANESE_MONEY):
        assert show.usd(usd) == shown


@given(st.decimals(0, 10**6, places=9), st.decimals(50, 400, places=2))
def test_yen_are_dollars_times_the_rate_to_the_yen(usd: Decimal, rate: Decimal):
    with as_reader(Reader(rate=Rate(usd_jpy=rate, on=None))):
        assert show.in_currency(usd) == pytest.approx(float(usd * rate))
        shown = show.usd(usd)
    if usd and usd * rate >= 1 and not shown.endswith("M"):
        assert abs(int(shown.removeprefix("¥").replace(",", "")) - usd * rate) <= Decimal("0.51")


def test_yen_without_a_rate_stay_dollars():
    assert from_settings(Settings(currency="JPY")).rate is None
    assert from_settings(Settings(usd_jpy=Decimal(150))) == Reader(goals=settings.Goals())
    assert NOBODY.rate is None


def test_tables_hold_yen_in_columns_of_money_alone():
    frame = pl.DataFrame(
        {"list_usd": [Decimal("2.50")], "course_usd": [[1.0, 2.0]], "calls": [3], "why": ["usd"]}
    )
    assert charts.for_table(frame).row(0) == (2.5, [1.0, 2.0], 3, "usd")
    with as_reader(JAPANESE_MONEY):
        assert charts.for_table(frame).row(0) == (375.0, [150.0, 300.0], 3, "usd")
        assert format_of(columns.money("Cash")) == "yen"
        assert format_of(columns.money("Cash", digits=4)) == "¥%.2f"
        assert format_of(columns.dollars("Rate", 4)) == "$%.4f"
    assert format_of(columns.money("Cash")) == "dollar"
    assert format_of(columns.money_bar("Cash", None)) == "dollar"


def format_of(column: Any) -> str:
    return str(column["type_config"]["format"])


def test_a_chart_of_money_is_drawn_in_yen():
    steps = pl.DataFrame(
        {"step": ["volume", "mix", "price", "cache", "length"], "usd": [2.0, 0.0, -1.0, 0.0, 0.5]}
    )
    dollars = spend_charts.change(steps, LIGHT)
    with as_reader(JAPANESE_MONEY):
        yen = spend_charts.change(steps, LIGHT)
    assert [150 * x for x in dollars.data[0].x] == list(yen.data[0].x)
    assert dollars.layout.xaxis.tickformat == yen.layout.xaxis.tickformat == "$,~f"
    assert yen.layout.xaxis.range[1] == 150 * dollars.layout.xaxis.range[1]


def test_hover_texts_tell_the_currency_and_counts_have_none():
    days = pl.DataFrame(
        {"day_on": [date(2026, 11, 1)], "named_value": ["opus"], "place": [1],
         "list_usd": [2.0], "calls": [4]}
    )  # fmt: skip
    with as_reader(JAPANESE_MONEY):
        money = spend_charts.course(days, "list_usd", "project", LIGHT)
        calls = spend_charts.course(days, "calls", "project", LIGHT)
    assert "%{y:$,.0f}" in money.data[0].hovertemplate
    assert "$" not in calls.data[0].hovertemplate
    assert list(calls.data[0].y) == [4.0]
    assert calls.layout.yaxis.tickformat == "~s"


def test_a_column_that_may_be_below_zero_leaves_the_sign_to_the_browser():
    amounts = pl.DataFrame({"saving_usd": [-0.00061, 0.0009]})
    column = columns.money_moved("Would save", digits=3)
    assert (format_of(column), column["type_config"]["step"]) == ("dollar", 0.001)
    cents = columns.rounded(pl.col("saving_usd"), digits=3)
    assert amounts.select(cents)["saving_usd"].to_list() == [-0.001, 0.001]
    with as_reader(JAPANESE_MONEY):
        column = columns.money_moved("Would save", digits=3)
        assert (format_of(column), column["type_config"]["step"]) == ("yen", 0.1)


@pytest.mark.parametrize(("currency", "sign"), [("USD", r"\$"), ("JPY", "¥")])
def test_on_an_axis_a_minus_goes_before_the_sign_of_the_currency(
    browser: Browser, own_demo: Path, currency: str, sign: str
):
    settings.write(own_demo, YEN.model_copy(update={"currency": currency}))
    with served(own_demo) as url:
        seen = Watch(browser.new_page(viewport={"width": 1440, "height": 2400}), url)
        seen.open("/spend?range=7d")
        ticks = seen.page.locator(".xtick text").all_text_contents()
        seen.check()
        seen.page.close()
    money = [tick for tick in ticks if re.search(sign, tick)]
    assert any(tick.startswith("−") for tick in money)
    assert [tick for tick in money if not re.fullmatch(rf"−?{sign}[\d,.]+", tick)] == []


def a_ledger(folder: Path) -> None:
    tell(ledger_file(folder), (ago(hours=1), "main", [(SONNET, Result.OK)], {"usd": "2"}))


def test_a_page_in_yen_names_the_rate_and_its_day(folder: Path):
    a_ledger(folder)
    settings.write(folder, YEN)
    app = spend()
    assert not app.exception
    assert metrics(app)["Cash"] == "¥311"
    assert "¥155.5 to the dollar, 2026-11-02" in text_of(app)


def test_a_page_says_what_yen_still_need(folder: Path):
    a_ledger(folder)
    settings.write(folder, Settings(currency="JPY"))
    app = spend()
    assert metrics(app)["Cash"] == "$2.00"
    assert "yen need a rate" in text_of(app)


def test_the_sidebar_saves_a_currency_and_a_language(folder: Path):
    a_ledger(folder)
    settings.write(folder, Settings(usd_jpy=Decimal(150)))
    app = spend(lang="en")
    app.sidebar.selectbox(key="currency_of_reader").set_value("JPY").run()
    assert metrics(app)["Cash"] == "¥300"
    app.sidebar.selectbox(key="language_of_reader").set_value("ja").run()
    assert app.title[0].value == "支出"
    assert "lang" not in app.query_params
    saved = settings.read(folder)
    assert (saved.currency, saved.language) == ("JPY", "ja")


def test_a_faulty_file_of_settings_is_not_written_over(folder: Path):
    a_ledger(folder)
    (folder / settings.FILE).write_text("zone = 'Mars/Olympus'\n")
    app = overview()
    app.sidebar.selectbox(key="language_of_reader").set_value("ja").run()
    assert app.title[0].value == "概要"
    assert "Mars/Olympus" in (folder / settings.FILE).read_text()
    assert any("Mars/Olympus" in error.value for error in app.error)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_dollar_when_yen_are_asked_for(
    shown_demo: Path, page: str, monkeypatch: pytest.MonkeyPatch
):
    settings.write(shown_demo, YEN)
    try:
        app = opened(page)
    finally:
        (shown_demo / settings.FILE).unlink()
    assert not app.exception
    shown = (
        text_of(app) + "".join(f"{metrics(app)}") + "".join(e.proto.spec for e in charts_of(app))
    )
    assert "¥" in shown
    assert not re.search(r"\$\d", shown.replace("\\", ""))


def charts_of(app: Any) -> list[Any]:
    return list(app.get("plotly_chart"))


def test_days_begin_in_the_zone_that_was_set(folder: Path):
    a_ledger(folder)
    settings.write(folder, Settings(zone="America/New_York"))
    assert "midnight in America/New_York" in text_of(overview())
