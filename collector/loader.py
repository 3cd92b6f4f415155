"""Moves the journal into the ledger, exactly once: rows and byte offsets commit together."""

import json
import logging
import os
import select
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars as pl

from collector import bodies, known, ledger, prices, today
from collector.files import journal_folder, ledger_file, replace
from collector.live_policy import LivePolicy
from collector.rows import Batch
from collector.segments import read_new
from collector.summing import summed_up
from collector.telemetry_rows import link_telemetry, only_new
from collector.transcripts.link import link_wire_calls
from router.policy import Policy

LOOK_EVERY_S = 0.25
TRANSACTION_BYTES = 8 << 20
BUSY_WAIT_S = 1.0
TIDY_EVERY_S = 600
TELL_EVERY_S = 3.0
TELL_AT_LEAST_S = 60.0

logger = logging.getLogger(__name__)


class Loader:
    """Knows how far each journal segment is loaded; the ledger's own offsets have the last word."""

    def __init__(self, folder: Path) -> None:
        self.warning: str | None = None
        self.told_at = 0.0
        self._is_untold = False
        self._known: known.Known | None = None
        self._today: dict[str, Any] | None = None
        self._folder = folder
        self._path = ledger_file(folder)
        self._journal = journal_folder(folder)
        self._policy = LivePolicy(folder)
        self.offsets: dict[str, int] = {}
        self._price: prices.Pricer | None = None
        self._seen: tuple[Policy, int] | None = None

    def load(self) -> int:
        """Load what is new, at most 8 MB; how many records went in.

        Raises:
            ledger.LedgerBusyError, ledger.LedgerBrokenError, duckdb.Error, OSError
        """
        began_at = datetime.now(UTC)
        read = read_new(self._journal, self.offsets, TRANSACTION_BYTES)
        if not read.offsets:
            return 0
        with ledger.writing(self._path, wait_s=BUSY_WAIT_S) as db:
            self._refresh_prices(db)
            if self._has_moved(db):
                return 0
            self._insert(db, read.lines)
            rows = list(read.offsets.items())
            db.executemany("insert or replace into journal_offsets values (?, ?)", rows)
            if read.is_all and time.monotonic() - self.told_at > TELL_EVERY_S:
                self._sum_up(db, began_at)
            else:
                self._is_untold = True
        self.offsets |= read.offsets
        self._write_known()
        return len(read.lines)

    def pending_bytes(self) -> int:
        sizes = ((file.name, file.stat().st_size) for file in self._journal.glob("*.jsonl"))
        return sum(size - self.offsets.get(name, 0) for name, size in sizes)

    def close_orphans(self) -> None:
        """End the calls that were open when their gate was killed: their answer never ended."""
        with ledger.writing(self._path, wait_s=BUSY_WAIT_S) as db:
            pids = [pid for (pid,) in db.execute(GATE_PIDS).fetchall()]
            dead = [pid for pid in pids if not _is_alive(pid)]
            if dead:
                db.execute(ORPHANS_TO_LOG, [dead])
                db.execute("delete from open_calls where list_contains(?, gate_pid)", [dead])

    def tell_gate(self, at: datetime) -> None:
        """Write down what the gate has to know of the ledger; all that ended by `at` is loaded."""
        with ledger.writing(self._path, wait_s=BUSY_WAIT_S) as db:
            self._refresh_prices(db)
            self._sum_up(db, at)
        self._write_known()

    def has_news(self) -> bool:
        """Whether the gate is to be told: soon after the last rows, else once a minute."""
        wait_s = TELL_EVERY_S if self._is_untold else TELL_AT_LEAST_S
        return time.monotonic() - self.told_at > wait_s

    def _sum_up(self, db: duckdb.DuckDBPyConnection, at: datetime) -> None:
        self.told_at = time.monotonic()  # also where it fails: the rows come first
        self._is_untold = False
        assert self._price
        self._known = summed_up(db, self._price.book, self._policy.routing(), at)
        self._today = today.summed_up(db, self._folder, self._known, at)

    def _write_known(self) -> None:
        told, self._known = self._known, None
        if told and self._today:
            known.write(self._folder, told)
            today.write(self._folder, self._today)

    def tidy(self) -> None:
        """Drop what is past its days: loaded journal segments, kept prompts and answers."""
        policy = self._policy.now
        bodies.forget_before(self._folder / "bodies", datetime.now(UTC).date(), policy.body_days)
        oldest = time.time() - policy.journal_days * 86400
        for file in self._journal.glob("*.jsonl"):
            found = file.stat()
            if found.st_mtime < oldest and self.offsets.get(file.name, 0) >= found.st_size:
                file.unlink()

    def _has_moved(self, db: duckdb.DuckDBPyConnection) -> bool:
        """Whether the ledger's offsets differ from ours: another loader, or a new ledger."""
        ours = self.offsets
        self.offsets = dict(
            db.execute("select segment, loaded_bytes from journal_offsets").fetchall()
        )
        return self.offsets != ours

    def _refresh_prices(self, db: duckdb.DuckDBPyConnection) -> None:
        """Take the prices and the plan as they are now set; the plan's fee counts as paid."""
        policy = self._policy.now
        seen = (policy, prices.overrides_file(self._folder).stat().st_mtime_ns)
        if self._price and seen == self._seen:
            return
        self._seen = seen
        self._price = prices.pricer(db, self._folder, policy.baseline_model)
        if policy.plan:
            plan = [("plan", policy.plan), ("plan_usd", str(policy.plan_usd))]
            db.executemany("insert or replace into settings values (?, ?)", plan)

    def _insert(self, db: duckdb.DuckDBPyConnection, lines: list[bytes]) -> None:
        """Insert what the lines say; one that does not fit is set aside and named."""
        try:
            self._insert_all(db, lines)
        except UNFIT as error:
            if len(lines) > 1:
                for line in lines:
                    self._insert(db, [line])
                return
            logger.warning("a journal record does not fit and is set aside: %r", error)
            with (self._folder / "rejected.jsonl").open("ab") as aside:
                aside.write(lines[0] + b"\n")

    def _insert_all(self, db: duckdb.DuckDBPyConnection, lines: list[bytes]) -> None:
        assert self._price
        batch = Batch()
        for line in lines:
            batch.add(orjson.loads(line), self._price)
        batch.drop_ended()
        batch.telemetry_calls = only_new(db, batch.telemetry_calls)
        frames = {name: ledger.frame_for(db, name, getattr(batch, name)) for name in Batch.TABLES}
        for name, frame in frames.items():
            ledger.insert(db, name, frame)
        if batch.call_log:
            ended = [row["call_id"] for row in batch.call_log]
            db.execute("delete from open_calls where list_contains(?, call_id)", [ended])
            link_wire_calls(db, min(row["asked_at"] for row in batch.call_log))
        if batch.telemetry_calls:
            link_telemetry(db, min(row["asked_at"] for row in batch.telemetry_calls))


