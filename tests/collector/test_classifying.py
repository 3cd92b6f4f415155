"""The small model's word: asked where the score is in doubt, within its time, on the record."""

import json
import time
from pathlib import Path

import pytest

from tests.collector.routed import OPUS, Routed, routed_gate, task
from tests.collector.test_routing import new_session
from tests.fakes.reply import Reply, refuses, says

DOUBT = """
[[rules]]
name = "hard"
when = "complexity >= complex_at"
route = "hard"
[thresholds]
moderate_at = 0.35
complex_at = 0.5
[classifier]
target = "ollama/qwen3-coder:30b"
margin = 0.5
timeout_ms = 400
"""


def ask(folder: Path, reply: Reply, body: bytes | None = None) -> tuple[Routed, dict[str, object]]:
    with routed_gate(folder, more=DOUBT) as routed:
        text = (routed.gate.folder / "policy.toml").read_text()
        routes = '[routes]\nhard = ["openrouter/qwen/qwen3-coder:free", "max/asked"]\n'
        (routed.gate.folder / "policy.toml").write_text(text.replace("[routes]\n", routes))
        time.sleep(1.2)
        routed.local.enqueue(reply)
        answer = routed.ask(body or task(), x_claude_code_session_id=new_session())
        assert answer.status_code == 200
        routed.last(1)
        rows = routed.gate.rows_when("select * from call_log order by asked_at", len)
        [call] = [row for row in rows if row["call_id"].startswith("call_")]
        call["asked_rows"] = [row for row in rows if row["call_id"].startswith("ask_")]
        return routed, call


def test_its_word_decides_and_is_a_term_of_the_score(tmp_path: Path):
    routed, call = ask(tmp_path / "data", says("complex"))
    [question] = routed.local.calls
    assert question.json["max_tokens"] <= 16
    assert "<request>" in question.json["messages"][0]["content"]
    assert call["rule"] == "hard"
    assert call["provider"] == "openrouter"
    assert "classifier" in json.loads(str(call["terms"]))
    assert call["complexity"] == pytest.approx(0.75)


def test_its_cost_is_on_the_record(tmp_path: Path):
    _, call = ask(tmp_path / "data", says("simple"))
    rows = call["asked_rows"]
    assert isinstance(rows, list)
    [row] = rows
    assert (row["provider"], row["kind"], row["result"]) == ("ollama", "other", "ok")
    assert row["input_tokens"] > 0
    assert row["reason"] == "asked how hard a call is"


@pytest.mark.parametrize("reply", [says("complex").but(head_s=3), refuses(500), says("no idea")])
def test_without_its_word_the_score_stands(tmp_path: Path, reply: Reply):
    _, call = ask(tmp_path / "data", reply)
    assert (call["rule"], call["provider"]) == ("default", "max")
    assert call["asked_model"] == OPUS
    assert "classifier" not in json.loads(str(call["terms"]))


def test_a_tool_turn_is_never_asked_about(tmp_path: Path):
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}
    used = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}
    messages = [
        {"role": "user", "content": "please refactor the storage layer"},
        {"role": "assistant", "content": [used]},
        {"role": "user", "content": [result]},
    ]
    routed, call = ask(tmp_path / "data", says("complex"), task(messages=messages))
    assert not [seen for seen in routed.local.calls if seen.json["max_tokens"] == 16]
    assert call["is_tool_turn"]
