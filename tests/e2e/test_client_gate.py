"""The real client with the gate and without: nobody may tell the difference, but the ledger."""

import os
import signal

import pytest

from tests.e2e.gate import Gate, Row
from tests.e2e.scenarios import SCENARIOS
from tests.e2e.ways import Played, Way, play, through, without_gate
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.kinds import kind_of
from tests.fakes.reply import Spent, says
from tests.fakes.wire import Seen

HOP = {"host", "connection", "x-client-request-id"}  # differ without harm
CASES = [
    pytest.param(scenario, way, id=f"{scenario.name}, {way}")
    for scenario in SCENARIOS
    for way in (Way if scenario.both_ways else (Way.BASE_URL,))
]
SPENT = Spent(
    input_tokens=11,
    cache_write_5m_tokens=22,
    cache_write_1h_tokens=33,
    cache_read_tokens=44,
    output_tokens=55,
)


def header_list(seen: Seen) -> list[tuple[str, str]]:
    return [(name, value) for name, value in seen.headers if name.lower() not in HOP]


def model_calls(gate: Gate, fake: FakeAnthropic) -> list[Row]:
    return [row for row in gate.calls(len(fake.seen)) if row["kind"] != "probe"]


def compare_wires(direct: Played, gated: Played) -> None:
    assert [seen.path for seen in gated.calls] == [seen.path for seen in direct.calls]
    assert [seen.body for seen in gated.calls] == [seen.body for seen in direct.calls]
    for ours, theirs in zip(gated.calls, direct.calls, strict=True):
        assert header_list(ours) == header_list(theirs)


@pytest.mark.parametrize(("scenario", "way"), CASES)
def test_with_the_gate_a_turn_ends_as_without_it(scenario, way, client, fake, gate):
    with without_gate(way) as (other_fake, settings):
        direct = play(scenario, client, other_fake, settings)
    gated = play(scenario, client, fake, through(way, gate))
    rows = gate.calls(len(fake.seen))
    assert (gated.outcome.exit_code, gated.said) == (direct.outcome.exit_code, direct.said)
    assert [kind_of(seen) for seen in gated.calls] == [kind_of(seen) for seen in direct.calls]
    if scenario.repeatable:
        compare_wires(direct, gated)
    assert len(rows) == len(fake.seen)
    of_models = [row for row in rows if row["kind"] != "probe"]
    for row, seen in zip(of_models, gated.calls, strict=True):
        assert row["request_id"] == seen.request_id or not seen.request_id
    assert {row["session_id"] for row in of_models} == {gated.outcome.session_id}
    assert client.request_ids() <= {row["request_id"] for row in of_models}


@pytest.mark.parametrize("way", list(Way))
def test_every_row_tells_who_asked_and_what_it_used(way, client, fake, gate):
    fake.enqueue(says("Hello.", usage=SPENT), kind="subagent")
    [scenario] = [one for one in SCENARIOS if one.name == "an agent is asked"]
    played = play(scenario, client, fake, through(way, gate))
    rows = model_calls(gate, fake)
    assert [row["kind"] for row in rows] == ["main", "subagent", "main"]
    agents = [seen.header("x-claude-code-agent-id") for seen in played.calls]
    assert [row["agent_id"] for row in rows] == agents
    assert [row["request_id"] for row in rows] == [seen.request_id for seen in fake.calls]
    assert [row["result"] for row in rows] == ["ok", "ok", "ok"]
    buckets = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output")
    assert [rows[1][f"{bucket}_tokens"] for bucket in buckets] == [11, 22, 33, 44, 55]


@pytest.mark.parametrize("way", list(Way))
def test_a_session_in_a_terminal_is_in_the_ledger_with_its_title(way, client, fake, gate):
    with client.terminal(settings=through(way, gate)) as terminal:
        terminal.wait_for("? for shortcuts")
        terminal.type("please refactor the parser")
        terminal.wait_for("Hello from the fake.")
        terminal.wait_until(lambda: sorted(map(kind_of, fake.calls)) == ["main", "title"])
        terminal.wait_until(client.request_ids)
    rows = model_calls(gate, fake)
    assert sorted(row["kind"] for row in rows) == ["main", "title"]
    assert client.request_ids() == {row["request_id"] for row in rows if row["kind"] == "main"}


def test_escape_stops_the_call_upstream_and_the_ledger_says_so(client, fake, gate):
    fake.enqueue(says("word " * 2_000, gap_s=0.1), kind="main")
    with client.terminal(settings=through(Way.BASE_URL, gate)) as terminal:
        terminal.wait_for("? for shortcuts")
        terminal.type("please refactor the parser")
        terminal.wait_for("word word")
        terminal.press_escape()
        terminal.wait_until(lambda: any(seen.gone_at for seen in fake.calls))
    rows = model_calls(gate, fake)
    assert [row["result"] for row in rows if row["kind"] == "main"] == ["cancelled"]


def test_a_killed_gate_comes_back_and_has_lost_no_finished_call(client, fake, gate):
    settings = through(Way.BASE_URL, gate) | {"CLAUDE_CODE_MAX_RETRIES": "6"}
    client.ask("Say hello", settings=settings)
    os.kill(gate.where["pid"], signal.SIGKILL)
    assert client.ask("Say it again", settings=settings).exit_code == 0
    rows = model_calls(gate, fake)
    assert [row["request_id"] for row in rows] == [seen.request_id for seen in fake.calls]
