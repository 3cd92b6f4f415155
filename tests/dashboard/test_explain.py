"""`faregate explain`: why a call went where it went, and where a request would go."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from collector import ledger
from collector.files import DEFAULTS, ledger_file
from collector.prices import Pricer, overrides_file, price_rows
from collector.rows import Batch
from dashboard.explain import NOT_KEPT, OTHER_RULE, Explanation, of_call
from dashboard.explain_request import RELAYED, of_request, read
from dashboard.explain_text import as_lines
from router.call import Attempt, Bill, Call, Kind, Metered, Result, Usage
from router.complexity import weights_of
from router.policy_check import load
from router.price_book import PriceBook
from router.world import World, planned
from tests.dashboard.test_cli import assert_refused, run
from tests.router.deciding import KEYS, POLICY, READY, call, world
from tests.story import MAX, tell

AT = datetime(2026, 11, 20, 9)
FIXTURES = Path(__file__).parents[1] / "fixtures" / "requests"
RECORDED = sorted(FIXTURES.glob("*.json"))
WITH_BODY = [file for file in RECORDED if json.loads(file.read_text())["body"]]  # not the probe
PLAN_LOGIN = [["Authorization", "Bearer sk-ant-oat01-x"]]
WARM = Usage(
    input_tokens=100, cache_write_5m_tokens=1_000, cache_read_tokens=60_000, output_tokens=500
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    ledger.migrate(ledger_file(folder))
    return folder


def record(folder: Path, told: Call, *, keep_policy: bool = True) -> str:
    """Put a call, and the policy that routed it, where the loader puts them."""
    batch = Batch()
    pricer = Pricer(PriceBook(price_rows(overrides_file(folder))))
    if keep_policy:
        applied = {"applied_at": AT, "policy_version": told.policy_version, "text": POLICY}
        batch.add(orjson.loads(orjson.dumps({"row": "policy", **applied})), pricer)
    batch.add(orjson.loads(orjson.dumps({"row": "end", **asdict(told)}, default=str)), pricer)
    with ledger.writing(ledger_file(folder)) as db:
        for table in Batch.TABLES:
            ledger.append(db, table, getattr(batch, table))
    return told.call_id


def routed(complexity: float = 0.5, **given: Any) -> Call:
    """A call that its plan refused and the API answered, as the gate would record it."""
    weighed = call(complexity, project="shop")
    plan = planned(READY, "v1", weighed, world(**given))
    tried: list[Any] = [("max", "claude-opus-4-6", Bill.PLAN, Result.LIMIT_HIT, 429, None)]
    tried += [("anthropic", "claude-sonnet-4-5", Bill.CASH, Result.OK, 200, WARM)]
    return Call(
        call_id="call_1",
        asked_at=AT,
        facts=weighed.facts,
        attempts=tuple(_attempt(at, *one) for at, one in enumerate(tried, start=1)),
        route=plan.decision.route,
        reason="; ".join(plan.decision.reasons),
        result=Result.OK,
        status=200,
        policy_version="v1",
        decided=plan.decided,
    )


def _attempt(
    number: int, provider: str, model: str, bill: Bill, result: Result, status: int, usage: Any
) -> Attempt:
    return Attempt(
        attempt_no=number, provider=provider, model=model, bill=bill, result=result,
        started_at=AT, status=status, ttfb_ms=12, duration_ms=340,
        metered=Metered(usage=usage, model=model if usage else None, complete=True),
    )  # fmt: skip


def told_of(folder: Path, call_id: str) -> Explanation:
    with ledger.reading(ledger_file(folder)) as db:
        return of_call(db, folder, call_id)


def asked(folder: Path, request: Mapping[str, Any] | str, **environ: str) -> Explanation:
    file = FIXTURES / f"{request}.json"
    if not isinstance(request, str):
        file = folder / "request.json"
        file.write_bytes(orjson.dumps(request))
    with ledger.reading(ledger_file(folder)) as db:
        return of_request(db, folder, read(file), environ)


def set_policy(folder: Path, text: str) -> None:
    (folder / "policy.toml").write_text(text)


def lines_of(told: Explanation) -> str:
    return "\n".join(as_lines(told))


def test_a_past_call_tells_its_rules_its_chain_its_attempts_and_its_cost(folder: Path):
    told = told_of(folder, record(folder, routed(keys=KEYS - {"OPENROUTER_API_KEY"})))
    assert (told.rule, told.route, told.is_routed) == ("default", "default", True)
    assert [(r["name"], r["holds"], r["is_gate"]) for r in told.rules] == [
        ("keep", False, True),
        ("background", False, True),
        ("hard", False, False),
        ("simple", False, False),
        ("default", True, False),
    ]
    assert [(link["target"], link["skip"], link["is_tried"]) for link in told.chain] == [
        ("max/claude-opus-4-6", None, True),
        ("anthropic/claude-sonnet-4-5", None, True),
        ("openrouter/qwen/qwen3-coder:free", "login", False),
    ]
    assert [(one["result"], one["status"]) for one in told.attempts] == [
        ("limit_hit", 429),
        ("ok", 200),
    ]
    assert told.cost["cost_usd"] == Decimal("0.029550000")
    assert told.notes == ()


def test_the_next_cheaper_target_pays_for_its_cold_cache(folder: Path):
    """Sonnet read 60,000 warm tokens at $0.30; Haiku would write 61,000 at $1.25."""
    cheaper = told_of(folder, record(folder, routed())).cheaper
    assert cheaper
    assert str(cheaper.target) == "anthropic/claude-haiku-4-5"
    assert cheaper.as_is_usd == Decimal("0.029550000")
    assert cheaper.warm_usd == Decimal("0.00985")
    assert cheaper.cold_usd == (100 * 1 + 61_000 * Decimal("1.25") + 500 * 5) / 1_000_000
    assert cheaper.pays_in_turns == 4


def test_a_policy_that_is_not_kept_is_said_and_the_stored_decision_stays(folder: Path):
    told = told_of(folder, record(folder, routed(), keep_policy=False))
    assert told.notes == (NOT_KEPT.format(version="v1"),)
    assert (told.rule, told.rules, told.cheaper) == ("default", (), None)
    assert [one["target"] for one in told.attempts] == [link["target"] for link in told.chain][:2]


def test_the_stored_rule_is_the_truth_where_the_facts_kept_give_another(folder: Path):
    past = routed()
    assert past.decided
    past = replace(past, decided=replace(past.decided, rule="hard"))
    told = told_of(folder, record(folder, past))
    assert told.rule == "hard"
    assert told.notes == (OTHER_RULE.format(found="default", stored="hard"),)


def test_a_call_relayed_as_asked_says_so_with_its_facts(folder: Path):
    [call_id] = tell(ledger_file(folder), ("2026-11-03 09:00", "main", [(MAX, Result.OK)]))
    told = told_of(folder, call_id)
    assert not told.is_routed
    assert told.facts["asked_model"] == "claude-opus-4-6"
    text = lines_of(told)
    assert "relayed as asked" in text
    assert "score" not in text
    assert "went to   max/claude-opus-4-6" in text


def test_a_request_is_decided_as_the_gate_would_now(folder: Path):
    set_policy(folder, POLICY)
    told = asked(folder, "main_opus_print", OPENROUTER_API_KEY="sk-or-1234")
    why = {link["target"]: link["why"] for link in told.chain if link["skip"]}
    assert why["max/claude-opus-4-8"] == "the client sent no plan login"
    assert why["anthropic/claude-haiku-4-5"] == "ANTHROPIC_API_KEY is not set"
    assert told.rule == "simple"
    assert next(term["found"] for term in told.terms if term["name"] == "trivial") == (" hello",)
    assert "sk-or-1234" not in lines_of(told)


def test_a_plan_login_in_the_headers_opens_the_plan(folder: Path):
    body = {"model": "claude-opus-4-6", "messages": [{"role": "user", "content": "hello"}]}
    told = asked(folder, {"headers": PLAN_LOGIN, "body": body})
    assert told.is_routed  # by the preset for plans: the policy has no routes of its own
    assert told.login == "plan"
    assert told.chain[0] == {
        "target": "max/claude-opus-4-6", "skip": None, "why": "", "is_tried": False,
    }  # fmt: skip


def test_a_bare_body_without_routes_is_relayed_as_asked(folder: Path):
    body = {"model": "claude-opus-4-6", "messages": [{"role": "user", "content": "hello"}]}
    told = asked(folder, body)
    assert not told.is_routed
    assert told.terms
    assert "goes to   as asked" in lines_of(told)


def test_what_fits_no_target_is_relayed_as_asked_or_refused_for_the_budgets_sake(folder: Path):
    small = POLICY.replace('["max/asked", "anthropic/claude-opus-4-6"', '["ollama/qwen3-coder:30b"')
    small = small.replace(', "anthropic/claude-sonnet-4-5"]\nsimple', "]\nsimple")
    body = {"model": "claude-opus-4-6", "messages": [{"role": "user", "content": "word " * 60_000}]}
    for usd, where in ((50, "goes to   as asked"), (0.1, "goes to   nobody")):
        set_policy(folder, f"{small}[budget]\nusd = {usd}\n")
        told = asked(folder, body, ANTHROPIC_API_KEY="x")
        assert told.route == "hard"
        assert [link["skip"] for link in told.chain] == ["capability"]
        assert where in lines_of(told)
        assert told.is_routed is (RELAYED not in told.notes)
        assert told.is_routed is ("budget reached" in str(told.stop))


def test_a_rule_that_asks_about_what_is_missing_is_unknown(folder: Path):
    text = POLICY.replace(
        "[[rules]]",
        "[[rules]]\nname = 'deep'\nwhen = \"effort = 'high'\"\nroute = 'hard'\n[[rules]]",
        1,
    )
    set_policy(folder, text)
    body = {"model": "claude-opus-4-6", "messages": [{"role": "user", "content": "hello"}]}
    told = asked(folder, body, ANTHROPIC_API_KEY="x")
    assert {rule["name"]: rule["holds"] for rule in told.rules}["deep"] is None
    assert "unknown" in lines_of(told)


def test_the_budget_counts_what_the_ledger_says_was_spent(folder: Path):
    set_policy(folder, POLICY + "[budget]\nusd = 0.01\non_hard = 'stop'\n")
    spent = replace(routed(), asked_at=datetime.now(UTC).replace(microsecond=0, tzinfo=None))
    now = [replace(one, started_at=spent.asked_at) for one in spent.attempts]
    record(folder, replace(spent, attempts=tuple(now)))
    told = asked(folder, "main_opus_print", ANTHROPIC_API_KEY="x")
    why = {link["target"]: link["why"] for link in told.chain}
    assert "100% of $0.01" in why["anthropic/claude-haiku-4-5"]
    assert told.chain[-1]["target"] == "ollama/qwen3-coder:30b"


@pytest.mark.parametrize("file", WITH_BODY, ids=lambda file: file.stem)
def test_every_recorded_call_of_a_model_is_explained(folder: Path, file: Path):
    set_policy(folder, (DEFAULTS / "presets" / "plan.toml").read_text())
    told = asked(folder, file.stem)
    assert told.rules[-1]["holds"]
    assert lines_of(told).startswith("request")


def test_the_command_prints_text_and_json_and_refuses_bad_use(folder: Path):
    record(folder, routed())
    text = run(folder, "explain", "call_1")
    assert text.returncode == 0, text.stderr
    assert "call_1, 2026-11-20 09:00:00 UTC, main, claude-opus-4-6, project shop" in text.stdout
    told = json.loads(run(folder, "explain", "call_1", "--json").stdout)
    assert told["cheaper"]["target"] == "anthropic/claude-haiku-4-5"
    assert told["asked_at"] == "2026-11-20T09:00:00Z"
    assert_refused(run(folder, "explain", "call_2"), "call_2")
    assert_refused(run(folder, "explain"), "--request")
    (folder / "odd.json").write_text("[1]")
    assert_refused(run(folder, "explain", "--request", str(folder / "odd.json")), "odd.json")


def test_the_score_of_a_past_call_is_the_sum_of_its_terms(folder: Path):
    weights = weights_of((DEFAULTS / "complexity.toml").read_text())
    body = {"model": "claude-opus-4-6", "messages": [{"role": "user", "content": "fix the race"}]}
    weighed = World(weights).weighed(call().facts, body)
    plan = planned(load(POLICY), "v1", weighed, world())
    past = replace(routed(), decided=plan.decided, facts=replace(weighed.facts, kind=Kind.MAIN))
    told = told_of(folder, record(folder, past))
    assert told.facts["complexity"] == pytest.approx(weighed.score.value, abs=1e-3)
    assert told.rules[-1]["name"] == plan.decision.rule
