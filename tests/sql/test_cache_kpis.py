"""What caching saved, at the rates of Opus 4.6: plain $5, written $6.25 or $10, read $0.50."""

from decimal import Decimal
from pathlib import Path

import pytest

from router.call import Result, Usage
from tests.sql.asked import row, rows
from tests.sql.test_cache_breaks import RATES, hour_turn, priced, turn
from tests.story import LOCAL, tell

__all__ = ["priced"]
OK = Result.OK


def test_reads_save_and_writes_cost_more_than_plain_input(priced: Path):
    """100k written: 100k × $1.25; then 100k read: 100k × $4.50, and 2k written."""
    tell(priced, turn("09:00", 100_000), turn("09:01", 2_000, 100_000))
    whole, day = rows(priced, "cache_days")
    assert whole["day_on"] is None
    assert whole["read_saved_usd"] == Decimal("0.45")
    assert whole["surcharge_usd"] == Decimal("0.1275")
    assert whole["saved_usd"] == day["saved_usd"] == Decimal("0.3225")
    assert whole["read_share"] == pytest.approx(100 / 202)


def test_an_hour_s_write_costs_its_own_rate(priced: Path):
    tell(priced, hour_turn("09:00", 100_000))
    whole = rows(priced, "cache_days")[0]
    assert whole["cache_write_1h_tokens"] == 100_000
    assert whole["saved_usd"] == Decimal("-0.5")


def test_writes_that_nothing_reads_stand_first_and_below_zero(priced: Path):
    tell(
        priced,
        turn("09:00", 100_000),
        turn("09:01", 1_000, 100_000),
        turn("09:02", 40_000, session="s2", project="cron"),
    )
    found = rows(priced, "cache_savings", dimension="project")
    assert [(one["named_value"], one["saved_usd"]) for one in found] == [
        ("cron", Decimal("-0.05")),
        ("shop", Decimal("0.32375")),
    ]
    assert sum(one["saved_usd"] for one in found) == rows(priced, "cache_days")[0]["saved_usd"]


def test_local_models_are_told_apart_and_no_price_is_unknown(priced: Path):
    usage = Usage(input_tokens=9_000)
    tell(
        priced,
        turn("09:00", 0, on=LOCAL, usage=usage, price_ids=()),
        turn("09:01", 9_000, usd=None, price_ids=()),
    )
    whole = rows(priced, "cache_days")[0]
    assert (whole["calls"], whole["local_calls"], whole["local_tokens"]) == (2, 1, 9_000)
    [only] = rows(priced, "cache_savings")
    assert (only["calls"], only["unpriced_calls"], only["saved_usd"]) == (1, 1, None)


def test_the_share_is_that_of_the_goal(priced: Path):
    usage = Usage(input_tokens=30_000)
    tell(
        priced,
        turn("09:00", 40_000),
        turn("09:01", 500, 40_000),
        turn("09:02", 0, on=LOCAL, usage=usage, price_ids=(), kind="title"),
        turn("09:03", 0, usage=usage, kind="probe"),
    )
    share = row(priced, "six_kpis")["prompt_cache_share"]
    assert rows(priced, "cache_days")[0]["read_share"] == share


def test_nothing_asked_is_one_row_of_nothing(priced: Path):
    whole = row(priced, "cache_days")
    assert (whole["calls"], whole["read_share"], whole["saved_usd"]) == (0, None, None)
    assert row(priced, "cache_causes")["breaks"] == 0


def test_breaks_add_up_by_cause_by_day_and_by_call(priced: Path):
    tell(
        priced,
        turn("09:00", 100_000),
        turn("09:10", 101_000),
        turn("09:20", 102_000, price_ids=(), usd=None),
        turn("10:00", 30_000, session="s2", facts={"tools_sha256": "a"}),
        turn("10:01", 30_500, session="s2", facts={"tools_sha256": "b"}, price_ids=RATES),
    )
    found = rows(priced, "cache_causes")
    of_all = {"breaks": 3, "lost_usd": Decimal("0.7475"), "unpriced_breaks": 1}
    assert {name: found[0][name] for name in of_all} == of_all
    by_cause = [one for one in found[1:] if one["day_on"] is None]
    assert [(one["cause"], one["breaks"]) for one in by_cause] == [("idle", 2), ("tools", 1)]
    for kpi in ("cache_break_sessions", "cache_break_calls"):
        told = rows(priced, kpi)
        assert sum(one["lost_usd"] or 0 for one in told) == Decimal("0.7475"), kpi
    [tools] = rows(priced, "cache_break_calls", break_cause="tools")
    assert tools["session_id"] == "s2"
