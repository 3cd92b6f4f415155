"""Every question runs by hand as it stands: in duckdb 2.0, and in the 1.5 shell."""

import re
import subprocess
from pathlib import Path

import pytest

from collector import ledger
from router.call import Result
from tests.story import LOCAL, MAX, SONNET, tell

ROOT = Path(__file__).resolve().parent.parent.parent
SHELL = ROOT / ".venv" / "bin" / "duckdb"
KPIS = sorted((ROOT / "sql" / "kpi").glob("*.sql"))
CHECKS = sorted((ROOT / "sql" / "checks").glob("*.sql"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("told") / "ledger.duckdb"
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, Result.OK)], {"windows": {"5h": 0.2, "7d": 0.1}}),
        ("2026-02-03 09:01", "title", [(LOCAL, Result.OK)]),
        ("2026-02-04 09:00", "main", [(MAX, Result.LIMIT_HIT), (SONNET, Result.OK)]),
        ("2026-02-04 09:05", "main", [(SONNET, Result.CANCELLED)]),
    )
    return path


@pytest.mark.parametrize("file", KPIS, ids=lambda file: file.stem)
def test_a_question_runs_without_anything_set(told: Path, file: Path):
    with ledger.reading(told) as db:
        ledger.ask(db, file.stem)


@pytest.mark.parametrize("file", [*KPIS, *CHECKS], ids=lambda file: file.stem)
def test_a_question_runs_in_the_older_shell(told: Path, file: Path):
    if not SHELL.exists():
        pytest.skip("no duckdb shell in .venv: the development dependencies are not installed")
    asked = subprocess.run(
        [SHELL, "-readonly", "-csv", told, "-cmd", "set variable call = 'x'"],
        input=file.read_text(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.returncode == 0, asked.stderr
    assert "Error" not in asked.stderr


@pytest.mark.parametrize("file", CHECKS, ids=lambda file: file.stem)
def test_a_sound_ledger_passes_every_check(told: Path, file: Path):
    with ledger.reading(told) as db:
        assert db.sql(file.read_text()).pl().to_dicts() == []


def test_what_can_be_set_or_called_in_a_question_is_named_to_people():
    views, told = ROOT / "sql" / "views", (ROOT / "sql" / "README.md").read_text()
    macros = re.findall(r"macro (\w+)\(\)", (views / "period.sql").read_text())
    marks = re.findall(r"getvariable\('(\w+)'\)", (views / "marks.sql").read_text())
    assert [name for name in macros if f"`{name}()`" not in told] == []
    assert [name for name in marks if f"`{name}`" not in told] == []
