"""Reviews: who may be reviewed, what a bad file does, and that nothing is said twice."""

from datetime import datetime
from pathlib import Path

import pytest

from collector import ledger, reviews
from collector.reviews import FaultyReviewsError, Outcome, Review, Source
from router.call import Result
from tests.story import MAX, tell

NOW = datetime(2026, 2, 4, 12)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of two sessions of one project."""
    ledger_path = tmp_path / "ledger.duckdb"
    tell(
        ledger_path,
        ("2026-02-03 09:00", "main", [(MAX, Result.OK)], {"session": "s1"}),
        ("2026-02-03 10:00", "main", [(MAX, Result.OK)], {"session": "s2"}),
    )
    return ledger_path


def said(session_id: str, outcome: Outcome = Outcome.PASS, note: str | None = None) -> Review:
    return Review(
        outcome=outcome, reviewed_at=NOW, source=Source.CLI, session_id=session_id, note=note
    )


def kept(path: Path) -> list[tuple[str, ...]]:
    with ledger.reading(path) as db:
        return db.execute(
            "select coalesce(session_id, call_id), outcome, note from reviews order by all"
        ).fetchall()


def file_of(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "reviews.csv"
    file.write_text(text)
    return file


def faults_of(path: Path, file: Path) -> tuple[str, ...]:
    with pytest.raises(FaultyReviewsError) as caught:
        reviews.add_file(path, file, NOW, "mika")
    assert kept(path) == []
    return caught.value.faults


def test_a_review_is_kept_once_until_it_changes(path: Path):
    assert reviews.add(path, said("s1"))
    assert not reviews.add(path, said("s1"))
    assert reviews.add(path, said("s1", Outcome.FAIL, "it broke the login"))
    assert kept(path) == [("s1", "fail", "it broke the login"), ("s1", "pass", None)]


def test_a_session_that_the_ledger_does_not_know_cannot_be_reviewed(path: Path):
    with pytest.raises(ValueError, match="'s9' is not in the ledger"):
        reviews.add(path, said("s9"))
    assert kept(path) == []


def test_the_newest_session_of_a_folder_is_found_by_its_project(path: Path):
    with ledger.reading(path) as db:
        assert reviews.newest_session(db, Path("/home/dev/shop")) == "s2"
        with pytest.raises(ValueError, match="no session of project 'blog'"):
            reviews.newest_session(db, Path("/home/dev/blog"))


def test_a_file_is_taken_whole_and_taking_it_again_adds_nothing(path: Path, tmp_path: Path):
    file = file_of(
        tmp_path,
        "\ufeffoutcome,session_id,note,reviewed_at\n"
        'pass,s1,"fine, really",2026-02-04T09:00:00+09:00\nFAIL,s2,,\n',
    )
    assert reviews.add_file(path, file, NOW, "mika") == 2
    assert reviews.add_file(path, file, NOW, "mika") == 0
    assert kept(path) == [("s1", "pass", "fine, really"), ("s2", "fail", None)]
    with ledger.reading(path) as db:
        asked = "select reviewed_at, reviewer from reviews where session_id = 's1'"
        assert db.execute(asked).fetchall() == [(datetime(2026, 2, 4), "mika")]


def test_every_bad_line_is_named_and_none_is_taken(path: Path, tmp_path: Path):
    file = file_of(
        tmp_path,
        "session_id,call_id,outcome,reviewed_at\n"
        "s1,,pass,\n"
        "s9,,pass,\n"
        "s1,,maybe,\n"
        ",,fail,\n"
        "s1,,fail,yesterday\n"
        "s1,,fail,,,\n",
    )
    assert faults_of(path, file) == (
        "line 3: 's9' is not in the ledger",
        "line 4: outcome 'maybe' is neither pass nor fail",
        "line 5: give one of session_id and call_id",
        "line 6: reviewed_at 'yesterday' is no time; write 2026-11-22T20:30:00Z",
        "line 7: more values than columns",
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "a column is missing"),
        ("outcome,session_id\n", "it holds no review"),
        ("session,outcome\ns1,pass\n", "unknown column 'session'"),
        ("outcome\npass\n", "a column is missing"),
    ],
)
def test_a_file_without_reviews_is_refused(path: Path, tmp_path: Path, text: str, fault: str):
    [only] = faults_of(path, file_of(tmp_path, text))
    assert fault in only


def test_a_file_that_is_no_text_is_refused(path: Path, tmp_path: Path):
    file = tmp_path / "reviews.csv"
    file.write_bytes(b"outcome,session_id\n\xff\xfe,s1\n")
    [only] = faults_of(path, file)
    assert "no CSV file in UTF-8" in only
