"""Repricing: the past at corrected prices, in one go, and an account of what it changed."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from collector import ledger
from collector.files import ledger_file
from collector.prices import FILE, overrides_file
from collector.reprice import Change, reprice

CORRECTION = """
[[price]]
provider = "anthropic"
model = "claude-opus-5"
multiplier = 0.5
valid_from = 2026-11-02
reason = "half price from 2 November"
"""
NEW_MODEL = """
[[price]]
provider = "anthropic"
model = "claude-opus-5-9"
rates = { input = 4, output = 20 }
reason = "not yet in the list"
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def attempt(call_id: str, when: str, **said: Any) -> dict[str, Any]:
    usual = {
        "call_id": call_id, "attempt_no": 1, "started_at": at(when), "provider": "anthropic",
        "model": "claude-opus-5", "answered_model": "claude-opus-5", "bill": "cash",
        "result": "ok", "input_tokens": 1_000_000, "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0, "cache_read_tokens": 0, "output_tokens": 0, "web_searches": 0,
        "usage_missing": False,
    }  # fmt: skip
    return usual | said


def tell(folder: Path, *attempts: dict[str, Any], kind: str = "main") -> None:
    """Attempts of finished calls, without money; a call is asked when its first attempt starts."""
    calls = {
        one["call_id"]: {"call_id": one["call_id"], "asked_at": one["started_at"], "kind": kind}
        for one in reversed(attempts)
    }
    with ledger.writing(ledger_file(folder)) as db:
        ledger.append(db, "call_log", list(calls.values()))
        ledger.append(db, "attempt_log", list(attempts))


def tell_transcript(folder: Path, call_id: str, when: str, **said: Any) -> None:
    told = attempt(call_id, when, **said)
    told["asked_at"] = told["started_at"]
    left_out = ("attempt_no", "started_at", "provider", "model", "usage_missing")
    with ledger.writing(ledger_file(folder)) as db:
        kept = {name: value for name, value in told.items() if name not in left_out}
        ledger.append(db, "transcript_calls", [kept])


def money(folder: Path, table: str) -> dict[str, tuple[Any, ...]]:
    query = f"select call_id, list_usd, cost_usd, baseline_usd from {table} order by all"
    with ledger.reading(ledger_file(folder)) as db:
        return {row[0]: row[1:] for row in db.execute(query).fetchall()}


def correct(folder: Path, text: str) -> None:
    file = overrides_file(folder)
    file.write_text(file.read_text() + text)


def test_a_corrected_rate_changes_the_calls_of_the_period_and_no_other(tmp_path):
    tell(
        tmp_path,
        attempt("before", "2026-11-01 23:59"),
        attempt("first", "2026-11-02 00:00"),
        attempt("plan", "2026-11-02 10:00", provider="max", bill="plan"),
        attempt("after", "2026-11-03 00:00"),
    )
    reprice(tmp_path, None, None)
    correct(tmp_path, CORRECTION)
    changes = reprice(tmp_path, at("2026-11-01"), at("2026-11-03"))
    assert changes == [
        Change(
            model="claude-opus-5",
            rows=2,
            list_usd_before=Decimal(10),
            list_usd_after=Decimal(5),
            cost_usd_before=Decimal(5),
            cost_usd_after=Decimal("2.5"),
        )
    ]
    half = Decimal("2.5")
    expected = {"before": (5, 5, 5), "first": (half, half, 5), "plan": (half, 0, 5)}
    assert money(tmp_path, "attempt_log") == expected | {"after": (5, 5, 5)}
    assert money(tmp_path, "call_log") == money(tmp_path, "attempt_log")


def test_repricing_keeps_the_electricity_of_a_local_model(tmp_path):
    local = {"provider": "ollama", "model": "qwen3-coder:30b", "answered_model": "qwen3-coder:30b"}
    tell(tmp_path, attempt("a", "2026-11-02", bill="local", power_usd=Decimal("0.02"), **local))
    reprice(tmp_path, None, None)
    assert money(tmp_path, "attempt_log")["a"][1] == Decimal("0.02")
    assert reprice(tmp_path, None, None) == []


def test_repricing_twice_changes_nothing_the_second_time(tmp_path):
    tell(tmp_path, attempt("a", "2026-11-02"))
    tell_transcript(tmp_path, "t", "2026-11-02", bill="plan")
    assert len(reprice(tmp_path, None, None)) == 1
    assert reprice(tmp_path, None, None) == []


def test_a_call_costs_the_sum_of_its_attempts_by_when_it_was_asked(tmp_path):
    tell(
        tmp_path,
        attempt("two", "2026-11-02 23:59", result="truncated"),
        attempt("two", "2026-11-03 00:01", attempt_no=2, model="claude-haiku-4-5",
                answered_model="claude-haiku-4-5"),
    )  # fmt: skip
    reprice(tmp_path, at("2026-11-02"), at("2026-11-03"))
    assert money(tmp_path, "call_log") == {"two": (6, 6, 10)}


