"""The report that writes itself: when it is due, once each, and made up for when missed."""

import json
import logging
from datetime import date, datetime
from pathlib import Path

import pytest

from collector import ledger
from collector.files import ledger_file
from dashboard import settings
from dashboard.report import schedule
from dashboard.report.gather import following, last_whole_month, previous
from dashboard.report.schedule import Written, last_due, months, write_due
from dashboard.settings import Reports, Settings
from router.call import Result
from tests.dashboard.test_routing_pages import ago
from tests.story import OPUS, tell

OK = Result.OK
ONLY_MD = Settings(zone="UTC", reports=Reports(formats=("md",), language="ja"))


@pytest.fixture
def last() -> date:
    """The month whose report is due now."""
    return last_due(now(), "UTC")


def now() -> datetime:
    return datetime.fromisoformat(ago())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ledger.migrate(ledger_file(tmp_path))
    settings.write(tmp_path, ONLY_MD)
    return tmp_path


def work_in(folder: Path, *worked: date) -> None:
    tell(ledger_file(folder), *((f"{month} 09:00", "main", [(OPUS, OK)]) for month in worked))


def found(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "reports").glob("*.md"))


def name(month: date) -> str:
    return f"faregate-{month:%Y-%m}.md"


def test_last_months_report_is_written_once_in_the_language_that_was_set(folder: Path, last: date):
    work_in(folder, last)
    write_due(folder)
    assert found(folder) == [name(last)]
    file = folder / "reports" / name(last)
    assert "コストレポート" in file.read_text()
    file.write_text("mine now")
    write_due(folder)
    assert file.read_text() == "mine now"
    file.unlink()
    write_due(folder)
    assert found(folder) == []


def test_months_that_were_missed_are_made_up_for_where_there_was_work(folder: Path, last: date):
    first = previous(previous(previous(last)))
    work_in(folder, first, previous(last), last)
    remember(folder, Written(since=first))
    write_due(folder)
    assert found(folder) == sorted(name(month) for month in (first, previous(last), last))


def test_the_first_time_only_the_last_month_is_due(folder: Path, last: date):
    work_in(folder, previous(previous(last)), previous(last), last)
    write_due(folder)
    assert found(folder) == [name(last)]


def test_a_month_whose_work_comes_later_is_written_then(folder: Path, last: date):
    write_due(folder)
    assert found(folder) == []
    work_in(folder, last)
    write_due(folder)
    assert found(folder) == [name(last)]


def test_switched_off_nothing_is_written_and_nothing_is_missed(folder: Path, last: date):
    work_in(folder, last)
    settings.write(folder, Settings(zone="UTC", reports=Reports(monthly=False, formats=("md",))))
    write_due(folder)
    settings.write(folder, ONLY_MD)
    write_due(folder)
    assert found(folder) == []


def test_a_broken_memory_is_named_and_does_not_stop_it(
    folder: Path, last: date, caplog: pytest.LogCaptureFixture
):
    work_in(folder, last)
    (folder / "reports").mkdir()
    (folder / "reports" / schedule.FILE).write_text("{")
    with caplog.at_level(logging.WARNING):
        write_due(folder)
    assert "reports/written.json is broken" in caplog.text
    assert found(folder) == [name(last)]


def test_faulty_settings_are_named(folder: Path):
    (folder / settings.FILE).write_text("zone = 'Mars/Olympus'")
    with pytest.raises(ValueError, match=r"settings.toml: zone: .*Mars/Olympus"):
        write_due(folder)


def test_a_month_is_due_from_a_quiet_hour_of_the_first_on_where_the_user_is():
    tokyo_night, tokyo_morning = datetime(2026, 2, 28, 16), datetime(2026, 2, 28, 19, 30)
    assert last_due(tokyo_night, "Asia/Tokyo") == date(2026, 1, 1)
    assert last_due(tokyo_morning, "Asia/Tokyo") == date(2026, 2, 1)
    assert last_due(tokyo_morning, "UTC") == date(2026, 1, 1)
    assert last_due(datetime(2026, 3, 20), "UTC") == date(2026, 2, 1)


def test_months_follow_each_other_over_a_years_end():
    assert list(months(date(2025, 11, 1), date(2026, 2, 1))) == [
        date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1),
    ]  # fmt: skip
    assert following(previous(date(2026, 1, 1))) == date(2026, 1, 1)
    assert last_whole_month(datetime(2026, 1, 31), "UTC") == date(2025, 12, 1)


def remember(folder: Path, done: Written) -> None:
    (folder / "reports").mkdir(exist_ok=True)
    said = {"since": f"{done.since:%Y-%m}", "files": done.files}
    (folder / "reports" / schedule.FILE).write_text(json.dumps(said))
