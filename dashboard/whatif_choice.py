"""What is compared: a policy and a plan for each column, kept in the URL."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl
import streamlit as st

from dashboard import filters, replay_kept
from dashboard.filters import Filters
from dashboard.i18n import say
from router.plans import Plan
from router.replay import API_ONLY, Assumptions, Scenario
from router.replay_presets import PRESETS

OWN = ""
COLUMNS = 4
AS_LOGGED = "as_logged"
Pick = tuple[str, str]  # a policy's name, a plan's name or OWN


def policy_names(versions: pl.DataFrame) -> dict[str, str]:
    """Every policy that can be replayed, and what it is called (columns of policy_versions.sql)."""
    named = {
        AS_LOGGED: say("As logged"),
        "all_opus": say("All Opus"),
        replay_kept.LIVE: say("The policy in force"),
        "max_local_overflow": say("Max, local, overflow"),
        "api_routing": say("API with routing"),
        "local_free": say("Local and free only"),
    }
    stored = versions["policy_version"].drop_nulls().to_list()
    return named | {name: say("Version {name}", name=name) for name in stored}


def plan_names(plans: Iterable[Plan]) -> dict[str, str]:
    own = {OWN: say("the policy's own plan"), API_ONLY: say("API only")}
    return own | {plan.name: plan.title for plan in plans}


def picks(chosen: Filters, policies: Iterable[str], plans: Iterable[str]) -> list[Pick]:
    """What the URL names, as far as it is known; the usual four otherwise."""
    known, fees = set(policies), set(plans)
    named = [part.partition("@") for part in chosen.compare.split(",") if part]
    held = [(name, plan) for name, _, plan in named if name in known and plan in fees]
    usual = [(name, OWN) for name in PRESETS if name != "local_free"]
    return (held or usual)[:COLUMNS]


def written(held: Iterable[Pick]) -> str:
    return ",".join(f"{name}@{plan}" if plan else name for name, plan in held)


def scenario(folder: Path, pick: Pick, past_limit: str, *, is_equal: bool) -> Scenario:
    """
    Raises:
        ValueError: the policy is faulty.
    """
    name, plan = pick
    found = replay_kept.scenario(folder, name)
    wanted = replace(found, past_limit=past_limit, plan=plan or found.plan)
    return replace(wanted, assumptions=Assumptions.list_price()) if is_equal else wanted


def has_thresholds(wanted: Scenario) -> bool:
    """Whether some rule of its policy asks for how hard the work looks."""
    return wanted.rules is not None and "complexity" in wanted.rules.columns


def pickers(
    at: int, held: list[Pick], chosen: Filters, names: dict[str, str], plans: dict[str, str]
) -> None:
    """The two lists above a column."""
    for place, options in enumerate((names, plans)):
        key = f"compare {at} {place}"
        st.session_state[key] = held[at][place]
        st.selectbox(
            say("Plan") if place else say("Policy"),
            list(options),
            key=key,
            format_func=options.__getitem__,
            label_visibility="collapsed",
            disabled=bool(place) and held[at][0] == AS_LOGGED,
            on_change=_changed,
            args=(at, held, chosen),
        )


def _changed(at: int, held: list[Pick], chosen: Filters) -> None:
    name, plan = (st.session_state[f"compare {at} {place}"] for place in (0, 1))
    now = [*held[:at], (name, OWN if name == AS_LOGGED else plan), *held[at + 1 :]]
    filters.write(filters.narrowed(chosen, compare=written(now)))


def ways_past_limit() -> dict[str, str]:
    return {
        "overflow": say("overflow to the next target"),
        "local": say("go on locally"),
        "queue": say("wait for the reset"),
        "stop": say("stop"),
    }
