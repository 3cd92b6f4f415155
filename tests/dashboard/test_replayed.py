"""A ledger that a real gate wrote, replayed under the policy that was in force."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector import ledger
from collector.files import ledger_file
from dashboard import replayed
from router.policy_check import load
from router.replay import Assumptions, Scenario, replay
from tests.asking import body_of
from tests.collector.routed import Routed, routed_gate, task
from tests.collector.test_routing import new_session
from tests.collector.test_routing_replay import RULES, TEXTS


def ask_all(routed: Routed) -> int:
    """Three turns of one session, then sessions of one turn, with and without tools."""
    session = new_session()
    for text in TEXTS[:3]:
        routed.ask(task(text), x_claude_code_session_id=session)
    for text in TEXTS:
        routed.ask(task(text), x_claude_code_session_id=new_session())
        routed.ask(body_of(text, tools=None), x_claude_code_session_id=new_session())
    return 3 + 2 * len(TEXTS)


def test_the_policy_in_force_gives_the_targets_and_the_cost_that_were_logged(tmp_path: Path):
    with routed_gate(tmp_path / "data", more=RULES) as routed:
        count = ask_all(routed)
        routed.last(count)
        folder = routed.gate.folder
        with ledger.reading(ledger_file(folder)) as db:
            [(text,)] = db.execute("select text from policy_log").fetchall()
        now = datetime.now(UTC).replace(tzinfo=None)
        history = replayed.history(folder, now - timedelta(days=1), now + timedelta(hours=1))
    asked = Scenario(name="in force", rules=load(text), assumptions=Assumptions.list_price())
    told = replay(history, asked)
    assert told.basis.calls == count
    assert told.calls["target"].to_list() == told.calls["logged"].to_list()
    assert told.calls["observed"].all()
    logged = replay(history, Scenario(name="as logged"))
    assert told.calls["list_usd"].to_list() == logged.calls["list_usd"].to_list()
    assert told.period["list_usd"] == pytest.approx(logged.period["list_usd"])
    assert replayed.presets().keys() >= {"as_logged", "all_opus", "api_routing"}
