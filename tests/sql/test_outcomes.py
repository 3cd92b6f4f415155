"""One task, one outcome: quality, experiments and replay judge the same story alike."""

from datetime import datetime
from pathlib import Path

import pytest

from collector import ledger
from router.call import Result
from tests.sql.asked import FEBRUARY
from tests.story import HAIKU, SONNET, tell

OK = Result.OK


def worked(path: Path, *at: str, reason: str = "as asked", model: str | None = None) -> list[str]:
    """Calls of session s1 on the third of February, in an experiment."""
    told = {"rule": "default", "trial": ("t", "base", 0.5), "reason": reason}
    on = HAIKU if model == "haiku" else SONNET
    return tell(path, *((f"2026-02-03 {one}", "main", [(on, OK)], told) for one in at))


def signalled(path: Path, at: str, outcome: str, *, is_hard: bool, number: int = 1) -> None:
    began_at = datetime.fromisoformat(f"2026-02-03 {at}")
    task = {
        "task_id": f"task {number}", "session_id": "s1", "task_no": number, "began_at": began_at,
        "ended_at": began_at.replace(minute=59), "outcome": outcome, "is_hard": is_hard,
        "why": "tests" if is_hard else "went on",
    }  # fmt: skip
    with ledger.writing(path) as db:
        ledger.append(db, "task_signals", [task])


def reviewed(path: Path, outcome: str, day: int = 4, **subject: str) -> None:
    with ledger.writing(path) as db:
        known = {"outcome": outcome, "reviewed_at": datetime(2026, 2, day), **subject}
        ledger.append(db, "reviews", [known])


def outcomes(path: Path) -> list[str]:
    """Of each task, oldest first, as all three have it."""
    with ledger.reading(path) as db:
        for name, value in FEBRUARY.items():
            db.execute(f"set variable {name} = $value", {"value": value})
        judged = [
            [outcome for (outcome,) in db.execute(f"{query}").fetchall()]
            for query in (
                "select outcome from period_tasks order by began_at",
                "select outcome from experiment_tasks order by began_at",
            )
        ]
        replayed = ledger.ask(db, "replay_outcomes", **FEBRUARY)["outcome"].to_list()
    assert judged[0] == judged[1]
    assert replayed == [outcome for outcome in judged[0] if outcome != "unknown"]
    return judged[0]


def test_the_review_of_the_latest_call_decides_and_the_latest_review_of_it(path: Path):
    first, second = worked(path, "09:01", "09:02")
    signalled(path, "09:00", "fail", is_hard=True)
    reviewed(path, "pass", call_id=first)
    assert outcomes(path) == ["pass"]
    reviewed(path, "fail", call_id=second)
    assert outcomes(path) == ["fail"]
    reviewed(path, "pass", day=5, call_id=second)
    assert outcomes(path) == ["pass"]


def test_the_review_of_a_session_decides_its_last_task_alone_even_over_tests(path: Path):
    worked(path, "09:01", "10:01")
    signalled(path, "09:00", "pass", is_hard=True)
    signalled(path, "10:00", "pass", is_hard=True, number=2)
    reviewed(path, "fail", session_id="s1")
    assert outcomes(path) == ["pass", "fail"]


def test_the_review_of_a_call_outranks_that_of_its_session(path: Path):
    [call] = worked(path, "09:01")
    signalled(path, "09:00", "fail", is_hard=True)
    reviewed(path, "fail", session_id="s1")
    reviewed(path, "pass", call_id=call)
    assert outcomes(path) == ["pass"]


@pytest.mark.parametrize(("is_hard", "outcome"), [(True, "pass"), (False, "fail")])
def test_an_escalation_outranks_what_was_said_next_but_no_test(
    path: Path, is_hard: bool, outcome: str
):
    worked(path, "09:01", reason="escalated: two failed tests in a row")
    signalled(path, "09:00", "pass", is_hard=is_hard)
    assert outcomes(path) == [outcome]


def test_what_nobody_tells_is_unknown(path: Path):
    worked(path, "09:01")
    signalled(path, "09:00", "unknown", is_hard=False)
    assert outcomes(path) == ["unknown"]


def test_of_two_models_with_as_many_calls_the_one_that_came_first_did_the_task(path: Path):
    worked(path, "09:01", "09:04", model="sonnet")
    worked(path, "09:02", "09:03", model="haiku")
    signalled(path, "09:00", "pass", is_hard=True)
    with ledger.reading(path) as db:
        told = {ledger.ask(db, "replay_outcomes", **FEBRUARY)["model"].item() for _ in range(5)}
    assert told == {"claude-sonnet-4-5"}
