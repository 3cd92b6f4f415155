"""What a change of policy did: as long a time before it as after it, and nothing claimed of few."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector import ledger
from router.call import Result
from tests.sql.asked import rows
from tests.story import HAIKU, MAX, SONNET, tell

OK, HIT = Result.OK, Result.LIMIT_HIT
CHANGED = datetime(2026, 2, 11)


def applied(path: Path, **versions: datetime) -> None:
    with ledger.writing(path) as db:
        for version, at in versions.items():
            row = {"policy_version": version, "applied_at": at, "text": ""}
            ledger.append(db, "policy_log", [row])


def day(at: datetime, target: Any, usd: float, **more: Any) -> tuple[Any, ...]:
    """One task of a session of its own."""
    told = {"usd": f"{usd:.2f}", "session": f"s{at:%d%H}", "rule": "default", **more}
    tried = more.pop("tried", [(target, OK)])
    told.pop("tried", None)
    return f"{at:%Y-%m-%d %H:%M}", "main", tried, told


def test_equal_times_before_and_after_are_compared_and_no_call_beyond_them(path: Path):
    before = [day(CHANGED - timedelta(days=n, hours=-1), SONNET, 2 + n / 10) for n in range(1, 5)]
    after = [day(CHANGED + timedelta(days=n, hours=1), HAIKU, 1 + n / 10) for n in range(4)]
    long_after = day(CHANGED + timedelta(days=9), HAIKU, 500)
    tell(path, *before, *after, long_after)
    applied(path, aaaaaa=CHANGED - timedelta(days=4), bbbbbb=CHANGED)
    found = {row["measure"]: row for row in rows(path, "policy_changes")}
    cost = found["list_usd"]
    assert (cost["policy_version"], cost["before_version"]) == ("bbbbbb", "aaaaaa")
    assert (cost["days"], cost["before_tasks"], cost["after_tasks"]) == (4, 4, 4)
    assert (cost["before"], cost["after"]) == (pytest.approx(2.25), pytest.approx(1.15))
    assert cost["low"] < cost["difference"] < cost["high"] < 0
    assert cost["is_certain"]


def test_a_task_at_the_very_moment_of_the_change_counts_after_it(path: Path):
    ends = [CHANGED - timedelta(days=2), CHANGED, CHANGED + timedelta(days=2)]
    tell(path, *[day(at, SONNET, 1) for at in ends])
    applied(path, aaaaaa=ends[0], bbbbbb=CHANGED, cccccc=ends[2])
    by_version = {row["policy_version"]: row for row in rows(path, "policy_changes")}
    assert (by_version["bbbbbb"]["before_tasks"], by_version["bbbbbb"]["after_tasks"]) == (1, 1)
    assert by_version["bbbbbb"]["low"] is None
    assert (by_version["cccccc"]["before_tasks"], by_version["cccccc"]["after_tasks"]) == (1, 1)


def test_all_calls_of_a_task_are_its_cost_and_a_hit_is_its_hit(path: Path):
    first = CHANGED - timedelta(hours=2)
    hit = [(MAX, HIT), (SONNET, OK)]
    tool = {"facts": {"is_tool_turn": True}}
    tell(
        path,
        day(first, SONNET, 1, session="s1"),
        day(first + timedelta(minutes=1), SONNET, 2, session="s1", tried=hit, **tool),
        day(CHANGED + timedelta(hours=1), SONNET, 1, session="s2"),
    )
    applied(path, aaaaaa=first - timedelta(hours=9), bbbbbb=CHANGED)
    found = {row["measure"]: row for row in rows(path, "policy_changes")}
    assert (found["list_usd"]["before"], found["list_usd"]["after"]) == (3, 1)
    assert (found["limit_hits"]["before"], found["limit_hits"]["after"]) == (1, 0)


def test_the_first_policy_is_compared_with_calls_that_went_as_asked(path: Path):
    tell(path, day(CHANGED - timedelta(days=1), SONNET, 1), day(CHANGED, HAIKU, 1))
    applied(path, aaaaaa=CHANGED)
    assert {row["before_version"] for row in rows(path, "policy_changes")} == {None}


def test_the_same_policy_again_and_an_experiments_other_arm_are_no_change(path: Path):
    tell(path, *[
        day(CHANGED + timedelta(hours=n), HAIKU, 1, policy="dddddd", trial=("t", "other", 0.5))
        for n in range(2)
    ])  # fmt: skip
    applied(path, aaaaaa=CHANGED)
    applied(path, aaaaaa=CHANGED + timedelta(days=1), dddddd=CHANGED + timedelta(days=2))
    assert rows(path, "policy_changes") == []


def test_scores_are_counted_by_outcome_and_unweighed_tasks_apart(path: Path):
    tell(
        path,
        day(CHANGED, SONNET, 1, complexity=0.51),
        day(CHANGED + timedelta(hours=1), SONNET, 1, complexity=1.0),
        day(CHANGED + timedelta(hours=2), SONNET, 1, rule=None),
    )
    found = [(row["score_from"], row["tasks"]) for row in rows(path, "score_outcomes")]
    assert sorted(found, key=str) == [(0.5, 1), (0.975, 1), (None, 1)]
