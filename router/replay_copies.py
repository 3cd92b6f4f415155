"""A history's threads under many pairs of thresholds: each thread as often as its outcome differs.

What a thread does under two thresholds depends only on how they lie among the scores of its calls.
So the pairs of a grid fall into few classes for each thread, and one pair of each class is walked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from router.policy_model import Policy
from router.replay_arrays import Codes, Flags, Floats, Ints, distinct
from router.replay_bench import Bench
from router.replay_choice import choose
from router.replay_input import NO_SESSION, Threads
from router.replay_packed import worded
from router.replay_past import HIGH, LOW, PER_CALL, Past
from router.rule_text import normal
from router.rules import Compiled, first_rules, with_open_thresholds

CHUNK_CALLS = 40_000  # of more at once each takes longer, and all take more memory
LONE_CALLS = 64
PLAIN = re.compile(rf"complexity (?:>=|<=|>|<) (?:{LOW}|{HIGH})\b")


@dataclass(frozen=True)
class Units:
    """Threads as runs of places in `order`; calls without a session run by score, in groups."""

    order: Ints
    start: Ints
    length: Ints


@dataclass(frozen=True)
class Classes:
    """For one unit: the class of every mark of the grid, and the pairs of marks' numbers walked.

    `pairs` are by class a ≤ b; `strict` is the pair of two different marks of one class, where
    that differs from a pair of equals.
    """

    of_mark: Ints
    low: Codes
    high: Codes
    pairs: Ints
    strict: Ints

    def of_grid(self, low: Ints, high: Ints) -> Ints:
        """The pair that stands for each two marks (by number, low ≤ high)."""
        one, other = self.of_mark[low], self.of_mark[high]
        found = self.pairs[one, other]
        same = (one == other) & (low < high)
        found[same] = self.strict[one[same]]
        return found


@dataclass(frozen=True)
class Copies:
    """Walked copies of some units: which unit and pair each is, and its calls.

    `calls` are places in the history, `copy` the number of the copy of each, `target` where it
    goes by `route` (as `Chosen` has them) and `gate`, the number of its rule if that is one, else
    -1; `before` is the place among the calls here of its thread's call before it.
    """

    unit: Ints
    pair: Ints
    start: Ints
    calls: Ints
    copy: Ints
    before: Ints
    target: Ints
    route: Ints
    gate: Ints


def is_plain(policy: Policy) -> bool:
    """Whether rules use both thresholds for nothing but to compare the score with."""
    for rule in policy.rules:
        text = normal(rule.when)
        rest = PLAIN.sub("", text)
        if LOW in rest or HIGH in rest:
            return False
    return True


def units_of(threads: Threads, score: Floats) -> Units:
    thread = threads.thread
    inside = np.flatnonzero(thread != NO_SESSION)
    lone = np.flatnonzero(thread == NO_SESSION)
    lone = lone[np.argsort(score[lone], kind="stable")]
    is_new = np.ones(len(inside), np.bool_)
    is_new[1:] = thread[inside[1:]] != thread[inside[:-1]]
    starts = np.concatenate(
        [np.flatnonzero(is_new), len(inside) + np.arange(0, len(lone), LONE_CALLS)]
    )
    order = np.concatenate([inside, lone])
    return Units(order, starts, np.diff(np.append(starts, len(order))))


def classes_of(scores: Floats, marks: Floats, margin: float) -> Classes:
    """The classes of marks between which no score of a unit lies, nor one less the margin."""
    told = np.unique(np.concatenate([scores, scores - margin]))
    rank = np.searchsorted(told, marks, "left") + np.searchsorted(told, marks, "right")
    return _paired(np.concatenate([[0], np.cumsum(np.diff(rank) != 0)]).astype(np.int64))


@lru_cache(maxsize=64)
def _pairs(count: int) -> tuple[Ints, Ints, Ints]:
    """The pairs of so many classes, and the number of each."""
    low, high = np.triu_indices(count)
    pairs = np.zeros((count, count), np.int64)
    pairs[low, high] = np.arange(len(low))
    return low, high, pairs


def _paired(of_mark: Ints) -> Classes:
    count = int(of_mark[-1]) + 1
    first = np.searchsorted(of_mark, np.arange(count), "left")
    last = np.append(first[1:], len(of_mark)) - 1
    low, high, pairs = _pairs(count)
    wide = np.flatnonzero(last > first)
    strict = np.diagonal(pairs).copy()
    strict[wide] = len(low) + np.arange(len(wide))
    return Classes(
        of_mark=of_mark,
        low=np.concatenate([first[low], first[wide]]).astype(np.int16),
        high=np.concatenate([first[high], last[wide]]).astype(np.int16),
        pairs=pairs,
        strict=strict,
    )


def _without_strict(classes: Classes) -> Classes:
    """For a unit that never escalates: two marks of one class do as equal ones."""
    count = len(classes.strict) * (len(classes.strict) + 1) // 2
    return replace(
        classes,
        low=classes.low[:count],
        high=classes.high[:count],
        strict=np.diagonal(classes.pairs).copy(),
    )


class Walker:
    """Walks copies of units of one scenario's history, chunk by chunk."""

    def __init__(self, bench: Bench, rules: Compiled, marks: Floats, escalates: Flags) -> None:
        self.bench, self.marks, self.escalates = bench, marks, escalates
        self.rules = with_open_thresholds(rules)
        self.past = bench.past
        self.units = units_of(bench.history.threads, self.past.score)
        self.columns = [*self.rules.columns]
        if "complexity" not in self.columns:
            self.columns.append("complexity")
        fixed = [pl.lit(value).alias(name) for name, value in rules.policy.thresholds.items()]
        asked = worded(self.past.frame.select(self.columns), self.columns)
        self.frame = asked.with_columns(fixed)
        self.is_plain = plain = is_plain(rules.policy)
        self.by_sign = self._by_sign() if plain else np.zeros((0, 0), np.int16)
        margin = rules.policy.switching.margin
        self.classes = [
            self._classes(at, margin, plain=plain) for at in range(len(self.units.start))
        ]
        self.sizes = np.array([len(one.low) for one in self.classes]) * self.units.length

    def _classes(self, unit: int, margin: float, *, plain: bool) -> Classes:
        start, length = int(self.units.start[unit]), int(self.units.length[unit])
        calls = self.units.order[start : start + length]
        if not plain:
            return _paired(np.arange(len(self.marks)))
        found = classes_of(self.past.score[calls], self.marks, margin)
        return found if self.escalates[calls].any() else _without_strict(found)

    def chunks(self) -> Iterator[Copies]:
        chunk = (np.cumsum(self.sizes) - 1) // CHUNK_CALLS
        for number in np.unique(chunk).tolist():
            yield self._walked(np.flatnonzero(chunk == number))

    def _walked(self, units: Ints) -> Copies:
        pairs = [self.classes[int(unit)] for unit in units]
        counts = np.array([len(one.low) for one in pairs])
        unit = np.repeat(units, counts)
        low = self.marks[np.concatenate([one.low for one in pairs])]
        high = self.marks[np.concatenate([one.high for one in pairs])]
        pair = np.concatenate([np.arange(count) for count in counts])
        length = self.units.length[unit]
        start = np.concatenate([[0], np.cumsum(length)[:-1]])
        copy = np.repeat(np.arange(len(unit)), length)
        inside = np.arange(int(length.sum())) - start[copy]
        calls = self.units.order[self.units.start[unit][copy] + inside]
        before = self.before(calls, inside)
        past = self._past(calls, before, copy, (low[copy], high[copy]))
        chosen = choose(past, self.bench.options, self.rules)
        gate = np.where(chosen.rule < self.rules.gates, chosen.rule, -1)
        self.routes = chosen.routes
        return Copies(unit, pair, start, calls, copy, before, chosen.target, chosen.route, gate)

    def before(self, calls: Ints, inside: Ints) -> Ints:
        """The thread's call before each, as a place here; -1 for none."""
        before = self.bench.history.threads.before[calls]
        here = np.arange(len(calls)) - (calls - before)
        return np.where((before >= 0) & (inside > 0), here, -1)

    def _past(self, calls: Ints, before: Ints, copy: Ints, marks: tuple[Floats, Floats]) -> Past:
        past = self.past
        return Past(
            frame=self.frame,
            threads=threads_at(past.threads, calls, before, copy),
            **{name: getattr(past, name)[calls] for name in PER_CALL},
            rule=self._rule(calls, marks),
            marks=marks,
            escalates=self.escalates[calls],
            source=calls,
        )

    def _rule(self, calls: Ints, marks: tuple[Floats, Floats]) -> Ints:
        """The first rule that holds of each call; of plain rules, by how it compares with both."""
        if not self.is_plain:
            rows = self.frame[calls]
            told = rows.with_columns(pl.Series(LOW, marks[0]), pl.Series(HIGH, marks[1]))
            return first_rules(self.rules, told).cast(pl.Int64).to_numpy()
        score = self.past.score[calls]
        low, high = (np.sign(score - mark).astype(np.int64) + 1 for mark in marks)
        rule: Ints = self.by_sign[low * 3 + high, calls].astype(np.int64)
        return rule

    def _by_sign(self) -> NDArray[np.int16]:
        """The first rule of every call below, at and above either threshold."""
        score = self.past.score
        found = []
        for low in (-1, 0, 1):
            for high in (-1, 0, 1):
                told = self.frame.with_columns(
                    pl.Series(LOW, score - low), pl.Series(HIGH, score - high)
                )
                found.append(first_rules(self.rules, told).to_numpy())
        return np.array(found, np.int16)


