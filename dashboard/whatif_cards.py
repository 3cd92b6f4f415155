"""A column for each scenario: what its month comes to. All text is escaped here."""

from html import escape

from dashboard import goals, show
from dashboard.goals import Goal
from dashboard.i18n import count, say
from dashboard.palette import Palette
from router.replay import Outcome, Range

PAID, QUALITY = "paid_usd", "quality"
NOTHING = "\u00a0"  # keeps the line, so that columns stay level


def lines() -> dict[str, tuple[str, str]]:
    """What is told of a month beneath what is paid: key of `Outcome.month`, its name, its unit."""
    return {
        QUALITY: (say("Quality, all-Opus = 100"), "index"),
        "limit_hits": (say("Limit hits"), "count"),
        "blocked_minutes": (say("Minutes blocked"), "count"),
        "local_share": (say("Local share"), "share"),
        "switches": (say("Model switches"), "count"),
        "failed_tasks": (say("Tasks expected to fail"), "count"),
        "plan_usd": (say("Plan's fee"), "usd"),
        "cash_usd": (say("Cash"), "usd"),
        "list_usd": (say("List value"), "usd"),
    }


def card(outcome: Outcome, colours: Palette) -> str:
    month = outcome.month
    verdict = goals.verdict(month[PAID].median, goals.paid())
    tone = {True: colours.good_text, False: colours.fair_text, None: colours.faded}
    head = (
        f'<div style="color:{colours.faded};font-size:.9rem">{escape(say("Paid a month"))}</div>'
        f'<div style="font-size:1.9rem;font-weight:700;line-height:1.25">'
        f"{escape(amount(month[PAID], 'usd'))}</div>"
        f'<div style="font-size:.84rem;color:{colours.faded}">{escape(ends(month[PAID], "usd"))}'
        f' · <span style="color:{tone[verdict.is_met]}">{escape(verdict.text)}</span></div>'
    )
    rows = "".join(_line(outcome, name, colours) for name in lines()) + _budget(outcome, colours)
    return (
        f'<div style="color:{colours.text}">{head}<div style="margin-top:.6rem">{rows}</div></div>'
    )


def _line(outcome: Outcome, name: str, colours: Palette) -> str:
    label, unit = lines()[name]
    told = outcome.month[name]
    small = f"color:{colours.faded};font-size:.76rem"
    return (
        f'<div style="display:flex;justify-content:space-between;gap:.5rem;padding:.22rem 0;'
        f'border-top:1px solid {colours.grid};font-size:.86rem">'
        f'<span style="color:{colours.faded}">{escape(label)}</span>'
        f'<span style="text-align:right;white-space:nowrap">'
        f'<b style="color:{_tone(name, told, colours)}">{escape(amount(told, unit))}</b>'
        f'<br><span style="{small}">{escape(ends(told, unit))}</span>'
        f"</span></div>"
    )


def _budget(outcome: Outcome, colours: Palette) -> str:
    """When the policy's budget bit, and how; nothing where it did not."""
    told = "".join(f"<br>{escape(line)}" for line in budget_lines(outcome))
    if not told:
        return ""
    head = say("Budget of {usd} reached", usd=show.usd(outcome.basis.budget_usd))
    return (
        f'<div style="border-top:1px solid {colours.grid};padding:.3rem 0;font-size:.8rem;'
        f'color:{colours.fair_text}"><b>{escape(head)}</b>{told}</div>'
    )


def budget_lines(outcome: Outcome) -> list[str]:
    """From which day each mark of the budget asks for what, and the calls refused."""
    steps = {
        "cheaper": say("the cheapest paid target only"),
        "local": say("local and free targets only"),
        "free": say("free and local targets only"),
        "stop": say("paid targets stop"),
    }
    basis = outcome.basis
    told = [
        say("{mark} on {day}: {step}", mark=one.mark, day=one.on, step=steps[one.step])
        for one in basis.budget_reached
    ]
    if basis.budget_blocked:
        told.append(
            count(
                basis.budget_blocked,
                "{n} call that nobody may answer then",
                "{n} calls that nobody may answer then",
            )
        )
    return told


def _tone(name: str, told: Range, colours: Palette) -> str:
    """Green or amber against the reader's goal, where there is one."""
    judged: dict[str, tuple[Goal, float]] = {
        QUALITY: (goals.settled(), 100),
        "limit_hits": (goals.limit_hits(), 1),
        "local_share": (goals.local(), 1),
    }
    if name not in judged or told.median is None:
        return colours.text
    goal, scale = judged[name]
    is_met = goals.verdict(told.median / scale, goal).is_met
    return colours.good_text if is_met else colours.fair_text


def amount(told: Range, unit: str) -> str:
    """The median; only the ends where there are too few days for one."""
    if told.median is None:
        return f"{one(told.low, unit)} – {one(told.high, unit)}"
    return one(told.median, unit)


def ends(told: Range, unit: str) -> str:
    if told.median is None:
        return say("too few days for a middle")
    if one(told.low, unit) == one(told.high, unit):
        return NOTHING
    return f"{one(told.low, unit)} – {one(told.high, unit)}"


def one(value: float, unit: str) -> str:
    if value != value:  # nothing is known of it
        return show.UNKNOWN
    if unit == "usd":
        return show.usd(value)
    if unit == "share":
        return show.share(value)
    return f"{value:,.1f}" if unit == "index" else show.quantity(round(value))
