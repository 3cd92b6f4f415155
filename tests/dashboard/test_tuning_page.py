"""Tuning: thresholds moved, goals solved, the policy's file changed whole and brought back."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from collector import ledger, policies
from collector.files import ledger_file
from collector.live_policy import LivePolicy
from dashboard import tuned
from router.call import Bill, Result
from tests.dashboard.opened import metrics, opened, text_of
from tests.story import HAIKU, MAX, OPUS, SONNET, tell

OK = Result.OK
HOSTILE = "<img src=x onerror=alert(1)>" + "x" * 300


def page(**url: str) -> AppTest:
    return opened("tuning", **url)


def ago(**past: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**past):%Y-%m-%d %H:%M:%S}"


def own_policy(folder: Path) -> str:
    """The preset for keys as a user's own file, with a remark beside a threshold."""
    LivePolicy(folder)  # writes the first policy file
    text = policies.preset("api").text.replace("moderate_at = 0.35", "moderate_at = 0.35  # mine")
    policies.put(folder, policies.Named("mine", text))
    return text


def worked(folder: Path, days: int = 8) -> None:
    """A few sessions a day, from easy to hard, all on Opus with a key."""
    lines = [
        (ago(days=day, hours=1, minutes=7 * number), "main", [(OPUS, OK)],
         {"usd": "1.00", "session": f"s{day}{number}", "rule": "complex",
          "complexity": 0.1 + 0.2 * number})
        for day in range(days)
        for number in range(5)
    ]  # fmt: skip
    tell(ledger_file(folder), *lines)


def slider(app: AppTest, key: str) -> Any:
    [found] = [one for one in app.slider if one.key == key]
    return found


def press(app: AppTest, key: str) -> AppTest:
    [found] = [one for one in app.button if one.key == key]
    return found.click().run()


def diff_of(app: AppTest) -> str:
    return "\n".join(one.value for one in app.code)


def test_without_calls_it_says_how_they_come(folder: Path):
    app = page()
    assert not app.exception
    assert "faregate claude" in diff_of(app)


def test_the_demo_starts_from_the_preset_that_its_plan_follows(shown_demo: Path):
    app = page()
    assert not app.exception
    assert "calls with a plan login follow the preset “plan”" in text_of(app)
    assert (slider(app, "tuning_low").value, slider(app, "tuning_high").value) == (0.35, 0.65)
    assert "**no call** of this period" in text_of(app)
    assert "These thresholds are in force" in text_of(app)


def test_a_slider_moves_the_numbers_the_url_and_its_neighbour(folder: Path):
    own_policy(folder)
    worked(folder)
    app = page()
    assert not app.exception
    before = metrics(app)
    slider(app, "tuning_low").set_value(0.8).run()
    assert not app.exception
    assert (slider(app, "tuning_low").value, slider(app, "tuning_high").value) == (0.8, 0.8)
    assert "0.8" in app.query_params["moderate_at"]
    assert metrics(app)["Paid a month"] != before["Paid a month"]
    assert "would go elsewhere" in text_of(app)
    assert "+moderate_at = 0.8  # mine" in diff_of(app)
    assert len(app.dataframe) >= 1


def test_what_the_url_says_wrongly_is_not_taken(folder: Path):
    own_policy(folder)
    worked(folder, days=1)
    app = page(moderate_at="nan", complex_at="7e9")
    assert not app.exception
    assert (slider(app, "tuning_low").value, slider(app, "tuning_high").value) == (0.35, 0.65)


def test_under_five_days_there_are_ranges_and_no_middle(folder: Path):
    own_policy(folder)
    worked(folder, days=2)
    app = page(moderate_at="0.6")
    assert not app.exception
    assert " – " in metrics(app)["Paid a month"]


