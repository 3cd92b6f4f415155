"""A rule means one thing: for one call, for a million, and as a `where` clause in DuckDB."""

import re
import timeit
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.call import Facts, Kind
from router.columns import FACT_COLUMNS, row_of, weigh
from router.complexity import Weights
from router.policy import parse
from router.policy_check import load
from router.rule_text import columns_of, fault_of, normal
from router.rules import SCHEMA, Compiled, compiled, first_rule, first_rules, type_faults

HEAD = """
[providers.ollama]
base_url = "http://127.0.0.1:11434"
bill = "local"
[routes]
default = ["ollama/a"]
other = ["ollama/b"]
background = ["ollama/c"]
"""


def ready(*whens: str) -> Compiled:
    rules = [f"[[rules]]\nname='r{at}'\nwhen=\"{w}\"\nroute='other'" for at, w in enumerate(whens)]
    return load(HEAD + "\n".join(rules))


def row(**given: Any) -> dict[str, Any]:
    return {**dict.fromkeys(FACT_COLUMNS), "kind": "main", **given}


def met(rules: Compiled, **given: Any) -> str:
    return rules.rules[first_rule(rules, row(**given))].name


ATOMS = st.sampled_from(
    [
        "kind = 'main'", "kind in ('title', 'main')", "kind not in ('plan')", "project like 'ab%'",
        "project ilike '%B'", "complexity < moderate_at", "complexity between 0.2 and complex_at",
        "input_tokens > long_context_tokens", "input_tokens * 2 >= messages + 3", "is_tool_turn",
        "thinking is null", "thinking is not null", "length(project) = 2",
        "coalesce(tools, 0) > 1", "lower(project) = 'ab'", "starts_with(project, 'a')",
        "case when tools > 2 then stream else false end", "abs(tools - 3) < 2", "project > 'a'",
        "ends_with(project, 'b')", "coalesce(is_reask, false)", "asked_model <> 'x'",
        "project = 'it''s'", "true", "false", "upper(kind) = 'MAIN'",
    ]
)  # fmt: skip
WHENS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join)
        | inner.map(lambda one: f"({one})")
        | inner.map(lambda one: f"not {one}")
    ),
    max_leaves=5,
)
VALUES: dict[type, st.SearchStrategy[Any]] = {
    str: st.sampled_from(["main", "title", "ab", "Ab", "b", "", "it's", "adaptive"]),
    int: st.integers(0, 100_000),
    float: st.floats(0, 1),
    bool: st.booleans(),
}
ROWS = st.fixed_dictionaries(
    {name: st.none() | VALUES[column.type] for name, column in FACT_COLUMNS.items()}
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WHENS, min_size=1, max_size=4), st.lists(ROWS, min_size=1, max_size=6))
def test_a_batch_is_decided_like_each_call_alone_and_like_duckdb(
    whens: list[str], rows: list[dict[str, Any]]
):
    rules = ready(*whens)
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    batch = first_rules(rules, frame).to_list()
    assert batch == [first_rule(rules, one) for one in rows]
    assert batch == asked_of_duckdb(rules, frame)


def asked_of_duckdb(rules: Compiled, calls: pl.DataFrame) -> list[int]:
    steps = " ".join(f"when {rule.when} then {at}" for at, rule in enumerate(rules.rules))
    limits = ", ".join(f"{v}::double as {name}" for name, v in rules.policy.thresholds.items())
    with duckdb.connect() as db:
        db.register("calls", calls.to_arrow())
        found = db.sql(f"select case {steps} end from (select *, {limits} from calls)").fetchall()
    return [index for (index,) in found]


@settings(max_examples=60, deadline=None)
@given(st.lists(WHENS, min_size=1, max_size=5), ROWS)
def test_the_first_rule_that_holds_wins(whens: list[str], one: dict[str, Any]):
    rules = ready(*whens)
    found = first_rule(rules, one)
    for at, rule in enumerate(rules.rules[: found + 1]):
        alone = pl.DataFrame([one], schema=SCHEMA, orient="row").with_columns(
            **{name: pl.lit(value) for name, value in rules.policy.thresholds.items()}
        )
        held = alone.select(pl.sql_expr(normal(rule.when)).alias("held")).item()
        assert bool(held) == (at == found)


def test_gates_come_before_rules_and_the_default_after_them():
    rules = ready("true", "kind = 'main'")
    assert met(rules, kind="plan") == met(rules, kind="compact") == "keep"
    assert met(rules, kind="classifier") == met(rules, kind="count_tokens") == "keep"
    assert met(rules, kind="title") == "background"
    assert met(rules, kind="main") == "r0"
    assert met(ready("kind = 'x'"), kind="main") == "default"


