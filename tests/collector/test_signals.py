"""What transcripts tell of how well a task went, told line by line."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from collector import ledger
from collector.signals.lines import Kind, kind_of
from collector.transcripts.importing import import_transcripts
from tests.collector.transcripts_story import Line, answer, around, price

_ids = itertools.count()
PASSED, FAILED = "3 passed in 0.1s", "Exit code 1\n1 failed, 2 passed"


def says(text: str, at: str = "09:00:00", **told: Any) -> Line:
    """A person's words."""
    message = {"role": "user", "content": text}
    line = {"parentUuid": None, "isSidechain": False, "type": "user", "message": message}
    return {**line, "uuid": f"said-{next(_ids)}", **around(at), **told}


def uses(name: str, said: str, *, failed: bool = False, **asked: Any) -> list[Line]:
    """A tool's use and what came of it."""
    number = next(_ids)
    use = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": asked}
    result = {"tool_use_id": f"toolu_{number}", "type": "tool_result", "content": said}
    message = {"role": "user", "content": [{**result, "is_error": failed}]}
    head = {"parentUuid": None, "isSidechain": False, "type": "user", "message": message}
    asking = answer("09:00:01", id=f"msg_{number}", requestId=f"req_{number}", content=[use])
    return [asking, {**head, "uuid": f"told-{number}", **around("09:00:02")}]


def bash(command: str, said: str = "", *, failed: bool = False) -> list[Line]:
    return uses("Bash", said, failed=failed, command=command)


def edit(*, failed: bool = False) -> list[Line]:
    return uses("Edit", "done", failed=failed, file_path="a.py")


def imported(path: Path, lines: Iterable[Line], name: str = "s1.jsonl") -> list[tuple[Any, ...]]:
    """Outcome, hardness and reason of each task, after the lines were read into the ledger."""
    file = path.parent / "projects" / "shop" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    import_transcripts(path, [path.parent], price, lambda: 0.0)
    return kept(path)


def kept(path: Path) -> list[tuple[Any, ...]]:
    with ledger.reading(path) as db:
        return db.execute(
            "select outcome, is_hard, why from task_signals order by file, task_no"
        ).fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.duckdb"


HARD_PASS, HARD_FAIL = ("pass", True, "tests"), ("fail", True, "tests")
WENT_ON, OPEN = ("pass", False, "went on"), ("unknown", None, None)


@pytest.mark.parametrize(
    ("work", "verdict"),
    [
        ([*edit(), *bash("pytest -q", PASSED)], HARD_PASS),
        ([*edit(), *bash("npm test", FAILED, failed=True)], HARD_FAIL),
        ([*edit(), *bash("pytest -q | tail -3", "1 failed, 2 passed")], HARD_FAIL),
        ([*edit(), *bash("pytest -q | tail -3", "…")], OPEN),
        ([*edit(), *bash("pytest", FAILED, failed=True), *edit()], OPEN),
        ([*bash("pytest", PASSED)], OPEN),
        (
            [
                *bash("pytest", FAILED, failed=True),
                *edit(),
                *bash("pytest", FAILED, failed=True),
            ],
            OPEN,
        ),
        ([*edit(), *bash("git commit -am x", "1 file changed")], ("pass", True, "commit kept")),
        (
            [*edit(), *bash("git commit -am x"), *bash("git reset --hard HEAD~1")],
            ("fail", True, "reverted"),
        ),
        ([*edit(), says("[Request interrupted by user]")], ("fail", False, "interrupted")),
        (
            uses("Edit", "The user doesn't want to proceed with this tool use.", failed=True),
            ("fail", False, "tool refused"),
        ),
    ],
)
def test_what_happened_decides(path: Path, work: list[Line], verdict: tuple[Any, ...]):
    assert imported(path, [says("mend the login"), *work]) == [verdict]


@pytest.mark.parametrize(
    ("next_words", "verdict"),
    [
        ("now the logout", WENT_ON),
        ("That is wrong, it still fails", ("fail", False, "asked again")),
        ("まだ動かないです", ("fail", False, "asked again")),
        ("直っていない。やり直して", ("fail", False, "asked again")),
        ("mend the login", ("fail", False, "same words again")),
        ("<command-name>/clear</command-name>", OPEN),
    ],
)
def test_what_the_person_said_next_hints(path: Path, next_words: str, verdict: tuple[Any, ...]):
    found = imported(path, [says("mend the login"), *edit(), says(next_words, "09:05:00")])
    assert found[0] == verdict


