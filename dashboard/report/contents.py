"""The whole report in the reader's words: what every format for people draws."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from dashboard import reader, show
from dashboard.i18n import language, say
from dashboard.palette import LIGHT, ROLES, role_name
from dashboard.report import sections, summary, svg
from dashboard.report.cells import Cell, Table, Unit, shown
from dashboard.report.gather import Report
from dashboard.report.summary import Card

LEVELS = ("uncached", "baseline", "paid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`legend` maps a name to its colour, `marks` are signs and what they mean. `svg` may be put
    into HTML as it is.
    """

    title: str
    legend: dict[str, str]
    marks: tuple[tuple[str, str], ...]
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Every text is plain text. `charts` are by the key of the table that they stand above;
    `daily` is what the first of them draws. `written_at` is UTC.
    """

    language: str
    written_at: datetime
    title: str
    month: str
    lead: str
    notices: tuple[str, ...]
    cards: tuple[Card, ...]
    charts: dict[str, Chart]
    tables: tuple[Table, ...]
    daily: Table | None
    method: tuple[str, ...]


def told(report: Report) -> Contents:
    """In the language and currency of `reader.current()`."""
    return Contents(
        language=language(),
        written_at=report.asked_at.replace(microsecond=0),
        title=say("Claude Code cost report"),
        month=summary.month_name(report),
        lead=summary.lead(report),
        notices=tuple(summary.notices(report)),
        cards=() if report.is_empty else summary.cards(report),
        charts={}
        if report.is_empty
        else {"compared": _daily_chart(report), "savings": _steps(report)},
        tables=sections.tables(report),
        daily=None if report.is_empty else daily(report),
        method=_method(report),
    )


def daily(report: Report) -> Table:
    """Paid by day and who answered, in stack order, and all-Opus."""
    days = report.answers["daily_cost"].rows(named=True)
    roles = _roles(report)
    paid: dict[date, dict[str, Decimal]] = {row["day_on"]: {} for row in days}
    for row in days:
        own = paid[row["day_on"]]
        own[row["role"]] = own.get(row["role"], Decimal(0)) + row["paid_usd"]
    baseline = {row["day_on"]: row["day_baseline_usd"] for row in days}
    return Table(
        key="daily",
        title=say("Paid per day against all-Opus"),
        columns=(say("Day"), *(role_name(role) for role in roles), say("All-Opus")),
        rows=tuple(
            (
                Cell(day, Unit.DAY),
                *(Cell(own.get(role, Decimal(0)), Unit.USD) for role in roles),
                Cell(baseline[day], Unit.USD),
            )
            for day, own in paid.items()
        ),
    )


def _roles(report: Report) -> list[str]:
    """Who was paid at all, in stack order."""
    costs = report.answers["daily_cost"].filter(pl.col("paid_usd") > 0)
    return [role for role in ROLES if role in set(costs["role"])]


def _daily_chart(report: Report) -> Chart:
    table, roles = daily(report), _roles(report)
    hits = dict(report.answers["daily_kpis"].select("day_on", "limit_hits").iter_rows())
    days = [
        svg.Day(
            label=_day_label(day.value),
            paid={
                role: show.in_currency(cell.value) for role, cell in zip(roles, paid, strict=True)
            },
            baseline=show.in_currency(baseline.value),
            hits=hits.get(day.value, 0),
        )
        for day, *paid, baseline in table.rows
    ]
    return Chart(
        title=table.title,
        legend={role_name(role): LIGHT.role[role] for role in roles},
        marks=(("┅", say("all-Opus at list price")), ("▼", say("plan limit hit"))),
        svg=svg.daily(days, table.title, show.currency_sign()),
    )


def _day_label(day: date) -> str:
    return f"{day.month}/{day.day}" if language() == "ja" else f"{day:%b} {day.day}"


def _steps(report: Report) -> Chart:
    names = sections.step_names()
    rows = [row for row in report.answers["savings"].rows(named=True) if row["usd"]]
    steps = [
        svg.Step(
            name=names[row["step"]],
            amount=float(row["usd"]),
            shown=shown(Cell(row["usd"], _unit(row["step"]))),
            is_level=row["step"] in LEVELS,
            is_unknown=row["step"] == "unpriced",
        )
        for row in rows
    ]
    title = say("From all-Opus to what was paid")
    return Chart(title=title, legend={}, marks=(), svg=svg.waterfall(steps, title))


def _unit(step: str) -> Unit:
    return Unit.USD if step in LEVELS else Unit.USD_CHANGE


def _method(report: Report) -> tuple[str, ...]:
    """How the numbers came about: zone, prices, rate."""
    said = [
        say("Days begin at midnight in {zone}.", zone=report.zone),
        _price_list(report),
        say("The plan's fee is spread evenly over the days of its month."),
        say("Numbers are those of faregate ask NAME --set month={day}.", day=str(report.month)),
    ]
    said += _quality(report)
    rate = reader.current().rate
    if rate:
        day = f"{rate.on:%Y-%m-%d}" if rate.on else "?"
        said.append(
            say(
                "Yen at {rate} to the dollar, as set on {day}; kept and added up in dollars.",
                rate=f"{rate.usd_jpy:f}",
                day=day,
            )
        )
    return tuple(said)


def _quality(report: Report) -> list[str]:
    overall = report.answers["quality"].row(0, named=True)
    if not overall["known_tasks"]:
        return []
    return [
        say(
            "Quality is the share of tasks that went well, among {known} with a known outcome of "
            "{tasks}; 95 %: {low} to {high}.",
            known=f"{overall['known_tasks']:,}",
            tasks=f"{overall['tasks']:,}",
            low=show.share(overall["pass_low"]),
            high=show.share(overall["pass_high"]),
        )
    ]


def _price_list(report: Report) -> str:
    versions = report.answers["prices"]["source_version"].drop_nulls().unique().sort()
    dates: list[date] = report.answers["prices"]["valid_from_on"].drop_nulls().to_list()
    listed = ", ".join(f"genai-prices {version}" for version in versions) or "genai-prices"
    if not dates:
        return say("Costs are tokens times dated prices: {listed}.", listed=listed)
    return say(
        "Costs are tokens times dated prices: {listed}, the newest in force since {day}.",
        listed=listed,
        day=f"{max(dates):%Y-%m-%d}",
    )
