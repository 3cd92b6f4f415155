"""What is worth telling at once: found in the ledger, told once per crossing, sent to a webhook.

State lies in `alerts.json`, what was told in `alerts.jsonl`, both in the data folder.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from collector import ledger
from collector.files import ledger_file
from dashboard import alert_texts, reader, settings, webhook
from dashboard.alert_state import Alert, read_state, write_state
from dashboard.alert_texts import WINDOW_AND_FORECAST
from dashboard.doctor import resting_providers
from dashboard.i18n import say
from dashboard.settings import Alerts, Settings

LOG = "alerts.jsonl"
KPIS = ("alert_cash", "alert_unpriced", "alert_providers", "alert_runaway", "live_windows")
WAIT_S = 5.0

Frames = dict[str, pl.DataFrame]

logger = logging.getLogger(__name__)


def look(folder: Path) -> None:
    """One round: find what crossed its mark, write it down, and send what waits to be sent.

    Raises:
        ValueError: the settings are at fault.
        ledger.LedgerBusyError, ledger.LedgerBrokenError, OSError
    """
    saved, now = settings.read(folder), datetime.now(UTC)
    state = read_state(folder)
    with _speaking(saved):
        crossed = state.crossed(found(folder, saved), now, saved.alerts.cooldown_minutes * 60)
        _write_down(folder, crossed, now)
        state.enqueue(crossed, now)
    fault = webhook.deliver(state, saved.alerts, now)
    write_state(folder, state)
    if fault:
        logger.warning("alerts: %s; tried again later", fault)


def found(folder: Path, saved: Settings) -> list[Alert]:
    """What holds at this moment, told or not, in the reader's language; errors as in `look`."""
    variables = {"zone": saved.zone} if saved.zone else {}
    with ledger.reading(ledger_file(folder), wait_s=WAIT_S) as db:
        frames = {kpi: ledger.ask(db, kpi, **variables) for kpi in KPIS}
    silent = resting_providers(folder) if saved.alerts.provider_down else []
    return [*_of_ledger(frames, saved.alerts), *map(_silent, silent)]


def what_holds(folder: Path) -> list[Alert]:
    """`found`, in the language of the settings; errors as in `look`."""
    saved = settings.read(folder)
    with _speaking(saved):
        return found(folder, saved)


def send_test(folder: Path) -> str | None:
    """Send a test message; None, or in one line why it did not arrive. Never names the address.

    Raises:
        ValueError, OSError: the settings cannot be read.
    """
    saved = settings.read(folder)
    with _speaking(saved):
        text = say("This is a test from faregate: alerts arrive here.")
        return webhook.post(saved.alerts, text)


def recent(folder: Path, most: int = 50) -> list[dict[str, Any]]:
    """What was told last, newest first: `at` (UTC, ISO 8601), `alert`, `subject`, `text`."""
    try:
        lines = (folder / LOG).read_bytes().splitlines()[-most:]
    except OSError:
        return []
    return [told for told in map(_parsed, reversed(lines)) if told]


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _speaking(saved: Settings) -> AbstractContextManager[None]:
    return reader.as_reader(reader.from_settings(saved))


def _write_down(folder: Path, crossed: list[Alert], now: datetime) -> None:
    if not crossed:
        return
    at = now.isoformat(timespec="seconds")
    told = [
        {"at": at, "alert": one.name, "subject": one.subject, "text": one.text} for one in crossed
    ]
    with (folder / LOG).open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in told)


def _of_ledger(frames: Frames, marks: Alerts) -> Iterator[Alert]:
    yield from _cash(frames["alert_cash"], marks)
    yield from _windows(frames["live_windows"], marks)
    if marks.unpriced:
        for row in frames["alert_unpriced"].iter_rows(named=True):
            yield Alert("unpriced", row["target"], alert_texts.unpriced(row))
    if marks.runaway:
        for row in frames["alert_runaway"].iter_rows(named=True):
            subject = f"{row['session_id']} {row['cause']}"
            yield Alert("runaway", subject, alert_texts.runaway(row))
    if marks.provider_down:
        for row in frames["alert_providers"].iter_rows(named=True):
            yield Alert("provider_down", row["provider"], alert_texts.provider_down(row))


def _cash(frame: pl.DataFrame, marks: Alerts) -> Iterator[Alert]:
    by_span = {"day": marks.day_usd, "month": marks.month_usd}
    for row in frame.iter_rows(named=True):
        mark = by_span[row["span"]]
        if mark and float(row["cash_usd"]) >= mark:
            name = f"{row['span']}_cash"
            yield Alert(name, str(row["start_on"]), alert_texts.cash(row, mark))


def _windows(frame: pl.DataFrame, marks: Alerts) -> Iterator[Alert]:
    """Over the mark, or heading to be spent before the reset from half full on."""
    if not marks.window_share:
        return
    for row in frame.iter_rows(named=True):
        if row["is_reset"] or row["utilization"] is None:
            continue
        subject = f"{row['provider']} {row['limit_window']}"
        if row["utilization"] >= marks.window_share:
            yield Alert("window", subject, alert_texts.window(row))
        elif row["utilization"] >= WINDOW_AND_FORECAST and _is_spent_before_reset(row):
            yield Alert("window", subject, alert_texts.forecast(row))


def _is_spent_before_reset(row: dict[str, Any]) -> bool:
    full_in_s, reset_in_s = row["full_in_s"], row["reset_in_s"]
    return full_in_s is not None and reset_in_s is not None and full_in_s < reset_in_s


def _silent(provider: str) -> Alert:
    return Alert("provider_down", provider, alert_texts.silent(provider))
