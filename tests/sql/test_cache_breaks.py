"""When a warm prefix was lost, why, and what that cost: stories short enough to add up by hand.

Opus 4.6 writes for $6.25 a million tokens (5 minutes) or $10 (an hour), and reads for $0.50.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector import ledger, prices
from router.call import Result, Usage
from tests.story import LOCAL, MAX, OPUS, Target, tell

OK = Result.OK
RATES = tuple(
    f"anthropic/claude-opus-4-6#{unit}"
    for unit in ("input", "cache_write_5m", "cache_write_1h", "cache_read")
)


@pytest.fixture
def priced(path: Path, tmp_path: Path) -> Path:
    with ledger.writing(path) as db:
        prices.pricer(db, tmp_path, "claude-opus-4-6")
    return path


def turn(
    at: str, new: int, kept: int = 0, on: Target = MAX, kind: str = "main", **more: Any
) -> tuple[Any, ...]:
    """A turn on the third of February that writes `new` tokens for 5 minutes and reads `kept`."""
    told = {
        "usage": Usage(cache_write_5m_tokens=new, cache_read_tokens=kept),
        "price_ids": RATES,
        **more,
    }
    return f"2026-02-03 {at}", kind, [(on, OK)], told


def hour_turn(at: str, new: int, kept: int = 0) -> tuple[Any, ...]:
    usage = Usage(cache_write_1h_tokens=new, cache_read_tokens=kept)
    return turn(at, 0, usage=usage, facts={"cache_ttl": "1h"})


def breaks(path: Path) -> list[tuple[str, int, Decimal | None]]:
    query = "select cause, cold_tokens, lost_usd from cache_breaks order by asked_at, call_id"
    with ledger.reading(path) as db:
        return db.sql(query).fetchall()


def test_a_session_that_reads_what_it_wrote_breaks_nothing(priced: Path):
    tell(priced, turn("09:00", 20_000), turn("09:02", 2_000, 20_000), turn("09:04", 900, 22_000))
    assert breaks(priced) == []


def test_the_start_of_a_session_or_of_an_agent_is_no_break(priced: Path):
    tell(
        priced,
        turn("09:00", 20_000),
        turn("09:01", 20_000, session="s2"),
        turn("09:02", 20_000, kind="subagent", facts={"agent_id": "a1"}),
    )
    assert breaks(priced) == []


def test_a_pause_past_the_cache_s_life_is_idle_and_costs_the_rewrite(priced: Path):
    """100,000 tokens at $6.25 less $0.50 a million."""
    tell(priced, turn("09:00", 100_000), turn("09:05:01", 101_000))
    assert breaks(priced) == [("idle", 100_000, Decimal("0.575"))]


def test_an_hour_s_cache_lives_for_an_hour(priced: Path):
    """At $10 less $0.50 a million."""
    tell(
        priced,
        hour_turn("09:00", 100_000),
        hour_turn("09:59", 1_000, 100_000),
        hour_turn("11:00", 102_000),
    )
    assert breaks(priced) == [("idle", 101_000, Decimal("0.9595"))]


def test_another_target_has_a_cache_of_its_own(priced: Path):
    tell(priced, turn("09:00", 50_000), turn("09:01", 51_000, on=OPUS))
    assert breaks(priced) == [("switch", 50_000, Decimal("0.2875"))]


@pytest.mark.parametrize("changed", ["tools", "system"])
def test_a_changed_list_of_tools_or_system_prompt_is_named(priced: Path, changed: str):
    before, after = {f"{changed}_sha256": "a"}, {f"{changed}_sha256": "b"}
    tell(
        priced,
        turn("09:00", 40_000, facts=before),
        turn("09:01", 31_000, 10_000, facts=after),
        turn("09:02", 500, 41_000, facts=after),
    )
    assert breaks(priced) == [(changed, 30_000, Decimal("0.1725"))]


def test_after_compaction_the_new_prompt_is_what_was_lost(priced: Path):
    tell(
        priced,
        turn("09:00", 90_000),
        turn("09:01", 500, 90_000, kind="compact"),
        turn("09:02", 6_000, 18_000),
    )
    assert breaks(priced) == [("compaction", 6_000, Decimal("0.0345"))]


def test_what_nothing_explains_is_unknown(priced: Path):
    tell(priced, turn("09:00", 40_000), turn("09:01", 41_000))
    assert [cause for cause, *_ in breaks(priced)] == ["unknown"]


def test_a_pause_explains_more_than_a_switch_and_a_switch_more_than_tools(priced: Path):
    old, new = {"tools_sha256": "a"}, {"tools_sha256": "b"}
    tell(
        priced,
        turn("09:00", 40_000, facts=old),
        turn("09:10", 41_000, on=OPUS, facts=new),
        turn("09:11", 42_000, facts=old),
    )
    assert [cause for cause, *_ in breaks(priced)] == ["idle", "switch"]


def test_less_than_is_ever_cached_is_no_break(priced: Path):
    tell(priced, turn("09:00", 30_000), turn("09:01", 1_523, 28_977))
    assert breaks(priced) == []


def test_side_calls_and_nameless_agents_do_not_break_a_session(priced: Path):
    tell(
        priced,
        turn("09:00", 40_000),
        turn("09:00:30", 3_000, kind="title"),
        turn("09:00:40", 9_000, kind="subagent"),
        turn("09:01", 900, 40_000),
    )
    assert breaks(priced) == []


def test_a_local_model_pays_nothing_for_a_cold_prefix(priced: Path):
    usage = Usage(input_tokens=41_000)
    tell(priced, turn("09:00", 40_000), turn("09:01", 0, on=LOCAL, usage=usage, price_ids=()))
    assert breaks(priced) == [("switch", 40_000, Decimal(0))]


def test_without_a_price_the_loss_is_unknown_and_not_zero(priced: Path):
    tell(priced, turn("09:00", 40_000), turn("09:10", 41_000, usd=None, price_ids=()))
    assert breaks(priced) == [("idle", 40_000, None)]


def test_the_turn_before_may_lie_before_the_period(priced: Path):
    tell(
        priced,
        ("2026-01-31 23:50", "main", [(MAX, OK)],
         {"usage": Usage(cache_write_5m_tokens=40_000), "price_ids": RATES}),
        ("2026-02-01 00:10", "main", [(MAX, OK)],
         {"usage": Usage(cache_write_5m_tokens=41_000), "price_ids": RATES}),
    )  # fmt: skip
    with ledger.reading(priced) as db:
        db.execute("set variable start_at = timestamp '2026-02-01'")
        db.execute("set variable end_at = timestamp '2026-03-01'")
        assert db.sql("select cause, cold_tokens from period_lost_cache").fetchall() == [
            ("idle", 40_000)
        ]
