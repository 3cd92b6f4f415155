"""A transcript's lines → its tasks, while the same lines are read for their calls."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from collector.signals.lines import (
    HEAD,
    USE,
    Kind,
    Prompt,
    Use,
    has_failed,
    is_beside,
    is_of_person,
    is_result,
    prompt_of,
    result_id,
    stamp_of,
    use_of,
)
from collector.signals.task import Task
from collector.transcripts.files import Transcript
from collector.transcripts.lines import PERSON, TYPE_WITHIN
from collector.transcripts.rows import session_of

SOMETHING = Use(b"", b"", Kind.OTHER, False)


class TaskRow(NamedTuple):
    """A row of `task_signals`."""

    task_id: str
    session_id: str
    agent_id: str | None
    task_no: int
    began_at: str
    ended_at: str
    outcome: str
    is_hard: bool | None
    why: str | None
    signals: str
    file: str


class TaskReader:
    """Watches the lines of one file pass. Tasks are those of the whole file, however little of it
    is new: a task that goes on is then told anew.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._is_agents = Path(file).name.startswith("agent-")
        self._tasks: list[Task] = []
        self._waiting: dict[bytes, Use] = {}
        self._committed: Task | None = None

    def passing(self, transcript: Transcript) -> Iterator[bytes]:
        """The new lines of the transcript, each watched; those before them are watched first.

        Raises:
            OSError: the file cannot be read.
        """
        is_first = True
        for line in transcript.lines():
            if is_first and transcript.loaded_bytes:
                self._watch_beginning(transcript.loaded_bytes)
            is_first = False
            if line.find(PERSON, 0, TYPE_WITHIN) >= 0 or line.find(USE, 0, HEAD) >= 0:
                self.watch(line)
            yield line

    def _watch_beginning(self, until: int) -> None:
        with Path(self._file).open("rb") as opened:
            for line in opened:
                if opened.tell() > until:
                    return
                self.watch(line)

    def watch(self, line: bytes) -> None:
        if not self._is_agents and is_beside(line):
            return
        if is_of_person(line):
            self._heard(line)
        elif self._tasks and (tool := use_of(line)):
            self._waiting[tool.use_id] = tool
            self._tasks[-1].use(tool)

    def _heard(self, line: bytes) -> None:
        if is_result(line):
            if self._tasks:
                self._answered(self._waiting.pop(result_id(line), SOMETHING), line)
        elif prompt := prompt_of(line):
            self._spoken(prompt)

    def _answered(self, tool: Use, line: bytes) -> None:
        task, failed = self._tasks[-1], has_failed(line)
        task.result(tool, line, failed=failed)
        task.last_line = line
        if failed:
            return
        if tool.kind is Kind.COMMIT:
            self._committed = task
        elif tool.kind is Kind.REVERT and self._committed:
            self._committed.is_reverted, self._committed = True, None

    def _spoken(self, prompt: Prompt) -> None:
        if prompt.is_interruption:
            if self._tasks:
                self._tasks[-1].counts["interrupted"] += 1
        elif not (prompt.agent_id and self._tasks):
            self._tasks.append(Task(prompt))

    def rows(self) -> Iterator[TaskRow]:
        followers = [*(task.prompt for task in self._tasks[1:]), None]
        for number, (task, after) in enumerate(zip(self._tasks, followers, strict=False), start=1):
            verdict = task.verdict(after)
            yield TaskRow(
                task.prompt.uuid,
                task.prompt.session_id or session_of(self._file),
                task.prompt.agent_id,
                number,
                task.prompt.at,
                max(stamp_of(task.last_line) or "", task.prompt.at),
                verdict.outcome,
                verdict.is_hard,
                verdict.why,
                orjson.dumps({**task.counts, "tools": task.tools_used()}).decode(),
                self._file,
            )
