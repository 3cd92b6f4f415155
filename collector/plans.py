"""The plans that are known, and their way into the ledger."""

import hashlib
import logging
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from collector import ledger
from collector.files import DEFAULTS

if TYPE_CHECKING:
    from router.plans import Plan

FILE = "plans.toml"

logger = logging.getLogger(__name__)


def plans(folder: Path) -> tuple["Plan", ...]:
    """The plans of the data folder's plans.toml, if it has one, else those that are known.

    Raises:
        ValueError: one line that names the file, the key and what is wrong with it.
    """
    return _read(_file(folder))


def export_plans(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Rewrite table `plans` if the file has changed.

    A broken file is named in the log, and the plans known before stay known.
    """
    file = _file(folder)
    version = hashlib.sha256(file.read_bytes()).hexdigest()
    known = db.execute("select value from settings where name = 'plans_version'").fetchone()
    if known == (version,):
        return
    try:
        rows = [_row(plan) for plan in _read(file)]
    except ValueError as error:
        logger.warning("%s; the previous plans stay known", error)
        return
    db.execute("delete from plans")
    ledger.append(db, "plans", rows)
    db.execute("insert or replace into settings values ('plans_version', ?)", [version])


def _file(folder: Path) -> Path:
    own = folder / FILE
    return own if own.exists() else DEFAULTS / FILE


def _read(file: Path) -> tuple["Plan", ...]:
    from router.plans import plans_of  # loads pydantic, and is seldom needed

    return plans_of(file.read_text(), str(file))


def _row(plan: "Plan") -> dict[str, object]:
    valid_from = datetime.combine(plan.valid_from, time())
    told = plan.model_dump(include={"name", "title", "usd", "multiple"})
    return {**told, "valid_from": valid_from}
