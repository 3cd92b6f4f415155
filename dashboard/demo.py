"""Fills a data folder with a seeded month of made-up calls, and takes it out again."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import orjson

from collector import ledger, prices
from collector.files import ledger_file
from collector.live_policy import LivePolicy
from collector.rows import Batch
from dashboard import demo_month, demo_work
from dashboard.demo_work import DemoSession

SETTINGS = {"plan": "max20x", "plan_usd": "200"}


class LedgerInUseError(RuntimeError):
    """The ledger holds calls that are not made up."""


def fill_demo(
    folder: Path,
    *,
    seed: int = 20,
    days: int = 61,
    ends_at: datetime | None = None,
    beside_real: bool = False,
) -> int:
    """Write `days` days of made-up calls up to `ends_at` (UTC, default now); how many there are.

    Demo calls that are there already are replaced.

    Raises:
        LedgerInUseError: there are real calls, and `beside_real` is false.
        ledger.LedgerBusyError, ledger.LedgerBrokenError: as in `ledger.writing`.
    """
    dice = Random(seed)
    until = (ends_at or datetime.now(UTC)).replace(tzinfo=None)
    with ledger.writing(ledger_file(folder)) as db:
        if not beside_real and _real_calls(db):
            raise LedgerInUseError(
                "the ledger holds real calls; name another folder with FAREGATE_DATA, or allow both"
            )
        _remove(db)
        planned = demo_work.sessions(dice, until, days)
        calls = _write_calls(db, folder, demo_month.calls(dice, planned))
        ledger.append(db, "session_facts", [_session_row(session) for session in planned])
        _set_plan(db)
    return calls


def remove_demo(folder: Path) -> int:
    """Take every made-up call out again; how many there were."""
    with ledger.writing(ledger_file(folder)) as db:
        return _remove(db)


def _real_calls(db: duckdb.DuckDBPyConnection) -> int:
    counted = "select count(*) from calls where call_id not like 'demo-%'"
    return int(db.execute(counted).fetchall()[0][0])


def _write_calls(db: duckdb.DuckDBPyConnection, folder: Path, calls: Any) -> int:
    price = prices.pricer(db, folder, LivePolicy(folder).now.baseline_model)
    batch = Batch()
    for call in calls:
        batch.add(orjson.loads(orjson.dumps({"row": "end", **asdict(call)})), price)
    for table in Batch.TABLES:
        ledger.append(db, table, getattr(batch, table))
    return len(batch.call_log)


def _session_row(session: DemoSession) -> dict[str, Any]:
    return {
        "session_id": session.session_id,
        "project": session.project.name,
        "cwd": session.wishes[0].facts.cwd,
        "git_branch": session.project.branch,
        "title": session.title,
        "first_at": session.wishes[0].asked_at,
        "last_at": session.wishes[-1].asked_at,
    }


def _set_plan(db: duckdb.DuckDBPyConnection) -> None:
    """Name the demo's plan unless one is set; remember what was named, to take it out again."""
    known = {name for (name,) in db.execute("select name from settings").fetchall()}
    added = {name: value for name, value in SETTINGS.items() if name not in known}
    rows = [*added.items(), ("demo", ",".join(added))]
    db.executemany("insert or replace into settings values (?, ?)", rows)


def _remove(db: duckdb.DuckDBPyConnection) -> int:
    demo = "(select call_id from call_log where capture = 'demo')"
    [(calls,)] = db.execute(f"select count(*) from {demo}").fetchall()
    for table in ("attempt_log", "limit_readings", "call_log"):
        db.execute(f"delete from {table} where call_id in {demo}")
    db.execute("delete from session_facts where session_id like 'demo-%'")
    added = db.execute("select value from settings where name = 'demo'").fetchall()
    names = ["demo", *(added[0][0].split(",") if added else [])]
    db.execute("delete from settings where list_contains(?, name)", [names])
    return int(calls)
