"""Sums of a replay by session, and the ranges that drawing sessions and assumptions gives them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

from router.quality import PRIOR_TASKS, STRATA, belief, index_draws, outcomes_of
from router.replay_arrays import Flags, Floats, Ints, coded, distinct
from router.replay_bench import Bench
from router.replay_draws import Factors, factors_of, month_of, weights
from router.replay_history import History
from router.replay_packed import CODED
from router.replay_terms import FAMILIES, Assumptions

REFERENCE = "claude-opus-4-6"
ALIKE = 0.8  # of the variance around priors, what is of the user's tasks and not of the model


@dataclass(frozen=True)
class Settled:
    """Every call after a plan's limits. USD are NaN where no price is known.

    `group` is the pair of families, of the log and of the replay; `prompt` and `answer` amounts
    are without the factors of that pair. `over` calls bear their cash in the plan's windows.
    """

    target: Ints
    group: Ints
    cash_prompt: Floats
    cash_answer: Floats
    list_prompt: Floats
    list_answer: Floats
    over: Flags
    switched: Flags
    is_local: Flags
    model: Ints
    models: tuple[str, ...]


@dataclass(frozen=True)
class Sessions:
    """Which session and which week each call is of."""

    of_call: Ints
    week: Ints

    @property
    def count(self) -> int:
        return len(self.week)


MOST_BLOCKS = 300


def sessions_of(history: History, dice: np.random.Generator) -> Sessions:
    """Calls without a session are one for each day; of a week with very many sessions, some at
    random are drawn together, which leaves the spread of a sum as it is.
    """
    day = pl.col("asked_at").dt.date().cast(pl.String)
    of_call, names = coded(
        history.frame.select(pl.coalesce(pl.col("session_id").cast(CODED), day)).to_series()
    )
    monday = ((history.threads.at_s // 86_400 + 3) // 7).astype(np.int64)
    week = np.zeros(len(names), np.int64)
    week[of_call[::-1]] = monday[::-1]
    block = np.arange(len(names))
    weeks: list[int] = []
    for one in np.unique(week).tolist():
        places = np.flatnonzero(week == one)
        count = min(len(places), MOST_BLOCKS)
        block[places] = len(weeks) + dice.permutation(len(places)) % count
        weeks += [one] * count
    return Sessions(block[of_call], np.array(weeks, np.int64))


def drawn_sessions(history: History, seed: int, draws: int) -> tuple[Sessions, Floats]:
    """How often each session is drawn, by draw; the first draw is the log itself. Kept."""
    key = ("sessions", seed, draws)
    if key not in history.kept:
        dice = np.random.default_rng([seed, 1])
        sessions = sessions_of(history, dice)
        drawn = weights(sessions.week, draws, dice)
        drawn[:1] = 1.0
        history.kept[key] = sessions, drawn
    found: tuple[Sessions, Floats] = history.kept[key]
    return found


def drawn_factors(history: History, assumed: Assumptions, seed: int, draws: int) -> Factors:
    """The assumptions by draw; the first draw is their middle. Kept."""
    key = ("factors", assumed, seed, draws)
    if key not in history.kept:
        dice = np.random.default_rng([seed, 4])
        history.kept[key] = factors_of(assumed, draws, dice)
    found: Factors = history.kept[key]
    return found


def by_session(sessions: Sessions, group: Ints, groups: int, amount: Floats) -> Floats:
    """Sums of an amount, (sessions, groups); what is unknown adds nothing."""
    code = sessions.of_call * groups + group
    known = amount if not np.isnan(amount).any() else np.nan_to_num(amount)
    summed = np.bincount(code, known, minlength=sessions.count * groups)
    return summed.reshape(sessions.count, groups)


def pair_factors(of_family: Mapping[str, Floats]) -> Floats:
    """The factor of every pair (family in the log, family in the replay), by draw."""
    per = np.stack([of_family[name] for name in FAMILIES], axis=1)
    pairs = per[:, None, :] / per[:, :, None]
    return pairs.reshape(len(per), len(FAMILIES) ** 2)


def money_draws(
    settled: Settled, sessions: Sessions, drawn: Floats, factors: Factors
) -> dict[str, Floats]:
    """Cash and list value of the period by draw, what lies beyond a plan left out of cash."""
    pairs, group = distinct(settled.group)
    steps, output = (
        pair_factors(by_family)[:, pairs] for by_family in (factors.steps, factors.output)
    )
    told = {}
    for name, prompt, answer in (
        ("cash_usd", settled.cash_prompt, settled.cash_answer),
        ("list_usd", settled.list_prompt, settled.list_answer),
    ):
        prompts = drawn @ by_session(sessions, group, len(pairs), prompt)
        answers = drawn @ by_session(sessions, group, len(pairs), answer)
        told[name] = (prompts * steps + answers * output).sum(axis=1)
    return told


def count_draws(
    history: History, settled: Settled, sessions: Sessions, drawn: Floats
) -> dict[str, Floats]:
    """Calls, the local ones, switches and tasks of the period by draw."""
    nothing = np.zeros(len(settled.target), np.int64)
    inference = is_inference(history)
    amounts = {
        "calls": inference.astype(np.float64),
        "local_calls": (settled.is_local & inference).astype(np.float64),
        "switches": settled.switched.astype(np.float64),
        "tasks": history.threads.weight,
    }
    summed = [by_session(sessions, nothing, 1, amount) for amount in amounts.values()]
    drawn_sums = drawn @ np.concatenate(summed, axis=1)
    return dict(zip(amounts, drawn_sums.T, strict=True))


def is_inference(history: History) -> Flags:
    """Calls that count in shares; probes, token counts and others do not. Kept."""
    if "inference" not in history.kept:
        aside = history.frame["kind"].is_in(["probe", "count_tokens", "other"]).to_numpy()
        history.kept["inference"] = ~np.asarray(aside, np.bool_)
    inside: Flags = history.kept["inference"]
    return inside


def quality_draws(
    history: History, settled: Settled, sessions: Sessions, drawn: Floats, seed: int
) -> tuple[Floats, Floats]:
    """The quality index, and the tasks that fail, by draw."""
    seen, model = distinct(settled.model)
    strata, count = len(STRATA), len(seen)
    group = model * strata + history.threads.stratum
    weight = history.threads.weight
    share = drawn @ by_session(sessions, group, count * strata, weight)
    share = share.reshape(len(drawn), count, strata)
    rates, reference = rate_draws(
        history, tuple(settled.models[at] for at in seen), len(drawn), seed
    )
    index = index_draws(share, rates, reference)
    return index, (share * (1 - rates)).sum(axis=(1, 2))


def rate_draws(
    history: History, models: tuple[str, ...], draws: int, seed: int
) -> tuple[NDArray[np.float64], Floats]:
    """Success rates (draws, models, strata) and the reference's (draws, strata).

    A model draws the same numbers in every scenario, so that differences between scenarios are not
    of the dice. Nobody does no task.
    """
    named = [*models, REFERENCE]
    rates = np.zeros((draws, len(named), len(STRATA)))
    for at, model in enumerate(named):
        for place, stratum in enumerate(STRATA):
            rates[:, at, place] = _model_rates(history, model, stratum, draws, seed)
    return rates[:, :-1], rates[:, -1]


def _model_rates(history: History, model: str, stratum: str, draws: int, seed: int) -> Floats:
    """Drawn with what all models share: a user's tasks are harder or easier than public ones for
    every model alike, as far as only the prior is known.
    """
    if not model:
        return np.zeros(draws)
    key = ("rates", model, stratum, draws, seed)
    if key not in history.kept:
        held = belief(model, stratum, history.priors, outcomes(history))
        at = STRATA.index(stratum)
        shared = np.random.default_rng([seed, 5, at]).standard_normal(draws)
        own = np.random.default_rng([seed, 6, at, *model.encode()]).standard_normal(draws)
        alike = ALIKE * PRIOR_TASKS / (PRIOR_TASKS + held.own)
        z = np.sqrt(alike) * shared + np.sqrt(1 - alike) * own
        drawn = betaincinv(held.passed, held.failed, ndtr(z))
        drawn[:1] = held.mean
        history.kept[key] = drawn
    found: Floats = history.kept[key]
    return found


def outcomes(history: History) -> dict[tuple[str, str], tuple[int, int]]:
    if "outcomes" not in history.kept:
        history.kept["outcomes"] = outcomes_of(history.labels)
    found: dict[tuple[str, str], tuple[int, int]] = history.kept["outcomes"]
    return found


def switched(bench: Bench, target: Ints) -> Flags:
    """Calls of a conversation that go to another model than the call before it."""
    threads = bench.history.threads
    model = bench.models[target]
    before = np.maximum(threads.before, 0)
    moved: Flags = threads.is_conversation & (threads.before >= 0) & (model[before] != model)
    return moved


def month_factor(history: History) -> float:
    return month_of(history.active_days, history.span_days) / history.share
