"""What the command line does with the past: import it, price it anew, show it, make one up."""

import json
import os
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from collector import ledger, loader, prices, reprice
from collector.files import ledger_file
from collector.live_policy import LivePolicy
from collector.transcripts.files import default_roots
from collector.transcripts.importing import ImportReport, import_transcripts
from dashboard import demo as made_up
from dashboard.tables import plain

FOLLOW_EVERY_S = 0.5
REPORTED = (
    "files", "calls", "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "cache_read_tokens", "output_tokens", "list_usd", "limit_hits", "partial", "unpriced",
    "seconds",
)  # fmt: skip


def load_journal(folder: Path) -> None:
    """Load what waits in the journal; why it cannot be is said, and what is loaded is answered."""
    try:
        loader.load_all(folder)
    except (ledger.LedgerBusyError, duckdb.Error) as error:
        print(f"faregate: {str(error).splitlines()[0]}", file=sys.stderr)  # noqa: T201


def import_history(folder: Path, paths: list[Path], *, as_json: bool, quiet: bool) -> None:
    shown = not as_json and not quiet and sys.stderr.isatty()
    with ledger.writing(ledger_file(folder)) as db:
        price = prices.pricer(db, folder, LivePolicy(folder).now.baseline_model)
    report = import_transcripts(
        ledger_file(folder),
        paths or [root for root in default_roots(os.environ) if root.exists()],
        price,
        time.monotonic,
        _show_progress if shown else None,
    )
    for path, why in report.unreadable.items():
        print(f"faregate: {path} left out: {why}", file=sys.stderr)  # noqa: T201
    _say(_as_json(report) if as_json else _in_words(report))


def _show_progress(done: int, files: int) -> None:
    end = "\n" if done == files else ""
    print(f"\rreading transcripts: {done} of {files}", end=end, file=sys.stderr)  # noqa: T201


def _as_json(report: ImportReport) -> str:
    values = asdict(report)
    return json.dumps({name: values[name] for name in REPORTED}, default=plain)


def _in_words(report: ImportReport) -> str:
    tail = f", {report.unpriced} unpriced" if report.unpriced else ""
    return (
        f"{report.files} transcripts hold {report.calls:,} calls worth ${report.list_usd:,.2f} at "
        f"list price, {report.limit_hits} limit hits, {report.partial} partial{tail} "
        f"({report.seconds:.1f} s)"
    )


def reprice_period(folder: Path, start: str | None, end: str | None, *, as_json: bool) -> None:
    changes = reprice.reprice(folder, _day(start), _day(end), LivePolicy(folder).now.baseline_model)
    if as_json:
        _say(json.dumps([asdict(change) for change in changes], default=plain))
        return
    for change in changes:
        _say(
            f"{change.model}: {change.rows} rows, list value ${change.list_usd_before:,.4f} → "
            f"${change.list_usd_after:,.4f}, paid ${change.cost_usd_before:,.4f} → "
            f"${change.cost_usd_after:,.4f}, {change.newly_priced} newly priced, "
            f"{change.newly_unpriced} newly unpriced"
        )
    if not changes:
        _say("nothing changed: every cost is at today's price list already")


def _day(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d") if text else None  # noqa: DTZ007  # UTC days
    except ValueError:
        raise ValueError(f"{text!r} is not a day; write YYYY-MM-DD") from None


def remove_demo(folder: Path) -> None:
    _say(f"{made_up.remove_demo(folder):,} made-up calls taken out")


def demo(folder: Path, seed: int, days: int, *, beside_real: bool) -> None:
    calls = made_up.fill_demo(folder, seed=seed, days=days, beside_real=beside_real)
    _say(f"{calls:,} made-up calls are in {folder}; `faregate demo --remove` takes them out")


def show_calls(folder: Path, lines: int, *, follow: bool) -> None:
    """The newest calls, oldest of them first; with `follow`, new ones as they end."""
    shown: set[str] = set()
    while True:
        with ledger.reading(ledger_file(folder)) as db:
            found = ledger.ask(db, "calls_page", page_rows=lines if not shown else 200)
        for row in reversed(found.to_dicts()):
            if row["call_id"] not in shown and (not follow or row["result"] != "open"):
                shown.add(row["call_id"])
                _say(_call_line(row))
        if not follow:
            return
        time.sleep(FOLLOW_EVERY_S)


def _call_line(row: dict[str, Any]) -> str:
    at = row["asked_at"].replace(tzinfo=UTC).astimezone()
    usd = "unpriced" if row["list_usd"] is None else f"${row['list_usd']:.4f}"
    prompt = sum(row[name] or 0 for name in REPORTED[2:6])
    took = f"{row['duration_ms'] / 1000:.1f}s" if row["duration_ms"] else ""
    parts = [
        f"{at:%m-%d %H:%M:%S}",
        f"{row['result']:<12}",
        f"{row['kind']:<12}",
        f"{row['target'] or '?':<34}",
        f"{prompt:>9,} in {row['output_tokens'] or 0:>6,} out",
        f"{usd:>10}",
        f"{took:>7}",
        row["project"],
    ]
    return "  ".join(parts).rstrip()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
