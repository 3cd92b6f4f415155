"""The client and the fake alone: what the comparisons with the gate stand on."""

import pytest

from tests.e2e.client import BRANCH, base_url
from tests.e2e.scenarios import SCENARIOS
from tests.e2e.ways import Way, play, without_gate
from tests.fakes.kinds import kind_of


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_client_meets_what_anthropic_does(scenario, client):
    with without_gate(Way.BASE_URL) as (fake, settings):
        played = play(scenario, client, fake, settings)
    assert played.outcome.exit_code == scenario.exit_code, played.said
    assert scenario.says in played.said
    assert tuple(kind_of(seen) for seen in played.calls) == scenario.kinds
    assert client.request_ids() <= {seen.request_id for seen in played.calls}


@pytest.mark.parametrize("way", list(Way))
def test_two_runs_of_the_client_send_the_same_bytes(way, client):
    scenario = SCENARIOS[1]
    bodies = []
    for _ in range(2):
        with without_gate(way) as (fake, settings):
            bodies.append([seen.body for seen in play(scenario, client, fake, settings).calls])
    assert bodies[0] == bodies[1]
    assert len(bodies[0]) == 2


def test_a_call_tells_its_folder_and_its_branch(client, fake):
    client.ask("Say hello", settings=base_url(fake.url))
    system = "\n".join(block["text"] for block in fake.calls[0].json["system"])
    assert f"Primary working directory: {client.work}\n" in system
    assert f"Current branch: {BRANCH}\n" in system


def test_a_session_in_a_terminal_asks_for_a_title_and_goes_on(client, fake):
    with client.terminal(settings=base_url(fake.url)) as terminal:
        terminal.wait_for("? for shortcuts")
        terminal.type("please refactor the parser")
        terminal.wait_for("Hello from the fake.")
        terminal.wait_until(lambda: sorted(fake.kinds) == ["main", "title"])
        terminal.wait_until(client.request_ids)
    assert client.request_ids() == {s.request_id for s in fake.calls if kind_of(s) == "main"}
