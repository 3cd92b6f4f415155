"""What-if: one's own month under other rules and plans, side by side."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from collector.files import ledger_file
from router.call import Result
from tests.dashboard.opened import opened, text_of
from tests.story import MAX, OPUS, tell

HOSTILE = "<img src=x onerror=alert(1)>" + "x" * 300


def cards(app: AppTest) -> list[str]:
    return [str(one.proto.body) for one in app.get("html") if "Paid a month" in one.proto.body]


def test_without_calls_it_says_how_they_come(folder: Path):
    app = opened("whatif")
    assert not app.exception
    assert "faregate claude" in "\n".join(code.value for code in app.code)


def test_four_ways_to_have_had_the_month_stand_side_by_side(shown_demo: Path):
    app = opened("whatif")
    assert not app.exception
    assert len(cards(app)) == 4
    assert all("Quality, all-Opus = 100" in card for card in cards(app))
    assert "Nothing changes until you apply a policy." in text_of(app)


def test_the_url_says_what_is_compared_and_a_list_changes_it(shown_demo: Path):
    app = opened("whatif", compare="all_opus,max_local_overflow@max5x")
    assert [box.value for box in app.selectbox if box.key and box.key.endswith(" 0")] == [
        "all_opus",
        "max_local_overflow",
    ]
    [plan] = [box for box in app.selectbox if box.key == "compare 1 1"]
    assert plan.value == "max5x"
    plan.set_value("max20x").run()
    assert not app.exception
    assert "all_opus,max_local_overflow@max20x" in app.query_params["compare"]
    assert "$200" in cards(app)[1]


def test_it_says_what_the_log_alone_tells_of_each_model(shown_demo: Path):
    app = opened("whatif", compare="all_opus")
    [table] = [one.value for one in app.dataframe if "weighted" in one.value.columns]
    assert table["model"][0] == "claude-opus-4-6"
    assert table["known"].sum() > 50


def test_a_file_named_in_the_url_is_not_read(shown_demo: Path):
    app = opened("whatif", compare="/etc/passwd,../policy.toml")
    assert not app.exception
    assert len(cards(app)) == 4


def test_a_plan_behind_a_policy_that_has_none_is_refused_in_words(shown_demo: Path):
    app = opened("whatif", compare="api_routing@max5x,as_logged")
    assert not app.exception
    assert "names no provider that a plan bills" in "".join(str(one.value) for one in app.error)
    assert len(cards(app)) == 1


def test_the_frontier_is_worked_out_beside_the_page(shown_demo: Path):
    app = opened("whatif", compare="api_routing", range="7d")
    give_up_at = time.monotonic() + 120
    while "Grey dots" not in text_of(app) and time.monotonic() < give_up_at:
        time.sleep(1)
        app.run()
    assert not app.exception
    assert "leave the policy's budget aside" not in text_of(app)
    assert "Cheapest at 98 or better" in text_of(app) or "No pair of thresholds" in text_of(app)


def test_one_call_gives_a_range_and_no_middle(folder: Path):
    at = datetime.now(UTC) - timedelta(hours=1)
    tell(
        ledger_file(folder),
        (f"{at:%Y-%m-%d %H:%M}", "main", [(OPUS, Result.OK)], {"project": HOSTILE}),
    )
    app = opened("whatif")
    assert not app.exception
    assert "too few days for a middle" in cards(app)[0]


def test_a_project_without_calls_says_so(folder: Path):
    at = datetime.now(UTC) - timedelta(days=40)
    tell(ledger_file(folder), (f"{at:%Y-%m-%d %H:%M}", "main", [(MAX, Result.OK)]))
    app = opened("whatif", range="7d")
    assert not app.exception
    assert "choose a longer one" in "".join(str(one.value) for one in app.info)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_speaks_the_readers_language(shown_demo: Path, language: str):
    app = opened("whatif", lang=language, compare="all_opus")
    assert not app.exception
    assert app.title[0].value == {"en": "What-if", "ja": "もしも"}[language]
