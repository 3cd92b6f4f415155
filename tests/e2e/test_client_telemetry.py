"""The real client tells of its requests by itself; each counts once, however often it is heard."""

import json
import subprocess
import time
from typing import Any

from dashboard.launch import telemetry_for
from tests.e2e.client import Client, base_url
from tests.e2e.gate import FAREGATE, Gate, Row
from tests.e2e.scenarios import SCENARIOS
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.reply import refuses

[AGENT] = [scenario for scenario in SCENARIOS if scenario.name == "an agent is asked"]
TOLD = (
    "select request_id, kind, known_call_id, told_usd, list_usd from telemetry_calls"
    " order by ended_at, request_id"
)
COUNTED = "select request_id, source, kind, result, list_usd, project from calls order by asked_at"


def telling(gate: Gate, project: str | None = None) -> dict[str, str]:
    return telemetry_for(gate.where, {}, project) | {"OTEL_LOGS_EXPORT_INTERVAL": "500"}


def told(gate: Gate, count: int) -> list[Row]:
    give_up_at = time.monotonic() + 60
    while len(rows := gate.sql(TOLD)) < count and time.monotonic() < give_up_at:
        time.sleep(0.5)
    return rows


def test_what_went_through_the_gate_is_known_when_the_client_tells_of_it(
    client: Client, fake: FakeAnthropic, gate: Gate
):
    AGENT.script(fake)
    settings = base_url(gate.where["url"]) | telling(gate)
    assert client.ask(AGENT.prompt, *AGENT.options, settings=settings).exit_code == 0
    rows = told(gate, 3)
    assert {row["request_id"] for row in rows} == {seen.request_id for seen in fake.calls}
    assert all(row["known_call_id"] for row in rows)
    assert {row["source"] for row in gate.sql(COUNTED)} == {"proxy"}
    [day] = asked(gate, "reconcile")
    assert (day["telemetry_calls"], day["telemetry_only_calls"]) == (3, 0)
    assert float(day["usd_beyond_telemetry"]) == 0


def test_what_went_past_the_gate_is_counted_as_told_until_its_transcript_is_read(
    client: Client, fake: FakeAnthropic, gate: Gate
):
    AGENT.script(fake)
    settings = base_url(fake.url) | telling(gate, "shop")
    assert client.ask(AGENT.prompt, *AGENT.options, settings=settings).exit_code == 0
    rows = told(gate, 3)
    assert [row["kind"] for row in rows] == ["main", "subagent", "main"]
    assert [row["list_usd"] for row in rows] == [row["told_usd"] for row in rows]
    counted = gate.sql(COUNTED)
    assert [(row["source"], row["project"]) for row in counted] == [("otel", "shop")] * 3
    imported(gate, client)
    again = gate.sql(COUNTED)
    assert [row["source"] for row in again] == ["transcript"] * 3
    assert {row["request_id"] for row in again} == {row["request_id"] for row in counted}


def test_a_refusal_is_told_and_costs_nothing(client: Client, fake: FakeAnthropic, gate: Gate):
    fake.enqueue(refuses(429, retry_after=3600))
    client.ask("Say hello", settings=base_url(fake.url) | telling(gate))
    told(gate, 1)
    [call] = gate.sql(COUNTED)
    assert (call["source"], call["result"], float(call["list_usd"])) == ("otel", "rate_limited", 0)


def asked(gate: Gate, kpi: str) -> list[Row]:
    command = [FAREGATE, "ask", kpi, "--format", "json"]
    said = subprocess.run(
        command, env=gate.environment, capture_output=True, check=True, timeout=60
    )
    rows: list[Row] = json.loads(said.stdout)
    return rows


def imported(gate: Gate, client: Client) -> Any:
    command = [FAREGATE, "import", str(client.projects)]
    return subprocess.run(command, env=gate.environment, check=True, timeout=60)
