"""Past calls as replay reads them: in order within each session, with what no policy can change.

A session (and each of its agents) is a thread. A thread's prompt grows from call to call, its
cache goes cold when it idles, and a task is what follows one thing that a person said.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from router.call import Kind
from router.decide import CURRENT_FIRST
from router.replay_arrays import (
    Codes,
    Counts,
    Flags,
    Floats,
    Ints,
    coded,
    flags,
    latest,
    numbers,
    says,
    taken,
)
from router.replay_frame import PROMPT_COLUMNS
from router.stickiness import LONG_TTL_S, SHORT_TTL_S, STICKY_KINDS

CONVERSATION = [str(kind) for kind in STICKY_KINDS]
UNSCORED = 0.5  # a call whose words nobody saw counts as moderate
NO_SESSION = -1
STRATUM_MARKS = (0.35, 0.65)  # simple, moderate, complex: fixed, so that policies can be compared


@dataclass(frozen=True)
class Threads:
    """Columns of the calls as arrays, in order of thread and time; all are of one length.

    `thread` is -1 for a call without a session, `by_time` the places in order of time. `at_s` and
    `end_s` are seconds since 1970.
    `is_free` says that the thread's model may change at no cost once it has one, `mover` that the
    call's answer moves the thread, `summary` that it compacted it; `asked` is the model the client
    named, by number. `prefix` are the tokens that a cache of the call before could hold, `shared`
    those of system prompt and tools that another session may have left warm.
    """

    thread: Ints
    by_time: Counts
    at_s: Floats
    end_s: Floats
    is_conversation: Flags
    mover: Flags
    summary: Flags
    asked: Counts
    is_first: Flags
    is_free: Flags
    ttl_s: Floats
    prompt: Floats
    cacheable: Floats
    before: Ints
    prompt_before: Floats
    prefix: Floats
    shared: Floats
    epoch: Counts
    weight: Floats
    stratum: Codes


def threads_of(frame: pl.DataFrame) -> Threads:
    """What follows from the calls alone (a frame as `normal_frame` gives it)."""
    return _Reading(frame).threads


def starts_of(thread: Ints) -> Ints:
    """Where each call's thread begins; a call without a session is a thread of its own."""
    places = np.arange(len(thread))
    is_new = np.ones(len(places), np.bool_)
    is_new[1:] = (thread[1:] != thread[:-1]) | (thread[1:] == NO_SESSION)
    return np.maximum.accumulate(np.where(is_new, places, 0))


def without(threads: Threads, nobody: Flags) -> Threads:
    """The threads where nobody answers these calls, so that they move none."""
    starts = starts_of(threads.thread)
    left = replace(threads, mover=threads.mover & ~nobody, summary=threads.summary & ~nobody)
    before = latest(left.mover, starts)
    left = replace(
        left,
        before=before,
        is_first=before < 0,
        prompt_before=taken(threads.prompt, before, 0.0),
    )
    return replace(left, is_free=_free(left, starts))


def _free(threads: Threads, starts: Ints) -> Flags:
    before, asked = threads.before, threads.asked
    moved = taken(asked, before, -1) != asked
    compacted = latest(threads.summary, starts)
    last_end = taken(threads.end_s, np.maximum(before, compacted), -np.inf)
    idle = threads.at_s - last_end > taken(threads.ttl_s, before, 0)
    free: Flags = (before >= 0) & (moved | (compacted > before) | idle)
    return free


