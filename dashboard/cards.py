"""Small drawings in HTML: the hero bar, the windows, the legend. All text is escaped here."""

from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

import polars as pl

from dashboard import goals, show
from dashboard.goals import Verdict
from dashboard.i18n import say
from dashboard.palette import ROLES, Palette, role_name

ROW = "display:flex;justify-content:space-between;align-items:baseline;gap:.75rem;flex-wrap:wrap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Columns of six_kpis.sql; `earlier_usd` was paid in the period before, None if unknown."""

    paid_usd: Decimal
    paid_30d_usd: Decimal | None
    plan_usd: Decimal
    cash_usd: Decimal
    list_usd: Decimal
    baseline_usd: Decimal
    saved_usd: Decimal
    reduction: float | None
    earlier_usd: Decimal | None


def hero(money: Money, by_role: pl.DataFrame, colours: Palette) -> str:
    """Paid, saved, and one bar as wide as all-Opus (`by_role` as paid_by_role.sql)."""
    paid = goals.verdict(_number(money.paid_30d_usd), goals.paid())
    saved = goals.verdict(money.reduction, goals.reduction())
    moved = goals.trend(_number(money.paid_usd), _number(money.earlier_usd), "usd")
    bounds = goals.chosen()
    goal = say(
        "goal {low}–{high} a month",
        low=show.round_usd(bounds.paid_usd_least),
        high=show.round_usd(bounds.paid_usd_most),
    )
    cut = say(
        "goal {low}–{high}",
        low=show.percent(bounds.reduction_least),
        high=show.percent(bounds.reduction_most),
    )
    figure_colour = colours.good_text if saved.is_met else colours.text
    return (
        f'<div style="color:{colours.text}">'
        f'<div style="{ROW}">{_faded(say("Paid"), colours)}'
        f"{_faded(say('Saved vs all-Opus'), colours)}</div>"
        f'<div style="{ROW};font-weight:650;font-size:2.35rem;line-height:1.2">'
        f"<span>{show.usd(money.paid_usd)}</span>"
        f'<span style="color:{figure_colour}">{show.share(money.reduction)}</span></div>'
        f'<div style="{ROW};font-size:.86rem"><span>{_judged(paid, colours)}'
        f"{_faded(f' · {goal}', colours)}</span>"
        f"<span>{_judged(saved, colours)}{_faded(f' · {cut}', colours)}</span></div>"
        f'<div style="font-size:.82rem">{_faded(moved, colours)}</div>'
        f"{_bar(by_role, colours)}{_under_bar(money, colours)}</div>"
    )


def legend(roles: list[str], colours: Palette) -> str:
    """One line in stack order, the all-Opus line and the limit-hit marker last."""
    line = line_key(say("all-Opus at list price"), colours.faded)
    boxes = {role_name(role): colours.role[role] for role in roles}
    return keys(boxes, colours, line, hit_mark(colours))


def keys(boxes: dict[str, str], colours: Palette, *more: str) -> str:
    """A legend in one line: names with their colours, then what is already HTML."""
    named = [
        f'<span style="white-space:nowrap"><span aria-hidden="true" style="display:inline-block;'
        f"width:.7rem;height:.7rem;border-radius:.15rem;background:{colour};"
        f'margin-right:.4rem"></span>{escape(name)}</span>'
        for name, colour in boxes.items()
    ]
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:.3rem 1rem;font-size:.84rem;'
        f'color:{colours.faded}">{"".join([*named, *more])}</div>'
    )


def hit_mark(colours: Palette) -> str:
    return (
        f'<span><span style="color:{colours.bad}">▼</span> {escape(say("plan limit hit"))}</span>'
    )


def line_key(text: str, colour: str) -> str:
    return f'<span style="white-space:nowrap;color:{colour}">┅ {escape(text)}</span>'


def used_roles(by_role: pl.DataFrame) -> list[str]:
    paid = set(by_role.filter(pl.col("paid_usd") > 0)["role"].to_list())
    return [role for role in ROLES if role in paid]


def window_name(limit_window: str) -> str:
    return {
        "five_hour": say("5-hour window"),
        "seven_day": say("Weekly window"),
        "seven_day_opus": say("Weekly Opus window"),
        "seven_day_sonnet": say("Weekly Sonnet window"),
    }.get(limit_window, limit_window)


def windows(readings: pl.DataFrame, colours: Palette) -> str:
    """A bar for each plan window (columns of live_windows.sql)."""
    return "".join(_window(row, colours) for row in readings.iter_rows(named=True))