def threads_at(threads: Threads, calls: Ints, before: Ints, copy: Ints) -> Threads:
    """The calls at these places as threads of their own, a thread per copy."""
    taken = {
        name: getattr(threads, name)[calls]
        for name in Threads.__dataclass_fields__
        if name not in ("thread", "by_time", "before")
    }
    thread = np.where(threads.thread[calls] == NO_SESSION, NO_SESSION, copy)
    return Threads(thread=thread, by_time=np.zeros(0, np.int32), before=before, **taken)


def one_of_each(copies: Copies) -> tuple[Copies, Ints]:
    """Copies of one unit that go the same ways, once; and which of them stands for each.

    Sequences are told apart by a sum of random 64-bit numbers, one for each place and target.
    """
    dice = np.random.default_rng(0)
    inside = np.arange(len(copies.calls)) - copies.start[copies.copy]
    way = copies.target * (int(copies.route.max(initial=0)) + 1) + copies.route
    _, way = distinct(way)
    width = int(way.max(initial=0)) + 1
    table = dice.integers(0, 2**63, (int(inside.max(initial=0)) + 1, width), np.int64)
    told = np.add.reduceat(table[inside, way], copies.start)
    keys = np.stack([copies.unit, told], axis=1)
    _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(first), np.int64)
    place[order] = np.arange(len(first))
    kept = np.zeros(len(copies.unit), np.bool_)
    kept[first] = True
    return _only(copies, kept), place[where.ravel()]


def _only(copies: Copies, kept: Flags) -> Copies:
    rows = kept[copies.copy]
    number = np.cumsum(kept) - 1
    moved = np.cumsum(rows) - 1
    before = copies.before[rows]
    length = np.bincount(copies.copy, minlength=len(kept))[kept]
    return replace(
        copies,
        unit=copies.unit[kept],
        pair=copies.pair[kept],
        start=np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.int64),
        calls=copies.calls[rows],
        copy=number[copies.copy[rows]],
        before=np.where(before >= 0, moved[np.maximum(before, 0)], -1),
        target=copies.target[rows],
        route=copies.route[rows],
        gate=copies.gate[rows],
    )
