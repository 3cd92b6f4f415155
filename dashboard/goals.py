"""The reader's six goals, how far a number is from its goal, and whether it moved."""

from dataclasses import dataclass
from typing import Literal

from dashboard import reader, show
from dashboard.i18n import say
from dashboard.settings import Goals

STEADY_SHARE, STEADY_RATIO = 0.005, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Bounds, both inclusive, in the number's own unit: `usd`, `share` (a fraction) or `count`."""

    unit: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`is_met` is None where there is nothing to judge."""

    text: str
    is_met: bool | None

    @property
    def colour(self) -> Literal["green", "orange", "gray"]:
        if self.is_met is None:
            return "gray"
        return "green" if self.is_met else "orange"


def chosen() -> Goals:
    """The bounds as the reader set them."""
    return reader.current().goals or Goals()


def paid() -> Goal:
    return Goal(unit="usd", at_most=chosen().paid_usd_most)


def reduction() -> Goal:
    return Goal(unit="share", at_least=chosen().reduction_least)


def settled() -> Goal:
    return Goal(unit="share", at_least=chosen().quality_least)


def limit_hits() -> Goal:
    return Goal(unit="count", at_most=chosen().limit_hits_below - 1)


def local() -> Goal:
    return Goal(unit="share", at_least=chosen().local_least, at_most=chosen().local_most)


def cache() -> Goal:
    return Goal(unit="share", at_least=chosen().cache_least)


def verdict(value: float | None, goal: Goal) -> Verdict:
    if value is None:
        return Verdict(text=say("nothing to judge yet"), is_met=None)
    if goal.at_least is not None and value < goal.at_least:
        gap = _amount(goal.at_least - value, goal.unit)
        return Verdict(text=say("{gap} short", gap=gap), is_met=False)
    if goal.at_most is not None and value > goal.at_most:
        gap = _amount(value - goal.at_most, goal.unit)
        return Verdict(text=say("{gap} over", gap=gap), is_met=False)
    return Verdict(text=say("on goal"), is_met=True)


def trend(value: float | None, earlier: float | None, unit: str) -> str:
    """How a number moved against the period before; small wobble is called steady."""
    if value is None or earlier is None:
        return say("no earlier period")
    change = value - earlier
    if unit == "share":
        is_steady = abs(change) <= STEADY_SHARE
    else:
        is_steady = abs(change) <= STEADY_RATIO * abs(earlier)
    if is_steady:
        return say("steady vs prev.")
    arrow = "▲" if change > 0 else "▼"
    return say("{arrow} {gap} vs prev.", arrow=arrow, gap=_amount(abs(change), unit))


def _amount(size: float, unit: str) -> str:
    if unit == "usd":
        return show.usd(size)
    return show.points(size) if unit == "share" else f"{size:,.0f}" if size >= 1 else f"{size:.1f}"
