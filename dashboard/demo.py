"""Fills a data folder with a seeded month of made-up calls, and takes it out again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import orjson

from collector import ledger, policies, prices
from collector.files import ledger_file
from collector.live_policy import LivePolicy
from collector.recorder import end_row
from collector.rows import Batch
from dashboard import (
    demo_advice,
    demo_alerts,
    demo_experiments,
    demo_month,
    demo_quality,
    demo_work,
)
from dashboard.demo_work import DemoSession

DEMO_POLICIES = ("demo", "demo-2")
SECOND_POLICY_DAYS = 13
DAYS = 61
SETTINGS = {"plan": "max20x", "plan_usd": "200"}


class LedgerInUseError(RuntimeError):
    """The ledger holds calls that are not made up."""


def fill_demo(
    folder: Path,
    *,
    seed: int = 20,
    days: int = DAYS,
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
        planned = demo_experiments.tried(demo_work.sessions(dice, until, days), until)
        habits = list(demo_advice.calls(seed, until, days))
        worked = demo_month.calls(dice, planned, _write_policies(db, planned, until))
        calls = _write_calls(db, folder, chain(worked, habits))
        ledger.append(db, "session_facts", [_session_row(session) for session in planned])
        ledger.append(db, "session_facts", demo_advice.session_rows(habits))
        ledger.append(db, "task_signals", list(demo_quality.tasks(planned, seed)))
        ledger.append(db, "reviews", list(demo_quality.reviews(planned, seed)))
        _set_plan(db)
    demo_alerts.tell(folder, until)
    return calls


def remove_demo(folder: Path) -> int:
    """Take every made-up call out again; how many there were."""
    demo_alerts.forget(folder)
    with ledger.writing(ledger_file(folder)) as db:
        return _remove(db)


def _real_calls(db: duckdb.DuckDBPyConnection) -> int:
    counted = "select count(*) from calls where call_id not like 'demo-%'"
    return int(db.execute(counted).fetchall()[0][0])


def _write_calls(db: duckdb.DuckDBPyConnection, folder: Path, calls: Any) -> int:
    price = prices.pricer(db, folder, LivePolicy(folder).now.baseline_model)
    batch = Batch()
    for call in calls:
        batch.add(orjson.loads(orjson.dumps(end_row(call), default=str)), price)
    for table in Batch.TABLES:
        ledger.append(db, table, getattr(batch, table))
    return len(batch.call_log)


def _write_policies(
    db: duckdb.DuckDBPyConnection, planned: list[DemoSession], until: datetime
) -> Callable[[datetime], str]:
    """Name the plan-first preset as what routed the calls, put in force once more on the way.

    What is answered tells the version in force at an instant.
    """
    text = policies.preset("plan").text
    first_at = min(session.wishes[0].asked_at for session in planned)
    second_at = max(first_at, until - timedelta(days=SECOND_POLICY_DAYS))
    rows = [
        {"policy_version": version, "applied_at": at, "text": text}
        for version, at in zip(DEMO_POLICIES, (first_at, second_at), strict=True)
    ]
    ledger.append(db, "policy_log", rows)
    return lambda at: DEMO_POLICIES[at >= second_at]


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
    for version in DEMO_POLICIES:
        db.execute("delete from policy_log where policy_version = ?", [version])
    for table in ("session_facts", "task_signals", "reviews"):
        db.execute(f"delete from {table} where session_id like 'demo-%'")
    added = db.execute("select value from settings where name = 'demo'").fetchall()
    names = ["demo", *(added[0][0].split(",") if added else [])]
    db.execute("delete from settings where list_contains(?, name)", [names])
    return int(calls)
