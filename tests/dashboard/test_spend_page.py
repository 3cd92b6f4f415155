"""Spend: what it says of short stories, and that it agrees with the other pages."""

from pathlib import Path

import pytest

from collector.files import ledger_file
from router.call import Result
from tests.dashboard.opened import calls, metrics, overview, spend, text_of
from tests.dashboard.test_routing_pages import ago
from tests.story import SONNET, tell


def test_a_ledger_that_is_younger_than_the_period_is_not_compared(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(SONNET, Result.OK)], {"usd": "2"}))
    app = spend()
    assert not app.exception
    assert "does not reach back" in text_of(app)
    assert metrics(app)["Cash"] == "$2.00"


def test_two_months_are_compared(folder: Path):
    tell(
        ledger_file(folder),
        (ago(days=62), "main", [(SONNET, Result.OK)], {"usd": "1"}),
        (ago(days=40), "main", [(SONNET, Result.OK)], {"usd": "2"}),
        (ago(days=1), "main", [(SONNET, Result.OK)], {"usd": "5"}),
    )
    app = spend()
    assert not app.exception
    assert "\\$3.00 more than the period before." in text_of(app)
    assert "**\\$2.00** → **\\$5.00**" in text_of(app)


def test_spend_and_overview_agree(shown_demo: Path):
    page, first = spend(), overview()
    assert metrics(page)["Calls"] == metrics(first)["Calls"]
    assert f"{metrics(page)['List value']} list value" in text_of(calls()).replace("\\", "")


@pytest.mark.parametrize(
    "url",
    [
        {"dimension": "hour"},
        {"dimension": "session", "measure": "tokens"},
        {"dimension": "<b>", "measure": "nothing"},
        {"project": "no such project"},
    ],
)
def test_any_split_and_any_wrong_one_is_drawn(shown_demo: Path, url: dict[str, str]):
    assert not spend(**url).exception


def test_filters_that_the_page_cannot_show_otherwise_are_named(shown_demo: Path):
    app = spend(kind="title", result="ok")
    labels = [button.label for button in app.button]
    assert "Kind: title ✕" in labels
    assert "Result: ok ✕" in labels
