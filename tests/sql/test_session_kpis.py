"""One session's agents as a tree, whatever order they are told in."""

from pathlib import Path

from collector import ledger
from router.call import Result
from tests.sql.asked import row, rows
from tests.story import OPUS, SONNET, tell

OK = Result.OK


def test_agents_stand_below_the_one_that_started_them(path: Path):
    _, outer, inner, other = tell(
        path,
        ("2026-02-03 09:00", "main", [(OPUS, OK)], {"usd": "1"}),
        ("2026-02-03 09:01", "subagent", [(SONNET, OK)], {"usd": "2"}),
        ("2026-02-03 09:02", "subagent", [(SONNET, OK)], {"usd": "3"}),
        ("2026-02-03 09:03", "subagent", [(SONNET, OK)], {"usd": "4"}),
    )
    with ledger.writing(path) as db:
        for call, agent, parent in ((outer, "a1", None), (inner, "a2", "a1"), (other, "a3", None)):
            db.execute(
                "update call_log set agent_id = ?, parent_agent_id = ? where call_id = ?",
                [agent, parent, call],
            )
    found = rows(path, "session_agents", session="s1")
    assert [(one["agent_id"], one["depth"], one["list_usd"]) for one in found] == [
        ("", 0, 1), ("a1", 1, 2), ("a2", 2, 3), ("a3", 1, 4),
    ]  # fmt: skip
    assert row(path, "one_session", session="s1")["agents"] == 3


def test_time_between_turns_is_from_an_answer_to_the_next_question(path: Path):
    tell(
        path,
        ("2026-02-03 09:00:00", "main", [(OPUS, OK)]),
        ("2026-02-03 09:10:01.2", "main", [(OPUS, OK)]),
    )
    first, second = rows(path, "session_turns", session="s1")
    assert (first["gap_s"], second["gap_s"]) == (None, 600)


def test_no_session_is_no_rows(path: Path):
    tell(path, ("2026-02-03 09:00", "main", [(OPUS, OK)]))
    assert rows(path, "one_session", session="s9") == []
    assert rows(path, "session_agents", session="s9") == []