def test_a_rule_named_like_a_gate_takes_its_place():
    rules = load(
        HEAD + "[[rules]]\nname='keep'\nwhen=\"kind = 'classifier'\"\nroute='other'\n"
        "[[rules]]\nname='late'\nwhen='true'\nroute='other'\n"
    )
    assert met(rules, kind="classifier") == "keep"
    assert met(rules, kind="plan") == "late"


def test_a_missing_value_meets_no_comparison():
    assert met(ready("project = 'x'", "project <> 'x'")) == "default"
    assert met(ready("not project = 'x'", "project is null")) == "r1"


@pytest.mark.parametrize(
    ("when", "what"),
    [
        ("knd = 'main'", "knd is no fact column and no threshold; did you mean kind?"),
        ("kind = (select 1)", "select is no fact column"),
        ("read_csv('/etc/passwd') = 1", r"read_csv\(\) is not allowed; known are abs, coalesce"),
        ('kind = "main"', "has no place in a rule; write text in single quotes"),
        ("true; drop table calls", "a rule is one expression"),
        ("tools / 2 = 1", "multiply instead"),
        ("tools > 1 -- many", "a rule holds no comments"),
        ("kind::varchar = 'a'", "has no place"),
        ("is_tool_turn is true", "`is` goes with null only; write the column alone"),
        ("  ", "is empty; write an expression, or true"),
        ("kind = 'main", "has no place"),
    ],
)
def test_anything_but_a_plain_expression_is_refused(when: str, what: str):
    fault = fault_of(when, {"moderate_at"})
    assert fault is not None
    assert re.search(what, fault)


@pytest.mark.parametrize(
    "when", ["kind > 5", "tools", "kind and true", "length(tools) = 1", "(tools"]
)
def test_what_cannot_be_compared_is_refused_with_its_line(when: str):
    with pytest.raises(ValueError, match=r"policy\.toml line \d+: rules\.0\.when: "):
        ready(when)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_a_rule(when: str):
    if fault_of(when, {"moderate_at"}) is None:
        assert columns_of(when) <= set(FACT_COLUMNS)
        assert normal(normal(when)) == normal(when)


def test_a_weighed_call_has_a_value_for_every_column_and_nothing_else():
    weights = Weights(0.0, 0.0, {}, (), ())
    told = row_of(weigh(Facts(kind=Kind.MAIN), {"messages": []}, weights))
    assert set(told) == set(FACT_COLUMNS)
    for name, value in told.items():
        assert value is None or isinstance(value, FACT_COLUMNS[name].type), name
    assert row_of(weigh(Facts(kind=Kind.PROBE), None, weights))["kind"] == "probe"


def test_every_column_is_described():
    assert all(column.about and "\n" not in column.about for column in FACT_COLUMNS.values())


def test_a_decision_costs_a_few_comparisons_and_a_million_a_few_thousand_decisions():
    """Measured: three comparisons, and six hundred decisions."""
    rules = ready(
        "kind in ('subagent')", "input_tokens > long_context_tokens", "complexity < moderate_at",
        "complexity >= complex_at and task in ('design', 'refactor')", "project like 'articles%'",
    )  # fmt: skip
    one = row(complexity=0.5, input_tokens=20_000, task="feature", project="shop")

    def compared() -> pl.DataFrame:
        frame = pl.DataFrame([one], schema=SCHEMA, orient="row")
        return frame.select(pl.col("kind") == "main")

    decision_s = min(timeit.repeat(lambda: first_rule(rules, one), number=1, repeat=300))
    assert decision_s < 10 * min(timeit.repeat(compared, number=1, repeat=300))
    many = pl.DataFrame([one], schema=SCHEMA, orient="row")
    many = pl.concat([many] * 1000).select(pl.all().repeat_by(1000).explode())
    assert len(first_rules(rules, many)) == 1_000_000
    million_s = min(timeit.repeat(lambda: first_rules(rules, many), number=1, repeat=3))
    assert million_s < 6_000 * decision_s


def test_a_policy_of_settings_only_meets_the_default():
    rules = compiled(parse("store_bodies = true"))
    assert met(rules, kind="main") == "default"
    assert not list(type_faults(rules.policy))
    assert len(first_rules(rules, pl.DataFrame({"kind": ["main"] * 3}))) == 3
