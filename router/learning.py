"""The score's weights fitted on how the user's own tasks went, held near the built-in ones.

Pure: tasks in, weights out. NumPy and SciPy load when something is fitted, never in a gate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import log
from typing import Any

from router.complexity import Group, Weights

BIAS = "bias"
ORDINARY = "ordinary"
PULL = 20.0  # how many tasks the built-in weights are worth
LEAST_SCALE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A task of which the outcome is known. `amounts` are those of the score's terms by name,
    `is_strong` whether the stronger of the two kinds of model did it; `text` is never kept.
    """

    session: str
    began_at: datetime
    task: str
    is_strong: bool
    passed: bool
    usd: float
    amounts: Mapping[str, float]
    text: str | None = None


def points(weights: Weights) -> dict[str, float]:
    """The weight of each term by name, the bias apart."""
    terms = {name: weight for name, (weight, _) in weights.terms.items()}
    groups = {group.name: group.weight for group in weights.groups if group.weight is not None}
    return {**terms, **groups, ORDINARY: weights.ordinary}


def matrix(tasks: Sequence[Labelled], names: Sequence[str]) -> Any:
    """A row per task, a column per name: the amounts of its terms."""
    import numpy as np

    return np.array([[task.amounts.get(name, 0.0) for name in names] for task in tasks], float)


def scored(tasks: Sequence[Labelled], weights: Mapping[str, float]) -> Any:
    """Each task's sum of points, without the bias."""
    import numpy as np

    names = list(weights)
    return matrix(tasks, names) @ np.array([weights[name] for name in names])


def fitted(tasks: Sequence[Labelled], prior: Mapping[str, float]) -> dict[str, float]:
    """Weights under which failed tasks score high, whichever model did them.

    Logistic, with a term of its own for the stronger model; the more the tasks vary in a term, the
    freer its weight is to leave the prior's.
    """
    import numpy as np

    names = list(prior)
    amounts = matrix(tasks, names)
    failed = np.array([not task.passed for task in tasks], float)
    strong = np.array([task.is_strong for task in tasks], float)
    start = np.array([prior[name] for name in names])
    scale = _scale(amounts @ start, strong, failed)
    center = scale * start
    stiff = PULL * np.maximum(amounts.var(axis=0), 1e-3)
    found = _minimised(
        np.column_stack([amounts, strong, np.ones(len(tasks))]), failed, center, stiff
    )
    return dict(zip(names, found[: len(names)].tolist(), strict=True))


def _scale(z: Any, strong: Any, failed: Any) -> float:
    """How steeply failures follow the built-in score."""
    import numpy as np

    columns = np.column_stack([z, strong, np.ones(len(z))])
    found = _minimised(columns, failed, np.array([1.0]), np.array([1.0]))
    return max(float(found[0]), LEAST_SCALE)


def _minimised(columns: Any, failed: Any, center: Any, stiff: Any) -> Any:
    """The coefficients of a logistic regression; the first ones are pulled to `center`."""
    import numpy as np
    from scipy.optimize import minimize

    held = len(center)

    def loss(beta: Any) -> tuple[float, Any]:
        z = columns @ beta
        away = beta[:held] - center
        slope = columns.T @ (1 / (1 + np.exp(-z)) - failed)
        slope[:held] += stiff * away
        total = np.sum(np.logaddexp(0, z) - failed * z) + 0.5 * np.sum(stiff * away**2)
        return float(total), slope

    start = np.concatenate([center, np.zeros(columns.shape[1] - held)])
    return minimize(loss, start, jac=True, method="L-BFGS-B").x


def levelled(
    tasks: Sequence[Labelled],
    weights: Mapping[str, float],
    prior: Weights,
    marks: tuple[float, float],
) -> Weights:
    """The fitted weights on the built-in score's scale: as many of these tasks pass each of the
    two thresholds as before, so that nothing moves but their order.
    """
    before = scored(tasks, points(prior)) + prior.bias
    bias, scale = level(before, scored(tasks, weights), marks)
    return reweighted(prior, {name: one * scale for name, one in weights.items()}, bias)


def level(before: Any, after: Any, marks: tuple[float, float]) -> tuple[float, float]:
    """(bias, scale) that put `after` where as many values pass the marks as of `before`, a z."""
    import numpy as np

    at = [log(mark / (1 - mark)) for mark in marks]
    low, high = (np.quantile(after, float((before < z).mean())) for z in at)
    scale = (at[1] - at[0]) / float(high - low) if high - low > 1e-6 else 1.0
    return at[0] - scale * float(low), scale


def reweighted(weights: Weights, fitted: Mapping[str, float], bias: float) -> Weights:
    """The same terms and stems with other numbers."""

    def group(one: Group) -> Group:
        return one if one.weight is None else replace(one, weight=fitted[one.name])

    terms = {name: (fitted[name], most) for name, (_, most) in weights.terms.items()}
    groups = tuple(map(group, weights.groups))
    return replace(weights, bias=bias, ordinary=fitted[ORDINARY], terms=terms, groups=groups)


def amounts_of(terms: Mapping[str, float], weights: Weights) -> dict[str, float]:
    """What was found of each term, from its points under the weights of the time."""
    known = points(weights)
    return {
        name: told / known[name] for name, told in terms.items() if known.get(name) and name != BIAS
    }
