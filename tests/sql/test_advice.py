"""Each finding in a story where it holds, its dollars added up by hand, and in a near miss.

A million tokens of Opus 4.6: plain $5, written $6.25 or $10, read $0.50, answered $25;
Sonnet 4.5: $3, $3.75, $6, $0.30, $15; Haiku 4.5: $1, $1.25, $2, $0.10, $5.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector import ledger, prices
from dashboard import advice_log
from router.call import Result, Usage
from tests.sql.asked import rows
from tests.sql.test_cache_breaks import RATES, priced, turn
from tests.story import HAIKU, MAX, OPUS, SONNET, set_plan, tell

__all__ = ["priced"]
OK = Result.OK
OPUS_RATES = (*RATES, "anthropic/claude-opus-4-6#output")


def worth(path: Path, finding: str, **variables: Any) -> Decimal | None:
    """What the period's calls would have cost less, unscaled; None where there is no finding."""
    found = rows(path, "advice", least_usd=0.0001, **variables)
    return next((one["usd"] for one in found if one["finding"] == finding), None)


def at(minute: float, day: int = 3) -> str:
    moment = datetime(2026, 2, day, 9) + timedelta(minutes=minute)
    return moment.isoformat(" ").removeprefix("2026-02-03 ")


def long_session(tokens: int) -> Iterator[tuple[Any, ...]]:
    yield turn(at(0), tokens)
    for minute in range(1, 9):
        yield turn(at(minute), 0, tokens)


def test_context_beyond_the_mark_is_worth_compacting(priced: Path):
    """8 reads of 80,000 tokens beyond: $0.32, and the first turn reads nothing. One compaction:
    100,000 × $0.50 + 3,000 × $25 + 15,000 × $5.75 = $0.21125."""
    tell(priced, *long_session(180_000))
    assert worth(priced, "compact") == Decimal("0.32") - Decimal("0.21125")


def test_context_just_beyond_the_mark_is_not(priced: Path):
    tell(priced, *long_session(110_000))
    assert worth(priced, "compact") is None


def simple(at: str, complexity: float = 0.2, **more: Any) -> tuple[Any, ...]:
    usage = Usage(cache_write_5m_tokens=20_000, output_tokens=1_000)
    told = {"rule": "simple", "complexity": complexity, "usd": "0.15", "price_ids": OPUS_RATES}
    return turn(at, 0, usage=usage, **{**told, **more})


def test_simple_work_is_priced_at_sonnet_with_its_extra_steps(priced: Path):
    """$0.15 on Opus; on Sonnet 20,000 × $3.75 × 1.34 + 1,000 × $15 × 1.26 = $0.1194."""
    tell(priced, simple("09:00"))
    assert worth(priced, "opus_simple") == Decimal("0.0306")


def test_one_hard_turn_keeps_the_session_on_opus(priced: Path):
    tell(priced, simple("09:00"), simple("09:01", complexity=0.4))
    assert worth(priced, "opus_simple") is None
    assert worth(priced, "opus_simple", moderate_at=0.5) == Decimal("0.0612")


def test_a_pause_within_the_hour_is_worth_dearer_writes(priced: Path):
    """Lost: 100,000 × $5.75 = $0.575; an hour's writes for the 101,000 left: × $3.75 = $0.37875."""
    tell(priced, turn("09:00", 100_000), turn("09:20", 101_000))
    assert worth(priced, "pauses") == Decimal("0.575") - Decimal("0.37875")


def test_a_pause_of_more_than_an_hour_is_not(priced: Path):
    tell(priced, turn("09:00", 100_000), turn("10:01", 101_000))
    assert worth(priced, "pauses") is None


def test_a_pause_among_many_writes_is_not(priced: Path):
    more = (turn("09:00", 60_000, session=f"s{n}") for n in range(2, 5))
    tell(priced, turn("09:00", 100_000), turn("09:20", 101_000), *more)
    assert worth(priced, "pauses") is None


def test_a_model_that_the_client_changed_is_counted(priced: Path):
    tell(priced, turn("09:00", 50_000, on=SONNET), turn("09:01", 51_000))
    assert worth(priced, "switches") == Decimal("0.2875")


def test_a_model_that_a_rule_changed_is_not(priced: Path):
    tell(priced, turn("09:00", 50_000, on=SONNET), turn("09:01", 51_000, rule="complex"))
    assert worth(priced, "switches") is None


def test_what_one_turn_wrote_and_nobody_read_is_wasted(priced: Path):
    """40,000 × ($6.25 − $5), twice."""
    tell(priced, turn("09:00", 40_000), turn("09:01", 40_000, session="s2"))
    assert worth(priced, "writes") == Decimal("0.1")


def test_what_another_session_read_is_not(priced: Path):
    tell(priced, turn("09:00", 40_000), turn("09:01", 500, 40_000, session="s2"))
    assert worth(priced, "writes") is None


