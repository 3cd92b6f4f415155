"""What is said of two arms, against made-up users of whom the truth is known."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from collector import ledger
from router.arms import by_share, drawn
from router.call import Result
from router.policy_model import Experiment
from tests.sql.asked import row, rows
from tests.story import HAIKU, MAX, SONNET, set_plan, tell

OK, HIT = Result.OK, Result.LIMIT_HIT
BEGAN = datetime(2026, 3, 2, 9)
MARCH = {"start_at": datetime(2026, 3, 1), "end_at": datetime(2026, 4, 1)}


def signalled(path: Path, *tasks: tuple[str, str, str]) -> None:
    """(session, time, outcome) of each task."""
    with ledger.writing(path) as db:
        rows = [
            {"task_id": f"{session} {at}", "session_id": session, "task_no": number,
             "began_at": datetime.fromisoformat(at), "outcome": outcome, "is_hard": True}
            for number, (session, at, outcome) in enumerate(tasks)
        ]  # fmt: skip
        ledger.append(db, "task_signals", rows)


def tried(arm: str, session: str, **more: Any) -> dict[str, Any]:
    return {"rule": "default", "trial": ("t", arm, 0.5), "session": session, **more}


def test_calls_are_counted_by_the_task_they_belong_to(path: Path):
    tell(
        path,
        ("2026-03-02 09:01", "main", [(SONNET, OK)], tried("base", "s1", usd="1")),
        ("2026-03-02 09:02", "main", [(MAX, HIT), (SONNET, OK)], tried("base", "s1", usd="1")),
        ("2026-03-02 10:01", "main", [(SONNET, OK)],
         tried("base", "s1", usd="2", reason="escalated: asked again")),
        ("2026-03-02 11:00", "main", [(HAIKU, OK)], tried("other", "s2", usd="0.5")),
        ("2026-03-02 11:05", "main", [(HAIKU, OK)], {"session": "s3"}),
    )  # fmt: skip
    signalled(path, ("s1", "2026-03-02 09:00", "pass"), ("s1", "2026-03-02 10:00", "fail"))
    base, other = rows(path, "experiment_arms", experiment="t")
    assert (base["tasks"], base["known_tasks"], base["passed_share"]) == (2, 2, 0.5)
    assert (base["list_usd"], base["calls"], base["limit_hits"]) == (2, 1.5, 0.5)
    assert base["escalations"] == 0.5
    assert (other["tasks"], other["known_tasks"], other["passed_share"]) == (1, 0, None)
    [found] = rows(path, "experiment_list", **MARCH)
    assert (found["tasks"], found["other_tasks"], found["known_share"]) == (
        3,
        1,
        pytest.approx(2 / 3),
    )


def test_a_task_with_a_call_without_a_price_has_none(path: Path):
    tell(
        path,
        ("2026-03-02 09:01", "main", [(SONNET, OK)], tried("base", "s1", usd="1")),
        ("2026-03-02 09:02", "main", [(SONNET, OK)], tried("base", "s1", usd=None)),
        ("2026-03-02 09:03", "main", [(SONNET, OK)], tried("base", "s2", usd="3")),
    )
    assert row(path, "experiment_arms")["list_usd"] == 3


def test_an_arm_pays_its_part_of_the_plans_fee(path: Path):
    """$310 in March is $10 a day; its calls of the day are worth $5: a dollar costs two."""
    tell(
        path,
        ("2026-03-02 09:01", "main", [(MAX, OK)], tried("base", "s1", usd="3")),
        ("2026-03-02 09:02", "main", [(MAX, OK)], tried("other", "s2", usd="1")),
        ("2026-03-02 09:03", "main", [(SONNET, OK)], tried("other", "s2", usd="0.5")),
        ("2026-03-02 09:04", "main", [(MAX, OK)], {"session": "s3", "usd": "1"}),
        ("2026-03-03 09:00", "main", [(MAX, OK)], {"session": "s3", "usd": "100"}),
    )
    set_plan(path, 310)
    paid = {one["arm"]: one["paid_usd"] for one in rows(path, "experiment_arms")}
    assert paid == {"base": pytest.approx(6), "other": pytest.approx(2.5)}
    for arm, usd in paid.items():
        that_day = {"start_at": datetime(2026, 3, 2), "end_at": datetime(2026, 3, 3)}
        assert float(row(path, "six_kpis", arm=f"t: {arm}", **that_day)["paid_usd"]) == usd
    gaps = {one["measure"]: one for one in rows(path, "experiment_differences")}
    assert gaps["paid_usd"]["difference"] == pytest.approx(-3.5)
    assert {one["arm"]: one["paid_usd"] for one in rows(path, "experiment_arms", plan_usd=0)} == {
        "base": 0, "other": 0.5,
    }  # fmt: skip


def test_what_is_paid_has_an_interval_and_is_unknown_with_a_price_that_is(path: Path):
    tell(
        path,
        *((f"2026-03-02 09:0{n}", "main", [(MAX, OK)], tried("base", f"s{n}", usd=f"{n}"))
          for n in (1, 2, 3)),
        ("2026-03-02 10:00", "main", [(MAX, OK)], tried("other", "s4", usd=None)),
    )  # fmt: skip
    set_plan(path, 310)
    base, other = rows(path, "experiment_arms")
    assert base["paid_usd_low"] < base["paid_usd"] < base["paid_usd_high"]
    assert base["paid_usd"] == pytest.approx(10 / 3)
    assert other["paid_usd"] is None


def test_one_session_in_an_arm_gives_no_interval(path: Path):
    tell(
        path,
        ("2026-03-02 09:01", "main", [(SONNET, OK)], tried("base", "s1", usd="1")),
        ("2026-03-02 09:02", "main", [(HAIKU, OK)], tried("other", "s2", usd="3")),
    )
    listed = rows(path, "experiment_differences")[0]
    assert (listed["measure"], listed["difference"], listed["low"]) == ("list_usd", 2, None)
    assert listed["is_certain"] is None


def made_up(
    name: str, dice: np.random.Generator, sessions: int, cost: float, lift: float
) -> Iterator[dict[str, Any]]:
    """Tasks of one user. Sessions differ in cost and in luck; the other arm costs `cost` times as
    much and passes `lift` more.
    """
    for number in range(sessions):
        session = f"{name}/{number}"
        arm = by_share(Experiment(name=name), drawn(name, session, None)).arm
        is_other = arm == "other"
        size, luck = dice.lognormal(0, 0.4), dice.beta(6, 3)
        for task in range(dice.integers(1, 7)):
            odds = min(luck + lift * is_other, 1)
            yield {
                "call_id": f"{session}/{task}", "session_id": session, "experiment": name,
                "arm": arm, "propensity": 0.5, "asked_at": BEGAN + timedelta(hours=task),
                "list_usd": round(size * dice.lognormal(0, 0.5) * (cost if is_other else 1), 6),
                "outcome": "pass" if dice.random() < odds else "fail",
            }  # fmt: skip


def users(
    path: Path, count: int, sessions: int = 80, cost: float = 1, lift: float = 0
) -> pl.DataFrame:
    """The answers on as many experiments, of users who are alike."""
    dice = np.random.default_rng(11)
    told = [one for n in range(count) for one in made_up(f"u{n}", dice, sessions, cost, lift)]
    frame = pl.DataFrame(told)
    with ledger.writing(path) as db:
        db.register("told", frame)
        db.execute("insert into call_log by name select * exclude (outcome) from told")
        db.execute(
            "insert into task_signals by name select call_id as task_id, session_id, "
            "asked_at as began_at, outcome, true as is_hard from told"
        )
    with ledger.reading(path) as db:
        return ledger.ask(db, "experiment_differences")


def of(found: pl.DataFrame, measure: str) -> pl.DataFrame:
    return found.filter(pl.col("measure") == measure)


def test_a_difference_that_is_not_there_is_seldom_found(path: Path):
    count = 300
    found = users(path, count)
    most = count * 0.05 + 3 * sqrt(count * 0.05 * 0.95)
    assert of(found, "list_usd")["is_certain"].sum() <= most
    assert of(found, "passed")["is_certain"].sum() <= most


def test_a_true_saving_and_a_true_loss_are_found_and_their_size_is_held(path: Path):
    count = 100
    found = users(path, count, sessions=160, cost=0.6, lift=-0.2)
    cheaper, worse = of(found, "list_usd"), of(found, "passed")
    assert (cheaper["high"] < 0).sum() >= 95
    assert (worse["high"] < 0).sum() >= 95
    held = (worse["low"] <= -0.2) & (worse["high"] >= -0.2)
    assert held.sum() >= 90


def test_what_is_still_needed_follows_from_the_share_passed_so_far(path: Path):
    """332 tasks in each arm show a drop of 10 points from 74.4 %, were they independent."""
    dice = np.random.default_rng(3)
    outcomes = ["pass"] * 372 + ["fail"] * 128
    lines = [
        {"call_id": f"c{n}", "session_id": f"s{n}", "experiment": "t",
         "arm": ("base", "other")[n % 2], "asked_at": BEGAN, "list_usd": 1.0, "outcome": outcome}
        for n, outcome in enumerate(dice.permutation(outcomes).tolist())
    ]  # fmt: skip
    with ledger.writing(path) as db:
        db.register("told", pl.DataFrame(lines))
        db.execute("insert into call_log by name select * exclude (outcome) from told")
        db.execute(
            "insert into task_signals by name select call_id as task_id, session_id, "
            "asked_at as began_at, outcome from told"
        )
    found = row(path, "experiment_list", detect=0.1, **MARCH)
    assert found["known_needed"] == pytest.approx(2 * 332, abs=5)
    assert found["tasks_needed"] == found["known_needed"] - 500
    assert row(path, "experiment_list", detect=0.5, **MARCH)["tasks_needed"] == 0
    assert (
        rows(path, "experiment_list", start_at=datetime(2026, 4, 1), end_at=datetime(2026, 5, 1))
        == []
    )
