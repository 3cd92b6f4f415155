"""Claude Code's own history, brought into the ledger: every call once, however often it is told."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from collector import ledger
from collector.prices import Pricer
from collector.transcripts.batch import Batch
from collector.transcripts.files import (
    Found,
    Progress,
    Transcript,
    find,
    is_unchanged,
)
from collector.transcripts.frames import Arrow
from collector.transcripts.load import load

TRANSACTION_CALLS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """Totals of all that the given paths hold, each call once, whether new or known.

    `partial` counts calls whose end no transcript saw, `unpriced` those without a price; of
    these `list_usd` holds nothing. `unreadable` says of a path why it is left out.
    """

    files: int
    calls: int
    input_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    cache_read_tokens: int
    output_tokens: int
    list_usd: Decimal
    limit_hits: int
    partial: int
    unpriced: int
    seconds: float
    unreadable: dict[str, str] = field(default_factory=dict)


def import_transcripts(
    ledger_path: Path,
    roots_or_paths: Iterable[Path],
    price: Pricer,
    now: Callable[[], float],
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Load what is new in the transcripts under these paths, and count all that they hold.

    `now` is a clock in seconds. `progress` is told how many of how many files are done. Any
    number of imports may run, in any order and at the same time.

    Raises:
        LedgerBusyError: another program kept the ledger open.
        LedgerBrokenError: the file is not a ledger.
    """
    began = now()
    found = find(roots_or_paths)
    with _no_cycles():
        _load_all(ledger_path, found, price, progress)
    with ledger.reading(ledger_path) as db:
        return _report(db, found, now() - began)


def _load_all(
    ledger_path: Path, found: Found, price: Pricer, progress: Callable[[int, int], None] | None
) -> None:
    with ledger.reading(ledger_path) as db:
        known = _known(db)
    for batch in _batches(found, known, progress):
        with ledger.writing(ledger_path) as db:
            load(db, batch, price)


def _known(db: duckdb.DuckDBPyConnection) -> dict[str, Progress]:
    return {
        file: Progress(bytes=size, modified_ns=at, loaded_bytes=to, head_sha256=head)
        for file, size, at, to, head in db.execute(PROGRESS).fetchall()
    }


def _report(db: duckdb.DuckDBPyConnection, found: Found, seconds: float) -> ImportReport:
    files = pl.DataFrame({"file": found.files}, schema={"file": pl.String})
    db.register("_files", Arrow(files))
    answer = db.execute(TOTALS)
    names = [name for name, *_ in answer.description or ()]
    totals = dict(zip(names, answer.fetchone() or (), strict=True))
    return ImportReport(
        files=len(found.files), seconds=seconds, unreadable=found.unreadable, **totals
    )


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Python's search for reference cycles is off: rows have none, and looking costs a fifth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _batches(
    found: Found, known: dict[str, Progress], progress: Callable[[int, int], None] | None
) -> Iterator[Batch]:
    """What is new in the files, in pieces that one transaction can hold."""
    batch = Batch()
    for done, file in enumerate(found.files, 1):
        _read(file, known.get(file), batch, found)
        if progress:
            progress(done, len(found.files))
        if len(batch.merged.groups) >= TRANSACTION_CALLS:
            yield batch
            batch = Batch()
    if batch.progress:
        yield batch


def _read(file: str, before: Progress | None, batch: Batch, found: Found) -> None:
    try:
        if is_unchanged(file, before):
            return
        transcript = Transcript(file, before)
        batch.read(transcript)
    except OSError as error:
        found.unreadable[file] = error.strerror or str(error)
        return
    if transcript.complaint:
        found.unreadable[file] = transcript.complaint


# A ledger that was filled before tasks were kept is read anew from the beginning, once.
PROGRESS = """
select file, bytes, modified_ns, loaded_bytes, head_sha256
from import_files
where exists (from settings where name = 'tasks_kept')
"""

TOTALS = """
with copied as (select call_id from transcript_copies where file in (from _files))
select
    count(*) as calls,
    coalesce(sum(input_tokens), 0) as input_tokens,
    coalesce(sum(cache_write_5m_tokens), 0) as cache_write_5m_tokens,
    coalesce(sum(cache_write_1h_tokens), 0) as cache_write_1h_tokens,
    coalesce(sum(cache_read_tokens), 0) as cache_read_tokens,
    coalesce(sum(output_tokens), 0) as output_tokens,
    coalesce(sum(list_usd), 0)::decimal(38, 9) as list_usd,
    (select count(distinct call_id) from limit_readings
     where source = 'transcript' and is_hit and call_id in (from copied)) as limit_hits,
    count(*) filter (where partial) as partial,
    count(*) filter (where list_usd is null) as unpriced
from transcript_calls
where file in (from _files) or call_id in (from copied)
"""
