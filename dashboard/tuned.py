"""Other thresholds for the policy in force: where one starts, what they change, how to apply."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

import polars as pl
import streamlit as st

from collector import policies
from collector.policies import Named
from dashboard import replay_kept
from dashboard.filters import Filters
from dashboard.memory import tidied
from router.policy_check import load
from router.policy_model import Policy
from router.replay import API_ONLY, History, Outcome, Range, Scenario, changed_between
from router.replay_draws import range_of

MARKS = ("moderate_at", "complex_at")
Marks = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """`named` is the policy whose thresholds move, `scenario` the same made ready to replay, and
    `in_force` what calls follow now. `preset` names the one that stands in where the live file has
    no routes.
    """

    named: Named
    scenario: Scenario
    in_force: Scenario
    preset: str = ""

    @property
    def policy(self) -> Policy:
        assert self.scenario.rules
        return self.scenario.rules.policy

    @property
    def marks(self) -> Marks:
        return {name: self.policy.thresholds[name] for name in MARKS}

    @property
    def weighs(self) -> bool:
        """Whether some rule asks for how hard the work looks."""
        return self.scenario.rules is not None and "complexity" in self.scenario.rules.columns


def start(folder: Path, past: History) -> Start:
    """The live policy; the preset that calls with a plan login follow, or else the one for keys,
    where it has no routes.

    Raises:
        ValueError: the live policy is faulty; one line says where.
        OSError: it cannot be read.
    """
    live = policies.live(folder)
    policy = live.policy
    if policy.routes:
        scenario = replay_kept.scenario(folder, replay_kept.LIVE)
        return Start(named=live, scenario=scenario, in_force=scenario)
    is_plan = past.plan != API_ONLY or bool(past.on_plan.any())
    preset = "plan" if is_plan else "api"
    named = policies.with_settings(policies.preset(preset), policy)
    if "thresholds" in policy.model_fields_set:
        named = policies.with_thresholds(named, policy.thresholds)
    scenario = _ready(named.name, named.text)
    as_asked = Scenario(name="as asked", plan=API_ONLY)
    return Start(
        named=named, scenario=scenario, in_force=scenario if is_plan else as_asked, preset=preset
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _ready(name: str, text: str) -> Scenario:
    return Scenario(name=name, rules=load(text, name))


def marks_of(chosen: Filters, own: Mapping[str, float]) -> Marks:
    """The thresholds that the URL names, as far as they are some, in order; else the policy's."""
    low, high = (_mark(getattr(chosen, name), own[name]) for name in MARKS)
    return dict(zip(MARKS, sorted((low, high)), strict=True))


def _mark(text: str, own: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return own
    return value if 0 <= value <= 1 else own


def moved(begun: Start, marks: Marks) -> Scenario:
    """The same object where nothing moved, so that what is known of it is found again."""
    return begun.scenario if marks == begun.marks else replace(begun.scenario, thresholds=marks)


def changes(before: Outcome, after: Outcome) -> dict[str, Range]:
    """How a month moves, measure by measure, draw by draw: both were drawn alike."""
    days = after.basis.active_days
    return {
        name: range_of(values - before.draws[name], days)
        for name, values in after.draws.items()
        if name in before.draws
    }


def is_certain(change: Range) -> bool:
    """Whether 90 % of the draws move it one way."""
    return change.low > 0 or change.high < 0


class Difference(NamedTuple):
    """How many calls go to another target than before, and the `most` changed of them, as
    `changed_between` has them; the `streams` of tuned marks and of the log.
    """

    changed: int
    most: pl.DataFrame
    tuned: pl.DataFrame
    logged: pl.DataFrame


def difference(
    past: History, before: Outcome, after: Outcome, own: Marks, marks: Marks
) -> Difference:
    """Of two outcomes, the second at these marks, where the policy's `own` were logged. Kept with
    the history, as outcomes are, in place of their calls.
    """

    def found() -> tuple[Outcome, Outcome, Difference]:
        was, calls = replay_kept.side(past, before), after.calls
        told = Difference(
            changed=int((was["target"] != calls["target"]).sum()),
            most=changed_between(was, calls),
            tuned=streams(calls, marks, "target", "list_usd"),
            logged=streams(calls, own, "logged", "logged_list_usd"),
        )
        return before, after, told

    key = ("difference", id(before), id(after))
    kept: tuple[Outcome, Outcome, Difference] = past.keep(
        key, lambda: tidied(found), replay_kept.MOST_KEPT
    )
    return kept[2]


def streams(calls: pl.DataFrame, marks: Marks, target: str, worth: str) -> pl.DataFrame:
    """Calls and list value by task (its kind, where none is known), tier by these marks (null: not
    weighed) and target (`Outcome.calls`); these columns of it are the target and its worth.
    """
    score = pl.col("complexity")
    tier = (
        pl.when(score < marks["moderate_at"])
        .then(pl.lit("simple"))
        .when(score < marks["complex_at"])
        .then(pl.lit("moderate"))
        .when(score.is_not_null())
        .then(pl.lit("complex"))
    )
    found = calls.group_by(
        kind=pl.coalesce("task", "kind"), tier=tier, target=pl.col(target).fill_null("?")
    ).agg(calls=pl.len(), list_usd=pl.col(worth).sum())
    return found.with_columns(pl.col("kind", "target").cast(pl.String))


def proposed(begun: Start, marks: Marks) -> Named:
    """What would stand in the file: the user's own with other thresholds, comments kept."""
    return policies.with_thresholds(begun.named, marks)


def text_diff(old: str, new: str) -> list[str]:
    told = unified_diff(
        old.splitlines(), new.splitlines(), "policy.toml", "policy.toml", lineterm=""
    )
    return list(told)


def apply(folder: Path, seen: str, named: Named) -> tuple[str, str]:
    """Put it into force if the file still says what was `seen`; the versions before and after.

    Raises:
        ValueError: the file says something else by now, or would be faulty; nothing has changed.
        OSError: it cannot be written.
    """
    if policies.live(folder).text != seen:
        raise ValueError("policy.toml was changed meanwhile; look at the difference again")
    return policies.put(folder, named)


def compared(before: Outcome, after: Outcome) -> pl.DataFrame:
    """A row per measure of a month: in force, tuned and the change, with 90 % ends; dollars."""
    gaps = changes(before, after)
    return pl.DataFrame(
        [
            {
                "measure": name,
                **_ends("in_force", before.month[name]),
                **_ends("tuned", after.month[name]),
                **_ends("change", gap),
            }
            for name, gap in gaps.items()
        ],
        infer_schema_length=None,
    )


def _ends(label: str, told: Range) -> dict[str, float | None]:
    return {label: told.median, f"{label}_low": told.low, f"{label}_high": told.high}
