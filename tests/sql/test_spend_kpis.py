"""What the Spend page says, on stories short enough to add up by hand."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collector import ledger, prices
from dashboard.spend_table import OPENS
from router.call import Result, Usage
from tests.sql.asked import row, rows
from tests.story import HAIKU, LOCAL, MAX, OPUS, SONNET, tell

OK = Result.OK
MARCH: dict[str, Any] = {
    "start_at": datetime(2026, 3, 1),
    "end_at": datetime(2026, 3, 29),
    "now": datetime(2026, 4, 5),
    "before_start_at": datetime(2026, 2, 1),
    "before_end_at": datetime(2026, 3, 1),
}


def steps(path: Path, **variables: Any) -> dict[str, float]:
    return {one["step"]: one["usd"] for one in rows(path, "spend_change", **MARCH, **variables)}


def test_spend_adds_up_whatever_it_is_split_by(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usd": "3", "project": "shop"}),
        ("2026-02-03 10:00", "main", [(SONNET, OK)], {"usd": "2", "project": None}),
        ("2026-02-04 10:00", "title", [(LOCAL, OK)], {"usd": "0", "session": "s2"}),
        ("2026-02-04 11:00", "main", [(HAIKU, OK)], {"usd": None, "session": "s3"}),
    )
    for dimension in (*OPENS, "agent", "hour"):
        found = rows(path, "spend_by", dimension=dimension)
        assert sum(one["list_usd"] or 0 for one in found) == 5, dimension
        assert sum(one["cash_usd"] or 0 for one in found) == 2, dimension
        assert sum(one["calls"] for one in found) == 4, dimension
        course = rows(path, "spend_course", dimension=dimension)
        assert sum(one["list_usd"] for one in course) == 5, dimension


def test_what_has_no_price_is_unknown_and_not_zero(path: Path):
    tell(path, ("2026-02-04 11:00", "main", [(HAIKU, OK)], {"usd": None}))
    [only] = rows(path, "spend_by")
    assert (only["list_usd"], only["unpriced_calls"]) == (None, 1)


def test_each_dimension_that_opens_the_list_narrows_it_to_the_same_money(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usd": "3", "rule": "hard"}),
        ("2026-02-03 10:00", "title", [(SONNET, OK)],
         {"usd": "2", "project": "blog", "session": "s2"}),
    )  # fmt: skip
    for dimension in OPENS:
        for one in rows(path, "spend_by", dimension=dimension):
            narrowed = row(path, "monthly_cost", **{dimension: one["named_value"]})
            assert narrowed["list_usd"] == one["list_usd"], (dimension, one["named_value"])


def test_all_but_the_six_largest_are_drawn_as_one(path: Path):
    tell(
        path,
        *(
            (f"2026-02-03 09:0{n}", "main", [(MAX, OK)], {"usd": str(9 - n), "project": f"p{n}"})
            for n in range(9)
        ),
    )
    course = rows(path, "spend_course", dimension="project")
    assert [one["named_value"] for one in course] == ["p0", "p1", "p2", "p3", "p4", "p5", None]
    assert course[-1]["list_usd"] == 1 + 2 + 3


def test_more_of_the_same_is_volume(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(OPUS, OK)], {"usd": "2"}),
        ("2026-03-03 09:00", "main", [(OPUS, OK)], {"usd": "2"}),
        ("2026-03-03 09:01", "main", [(OPUS, OK)], {"usd": "2"}),
    )
    assert steps(path) == {
        "before": 2, "volume": 2, "mix": 0, "price": 0, "cache": 0, "length": 0, "now": 4,
    }  # fmt: skip


def test_a_cheaper_model_is_mix(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(OPUS, OK)], {"usd": "4"}),
        ("2026-02-03 09:01", "main", [(HAIKU, OK)], {"usd": "1"}),
        ("2026-03-03 09:00", "main", [(HAIKU, OK)], {"usd": "1"}),
        ("2026-03-03 09:01", "main", [(HAIKU, OK)], {"usd": "1"}),
    )
    told = steps(path)
    assert (told["volume"], told["mix"], told["now"]) == (0, -3, 2)


@pytest.fixture
def priced(path: Path, tmp_path: Path) -> Path:
    with ledger.writing(path) as db:
        prices.pricer(db, tmp_path, "claude-opus-4-6")
    return path


def test_a_warmer_cache_is_told_from_longer_prompts(priced: Path):
    """At Opus's $5 a million for input, $0.5 for a cache read."""
    ids = ("anthropic/claude-opus-4-6#input", "anthropic/claude-opus-4-6#cache_read")
    cold, warm = Usage(input_tokens=100_000), Usage(cache_read_tokens=100_000)
    longer = Usage(cache_read_tokens=300_000)
    tell(
        priced,
        ("2026-02-03 09:00", "main", [(OPUS, OK)],
         {"usd": "0.5", "usage": cold, "price_ids": ids}),
        ("2026-03-03 09:00", "main", [(OPUS, OK)],
         {"usd": "0.05", "usage": warm, "price_ids": ids}),
    )  # fmt: skip
    told = steps(priced)
    assert told["cache"] == pytest.approx(-0.45)
    assert told["length"] == pytest.approx(0)
    tell(
        priced,
        ("2026-03-03 10:00", "main", [(OPUS, OK)],
         {"usd": "0.15", "usage": longer, "price_ids": ids}),
    )  # fmt: skip
    told = steps(priced)
    assert sum(told.values()) - told["now"] == pytest.approx(told["now"])
    assert told["length"] > 0 > told["cache"]


def test_a_lower_rate_is_price(priced: Path):
    old, new = "anthropic/claude-opus-4-6#input", "anthropic/claude-haiku-4-5#input"
    same = Usage(input_tokens=1_000_000)
    tell(
        priced,
        ("2026-02-03 09:00", "main", [(OPUS, OK)],
         {"usd": "5", "usage": same, "price_ids": (old,)}),
        ("2026-03-03 09:00", "main", [(OPUS, OK)],
         {"usd": "1", "usage": same, "price_ids": (new,)}),
    )  # fmt: skip
    told = steps(priced)
    assert told["price"] == pytest.approx(-4)
    assert told["length"] == pytest.approx(0)


def test_the_steps_lead_from_before_to_now_under_any_filter(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(OPUS, OK)], {"usd": "4", "project": "shop"}),
        ("2026-02-09 09:00", "main", [(SONNET, OK)], {"usd": "1.5", "project": "blog"}),
        ("2026-03-03 09:00", "main", [(HAIKU, OK)], {"usd": "1", "project": "blog"}),
        ("2026-03-04 09:00", "main", [(OPUS, OK)], {"usd": "7", "project": "shop"}),
    )
    for project, before, now in ((None, 5.5, 8), ("shop", 4, 7), ("blog", 1.5, 1)):
        told = steps(path, project=project) if project else steps(path)
        assert (told["before"], told["now"]) == (before, now)
        assert sum(told.values()) - now == pytest.approx(now)


def test_nothing_before_and_nothing_now_is_no_change(path: Path):
    assert set(steps(path).values()) == {0}
