"""Experiments: what the page says of short stories, and that it starts and stops what it says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from collector import ledger, policies
from collector.files import ledger_file
from collector.live_policy import LivePolicy
from dashboard import experiment_words, experiments, i18n
from dashboard.experiments import Wanted
from router.call import Result
from router.policy_model import Experiment
from tests.dashboard.opened import calls, metrics, opened, text_of
from tests.dashboard.test_routing_pages import ago
from tests.story import HAIKU, SONNET, tell

OK = Result.OK
WANTED = Wanted(
    name="try-1", share=0.3, tiers=("simple",), days=7, harm=0.1, thresholds={"complex_at": 0.8}
)


def page(**url: str) -> AppTest:
    return opened("experiments", **url)


def routed(folder: Path) -> Path:
    """A folder whose policy has routes of its own."""
    LivePolicy(folder)  # writes the first policy file
    policies.put(folder, policies.preset("api"))
    return folder


def told(folder: Path, sessions: int = 4, name: str = "t") -> None:
    lines = [
        (ago(hours=number + 1), "main", [(SONNET if arm == "base" else HAIKU, OK)],
         {"usd": f"{usd + number / 100:.2f}", "session": f"{arm}{number}", "rule": "default",
          "trial": (name, arm, 0.5)})
        for arm, usd in (("base", 2.0), ("other", 0.5))
        for number in range(sessions)
    ]  # fmt: skip
    tell(ledger_file(folder), *lines)


def test_without_an_experiment_the_page_says_what_one_is(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(SONNET, OK)]))
    app = page()
    assert not app.exception
    assert "Nothing was tried in this period" in text_of(app)
    assert "[experiment]" in app.code[0].value
    assert "no routes to try anything on yet" in text_of(app)


def test_an_empty_ledger_says_how_calls_get_there(folder: Path):
    assert "faregate claude" in page().code[0].value


def test_one_call_is_too_few_to_compare(folder: Path):
    told(folder, sessions=1)
    app = page()
    assert not app.exception
    assert "Too few sessions so far" in text_of(app)


def test_a_certain_saving_is_said_and_what_is_open_is_said_too(folder: Path):
    told(folder)
    app = page()
    assert not app.exception
    assert "The other arm costs **\\$1.50 less** a task (74.4%)." in text_of(app)
    assert "Too few outcomes are known" in text_of(app)
    assert metrics(app)["Tasks"] == "8"
    assert metrics(app)["Tasks still needed"] == "–"
    assert metrics(app)["State"] == "Ended"


def test_what_each_arm_paid_stands_beside_list_value_and_cash(folder: Path):
    told(folder)
    [table] = [one.value for one in page().dataframe if "Per task" in one.value.columns]
    told_of = {row["Per task"]: row for row in table.to_dict("records")}
    assert told_of["Paid"]["The other"] == told_of["Cash"]["The other"] != "–"
    assert "–" in told_of["Paid, 95 %"]["This policy"]


def test_a_name_is_never_markup(folder: Path):
    told(folder, name='<b>"**x**')
    app = page()
    assert not app.exception
    assert any(one.value == 'Experiment <b>"**x**' for one in app.text)


def test_the_arms_open_their_calls(folder: Path):
    told(folder)
    app = calls(arm="t: other")
    assert not app.exception
    assert "4 calls" in text_of(app).replace("*", "")


def test_an_experiment_is_started_and_stopped_by_whole_policies(folder: Path):
    routed(folder)
    before = LivePolicy(folder).now
    experiments.start(folder, WANTED)
    live = LivePolicy(folder).now.experiment
    assert live
    assert (live.name, live.share, live.tiers) == ("try-1", 0.3, ("simple",))
    assert (live.stop.days, live.stop.harm) == (7, 0.1)
    assert live.overrides
    assert live.overrides.thresholds["complex_at"] == 0.8
    experiments.stop(folder)
    assert LivePolicy(folder).now == before
    assert policies.last_replaced(folder).policy.experiment == live


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        (Wanted(name="Bad Name", share=0.5, tiers=(), days=1, harm=None, policy="api"), "a-z"),
        (Wanted(name="x", share=0.5, tiers=(), days=1, harm=None, policy="zzz"), "'zzz' is no"),
    ],
)
def test_a_faulty_experiment_changes_nothing(folder: Path, wanted: Wanted, what: str):
    before = policies.live(routed(folder)).text
    with pytest.raises(ValueError, match=what):
        experiments.start(folder, wanted)
    assert policies.live(folder).text == before


def test_the_form_starts_what_it_says_and_the_page_then_stops_it(folder: Path):
    routed(folder)
    tell(ledger_file(folder), (ago(hours=1), "main", [(SONNET, OK)]))
    app = page()
    [start] = [one for one in app.button if one.label == "Start"]
    start.click().run()
    assert not app.exception
    assert LivePolicy(folder).now.experiment.name == "try-1"  # type: ignore[union-attr]
    [stop] = [one for one in app.button if one.label == "Stop the experiment"]
    stop.click().run()
    assert LivePolicy(folder).now.experiment is None


def test_what_is_wrong_with_a_wish_is_said_on_the_page(folder: Path):
    routed(folder)
    tell(ledger_file(folder), (ago(hours=1), "main", [(SONNET, OK)]))
    app = page()
    app.text_input(key="x_name").set_value("No Such Name!")
    [start] = [one for one in app.button if one.label == "Start"]
    start.click().run()
    assert "Nothing was changed" in text_of(app)
    assert LivePolicy(folder).now.experiment is None


def test_a_running_experiment_says_when_its_rule_has_ended_it(folder: Path):
    routed(folder)
    experiments.start(folder, Wanted(name="t", share=0.5, tiers=("simple",), days=7, harm=None,
                                     thresholds={"complex_at": 0.8}))  # fmt: skip
    told(folder)
    assert metrics(page())["State"] == "Running"
    with ledger.reading(ledger_file(folder)) as db:
        arms = ledger.ask(db, "experiment_arms")
    began_at, now = datetime(2026, 1, 1), datetime(2026, 1, 9)
    experiment = LivePolicy(folder).now.experiment
    assert isinstance(experiment, Experiment)
    assert experiments.why_over_by(experiment, arms, began_at, now) == ("days", 7)
    with i18n.speaking("ja"):
        assert experiment_words.why_over("days", 7) == "期間 7 日が終了"
    assert experiments.why_ended(folder, experiment, datetime.now(UTC)) is None


def test_the_demo_holds_an_experiment_in_any_language(shown_demo: Path):
    for url in ({}, {"lang": "ja"}, {"experiment": "<none>"}, {"project": "no such project"}):
        assert not page(**url).exception
