"""What other thresholds would change, in words and figures. Money is passed in dollars."""

from collections.abc import Mapping

import streamlit as st

from dashboard import show
from dashboard.figures import Colour
from dashboard.i18n import count, say
from dashboard.tuned import is_certain
from dashboard.whatif_cards import amount, one
from router.replay import Outcome, Range

# Measure of a month: its unit, and which way is better (0: neither).
SHOWN = {
    "paid_usd": ("usd", -1),
    "quality": ("index", 1),
    "limit_hits": ("count", -1),
    "switches": ("count", 0),
    "local_share": ("share", 0),
}


def names() -> dict[str, tuple[str, str]]:
    """What a measure is called, and what it is."""
    return {
        "paid_usd": (
            say("Paid a month"),
            say("Cash, electricity and the plan's fee, at the rate of your active days."),
        ),
        "quality": (
            say("Quality, all-Opus = 100"),
            say("The share of tasks expected to go well, against Opus for all of them."),
        ),
        "limit_hits": (say("Limit hits"), say("How often a plan's limit would stop a call.")),
        "switches": (
            say("Model switches"),
            say("Turns answered by another model than the turn before, in one session."),
        ),
        "local_share": (say("Local share"), say("Calls that a model of your own answers.")),
    }


def draw(tuned: Outcome, gaps: Mapping[str, Range]) -> None:
    with st.grid(len(SHOWN), min_column_width=150, border=True):
        for name, (unit, better) in SHOWN.items():
            label, about = names()[name]
            gap = gaps[name]
            st.metric(
                label,
                amount(tuned.month[name], unit),
                middle(gap, unit),
                delta_color=colour(gap, better),
                delta_arrow="off",
                delta_description=None if is_nothing(gap) else ends(gap, unit),
                help=about,
                height="stretch",
            )


def colour(gap: Range, better: int) -> Colour:
    """Grey while either sign is likely."""
    if not better or not is_certain(gap):
        return "gray"
    return "green" if gap.low * better > 0 else "orange"


def told(gap: Range, unit: str) -> str:
    """A change with its 90 % ends; only the ends where there are too few days for a middle."""
    if is_nothing(gap):
        return say("no change")
    reach = ends(gap, unit)
    return reach if gap.median is None else f"{signed(gap.median, unit)} ({reach})"


def middle(gap: Range, unit: str) -> str:
    if is_nothing(gap):
        return say("no change")
    return say("range") if gap.median is None else signed(gap.median, unit)


def ends(gap: Range, unit: str) -> str:
    return f"{signed(gap.low, unit)} – {signed(gap.high, unit)}"


def is_nothing(gap: Range) -> bool:
    return gap.low == 0 and gap.high == 0


def signed(value: float, unit: str) -> str:
    if value != value:  # nothing is known of it
        return show.UNKNOWN
    if unit == "usd":
        size = _money(show.in_currency(abs(value)))
    else:
        size = show.points(value) if unit == "share" else one(abs(value), unit)
    shows_nothing = not set("123456789") & set(size)
    return f"{'' if shows_nothing else '+' if value > 0 else '−'}{size}"


def _money(worth: float) -> str:
    """Short, since two ends of it stand side by side."""
    digits = 0 if worth >= 10 or show.currency_sign() == "¥" else 2
    return f"{show.currency_sign()}{worth:,.{digits}f}"


def lead(changed: int, calls: int, gaps: Mapping[str, Range]) -> str:
    """The answer in one sentence."""
    if not changed:
        return say("With these thresholds **no call** of this period would go elsewhere.")
    paid, quality = gaps["paid_usd"], gaps["quality"]
    return count(
        changed,
        "With these thresholds **{n}** call of {calls} would go elsewhere: **{paid}** paid a "
        "month, quality {quality}.",
        "With these thresholds **{n}** calls of {calls} would go elsewhere: **{paid}** paid a "
        "month, quality {quality}.",
        calls=f"{calls:,}",
        paid=told(paid, "usd"),
        quality=told(quality, "index"),
    )