@pytest.mark.parametrize("usd", ["0.10", None])
def test_one_call_is_enough_and_so_is_one_without_a_price(folder: Path, usd: str | None):
    own_policy(folder)
    tell(ledger_file(folder), (ago(hours=1), "main", [(OPUS, OK)],
         {"usd": usd, "project": HOSTILE, "session": HOSTILE, "rule": "x"}))  # fmt: skip
    app = page(moderate_at="0.9")
    assert not app.exception
    assert "onerror" not in "".join(str(one.proto.body) for one in app.get("html"))


def test_a_goal_is_solved_beside_the_page_and_sets_the_sliders(folder: Path):
    own_policy(folder)
    worked(folder)
    app = page()
    app.number_input[0].set_value(50.0)
    press(app, "tuning_find")
    assert "Found, quality of at least 50" in solved(app)
    assert not app.exception
    marks = (slider(app, "tuning_low").value, slider(app, "tuning_high").value)
    assert marks != (0.35, 0.65)
    slider(app, "tuning_high").set_value(1.0).run()
    assert "Found," not in told(app)


def test_a_goal_that_nothing_reaches_gives_the_nearest(folder: Path):
    own_policy(folder)
    worked(folder)
    app = page()
    [kind] = [one for one in app.get("button_group") if one.key == "tuning_kind"]
    kind.set_value("local").run()
    for number in app.number_input:
        number.set_value(100.0)
    press(app, "tuning_find")
    assert "No pair of thresholds reaches this goal" in solved(app)
    assert "The nearest:" in told(app)


def told(app: AppTest) -> str:
    return "".join(str(one.value) for one in [*app.success, *app.warning])


def solved(app: AppTest) -> str:
    give_up_at = time.monotonic() + 60
    while not told(app) and time.monotonic() < give_up_at:
        time.sleep(0.3)
        app.run()
    return told(app)


def test_applied_thresholds_keep_the_files_remarks_and_roll_back_to_the_letter(folder: Path):
    text = own_policy(folder)
    worked(folder)
    app = press(page(moderate_at="0.5"), "tuning_apply")
    assert not app.exception
    assert "In force: version" in told(app)
    assert policies.live(folder).text == text.replace("moderate_at = 0.35", "moderate_at = 0.5")
    assert LivePolicy(folder).now.thresholds["moderate_at"] == 0.5
    assert "These thresholds are in force" in text_of(app)
    assert "moderate_at" not in app.query_params
    assert slider(app, "tuning_low").value == 0.5
    app = press(app, "tuning_back")
    assert not app.exception
    assert policies.live(folder).text == text
    assert slider(app, "tuning_low").value == 0.35


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(folder: Path):
    text = own_policy(folder)
    worked(folder)
    app = page(moderate_at="0.5")
    changed = text + "\n# changed by hand\n"
    policies.live_file(folder).write_text(changed)
    app = press(app, "tuning_apply")
    assert not app.exception
    assert "changed meanwhile" in "".join(str(one.value) for one in app.error)
    assert policies.live(folder).text == changed


def test_without_routes_the_preset_is_applied_with_the_thresholds(folder: Path):
    LivePolicy(folder)
    policies.live_file(folder).write_text("version = 1\nplan = 'max5x'\nplan_usd = 100\n")
    tell(ledger_file(folder), *[
        (ago(days=day, hours=1), "main", [(MAX, OK)], {"session": f"s{day}", "rule": "default"})
        for day in range(6)
    ])  # fmt: skip
    app = page(complex_at="0.9")
    assert "has no routes. Applied, the preset “plan”" in "".join(str(i.value) for i in app.info)
    press(app, "tuning_apply")
    now = LivePolicy(folder).now
    assert (now.plan, now.thresholds["complex_at"]) == ("max5x", 0.9)
    assert now.routes


def test_calls_with_a_key_and_no_routes_are_compared_with_going_as_asked(folder: Path):
    worked(folder)
    app = page()
    assert not app.exception
    assert "calls with an API key go as they were asked" in text_of(app)
    assert "would go elsewhere" in text_of(app)


