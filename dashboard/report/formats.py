"""The report as a file: which formats there are, what they are called, where they go."""

from collections.abc import Callable
from dataclasses import replace as replaced
from datetime import date
from importlib import import_module
from pathlib import Path

from collector.files import replace
from dashboard import reader
from dashboard.report.gather import Report
from dashboard.settings import Settings

FORMATS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "md": "text/markdown",
    "json": "application/json",
}
FOR_PROGRAMS = ("csv", "json")


def drawn(report: Report, form: str, who: reader.Reader) -> bytes:
    """The file's bytes, in the reader's language and currency.

    Raises:
        ValueError: no such format, or no font for it.
    """
    if form not in FORMATS:
        raise ValueError(f"unknown format {form!r}; known are {', '.join(FORMATS)}")
    if form in FOR_PROGRAMS:
        return _renderer("as_data", f"as_{form}")(report)
    from dashboard.report import contents

    with reader.as_reader(replaced(who, zone=report.zone)):
        name = "markdown" if form == "md" else form
        return _renderer(f"as_{name}", name)(contents.told(report))


def _renderer(module: str, name: str) -> Callable[..., bytes]:
    """Loaded when it is needed: typst and the workbook writer are large."""
    found: Callable[..., bytes] = getattr(import_module(f"dashboard.report.{module}"), name)
    return found


def reader_of(settings: Settings, language: str | None, zone: str) -> reader.Reader:
    """Who reads a report: its own language goes before the settings'."""
    chosen = language or settings.reports.language or settings.language or "en"
    return replaced(reader.from_settings(settings, zone=zone), language=chosen)


def zone_of(settings: Settings) -> str:
    """The zone that was set, else this machine's."""
    from tzlocal import get_localzone_name

    return settings.zone or get_localzone_name() or "UTC"


def file_name(month: date, form: str) -> str:
    return f"faregate-{month:%Y-%m}.{form}"


def reports_folder(folder: Path) -> Path:
    return folder / "reports"


def keep(folder: Path, name: str, content: bytes) -> Path:
    """Write a file of reports/ in one step: who looks sees the old one or the new one.

    Raises:
        OSError
    """
    reports = reports_folder(folder)
    reports.mkdir(mode=0o700, exist_ok=True)
    replace(reports / name, content)
    return reports / name
