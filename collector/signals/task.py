"""A task: what a person asked for, or a subagent's work; what happened in it, and how it went."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from collector.signals.lines import Kind, Prompt, Use, has_passed, is_refusal
from router.cues import asks_again


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """What decided an outcome; the first three are hard, the others only hint."""

    TESTS = "tests"
    COMMIT_KEPT = "commit kept"
    REVERTED = "reverted"
    INTERRUPTED = "interrupted"
    REFUSED = "tool refused"
    ASKED_AGAIN = "asked again"
    SAME_WORDS = "same words again"
    WENT_ON = "went on"


HARD = frozenset({Why.TESTS, Why.COMMIT_KEPT, Why.REVERTED})


class Verdict(NamedTuple):
    outcome: Outcome
    why: Why | None = None

    @property
    def is_hard(self) -> bool | None:
        return None if self.why is None else self.why in HARD


UNKNOWN = Verdict(Outcome.UNKNOWN)


@dataclass(slots=True)
class Task:
    """What happened so far. `passed` is the last test or build since the last edit, `passed_before`
    the last one before the first edit; both None where none ran or its end is not known.
    """

    prompt: Prompt
    tools: Counter[bytes] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    passed: bool | None = None
    passed_before: bool | None = None
    is_reverted: bool = False
    last_line: bytes = b""

    def use(self, tool: Use) -> None:
        self.tools[tool.name] += 1

    def tools_used(self) -> dict[str, int]:
        """How often each tool was used, by its name."""
        return {name.decode(errors="replace")[:100]: n for name, n in self.tools.items()}

    def result(self, tool: Use, line: bytes, *, failed: bool) -> None:
        """What a tool answered; `failed` as the transcript marks it."""
        if failed and is_refusal(line):
            self.counts["refused"] += 1
            return
        if tool.kind is Kind.TEST:
            self._tested(has_passed(line, tool))
        elif failed and tool.kind is not Kind.QUIET:
            self.counts["tool_errors"] += 1
        if tool.kind is Kind.EDIT:
            self._edited(failed=failed)
        elif tool.kind is Kind.COMMIT and not failed:
            self.counts["commits"] += 1

    def _tested(self, passed: bool | None) -> None:
        self.counts["tests"] += 1
        self.counts["tests_failed"] += passed is False
        if self.counts["edits"]:
            self.passed = passed
        else:
            self.passed_before = passed

    def _edited(self, *, failed: bool) -> None:
        if failed:
            self.counts["edit_failures"] += 1
            return
        self.counts["edits"] += 1
        self.passed = None

    def verdict(self, after: Prompt | None) -> Verdict:
        """How it went, given what the person said next; the harder evidence decides."""
        return self._hard() or self._interrupted() or _said(self.prompt, after) or UNKNOWN

    def _hard(self) -> Verdict | None:
        if self.is_reverted:
            return Verdict(Outcome.FAIL, Why.REVERTED)
        if self.passed:
            return Verdict(Outcome.PASS, Why.TESTS)
        if self.passed is False and self.passed_before is not False:
            return Verdict(Outcome.FAIL, Why.TESTS)
        return Verdict(Outcome.PASS, Why.COMMIT_KEPT) if self.counts["commits"] else None

    def _interrupted(self) -> Verdict | None:
        if self.counts["interrupted"]:
            return Verdict(Outcome.FAIL, Why.INTERRUPTED)
        return Verdict(Outcome.FAIL, Why.REFUSED) if self.counts["refused"] else None


def _said(before: Prompt, after: Prompt | None) -> Verdict | None:
    if after is None:
        return None
    if after.text == before.text:
        return Verdict(Outcome.FAIL, Why.SAME_WORDS)
    if asks_again(after.text):
        return Verdict(Outcome.FAIL, Why.ASKED_AGAIN)
    return Verdict(Outcome.PASS, Why.WENT_ON)
