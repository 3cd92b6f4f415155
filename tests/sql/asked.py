"""Short ways to ask a KPI in a test."""

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from collector import ledger

FEBRUARY = {
    "start_at": datetime(2026, 2, 1),
    "end_at": datetime(2026, 3, 1),
    "zone": "UTC",
    "now": datetime(2026, 3, 5),
}


def rows(path: Path, kpi: str, **variables: Any) -> list[dict[str, Any]]:
    """The KPI's rows for February 2026, unless other variables are given."""
    return frame(path, kpi, **variables).to_dicts()


def row(path: Path, kpi: str, **variables: Any) -> dict[str, Any]:
    [only] = rows(path, kpi, **variables)
    return only


def frame(path: Path, kpi: str, **variables: Any) -> pl.DataFrame:
    with ledger.reading(path) as db:
        return ledger.ask(db, kpi, **{**FEBRUARY, **variables})
