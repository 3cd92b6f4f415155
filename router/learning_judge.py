"""Whether what was learnt beats the rules, on later sessions than it was learnt from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from router.complexity import Weights
from router.learning import Labelled, fitted, points, scored
from router.learning_gain import gain_scores
from router.learning_value import RANDOM, Gains, Worth, gains, is_gain_certain, worth

FEWEST = 300
BLOCKS = 5
SLICE = 60
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
RULES, WEIGHTS, GAIN, TYPES = "rules", "weights", "gain model", "task types"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`worths` by what scored, `slices` those of rules and weights by language; `why_not` says why
    nothing can be told, None where it can. `unknown` tasks are left out: see `Gains`.
    """

    tasks: int
    judged: int = 0
    unknown: int = 0
    worths: dict[str, Worth]
    slices: dict[str, dict[str, Worth]] = field(default_factory=dict)
    found: Gains | None = None
    why_not: str | None = None

    def beats(self, name: str) -> bool:
        """Whether what was learnt is for certain above the rules' own worth, and above chance."""
        if RULES not in self.worths:
            return False
        learnt, least = self.worths[name], max(self.worths[RULES].apgr, RANDOM)
        return learnt.low > least and learnt.least_over_rules > 0

    @property
    def best(self) -> str | None:
        """What is to score: the weights, which can be read, unless the gain model is for certain
        above their worth too; None where neither beats the rules.
        """
        weights = self.worths[WEIGHTS].apgr if self.beats(WEIGHTS) else 0.0
        if self.beats(GAIN) and self.worths[GAIN].low > weights:
            return GAIN
        return WEIGHTS if weights else None


def folds(tasks: Sequence[Labelled]) -> Iterator[tuple[list[int], list[int]]]:
    """(train, test) as places in `tasks`: no session is in both, all of train began before test.

    The first of the blocks only ever trains.
    """
    began: dict[str, Any] = {}
    for task in tasks:
        began[task.session] = min(began.get(task.session, task.began_at), task.began_at)
    order = sorted(began, key=lambda session: (began[session], session))
    for block in range(1, BLOCKS):
        low, high = (len(order) * (block + more) // BLOCKS for more in (0, 1))
        test_sessions, train_sessions = set(order[low:high]), set(order[:low])
        if not test_sessions or not train_sessions:
            continue
        since = began[order[low]]
        yield (
            [n for n, t in enumerate(tasks) if t.session in train_sessions and t.began_at < since],
            [n for n, t in enumerate(tasks) if t.session in test_sessions],
        )


def judged(tasks: Sequence[Labelled], prior: Weights) -> Judged:
    """Everything that scores, on the same later tasks."""
    if len(tasks) < FEWEST:
        why = f"{len(tasks):,} tasks have a known outcome; {FEWEST} are needed"
        return Judged(tasks=len(tasks), worths={}, why_not=why)
    places, scores = _forward(tasks, prior)
    later = [tasks[place] for place in places]
    found = gains(later, scored(later, points(prior)))
    unknown = int((~found.is_known).sum())
    told = Judged(
        tasks=len(tasks), judged=len(later) - unknown, unknown=unknown, worths={}, found=found
    )
    if told.judged < FEWEST * (BLOCKS - 1) // BLOCKS:
        return _cannot(told, "too few tasks lie where both kinds of model have worked: try an "
                             "[experiment] or [exploration]")  # fmt: skip
    known = _only(found)
    sessions = [task.session for task, kept in zip(later, found.is_known, strict=True) if kept]
    if not is_gain_certain(known, sessions):
        return _cannot(told, "the stronger models do not pass more of these tasks for certain, so "
                             "there is nothing to tell apart")  # fmt: skip
    kept = {name: score[found.is_known] for name, score in scores.items()}
    worths = {name: worth(score, known, sessions, kept[RULES]) for name, score in kept.items()}
    texts = [task.text for task, is_kept in zip(later, found.is_known, strict=True) if is_kept]
    return replace(told, worths=worths, slices=_slices(kept, known, sessions, texts))


def _cannot(told: Judged, why: str) -> Judged:
    return replace(told, why_not=why)


def _slices(
    scores: dict[str, Any], found: Gains, sessions: list[str], texts: list[str | None]
) -> dict[str, dict[str, Worth]]:
    """Rules and weights by the language of the words, where enough tasks of it have any."""
    import numpy as np

    told: dict[str, dict[str, Worth]] = {}
    for language in ("en", "ja"):
        here = np.array([text is not None and language_of(text) == language for text in texts])
        if here.sum() >= SLICE:
            own = [session for session, is_here in zip(sessions, here, strict=True) if is_here]
            part = replace(found, gain=found.gain[here], cost=found.cost[here])
            told[language] = {
                name: worth(scores[name][here], part, own) for name in (RULES, WEIGHTS)
            }
    return told


def language_of(text: str) -> str:
    return "ja" if JAPANESE.search(text) else "en"


def _only(found: Gains) -> Gains:
    """The tasks whose gain is known."""
    kept = found.is_known
    return Gains(
        found.gain[kept], found.cost[kept], kept[kept], found.strong_share, found.weak_share,
        found.strong_usd, found.weak_usd,
    )  # fmt: skip


def _forward(tasks: Sequence[Labelled], prior: Weights) -> tuple[list[int], dict[str, Any]]:
    """The places of all test tasks, and what each scorer says of them, as ranks within a fold."""
    import numpy as np

    places: list[int] = []
    scores: dict[str, list[Any]] = {name: [] for name in (RULES, WEIGHTS, GAIN, TYPES)}
    for train_at, test_at in folds(tasks):
        train, test = [tasks[n] for n in train_at], [tasks[n] for n in test_at]
        places += test_at
        for name, score in _scorers(train, test, prior).items():
            scores[name].append(_ranks(score))
    return places, {name: np.concatenate(parts) for name, parts in scores.items()}


def _scorers(train: Sequence[Labelled], test: Sequence[Labelled], prior: Weights) -> dict[str, Any]:
    known = points(prior)
    return {
        RULES: scored(test, known),
        WEIGHTS: scored(test, fitted(train, known)),
        GAIN: gain_scores(train, test, list(known)),
        TYPES: _type_gains(train, test),
    }


def _type_gains(train: Sequence[Labelled], test: Sequence[Labelled]) -> Any:
    """The mean gain of each type of task, held near that of all of them."""
    import numpy as np

    def share(tasks: list[Labelled], overall: float) -> float:
        return (sum(task.passed for task in tasks) + 10 * overall) / (len(tasks) + 10)

    by: dict[bool, list[Labelled]] = {
        kind: [task for task in train if task.is_strong is kind] for kind in (True, False)
    }
    overall = {kind: share(tasks, 0.5) for kind, tasks in by.items()}

    def gain(task: str) -> float:
        own = {k: share([t for t in by[k] if t.task == task], overall[k]) for k in by}
        return own[True] - own[False]

    known = {task: gain(task) for task in {task.task for task in test}}
    return np.array([known[task.task] for task in test])


def _ranks(score: Any) -> Any:
    """Places from 0 to 1, equal ones shared: what folds may be compared by."""
    from scipy.stats import rankdata

    return rankdata(score) / len(score)
