"""Sessions: the list, one session's timeline, and saying how it went."""

from pathlib import Path

import pytest

from collector import ledger, reviews
from collector.files import ledger_file
from dashboard.palette import LIGHT
from dashboard.session_charts import timeline
from router.call import Result
from tests.dashboard.opened import metrics, opened, text_of
from tests.dashboard.test_routing_pages import ago
from tests.sql.asked import frame
from tests.story import MAX, SONNET, tell

OK = Result.OK
HOSTILE = "<img src=x onerror=alert(1)> **bold** $5$ " + "x" * 500


@pytest.fixture
def short(folder: Path) -> Path:
    """Two sessions: one went from the plan to the API at a limit, the other has one call."""
    tell(
        ledger_file(folder),
        (ago(hours=3), "main", [(MAX, OK)], {"usd": "1"}),
        (ago(hours=2), "main", [(MAX, Result.LIMIT_HIT), (SONNET, OK)], {"usd": "2"}),
        (ago(hours=1), "main", [(SONNET, OK)], {"usd": "0.5", "session": "s2"}),
    )
    return folder


def test_an_empty_ledger_says_what_to_do(folder: Path):
    app = opened("sessions")
    assert not app.exception
    assert "faregate claude" in text_of(app) or app.button


def test_sessions_are_listed_dearest_first(short: Path):
    app = opened("sessions")
    assert not app.exception
    assert "**2** sessions, together worth **\\$3.50** at list price. The first: **\\$3.00**" in (
        text_of(app)
    )
    assert list(app.dataframe[0].value["list_usd"]) == [3, 0.5]


@pytest.mark.parametrize("order", ["calls", "last_at", "failed_attempts", "outcome", "<b>"])
def test_any_order_is_drawn(short: Path, order: str):
    assert not opened("sessions", order=order).exception


def test_a_title_is_searched_for_in_any_case(short: Path):
    with ledger.writing(ledger_file(short)) as db:
        db.execute("insert into session_facts (session_id, title) values ('s2', ?)", [HOSTILE])
    app = opened("sessions", title="BOLD")
    assert not app.exception
    assert list(app.dataframe[0].value["session_id"]) == ["s2"]
    assert "No session passes these filters" in text_of(opened("sessions", title="nothing"))


def test_one_session_tells_its_turns_and_what_happened(short: Path):
    app = opened("sessions", session="s1")
    assert not app.exception
    assert "**2** turns worth **\\$3.00** at list price" in text_of(app)
    assert metrics(app)["Calls"] == "2"
    happened = frame(ledger_file(short), "session_events", session="s1")
    assert set(happened["event"]) == {"switch", "fallback", "limit_hit"}
    assert set(happened["turn_no"]) == {2}


def test_a_hostile_title_is_shown_as_text(short: Path):
    with ledger.writing(ledger_file(short)) as db:
        db.execute("insert into session_facts (session_id, title) values ('s2', ?)", [HOSTILE])
    app = opened("sessions", session="s2")
    assert not app.exception
    assert HOSTILE in [element.value for element in app.text]


def test_an_unknown_session_is_named(short: Path):
    assert "No session in the ledger has this id." in text_of(opened("sessions", session="s9"))


def test_a_review_is_kept_with_its_note_and_shown(short: Path):
    app = opened("sessions", session="s1")
    app.radio(key="review_outcome").set_value(reviews.Outcome.FAIL)
    app.text_input(key="review_note").set_value("the login broke")
    app.button[[button.label for button in app.button].index("Save review")].click().run()
    assert not app.exception
    [kept] = frame(ledger_file(short), "session_reviews", session="s1").to_dicts()
    assert (kept["outcome"], kept["note"], kept["source"]) == ("fail", "the login broke", "page")
    assert "Nobody has reviewed" not in text_of(app)


def test_the_demo_month_has_rich_sessions(shown_demo: Path):
    path = ledger_file(shown_demo)
    listed = frame(path, "sessions", start_at="2000-01-01", end_at="2100-01-01")
    dearest = listed["session_id"][0]
    app = opened("sessions", session=dearest)
    assert not app.exception
    turns = frame(path, "session_turns", session=dearest)
    agents = frame(path, "session_agents", session=dearest)
    assert agents["list_usd"].sum() == listed["list_usd"][0]
    figure = timeline(turns, frame(path, "session_events", session=dearest), LIGHT)
    assert sum(figure.data[0].y) == turns["cache_read_tokens"].sum()
    assert len(figure.data[3].y) == turns.height


def test_the_page_speaks_japanese(short: Path):
    app = opened("sessions", lang="ja")
    assert app.title[0].value == "セッション"
    assert not opened("sessions", lang="ja", session="s1").exception
