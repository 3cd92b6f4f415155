"""The head of the report in words: what the month is called, its answer, its six numbers."""

from dataclasses import dataclass

from dashboard import goals, show
from dashboard.goals import Goal, Verdict
from dashboard.i18n import count, language, say
from dashboard.report.cells import Cell, Unit, money, shown
from dashboard.report.gather import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One of the six numbers. `goal` says the bounds, `moved` how it changed since last month."""

    label: str
    value: Cell
    goal: str
    verdict: Verdict
    moved: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """`column` of six_kpis.sql is shown, `judged` (mostly the same) is held against `goal`."""

    label: str
    column: str
    judged: str
    unit: Unit
    goal: Goal
    aim: str


def month_name(report: Report) -> str:
    if language() == "ja":
        return f"{report.month.year}年{report.month.month}月"
    return f"{report.month:%B %Y}"


def lead(report: Report) -> str:
    """The answer in one sentence."""
    cost, month = report.row("kpis"), month_name(report)
    if report.is_empty:
        return say("{month} has no call in the ledger.", month=month)
    if cost["reduction"] is None:
        return say("You paid {paid}; nothing has a baseline.", paid=money(cost["paid_usd"]))
    named = {
        "paid": money(cost["paid_usd"]),
        "share": show.share(abs(cost["reduction"])),
        "baseline": money(cost["baseline_usd"]),
    }
    return say(
        "You paid {paid}, {share} less than every call on Opus through the API ({baseline})."
        if cost["reduction"] >= 0
        else "You paid {paid}, {share} more than every call on Opus through the API ({baseline}).",
        **named,
    )


def notices(report: Report) -> list[str]:
    """What to know before trusting the numbers: half months, gaps, missing prices."""
    known, ledger = report.row("coverage"), report.row("ledger")
    said = [] if report.is_over else [_until(report)]
    if not ledger["calls"]:
        return [*said, say("The ledger is empty.")]
    if not known["known_days"]:
        day = show.local(ledger["first_call_at"], report.zone)
        return [*said, say("The ledger begins on {day}.", day=f"{day:%Y-%m-%d}")]
    return [*said, *_half(report), *_silent(report), *_unpriced(report), *_made_up(report)]


def _until(report: Report) -> str:
    day = show.local(report.asked_at, report.zone)
    return say("This month still runs: numbers are until {day}.", day=f"{day:%Y-%m-%d %H:%M}")


def _half(report: Report) -> list[str]:
    known = report.row("coverage")
    if known["first_on"] == report.month:
        return []
    return [
        say(
            "Half a month: the ledger begins on {day}, and the plan's fee is counted from then on.",
            day=f"{known['first_on']:%Y-%m-%d}",
        )
    ]


def _silent(report: Report) -> list[str]:
    known = report.row("coverage")
    silent = known["known_days"] - known["days_with_calls"]
    if not silent or report.is_empty:
        return []
    return [count(silent, "{n} day has no call.", "{n} days have no call.")]


def _unpriced(report: Report) -> list[str]:
    calls = report.row("coverage")["unpriced_calls"]
    if not calls:
        return []
    return [
        count(
            calls,
            "{n} call has no price: money shown here is too low.",
            "{n} calls have no price: money shown here is too low.",
        )
    ]


def _made_up(report: Report) -> list[str]:
    made_up = report.row("ledger")["demo_calls"]
    return [say("The ledger holds made-up calls of faregate demo.")] if made_up else []


def kpis(report: Report) -> tuple[Kpi, ...]:
    """The six numbers and their goals, as the reader set them. Where the outcome of no task is
    known, settled calls stand in for quality.
    """
    aims = goals.chosen()
    usd, fraction = Unit.USD, Unit.SHARE
    low, high = show.round_usd(aims.paid_usd_least), show.round_usd(aims.paid_usd_most)
    paid_aim = say("goal: {low} to {high} a month", low=low, high=high)
    percent = show.percent
    saved_aim = _between(percent(aims.reduction_least), percent(aims.reduction_most))
    hits_aim = say("goal: under {n} per 30 days", n=aims.limit_hits_below)
    local_aim = _between(percent(aims.local_least), percent(aims.local_most))
    rows = (
        (say("Paid"), "paid_usd", "paid_30d_usd", usd, goals.paid(), paid_aim),
        (say("Saved vs all-Opus"), "reduction", "", fraction, goals.reduction(), saved_aim),
        (*_quality(report), "", fraction, goals.settled(), _least(percent(aims.quality_least))),
        (say("Plan limit hits"), "limit_hits", "limit_hits_30d", Unit.COUNT, goals.limit_hits(),
         hits_aim),
        (say("Local share"), "local_share", "", fraction, goals.local(), local_aim),
        (say("Prompt-cache reads"), "prompt_cache_share", "", fraction, goals.cache(),
         _least(percent(aims.cache_least))),
    )  # fmt: skip
    return tuple(
        Kpi(label=label, column=column, judged=judged or column, unit=unit, goal=goal, aim=aim)
        for label, column, judged, unit, goal, aim in rows
    )


def _quality(report: Report) -> tuple[str, str]:
    if report.numbers["pass_share"] is None:
        return say("Settled calls"), "settled_share"
    return say("Quality"), "pass_share"


def _between(low: str, high: str) -> str:
    return say("goal: {low} to {high}", low=low, high=high)


def _least(low: str) -> str:
    return say("goal: {low} or more", low=low)


def cards(report: Report) -> tuple[Card, ...]:
    return tuple(_card(kpi, report) for kpi in kpis(report))


def _card(kpi: Kpi, report: Report) -> Card:
    row = report.numbers
    value = None if report.is_empty else row[kpi.column]
    judged = None if report.is_empty else row[kpi.judged]
    return Card(
        label=kpi.label,
        value=Cell(value, kpi.unit),
        goal=kpi.aim,
        verdict=goals.verdict(None if judged is None else float(judged), kpi.goal),
        moved=_moved(kpi, report, value),
    )


def _moved(kpi: Kpi, report: Report, value: object) -> str:
    if report.earlier is None or report.earlier[kpi.column] is None or value is None:
        return say("no earlier month")
    return say("last month {value}", value=shown(Cell(report.earlier[kpi.column], kpi.unit)))
