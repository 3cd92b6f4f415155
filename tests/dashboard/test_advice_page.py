"""Advice: what it says of short stories, and that findings are put aside and taken up again."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from collector import ledger, prices
from collector.files import ledger_file
from router.call import Result, Usage
from tests.dashboard.opened import opened, text_of
from tests.dashboard.test_routing_pages import ago
from tests.story import OPUS, tell

OK = Result.OK


def titles(folder: Path) -> AppTest:
    """A ledger in which 20 titles went to Opus, for $0.0525 each, instead of $0.0105."""
    lines = (
        (ago(minutes=90 - n), "title", [(OPUS, OK)],
         {"usd": "0.0525", "session": f"s{n}", "project": "<b>shop</b>",
          "usage": Usage(input_tokens=10_000, output_tokens=100),
          "price_ids": ("anthropic/claude-opus-4-6#input",)})
        for n in range(20)
    )  # fmt: skip
    tell(ledger_file(folder), *lines)
    return opened("advice")


@pytest.fixture
def priced(folder: Path) -> Path:
    """An empty data folder whose ledger knows prices."""
    with ledger.writing(ledger_file(folder)) as db:
        prices.pricer(db, folder, "claude-opus-4-6")
    return folder


def headings(app: AppTest) -> list[str]:
    return [one.value for one in app.header]


def test_an_empty_ledger_says_what_to_do(folder: Path):
    app = opened("advice")
    assert not app.exception
    assert "No calls yet" in headings(app)


def test_nothing_worth_a_dollar_is_said(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(OPUS, OK)]))
    app = opened("advice")
    assert not app.exception
    assert "Nothing found" in app.success[0].value
    assert not headings(app)


def test_a_finding_says_what_it_saw_and_what_to_do(priced: Path):
    app = titles(priced)
    assert not app.exception
    assert "Titles on the main model" in headings(app)
    assert "20 calls for titles and hooks went to Opus or Sonnet." in text_of(app)
    assert app.code[0].value == "ANTHROPIC_DEFAULT_HAIKU_MODEL=claude-haiku-4-5"
    assert "**\\$25.20** a month" in text_of(app)


def test_a_finding_opens_its_calls(priced: Path):
    titles(priced)
    app = opened("advice", finding="titles")
    assert not app.exception
    assert "The calls behind it" in headings(app)
    assert app.dataframe[0].value.shape[0] == 20


def test_a_dismissed_finding_stays_away_until_it_is_shown_again(priced: Path):
    app = titles(priced)
    app.text_input(key="reason titles").set_value("they read better")
    app.button(key="dismiss titles").click().run()
    assert "Titles on the main model" not in headings(app)
    assert "they read better" in text_of(app)
    assert "Titles on the main model" not in headings(opened("advice"))
    app.button(key="again titles").click().run()
    assert "Titles on the main model" in headings(app)


@pytest.mark.parametrize(
    "url",
    [
        {"finding": "batch"},
        {"finding": "<script>"},
        {"project": "crm-sync"},
        {"project": "no such project"},
        {"lang": "ja"},
        {"range": "7d", "lang": "ja", "finding": "tools"},
    ],
)
def test_any_view_of_it_and_any_wrong_one_is_drawn(shown_demo: Path, url: dict[str, str]):
    assert not opened("advice", **url).exception
