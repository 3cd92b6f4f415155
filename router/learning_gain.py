"""Fits where the stronger model pays: two regressions, of its successes and of the others'.

On the score's terms and on hashed words; texts stay in memory. scikit-learn loads when fitted.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from router.complexity import Weights
from router.gain import HASHED, Chance, Gain, buckets
from router.learning import Labelled, level, matrix, points, scored

FEWEST = 20
LEAST_SPREAD, LEAST_WEIGHT = 0.1, 1e-3


def fitted_gain(tasks: Sequence[Labelled], names: Sequence[str]) -> Gain | None:
    """None where either kind of model has too few tasks, or only one outcome, to learn from."""
    import numpy as np

    strong = [task for task in tasks if task.is_strong]
    weak = [task for task in tasks if not task.is_strong]
    if not (_is_enough(strong) and _is_enough(weak)):
        return None
    (one, one_words), (other, other_words) = (_chance(side, names) for side in (strong, weak))
    both = np.stack([one_words, other_words], axis=1)
    known = np.flatnonzero(np.abs(both).max(axis=1) > LEAST_WEIGHT)
    return Gain(one, other, {int(at): (float(both[at, 0]), float(both[at, 1])) for at in known})


def gain_scores(train: Sequence[Labelled], test: Sequence[Labelled], names: Sequence[str]) -> Any:
    """How much likelier the stronger model is to succeed at each test task, by the train tasks;
    noughts where they teach nothing.
    """
    import numpy as np

    gain = fitted_gain(train, names)
    if gain is None:
        return np.zeros(len(test))
    return np.array([gain.of(task.amounts, task.text or "") for task in test])


def levelled_gain(
    gain: Gain, tasks: Sequence[Labelled], prior: Weights, marks: tuple[float, float]
) -> Gain:
    """The gain on the built-in score's scale: as many of these tasks pass each of the two
    thresholds as before, so that nothing moves but their order.
    """
    import numpy as np

    before = scored(tasks, points(prior)) + prior.bias
    after = np.array([gain.of(task.amounts, task.text or "") for task in tasks])
    bias, scale = level(before, after, marks)
    return replace(gain, bias=bias, scale=scale)


def _is_enough(tasks: Sequence[Labelled]) -> bool:
    return len(tasks) >= FEWEST and len({task.passed for task in tasks}) == 2


def _chance(tasks: Sequence[Labelled], names: Sequence[str]) -> tuple[Chance, Any]:
    """The regression on the terms' amounts, each over its spread, and on the hashed words; of the
    words, their weights.
    """
    import numpy as np
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    amounts = matrix(tasks, names)
    mean, spread = amounts.mean(axis=0), np.maximum(amounts.std(axis=0), LEAST_SPREAD)
    every = hstack([csr_matrix((amounts - mean) / spread), _hashed(tasks)]).tocsr()
    model = LogisticRegression(C=0.3, max_iter=200).fit(every, [task.passed for task in tasks])
    weights = model.coef_[0]
    of_terms = weights[: len(names)] / spread
    bias = float(model.intercept_[0] - of_terms @ mean)
    return Chance(bias, dict(zip(names, of_terms.tolist(), strict=True))), weights[len(names) :]


def _hashed(tasks: Sequence[Labelled]) -> Any:
    """A row per task: its buckets of hashed words."""
    from scipy.sparse import csr_matrix

    found = [buckets(task.text or "") for task in tasks]
    rows = [at for at, one in enumerate(found) for _ in one]
    columns = [bucket for one in found for bucket in one]
    shares = [share for one in found for share in one.values()]
    return csr_matrix((shares, (rows, columns)), shape=(len(tasks), HASHED))
