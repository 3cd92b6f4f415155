"""Past calls as decisions need them: classes of alike calls, scores, passing failures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from router.policy_model import target_of
from router.replay_arrays import Codes, Counts, Flags, Floats, Ints, flags, numbers
from router.replay_input import NO_SESSION, UNSCORED, Threads, reads_stick
from router.replay_options import Options
from router.replay_packed import CODED

LOW, HIGH = "moderate_at", "complex_at"
PER_CALL = (
    "group", "failed", "instead", "score", "tool_turn", "failures", "reask", "messages", "reads",
)  # fmt: skip
type Facts = dict[str, Any]
PASSING = ("overloaded", "rate_limited", "unreachable", "failed", "truncated")


@dataclass(frozen=True)
class Past:
    """The calls as a choice needs them; made once for a history and the providers of a policy.

    Where the log's first attempt failed for no limit, `failed` is its target and `instead` the one
    that answered: it would fail again, whoever sent it there. Else both are -1. Of copies of calls
    under other thresholds, `source` are their rows in `frame`, and `rule`, `marks` (the thresholds,
    lower first) and `escalates` are told.
    """

    frame: pl.DataFrame
    threads: Threads
    group: Ints
    failed: Codes
    instead: Codes
    score: Floats
    tool_turn: Flags
    failures: Counts
    reask: Flags
    messages: Counts
    reads: Flags
    rule: Ints | None = None
    marks: tuple[Floats, Floats] | None = None
    escalates: Flags | None = None
    source: Ints | None = None

    def rows(self, places: Ints) -> pl.DataFrame:
        """These calls as rows that rules can be asked about."""
        if self.source is None:
            return self.frame[places]
        frame = self.frame[self.source[places]]
        if not self.marks:
            return frame
        low, high = (mark[places] for mark in self.marks)
        return frame.with_columns(pl.Series(LOW, low), pl.Series(HIGH, high))

    def answering(self, target: Ints, places: Ints | None = None) -> Ints:
        """Who answers these calls (None: all) if they are sent to these targets."""
        at = slice(None) if places is None else places
        return np.where(self.failed[at] == target, self.instead[at], target)


def past_of(
    frame: pl.DataFrame, threads: Threads, facts: Facts, options: Options, group: Ints
) -> Past:
    failed, instead = _fallen(frame, options)
    return Past(
        frame=frame, threads=threads, group=group, failed=failed, instead=instead, **facts
    )  # fmt: skip


def facts_of(frame: pl.DataFrame, threads: Threads) -> Facts:
    """What is the same of every policy, by its name in `Past`."""
    return {
        "score": numbers(frame, "complexity", UNSCORED),
        "tool_turn": flags(frame, "is_tool_turn"),
        "failures": numbers(frame, "failures").astype(np.int32),
        "reask": flags(frame, "is_reask"),
        "messages": numbers(frame, "messages").astype(np.int32),
        "reads": reads_stick(frame["kind"]) & (threads.thread != NO_SESSION),
    }


def _fallen(frame: pl.DataFrame, options: Options) -> tuple[Codes, Codes]:
    """Only a target that may be met again matters: those of calls that fell back."""
    fell = (
        frame.select(
            pl.col("first_result").is_in(PASSING)
            & pl.col("tried").is_not_null()
            & pl.col("target").is_not_null()
            & (pl.col("tried").cast(CODED) != pl.col("target").cast(CODED))
        )
        .to_series()
        .fill_null(value=False)
    )
    failed, instead = np.full(len(frame), -1, np.int16), np.full(len(frame), -1, np.int16)
    places = np.flatnonzero(fell.to_numpy())
    for at, tried, target in zip(
        places.tolist(), frame["tried"].filter(fell), frame["target"].filter(fell), strict=True
    ):
        failed[at] = options.number(target_of(tried))
        instead[at] = options.number(target_of(target))
    return failed, instead
