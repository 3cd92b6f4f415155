"""The gate routes: who is asked, with whose credential, and what the client sees of it."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from tests.asking import ask, body_of
from tests.collector.routed import (
    CHAT_KEY,
    CHAT_MODEL,
    LOCAL_MODEL,
    LOGIN,
    OPUS,
    OWN_KEY,
    Routed,
    afresh,
    policy_for,
    routed_gate,
    task,
)
from tests.fakes.limits import plan_is_spent, plan_limits
from tests.fakes.reply import End, Point, refuses, says, tool_use
from tests.router.wire.grammar import faults, message_of


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Routed]:
    with routed_gate(tmp_path_factory.mktemp("routed")) as running:
        yield running


@pytest.fixture
def routed(shared: Routed) -> Routed:
    return afresh(shared)


SESSIONS = iter(range(10_000))


def new_session() -> str:
    return f"11dfa777-f5e4-42c5-a4ac-{next(SESSIONS):012d}"


def asked(routed: Routed, body: bytes | None = None, **headers: str) -> httpx.Response:
    return routed.ask(body, **{"x_claude_code_session_id": new_session(), **headers})


def test_the_plan_is_asked_first_with_the_clients_own_bytes(routed: Routed):
    sent = task()
    answer = asked(routed, sent)
    assert answer.status_code == 200
    assert answer.headers["x-faregate-target"] == f"max/{OPUS}"
    [seen] = routed.anthropic.calls
    assert seen.body == sent
    assert seen.header("authorization") == LOGIN
    assert not routed.local.seen
    assert not routed.chat.seen
    [call] = routed.last()
    assert (call["provider"], call["route"], call["result"]) == ("max", "default", "ok")
    [row] = routed.gate.rows(f"select * from call_log where call_id = '{call['call_id']}'")
    assert row["login"] == "plan"
    assert row["rule"] == "default"
    assert 0 < row["complexity"] < 1
    assert row["estimated_tokens"] > 0
    assert "bias" in json.loads(row["terms"])


def test_light_work_goes_to_the_local_model_without_any_credential(routed: Routed):
    answer = asked(routed, body_of("hi", tools=None, thinking=None))
    assert answer.headers["x-faregate-target"] == f"ollama/{LOCAL_MODEL}"
    [seen] = routed.local.calls
    assert seen.json["model"] == LOCAL_MODEL
    secret = [name for name, _ in seen.headers if name.lower() in ("authorization", "x-api-key")]
    assert secret == []
    assert not [name for name, _ in seen.headers if "session" in name.lower()]
    assert not faults(answer.content)
    assert message_of(answer.content)["model"] == LOCAL_MODEL
    assert not routed.anthropic.calls


def test_a_limit_is_hidden_from_the_client_and_the_plan_rests_until_its_reset(tmp_path: Path):
    with routed_gate(tmp_path / "data") as routed:
        resets_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
        routed.anthropic.enqueue(plan_is_spent("5h", resets_at))
        answer = asked(routed)
        assert answer.status_code == 200
        assert answer.headers["x-faregate-target"] == "anthropic/claude-sonnet-4-5"
        assert "limit_hit" in answer.headers["x-faregate-reason"]
        plan, key = routed.anthropic.calls
        assert plan.header("authorization") == LOGIN
        assert key.header("authorization") is None
        assert key.header("x-api-key") == OWN_KEY
        assert key.json["model"] == "claude-sonnet-4-5"
        assert message_of(answer.content)["model"] == "claude-sonnet-4-5"
        assert routed.attempts() == [
            (f"max/{OPUS}", "limit_hit"),
            ("anthropic/claude-sonnet-4-5", "ok"),
        ]
        again = asked(routed)
        assert again.headers["x-faregate-target"] == "anthropic/claude-sonnet-4-5"
        assert len(routed.anthropic.calls) == 3
        [hit] = routed.gate.rows("select * from limit_hits")
        assert hit["limit_window"] == "five_hour"


def test_the_free_model_answers_when_nobody_else_does(routed: Routed):
    routed.anthropic.enqueue(refuses(529), refuses(500))
    routed.local.enqueue(refuses(503))
    routed.chat.enqueue(says("Hello ", "there.", tool_use("Read", {"file_path": "a.py"})))
    answer = asked(routed)
    assert answer.status_code == 200
    assert answer.headers["x-faregate-target"] == f"openrouter/{CHAT_MODEL}"
    assert not faults(answer.content)
    message = message_of(answer.content)
    assert [block["type"] for block in message["content"]][-1] == "tool_use"
    assert message["model"] == CHAT_MODEL
    [seen] = routed.chat.calls
    assert seen.header("authorization") == f"Bearer {CHAT_KEY}"
    assert seen.json["model"] == CHAT_MODEL
    results = [result for _, result in routed.attempts()]
    assert results == ["overloaded", "failed", "failed", "ok"]
    [call] = routed.last()
    assert call["attempts"] == 4
    assert call["answered_model"] == CHAT_MODEL


def test_nothing_of_a_failed_answer_reaches_the_client(routed: Routed):
    broken = says("half").but(cut=Point.MESSAGE_START, end=End.RESET)
    routed.anthropic.enqueue(broken, says("whole"))
    answer = asked(routed)
    assert "".join(b["text"] for b in message_of(answer.content)["content"]) == "whole"
    assert [result for _, result in routed.attempts()] == ["truncated", "ok"]


def test_after_the_first_content_a_cut_stays_a_cut(routed: Routed):
    routed.anthropic.enqueue(says("never finished").but(cut=Point.INSIDE_TEXT, end=End.RESET))
    with pytest.raises(Exception, match=r"peer closed|incomplete|disconnected"):
        asked(routed)
    assert [result for _, result in routed.attempts()] == ["truncated"]
    assert not routed.local.calls


def test_what_the_client_did_wrong_is_told_and_not_tried_elsewhere(routed: Routed):
    routed.anthropic.enqueue(refuses(400))
    answer = asked(routed)
    assert answer.status_code == 400
    assert not routed.local.calls
    assert [result for _, result in routed.attempts()] == ["rejected"]


def test_a_session_stays_on_its_model_and_a_tool_loop_never_leaves_it(routed: Routed):
    session = new_session()
    first = asked(routed, x_claude_code_session_id=session)
    assert first.headers["x-faregate-target"] == f"max/{OPUS}"
    second = asked(routed, body_of("hi", tools=None), x_claude_code_session_id=session)
    assert second.headers["x-faregate-target"] == f"max/{OPUS}"
    assert second.headers["x-faregate-reason"].startswith("held")


def test_a_count_of_tokens_for_a_model_that_counts_none_is_answered_here(routed: Routed):
    body = body_of("hi", model=f"ollama,{LOCAL_MODEL}", max_tokens=None, stream=None)
    session = new_session()
    told = routed.ask(body_of("hi", tools=None), x_claude_code_session_id=session)
    assert told.headers["x-faregate-target"] == f"ollama/{LOCAL_MODEL}"
    counted = httpx.post(
        routed.gate.url + "/v1/messages/count_tokens",
        content=body,
        headers={"authorization": LOGIN, "x-claude-code-session-id": session},
        trust_env=False,
    )
    assert counted.status_code == 200
    assert counted.json()["input_tokens"] > 0
    assert not [seen for seen in routed.local.seen if "count_tokens" in seen.path]


def test_a_model_asked_for_by_provider_is_the_one_asked(routed: Routed):
    answer = asked(routed, task(model=f"openrouter,{CHAT_MODEL}"))
    assert answer.headers["x-faregate-target"] == f"openrouter/{CHAT_MODEL}"
    assert not faults(answer.content)


def test_a_stop_is_said_clearly_and_not_asked_again(tmp_path: Path):
    budget = '[budget]\nusd = 0.000001\ndays = 30\non_hard = "stop"\n'
    with routed_gate(tmp_path / "data", "anthropic/claude-sonnet-4-5", more=budget) as routed:
        answer = asked(routed)
        assert answer.status_code == 402
        assert "budget" in answer.json()["error"]["message"]
        assert answer.headers["x-should-retry"] == "false"
        assert not routed.anthropic.calls
        [call] = routed.last()
        assert (call["result"], call["attempts"]) == ("rejected", 0)


def test_what_fits_no_target_is_relayed_but_for_a_budget_that_is_used_up(tmp_path: Path):
    long = task(messages=[{"role": "user", "content": "word " * 60_000}])
    for budget, status in ((50, 200), (0.000001, 402)):
        more = f'[budget]\nusd = {budget}\ndays = 30\non_hard = "stop"\n'
        with routed_gate(tmp_path / str(status), f"ollama/{LOCAL_MODEL}", more=more) as routed:
            answer = ask(routed.gate.url, long)
            assert answer.status_code == status
            assert len(routed.anthropic.calls) == (status == 200)
            assert not routed.local.calls


def test_a_policy_is_taken_up_when_it_changes_and_a_faulty_one_is_not(tmp_path: Path):
    with routed_gate(tmp_path / "data") as routed:
        first = asked(routed)
        routed.write("ollama/qwen3-coder:30b", "max/asked")
        time.sleep(1.2)
        second = asked(routed)
        assert second.headers["x-faregate-target"] == f"ollama/{LOCAL_MODEL}"
        (routed.gate.folder / "policy.toml").write_text("version = 1\nroutes = 3\n")
        time.sleep(1.2)
        third = asked(routed)
        assert third.headers["x-faregate-target"] == f"ollama/{LOCAL_MODEL}"
        versions = [call["policy_version"] for call in routed.last(3)]
        assert first.status_code == 200
        assert versions[0] != versions[1] == versions[2]
        kept = routed.gate.rows_when("select * from policy_log", lambda rows: len(rows) == 2)
        assert {row["policy_version"] for row in kept} == set(versions)


def test_a_local_answer_costs_its_electricity_where_the_policy_names_the_rate(tmp_path: Path):
    with routed_gate(tmp_path / "data") as routed:
        priced = policy_for(routed).replace(
            'bill = "local"', 'bill = "local"\nwatts = 3600000\nusd_per_kwh = 0.5'
        )
        (routed.gate.folder / "policy.toml").write_text(priced)
        time.sleep(1.2)
        asked(routed, body_of("hi", tools=None, thinking=None))
        [call] = routed.last()
        [attempt] = routed.gate.rows("select duration_ms, power_usd, cost_usd from attempts")
    a_ms = Decimal("0.0005")
    assert attempt["power_usd"] == pytest.approx(Decimal(attempt["duration_ms"]) * a_ms)
    assert call["cost_usd"] == attempt["cost_usd"] == attempt["power_usd"] > 0
    assert call["list_usd"] == 0


def test_a_restarted_gate_knows_its_sessions_and_its_limits(tmp_path: Path):
    folder, session = tmp_path / "data", new_session()
    with routed_gate(folder) as routed:
        routed.anthropic.headers = plan_limits(
            datetime.now(UTC) + timedelta(hours=2), **{"5h": 0.93}
        )
        routed.ask(task(), x_claude_code_session_id=session)
        routed.last()
    assert b"0.93" in (folder / "known.json").read_bytes()
    assert session in (folder / "sticks.json").read_text()
    more = '[limits]\nleave_at = 0.8\nroutes = ["default"]\n'
    with routed_gate(folder, more=more) as routed:
        fresh = asked(routed)
        assert fresh.headers["x-faregate-target"] != f"max/{OPUS}"
        held = routed.ask(task(), x_claude_code_session_id=session)
        assert held.headers["x-faregate-target"] == f"max/{OPUS}"


def test_the_plan_is_asked_with_the_login_and_the_api_with_the_key(routed: Routed):
    routed.anthropic.enqueue(refuses(529))
    told = asked(routed, anthropic_beta="claude-code-20250219,oauth-2025-04-20")
    assert told.headers["x-faregate-target"] == "anthropic/claude-sonnet-4-5"
    plan, api = routed.anthropic.calls
    assert plan.header("authorization") == LOGIN
    assert not plan.header("x-api-key")
    assert (api.header("authorization"), api.header("x-api-key")) == (None, OWN_KEY)
    assert "oauth-2025-04-20" in plan.header("anthropic-beta")
    assert "oauth" not in api.header("anthropic-beta")


def test_every_byte_sent_keeps_each_credential_with_its_host(routed: Routed):
    for replies in ((), (refuses(529),), (refuses(529), refuses(529))):
        routed.anthropic.enqueue(*replies)
        asked(routed)
    asked(routed, body_of("hi", tools=None))
    asked(routed, task(model=f"openrouter,{CHAT_MODEL}"))
    told = {
        "anthropic": [OWN_KEY, LOGIN],
        "chat": [CHAT_KEY],
        "local": [],
    }
    for name, allowed in told.items():
        provider = getattr(routed, name)
        assert provider.seen, name
        for seen in provider.seen:
            said = repr(seen.headers) + seen.path + seen.body.decode("utf-8", "replace")
            for secret in (OWN_KEY, LOGIN, CHAT_KEY):
                assert (secret in said) <= (secret in allowed), f"{secret} at {name}"
            if name == "anthropic":
                assert (LOGIN in said) != (OWN_KEY in said), "one or the other, never both"
    log = routed.gate.log.read_text()
    journal = "".join(f.read_text() for f in (routed.gate.folder / "journal").glob("*"))
    for secret in (OWN_KEY, LOGIN, CHAT_KEY):
        assert secret not in log + journal
