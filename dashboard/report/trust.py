"""The tables that say how far the report can be trusted: limits, gaps, prices."""

from typing import Any

import polars as pl

from dashboard.cards import window_name
from dashboard.i18n import say
from dashboard.report import cells
from dashboard.report.cells import Cell, Table, Unit
from dashboard.report.gather import Report

Row = dict[str, Any]
BUCKETS = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output")


def limits(report: Report) -> Table:
    """When the plan's windows were spent, and for how long."""
    sums = report.row("blocked_sums")
    note = say(
        "{hits} limit hits; without the plan for {minutes} in all, and {cash} of cash meanwhile.",
        hits=f"{sums['hits']:,}",
        minutes=cells.shown(Cell(sums["blocked_minutes"], Unit.MINUTES)),
        cash=cells.money(sums["cash_usd"]),
    )
    return Table(
        key="limits",
        title=say("Limit hits"),
        columns=(
            say("Window"), say("Spent at"), say("Open again at"), say("Blocked"), say("Hits"),
            say("Calls elsewhere"), say("Cash"),
        ),
        rows=tuple(
            _blocked(row) for row in report.answers["blocked"].reverse().iter_rows(named=True)
        ),
        note=note if sums["hits"] else "",
        empty=say("No window of the plan was spent."),
    )  # fmt: skip


def _blocked(row: Row) -> tuple[Cell, ...]:
    return (
        cells.text(window_name(row["limit_window"])),
        Cell(row["blocked_at"], Unit.MOMENT),
        Cell(row["open_at"], Unit.MOMENT),
        Cell(row["blocked_minutes"], Unit.MINUTES),
        cells.count(row["hits"]),
        cells.count(row["moved_calls"]),
        cells.usd(row["cash_usd"]),
    )


def missing(report: Report) -> Table:
    """What the sums do not hold, or hold uncertainly."""
    known = report.row("coverage")
    lines = (
        ("unpriced_calls", say("Calls without a price"), _unpriced_targets(report)),
        ("usage_missing_calls", say("Calls without a count of tokens"),
         say("The provider told none: their cost is unknown.")),
        ("partial_calls", say("Calls whose end nobody saw"),
         say("Counted as far as they were told.")),
        ("open_calls", say("Calls without an end"),
         say("Still running, or cut off with the gate.")),
        ("wire_only_calls", say("Seen by the gate alone"), say("No transcript tells of them.")),
        ("transcript_only_calls", say("Told by a transcript alone"),
         say("They did not pass the gate.")),
        ("telemetry_only_calls", say("Told by telemetry alone"),
         say("They did not pass the gate.")),
    )  # fmt: skip
    return Table(
        key="missing",
        title=say("What is missing"),
        columns=(say("What"), say("Calls"), say("Meaning")),
        rows=tuple(
            (cells.text(label), cells.count(known[column]), cells.text(about))
            for column, label, about in lines
        ),
    )


def _unpriced_targets(report: Report) -> str:
    found: pl.DataFrame = report.answers["unpriced"]
    if found.is_empty():
        return say("None: every sum is whole.")
    targets = ", ".join(found["target"].unique(maintain_order=True))
    return say("{targets}: add rates to price_overrides.toml", targets=targets)


def prices(report: Report) -> Table:
    """One row per target and price; its rates side by side."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in report.answers["prices"].iter_rows(named=True):
        key = (row["targets"], row["valid_from_on"], row["above_tokens"] or 0, _source(row))
        found.setdefault(key, {})[row["unit"] or row["price_id"]] = row["usd_per_mtok"]
    return Table(
        key="prices",
        title=say("Price rows used"),
        columns=(
            say("Target"), say("Since"), say("Input"), say("Write 5 m"), say("Write 1 h"),
            say("Read"), say("Output"), say("Source"),
        ),
        rows=tuple(_price(key, rates) for key, rates in found.items()),
        note=say("USD per million tokens; a dash where no such tokens were priced."),
        empty=say("No price was needed."),
    )  # fmt: skip


def _price(key: tuple[Any, ...], rates: dict[str, Any]) -> tuple[Cell, ...]:
    targets, since, above, source = key
    named = say("{targets} above {n} tokens", targets=targets, n=f"{above:,}") if above else targets
    others = "".join(
        f"; {unit} {cells.shown(Cell(usd, Unit.RATE))}"
        for unit, usd in rates.items()
        if unit not in BUCKETS
    )
    return (
        cells.text(named),
        cells.text(say("always") if since is None else f"{since:%Y-%m-%d}"),
        *(Cell(rates.get(bucket), Unit.RATE) for bucket in BUCKETS),
        cells.text(f"{source}{others}"),
    )


def _source(row: Row) -> str:
    source = row["source"] or "?"
    return f"{source} {row['source_version']}" if source == "genai-prices" else source