def test_a_faulty_policy_is_named_and_the_way_back_stays(folder: Path):
    text = own_policy(folder)
    worked(folder, days=1)
    policies.put(folder, policies.preset("local"))
    policies.live_file(folder).write_text("version = 1\nroutes = 7 <b>\n")
    app = page()
    assert not app.exception
    assert "policy.toml" in "".join(str(one.value) for one in app.error)
    assert not app.slider
    press(app, "tuning_back")
    assert policies.live(folder).policy
    assert text


def test_a_policy_that_never_weighs_work_has_nothing_to_tune(folder: Path):
    LivePolicy(folder)
    policies.live_file(folder).write_text(
        'version = 1\n[providers.anthropic]\nbase_url = "https://api.anthropic.com"\n'
        'auth = "client"\nbill = "cash"\n[routes]\ndefault = ["anthropic/claude-opus-4-6"]\n'
    )
    worked(folder, days=1)
    app = page()
    assert not app.exception
    assert "thresholds change nothing" in "".join(str(one.value) for one in app.error)


def test_what_an_earlier_change_did_is_measured(folder: Path):
    own_policy(folder)
    lines = [
        (ago(days=8 - day, minutes=7 * number), "main", [(SONNET if day < 4 else HAIKU, OK)],
         {"usd": f"{(2 if day < 4 else 1) + number / 50:.2f}", "session": f"s{day}{number}",
          "rule": "default", "policy": "aaaaaa" if day < 4 else "bbbbbb"})
        for day in range(8)
        for number in range(4)
    ]  # fmt: skip
    tell(ledger_file(folder), *lines)
    with ledger.writing(ledger_file(folder)) as db:
        for version, days in (("aaaaaa", 8.5), ("bbbbbb", 4.2)):
            at = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)
            row = {"policy_version": version, "applied_at": at, "text": ""}
            ledger.append(db, "policy_log", [row])
    app = page()
    assert not app.exception
    assert "Since the latest change the list value of a task has moved by **−\\$1." in text_of(app)


def test_a_project_without_calls_says_so(folder: Path):
    own_policy(folder)
    tell(ledger_file(folder), (ago(days=40), "main", [(OPUS, OK)]))
    app = page(range="7d")
    assert not app.exception
    assert "choose a longer one" in "".join(str(one.value) for one in app.info)


def test_thresholds_are_put_into_whatever_the_file_has(folder: Path):
    for text in ("version = 1\n", "version = 1 # x\nthresholds.moderate_at = 0.3 # y\n",
                 "version = 1\nthresholds = { moderate_at = 0.3 } # y\n"):  # fmt: skip
        marks = {"moderate_at": 0.4, "complex_at": 0.7}
        after = policies.with_thresholds(policies.Named("p", text), marks)
        assert after.policy.thresholds.items() >= marks.items()
        assert ("# y" in after.text) == ("# y" in text)
    with pytest.raises(ValueError, match="above complex_at"):
        policies.with_thresholds(policies.Named("p", "version = 1\n"), {"moderate_at": 0.9})


def test_the_change_of_a_month_is_drawn_alike_on_both_sides(folder: Path):
    own_policy(folder)
    worked(folder)
    past = tuned.replay_kept.history(folder, datetime(2026, 1, 1), datetime(2100, 1, 1), None)
    start = tuned.start(folder, past)
    base = tuned.replay_kept.outcome(past, start.in_force)
    gaps = tuned.changes(base, base)
    assert all(gap.low == gap.high == 0 for gap in gaps.values())
    assert start.in_force.rules
    assert start.in_force.rules.policy.providers["anthropic"].bill is Bill.CASH


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_speaks_the_readers_language(shown_demo: Path, language: str):
    app = page(lang=language)
    assert not app.exception
    assert app.title[0].value == {"en": "Tuning", "ja": "調整"}[language]