def test_a_model_that_gets_a_price_is_newly_priced_and_without_it_newly_unpriced(tmp_path):
    unknown = {"model": "claude-opus-5-9", "answered_model": "claude-opus-5-9"}
    tell(tmp_path, attempt("new", "2026-11-02", **unknown))
    reprice(tmp_path, None, None)
    assert money(tmp_path, "call_log") == {"new": (None, None, 5)}
    correct(tmp_path, NEW_MODEL)
    [priced] = reprice(tmp_path, None, None)
    assert (priced.newly_priced, priced.list_usd_after) == (1, 4)
    (tmp_path / FILE).unlink()
    [unpriced] = reprice(tmp_path, None, None)
    assert (unpriced.newly_unpriced, unpriced.list_usd_after) == (1, 0)
    with ledger.reading(ledger_file(tmp_path)) as db:
        [row] = db.execute("select unpriced, price_ids from attempt_log").fetchall()
    assert row == ("no price for anthropic/claude-opus-5-9 on 2026-11-02", [])


def test_a_call_names_the_row_that_prices_its_last_attempt(tmp_path):
    haiku = {"model": "claude-haiku-4-5", "answered_model": "claude-haiku-4-5"}
    tell(tmp_path, attempt("c", "2026-11-02"), attempt("c", "2026-11-02", attempt_no=2, **haiku))
    reprice(tmp_path, None, None)
    with ledger.reading(ledger_file(tmp_path)) as db:
        rows = db.execute("select price_id from call_log").fetchall()
    assert rows == [("anthropic/claude-haiku-4-5#input",)]


def test_a_call_with_one_unknown_attempt_has_no_price(tmp_path):
    unknown = {"model": "claude-opus-5-9", "answered_model": "claude-opus-5-9"}
    tell(tmp_path, attempt("c", "2026-11-02"), attempt("c", "2026-11-02", attempt_no=2, **unknown))
    reprice(tmp_path, None, None)
    assert money(tmp_path, "call_log") == {"c": (None, None, 10)}


@pytest.mark.parametrize(
    ("bill", "model", "cost"),
    [
        ("plan", "claude-opus-5", (5, 0, 5)),
        ("cash", "claude-opus-5", (5, 5, 5)),
        ("local", "qwen3-coder:30b", (0, 0, 5)),
    ],
)
def test_a_transcripts_call_is_priced_by_who_pays_for_it(tmp_path, bill, model, cost):
    tell_transcript(tmp_path, "t", "2026-11-02", bill=bill, answered_model=model)
    reprice(tmp_path, None, None)
    assert money(tmp_path, "transcript_calls") == {"t": cost}


def test_iterations_searches_and_what_the_provider_charged_are_repriced_as_recorded(tmp_path):
    usage = {"input_tokens": 1_000_000, "output_tokens": 0, "web_searches": 0}
    parts = [{"usage": usage, "model": None}, {"usage": usage, "model": "claude-haiku-4-5"}]
    tell(
        tmp_path,
        attempt("advised", "2026-11-02", iterations=orjson.dumps(parts).decode(), web_searches=1),
        attempt("charged", "2026-11-02", provider="openrouter", model="anthropic/claude-opus-5",
                answered_model=None, provider_cost_usd=Decimal("4.9")),
    )  # fmt: skip
    reprice(tmp_path, None, None)
    assert money(tmp_path, "attempt_log") == {
        "advised": (Decimal("6.01"), Decimal("6.01"), Decimal("10.01")),
        "charged": (5, Decimal("4.9"), 5),
    }


def test_what_was_never_billed_stays_as_it_was(tmp_path):
    nothing = {"list_usd": Decimal(0), "cost_usd": Decimal(0), "baseline_usd": Decimal(0)}
    tell(tmp_path, attempt("count", "2026-11-02", **nothing), kind="count_tokens")
    tell(tmp_path, attempt("refused", "2026-11-02", input_tokens=0, result="limit_hit", **nothing))
    missing = {"usage_missing": True, "unpriced": "the answer carried no usage"}
    tell(tmp_path, attempt("silent", "2026-11-02", input_tokens=0, **missing))
    assert reprice(tmp_path, None, None) == []
    assert money(tmp_path, "attempt_log") == {
        "count": (0, 0, 0),
        "refused": (0, 0, 0),
        "silent": (None, None, None),
    }


def test_a_failure_half_way_changes_nothing(tmp_path):
    tell(tmp_path, attempt("good", "2026-11-02"))
    tell(tmp_path, attempt("bad", "2026-11-02", bill="barter"))
    with pytest.raises(ValueError, match="barter"):
        reprice(tmp_path, None, None)
    assert set(money(tmp_path, "attempt_log").values()) == {(None, None, None)}


def test_an_empty_ledger_has_nothing_to_change(tmp_path):
    assert reprice(tmp_path, at("2026-11-01"), at("2026-12-01")) == []
    with duckdb.connect(str(ledger_file(tmp_path)), read_only=True, config=ledger.CONFIG) as db:
        assert db.execute("select count(*) > 8000 from prices").fetchall() == [(True,)]
