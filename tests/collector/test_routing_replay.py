"""What was logged of a decision is enough to make it again; and cash stays within its budget."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from collector import ledger
from collector.files import ledger_file
from router.policy_check import load
from router.rules import SCHEMA, first_rules
from tests.asking import body_of
from tests.collector.routed import Routed, routed_gate, task
from tests.collector.test_routing import new_session
from tests.fakes.reply import says

RULES = """
[[rules]]
name = "long"
when = "input_tokens > 2000 and tools > 0"
route = "default"
[[rules]]
name = "hard or japanese"
when = "task in ('design', 'bug_fix') or complexity >= complex_at"
route = "default"
"""
TEXTS = (
    "hi",
    "please design a distributed queue with exactly-once delivery",
    "fix the failing test in tests/test_a.py: Traceback (most recent call last)",
    "全体のアーキテクチャを設計してください",
    "word " * 3000,
)


def test_the_ledger_replayed_under_its_own_policy_changes_nothing(tmp_path: Path):
    with routed_gate(tmp_path / "data", more=RULES) as routed:
        for text in TEXTS:
            routed.ask(task(text), x_claude_code_session_id=new_session())
            routed.ask(body_of(text, tools=None), x_claude_code_session_id=new_session())
        routed.last(2 * len(TEXTS))
        with ledger.reading(ledger_file(routed.gate.folder)) as db:
            frame = db.sql("select * from facts order by asked_at").pl()
            [(text,)] = db.execute("select text from policy_log").fetchall()
    rules = load(text)
    asked = frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    replayed = [rules.rules[index].name for index in first_rules(rules, asked)]
    assert len(set(replayed)) >= 3
    assert replayed == frame["rule"].to_list()


def parallel(routed: Routed, count: int) -> list[str]:
    with ThreadPoolExecutor(count) as pool:
        asked = [
            pool.submit(routed.ask, task(), x_claude_code_session_id=new_session())
            for _ in range(count)
        ]
        return [one.result().headers["x-faregate-target"] for one in asked]


def test_ten_parallel_streams_overshoot_a_budget_by_no_more_than_they_reserved(tmp_path: Path):
    """A cold call with a long answer may cost about 12 cents at Sonnet's prices."""
    budget = '[budget]\nusd = 0.50\ndays = 30\non_hard = "local"\n'
    chain = ("anthropic/claude-sonnet-4-5", "ollama/qwen3-coder:30b")
    with routed_gate(tmp_path / "data", *chain, more=budget) as routed:
        routed.anthropic.respond = lambda seen: says("slowly " * 20, gap_s=0.05)
        targets = parallel(routed, 10)
        paid = targets.count("anthropic/claude-sonnet-4-5")
        assert 1 <= paid <= 4
        assert paid + targets.count("ollama/qwen3-coder:30b") == 10
        reasons = [call["reason"] for call in routed.last(10)]
        assert len(reasons) == 10
        [row] = routed.gate.rows("select sum(cost_usd) as usd from attempts where bill = 'cash'")
        assert row["usd"] < 0.50
