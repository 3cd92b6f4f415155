"""What a transcript's raw line tells of a task, found without parsing it unless a person speaks.

A large history has a line in every few kilobytes, so each is searched in its beginning only.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from collector.transcripts.lines import PERSON, TYPE_WITHIN, parse
from collector.transcripts.rows import moment
from router.cues import EDITS
from router.wire.request import human_text
from router.wire.untrusted import table, word

HEAD, COMMAND_BYTES, BESIDE_WITHIN = 800, 300, 120
USE, RESULT, PROGRESS = b'[{"type":"tool_use"', b'"tool_result"', b'"type":"progress"'
NAMED = re.compile(rb'\[\{"type":"tool_use","id":"([^"]*)","name":"([^"]*)"')
COMMAND = b'"command":"'
RESULT_ID, FAILED = b'"tool_use_id":"', b'"is_error":true'
BESIDE, STAMP = b'"isSidechain":true', b'"timestamp":"'
EDIT_NAMES = frozenset(name.encode() for name in EDITS)
TESTS = re.compile(
    rb"(?:^|[\s;&|(/])(?:pytest|unittest|jest|vitest|ctest|tsc|mypy)"
    rb"(?=[\s;&|)\\\"]|$)"
    rb"|\b(?:npm|pnpm|yarn|bun|go|cargo|mix|dotnet|swift|make|mvn|gradle|gradlew|rake|deno)\s+"
    rb"(?:run\s+)?(?:-\S+\s+)*(?:tests?|check|build)\b"
    rb"|\bmake\s*$"
)
READS = (b"cat ", b"echo ", b"sed ", b"head ", b"tail ")
REVERTS = (b"git revert", b"git reset --hard", b"git checkout -- ", b"git restore ")
# Commands for which an exit code of 1 is an answer, not an error.
ANSWERS_NO = (b"grep", b"rg ", b"diff", b"test ", b"[ ", b"which", b"ls", b"find", b"cmp", b"pgrep")
REFUSED = (b"doesn't want to proceed", b"[Request interrupted", b"want to take this action")
SAYS_FAILED = re.compile(
    rb"[1-9]\d* (?:failed|errors?\b|failures?\b|failing)|FAILED|\bFAIL\b|BUILD FAILURE|error TS\d"
)
SAYS_PASSED = re.compile(
    rb"\d+ (?:passed|passing)|\bPASS(?:ED)?\b|test result: ok|\bOK\b|no issues"
)
INTERRUPTED = "[Request interrupted"
NOT_SPOKEN = ("<command-", "<local-command", "<bash-", "<task-notification", "Caveat: ")


class Kind(StrEnum):
    """What a tool was used for, as far as it bears on how well the work went."""

    TEST = "test"
    EDIT = "edit"
    COMMIT = "commit"
    REVERT = "revert"
    QUIET = "quiet"
    OTHER = "other"


class Use(NamedTuple):
    """A tool that the model used."""

    use_id: bytes
    name: bytes
    kind: Kind
    is_piped: bool


class Prompt(NamedTuple):
    """Words of a person, or of the agent that started this one. `at` as in `rows.Copy`."""

    uuid: str
    session_id: str | None
    agent_id: str | None
    at: str
    text: str

    @property
    def is_interruption(self) -> bool:
        return self.text.startswith(INTERRUPTED)


def is_of_person(line: bytes) -> bool:
    """Whether the line is a person's or a tool's, not another's shown within a progress line."""
    at = line.find(PERSON, 0, TYPE_WITHIN)
    return at >= 0 and line.find(PROGRESS, 0, at) < 0


def is_beside(line: bytes) -> bool:
    """Whether a line stands beside the conversation: in an agent's own file all do."""
    return line.find(BESIDE, 0, BESIDE_WITHIN) >= 0


def is_result(line: bytes) -> bool:
    return line.find(RESULT, 0, HEAD) >= 0


def use_of(line: bytes) -> Use | None:
    """The tool that an answer's line uses."""
    begin = line.find(USE, 0, HEAD)
    if begin < 0 or line.find(PROGRESS, 0, BESIDE_WITHIN) >= 0:
        return None
    found = NAMED.match(line, begin)
    if not found:
        return None
    use_id, name = found.groups()
    if name != b"Bash":
        return Use(use_id, name, Kind.EDIT if name in EDIT_NAMES else Kind.OTHER, False)
    at = line.find(COMMAND, begin, begin + HEAD) + len(COMMAND)
    command = line[at : at + COMMAND_BYTES].partition(b'","')[0] if at >= len(COMMAND) else b""
    return Use(use_id, name, kind_of(command), b"|" in command)


def kind_of(command: bytes) -> Kind:
    """What a shell command is for."""
    if b"git " in command:
        if any(words in command for words in REVERTS):
            return Kind.REVERT
        if b"git commit" in command:
            return Kind.COMMIT
    if command.startswith(ANSWERS_NO):
        return Kind.QUIET
    may_test = _may_test(command) and not command.startswith(READS)
    return Kind.TEST if may_test and TESTS.search(command) else Kind.OTHER


def _may_test(command: bytes) -> bool:
    """A quick look, which spares most commands the pattern."""
    return (
        b"test" in command or b"build" in command or b"check" in command or b"make" in command
        or b"jest" in command or b"tsc" in command or b"mypy" in command
    )  # fmt: skip


def result_id(line: bytes) -> bytes:
    return _quoted(line, RESULT_ID, 0)


def has_failed(line: bytes) -> bool:
    return FAILED in line


def is_refusal(line: bytes) -> bool:
    """Whether a failed result says that the person did not let the tool run."""
    return REFUSED[0] in line or REFUSED[1] in line or REFUSED[2] in line


def has_passed(line: bytes, use: Use) -> bool | None:
    """How tests or a build went; None where a pipe hides the exit code and no summary is known."""
    if has_failed(line) or SAYS_FAILED.search(line):
        return False
    return True if not use.is_piped or SAYS_PASSED.search(line) else None


def prompt_of(line: bytes) -> Prompt | None:
    """What a person said; None for what Claude Code itself writes in their name."""
    told = parse(line) or {}
    if told.get("isMeta") or told.get("isCompactSummary") or told.get("isVisibleInTranscriptOnly"):
        return None
    text = human_text(table(told.get("message")).get("content")).strip()
    at, uuid = moment(told.get("timestamp")), word(told.get("uuid"))
    if not text or not at or not uuid or text.startswith(NOT_SPOKEN):
        return None
    return Prompt(uuid, word(told.get("sessionId")), word(told.get("agentId")), at, text)


def stamp_of(line: bytes) -> str | None:
    """The time that a line gives, as `rows.moment` writes it."""
    at = line.rfind(STAMP)
    if at < 0:
        return None
    said = line[at + len(STAMP) : at + len(STAMP) + 40].partition(b'"')[0]
    return moment(said.decode(errors="replace"))


def _quoted(line: bytes, opening: bytes, since: int) -> bytes:
    begin = line.find(opening, since) + len(opening)
    return line[begin : line.find(b'"', begin)] if begin >= len(opening) else b""
