"""`faregate tune`: what it says of too few tasks, of noise, and of a user who differs."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from typer.testing import CliRunner

from collector import learning_tasks, ledger, live_weights
from collector.files import ledger_file
from collector.live_weights import LiveWeights
from dashboard.cli import app
from router.complexity import weights_of
from router.learning import Labelled, points, reweighted
from tests.router.test_gain import EASY, HARD, speaking
from tests.router.test_learning import KNOWN, PRIOR, user

MODELS = ("claude-haiku-4-5", "claude-opus-4-6")


def told(folder: Path, tasks: Sequence[Labelled]) -> None:
    """The tasks as a gate and their transcripts would have left them in the ledger."""
    rows = [
        {"call_id": f"c{n}", "session_id": task.session, "asked_at": task.began_at, "kind": "main",
         "result": "ok", "answered_model": MODELS[task.is_strong],
         "task": task.task, "complexity": 0.5, "list_usd": task.usd, "rule": "default",
         "terms": json.dumps({k: KNOWN[k] * v for k, v in task.amounts.items()} | {"bias": -1.7}),
         "outcome": "pass" if task.passed else "fail"}
        for n, task in enumerate(tasks)
    ]  # fmt: skip
    with ledger.writing(ledger_file(folder)) as db:
        db.register("told", pl.DataFrame(rows))
        db.execute("insert into call_log by name select * exclude (outcome) from told")
        db.execute(
            "insert into task_signals by name select call_id as task_id, session_id, outcome, "
            "asked_at as began_at, asked_at as ended_at, true as is_hard, 'test' as why from told"
        )


def tune(folder: Path, *options: str) -> Any:
    environ = {"FAREGATE_DATA": str(folder), "CLAUDE_CONFIG_DIR": str(folder / "claude")}
    return CliRunner().invoke(app, ["tune", *options], env=environ)


def test_too_few_tasks_are_said_with_how_many_there_are(tmp_path: Path):
    told(tmp_path, user(1, 12))
    found = tune(tmp_path)
    assert found.exit_code == 0
    assert "12 tasks have a known outcome; 300 are needed" in found.output
    assert tune(tmp_path, "--apply").exit_code == 1
    assert not (tmp_path / live_weights.FITTED).exists()


def test_an_empty_ledger_has_no_tasks(tmp_path: Path):
    assert "0 tasks have a known outcome" in tune(tmp_path).output


def test_better_weights_are_applied_kept_and_taken_back(tmp_path: Path):
    told(tmp_path, user(3))
    live = LiveWeights(tmp_path)
    assert live.now == PRIOR
    found = tune(tmp_path, "--apply", "--json")
    assert found.exit_code == 0, found.output
    said = json.loads(found.output)
    assert said["beats_rules"]["weights"]
    assert said["scores"]["weights"]["low"] > said["scores"]["rules"]["apgr"]
    assert live.now.version == said["applied"]
    assert points(live.now)["files"] == pytest.approx(said["weights"]["files"], abs=1e-5)
    assert live_weights.of_version(tmp_path, said["applied"]) == live.now
    assert said["best"] in ("weights", "gain model")
    assert "the built-in weights are in force" in tune(tmp_path, "--reset").output
    assert live.now == PRIOR
    assert "already" in tune(tmp_path, "--reset").output


def spoken(folder: Path, tasks: Sequence[Labelled]) -> None:
    """What was said in each session, as its transcript has it."""
    projects = folder / "claude" / "projects" / "shop"
    projects.mkdir(parents=True)
    for task in tasks:
        line = {
            "type": "user",
            "timestamp": f"{task.began_at.isoformat()}Z",
            "message": {"content": task.text},
        }
        with (projects / f"{task.session}.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")


def test_a_better_gain_model_is_applied_and_taken_back_and_keeps_no_word(tmp_path: Path):
    tasks = speaking(1)
    told(tmp_path, tasks)
    spoken(tmp_path, tasks)
    live = LiveWeights(tmp_path)
    found = tune(tmp_path, "--apply", "--json")
    assert found.exit_code == 0, found.output
    said = json.loads(found.output)
    assert (said["best"], said["beats_rules"]["weights"]) == ("gain model", False)
    assert live.now.version == said["applied"]
    assert live.now.gain
    assert points(live.now) == points(PRIOR)
    assert live.now.gain.of({}, HARD) > live.now.gain.of({}, EASY) + 0.3
    kept = [tmp_path / live_weights.FITTED, *(tmp_path / live_weights.KEPT).iterdir()]
    assert [file.name for file in kept if b"ledger" in file.read_bytes()] == []
    (tmp_path / live_weights.FITTED).write_text(
        (tmp_path / live_weights.FITTED).read_text().replace('words = "', 'words = "!')
    )
    os.utime(tmp_path / live_weights.FITTED, ns=(time.time_ns(), time.time_ns()))
    assert live.now.version == said["applied"]
    assert str(live.fault).startswith("weights.toml: ")
    assert "the built-in weights are in force" in tune(tmp_path, "--reset").output
    assert live.now == PRIOR


def test_a_bad_file_keeps_the_old_weights_and_is_named(tmp_path: Path):
    new = reweighted(PRIOR, {**KNOWN, "files": 0.5}, -1.0)
    version = live_weights.put(tmp_path, new)
    live = LiveWeights(tmp_path)
    assert (live.now.version, points(live.now)["files"], live.now.bias) == (version, 0.5, -1.0)
    for text in (
        "bias = ",
        "bias = 1\nordinary = 1\n[terms]\nnothing = 2\n[groups]\n",
        "bias = 'x'",
        "bias = nan\nordinary = 1\n[terms]\n[groups]\n",
    ):
        (tmp_path / live_weights.FITTED).write_text(text)
        os.utime(tmp_path / live_weights.FITTED, ns=(time.time_ns(), time.time_ns()))
        assert live.now.version == version
        assert str(live.fault).startswith("weights.toml: ")


def test_options_that_exclude_each_other_are_refused(tmp_path: Path):
    found = tune(tmp_path, "--apply", "--reset")
    assert "exclude each other" in str(found.exception)


def test_words_come_from_kept_prompts_else_from_transcripts_and_are_stored_nowhere(tmp_path: Path):
    tasks = user(4, 7)
    told(tmp_path, tasks)
    day = tmp_path / "bodies" / "2026-03-02"
    day.mkdir(parents=True)
    body = {"messages": [{"role": "user", "content": "the kept words"}]}
    (day / "c0.asked.zst").write_bytes(zstandard.compress(json.dumps(body).encode()))
    lines = [
        {
            "type": "user",
            "timestamp": "2026-03-02T00:00:00Z",
            "message": {"content": "older words"},
        },
        {
            "type": "user",
            "timestamp": "2026-03-02T02:00:00Z",
            "message": {"content": "直してください"},
        },
        {"type": "user", "timestamp": "no time", "message": {"content": "?"}},
    ]
    file = tmp_path / "claude" / "projects" / "shop" / "s0.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(map(json.dumps, lines)) + "\n{broken\n")
    with ledger.reading(ledger_file(tmp_path)) as db:
        found = learning_tasks.tasks(db, tmp_path, tmp_path / "claude")
    assert [task.text for task in found] == [
        "the kept words", "older words", *["直してください"] * 4, None
    ]  # fmt: skip
    assert found[0].amounts == pytest.approx(tasks[0].amounts, rel=1e-3)
    kept = {file.name for file in tmp_path.rglob("*") if b"the kept words" in _read(file)}
    assert kept <= {"c0.asked.zst"}


def _read(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def test_a_model_is_strong_by_where_there_is_enough_on_both_sides():
    opus, sonnet, haiku = "claude-opus-4-6", "claude-sonnet-4-5", "claude-haiku-4-5"
    assert learning_tasks.strongest([opus] * 40 + [haiku] * 40) == 3
    assert learning_tasks.strongest([opus] * 3 + [sonnet] * 40 + [haiku] * 40) == 2
    assert learning_tasks.strongest([haiku] * 40 + ["qwen3"] * 40) == 1


def test_fitted_weights_are_said_with_the_score():
    weights = weights_of(live_weights.BUILT_IN.read_text(), "x", "abc")
    assert weights.version == "abc"
