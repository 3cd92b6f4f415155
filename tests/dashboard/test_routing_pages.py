"""Routing and Limits: what they say of short stories, and that they agree with the other pages."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector import ledger
from collector.files import ledger_file
from router.call import Result
from tests.dashboard.opened import calls, limits, metrics, overview, routing, text_of
from tests.story import MAX, SONNET, tell

OK, HIT = Result.OK, Result.LIMIT_HIT


def ago(**time: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**time):%Y-%m-%d %H:%M:%S}"


def test_calls_that_no_rule_took_say_how_to_get_one(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(SONNET, OK)]))
    app = routing()
    assert not app.exception
    assert "`faregate policy apply plan`" in text_of(app)


def test_a_rescued_call_is_counted_and_its_switch_is_priced_or_said_not_to_be(folder: Path):
    tell(
        ledger_file(folder),
        (ago(minutes=9), "main", [(MAX, OK)], {"rule": "default"}),
        (ago(minutes=8), "main", [(MAX, HIT), (SONNET, OK)], {"rule": "default"}),
    )
    app = routing()
    assert not app.exception
    shown = metrics(app)
    assert (shown["Rescued"], shown["Not answered at all"], shown["Model switches"]) == (
        "1",
        "0",
        "1",
    )
    assert "**2** calls, 100.0% of them by a rule." in text_of(app)


def test_routing_counts_the_calls_that_overview_and_the_list_count(shown_demo: Path):
    counted = metrics(overview(range="7d"))["Calls"].replace(",", "")
    assert f"**{int(counted):,}** calls" in text_of(routing(range="7d"))
    some = routing(project="infra")
    assert text_of(some).splitlines() != text_of(routing()).splitlines()
    [told] = [line for line in text_of(some).splitlines() if "by a rule" in line]
    assert told.split(" calls")[0] in text_of(calls(project="infra"))


def test_what_flows_can_be_seen_by_calls_or_cash(shown_demo: Path):
    app = routing()
    app.segmented_control(key="flow_measure").set_value("calls").run()
    assert not app.exception
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    labels = [one["text"] for one in figure["layout"]["annotations"]]
    assert any(label.startswith("claude-opus-4-6<br>max ") for label in labels)
    assert sum(figure["data"][0]["link"]["value"]) > 1000


def test_a_plan_that_was_never_read_is_said(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(SONNET, OK)]))
    app = limits()
    assert not app.exception
    assert "No plan window was read" in text_of(app)
    assert metrics(app)["Plan limit hits"] == "0"


def test_a_spent_window_is_the_first_thing_said(folder: Path):
    tell(ledger_file(folder), (ago(minutes=30), "main", [(MAX, HIT), (SONNET, OK)], {"usd": "2"}))
    app = limits()
    assert not app.exception
    assert "The **5-hour window** is spent for another **1 h 30 m**" in text_of(app)
    shown = metrics(app)
    assert (shown["Plan limit hits"], shown["Calls answered elsewhere"]) == ("1", "1")
    assert (shown["Time without the plan"], shown["Cash for them"]) == ("30 min", "$2.00")


def test_a_window_that_fills_before_its_reset_is_announced(folder: Path):
    path = ledger_file(folder)
    tell(path, (ago(minutes=50), "main", [(MAX, OK)]))
    with ledger.writing(path) as db:
        db.execute("""
            insert into limit_readings
                (provider, limit_window, read_at, utilization, resets_at, is_hit)
            select 'max', 'five_hour', timezone('UTC', now()) - to_minutes(minutes), used,
                   date_trunc('hour', timezone('UTC', now())) + interval 3 hour, false
            from (values (40, 0.2), (0, 0.6)) as told(minutes, used)""")
    app = limits()
    assert not app.exception
    assert "At this pace the **5-hour window** is full in **40 min**" in text_of(app)


def test_hits_on_limits_are_the_hits_on_overview(shown_demo: Path):
    assert metrics(limits())["Plan limit hits"] == metrics(overview())["Plan limit hits"]


@pytest.mark.parametrize("wrong", [{"range": "7 d"}, {"project": "<b>"}, {"cause": "nothing"}])
def test_a_wrong_filter_in_the_url_is_no_crash(shown_demo: Path, wrong: dict[str, str]):
    for page in (routing, limits):
        assert not page(**wrong).exception