UNWRITTEN = (
    ledger.LedgerBusyError,
    ledger.LedgerBrokenError,
    duckdb.Error,
    pl.exceptions.PolarsError,
    OSError,
)
UNFIT = (ValueError, KeyError, TypeError, ArithmeticError, pl.exceptions.PolarsError)
GATE_PIDS = "select distinct gate_pid from open_calls"
ORPHANS_TO_LOG = """
insert into call_log by name
select * exclude (gate_pid), 'truncated' as result, 0 as attempts, true as partial,
       0 as list_usd, 0 as cost_usd, 0 as baseline_usd
from open_calls where list_contains(?, gate_pid)
"""


def load_all(folder: Path) -> int:
    """Load the journal to its end; how many records went in. For programs beside the gate."""
    loader, total = Loader(folder), 0
    while loader.pending_bytes():
        before = dict(loader.offsets)
        total += loader.load()
        if loader.offsets == before:  # a torn last line is all that is left
            break
    return total


def run(folder: Path, gate_pid: int) -> None:
    """Load until the gate closes our standard input or dies, then drain and end."""
    loader = Loader(folder)
    pause, tidied_at, orphans_closed = LOOK_EVERY_S, 0.0, False
    while True:
        ended = _has_ended(gate_pid, pause)
        began_at = datetime.now(UTC)
        warning = _step(loader)
        if warning is None and (ended or loader.has_news()):
            _tell_gate(loader, began_at)
        if not orphans_closed and warning is None and loader.pending_bytes() == 0:
            orphans_closed = _closed_orphans(loader)
        if time.monotonic() - tidied_at > TIDY_EVERY_S:
            tidied_at = time.monotonic()
            loader.tidy()
        _tell(loader, warning)
        pause = LOOK_EVERY_S if warning is None else 2.0
        if ended:
            return


def _step(loader: Loader) -> str | None:
    """Load to the journal's end; what stands in the way, if anything does."""
    try:
        while loader.load():
            pass
    except UNWRITTEN as error:
        return str(error).splitlines()[0]
    return None


def _tell_gate(loader: Loader, at: datetime) -> None:
    """What stands in the way is told by the next load; the gate counts by itself meanwhile."""
    try:
        loader.tell_gate(at)
    except UNWRITTEN as error:
        logger.debug("the gate was not told: %s", error)


def _closed_orphans(loader: Loader) -> bool:
    try:
        loader.close_orphans()
    except (ledger.LedgerBusyError, ledger.LedgerBrokenError, duckdb.Error, OSError):
        return False
    return True


def _tell(loader: Loader, warning: str | None) -> None:
    """Write `loader.json`, and log a warning once when it appears and once when it has gone."""
    if warning and loader.warning is None:
        logger.warning("%s; calls go on and wait in the journal", warning)
    elif loader.warning and warning is None:
        logger.warning("the ledger is written again")
    loader.warning = warning
    state = {"at": time.time(), "pending_bytes": loader.pending_bytes(), "warning": warning}
    file = loader._folder / "loader.json"
    try:
        replace(file, json.dumps(state).encode())
    except OSError as error:
        logger.debug("loader.json not written: %s", error)


def _has_ended(gate_pid: int, pause_s: float) -> bool:
    ready, _, _ = select.select([sys.stdin], [], [], pause_s)
    return bool(ready and not os.read(sys.stdin.fileno(), 1)) or not _is_alive(gate_pid)


def _is_alive(pid: Any) -> bool:
    try:
        os.kill(pid, 0)
    except (OSError, TypeError):
        return False
    return True


def main() -> None:
    os.umask(0o077)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    run(Path(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
