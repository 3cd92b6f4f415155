"""What a few files tell, gathered before it is written to the ledger."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collector.signals.reading import TaskReader, TaskRow
from collector.transcripts.files import Progress, Transcript
from collector.transcripts.limits import Notice, notice_of
from collector.transcripts.lines import Line, head, wanted
from collector.transcripts.merge import Merged
from collector.transcripts.rows import (
    LONGEST_PATH,
    NOTHING,
    OUTPUT,
    AgentResult,
    agent_result_of,
    copy_of,
    moment,
    project_of,
    session_of,
)
from router.rates import Counts
from router.wire.untrusted import table, word

TITLES = ("summary", "aiTitle", "customTitle")
LONGEST_TITLE = 500
Agent = tuple[str, str]


class Session(NamedTuple):
    """What the beginning of a file tells of its session."""

    session_id: str
    project: str | None
    cwd: str | None
    git_branch: str | None
    born_at: str | None
    is_fork: bool


class Title(NamedTuple):
    """A title; the later in its file the higher it ranks, and the person's own above all."""

    session_id: str
    title: str
    title_rank: str


class AgentFacts(NamedTuple):
    session_id: str
    agent_id: str
    agent_type: str | None
    parent_agent_id: str | None


@dataclass(slots=True)
class Batch:
    merged: Merged = field(default_factory=Merged)
    notices: set[Notice] = field(default_factory=set)
    sessions: list[Session] = field(default_factory=list)
    titles: list[Title] = field(default_factory=list)
    agents: list[AgentFacts] = field(default_factory=list)
    results: dict[tuple[str, str, str], AgentResult] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=dict)
    tasks: list[TaskRow] = field(default_factory=list)
    _agent_folders: set[Path] = field(default_factory=set)

    def read(self, transcript: Transcript) -> None:
        """Gather what is new in a file.

        Raises:
            OSError: it cannot be read.
        """
        tasks = TaskReader(transcript.file)
        for line in wanted(tasks.passing(transcript)):
            self._gather(line, transcript)
        self.tasks.extend(tasks.rows())
        if transcript.loaded_bytes and not transcript.complaint:
            self._gather_head(transcript.file)
        self.progress[transcript.file] = transcript.progress

    def _gather(self, line: Line, transcript: Transcript) -> None:
        file = transcript.file
        copy = copy_of(line, file)
        if copy is not None:
            self.merged.add(copy)
            return
        notice = notice_of(line, file)
        if notice:
            self.notices.add(notice)
        elif line.get("toolUseResult"):
            self._gather_result(agent_result_of(line, file))
        else:
            self._gather_title(line, transcript)

    def _gather_result(self, result: AgentResult | None) -> None:
        if result is None:
            return
        if result.agent_type:
            self.agents.append(
                AgentFacts(result.session_id, result.agent_id, result.agent_type, None)
            )
        if result.counts:
            known = self.results.get(result[:3], result)
            self.results[result[:3]] = max(known, result, key=size_of)

    def _gather_title(self, line: Line, transcript: Transcript) -> None:
        for weight, name in enumerate(TITLES):
            title = line.get(name)
            if isinstance(title, str) and title.strip():
                rank = f"{weight}{transcript.loaded_bytes:015d}{transcript.file}"
                session_id = word(line.get("sessionId")) or session_of(transcript.file)
                self.titles.append(Title(session_id, title.strip()[:LONGEST_TITLE], rank))

    def _gather_head(self, file: str) -> None:
        """The first time, place and agent that a file names."""
        first: Line = {}
        with Path(file).open("rb") as opened:
            for line in head(opened):
                named = {name: value for name, value in line.items() if value is not None}
                first = named | first
                if "cwd" in first and "timestamp" in first:
                    break
        session_id = word(first.get("sessionId")) or session_of(file)
        cwd = word(first.get("cwd"), LONGEST_PATH)
        branch, born_at = word(first.get("gitBranch")), moment(first.get("timestamp"))
        is_fork = bool(first.get("forkedFrom"))
        self.sessions.append(Session(session_id, project_of(cwd), cwd, branch, born_at, is_fork))
        if first.get("agentId"):
            self._agent_folders.add(Path(file).parent)

    def agents_told(self) -> list[AgentFacts]:
        """All that is known of agents, from their parents and from the files beside their own."""
        beside = [facts for folder in sorted(self._agent_folders) for facts in _agents_in(folder)]
        return self.agents + beside


def size_of(result: AgentResult) -> tuple[int, Counts]:
    """What of two results of one end counts: the larger output, then one order for all."""
    counts = result.counts or NOTHING
    return counts[OUTPUT], counts


def _agents_in(folder: Path) -> list[AgentFacts]:
    """Agents that have a `.meta.json`; who started a nested one is looked for beside it."""
    found = {meta: _meta(meta) for meta in folder.glob("*.meta.json")}
    return [
        AgentFacts(
            session_id=known[0],
            agent_id=known[1],
            agent_type=word(meta.get("agentType")),
            parent_agent_id=_parent(meta, own, list(found)),
        )
        for own, meta in found.items()
        if (known := _agent_of(own))
    ]


def _meta(path: Path) -> dict[str, Any]:
    try:
        return table(orjson.loads(path.read_bytes()))
    except (OSError, orjson.JSONDecodeError):
        return {}


def _agent_of(meta: Path) -> Agent | None:
    """The session and agent of the file that a `.meta.json` stands beside."""
    file = _transcript_of(meta)
    try:
        with Path(file).open("rb") as opened:
            line = next(iter(head(opened)), {})
    except OSError:
        return None
    agent_id = word(line.get("agentId"))
    session_id = word(line.get("sessionId")) or session_of(file)
    return (session_id, agent_id) if agent_id else None


def _parent(meta: dict[str, Any], own: Path, metas: list[Path]) -> str | None:
    tool_use = word(meta.get("toolUseId"))
    depth = meta.get("spawnDepth")
    if not tool_use or not isinstance(depth, int) or depth < 2:
        return None
    for other in metas:
        if other != own and _mentions(_transcript_of(other), tool_use.encode()):
            parent = _agent_of(other)
            return parent[1] if parent else None
    return None


def _transcript_of(meta: Path) -> str:
    return str(meta).removesuffix(".meta.json") + ".jsonl"


def _mentions(file: str, text: bytes) -> bool:
    try:
        with Path(file).open("rb") as opened:
            return any(text in line for line in opened)
    except OSError:
        return False
