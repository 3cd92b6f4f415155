"""`faregate review`, run as a user runs it."""

from pathlib import Path

import pytest

from collector import ledger
from collector.files import ledger_file
from router.call import Result
from tests.dashboard.test_cli import assert_refused, run
from tests.story import MAX, tell


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of a project that is named like the folder around it."""
    folder = tmp_path / "data"
    folder.mkdir()
    project = {"project": tmp_path.name, "session": "s2"}
    tell(
        ledger_file(folder),
        ("2026-02-03 09:00", "main", [(MAX, Result.OK)], {"session": "s1"}),
        ("2026-02-03 10:00", "main", [(MAX, Result.OK)], project),
    )
    return folder


def kept(folder: Path) -> list[tuple[str, ...]]:
    with ledger.reading(ledger_file(folder)) as db:
        return db.execute("select session_id, outcome, note, source from reviews").fetchall()


def test_without_a_name_the_newest_session_of_the_folder_is_reviewed(folder: Path):
    ran = run(folder, "review", "fail", "--note", "tests were deleted")
    assert (ran.returncode, ran.stdout) == (0, "fail: session s2\n"), ran.stderr
    assert kept(folder) == [("s2", "fail", "tests were deleted", "cli")]


def test_a_file_with_bad_lines_changes_nothing_and_names_each(folder: Path):
    file = folder.parent / "reviews.csv"
    file.write_text("session_id,outcome\ns1,good\ns2,pass\nnone,pass\n")
    ran = run(folder, "review", "--csv", str(file))
    assert ran.returncode == 2
    assert "line 2: outcome 'good'" in ran.stderr
    assert "line 4: 'none' is not in the ledger" in ran.stderr
    assert kept(folder) == []
    file.write_text("session_id,outcome\ns1,pass\ns2,pass\n")
    assert run(folder, "review", "--csv", str(file)).stdout.startswith("2 new reviews")


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (["maybe"], "maybe"),
        ([], "pass or fail"),
        (["pass", "--session", "s9"], "s9"),
        (["--csv", "nowhere.csv"], "nowhere.csv"),
        (["pass", "--csv", "nowhere.csv"], "--csv"),
    ],
)
def test_bad_use_is_one_line(folder: Path, words: list[str], culprit: str):
    assert_refused(run(folder, "review", *words), culprit)
