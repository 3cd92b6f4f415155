"""Which rule a call meets: its `when`, evaluated by Polars for one call or a million by one code.

Readable as a `where` clause: a missing value makes a comparison unknown, and an unknown rule
does not hold.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from router.call import Kind
from router.columns import FACT_COLUMNS
from router.policy_model import DEFAULT, Policy, Rule
from router.rule_text import columns_of, filled, normal
from router.toml_lines import Key

TYPES: Mapping[type, type[pl.DataType]] = {
    str: pl.String,
    int: pl.Int64,
    float: pl.Float64,
    bool: pl.Boolean,
}
SCHEMA = pl.Schema({name: TYPES[column.type] for name, column in FACT_COLUMNS.items()})

KEEP = "keep"
BACKGROUND = "background"
KEPT_KINDS = (
    Kind.CLASSIFIER, Kind.COMPACT, Kind.PLAN, Kind.VALIDATION, Kind.QUOTA_PROBE, Kind.PROBE,
    Kind.COUNT_TOKENS, Kind.COUNT_FALLBACK, Kind.OTHER,
)  # fmt: skip
UTILITY_KINDS = (Kind.TITLE, Kind.PROMPT_HOOK)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A policy's rules made ready: the gates, the user's rules, and the default that always holds.

    The first `gates` of `rules` come before anything a client asks for.
    """

    policy: Policy
    rules: tuple[Rule, ...]
    gates: int
    first: pl.Expr
    columns: tuple[str, ...]


def compiled(policy: Policy) -> Compiled:
    """A policy without `type_faults`, made ready once for all its calls."""
    gates = gates_of(policy)
    replaced = {gate.name for gate in gates}
    users = [rule for rule in policy.rules if rule.name not in replaced]
    rules = (*gates, *users, Rule(name=DEFAULT, when="true", route=DEFAULT))
    first = _first(filled(rule.when, policy.thresholds) for rule in rules)
    asked = frozenset[str]().union(*(columns_of(rule.when) for rule in rules))
    columns = tuple(column for column in FACT_COLUMNS if column in asked) or ("kind",)
    return Compiled(policy, rules, len(gates), first, columns)


def with_open_thresholds(rules: Compiled) -> Compiled:
    """The same rules for frames that hold each threshold as a column, its value by row."""
    return replace(rules, first=_first(normal(rule.when) for rule in rules.rules))


def _first(tests: Iterable[str]) -> pl.Expr:
    """The place of the first of these SQL expressions that holds."""
    held = [pl.when(pl.sql_expr(test)).then(pl.lit(at, pl.Int16)) for at, test in enumerate(tests)]
    return pl.coalesce(held).alias("rule")


def gates_of(policy: Policy) -> tuple[Rule, ...]:
    """What a kind of call alone decides; a user's rule named like a gate takes its place.

    Calls that judge, plan or summarise keep the model asked for, and utility calls go to the
    background.
    """
    own = {rule.name: rule for rule in policy.rules}
    built_in = [Rule(name=KEEP, when=_kind_in(KEPT_KINDS), route=KEEP)]
    if BACKGROUND in policy.routes:
        built_in.append(Rule(name=BACKGROUND, when=_kind_in(UTILITY_KINDS), route=BACKGROUND))
    return tuple(own.get(gate.name, gate) for gate in built_in)


def first_rule(rules: Compiled, row: Mapping[str, Any]) -> int:
    """The index of the first rule that holds for one call."""
    frame = pl.DataFrame(
        {name: [row[name]] for name in rules.columns},
        schema={name: SCHEMA[name] for name in rules.columns},
    )
    return int(first_rules(rules, frame).item())


def first_rules(rules: Compiled, frame: pl.DataFrame) -> pl.Series:
    """For each row of a frame of fact columns, the index of the first rule that holds."""
    found = frame.select(rules.first).to_series()
    return found.new_from_index(0, len(frame)) if len(found) != len(frame) else found


def kinds_met(rule: Rule, policy: Policy, kinds: Sequence[Kind]) -> frozenset[Kind]:
    """The kinds for which a rule holds that asks about nothing but the kind."""
    frame = pl.DataFrame({"kind": [str(kind) for kind in kinds]}, schema={"kind": pl.String})
    thresholds = {name: pl.lit(value) for name, value in policy.thresholds.items()}
    holds = frame.with_columns(**thresholds).with_columns(
        pl.sql_expr(normal(rule.when)).fill_null(value=False).alias("holds")
    )
    return frozenset(Kind(kind) for kind, held in holds.select("kind", "holds").rows() if held)


def _kind_in(kinds: Iterable[Kind]) -> str:
    return f"kind in ({', '.join(repr(str(kind)) for kind in kinds)})"


def type_faults(policy: Policy) -> Iterator[tuple[Key, str]]:
    """The rules that compare what cannot be compared, tried on a frame without rows."""
    empty = pl.DataFrame(schema={**SCHEMA, **dict.fromkeys(policy.thresholds, pl.Float64)})
    for at, rule in enumerate(policy.rules):
        if fault := _type_fault(rule, empty):
            yield ("rules", at, "when"), fault


def _type_fault(rule: Rule, empty: pl.DataFrame) -> str | None:
    try:
        told = empty.select(pl.sql_expr(normal(rule.when)).alias("holds")).schema["holds"]
    except pl.exceptions.PolarsError as error:
        return f"{str(error).partition(chr(10))[0]}; compare like with like"
    if told not in (pl.Boolean, pl.Null):
        return f"is of type {told}; compare it with something"
    return None