def _window(row: dict[str, Any], colours: Palette) -> str:
    used = row["utilization"]
    name = window_name(row["limit_window"])
    width = min(max(used, 0), 1) * 100
    return (
        f'<div style="margin:0 0 1rem;color:{colours.text}">'
        f'<div style="{ROW}"><span>{escape(name)}</span><b>{used:.0%}</b></div>'
        f'<div role="progressbar" aria-label="{escape(name)}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{used * 100:.0f}" style="height:.6rem;'
        f'border-radius:.3rem;background:{colours.ground};overflow:hidden;margin:.3rem 0">'
        f'<div style="height:100%;width:{width:.1f}%;background:{colours.fill(used)}"></div></div>'
        f'<div style="font-size:.82rem">{_faded(" · ".join(_window_notes(row)), colours)}</div>'
        f"</div>"
    )


def _window_notes(row: dict[str, Any]) -> list[str]:
    age = say("read {age} ago", age=show.span(row["reading_age_s"]))
    if row["is_reset"]:
        return [say("reset {age} ago, not used since", age=show.span(-row["reset_in_s"])), age]
    notes = []
    if row["reset_in_s"] is not None:
        notes.append(say("resets in {time}", time=show.span(row["reset_in_s"])))
    notes += _pace(row)
    return [*notes, age]


def _pace(row: dict[str, Any]) -> list[str]:
    return [*_speed(row), *_heading(row)]


def _speed(row: dict[str, Any]) -> list[str]:
    """How fast it fills, by the hour or, where that is slow, by the day."""
    pace = row["pace_per_h"] or 0
    if pace < 0.0005:
        return []
    if row["limit_window"] == "five_hour":
        return [say("{share} an hour", share=f"{pace:.0%}")]
    return [say("{share} a day", share=f"{24 * pace:.0%}")]


def _heading(row: dict[str, Any]) -> list[str]:
    if row["utilization"] >= 1:
        return [say("spent: calls overflow to the API")]
    full_in, reset_in = row["full_in_s"], row["reset_in_s"]
    if full_in is not None and reset_in is not None and 0 < full_in < reset_in:
        return [say("at this pace full in {time}", time=show.span(full_in))]
    if row["at_reset"] is not None and row["at_reset"] > row["utilization"]:
        return [say("on pace for {share}", share=f"{min(row['at_reset'], 1):.0%}")]
    return []


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _faded(text: str, colours: Palette) -> str:
    return f'<span style="color:{colours.faded}">{escape(text)}</span>'


def _judged(verdict: Verdict, colours: Palette) -> str:
    colour = {True: colours.good_text, False: colours.fair_text, None: colours.faded}
    return f'<b style="color:{colour[verdict.is_met]}">{escape(verdict.text)}</b>'


def _bar(by_role: pl.DataFrame, colours: Palette) -> str:
    """Segments in stack order; what is left of all-Opus is hatched as not spent."""
    paid = by_role.filter(pl.col("paid_usd") > 0)
    parts = "".join(
        f'<div title="{escape(role_name(row["role"]))} {show.usd(row["paid_usd"])}" '
        f'style="width:{100 * (row["bar_share"] or 0):.2f}%;background:{colours.role[row["role"]]};'
        f'border-right:1.5px solid {colours.ground}"></div>'
        for row in paid.iter_rows(named=True)
    )
    hatch = (
        f"repeating-linear-gradient(135deg,{colours.hatch} 0 5px,transparent 5px 11px),"
        f"{colours.ground}55"
    )
    return (
        f'<div role="img" aria-label="{escape(say("Paid as a share of all-Opus"))}" '
        f'style="display:flex;height:1.5rem;border-radius:.35rem;overflow:hidden;'
        f'background:{hatch};margin:.7rem 0 .5rem">{parts}</div>'
    )


def _under_bar(money: Money, colours: Palette) -> str:
    if money.saved_usd >= 0:
        saved = say("{usd} not spent", usd=show.usd(money.saved_usd))
        colour = colours.good_text
    else:
        saved = say("{usd} above all-Opus", usd=show.usd(-money.saved_usd))
        colour = colours.fair_text
    paid = say(
        "{plan} plan + {cash} API", plan=show.usd(money.plan_usd), cash=show.usd(money.cash_usd)
    )
    worth = say("{usd} list value", usd=show.usd(money.list_usd))
    baseline = say("{usd} all-Opus", usd=show.usd(money.baseline_usd))
    return (
        f'<div style="{ROW};font-size:.82rem">{_faded(paid, colours)}'
        f'<span style="color:{colour}">{escape(saved)}</span>'
        f"{_faded(f'{worth} · {baseline}', colours)}</div>"
    )
