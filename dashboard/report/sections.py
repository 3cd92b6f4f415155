"""The tables of the report in words, in the order in which they are read."""

from typing import Any

from dashboard import advice_words
from dashboard.i18n import say
from dashboard.report import cells, summary, trust
from dashboard.report.cells import Cell, Table, Unit
from dashboard.report.gather import Report

Row = dict[str, Any]
CHANGES = {
    Unit.USD: Unit.USD_CHANGE,
    Unit.SHARE: Unit.SHARE_CHANGE,
    Unit.COUNT: Unit.COUNT_CHANGE,
}


def tables(report: Report) -> tuple[Table, ...]:
    """Of a month without calls, only those that still have something to say."""
    if report.is_empty:
        return (trust.missing(report),)
    return (
        compared(report),
        change(report),
        by_project(report),
        by_model(report),
        savings(report),
        trust.limits(report),
        advice(report),
        trust.missing(report),
        trust.prices(report),
    )


def compared(report: Report) -> Table:
    """This month, the last where it is known, and the goals."""
    heads = ("", say("This month"), say("Last month"), say("Change"), say("Goal"), say("Verdict"))
    note = "" if report.is_over else say("The last month up to the same hour.")
    if report.earlier is None:
        note = say("The ledger does not reach back to the whole month before.")
    kept = range(len(heads)) if report.earlier else (0, 1, 4, 5)
    lines = [_compared(report, *measure) for measure in _measures()]
    return Table(
        key="compared",
        title=say("The month against the last and against its goals"),
        columns=tuple(heads[column] for column in kept),
        rows=tuple(tuple(line[column] for column in kept) for line in lines),
        note=note,
    )


def _measures() -> list[tuple[str, str, Unit]]:
    """Label, column of six_kpis.sql and unit of each row."""
    return [
        (say("Paid"), "paid_usd", Unit.USD),
        (say("Paid per 30 days"), "paid_30d_usd", Unit.USD),
        (say("Plan fee (pro-rated)"), "plan_usd", Unit.USD),
        (say("Cash"), "cash_usd", Unit.USD),
        (say("List value"), "list_usd", Unit.USD),
        (say("All-Opus"), "baseline_usd", Unit.USD),
        (say("Saved in all"), "saved_usd", Unit.USD),
        (say("Saved vs all-Opus"), "reduction", Unit.SHARE),
        (say("Quality"), "pass_share", Unit.SHARE),
        (say("Settled calls"), "settled_share", Unit.SHARE),
        (say("Plan limit hits"), "limit_hits", Unit.COUNT),
        (say("Hits per 30 days"), "limit_hits_30d", Unit.COUNT),
        (say("Local share"), "local_share", Unit.SHARE),
        (say("Prompt-cache reads"), "prompt_cache_share", Unit.SHARE),
        (say("Calls"), "calls", Unit.COUNT),
    ]


def _compared(report: Report, label: str, column: str, unit: Unit) -> tuple[Cell, ...]:
    now, before = report.numbers[column], (report.earlier or {}).get(column)
    aim, verdict = _judged(report, column)
    return (
        cells.text(label),
        Cell(now, unit),
        Cell(before, unit),
        Cell(None if now is None or before is None else now - before, CHANGES[unit]),
        cells.text(aim),
        cells.text(verdict),
    )


def _judged(report: Report, column: str) -> tuple[str, str]:
    """The goal and the verdict, in the row of the number that is held against it."""
    for kpi, card in zip(summary.kpis(report), summary.cards(report), strict=True):
        if kpi.judged == column:
            return card.goal, card.verdict.text
    return "", ""


def change(report: Report) -> Table:
    """What moved the list value since last month."""
    known = report.earlier is not None
    names = {
        "before": say("List value last month"),
        "volume": say("Number of calls"),
        "mix": say("Other models"),
        "price": say("Prices"),
        "cache": say("Caching"),
        "length": say("Length"),
        "now": say("List value this month"),
    }
    steps = report.answers["change"].rows(named=True) if known else []
    return Table(
        key="change",
        title=say("What moved the list value"),
        columns=(say("Cause"), say("List value")),
        rows=tuple((cells.text(names[one["step"]]), _step(one)) for one in steps),
        note=say(
            "Length: longer or shorter prompts and answers, and what no rate explains."
        ),
        empty=say("The ledger does not reach back to the whole month before."),
    )  # fmt: skip


