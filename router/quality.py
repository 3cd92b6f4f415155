"""How likely a model does a task: priors from public runs, moved by the user's own outcomes.

Text says little about difficulty and the gap between models is small on easy work and large on
hard work, so every estimate is per stratum: simple, moderate, complex.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import sqrt

import numpy as np
import polars as pl

from router.replay_arrays import Floats
from router.replay_input import STRATUM_MARKS

STRATA = ("simple", "moderate", "complex")
PRIOR_TASKS = 10.0  # a prior counts as much as ten outcomes of one's own
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Prior:
    """A model's public success rate in one stratum (`all`: over all), and where it is from."""

    match: str
    stratum: str
    rate: float
    harness: str
    source: str


@dataclass(frozen=True, slots=True)
class Belief:
    """A Beta distribution of a model's success in a stratum; `own` outcomes are the user's."""

    passed: float
    failed: float
    own: int

    @property
    def mean(self) -> float:
        return self.passed / (self.passed + self.failed)


def priors_of(text: str) -> tuple[Prior, ...]:
    """The rows of quality_priors.csv.

    Raises:
        ValueError: a row is no prior; the message names its line.
    """
    found = []
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    for number, row in enumerate(rows, start=2):
        try:
            rate = float(row["rate"])
            found.append(Prior(row["match"], row["stratum"], rate, row["harness"], row["source"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"quality_priors.csv line {number}: {error}; write a rate") from error
        if not 0 < rate < 1 or row["stratum"] not in (*STRATA, "all"):
            raise ValueError(f"quality_priors.csv line {number}: rate within 0–1, known stratum")
    return tuple(found)


def prior_of(model: str, stratum: str, priors: Iterable[Prior]) -> Prior | None:
    """The prior of the narrowest match, None for a model of which nothing is known."""
    fitting = [p for p in priors if p.stratum == stratum and fnmatchcase(model.lower(), p.match)]
    return max(fitting, key=lambda prior: len(prior.match), default=None)


UNKNOWN_RATE = {"simple": 0.62, "moderate": 0.42, "complex": 0.12}  # a small open model


def outcomes_of(labels: pl.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """(passed, known) by (model, stratum), of a frame with `model`, `complexity` and `outcome`.

    Outcomes neither `pass` nor `fail` are unknown, and count nowhere.
    """
    if labels.is_empty():
        return {}
    model = pl.col("model").str.replace(r"-20\d{6}$", "")
    known = labels.with_columns(model).filter(
        pl.col("outcome").is_in(["pass", "fail"]) & pl.col("model").is_not_null()
    )
    counted = (
        known.with_columns(stratum=pl.Series(stratum_names(known["complexity"]), dtype=pl.String))
        .group_by("model", "stratum")
        .agg(passed=(pl.col("outcome") == "pass").sum(), known=pl.len())
    )
    return {(m, s): (int(passed), int(n)) for m, s, passed, n in counted.iter_rows()}


def stratum_names(complexity: pl.Series) -> list[str]:
    filled = complexity.cast(pl.Float64).fill_null(0.5).to_numpy()
    return [STRATA[at] for at in np.digitize(filled, STRATUM_MARKS).tolist()]


def belief(
    model: str,
    stratum: str,
    priors: Sequence[Prior],
    outcomes: Mapping[tuple[str, str], tuple[int, int]],
) -> Belief:
    """The prior, worth ten outcomes, and the user's own."""
    prior = prior_of(model, stratum, priors)
    rate = prior.rate if prior else UNKNOWN_RATE[stratum]
    passed, known = outcomes.get((model, stratum), (0, 0))
    return Belief(
        passed=PRIOR_TASKS * rate + passed,
        failed=PRIOR_TASKS * (1 - rate) + known - passed,
        own=known,
    )


def wilson(passed: int, known: int) -> tuple[float, float]:
    """The 95 % interval of a rate without a prior; (0, 1) without outcomes."""
    if not known:
        return 0.0, 1.0
    rate, z2 = passed / known, Z95 * Z95
    middle = (rate + z2 / (2 * known)) / (1 + z2 / known)
    half = Z95 / (1 + z2 / known) * sqrt(rate * (1 - rate) / known + z2 / (4 * known * known))
    return max(0.0, middle - half), min(1.0, middle + half)


def index_draws(share: Floats, rates: Floats, reference: Floats) -> Floats:
    """The quality index by draw; the reference doing everything is 100.

    `share` is (draws, models, strata) in tasks, `rates` the same of success, `reference` is
    (draws, strata). NaN where there are no tasks.
    """
    done = (share * rates).sum(axis=(1, 2))
    best = (share.sum(axis=1) * reference).sum(axis=1)
    return np.where(best > 0, 100 * done / np.where(best > 0, best, 1.0), np.nan)
