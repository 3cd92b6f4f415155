"""Settings: what a reader enters is kept, holds at once, and is refused where it is wrong."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector import policies
from collector.files import ledger_file
from collector.live_policy import LivePolicy
from dashboard import alerts, settings
from dashboard.i18n import speaking
from dashboard.settings import Alerts, Goals, Settings
from router.call import Result
from tests.dashboard.opened import metrics, opened, overview, text_of
from tests.dashboard.test_routing_pages import ago
from tests.story import MAX, SONNET, tell


def save(app: Any, form: str) -> Any:
    """Press the button of a form by the name of its key."""
    return app.button(key=f"save {form}").click().run()


def field(app: Any, label: str) -> Any:
    kinds = (app.number_input, app.selectbox, app.text_input, app.toggle, app.date_input)
    [found] = [one for kind in kinds for one in kind if one.label == label and not one.disabled
               and one not in list(app.sidebar.selectbox)]  # fmt: skip
    return found


def test_a_new_folder_shows_the_defaults_and_saves_nothing_by_itself(folder: Path):
    app = opened("settings")
    assert not app.exception
    assert field(app, "Quality: at least %").value == 98
    assert field(app, "A plan window: fuller than %").value == 90
    assert not (folder / settings.FILE).exists()


def test_money_and_time_are_saved_and_hold_at_once(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(SONNET, Result.OK)], {"usd": "2"}))
    app = opened("settings")
    app.selectbox(key="currency of settings").set_value("JPY")
    field(app, "Yen to the dollar").set_value(149.5)
    field(app, "Rate of").set_value(date(2026, 11, 20))
    field(app, "Time zone: where days begin at midnight").set_value("Asia/Tokyo")
    save(app, "shown")
    assert not app.exception
    assert "¥149.5 to the dollar, 2026-11-20" in text_of(app)
    assert settings.read(folder) == Settings(
        currency="JPY", usd_jpy=Decimal("149.5"), usd_jpy_on=date(2026, 11, 20), zone="Asia/Tokyo"
    )
    assert "midnight in Asia/Tokyo" in text_of(overview())


def test_a_language_is_spoken_from_the_moment_it_is_saved(folder: Path):
    app = opened("settings", lang="en")
    field(app, "Language").set_value("ja")
    save(app, "shown")
    assert app.title[0].value == "設定"


def test_goals_are_judged_by_as_soon_as_they_are_set(folder: Path):
    tell(
        ledger_file(folder),
        (ago(hours=2), "main", [(MAX, Result.LIMIT_HIT), (SONNET, Result.OK)], {"usd": "2"}),
        (ago(hours=1), "main", [(MAX, Result.LIMIT_HIT), (SONNET, Result.OK)], {"usd": "2"}),
    )
    app = opened("settings")
    field(app, "Plan limit hits in 30 days: fewer than").set_value(2)
    field(app, "Local share: from %").set_value(0.0)
    save(app, "goals")
    assert settings.read(folder).goals == Goals(limit_hits_below=2, local_least=0.0)
    page = overview()
    [hits] = [metric for metric in page.metric if metric.label == "Plan limit hits"]
    assert hits.value == "2"
    assert hits.delta.endswith("over")
    assert "under 2 per 30 days" in hits.help


def test_goals_out_of_order_are_refused_and_nothing_is_written(folder: Path):
    app = opened("settings")
    field(app, "Local share: from %").set_value(60.0)
    save(app, "goals")
    assert "Not saved." in text_of(app)
    assert "local_least is more than local_most" in text_of(app)
    assert not (folder / settings.FILE).exists()


def test_alerts_name_a_variable_and_say_whether_it_is_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MY_HOOK", "https://hooks.example/secret")
    app = opened("settings")
    label = "Webhook: the environment variable that holds its address"
    field(app, label).set_value("MY_HOOK")
    field(app, "Cash in a day: above $").set_value(12.5)
    field(app, "A plan window: fuller than %").set_value(75.0)
    field(app, "A loop that runs away").set_value(False)
    save(app, "alerts")
    assert settings.read(folder).alerts == Alerts(
        webhook_env="MY_HOOK", day_usd=12.5, window_share=0.75, runaway=False
    )
    assert "MY_HOOK is set" in text_of(app)
    monkeypatch.delenv("MY_HOOK")
    again = opened("settings")
    assert "MY_HOOK is not set" in text_of(again)
    assert "secret" not in text_of(again) + (folder / settings.FILE).read_text()


def test_a_test_that_does_not_arrive_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MY_HOOK", raising=False)
    settings.write(folder, Settings(alerts=Alerts(webhook_env="MY_HOOK")))
    app = opened("settings")
    app.button(key="send test").click().run()
    assert "The test did not arrive." in text_of(app)
    assert "MY_HOOK" in text_of(app)


def test_an_address_in_place_of_a_name_is_refused_and_not_kept(folder: Path):
    app = opened("settings")
    label = "Webhook: the environment variable that holds its address"
    field(app, label).set_value("https://hooks.example/secret")
    save(app, "alerts")
    assert "write the name of an environment variable" in text_of(app)
    assert not (folder / settings.FILE).exists()


def test_the_monthly_report_is_set(folder: Path):
    app = opened("settings")
    app.button_group[0].set_value(["xlsx", "csv"])
    save(app, "reports")
    assert settings.read(folder).reports.formats == ("xlsx", "csv")


def test_a_plan_goes_into_the_policy_and_the_policy_before_it_stays(folder: Path):
    app = opened("settings")
    before = policies.live(folder).text
    field(app, "Plan").set_value("max5x")
    field(app, "Monthly fee in $").set_value(100.0)
    save(app, "plan")
    assert not app.exception
    after = LivePolicy(folder).now
    assert (after.plan, after.plan_usd) == ("max5x", 100)
    assert "# Your plan and its monthly fee" in policies.live(folder).text
    assert policies.last_replaced(folder).text == before


def test_a_faulty_policy_is_named_and_left_alone(folder: Path):
    app = opened("settings")
    policies.live_file(folder).write_text("plan = [\n")
    save(app, "plan")
    assert "Not saved." in text_of(app)
    assert policies.live_file(folder).read_text() == "plan = [\n"


def test_the_page_reads_in_japanese(folder: Path):
    with speaking("ja"):
        app = opened("settings", lang="ja")
    assert not app.exception
    assert {"目標", "通知", "保存場所"} <= {head.value for head in app.header}
    assert metrics(app) == {}


def test_without_alerts_it_says_when_they_are_looked_for(folder: Path):
    assert "Nothing was worth an alert yet." in text_of(opened("settings"))


def test_alerts_that_were_told_are_listed_and_hostile_names_are_text(folder: Path):
    hostile = "<script>alert(1)</script>" * 40
    tell(ledger_file(folder), (ago(minutes=1), "main", [(SONNET, Result.OK)], {"usd": None}))
    settings.write(folder, Settings(zone="Asia/Tokyo"))
    alerts.look(folder)
    with (folder / alerts.LOG).open("a") as log:
        log.write('no json\n{"at": "late", "alert": "new_kind", "text": 3}\n')
        told = {"at": "2026-11-25T16:00:00+00:00", "alert": "runaway", "subject": "s1 alone"}
        log.write(json.dumps(told | {"text": hostile}) + "\n")
    app = opened("settings")
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["alert"]) == ["Runs away", "new_kind", "No price"]
    assert list(table["at"])[:2] == ["2026-11-26 01:00", "–"]
    assert table["text"][0] == hostile
