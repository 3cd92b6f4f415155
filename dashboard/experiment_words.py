"""What is said of an experiment, on the page and in the shell."""

from collections.abc import Mapping
from typing import Any

from dashboard import show
from dashboard.i18n import count, say


def why_over(rule: str, value: float) -> str:
    """What has ended an experiment, from `router.experiment_stop.Over`."""
    if rule == "days":
        return count(round(value), "its {n} day is over", "its {n} days are over")
    if rule == "tasks":
        return count(round(value), "each arm has its {n} task", "each arm has its {n} tasks")
    share = show.percent(round(value, 2))
    if rule == "harm":
        return say("the other arm passes over {share} fewer tasks, beyond doubt", share=share)
    return say("the arms differ by {share} at most, beyond doubt", share=share)


def standing(experiment: Mapping[str, Any]) -> str:
    """Of a running gate's status, in the shell's English."""
    over = experiment["over"]
    return f"{experiment['name']}, {why_over(**over) if over else 'still running'}"
