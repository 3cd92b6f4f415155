"""When an experiment ends by itself: by its days, its tasks, or what its outcomes make certain."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Literal, NamedTuple

from router.policy_model import Experiment

# Outcomes are looked at all the time; three standard errors keep false alarms rare
# (Haybittle-Peto).
CERTAIN = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """`known` are tasks with an outcome, less what tasks of one session repeat of each other."""

    tasks: int = 0
    known: float = 0
    passed_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an experiment has come; `began_at` (UTC) is its first call."""

    began_at: datetime
    base: Arm = Arm()
    other: Arm = Arm()


class Over(NamedTuple):
    """The rule that has ended an experiment, and its number: days, tasks of each arm, the share of
    tasks that the other arm passes less at the least (`harm`) or may differ by (`futile`).
    """

    rule: Literal["days", "tasks", "harm", "futile"]
    value: float


def why_over(experiment: Experiment, progress: Progress | None, now: datetime) -> Over | None:
    """What has ended it; None while it runs. Without a call it has not begun."""
    if progress is None:
        return None
    stop = experiment.stop
    if stop.days and now - progress.began_at >= timedelta(days=stop.days):
        return Over("days", stop.days)
    fewest = min(progress.base.tasks, progress.other.tasks)
    if stop.tasks and fewest >= stop.tasks:
        return Over("tasks", stop.tasks)
    return _certain(experiment, progress)


def _certain(experiment: Experiment, progress: Progress) -> Over | None:
    stop, gap = experiment.stop, difference(progress.base, progress.other, CERTAIN)
    if gap is None:
        return None
    if stop.harm is not None and gap[1] < -stop.harm:
        return Over("harm", -gap[1])
    if stop.futile is not None and max(-gap[0], gap[1]) <= stop.futile:
        return Over("futile", stop.futile)
    return None


def difference(base: Arm, other: Arm, z: float) -> tuple[float, float] | None:
    """The interval of other's share of passed tasks less base's: Newcombe's, of two Wilson ones."""
    if base.passed_share is None or other.passed_share is None:
        return None
    p, q = base.passed_share, other.passed_share
    p_low, p_high = wilson(p, base.known, z)
    q_low, q_high = wilson(q, other.known, z)
    low = q - p - sqrt((q - q_low) ** 2 + (p_high - p) ** 2)
    return low, q - p + sqrt((q_high - q) ** 2 + (p - p_low) ** 2)


def wilson(share: float, known: float, z: float) -> tuple[float, float]:
    """The interval of a share seen in `known` trials, which may be no whole number."""
    if known <= 0:
        return 0.0, 1.0
    middle = (share + z * z / (2 * known)) / (1 + z * z / known)
    spread = share * (1 - share) / known + z * z / (4 * known * known)
    half = z * sqrt(spread) / (1 + z * z / known)
    return max(middle - half, 0.0), min(middle + half, 1.0)
