"""The report that writes itself on the first of each month, and makes up for what it missed."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard import settings
from dashboard.report import formats
from dashboard.report.gather import (
    Report,
    following,
    gather,
    has_calls,
    last_whole_month,
    named_month,
    previous,
)
from dashboard.settings import Settings

FILE = "written.json"
QUIET_HOUR = 4  # on the first of the month, on the user's clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """From which month on reports are due, and the files written since, by name."""

    since: date
    files: tuple[str, ...] = ()


def write_due(folder: Path) -> None:
    """Write each report that is due, once: months that have data, in the formats of the settings.

    Asked any number of times. What cannot be written is told in a line, and tried the next time.

    Raises:
        ValueError: the settings are faulty.
        OSError, ledger.LedgerBusyError, ledger.LedgerBrokenError
    """
    saved, now = settings.read(folder), datetime.now(UTC).replace(tzinfo=None)
    zone = formats.zone_of(saved)
    last = last_due(now, zone)
    done = written(folder, last)
    if not saved.reports.monthly:
        _remember(folder, Written(since=following(last), files=done.files))
        return
    for month in months(done.since, last):
        names = [formats.file_name(month, form) for form in saved.reports.formats]
        if not set(names) <= set(done.files) and has_calls(folder, month, zone):
            done = _write_month(folder, gather(folder, month, zone, now), saved, done)


def last_due(now: datetime, zone: str) -> date:
    """The last month whose report is due: the one before, from the quiet hour of the first on."""
    month = last_whole_month(now, zone)
    local = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return previous(month) if local.day == 1 and local.hour < QUIET_HOUR else month


def months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = following(first)


def written(folder: Path, last: date) -> Written:
    """What was written; before the first time, `last` is the first month that is due."""
    try:
        said = json.loads((formats.reports_folder(folder) / FILE).read_text())
        return Written(since=named_month(said["since"]), files=tuple(said["files"]))
    except FileNotFoundError:
        return Written(since=last)
    except (ValueError, KeyError, TypeError) as error:
        logger.warning("reports/%s is broken (%s); only the last month is due", FILE, error)
        return Written(since=last)


def _write_month(folder: Path, report: Report, saved: Settings, done: Written) -> Written:
    who = formats.reader_of(saved, None, report.zone)
    for form in saved.reports.formats:
        name = formats.file_name(report.month, form)
        if name in done.files:
            continue
        try:
            content = formats.drawn(report, form, who)
        except ValueError as error:
            logger.error("%s: %s", name, error)
            continue
        formats.keep(folder, name, content)
        done = Written(since=done.since, files=(*done.files, name))
        _remember(folder, done)
        logger.info("%s written", name)
    return done


def _remember(folder: Path, done: Written) -> None:
    said = {"since": f"{done.since:%Y-%m}", "files": done.files}
    formats.keep(folder, FILE, json.dumps(said).encode())
