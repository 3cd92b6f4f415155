"""`faregate review`: what a person says of a session's work."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from collector import ledger, reviews
from collector.files import data_folder, ledger_file
from collector.gate_file import read_gate
from collector.reviews import FaultyReviewsError, Review, Source
from dashboard import history


def review(
    verdict: Annotated[str | None, typer.Argument(help="pass or fail")] = None,
    session: Annotated[str | None, typer.Option(help="default: this folder's newest")] = None,
    note: Annotated[str | None, typer.Option(help="why, in a few words")] = None,
    file: Annotated[
        Path | None, typer.Option("--csv", help=f"columns {', '.join(reviews.COLUMNS)}")
    ] = None,
) -> None:
    """Say whether a session's work was good; with --csv, of many at once."""
    if (verdict is None) == (file is None):
        raise ValueError("say pass or fail, or name a file with --csv")
    if file and (session or note):
        raise ValueError("--csv names its own sessions and notes; leave out --session and --note")
    folder = data_folder()
    if not read_gate(folder):
        history.load_journal(folder)
    if file:
        _say(_of_file(folder, file))
    else:
        _say(_of_session(folder, session, str(verdict), note))


def _of_session(folder: Path, session: str | None, verdict: str, note: str | None) -> str:
    outcome = reviews.outcome_of(verdict)
    if session is None:
        with ledger.reading(ledger_file(folder)) as db:
            session = reviews.newest_session(db, Path.cwd())
    said = Review(
        outcome=outcome,
        reviewed_at=_now(),
        source=Source.CLI,
        session_id=session,
        reviewer=reviews.this_user(),
        note=reviews.note_of(note),
    )
    is_new = reviews.add(ledger_file(folder), said)
    return f"{outcome}: session {session}" + ("" if is_new else " (said before)")


def _of_file(folder: Path, file: Path) -> str:
    try:
        new = reviews.add_file(ledger_file(folder), file, _now(), reviews.this_user())
    except FaultyReviewsError as error:
        for fault in error.faults:
            print(f"faregate: {file}, {fault}", file=sys.stderr)  # noqa: T201
        print("faregate: no review was taken; mend the file and try again", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2) from None
    return f"{new} new reviews from {file}"


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _say(text: str) -> None:
    print(text)  # noqa: T201
