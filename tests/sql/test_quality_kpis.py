"""How well tasks went, on stories short enough to count by hand."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collector import ledger
from router.call import Result
from tests.sql.asked import row, rows
from tests.story import HAIKU, OPUS, SONNET, tell

OK = Result.OK
DAY = datetime(2026, 2, 3)


def judge(path: Path, *verdicts: tuple[str, str, str | None], session: str = "s1") -> None:
    """Tasks of a session as transcripts tell them: time, outcome and what decided it."""
    told = [
        {
            "task_id": f"{session}-{at}",
            "session_id": session,
            "task_no": number,
            "began_at": datetime.fromisoformat(f"2026-02-03 {at}"),
            "ended_at": datetime.fromisoformat(f"2026-02-03 {at}"),
            "outcome": outcome,
            "is_hard": None if why is None else why in ("tests", "commit kept"),
            "why": why,
        }
        for number, (at, outcome, why) in enumerate(verdicts, start=1)
    ]
    with ledger.writing(path) as db:
        ledger.append(db, "task_signals", told)


def review(path: Path, outcome: str, **subject: str) -> None:
    with ledger.writing(path) as db:
        known = {"outcome": outcome, "reviewed_at": DAY, "source": "cli", **subject}
        ledger.append(db, "reviews", [known])


def overall(path: Path, **variables: Any) -> dict[str, Any]:
    return rows(path, "quality", **variables)[0]


def test_without_an_outcome_nothing_is_claimed(path: Path):
    tell(path, ("2026-02-03 09:00", "main", [(SONNET, OK)]))
    told = overall(path)
    assert (told["model"], told["tasks"], told["known_tasks"]) == ("all", 1, 0)
    assert (told["coverage"], told["pass_share"], told["pass_low"], told["to_opus"]) == (
        0, None, None, None,
    )  # fmt: skip


def test_an_empty_ledger_has_no_tasks(path: Path):
    ledger.migrate(path)
    assert row(path, "quality")["tasks"] == 0


def test_outcomes_are_counted_by_the_model_that_the_task_began_on(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(SONNET, OK)]),
        ("2026-02-03 09:01", "main", [(OPUS, OK)]),
        ("2026-02-03 10:00", "main", [(SONNET, OK)]),
        ("2026-02-03 11:00", "main", [(OPUS, OK)]),
        ("2026-02-03 11:01", "title", [(HAIKU, OK)]),
    )
    judge(
        path,
        ("08:59", "pass", "tests"),
        ("09:59", "fail", "asked again"),
        ("10:59", "unknown", None),
    )
    told = {one["model"]: one for one in rows(path, "quality")}
    assert [told["all"][name] for name in ("tasks", "known_tasks", "hard_tasks")] == [3, 2, 1]
    assert told["claude-sonnet-4-5"]["pass_share"] == 0.5
    assert told["claude-opus-4-6"]["pass_share"] is None
    assert "claude-haiku-4-5" not in told


def test_the_interval_is_wilsons(path: Path):
    lines = [(f"2026-02-03 09:{n:02}", "main", [(SONNET, OK)]) for n in range(1, 11)]
    tell(path, *lines)
    judge(path, *((f"09:{n:02}", "pass" if n <= 8 else "fail", "tests") for n in range(1, 11)))
    told = overall(path)
    assert (told["pass_low"], told["pass_high"]) == (
        pytest.approx(0.4902, abs=0.0002),
        pytest.approx(0.9433, abs=0.0002),
    )


def test_a_review_of_a_session_speaks_of_its_last_task_and_outranks_tests(path: Path):
    first, last = tell(
        path,
        ("2026-02-03 09:00", "main", [(SONNET, OK)]),
        ("2026-02-03 10:00", "main", [(SONNET, OK)]),
    )
    judge(path, ("08:59", "pass", "tests"), ("09:59", "pass", "tests"))
    review(path, "fail", session_id="s1")
    assert overall(path)["passed_tasks"] == 1
    review(path, "fail", call_id=first)
    assert overall(path)["passed_tasks"] == 0
    review(path, "pass", call_id=last)
    assert overall(path)["passed_tasks"] == 1


def test_a_forked_sessions_copies_of_tasks_count_once(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(SONNET, OK)]),
        ("2026-02-03 10:00", "main", [(SONNET, OK)], {"session": "s2"}),
    )
    judge(path, ("08:59", "pass", "tests"))
    judge(path, ("08:59", "fail", "tests"), ("09:59", "pass", "tests"), session="s2")
    with ledger.writing(path) as db:
        db.execute("update task_signals set task_id = 'same' where began_at = '2026-02-03 08:59'")
        db.execute("insert into session_facts (session_id, is_fork) values ('s2', true)")
    told = overall(path)
    assert (told["tasks"], told["passed_tasks"]) == (2, 2)


def test_without_a_transcript_the_gate_sees_complaints_and_answers_cut_short(path: Path):
    routed = {"rule": "default"}
    calls = tell(
        path,
        *((f"2026-02-03 {hour:02}:00", "main", [(SONNET, OK)], routed) for hour in (8, 9, 10, 11)),
    )
    with ledger.writing(path) as db:
        db.execute("update call_log set is_reask = true where call_id = ?", [calls[1]])
        db.execute("update call_log set stop_reason = 'max_tokens' where call_id = ?", [calls[2]])
    told = overall(path)
    # One was complained of, one went on, one was cut, and of the last nothing is known.
    assert [told[name] for name in ("tasks", "known_tasks", "passed_tasks", "hard_tasks")] == [
        4, 3, 1, 0,
    ]  # fmt: skip


def test_a_model_is_compared_with_opus_on_work_as_difficult_or_not_at_all(path: Path):
    """Opus gets the hard work and passes less of it; on easy work it would have passed all."""
    lines, verdicts = [], []
    for n in range(30):
        target, hard = (OPUS, True) if n < 10 else (OPUS, False) if n < 20 else (HAIKU, False)
        told = {"rule": "default", "complexity": 0.9 if hard else 0.1}
        lines.append((f"2026-02-03 09:{n:02}:30", "main", [(target, OK)], told))
        failed = (hard and n % 2) or (target is HAIKU and n % 5 == 0)
        verdicts.append((f"09:{n:02}", "fail" if failed else "pass", "tests"))
    tell(path, *lines)
    judge(path, *verdicts)
    told = {one["model"]: one for one in rows(path, "quality")}
    assert told["claude-opus-4-6"]["pass_share"] == 0.75
    assert told["claude-haiku-4-5"]["pass_share"] == 0.8
    assert told["claude-haiku-4-5"]["to_opus"] == pytest.approx(0.8)
    with ledger.writing(path) as db:
        db.execute("update call_log set complexity = 0.9 where answered_model like '%opus%'")
    told = {one["model"]: one for one in rows(path, "quality")}
    assert told["claude-haiku-4-5"]["to_opus"] is None


def test_filters_narrow_the_tasks(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(SONNET, OK)]),
        ("2026-02-03 10:00", "main", [(SONNET, OK)], {"session": "s2", "project": "blog"}),
    )
    judge(path, ("08:59", "pass", "tests"))
    judge(path, ("09:59", "fail", "tests"), session="s2")
    assert overall(path, project="shop")["pass_share"] == 1
    assert overall(path, project="blog")["pass_share"] == 0
