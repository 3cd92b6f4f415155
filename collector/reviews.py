"""What people said of the work: verdicts, one by one or from a CSV file, into the ledger."""

import csv
import getpass
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import duckdb

from collector import ledger
from collector.transcripts.rows import project_of

COLUMNS = ("session_id", "call_id", "outcome", "note", "reviewer", "reviewed_at")
LONGEST_NOTE = 2000


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"


class Source(StrEnum):
    CLI = "cli"
    CSV = "csv"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A verdict on a session, or on one call. `reviewed_at` is naive UTC."""

    outcome: Outcome
    reviewed_at: datetime
    source: Source
    session_id: str | None = None
    call_id: str | None = None
    reviewer: str | None = None
    note: str | None = None


class FaultyReviewsError(ValueError):
    """A file of reviews that was not taken; `faults` names each bad line."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class NumberedReview(NamedTuple):
    """A review, and the line of the file that it stands on."""

    line: int
    review: Review


def add(path: Path, review: Review, wait_s: float = 30) -> bool:
    """Write a review; False if the newest on the same subject says the same already.

    Raises:
        ValueError: the ledger has no such session or call.
        ledger.LedgerBusyError, ledger.LedgerBrokenError: as in `ledger.writing`.
    """
    with ledger.writing(path, wait_s) as db:
        if not _is_known(db, review):
            subject = review.call_id or review.session_id
            raise ValueError(f"{subject!r} is not in the ledger; `faregate import` reads history")
        return bool(_write(db, [review]))


def add_file(path: Path, file: Path, now: datetime, reviewer: str | None) -> int:
    """Write the reviews of a CSV file, all or none; how many of them are new.

    Raises:
        FaultyReviewsError: it holds bad lines; none was taken.
        OSError: it cannot be read.
        ledger.LedgerBusyError, ledger.LedgerBrokenError: as in `ledger.writing`.
    """
    numbered, faults = _read(file, now, reviewer)
    with ledger.writing(path) as db:
        faults += [
            f"line {line}: {review.call_id or review.session_id!r} is not in the ledger"
            for line, review in numbered
            if not _is_known(db, review)
        ]
        if faults:
            raise FaultyReviewsError(sorted(faults, key=_line_no))
        return _write(db, [review for _, review in numbered])


def newest_session(db: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """The session that was last at work in `folder`, or else in the project named like it.

    Raises:
        ValueError: there is none.
    """
    project = project_of(str(folder))
    found = db.execute(NEWEST, {"cwd": str(folder), "project": project}).fetchone()
    if not found:
        raise ValueError(
            f"no session of project {project!r} is in the ledger; name one with --session, "
            "or run `faregate import` first"
        )
    return str(found[0])


NEWEST = """
select session_id
from calls
where session_id is not null and (cwd = $cwd or project = $project)
order by cwd is not distinct from $cwd desc, asked_at desc
limit 1
"""


def _read(
    file: Path, now: datetime, reviewer: str | None
) -> tuple[list[NumberedReview], list[str]]:
    """The good lines of a CSV file, and what is wrong with the others."""
    numbered: list[NumberedReview] = []
    faults: list[str] = []
    try:
        for line, told in _lines(file):
            try:
                numbered.append(NumberedReview(line, _review(told, now, reviewer)))
            except ValueError as error:
                faults.append(f"line {line}: {error}")
    except (csv.Error, UnicodeDecodeError) as error:
        raise FaultyReviewsError([f"it is no CSV file in UTF-8: {error}"]) from error
    if not numbered and not faults:
        raise FaultyReviewsError(["it holds no review"])
    return numbered, faults


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with file.open(newline="", encoding="utf-8-sig") as opened:
        rows = csv.DictReader(opened, restkey="")
        names = rows.fieldnames or []
        unknown = [name for name in names if name not in COLUMNS]
        if unknown or "outcome" not in names or not {"session_id", "call_id"} & set(names):
            said = f"unknown column {unknown[0]!r}" if unknown else "a column is missing"
            raise FaultyReviewsError(
                [f"line 1: {said}; needed are outcome and session_id or call_id, "
                 f"known are {', '.join(COLUMNS)}"]
            )  # fmt: skip
        for row in rows:
            if "" in row:
                yield rows.line_num, {"": "more values than columns"}
            else:
                yield rows.line_num, {name: (value or "").strip() for name, value in row.items()}


def _review(told: Mapping[str, str], now: datetime, reviewer: str | None) -> Review:
    if "" in told:
        raise ValueError(told[""])
    session_id, call_id = told.get("session_id") or None, told.get("call_id") or None
    if bool(session_id) == bool(call_id):
        raise ValueError("give one of session_id and call_id")
    return Review(
        outcome=outcome_of(told["outcome"]),
        reviewed_at=_moment(told["reviewed_at"]) if told.get("reviewed_at") else now,
        source=Source.CSV,
        session_id=session_id,
        call_id=call_id,
        reviewer=told.get("reviewer") or reviewer,
        note=note_of(told.get("note")),
    )


def outcome_of(text: str) -> Outcome:
    """
    Raises:
        ValueError: it is neither pass nor fail.
    """
    try:
        return Outcome(text.strip().lower())
    except ValueError:
        raise ValueError(f"outcome {text!r} is neither pass nor fail") from None


def this_user() -> str | None:
    """The name of this machine's user; None where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def note_of(text: str | None) -> str | None:
    return (text or "").strip()[:LONGEST_NOTE] or None


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"reviewed_at {text!r} is no time; write 2026-11-22T20:30:00Z") from None
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def _line_no(fault: str) -> int:
    number = fault.removeprefix("line ").partition(":")[0]
    return int(number) if number.isdigit() else 0


def _is_known(db: duckdb.DuckDBPyConnection, review: Review) -> bool:
    field = "call_id" if review.call_id else "session_id"
    query = f"select 1 from calls where {field} = ? limit 1"
    return bool(db.execute(query, [review.call_id or review.session_id]).fetchall())


def _write(db: duckdb.DuckDBPyConnection, reviews: Sequence[Review]) -> int:
    new = [review for review in reviews if not _says_again(db, review)]
    ledger.append(db, "reviews", [asdict(review) for review in new])
    return len(new)


def _says_again(db: duckdb.DuckDBPyConnection, review: Review) -> bool:
    subject = [review.session_id, review.call_id]
    found = db.execute(LATEST, subject).fetchone()
    return found == (review.outcome, review.reviewer, review.note)


LATEST = """
select outcome, reviewer, note
from reviews
where session_id is not distinct from ? and call_id is not distinct from ?
order by reviewed_at desc, rowid desc
limit 1
"""
