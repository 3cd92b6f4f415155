"""Questions to the ledger: the same answer both ways, and nothing of one left for the next."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from collector import ledger
from router.call import Result
from tests.story import MAX, SONNET, tell

OK = Result.OK
FEBRUARY = {"month": "2026-02-01", "zone": "UTC", "now": "2026-03-05"}
Ask = Callable[..., pl.DataFrame]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.duckdb"
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usd": "0.3", "project": "shop"}),
        ("2026-02-04 09:00", "main", [(SONNET, OK)], {"usd": "0.1", "project": "blog"}),
    )
    return path


@pytest.mark.parametrize("kpi", ["six_kpis", "top_projects", "daily_cost", "savings", "unpriced"])
def test_a_short_answer_is_the_answer(path: Path, kpi: str):
    with ledger.reading(path) as db:
        short = ledger.short_answer(db, kpi, **FEBRUARY)
        assert_frame_equal(short, ledger.ask(db, kpi, **FEBRUARY))


@pytest.mark.parametrize("ask", [ledger.ask, ledger.short_answer])
def test_what_one_question_sets_the_next_does_not_know(path: Path, ask: Ask):
    def projects(**more: Any) -> list[str]:
        return ask(db, "top_projects", **FEBRUARY, **more)["project"].to_list()

    with ledger.reading(path) as db:
        assert projects(project="blog") == ["blog"]
        assert projects() == ["shop", "blog"]
        assert db.execute("from duckdb_tables() where temporary").fetchall() == []


@pytest.mark.parametrize("ask", [ledger.ask, ledger.short_answer])
def test_a_question_that_fails_or_does_not_exist_raises(path: Path, ask: Ask):
    with ledger.reading(path) as db:
        with pytest.raises(duckdb.ConversionException):
            ask(db, "six_kpis", month="not a day")
        with pytest.raises(FileNotFoundError):
            ask(db, "no_such_question")
        assert ask(db, "six_kpis", **FEBRUARY)["calls"].to_list() == [2]