def test_one_turn_of_a_script_in_cash_costs_half_in_a_batch(priced: Path):
    tell(priced, turn("09:00", 500, on=OPUS, usd="0.4", facts={"entrypoint": "sdk-py"}))
    assert worth(priced, "batch") == Decimal("0.2")


@pytest.mark.parametrize(
    ("target", "entrypoint", "turns"),
    [(MAX, "sdk-py", 1), (OPUS, "cli", 1), (OPUS, "sdk-py", 2)],
    ids=["on the plan", "a person waits", "a second turn"],
)
def test_else_it_does_not(priced: Path, target: Any, entrypoint: str, turns: int):
    facts = {"entrypoint": entrypoint}
    tell(priced, *(turn(at(n), 500, on=target, facts=facts) for n in range(turns)))
    assert worth(priced, "batch") is None


def loop(calls: int, **facts: Any) -> Iterator[tuple[Any, ...]]:
    yield turn(at(0), 900, usd="0.01")
    for number in range(1, calls):
        yield turn(at(number / 10), 900, usd="0.01", facts={"is_tool_turn": True, **facts})


def test_calls_beyond_the_two_hundredth_alone_are_a_loop(priced: Path):
    """A person's call and 204 more: five beyond 200, at a cent each."""
    tell(priced, *loop(205))
    assert worth(priced, "runaway") == Decimal("0.05")


def test_two_hundred_calls_are_not_and_a_person_begins_anew(priced: Path):
    later = (turn(at(60 + n / 10), 900, facts={"is_tool_turn": n > 0}) for n in range(20))
    tell(priced, *loop(200), *later)
    assert worth(priced, "runaway") is None


def test_what_is_a_loop_for_advice_is_one_for_alerts(priced: Path):
    tell(priced, *loop(24))
    fewer = {"most_alone": 22}
    now = datetime(2026, 2, 3, 9, 24)
    assert worth(priced, "runaway", **fewer)
    assert [one["cause"] for one in rows(priced, "alert_runaway", now=now, **fewer)] == ["alone"]
    assert worth(priced, "runaway") is None
    assert rows(priced, "alert_runaway", now=now) == []


def with_tools(tools: int, tokens: int, first: int) -> Iterator[tuple[Any, ...]]:
    for number in range(3):
        facts = {"tools": tools}
        session = f"{tools}-{number}"
        yield turn(at(first + number), tokens, session=session, facts=facts)
        yield turn(at(first + number + 0.5), 100, tokens, session=session, facts=facts)


def test_many_tools_weigh_what_their_prompts_weigh_more(priced: Path):
    """30,000 tokens more, 85 % of them: three times written at $6.25 and read at $0.50."""
    tell(priced, *with_tools(60, 50_000, 0), *with_tools(17, 20_000, 20))
    assert worth(priced, "tools") == Decimal("0.516375")


def test_without_sessions_to_compare_with_they_are_not_weighed(priced: Path):
    tell(priced, *with_tools(60, 50_000, 0), *with_tools(30, 20_000, 20))
    assert worth(priced, "tools") is None


def title(on: Any, usd: str) -> tuple[Any, ...]:
    usage = Usage(input_tokens=10_000, output_tokens=100)
    return turn("09:00", 0, on=on, kind="title", usage=usage, usd=usd, price_ids=OPUS_RATES)


def test_a_title_on_opus_is_priced_at_haiku(priced: Path):
    """$0.0525 on Opus, 10,000 × $1 + 100 × $5 = $0.0105 on Haiku."""
    tell(priced, title(OPUS, "0.0525"))
    assert worth(priced, "titles") == Decimal("0.042")


def test_a_title_on_haiku_is_where_it_belongs(priced: Path):
    tell(priced, title(HAIKU, "0.0105"))
    assert worth(priced, "titles") is None


def plan_finding(path: Path, **variables: Any) -> dict[str, Any]:
    found = rows(path, "advice", **variables)
    return {
        one["finding"]: one["usd_per_month"] for one in found if one["finding"].startswith("plan")
    }


def month_of(usd: str, **more: Any) -> Iterator[tuple[Any, ...]]:
    """A call on each of February's 28 days, and what stands in `more`."""
    for day in range(1, 29):
        yield f"2026-02-{day:02} 09:00", "main", [(MAX, OK)], {"usd": usd, **more}


def test_a_plan_whose_calls_are_worth_less_than_its_fee(priced: Path):
    """28 × $2 in 28 days is $60 in 30; the fee is $200."""
    tell(priced, *month_of("2"))
    set_plan(priced, 200)
    assert plan_finding(priced) == {"plan_api": Decimal(140)}
    assert plan_finding(priced, project="shop") == {}


def test_a_plan_that_is_worth_it_and_fuller_than_a_smaller_one(priced: Path):
    tell(priced, *month_of("20", windows={"5h": 0.5, "7d": 0.3}))
    set_plan(priced, 200)
    assert plan_finding(priced) == {}


