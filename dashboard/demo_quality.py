"""How the made-up tasks went: as transcripts would have told it, and as people would have said."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import orjson

from collector.reviews import Source
from collector.signals.task import Outcome, Why
from dashboard.demo_work import DemoSession, Wish
from router.call import Kind

PASSES = (Why.TESTS, Why.COMMIT_KEPT, Why.WENT_ON)
FAILS = (Why.TESTS, Why.REVERTED, Why.INTERRUPTED, Why.ASKED_AGAIN)
ODDS_OF_PASS, ODDS_OF_FAIL = (5, 3, 6), (5, 1, 2, 4)
HARD = (Why.TESTS, Why.COMMIT_KEPT, Why.REVERTED)
TOOLS = ("Read", "Edit", "Bash", "Grep", "Write", "Task", "WebFetch")
TOOL_ODDS = (9, 7, 6, 4, 2, 1, 0.5)
IS_KNOWN, IS_REVIEWED = 0.45, 0.12
NOTES = {
    Outcome.PASS: ("Merged without changes.", "Good tests.", None, None),
    Outcome.FAIL: ("Broke the build on main.", "Deleted a test instead of mending it.", None),
}


def tasks(planned: list[DemoSession], seed: int) -> Iterator[dict[str, Any]]:
    """Rows of `task_signals`: one per turn of a person, and one per subagent."""
    dice = Random(seed)
    for session in planned:
        own = [wish for wish in session.wishes if wish.facts.kind is Kind.MAIN]
        begins = [at for at, wish in enumerate(own) if at == 0 or not wish.facts.is_tool_turn]
        for number, (begin, end) in enumerate(pairwise([*begins, len(own)]), start=1):
            yield _task(dice, own[begin:end], number)
        agents: dict[str, list[Wish]] = {}
        for wish in session.wishes:
            if wish.facts.agent_id:
                agents.setdefault(wish.facts.agent_id, []).append(wish)
        for work in agents.values():
            yield _task(dice, work, 1)


def _task(dice: Random, work: list[Wish], number: int) -> dict[str, Any]:
    """A task that fails the likelier, the harder it looks."""
    first = work[0]
    outcome, why = Outcome.UNKNOWN, None
    if dice.random() < IS_KNOWN:
        passes = dice.random() < 0.99 - 0.12 * first.complexity
        outcome = Outcome.PASS if passes else Outcome.FAIL
        known, odds = (PASSES, ODDS_OF_PASS) if passes else (FAILS, ODDS_OF_FAIL)
        [why] = dice.choices(known, odds)
    return {
        "task_id": f"demo-{dice.getrandbits(48):012x}",
        "session_id": first.facts.session_id,
        "agent_id": first.facts.agent_id,
        "task_no": number,
        "began_at": first.asked_at - timedelta(milliseconds=500),
        "ended_at": work[-1].asked_at,
        "outcome": outcome,
        "is_hard": None if why is None else why in HARD,
        "why": why,
        "signals": orjson.dumps(_signals(dice, len(work))).decode(),
        "file": None,
    }


def _signals(dice: Random, calls: int) -> dict[str, Any]:
    used = dice.choices(TOOLS, TOOL_ODDS, k=max(calls - 1, 0))
    tools = {tool: used.count(tool) for tool in TOOLS if tool in used}
    return {"edits": tools.get("Edit", 0), "tests": tools.get("Bash", 0) // 3, "tools": tools}


def reviews(planned: list[DemoSession], seed: int) -> Iterator[dict[str, Any]]:
    """Rows of `reviews`: what people said of some of the sessions, an hour after."""
    dice = Random(seed)
    for session in planned:
        if dice.random() > IS_REVIEWED:
            continue
        outcome = Outcome.PASS if dice.random() < 0.93 else Outcome.FAIL
        yield {
            "session_id": session.session_id,
            "reviewed_at": session.wishes[-1].asked_at + timedelta(hours=1),
            "outcome": outcome,
            "reviewer": dice.choice(("mika", "jo")),
            "note": dice.choice(NOTES[outcome]),
            "source": dice.choice(list(Source)),
        }