@dataclass(frozen=True)
class _Reading:
    frame: pl.DataFrame

    @cached_property
    def thread(self) -> Ints:
        held = self.frame.select(
            pl.when(pl.col("session_id").is_null())
            .then(NO_SESSION)
            .otherwise(pl.struct("session_id", "agent_id").rle_id().cast(pl.Int64))
        )
        return np.asarray(held.to_series().to_numpy(), np.int64)

    @cached_property
    def starts(self) -> Ints:
        return starts_of(self.thread)

    @cached_property
    def at_s(self) -> Floats:
        micros = self.frame["asked_at"].cast(pl.Int64).to_numpy()
        return np.asarray(micros, np.float64) / 1e6

    @cached_property
    def end_s(self) -> Floats:
        return self.at_s + numbers(self.frame, "duration_ms") / 1000

    @cached_property
    def in_conversation(self) -> Flags:
        held = self.frame.select(
            pl.col("kind").is_in(CONVERSATION) & pl.col("session_id").is_not_null()
        )
        return np.asarray(held.to_series().to_numpy(), np.bool_)

    @cached_property
    def is_compact(self) -> Flags:
        return says(self.frame, "kind", str(Kind.COMPACT))

    @cached_property
    def answered(self) -> Flags:
        return says(self.frame, "result", "ok", otherwise=True)

    @cached_property
    def mover(self) -> Flags:
        return self.in_conversation & self.answered & ~self.is_compact

    @cached_property
    def ttl_s(self) -> Floats:
        wrote_1h = numbers(self.frame, "cache_write_1h_tokens") > 0
        return np.where(
            wrote_1h | says(self.frame, "cache_ttl", "1h"), LONG_TTL_S, SHORT_TTL_S
        ).astype(np.float64)

    @cached_property
    def prompt(self) -> Floats:
        return np.sum([numbers(self.frame, name) for name in PROMPT_COLUMNS], axis=0)

    @cached_property
    def cacheable(self) -> Floats:
        """Tokens that a model with a cache would keep: as logged, else the whole prompt."""
        kept = self.prompt - numbers(self.frame, "fresh_tokens")
        return np.where(kept > 0, kept, self.prompt)

    @cached_property
    def threads(self) -> Threads:
        before = latest(self.mover, self.starts)
        talk_before = latest(self.in_conversation & self.answered, self.starts)
        prompt_before = taken(self.prompt, talk_before, 0.0)
        read = numbers(self.frame, "cache_read_tokens")
        shared = self._shared(read)
        grew = (self.prompt >= prompt_before) & (talk_before >= 0) & self.in_conversation
        kept = np.where(grew, np.minimum(prompt_before, self.cacheable), shared)
        told = Threads(
            thread=self.thread,
            by_time=np.argsort(self.at_s, kind="stable").astype(np.int32),
            at_s=self.at_s,
            end_s=self.end_s,
            is_conversation=self.in_conversation,
            mover=self.mover,
            summary=self.is_compact & self.in_conversation & self.answered,
            asked=coded(self.frame["asked_model"])[0].astype(np.int32),
            is_first=before < 0,
            is_free=np.zeros(len(before), np.bool_),
            ttl_s=self.ttl_s,
            prompt=self.prompt,
            cacheable=self.cacheable,
            before=before,
            prompt_before=taken(self.prompt, before, 0.0),
            prefix=np.maximum(read, kept),
            shared=np.minimum(shared, self.cacheable),
            epoch=np.cumsum((talk_before >= 0) & ~grew & self.in_conversation, dtype=np.int32),
            weight=self._weight(),
            stratum=self._stratum(),
        )
        return replace(told, is_free=_free(told, self.starts))

    def _shared(self, read: Floats) -> Floats:
        """What the thread's first call found in a cache: it can only be another session's."""
        first = np.where(np.arange(len(read)) == self.starts, read, 0.0)
        return np.where(self.in_conversation, first[self.starts] if len(first) else first, read)

    def _stratum(self) -> Codes:
        complexity = numbers(self.frame, "complexity", UNSCORED)
        return np.digitize(complexity, STRATUM_MARKS).astype(np.int16)

    def _weight(self) -> Floats:
        """The share of a task that each call is: they sum to one for each task. Without a session
        every call is one.
        """
        talks = np.asarray(self.frame["kind"].is_in(CONVERSATION).to_numpy(), np.bool_)
        worked = talks & ~self.is_compact
        opens = worked & ~flags(self.frame, "is_tool_turn")
        opens |= np.arange(len(opens)) == self.starts
        task = np.cumsum(opens)
        size = np.bincount(task, weights=worked.astype(np.float64), minlength=1)
        return np.where(worked, 1 / np.maximum(size[task], 1), 0.0)


def unscored(frame: pl.DataFrame) -> int:
    """Calls of which no words were weighed, such as those known from transcripts only."""
    return int(frame["complexity"].null_count())


def reads_stick(kinds: pl.Series) -> Flags:
    """Calls of kinds that go where their session is."""
    held: Flags = np.asarray(
        kinds.is_in([str(kind) for kind in CURRENT_FIRST]).to_numpy(), np.bool_
    )
    return held
