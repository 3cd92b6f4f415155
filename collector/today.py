"""What the loader writes down for the statusline: `today.json`, read by plain Python in no time.

`as_of` and `day_ends_at` are seconds since 1970; `today` is the row of sql/kpi/today.sql, money
as text; `windows` are the open ones by provider (`limit_window utilization resets_at`);
`sessions` are targets by session id, as in sql/kpi/session_targets.sql.
"""

import logging
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson

from collector.files import SQL, replace
from collector.known import Known

NAME = "today.json"
SETTINGS = "settings.toml"

logger = logging.getLogger(__name__)


def summed_up(
    db: duckdb.DuckDBPyConnection, folder: Path, known: Known, at: datetime
) -> dict[str, Any]:
    """Today in the user's zone, as the ledger has it within the transaction of `db`."""
    zone = _zone(db, folder)
    db.execute("set variable zone = ?", [zone])
    db.execute("set variable now = ?", [at.replace(tzinfo=None)])
    [today] = _rows(db, "today")
    return {
        "as_of": at.timestamp(),
        "zone": zone,
        "day_ends_at": _first(db, DAY_ENDS_AT),
        "today": {name: _plain(value) for name, value in today.items()},
        "windows": {
            provider: [
                {
                    "limit_window": reading.limit_window,
                    "utilization": reading.utilization,
                    "resets_at": reading.resets_at and reading.resets_at.timestamp(),
                }
                for reading in readings
            ]
            for provider, readings in known.readings.items()
        },
        "sessions": {row["session_id"]: row["target"] for row in _rows(db, "session_targets")},
    }


def write(folder: Path, told: dict[str, Any]) -> None:
    """
    Raises:
        OSError
    """
    replace(folder / NAME, orjson.dumps(told))


def zone_set(folder: Path) -> str | None:
    """The time zone of the user's settings, unchecked; None where none is set or can be read."""
    try:
        return str(tomllib.loads((folder / SETTINGS).read_text())["zone"])
    except (OSError, ValueError, KeyError):
        return None


def _zone(db: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """The zone that is set, if DuckDB knows it, else this machine's."""
    return str(_first(db, ZONE, [zone_set(folder)]))


ZONE = """
select coalesce(max(name) filter (name = ?), current_setting('TimeZone')) from pg_timezone_names()
"""
DAY_ENDS_AT = """
with here as (select zone, timezone(zone, timezone('UTC', now_at)) as now_here from period)
select epoch(timezone(zone, date_trunc('day', now_here) + interval 1 day)) from here
"""


def _first(db: duckdb.DuckDBPyConnection, query: str, values: list[object] | None = None) -> Any:
    found = db.execute(query, values).fetchone()
    return found[0] if found else None


def _rows(db: duckdb.DuckDBPyConnection, kpi: str) -> list[dict[str, Any]]:
    """A KPI's rows as this very connection sees them, uncommitted ones included."""
    asked = db.execute((SQL / "kpi" / f"{kpi}.sql").read_text())
    names = [name for name, *_ in asked.description or ()]
    return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int) else str(value)
