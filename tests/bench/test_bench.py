"""The benchmark's own parts; how long anything takes is not tested."""

import asyncio
from pathlib import Path

import orjson
import pytest

from collector.files import ROOT
from tests.bench import month, page, queries, relay
from tests.bench.asked import NUMBER, Question, body_of_size
from tests.bench.field import DIRECT, Field, Runner, upstream
from tests.bench.load import Target, ask_many
from tests.running import running_gate


@pytest.mark.parametrize("size", [14_000, 100_000, 400_000])
def test_a_question_has_the_size_asked_for_and_one_number(size):
    body = body_of_size(size)
    assert abs(len(body) - size) < 1000
    assert body.count(NUMBER) == 1
    assert orjson.loads(body)["stream"] is True


def test_the_first_byte_of_an_answer_comes_long_before_its_last():
    with upstream() as port:
        Field(port).pace(10)
        took = asyncio.run(ask_many(Target(port, "key"), Question(14_000), 3, streams=2))
    assert len(took) == 3
    assert all(one.ttfb_ms < one.total_ms for one in took)


def test_calls_through_a_gate_are_all_recorded(tmp_path):
    with upstream() as port, running_gate(f"http://127.0.0.1:{port}", tmp_path / "data") as gate:
        asyncio.run(ask_many(Target(gate.port, "key"), Question(14_000), 6, streams=2))
        rows = gate.calls(6)
    assert {(row["result"], row["output_tokens"]) for row in rows} == {("ok", 90)}
    assert len({row["request_id"] for row in rows}) == 6


@pytest.mark.parametrize("page", queries.PAGES)
def test_the_questions_of_a_page_are_known(page):
    asked = queries.questions(page)
    assert set(queries.ASKED_TWICE.get(page, ())) < set(asked)
    assert all((ROOT / "sql" / "kpi" / f"{name}.sql").exists() for name in asked)


def test_a_session_that_keeps_its_model_pays_less_than_one_that_jumps(tmp_path):
    months = month.replays(tmp_path)
    asked, kept, jumping = (months[name] for name in ("as asked", "per session", "per call"))
    assert asked.calls == kept.calls == jumping.calls > 5000
    assert asked.switches == 0 < kept.switches < jumping.switches
    assert kept.usd < jumping.usd < asked.usd


def test_what_a_runner_adds_is_told_round_by_round():
    played = [relay.Round(ttfb_ms=t, ttfb_p95_ms=t, total_ms=t, per_s=1, cpu_ms=1) for t in (9, 4)]
    direct = [relay.Round(ttfb_ms=t, ttfb_p95_ms=t, total_ms=t, per_s=1, cpu_ms=1) for t in (5, 2)]
    assert relay.added_ms(played, direct, "ttfb_ms") == 3
    assert Runner(DIRECT, Target(1, "")).cpu_ms() == 0


def test_a_part_measured_anew_leaves_the_others_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    text = page.PAGE.read_text()
    monkeypatch.setattr(page, "PAGE", tmp_path / "bench.md")
    page.PAGE.write_text(text)
    page.keep("routing", "## Routing\n\nMeasured anew.")
    told = page.PAGE.read_text()
    before, after = (one.partition("## Routing")[0] for one in (text, told))
    assert before == after
    assert told.endswith("## Memory" + text.partition("## Memory")[2])
    page.keep("routing", "## Routing" + text.partition("## Routing")[2].partition("\n\n## ")[0])
    assert page.PAGE.read_text() == text