def test_windows_that_never_fill_would_fit_a_smaller_plan(priced: Path):
    tell(priced, *month_of("20", windows={"5h": 0.2, "7d": 0.1}))
    set_plan(priced, 200)
    assert plan_finding(priced) == {"plan_smaller": Decimal(100)}


def test_cash_spent_beside_a_full_window_pays_for_a_larger_plan(priced: Path):
    """$140 of cash in 28 days is $150 in 30, for a plan that costs $100 more."""
    hit = ("2026-02-28 10:00", "main", [(MAX, Result.LIMIT_HIT), (OPUS, OK)], {"usd": "140"})
    tell(priced, *month_of("20"), hit)
    set_plan(priced, 100)
    assert plan_finding(priced) == {"plan_larger": Decimal(50)}


SMALL_AND_LARGE = """
[[plan]]
name = "small"
title = "Small"
valid_from = 2025-01-01
usd = 60
multiple = 2
basis = "published"

[[plan]]
name = "large"
title = "Large"
valid_from = 2025-01-01
usd = 150
multiple = 4
basis = "published"
"""


def test_plans_of_ones_own_are_what_a_plan_is_compared_with(priced: Path, tmp_path: Path):
    """Half as large for $90 less: windows that never fill more than 45 % would fit."""
    tell(priced, *month_of("20", windows={"5h": 0.44, "7d": 0.1}))
    set_plan(priced, 150)
    assert plan_finding(priced) == {}
    (tmp_path / "plans.toml").write_text(SMALL_AND_LARGE)
    known_anew(priced, tmp_path)
    assert plan_finding(priced) == {"plan_smaller": Decimal(90)}
    assert plan_finding(priced, most_full=0.8) == {}


def test_a_broken_list_of_plans_leaves_the_known_ones(priced: Path, tmp_path: Path):
    tell(priced, *month_of("20", windows={"5h": 0.2, "7d": 0.1}))
    set_plan(priced, 200)
    (tmp_path / "plans.toml").write_text("[[plan]]\nname = 'nameless'")
    known_anew(priced, tmp_path)
    assert plan_finding(priced) == {"plan_smaller": Decimal(100)}


def known_anew(path: Path, folder: Path) -> None:
    with ledger.writing(path) as db:
        prices.pricer(db, folder, "claude-opus-4-6")


def test_a_dollar_a_month_is_the_least(priced: Path):
    """One active day, scaled to 30: 4 cents of titles make $1.26, and 3 make $0.945."""
    tell(priced, title(OPUS, "0.0525"))
    [only] = rows(priced, "advice")
    assert (only["finding"], only["usd_per_month"]) == ("titles", Decimal("1.26"))
    assert (only["confidence"], only["active_days"], only["calls"]) == ("medium", 1, 1)
    assert rows(priced, "advice", least_usd=2) == []


def test_a_call_behind_two_findings_counts_once(priced: Path):
    """A script's only turn: $0.2 of batch, and $0.05 of writes that nobody read."""
    facts = {"entrypoint": "sdk-py"}
    tell(priced, turn("09:00", 40_000, on=OPUS, usd="0.4", facts=facts))
    found = {one["finding"]: one for one in rows(priced, "advice")}
    assert found["batch"]["own_usd_per_month"] == Decimal(6)
    assert found["writes"]["usd_per_month"] == Decimal("1.5")
    assert found["writes"]["own_usd_per_month"] == 0
    assert found["writes"]["shared_calls"] == 1


def test_the_evidence_adds_up_to_the_finding(priced: Path):
    tell(priced, *long_session(180_000), title(OPUS, "0.0525"))
    for one in rows(priced, "advice"):
        calls = rows(priced, "advice_calls", finding=one["finding"])
        assert len(calls) == one["calls"]
        assert sum(call["saving_usd"] for call in calls) == one["usd"]


def test_a_dismissed_finding_is_gone_until_it_is_taken_up(priced: Path):
    """And what it shared counts at the other finding meanwhile."""
    facts = {"entrypoint": "sdk-py"}
    tell(priced, turn("09:00", 40_000, on=OPUS, usd="0.4", facts=facts))
    advice_log.dismiss(priced, "batch", " somebody waits ")
    [writes] = rows(priced, "advice")
    assert writes["own_usd_per_month"] == Decimal("1.5")
    _, batch = rows(priced, "advice", with_dismissed=True)
    assert (batch["finding"], batch["dismissed_reason"]) == ("batch", "somebody waits")
    assert batch["own_usd_per_month"] == 0
    advice_log.take_up(priced, "batch")
    assert len(rows(priced, "advice")) == 2


def test_nothing_asked_is_no_advice(priced: Path):
    assert rows(priced, "advice") == []
    assert rows(priced, "advice_calls") == []
