"""One parsed line of a transcript → one copy of a call, or an agent's end."""

from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import PurePath
from typing import Any, NamedTuple

import orjson

from collector.transcripts.lines import Line
from router.call import Usage
from router.rates import Counts, counts
from router.wire.messages import iterations_of, usage_of
from router.wire.untrusted import LARGEST_COUNT, table, word

LONGEST_PATH = 4096
SYNTHETIC = "<synthetic>"
NOTHING = counts(Usage())
OUTPUT = 4  # of the counts


class Place(NamedTuple):
    """Where a copy stands."""

    file: str
    session_id: str


class Setting(NamedTuple):
    """Who asked, and from where; the same for most calls of a file."""

    agent_id: str | None
    agent_type: str | None
    is_sidechain: bool
    client: str | None
    entrypoint: str | None
    cwd: str | None
    git_branch: str | None
    project: str | None
    kind: str


class Terms(NamedTuple):
    """What answered and on which terms."""

    answered_model: str | None
    speed: str | None
    geo: str | None
    service_tier: str | None
    stop_reason: str | None


class Copy(NamedTuple):
    """A call as one file tells it. `group` is what all copies of one answer share.

    `asked_at` is ISO 8601 to the millisecond in UTC, so that texts compare as times.
    `partial` says that no copy so far knew why the answer stopped: its output may be a stub.
    """

    call_id: str
    group: str
    message_id: str | None
    request_id: str | None
    asked_at: str
    counts: Counts
    iterations: str | None
    partial: bool
    place: Place
    setting: Setting
    terms: Terms


class AgentResult(NamedTuple):
    """What a parent was told when its agent ended: the counts of the agent's last call."""

    session_id: str
    agent_id: str
    done_at: str
    agent_type: str | None
    counts: Counts | None


def copy_of(line: Line, file: str) -> Copy | None:
    """The call that a line tells of; None if it tells of none, or not when."""
    kind = line.get("type")
    if kind == "assistant" or kind is None:
        return _copy(line, line, file)
    if kind == "progress":
        data = table(line.get("data"))
        is_agent = isinstance(data.get("agentId"), str)
        around = {**line, "agentId": data.get("agentId"), "isSidechain": is_agent}
        return _copy(table(data.get("message")), around, file)
    return None


def _copy(line: Line, around: Line, file: str) -> Copy | None:
    message = table(line.get("message"))
    said = message.get("usage")
    model = message.get("model")
    asked_at = moment(line.get("timestamp") or around.get("timestamp"))
    if not isinstance(said, dict) or model == SYNTHETIC or asked_at is None:
        return None
    message_id, request_id = word(message.get("id")), word(line.get("requestId"))
    unique = message_id or word(line.get("uuid")) or f"{file}@{asked_at}"
    runs = iterations_of(said) if said.get("iterations") else None
    try:
        terms, setting = _terms_of(message, said), _setting_of(line, around)
        place = _place(file, around.get("sessionId"))
    except TypeError:  # a list or an object where a word belongs
        return None
    return Copy(
        f"{unique}/{request_id}" if message_id and request_id else unique,
        unique,
        message_id,
        request_id,
        asked_at,
        _counts_of(said),
        orjson.dumps(runs).decode() if runs else None,
        terms.stop_reason is None,
        place,
        setting,
        terms,
    )


def _counts_of(said: dict[str, Any]) -> Counts:
    """As `usage_of`, at once where the counts are as Claude Code writes them today."""
    try:
        prompt, read, output, written = COUNTS(said)
        five, hour = WRITES(said["cache_creation"])
        held = (prompt, five, hour, read, output, said["server_tool_use"]["web_search_requests"])
        are_whole = set(map(type, held)) == WHOLE and five + hour == written
        if are_whole and min(held) >= 0 and max(held) <= LARGEST_COUNT:
            return held
    except (KeyError, TypeError):
        pass
    usage = usage_of(said)
    return counts(usage) if usage else NOTHING


WHOLE = {int}
COUNTS = itemgetter(
    "input_tokens", "cache_read_input_tokens", "output_tokens", "cache_creation_input_tokens"
)
WRITES = itemgetter("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")


def _terms_of(message: Line, said: Line) -> Terms:
    return _terms(
        message.get("model"),
        said.get("speed"),
        said.get("inference_geo"),
        said.get("service_tier"),
        message.get("stop_reason"),
    )


def _setting_of(line: Line, around: Line) -> Setting:
    return _setting(
        around.get("agentId"),
        line.get("attributionAgent"),
        around.get("isSidechain"),
        around.get("version"),
        around.get("entrypoint"),
        around.get("cwd"),
        around.get("gitBranch"),
    )


@lru_cache(maxsize=4096)
def _place(file: str, session_id: object) -> Place:
    return Place(file, word(session_id) or session_of(file))


@lru_cache(maxsize=4096)
def _terms(*said: object) -> Terms:
    return Terms(*(word(value) for value in said))


@lru_cache(maxsize=4096)
def _setting(agent: object, agent_type: object, is_sidechain: object, *placed: object) -> Setting:
    version, entrypoint, cwd, branch = placed
    agent_id, folder = word(agent), word(cwd, LONGEST_PATH)
    return Setting(
        agent_id=agent_id,
        agent_type=word(agent_type),
        is_sidechain=is_sidechain is True,
        client=f"claude-cli/{word(version)}" if word(version) else None,
        entrypoint=word(entrypoint),
        cwd=folder,
        git_branch=word(branch),
        project=project_of(folder),
        kind=kind_of(agent_id, is_sidechain is True),
    )


def agent_result_of(line: Line, file: str) -> AgentResult | None:
    result = table(line.get("toolUseResult"))
    agent_id, done_at = word(result.get("agentId")), moment(line.get("timestamp"))
    if not agent_id or not done_at:
        return None
    said = result.get("usage")
    usage = usage_of(said) if isinstance(said, dict) else None
    return AgentResult(
        word(line.get("sessionId")) or session_of(file),
        agent_id,
        done_at,
        word(result.get("agentType")),
        counts(usage) if usage else None,
    )


def moment(stamp: object) -> str | None:
    """A line's time as UTC to the millisecond, `2026-11-22T20:37:59.397Z`; None if it has none."""
    if not isinstance(stamp, str):
        return None
    try:
        at = datetime.fromisoformat(stamp)
        if len(stamp) == 24 and stamp[10] == "T" and stamp[23] == "Z":
            return stamp
        at = at.astimezone(UTC) if at.tzinfo else at
        return at.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    except (ValueError, OverflowError):
        return None


def project_of(cwd: str | None) -> str | None:
    """The folder's name; of a git worktree that Claude Code made, the repository's."""
    if not cwd:
        return None
    top = cwd.replace("\\", "/").partition("/.claude/worktrees/")[0]
    return PurePath(top).name or None


def session_of(file: str) -> str:
    """The session whose file this is, for lines that do not say."""
    path = PurePath(file)
    if "subagents" in path.parts:
        return path.parts[path.parts.index("subagents") - 1]
    return path.stem


def kind_of(agent_id: str | None, is_sidechain: bool) -> str:
    """Compaction runs as an agent of its own since 2.1; titles are never in a transcript."""
    if agent_id and agent_id.startswith("acompact"):
        return "compact"
    return "subagent" if agent_id or is_sidechain else "main"


def text_of(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(str(table(block).get("text") or "") for block in blocks)
