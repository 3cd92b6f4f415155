"""The demo month: the same for the same seed, sound, and gone when removed."""

from datetime import datetime
from pathlib import Path

import pytest

from collector import ledger
from collector.files import SQL, ledger_file
from dashboard.demo import LedgerInUseError, fill_demo, remove_demo
from router.call import Result
from tests.sql.asked import row, rows
from tests.story import SONNET, set_plan, tell

ENDS_AT = datetime(2026, 2, 28, 12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo")
    fill_demo(made, days=27, ends_at=ENDS_AT)
    return made


def test_the_demo_passes_every_check(folder: Path):
    with ledger.reading(ledger_file(folder)) as db:
        found = {
            file.stem: db.sql(file.read_text()).pl().to_dicts()
            for file in (SQL / "checks").glob("*.sql")
        }
    assert {name for name, wrong in found.items() if wrong} == set()


def test_the_demo_is_near_the_customers_goals(folder: Path):
    path = ledger_file(folder)
    assert 180 < row(path, "monthly_cost")["paid_usd"] < 260
    assert 0.3 < row(path, "cost_reduction")["reduction"] < 0.65
    assert 0.10 < row(path, "local_share")["local_share"] < 0.30
    assert rows(path, "limit_hits")[0]["hits"] > 0
    assert rows(path, "unpriced")
    assert len(rows(path, "live_windows", now=ENDS_AT)) == 2


def test_the_same_seed_makes_the_same_month(folder: Path, tmp_path: Path):
    fill_demo(tmp_path, days=27, ends_at=ENDS_AT)
    assert rows(ledger_file(tmp_path), "calls_page") == rows(ledger_file(folder), "calls_page")


def test_filling_twice_replaces_the_demo(tmp_path: Path):
    first = fill_demo(tmp_path, days=2, ends_at=ENDS_AT)
    assert fill_demo(tmp_path, days=2, ends_at=ENDS_AT) == first
    assert row(ledger_file(tmp_path), "freshness")["demo_calls"] == first


def test_real_calls_are_never_mixed_with_made_up_ones_unasked(tmp_path: Path):
    path = ledger_file(tmp_path)
    tell(path, ("2026-02-03 09:00", "main", [(SONNET, Result.OK)]))
    with pytest.raises(LedgerInUseError, match="FAREGATE_DATA"):
        fill_demo(tmp_path, days=2, ends_at=ENDS_AT)
    assert row(path, "freshness")["calls"] == 1


def test_removing_the_demo_leaves_the_rest_as_it_was(tmp_path: Path):
    path = ledger_file(tmp_path)
    tell(path, ("2026-02-03 09:00", "main", [(SONNET, Result.OK)]))
    set_plan(path, 100)
    made = fill_demo(tmp_path, days=2, ends_at=ENDS_AT, beside_real=True)
    assert remove_demo(tmp_path) == made
    assert row(path, "freshness")["calls"] == 1
    assert rows(path, "limit_hits")[0]["hits"] == 0
    settings = {setting["name"]: setting["value"] for setting in rows(path, "settings_set")}
    assert settings["plan_usd"] == "100"
    assert "demo" not in settings
