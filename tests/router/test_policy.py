"""The policy file: what it says, how it is refused, what will not do as its reader may think."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.columns import FACT_COLUMNS
from router.plans import plan_on, plans_of
from router.policy import Policy, digest, faults, parse, text_of
from router.policy_check import check, load
from router.policy_model import Provider, Rule, Target
from router.toml_lines import lines_of

DATA = Path(__file__).parents[2] / "data"
PRESETS = sorted((DATA / "presets").glob("*.toml"))

GOOD = """
version = 1
store_bodies = true
[thresholds]
many = 9
[providers.max]
base_url = "https://api.anthropic.com"
auth = "client"
bill = "plan"
[providers.openrouter]
base_url = "https://openrouter.ai/api"
api_key_env = "OPENROUTER_API_KEY"
[[rules]]
name = "hard"
when = "complexity > complex_at and tools > many"
route = "hard"
[routes]
default = ["max/asked"]
hard = ["max/asked", "openrouter/qwen/qwen3-coder:free"]
[projects]
"articles" = "hard"
[budget]
usd = 50
on_soft = { "80%" = "cheaper" }
on_hard = "stop"
"""


@pytest.mark.parametrize(
    ("told", "usd"),
    [
        ({"bill": "local", "watts": 60, "usd_per_kwh": 0.30}, Decimal("0.018")),
        ({"bill": "local", "watts": 60}, None),
        ({"bill": "cash", "watts": 60, "usd_per_kwh": 0.30}, None),
    ],
)
def test_an_hour_of_a_local_model_costs_its_electricity(told: dict[str, Any], usd: Decimal | None):
    provider = Provider(base_url="http://127.0.0.1:11434", **told)
    assert provider.power_usd(3_600_000.0) == usd
    assert provider.power_usd(None) is None


def test_a_target_is_split_at_the_first_slash():
    policy = parse(GOOD)
    assert policy.chain("hard")[1] == Target("openrouter", "qwen/qwen3-coder:free")
    assert policy.chain("nowhere") == ()


def test_settings_alone_are_a_policy_and_known_thresholds_are_always_there():
    policy = parse("body_days = 3")
    assert (policy.body_days, policy.routes) == (3, {})
    assert parse(GOOD).thresholds == {
        "long_context_tokens": 60_000, "moderate_at": 0.35, "complex_at": 0.65, "many": 9
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version = 1", "version = 2", r"line 2: version: should be less than or equal to 1"),
        ("store_bodies = true", "store_bodies = 3", r"line 3: store_bodies: should be a valid boo"),
        ("store_bodies", "stored", r"line 3: stored: unknown key; known are version, store_bodies"),
        ("many = 9", "tools = 9", r"line 5: thresholds\.tools: is a column or a word of SQL"),
        ("many = 9", "moderate_at = 0.9", r"line 5: thresholds\.moderate_at: is above complex_at"),
        ("https://open", "ftp://open", r"line 11: providers\.openrouter\.base_url: should be a U"),
        ("/api\"", '/api/v1/messages"', r"line 11: .*base_url: ends in the endpoint"),
        ("https://openr", "http://openr", r"line 11: .*would send a key to openrouter.ai unencry"),
        ("OPENROUTER_API_KEY", "sk-or-1", r"line 12: .*api_key_env: should be the name of an env"),
        ("api.anthropic.com", "evil.example", r"line 8: .*auth: would send the client's login to"),
        ('auth = "client"', "", r"line 9: providers\.max\.bill: a plan is the client's own login"),
        ('bill = "plan"', 'bill = "free"', r"line 9: .*bill: should be 'plan', 'cash' or 'local'"),
        ("complexity >", "complexty >", r"line 15: rules\.0\.when: complexty is no fact column"),
        ('route = "hard"', 'route = "soft"', r"line 16: rules\.0\.route: 'soft' is no route; kno"),
        ("default =", "other =", r"line 17: routes: default is missing"),
        ('["max/asked"]', '["maxi/asked"]', r"line 18: routes\.default: 'maxi/asked' names the un"),
        ('["max/asked"]', '["max"]', r"line 18: routes\.default: 'max' is no target; write provid"),
        ('["max/asked"]', "[]", r"line 18: routes\.default: is empty"),
        ('"articles" = "hard"', '"articles" = "x"', r"line 21: projects\.articles: 'x' is no rout"),
        ('"80%"', '"80"', r"line 24: budget\.on_soft\.80: should be a share of the budget such as"),
        ('"cheaper"', '"dearer"', r"line 24: budget\.on_soft\.80%: should be 'cheaper', 'local'"),
        ('"stop"', '"halt"', r"line 25: budget\.on_hard: should be 'local', 'free' or 'stop'"),
        ("usd = 50", "usd = -1", r"line 23: budget\.usd: should be greater than or equal to 0"),
        ("[routes]", "[routes", r"line 17: .*; write it as TOML wants it"),
    ],
)  # fmt: skip
def test_a_fault_is_one_line_with_file_line_key_and_remedy(old: str, new: str, told: str):
    with pytest.raises(ValueError, match=rf"^my\.toml {told}[^\n]*$"):
        parse(GOOD.replace(old, new, 1), "my.toml")


def test_every_fault_is_told_at_once():
    told = faults(GOOD.replace("complexity", "complx").replace('["max/asked"]', "[]"))
    assert len(told) == 2


def test_two_rules_of_one_name_are_refused():
    again = GOOD + '[[rules]]\nname="hard"\nwhen="true"\nroute="hard"\n'
    assert any("'hard' is used twice" in fault for fault in faults(again))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_the_presets_have_nothing_to_mend(preset: Path):
    policy = load(preset.read_text(), preset.name).policy
    assert check(policy, FACT_COLUMNS, lambda target: True) == []


def test_there_are_presets_for_a_plan_for_keys_and_for_local_models():
    assert [preset.stem for preset in PRESETS] == ["api", "local", "plan"]
    plan = parse((DATA / "presets" / "plan.toml").read_text())
    assert all("max/asked" in chain for chain in plan.routes.values())


def test_settings_keep_their_own_and_take_the_routes_of_a_preset():
    preset = parse(GOOD)
    mine = parse("store_bodies = false\nbody_days = 3\n").routed_by(preset)
    assert (mine.store_bodies, mine.body_days, mine.routes) == (False, 3, preset.routes)
    assert parse(GOOD).routed_by(parse(PRESETS[0].read_text())) == parse(GOOD)


def findings(policy_text: str) -> list[str]:
    policy = load(policy_text).policy
    return [str(one) for one in check(policy, FACT_COLUMNS, lambda target: "free" in target.model)]


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (("true", "kind = 'main'"), "rules.2.when: 'r1' is never reached: 'r0' before it always"),
        (("1 = 1", "false"), "rules.2.when: 'r1' is never reached: 'r0' before it always holds"),
        (("moderate_at > 0.9",), "rules.1.when: 'r0' never holds at these thresholds"),
        (("tools>1", "TOOLS  > 1"), "rules.2.when: 'r1' is never reached: 'r0' has the same"),
        (("kind = 'plan'",), "rules.1.when: 'r0' is never reached: gates or rules before it take"),
        (("kind in ('main')", "kind = 'main'"), "rules.2.when: 'r1' is never reached: gates or"),
    ],
)
def test_rules_that_are_never_reached_are_named(added: tuple[str, ...], told: str):
    more = [f'[[rules]]\nname="r{i}"\nwhen="{w}"\nroute="hard"\n' for i, w in enumerate(added)]
    assert any(found.startswith(told) for found in findings(GOOD + "".join(more)))


def test_a_model_without_a_price_and_what_nothing_uses_are_named():
    text = GOOD.replace("qwen3-coder:free", "qwen3-coder").replace(" and tools > many", "")
    text += '[providers.spare]\nbase_url = "http://localhost:1"\nbill = "local"\n'
    assert findings(text) == [
        "routes.hard: openrouter/qwen/qwen3-coder has no price; add one to price_overrides.toml",
        "thresholds.many: is used by no rule; use or delete it",
        "providers.spare: is in no route; name it in one or delete it",
        "providers.spare.context_tokens: set it, and the server, to 65536 or tool calls will fail",
    ]


def test_a_column_the_ledger_does_not_keep_is_named():
    found = check(parse(GOOD), ["complexity"], lambda target: True)
    assert str(found[0]) == "rules.0.when: tools not kept in the ledger, so replay cannot see it"


def test_a_login_sent_anywhere_but_to_anthropic_is_named():
    assert any("login goes to 127.0.0.1" in one for one in findings(
        GOOD.replace("https://api.anthropic.com", "http://127.0.0.1:9")
    ))  # fmt: skip


def test_a_version_is_named_by_what_it_says_not_by_its_layout():
    assert digest(parse(GOOD)) == digest(parse("# a comment\n" + GOOD.replace(" = ", "=")))
    assert digest(parse(GOOD)) != digest(parse(GOOD.replace("usd = 50", "usd = 51")))


NAMES = st.text("abcdefgh_", min_size=1, max_size=6).filter(lambda name: name[0] != "_")
MODELS = st.text(min_size=1, max_size=8).map(str.strip).filter(bool)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    providers = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    targets = st.builds(lambda p, m: f"{p}/{m}", st.sampled_from(providers), MODELS)
    chains = st.lists(targets, min_size=1, max_size=3).map(tuple)
    routes = {"default": draw(chains), **draw(st.dictionaries(NAMES, chains, max_size=2))}
    rules = draw(st.lists(st.text(min_size=1, max_size=9), max_size=3, unique=True))
    shares = st.integers(0, 99).map(lambda share: f"{share}%")
    return Policy.model_validate(
        {
            "providers": {
                name: {"base_url": "http://localhost:1", "bill": "local"} for name in providers
            },
            "routes": routes,
            "rules": tuple(
                Rule(name=rule, when="tools > 1", route=draw(st.sampled_from(list(routes))))
                for rule in rules
            ),
            "budget": {
                "usd": draw(st.decimals(0, 999, places=2)),
                "on_soft": draw(st.dictionaries(shares, st.sampled_from(["cheaper", "local"]))),
            },
            "projects": draw(st.dictionaries(st.text(max_size=5), st.sampled_from(list(routes)))),
        }
    )


@settings(deadline=None)
@given(policies())
def test_a_policy_written_out_reads_back_the_same(policy: Policy):
    assert parse(text_of(policy)) == policy
    assert digest(parse(text_of(policy))) == digest(policy)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_a_preset_written_out_reads_back_the_same(preset: Path):
    policy = parse(preset.read_text())
    assert parse(text_of(policy)) == policy


def test_lines_are_found_past_arrays_strings_and_comments():
    text = (
        'a = [\n "x = 1", # ]\n]\nb = """\n[no]\nc = 1\n"""\n[[t]] # [\nd = 1\n[[t]]\n"e f" = 2\n'
    )
    assert lines_of(text) == {
        ("a",): 1, ("b",): 4, ("t", 0): 8, ("t", 0, "d"): 9, ("t", 1): 10, ("t", 1, "e f"): 11
    }  # fmt: skip


def test_a_plan_is_looked_up_by_day():
    plans = plans_of((DATA / "plans.toml").read_text())
    assert plan_on(date(2026, 11, 1), "max20x", plans).usd == 200
    assert plan_on(date(2026, 11, 1), "max5x", plans).usd == 100
    with pytest.raises(LookupError, match=r"no plan .max9x. on 2026-11-01; plans\.toml has max20x"):
        plan_on(date(2026, 11, 1), "max9x", plans)
    with pytest.raises(LookupError):
        plan_on(date(2020, 1, 1), "max20x", plans)
    with pytest.raises(ValueError, match=r"plans\.toml: plan\.0\.title: Field required"):
        plans_of("[[plan]]\nname='x'\nvalid_from=2026-01-01\nusd=1\nbasis='published'")
