"""A gate that tries two policies: what each session gets, what is kept of it, and how it ends."""

import json
import time
from pathlib import Path
from typing import Any

import httpx

from collector import known, ledger, prices
from collector.files import ledger_file
from collector.live_policy import LivePolicy
from collector.summing import summed_up
from router.call import Result
from router.experiment_stop import Arm
from tests.collector.routed import OWN_KEY, POLICY, Routed, routed_gate, task
from tests.collector.test_known import NOW
from tests.running import running_gate
from tests.story import SONNET, tell

TRIAL = """
[experiment]
name = "local-first"
[experiment.overrides.routes]
default = ["ollama/qwen3-coder:30b"]
"""
ANTHROPIC, LOCAL = "anthropic/claude-sonnet-4-5", "ollama/qwen3-coder:30b"
SESSIONS = [f"9a3d0000-0000-4000-8000-{number:012d}" for number in range(12)]


def targets(routed: Routed) -> dict[str, str]:
    """Where a call of each session goes."""
    answers = {one: routed.ask(task(), x_claude_code_session_id=one) for one in SESSIONS}
    return {one: answer.headers["x-faregate-target"] for one, answer in answers.items()}


def test_sessions_are_split_kept_and_written_down_also_across_a_restart(tmp_path: Path):
    folder = tmp_path / "data"
    with routed_gate(folder, ANTHROPIC, more=TRIAL) as routed:
        went = targets(routed)
        assert set(went.values()) == {ANTHROPIC, LOCAL}
        rows = routed.last(len(SESSIONS))
        arms = {row["session_id"]: row["arm"] for row in rows}
        assert {one: LOCAL if arms[one] == "other" else ANTHROPIC for one in SESSIONS} == went
        assert {(row["experiment"], row["propensity"]) for row in rows} == {("local-first", 0.5)}
        assert all(row["reason"].endswith(f"local-first: {row['arm']}") for row in rows)
        kept = routed.gate.rows("select policy_version from policy_log")
        assert {row["policy_version"] for row in rows} == {row["policy_version"] for row in kept}
        routed.gate.stop()
        environ = {"ANTHROPIC_API_KEY": OWN_KEY}
        with running_gate(routed.anthropic.url, folder, **environ) as routed.gate:
            assert targets(routed) == went


def test_an_experiment_that_is_over_takes_in_no_new_session(tmp_path: Path):
    trial = TRIAL + "[experiment.stop]\ntasks = 1\n"
    with routed_gate(tmp_path / "data", ANTHROPIC, more=trial) as routed:
        targets(routed)
        give_up_at = time.monotonic() + 60
        while not (over := trying(routed)) and time.monotonic() < give_up_at:
            routed.ask(task(), x_claude_code_session_id=SESSIONS[0])
            time.sleep(0.3)
        assert over == {"rule": "tasks", "value": 1}
        new = "9a3d0000-0000-4000-8000-1000000000"
        for number in range(10):
            answer = routed.ask(task(), x_claude_code_session_id=f"{new}{number:02d}")
            assert answer.headers["x-faregate-target"] == ANTHROPIC
            assert "experiment" not in answer.headers["x-faregate-reason"]


def trying(routed: Routed) -> Any:
    found = httpx.get(f"{routed.gate.url}/faregate/status").json()
    [one] = found["routing"]["experiments"]
    return one["over"]


def test_another_policy_can_be_named_by_file_and_a_wrong_one_keeps_the_old_in_force(
    tmp_path: Path,
):
    text = POLICY.format(
        local="http://127.0.0.1:1", chat="http://127.0.0.1:2", more="", default=["ollama/x"]
    )
    text = text.replace("'", '"')
    (tmp_path / "policy.toml").write_text(
        text + '[experiment]\nname = "t"\npolicy = "second.toml"\n'
    )
    live = LivePolicy(tmp_path)
    assert "experiment.policy: 'second.toml' is no preset" in str(live.fault)
    assert not live.now.routes
    (tmp_path / "second.toml").write_text(text.replace("ollama/x", "ollama/y"))
    live = LivePolicy(tmp_path)
    assert live.fault is None
    base, other = live.routing()[:2]
    assert (base.routes["default"], other.routes["default"]) == (("ollama/x",), ("ollama/y",))
    assert other.experiment is None


def test_the_gate_is_told_how_far_an_experiment_has_come(tmp_path: Path):
    policy = POLICY.format(
        local="http://127.0.0.1:1", chat="http://127.0.0.1:2", more=TRIAL, default=["ollama/x"]
    )
    (tmp_path / "policy.toml").write_text(policy.replace("'", '"'))
    lines = [
        (f"2026-11-2{day} 09:00", "main", [(SONNET, Result.OK)],
         {"session": f"s{day}", "rule": "default", "trial": ("local-first", arm, 0.5)})
        for day, arm in ((1, "base"), (2, "other"), (3, "other"))
    ]  # fmt: skip
    tell(ledger_file(tmp_path), *lines)
    with ledger.writing(ledger_file(tmp_path)) as db:
        book = prices.fresh_book(db, tmp_path, "claude-opus-4-6")
        told = summed_up(db, book, LivePolicy(tmp_path).routing(), NOW)
    known.write(tmp_path, told)
    assert known.read(tmp_path) == told
    progress = told.progress["local-first"]
    assert progress.began_at.day == 21
    assert (progress.base, progress.other) == (Arm(tasks=1), Arm(tasks=2))
    said = json.loads((tmp_path / known.NAME).read_text())
    del said["progress"]
    (tmp_path / known.NAME).write_text(json.dumps(said))
    assert known.read(tmp_path).progress == {}  # type: ignore[union-attr]