def test_tests_outrank_words(path: Path):
    lines = [says("mend it"), *edit(), *bash("pytest", PASSED), says("still broken", "09:05:00")]
    assert imported(path, lines)[0] == HARD_PASS


def test_a_commit_reverted_in_a_later_task_speaks_against_the_task_that_made_it(path: Path):
    lines = [
        says("mend it"), *edit(), *bash("git commit -am x"),
        says("take it back", "09:05:00"), *bash("git revert HEAD"),
    ]  # fmt: skip
    assert imported(path, lines)[0] == ("fail", True, "reverted")


def test_counts_are_kept_and_no_words(path: Path):
    lines = [
        says("the secret plan"), *edit(failed=True), *edit(), *bash("grep x", failed=True),
        *bash("ruby x.rb", "boom", failed=True), *bash("pytest", PASSED),
    ]  # fmt: skip
    imported(path, lines)
    with ledger.reading(path) as db:
        [(signals,)] = db.execute("select signals from task_signals").fetchall()
        assert "secret" not in str(db.execute("from task_signals").fetchall())
    told = orjson.loads(signals)
    assert told.pop("tools") == {"Edit": 2, "Bash": 3}
    assert {name: n for name, n in told.items() if n} == {
        "edits": 1, "edit_failures": 1, "tool_errors": 2, "tests": 1,
    }  # fmt: skip


def test_a_task_that_goes_on_is_told_anew_and_only_once(path: Path):
    lines = [says("mend the login"), *edit()]
    assert imported(path, lines) == [OPEN]
    lines += bash("pytest", PASSED)
    assert imported(path, lines) == [HARD_PASS]
    lines += [says("and the logout", "09:05:00")]
    assert imported(path, lines) == [HARD_PASS, OPEN]
    assert imported(path, lines) == [HARD_PASS, OPEN]


def test_a_ledger_from_before_tasks_were_kept_is_read_anew(path: Path):
    lines = [says("mend the login"), *edit(), *bash("pytest", PASSED)]
    imported(path, lines)
    with ledger.writing(path) as db:
        db.execute("delete from task_signals")
        db.execute("delete from settings where name = 'tasks_kept'")
    assert imported(path, lines) == [HARD_PASS]


def test_an_agent_is_one_task_whatever_it_is_told(path: Path):
    mark = {"isSidechain": True, "agentId": "a1"}
    lines = [
        {**mark, **line, **mark}
        for line in [says("look around"), *edit(), says("go on"), *bash("pytest", PASSED)]
    ]
    assert imported(path, lines, "s1/subagents/agent-a1.jsonl") == [HARD_PASS]
    with ledger.reading(path) as db:
        assert db.execute("select session_id, agent_id from task_signals").fetchall() == [
            ("s1", "a1")
        ]


def test_what_is_shown_beside_the_conversation_is_no_task(path: Path):
    beside = {**says("by the way", "09:01:00"), "isSidechain": True}
    assert imported(path, [says("mend the login"), *edit(), beside]) == [OPEN]


def test_lines_that_make_no_sense_are_passed_over(path: Path):
    odd = [
        {"type": "user", "message": {"role": "user", "content": [{"type": "tool_result"}]}},
        {"type": "user", "message": None},
        {"type": "user", "message": {"role": "user", "content": "no time"}},
    ]
    assert imported(path, [*odd, says("mend the login"), *odd, *edit()]) == [OPEN]


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("cd app && npm run build", Kind.TEST),
        (".venv/bin/pytest tests", Kind.TEST),
        ("python -m unittest", Kind.TEST),
        ("go test ./...", Kind.TEST),
        ("make", Kind.TEST),
        ("cargo check", Kind.TEST),
        ("git add tests && git commit -m 'add a test'", Kind.COMMIT),
        ("git checkout -- src", Kind.REVERT),
        ("cat tests/test_a.py", Kind.OTHER),
        ("ls tests", Kind.QUIET),
        ("grep -r pytest .", Kind.QUIET),
        ("git checkout main", Kind.OTHER),
        ("touch makefile test_a.py", Kind.OTHER),
    ],
)
def test_a_command_is_known_by_its_words(command: str, kind: Kind):
    assert kind_of(command.encode()) is kind
