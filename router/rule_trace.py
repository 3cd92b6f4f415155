"""Which rules a call met: each rule by itself, in order, up to the one that took the call."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from router.policy_model import Rule
from router.rule_text import normal
from router.rules import SCHEMA, Compiled


@dataclass(frozen=True, slots=True)
class Tried:
    """`holds` is None where a value that the rule asks about is missing: it does not hold."""

    rule: Rule
    holds: bool | None
    is_gate: bool


def tried(rules: Compiled, row: Mapping[str, Any]) -> tuple[Tried, ...]:
    """The rules tried on a row of fact columns; the last one is the first that holds."""
    return tuple(_tried(rules, row))


def _tried(rules: Compiled, row: Mapping[str, Any]) -> Iterator[Tried]:
    asked = {name: [row.get(name)] for name in rules.columns}
    frame = pl.DataFrame(asked, schema={name: SCHEMA[name] for name in rules.columns})
    thresholds = rules.policy.thresholds.items()
    frame = frame.with_columns(**{name: pl.lit(value) for name, value in thresholds})
    for at, rule in enumerate(rules.rules):
        holds = frame.select(pl.sql_expr(normal(rule.when)).alias("holds")).item()
        yield Tried(rule, holds, at < rules.gates)
        if holds:
            return
