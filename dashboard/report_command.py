"""`faregate report`: the monthly report as a file."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from collector.files import data_folder, replace
from collector.gate_file import read_gate
from dashboard import history, settings
from dashboard.reader import LANGUAGES
from dashboard.report import formats


def report(
    month: Annotated[str | None, typer.Option(help="YYYY-MM; default: the last whole one")] = None,
    form: Annotated[str, typer.Option("--format", help=", ".join(formats.FORMATS))] = "html",
    lang: Annotated[str | None, typer.Option(help="en or ja; default: the setting")] = None,
    out: Annotated[Path | None, typer.Option(help="a file, or - for stdout")] = None,
) -> None:
    """Write the monthly report into the data folder's reports/, or where you say."""
    from dashboard.report import gather

    if form not in formats.FORMATS:
        raise ValueError(f"--format {form!r} is none of {', '.join(formats.FORMATS)}")
    if lang is not None and lang not in LANGUAGES:
        raise ValueError(f"--lang {lang!r} is none of {', '.join(LANGUAGES)}")
    folder, now = data_folder(), datetime.now(UTC).replace(tzinfo=None)
    saved = settings.read(folder)
    zone = formats.zone_of(saved)
    chosen = gather.named_month(month) if month else gather.last_whole_month(now, zone)
    _refuse_future(chosen, gather.month_period(chosen, zone).start_at, now)
    if not read_gate(folder):
        history.load_journal(folder)
    found = gather.gather(folder, chosen, zone, now)
    content = formats.drawn(found, form, formats.reader_of(saved, lang, zone))
    if out:
        _put(content, out)
    else:
        print(formats.keep(folder, formats.file_name(chosen, form), content))  # noqa: T201


def _refuse_future(month: date, start_at: datetime, now: datetime) -> None:
    if start_at > now:
        raise ValueError(f"--month {month:%Y-%m} has not begun yet")


def _put(content: bytes, file: Path) -> None:
    if str(file) == "-":
        sys.stdout.buffer.write(content)
        return
    if file.is_dir():
        raise ValueError(f"--out {file} is a folder; name a file in it")
    if not file.parent.is_dir():
        raise ValueError(f"--out {file}: there is no folder {file.parent}")
    replace(file, content)
    print(file)  # noqa: T201
