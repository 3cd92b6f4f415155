"""What the monthly report asks beyond the pages: savings step by step, coverage, prices used."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector import ledger, prices
from router.call import Result, Usage
from tests.sql.asked import row, rows
from tests.story import FREE, HAIKU, LOCAL, MAX, OPUS, SONNET, set_plan, tell

OK = Result.OK


def steps(path: Path, **variables: Any) -> dict[str, Decimal]:
    return {one["step"]: one["usd"] for one in rows(path, "savings", **variables)}


def test_each_dollar_saved_is_named_once(path: Path):
    tell(
        path,
        ("2026-02-01 09:00", "main", [(MAX, OK)], {"usd": "9", "opus_usd": "10"}),
        ("2026-02-02 09:00", "main", [(SONNET, OK)], {"usd": "3", "opus_usd": "5"}),
        ("2026-02-03 09:00", "main", [(LOCAL, OK)], {"usd": "0", "opus_usd": "2"}),
        ("2026-02-04 09:00", "main", [(FREE, OK)], {"usd": None, "opus_usd": "0.5"}),
    )
    set_plan(path, 28)
    told = steps(path)
    assert told["baseline"] == Decimal("17.5")
    assert told["models"] == -1 - 2
    assert told["local"] == -2
    assert told["unpriced"] == Decimal("-0.5")
    assert told["billed"] == 0
    assert told["plan"] == 28 - 9
    assert told["paid"] == 28 + 3


def test_the_steps_end_at_what_was_paid_under_any_filter(path: Path):
    tell(
        path,
        ("2026-02-01 09:00", "main", [(MAX, OK)], {"usd": "9", "opus_usd": "10"}),
        ("2026-02-02 09:00", "main", [(HAIKU, OK)],
         {"usd": "1", "opus_usd": "5", "project": "blog"}),
        ("2026-02-03 09:00", "main", [(MAX, OK)],
         {"usd": "3", "opus_usd": "3", "project": "blog"}),
    )  # fmt: skip
    set_plan(path, 200)
    for project in (None, "shop", "blog", "nobody"):
        told = steps(path, project=project)
        paid = row(path, "monthly_cost", project=project)["paid_usd"]
        moved = ("models", "local", "billed", "unpriced", "plan")
        assert told["baseline"] + sum(told[name] for name in moved) == told["paid"] == paid


def test_what_the_prompt_cache_took_off_is_at_the_baselines_own_rates(path: Path, tmp_path: Path):
    """Opus 4.6: input $5 a million, reads $0.50, writes for five minutes $6.25."""
    with ledger.writing(path) as db:
        prices.pricer(db, tmp_path, "claude-opus-4-6")
    warm = Usage(input_tokens=1, cache_read_tokens=1_000_000, cache_write_5m_tokens=100_000)
    tell(path, ("2026-02-01 09:00", "main", [(OPUS, OK)],
                {"usd": "2", "opus_usd": "2", "usage": warm}))  # fmt: skip
    told = steps(path)
    assert told["prompt_cache"] == Decimal("-4.5") + Decimal("0.125")
    assert told["uncached"] + told["prompt_cache"] == told["baseline"] == 2
    unknown = steps(path, baseline_model="claude-unheard-of")
    assert unknown["prompt_cache"] is None
    assert unknown["uncached"] is None
    assert unknown["paid"] == told["paid"]


def test_without_a_call_every_step_is_nothing(path: Path):
    assert set(steps(path).values()) == {0}


def test_coverage_tells_half_months_and_gaps(path: Path):
    tell(
        path,
        ("2026-02-11 09:00", "main", [(OPUS, OK)]),
        ("2026-02-13 09:00", "main", [(FREE, OK)], {"usd": None}),
        ("2026-02-13 10:00", "probe", [(OPUS, OK)]),
    )
    known = row(path, "coverage")
    assert known["period_days"] == 28
    assert (known["first_on"], known["last_on"]) == (date(2026, 2, 11), date(2026, 2, 28))
    assert (known["known_days"], known["days_with_calls"]) == (18, 2)
    assert (known["calls"], known["unpriced_calls"], known["wire_only_calls"]) == (2, 1, 2)
    running = row(path, "coverage", now=datetime(2026, 2, 20, 12))
    assert (running["period_days"], running["last_on"]) == (28, date(2026, 2, 20))


def test_unmatched_calls_are_those_of_the_reconciliation(path: Path):
    with ledger.writing(path) as db:
        wired = ("w1", "w2")
        for call_id in wired:
            ledger.append(db, "call_log", [_call(call_id)])
        told = {**_call("t1"), "wire_call_id": "w1"}
        ledger.append(db, "transcript_calls", [told, {**_call("t2"), "wire_call_id": None}])
    known = row(path, "coverage")
    days = rows(path, "reconcile")
    for name in ("wire_only_calls", "transcript_only_calls"):
        assert known[name] == sum(day[name] for day in days) == 1


def _call(call_id: str) -> dict[str, Any]:
    return {"call_id": call_id, "asked_at": datetime(2026, 2, 3, 9), "kind": "main",
            "result": "ok"}  # fmt: skip


@pytest.mark.parametrize("ids", [("anthropic/claude-opus-4-6#input",), ("gone#input",)])
def test_a_price_row_is_named_even_where_the_list_lost_it(
    path: Path, tmp_path: Path, ids: tuple[str, ...]
):
    with ledger.writing(path) as db:
        prices.pricer(db, tmp_path, "claude-opus-4-6")
    tell(
        path,
        ("2026-02-01 09:00", "main", [(OPUS, OK)], {"price_ids": ids}),
        ("2026-02-02 09:00", "main", [(OPUS, OK)], {"price_ids": ids}),
        ("2026-03-02 09:00", "main", [(OPUS, OK)], {"price_ids": ids}),
    )
    [used] = rows(path, "prices_used")
    assert (used["price_id"], used["targets"], used["attempts"]) == (
        ids[0], "anthropic/claude-opus-4-6", 2,
    )  # fmt: skip