def _step(one: Row) -> Cell:
    is_sum = one["step"] in ("before", "now", "uncached", "baseline", "paid")
    return Cell(one["usd"], Unit.USD if is_sum else Unit.USD_CHANGE)


def by_project(report: Report) -> Table:
    return _spent(report, "by_project", say("By project"), say("Project"))


def by_model(report: Report) -> Table:
    return _spent(report, "by_model", say("By model"), say("Model"))


def _spent(report: Report, key: str, title: str, head: str) -> Table:
    total = report.row("kpis")
    money = ("list_usd", "cash_usd", "baseline_usd")
    rows = report.answers[key].rows(named=True)
    return Table(
        key=key,
        title=title,
        columns=(
            head, say("Calls"), say("List value"), say("Share"), say("Cash"), say("All-Opus")
        ),
        rows=tuple(_spend_row(row, row["list_share"], _name(row["named_value"])) for row in rows),
        total=_spend_row({"calls": total["calls"], **{name: total[name] for name in money}},
                         1.0 if total["list_usd"] else None, say("Total")),
        note=say("The plan's fee is not shared out here: cash is what was paid beyond it."),
    )  # fmt: skip


def _spend_row(row: Row, part: float | None, name: str) -> tuple[Cell, ...]:
    return (
        cells.text(name),
        cells.count(row["calls"]),
        cells.usd(row["list_usd"]),
        cells.share(part),
        cells.usd(row["cash_usd"]),
        cells.usd(row["baseline_usd"]),
    )


def _name(named: str) -> str:
    return named or say("(none)")


def step_names() -> dict[str, str]:
    """The steps of savings.sql in words, in their order."""
    return {
        "uncached": say("All-Opus without a prompt cache"),
        "prompt_cache": say("Prompt cache"),
        "baseline": say("All-Opus"),
        "models": say("Cheaper models"),
        "local": say("Local models"),
        "billed": say("Billed otherwise than listed"),
        "unpriced": say("Without a price"),
        "plan": say("Plan fee in place of list value"),
        "paid": say("Paid"),
    }


def savings(report: Report) -> Table:
    names = step_names()
    return Table(
        key="savings",
        title=say("Where the saving comes from"),
        columns=(say("Step"), say("Amount"), say("What it assumes")),
        rows=tuple(
            (cells.text(names[one["step"]]), _step(one), cells.text(_assumed(one["step"])))
            for one in report.answers["savings"].rows(named=True)
        ),
        note=say(
            "One baseline: the same tokens on {model} at list price. Each step starts where the "
            "one before it ends, so they add up and nothing counts twice.",
            model=report.baseline_model,
        ),
    )


def advice(report: Report) -> Table:
    """What to change next month; dismissed findings are left out."""
    return Table(
        key="advice",
        title=say("What to change next month"),
        columns=(say("Finding"), say("A month"), say("What was seen"), say("What to do")),
        rows=tuple(_finding(row) for row in report.answers["advice"].iter_rows(named=True)),
        note=say("Worth at list price, in 30 days like these; findings may share calls."),
        empty=say("Nothing was found that is worth a dollar a month."),
    )


def _finding(row: Row) -> tuple[Cell, ...]:
    remedy = advice_words.remedy(row["finding"]).replace("`", "")
    return (
        cells.text(advice_words.title(row["finding"])),
        cells.usd(row["usd_per_month"]),
        cells.text(f"{advice_words.seen(row)} ({advice_words.confidence_name(row['confidence'])})"),
        cells.text(f"{remedy} {row['remedy']}"),
    )


def _assumed(step: str) -> str:
    return {
        "uncached": say("Every prompt token at the full input rate."),
        "prompt_cache": say("Reads are cheaper than input, writes dearer."),
        "baseline": say("The baseline of every number here."),
        "models": say("The same tokens at the list price of the model that answered."),
        "local": say("Electricity only, where a rate is set."),
        "billed": say("Discounts, and prices that a provider reported."),
        "unpriced": say("Unknown, and no saving: nothing is counted as paid."),
        "plan": say("What the plan answered, at list price, against its fee."),
        "paid": say("Cash and the plan's fee."),
    }[step]
