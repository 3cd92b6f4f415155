"""What a log says of models that it sent different work to: rates as if each had done all of it.

Whoever gives hard tasks to the strong model makes it look weak. Each estimate here weights
outcomes to the common mix of tasks; where a model never did a kind of task nothing is identified.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from router.quality import STRATA, stratum_names

CLIP = 20.0
Z90 = 1.6448536269514722

type Method = Literal["naive", "stratified", "snips", "doubly_robust"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A success rate (or a difference of two) with its 90 % interval, of `known` outcomes.

    `value` is None where the log does not tell: `missing` are the strata the model never met.
    """

    method: Method
    value: float | None
    low: float | None
    high: float | None
    known: int
    missing: tuple[str, ...] = ()


def prepared(labels: pl.DataFrame) -> pl.DataFrame:
    """Labels (`model`, `complexity`, `outcome`, and `propensity` if it was logged) as columns
    `model stratum passed propensity`; what is neither pass nor fail is left out.
    """
    known = labels.filter(pl.col("outcome").is_in(["pass", "fail"]) & pl.col("model").is_not_null())
    told = "propensity" in labels.columns
    return known.select(
        "model",
        pl.Series("stratum", stratum_names(known["complexity"]), dtype=pl.String),
        passed=(pl.col("outcome") == "pass").cast(pl.Float64),
        propensity=pl.col("propensity") if told else pl.lit(None, pl.Float64),
    )


def rates(outcomes: pl.DataFrame, model: str) -> dict[Method, Estimate]:
    """A model's success rate over the whole mix, by every method (frame as from `prepared`).

    Where no propensity was logged, a model's share of a stratum stands for it.
    """
    mine = outcomes.filter(pl.col("model") == model)
    share = {s: len(outcomes.filter(pl.col("stratum") == s)) for s in STRATA}
    met = set(mine["stratum"])
    missing = tuple(s for s in STRATA if share[s] and s not in met)
    naive = _estimate("naive", mine["passed"].to_numpy(), np.ones(len(mine)), ())
    if missing or mine.is_empty():
        none = {m: Estimate(m, None, None, None, len(mine), missing) for m in WEIGHTED}
        return {"naive": naive, **none}
    return {"naive": naive, **_weighted(outcomes, mine, share)}


WEIGHTED: tuple[Method, ...] = ("stratified", "snips", "doubly_robust")


def _weighted(
    outcomes: pl.DataFrame, mine: pl.DataFrame, share: dict[str, int]
) -> dict[Method, Estimate]:
    passed, strata = mine["passed"].to_numpy(), mine["stratum"].to_list()
    count = {s: strata.count(s) for s in STRATA}
    exact = np.array([share[s] / count[s] for s in strata])
    logged = mine["propensity"].fill_null(np.nan).to_numpy()
    weight = np.minimum(np.where(np.isnan(logged), exact, 1 / np.maximum(logged, 1e-9)), CLIP)
    return {
        "stratified": _estimate("stratified", passed, exact, ()),
        "snips": _estimate("snips", passed, weight, ()),
        "doubly_robust": _doubly_robust(outcomes, passed, strata, weight),
    }


def _doubly_robust(
    outcomes: pl.DataFrame, passed: np.ndarray, strata: list[str], weight: np.ndarray
) -> Estimate:
    """A model of the rate by stratum, corrected by what its own outcomes miss of it."""
    told = {
        s: (1.0 + sum(p for p, of in zip(passed, strata, strict=True) if of == s))
        / (2.0 + strata.count(s))
        for s in STRATA
    }
    model = np.array([told[s] for s in outcomes["stratum"]])
    own = np.array([told[s] for s in strata])
    missed = weight * (passed - own)
    value = float(model.mean() + missed.sum() / len(model))
    sd = float(np.sqrt(model.var() / len(model) + np.sum(missed**2) / len(model) ** 2))
    return Estimate("doubly_robust", value, value - Z90 * sd, value + Z90 * sd, len(passed))


def _estimate(
    method: Method, passed: np.ndarray, weight: np.ndarray, missing: tuple[str, ...]
) -> Estimate:
    if not len(passed):
        return Estimate(method, None, None, None, 0, missing)
    value = float((weight * passed).sum() / weight.sum())
    sd = float(np.sqrt(np.sum((weight * (passed - value)) ** 2)) / weight.sum())
    return Estimate(method, value, value - Z90 * sd, value + Z90 * sd, len(passed), missing)


def contrast(outcomes: pl.DataFrame, one: str, other: str) -> dict[Method, Estimate]:
    """How much more often `one` succeeds than `other`, by every method."""
    return {
        method: _difference(mine, theirs)
        for (method, mine), theirs in zip(
            rates(outcomes, one).items(), rates(outcomes, other).values(), strict=True
        )
    }


def _difference(one: Estimate, other: Estimate) -> Estimate:
    missing = tuple(dict.fromkeys((*one.missing, *other.missing)))
    known = one.known + other.known
    if one.value is None or other.value is None or one.high is None or other.high is None:
        return Estimate(one.method, None, None, None, known, missing)
    value = one.value - other.value
    half = float(np.hypot(one.high - one.value, other.high - other.value))
    return Estimate(one.method, value, value - half, value + half, known, missing)


BY_MODEL = pl.Schema(
    {
        "model": pl.String(),
        "known": pl.Int64(),
        "naive": pl.Float64(),
        "stratified": pl.Float64(),
        "snips": pl.Float64(),
        "doubly_robust": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "missing": pl.List(pl.String),
    }
)


def by_model(labels: pl.DataFrame) -> pl.DataFrame:
    """A row per model with known outcomes, most known first: `model known`, the rates `naive
    stratified snips doubly_robust`, `low high` (90 %, doubly robust) and `missing`: strata that
    the model never met, for which its rates are null.
    """
    outcomes = prepared(labels)
    counted = outcomes.group_by("model").len().sort("len", "model", descending=[True, False])
    rows: list[dict[str, object]] = []
    for model in counted["model"]:
        found = rates(outcomes, model)
        robust = found["doubly_robust"]
        rows.append(
            {"model": model, "known": robust.known,
             **{str(method): one.value for method, one in found.items()},
             "low": robust.low, "high": robust.high, "missing": list(robust.missing)}
        )  # fmt: skip
    return pl.DataFrame(rows, schema=BY_MODEL)
