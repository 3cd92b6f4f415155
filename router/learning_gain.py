"""Where the stronger model pays: two regressions, one of its successes and one of the other's.

On the score's terms and on hashed words; texts stay in memory. scikit-learn loads when fitted.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from router.learning import Labelled, matrix

HASHED = 2**16
WORD = re.compile(r"[a-z0-9_]+|[^\x00-\x7f]+")
FEWEST = 20


def words(text: str) -> Iterator[str]:
    """Words and pairs of them; of Japanese, pairs of characters."""
    found = WORD.findall(text.lower()[:4_000])
    yield from (word for word in found if word.isascii())
    yield from (f"{one} {two}" for one, two in pairwise(found))
    for run in found:
        if not run.isascii():
            yield from (run[at : at + 2] for at in range(max(len(run) - 1, 1)))


def gain_scores(train: Sequence[Labelled], test: Sequence[Labelled], names: Sequence[str]) -> Any:
    """How much likelier the stronger model is to succeed at each test task, by the train tasks.

    Noughts where either kind of model has too few tasks, or only one outcome, to learn from.
    """
    import numpy as np

    strong = [task for task in train if task.is_strong]
    weak = [task for task in train if not task.is_strong]
    if not (_is_enough(strong) and _is_enough(weak)):
        return np.zeros(len(test))
    return _chances(strong, test, names) - _chances(weak, test, names)


def _is_enough(tasks: Sequence[Labelled]) -> bool:
    return len(tasks) >= FEWEST and len({task.passed for task in tasks}) == 2


def _chances(train: Sequence[Labelled], test: Sequence[Labelled], names: Sequence[str]) -> Any:
    from sklearn.linear_model import LogisticRegression

    every = _features(train, test, names)
    model = LogisticRegression(C=0.3, max_iter=200)
    model.fit(every[: len(train)], [task.passed for task in train])
    return model.predict_proba(every[len(train) :])[:, 1]


def _features(train: Sequence[Labelled], test: Sequence[Labelled], names: Sequence[str]) -> Any:
    """Train tasks, then test tasks: the terms' amounts, each over its spread in the train tasks,
    beside the hashed words.
    """
    import numpy as np
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    tasks = [*train, *test]
    amounts, known = matrix(tasks, names), matrix(train, names)
    spread = np.maximum(known.std(axis=0), 0.1)
    dense = csr_matrix((amounts - known.mean(axis=0)) / spread)
    if not any(task.text for task in tasks):
        return dense
    hashing = HashingVectorizer(n_features=HASHED, analyzer=words, alternate_sign=False)
    texts = hashing.transform([task.text or "" for task in tasks])
    return hstack([dense, texts]).tocsr()
