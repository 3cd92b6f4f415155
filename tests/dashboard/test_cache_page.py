"""Cache: what it says of short stories, of gaps and of hostile names."""

from pathlib import Path

import pytest

from collector.files import ledger_file
from router.call import Result, Usage
from tests.dashboard.opened import metrics, opened, text_of
from tests.dashboard.test_routing_pages import ago
from tests.story import LOCAL, MAX, tell

OK = Result.OK


def test_an_empty_ledger_says_what_to_do(folder: Path):
    app = opened("cache")
    assert not app.exception
    assert "No calls yet" in [one.value for one in app.header]


def test_one_call_without_a_price_is_unknown_and_not_zero(folder: Path):
    usage = Usage(cache_write_5m_tokens=9_000)
    tell(ledger_file(folder), (ago(hours=1), "main", [(MAX, OK)], {"usage": usage, "usd": None}))
    app = opened("cache")
    assert not app.exception
    assert metrics(app)["Saved by caching"] == "–"
    assert "Nothing broke it." in text_of(app)


def test_only_local_calls_say_that_there_is_nothing_to_count(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(LOCAL, OK)], {"usd": "0"}))
    app = opened("cache")
    assert not app.exception
    assert "Local models keep a cache of their own" in text_of(app)
    assert not app.metric


def test_the_month_names_what_broke_the_cache(shown_demo: Path):
    app = opened("cache")
    assert not app.exception
    assert "cost most" in text_of(app)
    assert "off in this version" in text_of(app)


@pytest.mark.parametrize(
    "url",
    [
        {"break_cause": "idle"},
        {"break_cause": "<img src=x onerror=alert(1)>"},
        {"session": "<script>"},
        {"dimension": "session"},
        {"project": "no such project"},
        {"lang": "ja", "break_cause": "idle"},
    ],
)
def test_any_view_of_it_and_any_wrong_one_is_drawn(shown_demo: Path, url: dict[str, str]):
    assert not opened("cache", **url).exception


def test_a_japanese_reader_reads_causes_and_remedies_in_japanese(shown_demo: Path):
    app = opened("cache", lang="ja")
    causes = app.dataframe[0].value
    for name in ("cause_name", "remedy"):
        assert all(any("ぁ" <= sign <= "龠" for sign in text) for text in causes[name])
