"""What a score is worth as a router, by tasks that one model each has done.

Which model a task got depended on how hard it looked, so bare success rates mislead. Within
strata of the built-in score both models have done tasks; there the gain of the stronger model is
estimated task by task (doubly robust), and a score is worth what it lets the stronger model gain
for the money, over spending as much at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from router.learning import Labelled

STRATA = 5
FEWEST = 5  # tasks of either kind of model that a stratum needs
MOST_WEIGHT = 20.0
SHRUNK_BY = 10.0
DRAWS = 400
SEED = 20
RANDOM = 0.5


@dataclass(frozen=True, slots=True)
class Gains:
    """Of each task: what the stronger model would gain and what it would cost more. Tasks where
    `is_known` is false lie in a stratum that only one kind of model has worked in.
    """

    gain: Any
    cost: Any
    is_known: Any
    strong_share: float
    weak_share: float
    strong_usd: float
    weak_usd: float


@dataclass(frozen=True, slots=True)
class Worth:
    """Area under the share of the gain reached, over the share of the cost spent: 0.5 is random.
    `least_over_rules` is the lower bound of what is above the rules' own, drawn together.
    """

    apgr: float
    low: float
    high: float
    least_over_rules: float = 0.0


def gains(tasks: Sequence[Labelled], score: Any) -> Gains:
    """`score` is the built-in one of each task: it makes the strata."""
    import numpy as np

    strong = np.array([task.is_strong for task in tasks], float)
    passed = np.array([task.passed for task in tasks], float)
    usd = np.array([task.usd for task in tasks])
    edges = np.quantile(score, np.linspace(0, 1, STRATA + 1)[1:-1])
    stratum = np.digitize(score, edges)
    gain, known = np.zeros(len(tasks)), np.zeros(len(tasks), bool)
    overall = _mean(passed, strong), _mean(passed, 1 - strong)
    for at in range(STRATA):
        here = stratum == at
        if min(strong[here].sum(), (1 - strong[here]).sum()) >= FEWEST:
            known |= here
            gain[here] = _doubly_robust(passed[here], strong[here], overall)
    ratio = _mean(usd, strong) / max(_mean(usd, 1 - strong), 1e-9)
    weak_usd = np.where(strong == 1, usd / max(ratio, 1e-9), usd)
    return Gains(
        gain=gain,
        cost=np.maximum(weak_usd * (ratio - 1), 1e-9),
        is_known=known,
        strong_share=overall[0],
        weak_share=overall[1],
        strong_usd=_mean(usd, strong),
        weak_usd=_mean(usd, 1 - strong),
    )


def _doubly_robust(passed: Any, strong: Any, overall: tuple[float, float]) -> Any:
    import numpy as np

    share = float(np.clip(strong.mean(), 1 / MOST_WEIGHT, 1 - 1 / MOST_WEIGHT))
    by_strong = _shrunk(passed, strong, overall[0])
    by_weak = _shrunk(passed, 1 - strong, overall[1])
    more = strong * (passed - by_strong) / share
    less = (1 - strong) * (passed - by_weak) / (1 - share)
    return by_strong - by_weak + more - less


def _shrunk(passed: Any, chosen: Any, overall: float) -> float:
    return float(((passed * chosen).sum() + SHRUNK_BY * overall) / (chosen.sum() + SHRUNK_BY))


def _mean(values: Any, chosen: Any) -> float:
    return float((values * chosen).sum() / max(chosen.sum(), 1))


def is_gain_certain(found: Gains, sessions: Sequence[str]) -> bool:
    """Whether the stronger model is better for certain, over all: else no router has a worth."""
    import numpy as np

    totals = _session_weights(sessions) @ found.gain
    return bool(found.gain.sum() > 0 and np.quantile(totals, 0.025) > 0)


def worth(score: Any, found: Gains, sessions: Sequence[str], rules: Any = None) -> Worth:
    """Of sending the highest scores to the stronger model; intervals of 95 % by sessions."""
    import numpy as np

    weights = np.vstack([np.ones(len(score)), _session_weights(sessions)])
    areas = _areas(np.asarray(score), found, weights)
    low, high = np.quantile(areas[1:], [0.025, 0.975])
    over = areas - _areas(rules, found, weights) if rules is not None else np.zeros(2)
    least = np.quantile(over[1:], 0.025)
    return Worth(float(areas[0]), float(low), float(high), float(least))


def _areas(score: Any, found: Gains, weights: Any) -> Any:
    """The area for each row of task weights; equal scores are spent on together."""
    import numpy as np

    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    spent = np.add.reduceat(weights[:, order] * found.cost[order], starts, axis=1)
    gained = np.add.reduceat(weights[:, order] * found.gain[order], starts, axis=1)
    reached = np.cumsum(gained, axis=1)
    before = reached - gained
    area = (spent * (before + reached) / 2).sum(axis=1)
    return area / (spent.sum(axis=1) * reached[:, -1])


def _session_weights(sessions: Sequence[str]) -> Any:
    """How often each task is drawn when sessions are drawn with replacement, a row per draw."""
    import numpy as np

    names, at = np.unique(np.asarray(sessions), return_inverse=True)
    dice = np.random.default_rng(SEED)
    return dice.multinomial(len(names), [1 / len(names)] * len(names), size=DRAWS)[:, at]
